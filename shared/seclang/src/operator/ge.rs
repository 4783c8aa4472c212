//! `@ge`: the value, as a number, is greater than or equal to the argument.

#[cfg(test)]
use super::Case;
use super::number::{Comparison, Number, Sign};
use super::{Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct Ge(Number);

impl Test for Ge {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("5", b"5", Some("")),
        ("5", b"6", Some("")),
        ("5", b"4", None),
        ("5", b"x", None),
        ("9223372036854775807", b"99999999999999999999", Some("")),
        ("%{tx.n}", b"5", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Number::read(Sign::Ge, argument).map(Self)
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
