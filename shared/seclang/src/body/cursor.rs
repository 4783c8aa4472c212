//! A place in a text that moves forward only.

use super::Fault;

/// A text and how much of it has been read.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'b> {
    text: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    /// At the start.
    pub(super) fn new(text: &'b [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The last byte that was read.
    pub(super) fn before(&self) -> Option<u8> {
        self.text.get(self.at.checked_sub(1)?).copied()
    }

    /// The next byte, which stays unread.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Reads the next byte.
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Reads `wanted` if it comes next.
    pub(super) fn eat(&mut self, wanted: &[u8]) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Reads the bytes that fit.
    pub(super) fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'b [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !fits(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Reads up to `mark` and past it; returns what is before it. Without a mark, nothing is read.
    pub(super) fn until(&mut self, mark: &[u8]) -> Option<&'b [u8]> {
        let rest = self.rest();
        let length = memchr::memmem::find(rest, mark)?;
        self.at += length + mark.len();
        rest.get(..length)
    }

    /// A fault at this place.
    pub(super) fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at, what }
    }
}
