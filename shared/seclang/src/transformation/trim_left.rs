//! `trimLeft`: white space at the beginning goes.

use super::trim::{changed, left};

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    changed(value, left(value))
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"  a b\t\n", b"a b\t\n"), (b"\x0b\x0c\ra", b"a"), (b"   ", b""), (b"a ", b"a "), (b"\0 a", b"\0 a")];
