//! Who the caller is, handed from `jwt-scope` to `subscription` in the real Envoy, and what becomes of others who would have a say in it.

use serde_json::{Value, json};
use verdict_gateway::config::merge;
use verdict_gateway::{Listener, Plugin, Request, Upstream};
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

use crate::stage::{Shared, Stage, listener};

/// The Envoy of this file.
static STAGE: Shared<Stage> = Shared::new();

fn run(test: impl AsyncFnOnce(&Stage)) {
    STAGE.with(start, test);
}

/// Where `jwt-scope` leaves it, as other filters of Envoy know it.
const IDENTITY: &str = "wasm.verdict.jwt-scope.identity";

async fn start() -> Stage {
    let listeners = vec![
        ("identified", chain("identified", true)),
        ("not handed on", chain("not handed on", false)),
        ("nobody's consumer", {
            let listener = listener("nobody's consumer", &FILTERS).plugin(tokens(&json!({})));
            listener.plugin(subscriptions("bob"))
        }),
        // Somebody else speaks in the filter's name: before it, with another token, and between the two.
        (
            "taken",
            plugins(
                listener("taken", &FILTERS).plugin(tokens(&json!({ "token_from": [{ "header": "x-token" }] }))),
                true,
            ),
        ),
        ("overwritten", {
            let listener = listener("overwritten", &FILTERS).plugin(tokens(&json!({}))).filter(forger());
            listener.plugin(subscriptions("alice"))
        }),
    ];
    Stage::start(Upstream::start().await.unwrap(), listeners).await
}

const FILTERS: [&str; 2] = ["jwt-scope", "subscription"];

fn chain(name: &str, identity: bool) -> Listener {
    plugins(listener(name, &FILTERS), identity)
}

/// Tokens are verified; then whoever the token names must have subscribed.
fn plugins(listener: Listener, identity: bool) -> Listener {
    listener.plugin(tokens(&json!({ "pass_on": { "identity": identity } }))).plugin(subscriptions("alice"))
}

/// Hands on who the caller is, with a digest of the token.
fn tokens(more: &Value) -> Plugin {
    let shop = json!({
        "issuer": "https://login.example/shop", "audiences": ["shop-api"], "keys": { "jwks": MADE.keys["all"] },
    });
    let mut config = json!({
        "default": "deny", "providers": { "shop": shop }, "pass_on": { "identity": true, "strip_token": true },
        "rules": [
            { "name": "anybody", "match": { "paths": ["/anybody"] }, "access": "public" },
            { "name": "known" },
        ],
    });
    merge(&mut config, more.clone());
    Plugin::new("jwt-scope", module_of("jwt-scope"), &config)
}

/// The shop is known by that identity.
fn subscriptions(shop: &str) -> Plugin {
    let consumer =
        |identity| json!({ "identities": [identity], "subscriptions": [{ "api": "orders", "state": "active" }] });
    let config = json!({
        "default": "deny", "on_error": "allow", "identity": { "claim": "sub" },
        "pass_on": { "consumer_header": "x-consumer" },
        "source": { "inline": { "consumers": { "shop": consumer(shop), "admin": consumer("mallory") } } },
        "rules": [{ "name": "orders", "api": "orders" }],
    });
    Plugin::new("subscription", module_of("subscription"), &config)
}

/// A filter of Envoy's own that leaves another identity under the same name.
fn forger() -> Value {
    let forged = json!({ "filter": "jwt-scope", "claims": { "sub": "mallory" } }).to_string();
    json!({
        "name": "forger",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "on_request_headers": [{
                "object_key": IDENTITY,
                "factory_key": "envoy.string",
                "format_string": { "text_format_source": { "inline_string": forged } },
            }],
        },
    })
}

fn with_token(path: &str) -> Request {
    Request::get(path).header("authorization", format!("Bearer {}", MADE.tokens["ES256"]))
}

/// Who the upstream was told that the caller is.
fn consumers(stage: &Stage, path: &str) -> Vec<String> {
    stage.upstream.seen_at(path).iter().flat_map(|seen| seen.header("x-consumer")).collect()
}

#[test]
fn a_subscription_is_found_by_the_identity_that_the_token_proved() {
    run(async |stage| {
        let exchange = stage.send("identified", with_token("/orders").header("x-consumer", "admin")).await;
        assert_eq!(exchange.reply.status, 200, "{}", exchange.line);
        assert_eq!(consumers(stage, "/orders"), ["shop"]);
    });
}

#[test]
fn without_a_verified_token_or_its_handing_on_nobody_is_identified() {
    run(async |stage| {
        for (listener, request) in [
            ("identified", Request::get("/anybody")),
            ("identified", Request::get("/anybody").header("x-sub", "mallory").header("sub", "mallory")),
            ("not handed on", with_token("/orders")),
        ] {
            let exchange = stage.send(listener, request).await;
            let reason = exchange.reply.header("x-verdict-reason");
            assert_eq!((exchange.reply.status, reason), (401, Some("subscription.identity_unavailable")), "{listener}");
        }
    });
}

#[test]
fn whose_identity_is_nobodys_consumer_is_told_so_and_nothing_of_keys() {
    run(async |stage| {
        let exchange = stage.send("nobody's consumer", with_token("/orders")).await;
        let reason = exchange.reply.header("x-verdict-reason");
        assert_eq!((exchange.reply.status, reason), (403, Some("subscription.identity_unknown")));
        assert_eq!(exchange.reply.header("www-authenticate"), None);
    });
}

#[test]
fn whoever_speaks_in_the_filters_name_before_it_is_found_out() {
    run(async |stage| {
        let other = MADE.tokens["RS256"].clone();
        let exchange = stage.send("taken", with_token("/orders").header("x-token", other)).await;
        let reason = exchange.reply.header("x-verdict-reason");
        assert_eq!((exchange.reply.status, reason), (500, Some("jwt-scope.identity_taken")));
    });
}

#[test]
fn whoever_would_change_it_afterwards_cannot() {
    run(async |stage| {
        let exchange = stage.send("overwritten", with_token("/overwritten")).await;
        assert_eq!(exchange.reply.status, 200, "{}", exchange.line);
        assert_eq!(consumers(stage, "/overwritten"), ["shop"]);
    });
}
