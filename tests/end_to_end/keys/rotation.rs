//! Keys that come and go.

use serde_json::json;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Protocol, Upstream};

use super::{ADMITTED, VMS, asked, is, keyed, made, rarely, rest, run, set, settles, source, with_token};
use crate::plain::Plain;

pub(super) fn listeners(upstream: &Upstream, plain: &Plain) -> Vec<Listener> {
    for path in ["/rotation/new", "/rotation/replaced", "/rotation/made-up"] {
        upstream.files().set(path, File::new(set(&["ES256"])));
    }
    upstream.files().set("/rotation/refreshed", File::new(set(&["ES256", "rsa"])));
    plain.serve("/rotation/together", &set(&["ES256"]), true);
    let together = rarely("/rotation/together", &json!({ "cluster": "plain" }));
    vec![
        keyed("new", &json!({ "fetch": rarely("/rotation/new", &json!({})) }), &json!({})),
        keyed("together", &json!({ "fetch": together }), &json!({ "wait_seconds": 20 })),
        keyed("refreshed", &json!({ "fetch": source("/rotation/refreshed", &json!({})) }), &json!({})),
        keyed("replaced", &json!({ "fetch": source("/rotation/replaced", &json!({})) }), &json!({})),
        keyed("made-up", &json!({ "fetch": rarely("/rotation/made-up", &json!({})) }), &json!({})),
    ]
}

#[test]
fn a_token_of_a_new_key_is_admitted_after_one_fetch_and_those_of_a_withdrawn_key_no_more() {
    run("a rotation", async |watched| {
        let (path, files) = ("/rotation/new", watched.upstream.files());
        settles(watched, "new", "/", "ES256", 200).await;
        asked(watched, path, VMS).await;
        rest().await;
        files.set(path, File::new(set(&["ES256", "rsa"])));
        is(watched, "new", "/", "RS256", ADMITTED).await;
        assert_eq!(files.requests(path), VMS + 1);
        for token in ["ES256", "write", "RS256"] {
            is(watched, "new", "/", token, ADMITTED).await;
        }
        is(watched, "new", "/", "forged, RSA", "signature_invalid").await;
        assert_eq!(files.requests(path), VMS + 1);

        // These are remembered, and yet they end with their key.
        rest().await;
        files.set(path, File::new(set(&["rsa", "ES384"])));
        is(watched, "new", "/", "ES384", ADMITTED).await;
        for token in ["ES256", "write"] {
            is(watched, "new", "/", token, "key_unknown").await;
        }
        is(watched, "new", "/", "RS256", ADMITTED).await;
        assert!(files.requests(path) <= VMS + 3, "{}", files.requests(path));
    });
}

#[test]
fn tokens_of_a_new_key_that_come_together_share_one_fetch() {
    run("tokens of a new key together", async |watched| {
        let (path, plain) = ("/rotation/together", &watched.plain);
        settles(watched, "together", "/", "ES256", 200).await;
        rest().await;
        let before = plain.asked(path);
        plain.open(path, false);
        plain.change(path, &set(&["ES256", "rsa"]));
        let requests: Vec<_> = (0..20)
            .map(|number| {
                let protocol = if number % 2 == 0 { Protocol::Http1 } else { Protocol::Http2 };
                tokio::spawn(with_token("/", "RS256").protocol(protocol).send(watched.at("together")))
            })
            .collect();
        watched.under_way("together", 20).await;
        is(watched, "together", "/", "ES256", ADMITTED).await;
        plain.open(path, true);
        for request in requests {
            let reply = request.await.unwrap().unwrap();
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
        assert_eq!(plain.asked(path), before + 1);
    });
}

#[test]
fn a_refresh_withdraws_a_key_and_its_remembered_tokens() {
    run("a refresh without a key", async |watched| {
        for token in ["ES256", "RS256", "ES256", "RS256"] {
            settles(watched, "refreshed", "/", token, 200).await;
        }
        watched.upstream.files().set("/rotation/refreshed", File::new(set(&["rsa"])));
        settles(watched, "refreshed", "/", "ES256", 401).await;
        is(watched, "refreshed", "/", "ES256", "key_unknown").await;
        is(watched, "refreshed", "/", "RS256", ADMITTED).await;
        watched.upstream.files().set("/rotation/refreshed", File::new(set(&["rsa", "ES256"])));
        settles(watched, "refreshed", "/", "ES256", 200).await;
    });
}

#[test]
fn another_key_of_the_same_number_replaces_the_first() {
    run("another key of the same number", async |watched| {
        settles(watched, "replaced", "/", "ES256", 200).await;
        is(watched, "replaced", "/", "forged", "signature_invalid").await;
        watched.upstream.files().set("/rotation/replaced", made("another of that kid"));
        settles(watched, "replaced", "/", "forged", 200).await;
        is(watched, "replaced", "/", "ES256", "signature_invalid").await;
    });
}

#[test]
fn a_key_that_a_fetch_did_not_bring_is_not_asked_for_again() {
    run("a made-up key twice", async |watched| {
        let (path, files) = ("/rotation/made-up", watched.upstream.files());
        settles(watched, "made-up", "/", "ES256", 200).await;
        asked(watched, path, VMS).await;
        for _ in 0..2 {
            rest().await;
            for _ in 0..3 {
                is(watched, "made-up", "/", "unknown kid", "key_unknown").await;
            }
            assert_eq!(files.requests(path), VMS + 1);
        }
        // Whoever made up a key has not spoilt it for the real ones.
        files.set(path, File::new(set(&["ES256", "rsa"])));
        is(watched, "made-up", "/", "RS256", ADMITTED).await;
        assert_eq!(files.requests(path), VMS + 2);
    });
}
