//! The transformations of a rule as one number: rules with the same list share it, and lists with a common beginning share that.

use crate::transformation::Transformation;
use crate::transformation::classes::Classes;

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

/// A transformation with its number among those that any list of the rule set has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Below [`Chains::transformations`].
    pub number: usize,
    /// What it does.
    pub transformation: Transformation,
    /// [`Transformation::touches`].
    pub touches: Classes,
}

/// All lists of a rule set, as a tree: each knows the list without its last transformation, which has the lower number.
#[derive(Debug, Default)]
pub struct Chains {
    /// Of the list number `i + 1`.
    steps: Vec<(ChainId, Transformation)>,
    /// The whole list of the number `i + 1`, and what any of it touches.
    lists: Vec<(Vec<Step>, Classes)>,
    /// Those of all lists, each once.
    used: Vec<Transformation>,
}

impl Chains {
    /// The number of that list followed by that transformation.
    pub fn push(&mut self, before: ChainId, last: Transformation) -> ChainId {
        let known = self.steps.iter().position(|step| *step == (before, last));
        let index = known.unwrap_or_else(|| {
            self.steps.push((before, last));
            let mut list = self.list(before).to_vec();
            list.push(self.step(last));
            let touches = list.iter().fold(0, |all, step| all | step.touches);
            self.lists.push((list, touches));
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

    fn step(&mut self, transformation: Transformation) -> Step {
        let known = self.used.iter().position(|used| *used == transformation);
        let number = known.unwrap_or_else(|| {
            self.used.push(transformation);
            self.used.len() - 1
        });
        Step { number, transformation, touches: transformation.touches() }
    }

    /// The transformations of a list, in order.
    pub fn list(&self, chain: ChainId) -> &[Step] {
        chain.index().checked_sub(1).and_then(|index| self.lists.get(index)).map_or(&[], |(list, _)| list)
    }

    /// A list changes no value that is of none of these classes.
    pub fn touches(&self, chain: ChainId) -> Classes {
        chain.index().checked_sub(1).and_then(|index| self.lists.get(index)).map_or(0, |(_, touches)| *touches)
    }

    /// How many different transformations there are in all lists.
    pub fn transformations(&self) -> usize {
        self.used.len()
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
        let list: Vec<_> = chains.list(two).iter().map(|step| step.transformation).collect();
        assert_eq!(list, [decode, lower, spaces]);
        assert_eq!(chains.list(one), &chains.list(two)[..2]);
        assert_eq!(chains.transformations(), 3);
        assert_eq!(beginnings.len(), 4);
        assert_eq!(chains.len(), 4);
        assert_eq!(chains.add(&[]).0, ChainId::NONE);
    }
}
