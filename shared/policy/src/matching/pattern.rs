//! What a path must be: `/health`, `/users/{id}`, `/admin/**`.

use super::path::{self, Reading};
use crate::problems::{about, instead, quoted};
use std::fmt;

/// A pattern of paths. One slash at the end of a path makes no difference: upstreams commonly see none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The literal segments before the first name, each behind its slash. Nothing for `/` and `/**`.
    start: Vec<u8>,
    /// The segments from the first name on.
    names: Vec<Segment>,
    /// Whether what lies below matches too: a trailing `/**`.
    below: bool,
}

#[derive(Clone, Debug)]
enum Segment {
    Literal(Vec<u8>),
    /// Any one that is not empty.
    Any(String),
}

impl Segment {
    fn is_named(&self, wanted: &str) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Any(name) => name == wanted,
        }
    }
}

/// Names are for the reader: `/{a}` and `/{b}` are the same pattern.
impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(other)) => one == other,
            (Self::Any(_), Self::Any(_)) => true,
            (Self::Literal(_), Self::Any(_)) | (Self::Any(_), Self::Literal(_)) => false,
        }
    }
}

impl Eq for Segment {}

impl Pattern {
    /// Every path.
    pub fn all() -> Self {
        Self { start: Vec::new(), names: Vec::new(), below: true }
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, and after a semicolon the remedy.
    pub fn read(text: &str) -> Result<Self, String> {
        if let Some(message) = fault(text) {
            return Err(message);
        }
        let (path, below) = match text.strip_suffix("/**") {
            Some(path) => (path, true),
            None => (text, false),
        };
        let mut pattern = Self { start: Vec::new(), names: Vec::new(), below };
        // `/` has no segment, and neither has `/**`.
        for segment in path.split('/').skip(1).filter(|_| path != "/") {
            match read_segment(segment).map_err(|message| about(text, &message))? {
                Segment::Literal(literal) if pattern.names.is_empty() => {
                    pattern.start.push(b'/');
                    pattern.start.extend_from_slice(&literal);
                }
                Segment::Literal(literal) => pattern.names.push(Segment::Literal(literal)),
                Segment::Any(name) if pattern.names.iter().any(|segment| segment.is_named(&name)) => {
                    return Err(about(text, &format!("has {{{name}}} twice; rename one of them")));
                }
                Segment::Any(name) => pattern.names.push(Segment::Any(name)),
            }
        }
        Ok(pattern)
    }

    /// Whether a path (without query, beginning with a slash) matches, read as it is written.
    pub fn matches(&self, path: &[u8]) -> bool {
        let path = if let [path @ .., b'/'] = path { path } else { path };
        let Some((start, mut rest)) = path.split_at_checked(self.start.len()) else {
            return false;
        };
        // Paths that lie side by side differ at their ends.
        if start.last() != self.start.last() || start != self.start {
            return false;
        }
        for wanted in &self.names {
            let [b'/', tail @ ..] = rest else {
                return false;
            };
            let end = tail.iter().position(|&byte| byte == b'/').unwrap_or(tail.len());
            let Some((segment, tail)) = tail.split_at_checked(end) else {
                return false;
            };
            let matches = match wanted {
                Segment::Literal(literal) => literal == segment,
                Segment::Any(_) => !segment.is_empty(),
            };
            if !matches {
                return false;
            }
            rest = tail;
        }
        rest.is_empty() || (self.below && matches!(rest, [b'/', ..]))
    }

    /// Whether every path that matches the other matches this one.
    pub fn covers(&self, other: &Self) -> bool {
        let mut theirs = other.segments();
        for ours in self.segments() {
            let covered = match (ours, theirs.next()) {
                (Part::Literal(ours), Some(Part::Literal(theirs))) => ours == theirs,
                (Part::Any, Some(Part::Literal(_) | Part::Any)) => true,
                (Part::Literal(_), Some(Part::Any) | None) | (Part::Any, None) => false,
            };
            if !covered {
                return false;
            }
        }
        self.below || (!other.below && theirs.next().is_none())
    }

    fn segments(&self) -> impl Iterator<Item = Part<'_>> {
        let start = self.start.split(|&byte| byte == b'/').skip(1).map(Part::Literal);
        start.chain(self.names.iter().map(|segment| match segment {
            Segment::Literal(literal) => Part::Literal(literal),
            Segment::Any(_) => Part::Any,
        }))
    }
}

enum Part<'a> {
    Literal(&'a [u8]),
    Any,
}

/// As it is written in the configuration.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.start))?;
        for segment in &self.names {
            match segment {
                Segment::Literal(literal) => write!(f, "/{}", String::from_utf8_lossy(literal))?,
                Segment::Any(name) => write!(f, "/{{{name}}}")?,
            }
        }
        let root = self.start.is_empty() && self.names.is_empty();
        f.write_str(if self.below {
            "/**"
        } else if root {
            "/"
        } else {
            ""
        })
    }
}

/// What operators write where a path belongs, each with its remedy.
fn fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty; write a path as in `/users/{id}`, or delete `paths` to match all".into());
    }
    if text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
        return Some(about(text, "is a URL; write its path alone, and its host under `hosts`"));
    }
    if !text.starts_with('/') {
        return Some(instead(text, "does not begin with a slash", &format!("/{text}")));
    }
    if let Some((path, _)) = text.split_once('?') {
        return Some(instead(text, "has a query, which is not matched", path));
    }
    if let Some((path, _)) = text.split_once('#') {
        return Some(instead(text, "has a fragment, which no request carries", path));
    }
    if let Some(path) = text.strip_suffix('/').filter(|path| !path.is_empty()) {
        return Some(instead(text, "ends in a slash, which makes no difference", path));
    }
    let (path, rest) = match text.strip_suffix("/**") {
        Some(path) => (path, "/**"),
        None => (text, ""),
    };
    if path.as_bytes().windows(2).any(|two| two == b"**") {
        return Some(about(text, "has `**` elsewhere than behind its last slash; write `{name}` for each segment"));
    }
    if path.contains('*') {
        return Some(about(
            text,
            "has a `*`, which is no wildcard; write `{name}` for one segment, or `/**` at \
             the end for all below",
        ));
    }
    if let Some(message) = path.split('/').find_map(|segment| read_segment(segment).err()) {
        return Some(about(text, &message));
    }
    match path::read(if path.is_empty() { b"/" } else { path.as_bytes() }) {
        Reading::Plain(_) => None,
        Reading::Unknown => Some(about(text, "does not begin with a slash; write one")),
        Reading::Odd(odd) => {
            Some(match odd.plainly().map(|path| path + rest).filter(|path| Pattern::read(path).is_ok()) {
                Some(plain) => instead(text, "is not in normal form", &plain),
                None => about(text, "has a segment that is read in more than one way; write `{name}` for it"),
            })
        }
    }
}

fn read_segment(segment: &str) -> Result<Segment, String> {
    let name = match (segment.strip_prefix('{'), segment.contains(['{', '}'])) {
        (_, false) => return Ok(Segment::Literal(segment.as_bytes().to_vec())),
        (Some(rest), true) if !rest.contains('}') => return Err("has a `{` without its `}`; close it".into()),
        (Some(rest), true) => rest.strip_suffix('}').filter(|name| !name.contains(['{', '}'])),
        (None, true) => None,
    };
    let Some(name) = name else {
        let segment = quoted(segment);
        return Err(format!("has a name in part of the segment {segment}; a `{{name}}` stands for a whole segment"));
    };
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err(format!("has the name {}; write letters, digits, `-` and `_`", quoted(name)));
    }
    Ok(Segment::Any(name.to_owned()))
}
