//! What is held until the verdict: of a refused message, nobody sees anything.

use std::time::Duration;

use verdict_gateway::upstream::Arrival;
use verdict_gateway::{Protocol, Reply, Request, raw};

use super::{PROTOCOLS, number, run};
use crate::watched::Watched;

/// A pause that is long enough for the parts not to arrive as one.
const PAUSE: Duration = Duration::from_millis(15);

/// How a body is sent.
type Way = (&'static str, fn(Request, &'static str) -> Request);

const WAYS: [Way; 7] = [
    ("at once", |request, body| request.body(body)),
    ("byte by byte", |request, body| {
        request.paced(body.as_bytes().chunks(1).map(|byte| (Duration::from_millis(2), byte)).collect::<Vec<_>>())
    }),
    ("cut inside the word", |request, body| {
        let (first, rest) = body.split_at(body.len() - 3);
        request.paced([(PAUSE, first), (PAUSE, rest)])
    }),
    ("with a pause before the end", |request, body| request.paced([(Duration::ZERO, body), (PAUSE, "")])),
    ("with trailers", |request, body| request.body(body).trailer("x-end", "yes")),
    ("in parts, with trailers", |request, body| {
        let (first, rest) = body.split_at(3);
        request.paced([(PAUSE, first), (PAUSE, rest)]).trailer("x-end", "yes")
    }),
    ("after a pause", |request, body| request.paced([(PAUSE * 5, body)])),
];

/// Sends a body in every way over both protocols. The status, and whether the upstream saw anything.
async fn send_in_every_way(
    watched: &Watched,
    listener: &str,
    path: &str,
    body: &'static str,
    check: impl Fn(&str, &str, u16, Option<&str>),
) -> usize {
    let mut sent = 0;
    for protocol in PROTOCOLS {
        for (way, send) in WAYS {
            let id = number();
            let request = send(Request::new("POST", path).protocol(protocol).header("x-test-id", &id), body);
            let reply = request.send(watched.at(listener)).await.unwrap();
            check(&format!("{protocol:?} {way}"), &id, reply.status, reply.header("x-verdict-reason"));
            sent += 1;
        }
    }
    // A body with a length, in parts: no client library sends one so.
    for cut in [1, 4, body.len() - 3] {
        let id = number();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\nx-test-id: {id}\r\ncontent-length: {length}\r\n\r\n");
        let (first, rest) = body.split_at(cut);
        let parts = [(Duration::ZERO, head.as_bytes()), (PAUSE, first.as_bytes()), (PAUSE, rest.as_bytes())];
        let answer = raw::send_in_parts(watched.at(listener), None, &parts, Duration::from_secs(10)).await.unwrap();
        let reason = answer.text().contains("x-verdict-reason: body.word_found").then_some("body.word_found");
        check(&format!("with a length, cut at {cut}"), &id, answer.status().unwrap_or(0), reason);
        sent += 1;
    }
    sent
}

#[test]
fn the_upstream_sees_nothing_of_a_refused_request_however_its_body_arrives() {
    run("refused bodies", async |watched| {
        let sent = send_in_every_way(watched, "held", "/small/refused", "an attack", |way, id, status, reason| {
            assert_eq!((status, reason), (403, Some("body.word_found")), "{way}");
            assert!(!watched.reached_upstream(id), "{way}: the upstream saw it");
        })
        .await;
        assert_eq!(sent, 17);
    });
}

#[test]
fn an_admitted_request_arrives_as_it_was_sent_however_its_body_arrives() {
    run("admitted bodies", async |watched| {
        for listener in ["held", "body only"] {
            let path = format!("/small/admitted-{}", listener.len());
            let sent = send_in_every_way(watched, listener, &path, "harmless", |way, id, status, reason| {
                assert_eq!((status, reason), (200, None), "{listener}, {way}");
                let seen = watched.upstream.seen_at(&path);
                let seen = seen.iter().find(|seen| seen.header("x-test-id") == [id]).unwrap();
                assert_eq!((&*seen.body, &seen.arrival), (&b"harmless"[..], &Arrival::Complete), "{listener}, {way}");
                let trailers =
                    if way.contains("trailers") { vec![("x-end".to_owned(), b"yes".to_vec())] } else { vec![] };
                assert_eq!(seen.trailers, trailers, "{listener}, {way}");
            })
            .await;
            assert_eq!(sent, 17);
        }
    });
}

#[test]
fn a_request_of_trailers_alone_has_an_empty_body() {
    run("trailers alone", async |watched| {
        for protocol in PROTOCOLS {
            let none: [(Duration, &str); 0] = [];
            let request =
                Request::new("POST", "/small/trailers").protocol(protocol).paced(none).trailer("x-end", "yes");
            assert_eq!(request.send(watched.at("held")).await.unwrap().status, 200, "{protocol:?}");
        }
        for seen in watched.upstream.seen_at("/small/trailers") {
            assert_eq!((seen.body_length, seen.trailers.len()), (0, 1));
        }
    });
}

#[test]
fn where_only_bodies_are_held_the_upstream_sees_the_head_and_no_byte_of_a_refused_body() {
    run("bodies held alone", async |watched| {
        let sent = send_in_every_way(watched, "body only", "/small/cut", "an attack", |way, _, status, reason| {
            assert_eq!((status, reason), (403, Some("body.word_found")), "{way}");
        })
        .await;
        let seen = watched.upstream.seen_at("/small/cut");
        // A head that is refused before Envoy has a connection to the upstream does not get there.
        assert!(!seen.is_empty() && seen.len() <= sent, "{} of {sent}", seen.len());
        for seen in seen {
            assert_eq!(seen.body_length, 0, "{:?}", seen.header("x-test-id"));
            assert_ne!(seen.arrival, Arrival::Complete, "{:?}", seen.header("x-test-id"));
        }
    });
}

#[test]
fn the_client_sees_nothing_of_a_refused_response() {
    run("refused responses", async |watched| {
        let ways: [(&str, &[(&str, &str)]); 3] = [
            ("with a length", &[]),
            ("in chunks", &[("x-upstream-chunked", "1")]),
            ("with trailers", &[("x-upstream-trailer", "x-secret-trailer: s"), ("te", "trailers")]),
        ];
        for protocol in PROTOCOLS {
            for (way, headers) in ways {
                let request = Request::get("/answers/refused").protocol(protocol);
                let request =
                    request.header("x-upstream-header", "x-secret: s").header("x-upstream-body", "an attack here");
                let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
                let reply = request.send(watched.at("held")).await.unwrap();
                let what = format!("{protocol:?}, {way}");
                let seen = (reply.status, reply.header("x-verdict-reason"), reply.header("content-type"));
                assert_eq!(seen, (502, Some("body.word_in_response"), Some("application/problem+json")), "{what}");
                assert_eq!((reply.header("x-secret"), reply.trailers.len()), (None, 0), "{what}");
                assert!(!reply.text().contains("here"), "{what}: {}", reply.text());
            }
        }
    });
}

#[test]
fn a_response_without_a_body_is_not_waited_for() {
    run("responses without a body", async |watched| {
        for protocol in PROTOCOLS {
            for (method, status) in [("GET", "204"), ("GET", "304"), ("HEAD", "200")] {
                let request =
                    Request::new(method, "/answers/none").protocol(protocol).header("x-upstream-status", status);
                let reply = request.header("x-upstream-body", "").send(watched.at("held")).await.unwrap();
                assert_eq!(reply.status.to_string(), status, "{protocol:?}, {method}");
            }
        }
    });
}

/// Sends a request whose body does not end, to an upstream that answers at the head with this. The reply, which has to come all
/// the same, and what the upstream has seen of the body.
async fn answered_early(
    watched: &Watched,
    listener: &str,
    protocol: Protocol,
    path: &str,
    answer: &str,
) -> (Reply, u64) {
    let id = number();
    let request =
        Request::new("POST", path).protocol(protocol).header("x-test-id", &id).header("x-upstream-early", "1");
    let request = request.header("x-upstream-body", answer).header("x-upstream-header", "x-secret: s");
    let reply = request.endless(PAUSE, "x").send(watched.at(listener)).await.unwrap();
    let seen = watched.upstream.seen_at(path).into_iter().find(|seen| seen.header("x-test-id") == [&*id]).unwrap();
    (reply, seen.body_length)
}

#[test]
fn the_answer_to_a_head_alone_goes_out_and_no_byte_of_the_body_ever_does() {
    run("early answers", async |watched| {
        for listener in ["body only", "body only, with the flag"] {
            for protocol in PROTOCOLS {
                let (reply, seen) = answered_early(watched, listener, protocol, "/early", "an attack").await;
                assert_eq!(
                    (reply.status, reply.text().as_str(), seen),
                    (200, "an attack", 0),
                    "{listener}, {protocol:?}"
                );
            }
        }
    });
}

#[test]
fn a_slow_body_does_not_spare_the_response_its_inspection() {
    run("early answers that are inspected", async |watched| {
        for protocol in PROTOCOLS {
            for (answer, status, reason) in [("fine", 200, None), ("an attack", 502, Some("body.word_in_response"))] {
                let (reply, seen) =
                    answered_early(watched, "body only, with the flag", protocol, "/answers/early", answer).await;
                assert_eq!(
                    (reply.status, reply.header("x-verdict-reason")),
                    (status, reason),
                    "{protocol:?}, {answer}"
                );
                assert_eq!(reply.header("x-secret").is_some(), status == 200, "{protocol:?}, {answer}");
                assert_eq!(seen, 0, "{protocol:?}, {answer}");
            }
            // Without the flag no response can be inspected, and so none is let go.
            let (reply, _) = answered_early(watched, "impatient body only", protocol, "/answers/early", "fine").await;
            let seen = (reply.status, reply.header("x-verdict-reason"), reply.header("x-secret"));
            assert_eq!(seen, (504, Some("body.response_incomplete"), None), "{protocol:?}");
        }
    });
}

#[test]
fn a_client_that_leaves_while_its_body_is_held_disturbs_nobody() {
    run("clients that leave", async |watched| {
        for protocol in PROTOCOLS {
            for listener in ["held", "body only"] {
                let request = Request::new("POST", "/small/left").protocol(protocol).endless(PAUSE, "");
                assert!(request.bound(PAUSE * 10).send(watched.at(listener)).await.is_err());
                let reply =
                    Request::post("/small/stays", "harmless").protocol(protocol).send(watched.at(listener)).await;
                assert_eq!(reply.unwrap().status, 200, "{protocol:?}, {listener}");
            }
        }
        assert!(watched.upstream.seen_at("/small/left").iter().all(|seen| seen.arrival != Arrival::Complete));
    });
}
