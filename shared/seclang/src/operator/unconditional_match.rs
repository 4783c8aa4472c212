//! `@unconditionalMatch`: every value.

use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct UnconditionalMatch;

impl Test for UnconditionalMatch {
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
