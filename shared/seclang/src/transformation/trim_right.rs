//! `trimRight`: white space at the end goes.

use super::trim::{changed, right};

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    changed(value, right(value))
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"  a b\t\n", b"  a b"), (b"a\r\x0b\x0c", b"a"), (b"   ", b""), (b" a", b" a"), (b"a \0", b"a \0")];
