//! A snapshot on its way from bytes to a book: every call does one bounded piece of the work, and the old book serves on.

use std::fmt;

use verdict_policy::fetched::{Progress, Reader};
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

/// Lines and places of tables that one call makes. Nearly each is a wait for memory.
pub(super) const MADE: usize = 8 << 10;

/// The work that is left.
pub struct Reading {
    /// Of the book that is to be replaced: its version, and whether there is somebody in it.
    at_least: u64,
    inhabited: bool,
    stage: Stage,
}

enum Stage {
    Lines(Lines, Box<Builder>),
    Read(Lines, Box<Builder>),
    Building(Box<Building>),
}

impl Reader for Reading {
    type Document = Book;
    type Fault = NotABook;

    fn begin(before: Option<&Book>) -> Self {
        Self {
            at_least: before.map_or(0, Book::version),
            inhabited: before.is_some_and(|before| before.consumers() > 0),
            stage: Stage::Lines(Lines::default(), Box::default()),
        }
    }

    fn take(&mut self, part: Vec<u8>, last: bool) {
        match &mut self.stage {
            Stage::Lines(lines, _) => lines.take(part, last),
            // Behind the last part comes none.
            Stage::Read(..) | Stage::Building(_) => {}
        }
    }

    fn step(&mut self) -> Progress<Self> {
        self.next().unwrap_or_else(Progress::Failed)
    }
}

impl Reading {
    fn next(&mut self) -> Result<Progress<Self>, NotABook> {
        match &mut self.stage {
            Stage::Lines(lines, builder) => match lines.step(builder, self.at_least)? {
                Passed::Some => {}
                Passed::AllSoFar => return Ok(Progress::Hungry),
                Passed::All => self.stage = Stage::Read(std::mem::take(lines), std::mem::take(builder)),
            },
            // A step of its own: outside of a module, to free what may be that large takes some milliseconds.
            Stage::Read(lines, builder) => {
                let Lines { version, .. } = std::mem::take(lines);
                self.stage = Stage::Building(Box::new(std::mem::take(builder).build(version)));
            }
            Stage::Building(building) => {
                if building.step(MADE)? {
                    let book = std::mem::take(building).book();
                    // A source that has lost its data says that there is nobody; nobody may be locked out for that.
                    let lost = self.inhabited && book.consumers() == 0;
                    return if lost { Err(NotABook::NobodyLeft) } else { Ok(Progress::Done(book)) };
                }
            }
        }
        Ok(Progress::Working)
    }
}

/// How far lines were read.
enum Passed {
    /// There are more.
    Some,
    /// All whose end came so far.
    AllSoFar,
    /// All of them.
    All,
}

/// A document on the way through.
#[derive(Default)]
struct Lines {
    /// What came and was not read yet, from the beginning of a line.
    text: Vec<u8>,
    /// Whether the document ends with the text.
    last: bool,
    /// Where the next line begins.
    at: usize,
    /// The number of the line that was read last, from 1.
    line: u32,
    version: u64,
}

impl Lines {
    fn take(&mut self, part: Vec<u8>, last: bool) {
        self.last = last;
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.text = if rest.is_empty() { part } else { [rest, &part].concat() };
        self.at = 0;
    }

    fn first(&mut self, at_least: u64) -> Result<(), NotABook> {
        self.version = self.read_first().map_err(|fault| fault.on(1))?;
        if self.version < at_least {
            return Err(NotABook::Older { version: self.version, at_least });
        }
        Ok(())
    }

    fn read_first(&mut self) -> Read<u64> {
        let value = self.value()?.ok_or_else(|| Fault::new("the document is empty; serve a snapshot"))?;
        let first = entry::object(&value)?;
        let format = entry::required(first, "snapshot", entry::number)?;
        if format != FORMAT {
            let fault = format!("this is version {format} of the format; write version {FORMAT}");
            return Err(Fault::new(fault).within("snapshot"));
        }
        entry::required(first, "version", entry::number)
    }

    /// Reads some lines.
    fn step(&mut self, builder: &mut Builder, at_least: u64) -> Result<Passed, NotABook> {
        let begin = self.at;
        loop {
            let length = self.length();
            if !self.last && self.is_cut(length) {
                return Ok(Passed::AllSoFar);
            }
            // At least one line, however long.
            if self.at > begin && self.at - begin + length > READ_BYTES {
                return Ok(Passed::Some);
            }
            if self.line == 0 {
                self.first(at_least)?;
            } else if self.next(builder)? {
                return Ok(Passed::All);
            }
        }
    }

    /// Whether more of the line of that length may come.
    fn is_cut(&self, length: usize) -> bool {
        length <= MAX_LINE_BYTES
            && self.text.get(self.at..self.at + length).is_none_or(|line| line.last() != Some(&b'\n'))
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
        if self.at < self.text.len() || !self.last {
            return Err(Fault::new("something follows this line, which must be the last; delete what follows"));
        }
        Ok(())
    }

    /// The bytes of the next line with its end; of a line that is too long, one more than it may have. 0 behind the last line.
    fn length(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
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
        let line = self.text.get(self.at..self.at + length).unwrap_or_default();
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
        f.write_str(match self.stage {
            Stage::Lines(..) | Stage::Read(..) => "Reading(lines)",
            Stage::Building(_) => "Reading(tables)",
        })
    }
}
