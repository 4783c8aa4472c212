//! Scripts of what happens to the policy, and what it answers.

use std::collections::BTreeMap;

use verdict_policy::attributes::Attributes;
use verdict_policy::crypto::NoCrypto;
use verdict_policy::denial::Shown;
use verdict_policy::head::Head;
use verdict_policy::time::{Mono, Wall};

use super::*;

const CONFIG: &str = r#"{
    "default": "deny",
    "keys": {"cluster": "c", "authority": "h", "path": "/keys", "refresh_seconds": 100, "max_stale_seconds": 1000},
    "rules": [
        {"name": "open", "match": {"paths": ["/open/**"]}, "public": true},
        {"name": "closed"}
    ]
}"#;

const KEYS: &str = r#"{"shop": {"key": "k-shop"}, "partner": {"key": "k-partner", "until": "1970-01-01T00:05:00Z"}}"#;

/// Something that happens. Exchanges go by the key that they carry.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A request comes.
    Request(&'static str),
    /// What it waited for is over.
    Again(&'static str),
    /// It was not, in time.
    TimedOut(&'static str),
    /// The policy is asked what there is to do, until it sleeps.
    Tick,
    /// The call with that number is answered.
    Answer(u64, u16, &'static str),
    /// The call with that number comes to nothing.
    Fail(u64),
}
use Happens::{Again, Answer, Fail, Request, Tick, TimedOut};

/// One line: the time in milliseconds by both clocks, what happens, what the policy says.
type Line = (u64, Happens, &'static str);

struct Nothing;

impl Attributes for Nothing {
    fn attribute(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

fn policy() -> KeyPolicy {
    load(CONFIG).unwrap()
}

fn load(configuration: &str) -> Result<KeyPolicy, Problems> {
    let mut problems = Problems::new();
    let document = Document::parse(configuration.as_bytes(), &mut problems);
    match document.and_then(|document| KeyPolicy::load(&document, &NoCrypto, &mut problems)) {
        Some(policy) if problems.is_empty() => Ok(policy),
        Some(_) | None => Err(problems),
    }
}

fn at(milliseconds: u64) -> Now {
    Now { wall: Wall(milliseconds * 1_000_000), mono: Mono(milliseconds * 1_000_000) }
}

fn request(path: &str, more: &[(&str, &str)]) -> Head {
    let head = [(":method", "GET"), (":authority", "h"), (":path", path)];
    Head::from_pairs(head.iter().chain(more).copied())
}

fn ask(policy: &mut KeyPolicy, exchange: &mut Exchange, event: Event<'_>, request: &Head, now: Now) -> Step {
    policy.on(
        exchange,
        event,
        &Env { now: &|| now, request, bodiless: true, attributes: &Nothing, crypto: &NoCrypto, identity: None },
    )
}

/// What comes of a request with these headers, the document being there.
fn answer(path: &str, headers: &[(&str, &str)]) -> Step {
    let mut policy = policy();
    tick(&mut policy, at(0));
    reply(&mut policy, 0, Ok((200, KEYS)), at(0));
    tick(&mut policy, at(0));
    ask(&mut policy, &mut Exchange::New, Event::Request, &request(path, headers), at(0))
}

fn told(step: &Step) -> String {
    match &step.then {
        Then::Pass => match consumer(step) {
            Some(consumer) => format!("allowed {consumer}"),
            None => "allowed".to_owned(),
        },
        Then::Deny(denial) => format!("denied {} by {}", denial.reason.code, denial.rule.name),
        Then::Unable(denial) => format!("unable {} by {}", denial.reason.code, denial.rule.name),
        Then::Wait(wait) => format!("wait {} until {}", wait.call.0, wait.until.0 / 1_000_000),
        Then::Answer(_) | Then::NeedBody(_) => panic!("{step:?}"),
    }
}

/// Whom the upstream is told that it is, and the policies behind.
fn consumer(step: &Step) -> Option<&'static str> {
    ["shop", "partner"].into_iter().find(|consumer| {
        let claims = vec![("consumer".to_owned(), (*consumer).to_owned())];
        does(step, &Edit::Set(CONSUMER.into(), consumer.as_bytes().to_vec()))
            && does(step, &Identity::new("key", claims, None))
    })
}

/// Whether that is among the effects.
fn does(step: &Step, effect: &impl std::fmt::Debug) -> bool {
    format!("{:?}", step.effects).contains(&format!("{effect:?}"))
}

fn tick(policy: &mut KeyPolicy, now: Now) -> String {
    let mut done = Vec::new();
    loop {
        match policy.next(now) {
            Next::Call(call) => done.push(format!("call {}", call.id.0)),
            Next::Ready(call) => done.push(format!("ready {}", call.0)),
            Next::Note(_) => {}
            Next::Busy | Next::Sleep(_) => return done.join("; "),
        }
    }
}

fn reply(policy: &mut KeyPolicy, call: u64, reply: Result<(u16, &str), CallError>, now: Now) {
    let head = Head::default();
    let reply = reply.map(|(status, body)| Reply { status, head: head.clone(), body: body.as_bytes().to_vec() });
    policy.on_reply(CallId(call), reply, now);
}

fn check(script: &[Line]) {
    let mut policy = policy();
    let mut exchanges: BTreeMap<&str, Exchange> = BTreeMap::new();
    for line @ (time, happens, expected) in script {
        let now = at(*time);
        let mut event = |key: &'static str, event| {
            let exchange = exchanges.entry(key).or_default();
            told(&ask(&mut policy, exchange, event, &request("/", &[("x-api-key", key)]), now))
        };
        let said = match *happens {
            Request(key) => event(key, Event::Request),
            Again(key) => event(key, Event::Again),
            TimedOut(key) => event(key, Event::TimedOut),
            Tick => tick(&mut policy, now),
            Answer(call, status, body) => {
                reply(&mut policy, call, Ok((status, body)), now);
                String::new()
            }
            Fail(call) => {
                reply(&mut policy, call, Err(CallError::NoAnswer), now);
                String::new()
            }
        };
        assert_eq!(said, *expected, "{line:?}");
    }
}

#[test]
fn requests_that_come_before_the_document_wait_for_one_call() {
    check(&[
        (0, Request("k-shop"), "wait 0 until 2000"),
        (1, Request("k-partner"), "wait 0 until 2001"),
        (1, Tick, "call 0"),
        (2, Request("k-nobody"), "wait 0 until 2002"),
        (2, Tick, ""),
        (9, Answer(0, 200, KEYS), ""),
        (9, Tick, "ready 0"),
        (9, Again("k-shop"), "allowed shop"),
        (9, Again("k-partner"), "allowed partner"),
        (9, Again("k-nobody"), "denied key_unknown by closed"),
        (9, Tick, ""),
    ]);
}

#[test]
fn a_request_whose_wait_was_in_vain_is_nobodys_fault() {
    check(&[
        (0, Request("k-shop"), "wait 0 until 2000"),
        (0, Request("k-partner"), "wait 0 until 2000"),
        (0, Tick, "call 0"),
        (2_000, TimedOut("k-partner"), "unable keys_unavailable by closed"),
        (5_000, Fail(0), ""),
        (5_000, Tick, "ready 0"),
        (5_000, Again("k-shop"), "unable keys_unavailable by closed"),
    ]);
}

#[test]
fn a_request_waits_for_the_next_try_if_that_comes_in_time() {
    check(&[
        (0, Tick, "call 0"),
        (0, Fail(0), ""),
        // About one second after the failure, then two, then four.
        (1, Request("k-shop"), "wait 1 until 2001"),
        (1_200, Tick, "ready 0; call 1"),
        (1_200, Fail(1), ""),
        (3_500, Tick, "ready 1; call 2"),
        (3_500, Fail(2), ""),
        (3_501, Request("k-partner"), "unable keys_unavailable by closed"),
    ]);
}

#[test]
fn a_new_key_works_at_once() {
    check(&[
        (0, Tick, "call 0"),
        (0, Answer(0, 200, KEYS), ""),
        (0, Tick, "ready 0"),
        (50_000, Request("k-new"), "wait 1 until 52000"),
        (50_000, Tick, "call 1"),
        (50_000, Request("k-shop"), "allowed shop"),
        (50_009, Answer(1, 200, r#"{"shop": {"key": "k-new"}}"#), ""),
        (50_009, Tick, "ready 1"),
        (50_009, Again("k-new"), "allowed shop"),
        // And the one that it replaces is over.
        (50_009, Request("k-shop"), "denied key_unknown by closed"),
    ]);
}

#[test]
fn an_unknown_key_is_unknown_even_if_the_source_does_not_answer() {
    check(&[
        (0, Tick, "call 0"),
        (0, Answer(0, 200, KEYS), ""),
        (50_000, Request("k-1"), "wait 1 until 52000"),
        (50_000, Tick, "ready 0; call 1"),
        (51_000, Request("k-2"), "wait 1 until 53000"),
        (52_000, TimedOut("k-1"), "denied key_unknown by closed"),
        (52_500, Fail(1), ""),
        (52_500, Tick, "ready 1"),
        (52_500, Again("k-2"), "denied key_unknown by closed"),
    ]);
}

#[test]
fn a_flood_of_made_up_keys_asks_the_source_once_an_interval_and_admits_nobody() {
    let mut policy = policy();
    tick(&mut policy, at(0));
    reply(&mut policy, 0, Ok((200, KEYS)), at(0));
    let mut calls = Vec::new();
    // Half a minute, a thousand keys a second; the source takes a moment to answer.
    for time in 0..30_000 {
        let mut exchange = Exchange::New;
        let key = format!("made-up-{time}");
        let request = request("/", &[("x-api-key", &key)]);
        let mut step = ask(&mut policy, &mut exchange, Event::Request, &request, at(time));
        if let Then::Wait(_) = step.then {
            step = ask(&mut policy, &mut exchange, Event::Again, &request, at(time));
        }
        assert_eq!(told(&step), "denied key_unknown by closed");
        if let Some((_, call)) = tick(&mut policy, at(time)).split_once("call ") {
            calls.push((call.parse().unwrap(), time));
        }
        if let Some((call, began)) = calls.last()
            && time == began + 100
        {
            reply(&mut policy, *call, Ok((200, KEYS)), at(time));
        }
    }
    assert_eq!(calls, [(1, 10_000), (2, 20_000)]);
}

#[test]
fn a_withdrawn_key_stops_working() {
    check(&[
        (0, Tick, "call 0"),
        (0, Answer(0, 200, KEYS), ""),
        (0, Request("k-shop"), "allowed shop"),
        (111_000, Tick, "ready 0; call 1"),
        (111_000, Answer(1, 200, r#"{"partner": {"key": "k-partner"}}"#), ""),
        (111_001, Request("k-shop"), "denied key_unknown by closed"),
        (111_001, Request("k-partner"), "allowed partner"),
    ]);
}

#[test]
fn a_bad_document_replaces_no_good_one() {
    for (status, document) in [
        (200, ""),
        (200, "{}"),
        (200, "[]"),
        (200, "<html>"),
        (200, r#"{"shop": {"key": ""}}"#),
        (404, r#"{"shop": {"key": "k-new"}}"#),
        (304, ""),
    ] {
        check(&[
            (0, Tick, "call 0"),
            (0, Answer(0, 200, KEYS), ""),
            (111_000, Tick, "ready 0; call 1"),
            (111_000, Answer(1, status, document), ""),
            (111_000, Tick, "ready 1"),
            (111_000, Request("k-shop"), "allowed shop"),
            // It is tried again soon.
            (112_200, Tick, "call 2"),
        ]);
    }
}

#[test]
fn a_document_that_nobody_confirmed_for_too_long_decides_nothing() {
    check(&[
        (0, Tick, "call 0"),
        (0, Answer(0, 200, KEYS), ""),
        (1_000_000, Request("k-shop"), "allowed shop"),
        (1_000_001, Request("k-shop"), "wait 1 until 1002001"),
        (1_000_001, Request("k-nobody"), "wait 1 until 1002001"),
        (1_000_001, Tick, "ready 0; call 1"),
        (1_000_001, Fail(1), ""),
        (1_000_001, Again("k-shop"), "unable keys_unavailable by closed"),
        (1_000_001, Again("k-nobody"), "unable keys_unavailable by closed"),
    ]);
}

#[test]
fn a_key_ends_when_its_time_is_over() {
    check(&[
        (0, Tick, "call 0"),
        (0, Answer(0, 200, KEYS), ""),
        (299_999, Request("k-partner"), "allowed partner"),
        (300_000, Request("k-partner"), "denied key_expired by closed"),
    ]);
}

#[test]
fn a_request_carries_one_key() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "denied key_missing by closed"),
        (&[("x-api-key", "")], "denied key_missing by closed"),
        (&[("authorization", "k-shop")], "denied key_missing by closed"),
        (&[("x-api-key", "k-shop")], "allowed shop"),
        (&[("X-API-Key", "k-shop")], "allowed shop"),
        (&[("x-api-key", "k-shop"), ("x-api-key", "k-shop")], "denied key_ambiguous by closed"),
        (&[("x-api-key", ""), ("x-api-key", "k-shop")], "denied key_ambiguous by closed"),
        (&[("x-api-key", "k-shop,k-shop")], "denied key_unknown by closed"),
        (&[("x-api-key", "k-sho")], "denied key_unknown by closed"),
        (&[("x-api-key", "k-shopx")], "denied key_unknown by closed"),
        (&[("x-api-key", "K-SHOP")], "denied key_unknown by closed"),
        (&[("x-api-key", "k-shop ")], "denied key_unknown by closed"),
    ];
    for (headers, expected) in cases {
        assert_eq!(told(&answer("/", headers)), *expected, "{headers:?}");
    }
}

#[test]
fn a_header_of_the_clients_own_never_tells_the_upstream_who_it_is() {
    let spellings = ["x-consumer", "X-Consumer", "x_consumer", "X_CONSUMER", "x.consumer"];
    for spelling in spellings {
        for (path, key, expected) in [
            ("/", "k-shop", "allowed shop"),
            ("/", "k-nobody", "denied key_unknown by closed"),
            ("/open/", "k-shop", "allowed"),
        ] {
            let step = answer(path, &[("x-api-key", key), (spelling, "root"), ("x-consumers", "kept")]);
            assert_eq!(told(&step), expected);
            assert!(does(&step, &Edit::Remove(spelling.to_owned().into())), "{spelling} at {path}: {step:?}");
            assert!(!does(&step, &Edit::Remove("x-consumers".into())), "{step:?}");
        }
    }
    // Before the document is there, too: what follows may let the request pass.
    let head = request("/", &[("x-api-key", "k-shop"), ("x-consumer", "root")]);
    let step = ask(&mut policy(), &mut Exchange::New, Event::Request, &head, at(0));
    assert!(matches!(step.then, Then::Wait(_)));
    assert!(does(&step, &Edit::Remove("x-consumer".into())));
}

#[test]
fn keys_that_do_not_admit_all_look_alike() {
    let mut expired = policy();
    tick(&mut expired, at(0));
    reply(&mut expired, 0, Ok((200, KEYS)), at(0));
    let head = request("/", &[("x-api-key", "k-partner")]);
    let expired = ask(&mut expired, &mut Exchange::New, Event::Request, &head, at(300_000));
    let unknown = answer("/", &[("x-api-key", "k-nobody")]);
    let ambiguous = answer("/", &[("x-api-key", "k-shop"), ("x-api-key", "k-shop")]);
    for step in [expired, unknown, ambiguous] {
        let Then::Deny(denial) = step.then else { panic!("{step:?}") };
        assert_eq!(denial.reason.public, Some(&reasons::KEY_INVALID));
        assert_eq!(denial.reason.status, reasons::KEY_INVALID.status);
        assert_eq!(denial.challenge.as_deref(), Some("ApiKey header=\"x-api-key\""));
        assert!(!denial.verified);
        let shown: Vec<_> = denial.facts.iter().filter(|fact| fact.shown == Shown::WithReason).collect();
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].name, shown[0].value.as_str()), ("header", "x-api-key"));
        assert!(!format!("{denial:?}").contains("k-"), "a key in {denial:?}");
    }
}

#[test]
fn everything_wrong_with_the_configuration_is_told() {
    let own = |own: &str| CONFIG.replacen('{', &format!("{{{own},"), 1);
    let cases = [
        (own(r#""header": "x api key""#), "/header"),
        (own(r#""header": """#), "/header"),
        (own(r#""wait_seconds": 0"#), "/wait_seconds"),
        (own(r#""wait": 1"#), "/wait"),
        (CONFIG.replace("\"/keys\"", "\"keys\""), "/keys/path"),
        (CONFIG.replace("\"public\": true", "\"public\": 1"), "/rules/0/public"),
    ];
    for (configuration, place) in cases {
        let problems = load(&configuration).err().unwrap_or_default();
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.pointer()).collect();
        assert_eq!(places, [place], "{problems}");
    }
}

#[test]
fn a_document_is_read_strictly_and_its_secrets_stay_in_it() {
    let many = format!("{{{}}}", (0..2_000).map(|n| format!(r#""c{n}": {{}}"#)).collect::<Vec<_>>().join(","));
    let cases: &[(&str, Result<u64, &str>)] = &[
        (KEYS, Ok(2)),
        (r#"{"a": {"key": "secret", "until": "9999-12-31T23:59:59Z"}}"#, Ok(1)),
        (r#"{"a": {"key": "secret", "until": "1900-01-01T00:00:00+01:00"}}"#, Ok(1)),
        ("{}", Err("it lists nobody")),
        ("secret", Err("it is not an object of consumers: see /")),
        (r#"["secret"]"#, Err("it is not an object of consumers: see /")),
        (r#"{"a": "secret"}"#, Err("it is not an object of consumers: see /a")),
        (r#"{"a": {"key": 5}, "b": "secret"}"#, Err("it is not an object of consumers: see /a/key, ")),
        (r#"{"a": {"key": "secret", "secret": 1}}"#, Err("it is not an object of consumers: see /a/secret")),
        (r#"{"a": {"key": "secret"}, "a": {"key": "secret2"}}"#, Err("it is not an object of consumers: see /")),
        (r#"{"a": {"key": "secret"}, "b": {"key": "secret"}}"#, Err("/b: another consumer has the same key")),
        (r#"{"a": {"key": ""}}"#, Err("/a: name and key are")),
        (r#"{"a": {"key": "sec ret"}}"#, Err("/a: name and key are")),
        (r#"{"": {"key": "secret"}}"#, Err("/: name and key are")),
        (r#"{"a\r\nx": {"key": "secret"}}"#, Err("/a\r\nx: name and key are")),
        (r#"{"a": {"key": "secret", "until": "tomorrow"}}"#, Err("/a/until: this is not a date")),
        (&many, Err("it is longer than 16384 bytes")),
    ];
    for (document, expected) in cases {
        match (KeyRing::read(document.as_bytes()), expected) {
            (Ok(ring), Ok(count)) => assert_eq!(ring.count(), *count),
            (Err(why), Err(expected)) => {
                assert!(why.starts_with(expected), "{why}");
                assert!(!why.replace("/a/secret", "").contains("sec"), "{why}");
            }
            (Ok(_), Err(_)) => panic!("{document} was read"),
            (Err(why), Ok(_)) => panic!("{document}: {why}"),
        }
    }
}

#[test]
fn the_age_of_the_document_is_told() {
    let mut policy = policy();
    let told = |policy: &KeyPolicy, now| {
        let mut told = Vec::new();
        policy.gauges(now, &mut |gauge| told.push(format!("{} {:?} {}", gauge.metric.name, gauge.labels, gauge.value)));
        told
    };
    assert_eq!(told(&policy, at(0)), [""; 0]);
    tick(&mut policy, at(0));
    reply(&mut policy, 0, Ok((200, KEYS)), at(0));
    assert_eq!(
        told(&policy, at(7_500)),
        ["verdict_data_age_seconds [\"keys\"] 7", "verdict_data_entries [\"keys\"] 2"]
    );
}
