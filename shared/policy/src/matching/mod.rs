//! What a rule matches: the host, path, method, headers and route of a request.
//!
//! A proxy hands a filter the path and the host as they came, and the router and the upstream may read them otherwise.
//! So rules match on a normal form, and a path that can be read in two ways that lead to two rules is not matched at
//! all but reported as ambiguous ([`path`] says how that is found out).

pub mod header;
pub mod host;
pub mod matcher;
pub mod path;
pub mod pattern;
pub mod raw;
pub mod reach;
pub mod route;
#[cfg(test)]
mod tests;

pub use matcher::{Ambiguous, Found, Matcher, Table};
pub use reach::{Reach, Unreachable, unreachable};

use crate::problems::{Place, Problems};

/// What the host says was really routed. Asked only where a rule has such a condition, and at most once per request for
/// each datum.
pub trait Routed {
    /// The name of the route, or `None` where the host does not tell it.
    fn route_name(&self) -> Option<Vec<u8>>;

    /// The text at that path in the metadata of the route, or `None` where there is none or the host does not tell it.
    fn route_metadata(&self, path: &[String]) -> Option<Vec<u8>>;
}

/// Reads each element of a list, and notes an empty list and what is in it twice.
fn each<T, U: PartialEq>(
    list: Vec<T>,
    place: &Place,
    problems: &mut Problems,
    read: impl Fn(T, &Place, &mut Problems) -> Option<U>,
) -> Option<Vec<U>> {
    if list.is_empty() {
        problems.add(place, "is empty and would match nothing; name at least one, or delete it to match all");
        return None;
    }
    let mut complete = true;
    let mut known: Vec<U> = Vec::with_capacity(list.len());
    for (index, element) in list.into_iter().enumerate() {
        let place = place.index(index);
        match read(element, &place, problems) {
            Some(element) if known.contains(&element) => {
                problems.add(&place, "is listed twice; delete one");
                complete = false;
            }
            Some(element) => known.push(element),
            None => complete = false,
        }
    }
    complete.then_some(known)
}

/// Notes what is wrong, and goes on.
fn noted<T>(result: Result<T, String>, place: &Place, problems: &mut Problems) -> Option<T> {
    result.map_err(|message| problems.add(place, message)).ok()
}
