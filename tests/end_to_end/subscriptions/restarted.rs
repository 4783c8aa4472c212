//! The registry of `tools/registry`, killed and restarted under load.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use verdict_gateway::Upstream;

use super::callers::Callers;
use super::registry::Registry;
use super::{ADMITTED, Kind, NOBODY, UNKNOWN, asking, key_of, logged, says};
use crate::plain::Plain;
use crate::stage::alone;
use crate::watched::Watched;

const WORKERS: u32 = 2;
/// Those that fetch a snapshot: the workers', and the main thread's.
const VMS: usize = 3;
const CONNECTIONS: usize = 3;
const PAUSE: Duration = Duration::from_millis(40);

/// What each caller may be told, one time and another.
type Verdicts = [(&'static str, &'static [&'static str])];

/// Before anything is changed.
const BEFORE: &Verdicts = &[
    ("active", &[ADMITTED]),
    ("pending", &["pending_approval"]),
    ("leaving", &[ADMITTED]),
    ("revoked", &["revoked"]),
    (NOBODY, &["key_missing"]),
];
/// While `pending` is approved and `leaving` revoked.
const MEANWHILE: &Verdicts = &[
    ("active", &[ADMITTED]),
    ("pending", &["pending_approval", ADMITTED]),
    ("leaving", &[ADMITTED, "revoked"]),
    ("revoked", &["revoked"]),
    (NOBODY, &["key_missing"]),
];
const AFTER: &Verdicts = &[
    ("active", &[ADMITTED]),
    ("pending", &[ADMITTED]),
    ("leaving", &["revoked"]),
    ("revoked", &["revoked"]),
    (NOBODY, &["key_missing"]),
];

/// What is told of a key that nobody has: that there is none, and only where nobody can be asked, that.
fn of_unknown(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Snapshot => &["key_invalid"],
        Kind::Lookup => &["key_invalid", "source_unavailable"],
    }
}

/// The callers of both kinds of filter.
struct Everybody([(Kind, Callers); 2]);

impl Everybody {
    /// Asserts what was told since this was last asked.
    fn heard_only(&self, verdicts: &Verdicts, when: &str) {
        for (kind, callers) in &self.0 {
            let when = format!("{when}, {}", kind.name());
            for (caller, reasons) in verdicts {
                callers.heard_only(caller, reasons, &when);
            }
            callers.heard_only(UNKNOWN, of_unknown(*kind), &when);
            callers.forget();
        }
    }

    /// Waits until everybody is told what they are told while the registry runs.
    async fn settle(&self, verdicts: &Verdicts) {
        for (_, callers) in &self.0 {
            for (caller, reasons) in verdicts {
                assert_eq!(reasons.len(), 1, "{caller}");
                callers.all(caller, reasons[0]).await;
            }
            callers.all(UNKNOWN, "key_invalid").await;
        }
    }

    /// Waits until every filter has noticed that the registry is there, for the so manieth time.
    async fn find(&self, watched: &Watched, time: usize, verdicts: &Verdicts) {
        says(watched, &["`subscriptions`: good again after failures"], time * VMS).await;
        self.settle(verdicts).await;
    }

    /// Waits until every filter has noticed that nobody is there, for the so manieth time, and for some answers after that.
    async fn miss(&self, watched: &Watched, time: usize, verdicts: &Verdicts) {
        for (kind, callers) in &self.0 {
            match kind {
                Kind::Snapshot => says(watched, &["fetch from `plain` failed (2 in a row)"], time * VMS).await,
                Kind::Lookup => callers.all(UNKNOWN, "source_unavailable").await,
            }
        }
        self.heard_only(verdicts, "when the registry was killed");
        self.had(20).await;
        self.heard_only(verdicts, "while the registry was gone");
    }

    async fn had(&self, answers: u64) {
        for (_, callers) in &self.0 {
            callers.had(answers).await;
        }
    }

    fn forget(&self) {
        self.0.iter().for_each(|(_, callers)| callers.forget());
    }
}

#[test]
fn a_registry_that_is_killed_and_restarted_under_load_leads_to_no_wrong_verdict() {
    alone(async {
        let mut registry = Registry::of(&[
            ("active", &["approve"]),
            ("pending", &[]),
            ("leaving", &["approve"]),
            ("revoked", &["approve", "revoke"]),
        ])
        .await;
        let (upstream, plain) = (Upstream::start().await.unwrap(), Plain::start().await);
        let address = plain.address();
        let listeners = Kind::BOTH.map(|kind| {
            let path = format!("/{}", kind.name());
            asking(kind.name(), kind, &json!({ "path": path }), &json!({ "wait_seconds": 2 }))
        });
        let mut watched = Watched::start(upstream, plain, listeners.into(), WORKERS).await;
        // From here on nobody listens where the plain server did, until the registry does.
        watched.plain = Plain::start().await;

        let mut keys: Vec<(&'static str, Option<String>)> = vec![(NOBODY, None), (UNKNOWN, Some(key_of(UNKNOWN)))];
        keys.extend(registry.keys.iter().map(|(caller, key)| (*caller, Some(key.clone()))));
        let everybody = Everybody(Kind::BOTH.map(|kind| {
            let callers = Callers::start(watched.at(kind.name()), &keys, CONNECTIONS, PAUSE);
            (kind, callers)
        }));

        // Nobody knows anything.
        everybody.had(2).await;
        for (_, callers) in &everybody.0 {
            for (caller, key) in &keys {
                let reason = if key.is_some() { "source_unavailable" } else { "key_missing" };
                callers.heard_only(caller, &[reason], "before the registry was there");
            }
        }
        says(&watched, &["fetch from `plain` failed (2 in a row)"], VMS).await;
        registry.start(address).await;
        everybody.find(&watched, 1, BEFORE).await;
        everybody.forget();
        everybody.had(5).await;
        everybody.heard_only(BEFORE, "while the registry was there");

        // Snapshots failed before as well.
        registry.kill().await;
        everybody.miss(&watched, 2, BEFORE).await;
        registry.start(address).await;
        everybody.find(&watched, 2, BEFORE).await;
        everybody.heard_only(BEFORE, "after the registry was restarted");

        registry.act("pending", "approve").await;
        registry.act("leaving", "revoke").await;
        everybody.settle(AFTER).await;
        everybody.heard_only(MEANWHILE, "while subscriptions were changed");

        // What was changed stays so, however long nobody can be asked.
        registry.kill().await;
        everybody.miss(&watched, 3, AFTER).await;
        registry.start(address).await;
        everybody.find(&watched, 3, AFTER).await;
        everybody.heard_only(AFTER, "after the registry was restarted again");

        for (kind, callers) in everybody.0 {
            callers.stop().await;
            let lines = watched.envoy.access_log(kind.name());
            let reasons = |caller: &str| -> BTreeSet<&str> {
                lines.iter().filter(|line| line["test_id"] == caller).map(logged).collect()
            };
            let unknown = reasons(UNKNOWN);
            assert_eq!(unknown, BTreeSet::from(["key_unknown", "source_unavailable"]), "{kind:?}");
            assert_eq!(reasons("active"), BTreeSet::from([ADMITTED, "source_unavailable"]), "{kind:?}");
            assert_eq!(reasons("revoked"), BTreeSet::from(["revoked", "source_unavailable"]), "{kind:?}");
        }
        watched.assert_untroubled("a registry that comes and goes").await;
    });
}
