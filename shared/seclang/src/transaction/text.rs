//! The values of one transaction, each kept once, and what is known of them: what a transformation makes of them, which operators may match
//! them, and which did not. Equal values have one number, wherever they come from, so that whatever was found out about one holds for all.

use crate::ruleset::RuleSet;
use crate::ruleset::chain::{ChainId, Step};

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
    bytes: Vec<u8>,
    hash: u32,
    /// Where in [`Texts::steps`] is what transformations make of it; `UNKNOWN` until the first is asked for.
    steps: u32,
    /// Where in [`Texts::candidates`] is which operators may match it; `UNKNOWN` until the first of them asks.
    candidates: u32,
    /// The last link that did not match it.
    missed: u32,
}

/// Not yet known.
const UNKNOWN: u32 = u32::MAX;

/// An equal value is looked for in so many places, so that no choice of values makes the search long. It is kept twice if there is none.
const PROBES: usize = 8;

/// All values of a transaction.
#[derive(Debug)]
pub struct Texts {
    texts: Vec<Text>,
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
        let empty = Text { bytes: Vec::new(), hash: 0, steps: UNKNOWN, candidates: UNKNOWN, missed: 0 };
        let mut texts = Vec::with_capacity(128);
        texts.push(empty);
        let places = vec![UNKNOWN; 512];
        Self { texts, places, steps: Vec::new(), candidates: Vec::new(), lower: Vec::new(), work: 0, kept: 0 }
    }
}

impl Texts {
    /// Keeps a value.
    pub fn add(&mut self, bytes: &[u8]) -> TextId {
        self.known(bytes).unwrap_or_else(|hash| self.keep(bytes.to_vec(), hash))
    }

    /// Keeps a value that is handed over.
    pub fn add_own(&mut self, bytes: Vec<u8>) -> TextId {
        self.known(&bytes).unwrap_or_else(|hash| self.keep(bytes, hash))
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
            if text.hash == hash && text.bytes == bytes {
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

    fn keep(&mut self, bytes: Vec<u8>, hash: u32) -> TextId {
        let id = u32::try_from(self.texts.len()).ok().filter(|id| *id != UNKNOWN).unwrap_or_default();
        self.kept += bytes.len();
        self.texts.push(Text { bytes, hash, steps: UNKNOWN, candidates: UNKNOWN, missed: 0 });
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
        self.texts.get(id.0 as usize).map_or(&[], |text| text.bytes.as_slice())
    }

    /// What a list of transformations makes of a value.
    pub fn transformed(&mut self, id: TextId, chain: ChainId, rules: &RuleSet) -> TextId {
        rules.chains().list(chain).iter().fold(id, |id, step| self.step(id, *step, rules))
    }

    fn step(&mut self, id: TextId, step: Step, rules: &RuleSet) -> TextId {
        let Some(text) = self.texts.get_mut(id.0 as usize) else { return id };
        if text.steps == UNKNOWN {
            text.steps = self.steps.len() as u32;
            self.steps.resize(self.steps.len() + rules.chains().transformations(), UNKNOWN);
        }
        let place = text.steps as usize + step.number;
        if let Some(known) = self.steps.get(place).filter(|known| **known != UNKNOWN) {
            return TextId(*known);
        }
        self.work += text.bytes.len() as u64 + 16;
        let after = step.transformation.apply(&text.bytes, rules.unicode());
        let after = after.map_or(id, |bytes| self.add_own(bytes));
        if let Some(slot) = self.steps.get_mut(place) {
            *slot = after.0;
        }
        after
    }

    /// Which operators may match a value, by their numbers in the search for literals: see [`crate::ruleset::prefilter::Prefilter::search`].
    pub fn search(&mut self, id: TextId, rules: &RuleSet) -> &[u64] {
        let words = rules.prefilter().words();
        let Some(text) = self.texts.get_mut(id.0 as usize) else { return &[] };
        let new = text.candidates == UNKNOWN;
        if new {
            text.candidates = self.candidates.len() as u32;
            self.candidates.resize(self.candidates.len() + words, 0);
        }
        let start = text.candidates as usize;
        let found = self.candidates.get_mut(start..start + words).unwrap_or_default();
        if new {
            self.work += text.bytes.len() as u64 + 16;
            rules.prefilter().search(&text.bytes, &mut self.lower, found);
        }
        found
    }

    /// Whether the operator with that number in the search for literals may match a value that was searched.
    pub fn may_match(&self, id: TextId, filter: usize) -> bool {
        let start = self.texts.get(id.0 as usize).map(|text| text.candidates as usize);
        let found = start.and_then(|start| self.candidates.get(start..));
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

/// Whether a bit is set in the answer of the search for literals.
pub fn has(words: &[u64], number: usize) -> bool {
    words.get(number / 64).is_some_and(|word| word & 1 << (number % 64) != 0)
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
            let id = texts.keep(vec![b'a', number], 7);
            assert_eq!(texts.get(id), [b'a', number]);
        }
        assert_eq!(texts.texts.len(), 51);
    }
}
