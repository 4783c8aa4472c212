//! Cuts sorted, overlapping blocks into disjoint segments: at every address, the entry that lasts longest.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, TryReserveError};

use super::runs::{Merge, Runs};
use crate::block::{Address, Span};
use crate::ranges::{Dates, EntryId, Segments};

/// Goes through the addresses from the lowest to the highest.
#[derive(Debug)]
pub(super) struct Sweep<A: Address> {
    ahead: Merge<A>,
    /// Blocks that have begun and may still be needed; the one that counts is on top. Without dates it is the only one.
    open: BinaryHeap<Open<A>>,
    /// The first address that no segment covers yet; `None` behind the last one.
    from: Option<A>,
    written: Segments<A>,
}

/// The greatest is the one that counts: the one that lasts longest; of those, the one that reaches furthest, for this makes
/// the fewest segments; of those, the one that was written first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Open<A> {
    until: u64,
    last: A,
    entry: Reverse<EntryId>,
}

impl<A: Address> Open<A> {
    /// Whether nothing is lost without `other`, which begins no earlier.
    fn outdoes(&self, other: &Self) -> bool {
        self.until >= other.until && self.last >= other.last
    }
}

impl<A: Address> Sweep<A> {
    pub(super) fn new(runs: Runs<A>) -> Self {
        Self { ahead: runs.merge(), open: BinaryHeap::new(), from: None, written: Segments::default() }
    }

    /// Passes at most that many ends of blocks. Whether none is left.
    pub(super) fn step(&mut self, dates: &Dates, budget: usize) -> Result<bool, TryReserveError> {
        if self.from.is_none() {
            // Each end of a block begins at most one segment, and without dates a block that was interrupted never goes on.
            let ahead = self.ahead.len();
            self.written.reserve(if dates.is_empty() { ahead } else { ahead.saturating_mul(2) })?;
        }
        for _ in 0..budget {
            match (self.ahead.peek(), self.open.peek()) {
                (None, None) => {
                    // Freed before the other family has room reserved.
                    self.ahead = Merge::default();
                    return Ok(true);
                }
                (Some((span, entry)), None) => self.begin(span, entry, dates)?,
                (Some((span, entry)), Some(top)) if span.first() <= top.last => self.begin(span, entry, dates)?,
                (Some(_) | None, Some(_)) => self.end()?,
            }
        }
        Ok(false)
    }

    /// What was written, after all has passed.
    pub(super) fn finish(&mut self) -> Result<Segments<A>, TryReserveError> {
        std::mem::take(&mut self.written).finish()
    }

    fn begin(&mut self, span: Span<A>, entry: EntryId, dates: &Dates) -> Result<(), TryReserveError> {
        self.ahead.advance();
        let until = dates.until(entry).unwrap_or(u64::MAX);
        let new = Open { until, last: span.last(), entry: Reverse(entry) };
        match self.open.peek().copied() {
            None => self.from = Some(span.first()),
            Some(top) if top.outdoes(&new) => return Ok(()),
            Some(top) if top < new => {
                if let Some(before) = span.first().previous() {
                    self.write(before, top.entry.0)?;
                }
                self.from = Some(span.first());
                // Else it would stay until its end: all of a list without dates might.
                if new.outdoes(&top) {
                    self.open.pop();
                }
            }
            Some(_) => {}
        }
        self.open.push(new);
        Ok(())
    }

    fn end(&mut self) -> Result<(), TryReserveError> {
        let Some(top) = self.open.pop() else { return Ok(()) };
        // One that a longer-lasting block has outreached meanwhile leaves nothing to write.
        if self.from.is_some_and(|from| from <= top.last) {
            self.write(top.last, top.entry.0)?;
            self.from = top.last.next();
        }
        Ok(())
    }

    fn write(&mut self, last: A, entry: EntryId) -> Result<(), TryReserveError> {
        match self.from.and_then(|from| Span::new(from, last)) {
            Some(span) => self.written.push(span, entry),
            None => Ok(()),
        }
    }
}
