//! The transformations of a rule as one number: rules with the same list share it, and lists with a common beginning share that.

use crate::transformation::Transformation;

/// A list of transformations. [`ChainId::NONE`] is the empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainId(u32);

impl ChainId {
    /// No transformation.
    pub const NONE: Self = Self(0);

    /// As an index, below [`Chains::len`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All lists of a rule set, as a tree: each knows the list without its last transformation, which has the lower number.
#[derive(Debug, Default)]
pub struct Chains {
    /// Of the list number `i + 1`.
    steps: Vec<(ChainId, Transformation)>,
}

impl Chains {
    /// The number of that list followed by that transformation.
    pub fn push(&mut self, before: ChainId, last: Transformation) -> ChainId {
        let known = self.steps.iter().position(|step| *step == (before, last));
        let index = known.unwrap_or_else(|| {
            self.steps.push((before, last));
            self.steps.len() - 1
        });
        ChainId(u32::try_from(index + 1).unwrap_or_default())
    }

    /// The number of a list, and those of all its beginnings from the empty one, which `multiMatch` looks at.
    pub fn add(&mut self, list: &[Transformation]) -> (ChainId, Vec<ChainId>) {
        let mut all = vec![ChainId::NONE];
        let mut chain = ChainId::NONE;
        for transformation in list {
            chain = self.push(chain, *transformation);
            all.push(chain);
        }
        (chain, all)
    }

    /// The list without its last transformation, and that one. `None` for the empty list.
    pub fn last(&self, chain: ChainId) -> Option<(ChainId, Transformation)> {
        self.steps.get(chain.index().checked_sub(1)?).copied()
    }

    /// How many lists there are, with the empty one.
    pub fn len(&self) -> usize {
        self.steps.len() + 1
    }

    /// Whether there is none but the empty list.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_and_beginnings_are_shared() {
        let named = |name| Transformation::from_name(name).unwrap();
        let (lower, decode, spaces) = (named("lowercase"), named("urlDecodeUni"), named("removeWhitespace"));
        let mut chains = Chains::default();
        let (one, _) = chains.add(&[decode, lower]);
        let (two, beginnings) = chains.add(&[decode, lower, spaces]);
        assert_eq!(chains.add(&[decode, lower]).0, one);
        assert_eq!(chains.last(two), Some((one, spaces)));
        assert_eq!(beginnings.len(), 4);
        assert_eq!(chains.len(), 4);
        assert_eq!(chains.add(&[]).0, ChainId::NONE);
    }
}
