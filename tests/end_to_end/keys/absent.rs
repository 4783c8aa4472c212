//! Keys that are not there yet: requests wait for them, and in the end are told the truth.

use std::time::{Duration, Instant};

use serde_json::json;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Request, Upstream};

use super::{ADMITTED, asked, is, keyed, rarely, rest, run, set, settles, source, with_token};
use crate::plain::Plain;

pub(super) fn listeners(upstream: &Upstream, plain: &Plain) -> Vec<Listener> {
    plain.serve("/absent/late", &set(&["ES256"]), false);
    let files = upstream.files();
    files.set("/absent/failing", File::new("").status(500));
    files.set("/absent/not-modified", File::new("").status(304));
    for path in ["/absent/never", "/absent/allowed"] {
        files.set(path, File::new("").hang());
    }
    files.set("/absent/unknown", File::new(set(&["ES256"])));
    let fetch = |path: &str| json!({ "fetch": source(path, &json!({})) });
    let late = json!({ "fetch": rarely("/absent/late", &json!({ "cluster": "plain" })) });
    let unknown = json!({ "fetch": rarely("/absent/unknown", &json!({})) });
    vec![
        keyed("late", &late, &json!({ "wait_seconds": 20 })),
        keyed("failing", &fetch("/absent/failing"), &json!({ "wait_seconds": 20 })),
        keyed("not-modified", &fetch("/absent/not-modified"), &json!({ "wait_seconds": 1 })),
        keyed("never", &fetch("/absent/never"), &json!({ "wait_seconds": 1 })),
        keyed("allowed", &fetch("/absent/allowed"), &json!({ "wait_seconds": 1, "on_error": "allow" })),
        keyed("unknown", &unknown, &json!({ "on_error": "allow" })),
    ]
}

/// Tokens that need no key to be refused.
const REFUSED_UNSEEN: [(&str, &str); 5] = [
    ("no token", "token_malformed"),
    ("none with a signature", "algorithm_not_allowed"),
    ("HS256", "algorithm_not_allowed"),
    ("other issuer", "issuer_unknown"),
    ("crit", "token_malformed"),
];

#[test]
fn requests_wait_for_the_first_keys_and_are_judged_by_them() {
    run("the first keys", async |watched| {
        let cases = [("ES256", 200), ("forged", 401), ("unknown kid", 401), ("expired", 401), ("ES256", 200)];
        let requests: Vec<_> = cases
            .iter()
            .map(|(token, status)| (token, status, tokio::spawn(with_token("/", token).send(watched.at("late")))))
            .collect();
        watched.under_way("late", requests.len() as u64).await;
        for (token, reason) in REFUSED_UNSEEN {
            is(watched, "late", "/", token, reason).await;
        }
        watched.plain.open("/absent/late", true);
        for (token, status, request) in requests {
            let reply = request.await.unwrap().unwrap();
            assert_eq!(reply.status, *status, "{token}: {}", reply.text());
        }
    });
}

#[test]
fn a_request_waits_through_failures_until_the_keys_come() {
    run("failures before the first keys", async |watched| {
        let request = tokio::spawn(with_token("/", "ES256").send(watched.at("failing")));
        watched.under_way("failing", 1).await;
        asked(watched, "/absent/failing", watched.upstream.files().requests("/absent/failing") + 4).await;
        watched.upstream.files().set("/absent/failing", File::new(set(&["ES256"])));
        assert_eq!(request.await.unwrap().unwrap().status, 200);
    });
}

#[test]
fn where_the_keys_do_not_come_the_answer_is_that_they_are_not_there() {
    run("no keys", async |watched| {
        for listener in ["never", "not-modified"] {
            for token in ["ES256", "forged", "unknown kid"] {
                let began = Instant::now();
                is(watched, listener, "/", token, "keys_unavailable").await;
                assert!(began.elapsed() < Duration::from_secs(5), "{listener}: {:?}", began.elapsed());
            }
            let reply = with_token("/", "ES256").send(watched.at(listener)).await.unwrap();
            assert_eq!(reply.header("x-verdict-reason"), Some("jwt-scope.keys_unavailable"));
            assert!(reply.header("retry-after").is_some() && reply.header("www-authenticate").is_none(), "{reply:?}");
            for (token, reason) in REFUSED_UNSEEN {
                is(watched, listener, "/", token, reason).await;
            }
        }
        watched.upstream.files().set("/absent/never", File::new(set(&["ES256"])));
        settles(watched, "never", "/", "ES256", 200).await;
        is(watched, "never", "/", "forged", "signature_invalid").await;
    });
}

#[test]
fn a_filter_that_is_told_so_lets_pass_what_no_key_can_be_had_for_and_nothing_else() {
    run("on_error: allow without keys", async |watched| {
        let passes = async |token: &str| {
            let reply = with_token("/passes", token).send(watched.at("allowed")).await.unwrap();
            assert_eq!(reply.status, 200, "{token}: {}", reply.text());
        };
        passes("ES256").await;
        passes("unknown kid").await;
        for (token, reason) in REFUSED_UNSEEN {
            is(watched, "allowed", "/", token, reason).await;
        }
        let reply = Request::get("/").send(watched.at("allowed")).await.unwrap();
        assert_eq!(reply.header("x-verdict-reason"), Some("jwt-scope.token_missing"));
        watched.upstream.files().set("/absent/allowed", File::new(set(&["ES256"])));
        settles(watched, "allowed", "/", "forged", 401).await;
        is(watched, "allowed", "/", "unknown kid", "key_unknown").await;
        is(watched, "allowed", "/", "ES256", ADMITTED).await;
    });
}

#[test]
fn an_unknown_kid_is_refused_also_where_its_fetch_fails_and_the_filter_lets_pass_what_it_cannot_decide() {
    run("an unknown kid and a source that is down", async |watched| {
        let path = "/absent/unknown";
        settles(watched, "unknown", "/", "ES256", 200).await;
        for down in [File::new("").status(500), File::new("").close(), File::new("<html>"), File::new(r#"{"keys":[]}"#)]
        {
            watched.upstream.files().set(path, down);
            rest().await;
            let before = watched.upstream.files().requests(path);
            is(watched, "unknown", "/", "unknown kid", "key_unknown").await;
            // Either for this request, or because the last fetch failed.
            asked(watched, path, before + 1).await;
            is(watched, "unknown", "/", "RS256", "key_unknown").await;
            is(watched, "unknown", "/", "ES256", ADMITTED).await;
        }
    });
}
