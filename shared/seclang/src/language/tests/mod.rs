//! What the language says, as tables: one file an area.

mod actions;
mod crs;
mod directives;
mod load;
mod malformed;
mod robust;
mod targets;

use super::ast::{Directive, Problem, Rule};
use super::parse;

/// The directives of a text that is right.
fn good(text: &str) -> Vec<Directive> {
    let (directives, problems) = parse("test.conf", text.as_bytes());
    assert_eq!(problems, [], "{text}");
    directives
}

/// The only directive of a text that is right.
fn only(text: &str) -> Directive {
    let mut directives = good(text);
    assert_eq!(directives.len(), 1, "{text}");
    directives.remove(0)
}

fn rule(text: &str) -> Rule {
    let Directive::Rule(rule) = only(text) else { panic!("{text} is not a rule") };
    *rule
}

/// The problems of a text that is wrong.
fn wrong(text: &[u8]) -> Vec<Problem> {
    let (_, problems) = parse("test.conf", text);
    assert!(!problems.is_empty(), "{}", text.escape_ascii());
    problems
}
