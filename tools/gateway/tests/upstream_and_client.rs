//! The upstream and the client against each other, without an Envoy in between.

use std::time::Duration;

use hyper::body::Bytes;
use serde_json::json;
use verdict_gateway::upstream::{Arrival, File};
use verdict_gateway::{Connection, Protocol, Request, Result, Upstream, raw, wait_for};

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

#[tokio::test]
async fn the_echo_tells_what_reached_it() -> Result<()> {
    let upstream = Upstream::start().await?;
    for protocol in PROTOCOLS {
        let request = Request::post("/a//b/../c?d=e", "f").protocol(protocol).host("example.com");
        let request = request.header("x-two", "1").header("x-odd", b"\xff\xfe").header("x-two", "2");
        let reply = request.send(upstream.address()).await?;
        assert_eq!(reply.status, 200);
        let echo = reply.json()?;
        assert_eq!((&echo["method"], &echo["target"]), (&json!("POST"), &json!("/a//b/../c?d=e")));
        assert_eq!((&echo["body"], &echo["body_length"]), (&json!("f"), &json!(1)));
        let headers = echo["headers"].as_array().unwrap();
        for line in [["host", "example.com"], ["x-odd", "\\xff\\xfe"], ["x-two", "1"], ["x-two", "2"]] {
            assert!(headers.contains(&json!(line)), "{protocol:?}: {line:?} in {headers:?}");
        }
        assert_eq!(upstream.seen_at("/a//b/../c")[0].header("x-two"), ["1", "2"]);
        upstream.forget();
    }
    assert_eq!((upstream.seen().len(), upstream.count()), (0, 2));
    Ok(())
}

#[tokio::test]
async fn headers_of_the_request_steer_the_echo() -> Result<()> {
    let upstream = Upstream::start().await?;
    for protocol in PROTOCOLS {
        let request = Request::get("/").protocol(protocol).header("x-upstream-status", "418");
        let request = request.header("x-upstream-header", "x-a: b").header("x-upstream-header", "x-a: c");
        let request =
            request.header("x-upstream-trailer", "x-end: d").header("x-upstream-body", "e").header("te", "trailers");
        let reply = request.send(upstream.address()).await?;
        assert_eq!(
            (reply.status, reply.text().as_str(), reply.trailer("x-end")),
            (418, "e", Some("d")),
            "{protocol:?}"
        );
        assert_eq!(reply.headers.iter().filter(|(name, _)| name == "x-a").count(), 2);
        let large =
            Request::get("/").protocol(protocol).header("x-upstream-body-size", "3000000").send(upstream.address());
        assert_eq!(large.await?.body.len(), 3_000_000);
    }
    Ok(())
}

#[tokio::test]
async fn trailers_of_a_request_reach_the_upstream() -> Result<()> {
    let upstream = Upstream::start().await?;
    for protocol in PROTOCOLS {
        let request = Request::post("/", "body").protocol(protocol).trailer("x-end", "yes");
        assert_eq!(
            request.send(upstream.address()).await?.json()?["trailers"],
            json!([["x-end", "yes"]]),
            "{protocol:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_endless_response_ends_when_the_client_leaves() -> Result<()> {
    let upstream = Upstream::start().await?;
    let reply = Request::get("/").header("x-upstream-endless", "1").keep(10_000).send(upstream.address()).await?;
    assert_eq!(reply.body.len(), 10_000);
    assert!(reply.cut.is_some());
    Ok(())
}

#[tokio::test]
async fn a_request_without_an_answer_is_bounded() -> Result<()> {
    let upstream = Upstream::start().await?;
    upstream.files().set("/never", File::new("").hang());
    let error = Request::get("/never").bound(Duration::from_millis(100)).send(upstream.address()).await.unwrap_err();
    assert!(error.to_string().contains("GET /never: no complete response within 0.1 s"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_upstream_tells_a_request_that_is_open_whole_or_cut_off() -> Result<()> {
    let upstream = Upstream::start().await?;
    let expect = async |arrival: Arrival| {
        wait_for("the request's arrival", Duration::from_secs(5), async || match upstream.seen().last() {
            Some(seen) if seen.arrival == arrival => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await
    };
    for protocol in PROTOCOLS {
        let (request, chunks) = Request::new("POST", "/").protocol(protocol).fed();
        let address = upstream.address();
        let exchange = tokio::spawn(async move { request.send(address).await });
        chunks.send(Bytes::from_static(b"one")).await.unwrap();
        expect(Arrival::Open).await?;
        drop(chunks);
        assert_eq!(exchange.await.unwrap()?.json()?["body"], "one");
        expect(Arrival::Complete).await?;

        let endless = Request::new("POST", "/").protocol(protocol).endless(Duration::from_millis(1), "x");
        assert!(endless.bound(Duration::from_millis(100)).send(upstream.address()).await.is_err());
        expect(Arrival::CutOff).await?;
    }
    Ok(())
}

#[tokio::test]
async fn files_are_served_counted_and_known_by_their_etag() -> Result<()> {
    let upstream = Upstream::start().await?;
    upstream.files().set("/list", File::new("10.0.0.0/8\n").header("etag", "\"1\""));
    let reply = Request::get("/list?x").send(upstream.address()).await?;
    assert_eq!((reply.status, reply.text().as_str(), reply.header("etag")), (200, "10.0.0.0/8\n", Some("\"1\"")));
    let reply = Request::get("/list").header("if-none-match", "\"1\"").send(upstream.address()).await?;
    assert_eq!((reply.status, reply.body.len()), (304, 0));
    upstream.files().set("/list", File::new("oops").status(503).delay(Duration::from_millis(50)));
    assert_eq!(Request::get("/list").send(upstream.address()).await?.status, 503);
    assert_eq!(upstream.files().requests("/list"), 3);
    upstream.files().remove("/list");
    assert_eq!(Request::get("/list").send(upstream.address()).await?.json()?["path"], "/list");
    Ok(())
}

#[tokio::test]
async fn a_connection_takes_several_requests() -> Result<()> {
    let upstream = Upstream::start().await?;
    for protocol in PROTOCOLS {
        let mut connection = Connection::open(upstream.address(), protocol, Some("127.0.0.9")).await?;
        for path in ["/1", "/2"] {
            assert_eq!(connection.send(Request::get(path)).await?.json()?["path"], path);
        }
        assert_eq!(connection.share().is_some(), protocol == Protocol::Http2);
    }
    Ok(())
}

#[tokio::test]
async fn bytes_go_out_as_they_are() -> Result<()> {
    let upstream = Upstream::start().await?;
    let bound = Duration::from_secs(5);
    let answer = raw::send(upstream.address(), None, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", bound).await?;
    assert_eq!((answer.status(), answer.end), (Some(200), raw::End::Complete));
    let answer = raw::send(upstream.address(), None, b"nonsense\r\n\r\n", bound).await?;
    assert_eq!((answer.status(), answer.end), (Some(400), raw::End::Complete));
    let answer = raw::send(upstream.address(), None, b"GET / HT", Duration::from_millis(100)).await?;
    assert_eq!((answer.status(), answer.end), (None, raw::End::Bound));
    Ok(())
}

#[tokio::test]
async fn a_thousand_headers_and_a_megabyte_of_them_come_through() -> Result<()> {
    let upstream = Upstream::start().await?;
    for protocol in PROTOCOLS {
        let many = (0..1000).fold(Request::get("/"), |request, n| request.header(&format!("x-{n}"), "y".repeat(1000)));
        assert_eq!(many.protocol(protocol).send(upstream.address()).await?.status, 200, "{protocol:?}");
        assert!(upstream.seen().last().is_some_and(|seen| seen.headers.len() >= 1000));
    }
    Ok(())
}
