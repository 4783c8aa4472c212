//! The values of one transaction, each kept once, and what becomes of them: a value is transformed once for each list of
//! transformations, lists share their common beginnings, and a transformation that changes nothing leaves the same value, so that
//! whatever was found out about it holds on.

use crate::ruleset::RuleSet;
use crate::ruleset::bits::Bits;
use crate::ruleset::chain::ChainId;
use crate::transformation::Transformation;

/// A value, by its number. Two numbers may stand for equal bytes, one number never for different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextId(u32);

impl TextId {
    /// The empty value.
    pub const EMPTY: Self = Self(0);
}

/// A value and what is known of it.
#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// By list of transformations; `UNKNOWN` until it was asked for. Empty until the first is asked for.
    by_chain: Vec<u32>,
    /// By single transformation, for lists that come by different ways.
    by_step: Vec<(Transformation, TextId)>,
    /// Which operators may match it. Searched for when the first of them asks.
    candidates: Option<Bits>,
}

/// Not yet known.
const UNKNOWN: u32 = u32::MAX;

/// All values of a transaction.
#[derive(Debug)]
pub struct Texts {
    texts: Vec<Text>,
    /// How many bytes transformations and searches have read since it was last asked.
    work: u64,
}

impl Default for Texts {
    fn default() -> Self {
        Self { texts: vec![Text::default()], work: 0 }
    }
}

impl Texts {
    /// Keeps a value.
    pub fn add(&mut self, bytes: impl Into<Vec<u8>>) -> TextId {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return TextId::EMPTY;
        }
        let id = u32::try_from(self.texts.len()).ok().filter(|id| *id != UNKNOWN).unwrap_or_default();
        self.texts.push(Text { bytes, ..Text::default() });
        TextId(id)
    }

    /// The bytes of a value.
    pub fn get(&self, id: TextId) -> &[u8] {
        self.texts.get(id.0 as usize).map_or(&[], |text| text.bytes.as_slice())
    }

    /// What a list of transformations makes of a value.
    pub fn transformed(&mut self, id: TextId, chain: ChainId, rules: &RuleSet) -> TextId {
        let Some((before, last)) = rules.chains().last(chain) else { return id };
        let index = chain.index();
        let known = self.texts.get(id.0 as usize).and_then(|text| text.by_chain.get(index)).copied();
        if let Some(known) = known.filter(|known| *known != UNKNOWN) {
            return TextId(known);
        }
        // The depth is that of the list, which the rule set bounds.
        let before = self.transformed(id, before, rules);
        let after = self.step(before, last, rules);
        if let Some(text) = self.texts.get_mut(id.0 as usize) {
            if text.by_chain.is_empty() {
                text.by_chain.resize(rules.chains().len(), UNKNOWN);
            }
            if let Some(slot) = text.by_chain.get_mut(index) {
                *slot = after.0;
            }
        }
        after
    }

    fn step(&mut self, id: TextId, transformation: Transformation, rules: &RuleSet) -> TextId {
        let Some(text) = self.texts.get(id.0 as usize) else { return id };
        if let Some((_, known)) = text.by_step.iter().find(|(known, _)| *known == transformation) {
            return *known;
        }
        self.work += text.bytes.len() as u64 + 16;
        let after = transformation.apply(&text.bytes, rules.unicode()).map_or(id, |bytes| self.add(bytes));
        if let Some(text) = self.texts.get_mut(id.0 as usize) {
            text.by_step.push((transformation, after));
        }
        after
    }

    /// Whether the operator with that number in the search for literals may match a value.
    pub fn may_match(&mut self, id: TextId, filter: usize, rules: &RuleSet) -> bool {
        let Some(text) = self.texts.get_mut(id.0 as usize) else { return true };
        let work = &mut self.work;
        let candidates = text.candidates.get_or_insert_with(|| {
            *work += text.bytes.len() as u64 + 16;
            rules.prefilter().candidates(&text.bytes)
        });
        candidates.contains(filter)
    }

    /// How many bytes transformations and searches have read since this was last called.
    pub fn take_work(&mut self) -> u64 {
        std::mem::take(&mut self.work)
    }
}
