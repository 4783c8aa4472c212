//! A subscription: a consumer's right to call an API, in one of five states, for a time, as far as its plan goes.

use std::rc::Rc;

use verdict_policy::matching::pattern::Pattern;

verdict_policy::words! {
    /// How a subscription stands.
    pub enum State {
        /// It was asked for, and nobody has decided yet.
        Pending = "pending",
        /// It was approved.
        Active = "active",
        /// It was refused.
        Rejected = "rejected",
        /// It was approved, and is interrupted.
        Suspended = "suspended",
        /// It was approved, and is over for good.
        Revoked = "revoked",
    }
}

/// From when until when something holds, in seconds since 1970; `None`: without that bound. It holds from the first second, and not in the
/// last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// From when.
    pub from: Option<u64>,
    /// Until when.
    pub until: Option<u64>,
}

/// Where a moment lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the period, which begins then.
    Before(u64),
    /// In it.
    Within,
    /// After the period, which ended then.
    After(u64),
}

impl Period {
    /// Where the present lies, in seconds since 1970. It is asked for only where there is a bound.
    pub fn at(self, now: impl Fn() -> u64) -> When {
        match self {
            Self { until: Some(until), .. } if until <= now() => When::After(until),
            Self { from: Some(from), .. } if now() < from => When::Before(from),
            Self { .. } => When::Within,
        }
    }
}

/// What of an API a subscription is for. Empty lists: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Its name: a label of the metrics.
    pub name: String,
    /// Methods.
    pub methods: Vec<String>,
    /// Paths, in their normal form.
    pub paths: Vec<Pattern>,
}

impl Plan {
    /// Whether it is for a request of that method and path. Most plans are for all, and ask for neither.
    pub fn covers<'r>(&self, method: impl FnOnce() -> &'r [u8], path: impl FnOnce() -> Vec<u8>) -> bool {
        let of_method = |method: &[u8]| self.methods.iter().any(|known| known.as_bytes() == method);
        let of_path = |path: &[u8]| self.paths.iter().any(|pattern| pattern.matches(path));
        (self.methods.is_empty() || of_method(method())) && (self.paths.is_empty() || of_path(&path()))
    }
}

/// A consumer's right to call an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// How it stands.
    pub state: State,
    /// For which time.
    pub period: Period,
    /// As far as this plan goes; `None`: all of the API.
    pub plan: Option<Rc<Plan>>,
}

/// What is known of whoever has a key or an identity, about one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The consumer.
    pub consumer: Rc<str>,
    /// When the key is valid; always, for an identity.
    pub credential: Period,
    /// The subscription to the API; `None`: there is none.
    pub subscription: Option<Subscription>,
}
