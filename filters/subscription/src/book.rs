//! Who has which key, and who has subscribed to what: the data of a snapshot, packed.
//!
//! A book never changes: [`Reading`] makes the next one from a document, or [`Builder`] from what the configuration has, and the
//! old one serves meanwhile. What is known of a consumer lies in one piece ([`packed`]), one consumer behind another. APIs and plans are
//! numbers of two bytes. Keys and identities are found through a [`table::Table`].

mod arena;
mod builder;
mod chunks;
mod entry;
mod fault;
mod packed;
mod reading;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use subtle::ConstantTimeEq;
use verdict_policy::matching::pattern::Pattern;

use self::arena::Arena;
use self::chunks::Chunks;
use self::table::{Table, bits_of};
use crate::hash::Hash;
use crate::subscription::{Known, Period, Plan, Subscription};

pub use self::builder::Builder;
pub use self::entry::{Consumer, Key, Subscribed};
pub use self::fault::NotABook;
pub use self::reading::Reading;

/// The most consumers.
pub const MAX_CONSUMERS: usize = 1_000_000;
/// The most APIs.
pub const MAX_APIS: usize = 1 << 16;
/// The most plans.
pub const MAX_PLANS: usize = 1 << 16;
/// The most keys of one consumer.
pub const MAX_KEYS: usize = 100;
/// The most identities of one consumer.
pub const MAX_IDENTITIES: usize = 100;
/// The most subscriptions of one consumer.
pub const MAX_SUBSCRIPTIONS: usize = 1_000;
/// The most methods, and the most paths, of one plan: each request of it may be compared with all of them.
pub const MAX_LIMITS: usize = 100;
/// The longest name of a consumer, an API or a plan, and the longest identity, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// Who has which key, and who has subscribed to what.
pub struct Book {
    version: u64,
    consumers: u32,
    data: Data,
    by_key: Table,
    by_identity: Table,
}

/// All that is known.
#[derive(Default)]
struct Data {
    /// The number of each.
    apis: BTreeMap<Box<str>, u16>,
    /// By their numbers.
    plans: Chunks<Rc<Plan>>,
    /// The consumers.
    arena: Arena,
    keys: u32,
    subscriptions: u32,
}

impl Book {
    /// Whoever has the key with that hash, and how they stand with that API.
    ///
    /// The search is by the hash, and what it leads to is compared in constant time. Where nobody has the key, the same work is done for
    /// one that is near it.
    pub fn by_key(&self, hash: &Hash, api: &str) -> Option<Known> {
        let mut found = None;
        self.by_key.look(bits_of(hash), |place| {
            let Some(key) = self.data.arena.from(place).and_then(packed::Key::read) else { return };
            let known = self.known(place.checked_add(key.to_name.into()), key.period(), api);
            if same(hash, key.hash) {
                found = known;
            }
        });
        found
    }

    /// Whoever that identity is, and how they stand with that API.
    pub fn by_identity(&self, identity: &str, api: &str) -> Option<Known> {
        let mut found = None;
        self.by_identity.look(bits_of(&identity), |place| {
            let known = self.data.arena.from(place).and_then(packed::identity);
            if let Some((_, to_name)) = known.filter(|(known, _)| *known == identity.as_bytes()) {
                found = place.checked_sub(to_name.into());
            }
        });
        found.and_then(|name| self.known(Some(name), Period::default(), api))
    }

    // Not inline: what a key that nobody has leads to would be left out.
    #[inline(never)]
    fn known(&self, name: Option<u32>, credential: Period, api: &str) -> Option<Known> {
        let data = &self.data;
        let (name, subscriptions) = packed::consumer(data.arena.from(name?)?)?;
        let api = data.apis.get(api);
        let subscription = api.and_then(|api| packed::Subscription::find(subscriptions, *api));
        let subscription = match subscription {
            Some(found) => Some(data.unpacked(&found)?),
            None => None,
        };
        Some(Known { consumer: str::from_utf8(name).ok()?.into(), credential, subscription })
    }

    /// The version of the data.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many consumers there are.
    pub fn consumers(&self) -> u64 {
        self.consumers.into()
    }

    /// How many keys they have.
    pub fn keys(&self) -> u64 {
        self.data.keys.into()
    }

    /// How many subscriptions they have, in whatever state.
    pub fn subscriptions(&self) -> u64 {
        self.data.subscriptions.into()
    }

    /// What it keeps on the heap, in bytes, without what the allocator itself takes.
    pub fn heap_bytes(&self) -> usize {
        self.data.heap_bytes() + self.by_key.heap_bytes() + self.by_identity.heap_bytes()
    }
}

/// Compares all of both, however they differ.
fn same(one: &Hash, other: &[u8; 32]) -> bool {
    // By the byte, or even by the word, it would be most of a lookup.
    let ((one, _), (other, _)) = (one.0.as_chunks(), other.as_chunks());
    let words = one.iter().zip(other).map(|(one, other)| u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other));
    words.fold(0, |differing, word| differing | word).ct_eq(&0).into()
}

impl Data {
    fn unpacked(&self, subscription: &packed::Subscription) -> Option<Subscription> {
        let plan = match subscription.plan() {
            // A plan that is not there would be no limit.
            Some(plan) => Some(Rc::clone(self.plans.get(plan.into())?)),
            None => None,
        };
        Some(Subscription { state: subscription.state()?, period: subscription.period(), plan })
    }

    fn heap_bytes(&self) -> usize {
        let limits = |plan: &Plan| {
            let methods: usize = plan.methods.iter().map(|method| size_of::<String>() + method.len()).sum();
            // The patterns do not say how long they are.
            size_of::<Plan>() + plan.name.len() + methods + plan.paths.len() * size_of::<Pattern>()
        };
        self.apis.len() * size_of::<(Box<str>, u16)>()
            + self.apis.keys().map(|name| name.len()).sum::<usize>()
            + self.plans.heap_bytes()
            + self.plans.iter().map(|plan| limits(plan)).sum::<usize>()
            + self.arena.heap_bytes()
    }
}

/// Without hashes and names.
impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Book");
        shown.field("version", &self.version).field("consumers", &self.consumers()).field("keys", &self.keys());
        shown.field("subscriptions", &self.subscriptions()).finish_non_exhaustive()
    }
}
