//! Requests that need no preflight: who can read the answer, and whether the upstream is asked at all.

use serde_json::json;
use verdict_gateway::upstream::File;

use crate::scene::{Page, Scene, run};

/// Whether a page reads 200 of a simple request, and whether that request reaches the upstream.
async fn check(scene: &Scene, page: Page, method: &str, path: &str, reads: bool, reaches: bool) {
    let saw = scene.ask(page, path, &json!({ "method": method })).await;
    assert_eq!(saw.status(), reads.then_some(200), "{page:?} {method} {path}: {saw:?}");
    let expected: &[&str] = if reaches { &[method] } else { &[] };
    assert_eq!(scene.arrived(path), expected, "{page:?} {method} {path}");
}

#[test]
fn a_page_reads_the_answer_if_its_origin_is_named_and_the_upstream_is_asked_either_way() {
    run(async |scene| {
        check(scene, Page::Named, "GET", "/plain/1", true, true).await;
        check(scene, Page::Named, "POST", "/plain/2", true, true).await;
        check(scene, Page::Other, "GET", "/plain/3", false, true).await;
        check(scene, Page::Other, "POST", "/plain/4", false, true).await;
        check(scene, Page::Own, "GET", "/plain/5", true, true).await;
        check(scene, Page::Own, "POST", "/plain/6", true, true).await;
        check(scene, Page::Other, "GET", "/public/7", true, true).await;
        check(scene, Page::Other, "POST", "/both/8", true, true).await;

        let line = scene.logged("POST", "/plain/4").await;
        assert_eq!(line["cors"]["decision"], "withheld");
        assert_eq!(line["cors"]["reason"], "cors.origin_not_allowed");
    });
}

#[test]
fn where_others_are_denied_the_upstream_sees_only_what_changes_nothing() {
    run(async |scene| {
        check(scene, Page::Named, "POST", "/strict/1", true, true).await;
        check(scene, Page::Own, "POST", "/strict/2", true, true).await;
        check(scene, Page::Other, "GET", "/strict/3", false, true).await;
        check(scene, Page::Other, "POST", "/strict/4", false, false).await;

        let line = scene.logged("POST", "/strict/4").await;
        assert_eq!(line["status"], 403);
        assert_eq!(line["cors"]["reason"], "cors.origin_not_allowed");
    });
}

#[test]
fn a_page_reads_exposed_headers_and_no_others() {
    run(async |scene| {
        let file = || {
            File::new("[]")
                .header("content-type", "application/json")
                .header("x-total-count", "7")
                .header("x-cost", "3")
                .header("x-internal", "secret")
        };
        let exposing = |names: &str| file().header("access-control-expose-headers", names);
        let cases: [(&str, File, &[&str]); 6] = [
            ("/exposing/1", file(), &["x-total-count"]),
            ("/plain/2", file(), &[]),
            ("/replace/3", exposing("x-cost"), &[]),
            ("/merge/4", exposing("x-cost"), &["x-cost", "x-total-count"]),
            ("/keep/5", exposing("x-cost"), &[]),
            ("/public/6", file(), &["x-cost", "x-internal", "x-total-count"]),
        ];
        for (path, file, expected) in cases {
            scene.stage.upstream.files().set(path, file);
            let answer = scene.ask(Page::Named, path, &json!({})).await.answer();
            // This one needs no permission.
            assert_eq!(answer.headers["content-type"], "application/json", "{path}");
            let ours: Vec<&str> = ["x-cost", "x-internal", "x-total-count"]
                .into_iter()
                .filter(|name| answer.headers.contains_key(*name))
                .collect();
            assert_eq!(ours, expected, "{path}: {:?}", answer.headers);
        }
    });
}

#[test]
fn what_the_cache_has_for_one_origin_is_not_given_to_another() {
    run(async |scene| {
        let path = "/both/cached";
        let file = File::new("[]").header("cache-control", "max-age=600").header("vary", "accept");
        scene.stage.upstream.files().set(path, file);
        for (page, requests) in [(Page::Named, 1), (Page::Named, 1), (Page::Other, 2)] {
            let saw = scene.ask(page, path, &json!({ "cache": "default" })).await;
            assert_eq!(saw.status(), Some(200), "{page:?}");
            assert_eq!(scene.arrived(path).len(), requests, "{page:?}");
        }
    });
}

#[test]
fn in_shadow_nothing_is_granted_and_nothing_is_answered() {
    run(async |scene| {
        for page in [Page::Named, Page::Other] {
            let path = format!("/shadow/{page:?}");
            assert_eq!(scene.ask(page, &path, &json!({})).await.status(), None, "{page:?}");
            assert_eq!(scene.arrived(&path), ["GET"], "{page:?}");
        }
        assert_eq!(scene.logged("GET", "/shadow/Other").await["cors"]["decision"], "would_deny");
        // The upstream answers the preflight then, and grants nothing.
        let saw = scene.ask(Page::Named, "/shadow/put", &json!({ "method": "PUT" })).await;
        assert_eq!(saw.status(), None);
        assert_eq!(scene.arrived("/shadow/put"), ["OPTIONS"]);
    });
}
