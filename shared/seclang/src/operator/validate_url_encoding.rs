//! `@validateUrlEncoding`: the value has a `%` in it without two hexadecimal digits after it.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct ValidateUrlEncoding;

impl Test for ValidateUrlEncoding {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("", b"a%41", None),
        ("", b"", None),
        ("", b"%4", Some("")),
        ("", b"%", Some("")),
        ("", b"%zz", Some("")),
        ("", b"a%%41", Some("")),
        ("", b"%41%4g", Some("")),
        ("", b"%aF", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["x"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("validateUrlEncoding", argument).map(|()| Self)
    }

    fn test(&self, value: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        let escapes = memchr::memchr_iter(b'%', value).map(|at| value.get(at + 1..at + 3));
        let good = |escape: Option<&[u8]>| escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        // The digits of an escape are no `%`, so that all of them can be looked at each by itself.
        escapes.into_iter().any(|escape| !good(escape)).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        Some(Literals(vec![b"%".to_vec()]))
    }
}
