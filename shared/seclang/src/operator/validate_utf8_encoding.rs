//! `@validateUtf8Encoding`: the value is not UTF-8 (RFC 3629).
//!
//! As in ModSecurity, characters from U+110000 to U+13FFFF pass.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct ValidateUtf8Encoding;

impl Test for ValidateUtf8Encoding {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("", b"a", None),
        ("", b"", None),
        ("", b"\xc3\xa9", None),
        ("", b"\xc3", Some("")),
        ("", b"\xc0\x80", Some("")),
        ("", b"\xed\xa0\x80", Some("")),
        ("", b"\xf4\x8f\xbf\xbf", None),
        ("", b"\xf4\x90\x80\x80", None),
        ("", b"\xf4\x90\x80\x80\xff", Some("")),
        ("", b"\xf5\x80\x80\x80", Some("")),
        ("", b"\x80", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["x"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("validateUtf8Encoding", argument).map(|()| Self)
    }

    fn test(&self, value: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        let mut rest = value;
        loop {
            let Err(error) = std::str::from_utf8(rest) else { return None };
            match rest.get(error.valid_up_to()..) {
                Some([0xf4, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, after @ ..]) => rest = after,
                _ => return Some(Hit::default()),
            }
        }
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
