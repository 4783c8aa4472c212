//! Who answers makes no difference: a page reads the upstream, a later filter, and Envoy itself.

use std::slice;

use serde_json::{Value, json};
use verdict_gateway::upstream::File;
use verdict_tests::tokens::MADE;

use crate::scene::{Page, Scene, run};

#[test]
fn a_page_reads_why_a_later_filter_refused() {
    run(async |scene| {
        let bearer = |token: &str| json!({ "authorization": format!("Bearer {}", MADE.tokens[token]) });
        let cases = [
            ("/shop/1", json!({}), 401, "jwt-scope.token_missing"),
            ("/shop/2", bearer("expired"), 401, "jwt-scope.token_expired"),
            ("/shop/3", bearer("forged and expired"), 401, "jwt-scope.token_invalid"),
            ("/shop/4", bearer("no scope"), 403, "jwt-scope.scope_insufficient"),
        ];
        for (path, headers, status, reason) in cases {
            let saw = scene.ask(Page::Named, path, &json!({ "method": "POST", "headers": headers })).await;
            let answer = saw.answer();
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            assert_eq!(answer.headers["x-verdict-reason"], reason, "{path}");
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(body["verdict"]["reason"], reason, "{path}");
            assert!(body["verdict"]["remedy"].is_string(), "{path}: {body}");
            assert_eq!(scene.arrived(path), [""; 0], "{path}");
        }
        let saw = scene.ask(Page::Other, "/shop/5", &json!({ "method": "POST" })).await;
        assert_eq!(saw.status(), None, "the reason is not for pages of other origins");
    });
}

#[test]
fn a_page_reads_what_envoy_answers_by_itself() {
    run(async |scene| {
        scene.stage.upstream.files().set("/plain/down", File::new("").close());
        scene.stage.upstream.files().set("/plain/there", File::new("there"));
        let cases = [
            ("/nowhere/at-all", 404, ""),
            ("/plain/down", 503, "upstream connect error"),
            ("/plain/direct", 200, "direct"),
            ("/plain/moved", 200, "there"),
        ];
        for (path, status, body) in cases {
            let answer = scene.ask(Page::Named, path, &json!({})).await.answer();
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.body.starts_with(body), "{path}: {}", answer.body);
            assert_eq!(answer.redirected, path == "/plain/moved", "{path}");
            assert_eq!(scene.ask(Page::Other, path, &json!({})).await.status(), None, "{path}");
        }
        // Each hop has its preflight, and Envoy answers the first one too.
        let saw = scene.ask(Page::Named, "/plain/moved", &json!({ "method": "PUT" })).await;
        assert!(saw.answer().redirected);
        assert_eq!(scene.arrived("/plain/there"), ["GET", "PUT"]);
    });
}

/// Where the upstream grants these origins: under which `upstream` pages of the named and of the other origin read its answer.
async fn check(scene: &Scene, name: &str, granted: &[String], to_named: &[&str], to_other: &[&str]) {
    for way in ["replace", "keep", "merge"] {
        let path = format!("/{way}/{name}");
        let file = File::new("[]").header("access-control-allow-credentials", "true");
        let file = granted.iter().fold(file, |file, origin| file.header("access-control-allow-origin", origin));
        scene.stage.upstream.files().set(&path, file);
        for (page, reads) in [(Page::Named, to_named), (Page::Other, to_other)] {
            let saw = scene.ask(page, &path, &json!({})).await;
            assert_eq!(saw.status(), reads.contains(&way).then_some(200), "{page:?} {path}");
        }
    }
}

#[test]
fn whatever_the_upstream_grants_a_page_reads_what_the_rule_lets_it() {
    run(async |scene| {
        let [named, other] = [Page::Named, Page::Other].map(|page| scene.origin(page));
        let all = ["replace", "keep", "merge"];
        check(scene, "nobody", &[], &all, &[]).await;
        check(scene, "everybody", &["*".to_owned()], &all, &["keep"]).await;
        check(scene, "named", slice::from_ref(&named), &all, &[]).await;
        check(scene, "other", slice::from_ref(&other), &["replace", "merge"], &["keep"]).await;
        // Two grants are none to a browser: the rule counts again.
        check(scene, "twice", &[named.clone(), named.clone()], &all, &[]).await;
        check(scene, "both", &[named, other], &all, &[]).await;
    });
}
