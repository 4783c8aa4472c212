//! Under load: whatever the source does, and whatever is swapped, no verdict is wrong and no request is lost.

use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::ecds::Outcome;
use verdict_gateway::load::{Shot, Tally};
use verdict_gateway::upstream::File;
use verdict_gateway::{Ecds, Load, Upstream, wait_for};
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

use super::{asked, config, keyed, made, set, settles, source, status};
use crate::plain::Plain;
use crate::stage::{SOON, alone, listener};
use crate::watched::Watched;

const WORKERS: u32 = 2;
/// The workers' filters and the main thread's each fetch for themselves.
const VMS: u64 = 3;
const PATH: &str = "/keys";
/// How long each connection rests between two requests.
const PAUSE: Duration = Duration::from_millis(20);

/// Tokens that no key of the tests vouches for.
const FORGED: [&str; 5] = ["forged", "forged, RSA", "ES256 with another payload", "none", "unknown kid"];
/// Those whose keys are in every set.
const VALID: [&str; 3] = ["ES256", "write", "RS256"];

/// What the source does, one after the other.
fn acts() -> Vec<(&'static str, File)> {
    let theirs = || MADE.keys["another of that kid"].clone();
    let tagged = |kids: &[&str], etag: &str| File::new(set(kids)).header("etag", etag);
    vec![
        ("a key more", File::new(set(&["ES256", "rsa", "ES384"]))),
        ("an error", File::new(theirs()).status(500)),
        ("a closed connection", File::new("").close()),
        ("rubbish", File::new(&b"\xff\x00{{{"[..])),
        ("a page", File::new("<!doctype html><title>Sign in</title>").header("content-type", "text/html")),
        ("an empty set", File::new(r#"{"keys":[]}"#)),
        ("not modified, though nobody asked", File::new("").status(304)),
        ("too large", File::new(theirs() + &" ".repeat(5000))),
        ("another order", File::new(MADE.keys["all"].clone())),
        ("only bad keys", made("only bad")),
        ("silence", File::new("").hang()),
        ("late", File::new(set(&["ES256", "rsa"])).delay(Duration::from_millis(700))),
        ("tagged", tagged(&["ES256", "rsa"], "\"one\"")),
        ("another tag", tagged(&["rsa", "ES256", "EdDSA"], "\"two\"")),
        ("an error after a tag", File::new("").status(503)),
        ("good again", File::new(set(&["ES256", "rsa"]))),
    ]
}

/// A load of requests with each of these tokens.
fn loads<'t>(watched: &Watched, listener: &str, tokens: &[&'t str]) -> Vec<(&'t str, Load)> {
    let load = |token: &str| {
        let mut shot = Shot::get("/");
        shot.headers.push(("authorization".to_owned(), format!("Bearer {}", MADE.tokens[token])));
        Load::start(watched.at(listener), &shot, 2, PAUSE)
    };
    tokens.iter().map(|token| (*token, load(token))).collect()
}

/// Stops them: each request was answered, and with one of these.
async fn stop(loads: Vec<(&str, Load)>, statuses: &[u16]) {
    for (token, load) in loads {
        let tally: Tally = load.stop().await;
        let right: u64 = statuses.iter().map(|status| tally.status(*status)).sum();
        assert_eq!((tally.failed, tally.sent()), (0, right), "{token}: {tally:?}");
        assert!(tally.sent() > 0, "{token}");
    }
}

/// Waits until every worker answers so: ten new connections in a row.
async fn all_settle(watched: &Watched, listener: &str, token: &str, expected: u16) {
    wait_for(&format!("every worker to answer {expected} to {token}"), SOON, async || {
        for _ in 0..10 {
            let status = status(watched.at(listener), "/", token).await;
            if status != expected {
                return Err(status.to_string());
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[test]
fn whatever_the_source_does_no_verdict_is_wrong() {
    alone(async {
        let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
        upstream.files().set(PATH, File::new("").hang());
        let keys = json!({ "fetch": source(PATH, &json!({ "max_bytes": 5000 })) });
        let listeners = vec![keyed("load", &keys, &json!({ "wait_seconds": 1 }))];
        let watched = Watched::start(upstream, plain, listeners, WORKERS).await;
        let files = watched.upstream.files();

        // No keys yet.
        let (valid, forged) = (loads(&watched, "load", &VALID), loads(&watched, "load", &FORGED));
        settles(&watched, "load", "/", "ES256", 503).await;
        asked(&watched, PATH, 2 * VMS).await;
        files.set(PATH, File::new(set(&["ES256", "rsa"])));
        for token in VALID {
            all_settle(&watched, "load", token, 200).await;
        }
        stop(valid, &[200, 503]).await;
        stop(forged, &[401, 503]).await;

        let (valid, forged) = (loads(&watched, "load", &VALID), loads(&watched, "load", &FORGED));
        for (_, file) in acts() {
            files.set(PATH, file);
            // One for each VM, and one that a request for an unknown key asked for.
            asked(&watched, PATH, files.requests(PATH) + VMS + 1).await;
        }
        stop(valid, &[200]).await;
        stop(forged, &[401]).await;

        // A key is withdrawn.
        let (valid, forged) = (loads(&watched, "load", &["ES256", "write"]), loads(&watched, "load", &FORGED));
        let withdrawn = loads(&watched, "load", &["RS256"]);
        files.set(PATH, File::new(set(&["ES256"])));
        all_settle(&watched, "load", "RS256", 401).await;
        stop(withdrawn, &[200, 401]).await;
        let withdrawn = loads(&watched, "load", &["RS256"]);
        asked(&watched, PATH, files.requests(PATH) + VMS).await;
        stop(withdrawn, &[401]).await;
        stop(valid, &[200]).await;
        stop(forged, &[401]).await;
        watched.assert_untroubled("a source that does everything").await;
    });
}

#[test]
fn swaps_of_configuration_and_module_lose_no_request_and_change_no_verdict() {
    alone(async {
        let (upstream, plain, ecds) = (Upstream::start().await.unwrap(), Plain::start().await, Ecds::new().unwrap());
        // Each new filter fetches for itself, and requests wait for it.
        upstream.files().set(PATH, File::new(set(&["ES256", "rsa"])).delay(Duration::from_millis(200)));
        let module = std::fs::read(module_of("jwt-scope")).unwrap();
        let keys = json!({ "fetch": source(PATH, &json!({})) });
        let with = |more: &Value| config("login", &keys, more);
        ecds.put("jwt-scope", &module, &with(&json!({}))).unwrap();
        let listeners = vec![listener("swapped", &["jwt-scope"]).discovered("jwt-scope", &ecds)];
        let watched = Watched::start(upstream, plain, listeners, WORKERS).await;
        for token in VALID {
            all_settle(&watched, "swapped", token, 200).await;
        }

        let (valid, forged) = (loads(&watched, "swapped", &VALID), loads(&watched, "swapped", &FORGED));
        // The same code in other bytes.
        let other_module = [module.as_slice(), &[0, 2, 1, b'k']].concat();
        for (module, more) in [
            (&module, json!({ "cache_tokens": 0 })),
            (&module, json!({ "crypto": "module" })),
            (&other_module, json!({ "cache_tokens": 2 })),
            (&other_module, json!({ "rules": [{ "name": "reading", "scopes": { "any": ["payment:read"] } }] })),
            (&module, json!({})),
        ] {
            let outcome = ecds.swap(&watched.envoy, "jwt-scope", module, &with(&more)).await.unwrap();
            assert_eq!(outcome, Outcome::Taken, "{more}");
            for token in VALID {
                all_settle(&watched, "swapped", token, 200).await;
            }
        }
        let bad = with(&json!({ "providers": { "login": { "issuer": 1 } } }));
        let outcome = ecds.swap(&watched.envoy, "jwt-scope", &module, &bad).await.unwrap();
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        stop(valid, &[200]).await;
        stop(forged, &[401]).await;

        // Another rule is asked at once, of tokens that were verified under the last one too.
        let writing = json!({ "rules": [{ "name": "writing", "scopes": { "all": ["payment:write"] } }] });
        let (write, read) = (loads(&watched, "swapped", &["write"]), loads(&watched, "swapped", &["ES256"]));
        let outcome = ecds.swap(&watched.envoy, "jwt-scope", &module, &with(&writing)).await.unwrap();
        assert_eq!(outcome, Outcome::Taken);
        all_settle(&watched, "swapped", "ES256", 403).await;
        stop(write, &[200]).await;
        stop(read, &[200, 403]).await;
        watched.assert_untroubled("swaps").await;
    });
}
