//! `compressWhitespace`: each run of white space becomes one space. The non-breaking space is none.

use super::character::{any, is_space};
use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    if !any(value, is_space) {
        return None;
    }
    let mut made = Rewrite::new(value);
    let mut spaced = false;
    for byte in value {
        let space = is_space(*byte);
        if !space {
            made.push(*byte);
        } else if !spaced {
            made.push(b' ');
        }
        spaced = space;
    }
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"a  b", b"a b"),
    (b"a b c", b"a b c"),
    (b"a\tb", b"a b"),
    (b"\n\r\x0b\x0c \ta ", b" a "),
    (b"a\xa0\xa0b\xc2\xa0c\0 ", b"a\xa0\xa0b\xc2\xa0c\0 "),
];
