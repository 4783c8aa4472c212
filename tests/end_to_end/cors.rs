//! The filter `cors` in front of others in the real Envoy: a page can read what they and Envoy itself answer, and preflights end here.

use serde_json::{Value, json};
use verdict_gateway::{Listener, Plugin, Protocol, Request, Upstream};
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

use crate::stage::{Shared, Stage, listener};

/// Whose pages may read.
const SHOP: &str = "https://shop.example";

static STAGE: Shared<Stage> = Shared::new();

fn run(test: impl AsyncFnOnce(&Stage)) {
    STAGE.with(async || Stage::start(Upstream::start().await.unwrap(), vec![("pages", pages())]).await, test);
}

/// First `cors`, then a filter that wants a token, then routes that Envoy answers in many ways.
fn pages() -> Listener {
    let rule = |name: &str, more: Value| {
        let mut rule = json!({ "name": name, "match": { "paths": [format!("/{name}/**")] }, "origins": [SHOP] });
        verdict_gateway::config::merge(&mut rule, more);
        rule
    };
    let rules = [
        rule("guarded", json!({ "request_headers": ["authorization"], "methods": ["GET", "PUT"] })),
        rule("kept", json!({ "upstream": "keep" })),
        rule("merged", json!({ "upstream": "merge", "expose": ["x-own"] })),
        json!({ "name": "all", "origins": [SHOP] }),
    ];
    let cors = json!({ "default": "deny", "rules": rules });
    let shop = json!({ "issuer": "https://login.example/shop", "audiences": ["shop-api"], "keys": { "jwks": MADE.keys["all"] } });
    let tokens = json!({
        "default": "allow", "providers": { "shop": shop }, "preflights": "verify",
        "rules": [{ "name": "guarded", "match": { "paths": ["/guarded/**"] } }],
    });
    let route = |prefix: &str, action: Value| {
        let mut route = json!({ "match": { "prefix": prefix } });
        verdict_gateway::config::merge(&mut route, action);
        route
    };
    let routes = [
        route("/direct", json!({ "direct_response": { "status": 418, "body": { "inline_string": "short" } } })),
        route("/moved", json!({ "redirect": { "path_redirect": "/elsewhere" } })),
        route("/nobody", json!({ "route": { "cluster": "nobody" } })),
        route("/guarded", json!({ "route": { "cluster": "upstream" } })),
        route("/kept", json!({ "route": { "cluster": "upstream" } })),
        route("/merged", json!({ "route": { "cluster": "upstream" } })),
        route("/found", json!({ "route": { "cluster": "upstream" } })),
    ];
    let hosts = json!([{ "name": "all", "domains": ["*"], "routes": routes }]);
    listener("pages", &["cors", "jwt-scope"])
        .plugin(Plugin::new("cors", module_of("cors"), &cors))
        .plugin(Plugin::new("jwt-scope", module_of("jwt-scope"), &tokens))
        .manager(json!({ "route_config": { "name": "pages", "virtual_hosts": hosts, "validate_clusters": false } }))
}

#[test]
fn a_page_can_read_whatever_is_answered_behind_the_filter() {
    run(async |stage| {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            for (path, token, status, reason) in [
                ("/found/1", None, 200, None),
                ("/missing", None, 404, None),
                ("/direct", None, 418, None),
                ("/moved", None, 301, None),
                ("/nobody", None, 503, None),
                ("/guarded/1", None, 401, Some("jwt-scope.token_missing")),
                ("/guarded/1", Some("expired"), 401, Some("jwt-scope.token_expired")),
                ("/kept/1", None, 200, None),
                ("/merged/1", None, 200, None),
            ] {
                let request = Request::get(path).protocol(protocol).header("origin", SHOP);
                let request = match token {
                    Some(token) => request.header("authorization", format!("Bearer {}", MADE.tokens[token])),
                    None => request,
                };
                let reply = stage.send("pages", request).await.reply;
                assert_eq!(reply.status, status, "{path}: {}", reply.text());
                assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP), "{path}: {:?}", reply.headers);
                let exposed = reply.header("access-control-expose-headers").unwrap_or_default();
                let why = exposed.split(", ").any(|name| name == "x-verdict-reason");
                assert!(why || reason.is_none(), "{path}: {exposed}");
                let varies = reply.headers.iter().filter(|(name, _)| name == "vary");
                let varies: Vec<_> = varies.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
                assert!(varies.join(",").contains("Origin"), "{path}: {varies:?}");
                assert_eq!(reply.header("x-verdict-reason"), reason, "{path}");

                // And another page cannot, though it is answered the same.
                let other = stage.send("pages", Request::get(path).protocol(protocol).header("origin", "null")).await;
                assert_eq!(other.reply.header("access-control-allow-origin"), None, "{path}");
                assert_eq!(other.line["cors"]["reason"], "cors.origin_not_allowed", "{path}: {}", other.line);
                assert_eq!(other.line["cors"]["decision"], "withheld", "{path}: {}", other.line);
                // It has no token: where one is wanted, that is why it was refused, and the header says the same as the body.
                let guarded = path.starts_with("/guarded/");
                let told = if guarded { "jwt-scope.token_missing" } else { "cors.origin_not_allowed" };
                assert_eq!(other.reply.header("x-verdict-reason"), Some(told), "{path}: {:?}", other.reply.headers);
            }
        }
    });
}

#[test]
fn a_preflight_ends_at_the_filter_though_those_behind_want_a_token() {
    run(async |stage| {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            for (path, method, headers, status, reason) in [
                ("/guarded/1", "PUT", "authorization", 204, None),
                ("/guarded/1", "DELETE", "authorization", 403, Some("cors.method_not_allowed")),
                ("/guarded/1", "PUT", "x-other", 403, Some("cors.header_not_allowed")),
                ("/nobody", "GET", "", 204, None),
                ("/missing", "GET", "", 204, None),
            ] {
                let request = Request::new("OPTIONS", path)
                    .protocol(protocol)
                    .header("origin", SHOP)
                    .header("access-control-request-method", method)
                    .header("access-control-request-headers", headers);
                let exchange = stage.send("pages", request).await;
                assert_eq!(exchange.reply.status, status, "{path} {method}: {}", exchange.reply.text());
                assert_eq!(exchange.reply.header("x-verdict-reason"), reason, "{path} {method}");
                let details = reason.map_or("verdict:cors.answered".to_owned(), |reason| format!("verdict:{reason}"));
                assert_eq!(exchange.line["details"], details, "{path} {method}");
                let granted = exchange.reply.header("access-control-allow-methods");
                assert_eq!(granted, (status == 204).then_some(method), "{path} {method}");
            }
        }
        let reached = stage.upstream.seen().iter().filter(|seen| seen.method == "OPTIONS").count();
        assert_eq!(reached, 0, "a preflight reached the upstream");
    });
}
