//! A filter whose configuration or module is swapped while requests wait: each gets an answer.

use std::time::Duration;

use serde_json::json;
use verdict_gateway::ecds::Outcome;
use verdict_gateway::{Ecds, Protocol, Request, Upstream, wait_for};
use verdict_tests::envoy::module_of;

use super::{KEYS, PROTOCOLS, keys, send};
use crate::plain::Plain;
use crate::stage::{SOON, alone, listener};
use crate::watched::Watched;

/// A module that does the same and has other bytes: a custom section (id 0) of three bytes at its end.
fn changed(module: &[u8]) -> Vec<u8> {
    [module, b"\x00\x03\x02ab"].concat()
}

#[test]
fn requests_that_wait_while_the_filter_is_swapped_get_their_answer() {
    alone(async {
        let (upstream, plain, ecds) = (Upstream::start().await.unwrap(), Plain::start().await, Ecds::new().unwrap());
        for path in ["/first", "/second", "/third", "/fourth"] {
            plain.serve(path, KEYS, false);
        }
        let module = std::fs::read(module_of("key")).unwrap();
        let config = |path: &str, wait: u32| keys(path, &json!({ "wait_seconds": wait }));
        ecds.put("key", &module, &config("/first", 25)).unwrap();
        let listeners = vec![listener("swapped", &["key"]).discovered("key", &ecds)];
        let watched = Watched::start(upstream, plain, listeners, 1).await;
        let park = async |count: u64, parked: u64| {
            let requests: Vec<_> = (0..count)
                .map(|n| {
                    let request = Request::post("/swapped", "body");
                    send(&watched, "swapped", PROTOCOLS[usize::from(n % 2 == 1)], "correct-horse", request)
                })
                .collect();
            watched.under_way("swapped", parked + count).await;
            requests
        };

        // Their document comes after the swap, though another filter stands in their place by then.
        let first = park(4, 0).await;
        let outcome = ecds.swap(&watched.envoy, "key", &module, &config("/second", 2)).await.unwrap();
        assert_eq!(outcome, Outcome::Taken);
        let second = park(4, 4).await;
        watched.plain.open("/first", true);
        for request in first {
            assert_eq!(request.await.unwrap().status, 200);
        }
        // The document of these never comes: their time ends after another swap, of the module too.
        let outcome = ecds.swap(&watched.envoy, "key", &changed(&module), &config("/third", 25)).await.unwrap();
        assert_eq!(outcome, Outcome::Taken);
        for request in second {
            let reply = request.await.unwrap();
            assert_eq!((reply.status, reply.header("x-verdict-reason")), (503, Some("key.keys_unavailable")));
        }
        // A configuration that is refused leaves those alone who wait.
        let third = park(4, 0).await;
        let outcome = ecds.swap(&watched.envoy, "key", &module, &json!({ "rules": 1 })).await.unwrap();
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        watched.plain.open("/third", true);
        for request in third {
            assert_eq!(request.await.unwrap().status, 200);
        }
        // And clients may leave after a swap.
        watched.plain.open("/third", false);
        ecds.swap(&watched.envoy, "key", &module, &config("/fourth", 25)).await.unwrap();
        let fourth = park(4, 0).await;
        ecds.swap(&watched.envoy, "key", &changed(&module), &config("/first", 25)).await.unwrap();
        for request in fourth {
            request.abort();
        }
        watched.under_way("swapped", 0).await;
        watched.plain.open("/fourth", true);
        wait_for("the new filter to serve", SOON, async || {
            let request = send(&watched, "swapped", Protocol::Http1, "correct-horse", Request::get("/swapped"));
            let reply = tokio::time::timeout(Duration::from_secs(5), request).await;
            match reply {
                Ok(Ok(reply)) if reply.status == 200 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await
        .unwrap();
        assert_eq!(watched.upstream.seen_at("/swapped").len(), 9);
        watched.assert_untroubled("swaps").await;
    });
}
