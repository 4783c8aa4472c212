//! How often a document is fetched, over many moments.

use super::*;

#[test]
fn a_storm_of_hurries_makes_one_call_an_interval() {
    for answers in [true, false] {
        let mut document = Fetched::new(source(), "test", 0);
        let mut calls: Vec<u64> = Vec::new();
        // A minute, a thousand requests a second.
        for time in 0..60_000 {
            let now = at(time);
            document.hurry(now);
            while let Next::Call(call) = next(&mut document, now) {
                calls.push(time);
                let head = Head::default();
                let reply = Reply { status: 200, head, body: b"a".to_vec() };
                match document.on_reply(call.id, if answers { Ok(reply) } else { Err(NO_ANSWER) }, now) {
                    Outcome::New(_) => document.accept("a".to_owned(), now),
                    Outcome::Ignored | Outcome::NotModified | Outcome::More(_) | Outcome::Failed(_) => {}
                }
            }
        }
        if answers {
            assert_eq!(calls, [0, 10_000, 20_000, 30_000, 40_000, 50_000]);
        } else {
            // The tries after failures (1, 2, 4, 8 s, then longer) with the hurries in between: never more than the two
            // together.
            assert!(calls.len() <= 10, "{calls:?}");
            assert!(calls.windows(2).all(|pair| pair[1] - pair[0] >= 900), "{calls:?}");
        }
    }
}

#[test]
fn pauses_double_up_to_the_refresh_interval_and_differ_by_a_tenth() {
    let mut lengths: Vec<u128> = Vec::new();
    for start in 0..200 {
        let mut document = Fetched::<()>::new(source(), "test", start);
        let mut now = at(u64::from(start) * 7);
        for expected in [1, 2, 4, 8, 16, 32, 64, 100, 100, 100] {
            let Next::Call(call) = next(&mut document, now) else { panic!("no call") };
            assert!(matches!(document.on_reply(call.id, Err(NO_ANSWER), now), Outcome::Failed(_)));
            assert!(matches!(next(&mut document, now), Next::Ready(_)));
            let Next::Sleep(Some(until)) = next(&mut document, now) else { panic!("no sleep") };
            let pause = until.since(now.mono).as_millis();
            assert!((expected * 900..=expected * 1100).contains(&pause), "{pause} ms instead of about {expected} s");
            if expected == 100 {
                lengths.push(pause);
            }
            now.mono = until;
        }
    }
    // The spread is used, and evenly: no tenth of it is empty or holds a quarter.
    for tenth in 0..10 {
        let range = 90_000 + tenth * 2_000..90_000 + (tenth + 1) * 2_000;
        let count = lengths.iter().filter(|length| range.contains(*length)).count();
        assert!((20..150).contains(&count), "{count} of {} in {range:?}", lengths.len());
    }
}

#[test]
fn an_endless_row_of_failures_ends_in_a_steady_pace() {
    let mut document = Fetched::<()>::new(source(), "test", 0);
    let mut now = at(0);
    for _ in 0..100 {
        let Next::Call(call) = next(&mut document, now) else { panic!("no call") };
        assert!(matches!(document.on_reply(call.id, Err(NO_ANSWER), now), Outcome::Failed(_)));
        assert!(matches!(next(&mut document, now), Next::Ready(_)));
        let Next::Sleep(Some(until)) = next(&mut document, now) else { panic!("no sleep") };
        assert!(until.since(now.mono) <= Duration::from_secs(110));
        now.mono = until;
    }
    assert_eq!(document.failing().map(|failing| failing.in_a_row), Some(100));
}

#[test]
fn the_end_of_the_clock_is_no_end_of_anything_else() {
    let end = Now { mono: Mono(u64::MAX), ..Now::default() };
    let mut document = Fetched::<()>::new(source(), "test", u16::MAX);
    let Next::Call(call) = next(&mut document, end) else { panic!("no call") };
    let reply = Reply { status: 200, head: Head::default(), body: b"a".to_vec() };
    assert_eq!(document.on_reply(call.id, Ok(reply), end), Outcome::New(b"a".to_vec()));
    document.accept((), end);
    assert_eq!(document.value(end), Some(&()));
    assert!(matches!(next(&mut document, end), Next::Ready(_)));
    assert!(matches!(next(&mut document, end), Next::Call(_)));
}
