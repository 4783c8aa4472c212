//! Blocks in sorted runs, and the runs merged into one sorted stream.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::TryReserveError;
use std::collections::binary_heap::PeekMut;
use std::mem;

use crate::block::{Address, Span};
use crate::ranges::EntryId;

/// Blocks in a run: sorting one takes a module a millisecond, and a million entries are merged from 123 of them.
const RUN: usize = 8_192;

/// A block of an entry. Packed: 36 bytes for IPv6 rather than 48, and 12 for IPv4.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(super) struct Item<A: Copy> {
    pub(super) span: Span<A>,
    pub(super) entry: EntryId,
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

/// Blocks as they come.
#[derive(Debug)]
pub(super) struct Runs<A: Copy> {
    sorted: Vec<Vec<Item<A>>>,
    filling: Vec<Item<A>>,
}

impl<A: Copy> Default for Runs<A> {
    fn default() -> Self {
        Self { sorted: Vec::new(), filling: Vec::new() }
    }
}

impl<A: Address> Runs<A> {
    pub(super) fn push(&mut self, span: Span<A>, entry: EntryId) -> Result<(), TryReserveError> {
        if self.filling.len() == RUN {
            self.seal();
        }
        if self.filling.len() == self.filling.capacity() {
            // The first run grows as it is filled, for most lists are short.
            if self.sorted.is_empty() { self.filling.try_reserve(1)? } else { self.filling.try_reserve_exact(RUN)? }
        }
        self.filling.push(Item { span, entry });
        Ok(())
    }

    fn seal(&mut self) {
        // The heap that merges the runs sorts them too: `sort_unstable` is three times as fast, and five kilobytes a type.
        self.sorted.push(BinaryHeap::from(mem::take(&mut self.filling)).into_sorted_vec());
    }

    pub(super) fn merge(mut self) -> Merge<A> {
        self.seal();
        let mut rest: Vec<_> = self.sorted.into_iter().map(Vec::into_iter).collect();
        let heads = rest.iter_mut().enumerate().filter_map(|(run, items)| Some(Reverse((items.next()?, run))));
        Merge { heads: heads.collect(), rest }
    }
}

/// Sorted blocks, one at a time.
#[derive(Debug)]
pub(super) struct Merge<A: Address> {
    /// The next item of each run that has one, and the run's index.
    heads: BinaryHeap<Reverse<(Item<A>, usize)>>,
    rest: Vec<std::vec::IntoIter<Item<A>>>,
}

impl<A: Address> Default for Merge<A> {
    fn default() -> Self {
        Self { heads: BinaryHeap::new(), rest: Vec::new() }
    }
}

impl<A: Address> Merge<A> {
    /// How many are yet to come.
    pub(super) fn len(&self) -> usize {
        self.heads.len() + self.rest.iter().map(ExactSizeIterator::len).sum::<usize>()
    }

    pub(super) fn peek(&self) -> Option<(Span<A>, EntryId)> {
        self.heads.peek().map(|Reverse((item, _))| (item.span, item.entry))
    }

    pub(super) fn advance(&mut self) {
        let Some(mut head) = self.heads.peek_mut() else { return };
        let Reverse((_, run)) = *head;
        match self.rest.get_mut(run).and_then(Iterator::next) {
            Some(item) => *head = Reverse((item, run)),
            None => drop(PeekMut::pop(head)),
        }
    }
}
