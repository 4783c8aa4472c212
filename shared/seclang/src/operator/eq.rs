//! `@eq`: the value, as a number, is the argument.

use super::{Argument, Expand, Files, Hit, Literals, Test, number};

/// See the module.
pub struct Eq(Argument);

impl Test for Eq {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = number::int(&self.0.text(expand));
        (number::int(value) == argument).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
