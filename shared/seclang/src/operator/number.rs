//! Numbers as C reads them: blanks, a sign, digits; what follows them, and what is no number, does not count.

use super::{Argument, Expand};
use crate::language::ast::Template;

/// How a value is compared, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Both are read as 32 bits; for the others as 64 bits.
    Eq,
    Ge,
    Gt,
    Le,
    Lt,
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    sign: Sign,
    number: i64,
}

impl Comparison {
    fn new(sign: Sign, number: &[u8]) -> Self {
        Self { sign, number: if sign == Sign::Eq { int(number) } else { long(number) } }
    }

    /// Whether it holds for a value.
    pub fn holds(self, value: &[u8]) -> bool {
        let Self { sign, number } = self;
        match sign {
            Sign::Eq => int(value) == number,
            Sign::Ge => long(value) >= number,
            Sign::Gt => long(value) > number,
            Sign::Le => long(value) <= number,
            Sign::Lt => long(value) < number,
        }
    }
}

/// The argument of an operator that compares numbers.
pub(super) enum Number {
    Fixed(Comparison),
    Expanded(Sign, Template),
}

impl Number {
    pub(super) fn read(sign: Sign, argument: &str) -> Result<Self, String> {
        Ok(match Argument::read(argument)? {
            Argument::Fixed(text) => Self::Fixed(Comparison::new(sign, &text)),
            Argument::Expanded(template) => Self::Expanded(sign, template),
        })
    }

    pub(super) fn compare(&self, expand: Expand<'_>) -> Comparison {
        match self {
            Self::Fixed(comparison) => *comparison,
            Self::Expanded(sign, template) => Comparison::new(*sign, &expand(template)),
        }
    }

    pub(super) fn fixed(&self) -> Option<Comparison> {
        match self {
            Self::Fixed(comparison) => Some(*comparison),
            Self::Expanded(..) => None,
        }
    }
}

/// As `atoll`: 64 bits, and the nearest of them for what is larger.
fn long(text: &[u8]) -> i64 {
    let (negative, digits) = parts(text);
    let value = digits.iter().fold(0i64, |value, digit| {
        let digit = i64::from(digit - b'0');
        // Downwards, as there is one more number below zero than above.
        value.saturating_mul(10).saturating_sub(digit)
    });
    if negative { value } else { value.saturating_neg() }
}

/// As `stoi` with 0 for its errors: 32 bits, and 0 for what is larger.
fn int(text: &[u8]) -> i64 {
    let value = long(text);
    if i32::try_from(value).is_ok() { value } else { 0 }
}

fn parts(text: &[u8]) -> (bool, &[u8]) {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | 0x09..=0x0d)).count();
    let text = text.get(blanks..).unwrap_or_default();
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        other => (false, other),
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (negative, text.get(..digits).unwrap_or_default())
}
