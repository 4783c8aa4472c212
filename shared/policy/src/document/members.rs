//! How objects are read: member by member, until none is left that nobody knows.

use super::Read;
use super::read::wrong;
use crate::json::Json;
use crate::problems::{Place, Problems};

/// A type that is a part of an object, or all of it. [`crate::object!`] declares one.
pub trait Fields: Sized {
    /// Reads those members that it has. `None` if anything of them is wrong or missing, and then every problem of them has been noted.
    fn fields(members: &mut Members<'_, '_>) -> Option<Self>;
}

/// An object that is being read. Several types may read it, each its own part; what nobody has asked for in the end is unknown.
#[derive(Debug)]
pub struct Members<'d, 'p> {
    members: &'d [(String, Json)],
    place: &'p Place,
    problems: &'p mut Problems,
    /// The names that were asked for.
    known: Vec<&'static str>,
    unique: bool,
}

impl<'d, 'p> Members<'d, 'p> {
    /// Begins to read an object.
    pub(crate) fn of(value: &'d Json, place: &'p Place, problems: &'p mut Problems) -> Option<Self> {
        let (members, unique) = of(value, place, problems)?;
        Some(Self { members, place, problems, known: Vec::new(), unique })
    }

    /// The member of that name, if it is there.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<&'d Json> {
        self.known.push(name);
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A member that must be there.
    pub fn required<T: Read>(&mut self, name: &'static str) -> Option<T> {
        match self.get(name) {
            Some(value) => T::read(value, &self.place.key(name), self.problems),
            None => {
                self.problems.add(self.place, format!("`{name}` is missing; add it"));
                None
            }
        }
    }

    /// A member that may be left out.
    pub fn optional<T: Read>(&mut self, name: &'static str, default: impl FnOnce() -> T) -> Option<T> {
        match self.get(name) {
            Some(value) => T::read(value, &self.place.key(name), self.problems),
            None => Some(default()),
        }
    }

    /// Notes every member that nobody has asked for. Whether there is none, and no name is there twice.
    pub(crate) fn finish(self) -> bool {
        let Self { members, place, problems, known, unique } = self;
        let mut complete = unique;
        for (name, _) in members {
            if !known.contains(&name.as_str()) {
                let known = known.join("`, `");
                problems.add(&place.key(name), format!("there is no `{name}` here; use one of: `{known}`"));
                complete = false;
            }
        }
        complete
    }
}

/// Reads an object that is nothing but a `T`.
pub fn whole<T: Fields>(value: &Json, place: &Place, problems: &mut Problems) -> Option<T> {
    let mut members = Members::of(value, place, problems)?;
    let read = T::fields(&mut members);
    let complete = members.finish();
    read.filter(|_| complete)
}

/// The members of an object, and whether all of their names differ: readers of JSON differ in which of two they take.
pub(super) fn of<'a>(value: &'a Json, place: &Place, problems: &mut Problems) -> Option<(&'a [(String, Json)], bool)> {
    let Json::Object(members) = value else { return wrong(value, "an object: `{ … }`", place, problems) };
    let mut unique = true;
    let mut sorted: Vec<&str> = Vec::with_capacity(members.len());
    for (name, _) in members {
        match sorted.binary_search(&name.as_str()) {
            Err(at) => sorted.insert(at, name),
            Ok(_) => {
                problems.add(&place.key(name), "this name is there twice in one object; delete one of the two");
                unique = false;
            }
        }
    }
    Some((members, unique))
}
