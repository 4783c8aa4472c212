//! Scripts of what is asked and answered, and what must come of it.

use super::*;
use verdict_policy::head::Head;

mod random;
mod scripts;
mod shapes;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A request asks about a caller (a letter: who has that key; behind an `@`: an identity) and an API.
    Ask(&'static str, &'static str),
    /// One that has waited asks again.
    Again(&'static str, &'static str),
    /// The policy is asked what there is to do, until it sleeps.
    Tick,
    /// The source replies to the call with that number.
    Reply(u64, Say),
}
use Event::{Again, Ask, Reply as Replied, Tick};

/// What a source says, in which version.
#[derive(Clone, Copy, Debug)]
enum Say {
    /// It is `shop`, with a subscription in that state.
    Is(u64, &'static str),
    /// It is that consumer, with an active subscription.
    IsOf(u64, &'static str),
    /// It is `shop`, with an active subscription and a key that is valid until then.
    Until(u64, &'static str),
    /// It is `shop`, without a subscription.
    Unsubscribed(u64),
    /// Nobody has that key.
    Nobody(u64),
    /// A status and a body.
    Raw(u16, &'static str),
    /// No reply.
    Error(CallError),
}
use Say::{Error, Is, IsOf, Nobody, Raw, Unsubscribed, Until};

const NO_ANSWER: Say = Error(CallError::NoAnswer);

/// One line: the time in milliseconds, what happens, what comes of it.
type Line = (u64, Event, &'static str);

fn settings() -> Settings {
    Settings {
        cluster: "portal".to_owned(),
        authority: "portal.example.com".to_owned(),
        path: "/lookup".to_owned(),
        timeout: Duration::from_secs(5),
        positive_ttl: Duration::from_secs(60),
        negative_ttl: Duration::from_secs(10),
        stale_if_error: Duration::from_secs(600),
        max_entries: 4,
        max_unknown: 4,
        max_in_flight: 4,
        label: "subscriptions".to_owned(),
    }
}

fn at(milliseconds: u64) -> Now {
    Now { mono: Mono(milliseconds * 1_000_000), ..Now::default() }
}

fn caller(name: &str) -> Caller {
    match name.strip_prefix('@') {
        Some(identity) => Caller::Identity(identity.to_owned()),
        None => key(name.bytes().map(u64::from).sum()),
    }
}

fn key(number: u64) -> Caller {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    Caller::Key(Hash(hash))
}

fn reply(status: u16, body: &str) -> Result<Reply, CallError> {
    Ok(Reply { status, head: Head::default(), body: body.as_bytes().to_vec() })
}

fn said(say: Say) -> Result<Reply, CallError> {
    let is =
        |version, consumer, rest| reply(200, &format!(r#"{{"version": {version}, "consumer": "{consumer}", {rest}}}"#));
    match say {
        Is(version, state) => is(version, "shop", format!(r#""subscription": {{"state": "{state}"}}"#)),
        IsOf(version, consumer) => is(version, consumer, r#""subscription": {"state": "active"}"#.to_owned()),
        Until(version, until) => {
            is(version, "shop", format!(r#""not_after": "{until}", "subscription": {{"state": "active"}}"#))
        }
        Unsubscribed(version) => is(version, "shop", r#""subscription": null"#.to_owned()),
        Nobody(version) => reply(404, &format!(r#"{{"version": {version}}}"#)),
        Raw(status, body) => reply(status, body),
        Error(error) => Err(error),
    }
}

fn shown(answer: Answer) -> String {
    match answer {
        Answer::Known(Known { consumer, credential, subscription }) => {
            let state = subscription.map_or("unsubscribed", |subscription| subscription.state.name());
            let until = credential.until.map_or(String::new(), |until| format!(" until {until}"));
            format!("{consumer} {state}{until}")
        }
        Answer::Unknown => "unknown".to_owned(),
        Answer::Wait(call) => format!("wait {}", call.0),
        Answer::Busy(_) => "busy".to_owned(),
        Answer::Unavailable => "unavailable".to_owned(),
    }
}

/// What there is to do, notes aside.
fn next(lookups: &mut Lookups, now: Now) -> Next {
    loop {
        match lookups.next(now) {
            Next::Note(_) => {}
            other @ (Next::Call(_) | Next::Ready(_) | Next::Busy | Next::Sleep(_)) => return other,
        }
    }
}

/// What is done until there is nothing left to do, without the sleep: `ready 0; call 1`.
fn tick(lookups: &mut Lookups, now: Now) -> String {
    let mut done = Vec::new();
    loop {
        match next(lookups, now) {
            Next::Call(call) => {
                assert!(lookups.awaits(call.id));
                done.push(format!("call {}", call.id.0));
            }
            Next::Ready(call) => {
                assert!(!lookups.awaits(call));
                done.push(format!("ready {}", call.0));
            }
            Next::Note(_) | Next::Busy => panic!("lookups are never busy"),
            Next::Sleep(until) => {
                assert!(until.is_none_or(|until| until > now.mono), "a sleep that is over before it begins");
                assert_eq!(until.is_some(), lookups.counters().in_flight > 0, "a call that nobody looks after");
                return done.join("; ");
            }
        }
    }
}

fn run_with(settings: Settings, script: &[Line]) -> Lookups {
    let mut lookups = Lookups::new(settings, 0);
    for line @ (time, event, expected) in script {
        let now = at(*time);
        let done = match *event {
            Ask(who, api) => shown(lookups.ask(&caller(who), api, now, true)),
            Again(who, api) => shown(lookups.ask(&caller(who), api, now, false)),
            Tick => tick(&mut lookups, now),
            Replied(call, say) => {
                let awaited = lookups.awaits(CallId(call));
                lookups.on_reply(CallId(call), said(say), now);
                assert!(!lookups.awaits(CallId(call)));
                if awaited { String::new() } else { "ignored".to_owned() }
            }
        };
        assert_eq!(done, *expected, "{line:?}");
    }
    lookups
}

fn run(script: &[Line]) -> Lookups {
    run_with(settings(), script)
}

/// What the operator is told.
fn notes(lookups: &mut Lookups, now: Now) -> Vec<String> {
    let mut notes = Vec::new();
    loop {
        match lookups.next(now) {
            Next::Note(note) => notes.push(note),
            Next::Call(_) | Next::Ready(_) => {}
            Next::Busy => panic!("lookups are never busy"),
            Next::Sleep(_) => return notes,
        }
    }
}

#[test]
fn the_operator_is_told_when_the_source_begins_to_fail_and_when_it_is_good_again_and_not_more_often_than_once_a_minute()
{
    let mut lookups = Lookups::new(settings(), 0);
    let (mut told, mut answered) = (Vec::new(), 0);
    // For ten minutes each answer is good for one second and bad for the next.
    for second in 0..600 {
        let now = at(second * 1000);
        if let Answer::Wait(call) = lookups.ask(&key(second), "payments", now, true) {
            told.extend(notes(&mut lookups, now));
            answered += 1;
            lookups.on_reply(call, said(if second % 2 == 0 { NO_ANSWER } else { Nobody(1) }), now);
        }
        told.extend(notes(&mut lookups, now));
    }
    assert!(answered >= 300, "{answered}");
    assert_eq!(told.len(), 20, "{told:#?}");
    for pair in told.chunks(2) {
        assert_eq!(pair[0], "`subscriptions`: a question to `portal` failed, no answer came in time");
        assert!(pair[1].starts_with("`subscriptions`: answers again, after "), "{pair:?}");
    }
}

#[test]
fn of_a_source_that_stays_down_the_operator_is_told_once() {
    let mut lookups = Lookups::new(settings(), 0);
    let mut told = Vec::new();
    for second in 0..600 {
        if let Answer::Wait(call) = lookups.ask(&key(second), "payments", at(second * 1000), true) {
            told.extend(notes(&mut lookups, at(second * 1000)));
            lookups.on_reply(call, said(NO_ANSWER), at(second * 1000));
        }
        told.extend(notes(&mut lookups, at(second * 1000)));
    }
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!((550..=600).contains(&lookups.counters().failures), "{:?}", lookups.counters());
}

#[test]
fn a_note_says_what_is_wrong_and_nothing_of_the_caller() {
    let long = format!(r#"{{"version": 1, "consumer": "{}"}}"#, "x".repeat(10_000));
    for (reply, expected) in [
        (Err(CallError::Refused), "the proxy did not take the call, check the cluster's name"),
        (Err(CallError::TooLarge), "the answer is too large"),
        (reply(500, ""), "the answer has status 500"),
        (reply(404, "not found"), "the answer cannot be used, it is not JSON: line 1, column 1"),
        (reply(404, "{}"), "the answer cannot be used, it has no `version`, and status 404; check `path`"),
        (reply(200, "[]"), "the answer cannot be used, it is a list, not an object"),
        (reply(200, &long), "the answer cannot be used, `consumer` has more than 256 bytes"),
        (said(Is(1, "\\u001b[2Jx")), "the answer cannot be used, `state`: "),
    ] {
        let mut lookups = Lookups::new(settings(), 0);
        let Answer::Wait(call) = lookups.ask(&Caller::Identity("alice".to_owned()), "payments", at(0), true) else {
            panic!("no wait")
        };
        assert_eq!(notes(&mut lookups, at(0)), [""; 0]);
        lookups.on_reply(call, reply, at(1));
        let told = notes(&mut lookups, at(1));
        let [note] = told.as_slice() else { panic!("{told:?}") };
        assert!(note.starts_with(&format!("`subscriptions`: a question to `portal` failed, {expected}")), "{note}");
        assert!(note.len() < 400 && !note.contains(char::is_control) && !note.contains("alice"), "{note}");
    }
}

#[test]
fn a_call_asks_for_the_hash_or_the_identity_and_the_api() {
    let hash = format!("{}-_8", "A".repeat(40));
    for (path, who, api, expected) in [
        ("/lookup", Caller::Key(Hash::read(&hash).unwrap()), "payments", format!("/lookup?key={hash}&api=payments")),
        ("/lookup", caller("@shop-web"), "payments", "/lookup?identity=shop-web&api=payments".to_owned()),
        ("/v1?tenant=7", caller("@a"), "p", "/v1?tenant=7&identity=a&api=p".to_owned()),
        ("/v1?", caller("@a"), "p", "/v1?identity=a&api=p".to_owned()),
        ("/v1?tenant=7&", caller("@a"), "p", "/v1?tenant=7&identity=a&api=p".to_owned()),
        (
            "/",
            caller("@a&api=b#c d+e%/?=\u{e9}\r\n~._-"),
            "p&q",
            "/?identity=a%26api%3Db%23c%20d%2Be%25%2F%3F%3D%C3%A9%0D%0A~._-&api=p%26q".to_owned(),
        ),
    ] {
        let mut lookups = Lookups::new(Settings { path: path.to_owned(), ..settings() }, 3);
        let answer = lookups.ask(&who, api, at(0), true);
        let Next::Call(call) = lookups.next(at(0)) else { panic!("no call") };
        assert_eq!(answer, Answer::Wait(call.id));
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let expected = Call {
            id: CallId(3 << 32),
            label: "subscriptions".to_owned(),
            cluster: "portal".to_owned(),
            headers: vec![
                header(":method", "GET"),
                header(":path", &expected),
                header(":authority", "portal.example.com"),
                header("accept", "application/json"),
            ],
            body: Vec::new(),
            timeout: Duration::from_secs(5),
            max_body: 64 * 1024,
        };
        assert_eq!(call, expected);
        assert!(lookups.awaits(CallId(3 << 32)) && !lookups.awaits(CallId(0)), "another's call");
    }
}

#[test]
fn an_identity_that_nobody_can_have_is_unknown_without_a_call() {
    let mut lookups = Lookups::new(settings(), 0);
    let longest = Caller::Identity("x".repeat(IDENTITY_LIMIT));
    for (who, expected) in [
        (Caller::Identity("x".repeat(IDENTITY_LIMIT + 1)), Answer::Unknown),
        (Caller::Identity(String::new()), Answer::Unknown),
        (longest, Answer::Wait(CallId(0))),
    ] {
        assert_eq!(lookups.ask(&who, "payments", at(0), true), expected);
    }
}

#[test]
fn a_flood_of_made_up_keys_evicts_no_good_entry_and_makes_no_more_calls_at_once_than_it_may() {
    let limits = Settings { max_entries: 100, max_unknown: 1000, max_in_flight: 16, ..settings() };
    let mut lookups = Lookups::new(limits, 0);
    for good in 0..100 {
        let Answer::Wait(call) = lookups.ask(&key(good), "payments", at(0), true) else { panic!("no wait") };
        tick(&mut lookups, at(0));
        lookups.on_reply(call, said(Is(1, "active")), at(0));
    }
    let (mut waiting, mut most, mut calls) = (VecDeque::new(), 0, 0);
    for made_up in 0..100_000_u64 {
        let now = at(made_up / 4);
        if let Answer::Wait(call) = lookups.ask(&key(1000 + made_up), "payments", now, true) {
            waiting.push_back(call);
        }
        while let Next::Call(_) | Next::Ready(_) = next(&mut lookups, now) {
            calls += 1;
        }
        most = most.max(waiting.len());
        // The source is slower than the flood.
        if made_up % 8 == 7 {
            for call in waiting.drain(..waiting.len() / 2 + 1) {
                lookups.on_reply(call, said(Nobody(1)), now);
            }
        }
        if made_up % 100 == 0 {
            let good = lookups.ask(&key(made_up % 100), "payments", now, true);
            assert_eq!(shown(good), "shop active", "after {made_up}");
        }
        let Counters { entries, unknown, in_flight, .. } = lookups.counters();
        assert!(entries == 100 && unknown <= 1000 && in_flight <= 12, "{entries}, {unknown}, {in_flight}");
    }
    assert!(calls > 10_000 && most == 12, "{calls}, {most}");
    assert_eq!(lookups.counters().unknown, 1000);
    // Room is kept for those whom the source knows: their entries are over now, and can be renewed.
    let now = at(60_000);
    while lookups.ask(&key(200_000 + waiting.len() as u64), "payments", now, true) != Answer::Busy(12) {
        waiting.push_back(CallId(0));
        assert!(waiting.len() <= 12, "what has no room is said to be so, not that the source is unavailable");
    }
    for (good, expected) in [(0, true), (1, true), (2, true), (3, true), (4, false)] {
        let waits = matches!(lookups.ask(&key(good), "payments", now, true), Answer::Wait(_));
        assert_eq!(waits, expected, "{good}");
    }
}
