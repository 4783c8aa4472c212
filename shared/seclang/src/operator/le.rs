//! `@le`: the value, as a number, is less than or equal to the argument.

#[cfg(test)]
use super::Case;
use super::number::{Comparison, Number, Sign};
use super::{Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct Le(Number);

impl Test for Le {
    #[cfg(test)]
    const CASES: &[Case] = &[("5", b"5", Some("")), ("5", b"4", Some("")), ("5", b"6", None), ("0", b"x", Some(""))];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Number::read(Sign::Le, argument).map(Self)
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
