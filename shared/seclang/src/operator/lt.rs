//! `@lt`: the value, as a number, is less than the argument.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test, number};

/// See the module.
pub struct Lt(Argument);

impl Test for Lt {
    #[cfg(test)]
    const CASES: &[Case] = &[("5", b"4", Some("")), ("5", b"5", None), ("0", b"-0", None), ("%{tx.n}", b"4", Some(""))];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let argument = number::long(&self.0.text(expand));
        (number::long(value) < argument).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
