//! What the tests of the matching share.

mod conditions;
mod host;
mod odd_paths;
mod path;
mod pattern;
mod reach;
mod readings;
mod spellings;
mod table;

use super::{Matcher, Routed, Table, raw};
use crate::head::Head;
use crate::problems::{Place, Problems};

/// A host that tells nothing of the route.
struct Untold;

impl Routed for Untold {
    fn route_name(&self) -> Option<Vec<u8>> {
        None
    }

    fn route_metadata(&self, _path: &[String]) -> Option<Vec<u8>> {
        None
    }
}

/// The head of a GET of that path.
fn get(path: impl AsRef<[u8]>) -> Head {
    Head::from_pairs([(":method", b"GET".as_slice()), (":authority", b"www.example.org"), (":path", path.as_ref())])
}

/// Reads a `match` from JSON, which must have the right shape.
fn read(json: &str) -> (Option<Matcher>, Problems) {
    let raw: raw::Match = crate::document::tests::read(json).unwrap();
    let mut problems = Problems::new();
    (Matcher::read(raw, &Place::root(), &mut problems), problems)
}

/// A matcher without a problem.
fn matcher(json: &str) -> Matcher {
    let (matcher, problems) = read(json);
    assert!(problems.is_empty(), "{json}: {problems}");
    matcher.unwrap()
}

fn table(matches: &[&str]) -> Table {
    Table::new(matches.iter().map(|json| matcher(json)).collect())
}
