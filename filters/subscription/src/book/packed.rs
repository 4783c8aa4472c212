//! The records of a book: what is known of each consumer, key, identity and subscription, in as few bytes as hold it.

use super::texts::Text;
use crate::hash::Hash;
use crate::subscription::{self, State};

/// Who has a key or an identity: 12 bytes, in each of them, so that a lookup need not wait for another record.
#[derive(Clone, Copy)]
pub(super) struct Consumer {
    pub(super) name: Text,
    /// The number of its first subscription.
    pub(super) first: u32,
    /// How many it has.
    pub(super) count: u16,
}

/// A key: 56 bytes.
pub(super) struct Key {
    pub(super) hash: Hash,
    pub(super) consumer: Consumer,
    pub(super) period: Period,
}

/// An identity: 16 bytes.
pub(super) struct Identity {
    pub(super) text: Text,
    pub(super) consumer: Consumer,
}

/// A subscription: 16 bytes.
pub(super) struct Subscription {
    pub(super) period: Period,
    pub(super) api: u16,
    /// Counts only with `has_plan`: all 65,536 numbers are those of plans.
    plan: u16,
    has_plan: bool,
    pub(super) state: State,
}

impl Subscription {
    pub(super) fn new(api: u16, plan: Option<u16>, state: State, period: subscription::Period) -> Self {
        Self { period: Period::new(period), api, plan: plan.unwrap_or_default(), has_plan: plan.is_some(), state }
    }

    pub(super) fn plan(&self) -> Option<u16> {
        self.has_plan.then_some(self.plan)
    }
}

/// From when until when: 10 bytes.
pub(super) struct Period {
    from: Moment,
    until: Moment,
}

impl Period {
    pub(super) fn new(period: subscription::Period) -> Self {
        let subscription::Period { from, until } = period;
        Self { from: Moment::new(from), until: Moment::new(until) }
    }

    pub(super) fn read(&self) -> subscription::Period {
        subscription::Period { from: self.from.read(), until: self.until.read() }
    }
}

/// Seconds since 1970 in five bytes, enough to the year 36812 (RFC 3339 ends in 9999), or none: all bits.
struct Moment([u8; 5]);

const NONE: u64 = (1 << 40) - 1;

impl Moment {
    fn new(seconds: Option<u64>) -> Self {
        let [a, b, c, d, e, ..] = seconds.map_or(NONE, |seconds| seconds.min(NONE - 1)).to_le_bytes();
        Self([a, b, c, d, e])
    }

    fn read(&self) -> Option<u64> {
        let [a, b, c, d, e] = self.0;
        Some(u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])).filter(|seconds| *seconds != NONE)
    }
}

const _: () = assert!(size_of::<Consumer>() == 12 && size_of::<Identity>() == 16);
const _: () = assert!(size_of::<Key>() == 56 && size_of::<Subscription>() == 16);
