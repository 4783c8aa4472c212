//! Who has which key, and who has subscribed to what: the data of a snapshot, packed.
//!
//! A book never changes: [`Reading`] makes the next one from a document, or [`Builder`] from what the configuration has, and the
//! old one serves meanwhile. Keys, identities and subscriptions are records of a fixed size, numbered in the order in which they
//! came; so the subscriptions of one consumer lie side by side, and its keys and identities say where. Names lie behind one another
//! in blocks, APIs and plans are numbers of two bytes. Keys, identities and APIs are found through an [`order::Order`]: 32 bits of each
//! and its number, sorted.

mod builder;
mod chunks;
mod entry;
mod fault;
mod order;
mod packed;
mod reading;
#[cfg(test)]
mod tests;
mod texts;

use std::fmt;
use std::rc::Rc;

use subtle::{Choice, ConstantTimeEq};
use verdict_policy::matching::pattern::Pattern;

use self::chunks::Chunks;
use self::order::Order;
use self::texts::{Text, Texts};
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
    by_api: Order,
    by_key: Order,
    by_identity: Order,
}

/// All that is known. Each list is in the order in which it came.
#[derive(Default)]
struct Data {
    apis: Chunks<Text>,
    plans: Chunks<Rc<Plan>>,
    keys: Chunks<packed::Key>,
    identities: Chunks<packed::Identity>,
    /// Those of a consumer are sorted by the number of the API.
    subscriptions: Chunks<packed::Subscription>,
    texts: Texts,
}

impl Book {
    /// Whoever has the key with that hash, and how they stand with that API.
    ///
    /// The search is by the hash, and what it leads to is compared in constant time. Where nobody has the key, the same work is done for
    /// the one that is next to it.
    pub fn by_key(&self, hash: &Hash, api: &str) -> Option<Known> {
        let of = |number| self.data.keys.get(number);
        let compared = |number| of(number).map(|key| &key.hash).cmp(&Some(hash));
        let near = of(self.by_key.first_not_below(order::of_hash(hash), compared)?)?;
        let known = self.known(&near.consumer, near.period.read(), api);
        if same(hash, &near.hash) { known } else { None }
    }

    /// Whoever that identity is, and how they stand with that API.
    pub fn by_identity(&self, identity: &str, api: &str) -> Option<Known> {
        let of = |number| self.data.identities.get(number);
        let found = self.data.find(&self.by_identity, identity, |number| Some(of(number)?.text))?;
        self.known(&of(found)?.consumer, Period::default(), api)
    }

    // Not inline: what a key that nobody has leads to would be left out.
    #[inline(never)]
    fn known(&self, consumer: &packed::Consumer, credential: Period, api: &str) -> Option<Known> {
        let data = &self.data;
        let api = data.find(&self.by_api, api, |number| data.apis.get(number).copied());
        let subscription = api.and_then(|api| data.subscription(consumer, api.try_into().ok()?));
        Some(Known { consumer: data.texts.get(consumer.name)?.into(), credential, subscription })
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
        self.data.keys.len().into()
    }

    /// How many subscriptions they have, in whatever state.
    pub fn subscriptions(&self) -> u64 {
        self.data.subscriptions.len().into()
    }

    /// What it keeps on the heap, in bytes, without what the allocator itself takes.
    pub fn heap_bytes(&self) -> usize {
        let orders = [&self.by_api, &self.by_key, &self.by_identity];
        self.data.heap_bytes() + orders.map(Order::heap_bytes).iter().sum::<usize>()
    }
}

/// Compares all of both, however they differ.
fn same(one: &Hash, other: &Hash) -> bool {
    // By the byte it would be most of a lookup.
    let ((one, _), (other, _)) = (one.0.as_chunks(), other.0.as_chunks());
    let words = one.iter().zip(other).map(|(one, other)| u64::from_ne_bytes(*one).ct_eq(&u64::from_ne_bytes(*other)));
    words.fold(Choice::from(1), |same, word| same & word).into()
}

impl Data {
    /// The number of the thing that has that text.
    fn find(&self, order: &Order, text: &str, of: impl Fn(u32) -> Option<Text>) -> Option<u32> {
        let bytes = |number| of(number).and_then(|text| self.texts.bytes(text));
        let wanted = Some(text.as_bytes());
        let near = order.first_not_below(order::of_text(text), |number| bytes(number).cmp(&wanted))?;
        Some(near).filter(|near| bytes(*near) == wanted)
    }

    fn subscription(&self, consumer: &packed::Consumer, api: u16) -> Option<Subscription> {
        let end = consumer.first.saturating_add(consumer.count.into());
        let of = |number| self.subscriptions.get(number).filter(|_| number < end);
        let not_below = |number| of(number).is_none_or(|subscription| subscription.api >= api);
        let at = order::first_where(consumer.first, end, not_below);
        let found = of(at).filter(|subscription| subscription.api == api)?;
        let plan = match found.plan() {
            // A plan that is not there would be no limit.
            Some(plan) => Some(Rc::clone(self.plans.get(plan.into())?)),
            None => None,
        };
        Some(Subscription { state: found.state, period: found.period.read(), plan })
    }

    fn heap_bytes(&self) -> usize {
        let limits = |plan: &Plan| {
            let methods: usize = plan.methods.iter().map(|method| size_of::<String>() + method.len()).sum();
            // The patterns do not say how long they are.
            size_of::<Plan>() + plan.name.len() + methods + plan.paths.len() * size_of::<Pattern>()
        };
        self.apis.heap_bytes()
            + self.plans.heap_bytes()
            + self.plans.iter().map(|plan| limits(plan)).sum::<usize>()
            + self.keys.heap_bytes()
            + self.identities.heap_bytes()
            + self.subscriptions.heap_bytes()
            + self.texts.heap_bytes()
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
