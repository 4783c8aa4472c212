//! Which entries of an allow list can never admit anybody, because entries of a deny list stand in their way all the time.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::block::{Address, Block, Span};
use crate::entry::{Entry, Listed};

/// An entry that can never admit anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Its index in the allow list.
    pub allow: usize,
    /// The index in the deny list of the entry in its way, or of the first of them.
    pub deny: usize,
    /// How it stands in the way.
    pub how: How,
}

/// How deny entries cover an allow entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is the same block.
    Same,
    /// It contains the block.
    Inside,
    /// It contains a part of the block, and other deny entries the rest.
    Together,
}

/// Finds every allow entry that deny entries cover wholly and for as long as it lasts: one that outlives them admits after
/// they have ended. In the order of the allow list, one each. Takes O(n log n).
pub fn contradictions(allow: &[Listed], deny: &[Listed]) -> Vec<Contradiction> {
    let mut same: BTreeMap<Entry, usize> = BTreeMap::new();
    let (mut v4, mut v6) = (Cover::default(), Cover::default());
    let mut denied = by_end(deny).into_iter().peekable();
    let mut found = Vec::new();
    for (index, allowed) in by_end(allow) {
        // Those that last as long as this one does; a later one lasts no longer.
        while let Some((deny, listed)) = denied.next_if(|(_, listed)| end(listed) >= end(allowed)) {
            same.entry(listed.entry).or_insert(deny);
            for block in listed.entry.blocks() {
                match block {
                    Block::V4(span) => v4.add(span, deny),
                    Block::V6(span) => v6.add(span, deny),
                }
            }
        }
        if let Some(deny) = same.get(&allowed.entry) {
            found.push(Contradiction { allow: index, deny: *deny, how: How::Same });
            continue;
        }
        let ways = allowed.entry.blocks().map(|block| match block {
            Block::V4(span) => v4.of(span),
            Block::V6(span) => v6.of(span),
        });
        let all: Option<Vec<(usize, How)>> = ways.collect();
        if let Some((deny, how)) = all.as_deref().and_then(only) {
            found.push(Contradiction { allow: index, deny, how });
        }
    }
    found.sort_unstable_by_key(|contradiction| contradiction.allow);
    found
}

/// The ways in which the blocks of one entry are covered, as one way.
fn only(ways: &[(usize, How)]) -> Option<(usize, How)> {
    let (deny, how) = *ways.first()?;
    let alike = ways.iter().all(|way| *way == (deny, how));
    Some((deny, if alike { how } else { How::Together }))
}

fn end(listed: &Listed) -> u64 {
    listed.until.unwrap_or(u64::MAX)
}

/// With their indices, the longest-lasting first.
fn by_end(list: &[Listed]) -> Vec<(usize, &Listed)> {
    let mut sorted: Vec<_> = list.iter().enumerate().collect();
    sorted.sort_by_key(|(_, listed)| Reverse(end(listed)));
    sorted
}

/// What the blocks that were added so far cover. By their first addresses, all ends ascend too.
struct Cover<A> {
    /// The blocks that are inside no other one, with their indices.
    alone: BTreeMap<A, (A, usize)>,
    /// Their union.
    union: BTreeMap<A, A>,
}

impl<A> Default for Cover<A> {
    fn default() -> Self {
        Self { alone: BTreeMap::new(), union: BTreeMap::new() }
    }
}

impl<A: Address> Cover<A> {
    fn add(&mut self, span: Span<A>, index: usize) {
        let (first, last) = (span.first(), span.last());
        let inside = self.alone.range(..=first).next_back().is_some_and(|(_, (reach, _))| *reach >= last);
        if inside {
            return;
        }
        // Each is removed once, so that the loops are no longer than all additions together.
        while let Some((start, _)) = self.alone.range(first..).next().filter(|(_, (reach, _))| *reach <= last) {
            let start = *start;
            self.alone.remove(&start);
        }
        self.alone.insert(first, (last, index));

        let touching = last.next().unwrap_or(last);
        let (mut first, mut last) = (first, last);
        while let Some((start, reach)) = self.union.range(..=touching).next_back() {
            let (start, reach) = (*start, *reach);
            if reach.next().is_some_and(|behind| behind < first) {
                break;
            }
            first = first.min(start);
            last = last.max(reach);
            self.union.remove(&start);
        }
        self.union.insert(first, last);
    }

    /// Which block covers the span, or begins to.
    fn of(&self, span: Span<A>) -> Option<(usize, How)> {
        let (_, reach) = self.union.range(..=span.first()).next_back()?;
        if *reach < span.last() {
            return None;
        }
        let (_, (reach, index)) = self.alone.range(..=span.first()).next_back()?;
        Some((*index, if *reach >= span.last() { How::Inside } else { How::Together }))
    }
}
