//! What replies mean.

use super::*;
use crate::lookup::answer::{Failure, Plans, Told, read};
use crate::subscription::{Period, Plan, State, Subscription};
use std::rc::Rc;
use verdict_policy::matching::pattern::Pattern;

fn told(version: u64, subscription: Option<Subscription>) -> Told {
    Told { version, known: Some(Known { consumer: "shop".into(), credential: Period::default(), subscription }) }
}

#[test]
fn an_answer_is_read_with_all_that_it_says() {
    let active = || Subscription { state: State::Active, period: Period::default(), plan: None };
    let plan = |methods: &[&str], paths: &[&str]| {
        Rc::new(Plan {
            name: "reader".to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            paths: paths.iter().map(|path| Pattern::read(path).unwrap()).collect(),
        })
    };
    let period = |from, until| Period { from, until };
    for (body, expected) in [
        (r#"{"version": 0, "consumer": "shop", "subscription": null}"#, told(0, None)),
        (r#"{"version": 42, "consumer": "shop", "subscription": {"state": "active"}}"#, told(42, Some(active()))),
        (
            r#" {"tier": {"a": 1}, "subscription": {"state": "suspended", "note": null}, "consumer": "shop", "version": 9223372036854775807} "#,
            told(i64::MAX as u64, Some(Subscription { state: State::Suspended, ..active() })),
        ),
        (
            r#"{"version": 1, "consumer": "shop", "subscription": {"state": "pending", "plan": "reader",
                "starts": "1970-01-01T00:00:01Z", "ends": "1970-01-01T00:00:02Z"}}"#,
            told(
                1,
                Some(Subscription {
                    state: State::Pending,
                    period: period(Some(1), Some(2)),
                    plan: Some(plan(&[], &[])),
                }),
            ),
        ),
        (
            r#"{"version": 1, "consumer": "shop", "subscription":
                {"plan": "reader", "methods": ["GET", "M-SEARCH"], "paths": ["/payments/**", "/a/{b}"], "state": "active"}}"#,
            told(
                1,
                Some(Subscription { plan: Some(plan(&["GET", "M-SEARCH"], &["/payments/**", "/a/{b}"])), ..active() }),
            ),
        ),
        (
            r#"{"version": 1, "consumer": "shop", "subscription": null,
                "not_before": "1960-01-01T00:00:00Z", "not_after": "1970-01-01T01:00:00+00:30"}"#,
            Told {
                version: 1,
                known: Some(Known {
                    consumer: "shop".into(),
                    credential: period(Some(0), Some(1800)),
                    subscription: None,
                }),
            },
        ),
    ] {
        assert_eq!(read(200, body.as_bytes(), &mut Plans::default()), Ok(expected), "{body}");
    }
    for body in [r#"{"version": 42}"#, r#"{"error": "no such key", "version": 42}"#] {
        let nobody = Told { version: 42, known: None };
        assert_eq!(read(404, body.as_bytes(), &mut Plans::default()), Ok(nobody), "{body}");
    }
}

#[test]
fn any_other_answer_is_a_failure_and_says_nothing_about_the_caller() {
    let good = r#"{"version": 1, "consumer": "shop", "subscription": {"state": "active"}}"#;
    let nobody = r#"{"version": 1}"#;
    for status in [0, 100, 201, 204, 206, 301, 304, 400, 401, 403, 405, 410, 429, 500, 503, 65_535] {
        for body in [good, nobody] {
            assert_eq!(read(status, body.as_bytes(), &mut Plans::default()), Err(Failure::Status(status)));
        }
    }
    for body in [
        "",
        "not found",
        "[]",
        "null",
        "{}",
        r#"{"version": "1"}"#,
        r#"{"version": -1}"#,
        r#"{"version": null}"#,
        r#"{"version": 1, "version": 2}"#,
        r#"{"version": 1.5}"#,
        r#"{"version": 9223372036854775808}"#,
        r#"{"version": 1}}"#,
        r#"{"version": 1, "x": {"a": 1, "a": 1}}"#,
        "\u{feff}{\"version\": 1}",
    ] {
        for status in [200, 404] {
            let read = read(status, body.as_bytes(), &mut Plans::default());
            assert!(matches!(read, Err(Failure::Shape(_))), "{status} {body}: {read:?}");
        }
    }
}

/// What may not stand in place of `subscription`, or beside it.
#[rustfmt::skip] // short strings in rows
const WRONG: &[&str] = &[
    "", r#""subscription": []"#, r#""subscription": false"#, r#""subscription": "active""#, r#""subscription": {}"#,
    r#""subscription": {"state": null}"#, r#""subscription": {"state": "Active"}"#, r#""subscription": {"state": "paused"}"#,
    r#""subscription": {"state": ["active"]}"#, r#""subscription": {"state": "active", "state": "active"}"#,
    r#""subscription": null, "subscription": null"#, r#""subscription": null, "consumer": "shop""#,
    r#""subscription": null, "not_after": null"#, r#""subscription": null, "not_after": 5"#,
    r#""subscription": null, "not_before": "tomorrow""#, r#""subscription": null, "not_before": """#,
    r#""subscription": {"state": "active", "ends": "2027-02-30T00:00:00Z"}"#,
    r#""subscription": {"state": "active", "starts": null}"#, r#""subscription": {"state": "active", "plan": null}"#,
    r#""subscription": {"state": "active", "plan": ""}"#, r#""subscription": {"state": "active", "plan": {"name": "reader"}}"#,
    r#""subscription": {"state": "active", "plan": "a\nb"}"#, r#""subscription": {"state": "active", "methods": ["GET"]}"#,
    r#""subscription": {"state": "active", "paths": ["/a"]}"#, r#""subscription": {"state": "active", "plan": "p", "methods": []}"#,
    r#""subscription": {"state": "active", "plan": "p", "paths": []}"#,
    r#""subscription": {"state": "active", "plan": "p", "paths": null}"#,
    r#""subscription": {"state": "active", "plan": "p", "methods": "GET"}"#,
    r#""subscription": {"state": "active", "plan": "p", "methods": [1]}"#,
    r#""subscription": {"state": "active", "plan": "p", "methods": ["get"]}"#,
    r#""subscription": {"state": "active", "plan": "p", "methods": ["GET "]}"#,
    r#""subscription": {"state": "active", "plan": "p", "methods": [""]}"#,
    r#""subscription": {"state": "active", "plan": "p", "paths": ["a"]}"#,
    r#""subscription": {"state": "active", "plan": "p", "paths": ["/a/../b"]}"#,
    r#""subscription": {"state": "active", "plan": "p", "paths": ["/**/a"]}"#,
];

#[test]
fn an_answer_that_is_half_right_is_a_failure() {
    let mut cases: Vec<String> = WRONG
        .iter()
        .map(|rest| format!(r#"{{"version": 1, "consumer": "shop", {rest}}}"#).replace(", }", "}"))
        .collect();
    for consumer in ["null", "5", "\"\"", "\"a\\u0000b\"", "\"a\\r\\nx: y\"", &format!("\"{}\"", "x".repeat(257))] {
        cases.push(format!(r#"{{"version": 1, "consumer": {consumer}, "subscription": null}}"#));
    }
    cases.push(r#"{"version": 1, "subscription": null}"#.to_owned());
    let long: Vec<String> = (0..100).map(|number| format!("\"/{number:0200}\"")).collect();
    cases.push(format!(
        r#"{{"version": 1, "consumer": "shop", "subscription": {{"state": "active", "plan": "p", "paths": [{}]}}}}"#,
        long.join(",")
    ));
    for body in cases {
        let read = read(200, body.as_bytes(), &mut Plans::default());
        assert!(matches!(read, Err(Failure::Shape(_))), "{body}: {read:?}");
    }
}

#[test]
fn a_cut_off_or_overlong_answer_is_a_failure() {
    let whole =
        r#"{"version": 1, "consumer": "shop", "subscription": {"state": "active", "plan": "p", "paths": ["/a"]}}"#;
    for end in 0..whole.len() {
        assert!(read(200, &whole.as_bytes()[..end], &mut Plans::default()).is_err(), "{end}");
    }
    for (length, expected) in [(MAX_BODY, "shop active"), (MAX_BODY + 1, "unavailable")] {
        let mut lookups = Lookups::new(settings(), 0);
        lookups.ask(&key(1), "payments", at(0), true);
        tick(&mut lookups, at(0));
        lookups.on_reply(CallId(0), reply(200, &(whole.to_owned() + &" ".repeat(length - whole.len()))), at(0));
        assert_eq!(shown(lookups.ask(&key(1), "payments", at(0), false)), expected);
    }
}

#[test]
fn equal_plans_are_shared_and_a_plan_that_changed_is_another() {
    let mut plans = Plans::default();
    let mut plan = |name: &str, path: &str| {
        let body = format!(
            r#"{{"version": 1, "consumer": "shop", "subscription": {{"state": "active", "plan": "{name}", "paths": ["{path}"]}}}}"#
        );
        read(200, body.as_bytes(), &mut plans).unwrap().known.unwrap().subscription.unwrap().plan.unwrap()
    };
    let first = plan("reader", "/a");
    assert!(Rc::ptr_eq(&first, &plan("reader", "/a")));
    let changed = plan("reader", "/b");
    let covers = |plan: &Plan, path: &str| plan.covers(|| b"GET", || path.into());
    assert!(covers(&changed, "/b") && !covers(&changed, "/a") && covers(&first, "/a"));
    for number in 0..1000 {
        plan(&format!("plan {number}"), "/a");
    }
    // A thousand names later, nobody keeps those that are of no use any more.
    assert_eq!((Rc::strong_count(&first), Rc::strong_count(&changed)), (1, 1));
}
