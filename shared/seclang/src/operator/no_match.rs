//! `@noMatch`: no value.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct NoMatch;

impl Test for NoMatch {
    #[cfg(test)]
    const CASES: &[Case] = &[("", b"", None), ("", b"x", None)];
    #[cfg(test)]
    const REFUSED: &[&str] = &["x"];

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
