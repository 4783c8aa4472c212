//! Tokens in the real Envoy: what the client, the access log, Envoy's own log and the metrics are told of a bad one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use verdict_gateway::{Protocol, Request, Upstream};
use verdict_tests::tokens::MADE;

use crate::stage::{Exchange, Shared, Stage, decisions, filtered};

/// The Envoy of this file.
static STAGE: Shared<Stage> = Shared::new();

fn run(test: impl AsyncFnOnce(&Stage)) {
    STAGE.with(start, test);
}

async fn start() -> Stage {
    let shop = json!({
        "issuer": "https://login.example/shop", "audiences": ["shop-api"], "keys": { "jwks": MADE.keys["all"] },
    });
    let listeners = [
        ("tokens", json!({})),
        // For the test that counts.
        ("paying", json!({})),
        ("tokens-opaque", json!({ "disclosure": { "anonymous": "opaque" } })),
        ("tokens-403", json!({ "unauthenticated_status": 403, "realm": "shop" })),
        ("tokens-module", json!({ "crypto": "module" })),
    ]
    .map(|(name, more)| {
        let rule = json!({
            "name": format!("{name}-pay"), "owner": "payments", "contact": "payments@example.com",
            "match": { "paths": ["/process-payment"] }, "scopes": { "all": ["payment:write"] },
        });
        let mut config = json!({ "default": "deny", "providers": { "shop": shop }, "rules": [rule] });
        verdict_gateway::config::merge(&mut config, more);
        filtered(name, "jwt-scope", &config)
    });
    Stage::start(Upstream::start().await.unwrap(), listeners.into()).await
}

async fn pay(stage: &Stage, listener: &str, protocol: Protocol, token: &str, accept: (&str, &str)) -> Exchange {
    let request = Request::post("/process-payment", "{}").protocol(protocol).header(accept.0, accept.1);
    stage.send(listener, request.header("authorization", format!("Bearer {}", MADE.tokens[token]))).await
}

/// Tokens that are not valid before the signature has held, each for another reason, and the reason that the log has for it.
const INVALID: [(&str, &str); 6] = [
    ("other issuer", "jwt-scope.issuer_unknown"),
    ("ES256 with another signature", "jwt-scope.signature_invalid"),
    ("forged with a made-up key and expired", "jwt-scope.key_unknown"),
    ("forged and expired", "jwt-scope.signature_invalid"),
    ("none with a signature", "jwt-scope.algorithm_not_allowed"),
    ("crit", "jwt-scope.token_malformed"),
];

/// The response as bytes, with the two numbers that are never the same replaced.
fn alike(exchange: &Exchange) -> (u16, Vec<(String, String)>, String) {
    let Exchange { reply, line } = exchange;
    let id = line["jwt-scope"]["id"].as_str().unwrap();
    let request_id = line["request_id"].as_str().unwrap();
    let readable = |text: &[u8]| String::from_utf8_lossy(text).replace(id, "<id>").replace(request_id, "<request>");
    let headers = reply.headers.iter().filter(|(name, _)| name != "date").map(|(name, value)| {
        let value =
            if name == "grpc-status-details-bin" { STANDARD_NO_PAD.decode(value).unwrap() } else { value.clone() };
        (name.clone(), readable(&value))
    });
    let headers = headers.collect();
    (reply.status, headers, readable(&reply.body))
}

#[test]
fn tokens_that_are_not_valid_look_alike_byte_for_byte_and_the_log_tells_them_apart() {
    run(async |stage| {
        for listener in ["tokens", "tokens-opaque", "tokens-403", "tokens-module"] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                for format in [("accept", "*/*"), ("accept", "text/html"), ("content-type", "application/grpc")] {
                    let mut first = None;
                    for (token, reason) in INVALID {
                        let exchange = pay(stage, listener, protocol, token, format).await;
                        let now = alike(&exchange);
                        assert!(format!("{now:?}").contains("<id>"), "{listener} {format:?} {token}: {now:?}");
                        assert_eq!(
                            first.get_or_insert(now.clone()),
                            &now,
                            "{listener} {protocol:?} {format:?} {token}"
                        );
                        assert_eq!(exchange.line["jwt-scope"]["reason"], reason, "{listener} {token}");
                        assert_eq!(exchange.line["details"], format!("verdict:{reason}"), "{listener} {token}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_token_without_the_scope_is_told_which_and_so_are_log_and_metric() {
    run(async |stage| {
        let reason = "jwt-scope.scope_insufficient";
        let labels = [("filter", "jwt-scope"), ("decision", "denied"), ("reason", reason), ("rule", "paying-pay")];
        let Exchange { reply, line } = pay(stage, "paying", Protocol::Http1, "RS256", ("accept", "*/*")).await;

        assert_eq!(reply.status, 403);
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer error=\"insufficient_scope\", scope=\"payment:write\"")
        );
        assert_eq!(reply.header("x-verdict-reason"), Some(reason));
        let body = reply.json().unwrap();
        let sentence = "This request needs the scope payment:write, and the token does not grant payment:write.";
        assert_eq!(body["detail"], sentence);
        assert_eq!(body["verdict"]["context"], json!({ "needed": "payment:write", "missing": "payment:write" }));
        assert_eq!(body["verdict"]["contact"], "payments@example.com");

        let id = line["jwt-scope"]["id"].as_str().unwrap();
        assert_eq!(body["instance"], format!("urn:verdict:denial:{id}"));
        assert_eq!(line["jwt-scope"]["reason"], reason);
        assert_eq!(line["jwt-scope"]["rule"], "paying-pay");
        assert_eq!(line["details"], format!("verdict:{reason}"));
        let recorded: Value = serde_json::from_str(line["jwt-scope"]["denial"].as_str().unwrap()).unwrap();
        for record in [recorded, stage.logged(id).await] {
            assert_eq!(record["detail"], sentence);
            assert_eq!(record["context"]["granted"], "payment:read user:profile");
            assert_eq!(record["config"]["pointer"], "/rules/0");
            assert_eq!(record["owner"], "payments");
        }
        stage.counted("verdict_decisions_total", &labels, |count| count == 1.0).await;
    });
}

#[test]
fn no_part_of_a_token_is_in_any_log_or_answer() {
    run(async |stage| {
        let bad =
            ["ES256", "expired", "other audience", "five parts", "padded", "es256", "unknown kid", "kid is a list"];
        for token in bad.into_iter().chain(INVALID.map(|(token, _)| token)) {
            let Exchange { reply, line } = pay(stage, "tokens", Protocol::Http1, token, ("accept", "*/*")).await;
            assert_ne!(reply.status, 200, "{token}");
            let logged = stage.logged(line["jwt-scope"]["id"].as_str().unwrap()).await;
            let told = format!("{} {:?} {line} {logged}", reply.text(), reply.headers);
            for part in MADE.tokens[token].split('.').filter(|part| !part.is_empty()) {
                let start = part.get(..16).unwrap_or(part);
                assert!(!told.contains(start), "{token}: {start} is in {told}");
            }
        }
        assert!(!decisions(&stage.envoy.log()).is_empty(), "a suite that runs nothing shows nothing");
    });
}
