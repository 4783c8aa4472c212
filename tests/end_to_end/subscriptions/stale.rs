//! Data that nobody confirmed for too long.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use verdict_gateway::{Listener, wait_for};

use super::{DECIDED, Kind, STATES, asking, fail, nobody_can_tell, offer, reason_of, request, run_each, settles};
use crate::plain::Plain;
use crate::stage::SOON;

/// How long data counts in all while the source is down, in seconds.
const COUNTS: u64 = 4;

/// By how much that may be overdone: an answer was under way when the source failed.
const LATE: Duration = Duration::from_secs(2);

fn name(kind: Kind) -> String {
    format!("stale-{}", kind.name())
}

pub(super) fn listeners(plain: &Plain) -> Vec<Listener> {
    let listener = |kind| {
        let bound = match kind {
            Kind::Snapshot => json!({ "max_stale_seconds": COUNTS }),
            Kind::Lookup => json!({ "ttl_seconds": 1, "stale_if_error_seconds": COUNTS - 1 }),
        };
        offer(plain, &name(kind), kind, 1, STATES);
        asking(&name(kind), kind, &bound, &json!({ "wait_seconds": 1 }))
    };
    Kind::BOTH.map(listener).into()
}

/// How long after `down` the last request of that caller was sent that was decided.
async fn last_decided(to: SocketAddr, caller: &str, down: Instant) -> Duration {
    let mut last = Duration::ZERO;
    wait_for(&format!("{caller} to be told that nobody can tell"), SOON, async || {
        let sent = down.elapsed();
        let reply = request(caller, "aging").send(to).await.map_err(|error| error.to_string())?;
        let reason = reason_of(&reply);
        if reason == "source_unavailable" {
            return Ok(last);
        }
        last = sent;
        Err(reason)
    })
    .await
    .unwrap()
}

#[test]
fn data_that_nobody_confirmed_for_too_long_admits_nobody_and_comes_back() {
    run_each("a source that is down for long", async |watched, kind| {
        let listener = name(kind);
        for (caller, reason) in DECIDED {
            settles(watched, &listener, caller, reason).await;
        }
        fail(&watched.plain, &listener, kind);
        let down = Instant::now();
        for (caller, _) in DECIDED {
            let after = last_decided(watched.at(&listener), caller, down).await;
            assert!(after < Duration::from_secs(COUNTS) + LATE, "{caller} at {listener}: {after:?}");
        }
        // And so it stays, also for those whose revocation was known: nobody knows what has become of it.
        nobody_can_tell(watched, &listener).await;
        offer(&watched.plain, &listener, kind, 1, STATES);
        for (caller, reason) in DECIDED {
            settles(watched, &listener, caller, reason).await;
        }
    });
}
