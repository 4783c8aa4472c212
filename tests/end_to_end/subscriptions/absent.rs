//! Sources that are down from the start: requests are told so, or pass where that is configured, and are decided once there is data.

use serde_json::json;
use verdict_gateway::Listener;

use super::{ADMITTED, DECIDED, Kind, NOBODY, STATES, UNKNOWN};
use super::{
    answers, asking, fail, is, logged, nobody_can_tell, offer, public, raw, reason_of, request, run_each, settles,
};
use crate::plain::Plain;

pub(super) fn listeners(plain: &Plain) -> Vec<Listener> {
    let here = json!({});
    let patience = |seconds: u32| json!({ "wait_seconds": seconds });
    let allow = json!({ "wait_seconds": 1, "on_error": "allow" });
    let mut listeners = Vec::new();
    for kind in Kind::BOTH {
        for what in ["failing", "allowing"] {
            fail(plain, &name(what, kind), kind);
        }
        for what in ["silent", "late"] {
            hold(plain, &name(what, kind), kind);
        }
        // A document is not fetched again before the last fetch is over.
        let slow = match kind {
            Kind::Snapshot => json!({ "timeout_seconds": 15, "refresh_seconds": 15 }),
            Kind::Lookup => json!({ "timeout_seconds": 15 }),
        };
        for (what, source, more) in [
            ("failing", &here, &patience(1)),
            ("silent", &here, &patience(1)),
            ("closed", &json!({ "cluster": "closed" }), &patience(1)),
            ("nowhere", &json!({ "cluster": "no-such" }), &patience(1)),
            ("allowing", &here, &allow),
            ("late", &slow, &patience(10)),
        ] {
            listeners.push(asking(&name(what, kind), kind, source, more));
        }
    }
    listeners
}

fn name(what: &str, kind: Kind) -> String {
    format!("{what}-{}", kind.name())
}

/// Holds the answers of that source back, right as they are.
fn hold(plain: &Plain, name: &str, kind: Kind) {
    for answer in answers(name, kind, 1, STATES) {
        plain.answer(&answer.path, &raw(answer.status, "", &answer.body), false);
    }
}

#[test]
fn without_data_everybody_with_a_key_is_told_so_until_the_source_comes_up() {
    run_each("a source that is down from the start", async |watched, kind| {
        for what in ["failing", "silent", "closed", "nowhere"] {
            let listener = name(what, kind);
            nobody_can_tell(watched, &listener).await;
        }
        for what in ["failing", "silent"] {
            let listener = name(what, kind);
            offer(&watched.plain, &listener, kind, 1, STATES);
            for (caller, reason) in DECIDED {
                settles(watched, &listener, caller, reason).await;
            }
        }
    });
}

#[test]
fn a_filter_that_is_told_so_lets_pass_whom_nobody_can_be_asked_about_until_the_source_comes_up() {
    run_each("on_error: allow without data", async |watched, kind| {
        let listener = name("allowing", kind);
        for (caller, _) in DECIDED {
            let id = format!("{listener}-{caller}");
            let reply = request(caller, &id).send(watched.at(&listener)).await.unwrap();
            assert_eq!(reply.status, 200, "{caller} at {listener}: {}", reply.text());
            let line = watched.line(&listener, &id).await;
            assert_eq!(line["subscription"]["decision"], "unable", "{line}");
            assert_eq!(logged(&line), "source_unavailable", "{line}");
        }
        is(watched, &listener, NOBODY, "key_missing").await;
        offer(&watched.plain, &listener, kind, 1, STATES);
        // Whoever has a subscription passes either way.
        for (caller, reason) in DECIDED.into_iter().rev() {
            settles(watched, &listener, caller, reason).await;
        }
        let line = is(watched, &listener, "active", ADMITTED).await;
        assert!(line["subscription"]["decision"].is_null(), "{line}");
    });
}

#[test]
fn requests_wait_for_the_first_data_and_are_decided_by_it() {
    run_each("the first data", async |watched, kind| {
        let listener = name("late", kind);
        let requests: Vec<_> = DECIDED
            .into_iter()
            .chain(DECIDED)
            .map(|(caller, reason)| {
                (caller, reason, tokio::spawn(request(caller, "waits").send(watched.at(&listener))))
            })
            .collect();
        watched.under_way(&listener, requests.len() as u64).await;
        is(watched, &listener, NOBODY, "key_missing").await;
        for answer in answers(&listener, kind, 1, STATES) {
            watched.plain.open(&answer.path, true);
        }
        for (caller, reason, request) in requests {
            assert_eq!(reason_of(&request.await.unwrap().unwrap()), public(reason), "{caller}");
        }
        is(watched, &listener, UNKNOWN, "key_unknown").await;
    });
}
