//! A refusal as the real Envoy tells it: to the client, the access log, its own log and the metrics.

mod audiences;
mod formats;
mod joined;
mod limits;
mod others;
mod shadow;

use serde_json::{Value, json};
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Plugin, Upstream};
use verdict_tests::envoy::module_of;

use crate::stage::{Shared, Stage, filtered, listener};

/// The Envoy of this file.
static STAGE: Shared<Stage> = Shared::new();

fn run(test: impl AsyncFnOnce(&Stage)) {
    STAGE.with(start, test);
}

/// Keys that the tests send: recognisable wherever they turn up.
const GOOD_KEY: &str = "GOODKEY-7f3a9b";
const OLD_KEY: &str = "OLDKEY-5c1d2e";

async fn start() -> Stage {
    let upstream = Upstream::start().await.unwrap();
    let keys = json!({ "shop": { "key": GOOD_KEY }, "old": { "key": OLD_KEY, "until": "2020-01-01T00:00:00Z" } });
    upstream.files().set("/keys.json", File::new(keys.to_string()));
    upstream.files().set("/down", File::new("down").status(500));
    let listeners = [
        vec![("plain", listener("plain", &[]))],
        joined::listeners(),
        formats::listeners(),
        audiences::listeners(),
        others::listeners(),
        limits::listeners(),
        shadow::listeners(),
    ];
    Stage::start(upstream, listeners.into_iter().flatten().collect()).await
}

/// Rules of ip-allowlist: only 127.0.0.2 may, and 127.0.0.5 is barred from `/barred`. Every rule's name begins with the
/// listener's, so that the tests do not count each other's requests.
fn addresses(name: &str, more: &Value) -> Value {
    let mut config = json!({
        "client_address": "direct",
        "default": "deny",
        "rules": [
            {
                "name": format!("{name}.barred"), "owner": "team-a", "contact": "team-a@example.com",
                "match": { "paths": ["/barred/**"] },
                "allow": ["any"], "deny": [{ "entry": "127.0.0.5", "comment": "key leaked" }],
            },
            { "name": format!("{name}-office"), "allow": ["127.0.0.2"] },
        ],
    });
    verdict_gateway::config::merge(&mut config, more.clone());
    config
}

/// A listener with those rules.
fn allowlist<'a>(name: &'a str, more: &Value) -> (&'a str, Listener) {
    filtered(name, "ip-allowlist", &addresses(name, more))
}

/// A listener of the key policy, with the document at that path.
fn keys<'a>(name: &'a str, path: &str, more: &Value) -> (&'a str, Listener) {
    let source = json!({ "cluster": "files", "authority": "keys.example", "path": path });
    let rules = json!([{ "name": format!("{name}-all") }]);
    let mut config = json!({ "default": "deny", "keys": source, "rules": rules });
    verdict_gateway::config::merge(&mut config, more.clone());
    filtered(name, "key", &config)
}

/// A listener of the body policy.
fn bodies<'a>(name: &'a str, more: &Value) -> (&'a str, Listener) {
    let rules = json!([{ "name": format!("{name}-all"), "forbid": "attack", "limit": 20 }]);
    let mut config = json!({ "default": "deny", "rules": rules });
    verdict_gateway::config::merge(&mut config, more.clone());
    filtered(name, "body", &config)
}

/// A second filter of the same kind in the same chain.
fn another(config: &Value) -> Plugin {
    Plugin::new("ip-allowlist-2", module_of("ip-allowlist"), config)
}
