//! Answers that are no keys, or not all of them: the last good keys stay, and the log and the metrics tell.

use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Upstream};
use verdict_tests::tokens::MADE;

use super::{ADMITTED, VMS, asked, filtered, is, keyed, made, provider, run, says, set, settles, source, told};
use crate::plain::Plain;

/// Answers that bring no keys, each with the note that the operator gets. Where an answer can have keys, they are such that a forged
/// token would be admitted.
fn useless() -> Vec<(&'static str, File, &'static str)> {
    let theirs = &MADE.keys["another of that kid"];
    let bad = "it has no key that can be used: ";
    vec![
        ("page", File::new("<html>logged out</html>").header("content-type", "text/html"), "it is not JSON: "),
        ("rubbish", File::new(&b"\xff\xfe\x00{"[..]), "it is not JSON: "),
        ("cut", File::new(theirs.trim_end_matches('}').to_owned()), "it is not JSON: "),
        ("deep", File::new("[".repeat(1500)), "it is not JSON: "),
        ("list", File::new("[]"), "the document cannot be used, "),
        ("no-keys", File::new(r#"{"keys":[]}"#), "it has no keys"),
        ("only-bad", made("only bad"), bad),
        ("secret", made("hmac"), bad),
        ("empty", File::new(""), "the answer is empty"),
        ("error", File::new(theirs.clone()).status(500), "the answer has status 500"),
        ("elsewhere", File::new(theirs.clone()).status(302), "the answer has status 302"),
        ("accepted", File::new(theirs.clone()).status(202), "the answer has status 202"),
        // Nobody asked whether it was modified.
        ("not-modified", File::new("").status(304), "the answer has status 304"),
        ("oversized", File::new(format!("{theirs}{}", " ".repeat(3000))), "it is too large, raise `max_bytes`"),
        // What Envoy makes of a time-out, and of a connection that closes.
        ("silence", File::new("").hang(), "the answer has status 504"),
        ("closed", File::new("").close(), "the answer has status 503"),
    ]
}

/// Answers over TCP that Envoy itself gives up on.
fn broken() -> [(&'static str, String, &'static str); 2] {
    let theirs = &MADE.keys["another of that kid"];
    [
        ("short", format!("HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n{theirs}"), "no answer came in time"),
        ("no-http", format!("{theirs}\r\n\r\n"), "the answer has status 50"),
    ]
}

pub(super) fn listeners(upstream: &Upstream, plain: &Plain) -> Vec<Listener> {
    let path = |name: &str| format!("/useless/{name}");
    let small = json!({ "max_bytes": 2500 });
    let mut sources: Vec<(&str, Value)> = Vec::new();
    for (name, ..) in useless() {
        upstream.files().set(&path(name), File::new(set(&["ES256"])));
        sources.push((name, source(&path(name), &small)));
    }
    for (name, ..) in broken() {
        plain.serve(&path(name), &set(&["ES256"]), true);
        sources.push((name, source(&path(name), &json!({ "cluster": "plain" }))));
    }
    let providers: serde_json::Map<String, Value> =
        sources.iter().map(|(name, source)| ((*name).to_owned(), provider(&json!({ "fetch": source })))).collect();
    let rule = |name: &str| json!({ "name": name, "match": { "paths": [format!("/{name}")] }, "providers": [name] });
    let rules: Vec<Value> = sources.iter().map(|(name, _)| rule(name)).collect();

    upstream.files().set("/useless/tagged", File::new(set(&["ES256"])).header("etag", "\"one\""));
    upstream.files().set("/useless/partly", made("one bad"));
    upstream.files().set("/useless/stale", File::new(set(&["ES256"])));
    let of = |name: &str, more: &Value| json!({ "fetch": source(&path(name), more) });
    vec![
        filtered("useless", &json!({ "default": "deny", "providers": providers, "rules": rules })),
        keyed("tagged", &of("tagged", &json!({})), &json!({})),
        keyed("partly", &of("partly", &json!({})), &json!({})),
        keyed("stale", &of("stale", &json!({ "max_stale_seconds": 4 })), &json!({ "wait_seconds": 1 })),
    ]
}

#[test]
fn what_brings_no_keys_never_replaces_those_that_are_there() {
    run("answers without keys", async |watched| {
        let at = |name: &str| format!("/{name}");
        let names: Vec<&str> =
            useless().iter().map(|(name, ..)| *name).chain(broken().map(|(name, ..)| name)).collect();
        for name in &names {
            settles(watched, "useless", &at(name), "ES256", 200).await;
        }
        let notes: Vec<(&str, &str)> = useless()
            .iter()
            .map(|(name, _, note)| (*name, *note))
            .chain(broken().iter().map(|(name, _, note)| (*name, *note)))
            .collect();
        for (name, file, _) in useless() {
            watched.upstream.files().set(&format!("/useless/{name}"), file);
        }
        for (name, answer, _) in broken() {
            watched.plain.answer(&format!("/useless/{name}"), &answer, true);
        }
        for (name, note) in notes {
            says(watched, &[&format!("`{name}`: fetch from `"), "failed", note, "serves on"]).await;
        }
        let files = watched.upstream.files();
        let before = useless().into_iter().map(|(name, ..)| format!("/useless/{name}"));
        let before: Vec<(String, u64)> = before.map(|path| (path.clone(), files.requests(&path))).collect();
        for (path, times) in before {
            asked(watched, &path, times + 2 * VMS).await;
        }
        for name in &names {
            // The first is remembered, the second is not.
            for token in ["ES256", "write"] {
                is(watched, "useless", &at(name), token, ADMITTED).await;
            }
            is(watched, "useless", &at(name), "forged", "signature_invalid").await;
            is(watched, "useless", &at(name), "RS256", "key_unknown").await;
            told(watched, "verdict_data_entries", name, |keys| keys == 1.0).await;
            told(watched, "verdict_data_bad_entries", name, |keys| keys == 0.0).await;
        }
        // And they recover.
        for (name, ..) in useless() {
            watched.upstream.files().set(&format!("/useless/{name}"), File::new(set(&["rsa", "ES256"])));
        }
        for (name, ..) in useless() {
            settles(watched, "useless", &at(name), "RS256", 200).await;
            is(watched, "useless", &at(name), "ES256", ADMITTED).await;
        }
    });
}

#[test]
fn keys_that_were_not_modified_are_not_sent_again_and_count_as_fresh() {
    run("keys that were not modified", async |watched| {
        let path = "/useless/tagged";
        settles(watched, "tagged", "/", "ES256", 200).await;
        asked(watched, path, 3 * VMS).await;
        let seen = watched.upstream.seen_at(path);
        let conditional = seen.iter().filter(|request| request.header("if-none-match") == ["\"one\""]).count();
        let plain = seen.iter().filter(|request| request.header("if-none-match").is_empty()).count() as u64;
        assert!(plain == VMS && conditional > 0, "{plain} plain, {conditional} conditional");
        assert!(seen.iter().all(|request| request.header("accept") == ["application/json"]));
        told(watched, "verdict_data_age_seconds", "tagged", |seconds| seconds <= 2.0).await;
        is(watched, "tagged", "/", "ES256", ADMITTED).await;
        watched.upstream.files().set(path, File::new(set(&["rsa"])).header("etag", "\"two\""));
        settles(watched, "tagged", "/", "RS256", 200).await;
        is(watched, "tagged", "/", "ES256", "key_unknown").await;
    });
}

#[test]
fn a_bad_key_is_counted_and_told_and_the_others_verify() {
    run("a bad key", async |watched| {
        settles(watched, "partly", "/", "ES256", 200).await;
        is(watched, "partly", "/", "forged", "signature_invalid").await;
        told(watched, "verdict_data_entries", "partly", |keys| keys == 1.0).await;
        told(watched, "verdict_data_bad_entries", "partly", |keys| keys == 1.0).await;
        says(watched, &["`partly`: 1 of its keys cannot be used, the first: "]).await;
        let log = watched.envoy.log();
        let notes = log.lines().filter(|line| line.contains("`partly`: 1 of its keys cannot be used")).count() as u64;
        assert_eq!(notes, VMS, "once in each VM, however often it is fetched");
    });
}

#[test]
fn keys_that_nobody_confirmed_for_too_long_vouch_for_nothing_and_come_back() {
    run("a source that is down for long", async |watched| {
        let path = "/useless/stale";
        for token in ["ES256", "ES256"] {
            settles(watched, "stale", "/", token, 200).await;
        }
        watched.upstream.files().set(path, File::new("").close());
        told(watched, "verdict_data_age_seconds", "stale", |seconds| seconds >= 2.0).await;
        settles(watched, "stale", "/", "ES256", 503).await;
        is(watched, "stale", "/", "ES256", "keys_unavailable").await;
        // Nobody can say whether it is forged; and it is not admitted.
        is(watched, "stale", "/", "forged", "keys_unavailable").await;
        says(watched, &["`stale`: fetch from `files` failed", "the last good document is too old to serve"]).await;
        watched.upstream.files().set(path, File::new(set(&["ES256"])).delay(Duration::from_millis(300)));
        settles(watched, "stale", "/", "ES256", 200).await;
        is(watched, "stale", "/", "forged", "signature_invalid").await;
    });
}
