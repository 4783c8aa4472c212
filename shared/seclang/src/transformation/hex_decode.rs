//! `hexDecode`: each pair of hexadecimal digits becomes a byte. A byte left over is dropped.
//!
//! As in the reference nobody checks that they are digits: other bytes count by the same arithmetic.

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let (pairs, _) = value.as_chunks();
    (!value.is_empty()).then(|| pairs.iter().map(|[high, low]| (digit(*high) << 4).wrapping_add(digit(*low))).collect())
}

fn digit(byte: u8) -> u8 {
    if byte >= b'A' { (byte & 0xdf).wrapping_sub(b'A' - 10) } else { byte.wrapping_sub(b'0') }
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"414243", b"ABC"),
    (b"4a4B00fF", b"JK\0\xff"),
    (b"4", b""),
    (b"414", b"A"),
    (b"4gzz", b"PS"),
    (b"xyz", b"\x32"),
];
