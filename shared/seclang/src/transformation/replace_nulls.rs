//! `replaceNulls`: NUL bytes become spaces.

use memchr::memchr;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    memchr(0, value)?;
    Some(value.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect())
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"a\0b", b"a b"), (b"\0\0", b"  "), (b"\0a\0", b" a "), (b"ab", b"ab"), (b"\x01\xff0", b"\x01\xff0")];
