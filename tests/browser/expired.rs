//! A page of a shop that shows its user why an order was refused, and what helps.

use serde_json::{Value, json};
use verdict_gateway::{repository, wait_for};
use verdict_tests::tokens::filled;

use crate::scene::{Page, run};
use crate::stage::SOON;

/// The page. `<api>` stands for the origin of the API, and the token is named as in scenarios.
const EXPIRED: &str = include_str!("pages/expired.html");

/// The text of everything in the card that is visible and has a name.
const SHOWN: &str = "return Object.fromEntries([...document.querySelectorAll('#refusal [id]')]
    .filter((element) => element.checkVisibility())
    .map((element) => [element.id, element.innerText]))";

#[test]
fn a_page_shows_its_user_that_the_token_has_expired_and_what_helps() {
    run(async |scene| {
        let page = filled(EXPIRED).unwrap().replace("<api>", &scene.origin(Page::Own));
        scene.publish("/expired.html", &page);
        scene.browser.open(&format!("{}/expired.html", scene.origin(Page::Named))).await;
        assert_eq!(scene.browser.run(SHOWN, json!(null)).await, json!({}), "before anything was ordered");

        scene.browser.click("#order").await;
        let shown = wait_for("the page to show a refusal", SOON, async || {
            let shown = scene.browser.run(SHOWN, json!(null)).await;
            if shown == json!({}) { Err("nothing".to_owned()) } else { Ok(shown) }
        });
        let shown = shown.await.unwrap();
        assert_eq!(shown["title"], "The token of this request has expired.");
        assert!(shown["detail"].as_str().unwrap().starts_with("The token expired at "), "{shown}");
        assert_eq!(shown["reason"], "jwt-scope.token_expired");
        assert_eq!(shown["remedy"], "Ask the authorization server for a new token.");
        assert_eq!(shown["contact"], "support@shop.example");
        let line = scene.logged("POST", "/shop/orders").await;
        let id = line["jwt-scope"]["id"].as_str().unwrap();
        assert_eq!(shown["number"], Value::from(id));
        assert_eq!(scene.arrived("/shop/orders"), [""; 0]);

        if let Some(path) = std::env::var_os("SCREENSHOT") {
            let picture = scene.browser.screenshot(1000, 548).await;
            std::fs::write(repository().join(path), picture).unwrap();
        }
    });
}
