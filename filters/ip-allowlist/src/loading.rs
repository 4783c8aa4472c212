//! A fetched list on its way from bytes to a set: every call does one bounded piece of the work, and the old set serves on.

#[cfg(test)]
mod tests;

use verdict_policy::fetched::{Progress, Reader};

use crate::builder::{Builder, Flattening};
use crate::list_text::{BadLine, ListText, NotAList, Read, Tally};
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

impl Reader for Loading {
    type Document = Loaded;
    type Fault = NotAList;

    fn begin(_: Option<&Loaded>) -> Self {
        Self(Stage::Reading(ListText::default(), Builder::default()))
    }

    fn take(&mut self, part: Vec<u8>, last: bool) {
        match &mut self.0 {
            Stage::Reading(text, _) => text.take(part, last),
            // Behind the last part comes none.
            Stage::Building { .. } => {}
        }
    }

    fn step(&mut self) -> Progress<Self> {
        self.next().unwrap_or_else(Progress::Failed)
    }

    /// Which lines could not be read; the others stand.
    fn note(Loaded { entries, bad_lines, examples, .. }: &Loaded) -> Option<String> {
        if *bad_lines == 0 {
            return None;
        }
        let mut text = format!("{bad_lines} lines could not be read, the other {entries} stand");
        for bad in examples {
            text.push_str(&format!("; line {}: {}", bad.line, bad.message));
        }
        Some(text)
    }
}

impl Loading {
    fn next(&mut self) -> Result<Progress<Self>, NotAList> {
        match &mut self.0 {
            Stage::Reading(text, builder) => match text.step(READ_BYTES, builder)? {
                Read::Partly => {}
                Read::SoFar => return Ok(Progress::Hungry),
                Read::All => {
                    let (entries, tally) = (builder.entries(), std::mem::take(text).finish(builder)?);
                    let flattening = std::mem::take(builder).finish();
                    self.0 = Stage::Building { flattening, entries, tally };
                }
            },
            Stage::Building { flattening, entries, tally } => {
                if let Some(ranges) = flattening.step(MERGED_ENDS)? {
                    let Tally { bad_lines, examples } = std::mem::take(tally);
                    return Ok(Progress::Done(Loaded { ranges, entries: *entries, bad_lines, examples }));
                }
            }
        }
        Ok(Progress::Working)
    }
}
