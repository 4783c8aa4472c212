//! `uppercase`: the letters of ASCII become capitals.

use super::character::any;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    any(value, |byte| byte.is_ascii_lowercase()).then(|| value.to_ascii_uppercase())
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"ABCXYZabcxyz", b"ABCXYZABCXYZ"),
    (b"A", b"A"),
    (b"@[`{", b"@[`{"),
    (b"a\0b", b"A\0B"),
    (b"\xc3\xa9\xe9", b"\xc3\xa9\xe9"),
];
