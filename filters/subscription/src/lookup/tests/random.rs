//! A source, a network and clients that do anything at random, and what must hold all the same.

use super::*;
use crate::subscription::{Period, State, Subscription};

const CALLERS: u64 = 5;
const APIS: [&str; 3] = ["payments", "orders", "stock"];
const STATES: [State; 5] = [State::Pending, State::Active, State::Rejected, State::Suspended, State::Revoked];

/// Numbers at random, the same each time.
struct Dice(u64);

impl Dice {
    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What the source knows of a caller in one version: the consumer, the end of the key, the state for each API.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    consumer: u64,
    until: Option<u64>,
    states: [Option<State>; 3],
}

type Data = Vec<Option<Record>>;

/// A call that was made: for whom, of which API, when the source had which version, when which had been told.
#[derive(Clone, Copy)]
struct Made {
    id: CallId,
    caller: usize,
    api: usize,
    had: usize,
    floor: usize,
    since: u64,
}

/// An answer that counts: of whom, of which API, in which version, when it came.
#[derive(Clone, Copy, Debug)]
struct Delivered {
    caller: usize,
    api: usize,
    version: usize,
    came: u64,
}

struct World {
    dice: Dice,
    lookups: Lookups,
    now: u64,
    /// The data in each version.
    history: Vec<Data>,
    made: Vec<Made>,
    waited: Vec<CallId>,
    delivered: Vec<Delivered>,
    highest: usize,
    /// Whether the last answer was good.
    is_well: bool,
    last_failure: Option<u64>,
    seen: [u64; 5],
}

const POSITIVE: u64 = 20_000;
const NEGATIVE: u64 = 5_000;
const STALE: u64 = 40_000;

impl World {
    fn new(seed: u64) -> Self {
        let settings = Settings {
            positive_ttl: Duration::from_millis(POSITIVE),
            negative_ttl: Duration::from_millis(NEGATIVE),
            stale_if_error: Duration::from_millis(STALE),
            max_entries: 8,
            max_unknown: 3,
            max_in_flight: 6,
            ..settings()
        };
        Self {
            dice: Dice(seed),
            lookups: Lookups::new(Settings { max_in_flight: 3 + (seed % 4) as usize, ..settings }, 7),
            now: 1,
            history: vec![vec![None; CALLERS as usize]],
            made: Vec::new(),
            waited: Vec::new(),
            delivered: Vec::new(),
            highest: 0,
            is_well: true,
            last_failure: None,
            seen: [0; 5],
        }
    }

    /// The source's data change.
    fn change(&mut self) {
        let mut data = self.history.last().unwrap().clone();
        let caller = self.dice.below(CALLERS) as usize;
        if data[caller].is_none() || self.dice.one_in(4) {
            data[caller] = (!self.dice.one_in(3)).then(|| Record {
                consumer: self.dice.below(2),
                until: self.dice.one_in(2).then(|| self.dice.below(3)),
                states: [None; 3],
            });
        }
        if let Some(record) = &mut data[caller] {
            let state = STATES.get(self.dice.below(6) as usize).copied();
            record.states[self.dice.below(3) as usize] = state;
        }
        self.history.push(data);
    }

    /// What the source says in that version.
    fn says(&self, version: usize, caller: usize, api: usize) -> Option<Known> {
        let record = self.history[version][caller].as_ref()?;
        let subscription =
            record.states[api].map(|state| Subscription { state, period: Period::default(), plan: None });
        Some(Known {
            consumer: format!("consumer {}", record.consumer).into(),
            credential: Period { from: None, until: record.until },
            subscription,
        })
    }

    fn body(&self, version: usize, caller: usize, api: usize) -> Result<Reply, CallError> {
        let Some(Known { consumer, credential, subscription }) = self.says(version, caller, api) else {
            return said(Nobody(version as u64));
        };
        let until =
            credential.until.map_or(String::new(), |until| format!(r#""not_after": "1970-01-01T00:00:0{until}Z","#));
        let subscription = subscription
            .map_or("null".to_owned(), |subscription| format!(r#"{{"state": "{}"}}"#, subscription.state.name()));
        reply(
            200,
            &format!(r#"{{"version": {version}, "consumer": "{consumer}", {until} "subscription": {subscription}}}"#),
        )
    }

    /// The latest version in which anything counted of that caller.
    fn latest(&self, caller: usize) -> Option<usize> {
        self.delivered.iter().filter(|answer| answer.caller == caller).map(|answer| answer.version).max()
    }

    fn is_same_caller(&self, caller: usize, one: usize, other: usize) -> bool {
        let who = |version: usize| self.history[version][caller].as_ref().map(|record| (record.consumer, record.until));
        who(one) == who(other)
    }

    /// Whether something that counted was said of the same consumer and API in a later version.
    fn is_over(&self, version: usize, caller: usize, api: usize) -> bool {
        let consumer =
            |version: usize, caller: usize| self.history[version][caller].as_ref().map(|record| record.consumer);
        let told = consumer(version, caller);
        let later = self.delivered.iter().filter(|answer| answer.api == api && answer.version > version);
        told.is_some() && later.map(|answer| consumer(answer.version, answer.caller)).any(|other| other == told)
    }

    fn ask(&mut self, caller: usize, api: usize, patient: bool) -> Answer {
        let answer = self.lookups.ask(&key(caller as u64), APIS[api], at(self.now), patient);
        let latest = self.latest(caller);
        match &answer {
            Answer::Known(known) => {
                self.seen[0] += 1;
                // Of the answers that agree with the latest word on the caller, the latest.
                let latest = latest.expect("nothing was said of this caller");
                let basis = self
                    .delivered
                    .iter()
                    .filter(|answer| answer.caller == caller && answer.api == api)
                    .filter(|answer| self.is_same_caller(caller, answer.version, latest))
                    .max_by_key(|answer| (answer.version, answer.came))
                    .expect("nobody said so");
                assert_eq!(self.says(basis.version, caller, api).as_ref(), Some(known), "{basis:?}");
                let age = self.now - basis.came;
                assert!(age < POSITIVE + STALE, "{age}");
                if age >= POSITIVE && patient {
                    let is_full = self.lookups.counters().in_flight >= self.lookups.settings.max_in_flight;
                    let is_pausing = self.last_failure.is_some_and(|failure| self.now - failure < 4_000);
                    assert!(is_full || is_pausing || !self.is_well, "stale while the source is well");
                }
            }
            Answer::Unknown => {
                self.seen[1] += 1;
                let latest = latest.expect("nothing was said of this caller");
                assert!(self.history[latest][caller].is_none(), "the latest word is another");
                let came =
                    self.delivered.iter().filter(|answer| answer.caller == caller).map(|answer| answer.came).max();
                assert!(self.now - came.unwrap() < NEGATIVE);
            }
            Answer::Wait(call) => {
                self.seen[2] += 1;
                assert!(patient);
                self.waited.push(*call);
            }
            Answer::Busy(_) | Answer::Unavailable => self.seen[3] += 1,
        }
        assert!(self.lookups.counters().in_flight <= self.lookups.settings.max_in_flight);
        answer
    }

    fn tick(&mut self) {
        loop {
            match next(&mut self.lookups, at(self.now)) {
                Next::Call(call) => {
                    let (_, path) = call.headers.iter().find(|(name, _)| name == ":path").unwrap();
                    let path = std::str::from_utf8(path).unwrap();
                    let caller =
                        (0..CALLERS).position(|caller| path.contains(&format!("key={}&", written(caller)))).unwrap();
                    let api = APIS.iter().position(|api| path.ends_with(&format!("&api={api}"))).unwrap();
                    let twin = self.made.iter().find(|made| (made.caller, made.api) == (caller, api));
                    assert!(twin.is_none_or(|twin| !self.lookups.awaits(twin.id)), "asked twice at once");
                    self.made.push(Made {
                        id: call.id,
                        caller,
                        api,
                        had: self.history.len() - 1,
                        floor: self.highest,
                        since: self.now,
                    });
                }
                Next::Ready(call) => self.waited.retain(|waited| *waited != call),
                Next::Note(_) | Next::Busy => panic!("lookups are never busy"),
                Next::Sleep(_) => return,
            }
        }
    }

    fn failed(&mut self) {
        self.is_well = false;
        self.last_failure = Some(self.now);
    }

    /// A call comes to an end, or seems to.
    fn deliver(&mut self) {
        if self.made.is_empty() {
            return;
        }
        let index = self.dice.below(self.made.len() as u64) as usize;
        let Made { id, caller, api, had, floor, since } = self.made[index];
        // Now and then the reply will come a second time.
        if !self.dice.one_in(10) {
            self.made.swap_remove(index);
        }
        let awaited = self.lookups.awaits(id);
        assert!(!awaited || self.now - since < 7_000);
        let latest = self.history.len() as u64 - 1;
        let version = match self.dice.below(10) {
            0 => {
                let bad = [NO_ANSWER, Raw(500, ""), Raw(200, "{}"), Raw(404, "{}"), Raw(302, "{}")];
                self.lookups.on_reply(id, said(bad[self.dice.below(5) as usize]), at(self.now));
                if awaited {
                    self.failed();
                }
                return;
            }
            1 => self.dice.below(latest + 1) as usize,
            _ => had + self.dice.below(latest + 1 - had as u64) as usize,
        };
        let replays = self.lookups.replays();
        self.lookups.on_reply(id, self.body(version, caller, api), at(self.now));
        let is_replay = awaited && version < floor;
        assert_eq!(self.lookups.replays() - replays, u64::from(is_replay));
        if is_replay {
            self.failed();
        }
        if !awaited || is_replay {
            return;
        }
        let before = self.latest(caller);
        self.is_well = true;
        self.highest = self.highest.max(version);
        let counts = before.is_none_or(|before| before <= version || self.is_same_caller(caller, before, version));
        if counts && !self.is_over(version, caller, api) {
            self.delivered.push(Delivered { caller, api, version, came: self.now });
            // Whoever waited for it finds it.
            let expected = self.says(version, caller, api).map_or(Answer::Unknown, Answer::Known);
            assert_eq!(self.ask(caller, api, false), expected);
        } else {
            self.seen[4] += 1;
        }
    }
}

fn written(number: u64) -> String {
    let Caller::Key(hash) = key(number) else { panic!("no key") };
    hash.written()
}

#[test]
fn nobody_is_admitted_whom_the_latest_word_of_the_source_denies() {
    let mut seen = [0; 5];
    for seed in 0..40 {
        let mut world = World::new(seed);
        for _ in 0..3_000 {
            // Now and then nothing is heard of the source for long.
            let quiet = (world.now / 30_000) % 4 == 3;
            match world.dice.below(10) {
                0 | 9 => world.change(),
                1 | 2 if !quiet => world.deliver(),
                1..=3 => world.tick(),
                4 => world.now += world.dice.below(if quiet { 2_000 } else { 500 }),
                5..=8 => {
                    let (caller, api) = (world.dice.below(CALLERS) as usize, world.dice.below(3) as usize);
                    let patient = !world.dice.one_in(4);
                    world.ask(caller, api, patient);
                    // As a page does that calls several APIs.
                    world.ask(caller, (api + 1) % 3, patient);
                }
                _ => world.now += 1,
            }
            // The host ends calls in time, except those that it forgets.
            for index in (0..world.made.len()).rev() {
                if world.now - world.made[index].since >= 6_000 {
                    let id = world.made.swap_remove(index).id;
                    if !world.dice.one_in(3) && world.lookups.awaits(id) {
                        world.lookups.on_reply(id, said(NO_ANSWER), at(world.now));
                        world.failed();
                    }
                }
            }
            let lost = world.lookups.counters().failures;
            world.tick();
            if world.lookups.counters().failures > lost {
                world.failed();
            }
        }
        world.now += 10_000;
        world.tick();
        assert!(world.waited.is_empty(), "{:?} were never told", world.waited);
        assert_eq!(world.lookups.counters().in_flight, 0);
        seen.iter_mut().zip(world.seen).for_each(|(sum, seen)| *sum += seen);
    }
    assert!(seen.iter().all(|seen| *seen > 50), "the dice left something out: {seen:?}");
}
