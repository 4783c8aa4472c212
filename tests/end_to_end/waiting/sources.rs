//! Sources that do not answer: those who wait are told so, in time and with the reason.

use std::time::{Duration, Instant};

use serde_json::json;
use verdict_gateway::{Listener, Plugin, Protocol, Request, wait_for};
use verdict_tests::envoy::module_of;

use super::{PROTOCOLS, document, keyed, keys, run, send};
use crate::plain::Plain;
use crate::stage::{SOON, listener};

/// Clusters that cannot be asked, and what Envoy's log says of them.
const CLUSTERS: [(&str, &str); 3] = [
    ("nowhere", "the proxy did not take the call for `keys`: check that it has a cluster `nowhere`"),
    ("empty", "`keys`: fetch from `empty` failed"),
    ("closed", "`keys`: fetch from `closed` failed"),
];

pub(super) fn listeners(plain: &Plain) -> Vec<Listener> {
    let mut listeners = vec![
        keyed(plain, "hanging", &json!({ "wait_seconds": 1 })),
        keyed(plain, "hanging, allowed", &json!({ "wait_seconds": 1, "on_error": "allow" })),
        // The fetch ends before the wait does.
        keyed(plain, "timed out", &json!({ "keys": { "timeout_seconds": 1 } })),
    ];
    for (cluster, _) in CLUSTERS {
        let config = keys("/keys.json", &json!({ "keys": { "cluster": cluster }, "wait_seconds": 1 }));
        listeners.push(listener(cluster, &["key"]).plugin(Plugin::new("key", module_of("key"), &config)));
    }
    listeners
}

#[test]
fn those_who_wait_for_a_source_that_hangs_are_told_so_in_time_and_served_when_it_answers() {
    run("a source that hangs", async |watched| {
        for listener in ["hanging", "timed out"] {
            let started = Instant::now();
            let requests: Vec<_> = (0..6)
                .map(|n| send(watched, listener, PROTOCOLS[n % 2], "correct-horse", Request::post("/hanging", "b")))
                .collect();
            for request in requests {
                let reply = request.await.unwrap();
                assert_eq!(
                    (reply.status, reply.header("x-verdict-reason")),
                    (503, Some("key.keys_unavailable")),
                    "{listener}"
                );
                assert!(reply.header("retry-after").is_some(), "{listener}");
            }
            assert!(started.elapsed() < Duration::from_secs(10), "{listener} took {:?}", started.elapsed());
            assert!(watched.upstream.seen_at("/hanging").is_empty(), "{listener}");
            watched.plain.open(&document(listener), true);
            wait_for("the document to be there", SOON, async || {
                let reply =
                    send(watched, listener, Protocol::Http1, "correct-horse", Request::get("/served")).await.unwrap();
                if reply.status == 200 { Ok(()) } else { Err(reply.status.to_string()) }
            })
            .await
            .unwrap();
        }
    });
}

#[test]
fn a_rule_that_says_so_lets_pass_what_cannot_be_decided_and_nothing_else() {
    run("on_error: allow", async |watched| {
        for protocol in PROTOCOLS {
            let request = Request::post("/allowed", "body").header("x-consumer", "admin");
            let reply = send(watched, "hanging, allowed", protocol, "correct-horse", request).await.unwrap();
            assert_eq!(reply.status, 200, "{protocol:?}");
            let request = Request::get("/allowed").protocol(protocol);
            let reply = request.send(watched.at("hanging, allowed")).await.unwrap();
            assert_eq!(reply.header("x-verdict-reason"), Some("key.key_missing"), "{protocol:?}");
        }
        for seen in watched.upstream.seen_at("/allowed") {
            assert_eq!((&*seen.body, seen.header("x-consumer").len()), (&b"body"[..], 0));
        }
    });
}

#[test]
fn a_cluster_that_cannot_be_asked_leaves_the_keys_unavailable_and_a_line_in_the_log() {
    run("clusters that cannot be asked", async |watched| {
        for (cluster, line) in CLUSTERS {
            for protocol in PROTOCOLS {
                let reply =
                    send(watched, cluster, protocol, "correct-horse", Request::post("/cluster", "body")).await.unwrap();
                let seen = (reply.status, reply.header("x-verdict-reason"));
                assert_eq!(seen, (503, Some("key.keys_unavailable")), "{cluster}, {protocol:?}");
            }
            assert!(watched.envoy.log().contains(line), "no line has: {line}\n{}", watched.envoy.log());
        }
        assert!(watched.upstream.seen_at("/cluster").is_empty());
    });
}
