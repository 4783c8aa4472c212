//! Who is told how much, and what nobody is told before a credential has verified.

use serde_json::{Value, json};
use verdict_gateway::{Listener, Protocol, Reply, Request};

use super::{GOOD_KEY, OLD_KEY, allowlist, keys, run};
use crate::stage::{Exchange, Stage};

/// What anonymous and trusted clients are told, by listener: each of them each of the three.
const DISCLOSED: [(&str, &str, &str); 3] =
    [("full-opaque", "full", "opaque"), ("reason-full", "reason", "full"), ("opaque-reason", "opaque", "reason")];

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let trusted = json!({ "client_address": "direct", "addresses": ["127.0.0.9"] });
    let mut listeners = Vec::new();
    for (name, anonymous, to_trusted) in DISCLOSED {
        let disclosure = json!({ "anonymous": anonymous, "trusted": to_trusted, "trusted_clients": trusted });
        let rule = json!({
            "name": format!("{name}-rule"), "contact": "team-a@example.com",
            "allow": ["any"], "deny": ["127.0.0.3", "127.0.0.9"],
        });
        listeners.push(allowlist(name, &json!({ "disclosure": disclosure, "rules": [rule] })));
    }
    for (name, more) in [
        ("keys", json!({})),
        ("keys-opaque", json!({ "disclosure": { "anonymous": "opaque" } })),
        ("keys-full", json!({ "disclosure": { "anonymous": "full" } })),
        ("keys-403", json!({ "unauthenticated_status": 403 })),
    ] {
        listeners.push(keys(name, "/keys.json", &more));
    }
    listeners
}

/// The body of a refusal by a rule's `deny`, for those who are told so much.
fn told(show: &str, address: &str, rule: &str, seen: &Value) -> Value {
    let instance = &seen["instance"];
    if show == "opaque" {
        return json!({ "type": "about:blank", "title": "Forbidden", "status": 403, "instance": instance });
    }
    let title = "This address is barred from making this request.";
    let mut body = json!({
        "type": "urn:verdict:ip-allowlist.denied", "title": title, "status": 403, "instance": instance,
        // The entry is not for everybody, so that a sentence with it is not either.
        "detail": title,
        "verdict": {
            "version": 1, "reason": "ip-allowlist.denied", "filter": "ip-allowlist", "contact": "team-a@example.com",
            "remedy": "Ask for the bar to be lifted if it should not concern you.",
            "request_id": seen["verdict"]["request_id"], "context": { "address": address },
        },
    });
    if show == "full" {
        let entry = json!({
            "detail": format!("{address} is barred by {address}."),
            "verdict": {
                "rule": rule, "context": { "entry": address },
                "operator_remedy": "Take the entry out of the rule's `deny`, or out of its list.",
                "config": seen["verdict"]["config"],
            },
        });
        verdict_gateway::config::merge(&mut body, entry);
    }
    body
}

#[test]
fn each_audience_is_told_as_much_as_is_set_for_it_and_the_log_everything() {
    run(async |stage| {
        for (listener, anonymous, trusted) in DISCLOSED {
            for (address, show) in [("127.0.0.3", anonymous), ("127.0.0.9", trusted)] {
                let Exchange { reply, line } = stage.send(listener, Request::get("/").from(address)).await;
                let body = reply.json().unwrap();
                let rule = format!("{listener}-rule");
                assert_eq!(body, told(show, address, &rule, &body), "{listener} {address}");
                let reason = (show != "opaque").then_some("ip-allowlist.denied");
                assert_eq!(reply.header("x-verdict-reason"), reason, "{listener} {address}");

                let record = stage.logged(line["ip-allowlist"]["id"].as_str().unwrap()).await;
                assert_eq!(
                    (record["reason"].as_str(), record["shown"].as_str()),
                    (Some("ip-allowlist.denied"), Some(show))
                );
                assert_eq!(record["context"], json!({ "address": address, "entry": address }), "{listener} {address}");
                assert_eq!(line["details"], "verdict:ip-allowlist.denied", "{listener} {address}");
            }
        }
    });
}

#[test]
fn an_opaque_refusal_names_nothing_in_any_format() {
    run(async |stage| {
        for (name, value) in [("accept", "*/*"), ("accept", "text/html"), ("content-type", "application/grpc")] {
            let request = Request::get("/").http2().from("127.0.0.3").header(name, value);
            let reply = stage.send("opaque-reason", request).await.reply;
            let mut all = reply.text();
            for (name, value) in &reply.headers {
                all.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value)));
            }
            for absent in ["ip-allowlist", "barred", "denied", "rule", "team-a", "127.0.0.3", "retry-after"] {
                assert!(!all.contains(absent), "{absent} is in {all}");
            }
        }
    });
}

/// Headers that make a credential invalid, and the reason that the log has for it.
fn invalid() -> [(&'static str, Vec<&'static str>, &'static str); 3] {
    [
        ("never heard of", vec!["made-up"], "key.key_unknown"),
        ("ended", vec![OLD_KEY], "key.key_expired"),
        ("twice", vec![GOOD_KEY, GOOD_KEY], "key.key_ambiguous"),
    ]
}

async fn with_keys(stage: &Stage, listener: &str, protocol: Protocol, keys: &[&str], accept: (&str, &str)) -> Exchange {
    let request = Request::get("/").protocol(protocol).header(accept.0, accept.1);
    stage.send(listener, keys.iter().fold(request, |request, key| request.header("x-api-key", key))).await
}

/// The response as bytes, with the two numbers that are never the same replaced.
fn alike(exchange: &Exchange) -> (u16, Vec<(String, Vec<u8>)>, String) {
    let Exchange { reply: Reply { status, headers, .. }, line } = exchange;
    let id = line["key"]["id"].as_str().unwrap();
    let request_id = line["request_id"].as_str().unwrap();
    let details = headers.iter().find(|(name, _)| name == "grpc-status-details-bin");
    let readable = |text: &[u8]| String::from_utf8_lossy(text).replace(id, "<id>").replace(request_id, "<request>");
    let mut headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.clone(), readable(value).into_bytes())).collect();
    // In base64, the id is not where it can be replaced: the test of the formats reads it.
    headers.retain(|(name, _)| name != "date" && (details.is_none() || name != "grpc-status-details-bin"));
    (*status, headers, readable(&exchange.reply.body))
}

#[test]
fn credentials_that_are_not_valid_look_alike_byte_for_byte_and_the_log_tells_them_apart() {
    run(async |stage| {
        for listener in ["keys", "keys-opaque", "keys-403"] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                for format in [("accept", "*/*"), ("accept", "text/html"), ("content-type", "application/grpc")] {
                    let mut first = None;
                    for (what, keys, reason) in invalid() {
                        let exchange = with_keys(stage, listener, protocol, &keys, format).await;
                        let now = alike(&exchange);
                        assert_eq!(first.get_or_insert(now.clone()), &now, "{listener} {protocol:?} {format:?} {what}");
                        assert_eq!(exchange.line["key"]["reason"], reason, "{listener}");
                        assert_eq!(exchange.line["details"], format!("verdict:{reason}"), "{listener}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_challenge_goes_with_401_and_with_nothing_else() {
    run(async |stage| {
        let format = ("accept", "*/*");
        for (listener, keys, status, challenge, reason) in [
            ("keys", vec![], 401, Some("ApiKey header=\"x-api-key\""), Some("key.key_missing")),
            ("keys", vec!["made-up"], 401, Some("ApiKey"), Some("key.key_invalid")),
            ("keys-opaque", vec!["made-up"], 401, Some("ApiKey"), None),
            ("keys-full", vec!["made-up"], 401, Some("ApiKey header=\"x-api-key\""), Some("key.key_unknown")),
            ("keys-403", vec![], 403, None, Some("key.key_missing")),
            ("keys-403", vec!["made-up"], 403, None, Some("key.key_invalid")),
            ("keys", vec![GOOD_KEY], 200, None, None),
            ("keys-403", vec![GOOD_KEY], 200, None, None),
        ] {
            let Exchange { reply, line } = with_keys(stage, listener, Protocol::Http1, &keys, format).await;
            let context = format!("{listener} {keys:?}");
            assert_eq!(reply.status, status, "{context}");
            assert_eq!(reply.header("www-authenticate"), challenge, "{context}");
            assert_eq!(reply.header("x-verdict-reason"), reason, "{context}");
            assert_eq!(line["status"], status, "{context}");
            if status != 200 {
                assert_eq!(reply.json().unwrap()["status"], status, "{context}");
            }
        }
    });
}
