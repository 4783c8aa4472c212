//! Credentials: whose cookies go along, and who can read the answer then.

use serde_json::json;
use verdict_gateway::upstream::File;

use crate::scene::{Page, run};

#[test]
fn an_answer_to_a_request_with_cookies_is_read_only_where_credentials_are_allowed() {
    run(async |scene| {
        let login = File::new("{}").header("set-cookie", "session=abc; Path=/; SameSite=Strict");
        scene.stage.upstream.files().set("/cookies/login", login);
        let saw = scene.ask(Page::Named, "/cookies/login", &json!({ "credentials": "include" })).await;
        assert_eq!(saw.status(), Some(200));

        let cases = [
            (Page::Named, "/cookies/1", "GET", "include", true),
            (Page::Named, "/cookies/2", "PUT", "include", true),
            (Page::Named, "/cookies/3", "GET", "omit", true),
            (Page::Other, "/cookies/4", "GET", "include", false),
            (Page::Named, "/plain/5", "GET", "include", false),
            (Page::Named, "/plain/6", "GET", "omit", true),
            (Page::Other, "/public/7", "GET", "include", false),
            (Page::Other, "/public/8", "GET", "omit", true),
            (Page::Own, "/plain/9", "GET", "include", true),
        ];
        for (page, path, method, credentials, reads) in cases {
            let saw = scene.ask(page, path, &json!({ "method": method, "credentials": credentials })).await;
            assert_eq!(saw.status(), reads.then_some(200), "{page:?} {path} {credentials}");
            let seen = scene.stage.upstream.seen_at(path);
            assert_eq!(seen.len(), 1, "{page:?} {path}");
            let sent: &[&str] = if credentials == "include" { &["session=abc"] } else { &[] };
            assert_eq!(seen.first().unwrap().header("cookie"), sent, "{page:?} {path}");
        }
    });
}

#[test]
fn a_request_with_cookies_that_needs_a_preflight_is_not_sent_where_they_are_not_allowed() {
    run(async |scene| {
        let saw = scene.ask(Page::Named, "/plain/put", &json!({ "method": "PUT", "credentials": "include" })).await;
        assert_eq!(saw.status(), None);
        assert_eq!(scene.arrived("/plain/put"), [""; 0]);
        // The filter has granted what the rule grants; the browser asks for more.
        assert_eq!(scene.logged("OPTIONS", "/plain/put").await["status"], 204);
    });
}
