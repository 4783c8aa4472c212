//! `@eq`: the value, as a number, is the argument.

#[cfg(test)]
use super::Case;
use super::number::{Comparison, Number, Sign};
use super::{Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct Eq(Number);

impl Test for Eq {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("5", b"5", Some("")),
        ("5", b" +5x", Some("")),
        ("5", b"6", None),
        ("0", b"x", Some("")),
        ("0", b"", Some("")),
        ("-1", b"-1", Some("")),
        ("0", b"2147483648", Some("")),
        ("0", b"99999999999999999999", Some("")),
        ("2147483647", b"2147483647", Some("")),
        ("%{tx.n}", b"5", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Number::read(Sign::Eq, argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        self.0.compare(expand).holds(value).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }

    fn comparison(&self) -> Option<Comparison> {
        self.0.fixed()
    }
}
