//! What is let go after the verdict, or was never held: it arrives as it was sent.

use std::time::Duration;

use verdict_gateway::upstream::File;
use verdict_gateway::{Request, wait_for};

use super::{PROTOCOLS, number, run};
use crate::stage::SOON;

/// Bytes in which every place looks different, and no word is found.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| ((at % 251) ^ (at / 251 % 256)) as u8).collect()
}

#[test]
fn a_large_request_that_is_admitted_arrives_byte_for_byte() {
    run("large requests", async |watched| {
        watched.plain.serve("/plain/large", "taken", true);
        let mut sent = Vec::new();
        for listener in ["held", "body only"] {
            for protocol in PROTOCOLS {
                for size in [200_000, 900_000] {
                    let body = pattern(size);
                    let whole = Request::post("/plain/large", body.clone()).protocol(protocol);
                    assert_eq!(whole.send(watched.at(listener)).await.unwrap().text(), "taken", "{listener}, {size}");
                    let chunks: Vec<_> =
                        body.chunks(70_001).map(|chunk| (Duration::from_millis(1), chunk.to_vec())).collect();
                    let paced = Request::new("POST", "/plain/large").protocol(protocol).paced(chunks);
                    assert_eq!(paced.send(watched.at(listener)).await.unwrap().text(), "taken", "{listener}, {size}");
                    sent.extend([body.clone(), body]);
                }
            }
        }
        let arrived = watched.plain.bodies("/plain/large");
        assert_eq!(arrived.len(), sent.len());
        for (index, (arrived, sent)) in arrived.iter().zip(&sent).enumerate() {
            assert!(arrived == sent, "request {index} of {} bytes arrived changed, with {}", sent.len(), arrived.len());
        }
    });
}

#[test]
fn a_large_response_that_is_admitted_arrives_byte_for_byte_with_its_headers() {
    run("large responses", async |watched| {
        let body = pattern(250_000);
        watched
            .upstream
            .files()
            .set("/answers/large", File::new(body.clone()).header("x-own", "o").header("etag", "\"1\""));
        for protocol in PROTOCOLS {
            let reply = Request::get("/answers/large").protocol(protocol).send(watched.at("held")).await.unwrap();
            assert_eq!((reply.status, reply.header("x-own"), reply.header("etag")), (200, Some("o"), Some("\"1\"")));
            assert!(reply.body == body, "{protocol:?}: {} bytes arrived", reply.body.len());
            let request = Request::get("/answers/trailers").protocol(protocol).header("te", "trailers");
            let request = request.header("x-upstream-trailer", "x-end: yes").header("x-upstream-body", "fine");
            let reply = request.send(watched.at("held")).await.unwrap();
            assert_eq!((reply.text().as_str(), reply.trailer("x-end")), ("fine", Some("yes")), "{protocol:?}");
        }
    });
}

#[test]
fn in_shadow_mode_nothing_is_held() {
    run("shadow mode", async |watched| {
        for protocol in PROTOCOLS {
            let id = number();
            let path = format!("/watched/{id}");
            let (request, parts) = Request::new("POST", &path).protocol(protocol).header("x-test-id", &id).fed();
            let address = watched.at("held");
            let exchange = tokio::spawn(async move { request.send(address).await });
            parts.send("an att".into()).await.unwrap();
            wait_for("the upstream to see the first part", SOON, async || {
                let seen = watched.upstream.seen_at(&path);
                let there = seen.first().is_some_and(|seen| seen.body == b"an att");
                there.then_some(()).ok_or_else(|| format!("{seen:?}"))
            })
            .await
            .unwrap();
            parts.send("ack".into()).await.unwrap();
            drop(parts);
            assert_eq!(exchange.await.unwrap().unwrap().status, 200, "{protocol:?}");
        }
        for protocol in PROTOCOLS {
            let id = number();
            let request = Request::post("/watched/found", "an attack").protocol(protocol).header("x-test-id", &id);
            let request = request.header("x-upstream-body", "fine");
            assert_eq!(request.send(watched.at("held")).await.unwrap().status, 200);
            let line = watched.line("held", &id).await;
            let recorded = (&line["body"]["decision"], &line["body"]["reason"]);
            assert_eq!(recorded, (&"would_deny".into(), &"body.word_found".into()), "{protocol:?}: {line}");
            // An endless response begins to arrive before it would be over any limit.
            let request = Request::get("/watched/endless").protocol(protocol).header("x-upstream-endless", "100000");
            assert_eq!(request.keep(500).send(watched.at("held")).await.unwrap().body.len(), 500, "{protocol:?}");
        }
    });
}
