//! What the metrics tell of a source that is down, is back, and answers with old data.

use std::time::{Duration, Instant};

use serde_json::json;
use verdict_gateway::{Upstream, wait_for};

use super::{ADMITTED, APPROVED, DECIDED, Kind, STATES, UNKNOWN, asking, fail, is, offer, settles};
use crate::plain::Plain;
use crate::stage::{SOON, alone, count};
use crate::watched::Watched;

const LISTENER: &str = "aged";

/// Within that time every filter has told its metrics again.
const ROUND: Duration = Duration::from_millis(2500);

/// What that metric of the source says.
async fn value(watched: &Watched, metric: &str) -> Result<f64, String> {
    let samples = watched.envoy.metrics().await.map_err(|error| error.to_string())?;
    Ok(count(&samples, metric, &[("filter", "subscription"), ("source", "subscriptions")]))
}

async fn tells(watched: &Watched, metric: &str, will_do: impl Fn(f64) -> bool) {
    tells_for(Duration::ZERO, watched, metric, will_do).await;
}

/// Waits until that metric has had a value that will do for so long, whenever somebody looked.
async fn tells_for(long: Duration, watched: &Watched, metric: &str, will_do: impl Fn(f64) -> bool) {
    let mut since = None;
    wait_for(metric, SOON, async || {
        let value = value(watched, metric).await?;
        if !will_do(value) {
            since = None;
            return Err(value.to_string());
        }
        let since = *since.get_or_insert_with(Instant::now);
        if since.elapsed() >= long { Ok(()) } else { Err(format!("{value}, not for long yet")) }
    })
    .await
    .unwrap();
}

fn check(kind: Kind) {
    alone(async {
        let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
        offer(&plain, LISTENER, kind, 5, STATES);
        let watched = Watched::start(upstream, plain, vec![asking(LISTENER, kind, &json!({}), &json!({}))], 1).await;
        let plain = &watched.plain;
        let (age, replays) = ("verdict_data_age_seconds", "verdict_data_replays_total");
        for (caller, reason) in DECIDED {
            settles(&watched, LISTENER, caller, reason).await;
        }
        tells(&watched, age, |seconds| seconds <= 1.0).await;

        fail(plain, LISTENER, kind);
        if kind == Kind::Lookup {
            settles(&watched, LISTENER, UNKNOWN, "source_unavailable").await;
        }
        tells(&watched, age, |seconds| seconds >= 2.0).await;
        tells_for(ROUND, &watched, age, |seconds| seconds >= 4.0).await;
        is(&watched, LISTENER, "active", ADMITTED).await;

        offer(plain, LISTENER, kind, 6, APPROVED);
        settles(&watched, LISTENER, "pending", ADMITTED).await;
        tells_for(ROUND, &watched, age, |seconds| seconds <= 2.0).await;
        assert_eq!(value(&watched, replays).await.unwrap(), 0.0);

        // Somebody replays what was true once.
        offer(plain, LISTENER, kind, 5, STATES);
        if kind == Kind::Lookup {
            settles(&watched, LISTENER, UNKNOWN, "source_unavailable").await;
        }
        tells(&watched, replays, |replays| replays >= 1.0).await;
        is(&watched, LISTENER, "pending", ADMITTED).await;
        tells(&watched, age, |seconds| seconds >= 3.0).await;
        watched.assert_untroubled("a source that ages").await;
    });
}

#[test]
fn the_age_of_a_snapshot_rises_while_its_source_is_down_and_replays_are_counted() {
    check(Kind::Snapshot);
}

#[test]
fn the_age_of_what_was_looked_up_rises_while_its_source_is_down_and_replays_are_counted() {
    check(Kind::Lookup);
}
