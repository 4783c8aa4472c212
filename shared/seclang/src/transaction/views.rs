//! What rules look at in one transaction, found once for all rules that look there: the members that a target has, what a list of
//! transformations makes of their values, and which operators may match any of these. Most operators may match none, and a rule that
//! cannot match is done with that.

use super::State;
use super::text::TextId;
use super::variables::{Candidate, Variables};
use crate::ruleset::prefilter::has;
use crate::ruleset::view::{Sight, View};
use crate::ruleset::{First, Link, Rule, RuleSet};

/// Items that stand together in a list of many such runs.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    start: u32,
    length: u32,
    room: u32,
}

impl Run {
    /// What was added to the list from `start` becomes the run, in its old place if it fits in there.
    fn take<T: Copy>(&mut self, list: &mut Vec<T>, start: usize) {
        let length = (list.len() - start) as u32;
        if length > self.room {
            *self = Self { start: start as u32, length, room: length };
        } else {
            list.copy_within(start.., self.start as usize);
            list.truncate(start);
            self.length = length;
        }
    }

    fn of<T>(self, list: &[T]) -> &[T] {
        list.get(self.start as usize..(self.start + self.length) as usize).unwrap_or_default()
    }
}

/// The members of a target.
#[derive(Clone, Copy, Debug, Default)]
struct Members {
    /// Of the variable, when they were looked up; 0: never.
    version: u32,
    run: Run,
}

/// Their values through a list of transformations.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    /// The epoch in which they are known to be up to date; 0: never, or not for long.
    epoch: u32,
    /// Of the variable, when they were made; 0: never.
    version: u32,
    /// In the order of the members.
    run: Run,
    /// Which operators may match any of them; without length until the first of them asks.
    candidates: Run,
    /// Whether any operator may.
    promising: bool,
}

/// What is known of a sight.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The epoch in which it was found out; 0: never, or not for long.
    epoch: u32,
    /// Whether there is any value.
    any: bool,
    /// Which operators may match any of the values; without length until the first of them asks.
    candidates: Run,
}

/// Everything that rules look at.
#[derive(Debug)]
pub(super) struct Views {
    targets: Vec<Members>,
    views: Vec<Values>,
    sights: Vec<Seen>,
    members: Vec<Candidate>,
    texts: Vec<TextId>,
    candidates: Vec<u64>,
}

impl Views {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let views = rules.views();
        Self {
            targets: vec![Members::default(); views.targets().len()],
            views: vec![Values::default(); views.all().len()],
            sights: vec![Seen::default(); views.sights().len()],
            members: Vec::with_capacity(128),
            texts: Vec::with_capacity(512),
            candidates: Vec::with_capacity(512),
        }
    }

    /// A member of a target.
    pub(super) fn member(&self, target: usize, index: usize) -> Option<Candidate> {
        self.targets.get(target)?.run.of(&self.members).get(index).copied()
    }

    /// The value of a member, transformed; `None` where there are no more members.
    pub(super) fn text(&self, view: usize, index: usize) -> Option<TextId> {
        self.views.get(view)?.run.of(&self.texts).get(index).copied()
    }

    /// Whether the operator with that number in the search for literals may match any value, where that is known.
    pub(super) fn may_match(&self, view: usize, filter: usize) -> bool {
        self.views.get(view).is_some_and(|values| has(values.candidates.of(&self.candidates), filter))
    }

    /// Whether it is known already that a rule cannot match.
    pub(super) fn cannot_match(&self, first: &First, variables: &Variables) -> bool {
        let seen = self.sights.get(first.sight).filter(|seen| seen.epoch == variables.epoch());
        seen.is_some_and(|seen| {
            let searched = seen.candidates.length > 0;
            !seen.any
                || first.filter.is_some_and(|filter| searched && !has(seen.candidates.of(&self.candidates), filter))
        })
    }
}

impl State {
    /// Brings everything that a link looks at up to date. Whether it may match anything there.
    pub(super) fn look(&mut self, rules: &RuleSet, rule: &Rule, link: &Link) -> bool {
        let Some(sight) = rules.views().sights().get(link.sight) else { return false };
        let epoch = self.variables.epoch();
        if self.views.sights.get(link.sight).is_some_and(|seen| seen.epoch != epoch) {
            let any = self.refresh(rules, rule, sight);
            let epoch = if sight.changes { 0 } else { epoch };
            if let Some(seen) = self.views.sights.get_mut(link.sight) {
                *seen = Seen { epoch, any, candidates: Run { length: 0, ..seen.candidates } };
            }
        }
        let Some(seen) = self.views.sights.get(link.sight).copied() else { return false };
        match link.filter {
            Some(filter) if seen.any => {
                let known = if seen.candidates.length > 0 { seen.candidates } else { self.search(rules, link, sight) };
                has(known.of(&self.views.candidates), filter)
            }
            Some(_) | None => seen.any,
        }
    }

    /// Whether there is any value.
    fn refresh(&mut self, rules: &RuleSet, rule: &Rule, sight: &Sight) -> bool {
        let epoch = self.variables.epoch();
        let mut any = sight.views.is_empty();
        for index in sight.views.iter() {
            let known = self.views.views.get(*index).filter(|values| values.epoch == epoch);
            any |= match (known, rules.views().all().get(*index)) {
                (Some(values), _) => values.run.length > 0,
                (None, Some(view)) => self.refresh_view(rules, rule, (*index, view)),
                (None, None) => false,
            };
        }
        any
    }

    /// Whether there is any value.
    fn refresh_view(&mut self, rules: &RuleSet, rule: &Rule, (index, view): (usize, &View)) -> bool {
        let Some(target) = rules.views().targets().get(view.target) else { return false };
        let epoch = if view.changes { 0 } else { self.variables.epoch() };
        if view.changes {
            self.ready(rules, rule, target.variable);
        }
        let version = self.variables.version(target.variable);
        let Views { targets, views, members: all, texts, .. } = &mut self.views;
        let Some((members, values)) = targets.get_mut(view.target).zip(views.get_mut(index)) else { return false };
        if members.version != version {
            members.version = version;
            let start = all.len();
            self.variables.resolve((view.target, target), &mut self.texts, rules.tx(), all);
            members.run.take(all, start);
        }
        values.epoch = epoch;
        if values.version != version {
            values.version = version;
            values.candidates.length = 0;
            let start = texts.len();
            let before = members.run.of(all).iter().map(|member| member.value);
            texts.extend(before.map(|value| self.texts.transformed(value, view.chain, rules)));
            values.run.take(texts, start);
        }
        values.run.length > 0
    }

    /// Which operators may match any of the values.
    fn search(&mut self, rules: &RuleSet, link: &Link, sight: &Sight) -> Run {
        let Views { views, sights, texts, candidates: list, .. } = &mut self.views;
        let words = rules.prefilter().words();
        for view in sight.views.iter() {
            let Some(values) = views.get_mut(*view).filter(|values| values.candidates.length == 0) else { continue };
            let start = list.len();
            list.resize(start + words, 0);
            let any = list.get_mut(start..).unwrap_or_default();
            for text in values.run.of(texts) {
                let more = self.texts.search(*text, rules);
                any.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
            }
            values.promising = any.iter().any(|word| *word != 0);
            values.candidates.take(list, start);
        }
        let start = list.len();
        list.resize(start + words, 0);
        let (known, any) = list.split_at_mut(start);
        for values in sight.views.iter().filter_map(|view| views.get(*view)).filter(|values| values.promising) {
            let more = values.candidates.of(known);
            any.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
        }
        let Some(seen) = sights.get_mut(link.sight) else { return Run::default() };
        seen.candidates.take(list, start);
        seen.candidates
    }
}
