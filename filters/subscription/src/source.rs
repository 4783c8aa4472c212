//! Where the data comes from: the configuration, a snapshot that is polled, or a service that is asked.

use std::time::Duration;

use verdict_policy::contract::{CallError, CallId, Gauge, Next, Reply};
use verdict_policy::fetched::Long;
use verdict_policy::metrics;
use verdict_policy::time::{Mono, Now};

use crate::book::{Book, NotABook, Reading};
use crate::lookup::{Answer, Caller, Counters, Lookups};
use crate::subscription::Known;

/// What the data is called in the metrics and the log.
pub(crate) const LABEL: &str = "subscriptions";

/// Where the data comes from.
pub(crate) enum Source {
    /// It stands in the configuration.
    Inline(Box<Book>),
    /// All of it is polled.
    Snapshot(Box<Snapshot>),
    /// A service is asked for each caller.
    Lookup(Box<Lookups>),
}

/// What is known of a caller.
pub(crate) enum Found {
    Known(Known),
    /// Nobody is known by that key or identity.
    Unknown,
    /// This call may tell.
    Wait(CallId),
    /// Nobody is asked: so many are already.
    Busy(usize),
    /// Nobody can tell.
    Unavailable,
}

/// A snapshot that is polled.
pub(crate) struct Snapshot {
    book: Long<Reading>,
    /// Whether it was not too old on the last tick, which is a second ago at most: requests need not ask a clock for that.
    serves: bool,
    /// How many snapshots were older than one that was seen before.
    replays: u64,
}

impl Snapshot {
    pub(crate) fn new(source: verdict_policy::fetched::Source) -> Self {
        Self { book: Long::new(source, LABEL, 0, "application/x-ndjson"), serves: false, replays: 0 }
    }

    fn next(&mut self, now: Now) -> Next {
        let next = self.book.next(now);
        if let Some(NotABook::Older { .. }) = self.book.fault() {
            self.replays += 1;
        }
        self.serves = self.book.document.value(now).is_some();
        next
    }
}

impl Source {
    /// What is known of a caller, about that API. `until` tells how long the request may wait, if it may. A clock is asked where the answer
    /// depends on it.
    pub(crate) fn find(
        &mut self,
        caller: &Caller,
        api: &str,
        now: &dyn Fn() -> Now,
        until: &dyn Fn() -> Option<Mono>,
    ) -> Found {
        let in_book = |book: &Book| {
            let known = match caller {
                Caller::Key(hash) => book.by_key(hash, api),
                Caller::Identity(identity) => book.by_identity(identity, api),
            };
            known.map_or(Found::Unknown, Found::Known)
        };
        match self {
            Self::Inline(book) => in_book(book),
            Self::Snapshot(snapshot) => {
                let document = &mut snapshot.book.document;
                if let Some(book) = document.latest().filter(|_| snapshot.serves) {
                    return in_book(book);
                }
                let call = until().and_then(|until| document.hurry(now()).or_else(|| document.coming(until)));
                call.map_or(Found::Unavailable, Found::Wait)
            }
            Self::Lookup(lookups) => match lookups.ask(caller, api, now(), until().is_some()) {
                Answer::Known(known) => Found::Known(known),
                Answer::Unknown => Found::Unknown,
                Answer::Wait(call) => Found::Wait(call),
                Answer::Busy(calls) => Found::Busy(calls),
                Answer::Unavailable => Found::Unavailable,
            },
        }
    }

    pub(crate) fn next(&mut self, now: Now) -> Next {
        match self {
            Self::Inline(_) => Next::Sleep(None),
            Self::Snapshot(snapshot) => snapshot.next(now),
            Self::Lookup(lookups) => lookups.next(now),
        }
    }

    pub(crate) fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        match self {
            Self::Inline(_) => {}
            Self::Snapshot(snapshot) => snapshot.book.on_reply(call, reply, now),
            Self::Lookup(lookups) => lookups.on_reply(call, reply, now),
        }
    }

    pub(crate) fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        match self {
            Self::Inline(_) => {}
            Self::Snapshot(snapshot) => {
                if let (Some(age), Some(book)) = (snapshot.book.document.age(now), snapshot.book.document.latest()) {
                    tell(Gauge::new(&metrics::DATA_AGE, &[LABEL], age.as_secs()));
                    tell(Gauge::new(&metrics::DATA_ENTRIES, &[LABEL], book.subscriptions()));
                }
                tell(Gauge::new(&metrics::DATA_REPLAYS, &[LABEL], snapshot.replays));
            }
            Self::Lookup(lookups) => {
                let Counters { hits, misses, entries, unknown, replays, .. } = lookups.counters();
                if let Some(age) = lookups.age_to_tell(now) {
                    tell(Gauge::new(&metrics::DATA_AGE, &[LABEL], age.as_secs()));
                }
                tell(Gauge::new(&metrics::DATA_REPLAYS, &[LABEL], replays));
                tell(Gauge::new(&metrics::CACHE_ENTRIES, &["callers"], entries as u64));
                tell(Gauge::new(&metrics::CACHE_ENTRIES, &["unknown_callers"], unknown as u64));
                tell(Gauge::new(&metrics::CACHE_LOOKUPS, &["callers", "hit"], hits));
                tell(Gauge::new(&metrics::CACHE_LOOKUPS, &["callers", "miss"], misses));
            }
        }
    }
}

/// How long answers count.
pub(crate) fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}
