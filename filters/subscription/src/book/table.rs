//! Where things are, by 32 bits that are made of each: a hash table whose lines are those of a cache, so that a search waits for memory once.
//!
//! The bits are keyed by chance ([`bits_of`]). Nobody can make up names that have them in common, or that belong to one line.

use std::collections::TryReserveError;
use std::hash::{BuildHasher, RandomState};

use super::chunks::{Chunks, Drain};
use crate::hash::Hash;

/// Things for which there is a line. There is room for more, so that few spill over.
const FOR_A_LINE: u32 = 5;

/// The bits of a text.
pub(super) fn bits_of(text: &str) -> u32 {
    KEYED.with(|keyed| keyed.hash_one(text)) as u32
}

/// The bits of a hash. Eight bytes of it are enough: to find hashes of keys that have those in common takes as long as to guess a key.
pub(super) fn bits_of_hash(hash: &Hash) -> u32 {
    let [a, b, c, d, e, f, g, h, ..] = hash.0;
    (u64::from_le_bytes([a, b, c, d, e, f, g, h]).wrapping_mul(FACTOR.with(|factor| *factor)) >> 32) as u32
}

thread_local! {
    static KEYED: RandomState = RandomState::new();
    /// Odd: no two products are the same.
    static FACTOR: u64 = KEYED.with(|keyed| keyed.hash_one(0)) | 1;
}

/// A thing: its bits, and its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) bits: u32,
    pub(super) number: u32,
}

impl Thing {
    /// None. No thing has that number.
    const NONE: Self = Self { bits: 0, number: u32::MAX };

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
    /// Looks at all that have those bits, by their numbers; where there is none, at another one, if there is any. Hardly ever is it more than one.
    pub(super) fn look(&self, bits: u32, mut at: impl FnMut(u32)) {
        let (mut found, mut other) = (false, Thing::NONE);
        for index in self.from(bits) {
            let Some(Line(things)) = self.lines.get(index) else { return };
            for thing in things.iter().filter(|thing| thing.has(bits)) {
                found = true;
                at(thing.number);
            }
            let [first, .., last] = things;
            if other == Thing::NONE {
                other = *first;
            }
            if *last == Thing::NONE && other != Thing::NONE {
                break;
            }
        }
        if !found && other != Thing::NONE {
            at(other.number);
        }
    }

    /// Adds a thing. The number of the one that is the same, if there is one; `same` tells it of two numbers.
    fn add(&mut self, thing: Thing, same: &dyn Fn(u32, u32) -> bool) -> Option<u32> {
        for index in self.from(thing.bits) {
            for place in &mut self.lines.get_mut(index)?.0 {
                if *place == Thing::NONE {
                    *place = thing;
                    return None;
                }
                if place.bits == thing.bits && same(place.number, thing.number) {
                    return Some(place.number);
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
    /// Two things are the same: their numbers, in the order in which they came.
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

    /// Makes at most `budget` lines or places, and takes off from it what it made. Whether all is done.
    pub(super) fn step(&mut self, budget: &mut usize, same: &dyn Fn(u32, u32) -> bool) -> Result<bool, Stopped> {
        while *budget > 0 {
            if self.table.lines.len() < self.lines {
                self.table.lines.push(Line([Thing::NONE; 8]))?;
            } else {
                let Some(thing) = self.things.next() else { return Ok(true) };
                if let Some(known) = self.table.add(thing, same) {
                    return Err(Stopped::Twice(known, thing.number));
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
