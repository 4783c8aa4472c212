//! Sorted, disjoint segments of one address family, and the search in them.

use std::collections::TryReserveError;

use super::EntryId;
use crate::block::{Address, Span};

/// The addresses of one entry, or some of them: 12 bytes for IPv4, 21 for IPv6. The fewer, the more of a long list stays in the processor's
/// caches.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed)]
struct Segment<A: Address> {
    first: A,
    extent: A::Extent,
    entry: EntryId,
}

/// The highest address of a segment of that number, where its extent does not tell.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
struct Odd<A> {
    number: u32,
    last: A,
}

/// Keys in a node of the search tree.
const NODE: usize = 16;

/// All segments in one array, so that what is found lies beside what was compared; above it the levels of a search tree without
/// pointers, which adds half a byte to a segment.
///
/// A search among a million reads a few nodes, which stay in the processor's cache, and one leaf, which does not. A binary
/// search in one array misses the cache at every other comparison, and takes more than twice as long.
#[derive(Debug)]
pub(crate) struct Segments<A: Address> {
    all: Vec<Segment<A>>,
    /// In the order of their numbers. None for IPv4; for IPv6 ranges that are no blocks, which are few.
    odd: Vec<Odd<A>>,
    /// The prefix of the first address of every leaf; then of every node of those, up to a level of one node.
    levels: Vec<Vec<A::Prefix>>,
}

impl<A: Address> Default for Segments<A> {
    fn default() -> Self {
        Self { all: Vec::new(), odd: Vec::new(), levels: Vec::new() }
    }
}

impl<A: Address> Segments<A> {
    /// Segments in a leaf: two lines of the cache for IPv4, six for IPv6, all read at once.
    const LEAF: usize = if size_of::<A>() <= 4 { 8 } else { 16 };

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, segments: usize) -> Result<(), TryReserveError> {
        self.all.try_reserve_exact(segments)
    }

    /// Adds one, behind all that there are.
    pub(crate) fn push(&mut self, span: Span<A>, entry: EntryId) -> Result<(), TryReserveError> {
        let extent = A::extent(span.first(), span.last());
        if A::last(span.first(), extent).is_none() {
            // There are fewer than 2^32: each takes 21 bytes.
            let number = self.all.len() as u32;
            self.odd.try_reserve(1)?;
            self.odd.push(Odd { number, last: span.last() });
        }
        self.all.try_reserve(1)?;
        self.all.push(Segment { first: span.first(), extent, entry });
        Ok(())
    }

    /// Makes them ready to be searched, after the last one.
    pub(crate) fn finish(mut self) -> Result<Self, TryReserveError> {
        self.all.shrink_to_fit();
        self.odd.shrink_to_fit();
        let mut keys = self.all.len().div_ceil(Self::LEAF);
        while keys > 1 {
            let mut level = Vec::new();
            level.try_reserve_exact(keys)?;
            match self.levels.last() {
                None => level.extend(self.all.iter().step_by(Self::LEAF).map(|segment| { segment.first }.prefix())),
                Some(below) => level.extend(below.iter().step_by(NODE)),
            }
            keys = keys.div_ceil(NODE);
            self.levels.push(level);
        }
        Ok(self)
    }

    /// The entry of the segment that contains the address.
    pub(crate) fn find(&self, address: A) -> Option<EntryId> {
        self.segment(address).map(|(_, entry)| entry)
    }

    /// The entry of the first of the segments that together contain the span, if there are such, and their entries all last.
    pub(crate) fn covering(&self, span: Span<A>, lasts: impl Fn(EntryId) -> bool, left: &mut usize) -> Option<EntryId> {
        let mut first = None;
        let mut from = span.first();
        loop {
            *left = left.checked_sub(1)?;
            let (last, entry) = self.segment(from).filter(|(_, entry)| lasts(*entry))?;
            first = first.or(Some(entry));
            if last >= span.last() {
                return first;
            }
            from = last.next()?;
        }
    }

    /// The highest address and the entry of the segment that contains the address.
    fn segment(&self, address: A) -> Option<(A, EntryId)> {
        let prefix = address.prefix();
        let mut leaf = 0;
        for level in self.levels.iter().rev() {
            // All keys of a node are compared: this has no branch that could be guessed wrongly.
            let behind = piece(level, NODE, leaf).iter().filter(|key| **key <= prefix).count();
            leaf = leaf * NODE + behind.checked_sub(1)?;
        }
        let segments = piece(&self.all, Self::LEAF, leaf);
        let number = match segments.iter().filter(|segment| { segment.first } <= address).count() {
            // The leaf begins behind the address, but with the same prefix: the right one is somewhere before it.
            0 => self.all.partition_point(|segment| { segment.first } <= address),
            behind => leaf * Self::LEAF + behind,
        };
        let number = number.checked_sub(1)?;
        let Segment { first, extent, entry } = *self.all.get(number)?;
        let last = match A::last(first, extent) {
            Some(last) => last,
            None => self.odd_last(number)?,
        };
        (address <= last).then_some((last, entry))
    }

    #[cold]
    fn odd_last(&self, number: usize) -> Option<A> {
        let at = self.odd.binary_search_by_key(&number, |odd| odd.number as usize).ok()?;
        self.odd.get(at).map(|odd| odd.last)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let keys: usize = self.levels.iter().map(Vec::capacity).sum();
        self.all.capacity() * size_of::<Segment<A>>()
            + self.odd.capacity() * size_of::<Odd<A>>()
            + keys * size_of::<A::Prefix>()
            + self.levels.capacity() * size_of::<Vec<A::Prefix>>()
    }
}

/// The piece of that number, if the level is cut into pieces of that size; the last one may be short.
fn piece<T>(level: &[T], size: usize, number: usize) -> &[T] {
    let rest = level.get(number * size..).unwrap_or_default();
    rest.get(..size).unwrap_or(rest)
}
