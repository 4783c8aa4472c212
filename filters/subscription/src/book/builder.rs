//! Makes a book from plans and consumers, in steps that are short enough for a proxy's worker.

use std::collections::BTreeMap;
use std::rc::Rc;

use verdict_policy::json::Json;
use verdict_policy::problems::quoted;

use super::chunks::Chunks;
use super::entry::{self, Consumer, Key, Read, Subscribed, check_id, check_name};
use super::fault::{Fault, NotABook};
use super::order::{self, Merging, Runs};
use super::texts::Text;
use super::{Book, Data, MAX_APIS, MAX_CONSUMERS, MAX_IDENTITIES, MAX_KEYS, MAX_PLANS, MAX_SUBSCRIPTIONS, packed};
use crate::subscription::Plan;

/// What a consumer is remembered by until the book is ready.
struct Added {
    line: u32,
    name: Text,
    /// The numbers behind those of its keys and identities.
    keys_end: u32,
    identities_end: u32,
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
        let first = self.data.subscriptions.len();
        self.subscriptions(subscriptions).map_err(|fault| fault.within("subscriptions"))?;
        let text = self.text(name)?;
        let count = u16::try_from(subscriptions.len()).unwrap_or(u16::MAX);
        let owner = packed::Consumer { name: text, first, count };
        let (begin, count) = (self.data.keys.len(), u32::try_from(keys.len()).unwrap_or(u32::MAX));
        let keys_end = begin.saturating_add(count);
        let (begin, count) = (self.data.identities.len(), u32::try_from(identities.len()).unwrap_or(u32::MAX));
        let added = Added { line, name: text, keys_end, identities_end: begin.saturating_add(count) };
        let number = self.consumers.push(added)?;
        self.sort(Sorted::Names, order::of_text(name), number)?;
        for (index, identity) in identities.iter().enumerate() {
            check_id(identity).map_err(|fault| fault.within(index).within("identities"))?;
            let text = self.text(identity)?;
            let number = self.data.identities.push(packed::Identity { text, consumer: owner })?;
            self.sort(Sorted::Identities, order::of_text(identity), number)?;
        }
        for Key { hash, period } in keys {
            let key = packed::Key { hash: *hash, consumer: owner, period: packed::Period::new(*period) };
            let number = self.data.keys.push(key)?;
            self.sort(Sorted::Keys, order::of_hash(hash), number)?;
        }
        Ok(())
    }

    fn subscriptions(&mut self, subscriptions: &[Subscribed<'_>]) -> Read<()> {
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
        read.sort_unstable_by_key(|(index, subscription)| (subscription.api, *index));
        let mut before = None;
        for (index, subscription) in read {
            if before == Some(subscription.api) {
                let fault = Fault::new("there is another subscription to this API; delete one of the two");
                return Err(fault.within("api").within(index));
            }
            before = Some(subscription.api);
            self.data.subscriptions.push(subscription)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Read<Text> {
        self.data.texts.push(text)?.ok_or(Fault::OutOfMemory)
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
        let text = |number| {
            let text = match self {
                Self::Apis => data.apis.get(number).copied(),
                Self::Names => consumers.get(number).map(|consumer| consumer.name),
                Self::Identities => data.identities.get(number).map(|identity| identity.text),
                Self::Keys => None,
            };
            text.and_then(|text| data.texts.bytes(text))
        };
        match self {
            Self::Apis | Self::Names | Self::Identities => text(one).cmp(&text(other)),
            Self::Keys => {
                let hash = |number| data.keys.get(number).map(|key| &key.hash);
                hash(one).cmp(&hash(other))
            }
        }
    }

    /// The line of the consumer that it belongs to.
    fn line(self, consumers: &Chunks<Added>, number: u32) -> u32 {
        let behind = |end: fn(&Added) -> u32| {
            let ends_behind = |consumer| consumers.get(consumer).is_none_or(|consumer| end(consumer) > number);
            order::first_where(0, consumers.len(), ends_behind)
        };
        let consumer = match self {
            // They were compared when they came.
            Self::Apis => return 0,
            Self::Names => number,
            Self::Identities => behind(|consumer| consumer.identities_end),
            Self::Keys => behind(|consumer| consumer.keys_end),
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
