//! Keys that are fetched: whatever becomes of their source, valid tokens are admitted and no others.

mod absent;
mod cached;
mod discovery;
mod flood;
mod load;
mod redirected;
mod rotation;
mod useless;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::config::merge;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Plugin, Request, Upstream, wait_for};
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

use crate::plain::Plain;
use crate::stage::{SOON, Shared, count, listener};
use crate::watched::Watched;

/// How many VMs the module has here: the one worker's, and the main thread's, which fetches too.
const VMS: u64 = 2;

/// How far apart fetches are at least that requests ask for, where a test counts them, in seconds.
const APART: u64 = 2;

/// The reason that an admitted request has in the access log.
const ADMITTED: &str = "";

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
    let listeners = [
        absent::listeners(&upstream, &plain),
        discovery::listeners(&upstream),
        redirected::listeners(&upstream),
        rotation::listeners(&upstream, &plain),
        useless::listeners(&upstream, &plain),
    ];
    Watched::start(upstream, plain, listeners.into_iter().flatten().collect(), 1).await
}

/// Where keys are fetched from: often, so that nobody has to wait long.
fn source(path: &str, more: &Value) -> Value {
    let mut source = json!({
        "cluster": "files", "authority": "login.example", "path": path,
        "refresh_seconds": 1, "timeout_seconds": 1, "min_interval_seconds": 1, "max_stale_seconds": 100,
    });
    merge(&mut source, more.clone());
    source
}

/// The same, fetched only where a request asks for it.
fn rarely(path: &str, more: &Value) -> Value {
    let mut rarely = json!({ "refresh_seconds": 1000, "max_stale_seconds": 2000, "min_interval_seconds": APART, "timeout_seconds": 30 });
    merge(&mut rarely, more.clone());
    source(path, &rarely)
}

/// The issuer of the tokens, with these keys.
fn provider(keys: &Value) -> Value {
    json!({ "issuer": "https://login.example/shop", "audiences": ["shop-api"], "keys": keys })
}

/// The configuration of a filter that wants a token; its provider has this name.
fn config(name: &str, keys: &Value, more: &Value) -> Value {
    let mut config = json!({ "default": "deny", "providers": { name: provider(keys) }, "rules": [{ "name": "all" }] });
    merge(&mut config, more.clone());
    config
}

/// A listener with such a filter, whose provider has the listener's name.
fn keyed(name: &str, keys: &Value, more: &Value) -> Listener {
    filtered(name, &config(name, keys, more))
}

fn filtered(name: &str, config: &Value) -> Listener {
    listener(name, &["jwt-scope"]).plugin(Plugin::new("jwt-scope", module_of("jwt-scope"), config))
}

/// The set of the keys of these numbers.
fn set(kids: &[&str]) -> String {
    let all: Value = serde_json::from_str(&MADE.keys["all"]).unwrap();
    let keys: Vec<&Value> =
        all["keys"].as_array().unwrap().iter().filter(|key| kids.iter().any(|kid| key["kid"] == *kid)).collect();
    assert_eq!(keys.len(), kids.len(), "{kids:?}");
    json!({ "keys": keys }).to_string()
}

/// A set of keys of `tests/tokens/make.py`.
fn made(name: &str) -> File {
    File::new(MADE.keys[name].clone())
}

/// A request with the token of that name.
fn with_token(path: &str, token: &str) -> Request {
    bearing(path, &MADE.tokens[token])
}

fn bearing(path: &str, token: &str) -> Request {
    Request::get(path).header("authorization", format!("Bearer {token}")).bound(Duration::from_secs(25))
}

async fn status(to: SocketAddr, path: &str, token: &str) -> u16 {
    with_token(path, token).send(to).await.unwrap().status
}

/// Asserts what becomes of a request with the token of that name: the reason is that of the access log.
async fn is(watched: &Watched, listener: &str, path: &str, token: &str, expected: &str) {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let id = format!("keys-{}", REQUESTS.fetch_add(1, Ordering::Relaxed));
    let reply = with_token(path, token).header("x-test-id", &id).send(watched.at(listener)).await.unwrap();
    let line = wait_for("the access log to have the request", SOON, async || {
        let lines = watched.envoy.access_log(listener);
        // A request that Envoy redirects by itself has a line before its own.
        let own = lines.iter().find(|line| line["test_id"] == id && line["details"] != "internal_redirect");
        own.cloned().ok_or_else(|| format!("{:?}", lines.last()))
    })
    .await
    .unwrap();
    let reason = line["jwt-scope"]["reason"].as_str().unwrap_or_default().trim_start_matches("jwt-scope.");
    let status = match expected {
        ADMITTED => 200,
        "keys_unavailable" | "token_forgotten" => 503,
        "scope_insufficient" => 403,
        _ => 401,
    };
    assert_eq!((reply.status, reason), (status, expected), "{token} at {listener}, {path}: {line}");
}

/// Waits until a request with that token is answered so.
async fn settles(watched: &Watched, listener: &str, path: &str, token: &str, expected: u16) {
    wait_for(&format!("{listener} to answer {expected} to {token} at {path}"), SOON, async || {
        let status = status(watched.at(listener), path, token).await;
        if status == expected { Ok(()) } else { Err(status.to_string()) }
    })
    .await
    .unwrap();
}

/// Waits until so many requests have come for a file of the upstream.
async fn asked(watched: &Watched, path: &str, times: u64) {
    wait_for(&format!("{path} to be asked for {times} times"), SOON, async || {
        let asked = watched.upstream.files().requests(path);
        if asked >= times { Ok(()) } else { Err(asked.to_string()) }
    })
    .await
    .unwrap();
}

/// Waits until the metric of that source has a value that will do.
async fn told(watched: &Watched, metric: &str, source: &str, will_do: impl Fn(f64) -> bool) {
    wait_for(&format!("{metric} of {source}"), SOON, async || {
        let samples = watched.envoy.metrics().await.map_err(|error| error.to_string())?;
        let value = count(&samples, metric, &[("filter", "jwt-scope"), ("source", source)]);
        will_do(value).then_some(()).ok_or_else(|| value.to_string())
    })
    .await
    .unwrap();
}

/// Waits until Envoy's log has a line with all of these.
async fn says(watched: &Watched, words: &[&str]) {
    wait_for(&format!("Envoy's log to say {words:?}"), SOON, async || {
        let log = watched.envoy.log();
        let said = log.lines().any(|line| words.iter().all(|word| line.contains(word)));
        let about = || log.lines().filter(|line| line.contains(words[0])).collect::<Vec<_>>().join("\n");
        said.then_some(()).ok_or_else(about)
    })
    .await
    .unwrap();
}

/// Lets the time pass in which no request may ask the source again. Nothing tells when it is over.
async fn rest() {
    tokio::time::sleep(Duration::from_millis(APART * 1000 + 200)).await;
}
