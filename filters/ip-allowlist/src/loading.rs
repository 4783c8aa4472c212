//! A fetched list on its way from bytes to a set: every call does one bounded piece of the work, and the old set serves on.

#[cfg(test)]
mod tests;

use crate::builder::{self, Builder, Flattening};
use crate::list_text::{BadLine, ListText, NotAList, Tally};
use crate::ranges::RangeSet;

/// Bytes that one call reads.
const READ_BYTES: usize = 32 << 10;

/// Ends of blocks that one call passes; each block has two.
const MERGED_ENDS: usize = 8_192;

/// The work that is left. A call takes a few milliseconds at most in a module (`benches/lists.rs` measures it).
#[derive(Debug)]
pub struct Loading(Stage);

#[derive(Debug)]
enum Stage {
    Reading(ListText, Builder),
    Building { flattening: Flattening, entries: usize, tally: Tally },
}

/// A list that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The addresses; an entry is named by its line, from 1.
    pub ranges: RangeSet,
    /// How many lines are entries.
    pub entries: usize,
    /// How many lines could not be read.
    pub bad_lines: usize,
    /// The first few of those.
    pub examples: Vec<BadLine>,
}

/// What a step came to.
#[derive(Debug)]
pub enum Progress {
    /// There is more to do.
    Working(Loading),
    /// The list is complete.
    Loaded(Loaded),
    /// The body is of no use; the old list stays.
    Failed(NotAList),
}

impl Loading {
    /// Takes the body of a reply. No work is done yet.
    ///
    /// # Errors
    /// If it is too large.
    pub fn new(body: Vec<u8>) -> Result<Self, NotAList> {
        Ok(Self(Stage::Reading(ListText::new(body)?, Builder::default())))
    }

    /// Does the next piece.
    pub fn step(self) -> Progress {
        self.next().unwrap_or_else(Progress::Failed)
    }

    fn next(self) -> Result<Progress, NotAList> {
        let stage = match self.0 {
            Stage::Reading(mut text, mut builder) => {
                if text.step(READ_BYTES, &mut builder)? {
                    let (entries, tally) = (builder.entries(), text.finish(&builder)?);
                    Stage::Building { flattening: builder.finish()?, entries, tally }
                } else {
                    Stage::Reading(text, builder)
                }
            }
            Stage::Building { flattening, entries, tally } => match flattening.step(MERGED_ENDS)? {
                builder::Progress::Working(flattening) => Stage::Building { flattening, entries, tally },
                builder::Progress::Done(ranges) => {
                    let Tally { bad_lines, examples } = tally;
                    return Ok(Progress::Loaded(Loaded { ranges, entries, bad_lines, examples }));
                }
            },
        };
        Ok(Progress::Working(Self(stage)))
    }
}
