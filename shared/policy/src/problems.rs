//! What is wrong with a configuration: every place, as a JSON pointer, with the remedy.

use std::fmt::{self, Write};
use std::ops::RangeInclusive;

use crate::json;

/// A place in the configuration, grown on the way down: `Place::root().key("rules").index(2)` is `/rules/2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// The whole document. Its pointer is the empty string (RFC 6901).
    pub fn root() -> Self {
        Self::default()
    }

    /// A member of the object at this place.
    #[must_use]
    #[inline(never)]
    pub fn key(&self, name: &str) -> Self {
        // RFC 6901, section 4: `~` and `/` are escaped.
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }

    /// An element of the array at this place.
    #[must_use]
    #[inline(never)]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The JSON pointer (RFC 6901).
    pub fn pointer(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

/// A text as it can stand in the configuration: in quotes, and what cannot be seen is escaped.
pub fn quoted(text: &str) -> String {
    json::text(text)
}

/// A message about a text: `"a b" is not a host; write a name`.
pub fn about(text: &str, what: &str) -> String {
    format!("{} {what}", quoted(text))
}

/// A message about a text, and what to write in its place: `"h:80" has a port; write "h"`.
pub fn instead(text: &str, what: &str, right: &str) -> String {
    format!("{} {what}; write {}", quoted(text), quoted(right))
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and after a semicolon the remedy: `10.0.0.1/8 has host bits set; write 10.0.0.0/8`.
    pub message: String,
}

/// Everything that is wrong with a configuration. Reading goes on past a problem, so that the operator is told all of
/// them at once; what could not be read is `None` on the way up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problem yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one.
    pub fn add(&mut self, place: &Place, message: impl Into<String>) {
        self.push(place, message.into());
    }

    /// Notes a number that is not in the range.
    pub fn in_range(&mut self, value: u32, range: RangeInclusive<u32>, place: &Place) {
        if !range.contains(&value) {
            self.add(place, format!("{value} is not possible; write {} to {}", range.start(), range.end()));
        }
    }

    // Not inline: there are a hundred calls, and in most configurations none is made.
    #[cold]
    #[inline(never)]
    fn push(&mut self, place: &Place, message: String) {
        self.0.push(Problem { place: place.clone(), message });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{}: {}", problem.place, problem.message)?;
        }
        Ok(())
    }
}
