//! `@within`: the argument has the value in it. The empty value is within everything.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct Within(Argument);

impl Test for Within {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("GET POST", b"GET", Some("")),
        ("GET POST", b"T P", Some("")),
        ("GET POST", b"get", None),
        ("GET POST", b"GETS", None),
        ("x", b"", Some("")),
        ("a %{tx.a}", b"val", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = self.0.text(expand);
        memchr::memmem::find(&argument, value).is_some().then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
