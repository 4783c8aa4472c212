//! `parityOdd7bit`: the highest bit of each byte is set so that the number of ones is odd, the bit itself being
//! counted.

use super::parity_even_7bit::parity;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    parity(value, false)
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"abc", b"ab\xe3"),
    (b"\0\x01\x03\x7f\x80", b"\x80\x01\x83\x7f\0"),
    (b"\x81\xff", b"\x81\xff"),
    (b"a", b"a"),
    (b"\xe3", b"c"),
];
