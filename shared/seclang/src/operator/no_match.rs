//! `@noMatch`: no value.

use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct NoMatch;

impl Test for NoMatch {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("noMatch", argument).map(|()| Self)
    }

    fn test(&self, _: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        None
    }

    /// None of no literals is ever found.
    fn literals(&self) -> Option<Literals> {
        Some(Literals(Vec::new()))
    }
}
