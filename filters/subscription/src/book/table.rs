//! Where things are, by 32 bits that are made of each: a hash table whose lines are those of a cache, so that a search waits for memory once.
//!
//! The bits are keyed by chance ([`bits_of`]): nobody can make up names or hashes that have them in common, or that belong to one line.

use std::collections::TryReserveError;
use std::hash::{BuildHasher, Hash, RandomState};

use super::chunks::{Chunks, Drain};

/// Things for which there is a line. There is room for more, so that few spill over.
const FOR_A_LINE: u32 = 5;

/// The bits of a text or a hash.
pub(super) fn bits_of(of: &impl Hash) -> u32 {
    thread_local!(static KEYED: RandomState = RandomState::new());
    KEYED.with(|keyed| keyed.hash_one(of)) as u32
}

/// A thing: its bits, and where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) bits: u32,
    pub(super) place: u32,
}

impl Thing {
    /// None. No thing is there.
    const NONE: Self = Self { bits: 0, place: u32::MAX };

    /// Whether it is a thing with those bits.
    fn has(self, bits: u32) -> bool {
        self.bits == bits && self != Self::NONE
    }
}

/// Room for things. It is filled from the front.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([Thing; 8]);

/// Things that are found by their bits. Each is in the first line that had room, from the one on that its bits belong to.
#[derive(Default)]
pub(super) struct Table {
    lines: Chunks<Line>,
}

impl Table {
    /// Looks at all that have those bits, by where they are; where there is none, at another one, if there is any. Hardly ever is it more than one.
    pub(super) fn look(&self, bits: u32, mut at: impl FnMut(u32)) {
        let (mut found, mut near) = (false, None);
        for index in self.from(bits) {
            let Some(Line(things)) = self.lines.get(index) else { return };
            for thing in things.iter().filter(|thing| thing.has(bits)) {
                found = true;
                at(thing.place);
            }
            let [first, .., last] = things;
            near = near.or((*first != Thing::NONE).then_some((things, first)));
            if *last == Thing::NONE && near.is_some() {
                break;
            }
        }
        if let (false, Some((things, first))) = (found, near) {
            // Not always the first, which would soon be known to the caches.
            let any = things.get(bits as usize % things.len()).filter(|any| **any != Thing::NONE);
            at(any.unwrap_or(first).place);
        }
    }

    /// Adds a thing. Where the one is that is the same, if there is one; `same` tells it of two places.
    fn add(&mut self, thing: Thing, same: &dyn Fn(u32, u32) -> bool) -> Option<u32> {
        for index in self.from(thing.bits) {
            for there in &mut self.lines.get_mut(index)?.0 {
                if *there == Thing::NONE {
                    *there = thing;
                    return None;
                }
                if there.bits == thing.bits && same(there.place, thing.place) {
                    return Some(there.place);
                }
            }
        }
        // There are more lines than are needed.
        None
    }

    /// Every line, from the one on that those bits belong to.
    fn from(&self, bits: u32) -> impl Iterator<Item = u32> + use<> {
        let count = self.lines.len();
        let home = ((u64::from(bits) * u64::from(count)) >> 32) as u32;
        (home..count).chain(0..home)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.lines.heap_bytes()
    }
}

/// Why a table cannot be made.
pub(super) enum Stopped {
    /// Two things are the same: where they are, in the order in which they came.
    Twice(u32, u32),
    OutOfMemory,
}

impl From<TryReserveError> for Stopped {
    fn from(_: TryReserveError) -> Self {
        Self::OutOfMemory
    }
}

/// A table on its way. The list from which it is made is freed meanwhile.
#[derive(Default)]
pub(super) struct Filling {
    things: Drain<Thing>,
    /// How many the table shall have.
    lines: u32,
    table: Table,
}

impl Filling {
    /// A table of those things.
    pub(super) fn new(things: Chunks<Thing>) -> Self {
        Self { lines: things.len() / FOR_A_LINE + 1, things: things.drain(), table: Table::default() }
    }

    /// Makes at most `budget` lines, or adds as many things, and takes off from it what it did. Whether all is done.
    pub(super) fn step(&mut self, budget: &mut usize, same: &dyn Fn(u32, u32) -> bool) -> Result<bool, Stopped> {
        while *budget > 0 {
            if self.table.lines.len() < self.lines {
                self.table.lines.push(Line([Thing::NONE; 8]))?;
            } else {
                let Some(thing) = self.things.next() else { return Ok(true) };
                if let Some(known) = self.table.add(thing, same) {
                    return Err(Stopped::Twice(known, thing.place));
                }
            }
            *budget -= 1;
        }
        Ok(false)
    }

    /// The table, after the last step.
    pub(super) fn table(self) -> Table {
        self.table
    }
}
