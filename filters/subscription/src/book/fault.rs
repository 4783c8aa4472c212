//! Why a document is not used: the line, and what is wrong with it. Never a hash, nor what stands where one belongs.

use std::borrow::Cow;
use std::collections::TryReserveError;
use std::fmt;

/// Why there is no book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotABook {
    /// The data is older than what was seen before: a replay.
    Older {
        /// Its version.
        version: u64,
        /// The lowest that would do.
        at_least: u64,
    },
    /// There is no consumer in it, and the one before had some.
    NobodyLeft,
    /// A line breaks a rule.
    Line {
        /// Its number: from 1 in a document, else as the caller counts.
        line: u32,
        /// Where in the line: a JSON pointer (RFC 6901), empty for all of it.
        place: String,
        /// What is wrong, and the remedy.
        message: Cow<'static, str>,
    },
    /// A thing that may be there once is there twice.
    Twice {
        /// Which thing.
        what: &'static str,
        /// The line where it was first.
        first: u32,
        /// The line where it was again: maybe the same.
        line: u32,
    },
    /// The module's memory does not hold it.
    OutOfMemory,
}

impl fmt::Display for NotABook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Older { version, at_least } => {
                write!(
                    f,
                    "the data is of version {version}, and version {at_least} was there before; a version only rises"
                )
            }
            Self::NobodyLeft => f.write_str("it has no consumer in it, and the one before had"),
            Self::Line { line, place, message } if place.is_empty() => write!(f, "line {line}: {message}"),
            Self::Line { line, place, message } => write!(f, "line {line}: {place}: {message}"),
            Self::Twice { what, first, line } if first == line => {
                write!(f, "line {line}: {what} is there twice; delete one of the two")
            }
            Self::Twice { what, first, line } => {
                write!(f, "line {line}: {what} is also on line {first}; delete one of the two")
            }
            Self::OutOfMemory => {
                write!(f, "the data does not fit into the module's memory; raise its limit, or ask by `lookup`")
            }
        }
    }
}

impl std::error::Error for NotABook {}

/// What is wrong with a line, whichever it is.
#[derive(Debug)]
pub(super) enum Fault {
    At { place: String, message: Cow<'static, str> },
    Twice { what: &'static str, first: u32, line: u32 },
    OutOfMemory,
}

impl Fault {
    pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::At { place: String::new(), message: message.into() }
    }

    /// It lies in that member, or in the element of that index.
    pub(super) fn within(self, step: impl fmt::Display) -> Self {
        match self {
            Self::At { place, message } => Self::At { place: format!("/{step}{place}"), message },
            Self::Twice { .. } | Self::OutOfMemory => self,
        }
    }

    pub(super) fn on(self, line: u32) -> NotABook {
        match self {
            Self::At { place, message } => NotABook::Line { line, place, message },
            Self::Twice { what, first, line } => NotABook::Twice { what, first, line },
            Self::OutOfMemory => NotABook::OutOfMemory,
        }
    }
}

impl From<TryReserveError> for Fault {
    fn from(_: TryReserveError) -> Self {
        Self::OutOfMemory
    }
}
