//! What others say in our name, and what we leave alone of what others say.

use serde_json::json;
use verdict_gateway::{Listener, Plugin, Request};
use verdict_tests::envoy::module_of;

use super::{addresses, allowlist, another, run};
use crate::stage::{Exchange, listener};

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let any = json!({ "rules": [{ "name": "everybody", "allow": ["any"] }] });
    let everybody = addresses("first", &any);
    let first = Plugin::new("ip-allowlist", module_of("ip-allowlist"), &everybody);
    let second = another(&addresses("second", &json!({})));
    let routes = json!({ "route_config": { "virtual_hosts": [{
        "name": "known", "domains": ["known.example"],
        "routes": [{ "name": "upstream", "match": { "prefix": "/" }, "route": { "cluster": "upstream" } }],
    }] } });
    let (_, unrouted) = allowlist("unrouted", &json!({}));
    vec![
        ("two", listener("two", &["ip-allowlist"]).plugin(first).plugin(second)),
        ("unrouted", unrouted.manager(routes)),
        allowlist("others", &json!({})),
    ]
}

#[test]
fn a_clients_own_headers_in_our_name_are_removed() {
    run(async |stage| {
        let request = Request::get("/own/client").from("127.0.0.2").header("x-verdict-reason", "mine");
        let request = request.header("X-Verdict-Id", "1").header("X-VERDICT-id", "2").header("x-verdictive", "kept");
        assert_eq!(stage.send("others", request).await.reply.status, 200);
        let seen = stage.upstream.seen_at("/own/client");
        let ours: Vec<_> = seen[0].headers.iter().filter(|(name, _)| name.starts_with("x-verdict")).collect();
        assert_eq!(ours, [&("x-verdictive".to_owned(), b"kept".to_vec())]);
    });
}

#[test]
fn an_upstreams_own_reason_is_removed_whatever_its_status() {
    run(async |stage| {
        for status in ["200", "403", "503"] {
            let request = Request::get("/own/upstream").from("127.0.0.2").header("x-upstream-status", status);
            let request = request.header("x-upstream-header", "X-Verdict-Reason: ip-allowlist.denied");
            let request = request.header("x-upstream-header", "x-kept: 1");
            let Exchange { reply, line } = stage.send("others", request).await;
            assert_eq!(reply.status.to_string(), status);
            assert_eq!((reply.header("x-verdict-reason"), reply.header("x-kept")), (None, Some("1")));
            assert_eq!(line["details"], "via_upstream");
        }
    });
}

#[test]
fn the_refusal_of_a_filter_behind_passes_the_one_in_front_as_it_is() {
    run(async |stage| {
        let Exchange { reply, line } = stage.send("two", Request::get("/").from("127.0.0.3")).await;
        assert_eq!((reply.status, reply.header("x-verdict-reason")), (403, Some("ip-allowlist.not_allowed")));
        assert_eq!(line["ip-allowlist"]["rule"], "second-office");
        assert_eq!(line["details"], "verdict:ip-allowlist.not_allowed");
        let Exchange { reply, .. } = stage.send("two", Request::get("/").from("127.0.0.2")).await;
        assert_eq!(reply.status, 200);
        let labels = [("decision", "allowed"), ("rule", "everybody")];
        assert_eq!(stage.count("verdict_decisions_total", &labels).await, 2.0);
    });
}

#[test]
fn envoys_own_answers_stay_as_they_are() {
    run(async |stage| {
        let request = Request::get("/").host("unknown.example");
        let Exchange { reply, line } = stage.send("unrouted", request.from("127.0.0.2")).await;
        assert_eq!((reply.status, reply.body.as_slice()), (404, b"".as_slice()));
        assert!(
            !reply.headers.iter().any(|(name, _)| name.starts_with("x-verdict") || name == "cache-control"),
            "{reply:?}"
        );
        assert_eq!((line["details"].as_str(), line["ip-allowlist"]["id"].as_str()), (Some("route_not_found"), None));
        // The filter stands before the router: who may not come in is not told what there is.
        let request = Request::get("/").host("unknown.example");
        assert_eq!(stage.send("unrouted", request.from("127.0.0.3")).await.reply.status, 403);
        let request = Request::get("/").host("known.example");
        assert_eq!(stage.send("unrouted", request.from("127.0.0.2")).await.reply.status, 200);
    });
}
