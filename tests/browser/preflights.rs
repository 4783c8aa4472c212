//! Requests that need a preflight: it never reaches the upstream, and what it refuses is never sent.

use serde_json::{Value, json};

use crate::scene::{Page, run};

/// A PUT as applications send it.
fn put() -> Value {
    json!({
        "method": "PUT", "body": "{}",
        "headers": { "authorization": "Bearer abc", "content-type": "application/json" },
    })
}

#[test]
fn after_its_preflight_the_upstream_sees_the_request_and_nothing_else() {
    run(async |scene| {
        let public = json!({ "method": "DELETE", "headers": { "x-anything": "1" } });
        let cases = [
            (Page::Named, "/plain/put", put()),
            (Page::Named, "/plain/get", json!({ "headers": { "authorization": "Bearer abc" } })),
            (Page::Named, "/strict/post", json!({ "method": "POST", "body": "{}" })),
            (Page::Other, "/public/delete", public),
            // A page of the API itself needs no leave.
            (Page::Own, "/plain/own", put()),
        ];
        for (page, path, how) in cases {
            let saw = scene.ask(page, path, &how).await;
            assert_eq!(saw.status(), Some(200), "{page:?} {path}");
            let method = how["method"].as_str().unwrap_or("GET");
            assert_eq!(scene.arrived(path), [method], "{page:?} {path}");
        }
        let seen = scene.stage.upstream.seen_at("/plain/put");
        assert_eq!(seen.first().unwrap().header("authorization"), ["Bearer abc"]);
        assert_eq!(seen.first().unwrap().body, b"{}");

        let line = scene.logged("OPTIONS", "/plain/put").await;
        assert_eq!(line["status"], 204);
        assert_eq!(line["details"], "verdict:cors.answered");
    });
}

#[test]
fn what_a_preflight_refuses_is_never_sent() {
    run(async |scene| {
        let header = |name: &str| json!({ "method": "PUT", "headers": { name: "1" } });
        let cases = [
            (Page::Named, "/plain/delete", json!({ "method": "DELETE" }), "method_not_allowed"),
            (Page::Named, "/plain/header", header("x-secret"), "header_not_allowed"),
            (Page::Other, "/plain/origin", put(), "origin_not_allowed"),
            (Page::Other, "/strict/origin", put(), "origin_not_allowed"),
            // A star stands for every header but this one.
            (Page::Other, "/public/token", header("authorization"), "header_not_allowed"),
            (Page::Named, "/nowhere/put", put(), "method_not_allowed"),
        ];
        for (page, path, how, reason) in cases {
            let saw = scene.ask(page, path, &how).await;
            assert_eq!(saw.status(), None, "{page:?} {path}");
            assert_eq!(scene.arrived(path), [""; 0], "{page:?} {path}");
            let line = scene.logged("OPTIONS", path).await;
            assert_eq!(line["cors"]["reason"], format!("cors.{reason}"), "{path}");
            assert_eq!(line["status"], 403, "{path}");
        }
        let line = scene.logged("OPTIONS", "/plain/header").await;
        let denial: Value = serde_json::from_str(line["cors"]["denial"].as_str().unwrap()).unwrap();
        assert_eq!(denial["context"]["header"], "x-secret");
    });
}

#[test]
fn the_browser_remembers_an_answer_for_as_long_as_the_rule_says() {
    run(async |scene| {
        for (path, preflights) in [("/remembered/put", 1), ("/forgotten/put", 3)] {
            for _ in 0..3 {
                // A request that goes past the cache would go past this memory too.
                let saw = scene.ask(Page::Named, path, &json!({ "method": "PUT", "cache": "default" })).await;
                assert_eq!(saw.status(), Some(200), "{path}");
            }
            assert_eq!(scene.preflights(path, "PUT", 3).await, preflights, "{path}");
        }
    });
}
