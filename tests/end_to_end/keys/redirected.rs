//! Requests that Envoy itself redirects: the filter decides about them a second time.

use serde_json::{Value, json};
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Upstream};
use verdict_tests::tokens::MADE;

use super::{ADMITTED, filtered, is, provider, run, with_token};

pub(super) fn listeners(upstream: &Upstream) -> Vec<Listener> {
    for (path, to) in [("/moved", "/target"), ("/moved-to-guarded", "/guarded"), ("/moved-to-public", "/public")] {
        let location = format!("http://shop.example{to}");
        upstream.files().set(path, File::new("").status(302).header("location", location));
    }
    vec![redirecting("redirected", &json!({}))]
}

/// A listener that follows redirects of the upstream, within the proxy.
fn redirecting(name: &str, pass_on: &Value) -> Listener {
    let mut passed = json!({ "claims": [{ "claim": ["sub"], "header": "x-user" }] });
    verdict_gateway::config::merge(&mut passed, pass_on.clone());
    let keys: Value = serde_json::from_str(&MADE.keys["all"]).unwrap();
    let config = json!({
        "default": "deny", "providers": { "login": provider(&json!({ "jwks": keys })) }, "pass_on": passed,
        "rules": [
            { "name": "guarded", "match": { "paths": ["/guarded"] }, "scopes": { "all": ["payment:write"] } },
            { "name": "public", "match": { "paths": ["/public"] }, "access": "public" },
            { "name": "all" },
        ],
    });
    let policy = json!({ "max_internal_redirects": 1, "redirect_response_codes": [302] });
    let route = json!({
        "match": { "prefix": "/" }, "route": { "cluster": "upstream", "internal_redirect_policy": policy },
    });
    let hosts = json!([{ "name": "everything", "domains": ["*"], "routes": [route] }]);
    filtered(name, &config).manager(json!({ "route_config": { "virtual_hosts": hosts } }))
}

#[test]
fn after_an_internal_redirect_the_verdict_is_the_same() {
    run("internal redirects", async |watched| {
        let name = "redirected";
        is(watched, name, "/moved", "ES256", ADMITTED).await;
        let request = with_token("/moved", "ES256").header("x-user", "admin").header("x-test-id", "redirected");
        let reply = request.send(watched.at(name)).await.unwrap();
        assert_eq!(reply.status, 200);
        // It is the target that answered, and it got what it would have got at once.
        assert_eq!(reply.json().unwrap()["path"], "/target");
        let seen = watched.upstream.seen_at("/target");
        assert_eq!(seen.len(), 2);
        for request in seen {
            assert_eq!(request.header("x-user"), ["alice"]);
            assert_eq!(request.header("authorization"), [format!("Bearer {}", MADE.tokens["ES256"])]);
        }
        is(watched, name, "/moved", "forged", "signature_invalid").await;
        assert_eq!(watched.upstream.seen_at("/moved").len(), 2);
    });
}

#[test]
fn the_target_of_an_internal_redirect_has_its_own_rule() {
    run("internal redirects to another rule", async |watched| {
        let name = "redirected";
        is(watched, name, "/moved-to-guarded", "ES256", "scope_insufficient").await;
        assert!(watched.upstream.seen_at("/guarded").is_empty());
        is(watched, name, "/moved-to-guarded", "write", ADMITTED).await;
        assert_eq!(watched.upstream.seen_at("/guarded").len(), 1);
        let request = with_token("/moved-to-public", "ES256").header("x-user", "admin");
        assert_eq!(request.send(watched.at(name)).await.unwrap().status, 200);
        // Nobody looked at the token there, and so nobody vouches for a user.
        let seen = watched.upstream.seen_at("/public");
        assert!(seen.iter().all(|request| request.header("x-user").is_empty()), "{seen:?}");
        assert_eq!(seen.len(), 1);
    });
}
