//! What rules look at in one transaction, found once for all rules that look there: the members that a target has, what a list of
//! transformations makes of their values, and which operators may match any of these. Most operators may match none, and a rule that
//! cannot match is done with that.

use super::State;
use super::text::{TextId, has};
use super::variables::Candidate;
use crate::ruleset::{Link, Rule, RuleSet};

/// The members of a target.
#[derive(Debug, Default)]
struct Members {
    /// Of the variable, when they were looked up; 0: never.
    version: u32,
    candidates: Vec<Candidate>,
}

/// Their values, transformed.
#[derive(Debug, Default)]
struct Seen {
    /// Of the variable, when they were made; 0: never.
    version: u32,
    /// In the order of the members.
    texts: Vec<TextId>,
    /// Which operators may match any of them; empty until the first of them asks.
    candidates: Vec<u64>,
}

/// Everything that rules look at.
#[derive(Debug)]
pub(super) struct Views {
    targets: Vec<Members>,
    views: Vec<Seen>,
}

impl Views {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let mut views = Self { targets: Vec::new(), views: Vec::new() };
        views.targets.resize_with(rules.views().targets().len(), Members::default);
        views.views.resize_with(rules.views().all().len(), Seen::default);
        views
    }

    /// A member of a target.
    pub(super) fn member(&self, target: usize, index: usize) -> Option<Candidate> {
        self.targets.get(target)?.candidates.get(index).copied()
    }

    /// The value of a member, transformed.
    pub(super) fn text(&self, view: usize, index: usize) -> TextId {
        self.views.get(view).and_then(|seen| seen.texts.get(index)).copied().unwrap_or(TextId::EMPTY)
    }
}

impl State {
    /// Brings everything that a link looks at up to date. Whether it may match anything there.
    pub(super) fn look(&mut self, rules: &RuleSet, rule: &Rule, link: &Link) -> bool {
        let mut may_match = link.looks.is_empty();
        for look in &link.looks {
            let Some(target) = rules.views().targets().get(look.target) else { continue };
            self.ready(rules, rule, target.variable);
            let version = self.variables.version(target.variable);
            let Some(members) = self.views.targets.get_mut(look.target) else { continue };
            if members.version != version {
                members.version = version;
                members.candidates.clear();
                self.variables.resolve((look.target, target), &mut self.texts, rules.tx(), &mut members.candidates);
            }
            for view in &look.views {
                let Some(seen) = self.views.views.get_mut(*view) else { continue };
                if seen.version != version {
                    seen.version = version;
                    seen.texts.clear();
                    seen.candidates.clear();
                    if let Some(view) = rules.views().all().get(*view) {
                        let values = members.candidates.iter().map(|candidate| candidate.value);
                        seen.texts.extend(values.map(|value| self.texts.transformed(value, view.chain, rules)));
                    }
                }
                may_match |= match link.filter {
                    None => !seen.texts.is_empty(),
                    Some(filter) => {
                        if seen.candidates.is_empty() {
                            seen.candidates.resize(rules.prefilter().words(), 0);
                            for text in &seen.texts {
                                let more = self.texts.candidates(*text, rules);
                                seen.candidates.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
                            }
                        }
                        has(&seen.candidates, filter)
                    }
                };
            }
        }
        may_match
    }
}
