//! Numbered things in the order of what they are found by: collected in runs, merged in pieces, searched.
//!
//! An entry is 32 bits of what is sorted (the first of a hash, a checksum of a text) above its number: that of a key or an identity is the place where it lies. Few things share those bits, and
//! only for them what is sorted is looked at itself, through the number: sorting and searching stay within eight bytes a thing. Whoever
//! made up many texts of one checksum would gain nothing: the order is then that of the texts.

use std::cmp::Ordering;
use std::collections::{TryReserveError, VecDeque};

use super::chunks::{CHUNK, Chunks, Drain};
use super::fault::Fault;
use crate::hash::Hash;

/// Tells the order of two things by their numbers.
pub(super) type Ties<'a> = &'a dyn Fn(u32, u32) -> Ordering;

/// The bits of a hash that it is sorted by first.
pub(super) fn of_hash(hash: &Hash) -> u32 {
    let [a, b, c, d, ..] = hash.0;
    u32::from_be_bytes([a, b, c, d])
}

/// A checksum (FNV-1a, and at the end what spreads its lower bits to the upper ones).
pub(super) fn of_text(text: &str) -> u32 {
    let sum = text.bytes().fold(0x811c_9dc5, |sum: u32, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (sum ^ sum >> 15).wrapping_mul(0x9e37_79b1)
}

#[derive(Clone, Copy)]
struct Entry(u64);

impl Entry {
    fn new(bits: u32, number: u32) -> Self {
        Self(u64::from(bits) << 32 | u64::from(number))
    }

    fn bits(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn number(self) -> u32 {
        self.0 as u32
    }

    fn compare(self, other: Self, ties: Ties<'_>) -> Ordering {
        self.bits().cmp(&other.bits()).then_with(|| ties(self.number(), other.number()))
    }
}

/// Why things have no order.
pub(super) enum Unordered {
    /// Two are the same: their numbers, in the order in which they came.
    Twice(u32, u32),
    OutOfMemory,
}

impl From<TryReserveError> for Unordered {
    fn from(_: TryReserveError) -> Self {
        Self::OutOfMemory
    }
}

impl Unordered {
    fn twice(one: Entry, other: Entry) -> Self {
        Self::Twice(one.number().min(other.number()), one.number().max(other.number()))
    }

    /// What is to be said of it, where the things are of those lines.
    pub(super) fn told(self, what: &'static str, line: impl Fn(u32) -> u32) -> Fault {
        match self {
            Self::Twice(first, second) => Fault::Twice { what, first: line(first), line: line(second) },
            Self::OutOfMemory => Fault::OutOfMemory,
        }
    }
}

/// Things as they come.
#[derive(Default)]
pub(super) struct Runs {
    sorted: VecDeque<Order>,
    filling: Vec<Entry>,
}

impl Runs {
    /// Takes a thing, which `ties` can see already. The work is bounded: at most, one run is sorted.
    pub(super) fn push(&mut self, bits: u32, number: u32, ties: Ties<'_>) -> Result<(), Unordered> {
        if self.filling.len() == self.filling.capacity() {
            if self.sorted.is_empty() { self.filling.try_reserve(1)? } else { self.filling.try_reserve_exact(CHUNK)? }
        }
        self.filling.push(Entry::new(bits, number));
        if self.filling.len() >= CHUNK { self.seal(ties) } else { Ok(()) }
    }

    fn seal(&mut self, ties: Ties<'_>) -> Result<(), Unordered> {
        let mut run = std::mem::take(&mut self.filling);
        run.sort_unstable_by(|one, other| one.compare(*other, ties));
        for (one, next) in run.iter().zip(run.iter().skip(1)) {
            if one.compare(*next, ties).is_eq() {
                return Err(Unordered::twice(*one, *next));
            }
        }
        self.sorted.push_back(Order::of_run(run)?);
        Ok(())
    }

    /// No more things.
    pub(super) fn merge(mut self, ties: Ties<'_>) -> Result<Merging, Unordered> {
        self.seal(ties)?;
        Ok(Merging { waiting: self.sorted, left: Drain::default(), right: Drain::default(), merged: Order::default() })
    }
}

/// Runs that are merged, two at a time. What was read of them is freed, so that the whole is there only once.
#[derive(Default)]
pub(super) struct Merging {
    waiting: VecDeque<Order>,
    left: Drain<Entry>,
    right: Drain<Entry>,
    merged: Order,
}

impl Merging {
    /// Moves at most `budget` entries, and takes off from it what it moved. Whether none is left to move.
    pub(super) fn step(&mut self, budget: &mut usize, ties: Ties<'_>) -> Result<bool, Unordered> {
        while *budget > 0 {
            let least = match (self.left.peek(), self.right.peek()) {
                (None, None) => {
                    if !self.next_pair() {
                        return Ok(true);
                    }
                    continue;
                }
                (Some(left), None) => {
                    self.left.advance();
                    left
                }
                (None, Some(right)) => {
                    self.right.advance();
                    right
                }
                (Some(left), Some(right)) => match left.compare(right, ties) {
                    Ordering::Less => {
                        self.left.advance();
                        left
                    }
                    Ordering::Greater => {
                        self.right.advance();
                        right
                    }
                    Ordering::Equal => return Err(Unordered::twice(left, right)),
                },
            };
            self.merged.push(least)?;
            *budget -= 1;
        }
        Ok(false)
    }

    /// Begins with the next two runs, the shortest that there are. Whether there were two.
    fn next_pair(&mut self) -> bool {
        if self.merged.entries.len() > 0 {
            self.waiting.push_back(std::mem::take(&mut self.merged));
        }
        if self.waiting.len() < 2 {
            return false;
        }
        self.left = self.waiting.pop_front().unwrap_or_default().entries.drain();
        self.right = self.waiting.pop_front().unwrap_or_default().entries.drain();
        true
    }

    /// What was merged, after the last step.
    pub(super) fn finish(mut self) -> Order {
        self.waiting.pop_front().unwrap_or_default()
    }
}

/// Entries from one sample to the next: two lines of a cache.
const SAMPLED: u32 = 16;

/// Things in their order.
#[derive(Default)]
pub(super) struct Order {
    entries: Chunks<Entry>,
    /// The bits of every sixteenth entry, from the first on. They are few enough to stay in a cache, so that a search waits for memory only
    /// once.
    samples: Chunks<u32>,
}

impl Order {
    fn of_run(run: Vec<Entry>) -> Result<Self, TryReserveError> {
        let mut samples = Chunks::default();
        for entry in run.iter().step_by(SAMPLED as usize) {
            samples.push(entry.bits())?;
        }
        Ok(Self { entries: Chunks::from_chunk(run), samples })
    }

    fn push(&mut self, entry: Entry) -> Result<(), TryReserveError> {
        if self.entries.push(entry)?.is_multiple_of(SAMPLED) {
            self.samples.push(entry.bits())?;
        }
        Ok(())
    }

    /// The number of the first thing that is not below the one with those bits, or of the last thing if all are; `None` if there is none.
    /// `compared` tells how a thing of these bits, by its number, compares with it.
    pub(super) fn first_not_below(&self, bits: u32, compared: impl Fn(u32) -> Ordering) -> Option<u32> {
        let last = self.entries.len().checked_sub(1)?;
        let compared = |place| self.entries.get(place).map_or(Ordering::Greater, |entry| compared(entry.number()));
        let entry_not_below = |place| {
            let there = self.entries.get(place).map_or(u32::MAX, |entry| entry.bits());
            there.cmp(&bits).then_with(|| compared(place)).is_ge()
        };
        let sample_not_below = |place: u32| {
            let there = self.samples.get(place).copied().unwrap_or(u32::MAX);
            there.cmp(&bits).then_with(|| compared(place.saturating_mul(SAMPLED))).is_ge()
        };
        let (begin, end) = self.around(self.guess(bits), sample_not_below);
        let sample = first_where(begin, end, sample_not_below);
        let begin = sample.saturating_sub(1).saturating_mul(SAMPLED);
        let end = sample.saturating_mul(SAMPLED).min(self.entries.len());
        let place = first_where(begin, end, entry_not_below);
        self.entries.get(place.min(last)).map(|entry| entry.number())
    }

    /// The place of the sample that should be next to those bits, as hashes are spread evenly.
    fn guess(&self, bits: u32) -> u32 {
        let length = i64::from(self.samples.len());
        let places = |bits: i64| (bits * length) >> 32;
        let guess = places(bits.into());
        // What is there tells how far off it is.
        let there = u32::try_from(guess).ok().and_then(|guess| self.samples.get(guess)).copied().unwrap_or(bits);
        let guess = guess + places(i64::from(bits) - i64::from(there));
        u32::try_from(guess.clamp(0, length)).unwrap_or_default()
    }

    /// Places of samples, around that one, between which is the first that it holds for. In the worst case that is all of them.
    fn around(&self, place: u32, holds: impl Fn(u32) -> bool) -> (u32, u32) {
        let mut width: u32 = 8;
        loop {
            let (begin, end) = (place.saturating_sub(width), place.saturating_add(width).min(self.samples.len()));
            if (begin == 0 || !holds(begin)) && (end == self.samples.len() || holds(end)) {
                return (begin, end);
            }
            width = width.saturating_mul(4);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.entries.heap_bytes() + self.samples.heap_bytes()
    }
}

/// The first number from `begin` on that it holds for, where it holds for all that follow too; `end` if there is none before that.
pub(super) fn first_where(begin: u32, end: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut begin, mut end) = (begin, end);
    while begin < end {
        let middle = begin + (end - begin) / 2;
        if holds(middle) { end = middle } else { begin = middle + 1 }
    }
    begin
}
