//! Makes a book from plans and consumers, in steps that are short enough for a proxy's worker.

use std::collections::BTreeMap;
use std::rc::Rc;

use verdict_policy::json::Json;
use verdict_policy::problems::quoted;

use super::chunks::Chunks;
use super::entry::{self, Consumer, Read, Subscribed, check_id, check_name};
use super::fault::{Fault, NotABook};
use super::packed::{self, Piece};
use super::table::{Filling, Stopped, Thing, bits_of};
use super::{Book, Data, MAX_APIS, MAX_CONSUMERS, MAX_IDENTITIES, MAX_KEYS, MAX_PLANS, MAX_SUBSCRIPTIONS};
use crate::subscription::Plan;

/// What a consumer is remembered by until the book is ready.
struct Added {
    line: u32,
    /// Where its piece begins.
    place: u32,
}

/// Collects plans and consumers. Each has a line, by which faults are named; after one, the builder is of no use.
#[derive(Default)]
pub struct Builder {
    plans: BTreeMap<Box<str>, u16>,
    data: Data,
    consumers: Chunks<Added>,
    /// Each by where it is.
    names: Chunks<Thing>,
    identities: Chunks<Thing>,
    keys: Chunks<Thing>,
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
    /// subscriptions.
    ///
    /// # Errors
    /// What is wrong with it. That a name, an identity or a key is there twice turns out later.
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
        let mut building = self.build(version);
        while !building.step(usize::MAX)? {}
        Ok(building.book())
    }

    /// No more consumers.
    pub(super) fn build(self, version: u64) -> Building {
        let Self { plans: _, data, consumers, names, identities, keys } = self;
        let [names, identities, keys] = [names, identities, keys].map(Filling::new);
        Building { version, data, consumers, names, identities, keys }
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
        let piece = Piece::new(consumer, &read).ok_or(Fault::OutOfMemory)?;
        let place = self.data.arena.push(&piece.bytes)?.ok_or(Fault::OutOfMemory)?;
        self.consumers.push(Added { line, place })?;
        // All of it lies in one block.
        let thing = |bits, at: usize| Thing { bits, place: place.saturating_add(at as u32) };
        self.names.push(thing(bits_of(name), piece.name.into()))?;
        for (identity, at) in identities.iter().zip(piece.identities) {
            self.identities.push(thing(bits_of(identity), at.into()))?;
        }
        for (index, key) in keys.iter().enumerate() {
            self.keys.push(thing(bits_of(&key.hash), index * packed::KEY))?;
        }
        self.data.keys = self.data.keys.saturating_add(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        self.data.subscriptions = self.data.subscriptions.saturating_add(u32::try_from(read.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Sorted by the number of the API.
    fn subscriptions(&mut self, subscriptions: &[Subscribed<'_>]) -> Read<Vec<packed::Subscription>> {
        let mut read = Vec::with_capacity(subscriptions.len());
        for (index, Subscribed { api, plan, state, period }) in subscriptions.iter().enumerate() {
            check_id(api).map_err(|fault| fault.within("api").within(index))?;
            let Some(number) = numbered(&mut self.data.apis, api, MAX_APIS) else {
                return Err(Fault::new(format!("there are more than {MAX_APIS} APIs; join some of them")).within(index));
            };
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

/// Makes the tables of what was collected.
#[derive(Default)]
pub(super) struct Building {
    version: u64,
    data: Data,
    consumers: Chunks<Added>,
    names: Filling,
    identities: Filling,
    keys: Filling,
}

impl Building {
    /// Makes at most `budget` lines or places of tables. Whether the book is ready.
    ///
    /// # Errors
    /// If something is there twice.
    pub(super) fn step(&mut self, mut budget: usize) -> Result<bool, NotABook> {
        let Self { version: _, data, consumers, names, identities, keys } = self;
        for (filling, what) in [(names, What::Name), (identities, What::Identity), (keys, What::Key)] {
            let done = filling.step(&mut budget, &|one, other| what.same(data, one, other));
            match done.map_err(|why| what.fault(why, consumers).on(0))? {
                true => {}
                false => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The book, after the last step.
    pub(super) fn book(self) -> Book {
        // Nobody asks for a consumer by its name: that table showed only that no two have the same.
        let Self { version, data, consumers, names: _, identities, keys } = self;
        Book { version, consumers: consumers.len(), data, by_key: keys.table(), by_identity: identities.table() }
    }
}

/// What may be there once only.
#[derive(Clone, Copy)]
enum What {
    Name,
    Identity,
    Key,
}

impl What {
    /// Whether two of it are the same, by where they are.
    fn same(self, data: &Data, one: u32, other: u32) -> bool {
        let bytes = |place| match self {
            Self::Name | Self::Identity => data.arena.text(place),
            Self::Key => packed::Key::read(data.arena.from(place)?).map(|key| key.hash.as_slice()),
        };
        bytes(one) == bytes(other)
    }

    fn fault(self, why: Stopped, consumers: &Chunks<Added>) -> Fault {
        let Stopped::Twice(first, second) = why else { return Fault::OutOfMemory };
        let line = |place| {
            let behind = consumers.first_where(|consumer| consumer.place > place);
            behind.checked_sub(1).and_then(|number| consumers.get(number)).map_or(0, |consumer| consumer.line)
        };
        let what = match self {
            Self::Name => "the name of a consumer",
            Self::Identity => "an identity",
            Self::Key => "the hash of a key",
        };
        Fault::Twice { what, first: line(first), line: line(second) }
    }
}
