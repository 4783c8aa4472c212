//! `length`: how many bytes the value has, in decimal digits.

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    // The only value that is its own length.
    (value != b"1").then(|| value.len().to_string().into_bytes())
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"", b"0"), (b"1", b"1"), (b"2", b"1"), (b"\0\xff", b"2"), (b"0123456789", b"10")];
