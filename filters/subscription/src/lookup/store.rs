//! So many entries and no more: those that came first go first.
//!
//! All entries of one store count for the same time. The first that came is therefore the first that is past its time, and what must go
//! is found without a search.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use verdict_policy::time::Mono;

/// Entries, in the order of their keys and in that in which they came.
pub(super) struct Store<K, V> {
    entries: BTreeMap<K, Entry<V>>,
    order: BTreeMap<u64, K>,
    /// The place in the order that the next entry gets.
    next: u64,
    limit: usize,
}

struct Entry<V> {
    value: V,
    since: Mono,
    place: u64,
}

impl<K: Ord + Clone, V> Store<K, V> {
    /// For at most that many entries.
    pub(super) fn new(limit: usize) -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), next: 0, limit }
    }

    /// The entry, and since when it is there.
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&V, Mono)>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|entry| (&entry.value, entry.since))
    }

    /// The entries with those keys.
    pub(super) fn range(&self, keys: &RangeInclusive<K>) -> impl Iterator<Item = (&K, &V)> {
        self.entries.range(keys.clone()).map(|(key, entry)| (key, &entry.value))
    }

    /// Adds an entry, or puts a new one in its place. It is the last that will have to go.
    pub(super) fn insert(&mut self, key: K, value: V, now: Mono) {
        self.remove(&key);
        while self.entries.len() >= self.limit {
            let Some((_, first)) = self.order.pop_first() else { return };
            self.entries.remove(&first);
        }
        let place = self.next;
        self.next = self.next.wrapping_add(1);
        self.order.insert(place, key.clone());
        self.entries.insert(key, Entry { value, since: now, place });
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, key: &K) {
        if let Some(Entry { place, .. }) = self.entries.remove(key) {
            self.order.remove(&place);
        }
    }

    /// Takes out entries that have been there for `ttl`, so many at most.
    pub(super) fn prune(&mut self, ttl: Duration, now: Mono, at_most: usize) {
        for _ in 0..at_most {
            let Some(first) = self.order.first_entry() else { return };
            if self.entries.get(first.get()).is_some_and(|entry| now.since(entry.since) < ttl) {
                return;
            }
            self.entries.remove(&first.remove());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
