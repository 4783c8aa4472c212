//! Operators: one a file, tied by a table.
//!
//! An operator looks at one value and says whether it matches; whether that is wanted (`!`) is the engine's. The reference is ModSecurity
//! v3; where an operator differs from it, its file says so.

mod begins_with;
mod contains;
mod contains_word;
mod detect_sqli;
mod detect_xss;
mod ends_with;
mod eq;
mod ge;
mod gt;
mod ip_match;
mod ip_match_from_file;
mod le;
mod lt;
mod no_match;
mod number;
mod pm;
mod pm_from_file;
#[cfg(test)]
pub(crate) mod random;
pub mod rx;
mod streq;
mod strmatch;
#[cfg(test)]
mod tests;
mod unconditional_match;
mod validate_byte_range;
mod validate_url_encoding;
mod validate_utf8_encoding;
mod within;

use crate::language::ast::{Part, Template};
use crate::language::template;
use std::borrow::Cow;

pub use number::Comparison;

/// Finds a file by the name that a rule gives it.
pub type Files<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Gives a template the values of this transaction.
pub type Expand<'a> = &'a dyn Fn(&Template) -> Vec<u8>;

/// A match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// What becomes `TX:0` and following: 0 is the whole match. Empty unless asked for, and for operators that capture nothing.
    pub captures: Vec<Vec<u8>>,
    /// Those of them that took no part, by their place in `captures`, where they are empty: ModSecurity leaves `TX` of that number as it was.
    pub absent: Vec<usize>,
}

impl Hit {
    fn of(whole: impl FnOnce() -> Vec<u8>, capture: bool) -> Self {
        if capture { Self { captures: vec![whole()], ..Self::default() } } else { Self::default() }
    }
}

/// Literals in lower case, none of them empty and none of them within another. A value in which none of them is found, in any (ASCII) case,
/// is one that the operator does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literals(pub Vec<Vec<u8>>);

/// An argument, a value, and what becomes of them: nothing, or a match, with what is captured first if that is not empty.
#[cfg(test)]
type Case = (&'static str, &'static [u8], Option<&'static str>);

/// What each operator is.
trait Test: Sized {
    #[cfg(test)]
    const CASES: &[Case];

    /// Arguments that it does not read.
    #[cfg(test)]
    const REFUSED: &[&str];

    /// Reads the argument. The error says what is wrong with it, and the remedy.
    fn read(argument: &str, files: Files<'_>) -> Result<Self, String>;

    /// Looks at a value. It fills [`Hit::captures`] only if `capture` is set.
    fn test(&self, value: &[u8], capture: bool, expand: Expand<'_>) -> Option<Hit>;

    /// See [`Operator::take_literals`].
    fn literals(&self) -> Option<Literals>;

    /// See [`Operator::comparison`].
    fn comparison(&self) -> Option<Comparison> {
        None
    }
}

/// Makes the enum of operators and what depends on which it is.
macro_rules! operators {
    ($($operator:ident = $type:ty: $($name:literal),+;)*) => {
        /// An operator with its argument.
        pub struct Operator(Kind);

        enum Kind { $($operator($type)),* }

        impl Operator {
            /// The names of all operators, as rules usually write them.
            pub const NAMES: &[&str] = &[$($($name),+),*];

            /// The cases of each, with its name.
            #[cfg(test)]
            const CASES: &[(&[&str], &[Case], &[&str])] = &[$((&[$($name),+], <$type>::CASES, <$type>::REFUSED)),*];

            /// The operator of that name (without `@`, in any case) with that argument. The error says what is wrong, and the remedy.
            pub fn read(name: &str, argument: &str, files: Files<'_>) -> Result<Self, String> {
                $(if [$($name),+].iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    return <$type>::read(argument, files).map(|operator| Self(Kind::$operator(operator)));
                })*
                Err(format!("there is no operator `@{name}`: known are {}", Self::NAMES.join(", ")))
            }

            /// Whether the value matches. `expand` is asked for the text of an argument that has variables in it.
            pub fn test(&self, value: &[u8], capture: bool, expand: Expand<'_>) -> Option<Hit> {
                match &self.0 { $(Kind::$operator(operator) => operator.test(value, capture, expand)),* }
            }

            /// What one search over all rules looks for first; `None` where there is nothing that a value must contain, or it was
            /// handed out already.
            pub fn take_literals(&self) -> Option<Literals> {
                match &self.0 { $(Kind::$operator(operator) => operator.literals()),* }
            }

            /// What it is, if it compares the value with a number that is always the same.
            pub fn comparison(&self) -> Option<Comparison> {
                match &self.0 { $(Kind::$operator(operator) => operator.comparison()),* }
            }
        }
    };
}

operators! {
    BeginsWith = begins_with::BeginsWith: "beginsWith";
    Contains = contains::Contains: "contains";
    ContainsWord = contains_word::ContainsWord: "containsWord";
    DetectSqli = detect_sqli::DetectSqli: "detectSQLi";
    DetectXss = detect_xss::DetectXss: "detectXSS";
    EndsWith = ends_with::EndsWith: "endsWith";
    Eq = eq::Eq: "eq";
    Ge = ge::Ge: "ge";
    Gt = gt::Gt: "gt";
    IpMatch = ip_match::IpMatch: "ipMatch";
    IpMatchFromFile = ip_match_from_file::IpMatchFromFile: "ipMatchFromFile", "ipMatchF";
    Le = le::Le: "le";
    Lt = lt::Lt: "lt";
    NoMatch = no_match::NoMatch: "noMatch";
    Pm = pm::Pm: "pm";
    PmFromFile = pm_from_file::PmFromFile: "pmFromFile", "pmf";
    Rx = rx::Rx: "rx";
    StrEq = streq::StrEq: "streq";
    StrMatch = strmatch::StrMatch: "strmatch";
    UnconditionalMatch = unconditional_match::UnconditionalMatch: "unconditionalMatch";
    ValidateByteRange = validate_byte_range::ValidateByteRange: "validateByteRange";
    ValidateUrlEncoding = validate_url_encoding::ValidateUrlEncoding: "validateUrlEncoding";
    ValidateUtf8Encoding = validate_utf8_encoding::ValidateUtf8Encoding: "validateUtf8Encoding";
    Within = within::Within: "within";
}

/// The argument of an operator that may have variables in it.
enum Argument {
    Fixed(Vec<u8>),
    Expanded(Template),
}

impl Argument {
    fn read(text: &str) -> Result<Self, String> {
        let template = template(text)?;
        let fixed = template.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_bytes()),
            Part::Value(..) => None,
        });
        Ok(match fixed.collect::<Option<Vec<&[u8]>>>() {
            Some(texts) => Self::Fixed(texts.concat()),
            None => Self::Expanded(template),
        })
    }

    fn text(&self, expand: Expand<'_>) -> Cow<'_, [u8]> {
        match self {
            Self::Fixed(text) => Cow::Borrowed(text),
            Self::Expanded(template) => Cow::Owned(expand(template)),
        }
    }

    /// For an operator that matches only values which contain the argument.
    fn literals(&self) -> Option<Literals> {
        match self {
            Self::Fixed(text) if !text.is_empty() => Some(Literals(vec![text.to_ascii_lowercase()])),
            Self::Fixed(_) | Self::Expanded(_) => None,
        }
    }
}

/// For an operator that has no argument.
fn no_argument(name: &str, argument: &str) -> Result<(), String> {
    if argument.is_empty() { Ok(()) } else { Err(format!("@{name} has no argument: take `{argument}` away")) }
}
