//! Requests that wait for a fetched document: that they share one fetch, end in time, and leave as they came.

mod one_fetch;
mod parked_bodies;
mod sources;
mod swaps;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use verdict_gateway::{Listener, Plugin, Protocol, Reply, Request, Upstream};
use verdict_tests::envoy::module_of;

use crate::plain::Plain;
use crate::stage::{Shared, listener};
use crate::watched::Watched;

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// The document: one consumer.
const KEYS: &str = r#"{"shop": {"key": "correct-horse"}}"#;

/// How many VMs a module has here: the one worker's, and the main thread's, which fetches too.
const VMS: usize = 2;

/// How long a client waits.
const BOUND: Duration = Duration::from_secs(25);

static WATCHED: Shared<Watched> = Shared::new();

fn run(what: &str, test: impl AsyncFnOnce(&Watched)) {
    WATCHED.with(start, async |watched: &Watched| {
        test(watched).await;
        watched.assert_untroubled(what).await;
    });
}

/// One worker: which VM has which request is no matter of chance.
async fn start() -> Watched {
    let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
    let listeners = [one_fetch::listeners(&plain), parked_bodies::listeners(&plain), sources::listeners(&plain)];
    Watched::start(upstream, plain, listeners.into_iter().flatten().collect(), 1).await
}

/// The key policy's configuration, with its document at this path of the plain server.
fn keys(path: &str, more: &Value) -> Value {
    let source = json!({ "cluster": "plain", "authority": "keys.example", "path": path, "timeout_seconds": 30 });
    let mut config = json!({ "default": "deny", "keys": source, "wait_seconds": 30, "rules": [{ "name": "all" }] });
    verdict_gateway::config::merge(&mut config, more.clone());
    config
}

/// A listener of the key policy, whose document comes when the path with the listener's name is opened.
fn keyed(plain: &Plain, name: &str, more: &Value) -> Listener {
    let path = document(name);
    plain.serve(&path, KEYS, false);
    listener(name, &["key"]).plugin(Plugin::new("key", module_of("key"), &keys(&path, more)))
}

/// Where the document of a listener is.
fn document(listener: &str) -> String {
    format!("/{}.json", listener.replace(' ', "-"))
}

/// A request with that key, on its way. Its `x-test-id` is its number.
fn send(watched: &Watched, listener: &str, protocol: Protocol, key: &str, request: Request) -> JoinHandle<Reply> {
    let request = request.header("x-api-key", key).protocol(protocol).bound(BOUND);
    let address = watched.at(listener);
    tokio::spawn(async move { request.send(address).await.unwrap() })
}
