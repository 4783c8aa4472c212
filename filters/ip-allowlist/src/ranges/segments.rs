//! Sorted, disjoint segments of one address family, and the search in them.

use std::collections::TryReserveError;

use super::EntryId;
use crate::block::{Address, Span};

/// The addresses of one entry, or some of them. Packed: 36 bytes for IPv6 rather than 48, and 12 for IPv4.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(crate) struct Item<A: Copy> {
    pub(crate) span: Span<A>,
    pub(crate) entry: EntryId,
}

/// All items in one array, so that what is found lies beside what was compared; above it the levels of a search tree
/// without pointers, which adds 0.3 bytes to an IPv4 item and 2.3 to an IPv6 item.
///
/// A search among a million reads a few nodes, which stay in the processor's cache, and one leaf, which does not. A binary
/// search in one array misses the cache at every other comparison, and takes more than twice as long (`benches/lists.rs`).
#[derive(Debug)]
pub(crate) struct Segments<A: Copy> {
    items: Vec<Item<A>>,
    /// The first address of every leaf of [`Self::FANOUT`] items; then every so many of those, up to a level of one node.
    levels: Vec<Vec<A>>,
}

impl<A: Copy> Default for Segments<A> {
    fn default() -> Self {
        Self { items: Vec::new(), levels: Vec::new() }
    }
}

impl<A: Address> Segments<A> {
    /// Items in a leaf, and keys in a node above. All are compared, without a branch: measured best with one cache line of
    /// IPv4 addresses and with two of IPv6 addresses.
    const FANOUT: usize = if size_of::<A>() <= 4 { 16 } else { 8 };

    /// Takes items that are sorted and disjoint.
    pub(crate) fn new(mut items: Vec<Item<A>>) -> Result<Self, TryReserveError> {
        items.shrink_to_fit();
        let mut levels: Vec<Vec<A>> = Vec::new();
        loop {
            let below = levels.last().map_or(items.len(), Vec::len);
            if below <= Self::FANOUT {
                return Ok(Self { items, levels });
            }
            let mut level = Vec::new();
            level.try_reserve_exact(below.div_ceil(Self::FANOUT))?;
            match levels.last() {
                None => level.extend(items.iter().step_by(Self::FANOUT).map(Item::first)),
                Some(keys) => level.extend(keys.iter().step_by(Self::FANOUT)),
            }
            levels.push(level);
        }
    }

    /// The entry of the segment that contains the address.
    pub(crate) fn find(&self, address: A) -> Option<EntryId> {
        let mut node = 0;
        for level in self.levels.iter().rev() {
            let keys = Self::node(level, node).iter();
            node = node * Self::FANOUT + keys.filter(|first| **first <= address).count().checked_sub(1)?;
        }
        let leaf = Self::node(&self.items, node);
        let behind = leaf.iter().filter(|item| item.first() <= address).count();
        let item = leaf.get(behind.checked_sub(1)?)?;
        let span = item.span;
        (address <= span.last()).then_some(item.entry)
    }

    /// The node of that number in a level; the last one may be short.
    fn node<T>(level: &[T], number: usize) -> &[T] {
        let rest = level.get(number * Self::FANOUT..).unwrap_or_default();
        rest.get(..Self::FANOUT).unwrap_or(rest)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let keys: usize = self.levels.iter().map(Vec::capacity).sum();
        self.items.capacity() * size_of::<Item<A>>()
            + keys * size_of::<A>()
            + self.levels.capacity() * size_of::<Vec<A>>()
    }
}

impl<A: Address> Item<A> {
    /// The lowest address.
    pub(crate) fn first(&self) -> A {
        let span = self.span;
        span.first()
    }
}
