//! One Envoy a file of tests: its tests share it, and the last of them ends it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use verdict_gateway::{Envoy, Gateway, Listener, Plugin, Reply, Request, Sample, Upstream, binary, wait_for};
use verdict_tests::envoy::module_of;

/// How long anything may take that Envoy does by itself: writing a line, taking a configuration, refreshing a list.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// What the tests share lives in a runtime that outlives each of them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Something that the tests of a file share while any of them runs.
pub(crate) struct Shared<T: Send + Sync + 'static>(Mutex<Weak<T>>);

impl<T: Send + Sync + 'static> Shared<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// Runs a test with it, and starts it first if nobody has.
    pub(crate) fn with(&self, start: impl AsyncFnOnce() -> T, test: impl AsyncFnOnce(&T)) {
        let shared = {
            let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                let started = Arc::new(RUNTIME.block_on(start()));
                *shared = Arc::downgrade(&started);
                started
            })
        };
        RUNTIME.block_on(test(&shared));
    }
}

/// Runs a test that shares nothing.
pub(crate) fn alone(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// An Envoy and its upstream.
pub(crate) struct Stage {
    pub(crate) upstream: Upstream,
    pub(crate) envoy: Envoy,
    addresses: BTreeMap<String, SocketAddr>,
    requests: AtomicU64,
}

/// What became of a request.
pub(crate) struct Exchange {
    pub(crate) reply: Reply,
    /// Its line in the access log.
    pub(crate) line: Value,
}

impl Stage {
    /// Starts an Envoy with these listeners. The cluster `files` is the upstream, whose files are set before.
    pub(crate) async fn start(upstream: Upstream, listeners: Vec<(&str, Listener)>) -> Self {
        Self::start_with(upstream, listeners, json!({})).await
    }

    /// As [`Stage::start`], with the bootstrap changed by a merge patch.
    pub(crate) async fn start_with(upstream: Upstream, listeners: Vec<(&str, Listener)>, patch: Value) -> Self {
        let mut gateway = Gateway::new(upstream.address()).unwrap().cluster("files", upstream.address()).patch(patch);
        let names: Vec<String> = listeners.iter().map(|(name, _)| (*name).to_owned()).collect();
        for (_, listener) in listeners {
            gateway = gateway.listener(listener);
        }
        let envoy = Envoy::start(&gateway.bootstrap(), &binary().unwrap()).await.unwrap();
        let mut addresses = BTreeMap::new();
        for name in names {
            let address = envoy.listener(&name).await.unwrap();
            addresses.insert(name, address);
        }
        Self { upstream, envoy, addresses, requests: AtomicU64::new(0) }
    }

    /// Where a listener listens.
    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        self.addresses[listener]
    }

    /// Sends a request and waits for its line in the access log.
    pub(crate) async fn send(&self, listener: &str, request: Request) -> Exchange {
        let id = format!("test-{}", self.requests.fetch_add(1, Ordering::Relaxed));
        let reply = request.header("x-test-id", &id).send(self.address(listener)).await.unwrap();
        let line = self.line(listener, |line| line["test_id"] == id).await;
        Exchange { reply, line }
    }

    /// The first line of a listener's access log that is like that.
    pub(crate) async fn line(&self, listener: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        wait_for("the access log to have the request", SOON, async || {
            let lines = self.envoy.access_log(listener);
            lines.iter().find(|line| is_it(line)).cloned().ok_or_else(|| format!("{:#?}", lines.last()))
        })
        .await
        .unwrap()
    }

    /// All lines of a listener's access log, once there are so many.
    pub(crate) async fn lines(&self, listener: &str, many: usize) -> Vec<Value> {
        wait_for(&format!("{many} lines in the access log"), SOON, async || {
            let lines = self.envoy.access_log(listener);
            if lines.len() >= many { Ok(lines) } else { Err(format!("{} lines", lines.len())) }
        })
        .await
        .unwrap()
    }

    /// Waits until every worker answers so: ten new connections in a row.
    pub(crate) async fn settles(&self, listener: &str, path: &str, from: &str, status: u16) {
        wait_for(&format!("every worker of {listener} to answer {status} to {from} at {path}"), SOON, async || {
            for _ in 0..10 {
                let reply = Request::get(path).from(from).send(self.address(listener)).await;
                let reply = reply.map_err(|error| error.to_string())?;
                if reply.status != status {
                    return Err(format!("{}: {}", reply.status, reply.text()));
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    }

    /// The line of Envoy's log about the decision with that id.
    pub(crate) async fn logged(&self, id: &str) -> Value {
        wait_for("Envoy's log to have the decision", SOON, async || {
            let log = self.envoy.log();
            let mut lines = log.lines().filter(|line| line.contains(id)).flat_map(decisions);
            lines.find(|line| line["id"] == id).ok_or_else(|| format!("no line has {id}"))
        })
        .await
        .unwrap()
    }

    /// Waits until Envoy's log says so.
    pub(crate) async fn says(&self, words: &[&str]) {
        wait_for(&format!("Envoy's log to say {words:?}"), SOON, async || {
            let log = self.envoy.log();
            let said = log.lines().any(|line| words.iter().all(|word| line.contains(word)));
            said.then_some(()).ok_or_else(|| last_of_the_filters(&log))
        })
        .await
        .unwrap();
    }

    /// The value of the one series of that metric with these labels; 0 if there is none.
    pub(crate) async fn count(&self, metric: &str, labels: &[(&str, &str)]) -> f64 {
        count(&self.envoy.metrics().await.unwrap(), metric, labels)
    }

    /// Waits until a metric has a value that will do.
    pub(crate) async fn counted(&self, metric: &str, labels: &[(&str, &str)], will_do: impl Fn(f64) -> bool) -> f64 {
        wait_for(&format!("{metric} {labels:?}"), SOON, async || {
            let value = self.count(metric, labels).await;
            will_do(value).then_some(value).ok_or_else(|| value.to_string())
        })
        .await
        .unwrap()
    }
}

/// The value of the one series of that metric with these labels; 0 if there is none.
pub(crate) fn count(samples: &[Sample], metric: &str, labels: &[(&str, &str)]) -> f64 {
    let fits = |sample: &&Sample| {
        sample.name == metric && labels.iter().all(|(name, value)| sample.label(name).unwrap_or_default() == *value)
    };
    let found: Vec<&Sample> = samples.iter().filter(fits).collect();
    assert!(found.len() <= 1, "{metric} {labels:?} are several: {found:?}");
    found.first().map_or(0.0, |sample| sample.value)
}

/// The decisions in a log of Envoy's: each is one JSON object at the end of its line.
pub(crate) fn decisions(log: &str) -> Vec<Value> {
    let objects = log.lines().filter_map(|line| line.find("{\"verdict\":").and_then(|at| line.get(at..)));
    objects.filter_map(|object| serde_json::from_str(object).ok()).collect()
}

/// What the filters said last, for a message.
fn last_of_the_filters(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("wasm log")).collect();
    lines.iter().rev().take(5).rev().copied().collect::<Vec<_>>().join("\n")
}

/// A listener whose access log has the request's number, and for each of these filters the whole record of its decision.
pub(crate) fn listener(name: &str, filters: &[&str]) -> Listener {
    let mut fields = Map::from_iter([("test_id".to_owned(), json!("%REQ(x-test-id)%"))]);
    for filter in filters {
        let field = |what: &str| format!("%FILTER_STATE(wasm.verdict.{filter}.{what}:PLAIN)%");
        let names = ["decision", "reason", "rule", "id", "denial"];
        fields
            .insert((*filter).to_owned(), names.iter().map(|what| ((*what).to_owned(), json!(field(what)))).collect());
    }
    Listener::new(name).logged(&fields)
}

/// A listener with one filter.
pub(crate) fn filtered<'a>(name: &'a str, filter: &str, config: &Value) -> (&'a str, Listener) {
    (name, listener(name, &[filter]).plugin(Plugin::new(filter, module_of(filter), config)))
}
