//! Shadow mode: nothing changes for anybody, and everything is recorded.

use serde_json::{Value, json};
use verdict_gateway::{Listener, Plugin, Protocol, Request};
use verdict_tests::envoy::module_of;

use super::{addresses, bodies, keys, run};
use crate::stage::{Exchange, filtered, listener};

/// The listeners in shadow mode: the filter, what it would refuse for, and the rule.
const SHADOWED: [(&str, &str, &str, &str); 4] = [
    ("shadow", "ip-allowlist", "ip-allowlist.denied", "shadow-all"),
    ("shadow-keys", "key", "key.key_unknown", "shadow-keys-all"),
    ("shadow-no-keys", "key", "key.keys_unavailable", "shadow-no-keys-all"),
    ("shadow-bodies", "body", "body.word_found", "shadow-bodies-all"),
];

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let shadow = json!({ "mode": "shadow" });
    let all = json!([{ "name": "shadow-all", "allow": ["any"], "deny": ["127.0.0.0/8"] }]);
    let refuse_all = addresses("shadow", &json!({ "mode": "shadow", "rules": all }));
    let default = addresses("shadow-default", &json!({ "mode": "shadow", "rules": [] }));
    let rules = json!([{ "name": "shadow-enforced", "mode": "enforce", "allow": ["127.0.0.2"] }]);
    let enforced = addresses("shadow-enforced", &json!({ "mode": "shadow", "rules": rules }));
    let plugin = |name: &str, config: &Value| Plugin::new(name, module_of("ip-allowlist"), config);
    vec![
        filtered("shadow", "ip-allowlist", &refuse_all),
        keys("shadow-keys", "/keys.json", &shadow),
        keys("shadow-no-keys", "/down", &json!({ "mode": "shadow", "wait_seconds": 1 })),
        bodies(
            "shadow-bodies",
            &json!({ "mode": "shadow", "rules": [{ "name": "shadow-bodies-all", "forbid": "attack", "response": true }] }),
        ),
        filtered("shadow-default", "ip-allowlist", &default),
        filtered("shadow-enforced", "ip-allowlist", &enforced),
        (
            "shadow-then-enforce",
            listener("shadow-then-enforce", &["ip-allowlist"])
                .plugin(plugin("ip-allowlist", &refuse_all))
                .plugin(plugin("ip-allowlist-2", &addresses("shadow-then", &json!({})))),
        ),
    ]
}

/// What differs between any two requests.
fn lasting(headers: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let mut headers = headers.to_vec();
    headers.retain(|(name, _)| {
        !["date", "x-request-id", "x-envoy-upstream-service-time", "x-test-id"].contains(&name.as_str())
    });
    headers
}

/// A request that each of the filters would refuse, with much that a filter could be tempted to touch.
fn tempting(path: &str, protocol: Protocol, answer: &str) -> Request {
    Request::post(path, "an attack")
        .protocol(protocol)
        .host("h.example")
        .from("127.0.0.3")
        .header("x-api-key", "made-up")
        .header("x-verdict-reason", "mine")
        .header("x-consumer", "mine")
        .header("x-forwarded-for", "10.0.0.1")
        .header("x-upstream-status", "299")
        .header("x-upstream-body", answer)
        .header("x-upstream-header", "x-verdict-reason: its own")
}

#[test]
fn neither_the_client_nor_the_upstream_can_tell_that_there_is_a_filter() {
    run(async |stage| {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let mut seen = Vec::new();
            for listener in ["plain", "shadow", "shadow-keys", "shadow-no-keys", "shadow-bodies", "shadow-default"] {
                let path = format!("/shadow/{protocol:?}/{listener}");
                let Exchange { reply, line } = stage.send(listener, tempting(&path, protocol, "an attack")).await;
                let upstream = stage.upstream.seen_at(&path).remove(0);
                let upstream = (upstream.method.clone(), upstream.body.clone(), lasting(&upstream.headers));
                seen.push((
                    listener,
                    (reply.status, lasting(&reply.headers), reply.body.clone(), reply.trailers.clone()),
                    upstream,
                ));
                assert_eq!(line["details"], "via_upstream", "{listener}");
            }
            let (_, response, request) = &seen[0];
            for (listener, other_response, other_request) in &seen {
                assert_eq!((other_response, other_request), (response, request), "{listener} {protocol:?}");
            }
        }
    });
}

#[test]
fn what_would_have_been_refused_is_recorded_everywhere() {
    run(async |stage| {
        for (listener, filter, reason, rule) in SHADOWED {
            let labels = [("filter", filter), ("reason", reason), ("rule", rule), ("mode", "shadow")];
            // Nothing is held in shadow mode: an exchange that ends while it waits for keys was never decided.
            let delay = if listener == "shadow-no-keys" { "1500" } else { "0" };
            let Exchange { reply, line } = stage
                .send(
                    listener,
                    tempting("/shadow/recorded", Protocol::Http1, "harmless").header("x-upstream-delay", delay),
                )
                .await;
            assert_eq!(reply.status, 299, "{listener}");
            let decision = if reason.ends_with("unavailable") { "unable" } else { "would_deny" };
            let recorded = &line[filter];
            for (name, expected) in [("decision", decision), ("reason", reason), ("rule", rule)] {
                assert_eq!(recorded[name], expected, "{listener}: {recorded}");
            }
            let record = stage.logged(recorded["id"].as_str().unwrap()).await;
            assert_eq!((&record["verdict"], &record["mode"]), (&json!(decision), &json!("shadow")), "{record}");
            assert_eq!((record.get("status"), record.get("shown")), (None, None), "{record}");
            assert!(stage.count("verdict_decisions_total", &labels).await >= 1.0, "{listener}");
        }
    });
}

#[test]
fn a_rule_that_enforces_refuses_in_a_filter_in_shadow_mode() {
    run(async |stage| {
        let Exchange { reply, line } = stage.send("shadow-enforced", Request::get("/").from("127.0.0.3")).await;
        assert_eq!((reply.status, line["ip-allowlist"]["decision"].as_str()), (403, Some("denied")));
    });
}

#[test]
fn a_filter_behind_one_in_shadow_mode_decides_as_if_it_were_alone() {
    run(async |stage| {
        for (from, status, decision) in [("127.0.0.2", 200, "would_deny"), ("127.0.0.3", 403, "denied")] {
            let Exchange { reply, line } = stage.send("shadow-then-enforce", Request::get("/").from(from)).await;
            assert_eq!((reply.status, line["ip-allowlist"]["decision"].as_str()), (status, Some(decision)), "{from}");
        }
    });
}
