//! `base64DecodeExt`: forgiving base64, which passes over what is none of its digits, as PHP does.
//!
//! Nothing is left of the value where padding stands after the first digit of four: the reference gives up there. It
//! also takes a `9` that ends the value for padding, and so do we.

use super::base64_decode::{join, sextet};

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let last = value.last()?;
    let mut digits = 0_usize;
    for (at, byte) in value.iter().enumerate() {
        if *byte == b'=' && digits % 4 == 1 && value.get(at + 1) != Some(&b'=') {
            return Some(Vec::new());
        }
        digits += usize::from(sextet(*byte).is_some());
    }
    if matches!(last, b'=' | b'9') && digits % 4 == 1 {
        return Some(Vec::new());
    }
    Some(join(value))
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"QUJD", b"ABC"),
    (b"QUI=", b"AB"),
    (b"QUI", b"AB"),
    (b"QQ", b"A"),
    (b"QQ=", b"A"),
    (b"Q", b""),
    (b"QUJDR", b"ABC"),
    (b"QUJDRA", b"ABCD"),
    (b"P.HNjcmlwd", b"<scrip"),
    (b"QU-_", b"A"),
    (b"QUJD\0QUJD", b"ABCABC"),
    (b"!", b""),
    (b"QUJ=D", b"ABC"),
    // Padding after the first of four.
    (b"QUJDQ=QUJD", b""),
    (b"QUJDR=", b""),
    (b"QUJD9", b""),
    (b"QUJDQ9", b"ABCC"),
];
