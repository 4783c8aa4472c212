//! `lowercase`: the letters of ASCII become lower case.

use super::character::any;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    any(value, |byte| byte.is_ascii_uppercase()).then(|| value.to_ascii_lowercase())
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"ABCXYZabcxyz", b"abcxyzabcxyz"),
    (b"a", b"a"),
    (b"@[`{", b"@[`{"),
    (b"A\0B", b"a\0b"),
    (b"\xc3\x89\xc9", b"\xc3\x89\xc9"),
];
