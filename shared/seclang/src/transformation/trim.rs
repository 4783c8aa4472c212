//! `trim`: white space at both ends goes.

use super::character::is_space;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    changed(value, right(left(value)))
}

/// The value without the white space at its beginning.
pub(super) fn left(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| !is_space(*byte)).unwrap_or(value.len());
    value.get(start..).unwrap_or_default()
}

/// The value without the white space at its end.
pub(super) fn right(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default()
}

/// A part of a value, if it is not the whole.
pub(super) fn changed(value: &[u8], part: &[u8]) -> Option<Vec<u8>> {
    (part.len() < value.len()).then(|| part.to_vec())
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"  a b\t\n", b"a b"),
    (b"\x0b\x0c\ra", b"a"),
    (b"   ", b""),
    (b"a", b"a"),
    (b"\0 a \0", b"\0 a \0"),
    (b"\xa0a\xa0", b"\xa0a\xa0"),
];
