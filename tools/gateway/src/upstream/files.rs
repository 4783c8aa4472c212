//! The files that the upstream serves: lists and keys for the filters that fetch them, with every way to go wrong.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::HeaderMap;
use hyper::body::Bytes;
use verdict_registry::selected;

use crate::body::header_pairs;

/// What the upstream answers at a path.
#[derive(Clone, Debug)]
pub struct File {
    /// The status; 200 unless changed.
    pub status: u16,
    /// Response headers. With a strong `etag` here, conditions and ranges of requests count.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
    /// How long it waits before it answers.
    pub delay: Duration,
    /// Never answers: the client has to give up.
    pub hang: bool,
    /// Closes the connection (over HTTP/2: the stream) instead of answering.
    pub close: bool,
}

impl File {
    /// A 200 with this body at once.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), delay: Duration::ZERO, hang: false, close: false }
    }

    /// Another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// One more response header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// An answer that comes late.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// An answer that never comes.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.hang = true;
        self
    }

    /// No answer: the connection is closed.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.close = true;
        self
    }

    /// What a request is answered with: status, further headers, and body.
    pub(super) fn answer(&self, request: &HeaderMap) -> (u16, Vec<(String, Vec<u8>)>, Bytes) {
        let (_, etag) = match self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("etag")) {
            Some(etag) if self.status == 200 => etag,
            Some(_) | None => return (self.status, Vec::new(), self.body.clone()),
        };
        let etag = std::str::from_utf8(etag).ok().and_then(|etag| etag.parse().ok());
        if let Some(status) = etag.as_ref().and_then(|etag| selected::condition(request, etag)) {
            return (status.as_u16(), Vec::new(), Bytes::new());
        }
        let (status, headers, part) = selected::part(request, &self.body);
        (status.as_u16(), header_pairs(&headers), part)
    }
}

/// Files by path, which a test may set and change while they are served, with a count of the requests for each path.
#[derive(Debug, Default)]
pub struct Files(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    files: HashMap<String, File>,
    requests: HashMap<String, u64>,
}

impl Files {
    /// Serves `file` at `path` (without query) from now on.
    pub fn set(&self, path: &str, file: File) {
        self.state().files.insert(path.to_owned(), file);
    }

    /// Serves nothing at `path` any more: the echo answers again.
    pub fn remove(&self, path: &str) {
        self.state().files.remove(path);
    }

    /// How many requests came for `path` while a file was there.
    pub fn requests(&self, path: &str) -> u64 {
        self.state().requests.get(path).copied().unwrap_or(0)
    }

    /// The file at `path`, counted as asked for.
    pub(super) fn asked(&self, path: &str) -> Option<File> {
        let mut state = self.state();
        let file = state.files.get(path).cloned()?;
        *state.requests.entry(path.to_owned()).or_default() += 1;
        Some(file)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is a single insert or remove: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
