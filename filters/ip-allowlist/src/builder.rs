//! Makes a set of address blocks from entries, in steps that are short enough for a proxy's worker.
//!
//! Entries are collected in runs, each sorted when it is full; then all runs are merged at once, and the merged stream is
//! cut into disjoint segments as it passes. So every entry is held twice for a while, as 12 (IPv4) or 36 (IPv6) bytes in its
//! run and as 12 or 21 in its segment, and a third time nowhere. The runs of one family are freed before the segments of the
//! other are reserved.

mod runs;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::TryReserveError;
use std::fmt::{self, Display};

use self::runs::Runs;
use self::sweep::Sweep;
use crate::block::Block;
use crate::entry::Listed;
use crate::ranges::{Dates, EntryId, RangeSet};

/// The most entries that one set takes: every worker of the proxy keeps a copy in memory that it never gives back.
pub const MAX_ENTRIES: usize = 2_000_000;

/// Why there is no set. Never a shortened one: a deny list without its end admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotBuild {
    /// More than [`MAX_ENTRIES`].
    TooManyEntries,
    /// The module's memory does not hold them.
    OutOfMemory,
}

/// Collects entries.
#[derive(Debug, Default)]
pub struct Builder {
    v4: Runs<u32>,
    v6: Runs<u128>,
    dates: Dates,
    entries: usize,
}

/// Merges and flattens what was collected.
#[derive(Debug)]
pub struct Flattening {
    v4: Sweep<u32>,
    v6: Sweep<u128>,
    dates: Dates,
}

impl Builder {
    /// Takes one entry, under a name that no other entry of this set has. The work is bounded: at most, one run is sorted.
    ///
    /// # Errors
    /// If it is one entry too many; the builder is of no use then.
    pub fn push(&mut self, id: EntryId, listed: Listed) -> Result<(), CannotBuild> {
        if self.entries >= MAX_ENTRIES {
            return Err(CannotBuild::TooManyEntries);
        }
        self.entries += 1;
        let Listed { entry, until } = listed;
        for block in entry.blocks() {
            match block {
                Block::V4(span) => self.v4.push(span, id)?,
                Block::V6(span) => self.v6.push(span, id)?,
            }
        }
        if let Some(until) = until {
            self.dates.insert(id, until);
        }
        Ok(())
    }

    /// How many entries it has taken.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// No more entries. The work is bounded: at most, one run of each family is sorted.
    pub fn finish(self) -> Flattening {
        let Self { v4, v6, mut dates, entries: _ } = self;
        dates.shrink();
        Flattening { v4: Sweep::new(v4), v6: Sweep::new(v6), dates }
    }
}

impl Flattening {
    /// Passes at most `budget` ends of blocks of each family (at least one); each block has two. The set, after the last step.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn step(&mut self, budget: usize) -> Result<Option<RangeSet>, CannotBuild> {
        let Self { v4, v6, dates } = self;
        if !v4.step(dates, budget.max(1))? || !v6.step(dates, budget.max(1))? {
            return Ok(None);
        }
        Ok(Some(RangeSet::new(v4.finish()?, v6.finish()?, std::mem::take(dates))))
    }
}

/// Makes a set in one go, for a list in the configuration. An entry's name is its index.
///
/// # Errors
/// If they are too many.
pub fn build(list: &[Listed]) -> Result<RangeSet, CannotBuild> {
    let mut builder = Builder::default();
    for (index, listed) in list.iter().enumerate() {
        let id = u32::try_from(index).map_err(|_| CannotBuild::TooManyEntries)?;
        builder.push(EntryId(id), *listed)?;
    }
    let mut flattening = builder.finish();
    loop {
        if let Some(ranges) = flattening.step(usize::MAX)? {
            return Ok(ranges);
        }
    }
}

impl From<TryReserveError> for CannotBuild {
    fn from(_: TryReserveError) -> Self {
        Self::OutOfMemory
    }
}

impl Display for CannotBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyEntries => {
                write!(f, "the list has more than {MAX_ENTRIES} entries; join adjacent blocks, or use fewer entries")
            }
            Self::OutOfMemory => {
                write!(
                    f,
                    "the list does not fit into the module's memory; use fewer entries, or raise the memory limit"
                )
            }
        }
    }
}

impl std::error::Error for CannotBuild {}
