//! Reads JSON into the types of a configuration, and tells every value that has the wrong shape.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::problems::{Place, Problems};

/// After so many problems there is no use in going on.
const PROBLEMS_LIMIT: usize = 32;

/// Reads `value`, which stands at `place`. `also` are names that the same object may have and somebody else reads: a message
/// about an unknown name lists them too.
///
/// A deserializer stops at the first problem. So the value that it could not read is taken away and the rest read again: the
/// result counts only if nothing had to be taken away.
pub(crate) fn read<T: DeserializeOwned>(
    mut value: Value,
    place: &Place,
    also: &[&str],
    problems: &mut Problems,
) -> Option<T> {
    let mut taken: Vec<Vec<Step>> = Vec::new();
    loop {
        let mut track = serde_path_to_error::Track::new();
        let error = match T::deserialize(serde_path_to_error::Deserializer::new(&value, &mut track)) {
            Ok(read) => return taken.is_empty().then_some(read),
            Err(error) => error.to_string(),
        };
        let mut path = steps(&track.path());
        // An unknown name is reported for the object that has it.
        if let Some(name) = unknown_field(&error)
            && path.last() != Some(&Step::Key(name.to_owned()))
        {
            path.push(Step::Key(name.to_owned()));
        }
        problems.add(&original(place, &path, &taken), message(&error, path.is_empty() || is_top(&path), also));
        if taken.len() >= PROBLEMS_LIMIT || !remove(&mut value, &path) {
            return None;
        }
        taken.push(path);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

fn steps(path: &Path) -> Vec<Step> {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            // The name of a variant is the key of the object that writes it, which is a segment of its own.
            Segment::Enum { variant } => Some(Step::Key(variant.clone())),
            Segment::Unknown => None,
        })
        .collect()
}

fn is_top(path: &[Step]) -> bool {
    path.len() == 1
}

fn unknown_field(error: &str) -> Option<&str> {
    error.strip_prefix("unknown field `")?.split('`').next()
}

fn message(error: &str, top: bool, also: &[&str]) -> String {
    if let Some(name) = unknown_field(error) {
        let known = error.split_once(", expected ").map_or("", |(_, known)| known).trim_start_matches("one of ");
        let also = if top { also } else { &[] };
        let more = also.iter().fold(String::new(), |text, name| format!("{text}, `{name}`"));
        return format!("there is no `{name}` here; use one of: {}", format!("{known}{more}").trim_start_matches(", "));
    }
    if let Some(rest) = error.strip_prefix("missing field `") {
        return format!("`{}` is missing; add it", rest.trim_end_matches('`'));
    }
    error.to_owned()
}

/// The place in the document as the operator wrote it: elements that were taken away before still count.
fn original(place: &Place, path: &[Step], taken: &[Vec<Step>]) -> Place {
    let mut out = place.clone();
    for (depth, step) in path.iter().enumerate() {
        out = match step {
            Step::Key(name) => out.key(name),
            Step::Index(index) => {
                let before = path.get(..depth).unwrap_or_default();
                // Problems come in the order of the document, so whatever was taken from this array stood before.
                let gone = taken
                    .iter()
                    .filter(|other| {
                        other.len() == depth.saturating_add(1)
                            && other.get(..depth) == Some(before)
                            && matches!(other.last(), Some(Step::Index(_)))
                    })
                    .count();
                out.index(index.saturating_add(gone))
            }
        };
    }
    out
}

/// Takes the value at `path` away. `false` if there is none, or if it is the whole.
fn remove(value: &mut Value, path: &[Step]) -> bool {
    let Some((last, way)) = path.split_last() else { return false };
    let mut at = value;
    for step in way {
        let next = match step {
            Step::Key(name) => at.get_mut(name.as_str()),
            Step::Index(index) => at.get_mut(*index),
        };
        match next {
            Some(next) => at = next,
            None => return false,
        }
    }
    match (last, at) {
        (Step::Key(name), Value::Object(members)) => members.remove(name).is_some(),
        (Step::Index(index), Value::Array(items)) if *index < items.len() => {
            items.remove(*index);
            true
        }
        (
            Step::Key(_) | Step::Index(_),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
        ) => false,
    }
}
