//! Texts with variables in them, filled in; and what rules set.

use super::variables::{Candidate, matched_name};
use super::{State, time};
use crate::language::ast::{Assignment, Part, Template, Variable};
use crate::ruleset::{Assign, Rule, RuleSet};
use std::borrow::Cow;

/// No text grows beyond this by being filled in: a variable may name itself.
const LONGEST: usize = 1 << 20;

impl State {
    /// Fills a text in. What has no value is empty.
    pub(super) fn expand(&self, rules: &RuleSet, rule: &Rule, template: &Template) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &template.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Value(variable, key) => self.value_of(rules, rule, *variable, key.as_deref(), &mut out),
            }
        }
        out.truncate(LONGEST);
        out
    }

    fn value_of(&self, rules: &RuleSet, rule: &Rule, variable: Variable, key: Option<&str>, out: &mut Vec<u8>) {
        let texts = &self.texts;
        let last: Option<&Candidate> = self.variables.last_matched();
        match (variable, key) {
            (Variable::Tx, Some(key)) => {
                if let Some(id) = self.variables.tx(key.as_bytes(), rules.tx()) {
                    out.extend_from_slice(texts.get(id));
                }
            }
            (Variable::Rule, Some(key)) => out.extend_from_slice(&self.rule_property(rules, rule, key)),
            (Variable::MatchedVar, _) => out.extend_from_slice(last.map_or(&[], |last| texts.get(last.value))),
            (Variable::MatchedVarName, _) => {
                out.extend(last.map(|last| matched_name(last, &[], texts, rules.tx())).unwrap_or_default());
            }
            _ => {
                let found = self
                    .variables
                    .list(variable)
                    .iter()
                    .find(|entry| key.is_none_or(|key| texts.get(entry.key).eq_ignore_ascii_case(key.as_bytes())));
                match found {
                    Some(entry) => out.extend_from_slice(texts.get(entry.value)),
                    None => out.extend(time::value(variable, self.epoch).unwrap_or_default().into_bytes()),
                }
            }
        }
    }

    /// `RULE:id` and the like. The message is as written: filling it in could name itself.
    pub(super) fn rule_property(&self, rules: &RuleSet, rule: &Rule, key: &str) -> Vec<u8> {
        let text = |template: Option<&Template>| -> Vec<u8> {
            let parts = template.into_iter().flat_map(|template| &template.0);
            let mut out = Vec::new();
            for part in parts {
                match part {
                    Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                    Part::Value(Variable::Rule, _) => {}
                    Part::Value(variable, key) => self.value_of(rules, rule, *variable, key.as_deref(), &mut out),
                }
            }
            out
        };
        match key.to_ascii_lowercase().as_str() {
            "id" => rule.id.to_string().into_bytes(),
            "rev" => rule.revision.clone().unwrap_or_default().into_bytes(),
            "severity" => rule.severity.map(|severity| severity.to_string()).unwrap_or_default().into_bytes(),
            "msg" => text(rule.links.iter().find_map(|link| link.message.as_ref())),
            "logdata" => text(rule.links.iter().find_map(|link| link.logdata.as_ref())),
            _ => Vec::new(),
        }
    }

    /// `setvar`.
    pub(super) fn assign(&mut self, rules: &RuleSet, rule: &Rule, assign: &Assign) {
        let Assign { set, slot } = assign;
        let key = self.filled(rules, rule, &set.key);
        let value = match &set.to {
            Assignment::Unset => None,
            Assignment::Set(text) => Some(self.filled(rules, rule, text)),
            Assignment::Add(text) | Assignment::Subtract(text) => {
                let change = number(&self.filled(rules, rule, text));
                let before = match slot {
                    Some(place) => self.variables.slot(*place).map_or(0, |value| number(self.texts.get(value))),
                    None => {
                        let mut before = Vec::new();
                        if let Ok(key) = std::str::from_utf8(&key) {
                            self.value_of(rules, rule, set.collection, Some(key), &mut before);
                        }
                        number(&before)
                    }
                };
                let after = if matches!(set.to, Assignment::Add(_)) {
                    before.saturating_add(change)
                } else {
                    before.saturating_sub(change)
                };
                Some(Cow::Owned(after.to_string().into_bytes()))
            }
        };
        self.charge(value.as_ref().map_or(0, |value| value.len()) + key.len());
        let value = value.map(|value| match value {
            Cow::Borrowed(text) => self.texts.add(text),
            Cow::Owned(text) => self.texts.add_own(text),
        });
        match slot {
            Some(place) => self.variables.set_slot(*place, value),
            None if set.collection == Variable::Tx => self.variables.set_tx(&key, value, rules.tx()),
            None => self.variables.set_member(set.collection, key.into_owned(), value, &mut self.texts),
        }
    }

    /// As [`Self::expand`], without a copy of a text that has no variable in it.
    fn filled<'t>(&self, rules: &RuleSet, rule: &Rule, template: &'t Template) -> Cow<'t, [u8]> {
        match template.0.as_slice() {
            [Part::Text(text)] => Cow::Borrowed(text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes())),
            _ => Cow::Owned(self.expand(rules, rule, template)),
        }
    }
}

/// The number at the beginning of a text, after blanks; 0 if there is none.
fn number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn the_number_at_the_beginning_counts() {
        let cases: [(&[u8], i64); 7] = [
            (b"5", 5),
            (b" -3x", -3),
            (b"+7", 7),
            (b"", 0),
            (b"x1", 0),
            (b"2.9", 2),
            (b"99999999999999999999", i64::MAX),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }
}
