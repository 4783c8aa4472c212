//! One fetch for all who wait, however many they are and whatever they ask for.

use std::time::{Duration, Instant};

use serde_json::json;
use verdict_gateway::{Listener, Protocol, Request, wait_for};

use super::{KEYS, PROTOCOLS, VMS, document, keyed, run, send};
use crate::plain::Plain;
use crate::stage::SOON;

/// How far apart fetches are at least that a request asks for, in seconds.
const APART: u64 = 2;

pub(super) fn listeners(plain: &Plain) -> Vec<Listener> {
    let apart = json!({ "keys": { "min_interval_seconds": APART } });
    vec![
        keyed(plain, "many", &json!({})),
        keyed(plain, "leaving", &json!({})),
        keyed(plain, "flood", &apart),
        keyed(plain, "shadow", &json!({ "mode": "shadow" })),
    ]
}

#[test]
fn requests_that_wait_share_one_fetch_and_are_served_when_it_comes() {
    run("many that wait", async |watched| {
        let requests: Vec<_> = (0..20)
            .map(|number| {
                let request = Request::get("/many").header("x-consumer", "admin");
                send(watched, "many", PROTOCOLS[number % 2], "correct-horse", request)
            })
            .collect();
        watched.under_way("many", 20).await;
        assert_eq!(watched.plain.asked(&document("many")), VMS);
        assert!(watched.upstream.seen_at("/many").is_empty());
        watched.plain.open(&document("many"), true);
        for request in requests {
            let reply = request.await.unwrap();
            assert_eq!((reply.status, reply.header("x-verdict-reason")), (200, None));
        }
        assert_eq!(watched.plain.asked(&document("many")), VMS);
        let seen = watched.upstream.seen_at("/many");
        assert_eq!(seen.len(), 20);
        assert!(seen.iter().all(|seen| seen.header("x-consumer") == ["shop"]));
    });
}

#[test]
fn a_client_that_leaves_while_it_waits_disturbs_nobody() {
    run("clients that leave", async |watched| {
        let mut stay = Vec::new();
        for protocol in PROTOCOLS {
            let request = || Request::get("/leaving");
            let leaves = send(watched, "leaving", protocol, "correct-horse", request());
            stay.push(send(watched, "leaving", protocol, "correct-horse", request()));
            let leaves_too = send(watched, "leaving", protocol, "correct-horse", Request::post("/leaving", "body"));
            watched.under_way("leaving", stay.len() as u64 + 2).await;
            leaves.abort();
            leaves_too.abort();
            watched.under_way("leaving", stay.len() as u64).await;
        }
        watched.plain.open(&document("leaving"), true);
        for request in stay {
            assert_eq!(request.await.unwrap().status, 200);
        }
        assert_eq!(watched.upstream.seen_at("/leaving").len(), 2);
        let reply = send(watched, "leaving", Protocol::Http1, "correct-horse", Request::get("/leaving")).await.unwrap();
        assert_eq!(reply.status, 200);
    });
}

#[test]
fn a_flood_of_made_up_keys_causes_one_fetch_in_each_interval() {
    run("a flood of made-up keys", async |watched| {
        let path = document("flood");
        let flood = |from: usize, many: usize| -> Vec<_> {
            let made_up = (from..from + many).map(|number| (number, format!("made-up-{number}")));
            made_up
                .map(|(number, key)| send(watched, "flood", PROTOCOLS[number % 2], &key, Request::get("/flood")))
                .collect()
        };
        watched.plain.open(&path, true);
        let reply = send(watched, "flood", Protocol::Http1, "correct-horse", Request::get("/flood")).await.unwrap();
        assert_eq!((reply.status, watched.plain.asked(&path)), (200, VMS));

        // Until the interval has passed, a key that is not in the document is refused at once; then one asks the source again.
        watched.plain.open(&path, false);
        let mut waiting = Vec::new();
        wait_for("the source to be asked again", SOON, async || {
            waiting.extend(flood(0, 1));
            tokio::time::sleep(Duration::from_millis(50)).await;
            let asked = watched.plain.asked(&path);
            if asked > VMS { Ok(()) } else { Err(asked.to_string()) }
        })
        .await
        .unwrap();
        let began = Instant::now();
        waiting.retain(|request| !request.is_finished());
        let first = waiting.len() as u64;
        waiting.extend(flood(0, 50));
        waiting.push(send(watched, "flood", Protocol::Http2, "new-key", Request::get("/flood")));
        watched.under_way("flood", first + 51).await;
        // Who is known does not wait for it.
        let reply = send(watched, "flood", Protocol::Http1, "correct-horse", Request::get("/flood")).await.unwrap();
        assert_eq!((reply.status, watched.plain.asked(&path)), (200, VMS + 1));
        watched.plain.change(&path, &KEYS.replace("}}", r#"}, "new": {"key": "new-key"}}"#));
        watched.plain.open(&path, true);
        let new = waiting.pop().unwrap().await.unwrap();
        assert_eq!(new.status, 200, "{}", new.text());
        waiting.extend(flood(50, 100));
        for request in waiting {
            let reply = request.await.unwrap();
            assert_eq!((reply.status, reply.header("x-verdict-reason")), (401, Some("key.key_invalid")));
        }
        let intervals = began.elapsed().as_secs() / APART;
        let asked = watched.plain.asked(&path) - VMS - 1;
        assert!(asked as u64 <= intervals, "the source was asked {asked} times more in {:?}", began.elapsed());
    });
}

#[test]
fn in_shadow_mode_nobody_waits() {
    run("shadow mode", async |watched| {
        for protocol in PROTOCOLS {
            let reply =
                send(watched, "shadow", protocol, "correct-horse", Request::post("/shadow", "body")).await.unwrap();
            assert_eq!(reply.status, 200, "{protocol:?}");
        }
        watched.plain.open(&document("shadow"), true);
    });
}
