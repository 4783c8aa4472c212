//! A rule set of several files: `Include`, by names that a function resolves.
//!
//! A name is looked for as it is written, then in the folder of the file that includes it. `*` and `?` stand for anything in one part of
//! a path; what they match among the known names is read in the order of the bytes of the names.

use std::rc::Rc;

use super::ast::{Directive, Place, Problem};
use super::directive::{self, Item};
use super::lexer::Lines;

/// How deep files may include files.
const DEPTH: usize = 16;
/// How many files may be read.
const FILES: usize = 1000;
/// The longest file, bytes.
const FILE_BYTES: usize = 8 * 1024 * 1024;
/// All files together, bytes.
const TOTAL_BYTES: usize = 32 * 1024 * 1024;
/// How many problems are listed; further ones are counted.
const PROBLEMS: usize = 1000;

/// Reads the text of a file. `None`: there is no such file.
pub type Files<'a> = dyn Fn(&str) -> Option<Vec<u8>> + 'a;

/// Reads a file and those that it includes; `names` are those that `*` and `?` can find. All problems at once: where there is one, the
/// directives are not all.
pub fn load(files: &Files<'_>, names: &[&str], root: &str) -> (Vec<Directive>, Vec<Problem>) {
    let mut loader = Loader::new(Some(files), names);
    match files(root) {
        Some(text) => loader.file(root, &text, None),
        None => loader.problem(Problem {
            place: Place { file: root.into(), line: 1, column: 1 },
            directive: String::new(),
            rule: None,
            message: "there is no such file; check its name".into(),
        }),
    }
    loader.end(root)
}

/// The same for a text that is no file, as it stands in a configuration; `file` is its name in problems.
pub fn load_text(files: &Files<'_>, names: &[&str], file: &str, text: &[u8]) -> (Vec<Directive>, Vec<Problem>) {
    let mut loader = Loader::new(Some(files), names);
    loader.file(file, text, None);
    loader.end(file)
}

/// Reads one text, which can include nothing.
pub fn parse(file: &str, text: &[u8]) -> (Vec<Directive>, Vec<Problem>) {
    let mut loader = Loader::new(None, &[]);
    loader.file(file, text, None);
    loader.end(file)
}

struct Loader<'a> {
    files: Option<&'a Files<'a>>,
    names: &'a [&'a str],
    /// The files that are being read, each included by the one before it.
    open: Vec<String>,
    read: usize,
    bytes: usize,
    directives: Vec<Directive>,
    problems: Vec<Problem>,
    unlisted: usize,
}

/// An `Include`, for what is wrong with it.
struct Included {
    place: Place,
    directive: String,
}

impl<'a> Loader<'a> {
    fn new(files: Option<&'a Files<'a>>, names: &'a [&'a str]) -> Self {
        Self {
            files,
            names,
            open: Vec::new(),
            read: 0,
            bytes: 0,
            directives: Vec::new(),
            problems: Vec::new(),
            unlisted: 0,
        }
    }

    fn problem(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    fn end(mut self, root: &str) -> (Vec<Directive>, Vec<Problem>) {
        if self.unlisted > 0 {
            self.problems.push(Problem {
                place: Place { file: root.into(), line: 1, column: 1 },
                directive: String::new(),
                rule: None,
                message: format!("{} more problems are not listed; mend these first", self.unlisted),
            });
        }
        (self.directives, self.problems)
    }

    /// Reads a text; `by` is what included it.
    fn file(&mut self, name: &str, text: &[u8], by: Option<&Included>) {
        self.read += 1;
        self.bytes = self.bytes.saturating_add(text.len());
        let refused = if self.open.iter().any(|open| open == name) {
            Some(format!("the files include each other: {} -> {name}; take one Include away", self.open.join(" -> ")))
        } else if self.open.len() >= DEPTH {
            Some(format!("files include files more than {DEPTH} deep; include them from one file"))
        } else if self.read > FILES {
            Some(format!("more than {FILES} files are included; join some"))
        } else if text.len() > FILE_BYTES {
            Some(format!("{name} is longer than {FILE_BYTES} bytes; split it"))
        } else if self.bytes > TOTAL_BYTES {
            Some(format!("all files together are longer than {TOTAL_BYTES} bytes; include fewer"))
        } else {
            None
        };
        if let Some(message) = refused {
            let (place, directive) = match by {
                Some(by) => (by.place.clone(), by.directive.clone()),
                None => (Place { file: name.into(), line: 1, column: 1 }, String::new()),
            };
            self.problem(Problem { place, directive, rule: None, message });
            return;
        }
        self.open.push(name.to_owned());
        let file: Rc<str> = name.into();
        let mut lines = Lines::new(&file, text);
        let mut problems = Vec::new();
        while let Some((line, found)) = lines.next() {
            let item = directive::read(&line, found, &mut problems);
            for problem in problems.drain(..) {
                self.problem(problem);
            }
            match item {
                None => {}
                Some(Item::Directive(directive)) => self.directives.push(directive),
                Some(Item::Include { place, directive, name: included, optional }) => {
                    self.include(name, &included, &Included { place, directive }, optional);
                }
            }
        }
        self.open.pop();
    }

    fn is_full(&self) -> bool {
        self.read > FILES || self.bytes > TOTAL_BYTES
    }

    fn include(&mut self, from: &str, name: &str, by: &Included, optional: bool) {
        // Past the limit one problem is enough.
        if self.is_full() {
            return;
        }
        let Some(files) = self.files else {
            let message = "nothing can be included here; put the rules themselves in its place".to_owned();
            self.problem(Problem { place: by.place.clone(), directive: by.directive.clone(), rule: None, message });
            return;
        };
        let candidates = [normal(name), beside(from, name)];
        let mut read = false;
        for candidate in &candidates {
            if candidate.contains(['*', '?']) {
                let mut matching: Vec<&str> = self
                    .names
                    .iter()
                    .copied()
                    .filter(|known| matches(candidate.as_bytes(), known.as_bytes()))
                    .collect();
                matching.sort_unstable();
                matching.dedup();
                for known in matching {
                    if self.is_full() {
                        return;
                    }
                    if let Some(text) = files(known) {
                        read = true;
                        self.file(known, &text, Some(by));
                    }
                }
            } else if let Some(text) = files(candidate) {
                read = true;
                self.file(candidate, &text, Some(by));
            }
            if read {
                return;
            }
        }
        if !optional {
            let [written, beside] = candidates;
            let also = if written == beside { String::new() } else { format!(" or `{beside}`") };
            let message = format!("there is no file `{written}`{also}; check the name, or add the file");
            self.problem(Problem { place: by.place.clone(), directive: by.directive.clone(), rule: None, message });
        }
    }
}

/// The name of a file that stands in the folder of another one: where a rule's `@pmFromFile` looks.
pub fn beside(file: &str, name: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) if !name.starts_with('/') => normal(&format!("{folder}/{name}")),
        Some(_) | None => normal(name),
    }
}

/// A path without `.`, `..` and empty parts, as far as they have something to take away.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let path_is_absolute = path.starts_with('/');
    let joined = parts.join("/");
    if path_is_absolute { format!("/{joined}") } else { joined }
}

/// Whether a name matches a pattern: `*` is any number of bytes, `?` is one, neither is a slash. The work is bounded by the product of
/// the lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    // Behind the last `*`, and where in the name what follows it was last tried.
    let mut retry: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(in_name) {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                retry = Some((at, in_name));
            }
            Some(expected) if expected == byte || (*expected == b'?' && *byte != b'/') => {
                at += 1;
                in_name += 1;
            }
            Some(_) | None => match retry {
                Some((after, tried)) if name.get(tried) != Some(&b'/') => {
                    retry = Some((after, tried + 1));
                    at = after;
                    in_name = tried + 1;
                }
                Some(_) | None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}
