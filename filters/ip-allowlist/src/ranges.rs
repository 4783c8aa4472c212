//! A frozen set of address blocks: which entry of a list an address falls under, in one binary search.
//!
//! The blocks are cut into segments that are sorted and disjoint. What would be stored twice is stored once: a duplicate, or
//! a block inside another one that lasts as long, leaves no trace. Blocks that only touch each other are *not* joined:
//! the reason of a decision names the entry that was found, and an entry that nobody wrote leads nobody to its line.
//!
//! An IPv4 segment takes 12 bytes, an IPv6 segment 21, or 41 if it is no block. Without dates there is at most one segment an entry; with them, a
//! temporary block that a longer-lasting one interrupts goes on behind it, so there are fewer than two.

mod segments;

use std::net::IpAddr;

pub(crate) use self::segments::Segments;
use crate::block::Block;
use crate::entry::Listed;

/// Names an entry in the list that it comes from: the index in a list of the configuration, the line number (from 1) in a
/// fetched one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(pub u32);

/// What a set says of an address. Of all entries that contain the address it is the one that lasts longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// No entry contains it.
    Absent,
    /// This entry contains it.
    Present {
        /// Which.
        entry: EntryId,
        /// When the entry ends by itself, in seconds since 1970; `None`: never.
        until: Option<u64>,
    },
    /// This entry contained it; every other one that did ended no later.
    Ended {
        /// Which.
        entry: EntryId,
        /// When it ended, in seconds since 1970.
        until: u64,
    },
}

/// Disjoint blocks of both families, each with the entry that it stems from. Made by a [`crate::builder::Builder`].
#[derive(Debug, Default)]
pub struct RangeSet {
    v4: Segments<u32>,
    v6: Segments<u128>,
    dates: Dates,
}

/// What a set keeps on the heap, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapBytes {
    /// For IPv4.
    pub v4: usize,
    /// For IPv6.
    pub v6: usize,
    /// For the dates of temporary entries.
    pub dates: usize,
}

impl RangeSet {
    pub(crate) fn new(v4: Segments<u32>, v6: Segments<u128>, dates: Dates) -> Self {
        Self { v4, v6, dates }
    }

    /// The entry that the address falls under. IPv4 in its IPv6 form (`::ffff:a.b.c.d`) is the IPv4 address. `now` is in
    /// seconds since 1970 and must never run backwards, or what ended comes back.
    pub fn lookup(&self, address: IpAddr, now: u64) -> Lookup {
        let found = match address.to_canonical() {
            IpAddr::V4(address) => self.v4.find(address.into()),
            IpAddr::V6(address) => self.v6.find(address.into()),
        };
        let Some(entry) = found else { return Lookup::Absent };
        match self.dates.until(entry) {
            Some(until) if until <= now => Lookup::Ended { entry, until },
            until => Lookup::Present { entry, until },
        }
    }

    /// The entry that the lowest address falls under of those that `listed` stands for, if every one of them falls under some entry
    /// that lasts as long as `listed` does. `left` bounds how many segments are looked at; if they do not suffice there is none.
    pub fn covering(&self, listed: &Listed, left: &mut usize) -> Option<EntryId> {
        let lasts = |entry| self.dates.until(entry).is_none_or(|until| until >= listed.end());
        let mut first = None;
        for block in listed.entry.blocks() {
            let entry = match block {
                Block::V4(span) => self.v4.covering(span, lasts, left),
                Block::V6(span) => self.v6.covering(span, lasts, left),
            };
            first = first.or(Some(entry?));
        }
        first
    }

    /// Whether an entry ends by itself.
    pub fn is_dated(&self) -> bool {
        !self.dates.is_empty()
    }

    /// Whether it contains no address at all.
    pub fn is_empty(&self) -> bool {
        self.segments() == 0
    }

    /// The number of segments of both families.
    pub fn segments(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// What it keeps on the heap.
    pub fn heap_bytes(&self) -> HeapBytes {
        HeapBytes { v4: self.v4.heap_bytes(), v6: self.v6.heap_bytes(), dates: self.dates.heap_bytes() }
    }
}

/// When temporary entries end. They are few, so their dates are kept aside rather than in every segment.
#[derive(Debug, Default)]
pub(crate) struct Dates {
    /// By entry, each once.
    sorted: Vec<(EntryId, u64)>,
}

impl Dates {
    pub(crate) fn insert(&mut self, entry: EntryId, until: u64) {
        // Lists are read in order: the place is nearly always the end.
        match self.sorted.binary_search_by_key(&entry, |(known, _)| *known) {
            Ok(at) => {
                if let Some((_, known)) = self.sorted.get_mut(at) {
                    *known = until;
                }
            }
            Err(at) => self.sorted.insert(at, (entry, until)),
        }
    }

    pub(crate) fn until(&self, entry: EntryId) -> Option<u64> {
        let at = self.sorted.binary_search_by_key(&entry, |(known, _)| *known).ok()?;
        self.sorted.get(at).map(|(_, until)| *until)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    pub(crate) fn shrink(&mut self) {
        self.sorted.shrink_to_fit();
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.sorted.capacity() * size_of::<(EntryId, u64)>()
    }
}
