//! A flood of made-up kids: the source is asked no more often than allowed, and whose key is there does not wait.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use verdict_gateway::{Connection, Protocol, Upstream, wait_for};
use verdict_tests::tokens::MADE;

use super::{APART, bearing, keyed, rarely, rest, set, settles, status};
use crate::plain::Plain;
use crate::stage::{SOON, alone};
use crate::watched::Watched;

const WORKERS: usize = 2;
const CONNECTIONS: usize = 50;
const REQUESTS: usize = 10;

/// A token of a key that nobody has.
fn made_up(number: usize) -> String {
    let header = json!({ "alg": "ES256", "kid": format!("made-up-{number}") }).to_string();
    let (_, rest) = MADE.tokens["ES256"].split_once('.').unwrap();
    format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header))
}

#[test]
fn a_flood_of_made_up_kids_neither_storms_the_source_nor_slows_those_whose_key_is_there() {
    alone(async {
        let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
        plain.serve("/keys", &set(&["ES256"]), true);
        let keys = json!({ "fetch": rarely("/keys", &json!({ "cluster": "plain" })) });
        let listeners = vec![keyed("flood", &keys, &json!({ "wait_seconds": 25 }))];
        let watched = Watched::start(upstream, plain, listeners, u32::try_from(WORKERS).unwrap()).await;
        let (to, plain) = (watched.at("flood"), &watched.plain);
        // Each worker's and the main thread's.
        let vms = WORKERS + 1;
        wait_for("each VM to have asked", SOON, async || {
            let asked = plain.asked("/keys");
            if asked == vms { Ok(()) } else { Err(asked.to_string()) }
        })
        .await
        .unwrap();
        settles(&watched, "flood", "/", "ES256", 200).await;
        rest().await;

        // While the source is silent, whoever names an unknown key waits for it.
        plain.open("/keys", false);
        let began = Instant::now();
        let flood: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                tokio::spawn(async move {
                    let mut open = Connection::open(to, Protocol::Http1, None).await.unwrap();
                    for request in 0..REQUESTS {
                        let token = made_up(connection * REQUESTS + request);
                        let reply = open.send(bearing("/flood", &token)).await.unwrap();
                        assert_eq!(reply.status, 401, "{}", reply.text());
                    }
                })
            })
            .collect();
        watched.under_way("flood", CONNECTIONS as u64).await;
        for _ in 0..100 {
            assert_eq!(status(to, "/known", "ES256").await, 200);
        }
        assert_eq!(status(to, "/known", "forged").await, 401);
        watched.under_way("flood", CONNECTIONS as u64).await;
        let asked = plain.asked("/keys");
        assert!((1..=WORKERS).contains(&(asked - vms)), "{asked}");

        plain.open("/keys", true);
        for connection in flood {
            connection.await.unwrap();
        }
        let intervals = usize::try_from(began.elapsed().as_secs() / APART).unwrap() + 1;
        let asked = plain.asked("/keys") - vms;
        assert!(asked <= WORKERS * intervals, "{asked} times in {:?}", began.elapsed());
        assert_eq!(watched.upstream.seen_at("/flood").len(), 0);
        assert_eq!(watched.upstream.seen_at("/known").len(), 100);

        // The flood has spoilt nothing for a key that is real.
        plain.change("/keys", &set(&["ES256", "rsa"]));
        tokio::time::sleep(Duration::from_secs(APART)).await;
        settles(&watched, "flood", "/", "RS256", 200).await;
        watched.assert_untroubled("a flood of made-up kids").await;
    });
}
