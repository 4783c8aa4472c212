//! How single values are read: each type says what it takes, and tells what it found instead.

use super::members;
use crate::json::Json;
use crate::problems::{Place, Problems};

/// A type that a configuration is made of.
pub trait Read: Sized {
    /// Reads the value that stands at `place`. `None` if anything of it is wrong, and then every problem of it has been noted.
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self>;
}

impl Read for String {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        text(value, "a text in quotes", place, problems).map(str::to_owned)
    }
}

impl Read for bool {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        let Json::Bool(value) = value else { return wrong(value, "`true` or `false`", place, problems) };
        Some(*value)
    }
}

impl Read for u16 {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        integer(value, Self::MAX.into(), place, problems)?.try_into().ok()
    }
}

impl Read for u32 {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        integer(value, Self::MAX, place, problems)
    }
}

/// A member that may be left out. Where it is written it has a value: a `null`, as a template with a hole in it leaves behind, is a
/// mistake that might admit everybody.
impl<T: Read> Read for Option<T> {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        T::read(value, place, problems).map(Some)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        let items = list(value, place, problems)?;
        // All of them, for all their problems.
        let read: Self =
            (0..).zip(items).filter_map(|(index, item)| T::read(item, &place.index(index), problems)).collect();
        (read.len() == items.len()).then_some(read)
    }
}

/// An object whose names the operator chooses, in the order in which they are written. No two are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T: Read> Read for Named<T> {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        let (members, unique) = members::of(value, place, problems)?;
        let read: Vec<(String, T)> = members
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), T::read(value, &place.key(name), problems)?)))
            .collect();
        (unique && read.len() == members.len()).then_some(Self(read))
    }
}

/// Reads one of a few words: its place among them.
pub fn word(value: &Json, words: &[&str], place: &Place, problems: &mut Problems) -> Option<usize> {
    let expected = format!("`{}`", words.join("` or `"));
    let written = text(value, &expected, place, problems)?;
    let found = words.iter().position(|word| *word == written);
    if found.is_none() {
        problems.add(place, format!("`{written}` is not possible; write {expected}"));
    }
    found
}

/// The elements of a list.
pub(crate) fn list<'a>(value: &'a Json, place: &Place, problems: &mut Problems) -> Option<&'a [Json]> {
    let Json::List(items) = value else { return wrong(value, "a list: `[ … ]`", place, problems) };
    Some(items)
}

fn text<'a>(value: &'a Json, expected: &str, place: &Place, problems: &mut Problems) -> Option<&'a str> {
    let Json::Text(text) = value else { return wrong(value, expected, place, problems) };
    Some(text)
}

fn integer(value: &Json, max: u32, place: &Place, problems: &mut Problems) -> Option<u32> {
    let expected = format!("a whole number from 0 to {max}");
    match value {
        Json::Integer(number) => {
            let read = u32::try_from(*number).ok().filter(|number| *number <= max);
            if read.is_none() {
                problems.add(place, format!("{number} is not possible; write {expected}"));
            }
            read
        }
        Json::OtherNumber { whole: _ } => {
            problems.add(place, format!("this number is too large or not whole; write {expected}"));
            None
        }
        Json::Null | Json::Bool(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => {
            wrong(value, &expected, place, problems)
        }
    }
}

/// Notes a value of the wrong type. Always `None`.
pub fn wrong<T>(value: &Json, expected: &str, place: &Place, problems: &mut Problems) -> Option<T> {
    let or = if matches!(value, Json::Null) { ", or leave it out" } else { "" };
    problems.add(place, format!("this is {}; write {expected}{or}", value.kind()));
    None
}
