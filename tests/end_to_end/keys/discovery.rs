//! Keys whose place a discovery document names.

use serde_json::json;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Upstream, wait_for};

use super::{ADMITTED, VMS, asked, is, keyed, run, says, set, settles, source, told};
use crate::stage::SOON;

/// The issuer of the tokens.
const ISSUER: &str = "https://login.example/shop";

fn document(issuer: &str, jwks_uri: &str) -> File {
    File::new(json!({ "issuer": issuer, "jwks_uri": jwks_uri, "scopes_supported": ["openid"] }).to_string())
}

pub(super) fn listeners(upstream: &Upstream) -> Vec<Listener> {
    let files = upstream.files();
    files.set("/discovery/moves", document(ISSUER, "https://keys.example:8443/discovery/first"));
    files.set("/discovery/first", File::new(set(&["ES256"])));
    files.set("/discovery/second", File::new(set(&["rsa"])));
    files.set("/discovery/other", document(ISSUER, "https://keys.example/discovery/others-keys"));
    files.set("/discovery/others-keys", File::new(set(&["ES256"])));
    files.set("/discovery/never", document("https://login.example/other", "https://keys.example/discovery/first"));
    files.set("/discovery/late", File::new("").status(500));
    files.set("/discovery/late-keys", File::new("").status(500));
    ["moves", "other", "never", "late"]
        .map(|name| {
            let keys = json!({ "discovery": source(&format!("/discovery/{name}"), &json!({})) });
            let wait = if name == "late" { 20 } else { 1 };
            keyed(&format!("discovered-{name}"), &keys, &json!({ "wait_seconds": wait }))
        })
        .into()
}

#[test]
fn keys_are_fetched_from_where_the_document_says_also_when_that_changes() {
    run("a discovery document that changes", async |watched| {
        let name = "discovered-moves";
        settles(watched, name, "/", "ES256", 200).await;
        let seen = watched.upstream.seen_at("/discovery/first");
        assert!(seen.iter().any(|request| request.header("host") == ["keys.example:8443"]), "{seen:?}");
        watched.upstream.files().set("/discovery/moves", document(ISSUER, "http://keys.example/discovery/second?v=2"));
        settles(watched, name, "/", "RS256", 200).await;
        is(watched, name, "/", "ES256", "key_unknown").await;
        // Nobody asks at the old place any more.
        let files = watched.upstream.files();
        wait_for("the old place to be left alone", SOON, async || {
            let (old, new) = (files.requests("/discovery/first"), files.requests("/discovery/second"));
            asked(watched, "/discovery/second", new + 2 * VMS).await;
            let more = files.requests("/discovery/first") - old;
            if more == 0 { Ok(()) } else { Err(format!("{more} times more")) }
        })
        .await
        .unwrap();
        is(watched, name, "/", "RS256", ADMITTED).await;
        told(watched, "verdict_data_entries", name, |keys| keys == 1.0).await;
    });
}

#[test]
fn a_document_of_another_issuer_or_without_an_address_changes_nothing() {
    run("a discovery document of another issuer", async |watched| {
        let name = "discovered-other";
        settles(watched, name, "/", "ES256", 200).await;
        let elsewhere = "https://keys.example/discovery/second";
        for (document, note) in [
            (document("https://login.example/shop/", elsewhere), "another issuer, `https://login.example/shop/`"),
            (document(ISSUER, "ftp://keys.example/discovery/second"), "its `jwks_uri` is no http or https address"),
            (File::new(json!({ "issuer": ISSUER }).to_string()), "it has no `jwks_uri`"),
            (File::new("<html>"), "it is not JSON"),
            (File::new("").close(), "the answer has status 503"),
        ] {
            watched.upstream.files().set("/discovery/other", document);
            // Of failures in a row only some are told; after a good answer the first is.
            says(watched, &["`discovered-other.discovery`: fetch from `files` failed", note]).await;
            for (token, reason) in [("ES256", ADMITTED), ("RS256", "key_unknown"), ("forged", "signature_invalid")] {
                is(watched, name, "/", token, reason).await;
            }
            watched.upstream.files().set(
                "/discovery/other",
                super::discovery::document(ISSUER, "https://keys.example/discovery/others-keys"),
            );
            let before = watched.upstream.files().requests("/discovery/other");
            asked(watched, "/discovery/other", before + 2 * VMS).await;
        }
    });
}

#[test]
fn without_a_document_of_the_issuer_there_are_no_keys() {
    run("no discovery document of the issuer", async |watched| {
        for token in ["ES256", "forged"] {
            is(watched, "discovered-never", "/", token, "keys_unavailable").await;
        }
        is(watched, "discovered-never", "/", "other issuer", "issuer_unknown").await;
    });
}

#[test]
fn requests_wait_for_the_document_and_then_for_the_keys() {
    run("a discovery document that comes late", async |watched| {
        let name = "discovered-late";
        let request = tokio::spawn(super::with_token("/", "ES256").send(watched.at(name)));
        watched.under_way(name, 1).await;
        let files = watched.upstream.files();
        files.set("/discovery/late", document(ISSUER, "https://keys.example/discovery/late-keys"));
        asked(watched, "/discovery/late-keys", VMS).await;
        watched.under_way(name, 1).await;
        files.set("/discovery/late-keys", File::new(set(&["ES256"])));
        assert_eq!(request.await.unwrap().unwrap().status, 200);
    });
}
