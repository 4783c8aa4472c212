//! The values of one transaction, each kept once, and what is known of them: what a transformation makes of them, which operators may match
//! them, and which did not. Equal values have one number, wherever they come from, so that whatever was found out about one holds for all.

use crate::ruleset::RuleSet;
use crate::ruleset::chain::{ChainId, Step};
use crate::ruleset::prefilter::has;
use crate::transformation::Transformation;
use crate::transformation::classes::{self, Classes};

/// A value, by its number. Two numbers may stand for equal bytes, one number never for different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextId(u32);

impl TextId {
    /// The empty value.
    pub const EMPTY: Self = Self(0);
}

/// A value and what is known of it.
#[derive(Debug)]
struct Text {
    bytes: Bytes,
    hash: u32,
    classes: Classes,
    /// Where in [`Texts::steps`] is what transformations make of it; `UNKNOWN` until the first is asked for.
    steps: u32,
    /// The number of a text that differs in case at most: what is searched in its place, as the search does not look at that.
    searched: u32,
    /// Where in [`Texts::candidates`] is which operators may match it; `UNKNOWN` until the first of them asks.
    candidates: u32,
    /// The last link that did not match it.
    missed: u32,
}

/// The bytes of a value.
#[derive(Debug)]
enum Bytes {
    /// Where they are in [`Texts::short`].
    Short {
        start: u32,
        end: u32,
    },
    Long(Vec<u8>),
}

impl Bytes {
    fn among<'b>(&'b self, short: &'b [u8]) -> &'b [u8] {
        match self {
            Self::Short { start, end } => short.get(*start as usize..*end as usize).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

/// The most bytes of a value that stands among other short ones: most do, and none of them costs an allocation.
const SHORT: usize = 256;

/// Not yet known.
const UNKNOWN: u32 = u32::MAX;

/// An equal value is looked for in so many places, so that no choice of values makes the search long. It is kept twice if there is none.
const PROBES: usize = 8;

/// All values of a transaction.
#[derive(Debug)]
pub struct Texts {
    texts: Vec<Text>,
    /// The bytes of short values, one after the other.
    short: Vec<u8>,
    /// The numbers of texts, by their hashes; `UNKNOWN` where there is none.
    places: Vec<u32>,
    /// By text and transformation, the number of what that makes of it.
    steps: Vec<u32>,
    /// By text, bits.
    candidates: Vec<u64>,
    /// Room for the search.
    lower: Vec<u8>,
    /// How many bytes transformations and searches have read since it was last asked.
    work: u64,
    /// How many bytes all values have.
    kept: usize,
}

impl Default for Texts {
    fn default() -> Self {
        let mut texts = Self {
            texts: Vec::with_capacity(128),
            short: Vec::with_capacity(4096),
            places: vec![UNKNOWN; 512],
            steps: Vec::with_capacity(1024),
            candidates: Vec::with_capacity(256),
            lower: Vec::new(),
            work: 0,
            kept: 0,
        };
        texts.texts.push(Text::new(Bytes::Short { start: 0, end: 0 }, classes::of(b""), 0, 0));
        texts
    }
}

impl Text {
    fn new(bytes: Bytes, classes: Classes, hash: u32, id: u32) -> Self {
        Self { bytes, hash, classes, steps: UNKNOWN, searched: id, candidates: UNKNOWN, missed: 0 }
    }
}

impl Texts {
    /// Keeps a value.
    pub fn add(&mut self, bytes: &[u8]) -> TextId {
        self.known(bytes).unwrap_or_else(|hash| {
            let bytes = self.short(bytes).unwrap_or_else(|| Bytes::Long(bytes.to_vec()));
            self.keep(bytes, hash)
        })
    }

    /// Keeps a value that is handed over.
    pub fn add_own(&mut self, bytes: Vec<u8>) -> TextId {
        self.known(&bytes).unwrap_or_else(|hash| {
            let bytes = self.short(&bytes).unwrap_or(Bytes::Long(bytes));
            self.keep(bytes, hash)
        })
    }

    /// Puts bytes among the short ones, if they are short.
    fn short(&mut self, bytes: &[u8]) -> Option<Bytes> {
        let start = u32::try_from(self.short.len()).ok().filter(|_| bytes.len() <= SHORT)?;
        let end = start.checked_add(bytes.len() as u32)?;
        self.short.extend_from_slice(bytes);
        Some(Bytes::Short { start, end })
    }

    /// The number of an equal value; the hash if there is none.
    fn known(&self, bytes: &[u8]) -> Result<TextId, u32> {
        if bytes.is_empty() {
            return Ok(TextId::EMPTY);
        }
        let hash = hash(bytes);
        for place in self.places_of(hash) {
            let id = self.places.get(place).copied().unwrap_or(UNKNOWN);
            let Some(text) = self.texts.get(id as usize) else { break };
            if text.hash == hash && text.bytes.among(&self.short) == bytes {
                return Ok(TextId(id));
            }
        }
        Err(hash)
    }

    /// Where a value with that hash may be.
    fn places_of(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let mask = self.places.len() - 1;
        (0..PROBES).map(move |probe| (hash as usize + probe) & mask)
    }

    fn keep(&mut self, bytes: Bytes, hash: u32) -> TextId {
        let id = u32::try_from(self.texts.len()).ok().filter(|id| *id != UNKNOWN).unwrap_or_default();
        let plain = bytes.among(&self.short);
        self.kept += plain.len();
        let classes = classes::of(plain);
        self.texts.push(Text::new(bytes, classes, hash, id));
        if self.texts.len() * 2 > self.places.len() {
            let hashes: Vec<u32> = self.texts.iter().map(|text| text.hash).collect();
            self.places = vec![UNKNOWN; self.places.len() * 2];
            for (id, hash) in hashes.into_iter().enumerate().skip(1) {
                self.place(id as u32, hash);
            }
        } else {
            self.place(id, hash);
        }
        TextId(id)
    }

    fn place(&mut self, id: u32, hash: u32) {
        for place in self.places_of(hash) {
            if let Some(free) = self.places.get_mut(place).filter(|known| **known == UNKNOWN) {
                *free = id;
                return;
            }
        }
    }

    /// The bytes of a value.
    pub fn get(&self, id: TextId) -> &[u8] {
        self.texts.get(id.0 as usize).map_or(&[], |text| text.bytes.among(&self.short))
    }

    /// What a list of transformations makes of a value.
    pub fn transformed(&mut self, id: TextId, chain: ChainId, rules: &RuleSet) -> TextId {
        if self.classes(id) & rules.chains().touches(chain) == 0 {
            return id;
        }
        rules.chains().list(chain).iter().fold(id, |id, step| self.step(id, *step, rules))
    }

    fn classes(&self, id: TextId) -> Classes {
        self.texts.get(id.0 as usize).map_or(Classes::MAX, |text| text.classes)
    }

    fn step(&mut self, id: TextId, step: Step, rules: &RuleSet) -> TextId {
        let Some(text) = self.texts.get_mut(id.0 as usize) else { return id };
        if text.classes & step.touches == 0 {
            return id;
        }
        if text.steps == UNKNOWN {
            text.steps = self.steps.len() as u32;
            self.steps.resize(self.steps.len() + rules.chains().transformations(), UNKNOWN);
        }
        let place = text.steps as usize + step.number;
        if let Some(known) = self.steps.get(place).filter(|known| **known != UNKNOWN) {
            return TextId(*known);
        }
        let bytes = self.get(id);
        let work = bytes.len() as u64 + 16;
        let after = step.transformation.apply(bytes, rules.unicode());
        self.work += work;
        let after = after.map_or(id, |bytes| self.add_own(bytes));
        if let Some(slot) = self.steps.get_mut(place) {
            *slot = after.0;
        }
        // What differs in case only is searched once. What it became has no capitals, and is itself what is searched in its place.
        if step.transformation == Transformation::Lowercase
            && let Some(text) = self.texts.get_mut(id.0 as usize).filter(|text| text.candidates == UNKNOWN)
        {
            text.searched = after.0;
        }
        after
    }

    /// Which operators may match a value, by their numbers in the search for literals: see [`crate::ruleset::prefilter::Prefilter::search`].
    pub fn search(&mut self, id: TextId, rules: &RuleSet) -> &[u64] {
        let words = rules.prefilter().words();
        let searched = self.texts.get(id.0 as usize).map_or(0, |text| text.searched);
        let Some(text) = self.texts.get_mut(searched as usize) else { return &[] };
        let new = text.candidates == UNKNOWN;
        if new {
            text.candidates = self.candidates.len() as u32;
            self.candidates.resize(self.candidates.len() + words, 0);
        }
        let start = text.candidates as usize;
        let found = self.candidates.get_mut(start..start + words).unwrap_or_default();
        if new {
            let bytes = text.bytes.among(&self.short);
            self.work += bytes.len() as u64 + 16;
            rules.prefilter().search(bytes, &mut self.lower, found);
        }
        found
    }

    /// Whether the operator with that number in the search for literals may match a value that was searched.
    pub fn may_match(&self, id: TextId, filter: usize) -> bool {
        let searched = self.texts.get(id.0 as usize).and_then(|text| self.texts.get(text.searched as usize));
        let found = searched.and_then(|text| self.candidates.get(text.candidates as usize..));
        found.is_some_and(|found| has(found, filter))
    }

    /// That link does not match that value.
    pub fn set_missed(&mut self, id: TextId, link: u32) {
        if let Some(text) = self.texts.get_mut(id.0 as usize) {
            text.missed = link;
        }
    }

    /// Whether it is known that this link does not match that value.
    pub fn has_missed(&self, id: TextId, link: u32) -> bool {
        self.texts.get(id.0 as usize).is_some_and(|text| text.missed == link)
    }

    /// How many bytes all values have.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// How many bytes transformations and searches have read since this was last called.
    pub fn take_work(&mut self) -> u64 {
        std::mem::take(&mut self.work)
    }
}

/// Those that are made to collide cost nothing but their sharing.
fn hash(bytes: &[u8]) -> u32 {
    (crate::ruleset::hash(0, bytes) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number_and_others_their_own() {
        let mut texts = Texts::default();
        let values: Vec<Vec<u8>> = (0..2000_u32).map(|number| number.to_string().into_bytes()).collect();
        let ids: Vec<TextId> = values.iter().map(|value| texts.add(value)).collect();
        for (value, id) in values.iter().zip(&ids) {
            assert_eq!(texts.get(*id), value);
            let again = texts.add_own(value.clone());
            assert_eq!(texts.get(again), value);
        }
        let shared = values.iter().zip(&ids).filter(|(value, id)| texts.known(value) == Ok(**id)).count();
        assert!(shared > 1900, "{shared}");
        assert_eq!(texts.add(b""), TextId::EMPTY);
    }

    #[test]
    fn values_that_collide_are_kept_all_the_same() {
        let mut texts = Texts::default();
        for number in 0..50_u8 {
            let id = texts.keep(Bytes::Long(vec![b'a', number]), 7);
            assert_eq!(texts.get(id), [b'a', number]);
        }
        assert_eq!(texts.texts.len(), 51);
    }
}
