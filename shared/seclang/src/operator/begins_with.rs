//! `@beginsWith`: the value begins with the argument.

use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct BeginsWith(Argument);

impl Test for BeginsWith {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = self.0.text(expand);
        value.starts_with(&argument).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        self.0.literals()
    }
}
