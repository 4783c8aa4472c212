//! `parityEven7bit`: the highest bit of each byte is set so that the number of ones is even.
//!
//! As in the reference the bit itself is counted: a byte with an even number loses it.

use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    parity(value, true)
}

/// Sets the highest bit of the bytes that do not have such a number of ones, and clears that of the others.
pub(super) fn parity(value: &[u8], even: bool) -> Option<Vec<u8>> {
    let mut made = Rewrite::new(value);
    for byte in value {
        let fits = byte.count_ones().is_multiple_of(2) == even;
        made.push(if fits { byte & 0x7f } else { byte | 0x80 });
    }
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"abc", b"\xe1\xe2c"),
    (b"\0\x01\x03\x7f\x80", b"\0\x81\x03\xff\x80"),
    (b"\x81\xff", b"\x01\x7f"),
    (b"c", b"c"),
    (b"\xe1", b"a"),
];
