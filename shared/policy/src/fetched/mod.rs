//! A document that lives elsewhere: when it is fetched, what an answer means, and how long the last good one is used.
//!
//! The owner hands in time and replies, and reads the document; nothing here fetches. One fetch at a time, whoever
//! asks:
//!
//! ```text
//!            next: it is time, or `hurry` asked          200, 206
//!  Resting ─────────────────────────────────▶ Calling ────────────▶ Reading
//!     ▲                                         │  ▲                 │  │
//!     │                                         │  └───── more ──────┘  │
//!     └─────────────────────────────────────────┴───────────────────────┘
//!      304, no part that fits, a failure, no reply ever           accept, reject
//! ```
//!
//! A host hands a reply over whole, within one callback. So a document that may be long is asked for in parts (RFC 9110, section 14), each of the
//! same state, which a strong ETag tells (`If-Match`). A source that serves no parts answers with all of it. One whose parts cannot be used, for
//! want of such an ETag or otherwise, is asked for all of it at once, and so is one whose document changed `CHANGES_BORNE` times before it was here.

use std::time::Duration;

use crate::contract::{Call, CallError, CallId, Next, Reply};
use crate::head::Head;
use crate::time::{Mono, Now};

mod failure;
mod long;
mod part;
pub mod raw;
mod source;
#[cfg(test)]
mod tests;

pub use failure::{Failing, Failure};
pub use long::{Long, PART, Progress, Reader};
pub use source::Source;

use part::{Begun, etag};

/// The pause after the first failure; it doubles with each that follows, up to the refresh interval.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

/// How long after its time-out a call without a reply counts as lost. The host ends calls by itself: this is for one
/// that forgets.
const GRACE: Duration = Duration::from_secs(2);

/// How often in a row a document may change while its parts are fetched, until it is asked for whole.
const CHANGES_BORNE: u32 = 3;

/// The longest account of a failure, in characters.
const ACCOUNT_LIMIT: usize = 200;

/// A document that lives elsewhere. `T` is what its owner made of it.
pub struct Fetched<T> {
    source: Source,
    label: String,
    accept: Option<&'static str>,
    /// How long the parts are that are asked for; `None`: all of it.
    part: Option<usize>,
    /// How often in a row it changed while its parts were fetched.
    changes: u32,
    slot: u16,
    /// The number of the fetch that is under way, or else of the next one.
    number: u32,
    state: State,
    /// Whether the fetch that is under way asks a source that is no longer the one.
    moved: bool,
    held: Option<Held<T>>,
    failing: Option<Failing>,
    /// The fetch that ended, until those who wait for it were told.
    ended: Option<CallId>,
    /// What the operator should know, until it was told.
    note: Option<String>,
}

enum State {
    /// Nothing is under way until then. `hurry` may ask for an earlier fetch, but for none before `hurry_from`.
    Resting { until: Mono, hurry_from: Mono },
    /// A call was made: for a document, or for more of one that has begun to come.
    Calling { since: Mono, called: Mono, begun: Option<Begun> },
    /// The owner reads what came.
    Reading { since: Mono, begun: Begun },
}

struct Held<T> {
    value: T,
    etag: Option<String>,
    /// When the source last said that this is the document.
    confirmed: Mono,
}

/// What a reply means for the document.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It is no reply to the fetch that is under way: late, twice, or to somebody else's call. Or an answer was no part that
    /// fits: another call is made at once.
    Ignored,
    /// The document is still what it was.
    NotModified,
    /// This is the document now. The owner reads it, at once or piece by piece, and then says [`Fetched::accept`] or
    /// [`Fetched::reject`]: until then no other fetch begins.
    ///
    /// Of one that is asked for in parts ([`Long`]), this is the first, unless [`Fetched::is_whole`]. Then the owner says
    /// [`Fetched::more`] first.
    New(Vec<u8>),
    /// This is the next part of it.
    More(Vec<u8>),
    /// There is no document in it; the last good one stays.
    Failed(Failure),
}

impl<T> Fetched<T> {
    /// A document that was never fetched; the first fetch is due at once. `label` names it in the metrics. `slot` tells
    /// the documents of one policy apart: calls are numbered from `slot << 32`, so each document needs a slot of its
    /// own.
    pub fn new(source: Source, label: impl Into<String>, slot: u16) -> Self {
        Self {
            source,
            label: label.into(),
            accept: None,
            part: None,
            changes: 0,
            slot,
            number: 0,
            state: State::Resting { until: Mono(0), hurry_from: Mono(0) },
            moved: false,
            held: None,
            failing: None,
            ended: None,
            note: None,
        }
    }

    /// Asks for that media type (`Accept`, RFC 9110, section 12.5.1).
    #[must_use]
    pub fn accepting(mut self, media_type: &'static str) -> Self {
        self.accept = Some(media_type);
        self
    }

    /// Asks for parts of so many bytes.
    #[must_use]
    pub(crate) fn in_parts_of(mut self, bytes: usize) -> Self {
        self.part = Some(bytes);
        self
    }

    /// Fetches it from another source from now on: at once, or after the fetch that is under way. The last good document stays; the
    /// new source has not confirmed it.
    pub fn move_to(&mut self, source: Source) {
        self.source = source;
        self.forget_etag();
        match &mut self.state {
            State::Resting { until, .. } => *until = Mono(0),
            State::Calling { .. } | State::Reading { .. } => self.moved = true,
        }
    }

    /// An ETag means something to the source that it is from, and to no other.
    fn forget_etag(&mut self) {
        if let Some(held) = &mut self.held {
            held.etag = None;
        }
    }

    /// The last good document, unless its source last confirmed it longer than `max_stale_seconds` ago.
    pub fn value(&self, now: Now) -> Option<&T> {
        self.held
            .as_ref()
            .filter(|held| now.mono.since(held.confirmed) <= self.source.max_stale)
            .map(|held| &held.value)
    }

    /// The last good document however old it is: to compare the next one with, or to decide by where somebody else knows that it is not too old.
    pub fn latest(&self) -> Option<&T> {
        self.held.as_ref().map(|held| &held.value)
    }

    /// How long ago the source last confirmed the last good document.
    pub fn age(&self, now: Now) -> Option<Duration> {
        self.held.as_ref().map(|held| now.mono.since(held.confirmed))
    }

    /// What went wrong since the last good answer.
    pub fn failing(&self) -> Option<&Failing> {
        self.failing.as_ref()
    }

    /// What the state is called, for people.
    pub fn state(&self) -> &'static str {
        match self.state {
            State::Resting { .. } => "resting",
            State::Calling { .. } => "calling",
            State::Reading { .. } => "reading",
        }
    }

    /// What it is called.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// How large the document may be, in bytes.
    pub fn max_bytes(&self) -> usize {
        self.source.max_bytes
    }

    /// Whether its owner reads what came.
    pub fn is_reading(&self) -> bool {
        matches!(self.state, State::Reading { .. })
    }

    /// Whether the next document has begun to come.
    pub fn is_begun(&self) -> bool {
        matches!(self.state, State::Reading { .. } | State::Calling { begun: Some(_), .. })
    }

    /// Whether what the owner reads is all of it, or the last part.
    pub fn is_whole(&self) -> bool {
        matches!(&self.state, State::Reading { begun, .. } if begun.bytes == begun.whole)
    }

    /// What there is to do: tell the operator, tell those who wait for a fetch that it is over, make a call, or sleep.
    /// For [`crate::contract::Policy::next`]; while its owner reads, the document itself has nothing to do.
    pub fn next(&mut self, now: Now) -> Next {
        if let State::Calling { since, called, .. } = self.state
            && now.mono >= called.after(self.lost_after())
        {
            self.fail(Failure::Lost, since, now);
        }
        if let Some(note) = self.note.take() {
            return Next::Note(note);
        }
        if let Some(call) = self.ended.take() {
            return Next::Ready(call);
        }
        match self.state {
            State::Resting { until, .. } if until <= now.mono => {
                let call = self.call(None);
                self.state = State::Calling { since: now.mono, called: now.mono, begun: None };
                Next::Call(call)
            }
            State::Resting { until, .. } => Next::Sleep(Some(until)),
            State::Calling { called, .. } => Next::Sleep(Some(called.after(self.lost_after()))),
            State::Reading { .. } => Next::Sleep(None),
        }
    }

    /// The call for the next part. Only after [`Outcome::New`] or [`Outcome::More`], where there is one.
    pub fn more(&mut self, now: Now) -> Next {
        let State::Reading { since, begun } = &mut self.state else { return Next::Sleep(None) };
        let (since, begun) = (*since, std::mem::take(begun));
        let call = self.call(Some(&begun));
        self.state = State::Calling { since, called: now.mono, begun: Some(begun) };
        Next::Call(call)
    }

    /// Asks for a fetch out of turn, because a request named something that the document does not list, or because
    /// there is no document. The fetch to wait for: the one under way, or one that now begins. `None` if the last one
    /// began less than `min_interval_seconds` ago: what it did not bring is not there.
    pub fn hurry(&mut self, now: Now) -> Option<CallId> {
        let call = self.call_id();
        match &mut self.state {
            State::Calling { .. } | State::Reading { .. } => Some(call),
            State::Resting { until, .. } if *until <= now.mono => Some(call),
            State::Resting { hurry_from, .. } if now.mono < *hurry_from => None,
            State::Resting { until, .. } => {
                *until = now.mono;
                Some(call)
            }
        }
    }

    /// The fetch that is under way, or else the next one if it begins by then.
    pub fn coming(&self, by: Mono) -> Option<CallId> {
        match self.state {
            State::Resting { until, .. } if until > by => None,
            State::Resting { .. } | State::Calling { .. } | State::Reading { .. } => Some(self.call_id()),
        }
    }

    /// Whether this is the call that is under way.
    pub fn awaits(&self, call: CallId) -> bool {
        matches!(self.state, State::Calling { .. }) && call == self.call_id()
    }

    /// Takes the reply to a call.
    pub fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) -> Outcome {
        let id = self.call_id();
        let State::Calling { since, begun, .. } = &mut self.state else { return Outcome::Ignored };
        if call != id {
            return Outcome::Ignored;
        }
        let (since, begun) = (*since, begun.take());
        let failure = match reply {
            Err(error) => Failure::NoReply(error),
            Ok(reply) if let Some(begun) = begun => match begun.with(&reply, self.part.unwrap_or_default()) {
                Ok(Some(begun)) => {
                    self.state = State::Reading { since, begun };
                    return Outcome::More(reply.body);
                }
                Ok(None) => {
                    self.changes = self.changes.saturating_add(1);
                    return self.ask_again(now);
                }
                Err(failure) => failure,
            },
            Ok(Reply { status: 304, .. }) => match &mut self.held {
                // Without an ETag nobody asked whether the document was modified, so the answer means nothing.
                Some(held) if held.etag.is_some() => {
                    held.confirmed = now.mono;
                    self.succeed(since, now);
                    return Outcome::NotModified;
                }
                Some(_) | None => Failure::Status(304),
            },
            Ok(Reply { status, body, head }) => match self.whole(status, &head, &body) {
                // This is no part that can be used: the source serves none.
                None if matches!(status, 206 | 416) && self.part.take().is_some() => return self.ask_again(now),
                None => Failure::Status(status),
                Some(whole) if whole > self.source.max_bytes => Failure::TooLarge,
                Some(whole) if whole == body.len() && body.iter().all(u8::is_ascii_whitespace) => Failure::Empty,
                Some(whole) => {
                    let begun = Begun { came: now.mono, etag: etag(&head), bytes: body.len(), whole };
                    self.state = State::Reading { since, begun };
                    return Outcome::New(body);
                }
            },
        };
        Outcome::Failed(self.fail(failure, since, now))
    }

    /// Makes another call at once, in the same fetch: those who wait for it wait on.
    fn ask_again(&mut self, now: Now) -> Outcome {
        self.state = State::Resting { until: now.mono, hurry_from: now.mono };
        Outcome::Ignored
    }

    /// How long the document is whose beginning, or all of which, is in an answer. `None` if there is no document in it, or none of whose next
    /// part anything would tell that it is of the same document.
    fn whole(&self, status: u16, head: &Head, body: &[u8]) -> Option<usize> {
        match status {
            200 => Some(body.len()),
            206 => part::length_of_whole(head, 0, body.len(), self.part?)
                .filter(|whole| body.len() == *whole || etag(head).is_some_and(|etag| !etag.starts_with('W'))),
            _ => None,
        }
    }

    /// What the owner made of a new document: it is the current one from here on. Only after [`Outcome::New`].
    pub fn accept(&mut self, value: T, now: Now) {
        let State::Reading { since, begun } = &mut self.state else { return };
        let (since, Begun { came, etag, .. }) = (*since, std::mem::take(begun));
        self.held = Some(Held { value, etag, confirmed: came });
        // One that was asked for whole is tried in parts again, once.
        self.changes = if self.changes < CHANGES_BORNE { 0 } else { CHANGES_BORNE - 1 };
        self.succeed(since, now);
    }

    /// A new document that the owner cannot use: the last good one stays. `why` is for the operator and never quotes a
    /// secret. Only after [`Outcome::New`].
    pub fn reject(&mut self, why: &str, now: Now) {
        let State::Reading { since, .. } = self.state else { return };
        let why = why.chars().map(|char| if char.is_control() { ' ' } else { char }).take(ACCOUNT_LIMIT).collect();
        self.fail(Failure::Rejected(why), since, now);
    }

    fn succeed(&mut self, since: Mono, now: Now) {
        if let Some(Failing { in_a_row, .. }) = self.failing.take() {
            self.note = Some(format!("`{}`: good again after failures ({in_a_row} in a row)", self.label));
        }
        self.rest(self.source.refresh, since, now);
    }

    fn fail(&mut self, failure: Failure, since: Mono, now: Now) -> Failure {
        let in_a_row = self.failing.as_ref().map_or(0, |failing| failing.in_a_row).saturating_add(1);
        // The first, second, fourth, eighth: a source that stays down must not fill the log.
        if in_a_row.is_power_of_two() {
            let serving = match (self.value(now), self.age(now)) {
                (Some(_), Some(age)) => format!("the document of {} s ago serves on", age.as_secs()),
                (None, Some(_)) => "the last good document is too old to serve".to_owned(),
                (_, None) => "there is no document".to_owned(),
            };
            // Not the path: its query may hold a credential.
            let Self { label, source: Source { cluster, .. }, .. } = self;
            self.note =
                Some(format!("`{label}`: fetch from `{cluster}` failed ({in_a_row} in a row), {failure}; {serving}"));
        }
        self.failing = Some(Failing { in_a_row, latest: failure.clone() });
        let doubled = 1_u32.checked_shl(in_a_row.saturating_sub(1)).unwrap_or(u32::MAX);
        self.rest(FIRST_BACKOFF.saturating_mul(doubled).min(self.source.refresh), since, now);
        failure
    }

    /// Ends the fetch that began at `since`; the next one is due after about that long.
    fn rest(&mut self, pause: Duration, since: Mono, now: Now) {
        let call = self.call_id();
        self.ended = Some(call);
        self.number = self.number.wrapping_add(1);
        let pause = if std::mem::take(&mut self.moved) {
            self.forget_etag();
            Duration::ZERO
        } else {
            jittered(pause, now.mono, call)
        };
        let hurry_from = since.after(self.source.min_interval);
        self.state = State::Resting { until: now.mono.after(pause), hurry_from };
    }

    fn call_id(&self) -> CallId {
        CallId(u64::from(self.slot) << 32 | u64::from(self.number))
    }

    fn lost_after(&self) -> Duration {
        self.source.timeout.saturating_add(GRACE)
    }

    /// The call for the document, or for more of it.
    fn call(&self, begun: Option<&Begun>) -> Call {
        let Source { cluster, authority, path, timeout, max_bytes, .. } = &self.source;
        let mut headers = Vec::new();
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.into()));
        add(":method", "GET");
        add(":path", path);
        add(":authority", authority);
        if let Some(media_type) = self.accept {
            add("accept", media_type);
        }
        let (condition, etag) = match begun {
            Some(begun) => ("if-match", begun.etag.as_ref()),
            None => ("if-none-match", self.held.as_ref().and_then(|held| held.etag.as_ref())),
        };
        if let Some(etag) = etag {
            add(condition, etag);
        }
        if let Some(part) = self.part.filter(|_| self.changes < CHANGES_BORNE) {
            add("range", &part::asked(begun.map_or(0, |begun| begun.bytes), part));
        }
        Call {
            id: self.call_id(),
            label: self.label.clone(),
            cluster: cluster.clone(),
            headers,
            body: Vec::new(),
            timeout: *timeout,
            max_body: *max_bytes,
        }
    }
}

/// That long, and up to a tenth more or less: proxies that started together do not ask together. No need for a source
/// of randomness, only for clocks that differ; the same moment and call give the same answer.
fn jittered(duration: Duration, now: Mono, call: CallId) -> Duration {
    let hundredths_of_a_percent = 9_000 + (mix(now.0 ^ mix(call.0)) % 2_001) as u32;
    duration.saturating_mul(hundredths_of_a_percent) / 10_000
}

/// Spreads every bit of a number over all of them: the finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable
/// pseudorandom number generators", OOPSLA 2014).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
