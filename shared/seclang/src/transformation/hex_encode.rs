//! `hexEncode`: each byte becomes two lower hexadecimal digits.

use super::character::to_hex;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.iter().flat_map(|byte| to_hex(*byte)).collect())
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"", b""), (b"ABC", b"414243"), (b"\0", b"00"), (b"\xff\xa0", b"ffa0"), (b"Jk", b"4a6b")];
