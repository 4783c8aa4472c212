//! Scripts of what happens to a document, and what must come of it.

use super::*;

mod parts;
mod schedule;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The policy is asked what there is to do, until it sleeps.
    Tick,
    /// The call with that number is answered: status, ETag (empty: none), body.
    Answer(u64, u16, &'static str, &'static str),
    /// The call with that number comes to nothing.
    Error(u64, CallError),
    /// The owner has read the document that the last reply brought.
    Accept,
    /// It could not.
    Reject,
    /// A request needs something that the document does not list.
    Hurry,
    /// A request waits for a fetch, for that many seconds.
    Coming(u64),
    /// From now on it is at that path.
    Move(&'static str),
}
use Event::{Accept, Answer, Coming, Error, Hurry, Move, Reject, Tick};

const NO_ANSWER: CallError = CallError::NoAnswer;

/// One line: the time in milliseconds, what happens, what the document does, what is served then.
type Line = (u64, Event, &'static str, &'static str);

fn source() -> Source {
    Source {
        cluster: "c".to_owned(),
        authority: "h".to_owned(),
        path: "/p".to_owned(),
        refresh: Duration::from_secs(100),
        timeout: Duration::from_secs(5),
        max_stale: Duration::from_secs(1000),
        min_interval: Duration::from_secs(10),
        max_bytes: 20,
    }
}

fn at(milliseconds: u64) -> Now {
    Now { mono: Mono(milliseconds * 1_000_000), ..Now::default() }
}

fn header(call: &Call, name: &str) -> Option<String> {
    let value = call.headers.iter().find(|(key, _)| key == name)?;
    Some(String::from_utf8(value.1.clone()).unwrap())
}

/// What there is to do, notes aside.
fn next<T>(document: &mut Fetched<T>, now: Now) -> Next {
    loop {
        match document.next(now) {
            Next::Note(_) => {}
            other @ (Next::Call(_) | Next::Ready(_) | Next::Busy | Next::Sleep(_)) => return other,
        }
    }
}

/// What is done until there is nothing left to do, without the sleep: `ready 0; call 1 if "a"`.
fn tick(document: &mut Fetched<String>, now: Now) -> String {
    let mut done = Vec::new();
    loop {
        match next(document, now) {
            Next::Call(call) => {
                let condition = header(&call, "if-none-match").map_or(String::new(), |etag| format!(" if {etag}"));
                let elsewhere = header(&call, ":path").filter(|path| path != "/p");
                let elsewhere = elsewhere.map_or(String::new(), |path| format!(" at {path}"));
                done.push(format!("call {}{elsewhere}{condition}", call.id.0));
            }
            Next::Ready(call) => done.push(format!("ready {}", call.0)),
            Next::Note(_) | Next::Busy => panic!("a document is never busy by itself"),
            Next::Sleep(until) => {
                assert!(until.is_none_or(|until| until > now.mono), "a sleep that is over before it begins");
                return done.join("; ");
            }
        }
    }
}

fn run(script: &[Line]) -> Fetched<String> {
    let mut document = Fetched::new(source(), "test", 0);
    let mut body = String::new();
    for line @ (time, event, expected, served) in script {
        let now = at(*time);
        let wait = |call: Option<CallId>| call.map_or("no".to_owned(), |call| format!("wait {}", call.0));
        let done = match *event {
            Tick => tick(&mut document, now),
            Answer(call, status, etag, text) => {
                let head = Head::from_pairs([("etag", etag)].into_iter().filter(|(_, etag)| !etag.is_empty()));
                let reply = Reply { status, head, body: text.as_bytes().to_vec() };
                match document.on_reply(CallId(call), Ok(reply), now) {
                    Outcome::Ignored => "ignored".to_owned(),
                    Outcome::NotModified => "not modified".to_owned(),
                    Outcome::Failed(failure) => format!("{failure:?}"),
                    Outcome::New(new) => {
                        body = String::from_utf8(new.to_vec()).unwrap();
                        "new".to_owned()
                    }
                    Outcome::More(_) => panic!("no part was asked for"),
                }
            }
            Error(call, error) => match document.on_reply(CallId(call), Err(error), now) {
                Outcome::Failed(failure) => format!("{failure:?}"),
                other @ (Outcome::Ignored | Outcome::NotModified | Outcome::New(_) | Outcome::More(_)) => {
                    format!("{other:?}")
                }
            },
            Accept => {
                document.accept(body.clone(), now);
                document.state().to_owned()
            }
            Reject => {
                document.reject("no good", now);
                document.state().to_owned()
            }
            Hurry => wait(document.hurry(now)),
            Coming(seconds) => wait(document.coming(now.mono.after(Duration::from_secs(seconds)))),
            Move(path) => {
                document.move_to(source().at("h".to_owned(), path.to_owned()));
                document.state().to_owned()
            }
        };
        assert_eq!(done, *expected, "{line:?}");
        assert_eq!(document.value(now).map_or("-", String::as_str), *served, "{line:?}");
    }
    document
}

#[test]
fn a_document_is_fetched_read_and_fetched_again() {
    let document = run(&[
        (0, Tick, "call 0", "-"),
        (1, Tick, "", "-"),
        (50, Answer(0, 200, "\"1\"", "a"), "new", "-"),
        (60, Tick, "", "-"),
        (70, Accept, "resting", "a"),
        (70, Tick, "ready 0", "a"),
        (89_000, Tick, "", "a"),
        // The owner may take its time; the old document serves, and the ETag is the old one's.
        (111_000, Tick, "call 1 if \"1\"", "a"),
        (111_100, Answer(1, 200, "W/\"2\"", "b"), "new", "a"),
        (400_000, Tick, "", "a"),
        (400_000, Accept, "resting", "b"),
        (400_000, Tick, "ready 1", "b"),
        // An answer without an ETag: the next question is without a condition.
        (511_000, Tick, "call 2 if W/\"2\"", "b"),
        (511_100, Answer(2, 200, "", "c"), "new", "b"),
        (511_100, Accept, "resting", "c"),
        (622_000, Tick, "ready 2; call 3", "c"),
    ]);
    assert_eq!(document.age(at(511_200)), Some(Duration::from_millis(100)));
    assert_eq!(document.failing(), None);
}

#[test]
fn an_unmodified_document_is_as_good_as_a_new_one() {
    let document = run(&[
        (0, Tick, "call 0", "-"),
        (0, Answer(0, 200, "\"1\"", "a"), "new", "-"),
        (0, Accept, "resting", "a"),
        (111_000, Tick, "ready 0; call 1 if \"1\"", "a"),
        (111_500, Answer(1, 304, "", ""), "not modified", "a"),
        (111_500, Tick, "ready 1", "a"),
        (111_500 + 1_000_000, Coming(0), "wait 2", "a"),
        (111_501 + 1_000_000, Coming(0), "wait 2", "-"),
        // Even the document that is too old to serve comes back when the source says that it still is the one.
        (1_200_000, Tick, "call 2 if \"1\"", "-"),
        (1_200_000, Answer(2, 304, "", ""), "not modified", "a"),
    ]);
    assert_eq!(document.age(at(1_200_000)), Some(Duration::ZERO));
}

#[test]
fn unmodified_means_nothing_to_who_did_not_ask() {
    run(&[
        (0, Tick, "call 0", "-"),
        (0, Answer(0, 304, "\"1\"", ""), "Status(304)", "-"),
        (2_000, Tick, "ready 0; call 1", "-"),
        (2_000, Answer(1, 200, "", "a"), "new", "-"),
        (2_000, Accept, "resting", "a"),
        (113_000, Tick, "ready 1; call 2", "a"),
        (113_000, Answer(2, 304, "\"1\"", ""), "Status(304)", "a"),
    ]);
}

#[test]
fn whatever_is_no_document_is_a_failure_and_the_good_one_stays() {
    let failures: &[(Event, &str)] = &[
        (Answer(1, 200, "\"2\"", ""), "Empty"),
        (Answer(1, 200, "\"2\"", " \r\n\t"), "Empty"),
        (Answer(1, 200, "\"2\"", "123456789012345678901"), "TooLarge"),
        (Answer(1, 204, "\"2\"", ""), "Status(204)"),
        (Answer(1, 206, "\"2\"", "b"), "Status(206)"),
        (Answer(1, 301, "\"2\"", "b"), "Status(301)"),
        (Answer(1, 404, "\"2\"", "b"), "Status(404)"),
        (Answer(1, 500, "\"2\"", "b"), "Status(500)"),
        (Answer(1, 0, "\"2\"", "b"), "Status(0)"),
        (Error(1, CallError::Refused), "NoReply(Refused)"),
        (Error(1, CallError::NoAnswer), "NoReply(NoAnswer)"),
        (Error(1, CallError::TooLarge), "NoReply(TooLarge)"),
    ];
    for (event, expected) in failures {
        let document = run(&[
            (0, Tick, "call 0", "-"),
            (0, Answer(0, 200, "\"1\"", "a"), "new", "-"),
            (0, Accept, "resting", "a"),
            (111_000, Tick, "ready 0; call 1 if \"1\"", "a"),
            (111_000, *event, expected, "a"),
            // Those who wait are told, and the next try comes soon and on the old condition.
            (111_800, Tick, "ready 1", "a"),
            (112_200, Tick, "call 2 if \"1\"", "a"),
        ]);
        assert_eq!(document.failing().map(|failing| failing.in_a_row), Some(1));
        assert_eq!(document.age(at(111_000)), Some(Duration::from_secs(111)));
    }
}

#[test]
fn a_document_that_moves_is_fetched_at_its_new_place_at_once_and_unconditionally() {
    let fetched: &[Line] = &[
        (0, Tick, "call 0", "-"),
        (0, Answer(0, 200, "\"1\"", "a"), "new", "-"),
        (0, Accept, "resting", "a"),
        (0, Tick, "ready 0", "a"),
    ];
    run(&[fetched, &[(1_000, Move("/q"), "resting", "a"), (1_000, Tick, "call 1 at /q", "a")]].concat());
    let under_way: &[Line] = &[(111_000, Tick, "call 1 if \"1\"", "a"), (111_010, Move("/q"), "calling", "a")];
    let endings: [&[Line]; 4] = [
        &[(111_100, Answer(1, 200, "\"2\"", "b"), "new", "a"), (111_100, Accept, "resting", "b")],
        &[(111_100, Answer(1, 200, "\"2\"", "b"), "new", "a"), (111_100, Reject, "resting", "a")],
        &[(111_100, Answer(1, 304, "", ""), "Status(304)", "a")],
        &[(111_100, Error(1, NO_ANSWER), "NoReply(NoAnswer)", "a")],
    ];
    for ending in endings {
        let served = ending.last().unwrap().3;
        run(&[fetched, under_way, ending, &[(111_100, Tick, "ready 1; call 2 at /q", served)]].concat());
    }
}

#[test]
fn the_largest_document_that_is_allowed_is_taken() {
    run(&[(0, Tick, "call 0", "-"), (0, Answer(0, 200, "", "12345678901234567890"), "new", "-")]);
}

#[test]
fn a_document_that_its_owner_cannot_read_replaces_nothing() {
    let document = run(&[
        (0, Tick, "call 0", "-"),
        (0, Answer(0, 200, "\"1\"", "a"), "new", "-"),
        (0, Accept, "resting", "a"),
        (111_000, Tick, "ready 0; call 1 if \"1\"", "a"),
        (111_000, Answer(1, 200, "\"2\"", "<html>"), "new", "a"),
        (111_000, Reject, "resting", "a"),
        // Not `"2"`: a source that goes on serving rubbish must not be told that we have it.
        (112_200, Tick, "ready 1; call 2 if \"1\"", "a"),
        (112_200, Answer(2, 200, "\"2\"", "<html>"), "new", "a"),
        (112_200, Reject, "resting", "a"),
        (113_900, Tick, "ready 2", "a"),
        (114_500, Tick, "call 3 if \"1\"", "a"),
    ]);
    let failing = document.failing().unwrap();
    assert_eq!((failing.in_a_row, failing.latest.to_string().as_str()), (2, "the document cannot be used, no good"));
}

#[test]
fn to_accept_what_did_not_come_changes_nothing() {
    run(&[
        (0, Accept, "resting", "-"),
        (0, Reject, "resting", "-"),
        (0, Tick, "call 0", "-"),
        (0, Accept, "calling", "-"),
        (0, Reject, "calling", "-"),
    ]);
}

#[test]
fn a_reply_that_is_late_or_comes_twice_is_ignored() {
    run(&[
        (0, Answer(0, 200, "", "a"), "ignored", "-"),
        (0, Tick, "call 0", "-"),
        (1, Answer(1, 200, "", "a"), "ignored", "-"),
        (1, Answer(1 << 32, 200, "", "a"), "ignored", "-"),
        (2, Error(0, NO_ANSWER), "NoReply(NoAnswer)", "-"),
        (3, Answer(0, 200, "", "a"), "ignored", "-"),
        (1_200, Tick, "ready 0; call 1", "-"),
        (1_200, Answer(0, 200, "", "a"), "ignored", "-"),
        (1_200, Answer(1, 200, "", "b"), "new", "-"),
        (1_200, Answer(1, 200, "", "c"), "ignored", "-"),
        (1_200, Accept, "resting", "b"),
    ]);
}

#[test]
fn a_call_that_never_comes_back_is_made_again() {
    let document = run(&[
        (0, Tick, "call 0", "-"),
        (6_999, Tick, "", "-"),
        (7_000, Tick, "ready 0", "-"),
        (8_200, Tick, "call 1", "-"),
        (8_300, Answer(0, 200, "", "a"), "ignored", "-"),
        (15_200, Tick, "ready 1", "-"),
    ]);
    let lost = Failing { in_a_row: 2, latest: Failure::Lost };
    assert_eq!(document.failing(), Some(&lost));
}

#[test]
fn a_source_that_comes_and_goes_is_neither_stormed_nor_forgotten() {
    let document = run(&[
        (0, Tick, "call 0", "-"),
        (0, Error(0, CallError::Refused), "NoReply(Refused)", "-"),
        (1_200, Tick, "ready 0; call 1", "-"),
        (1_200, Error(1, NO_ANSWER), "NoReply(NoAnswer)", "-"),
        (2_900, Tick, "ready 1", "-"),
        (3_500, Tick, "call 2", "-"),
        (3_500, Answer(2, 500, "", ""), "Status(500)", "-"),
        (7_000, Tick, "ready 2", "-"),
        (8_000, Tick, "call 3", "-"),
        (8_000, Answer(3, 200, "\"1\"", "a"), "new", "-"),
        (8_000, Accept, "resting", "a"),
        // One good answer, and the next failure is a first one again.
        (119_000, Tick, "ready 3; call 4 if \"1\"", "a"),
        (119_000, Error(4, NO_ANSWER), "NoReply(NoAnswer)", "a"),
        (120_200, Tick, "ready 4; call 5 if \"1\"", "a"),
        (120_200, Answer(5, 304, "", ""), "not modified", "a"),
        (209_000, Tick, "ready 5", "a"),
        (231_000, Tick, "call 6 if \"1\"", "a"),
        (231_000, Error(6, NO_ANSWER), "NoReply(NoAnswer)", "a"),
        (232_200, Tick, "ready 6; call 7 if \"1\"", "a"),
    ]);
    assert_eq!(document.failing().map(|failing| failing.in_a_row), Some(1));
}

#[test]
fn the_last_good_document_serves_to_its_age_and_not_longer() {
    run(&[
        (0, Tick, "call 0", "-"),
        (400, Answer(0, 200, "", "a"), "new", "-"),
        // What counts is when it came, not when it was read.
        (900, Accept, "resting", "a"),
        (1_000_400, Coming(0), "wait 1", "a"),
        (1_000_401, Coming(0), "wait 1", "-"),
        // A clock that was read before the answer came: no age at all.
        (0, Coming(0), "no", "a"),
    ]);
}

#[test]
fn a_hurry_brings_a_fetch_forward_but_no_second_one() {
    run(&[
        // The first fetch is due anyway.
        (0, Hurry, "wait 0", "-"),
        (0, Tick, "call 0", "-"),
        (1, Hurry, "wait 0", "-"),
        (5, Answer(0, 200, "", "a"), "new", "-"),
        (6, Hurry, "wait 0", "-"),
        (7, Accept, "resting", "a"),
        // Ten seconds from the beginning of the last fetch.
        (8, Hurry, "no", "a"),
        (9_999, Hurry, "no", "a"),
        (9_999, Tick, "ready 0", "a"),
        (10_000, Hurry, "wait 1", "a"),
        (10_000, Hurry, "wait 1", "a"),
        (10_001, Tick, "call 1", "a"),
        (10_002, Hurry, "wait 1", "a"),
        (10_003, Error(1, NO_ANSWER), "NoReply(NoAnswer)", "a"),
        // After a failure too: what has to wait for the source does not ask it more often.
        (10_004, Hurry, "no", "a"),
        (10_004, Tick, "ready 1", "a"),
        (11_200, Tick, "call 2", "a"),
    ]);
}

#[test]
fn a_fetch_that_begins_in_time_is_worth_waiting_for() {
    run(&[
        (0, Coming(0), "wait 0", "-"),
        (0, Tick, "call 0", "-"),
        (0, Coming(0), "wait 0", "-"),
        (0, Error(0, NO_ANSWER), "NoReply(NoAnswer)", "-"),
        (0, Coming(0), "no", "-"),
        (0, Coming(2), "wait 1", "-"),
        (2_000, Coming(0), "wait 1", "-"),
        (2_000, Tick, "ready 0; call 1", "-"),
        (2_000, Answer(1, 200, "", "a"), "new", "-"),
        (2_000, Coming(0), "wait 1", "-"),
        (2_000, Accept, "resting", "a"),
        (2_000, Coming(80), "no", "a"),
        (2_000, Coming(120), "wait 2", "a"),
    ]);
}

#[test]
fn the_operator_is_told_what_fails_and_when_it_is_good_again() {
    let failed = |count: u32, more: &str| Some(format!("`list`: fetch from `c` failed ({count} in a row), {more}"));
    let script = [
        (0, 500, failed(1, "the answer has status 500; there is no document")),
        (2, 500, failed(2, "the answer has status 500; there is no document")),
        (5, 500, None),
        (10, 404, failed(4, "the answer has status 404; there is no document")),
        (20, 200, Some("`list`: good again after failures (4 in a row)".to_owned())),
        (140, 200, None),
        (260, 500, failed(1, "the answer has status 500; the document of 120 s ago serves on")),
        (1_141, 500, failed(2, "the answer has status 500; the last good document is too old to serve")),
    ];
    let mut document = Fetched::<()>::new(source(), "list", 0);
    for (seconds, status, expected) in script {
        let now = at(seconds * 1_000);
        let Next::Call(call) = document.next(now) else { panic!("no call at {seconds} s") };
        let reply = Reply { status, head: Head::default(), body: b"a".to_vec() };
        if document.on_reply(call.id, Ok(reply), now) == Outcome::New(b"a".to_vec()) {
            document.accept((), now);
        }
        let mut told = document.next(now);
        let note = if let Next::Note(note) = &told { Some(note.clone()) } else { None };
        assert_eq!(note, expected, "at {seconds} s");
        if note.is_some() {
            told = document.next(now);
        }
        assert!(matches!(told, Next::Ready(ready) if ready == call.id), "at {seconds} s: {told:?}");
    }
}

#[test]
fn a_call_says_what_the_source_says() {
    let mut document = Fetched::<()>::new(source(), "list", 3).accepting("text/plain");
    let Next::Call(call) = next(&mut document, at(0)) else { panic!("no call") };
    assert_eq!((call.id, call.label.as_str(), call.cluster.as_str()), (CallId(3 << 32), "list", "c"));
    assert_eq!((call.timeout, call.max_body, call.body.len()), (Duration::from_secs(5), 20, 0));
    let told: Vec<_> =
        call.headers.iter().map(|(name, _)| format!("{name} {}", header(&call, name).unwrap())).collect();
    assert_eq!(told, [":method GET", ":path /p", ":authority h", "accept text/plain"]);
}

#[test]
fn only_an_etag_that_can_be_sent_back_is_kept() {
    let long = format!("\"{}\"", "e".repeat(part::ETAG_LIMIT));
    let cases: &[(&[&[u8]], bool)] = &[
        (&[b"\"1\""], true),
        (&[b"\"\""], true),
        (&[b"W/\"1\""], true),
        (&[b"w/\"1\""], false),
        (&[b"1"], false),
        (&[b"\""], false),
        (&[b""], false),
        (&[b"\"1"], false),
        (&[b"\"a\"b\""], false),
        (&[b"\"a b\""], false),
        (&[b"\"\r\nx: y\""], false),
        (&[b"\"\xff\""], false),
        (&[b"\"1\"", b"\"2\""], false),
        (&[long.as_bytes()], false),
        (&[], false),
    ];
    for (values, kept) in cases {
        let head = Head::from_pairs(values.iter().map(|value| ("ETag", value)));
        assert_eq!(etag(&head).as_deref().map(str::as_bytes), kept.then(|| values[0]), "{values:?}");
    }
}
