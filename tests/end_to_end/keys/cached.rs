//! What the metrics tell of fetches and of remembered tokens.

use std::net::SocketAddr;

use serde_json::json;
use verdict_gateway::upstream::File;
use verdict_gateway::{Upstream, wait_for};

use super::{VMS, keyed, rarely, rest, set, settles, status, told};
use crate::plain::Plain;
use crate::stage::{SOON, alone, count};
use crate::watched::Watched;

/// Waits until the look-ups that had each outcome are as wanted. How many they were.
async fn looked_up(watched: &Watched, what: &str, wanted: impl Fn([u64; 2]) -> bool) -> [u64; 2] {
    wait_for(what, SOON, async || {
        let samples = watched.envoy.metrics().await.map_err(|error| error.to_string())?;
        let counted = ["hit", "miss"].map(|outcome| {
            let labels = [("filter", "jwt-scope"), ("cache", "tokens"), ("outcome", outcome)];
            count(&samples, "verdict_cache_lookups_total", &labels) as u64
        });
        if wanted(counted) { Ok(counted) } else { Err(format!("{counted:?}")) }
    })
    .await
    .unwrap()
}

async fn send(to: SocketAddr, tokens: &[(&str, u16)]) {
    for (token, expected) in tokens {
        assert_eq!(status(to, "/", token).await, *expected, "{token}");
    }
}

#[test]
fn fetches_and_look_ups_of_tokens_are_counted() {
    alone(async {
        let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
        upstream.files().set("/keys", File::new(set(&["ES256"])));
        let keys = json!({ "fetch": rarely("/keys", &json!({})) });
        let watched = Watched::start(upstream, plain, vec![keyed("login", &keys, &json!({}))], 1).await;
        let to = watched.at("login");
        settles(&watched, "login", "/", "write", 200).await;
        told(&watched, "verdict_data_entries", "login", |keys| keys == 1.0).await;
        // One miss, or two where the keys were not there yet and it waited for them. The hit that follows is told together with them.
        send(to, &[("write", 200)]).await;
        let [_, first] = looked_up(&watched, "the first hit", |[hits, _]| hits == 1).await;
        let more = async |hits: u64, misses: u64| {
            let what = format!("{hits} hits and {misses} misses after the first {first}");
            looked_up(&watched, &what, |counted| counted == [1 + hits, first + misses]).await;
        };
        // What does not hold is not remembered.
        send(to, &[("ES256", 200), ("ES256", 200), ("ES256", 200), ("forged", 401), ("forged", 401)]).await;
        more(2, 3).await;
        rest().await;
        // A new set: everything is verified anew.
        watched.upstream.files().set("/keys", File::new(set(&["ES256", "rsa"])));
        send(to, &[("RS256", 200)]).await;
        // Twice: before its key was there, and after.
        more(2, 5).await;
        send(to, &[("ES256", 200), ("ES256", 200), ("RS256", 200)]).await;
        more(4, 6).await;
        told(&watched, "verdict_data_age_seconds", "login", |seconds| seconds >= 1.0).await;

        let asked = watched.upstream.files().requests("/keys");
        assert_eq!(asked, VMS + 1);
        let labels = [("filter", "jwt-scope"), ("call", "login"), ("outcome", "answered")];
        wait_for("each call to be counted", SOON, async || {
            let samples = watched.envoy.metrics().await.map_err(|error| error.to_string())?;
            let calls = count(&samples, "verdict_calls_total", &labels);
            if calls == asked as f64 { Ok(()) } else { Err(calls.to_string()) }
        })
        .await
        .unwrap();
        watched.assert_untroubled("look-ups").await;
    });
}
