//! Puts the rule set together: what holds before all else, the directives of the configuration, its profiles, what it includes.

use std::collections::VecDeque;
use std::rc::Rc;

use verdict_policy::problems::{Place, Problems, about};
use verdict_seclang::language;
use verdict_seclang::language::ast::{Directive, Problem};
use verdict_seclang::ruleset::RuleSet;

use crate::sources::{BASE, Sources, built_in};

/// A rule set that is being put together.
pub(crate) struct Assembly<'a> {
    /// What is wrong with the configuration.
    pub problems: &'a mut Problems,
    root: &'a Place,
    files: &'a [(String, String)],
    sources: Sources<'a>,
    /// The texts of the configuration that are no files. Their pointers are their names for the reader of the rule language.
    texts: Vec<Place>,
    directives: Vec<Directive>,
    /// Whether everything could be read.
    complete: bool,
}

impl<'a> Assembly<'a> {
    /// With what holds before all else. `root` is the place of the configuration, `files` are its own.
    pub fn new(root: &'a Place, files: &'a [(String, String)], problems: &'a mut Problems) -> Self {
        let sources = Sources::new(files);
        let (directives, _) = language::parse(BASE, &sources.text(BASE).unwrap_or_default());
        Self { problems, root, files, sources, texts: Vec::new(), directives, complete: true }
    }

    /// Adds the directives of the configuration.
    pub fn write(&mut self, directives: &[String]) {
        for (index, text) in directives.iter().enumerate() {
            self.read(self.root.key("directives").index(index), text);
        }
    }

    /// Adds what the configuration includes.
    pub fn include(&mut self, names: &[String]) {
        for (index, name) in names.iter().enumerate() {
            let place = self.root.key("include").index(index);
            match self.cannot_include(name) {
                Some(message) => {
                    self.complete = false;
                    self.problems.add(&place, about(name, &message));
                }
                None => self.read(place, &format!("Include {name}")),
            }
        }
    }

    fn cannot_include(&self, name: &str) -> Option<String> {
        if name.starts_with('@') && !built_in().contains(&name) {
            let known = built_in().join("` and `");
            let remedy = if name == "@crs" { "; build one with `make waf CRS=<folder or tarball>`" } else { "" };
            return Some(format!("is not built into this module, which has `{known}`{remedy}"));
        }
        if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_control() || b"\"' ".contains(&byte)) {
            return Some("is no name of a file; write one without blanks and quotes".to_owned());
        }
        let missing = !name.contains(['*', '?']) && !self.sources.names().contains(&name);
        missing.then(|| "is none of `files`; add it there, or correct the name".to_owned())
    }

    /// Adds a directive.
    pub fn add(&mut self, directive: Directive) {
        self.directives.push(directive);
    }

    fn read(&mut self, place: Place, text: &str) {
        let Self { sources, .. } = self;
        let files = |name: &str| sources.text(name);
        let (read, faults) = language::load_text(&files, &sources.names(), place.pointer(), text.as_bytes());
        self.texts.push(place);
        self.tell(faults);
        self.directives.extend(read);
    }

    /// The directives of a text that stands there, which are not added.
    pub fn parse(&mut self, place: Place, text: &str) -> Vec<Directive> {
        let (read, faults) = language::parse(place.pointer(), text.as_bytes());
        self.texts.push(place);
        self.tell(faults);
        read
    }

    /// Makes the rule set, unless it is not complete. With it, what has no effect.
    pub fn compile(mut self) -> Option<(Rc<RuleSet>, VecDeque<String>)> {
        if !self.complete {
            return None;
        }
        let directives = std::mem::take(&mut self.directives);
        match RuleSet::compile(directives, &|name| self.sources.text(name)) {
            Ok(rules) => {
                let told = |warning| {
                    let (place, message) = self.told(warning);
                    format!("{place}: {message}")
                };
                let notes = rules.warnings().iter().map(told).collect();
                Some((Rc::new(rules), notes))
            }
            Err(faults) => {
                self.tell(faults);
                None
            }
        }
    }

    fn tell(&mut self, faults: Vec<Problem>) {
        self.complete &= faults.is_empty();
        for fault in faults {
            let (place, message) = self.told(&fault);
            self.problems.add(&place, message);
        }
    }

    /// The place in the configuration, and the message with the place in the text.
    fn told(&self, fault: &Problem) -> (Place, String) {
        let Problem { place, directive, rule, message } = fault;
        let text = self.texts.iter().find(|text| text.pointer() == &*place.file).cloned();
        let file = || self.files.iter().any(|(name, _)| **name == *place.file);
        let (at, mut told) = match text {
            Some(text) => (text, String::new()),
            None if file() => (self.root.key("files").key(&place.file), String::new()),
            None => (self.root.key("include"), format!("{}, ", place.file)),
        };
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
