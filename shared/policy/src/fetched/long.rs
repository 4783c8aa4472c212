//! A long document: fetched in parts where its source can serve them, and read piece by piece, so that no callback takes long.

use std::fmt::Display;

use super::{Fetched, Outcome, Source};
use crate::contract::{CallError, CallId, Next, Reply};
use crate::time::Now;

/// How much is asked for at once, in bytes: to take that over takes three milliseconds at most.
pub const PART: usize = 1 << 20;

/// What makes a document of its bytes.
pub trait Reader: Sized {
    /// What it makes.
    type Document;
    /// Why it cannot.
    type Fault: Display;

    /// Begins. `before` is the document that is to be replaced.
    fn begin(before: Option<&Self::Document>) -> Self;

    /// Takes the next part; `last` if none follows. No work is done yet.
    fn take(&mut self, part: Vec<u8>, last: bool);

    /// Does a bounded piece of the work. After the last one, it is of no use.
    fn step(&mut self) -> Progress<Self>;

    /// What the operator should know of a document, although it can be used.
    fn note(_: &Self::Document) -> Option<String> {
        None
    }
}

/// What a step came to.
#[derive(Debug)]
pub enum Progress<R: Reader> {
    /// There is more to do.
    Working,
    /// There is nothing to do before the next part comes.
    Hungry,
    /// The document is complete.
    Done(R::Document),
    /// It is of no use; the old one stays.
    Failed(R::Fault),
}

/// A document that is read by `R`.
pub struct Long<R: Reader> {
    /// When it is fetched, and how long it is used.
    pub document: Fetched<R::Document>,
    reader: Option<R>,
    fault: Option<R::Fault>,
    note: Option<String>,
}

impl<R: Reader> Long<R> {
    /// A document of that media type. As [`Fetched::new`].
    pub fn new(source: Source, label: impl Into<String>, slot: u16, media_type: &'static str) -> Self {
        let document = Fetched::new(source, label, slot).accepting(media_type).in_parts_of(PART);
        Self { document, reader: None, fault: None, note: None }
    }

    /// Why the last document could not be used, once.
    pub fn fault(&mut self) -> Option<R::Fault> {
        self.fault.take()
    }

    /// What there is to do. As [`Fetched::next`].
    pub fn next(&mut self, now: Now) -> Next {
        if let Some(note) = self.note.take() {
            return Next::Note(note);
        }
        if !self.document.is_begun() {
            // A part did not come: what was made of those before is of no use.
            self.reader = None;
        }
        let Some(reader) = self.reader.as_mut().filter(|_| self.document.is_reading()) else {
            return self.document.next(now);
        };
        match reader.step() {
            Progress::Working => {}
            Progress::Hungry => return self.document.more(now),
            Progress::Done(made) => {
                self.note = R::note(&made).map(|note| format!("`{}`: {note}", self.document.label()));
                self.document.accept(made, now);
            }
            Progress::Failed(why) => {
                self.document.reject(&why.to_string(), now);
                self.fault = Some(why);
            }
        }
        Next::Busy
    }

    /// Takes the reply to a call.
    pub fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        match self.document.on_reply(call, reply, now) {
            Outcome::Ignored | Outcome::NotModified | Outcome::Failed(_) => {}
            Outcome::New(part) => {
                let mut reader = R::begin(self.document.latest());
                reader.take(part, self.document.is_whole());
                self.reader = Some(reader);
            }
            Outcome::More(part) => {
                let last = self.document.is_whole();
                if let Some(reader) = &mut self.reader {
                    reader.take(part, last);
                }
            }
        }
    }
}
