//! Named lists of addresses: written in the configuration, or fetched and read piece by piece.

use std::net::IpAddr;

use verdict_policy::contract::{CallError, CallId, Gauge, Next, Reply};
use verdict_policy::fetched::{Long, Source};
use verdict_policy::metrics;
use verdict_policy::problems::Place;
use verdict_policy::time::Now;

use crate::loading::Loading;
use crate::ranges::{EntryId, Lookup, RangeSet};

/// A named list.
pub struct List {
    /// Its name.
    pub name: String,
    source: Kept,
}

enum Kept {
    Written(Written),
    Fetched(Box<Long<Loading>>),
}

/// Entries that stand in the configuration.
pub struct Written {
    /// The addresses, by the index in `entries`.
    pub ranges: RangeSet,
    /// What the operator wrote, and where.
    pub entries: Vec<Line>,
}

/// An entry as the operator wrote it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The text.
    pub text: String,
    /// The comment.
    pub comment: Option<String>,
    /// The place.
    pub place: Place,
}

/// What a list says of an address.
pub enum Says<'a> {
    /// What the addresses say.
    Lookup(Lookup),
    /// Nothing: this list was not fetched yet, or is too old.
    Unavailable(&'a List),
}

impl List {
    /// A list that stands in the configuration.
    pub fn written(name: String, written: Written) -> Self {
        Self { name, source: Kept::Written(written) }
    }

    /// A list that is fetched. `slot` tells the lists of one filter apart.
    pub fn fetched(name: String, source: Source, slot: u16) -> Self {
        let list = Long::new(source, name.clone(), slot, "text/plain");
        Self { name, source: Kept::Fetched(Box::new(list)) }
    }

    /// What it says of the address. `now` is asked only for lists whose answer depends on it.
    pub fn says(&self, address: IpAddr, now: &dyn Fn() -> Now) -> Says<'_> {
        match &self.source {
            Kept::Written(written) => Says::Lookup(lookup(&written.ranges, address, now)),
            Kept::Fetched(list) => match list.document.value(now()) {
                Some(loaded) => Says::Lookup(loaded.ranges.lookup(address, 0)),
                None => Says::Unavailable(self),
            },
        }
    }

    /// The line of the configuration that an entry is. A fetched list has none.
    pub fn line(&self, entry: EntryId) -> Option<&Line> {
        match &self.source {
            Kept::Written(written) => written.entries.get(usize::try_from(entry.0).ok()?),
            Kept::Fetched(_) => None,
        }
    }

    /// Its addresses, if they stand in the configuration.
    pub fn in_configuration(&self) -> Option<&RangeSet> {
        match &self.source {
            Kept::Written(written) => Some(&written.ranges),
            Kept::Fetched(_) => None,
        }
    }

    /// The fetch that is under way or about to begin, if one may wait for it.
    pub fn coming(&self, now: Now) -> Option<CallId> {
        match &self.source {
            Kept::Written(_) => None,
            Kept::Fetched(list) => list.document.coming(now.mono),
        }
    }

    /// Whether a fetched text is being read.
    pub fn is_loading(&self) -> bool {
        match &self.source {
            Kept::Written(_) => false,
            Kept::Fetched(list) => list.document.is_reading(),
        }
    }

    /// What there is to do for it.
    pub fn next(&mut self, now: Now) -> Next {
        match &mut self.source {
            Kept::Written(_) => Next::Sleep(None),
            Kept::Fetched(list) => list.next(now),
        }
    }

    /// Whether this is its call.
    pub fn awaits(&self, call: CallId) -> bool {
        match &self.source {
            Kept::Written(_) => false,
            Kept::Fetched(list) => list.document.awaits(call),
        }
    }

    /// Takes the reply to its call.
    pub fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        match &mut self.source {
            Kept::Written(_) => {}
            Kept::Fetched(list) => list.on_reply(call, reply, now),
        }
    }

    /// Tells its age and size.
    pub fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        if let Kept::Fetched(list) = &self.source
            && let (Some(age), Some(loaded)) = (list.document.age(now), list.document.latest())
        {
            tell(Gauge::new(&metrics::DATA_AGE, &[&self.name], age.as_secs()));
            tell(Gauge::new(&metrics::DATA_ENTRIES, &[&self.name], u64::try_from(loaded.entries).unwrap_or(u64::MAX)));
            tell(Gauge::new(
                &metrics::DATA_BAD_ENTRIES,
                &[&self.name],
                u64::try_from(loaded.bad_lines).unwrap_or(u64::MAX),
            ));
        }
    }
}

/// What the addresses say. The clock is asked only where an entry has an end.
pub fn lookup(ranges: &RangeSet, address: IpAddr, now: &dyn Fn() -> Now) -> Lookup {
    let seconds = if ranges.is_dated() { now().wall.seconds() } else { 0 };
    ranges.lookup(address, seconds)
}
