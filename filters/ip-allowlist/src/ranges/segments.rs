//! Sorted, disjoint segments of one address family, and the search in them.

use std::cmp::Ordering;
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

/// By the lowest address; then the larger block, so that a block comes before those inside it; then the entry that was written
/// first.
impl<A: Address> Ord for Item<A> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.span, other.span);
        one.first().cmp(&two.first()).then(two.last().cmp(&one.last())).then({ self.entry }.cmp(&{ other.entry }))
    }
}

impl<A: Address> PartialOrd for Item<A> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<A: Address> PartialEq for Item<A> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<A: Address> Eq for Item<A> {}

/// Keys in a node of the search tree.
const NODE: usize = 16;

/// All items in one array, so that what is found lies beside what was compared; above it the levels of a search tree without
/// pointers, which adds half a byte to an item.
///
/// A search among a million reads a few nodes, which stay in the processor's cache, and one leaf, which does not. A binary
/// search in one array misses the cache at every other comparison, and takes more than twice as long.
#[derive(Debug)]
pub(crate) struct Segments<A: Address> {
    items: Vec<Item<A>>,
    /// The prefix of the first address of every leaf; then of every node of those, up to a level of one node.
    levels: Vec<Vec<A::Prefix>>,
}

impl<A: Address> Default for Segments<A> {
    fn default() -> Self {
        Self { items: Vec::new(), levels: Vec::new() }
    }
}

impl<A: Address> Segments<A> {
    /// Items in a leaf: two lines of the cache for IPv4, nine for IPv6, all read at once.
    const LEAF: usize = if size_of::<A>() <= 4 { 8 } else { 16 };

    /// Takes items that are sorted and disjoint.
    pub(crate) fn new(mut items: Vec<Item<A>>) -> Result<Self, TryReserveError> {
        items.shrink_to_fit();
        let mut levels: Vec<Vec<A::Prefix>> = Vec::new();
        let mut keys = items.len().div_ceil(Self::LEAF);
        while keys > 1 {
            let mut level = Vec::new();
            level.try_reserve_exact(keys)?;
            match levels.last() {
                None => level.extend(items.iter().step_by(Self::LEAF).map(|item| item.first().prefix())),
                Some(below) => level.extend(below.iter().step_by(NODE)),
            }
            keys = keys.div_ceil(NODE);
            levels.push(level);
        }
        Ok(Self { items, levels })
    }

    /// The entry of the segment that contains the address.
    pub(crate) fn find(&self, address: A) -> Option<EntryId> {
        self.segment(address).map(|item| item.entry)
    }

    /// The entry of the first of the segments that together contain the span, if there are such, and their entries all last.
    pub(crate) fn covering(&self, span: Span<A>, lasts: impl Fn(EntryId) -> bool, left: &mut usize) -> Option<EntryId> {
        let mut first = None;
        let mut from = span.first();
        loop {
            *left = left.checked_sub(1)?;
            let item = self.segment(from).filter(|item| lasts(item.entry))?;
            first = first.or(Some(item.entry));
            let segment = item.span;
            if segment.last() >= span.last() {
                return first;
            }
            from = segment.last().next()?;
        }
    }

    fn segment(&self, address: A) -> Option<&Item<A>> {
        let prefix = address.prefix();
        let mut number = 0;
        for level in self.levels.iter().rev() {
            // All keys of a node are compared: this has no branch that could be guessed wrongly.
            let behind = piece(level, NODE, number).iter().filter(|key| **key <= prefix).count();
            number = number * NODE + behind.checked_sub(1)?;
        }
        let leaf = piece(&self.items, Self::LEAF, number);
        let behind = leaf.iter().filter(|item| item.first() <= address).count();
        let item = match behind.checked_sub(1) {
            Some(at) => leaf.get(at)?,
            // The leaf begins behind the address, but with the same prefix: the right one is somewhere before it.
            None => {
                let behind = self.items.partition_point(|item| item.first() <= address);
                self.items.get(behind.checked_sub(1)?)?
            }
        };
        let span = item.span;
        (address <= span.last()).then_some(item)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let keys: usize = self.levels.iter().map(Vec::capacity).sum();
        self.items.capacity() * size_of::<Item<A>>()
            + keys * size_of::<A::Prefix>()
            + self.levels.capacity() * size_of::<Vec<A::Prefix>>()
    }
}

/// The piece of that number, if the level is cut into pieces of that size; the last one may be short.
fn piece<T>(level: &[T], size: usize, number: usize) -> &[T] {
    let rest = level.get(number * size..).unwrap_or_default();
    rest.get(..size).unwrap_or(rest)
}

impl<A: Address> Item<A> {
    /// The lowest address.
    pub(crate) fn first(&self) -> A {
        let span = self.span;
        span.first()
    }
}
