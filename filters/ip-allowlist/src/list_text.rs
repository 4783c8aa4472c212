//! A fetched list as text: one CIDR block, address or range a line, `#` begins a comment, read in pieces.
//!
//! A line ends with LF or CRLF; blank lines and a UTF-8 byte order mark at the start do not count. A line that cannot be read
//! is counted and the rest stands. What is not such a list at all, like the page of a proxy's login that came with status
//! 200, is a failure: it must not replace a list that was good.

#[cfg(test)]
mod tests;

use std::fmt::{self, Display};

use crate::builder::{Builder, CannotBuild};
use crate::entry::{Entry, Listed};
use crate::ranges::EntryId;

/// How many bad lines are kept to be shown; all are counted.
pub const EXAMPLES: usize = 10;

/// How much of a line is looked at, in bytes. A longer one must have its `#` in this part.
const MAX_LINE_BYTES: usize = 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u32,
    /// What is wrong with it, and the remedy. Bounded, printing ASCII.
    pub message: String,
}

/// Why a body is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAList {
    /// It begins like HTML or XML.
    Html,
    /// It begins like JSON.
    Json,
    /// Nothing in it, or only comments.
    Empty,
    /// Something in it, but no entry.
    NoEntry {
        /// How many lines there are that are neither blank nor comments.
        bad_lines: usize,
        /// The first of them.
        examples: Vec<BadLine>,
    },
    /// Its entries make no set.
    CannotBuild(CannotBuild),
}

/// What was read besides the entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many lines could not be read.
    pub bad_lines: usize,
    /// The first [`EXAMPLES`] of them.
    pub examples: Vec<BadLine>,
}

/// How far a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// There is more of it.
    Partly,
    /// All that came so far, and more will.
    SoFar,
    /// All of it.
    All,
}

/// A text on the way through. The line of an entry is its [`EntryId`].
#[derive(Debug, Default)]
pub struct ListText {
    /// What came and was not read yet, from the beginning of a line.
    text: Vec<u8>,
    /// Whether it ends with the text.
    last: bool,
    /// Where the current line begins.
    line_start: usize,
    /// How far its end has been looked for.
    scanned: usize,
    /// The lines that are finished.
    lines: u32,
    /// Whether some line was neither blank nor a comment: what is not a list is told by how it begins.
    begun: bool,
    tally: Tally,
}

impl ListText {
    /// Takes the next part of the text; `last` if none follows.
    pub fn take(&mut self, part: Vec<u8>, last: bool) {
        self.last = last;
        let line = self.text.get(self.line_start..).unwrap_or_default();
        // However long it is: more than its beginning is not looked at.
        let line = line.get(..=MAX_LINE_BYTES).unwrap_or(line);
        (self.line_start, self.scanned) = (0, line.len());
        self.text = if line.is_empty() { part } else { [line, &part].concat() };
    }

    /// Reads at most `budget` bytes further (at least one) and hands the entries over.
    ///
    /// # Errors
    /// If the text is not a list, or its entries are too many.
    pub fn step(&mut self, budget: usize, entries: &mut Builder) -> Result<Read, NotAList> {
        let end = self.scanned.saturating_add(budget.max(1)).min(self.text.len());
        while let Some(length) =
            self.text.get(self.scanned..end).and_then(|piece| piece.iter().position(|b| *b == b'\n'))
        {
            let line_end = self.scanned + length;
            self.line(line_end, entries)?;
            self.scanned = line_end + 1;
            self.line_start = self.scanned;
        }
        self.scanned = end;
        if end < self.text.len() {
            return Ok(Read::Partly);
        }
        if !self.last {
            return Ok(Read::SoFar);
        }
        if self.line_start < end {
            self.line(end, entries)?;
            self.line_start = end;
        }
        Ok(Read::All)
    }

    /// Frees the text.
    ///
    /// # Errors
    /// If it had no entry.
    pub fn finish(self, entries: &Builder) -> Result<Tally, NotAList> {
        let Tally { bad_lines, examples } = self.tally;
        match (entries.entries(), bad_lines) {
            (0, 0) => Err(NotAList::Empty),
            (0, _) => Err(NotAList::NoEntry { bad_lines, examples }),
            (_, _) => Ok(Tally { bad_lines, examples }),
        }
    }

    /// Reads the line that begins at `line_start`.
    fn line(&mut self, end: usize, entries: &mut Builder) -> Result<(), NotAList> {
        let mut line = self.text.get(self.line_start..end).unwrap_or_default();
        if self.lines == 0 {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        self.lines = self.lines.saturating_add(1);
        let start = line.get(..MAX_LINE_BYTES).unwrap_or(line);
        let (text, whole) = match start.iter().position(|byte| *byte == b'#') {
            Some(comment) => (start.get(..comment).unwrap_or_default(), true),
            None => (start, start.len() == line.len()),
        };
        let text = text.trim_ascii();
        if !self.begun {
            match text.first() {
                Some(b'<') => return Err(NotAList::Html),
                Some(b'{' | b'[') => return Err(NotAList::Json),
                first => self.begun = first.is_some(),
            }
        }
        if !whole {
            self.tally
                .add(self.lines, || format!("the line is longer than {MAX_LINE_BYTES} bytes; write one entry a line"));
        } else if !text.is_empty() {
            match Entry::parse(text) {
                Ok(entry @ Entry::Block(_)) => entries.push(EntryId(self.lines), Listed { entry, until: None })?,
                // Whoever keeps the list would decide that a rule admits everybody.
                Ok(Entry::Any) => self.tally.add(self.lines, || {
                    "any cannot stand in a fetched list; write addresses, blocks and ranges, or any in the rule itself".to_owned()
                }),
                Err(error) => self.tally.add(self.lines, || error.to_string()),
            }
        }
        Ok(())
    }
}

impl Tally {
    fn add(&mut self, line: u32, message: impl FnOnce() -> String) {
        self.bad_lines += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(BadLine { line, message: message() });
        }
    }
}

impl From<CannotBuild> for NotAList {
    fn from(error: CannotBuild) -> Self {
        Self::CannotBuild(error)
    }
}

impl Display for NotAList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Html => write!(f, "the body is HTML or XML; serve the list as text, one entry a line"),
            Self::Json => write!(f, "the body is JSON; serve the list as text, one entry a line"),
            Self::Empty => write!(f, "the body has no entry; serve at least one, or remove the list from the rules"),
            Self::NoEntry { bad_lines, examples } => {
                write!(f, "none of the {bad_lines} lines is an entry; serve the list as text, one entry a line")?;
                examples.first().map_or(Ok(()), |bad| write!(f, " (line {}: {})", bad.line, bad.message))
            }
            Self::CannotBuild(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for NotAList {}
