//! Who is admitted is counted by API and plan, and no metric names a consumer.

use serde_json::json;
use verdict_gateway::{Listener, Plugin, wait_for};
use verdict_tests::envoy::module_of;

use super::{ADMITTED, UNKNOWN, are, hash_of, run};
use crate::stage::{SOON, count, listener};

const LISTENER: &str = "counted";

/// The API that nobody else calls: all filters of an Envoy count together.
const API: &str = "metered";

/// The consumers: with a plan, with another, with none, and one who waits for approval.
const CONSUMERS: [(&str, Option<&str>, &str); 4] = [
    ("gold-digger", Some("gold"), "active"),
    ("silver-smith", Some("silver"), "active"),
    ("plain-dealer", None, "active"),
    ("gold-seeker", Some("gold"), "pending"),
];

pub(super) fn listeners() -> Vec<Listener> {
    let consumer = |(name, plan, state): (&str, Option<&str>, &str)| {
        let mut subscription = json!({ "api": API, "state": state });
        if let Some(plan) = plan {
            subscription["plan"] = json!(plan);
        }
        (name.to_owned(), json!({ "keys": [{ "hash": hash_of(name) }], "subscriptions": [subscription] }))
    };
    let consumers: serde_json::Map<_, _> = CONSUMERS.into_iter().map(consumer).collect();
    let config = json!({
        "default": "deny", "keys": {},
        "source": { "inline": { "plans": { "gold": {}, "silver": {} }, "consumers": consumers } },
        "rules": [{ "name": "all", "api": API }],
    });
    let plugin = Plugin::new("subscription", module_of("subscription"), &config);
    vec![listener(LISTENER, &["subscription"]).plugin(plugin)]
}

#[test]
fn admitted_requests_are_counted_by_api_and_plan_and_never_by_consumer() {
    run("counting", async |watched| {
        let admitted = [("gold-digger", 3), ("silver-smith", 2), ("plain-dealer", 1)];
        let calls = admitted.into_iter().flat_map(|(consumer, times)| std::iter::repeat_n((consumer, ADMITTED), times));
        are(watched, LISTENER, calls).await;
        are(watched, LISTENER, [("gold-seeker", "pending_approval"), (UNKNOWN, "key_unknown")]).await;
        let samples = wait_for("the admitted to be counted", SOON, async || {
            let samples = watched.envoy.metrics().await.map_err(|error| error.to_string())?;
            let of = |plan| {
                let labels = [("filter", "subscription"), ("api", API), ("plan", plan)];
                count(&samples, "verdict_admissions_total", &labels)
            };
            let counts = ["gold", "silver", ""].map(of);
            if counts == [3.0, 2.0, 1.0] { Ok(samples) } else { Err(format!("{counts:?}")) }
        });
        for sample in samples.await.unwrap() {
            let says = format!("{} {:?}", sample.name, sample.labels);
            assert!(CONSUMERS.iter().all(|(name, ..)| !says.contains(name)), "{says}");
        }
    });
}
