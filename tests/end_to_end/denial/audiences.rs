//! Who is told how much, and what nobody is told before a credential has verified.

use serde_json::{Value, json};
use verdict_gateway::{Listener, Request};

use super::{GOOD_KEY, OLD_KEY, allowlist, keys, run};

/// What anonymous and trusted clients are told, by listener: each gets each of the three once.
const DISCLOSED: [(&str, &str, &str); 3] = [
    ("full-opaque", "full", "opaque"),
    ("reason-full", "reason", "full"),
    ("opaque-reason", "opaque", "reason"),
];

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let trusted = json!({ "client_address": "direct", "addresses": ["127.0.0.9"] });
    let mut listeners = Vec::new();
    for (name, anonymous, to_trusted) in DISCLOSED {
        let disclosure = json!({ "anonymous": anonymous, "trusted": to_trusted, "trusted_clients": trusted });
        let rules = json!([{ "name": format!("{name}-rule"), "contact": "team-a@example.com", "allow": ["any"],
                             "deny": ["127.0.0.3", "127.0.0.9"] }]);
        listeners.push(allowlist(name, &json!({ "disclosure": disclosure, "rules": rules })));
    }
    listeners.push(keys("keys", "/keys.json", &json!({})));
    listeners.push(keys("keys-opaque", "/keys.json", &json!({ "disclosure": { "anonymous": "opaque" } })));
    listeners.push(keys("keys-full", "/keys.json", &json!({ "disclosure": { "anonymous": "full" } })));
    listeners.push(keys("keys-403", "/keys.json", &json!({ "unauthenticated_status": 403 })));
    listeners
}

/// The members of the body, of its object `verdict`, and of its context.
fn members(body: &Value) -> [Vec<&str>; 3] {
    let names = |value: &Value| -> Vec<&str> {
        // The names outlive the value that is passed: they are looked up in `body`.
        let found = value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        found.into_iter().map(|name| KNOWN.iter().find(|known| **known == name).copied().unwrap()).collect()
    };
    [names(body), names(&body["verdict"]), names(&body["verdict"]["context"])]
}

/// Every member there is.
const KNOWN: &[&str] = &[
    "type", "title", "status", "detail", "instance", "verdict", "version", "reason", "filter", "rule", "remedy",
    "operator_remedy", "contact", "request_id", "context", "config", "address", "entry",
];
