//! Subscriptions from a source that fails: whatever becomes of it, nobody is admitted wrongly, and nobody is refused without a reason.

mod absent;
mod aged;
mod callers;
mod counted;
mod flood;
mod registry;
mod restarted;
mod stale;
mod useless;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::config::merge;
use verdict_gateway::{Listener, Plugin, Reply, Request, Upstream, wait_for};
use verdict_subscription::hash::Hasher;
use verdict_tests::envoy::module_of;

use crate::plain::Plain;
use crate::stage::{SOON, Shared, listener};
use crate::watched::Watched;

/// The reason that an admitted request has.
const ADMITTED: &str = "";

/// The API that everybody calls.
const API: &str = "orders";

/// Who calls without a key.
const NOBODY: &str = "nobody";

/// Who calls with a key that nobody has.
const UNKNOWN: &str = "unknown";

/// Who has subscribed, and how that stands.
type States = [(&'static str, &'static str)];
const STATES: &States = &[("active", "active"), ("pending", "pending"), ("revoked", "revoked")];
/// The same after an approval.
const APPROVED: &States = &[("active", "active"), ("pending", "active"), ("revoked", "revoked")];
/// What nobody may ever believe.
const ALL_ACTIVE: &States = &[("active", "active"), ("pending", "active"), ("revoked", "active"), (UNKNOWN, "active")];

/// What becomes of each with a key by [`STATES`]. The reason is that of the log: a client is not told why a key is not valid.
const DECIDED: [(&str, &str); 4] =
    [("active", ADMITTED), ("pending", "pending_approval"), ("revoked", "revoked"), (UNKNOWN, "key_unknown")];

/// How long a request may take before it counts as one that hangs.
const BOUND: Duration = Duration::from_secs(12);

/// How the filter gets its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Snapshot,
    Lookup,
}

impl Kind {
    const BOTH: [Self; 2] = [Self::Snapshot, Self::Lookup];

    fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Lookup => "lookup",
        }
    }
}

/// What a source answers at a path.
struct Answer {
    path: String,
    status: &'static str,
    body: String,
}

static WATCHED: Shared<Watched> = Shared::new();

fn run(what: &str, test: impl AsyncFnOnce(&Watched)) {
    WATCHED.with(start, async |watched: &Watched| {
        test(watched).await;
        watched.assert_untroubled(what).await;
    });
}

/// Runs a test for each kind of source, both at once.
fn run_each(what: &str, test: impl AsyncFn(&Watched, Kind)) {
    run(what, async |watched| {
        tokio::join!(test(watched, Kind::Snapshot), test(watched, Kind::Lookup));
    });
}

/// One worker: which VM has which request is no matter of chance.
async fn start() -> Watched {
    let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
    let listeners =
        [absent::listeners(&plain), counted::listeners(), stale::listeners(&plain), useless::listeners(&plain)];
    Watched::start(upstream, plain, listeners.into_iter().flatten().collect(), 1).await
}

/// A listener with a filter that asks the plain server, at `/<listener>/snapshot` or `/<listener>/lookup`, and often. `source` changes the
/// source, `more` the rest.
fn asking(name: &str, kind: Kind, source: &Value, more: &Value) -> Listener {
    let mut from = match kind {
        Kind::Snapshot => json!({ "refresh_seconds": 1, "min_interval_seconds": 1, "max_stale_seconds": 100 }),
        Kind::Lookup => json!({ "ttl_seconds": 1, "unknown_ttl_seconds": 1, "stale_if_error_seconds": 100 }),
    };
    let path = format!("/{name}/{}", kind.name());
    merge(&mut from, json!({ "cluster": "plain", "authority": "portal.example", "path": path, "timeout_seconds": 1 }));
    merge(&mut from, source.clone());
    let mut config = json!({
        "default": "deny", "keys": { "from": [{ "header": "x-api-key" }] }, "source": { kind.name(): from },
        "rules": [{ "name": "all", "api": API }],
        // The log is read often here.
        "log_lines_per_second": 1,
    });
    merge(&mut config, more.clone());
    listener(name, &["subscription"]).plugin(Plugin::new("subscription", module_of("subscription"), &config))
}

/// The key of a caller of these tests.
fn key_of(caller: &str) -> String {
    format!("the-key-of-{caller}-0123456789")
}

fn hash_of(caller: &str) -> String {
    Hasher::Sha256.hash(key_of(caller).as_bytes()).written()
}

/// What the source of that listener answers when it has this data.
fn answers(name: &str, kind: Kind, version: u64, states: &States) -> Vec<Answer> {
    match kind {
        Kind::Snapshot => {
            let consumers = states.iter().map(|(caller, state)| {
                json!({
                    "consumer": caller, "keys": [{ "hash": hash_of(caller) }],
                    "subscriptions": [{ "api": API, "state": state }],
                })
            });
            let end = json!({ "end": states.len() + 1 });
            let lines = std::iter::once(json!({ "snapshot": 1, "version": version })).chain(consumers).chain([end]);
            let body = lines.map(|line| format!("{line}\n")).collect();
            vec![Answer { path: format!("/{name}/snapshot"), status: "200 OK", body }]
        }
        Kind::Lookup => {
            let answer = |(caller, _): (&str, &str)| {
                // The plain server knows paths in lower case.
                let path = format!("/{name}/lookup?key={}&api={API}", hash_of(caller)).to_lowercase();
                let state = states.iter().find(|(known, _)| *known == caller).map(|(_, state)| state);
                let (status, body) = match state {
                    Some(state) => (
                        "200 OK",
                        json!({ "version": version, "consumer": caller, "subscription": { "state": state } }),
                    ),
                    None => ("404 Not Found", json!({ "version": version })),
                };
                Answer { path, status, body: body.to_string() }
            };
            DECIDED.into_iter().map(answer).collect()
        }
    }
}

/// An answer over TCP.
fn raw(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Lets the source of that listener have this data.
fn offer(plain: &Plain, name: &str, kind: Kind, version: u64, states: &States) {
    for Answer { path, status, body } in answers(name, kind, version, states) {
        plain.answer(&path, &raw(status, "", &body), true);
    }
}

/// Lets the source of that listener fail, with a body that says that everybody may call.
fn fail(plain: &Plain, name: &str, kind: Kind) {
    for Answer { path, body, .. } in answers(name, kind, 1000, ALL_ACTIVE) {
        plain.answer(&path, &raw("507 Insufficient Storage", "", &body), true);
    }
}

/// A request of that caller, with the number that the access log has.
fn request(caller: &str, id: &str) -> Request {
    let request = Request::get("/").header("x-test-id", id).bound(BOUND);
    if caller == NOBODY { request } else { request.header("x-api-key", key_of(caller)) }
}

/// The reason that a client is told, without the name of the filter; where the status is another than that reason has, both.
fn reason_of(reply: &Reply) -> String {
    let told = reply.header("x-verdict-reason").unwrap_or_default();
    match told.strip_prefix("subscription.") {
        Some(reason) if reply.status == status_of(reason) => reason.to_owned(),
        None if reply.status == 200 && told.is_empty() => ADMITTED.to_owned(),
        Some(_) | None => format!("{} with the reason {told:?}: {}", reply.status, reply.text()),
    }
}

fn status_of(reason: &str) -> u16 {
    match reason {
        ADMITTED => 200,
        "source_unavailable" | "too_many_waiting" => 503,
        key if key.starts_with("key_") => 401,
        _ => 403,
    }
}

/// What a client is told in place of that reason.
fn public(reason: &str) -> &str {
    if reason == "key_unknown" { "key_invalid" } else { reason }
}

/// Asserts what becomes of a request of that caller, for the client and in the access log. Its line in the access log.
async fn is(watched: &Watched, listener: &str, caller: &'static str, expected: &'static str) -> Value {
    are(watched, listener, [(caller, expected)]).await.remove(0)
}

/// The same of several at once.
async fn are(
    watched: &Watched,
    listener: &str,
    cases: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Vec<Value> {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let send = |(caller, expected)| {
        let id = format!("subscriptions-{}", REQUESTS.fetch_add(1, Ordering::Relaxed));
        let reply = tokio::spawn(request(caller, &id).send(watched.at(listener)));
        (caller, expected, id, reply)
    };
    let sent: Vec<_> = cases.into_iter().map(send).collect();
    let mut lines = Vec::new();
    for (caller, expected, id, reply) in sent {
        let told = reason_of(&reply.await.unwrap().unwrap());
        let line = watched.line(listener, &id).await;
        assert_eq!((told.as_str(), logged(&line)), (public(expected), expected), "{caller} at {listener}: {line}");
        lines.push(line);
    }
    lines
}

/// Asserts that nobody can be told who calls with a key, whoever that is.
async fn nobody_can_tell(watched: &Watched, listener: &str) {
    for _ in 0..2 {
        are(watched, listener, DECIDED.map(|(caller, _)| (caller, "source_unavailable"))).await;
    }
    is(watched, listener, NOBODY, "key_missing").await;
}

/// The reason in a line of the access log.
fn logged(line: &Value) -> &str {
    line["subscription"]["reason"].as_str().unwrap_or_default().trim_start_matches("subscription.")
}

/// Waits until that becomes of a request of that caller. The source need not be asked at once about a caller that it failed for.
async fn settles(watched: &Watched, listener: &str, caller: &'static str, expected: &'static str) {
    wait_for(&format!("{listener} to answer {expected:?} to {caller}"), SOON, async || {
        let reply = request(caller, "settling").send(watched.at(listener)).await.map_err(|error| error.to_string())?;
        let reason = reason_of(&reply);
        if reason == public(expected) { Ok(()) } else { Err(reason) }
    })
    .await
    .unwrap();
    is(watched, listener, caller, expected).await;
}

/// Waits until Envoy's log has so many lines with all of these.
async fn says(watched: &Watched, words: &[&str], times: usize) {
    wait_for(&format!("Envoy's log to say {words:?} {times} times"), SOON, async || {
        let log = watched.envoy.log();
        let said = log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count();
        let about = || log.lines().filter(|line| line.contains(words[0])).collect::<Vec<_>>().join("\n");
        if said >= times { Ok(()) } else { Err(format!("{said} times; {}", about())) }
    })
    .await
    .unwrap();
}
