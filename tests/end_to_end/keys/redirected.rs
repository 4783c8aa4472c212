//! Requests that Envoy itself redirects: the filter decides about them a second time.

use serde_json::{Value, json};
use verdict_gateway::upstream::File;
use verdict_gateway::{Connection, Listener, Protocol, Request, Upstream};
use verdict_tests::tokens::MADE;

use super::{ADMITTED, filtered, is, provider, run, with_token};
use crate::watched::Watched;

pub(super) fn listeners(upstream: &Upstream) -> Vec<Listener> {
    for to in ["target", "guarded", "public", "optional", "other"] {
        let location = format!("http://shop.example/{to}");
        upstream.files().set(&format!("/to-{to}"), File::new("").status(302).header("location", location));
    }
    vec![redirecting("redirected", &json!({})), redirecting("stripped", &json!({ "pass_on": { "strip_token": true } }))]
}

/// A listener that follows redirects of the upstream, within the proxy.
fn redirecting(name: &str, more: &Value) -> Listener {
    let keys: Value = serde_json::from_str(&MADE.keys["all"]).unwrap();
    let mut config = json!({
        "default": "deny",
        "providers": {
            "login": provider(&json!({ "jwks": keys })),
            "other": { "issuer": "https://login.example/other", "audiences": ["other-api"], "keys": { "jwks": keys } },
        },
        "pass_on": { "claims": [{ "claim": ["sub"], "header": "x-user" }] },
        "rules": [
            { "name": "guarded", "match": { "paths": ["/guarded"] }, "scopes": { "all": ["payment:write"] } },
            { "name": "public", "match": { "paths": ["/public"] }, "access": "public" },
            { "name": "optional", "match": { "paths": ["/optional"] }, "access": "optional" },
            { "name": "other", "match": { "paths": ["/other"] }, "providers": ["other"] },
            { "name": "all" },
        ],
    });
    verdict_gateway::config::merge(&mut config, more.clone());
    let policy = json!({ "max_internal_redirects": 1, "redirect_response_codes": [302] });
    let route = json!({
        "match": { "prefix": "/" }, "route": { "cluster": "upstream", "internal_redirect_policy": policy },
    });
    let hosts = json!([{ "name": "everything", "domains": ["*"], "routes": [route] }]);
    filtered(name, &config).manager(json!({ "route_config": { "virtual_hosts": hosts } }))
}

/// What the upstream got of a header at that path, request by request, since the last time.
fn got(watched: &Watched, path: &str, header: &str, test_id: &str) -> Vec<Vec<String>> {
    let seen = watched.upstream.seen_at(path).into_iter().filter(|request| request.header("x-test-id") == [test_id]);
    seen.map(|request| request.header(header)).collect()
}

#[test]
fn after_an_internal_redirect_the_verdict_is_the_same_also_where_the_token_was_taken_out() {
    run("internal redirects", async |watched| {
        for (name, credentials) in
            [("redirected", vec![format!("Bearer {}", MADE.tokens["ES256"])]), ("stripped", vec![])]
        {
            for token in ["ES256", "write"] {
                is(watched, name, "/to-target", token, ADMITTED).await;
            }
            is(watched, name, "/to-target", "forged", "signature_invalid").await;
            is(watched, name, "/to-target", "expired", "token_expired").await;
            let request = with_token("/to-target", "ES256").header("x-user", "admin").header("x-test-id", name);
            let reply = request.send(watched.at(name)).await.unwrap();
            assert_eq!((reply.status, &reply.json().unwrap()["path"]), (200, &json!("/target")), "{name}");
            // The target gets what it would have got at once.
            assert_eq!(got(watched, "/target", "x-user", name), [["alice"]], "{name}");
            assert_eq!(got(watched, "/target", "authorization", name), [credentials], "{name}");
        }
    });
}

#[test]
fn the_target_of_an_internal_redirect_has_its_own_rule() {
    run("internal redirects to another rule", async |watched| {
        for name in ["redirected", "stripped"] {
            is(watched, name, "/to-guarded", "ES256", "scope_insufficient").await;
            is(watched, name, "/to-guarded", "write", ADMITTED).await;
            // Where a token is looked at, it says who calls; where none is, nobody does.
            for (path, target, users) in
                [("/to-optional", "/optional", vec!["alice"]), ("/to-public", "/public", vec![])]
            {
                let request = with_token(path, "ES256").header("x-user", "admin").header("x-test-id", name);
                assert_eq!(request.send(watched.at(name)).await.unwrap().status, 200, "{name}");
                assert_eq!(got(watched, target, "x-user", name), [users], "{name}");
            }
        }
        // The token is there and is none that the target accepts; taken out, it is not remembered as one of those, and not called missing.
        is(watched, "redirected", "/to-other", "ES256", "issuer_unknown").await;
        is(watched, "stripped", "/to-other", "ES256", "token_forgotten").await;
        // Those with the scope only.
        assert_eq!(watched.upstream.seen_at("/guarded").len(), 2);
    });
}

#[test]
fn a_token_that_was_taken_out_serves_no_other_request() {
    run("requests after an internal redirect", async |watched| {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let mut connection = Connection::open(watched.at("stripped"), protocol, None).await.unwrap();
            for _ in 0..2 {
                let reply = connection.send(with_token("/to-target", "ES256")).await.unwrap();
                assert_eq!(reply.status, 200);
                for path in ["/target", "/to-target"] {
                    let reply = connection.send(Request::get(path)).await.unwrap();
                    assert_eq!(reply.header("x-verdict-reason"), Some("jwt-scope.token_missing"), "{path}");
                }
                let reply = connection.send(Request::get("/optional").header("x-test-id", "nobody")).await.unwrap();
                assert_eq!(reply.status, 200);
            }
        }
        let users = got(watched, "/optional", "x-user", "nobody");
        assert!(users.len() == 4 && users.iter().all(Vec::is_empty), "{users:?}");
    });
}
