//! A condition on one request header.

use super::{each, noted, raw};
use crate::field::is_token_byte;
use crate::head::{Head, Sole};
use crate::problems::{Place, Problems, about};

/// A header, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// In lower case.
    name: String,
    wants: Wants,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wants {
    OneOf(Vec<String>),
    Presence,
    Absence,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The header occurs more than once, and the upstream may read the other one.
    Ambiguous,
}

impl Condition {
    /// Reads one, and notes a name that is none, and a condition that says nothing, too much, or contradicts itself.
    pub fn read(raw: raw::Header, place: &Place, problems: &mut Problems) -> Option<Self> {
        let raw::Header { name, equals, present } = raw;
        let name = noted(read_name(&name), &place.key("name"), problems);
        let wants = match (equals, present) {
            (Some(values), None) => {
                each(values, &place.key("equals"), problems, |value, _, _| Some(value)).map(Wants::OneOf)
            }
            (None, Some(true)) => Some(Wants::Presence),
            (None, Some(false)) => Some(Wants::Absence),
            (None, None) => {
                problems.add(place, "says nothing about the header; add `equals` or `present`");
                None
            }
            (Some(_), Some(true)) => {
                problems.add(&place.key("present"), "adds nothing to `equals`; delete it");
                None
            }
            (Some(_), Some(false)) => {
                problems.add(&place.key("present"), "contradicts `equals`; delete one of the two");
                None
            }
        };
        Some(Self { name: name?, wants: wants? })
    }

    /// The name of the header, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it holds for those headers.
    pub fn holds(&self, head: &Head) -> Holds {
        let holds = match (head.sole(&self.name), &self.wants) {
            (Sole::Many, _) => return Holds::Ambiguous,
            (Sole::One(value), Wants::OneOf(values)) => values.iter().any(|wanted| wanted.as_bytes() == value),
            (Sole::One(_), Wants::Presence) | (Sole::Absent, Wants::Absence) => true,
            (Sole::One(_), Wants::Absence) | (Sole::Absent, Wants::OneOf(_) | Wants::Presence) => false,
        };
        if holds { Holds::Yes } else { Holds::No }
    }

    /// Whether this one holds wherever the other does.
    pub fn follows_from(&self, other: &Self) -> bool {
        self.name == other.name
            && match (&self.wants, &other.wants) {
                (Wants::OneOf(wide), Wants::OneOf(narrow)) => narrow.iter().all(|value| wide.contains(value)),
                (Wants::Presence, Wants::OneOf(_) | Wants::Presence) | (Wants::Absence, Wants::Absence) => true,
                (Wants::OneOf(_), Wants::Presence | Wants::Absence)
                | (Wants::Presence, Wants::Absence)
                | (Wants::Absence, Wants::OneOf(_) | Wants::Presence) => false,
            }
    }
}

/// A header name is a token (RFC 9110, section 5.6.2).
fn read_name(name: &str) -> Result<String, String> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        ":path" => Err("is not a header but the path; use `paths`".into()),
        ":method" => Err("is not a header but the method; use `methods`".into()),
        ":authority" | "host" => Err("is the host of the request; use `hosts`".into()),
        "" => Err("is empty; write the name of a header".into()),
        _ if !lower.bytes().all(is_token_byte) => {
            Err(about(name, "is not the name of a header; write it as in `x-tenant`, without a colon"))
        }
        _ => Ok(lower),
    }
}
