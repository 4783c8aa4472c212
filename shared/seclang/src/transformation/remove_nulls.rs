//! `removeNulls`: NUL bytes go.

use memchr::memchr;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    memchr(0, value)?;
    Some(value.iter().copied().filter(|byte| *byte != 0).collect())
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"a\0b", b"ab"), (b"\0\0", b""), (b"\0a\0", b"a"), (b"ab", b"ab"), (b"\x01\xff0", b"\x01\xff0")];
