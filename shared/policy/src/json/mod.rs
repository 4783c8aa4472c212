//! JSON (RFC 8259): a value as it was written, and the text of one.
//!
//! Our own, and not a general library's: configuration knows texts, whole numbers and truth values only, and code for more (floating
//! point, a visitor for each type) is most of what a library would add to every module.

mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use parse::{NotJson, parse};
pub use write::{Ascii, Object, text, write};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of at most 64 bits, however it is written: `5`, `5.0` and `0.5e1` are the same. A `Struct` of protobuf, as which
    /// Envoy may hand a configuration over, has no integers.
    Integer(i64),
    /// Any other number. Nobody has asked for all of one yet: only where it lies is kept.
    OtherNumber {
        /// The highest whole number below it: 5 for `5.5`, -6 for `-5.5`. `None` if that has more than 64 bits.
        whole: Option<i64>,
    },
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object: its members in the order in which they are written. A name may be there twice; whoever reads an object looks for
    /// that ([`crate::document::Members`], [`has_duplicates`]).
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of that name: the first, if there are several. `None` also where this is no object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            Self::Null
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::OtherNumber { whole: _ }
            | Self::Text(_)
            | Self::List(_) => None,
        }
    }

    /// What it is, for a message: "this is …".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(true) => "`true`",
            Self::Bool(false) => "`false`",
            Self::Integer(_) | Self::OtherNumber { whole: _ } => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Whether an object at any depth has two members of one name: readers of JSON differ in which of the two they take.
pub fn has_duplicates(value: &Json) -> bool {
    match value {
        Json::Object(members) => {
            let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            let twice = names.iter().zip(names.iter().skip(1)).any(|(one, next)| one == next);
            twice || members.iter().any(|(_, value)| has_duplicates(value))
        }
        Json::List(items) => items.iter().any(has_duplicates),
        Json::Null | Json::Bool(_) | Json::Integer(_) | Json::OtherNumber { whole: _ } | Json::Text(_) => false,
    }
}
