//! The filter `waf` in the real Envoy: compressed bodies, streams that are not held, and what the access log and the metrics tell.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use verdict_gateway::{Listener, Request, Upstream, raw, wait_for};

use crate::stage::{SOON, Shared, Stage, count, filtered};

static STAGE: Shared<Stage> = Shared::new();

fn run(test: impl AsyncFnOnce(&Stage)) {
    STAGE.with(start, test);
}

/// An attack, in a form.
const ATTACK: &[u8] = b"a=harmless&q=1'+or+'1'%3d'1";

async fn start() -> Stage {
    let config = |rules: Value| {
        json!({
            "default": "deny", "include": ["@starter"], "rules": rules, "body_timeout_seconds": 2,
            "disclosure": { "trusted_clients": { "client_address": "direct", "addresses": ["127.0.0.9"] } },
        })
    };
    let all = config(json!([
        { "name": "watched", "match": { "paths": ["/watched"] }, "response": {} },
        { "name": "streams", "match": { "paths": ["/stream/**"] },
          "variables": { "allowed_content_types": "|application/grpc| |text/event-stream|" } },
        { "name": "no-streams", "match": { "paths": ["/no-streams"] }, "request_body": { "streams": "refuse" },
          "variables": { "allowed_content_types": "|application/grpc| |text/event-stream|" } },
        { "name": "all" },
    ]));
    let audited = json!({ "waf": { "audit": "%FILTER_STATE(wasm.verdict.waf.audit:PLAIN)%" } });
    let audited = |(name, listener): (&'static str, Listener)| (name, listener.logged(audited.as_object().unwrap()));
    let upgrades = json!({ "upgrade_configs": [{ "upgrade_type": "websocket" }] });
    let (name, listener) = audited(filtered("all", "waf", &all));
    Stage::start(Upstream::start().await.unwrap(), vec![(name, listener.manager(upgrades))]).await
}

fn form(body: Vec<u8>, coding: &str) -> Request {
    Request::post("/form", body)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-encoding", coding)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_bodies_are_inspected() {
    run(async |stage| {
        let harmless = b"a=harmless&b=too".as_slice();
        let both = |content: &[u8]| {
            [
                ("gzip", gzip(content)),
                ("x-gzip", gzip(content)),
                ("deflate", zlib(content)),
                ("deflate", deflate(content)),
                ("deflate, gzip", gzip(&zlib(content))),
            ]
        };
        for ((coding, good), (_, bad)) in both(harmless).into_iter().zip(both(ATTACK)) {
            let reply = stage.send("all", form(good, coding)).await.reply;
            assert_eq!(reply.status, 200, "{coding}: {}", reply.text());
            let refused = stage.send("all", form(bad, coding)).await;
            assert_eq!(refused.reply.status, 403, "{coding}");
            assert_eq!(refused.line["waf"]["reason"], "waf.anomaly_score_exceeded", "{coding}");
        }
    });
}

#[test]
fn a_body_that_expands_too_far_or_is_cut_is_refused() {
    run(async |stage| {
        let bomb = gzip(&vec![b'a'; 700_000]);
        assert!(bomb.len() < 2000);
        let request = form(bomb, "gzip");
        let refused = stage.send("all", request).await;
        assert_eq!((refused.reply.status, &refused.line["waf"]["reason"]), (200, &Value::Null), "700 KB are allowed");
        for (body, why) in [
            (gzip(&vec![b'a'; 2_000_000]), "a body that is too large when it is decompressed"),
            (gzip(ATTACK)[..20].to_vec(), "a body that is not what its Content-Encoding says"),
            ([gzip(ATTACK), b"more".to_vec()].concat(), "a body that is not what its Content-Encoding says"),
        ] {
            let refused = stage.send("all", form(body, "gzip").from("127.0.0.9")).await;
            assert_eq!(refused.reply.status, 400, "{why}");
            let told = refused.reply.json().unwrap();
            assert_eq!(told["verdict"]["context"]["fault"], why);
        }
    });
}

#[test]
fn the_upstream_gets_nothing_of_a_refused_request() {
    run(async |stage| {
        let halves = ATTACK.split_at(14);
        let request = Request::post("/held", Vec::new())
            .header("content-type", "application/x-www-form-urlencoded")
            .paced([(Duration::ZERO, halves.0.to_vec()), (Duration::from_millis(50), halves.1.to_vec())]);
        assert_eq!(stage.send("all", request).await.reply.status, 403);
        assert!(stage.upstream.seen_at("/held").is_empty());
    });
}

#[test]
fn a_stream_passes_without_waiting_for_any_of_its_body() {
    run(async |stage| {
        let request = Request::post("/stream", Vec::new()).header("content-type", "application/grpc").http2();
        let (request, body) = request.fed();
        let sent = tokio::spawn(request.send(stage.address("all")));
        wait_for("the head to arrive", SOON, async || {
            if stage.upstream.seen_at("/stream").len() == 1 { Ok(()) } else { Err("it did not".to_owned()) }
        })
        .await
        .unwrap();
        drop(body);
        assert_eq!(sent.await.unwrap().unwrap().status, 200);
    });
}

#[test]
fn a_stream_is_refused_where_the_profile_says_so_and_only_servers_send_event_streams() {
    run(async |stage| {
        for (kind, reason) in [("application/grpc", Some("waf.stream_not_allowed")), ("text/event-stream", None)] {
            let request = Request::post("/no-streams", Vec::new()).header("content-type", kind).http2();
            let exchange = stage.send("all", request.paced([(Duration::ZERO, b"x".to_vec())])).await;
            assert_eq!(exchange.line["waf"]["reason"].as_str(), reason, "{kind}: {}", exchange.line);
        }
    });
}

#[test]
fn an_upgrade_is_inspected_by_its_head_and_not_held() {
    run(async |stage| {
        let head = |path: &str| {
            format!(
                "GET {path} HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
        };
        let attack = head("/socket?q=1'%20or%20'1'='1");
        let attack = raw::send(stage.address("all"), None, attack.as_bytes(), SOON).await.unwrap();
        assert_eq!(attack.status(), Some(403));
        let answer = raw::send(stage.address("all"), None, head("/socket").as_bytes(), SOON).await.unwrap();
        assert_ne!(answer.status(), Some(403));
        wait_for("the upgrade to arrive", SOON, async || {
            if stage.upstream.seen_at("/socket").len() == 1 { Ok(()) } else { Err("it did not".to_owned()) }
        })
        .await
        .unwrap();
    });
}

#[test]
fn an_upgrade_that_has_a_body_does_not_pass_unread() {
    run(async |stage| {
        let body = String::from_utf8_lossy(ATTACK).into_owned();
        let wire = format!(
            "POST /tunnel HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = raw::send(stage.address("all"), None, wire.as_bytes(), SOON).await.unwrap();
        // Envoy hands no part of such a body out, so that it never ends.
        assert_eq!(answer.status(), Some(408), "{}", answer.text());
        assert!(stage.upstream.seen_at("/tunnel").is_empty());
    });
}

#[test]
fn every_flagged_request_leaves_an_audit_line_and_others_do_not() {
    run(async |stage| {
        let plain = stage.send("all", Request::get("/plain")).await;
        assert_eq!(plain.line["waf"]["audit"], Value::Null);
        let secret = "1' or '1'='1' and password='hunter2secret";
        let target = "/search?q=1'%20or%20'1'='1'%20and%20password='hunter2secret";
        let refused = stage.send("all", Request::get(target)).await;
        assert_eq!(refused.reply.status, 403);
        let audit: Value = serde_json::from_str(refused.line["waf"]["audit"].as_str().unwrap()).unwrap();
        assert_eq!(audit["rule"], "all");
        assert_eq!(audit["inbound"], json!({ "score": 5, "threshold": 5 }));
        let first = &audit["matches"][0];
        assert_eq!(
            (first["id"].as_str(), first["where"].as_str(), first["phase"].as_str()),
            (Some("461300"), Some("ARGS:q"), Some("request_body"))
        );
        let all = refused.line.to_string();
        assert!(!all.contains("hunter2secret") && !all.contains(secret), "{all}");
        // It joins the refusal: both are in one line of the access log.
        assert_eq!(refused.line["waf"]["reason"], "waf.anomaly_score_exceeded");
        assert!(refused.line["waf"]["id"].as_str().is_some_and(|id| refused.reply.text().contains(id)));
    });
}

#[test]
fn matches_are_counted_by_rule_phase_and_mode() {
    run(async |stage| {
        let matched = async || {
            let samples = stage.envoy.metrics().await.unwrap();
            let labels = [("filter", "waf"), ("rule_id", "461400"), ("phase", "request_headers"), ("mode", "enforce")];
            count(&samples, "verdict_rule_matches_total", &labels)
        };
        let before = matched().await;
        for _ in 0..3 {
            let request = Request::get("/").header("user-agent", "nikto");
            assert_eq!(stage.send("all", request).await.reply.status, 403);
        }
        wait_for("the metric to tell of three more", SOON, async || {
            let now = matched().await;
            if now >= before + 3.0 { Ok(()) } else { Err(format!("{before} and {now}")) }
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_response_is_held_until_it_is_inspected() {
    run(async |stage| {
        let leak = "Warning: SQLSTATE[42S02]: Base table not found";
        let request = |path: &str| {
            Request::get(path).header("x-upstream-header", "content-type: text/plain").header("x-upstream-body", leak)
        };
        let passed = stage.send("all", request("/")).await.reply;
        assert_eq!((passed.status, passed.text().contains("SQLSTATE")), (200, true));
        let refused = stage.send("all", request("/watched")).await;
        assert_eq!(refused.reply.status, 403);
        assert!(!refused.reply.text().contains("SQLSTATE"));
        assert_eq!(refused.line["waf"]["reason"], "waf.anomaly_score_exceeded");
    });
}
