//! `@strmatch`: the value has the argument in it; another name of `@contains`.

use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct StrMatch(Argument);

impl Test for StrMatch {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = self.0.text(expand);
        memchr::memmem::find(value, &argument).is_some().then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        self.0.literals()
    }
}
