//! What comes of questions and answers, step by step.

use super::*;

#[test]
fn a_question_is_asked_once_however_many_ask_it() {
    run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Ask("a", "payments"), "wait 0"),
        (0, Tick, "call 0"),
        (9, Ask("a", "payments"), "wait 0"),
        (9, Again("a", "payments"), "unavailable"),
        (9, Ask("a", "orders"), "wait 1"),
        (9, Ask("@a", "payments"), "wait 2"),
        (9, Tick, "call 1; call 2"),
        (10, Replied(0, Is(1, "active")), ""),
        (10, Tick, "ready 0"),
        (10, Again("a", "payments"), "shop active"),
        (10, Ask("a", "payments"), "shop active"),
        (10, Ask("a", "orders"), "wait 1"),
        (11, Replied(2, Nobody(1)), ""),
        (11, Replied(1, Unsubscribed(1)), ""),
        (11, Tick, "ready 2; ready 1"),
        (11, Again("a", "orders"), "shop unsubscribed"),
        (11, Again("@a", "payments"), "unknown"),
        (11, Tick, ""),
    ]);
}

#[test]
fn an_answer_counts_for_its_time() {
    run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Tick, "call 0"),
        (1000, Replied(0, Is(1, "pending")), ""),
        (60_999, Ask("a", "payments"), "shop pending"),
        // Then the next who asks waits for the new one.
        (61_000, Ask("a", "payments"), "wait 1"),
        (61_000, Tick, "ready 0; call 1"),
        (61_000, Ask("a", "payments"), "wait 1"),
        (61_500, Replied(1, Is(2, "active")), ""),
        (61_500, Tick, "ready 1"),
        (61_500, Again("a", "payments"), "shop active"),
        (121_499, Ask("a", "payments"), "shop active"),
        (121_500, Ask("a", "payments"), "wait 2"),
        (121_500, Tick, "call 2"),
        (121_600, Replied(2, Nobody(3)), ""),
        (121_600, Tick, "ready 2"),
        (121_600, Again("a", "payments"), "unknown"),
        (131_599, Ask("a", "payments"), "unknown"),
        (131_600, Ask("a", "payments"), "wait 3"),
    ]);
}

#[test]
fn that_nobody_has_a_key_counts_for_every_api_and_a_key_that_is_issued_then_is_found_in_its_time() {
    run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Tick, "call 0"),
        (0, Replied(0, Nobody(1)), ""),
        (0, Tick, "ready 0"),
        (9_999, Ask("a", "orders"), "unknown"),
        (10_000, Ask("a", "orders"), "wait 1"),
        (10_000, Tick, "call 1"),
        (10_000, Replied(1, Is(2, "active")), ""),
        (10_000, Tick, "ready 1"),
        (10_000, Ask("a", "orders"), "shop active"),
        (10_000, Ask("a", "payments"), "wait 2"),
    ]);
}

#[test]
fn a_source_that_fails_is_asked_rarely_and_stale_answers_count_meanwhile() {
    let lookups = run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Tick, "call 0"),
        (0, Replied(0, Is(1, "active")), ""),
        (60_000, Ask("a", "payments"), "wait 1"),
        (60_000, Ask("b", "payments"), "wait 2"),
        (60_000, Tick, "ready 0; call 1; call 2"),
        // Its time is over, and it was waited for in vain.
        (65_000, Replied(1, NO_ANSWER), ""),
        (65_000, Tick, "ready 1"),
        (65_000, Again("a", "payments"), "shop active"),
        (65_100, Replied(2, Raw(503, "")), ""),
        (65_100, Tick, "ready 2"),
        (65_100, Again("b", "payments"), "unavailable"),
        // Within a second nobody is asked, and nobody waits.
        (66_099, Ask("a", "payments"), "shop active"),
        (66_099, Ask("b", "payments"), "unavailable"),
        (66_099, Ask("c", "payments"), "unavailable"),
        (66_099, Tick, ""),
        // Then one is; whoever has a stale answer does not wait.
        (66_100, Ask("a", "payments"), "shop active"),
        (66_100, Ask("c", "payments"), "unavailable"),
        (66_100, Tick, "call 3"),
        (66_100, Ask("a", "payments"), "shop active"),
        // Another a second later.
        (67_100, Ask("b", "payments"), "wait 4"),
        (67_100, Ask("c", "payments"), "unavailable"),
        (67_100, Tick, "call 4"),
        (67_200, Replied(3, NO_ANSWER), ""),
        (67_200, Replied(4, NO_ANSWER), ""),
        (67_200, Tick, "ready 3; ready 4"),
        // Past that time it counts no more.
        (659_999, Ask("a", "payments"), "shop active"),
        (659_999, Tick, "call 5"),
        (660_000, Ask("a", "payments"), "wait 5"),
        (660_000, Again("a", "payments"), "unavailable"),
        (660_001, Replied(5, NO_ANSWER), ""),
        (660_001, Again("a", "payments"), "unavailable"),
    ]);
    assert_eq!(lookups.counters().failures, 5);
    assert_eq!(lookups.failing_for(at(666_000)), Some(Duration::from_secs(601)));
}

#[test]
fn with_nothing_remembered_a_source_that_is_down_makes_nobody_unknown() {
    run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Ask("b", "payments"), "wait 1"),
        (0, Tick, "call 0; call 1"),
        (0, Replied(0, Nobody(1)), ""),
        (0, Replied(1, Error(CallError::Refused)), ""),
        (0, Tick, "ready 0; ready 1"),
        (0, Again("b", "payments"), "unavailable"),
        (0, Ask("b", "payments"), "unavailable"),
        (9_999, Ask("a", "payments"), "unknown"),
        // That it was unknown once says nothing about now.
        (10_000, Ask("a", "payments"), "wait 2"),
        (10_000, Tick, "call 2"),
        (10_000, Replied(2, NO_ANSWER), ""),
        (10_000, Tick, "ready 2"),
        (10_000, Again("a", "payments"), "unavailable"),
    ]);
}

#[test]
fn the_first_good_answer_ends_the_failure() {
    let lookups = run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Ask("b", "payments"), "wait 1"),
        (0, Tick, "call 0; call 1"),
        (0, Replied(0, NO_ANSWER), ""),
        (0, Replied(1, NO_ANSWER), ""),
        (999, Ask("c", "payments"), "unavailable"),
        (1000, Ask("c", "payments"), "wait 2"),
        (1000, Ask("d", "payments"), "unavailable"),
        (1000, Tick, "ready 0; ready 1; call 2"),
        (1001, Replied(2, Is(1, "active")), ""),
        (1001, Ask("c", "payments"), "shop active"),
        (1001, Ask("d", "payments"), "wait 3"),
        (1001, Ask("a", "payments"), "wait 4"),
        (1001, Tick, "ready 2; call 3; call 4"),
    ]);
    assert_eq!(lookups.failing_for(at(2000)), None);
}

#[test]
fn one_caller_whose_answer_is_bad_does_not_keep_the_others_from_being_asked() {
    const BAD: Say = Raw(200, "{}");
    run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Tick, "call 0"),
        (0, Replied(0, BAD), ""),
        (0, Ask("a", "payments"), "unavailable"),
        (0, Ask("b", "payments"), "wait 1"),
        (0, Tick, "ready 0; call 1"),
        (0, Replied(1, Is(1, "active")), ""),
        (999, Ask("a", "payments"), "unavailable"),
        // It is asked for more and more rarely: after one second, two, four, four.
        (1000, Ask("a", "payments"), "wait 2"),
        (1000, Tick, "ready 1; call 2"),
        (1000, Replied(2, BAD), ""),
        (2999, Ask("a", "payments"), "unavailable"),
        (3000, Ask("a", "payments"), "wait 3"),
        (3000, Tick, "ready 2; call 3"),
        (3000, Replied(3, BAD), ""),
        (6999, Ask("a", "payments"), "unavailable"),
        (7000, Ask("a", "payments"), "wait 4"),
        (7000, Ask("c", "payments"), "wait 5"),
        (7000, Tick, "ready 3; call 4; call 5"),
        (7000, Replied(4, BAD), ""),
        (10_999, Ask("a", "payments"), "unavailable"),
        (11_000, Ask("a", "payments"), "wait 6"),
        (11_000, Tick, "ready 4; call 6"),
        (11_000, Replied(6, Is(1, "active")), ""),
        (11_000, Ask("a", "payments"), "shop active"),
    ]);
}

#[test]
fn late_and_doubled_replies_say_nothing() {
    run(&[
        (0, Replied(0, Is(1, "active")), "ignored"),
        (0, Ask("a", "payments"), "wait 0"),
        // The call is not made yet.
        (0, Replied(0, Is(1, "active")), "ignored"),
        (0, Replied(1 << 32, Is(1, "active")), "ignored"),
        (0, Tick, "call 0"),
        (0, Replied(1 << 32, Is(1, "active")), "ignored"),
        (1, Replied(0, Is(1, "suspended")), ""),
        (1, Replied(0, Is(2, "active")), "ignored"),
        (1, Ask("a", "payments"), "shop suspended"),
        (1, Tick, "ready 0"),
        (1, Replied(0, NO_ANSWER), "ignored"),
        (1, Ask("b", "payments"), "wait 1"),
        (1, Tick, "call 1"),
        // The host has forgotten the call.
        (7000, Tick, ""),
        (7001, Tick, "ready 1"),
        (7001, Again("b", "payments"), "unavailable"),
        (7002, Replied(1, Is(2, "active")), "ignored"),
        (7002, Again("b", "payments"), "unavailable"),
    ]);
}

#[test]
fn an_answer_that_is_older_than_one_before_its_call_is_a_replay() {
    let lookups = run(&[
        (0, Ask("a", "payments"), "wait 0"),
        (0, Ask("b", "payments"), "wait 1"),
        (0, Tick, "call 0; call 1"),
        (0, Replied(0, Is(42, "revoked")), ""),
        // Its call was made before that was known.
        (0, Replied(1, IsOf(40, "other")), ""),
        (0, Tick, "ready 0; ready 1"),
        (0, Ask("b", "payments"), "other active"),
        // A higher version elsewhere does not end what is remembered.
        (0, Ask("c", "payments"), "wait 2"),
        (0, Tick, "call 2"),
        (0, Replied(2, Nobody(43)), ""),
        (0, Ask("a", "payments"), "shop revoked"),
        (0, Ask("b", "payments"), "other active"),
        (60_000, Ask("a", "payments"), "wait 3"),
        (60_000, Tick, "ready 2; call 3"),
        (60_000, Replied(3, Is(42, "active")), ""),
        (60_000, Tick, "ready 3"),
        (60_000, Again("a", "payments"), "shop revoked"),
        (60_000, Ask("d", "payments"), "wait 4"),
        (60_000, Tick, "call 4"),
        (60_000, Replied(4, Nobody(42)), ""),
        (60_000, Tick, "ready 4"),
        (60_000, Again("d", "payments"), "unavailable"),
        (62_000, Ask("a", "payments"), "shop revoked"),
        (62_000, Tick, "call 5"),
        (62_000, Replied(5, Is(43, "active")), ""),
        (62_000, Ask("a", "payments"), "shop active"),
    ]);
    assert_eq!(lookups.replays(), 2);
    assert_eq!(lookups.counters().failures, 2);
}

#[test]
fn a_revocation_that_comes_while_an_older_answer_is_under_way_wins() {
    const SOON: &str = "1970-01-01T00:00:09Z";
    let cases: &[(Say, Say, &str)] = &[
        // What comes first and what comes second, of the same caller; what then counts of the second.
        (Nobody(42), Is(41, "active"), "unknown"),
        (Nobody(42), Is(42, "active"), "unknown"),
        (Nobody(42), Is(43, "active"), "shop active"),
        (Is(42, "revoked"), Nobody(41), "unavailable"),
        (Is(42, "revoked"), Nobody(42), "unknown"),
        (Until(42, SOON), Is(41, "active"), "unavailable"),
        (Until(42, SOON), Is(43, "active"), "shop active"),
        (Is(42, "active"), IsOf(41, "other"), "unavailable"),
        (Is(42, "active"), IsOf(43, "other"), "other active"),
        (Is(42, "active"), Is(41, "suspended"), "shop suspended"),
        (Until(42, SOON), Until(41, SOON), "shop active until 9"),
    ];
    for (first, second, expected) in cases {
        let script = [
            (0, Ask("a", "payments"), "wait 0"),
            (0, Ask("a", "orders"), "wait 1"),
            (0, Tick, "call 0; call 1"),
            (1, Replied(1, *first), ""),
            (2, Replied(0, *second), ""),
            (2, Tick, "ready 1; ready 0"),
            (2, Again("a", "payments"), *expected),
        ];
        let lookups = run(&script);
        let counters = lookups.counters();
        assert_eq!((counters.failures, counters.replays), (0, 0), "{first:?} {second:?}: the source is well");
    }
}

#[test]
fn a_revocation_wins_over_an_older_answer_about_another_key_of_the_consumer() {
    let asked = [(0, Ask("a", "payments"), "wait 0"), (0, Ask("b", "payments"), "wait 1"), (0, Tick, "call 0; call 1")];
    for (second, expected) in [
        (Is(41, "active"), "wait 2"),
        (Is(42, "active"), "shop active"),
        // Of another consumer, what was said of this one says nothing.
        (IsOf(41, "other"), "other active"),
    ] {
        let lookups = run(&[
            asked[0],
            asked[1],
            asked[2],
            (1, Replied(0, Is(42, "revoked")), ""),
            (2, Replied(1, second), ""),
            (2, Tick, "ready 0; ready 1"),
            (2, Ask("b", "payments"), expected),
            (2, Ask("a", "payments"), "shop revoked"),
        ]);
        assert_eq!(lookups.counters().failures, 0, "{second:?}: the source is well");
    }
    // It need not be remembered for longer than a call may be under way.
    let lookups = run(&[
        asked[0],
        asked[1],
        asked[2],
        (1, Replied(0, Is(42, "revoked")), ""),
        (1, Tick, "ready 0"),
        (8000, Tick, "ready 1"),
    ]);
    assert_eq!(lookups.latest.len(), 0);
}

#[test]
fn of_all_that_was_said_of_a_caller_meanwhile_the_latest_version_counts() {
    for (first, second, third, expected, entries, unknown) in [
        (Nobody(44), Is(43, "active"), Is(43, "active"), "unknown", 0, 1),
        (Is(43, "active"), Nobody(44), Is(43, "active"), "unknown", 0, 1),
        (Is(44, "active"), Nobody(44), Is(44, "active"), "unknown", 0, 1),
        // The second agrees with the first, and is no later word.
        (Is(46, "active"), Is(43, "active"), IsOf(45, "other"), "unavailable", 2, 0),
        (Is(43, "active"), Is(46, "active"), IsOf(45, "other"), "unavailable", 2, 0),
        (Is(43, "active"), Is(44, "active"), IsOf(45, "other"), "other active", 1, 0),
    ] {
        let lookups = run(&[
            (0, Ask("a", "payments"), "wait 0"),
            (0, Ask("a", "orders"), "wait 1"),
            (0, Ask("a", "stock"), "wait 2"),
            (0, Tick, "call 0; call 1; call 2"),
            (1, Replied(1, first), ""),
            (1, Replied(2, second), ""),
            (2, Replied(0, third), ""),
            (2, Again("a", "payments"), expected),
        ]);
        let counters = lookups.counters();
        assert_eq!((counters.entries, counters.unknown), (entries, unknown), "{first:?} {second:?} {third:?}");
    }
}

#[test]
fn what_is_said_of_a_caller_counts_for_what_is_remembered_of_it() {
    for (say, orders, payments) in [
        (Nobody(2), "unknown", "unknown"),
        (IsOf(2, "other"), "other active", "wait 2"),
        (Until(2, "1970-01-01T00:00:09Z"), "shop active until 9", "wait 2"),
        (Unsubscribed(2), "shop unsubscribed", "shop active"),
    ] {
        run(&[
            (0, Ask("a", "payments"), "wait 0"),
            (0, Tick, "call 0"),
            (0, Replied(0, Is(1, "active")), ""),
            (0, Ask("a", "orders"), "wait 1"),
            (0, Tick, "ready 0; call 1"),
            (0, Replied(1, say), ""),
            (0, Ask("a", "orders"), orders),
            (0, Ask("a", "payments"), payments),
        ]);
    }
}

#[test]
fn the_oldest_entry_makes_room() {
    let lookups = run(&[
        (0, Ask("a", "p"), "wait 0"),
        (0, Ask("b", "p"), "wait 1"),
        (0, Ask("c", "p"), "wait 2"),
        (0, Tick, "call 0; call 1; call 2"),
        (0, Replied(0, Is(1, "active")), ""),
        (1, Replied(1, Is(1, "active")), ""),
        (2, Replied(2, Is(1, "active")), ""),
        (60_000, Ask("a", "p"), "wait 3"),
        (60_000, Tick, "ready 0; ready 1; ready 2; call 3"),
        (60_000, Replied(3, Is(1, "active")), ""),
        (60_000, Ask("d", "p"), "wait 4"),
        (60_000, Ask("e", "p"), "wait 5"),
        (60_000, Tick, "ready 3; call 4; call 5"),
        (60_000, Replied(4, Is(1, "active")), ""),
        (60_000, Replied(5, Is(1, "active")), ""),
        // `b` was asked about longest ago, `a` again since.
        (60_000, Ask("a", "p"), "shop active"),
        (60_000, Ask("d", "p"), "shop active"),
        (60_000, Ask("e", "p"), "shop active"),
        (60_001, Again("c", "p"), "shop active"),
        (60_001, Ask("b", "p"), "wait 6"),
    ]);
    let counters = lookups.counters();
    assert_eq!((counters.entries, counters.unknown), (4, 0));
    assert_eq!((counters.hits, counters.misses, counters.stale), (3, 7, 0));
}

#[test]
fn what_is_past_all_use_is_forgotten() {
    let mut lookups = run(&[
        (0, Ask("a", "p"), "wait 0"),
        (0, Ask("b", "p"), "wait 1"),
        (0, Tick, "call 0; call 1"),
        (0, Replied(0, Is(1, "active")), ""),
        (0, Replied(1, Nobody(1)), ""),
        (0, Tick, "ready 0; ready 1"),
    ]);
    for (time, entries, unknown) in [(9_999, 1, 1), (10_000, 1, 0), (659_999, 1, 0), (660_000, 0, 0)] {
        tick(&mut lookups, at(time));
        assert_eq!((lookups.counters().entries, lookups.counters().unknown), (entries, unknown), "{time}");
    }
}

#[test]
fn settings_of_zero_still_let_an_answer_reach_those_who_waited_for_it() {
    let zero = Settings {
        positive_ttl: Duration::ZERO,
        negative_ttl: Duration::ZERO,
        stale_if_error: Duration::ZERO,
        max_entries: 0,
        max_unknown: 0,
        max_in_flight: 0,
        ..settings()
    };
    let script: &[Line] = &[
        (0, Ask("a", "p"), "wait 0"),
        (0, Ask("b", "p"), "busy"),
        (0, Tick, "call 0"),
        (0, Replied(0, Is(1, "active")), ""),
        (0, Tick, "ready 0"),
        (999, Again("a", "p"), "shop active"),
        (1000, Again("a", "p"), "unavailable"),
        (1000, Tick, "call 1"),
        (1000, Replied(1, Nobody(1)), ""),
        (1999, Again("a", "p"), "unknown"),
    ];
    run_with(zero, script);
}
