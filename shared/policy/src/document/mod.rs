//! The configuration as it came, or another document: strict JSON, its hash, and how it becomes the types of a configuration.
//!
//! The reader is there for the operator: it goes on past every problem, so that all of them are told at once, each with its place and
//! what to write instead. [`crate::object!`] and [`crate::words!`] declare what can be read.

mod declare;
mod members;
mod read;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(test)]
pub(crate) mod tests;

use sha2::{Digest, Sha256};

pub use declare::plain;
pub use members::{Fields, Members, whole};
pub(crate) use read::list;
pub use read::{Named, Read, word, wrong};

use crate::json::{self, Json};
use crate::problems::{Place, Problems};

/// A configuration, or a part of one.
#[derive(Clone, Debug)]
pub struct Document {
    value: Json,
    place: Place,
    hash: String,
}

impl Document {
    /// Reads JSON.
    pub fn parse(bytes: &[u8], problems: &mut Problems) -> Option<Self> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            problems.add(
                &Place::root(),
                "the configuration is empty; write a JSON object with at least `default` and `rules`",
            );
            return None;
        }
        match json::parse(bytes) {
            Ok(value) => Some(Self { value, place: Place::root(), hash: hash(bytes) }),
            Err(error) => {
                let binary = bytes.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace());
                // Envoy hands a `google.protobuf.Struct` over as it is on the wire.
                let remedy = if binary {
                    "; it looks like a protobuf message: give the proxy the JSON in a `google.protobuf.StringValue`"
                } else {
                    ""
                };
                problems.add(&Place::root(), format!("this is not valid JSON: {error}{remedy}"));
                None
            }
        }
    }

    /// The first twelve hexadecimal digits of the SHA-256 of the bytes that the proxy handed over.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Where in the whole configuration this part stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The member of that name, as a configuration of its own.
    pub fn member(&self, name: &str, problems: &mut Problems) -> Option<Self> {
        match self.value.get(name) {
            Some(value) => Some(Self { value: value.clone(), place: self.place.key(name), hash: self.hash.clone() }),
            None => {
                problems.add(&self.place, format!("`{name}` is missing; add it"));
                None
            }
        }
    }

    /// Whether the whole filter is in shadow mode.
    pub(crate) fn is_shadow(&self) -> bool {
        matches!(self.value.get("mode"), Some(Json::Text(mode)) if mode == "shadow")
    }

    /// All of it, for what a filter wants to say of members that are not its own.
    pub fn value(&self) -> &Json {
        &self.value
    }

    /// Reads the whole, every problem of shape told.
    pub fn read<T: Read>(&self, problems: &mut Problems) -> Option<T> {
        T::read(&self.value, &self.place, problems)
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
