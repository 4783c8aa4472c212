//! `@strmatch`: the value has the argument in it; another name of `@contains`.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct StrMatch(Argument);

impl Test for StrMatch {
    #[cfg(test)]
    const CASES: &[Case] = &[("b", b"abc", Some("")), ("b", b"ac", None), ("", b"x", Some(""))];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

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
