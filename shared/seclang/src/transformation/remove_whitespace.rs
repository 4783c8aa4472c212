//! `removeWhitespace`: white space goes, and the two bytes of a non-breaking space, each wherever it stands.

use super::character::{any, is_space};

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let goes = |byte| is_space(byte) || matches!(byte, 0xa0 | 0xc2);
    any(value, goes).then(|| value.iter().copied().filter(|byte| !goes(*byte)).collect())
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"a b\t\r\n\x0b\x0cc", b"abc"),
    (b"a\xc2\xa0b\xa0c\xc2", b"abc"),
    (b"\xc3\xa0\xc2\xa9", b"\xc3\xa9"),
    (b" ", b""),
    (b"a\0b\x1c\x85", b"a\0b\x1c\x85"),
];
