//! `@gt`: the value, as a number, is greater than the argument.

#[cfg(test)]
use super::Case;
use super::number::{Comparison, Number, Sign};
use super::{Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct Gt(Number);

impl Test for Gt {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("5", b"6", Some("")),
        ("5", b"5", None),
        ("-1", b"0", Some("")),
        ("-9223372036854775808", b"-99999999999999999999", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Number::read(Sign::Gt, argument).map(Self)
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
