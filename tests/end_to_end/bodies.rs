//! Bodies in the real Envoy: what the upstream and the client see of them before the verdict, and after it.

mod held;
mod limits;
mod released;
mod streams;

pub(crate) use streams::message;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use verdict_gateway::{Listener, Plugin, Protocol, Upstream};
use verdict_tests::envoy::module_of;

use crate::plain::Plain;
use crate::stage::{Shared, listener};
use crate::watched::Watched;

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// The Envoy of this file.
static WATCHED: Shared<Watched> = Shared::new();

/// Runs a test, and looks after the modules when it is over.
fn run(what: &str, test: impl AsyncFnOnce(&Watched)) {
    WATCHED.with(start, async |watched: &Watched| {
        test(watched).await;
        watched.assert_untroubled(what).await;
    });
}

async fn start() -> Watched {
    let listeners = vec![
        filtered("held", &json!({}), true),
        filtered("impatient", &json!({ "body_timeout_seconds": 1 }), true),
        filtered("body only", &json!({ "hold": "body" }), false),
        filtered("body only, with the flag", &json!({ "hold": "body" }), true),
        filtered("impatient body only", &json!({ "hold": "body", "body_timeout_seconds": 1 }), false),
        filtered("without the flag", &json!({ "body_timeout_seconds": 1 }), false),
        filtered("small buffer", &json!({}), true).buffer_limit(65_536),
        filtered("upgrades", &json!({}), true).manager(json!({
            "upgrade_configs": [{ "upgrade_type": "websocket" }],
            "http2_protocol_options": { "allow_connect": true },
        })),
    ];
    Watched::start(Upstream::start().await.unwrap(), Plain::start().await, listeners, 2).await
}

/// A listener of the body policy.
fn filtered(name: &str, more: &Value, holds_body: bool) -> Listener {
    let mut config = json!({
        "default": "deny",
        "rules": [
            { "name": "small", "match": { "paths": ["/small/**"] }, "forbid": "attack", "limit": 20 },
            { "name": "beginning", "match": { "paths": ["/beginning/**"] }, "forbid": "attack", "limit": 20, "prefix": true },
            { "name": "answers", "match": { "paths": ["/answers/**"] }, "forbid": "attack", "limit": 300_000, "response": true },
            {
                "name": "first-answers", "match": { "paths": ["/first-answers/**"] },
                "forbid": "attack", "limit": 2000, "response": true, "prefix": true,
            },
            {
                "name": "watched", "match": { "paths": ["/watched/**"] }, "mode": "shadow",
                "forbid": "attack", "limit": 20, "response": true,
            },
            { "name": "words", "forbid": "attack", "limit": 1_000_000 },
        ],
    });
    verdict_gateway::config::merge(&mut config, more.clone());
    let plain = json!({ "match": { "prefix": "/answers/plain" }, "route": { "cluster": "plain" } });
    let first = json!({ "match": { "prefix": "/first-answers/plain" }, "route": { "cluster": "plain" } });
    let whole = json!({ "match": { "prefix": "/plain" }, "route": { "cluster": "plain" } });
    let echo = json!({ "match": { "prefix": "/" }, "route": { "cluster": "upstream", "timeout": "15s" } });
    let host = json!({ "name": "everything", "domains": ["*"], "routes": [plain, first, whole, echo] });
    listener(name, &["body"])
        .trailers()
        .manager(json!({ "route_config": { "virtual_hosts": [host] } }))
        .plugin(Plugin::new("body", module_of("body"), &config).holds_body(holds_body))
}

/// A number of its own for each request, to find it in the access log and at the upstream.
fn number() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("bodies-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
