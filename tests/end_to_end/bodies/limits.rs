//! Bodies that are too large or do not end, and a host that does not hand them out: each ends with an answer, in time.

use std::time::{Duration, Instant};

use verdict_gateway::Request;

use super::{PROTOCOLS, number, run};
use crate::watched::Watched;

/// Sends a request to one of the impatient listeners and asserts how it ends, and that it does between one second (its time for
/// bodies) and several.
async fn ends_in_time(watched: &Watched, listener: &str, request: Request, status: u16, reason: &str, what: &str) {
    let started = Instant::now();
    let reply = request.bound(Duration::from_secs(12)).send(watched.at(listener)).await.unwrap();
    assert_eq!((reply.status, reply.header("x-verdict-reason")), (status, Some(reason)), "{what}");
    let took = started.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(10), "{what} took {took:?}");
}

#[test]
fn a_request_that_does_not_end_is_refused_in_time() {
    run("requests without an end", async |watched| {
        let tick = Duration::from_millis(50);
        type Way = (&'static str, fn(Request, Duration) -> Request);
        let ways: [Way; 2] = [
            ("that goes on", |request, tick| request.endless(tick, "x")),
            ("that is silent", |request, tick| request.endless(tick * 1000, "x")),
        ];
        let mut requests = Vec::new();
        for listener in ["impatient", "impatient body only"] {
            for protocol in PROTOCOLS {
                for (way, send) in ways {
                    for path in ["/endless", "/beginning/endless"] {
                        if way == "that goes on" && path != "/endless" {
                            // Its beginning is soon there, and will do.
                            continue;
                        }
                        let id = number();
                        let request =
                            send(Request::new("POST", path).protocol(protocol).header("x-test-id", &id), tick);
                        let what = format!("{listener}, {protocol:?}, {path}: a body {way}");
                        requests.push(async move {
                            ends_in_time(watched, listener, request, 408, "body.body_incomplete", &what).await;
                            if listener == "impatient" {
                                assert!(!watched.reached_upstream(&id), "{what}");
                            }
                        });
                    }
                }
            }
        }
        assert_eq!(requests.len(), 12);
        all(requests).await;
    });
}

#[test]
fn a_response_that_does_not_end_is_withheld_in_time() {
    run("responses without an end", async |watched| {
        let mut requests = Vec::new();
        for protocol in PROTOCOLS {
            for kind in ["text/plain", "text/event-stream"] {
                let request = Request::get("/answers/endless").protocol(protocol).header("x-upstream-endless", "50");
                let request = request.header("x-upstream-header", format!("content-type: {kind}"));
                let what = format!("{protocol:?}, {kind}");
                requests.push(async move {
                    ends_in_time(watched, "impatient", request, 504, "body.response_incomplete", &what).await;
                });
            }
        }
        all(requests).await;
    });
}

#[test]
fn without_the_flag_a_held_request_is_answered_in_time_and_the_log_names_the_flag() {
    run("a host without the flag", async |watched| {
        let mut requests = Vec::new();
        for protocol in PROTOCOLS {
            for path in ["/small/flag", "/beginning/flag"] {
                let id = number();
                let request = Request::post(path, "harmless").protocol(protocol).header("x-test-id", &id);
                let what = format!("{protocol:?}, {path}");
                requests.push(async move {
                    ends_in_time(watched, "without the flag", request, 408, "body.body_incomplete", &what).await;
                    assert!(!watched.reached_upstream(&id), "{what}");
                });
            }
        }
        all(requests).await;
        let request = Request::get("/answers/flag").header("x-upstream-body", "harmless");
        ends_in_time(watched, "without the flag", request, 504, "body.response_incomplete", "a response").await;
        for (rule, message) in [("small", "request"), ("beginning", "request"), ("answers", "response")] {
            let line = format!("rule `{rule}` held a {message} for its body, and the proxy told of no part of it");
            let log = watched.envoy.log();
            let line = log.lines().find(|log| log.contains(&line)).unwrap_or_else(|| panic!("no line has: {line}"));
            assert!(line.contains("[error]") && line.contains("`allow_on_headers_stop_iteration: true`"), "{line}");
        }
        // Nothing is to wait for where there is no body, and `hold: body` does without the flag.
        assert_eq!(Request::get("/small/flag").send(watched.at("without the flag")).await.unwrap().status, 200);
        let reply = Request::post("/small/flag", "an attack").send(watched.at("body only")).await.unwrap();
        assert_eq!(reply.header("x-verdict-reason"), Some("body.word_found"));
    });
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// It passes.
    Passes,
    /// The filter refuses it, for this reason.
    Ours(&'static str),
    /// Envoy does, with these details: no filter has its say.
    Envoys(&'static str),
    /// Either of them does.
    Refused,
}

/// Sends a request and asserts its fate, with this status where it does not pass.
async fn check(watched: &Watched, listener: &str, request: Request, status: u16, fate: &Fate, what: &str) {
    let id = number();
    let request = request.header("x-test-id", &id).header("x-upstream-header", "x-secret: s");
    let reply = request.send(watched.at(listener)).await.unwrap();
    let line = watched.line(listener, &id).await;
    let what = format!("{listener}, {what}: {line}");
    assert_eq!(reply.status, if *fate == Fate::Passes { 200 } else { status }, "{what}");
    let reason = reply.header("x-verdict-reason");
    match fate {
        Fate::Passes => assert_eq!(reason, None, "{what}"),
        Fate::Ours(expected) => assert_eq!(reason, Some(*expected), "{what}"),
        Fate::Envoys(details) => assert_eq!((reason, &line["details"]), (None, &(*details).into()), "{what}"),
        Fate::Refused => {}
    }
    assert_eq!(reply.header("x-secret").is_some(), *fate == Fate::Passes, "{what}");
    // Where a request is too large, the upstream sees nothing of it but the head that may go.
    let seen = watched.upstream.seen().into_iter().find(|seen| seen.header("x-test-id") == [&*id]);
    if *fate != Fate::Passes && status == 413 {
        assert!(seen.is_none_or(|seen| seen.body_length == 0 && listener == "body only"), "{what}");
    }
}

#[test]
fn a_request_that_is_too_large_is_refused_by_the_filter_or_beyond_the_buffer_by_envoy() {
    run("requests too large", async |watched| {
        let ours = Fate::Ours("body.body_too_large");
        let envoys = Fate::Envoys("request_payload_too_large");
        let (http1, both) = (&PROTOCOLS[..1], &PROTOCOLS[..]);
        let cases = [
            ("held", "/small/limit", 20, both, &Fate::Passes),
            ("held", "/small/limit", 21, both, &ours),
            ("held", "/small/limit", 500_000, both, &ours),
            ("held", "/limit", 1_000_000, both, &Fate::Passes),
            ("held", "/limit", 1_000_001, both, &ours),
            // A part may take the body past the filter's limit and past the buffer at once.
            ("held", "/limit", 2_000_000, both, &Fate::Refused),
            ("body only", "/small/limit", 21, both, &ours),
            ("body only", "/limit", 1_000_001, both, &ours),
            ("small buffer", "/limit", 60_000, both, &Fate::Passes),
            // Over HTTP/2, the buffer is as large as the stream's window.
            ("small buffer", "/limit", 200_000, http1, &envoys),
        ];
        for (listener, path, size, protocols, fate) in cases {
            for protocol in protocols {
                let request = Request::post(path, vec![b'x'; size]).protocol(*protocol);
                check(watched, listener, request, 413, fate, &format!("{protocol:?}, {size} bytes")).await;
            }
        }
    });
}

#[test]
fn a_response_that_is_too_large_is_withheld_by_the_filter_or_beyond_the_buffer_by_envoy() {
    run("responses too large", async |watched| {
        let ours = Fate::Ours("body.response_too_large");
        let envoys = Fate::Envoys("response_payload_too_large");
        let (http1, both) = (&PROTOCOLS[..1], &PROTOCOLS[..]);
        let cases = [
            ("held", 300_000, both, 502, &Fate::Passes),
            ("held", 300_001, both, 502, &ours),
            ("small buffer", 60_000, both, 502, &Fate::Passes),
            ("small buffer", 200_000, http1, 500, &envoys),
        ];
        for (listener, size, protocols, status, fate) in cases {
            for protocol in protocols {
                let request = Request::get("/answers/limit").protocol(*protocol);
                let request = request.header("x-upstream-body-size", size.to_string());
                check(watched, listener, request, status, fate, &format!("{protocol:?}, {size} bytes")).await;
            }
        }
    });
}

/// Waits for all of them at once.
async fn all(requests: Vec<impl Future<Output = ()>>) {
    let mut requests: Vec<_> = requests.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        requests.retain_mut(|request| request.as_mut().poll(context).is_pending());
        if requests.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
