//! An Envoy whose modules are watched: whatever a test does to them, none traps, and each still serves.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use verdict_gateway::envoy::Options;
use verdict_gateway::{Envoy, Gateway, Listener, Upstream, binary, wait_for};

use crate::plain::Plain;
use crate::stage::SOON;

/// What Envoy or a module writes where a module traps.
const TROUBLE: [&str; 2] = ["panicked at", "failed: Uncaught"];

/// An Envoy in front of the echo and of a plain server.
pub(crate) struct Watched {
    pub(crate) upstream: Upstream,
    pub(crate) plain: Plain,
    pub(crate) envoy: Envoy,
    addresses: BTreeMap<String, SocketAddr>,
}

impl Watched {
    /// Starts an Envoy with these listeners and so many workers. Its clusters: `upstream` and `files`, which are the echo;
    /// `plain`; `closed`, where nobody listens; and `empty`, which has no endpoint.
    pub(crate) async fn start(upstream: Upstream, plain: Plain, listeners: Vec<Listener>, workers: u32) -> Self {
        let gateway = Gateway::new(upstream.address()).unwrap();
        let gateway = gateway.cluster("files", upstream.address()).cluster("plain", plain.address());
        // Port 1 (tcpmux): nobody listens there.
        let gateway = gateway.cluster("closed", SocketAddr::from(([127, 0, 0, 1], 1)));
        let mut bootstrap = listeners.into_iter().fold(gateway, Gateway::listener).bootstrap();
        let empty = json!({ "name": "empty", "type": "STATIC", "load_assignment": { "cluster_name": "empty" } });
        bootstrap["static_resources"]["clusters"].as_array_mut().unwrap().push(empty);
        let mut options = Options::new(&binary().unwrap());
        options.concurrency = workers;
        let envoy = Envoy::start_with(&bootstrap, &options).await.unwrap();
        let listeners: Value = serde_json::from_str(&envoy.admin_get("/listeners?format=json").await.unwrap()).unwrap();
        let mut addresses = BTreeMap::new();
        for listener in listeners["listener_statuses"].as_array().unwrap() {
            let name = listener["name"].as_str().unwrap();
            addresses.insert(name.to_owned(), envoy.listener(name).await.unwrap());
        }
        Self { upstream, plain, envoy, addresses }
    }

    /// Where a listener listens.
    pub(crate) fn at(&self, listener: &str) -> SocketAddr {
        self.addresses[listener]
    }

    /// The first line of a listener's access log with that number.
    pub(crate) async fn line(&self, listener: &str, test_id: &str) -> Value {
        wait_for("the access log to have the request", SOON, async || {
            let lines = self.envoy.access_log(listener);
            lines.iter().find(|line| line["test_id"] == test_id).cloned().ok_or_else(|| format!("{:?}", lines.last()))
        })
        .await
        .unwrap()
    }

    /// Waits until so many requests are under way at a listener.
    pub(crate) async fn under_way(&self, listener: &str, requests: u64) {
        let gauge = format!("http.{listener}.downstream_rq_active");
        wait_for(&format!("{requests} requests under way at {listener}"), SOON, async || {
            let stats = self.envoy.stats().await.map_err(|error| error.to_string())?;
            let active = stats.get(&gauge).copied();
            if active == Some(requests) { Ok(()) } else { Err(format!("{active:?}")) }
        })
        .await
        .unwrap();
    }

    /// Whether the upstream saw anything of the requests with that number.
    pub(crate) fn reached_upstream(&self, test_id: &str) -> bool {
        self.upstream.seen().iter().any(|seen| seen.header("x-test-id") == [test_id])
    }

    /// Asserts that no module trapped and none was started anew.
    pub(crate) async fn assert_untroubled(&self, after: &str) {
        let log = self.envoy.log();
        let lines: Vec<&str> = log.lines().filter(|line| TROUBLE.iter().any(|sign| line.contains(sign))).collect();
        assert!(lines.is_empty(), "after {after}, Envoy's log has:\n{}", lines.join("\n"));
        let stats = self.envoy.stats().await.unwrap();
        let reloads: Vec<_> = stats.iter().filter(|(name, count)| name.contains(".vm_reload") && **count > 0).collect();
        assert!(reloads.is_empty(), "after {after}: {reloads:?}");
        assert!(stats.keys().any(|name| name.ends_with(".vm_reload")), "Envoy counts reloads under another name");
    }
}
