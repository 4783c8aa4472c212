//! `@unconditionalMatch`: every value.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct UnconditionalMatch;

impl Test for UnconditionalMatch {
    #[cfg(test)]
    const CASES: &[Case] = &[("", b"", Some("")), ("", b"x", Some(""))];
    #[cfg(test)]
    const REFUSED: &[&str] = &["x"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("unconditionalMatch", argument).map(|()| Self)
    }

    fn test(&self, _: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        Some(Hit::default())
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
