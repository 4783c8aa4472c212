//! `@le`: the value, as a number, is less than or equal to the argument.

use super::{Argument, Expand, Files, Hit, Literals, Test, number};

/// See the module.
pub struct Le(Argument);

impl Test for Le {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = number::long(&self.0.text(expand));
        (number::long(value) <= argument).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
