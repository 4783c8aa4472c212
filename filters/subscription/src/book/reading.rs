//! A snapshot on its way from bytes to a book: every call does one bounded piece of the work, and the old book serves on.

use std::fmt;

use verdict_policy::json::{self, Json};

use super::Book;
use super::builder::{Builder, Building};
use super::entry::{self, Read};
use super::fault::{Fault, NotABook};

/// The format that is read.
const FORMAT: u64 = 1;

/// The longest line that is read, in bytes: one call reads all of it.
pub(super) const MAX_LINE_BYTES: usize = 128 << 10;

/// Bytes that one call reads, if it is more than one line.
pub(super) const READ_BYTES: usize = 32 << 10;

/// Entries of orders that one call moves.
pub(super) const MOVED: usize = 32 << 10;

/// The work that is left.
pub struct Reading(Stage);

enum Stage {
    Lines(Lines, Box<Builder>),
    Read(Lines, Box<Builder>),
    Building(Box<Building>),
}

/// What a step came to.
#[derive(Debug)]
#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::large_enum_variant, reason = "a step makes one, and whoever calls it takes it apart at once")
)]
pub enum Progress {
    /// There is more to do.
    Working(Reading),
    /// The book is complete.
    Done(Book),
    /// The document is of no use; the old book stays.
    Failed(NotABook),
}

impl Reading {
    /// Takes a snapshot, and reads its first line.
    ///
    /// # Errors
    /// If it is no snapshot, or its version is lower than `at_least`.
    pub fn begin(document: Vec<u8>, at_least: u64) -> Result<Self, NotABook> {
        let mut lines = Lines { document, at: 0, line: 0, version: 0 };
        let version = lines.first().map_err(|fault| fault.on(1))?;
        if version < at_least {
            return Err(NotABook::Older { version, at_least });
        }
        lines.version = version;
        Ok(Self(Stage::Lines(lines, Box::default())))
    }

    /// Does the next piece.
    pub fn step(self) -> Progress {
        self.next().unwrap_or_else(Progress::Failed)
    }

    fn next(self) -> Result<Progress, NotABook> {
        let stage = match self.0 {
            Stage::Lines(mut lines, mut builder) => {
                if lines.step(&mut builder)? {
                    Stage::Read(lines, builder)
                } else {
                    Stage::Lines(lines, builder)
                }
            }
            // A step of its own: outside of a module, to free what is that large takes some milliseconds.
            Stage::Read(lines, builder) => {
                let version = lines.version;
                drop(lines);
                Stage::Building(Box::new(builder.merge(version)?))
            }
            Stage::Building(mut building) => {
                if building.step(MOVED)? {
                    return Ok(Progress::Done(building.book()));
                }
                Stage::Building(building)
            }
        };
        Ok(Progress::Working(Self(stage)))
    }
}

/// A document on the way through.
struct Lines {
    document: Vec<u8>,
    /// Where the next line begins.
    at: usize,
    /// The number of the line that was read last, from 1.
    line: u32,
    version: u64,
}

impl Lines {
    fn first(&mut self) -> Read<u64> {
        let value = self.value()?.ok_or_else(|| Fault::new("the document is empty; serve a snapshot"))?;
        let first = entry::object(&value)?;
        let format = entry::required(first, "snapshot", entry::number)?;
        if format != FORMAT {
            let fault = format!("this is version {format} of the format; write version {FORMAT}");
            return Err(Fault::new(fault).within("snapshot"));
        }
        entry::required(first, "version", entry::number)
    }

    /// Reads some lines. Whether the last one was among them.
    fn step(&mut self, builder: &mut Builder) -> Result<bool, NotABook> {
        let begin = self.at;
        // At least one line, however long.
        while self.at == begin || self.at - begin + self.length() <= READ_BYTES {
            if self.next(builder)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the next line. Whether it was the last.
    fn next(&mut self, builder: &mut Builder) -> Result<bool, NotABook> {
        let value = self.value().and_then(|value| {
            value.ok_or_else(|| Fault::new("the document was cut off before this line; end it with `{\"end\": …}`"))
        });
        let value = value.map_err(|fault| fault.on(self.line))?;
        match ["plan", "consumer", "end"].map(|kind| value.get(kind)) {
            [Some(_), None, None] => builder.plan(&value, self.line)?,
            [None, Some(_), None] => builder.consumer(&value, self.line)?,
            [None, None, Some(_)] => self.end(&value).map_err(|fault| fault.on(self.line))?,
            [..] => {
                let fault = match entry::object(&value) {
                    Ok(_) => Fault::new("this is not one of a plan, a consumer and the end; write one"),
                    Err(fault) => fault,
                };
                return Err(fault.on(self.line));
            }
        }
        Ok(value.get("end").is_some())
    }

    fn end(&mut self, value: &Json) -> Read<()> {
        let before = u64::from(self.line) - 1;
        let end = entry::required(entry::object(value)?, "end", entry::number)?;
        if end != before {
            let fault =
                format!("{before} lines came before, and not {end}; the document was cut, or changed on its way");
            return Err(Fault::new(fault).within("end"));
        }
        if self.at < self.document.len() {
            return Err(Fault::new("something follows this line, which must be the last; delete what follows"));
        }
        Ok(())
    }

    /// The bytes of the next line with its end; of a line that is too long, one more than it may have. 0 behind the last line.
    fn length(&self) -> usize {
        let rest = self.document.get(self.at..).unwrap_or_default();
        let most = rest.get(..=MAX_LINE_BYTES).unwrap_or(rest);
        most.iter().position(|byte| *byte == b'\n').map_or(most.len(), |end| end + 1)
    }

    /// The next line; `None` behind the last one.
    fn value(&mut self) -> Read<Option<Json>> {
        self.line = self.line.saturating_add(1);
        let length = self.length();
        if length > MAX_LINE_BYTES {
            let fault = format!("the line has more than {MAX_LINE_BYTES} bytes; write an object on each line");
            return Err(Fault::new(fault));
        }
        let line = self.document.get(self.at..self.at + length).unwrap_or_default();
        if line.is_empty() {
            return Ok(None);
        }
        self.at += length;
        json::parse(line.strip_suffix(b"\n").unwrap_or(line)).map(Some).map_err(|why| {
            // It counts lines too, and has seen but one.
            let why = why.to_string();
            Fault::new(why.strip_prefix("line 1, ").map(str::to_owned).unwrap_or(why))
        })
    }
}

/// Without what the document says.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Stage::Lines(..) | Stage::Read(..) => "Reading(lines)",
            Stage::Building(_) => "Reading(orders)",
        })
    }
}
