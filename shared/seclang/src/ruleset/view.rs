//! What rules look at, each thing once: their targets, and the views of these: a target through a list of transformations.
//!
//! Most rules of a set look at the same few targets through the same few lists. What one of them has found there serves all others.

use std::collections::HashMap;
use std::rc::Rc;

use super::chain::ChainId;
use super::target::Target;
use crate::language::ast::Variable;

/// A target of a rule with the views of it: one, or one a step for `multiMatch`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    /// Whether what is there may change while the rules of a phase run.
    pub changes: bool,
}

/// Everything that a rule looks at. Rules that look at the same share one.
#[derive(Debug)]
pub struct Sight {
    /// In the order in which the rule has its targets.
    pub looks: Rc<[Look]>,
    /// All their views, in order, as indexes of [`Views::all`].
    pub views: Box<[usize]>,
    /// Whether what is there may change while the rules of a phase run.
    pub changes: bool,
}

/// All targets, views and sights of a rule set.
#[derive(Debug, Default)]
pub struct Views {
    targets: Vec<Rc<Target>>,
    views: Vec<View>,
    sights: Vec<Sight>,
    places: HashMap<(usize, usize), usize>,
    known: HashMap<Rc<[Look]>, usize>,
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
            let changes = self.targets.get(target).is_none_or(|target| changes(target.variable));
            self.views.push(View { target, chain, changes });
            self.views.len() - 1
        })
    }

    /// The number of everything that a rule looks at, as an index of [`Self::sights`].
    pub(super) fn sight(&mut self, looks: Vec<Look>) -> usize {
        let looks: Rc<[Look]> = looks.into();
        *self.known.entry(Rc::clone(&looks)).or_insert_with(|| {
            let views: Box<[usize]> = looks.iter().flat_map(|look| &look.views).copied().collect();
            let changes = views.iter().any(|view| self.views.get(*view).is_none_or(|view| view.changes));
            self.sights.push(Sight { looks, views, changes });
            self.sights.len() - 1
        })
    }

    /// The sights.
    pub fn sights(&self) -> &[Sight] {
        &self.sights
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

/// Whether rules change a variable, or it is made when a rule looks at it.
fn changes(variable: Variable) -> bool {
    variable.is_writable()
        || variable.is_time()
        || matches!(
            variable,
            Variable::MatchedVar
                | Variable::MatchedVarName
                | Variable::MatchedVars
                | Variable::MatchedVarsNames
                | Variable::Rule
                | Variable::FullRequest
                | Variable::FullRequestLength
        )
}
