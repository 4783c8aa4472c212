//! Conditions on the route that the host says was chosen.

use super::{Routed, each, raw};
use crate::problems::{Place, Problems};

/// What the route must be. Without names, any name will do, and none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    names: Vec<String>,
    metadata: Vec<Metadata>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Metadata {
    path: Vec<String>,
    equals: String,
}

impl Condition {
    /// Reads one, and notes empty lists and paths, and two texts for one place.
    pub fn read(raw: raw::Route, place: &Place, problems: &mut Problems) -> Option<Self> {
        let raw::Route { name, metadata } = raw;
        if name.is_none() && metadata.is_none() {
            problems.add(place, "says nothing about the route; add `name` or `metadata`, or delete it");
            return None;
        }
        let names = match name {
            None => Some(Vec::new()),
            Some(names) => each(names, &place.key("name"), problems, |name, place, problems| {
                if name.is_empty() {
                    problems.add(place, "is empty; write the name of a route");
                    return None;
                }
                Some(name)
            }),
        };
        let metadata = match metadata {
            None => Some(Vec::new()),
            Some(list) => {
                let place = place.key("metadata");
                let list = each(list, &place, problems, Metadata::read);
                list.filter(|list| consistent(list, &place, problems))
            }
        };
        Some(Self { names: names?, metadata: metadata? })
    }

    /// Whether it holds. What the host does not tell is never a match.
    pub(super) fn holds<'t>(&'t self, told: &mut Told<'t, '_>) -> bool {
        let named = self.names.is_empty()
            || told.name().is_some_and(|name| self.names.iter().any(|wanted| wanted.as_bytes() == name));
        named && self.metadata.iter().all(|wanted| told.metadata(&wanted.path) == Some(wanted.equals.as_bytes()))
    }

    /// Whether this one holds wherever the other does.
    pub fn follows_from(&self, other: &Self) -> bool {
        let names = self.names.is_empty()
            || (!other.names.is_empty() && other.names.iter().all(|name| self.names.contains(name)));
        names && self.metadata.iter().all(|wanted| other.metadata.contains(wanted))
    }
}

impl Metadata {
    fn read(raw: raw::Metadata, place: &Place, problems: &mut Problems) -> Option<Self> {
        let raw::Metadata { path, equals } = raw;
        if path.is_empty() || path.iter().any(String::is_empty) {
            problems.add(&place.key("path"), "names no place; write the filter's name and the keys below it");
            return None;
        }
        Some(Self { path, equals })
    }
}

/// One place holds one text: two that differ can never both be there.
fn consistent(list: &[Metadata], place: &Place, problems: &mut Problems) -> bool {
    let mut consistent = true;
    for (index, one) in list.iter().enumerate() {
        if list.iter().take(index).any(|other| other.path == one.path) {
            problems.add(&place.index(index), "contradicts another condition on the same place; delete one of the two");
            consistent = false;
        }
    }
    consistent
}

/// What the host has told of one request's route so far.
pub(super) struct Told<'t, 'r> {
    routed: &'r dyn Routed,
    name: Option<Option<Vec<u8>>>,
    metadata: Vec<(&'t [String], Option<Vec<u8>>)>,
}

impl<'t, 'r> Told<'t, 'r> {
    pub(super) fn new(routed: &'r dyn Routed) -> Self {
        Self { routed, name: None, metadata: Vec::new() }
    }

    fn name(&mut self) -> Option<&[u8]> {
        self.name.get_or_insert_with(|| self.routed.route_name()).as_deref()
    }

    fn metadata(&mut self, path: &'t [String]) -> Option<&[u8]> {
        if !self.metadata.iter().any(|(known, _)| *known == path) {
            self.metadata.push((path, self.routed.route_metadata(path)));
        }
        self.metadata.iter().find(|(known, _)| *known == path).and_then(|(_, text)| text.as_deref())
    }
}
