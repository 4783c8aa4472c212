//! Problem documents, pages, answers to HEAD and gRPC statuses, over HTTP/1.1 and HTTP/2.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message;
use serde_json::json;
use verdict_gateway::{Listener, Protocol, Reply, Request};

use super::{allowlist, bodies, keys, run};

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let lists = json!({ "feed": { "fetch": { "cluster": "files", "authority": "lists.example", "path": "/down" } } });
    let rules = json!([{ "name": "unavailable", "allow": ["feed"] }]);
    vec![
        allowlist("formats", &json!({ "contact": "<platform@example.com>" })),
        allowlist("formats-full", &json!({ "disclosure": { "anonymous": "full" } })),
        allowlist("unavailable", &json!({ "lists": lists, "rules": rules })),
        keys("formats-keys", "/keys.json", &json!({})),
        bodies("formats-bodies", &json!({})),
    ]
}

/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

#[test]
fn whoever_prefers_a_page_gets_one_and_everybody_else_a_problem_document() {
    run(async |stage| {
        for (accept, kind) in [
            (BROWSER, "text/html; charset=utf-8"),
            ("*/*", "application/problem+json"),
            ("application/json, text/html", "application/problem+json"),
            ("\u{fffd}", "application/problem+json"),
        ] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                let request = Request::get("/").protocol(protocol).from("127.0.0.3").header("accept", accept);
                let reply = stage.send("formats", request).await.reply;
                assert_eq!(reply.status, 403, "{accept} {protocol:?}");
                assert_eq!(reply.header("content-type"), Some(kind), "{accept} {protocol:?}");
                assert_eq!(reply.header("x-verdict-reason"), Some("ip-allowlist.not_allowed"), "{accept} {protocol:?}");
                if kind == "application/problem+json" {
                    assert_eq!(reply.json().unwrap()["verdict"]["reason"], "ip-allowlist.not_allowed");
                }
            }
        }
    });
}

#[test]
fn the_page_says_what_the_document_says_and_nothing_in_it_is_markup() {
    run(async |stage| {
        let request = Request::get("/").from("127.0.0.3").header("accept", BROWSER);
        let told = stage.send("formats", request).await;
        let page = told.reply.text();
        let id = told.line["ip-allowlist"]["id"].as_str().unwrap();
        for expected in [
            "<title>403: This address may not make this request.</title>",
            "127.0.0.3 is not among the addresses that may make this request.",
            "Call from an admitted network, or ask for yours to be admitted.",
            "&lt;platform@example.com&gt;",
            "ip-allowlist.not_allowed",
            id,
        ] {
            assert!(page.contains(expected), "{expected} is not in {page}");
        }
        for absent in ["formats-office", "<platform", "<script", "http://", "https://"] {
            assert!(!page.contains(absent), "{absent} is in {page}");
        }
        let policy = told.reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    });
}

/// The headers but for those that are never the same twice.
fn lasting(reply: &Reply) -> Vec<(String, Vec<u8>)> {
    let mut headers = reply.headers.clone();
    headers.retain(|(name, _)| name != "date");
    headers.sort();
    headers
}

#[test]
fn head_is_answered_like_get_without_a_body() {
    run(async |stage| {
        for (accept, protocol) in
            [("*/*", Protocol::Http1), ("*/*", Protocol::Http2), (BROWSER, Protocol::Http1), (BROWSER, Protocol::Http2)]
        {
            let ask = async |method: &str| {
                let request = Request::new(method, "/").protocol(protocol).from("127.0.0.3");
                stage.send("formats", request.header("accept", accept)).await
            };
            let (get, head) = (ask("GET").await, ask("HEAD").await);
            assert_eq!((head.reply.status, head.reply.body.len()), (403, 0), "{accept} {protocol:?}");
            assert_eq!(lasting(&head.reply), lasting(&get.reply), "{accept} {protocol:?}");
            let record = &head.line["ip-allowlist"];
            assert_eq!(record["reason"], "ip-allowlist.not_allowed");
            assert_eq!(stage.logged(record["id"].as_str().unwrap()).await["method"], "HEAD");
        }
    });
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

/// A gRPC call of one message.
fn call(path: &str) -> Request {
    let request = Request::post(path, b"\0\0\0\0\0".as_slice()).http2();
    request.header("content-type", "application/grpc+proto").header("te", "trailers")
}

#[test]
fn a_grpc_call_gets_a_status_with_details_that_programs_can_read() {
    run(async |stage| {
        let told = stage.send("formats-full", call("/shop.Orders/Get").from("127.0.0.3")).await;
        let reply = &told.reply;
        let id = told.line["ip-allowlist"]["id"].as_str().unwrap();
        assert_eq!((reply.status, reply.body.len()), (200, 0), "{reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/grpc"));
        assert_eq!(reply.header("grpc-status"), Some("7"));
        let message = "127.0.0.3 is not among the addresses that may make this request. Call from an admitted network, or ask \
                       for yours to be admitted.";
        let message = format!("{message} (urn:verdict:denial:{id})");
        assert_eq!(reply.header("grpc-message"), Some(message.as_str()));
        assert_eq!(reply.header("x-verdict-reason"), Some("ip-allowlist.not_allowed"));

        let details = STANDARD_NO_PAD.decode(reply.header("grpc-status-details-bin").unwrap()).unwrap();
        let status = Status::decode(details.as_slice()).unwrap();
        assert_eq!((status.code, status.message), (7, message));
        assert_eq!(status.details.len(), 1);
        assert_eq!(status.details[0].type_url, "type.googleapis.com/google.rpc.ErrorInfo");
        let info = ErrorInfo::decode(status.details[0].value.as_slice()).unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("IP_ALLOWLIST_NOT_ALLOWED", "verdict"));
        let metadata = [
            ("address", "127.0.0.3"),
            ("filter", "ip-allowlist"),
            ("id", id),
            ("reason", "ip-allowlist.not_allowed"),
            ("rule", "formats-full-office"),
        ];
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(info.metadata, BTreeMap::from(metadata));
        assert_eq!(told.line["details"], "verdict:ip-allowlist.not_allowed");
    });
}

#[test]
fn each_http_status_has_its_grpc_status() {
    run(async |stage| {
        for (listener, request, http, grpc) in [
            ("formats", call("/a").from("127.0.0.3"), 403, "7"),
            ("formats", call("/a%2fb").from("127.0.0.2"), 400, "3"),
            ("formats-keys", call("/a"), 401, "16"),
            ("unavailable", call("/a"), 503, "14"),
            ("formats-bodies", call("/a").body(vec![0; 100]), 413, "8"),
        ] {
            let told = stage.send(listener, request).await;
            assert_eq!(told.reply.status, 200, "{listener} {:?}", told.reply);
            assert_eq!(told.reply.header("grpc-status"), Some(grpc), "{listener}");
            let filter = ["ip-allowlist", "key", "body"].into_iter().find(|filter| !told.line[filter]["id"].is_null());
            let record = stage.logged(told.line[filter.unwrap()]["id"].as_str().unwrap()).await;
            assert_eq!(record["status"], http, "{listener}");
        }
    });
}

#[test]
fn who_may_try_again_is_told_when() {
    run(async |stage| {
        let told = stage.send("unavailable", Request::get("/")).await;
        assert_eq!((told.reply.status, told.reply.header("retry-after")), (503, Some("5")));
        assert_eq!(told.line["ip-allowlist"]["decision"], "unable");
        let told = stage.send("formats", Request::get("/").from("127.0.0.3")).await;
        assert_eq!((told.reply.status, told.reply.header("retry-after")), (403, None));
    });
}
