//! What rules look at, each thing once: their targets, and the views of these: a target through a list of transformations.
//!
//! Most rules of a set look at the same few targets through the same few lists. What one of them has found there serves all others.

use std::collections::HashMap;
use std::rc::Rc;

use super::chain::ChainId;
use super::target::Target;

/// A target of a rule with the views of it: one, or one a step for `multiMatch`.
#[derive(Clone, Debug)]
pub struct Look {
    /// As an index of [`Views::targets`].
    pub target: usize,
    /// As indexes of [`Views::all`].
    pub views: Box<[usize]>,
}

/// A target through a list of transformations.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// As an index of [`Views::targets`].
    pub target: usize,
    /// The transformations.
    pub chain: ChainId,
}

/// All targets and views of a rule set.
#[derive(Debug, Default)]
pub struct Views {
    targets: Vec<Rc<Target>>,
    views: Vec<View>,
    places: HashMap<(usize, usize), usize>,
}

impl Views {
    /// The look of a rule at a target through these lists of transformations.
    pub(super) fn add(&mut self, target: Target, chains: &[ChainId]) -> (Rc<Target>, Look) {
        let known = self.targets.iter().enumerate().find(|(_, known)| ***known == target);
        let (index, target) = match known {
            Some((index, known)) => (index, Rc::clone(known)),
            None => {
                let new = Rc::new(target);
                self.targets.push(Rc::clone(&new));
                (self.targets.len() - 1, new)
            }
        };
        let views = chains.iter().map(|chain| self.view(index, *chain)).collect();
        (target, Look { target: index, views })
    }

    fn view(&mut self, target: usize, chain: ChainId) -> usize {
        *self.places.entry((target, chain.index())).or_insert_with(|| {
            self.views.push(View { target, chain });
            self.views.len() - 1
        })
    }

    /// The targets.
    pub fn targets(&self) -> &[Rc<Target>] {
        &self.targets
    }

    /// The views.
    pub fn all(&self) -> &[View] {
        &self.views
    }
}
