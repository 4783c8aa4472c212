//! What the upstream has seen: each request, from its headers on, and how far it came.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many requests are remembered.
const REMEMBERED: usize = 10_000;
/// How much of a body is remembered, in bytes.
pub(super) const BODY_KEPT: usize = 64 << 10;

/// How far a request came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The headers are there, and the body's end is not (yet).
    Open,
    /// It came whole.
    Complete,
    /// It broke off before its end.
    CutOff,
}

/// A request that reached the upstream.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: String,
    /// The method.
    pub method: String,
    /// The target as it came, with the query.
    pub target: String,
    /// Names in lower case and values, in order. Over HTTP/2, `:authority` is given as `host`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// How many bytes of the body came.
    pub body_length: u64,
    /// The first 64 KiB of the body.
    pub body: Vec<u8>,
    /// Names and values of the trailers.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// How far it came.
    pub arrival: Arrival,
}

impl Seen {
    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Every value of a header, in order, with what is not UTF-8 as `\xNN`.
    pub fn header(&self, name: &str) -> Vec<String> {
        let lines = self.headers.iter().filter(|(other, _)| other == name);
        lines.map(|(_, value)| printable(value)).collect()
    }
}

/// Text with the bytes that are not UTF-8 as `\xNN`.
pub(super) fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// One request in the log, shared with the task that reads it.
#[derive(Clone, Debug)]
pub(super) struct Entry(Arc<Mutex<Seen>>);

impl Entry {
    /// What is known of the request by now.
    pub(super) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// Notes what more came of it.
    pub(super) fn update(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Whatever part of a change was made before a panic is true.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every request that came, for all connections together.
#[derive(Debug, Default)]
pub(super) struct Log {
    count: AtomicU64,
    entries: Mutex<Vec<Entry>>,
}

impl Log {
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.entries().iter().map(Entry::seen).collect()
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn forget(&self) {
        self.entries().clear();
    }

    /// Notes a request, and remembers it if there is room.
    pub(super) fn note(&self, seen: Seen) -> Entry {
        let entry = Entry(Arc::new(Mutex::new(seen)));
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut entries = self.entries();
        if entries.len() < REMEMBERED {
            entries.push(entry.clone());
        }
        entry
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Each change is a single push or clear: a panic elsewhere leaves nothing half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_printed_as_escapes() {
        assert_eq!(printable(b"a\xffb\xc3\xa4"), "a\\xffb\u{e4}");
    }
}
