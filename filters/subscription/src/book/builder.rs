//! Makes a book from plans and consumers, in steps that are short enough for a proxy's worker.

use std::collections::BTreeMap;
use std::rc::Rc;

use verdict_policy::json::Json;
use verdict_policy::problems::quoted;

use super::arena::write_text;
use super::chunks::Chunks;
use super::entry::{self, Consumer, Key, Read, Subscribed, check_id, check_name};
use super::fault::{Fault, NotABook};
use super::order::{self, Merging, Runs};
use super::packed::{self, Writing};
use super::{Book, Data, MAX_APIS, MAX_CONSUMERS, MAX_IDENTITIES, MAX_KEYS, MAX_PLANS, MAX_SUBSCRIPTIONS};
use crate::subscription::Plan;

/// What a consumer is remembered by until the book is ready.
struct Added {
    line: u32,
    /// Where it is.
    place: u32,
}

/// Collects plans and consumers. Each has a line, by which faults are named; after one, the builder is of no use.
#[derive(Default)]
pub struct Builder {
    apis: BTreeMap<Box<str>, u16>,
    plans: BTreeMap<Box<str>, u16>,
    data: Data,
    consumers: Chunks<Added>,
    by_api: Runs,
    by_key: Runs,
    by_identity: Runs,
    by_name: Runs,
}

impl Builder {
    /// Takes the plan that an object describes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn plan(&mut self, plan: &Json, line: u32) -> Result<(), NotABook> {
        entry::plan(plan).and_then(|plan| self.push_plan(plan)).map_err(|fault| fault.on(line))
    }

    /// Takes the consumer that an object describes. The work is bounded: at most, it is that for the most keys, identities and
    /// subscriptions, and that of sorting some thousands of them.
    ///
    /// # Errors
    /// What is wrong with it. That something is there twice may turn out later only, up to the last step.
    pub fn consumer(&mut self, consumer: &Json, line: u32) -> Result<(), NotABook> {
        entry::consumer(consumer)
            .and_then(|consumer| self.push_consumer(&consumer, line))
            .map_err(|fault| fault.on(line))
    }

    /// Takes a plan that was read already.
    ///
    /// # Errors
    /// As of [`Self::plan`].
    pub fn add_plan(&mut self, plan: Plan, line: u32) -> Result<(), NotABook> {
        self.push_plan(plan).map_err(|fault| fault.on(line))
    }

    /// Takes a consumer that was read already.
    ///
    /// # Errors
    /// As of [`Self::consumer`].
    pub fn add_consumer(&mut self, consumer: &Consumer<'_>, line: u32) -> Result<(), NotABook> {
        self.push_consumer(consumer, line).map_err(|fault| fault.on(line))
    }

    /// Makes the book in one go: for a configuration, which is short.
    ///
    /// # Errors
    /// If something is there twice.
    pub fn finish(self, version: u64) -> Result<Book, NotABook> {
        let mut building = self.merge(version)?;
        while !building.step(usize::MAX)? {}
        Ok(building.book())
    }

    /// No more consumers. The work is bounded: at most, some thousands of keys, identities and names are sorted.
    ///
    /// # Errors
    /// If something is there twice.
    pub(super) fn merge(self, version: u64) -> Result<Building, NotABook> {
        let Self { apis: _, plans: _, data, consumers, by_api, by_key, by_identity, by_name } = self;
        let merge = |runs: Runs, what: Sorted| {
            runs.merge(&|one, other| what.compare(&data, &consumers, one, other))
                .map_err(|why| why.told(what.name(), |number| what.line(&consumers, number)).on(0))
        };
        let apis = merge(by_api, Sorted::Apis)?;
        let names = merge(by_name, Sorted::Names)?;
        let identities = merge(by_identity, Sorted::Identities)?;
        let keys = merge(by_key, Sorted::Keys)?;
        Ok(Building { version, data, consumers, apis, names, identities, keys })
    }

    fn push_plan(&mut self, plan: Plan) -> Read<()> {
        check_name(&plan.name).map_err(|fault| fault.within("plan"))?;
        let Some(number) = numbered(&mut self.plans, &plan.name, MAX_PLANS) else {
            return Err(Fault::new(format!("there are more than {MAX_PLANS} plans; join some of them")));
        };
        if u32::from(number) != self.data.plans.len() {
            return Err(Fault::new("this plan is there already; delete one of the two").within("plan"));
        }
        self.data.plans.push(Rc::new(plan))?;
        Ok(())
    }

    fn push_consumer(&mut self, consumer: &Consumer<'_>, line: u32) -> Read<()> {
        let Consumer { name, keys, identities, subscriptions } = consumer;
        check_name(name).map_err(|fault| fault.within("consumer"))?;
        let all = [("keys", keys.len(), MAX_KEYS), ("identities", identities.len(), MAX_IDENTITIES)];
        for (member, count, limit) in all.into_iter().chain([("subscriptions", subscriptions.len(), MAX_SUBSCRIPTIONS)])
        {
            if count > limit {
                return Err(Fault::new(format!("there are {count} of them; write at most {limit}")).within(member));
            }
        }
        if usize::try_from(self.consumers.len()).is_ok_and(|count| count >= MAX_CONSUMERS) {
            return Err(Fault::new(format!("there are more than {MAX_CONSUMERS} consumers; ask by `lookup` instead")));
        }
        let read = self.subscriptions(subscriptions).map_err(|fault| fault.within("subscriptions"))?;
        for (index, identity) in identities.iter().enumerate() {
            check_id(identity).map_err(|fault| fault.within(index).within("identities"))?;
        }
        // Whatever is too long was refused.
        let mut writing = Writing::new(name, &read).ok_or(Fault::OutOfMemory)?;
        let mut behind = Vec::with_capacity(keys.len() + identities.len());
        for Key { hash, period } in keys {
            behind.push((Sorted::Keys, order::of_hash(hash), writing.key(hash, *period)));
        }
        for identity in identities {
            behind.push((Sorted::Identities, order::of_text(identity), writing.identity(identity)));
        }
        let place = self.data.arena.push(writing.bytes())?.ok_or(Fault::OutOfMemory)?;
        let number = self.consumers.push(Added { line, place })?;
        self.data.keys = self.data.keys.saturating_add(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        self.data.subscriptions = self.data.subscriptions.saturating_add(u32::try_from(read.len()).unwrap_or(u32::MAX));
        self.sort(Sorted::Names, order::of_text(name), number)?;
        for (what, bits, at) in behind {
            let at = at.and_then(|at| place.checked_add(at.into())).ok_or(Fault::OutOfMemory)?;
            self.sort(what, bits, at)?;
        }
        Ok(())
    }

    /// Sorted by the number of the API.
    fn subscriptions(&mut self, subscriptions: &[Subscribed<'_>]) -> Read<Vec<packed::Subscription>> {
        let mut read = Vec::with_capacity(subscriptions.len());
        for (index, Subscribed { api, plan, state, period }) in subscriptions.iter().enumerate() {
            check_id(api).map_err(|fault| fault.within("api").within(index))?;
            let Some(number) = numbered(&mut self.apis, api, MAX_APIS) else {
                return Err(Fault::new(format!("there are more than {MAX_APIS} APIs; join some of them")).within(index));
            };
            if u32::from(number) == self.data.apis.len() {
                let text = self.text(api)?;
                self.data.apis.push(text)?;
                self.sort(Sorted::Apis, order::of_text(api), number.into())?;
            }
            let plan = match plan {
                None => None,
                Some(plan) => Some(*self.plans.get(*plan).ok_or_else(|| {
                    let fault = format!("there is no plan {} before this; write it there", quoted(plan));
                    Fault::new(fault).within("plan").within(index)
                })?),
            };
            read.push((index, packed::Subscription::new(number, plan, *state, *period)));
        }
        read.sort_unstable_by_key(|(index, subscription)| (subscription.api(), *index));
        for ((_, before), (index, subscription)) in read.iter().zip(read.iter().skip(1)) {
            if before.api() == subscription.api() {
                let fault = Fault::new("there is another subscription to this API; delete one of the two");
                return Err(fault.within("api").within(index));
            }
        }
        Ok(read.into_iter().map(|(_, subscription)| subscription).collect())
    }

    fn text(&mut self, text: &str) -> Read<u32> {
        let mut bytes = Vec::new();
        if !write_text(text, &mut bytes) {
            return Err(Fault::OutOfMemory);
        }
        self.data.arena.push(&bytes)?.ok_or(Fault::OutOfMemory)
    }

    fn sort(&mut self, what: Sorted, bits: u32, number: u32) -> Read<()> {
        let Self { apis: _, plans: _, data, consumers, by_api, by_key, by_identity, by_name } = self;
        let runs = match what {
            Sorted::Apis => by_api,
            Sorted::Keys => by_key,
            Sorted::Identities => by_identity,
            Sorted::Names => by_name,
        };
        runs.push(bits, number, &|one, other| what.compare(data, consumers, one, other))
            .map_err(|why| why.told(what.name(), |number| what.line(consumers, number)))
    }
}

/// The number of that name, the next one if it is new. `None` if there are too many.
fn numbered(names: &mut BTreeMap<Box<str>, u16>, name: &str, limit: usize) -> Option<u16> {
    if let Some(number) = names.get(name) {
        return Some(*number);
    }
    let next = u16::try_from(names.len()).ok().filter(|_| names.len() < limit)?;
    names.insert(name.into(), next);
    Some(next)
}

/// Merges what was collected.
#[derive(Default)]
pub(super) struct Building {
    version: u64,
    data: Data,
    consumers: Chunks<Added>,
    apis: Merging,
    names: Merging,
    identities: Merging,
    keys: Merging,
}

impl Building {
    /// Moves at most `budget` entries of orders. Whether the book is ready.
    ///
    /// # Errors
    /// If something is there twice.
    pub(super) fn step(&mut self, mut budget: usize) -> Result<bool, NotABook> {
        let Self { version: _, data, consumers, apis, names, identities, keys } = self;
        let names = [(apis, Sorted::Apis), (names, Sorted::Names), (identities, Sorted::Identities)];
        for (merging, what) in names.into_iter().chain([(keys, Sorted::Keys)]) {
            let done = merging
                .step(&mut budget, &|one, other| what.compare(data, consumers, one, other))
                .map_err(|why| why.told(what.name(), |number| what.line(consumers, number)).on(0))?;
            if !done {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The book, after the last step.
    pub(super) fn book(self) -> Book {
        // Nobody asks for a consumer by its name: that order showed only that no two have the same.
        let Self { version, data, consumers, apis, names: _, identities, keys } = self;
        Book {
            version,
            consumers: consumers.len(),
            data,
            by_api: apis.finish(),
            by_key: keys.finish(),
            by_identity: identities.finish(),
        }
    }
}

/// What is sorted.
#[derive(Clone, Copy)]
enum Sorted {
    Apis,
    Names,
    Identities,
    Keys,
}

impl Sorted {
    fn compare(self, data: &Data, consumers: &Chunks<Added>, one: u32, other: u32) -> std::cmp::Ordering {
        // Apart from APIs and consumers, things are numbered by where they are.
        let bytes = |number| match self {
            Self::Apis => data.api(number),
            Self::Names => data.arena.text(consumers.get(number)?.place),
            Self::Identities => data.arena.text(number),
            Self::Keys => packed::Key::read(data.arena.from(number)?).map(|key| key.hash.as_slice()),
        };
        bytes(one).cmp(&bytes(other))
    }

    /// The line of the consumer that it belongs to.
    fn line(self, consumers: &Chunks<Added>, number: u32) -> u32 {
        let consumer = match self {
            // They were compared when they came.
            Self::Apis => return 0,
            Self::Names => number,
            Self::Identities | Self::Keys => {
                let is_behind = |consumer| consumers.get(consumer).is_none_or(|consumer| consumer.place > number);
                order::first_where(0, consumers.len(), is_behind).saturating_sub(1)
            }
        };
        consumers.get(consumer).map_or(0, |consumer| consumer.line)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Apis => "an API",
            Self::Names => "the name of a consumer",
            Self::Identities => "an identity",
            Self::Keys => "the hash of a key",
        }
    }
}
