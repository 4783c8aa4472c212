//! Rules, evaluated.

use super::outcome::{Cause, Found, Interruption, Matched, Outcome, Stop};
use super::text::TextId;
use super::variables::{Candidate, Key, key};
use super::{Removed, State, time};
use crate::language::ast::{Allow, Switch, Variable};
use crate::operator::Hit;
use crate::ruleset::{Disruption, Effect, Gate, Link, Rule, RuleSet, Skip};

/// The work is used up.
#[derive(Debug)]
pub(super) struct Exhausted;

/// So many bytes of values one transaction may keep: rules can make values of values without end, and a module never gives memory back.
const MOST_KEPT: usize = 64 << 20;

/// `TX:0` to `TX:9`.
const CAPTURES: usize = 10;

impl State {
    /// Work was done that read so many bytes.
    pub(super) fn charge(&mut self, bytes: usize) {
        self.budget = self.budget.saturating_sub(bytes as u64 + 16);
    }

    /// Evaluates the rules of a phase.
    pub(super) fn phase(&mut self, rules: &RuleSet, phase: u8) -> Outcome {
        const LOGGING: u8 = 5;
        let stopped = self.interruption.is_some() && phase != LOGGING;
        if self.engine == Switch::Off || stopped || self.allowed(phase) {
            return self.outcome();
        }
        self.allow = None;
        let list = rules.phase(phase);
        let mut at = 0;
        while let Some(first) = list.get(at) {
            at += 1;
            let index = first.rule;
            if self.removed.contains(index) {
                continue;
            }
            let shut = first.gate.is_some_and(|gate| !self.may_pass(gate));
            if shut || self.views.cannot_match(first, &self.variables) {
                self.variables.clear_matched();
                match self.spend(1) {
                    Ok(()) => continue,
                    Err(Exhausted) => return Outcome::OverBudget,
                }
            }
            let Some(rule) = rules.rules().get(index) else { continue };
            match self.rule(rules, index, rule) {
                Err(Exhausted) => return Outcome::OverBudget,
                Ok(false) => continue,
                Ok(true) => {}
            }
            match rule.skip {
                Skip::None => {}
                Skip::Rules(count) => at = at.saturating_add(count),
                Skip::To(place) => at = place.max(at),
            }
            let stopped = self.interruption.is_some() && phase != LOGGING;
            if stopped || self.allow.is_some() || self.engine == Switch::Off {
                break;
            }
        }
        self.outcome()
    }

    /// Whether a member of `TX` compares as the first link of a rule demands.
    fn may_pass(&self, gate: Gate) -> bool {
        let value = self.variables.slot(gate.slot);
        let holds = match value {
            value if gate.counted => gate.comparison.holds(if value.is_some() { b"1" } else { b"0" }),
            Some(value) => gate.comparison.holds(self.texts.get(value)),
            None => return false,
        };
        holds != gate.negated
    }

    fn outcome(&self) -> Outcome {
        if self.budget == 0 {
            return Outcome::OverBudget;
        }
        self.interruption.clone().map_or(Outcome::Pass, Outcome::Interrupted)
    }

    /// Whether an earlier `allow` lets this phase pass.
    fn allowed(&self, phase: u8) -> bool {
        match self.allow {
            None | Some(Allow::Phase) => false,
            Some(Allow::All) => phase <= 4,
            Some(Allow::Request) => phase <= 2,
        }
    }

    /// Evaluates a rule with those chained to it. Whether all of them match.
    fn rule(&mut self, rules: &RuleSet, index: usize, rule: &Rule) -> Result<bool, Exhausted> {
        let told = rule.log || rule.audit;
        let mut found = Vec::new();
        // What the links of a chain find adds up, and the later ones may look at it; that of an earlier rule is gone.
        self.variables.clear_matched();
        let mut before_last = 0;
        for (place, link) in rule.links.iter().enumerate() {
            let all = (told && place == 0).then_some(&mut found);
            before_last = self.variables.matched().len();
            if !self.link(rules, (index, rule), (place, link), all)? {
                return Ok(false);
            }
        }
        for (place, link) in rule.links.iter().enumerate().rev() {
            for (effect, what) in link.effects.iter().enumerate() {
                self.effect(rules, rule, what, Removed { rule: index, link: place, effect });
            }
        }
        if let Some(severity) = rule.severity
            && self.severity.is_none_or(|worst| severity < worst)
        {
            self.severity = Some(severity);
            self.number(Variable::HighestSeverity, usize::from(severity));
        }
        let disruptive = self.disrupt(rules, rule);
        if told {
            let filled = |template: Option<&_>| template.map(|template| value_cut(&self.expand(rules, rule, template)));
            let matched = Matched {
                id: rule.id,
                index,
                phase: rule.phase,
                message: filled(rule.links.iter().find_map(|link| link.message.as_ref())).unwrap_or_default(),
                logdata: filled(rule.links.iter().find_map(|link| link.logdata.as_ref())).unwrap_or_default(),
                tags: rule.tags.iter().map(|tag| value_cut(&self.expand(rules, rule, tag))).collect(),
                severity: rule.severity,
                disruptive,
                audit: rule.audit && self.audit,
                found,
                hits: self.variables.matched().len().saturating_sub(before_last).max(1),
            };
            self.matched.push(matched);
        }
        Ok(true)
    }

    /// Evaluates one rule of a chain over everything it looks at.
    fn link(
        &mut self,
        rules: &RuleSet,
        (index, rule): (usize, &Rule),
        (place, link): (usize, &Link),
        mut found: Option<&mut Vec<Found>>,
    ) -> Result<bool, Exhausted> {
        let may_match = self.look(rules, rule, link);
        self.spend(1)?;
        if !may_match {
            return Ok(false);
        }
        let looks = rules.views().sights().get(link.sight).map_or(&[] as &[_], |sight| &sight.looks);
        if looks.is_empty() {
            let nothing =
                Candidate { variable: Variable::UniqueId, key: Key::None, value: TextId::EMPTY, counted: false };
            return self.value(rules, rule, link, &nothing, TextId::EMPTY, &mut found);
        }
        let mut matches = false;
        for look in looks {
            let possible = |view: &usize| link.filter.is_none_or(|filter| self.views.may_match(*view, filter));
            if !look.views.iter().any(possible) {
                continue;
            }
            for member in 0.. {
                let mut last = None;
                for view in &look.views {
                    let Some(text) = self.views.text(*view, member) else { break };
                    // Of the steps of `multiMatch` those that change something.
                    if last.replace(text) == Some(text) || !self.is_worth_a_test(link, text) {
                        continue;
                    }
                    let Some(candidate) = self.views.member(look.target, member) else { continue };
                    if !self.left_out(rules, index, place, link, &candidate) {
                        matches |= self.value(rules, rule, link, &candidate, text, &mut found)?;
                    }
                }
                if last.is_none() {
                    break;
                }
            }
        }
        Ok(matches)
    }

    /// Whether nothing is known yet that rules out a match.
    fn is_worth_a_test(&self, link: &Link, text: TextId) -> bool {
        link.filter.is_none_or(|filter| self.texts.may_match(text, filter)) && !self.texts.has_missed(text, link.number)
    }

    /// Takes work from the budget, with what transformations and searches have done.
    fn spend(&mut self, work: u64) -> Result<(), Exhausted> {
        self.budget = self.budget.saturating_sub(self.texts.take_work() + work);
        if self.texts.kept() > MOST_KEPT {
            self.budget = 0;
        }
        if self.budget == 0 { Err(Exhausted) } else { Ok(()) }
    }

    /// Looks at one value.
    fn value(
        &mut self,
        rules: &RuleSet,
        rule: &Rule,
        link: &Link,
        candidate: &Candidate,
        text: TextId,
        found: &mut Option<&mut Vec<Found>>,
    ) -> Result<bool, Exhausted> {
        self.spend(self.texts.get(text).len() as u64 + 16)?;
        let value = self.texts.get(text);
        let hit = link.operator.test(value, link.capture, &|template| self.expand(rules, rule, template));
        if hit.is_some() == link.negated {
            if link.steady {
                self.texts.set_missed(text, link.number);
            }
            return Ok(false);
        }
        if link.capture
            && let Some(hit) = hit
        {
            self.capture(hit);
        }
        // A rule without targets looks at nothing, and so has matched nothing.
        if !link.targets.is_empty() {
            let name = key(candidate, rules.views().targets(), &self.texts, rules.tx());
            let has_key = !matches!(candidate.key, Key::None);
            if let Some(found) = found.as_deref_mut().filter(|found| found.len() < Found::MOST) {
                found.push(Found {
                    variable: candidate.variable,
                    key: has_key.then(|| value_cut(name)),
                    counted: candidate.counted,
                    value: value_cut(self.texts.get(text)),
                });
            }
            let key = match candidate.key {
                Key::Target(_) => {
                    let name = name.to_vec();
                    Key::Text(self.texts.add_own(name))
                }
                own @ (Key::None | Key::Text(_) | Key::Slot(_)) => own,
            };
            self.variables.push_matched(Candidate { key, value: text, ..*candidate });
        }
        for set in &link.set {
            self.assign(rules, rule, set);
        }
        Ok(true)
    }

    /// Fills `TX:0` to `TX:9`; what has no group any more is taken away.
    fn capture(&mut self, hit: Hit) {
        let Hit { captures, absent } = hit;
        let mut captures = captures.into_iter();
        for place in 0..CAPTURES {
            let capture = captures.next().filter(|_| !absent.contains(&place));
            let value = capture.map(|capture| self.texts.add_own(capture));
            self.variables.set_slot(place, value);
        }
    }

    /// Whether a rule does not look at that value.
    fn left_out(&self, rules: &RuleSet, index: usize, place: usize, link: &Link, candidate: &Candidate) -> bool {
        if link.exclusions.is_empty() && self.removed_targets.is_empty() {
            return false;
        }
        let name = key(candidate, rules.views().targets(), &self.texts, rules.tx());
        let Candidate { variable, counted, .. } = candidate;
        link.exclusions.iter().any(|exclusion| exclusion.covers(*variable, *counted, name))
            || (place == 0
                && self
                    .removed_targets
                    .iter()
                    .filter_map(|removed| Self::exclusion(rules, *removed))
                    .any(|(bits, exclusion)| bits.contains(index) && exclusion.covers(*variable, *counted, name)))
    }

    /// Makes a variable that is made on demand.
    pub(super) fn ready(&mut self, rules: &RuleSet, rule: &Rule, variable: Variable) {
        if variable.is_time() {
            if self.variables.list(variable).is_empty() {
                let time = time::value(variable, self.epoch).unwrap_or_default();
                self.set(variable, time.as_bytes());
            }
        } else if variable == Variable::Rule {
            self.variables.clear(variable);
            for property in ["id", "rev", "severity", "msg", "logdata"] {
                let value = self.rule_property(rules, rule, property);
                let (key, value) = (self.text(property.as_bytes()), self.texts.add_own(value));
                self.variables.push(variable, key, value);
            }
        } else if matches!(variable, Variable::FullRequest | Variable::FullRequestLength) {
            self.full_request();
        }
    }

    fn effect(&mut self, rules: &RuleSet, rule: &Rule, effect: &Effect, place: Removed) {
        match effect {
            Effect::Engine(switch) => self.engine = *switch,
            Effect::RequestBody(on) => self.request_body = *on,
            Effect::ResponseBody(on) => self.response_body = *on,
            Effect::Processor(processor) => self.process_as(*processor),
            Effect::ForceBody(on) => self.force_body = *on,
            Effect::Audit(on) => self.audit = *on,
            Effect::Remove(bits) => self.removed.extend(bits),
            Effect::RemoveTarget(..) => self.removed_targets.push(place),
            Effect::SetScalar(variable, template) => {
                let value = self.expand(rules, rule, template);
                self.set(*variable, &value);
            }
        }
    }

    /// Does what the rule says about the request. Whether that stops it.
    fn disrupt(&mut self, rules: &RuleSet, rule: &Rule) -> bool {
        if self.engine != Switch::On {
            return false;
        }
        let (status, action) = match &rule.disruption {
            Disruption::Pass => return false,
            Disruption::Allow(allow) => {
                self.allow = Some(*allow);
                return false;
            }
            Disruption::Deny(status) => (*status, Stop::Deny),
            Disruption::Drop(status) => (*status, Stop::Drop),
            Disruption::Redirect(status, to) => (*status, Stop::Redirect(self.expand(rules, rule, to))),
        };
        if rule.phase == 5 || self.interruption.is_some() {
            return false;
        }
        self.interruption = Some(Interruption { status, cause: Cause::Rule(rule.id), action });
        true
    }
}

fn value_cut(value: &[u8]) -> Vec<u8> {
    value.get(..Found::CUT).unwrap_or(value).to_vec()
}
