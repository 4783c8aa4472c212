//! `@endsWith`: the value ends with the argument.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct EndsWith(Argument);

impl Test for EndsWith {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("bc", b"abc", Some("")),
        ("bc", b"bc", Some("")),
        ("bc", b"bcx", None),
        ("bc", b"BC", None),
        ("", b"", Some("")),
        (".%{tx.a}", b"x.value", Some("")),
        (".%{tx.a}", b"xvalue", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = self.0.text(expand);
        value.ends_with(&argument).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        self.0.literals()
    }
}
