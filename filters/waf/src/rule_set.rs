//! Puts the rule set together: what holds before all else, the directives of the configuration, its profiles, what it includes.

use std::collections::VecDeque;
use std::rc::Rc;

use verdict_policy::problems::{Place, Problems, about};
use verdict_seclang::language::ast::{Directive, Problem};
use verdict_seclang::language::load_text;
use verdict_seclang::ruleset::RuleSet;

use crate::sources::{BASE, Sources, built_in};

/// Where in the configuration a text stands that directives come from, by the name that it has for the reader of the rule language.
pub(crate) struct Told<'a> {
    root: &'a Place,
    files: &'a [(String, String)],
    /// The texts that are no files.
    texts: Vec<Place>,
    /// How many faults there were.
    faults: usize,
}

impl<'a> Told<'a> {
    /// Nothing was read yet.
    pub fn new(root: &'a Place, files: &'a [(String, String)]) -> Self {
        Self { root, files, texts: Vec::new(), faults: 0 }
    }

    /// A name for the text that stands there.
    pub fn name<'p>(&mut self, place: &'p Place) -> &'p str {
        self.texts.push(place.clone());
        place.pointer()
    }

    /// The place in the configuration of a text of that name, and what the name adds to it.
    pub fn place(&self, file: &str) -> (Place, bool) {
        if let Some(place) = self.texts.iter().find(|place| place.pointer() == file) {
            return (place.clone(), false);
        }
        match self.files.iter().find(|(name, _)| name == file) {
            Some((name, _)) => (self.root.key("files").key(name), false),
            None => (self.root.key("include"), true),
        }
    }

    /// Notes what is wrong with the rules.
    pub fn tell(&mut self, faults: Vec<Problem>, problems: &mut Problems) {
        self.faults += faults.len();
        for fault in faults {
            let (place, message) = self.told(&fault);
            problems.add(&place, message);
        }
    }

    /// The place in the configuration, and the message with the place in the text.
    pub fn told(&self, fault: &Problem) -> (Place, String) {
        let Problem { place, directive, rule, message } = fault;
        let (at, named) = self.place(&place.file);
        let mut told = if named { format!("{}, ", place.file) } else { String::new() };
        told.push_str(&format!("line {}, column {}: ", place.line, place.column));
        if !directive.is_empty() {
            told.push_str(directive);
            if let Some(rule) = rule {
                told.push_str(&format!(" {rule}"));
            }
            told.push_str(": ");
        }
        told.push_str(message);
        (at, told)
    }
}

/// The directives that stand before the profiles: what holds before all else, then those of the configuration.
pub(crate) fn before(
    written: &[String],
    sources: &Sources<'_>,
    told: &mut Told<'_>,
    problems: &mut Problems,
) -> Vec<Directive> {
    let files = |name: &str| sources.text(name);
    let names = sources.names();
    let (mut directives, _) = load_text(&files, &names, BASE, &files(BASE).unwrap_or_default());
    for (index, text) in written.iter().enumerate() {
        let place = told.root.key("directives").index(index);
        let (read, faults) = load_text(&files, &names, told.name(&place), text.as_bytes());
        told.tell(faults, problems);
        directives.extend(read);
    }
    directives
}

/// What is included.
pub(crate) fn included(
    include: &[String],
    sources: &Sources<'_>,
    told: &mut Told<'_>,
    problems: &mut Problems,
) -> Vec<Directive> {
    let files = |name: &str| sources.text(name);
    let names = sources.names();
    let mut directives = Vec::new();
    for (index, name) in include.iter().enumerate() {
        let place = told.root.key("include").index(index);
        if name.starts_with('@') && !built_in().contains(&name.as_str()) {
            let known = built_in().join("` and `");
            let remedy = if name == "@crs" { "; build one with `make waf CRS=<folder or tarball>`" } else { "" };
            told.faults += 1;
            problems.add(&place, about(name, &format!("is not built into this module, which has `{known}`{remedy}")));
            continue;
        }
        if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_control() || b"\"' ".contains(&byte)) {
            told.faults += 1;
            problems.add(&place, about(name, "is no name of a file; write one without blanks and quotes"));
            continue;
        }
        if !name.contains(['*', '?']) && files(name).is_none() {
            told.faults += 1;
            problems.add(&place, about(name, "is none of `files`; add it there, or correct the name"));
            continue;
        }
        let (read, faults) = load_text(&files, &names, told.name(&place), format!("Include {name}").as_bytes());
        told.tell(faults, problems);
        directives.extend(read);
    }
    directives
}

/// Makes the rule set, unless what was read of it is not all. `notes` is told what has no effect.
pub(crate) fn compile(
    directives: Vec<Directive>,
    sources: &Sources<'_>,
    told: &mut Told<'_>,
    notes: &mut VecDeque<String>,
    problems: &mut Problems,
) -> Option<Rc<RuleSet>> {
    if told.faults > 0 {
        return None;
    }
    match RuleSet::compile(directives, &|name| sources.text(name)) {
        Ok(rules) => {
            notes.extend(rules.warnings().iter().map(|warning| {
                let (place, message) = told.told(warning);
                format!("{place}: {message}")
            }));
            Some(Rc::new(rules))
        }
        Err(faults) => {
            told.tell(faults, problems);
            None
        }
    }
}
