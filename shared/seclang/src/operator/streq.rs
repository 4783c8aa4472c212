//! `@streq`: the value is the argument.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct StrEq(Argument);

impl Test for StrEq {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("ab", b"ab", Some("")),
        ("ab", b"AB", None),
        ("ab", b"abc", None),
        ("", b"", Some("")),
        ("a%b", b"a%b", Some("")),
        ("%{tx.a}", b"value", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = self.0.text(expand);
        (*value == *argument).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        self.0.literals()
    }
}
