//! A refusal before anybody is told: the reason, the line of configuration, and the facts of this request.

use std::fmt::{Display, Write};
use std::rc::Rc;

use crate::problems::Place;
use crate::reason::Reason;
use crate::settings::Rule;

/// The longest a fact may be, in bytes: what comes from a request never makes a log line or an answer long.
const FACT_LIMIT: usize = 200;

/// A refusal.
#[derive(Clone, Debug)]
pub struct Denial {
    /// Why.
    pub reason: &'static Reason,
    /// Who said so.
    pub rule: Rc<Rule>,
    /// The line inside the rule, where one decided; otherwise the rule itself.
    pub place: Option<Place>,
    /// What was found and what was needed.
    pub facts: Vec<Fact>,
    /// `WWW-Authenticate` of this refusal (RFC 9110, section 11.6.1), for status 401 and for RFC 6750's 403.
    pub challenge: Option<String>,
    /// The status, where the rule has one of its own in the place of the reason's: 400 to 599.
    pub status: Option<u16>,
    /// Whether a credential of the client verified: it makes the audience `authenticated` instead of `anonymous`.
    pub verified: bool,
}

/// One thing that was found or needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name in the texts and in `context`.
    pub name: &'static str,
    /// Printable, cut. Never a secret.
    pub value: String,
    /// Who may read it.
    pub shown: Shown,
}

/// Who may read a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everybody who may read the reason.
    WithReason,
    /// The log, and those who get everything: list names, scores, thresholds.
    Full,
}

impl Denial {
    /// A refusal for that reason by that rule.
    // Out of the way, here and below, of requests that are admitted: most are.
    #[cold]
    #[inline(never)]
    pub fn new(reason: &'static Reason, rule: &Rc<Rule>) -> Self {
        Self {
            reason,
            rule: Rc::clone(rule),
            place: None,
            facts: Vec::new(),
            challenge: None,
            status: None,
            verified: false,
        }
    }

    /// Names the line inside the rule that decided.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds a fact that everybody who may read the reason may read.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Display) -> Self {
        self.fact(name, &value, Shown::WithReason)
    }

    /// Adds a fact for the log and for those who get everything.
    #[must_use]
    pub fn with_full(self, name: &'static str, value: impl Display) -> Self {
        self.fact(name, &value, Shown::Full)
    }

    /// Adds a fact of several lines for the log and for those who get everything: something to paste, which is worth nothing when it
    /// is cut. What makes it longer than 4 KiB is left out, whole lines of it.
    #[must_use]
    pub fn with_lines(mut self, name: &'static str, lines: &[String]) -> Self {
        const LIMIT: usize = 4096;
        let mut value = String::new();
        for line in lines {
            if value.len() + line.len() >= LIMIT {
                value.push_str("\n# more lines would be needed, and are left out");
                break;
            }
            if !value.is_empty() {
                value.push('\n');
            }
            value.extend(line.chars().filter(|character| !character.is_control()));
        }
        self.facts.push(Fact { name, value, shown: Shown::Full });
        self
    }

    #[cold]
    #[inline(never)]
    fn fact(mut self, name: &'static str, value: &dyn Display, shown: Shown) -> Self {
        self.facts.push(Fact { name, value: printable(&value.to_string()), shown });
        self
    }

    /// The full name of the reason: `<filter>.<code>`.
    pub fn code(&self) -> String {
        format!("{}.{}", self.rule.filter, self.reason.code)
    }

    /// The JSON pointer of the line of configuration that decided.
    pub fn pointer(&self) -> &str {
        self.place.as_ref().unwrap_or(&self.rule.place).pointer()
    }
}

/// The text without control characters and cut to the limit: it goes to logs and terminals.
fn printable(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if out.len() >= FACT_LIMIT {
            out.push('…');
            break;
        }
        if character.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}
