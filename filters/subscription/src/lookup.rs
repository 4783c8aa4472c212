//! Questions to a source, one at a time each, and what is remembered of the answers.
//!
//! The owner hands in time and replies; nothing here calls anybody. What a question comes to:
//!
//! ```text
//!        remembered, and fresh                                        ─▶ Known, Unknown
//! ask ─▶ a call for it is under way, or begins now, and the asker waits ─▶ Wait ─▶ next: Ready ─▶ ask again
//!        no call can begin, or the source is failing, or no more wait ─▶ Known, if stale_if_error allows; else Unavailable
//! ```
//!
//! A call begins unless too many are under way, the same question failed just now, or the source is failing and was tried less than a
//! second ago. What the source has said of a caller, or of a consumer and an API, counts for every call that is under way then: an older
//! answer that comes later does not bring back what was revoked.

mod answer;
mod flight;
mod health;
mod store;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use verdict_policy::contract::{Call, CallError, CallId, Next, Reply};
use verdict_policy::time::{Mono, Now};

use crate::hash::Hash;
use crate::subscription::Known;
use answer::{Failure, Plans, Told};
use flight::{Flight, Flights, Question};
use health::Health;
use store::Store;

/// How long an answer may be, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The longest identity that is asked for, in bytes.
const IDENTITY_LIMIT: usize = 256;

/// How long answers count at least: those who waited for one find it, however long the list of them is.
const LEAST_TTL: Duration = Duration::from_secs(1);

/// How long after its time-out a call without a reply counts as lost. The host ends calls by itself: this is for one that forgets.
const GRACE: Duration = Duration::from_secs(2);

/// How long a question that failed is not asked again: after the first failure, the second in a row, and all that follow. A source that
/// fails for one caller only is not asked as often as that caller comes, and leaves the attempts that a failing source gets to others.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// How long a failed question is remembered: longer than any pause, or no failure would be the second in a row.
const FAILURE_TTL: Duration = Duration::from_secs(10);

/// How many failed questions are remembered.
const FAILURES_LIMIT: usize = 1024;

/// Of how many consumers and APIs it is remembered what was said of them while calls are under way: far more than those may be.
const LATEST_LIMIT: usize = 4096;

/// How many entries that are past all use are dropped at once.
const PRUNED_AT_ONCE: usize = 64;

/// What is left as it is in a query (RFC 3986, section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whom to ask, and how long and how many answers are remembered.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The proxy's name for the source.
    pub cluster: String,
    /// The host that is asked for.
    pub authority: String,
    /// The path; it may have a query.
    pub path: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// How long it counts that the source knows a caller, and what it said of it; at least a second.
    pub positive_ttl: Duration,
    /// How long it counts that the source does not know a caller; at least a second.
    pub negative_ttl: Duration,
    /// How long after that an answer about a caller that the source knows still counts while the source fails.
    pub stale_if_error: Duration,
    /// How many answers about callers that the source knows are remembered, one for each caller and API; at least as many as calls may be
    /// under way.
    pub max_entries: usize,
    /// How many callers are remembered that the source does not know; at least as many as calls may be under way.
    pub max_unknown: usize,
    /// How many calls may be under way; at least one. A quarter of them is kept for callers that the source knows, so that a flood of
    /// made-up keys does not hold up the news of a revocation.
    pub max_in_flight: usize,
    /// What names the source in the metrics and in the log.
    pub label: String,
}

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Whoever has the key with this hash.
    Key(Hash),
    /// Whoever was verified to be this.
    Identity(String),
}

/// What a question comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The source knows the caller.
    Known(Known),
    /// The source does not.
    Unknown,
    /// This call must come back first; then the asker asks again, and says that it has waited.
    Wait(CallId),
    /// Nobody is asked, since so many calls are under way already: any client can see to that.
    Busy(usize),
    /// Nobody can tell.
    Unavailable,
}

/// Why no call is made.
#[derive(Clone, Copy)]
enum NoCall {
    /// As many are under way as may be.
    Full,
    /// The source has failed lately.
    NotNow,
}

/// How it is going.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How many questions fresh answers were there for.
    pub hits: u64,
    /// How many they were not there for.
    pub misses: u64,
    /// How often an answer was given that was no longer fresh.
    pub stale: u64,
    /// How many calls brought no answer that can be used.
    pub failures: u64,
    /// How many of those brought an answer that is older than one that came before the call was made.
    pub replays: u64,
    /// How many answers about callers that the source knows are remembered.
    pub entries: usize,
    /// How many callers are remembered that the source does not know.
    pub unknown: usize,
    /// How many calls are under way.
    pub in_flight: usize,
}

/// Questions to a source, and what is remembered of the answers.
pub struct Lookups {
    settings: Settings,
    slot: u16,
    /// The APIs that were asked about, each with a number. They come from the configuration.
    apis: BTreeMap<Box<str>, u32>,
    /// The answers about callers that the source knows.
    known: Store<Question, Known>,
    /// The callers that it does not know, whichever API it was about.
    unknown: Store<Caller, ()>,
    /// The questions that failed, and how often in a row.
    failed: Store<Question, usize>,
    /// In which version the source has last spoken of a consumer and an API, for as long as an older answer may be under way: about another
    /// key of the same consumer.
    latest: Store<(Rc<str>, u32), u64>,
    plans: Plans,
    flights: Flights,
    /// The calls that are yet to be made.
    calls: VecDeque<Call>,
    /// The calls that ended, until those who wait for them were told.
    ended: VecDeque<CallId>,
    health: Health,
    /// The highest version of the data that the source has told.
    version: u64,
    /// Whether it was said that the source answers, and it still does.
    told_well: Cell<bool>,
    hits: u64,
    misses: u64,
    stale: u64,
    failures: u64,
    replays: u64,
}

impl Lookups {
    /// Nothing is remembered yet. `slot` tells apart who makes calls in one policy: these are numbered from `slot << 32`.
    pub fn new(settings: Settings, slot: u16) -> Self {
        let max_in_flight = settings.max_in_flight.max(1);
        let settings = Settings {
            positive_ttl: settings.positive_ttl.max(LEAST_TTL),
            negative_ttl: settings.negative_ttl.max(LEAST_TTL),
            max_entries: settings.max_entries.max(max_in_flight),
            max_unknown: settings.max_unknown.max(max_in_flight),
            max_in_flight,
            ..settings
        };
        Self {
            slot,
            apis: BTreeMap::new(),
            known: Store::new(settings.max_entries),
            unknown: Store::new(settings.max_unknown),
            failed: Store::new(FAILURES_LIMIT),
            latest: Store::new(LATEST_LIMIT),
            plans: Plans::default(),
            flights: Flights::default(),
            calls: VecDeque::new(),
            ended: VecDeque::new(),
            health: Health::default(),
            version: 0,
            told_well: Cell::new(false),
            hits: 0,
            misses: 0,
            stale: 0,
            failures: 0,
            replays: 0,
            settings,
        }
    }

    /// Asks who that is, and what of the API they may call. `api` is from the configuration. `patient`: whether the asker can wait. One
    /// that has waited already cannot, and is not counted again; what it asks for is fetched all the same.
    pub fn ask(&mut self, caller: &Caller, api: &str, now: Now, patient: bool) -> Answer {
        if !can_be_known(caller) {
            return Answer::Unknown;
        }
        let question = Question { caller: caller.clone(), api: self.number_of(api) };
        let known = self.known.get(&question).map(|(known, since)| (known, now.mono.since(since)));
        let fresh = match known {
            Some((known, age)) if age < self.settings.positive_ttl => Some(Answer::Known(known.clone())),
            Some(_) => None,
            None => match self.unknown.get(caller) {
                Some(((), since)) if now.mono.since(since) < self.settings.negative_ttl => Some(Answer::Unknown),
                Some(_) | None => None,
            },
        };
        if patient {
            *(if fresh.is_some() { &mut self.hits } else { &mut self.misses }) += 1;
        }
        if let Some(fresh) = fresh {
            return fresh;
        }

        let is_known = known.is_some();
        // Only what the source knows: that it did not know a caller some time ago says nothing about now.
        let stale = known.filter(|(_, age)| *age < self.stale_after()).map(|(known, _)| known.clone());
        let call = match self.flights.of(&question) {
            Some(number) => Ok(number),
            None => self.begin(question, api, is_known, now),
        };
        match (call, stale) {
            (Ok(number), None) if patient => Answer::Wait(self.call_id(number)),
            (Ok(number), Some(_)) if patient && !self.health.is_failing() => Answer::Wait(self.call_id(number)),
            (Ok(_) | Err(NoCall::Full | NoCall::NotNow), Some(stale)) => {
                self.stale += 1;
                Answer::Known(stale)
            }
            (Err(NoCall::Full), None) => Answer::Busy(self.flights.len()),
            (Ok(_) | Err(NoCall::NotNow), None) => Answer::Unavailable,
        }
    }

    /// What there is to do: tell the operator, tell those who wait for a call that it is over, make a call, or sleep. For
    /// [`verdict_policy::contract::Policy::next`].
    pub fn next(&mut self, now: Now) -> Next {
        let lost_after = self.settings.timeout.saturating_add(GRACE);
        while let Some((lost, _)) = self.flights.oldest().filter(|(_, since)| now.mono.since(*since) >= lost_after) {
            self.end(lost, Err(Failure::Lost), now);
        }
        self.known.prune(self.stale_after(), now.mono, PRUNED_AT_ONCE);
        self.unknown.prune(self.settings.negative_ttl, now.mono, PRUNED_AT_ONCE);
        self.failed.prune(FAILURE_TTL, now.mono, PRUNED_AT_ONCE);
        self.latest.prune(lost_after, now.mono, PRUNED_AT_ONCE);

        if let Some(note) = self.health.note() {
            return Next::Note(note);
        }
        if let Some(call) = self.ended.pop_front() {
            return Next::Ready(call);
        }
        if let Some(call) = self.calls.pop_front() {
            self.flights.call(number_in(call.id), now.mono, self.version);
            return Next::Call(call);
        }
        Next::Sleep(self.flights.oldest().map(|(_, since)| since.after(lost_after)))
    }

    /// Whether this call was made and has not ended.
    pub fn awaits(&self, call: CallId) -> bool {
        call == self.call_id(number_in(call)) && self.flights.is_called(number_in(call))
    }

    /// Takes the reply to a call. One that nobody waits for, that comes late or twice, says nothing.
    pub fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        if !self.awaits(call) {
            return;
        }
        let told = match reply {
            Err(error) => Err(Failure::NoReply(error)),
            Ok(Reply { body, .. }) if body.len() > MAX_BODY => Err(Failure::NoReply(CallError::TooLarge)),
            Ok(Reply { status, body, .. }) => answer::read(status, &body, &mut self.plans),
        };
        self.end(number_in(call), told, now);
    }

    /// How it is going.
    pub fn counters(&self) -> Counters {
        let Self { hits, misses, stale, failures, replays, .. } = *self;
        let (entries, unknown, in_flight) = (self.known.len(), self.unknown.len(), self.flights.len());
        Counters { hits, misses, stale, failures, replays, entries, unknown, in_flight }
    }

    /// How many answers were older than one that came before their call was made.
    pub fn replays(&self) -> u64 {
        self.replays
    }

    /// How long the source has been failing: since the first failure after the last good answer.
    pub fn failing_for(&self, now: Now) -> Option<Duration> {
        self.health.failing_since().map(|since| now.mono.since(since))
    }

    /// How long it has been that nobody could be asked: what is remembered is at least that old. `None` where there is nothing new to say:
    /// the workers of a proxy share the gauge, so that one that has not asked, or has said already that all is well, must not write over
    /// the others.
    pub fn age_to_tell(&self, now: Now) -> Option<Duration> {
        match self.failing_for(now) {
            Some(age) => {
                self.told_well.set(false);
                Some(age)
            }
            None if self.misses == 0 || self.told_well.replace(true) => None,
            None => Some(Duration::ZERO),
        }
    }

    /// Begins a call, unless there is a reason not to.
    fn begin(&mut self, question: Question, api: &str, is_known: bool, now: Now) -> Result<u32, NoCall> {
        let limit = self.settings.max_in_flight;
        let limit = if is_known { limit } else { limit - limit / 4 };
        let pauses =
            self.failed.get(&question).is_some_and(|(in_a_row, since)| now.mono.since(since) < pause(*in_a_row));
        if pauses || !self.health.admits(now.mono) {
            return Err(NoCall::NotNow);
        }
        if self.flights.len() >= limit {
            return Err(NoCall::Full);
        }
        let path = self.path(&question.caller, api);
        let number = self.flights.begin(question);
        let Settings { cluster, authority, timeout, label, .. } = &self.settings;
        self.calls.push_back(Call {
            id: self.call_id(number),
            label: label.clone(),
            cluster: cluster.clone(),
            headers: vec![
                (":method".to_owned(), "GET".into()),
                (":path".to_owned(), path.into()),
                (":authority".to_owned(), authority.clone().into()),
                ("accept".to_owned(), "application/json".into()),
            ],
            body: Vec::new(),
            timeout: *timeout,
            max_body: MAX_BODY,
        });
        Ok(number)
    }

    /// Ends a call, with what it brought.
    fn end(&mut self, number: u32, told: Result<Told, Failure>, now: Now) {
        let Some((flight, floor)) = self.flights.end(number) else { return };
        self.ended.push_back(self.call_id(number));
        let told = told.and_then(|told| {
            if told.version < floor {
                self.replays += 1;
                return Err(Failure::Replay { version: told.version, latest: floor });
            }
            Ok(told)
        });
        match told {
            Ok(told) => self.learn(flight, told, now.mono),
            Err(failure) => {
                self.failures += 1;
                let Settings { label, cluster, .. } = &self.settings;
                self.health.fail(&flight.question, &failure, label, cluster, now.mono);
                let before = self.failed.get(&flight.question).map_or(0, |(in_a_row, _)| *in_a_row);
                self.failed.insert(flight.question, before.saturating_add(1), now.mono);
            }
        }
    }

    /// Remembers an answer.
    fn learn(&mut self, flight: Flight, told: Told, now: Mono) {
        self.health.succeed(&self.settings.label);
        self.version = self.version.max(told.version);
        let Flight { question, sibling, .. } = flight;
        self.failed.remove(&question);
        if sibling.is_some_and(|sibling| sibling.overrules(&told)) || !self.is_latest(&question, &told, now) {
            // The source is well, but what it said is over. Whoever still needs to know asks again.
            return;
        }
        self.flights.tell_siblings(&question, &told);
        let Question { caller, .. } = &question;
        let overruled: Vec<Question> = self
            .known
            .range(&question.every_api())
            .filter(|(_, known)| told.known.as_ref().is_none_or(|told| !is_same_caller(known, told)))
            .map(|(question, _)| question.clone())
            .collect();
        for question in overruled {
            self.known.remove(&question);
        }
        match told.known {
            Some(known) => {
                self.unknown.remove(caller);
                self.known.insert(question, known, now);
            }
            None => self.unknown.insert(question.caller, (), now),
        }
    }

    /// Whether the source has not spoken of the same consumer and API in a later version. From now on it has, in this one.
    fn is_latest(&mut self, question: &Question, told: &Told, now: Mono) -> bool {
        let Some(known) = &told.known else { return true };
        let about = (Rc::clone(&known.consumer), question.api);
        if self.latest.get(&about).is_some_and(|(version, _)| *version > told.version) {
            return false;
        }
        self.latest.insert(about, told.version, now);
        true
    }

    /// How old an answer about a known caller may be at most.
    fn stale_after(&self) -> Duration {
        self.settings.positive_ttl.saturating_add(self.settings.stale_if_error)
    }

    fn number_of(&mut self, api: &str) -> u32 {
        if let Some(number) = self.apis.get(api) {
            return *number;
        }
        let number = u32::try_from(self.apis.len()).unwrap_or(u32::MAX);
        self.apis.insert(api.into(), number);
        number
    }

    fn call_id(&self, number: u32) -> CallId {
        CallId(u64::from(self.slot) << 32 | u64::from(number))
    }

    fn path(&self, caller: &Caller, api: &str) -> String {
        let path = &self.settings.path;
        let joint = match path.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        let api = utf8_percent_encode(api, UNRESERVED);
        match caller {
            Caller::Key(hash) => format!("{path}{joint}key={}&api={api}", hash.written()),
            Caller::Identity(identity) => {
                format!("{path}{joint}identity={}&api={api}", utf8_percent_encode(identity, UNRESERVED))
            }
        }
    }
}

/// Whether both say the same of the caller, whichever API they are about.
fn is_same_caller(one: &Known, other: &Known) -> bool {
    one.consumer == other.consumer && one.credential == other.credential
}

/// Whether a source can know that caller.
fn can_be_known(caller: &Caller) -> bool {
    match caller {
        Caller::Key(_) => true,
        Caller::Identity(identity) => !identity.is_empty() && identity.len() <= IDENTITY_LIMIT,
    }
}

/// How long a question is not asked again after so many failures in a row.
fn pause(in_a_row: usize) -> Duration {
    let [.., last] = PAUSES;
    PAUSES.get(in_a_row.saturating_sub(1)).copied().unwrap_or(last)
}

/// The number of a call, without the slot.
fn number_in(call: CallId) -> u32 {
    call.0 as u32
}
