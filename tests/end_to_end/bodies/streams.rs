//! Messages without an end to wait for: gRPC calls, upgrades, event streams.

use std::time::Duration;

use verdict_gateway::{Request, raw, wait_for};

use super::{PROTOCOLS, number, run};
use crate::stage::SOON;

#[test]
fn the_first_message_of_a_grpc_call_decides_where_the_beginning_will_do() {
    run("gRPC", async |watched| {
        for protocol in PROTOCOLS {
            for (first, passes) in [("hello", true), ("attack", false)] {
                let id = number();
                let path = format!("/beginning/{id}");
                let request = Request::new("POST", &path).protocol(protocol).header("content-type", "application/grpc");
                let (request, messages) = request.header("te", "trailers").fed();
                let address = watched.at("held");
                let call = tokio::spawn(async move { request.send(address).await });
                let framed = message(first);
                messages.send(framed.clone().into()).await.unwrap();
                if passes {
                    // The client has not ended the call, and the upstream has its first message.
                    wait_for("the upstream to see the first message", SOON, async || {
                        let seen = watched.upstream.seen_at(&path);
                        let there = seen.first().is_some_and(|seen| seen.body == framed);
                        there.then_some(()).ok_or_else(|| format!("{seen:?}"))
                    })
                    .await
                    .unwrap();
                    messages.send(message("again").into()).await.unwrap();
                    drop(messages);
                    assert_eq!(call.await.unwrap().unwrap().status, 200, "{protocol:?}");
                    let seen = watched.upstream.seen_at(&path);
                    assert_eq!(seen[0].body, [framed, message("again")].concat(), "{protocol:?}");
                } else {
                    let reply = call.await.unwrap().unwrap();
                    assert_eq!(reply.header("x-verdict-reason"), Some("body.word_found"), "{protocol:?}");
                    assert_eq!(reply.header("grpc-status"), Some("7"), "{protocol:?}");
                    assert!(watched.upstream.seen_at(&path).is_empty(), "{protocol:?}");
                }
            }
        }
    });
}

/// A message of gRPC, behind what says how long it is.
pub(crate) fn message(text: &str) -> Vec<u8> {
    let length = (text.len() as u32).to_be_bytes();
    [&[0], &length[..], text.as_bytes()].concat()
}

#[test]
fn a_body_is_read_whatever_its_client_calls_it() {
    run("bodies that are called streams", async |watched| {
        let address = watched.at("held");
        // What is harmless comes first, and by itself.
        let grpc = message("attack");
        let parts: [(&str, &[u8], &[u8]); 3] = [
            ("text/event-stream", b"x", b"attack"),
            ("application/grpc", &grpc[..1], &grpc[1..]),
            ("application/grpc", &grpc[..6], &grpc[6..]),
        ];
        for protocol in PROTOCOLS {
            for (index, (kind, first, rest)) in parts.into_iter().enumerate() {
                let path = format!("/beginning/called/{index}");
                let request = Request::new("POST", &path).protocol(protocol).header("content-type", kind);
                let request =
                    request.paced([(Duration::ZERO, first.to_vec()), (Duration::from_millis(100), rest.to_vec())]);
                let reply = request.send(address).await.unwrap();
                assert_eq!(reply.header("x-verdict-reason"), Some("body.word_found"), "{protocol:?}, {kind}, {index}");
                assert!(watched.upstream.seen_at(&path).is_empty(), "{protocol:?}, {kind}, {index}");
            }
        }
    });
}

/// A websocket's handshake over HTTP/1.1.
fn handshake(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n{more}\r\n")
}

#[test]
fn an_upgrade_passes_at_once_where_the_beginning_will_do_and_is_refused_where_it_will_not() {
    run("upgrades", async |watched| {
        let address = watched.at("upgrades");
        let bound = Duration::from_secs(10);
        for (path, status, reason) in
            [("/beginning/upgrade", 200, None), ("/small/upgrade", 408, Some("body.body_incomplete"))]
        {
            let answer = raw::send(address, None, handshake(path, "").as_bytes(), bound).await.unwrap();
            assert_eq!(answer.status(), Some(status), "{path}: {}", answer.text());
            let told = reason.is_none_or(|reason| answer.text().contains(&format!("x-verdict-reason: {reason}\r\n")));
            assert!(told, "{path}: {}", answer.text());
            assert_eq!(!watched.upstream.seen_at(path).is_empty(), status == 200, "{path}");
            let id = number();
            // The answer is read from the access log.
            let _ = raw::send(address, None, &extended_connect(path, &id), Duration::from_millis(10)).await.unwrap();
            let line = watched.line("upgrades", &id).await;
            let seen = line["body"]["reason"].as_str().map(str::to_owned);
            assert_eq!(seen.as_deref(), reason, "{path} over HTTP/2: {line}");
        }
    });
}

/// The same over HTTP/2 (RFC 8441): preface, settings, and a head that does not end the stream.
fn extended_connect(path: &str, id: &str) -> Vec<u8> {
    let fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "a"),
        ("x-test-id", id),
    ];
    let mut block = Vec::new();
    for text in fields.iter().flat_map(|(name, value)| [(0, name), (1, value)]) {
        // RFC 7541, section 6.2.2: a literal with a new name, which begins with a zero byte, and no Huffman code.
        block.extend((text.0 == 0).then_some(0));
        block.push(text.1.len() as u8);
        block.extend(text.1.as_bytes());
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0".to_vec();
    bytes.push(block.len() as u8);
    // HEADERS with END_HEADERS, on stream 1.
    bytes.extend(b"\x01\x04\0\0\0\x01");
    bytes.extend(block);
    bytes
}

#[test]
fn what_only_looks_like_an_upgrade_is_read() {
    run("upgrades that are none", async |watched| {
        // Without `connection: upgrade` it is none (RFC 9110, section 7.8).
        for (listener, more) in [("upgrades", "upgrade: websocket"), ("held", "connection: upgrade\r\nupgrade: h2c")] {
            let head = format!("POST /beginning/none HTTP/1.1\r\nhost: a\r\n{more}\r\ncontent-length: 6\r\n\r\nattack");
            let answer = raw::send(watched.at(listener), None, head.as_bytes(), SOON).await.unwrap();
            assert!(answer.text().contains("x-verdict-reason: body.word_found"), "{more}: {}", answer.text());
        }
        assert!(watched.upstream.seen_at("/beginning/none").is_empty());
        // The body of a real one is the other side's to take: the upstream does not get it before it has agreed.
        let head = handshake("/beginning/with-body", "content-length: 6\r\n") + "attack";
        let _ = raw::send(watched.at("upgrades"), None, head.as_bytes(), Duration::from_millis(500)).await.unwrap();
        assert!(watched.upstream.seen_at("/beginning/with-body").iter().all(|seen| seen.body_length == 0));
    });
}

#[test]
fn an_event_stream_is_decided_by_what_comes_first_where_the_beginning_will_do() {
    run("event streams", async |watched| {
        let kind = "content-type: text/event-stream";
        for protocol in PROTOCOLS {
            // Its first event is there, the second comes after longer than anybody waits.
            let request =
                Request::get("/first-answers/events").protocol(protocol).header("x-upstream-endless", "100000");
            let reply = request.header("x-upstream-header", kind).keep(1000).send(watched.at("held")).await.unwrap();
            assert_eq!((reply.status, reply.body.len()), (200, 1000), "{protocol:?}");
            // Without that media type, as much is waited for as the rule reads.
            let request = Request::get("/first-answers/endless").protocol(protocol).header("x-upstream-endless", "20");
            let reply = request.keep(5000).send(watched.at("held")).await.unwrap();
            assert_eq!((reply.status, reply.body.len()), (200, 5000), "{protocol:?}");
            let path = format!("/first-answers/plain/{protocol:?}").to_ascii_lowercase();
            let event = "data: attack\n\n";
            let answer = format!(
                "HTTP/1.1 200 OK\r\n{kind}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{event}\r\n",
                event.len()
            );
            watched.plain.answer(&path, &answer, true);
            let reply = Request::get(&path).protocol(protocol).send(watched.at("held")).await.unwrap();
            assert_eq!(reply.header("x-verdict-reason"), Some("body.word_in_response"), "{protocol:?}");
        }
    });
}

#[test]
fn an_event_stream_that_is_silent_goes_out_when_the_time_for_its_beginning_is_over() {
    run("silent event streams", async |watched| {
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        watched.plain.answer("/first-answers/plain/silent", answer, true);
        let head = b"GET /first-answers/plain/silent HTTP/1.1\r\nhost: a\r\n\r\n";
        let answer = raw::send(watched.at("impatient"), None, head, Duration::from_secs(4)).await.unwrap();
        assert_eq!(answer.status(), Some(200), "{}", answer.text());
    });
}
