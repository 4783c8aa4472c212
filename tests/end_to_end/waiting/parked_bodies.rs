//! Bodies of requests that wait: they arrive whole, and a filter behind the one that waits reads them.

use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::upstream::Arrival;
use verdict_gateway::{Listener, Plugin, Request, wait_for};
use verdict_tests::envoy::module_of;

use super::{KEYS, PROTOCOLS, document, keys, run, send};
use crate::bodies::message;
use crate::plain::Plain;
use crate::stage::{SOON, listener};

pub(super) fn listeners(plain: &Plain) -> Vec<Listener> {
    let keyed = |name, flag| {
        let path = document(name);
        plain.serve(&path, KEYS, false);
        let whole = json!({ "match": { "prefix": "/plain" }, "route": { "cluster": "plain" } });
        let echo = json!({ "match": { "prefix": "/" }, "route": { "cluster": "upstream" } });
        let host = json!({ "name": "everything", "domains": ["*"], "routes": [whole, echo] });
        let plugin = Plugin::new("key", module_of("key"), &keys(&path, &json!({})));
        listener(name, &["key"])
            .trailers()
            .manager(json!({ "route_config": { "virtual_hosts": [host] } }))
            .plugin(plugin.holds_body(flag))
    };
    vec![
        keyed("posted", true),
        keyed("posted without the flag", false),
        chained(plain, "chain", &json!({}), true),
        chained(plain, "chain that holds bodies", &json!({ "hold": "body" }), false),
        chained(plain, "calls", &json!({}), true),
        chained(plain, "calls that hold bodies", &json!({ "hold": "body" }), false),
        chained(plain, "chain without the flag", &json!({ "body_timeout_seconds": 1 }), false),
    ]
}

/// Keys, then bodies.
fn chained(plain: &Plain, name: &str, more: &Value, flag: bool) -> Listener {
    let path = document(name);
    plain.serve(&path, KEYS, false);
    let mut second = json!({
        "default": "deny",
        "rules": [
            { "name": "small", "match": { "paths": ["/small/**"] }, "forbid": "attack", "limit": 20 },
            { "name": "beginning", "match": { "paths": ["/beginning/**"] }, "forbid": "attack", "limit": 20, "prefix": true },
            { "name": "words", "forbid": "attack", "limit": 500_000 },
        ],
    });
    verdict_gateway::config::merge(&mut second, more.clone());
    let config = json!({ "first": keys(&path, &json!({})), "second": second });
    let plugin = Plugin::new("chain", module_of("chain"), &config);
    listener(name, &["key", "body"]).trailers().plugin(plugin.holds_body(flag))
}

#[test]
fn the_body_of_a_request_that_waited_arrives_whole() {
    run("bodies that waited", async |watched| {
        watched.plain.serve("/plain/posted", "taken", true);
        let body: Vec<u8> = (0..200_000).map(|at: usize| ((at % 251) ^ (at / 251 % 256)) as u8).collect();
        for listener in ["posted", "posted without the flag"] {
            let mut requests = Vec::new();
            let mut parts = Vec::new();
            for protocol in PROTOCOLS {
                for size in [0, 10, body.len()] {
                    let request = Request::post("/plain/posted", body[..size].to_vec());
                    requests.push(send(watched, listener, protocol, "correct-horse", request));
                }
                // One half comes while it waits, and the other afterwards.
                let (request, sender) = Request::new("POST", "/plain/posted").trailer("x-end", "yes").fed();
                requests.push(send(watched, listener, protocol, "correct-horse", request));
                sender.send(body[..100_000].to_vec().into()).await.unwrap();
                parts.push(sender);
            }
            watched.under_way(listener, 8).await;
            assert!(watched.plain.bodies("/plain/posted").is_empty());
            watched.plain.open(&document(listener), true);
            for parts in parts {
                parts.send(body[100_000..].to_vec().into()).await.unwrap();
            }
            for request in requests {
                assert_eq!(request.await.unwrap().text(), "taken", "{listener}");
            }
            let mut arrived = watched.plain.bodies("/plain/posted");
            arrived.sort_by_key(Vec::len);
            let sizes: Vec<usize> = arrived.iter().map(Vec::len).collect();
            assert_eq!(sizes, [0, 0, 10, 10, 200_000, 200_000, 200_000, 200_000], "{listener}");
            assert!(arrived.iter().all(|arrived| body.starts_with(arrived)), "{listener}: a body arrived changed");
            watched.plain.serve("/plain/posted", "taken", true);
        }
    });
}

/// A request that waits for the keys, and then has its body read.
struct Case {
    what: &'static str,
    path: &'static str,
    /// What it sends while it waits, and what afterwards; with trailers at the end or not.
    before: &'static [u8],
    after: &'static [u8],
    trailers: bool,
    /// The refusal, if there is one.
    reason: Option<&'static str>,
}

impl Case {
    const fn new(what: &'static str, path: &'static str, before: &'static [u8], reason: Option<&'static str>) -> Self {
        Self { what, path, before, after: b"", trailers: false, reason }
    }
}

const WORD: Option<&str> = Some("body.word_found");
const LARGE: Option<&str> = Some("body.body_too_large");

const CASES: [Case; 13] = [
    Case::new("no body", "/none", b"", None),
    Case::new("harmless", "/harmless", b"harmless", None),
    Case::new("with the word", "/word", b"an attack", WORD),
    Case::new("large", "/large", &[b'x'; 200_000], None),
    Case::new("too large", "/small/large", &[b'x'; 21], LARGE),
    Case::new("much too large", "/large/large", &[b'x'; 500_001], LARGE),
    Case { trailers: true, ..Case::new("with trailers", "/trailers", b"harmless", None) },
    Case { trailers: true, ..Case::new("the word, then trailers", "/word/trailers", b"an attack", WORD) },
    Case { trailers: true, ..Case::new("trailers alone", "/trailers/alone", b"", None) },
    Case { after: b"less", ..Case::new("in two halves", "/halves", b"harm", None) },
    Case { after: b"tack", ..Case::new("the word in two halves", "/word/halves", b"an at", WORD) },
    Case { after: b"more", ..Case::new("a beginning", "/beginning/harmless", b"harmless harmless harmless ", None) },
    Case {
        after: b"more",
        ..Case::new("a beginning with the word", "/beginning/word", b"attack attack attack ", WORD)
    },
];

#[test]
fn a_body_that_came_while_its_request_waited_is_read_by_the_filter_behind() {
    run("bodies that are read late", async |watched| {
        for listener in ["chain", "chain that holds bodies"] {
            let mut requests = Vec::new();
            for protocol in PROTOCOLS {
                for case in &CASES {
                    let path = format!("{}/{}", case.path, listener.len());
                    let request = Request::new("POST", &path);
                    let request = if case.trailers { request.trailer("x-end", "yes") } else { request };
                    let (request, parts) = match (case.before, case.after, case.trailers) {
                        (before, b"", false) => (request.body(before), None),
                        (b"", b"", true) => (request.paced([(Duration::ZERO, ""); 0]), None),
                        (before, b"", true) => (request.paced([(Duration::ZERO, before)]), None),
                        (before, _, _) => {
                            let (request, parts) = request.fed();
                            (request, Some((parts, before)))
                        }
                    };
                    let reply = send(watched, listener, protocol, "correct-horse", request);
                    let parts = match parts {
                        Some((parts, before)) => {
                            parts.send(before.into()).await.unwrap();
                            Some(parts)
                        }
                        None => None,
                    };
                    requests.push((protocol, case, path, parts, reply));
                }
            }
            watched.under_way(listener, 26).await;
            watched.plain.open(&document(listener), true);
            for (protocol, case, path, parts, reply) in requests {
                if let Some(parts) = parts {
                    // Refused already, it may not be taken any more.
                    let _ = parts.send(case.after.into()).await;
                }
                let reply = reply.await.unwrap();
                let what = format!("{listener}, {protocol:?}, {}", case.what);
                assert_eq!(reply.header("x-verdict-reason"), case.reason, "{what}: {}", reply.status);
                assert_eq!(reply.status == 200, case.reason.is_none(), "{what}");
                let seen = watched.upstream.seen_at(&path);
                let whole = seen
                    .iter()
                    .filter(|seen| seen.arrival == Arrival::Complete && seen.header("x-consumer") == ["shop"]);
                match case.reason {
                    None => {
                        let length = (case.before.len() + case.after.len()) as u64;
                        assert!(whole.clone().any(|seen| seen.body_length == length), "{what}: {seen:?}");
                        let trailers = if case.trailers { 1 } else { 0 };
                        assert!(whole.clone().all(|seen| seen.trailers.len() == trailers), "{what}: {seen:?}");
                    }
                    Some(_) => {
                        assert!(seen.iter().all(|seen| seen.body_length == 0), "{what}: {seen:?}");
                        assert!(seen.is_empty() || listener == "chain that holds bodies", "{what}: {seen:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn the_first_message_of_a_call_that_came_while_it_waited_decides() {
    run("calls that waited", async |watched| {
        for listener in ["calls", "calls that hold bodies"] {
            let mut calls = Vec::new();
            for protocol in PROTOCOLS {
                for (first, reason) in [("hello", None), ("attack", WORD)] {
                    let path = format!("/beginning/{first}/{}/{protocol:?}", listener.len());
                    let request =
                        Request::new("POST", &path).header("content-type", "application/grpc").header("te", "trailers");
                    let (request, messages) = request.fed();
                    let call = send(watched, listener, protocol, "correct-horse", request);
                    messages.send(message(first).into()).await.unwrap();
                    calls.push((path, first, reason, messages, call));
                }
            }
            watched.under_way(listener, 4).await;
            watched.plain.open(&document(listener), true);
            for (path, first, reason, messages, call) in calls {
                if reason.is_none() {
                    // Nothing more comes from the client before the upstream has this.
                    wait_for("the upstream to see the first message", SOON, async || {
                        let seen = watched.upstream.seen_at(&path);
                        let there = seen.first().is_some_and(|seen| seen.body == message(first));
                        there.then_some(()).ok_or_else(|| format!("{seen:?}"))
                    })
                    .await
                    .unwrap();
                    drop(messages);
                }
                assert_eq!(call.await.unwrap().header("x-verdict-reason"), reason, "{listener}, {path}");
                let seen = watched.upstream.seen_at(&path);
                assert!(reason.is_none() || seen.iter().all(|seen| seen.body_length == 0), "{listener}: {seen:?}");
            }
        }
    });
}

#[test]
fn without_the_flag_a_body_that_cannot_be_read_after_the_wait_is_refused_in_time() {
    run("a chain without the flag", async |watched| {
        let listener = "chain without the flag";
        let requests: Vec<_> = PROTOCOLS
            .into_iter()
            .map(|protocol| send(watched, listener, protocol, "correct-horse", Request::post("/flag", "harmless")))
            .collect();
        watched.under_way(listener, 2).await;
        watched.plain.open(&document(listener), true);
        for request in requests {
            let reply = request.await.unwrap();
            assert_eq!((reply.status, reply.header("x-verdict-reason")), (408, Some("body.body_incomplete")));
        }
        assert!(watched.upstream.seen_at("/flag").is_empty());
    });
}
