//! A flood of made-up keys: none passes, each is told why, and whoever has a key is served as if nothing were.

use std::collections::BTreeMap;

use serde_json::json;
use verdict_gateway::{Connection, Protocol, Request, Upstream, wait_for};

use super::registry::Registry;
use super::{ADMITTED, Kind, asking, reason_of};
use crate::plain::Plain;
use crate::stage::{SOON, alone, count};
use crate::watched::Watched;

const LISTENER: &str = "flood";
/// How many connections made-up keys come on, and how many on each.
const CONNECTIONS: usize = 20;
const KEYS: usize = 50;
/// How many keys are remembered that somebody has, how many that nobody has, and how many are asked about at once: far fewer than there are.
const ENTRIES: u64 = 10;
const UNKNOWN: u64 = 10;
const IN_FLIGHT: u64 = 4;

/// What whoever has that key is told over this connection.
async fn told(open: &mut Connection, key: &str) -> String {
    let request = Request::get("/").header("x-test-id", LISTENER).header("x-api-key", key);
    reason_of(&open.send(request).await.unwrap())
}

#[test]
fn a_flood_of_made_up_keys_is_refused_with_reasons_and_evicts_nobody() {
    alone(async {
        let mut registry = Registry::of(&[("active", &["approve"])]).await;
        let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
        let address = plain.address();
        let source = json!({
            "path": "/lookup", "ttl_seconds": 3600, "unknown_ttl_seconds": 3600,
            "max_entries": ENTRIES, "max_unknown": UNKNOWN, "max_in_flight": IN_FLIGHT,
        });
        let listener = asking(LISTENER, Kind::Lookup, &source, &json!({ "wait_seconds": 5 }));
        let mut watched = Watched::start(upstream, plain, vec![listener], 1).await;
        watched.plain = Plain::start().await;
        registry.start(address).await;
        let to = watched.at(LISTENER);
        let open = async || Connection::open(to, Protocol::Http1, None).await.unwrap();

        let mut active = open().await;
        assert_eq!(told(&mut active, &registry.keys["active"]).await, ADMITTED);
        let flood: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                tokio::spawn(async move {
                    let mut open = Connection::open(to, Protocol::Http1, None).await.unwrap();
                    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
                    for number in 0..KEYS {
                        let key = format!("made-up-{connection}-{number}-0123456789");
                        *reasons.entry(told(&mut open, &key).await).or_default() += 1;
                    }
                    reasons
                })
            })
            .collect();
        let mut while_it_lasts = 0;
        while flood.iter().any(|connection| !connection.is_finished()) {
            assert_eq!(told(&mut active, &registry.keys["active"]).await, ADMITTED);
            while_it_lasts += 1;
        }
        assert!(while_it_lasts > 10, "the flood was over after {while_it_lasts} requests");
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for connection in flood {
            for (reason, count) in connection.await.unwrap() {
                *reasons.entry(reason).or_default() += count;
            }
        }
        let only = reasons.keys().all(|reason| ["key_invalid", "too_many_waiting"].contains(&reason.as_str()));
        assert!(only && reasons.contains_key("too_many_waiting"), "{reasons:?}");
        assert_eq!(reasons.values().sum::<usize>(), CONNECTIONS * KEYS);

        // What is remembered is bounded, and who is known is still known where nobody can be asked.
        registry.kill().await;
        assert_eq!(told(&mut active, &registry.keys["active"]).await, ADMITTED);
        assert_eq!(told(&mut active, "made-up-at-last-0123456789").await, "source_unavailable");
        // The main thread's VM, which has no requests, tells of its own now and then.
        wait_for("the caches to be as full as they may be", SOON, async || {
            let samples = watched.envoy.metrics().await.map_err(|error| error.to_string())?;
            let labels = |cache| [("filter", "subscription"), ("cache", cache)];
            let entries =
                ["callers", "unknown_callers"].map(|cache| count(&samples, "verdict_cache_entries", &labels(cache)));
            if entries == [1.0, UNKNOWN as f64] { Ok(()) } else { Err(format!("{entries:?}")) }
        })
        .await
        .unwrap();
        watched.assert_untroubled("a flood of made-up keys").await;
    });
}
