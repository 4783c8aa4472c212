//! `@beginsWith`: the value begins with the argument.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct BeginsWith(Argument);

impl Test for BeginsWith {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("ab", b"abc", Some("")),
        ("ab", b"ab", Some("")),
        ("ab", b"xab", None),
        ("ab", b"AB", None),
        ("ab", b"a", None),
        ("", b"x", Some("")),
        ("%{tx.a}", b"valued", Some("")),
        ("%{tx.a}", b"x", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["%{nothing}"];

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
