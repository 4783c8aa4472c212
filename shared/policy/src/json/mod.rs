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
    /// Any other number. Nobody has asked for one yet, so it is not kept.
    OtherNumber,
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object: its members in the order in which they are written. A name may be there twice; whoever reads an object looks for
    /// that ([`crate::document::Members`]).
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of that name: the first, if there are several. `None` also where this is no object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::OtherNumber | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// What it is, for a message: "this is …".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(true) => "`true`",
            Self::Bool(false) => "`false`",
            Self::Integer(_) | Self::OtherNumber => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}
