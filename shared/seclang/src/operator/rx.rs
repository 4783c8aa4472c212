//! `@rx`: a regular expression, read as PCRE reads it with the options of ModSecurity (`DOTALL`, `MULTILINE`, bytes), in linear time.
//!
//! | Module | What it has |
//! |---|---|
//! | [`syntax`] | the tree of an expression |
//! | [`parse`], [`class`] | text becomes a tree, or a message that says what has no equivalent |
//! | [`check`] | what a backtracking engine means and an automaton cannot say makes no difference here, or is refused |
//! | [`compile`] | a tree becomes automata |
//! | [`pool`] | which of them are in memory |
//! | [`literals`] | what a value must contain to match at all |

mod check;
mod class;
mod compile;
mod literals;
mod parse;
mod pool;
mod syntax;
#[cfg(test)]
mod tests;

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};
use crate::language::ast::Template;
use compile::{Checked, From, Source};
use pool::Entry;
pub use pool::Pool;
use regex_automata::Span;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A regular expression. It is read when it is made, and compiled when it is first needed.
pub struct Pattern {
    text: Rc<[u8]>,
    any_case: bool,
    /// The number of groups.
    groups: usize,
    final_newline: bool,
    main: Entry,
    /// For a value that ends in a newline, where this engine's `^` holds at the end and PCRE's does not.
    at_end: Option<Entry>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.any_case == other.any_case
    }
}

impl Pattern {
    /// Reads an expression; `any_case` as if `(?i)` stood before it. The error says what is wrong, or what has no equivalent.
    pub fn new(text: &[u8], any_case: bool) -> Result<Self, String> {
        Ok(Self::of(text, any_case, &compile::read(text, any_case)?))
    }

    /// The same, with its literals: see [`super::Operator::take_literals`]. They come from the tree, which is not kept.
    pub fn with_literals(text: &[u8], any_case: bool) -> Result<(Self, Option<Literals>), String> {
        let checked = compile::read(text, any_case)?;
        Ok((Self::of(text, any_case, &checked), literals::literals(&checked.node)))
    }

    fn of(text: &[u8], any_case: bool, checked: &Checked) -> Self {
        let text: Rc<[u8]> = Rc::from(text);
        let pool = Pool::of_thread();
        let enter = |line_starts| pool.enter(Source { text: Rc::clone(&text), any_case, line_starts });
        Self {
            any_case,
            groups: checked.groups as usize,
            final_newline: checked.final_newline,
            main: enter(true),
            at_end: checked.starts_a_line_at_the_end.then(|| enter(false)),
            text,
        }
    }

    /// Whether it matches anywhere in the value.
    pub fn is_match(&self, value: &[u8]) -> bool {
        if self.at_end.is_some() && value.last() == Some(&b'\n') {
            return self.find(value).is_some();
        }
        self.main.with(|_, compiled| (compiled.is_match(value), false)).unwrap_or(false)
    }

    /// The match that PCRE finds, and its groups; `None` for a group that took no part.
    pub fn captures(&self, value: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
        let (found, entry) = self.find(value)?;
        let groups = if self.groups > 0 || self.final_newline {
            entry.with(|source, compiled| (compiled.groups(source, value, found), true))?
        } else {
            Vec::new()
        };
        // The newline before which a `\Z` found itself is no part of the match.
        let end = groups.get(self.groups).copied().flatten().map_or(found.end, |newline| newline.start);
        let text = |span: Span| value.get(span.start.min(end)..span.end.min(end)).map(<[u8]>::to_vec);
        Some(
            [Some(found)]
                .into_iter()
                .chain(groups.into_iter().take(self.groups))
                .map(|span| span.and_then(text))
                .collect(),
        )
    }

    fn find(&self, value: &[u8]) -> Option<(Span, &Entry)> {
        let search = |entry: &Entry, from| {
            entry.with(|source, compiled| {
                let found = compiled.find(source, value, from);
                (found, found.is_some())
            })?
        };
        let found = search(&self.main, From::Anywhere)?;
        match &self.at_end {
            Some(at_end) if found.start == value.len() && value.last() == Some(&b'\n') => {
                Some((search(at_end, From::End)?, at_end))
            }
            _ => Some((found, &self.main)),
        }
    }
}

/// The longest text that a template may expand to and still be read as an expression, bytes: a client may have a part in it.
const EXPANDED: usize = 4096;

/// See the module.
pub struct Rx(Kind);

enum Kind {
    /// No argument: it matches everything, and captures nothing.
    Anything,
    /// With its literals until they are taken: they are longer than the expression, and to find them later is to read it again.
    Fixed(Pattern, Cell<Option<Literals>>),
    /// Read anew when what it expands to is another than the last time.
    Expanded(Template, RefCell<Option<(Vec<u8>, Option<Pattern>)>>),
}

impl Test for Rx {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("b", b"abc", Some("b")),
        ("", b"x", Some("")),
        ("B", b"b", None),
        ("%{tx.a}", b"a value", Some("value")),
        ("^%{tx.a}$", b"value", Some("value")),
        ("%{tx.bad}", b"(", None),
        ("%{tx.none}", b"any", Some("any")),
        ("a.c", b"a\nc", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["(", "a(?=b)", "(a)\\1", "(?<=a)b", "(?R)", "(?(1)a)"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Ok(Self(match Argument::read(argument)? {
            Argument::Fixed(text) if text.is_empty() => Kind::Anything,
            Argument::Fixed(text) => {
                let (pattern, literals) = Pattern::with_literals(&text, false)?;
                Kind::Fixed(pattern, Cell::new(literals))
            }
            Argument::Expanded(template) => Kind::Expanded(template, RefCell::new(None)),
        }))
    }

    fn test(&self, value: &[u8], capture: bool, expand: Expand<'_>) -> Option<Hit> {
        match &self.0 {
            Kind::Anything => Some(Hit::default()),
            Kind::Fixed(pattern, _) => hit(pattern, value, capture),
            Kind::Expanded(template, last) => {
                let text = expand(template);
                let mut last = last.borrow_mut();
                if last.as_ref().is_none_or(|(known, _)| *known != text) {
                    // As in ModSecurity: nothing is anything, and what cannot be read matches nothing.
                    let expression = if text.is_empty() { b".*" } else { text.as_slice() };
                    let pattern = Some(expression).filter(|text| text.len() <= EXPANDED);
                    let pattern = pattern.and_then(|text| Pattern::new(text, false).ok());
                    *last = Some((text, pattern));
                }
                let (_, pattern) = last.as_ref()?;
                hit(pattern.as_ref()?, value, capture)
            }
        }
    }

    fn literals(&self) -> Option<Literals> {
        match &self.0 {
            Kind::Fixed(_, literals) => literals.take(),
            Kind::Anything | Kind::Expanded(..) => None,
        }
    }
}

fn hit(pattern: &Pattern, value: &[u8], capture: bool) -> Option<Hit> {
    if !capture {
        return pattern.is_match(value).then(Hit::default);
    }
    let captures = pattern.captures(value)?;
    let absent = captures.iter().enumerate().filter(|(_, capture)| capture.is_none()).map(|(group, _)| group).collect();
    Some(Hit { captures: captures.into_iter().map(Option::unwrap_or_default).collect(), absent })
}
