//! What is known of a consumer, in one piece and in as few bytes as hold it: behind the search, a lookup waits for memory once, and not for each thing again.
//!
//! ```text
//! keys, 44 each │ name │ number of subscriptions, 2 │ subscriptions, 16 each │ identities
//! ```
//!
//! Behind each key and each identity, two bytes tell how far the name is from where it begins. Numbers are written with their lowest byte first.

use super::arena::{LONGEST, split_text, write_text};
use super::entry;
use super::{MAX_IDENTITIES, MAX_KEYS, MAX_NAME_BYTES, MAX_SUBSCRIPTIONS};
use crate::subscription::{self, State};

/// A subscription: from when and until when, 5 bytes each; API; plan; whether it has one; state.
#[derive(Clone, Copy)]
pub(super) struct Subscription([u8; SUBSCRIPTION]);

const SUBSCRIPTION: usize = 16;

/// The states, by their numbers.
const STATES: [State; 5] = [State::Pending, State::Active, State::Rejected, State::Suspended, State::Revoked];

/// Bytes of a key.
pub(super) const KEY: usize = 32 + 10 + 2;

/// The most bytes that are known of a consumer.
const MOST: usize =
    MAX_KEYS * KEY + 257 + 2 + MAX_SUBSCRIPTIONS * SUBSCRIPTION + MAX_IDENTITIES * (1 + MAX_NAME_BYTES + 2);

// The way to the name fits into two bytes.
const _: () = assert!(MOST <= LONGEST && LONGEST <= u16::MAX as usize);

/// A piece, and where in it the name and the identities are. It begins with the keys.
#[derive(Default)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) name: u16,
    pub(super) identities: Vec<u16>,
}

impl Piece {
    /// Of a consumer with those subscriptions, which are sorted by the number of the API. `None` if it has more of something than may be, or
    /// a text is none.
    pub(super) fn new(consumer: &entry::Consumer<'_>, subscriptions: &[Subscription]) -> Option<Self> {
        let mut piece = Self { name: u16::try_from(consumer.keys.len() * KEY).ok()?, ..Self::default() };
        for entry::Key { hash, period } in &consumer.keys {
            let to_name = piece.name - piece.end()?;
            piece.bytes.extend(hash.0);
            piece.bytes.extend(period_bytes(*period));
            piece.bytes.extend(to_name.to_le_bytes());
        }
        write_text(consumer.name, &mut piece.bytes)?;
        piece.bytes.extend(u16::try_from(subscriptions.len()).ok()?.to_le_bytes());
        piece.bytes.extend(subscriptions.iter().flat_map(|subscription| subscription.0));
        for identity in &consumer.identities {
            let at = piece.end()?;
            piece.identities.push(at);
            write_text(identity, &mut piece.bytes)?;
            piece.bytes.extend((at - piece.name).to_le_bytes());
        }
        Some(piece)
    }

    /// Where the next thing goes.
    fn end(&self) -> Option<u16> {
        u16::try_from(self.bytes.len()).ok()
    }
}

/// The key that bytes begin with.
pub(super) struct Key<'a> {
    pub(super) hash: &'a [u8; 32],
    period: &'a [u8; 10],
    /// How far it is to the name of its consumer.
    pub(super) to_name: u16,
}

impl<'a> Key<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (hash, rest) = bytes.split_first_chunk()?;
        let (period, rest) = rest.split_first_chunk()?;
        Some(Self { hash, period, to_name: number(rest)?.0 })
    }

    pub(super) fn period(&self) -> subscription::Period {
        read_period(self.period)
    }
}

/// The identity that bytes begin with, and how far it is back to the name of its consumer.
pub(super) fn identity(bytes: &[u8]) -> Option<(&[u8], u16)> {
    let (identity, rest) = split_text(bytes)?;
    Some((identity, number(rest)?.0))
}

/// The name and the subscriptions of the consumer that bytes begin with.
pub(super) fn consumer(bytes: &[u8]) -> Option<(&[u8], &[[u8; SUBSCRIPTION]])> {
    let (name, rest) = split_text(bytes)?;
    let (count, rest) = number(rest)?;
    let (subscriptions, _) = rest.get(..usize::from(count) * SUBSCRIPTION)?.as_chunks();
    Some((name, subscriptions))
}

impl Subscription {
    pub(super) fn new(api: u16, plan: Option<u16>, state: State, period: subscription::Period) -> Self {
        let mut bytes = [0; SUBSCRIPTION];
        let [api_low, api_high] = api.to_le_bytes();
        let [plan_low, plan_high] = plan.unwrap_or_default().to_le_bytes();
        let state = (0..).zip(STATES).find(|(_, known)| *known == state).map_or(u8::MAX, |(number, _)| number);
        let flags = [api_low, api_high, plan_low, plan_high, plan.is_some().into(), state];
        for (byte, written) in bytes.iter_mut().zip(period_bytes(period).into_iter().chain(flags)) {
            *byte = written;
        }
        Self(bytes)
    }

    /// The one to that API, among those that are sorted by it.
    pub(super) fn find(sorted: &[[u8; SUBSCRIPTION]], api: u16) -> Option<Self> {
        let at = sorted.partition_point(|bytes| Self(*bytes).api() < api);
        sorted.get(at).map(|bytes| Self(*bytes)).filter(|found| found.api() == api)
    }

    pub(super) fn api(&self) -> u16 {
        let [.., low, high, _, _, _, _] = self.0;
        u16::from_le_bytes([low, high])
    }

    /// All 65,536 numbers are those of plans: whether it has one is told apart.
    pub(super) fn plan(&self) -> Option<u16> {
        let [.., low, high, has_plan, _] = self.0;
        (has_plan == 1).then(|| u16::from_le_bytes([low, high]))
    }

    pub(super) fn state(&self) -> Option<State> {
        let [.., state] = self.0;
        STATES.get(usize::from(state)).copied()
    }

    pub(super) fn period(&self) -> subscription::Period {
        let [period @ .., _, _, _, _, _, _] = &self.0;
        read_period(period)
    }
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_le_bytes(*number), rest))
}

fn period_bytes(subscription::Period { from, until }: subscription::Period) -> [u8; 10] {
    let ([a, b, c, d, e], [f, g, h, i, j]) = (moment_bytes(from), moment_bytes(until));
    [a, b, c, d, e, f, g, h, i, j]
}

fn read_period([a, b, c, d, e, f, g, h, i, j]: &[u8; 10]) -> subscription::Period {
    subscription::Period { from: read_moment([*a, *b, *c, *d, *e]), until: read_moment([*f, *g, *h, *i, *j]) }
}

/// Seconds since 1970 in five bytes, enough to the year 36812 (RFC 3339 ends in 9999), or none: all bits.
const NONE: u64 = (1 << 40) - 1;

fn moment_bytes(seconds: Option<u64>) -> [u8; 5] {
    let [a, b, c, d, e, ..] = seconds.map_or(NONE, |seconds| seconds.min(NONE - 1)).to_le_bytes();
    [a, b, c, d, e]
}

fn read_moment([a, b, c, d, e]: [u8; 5]) -> Option<u64> {
    Some(u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])).filter(|seconds| *seconds != NONE)
}
