//! `urlEncode`: a space becomes a plus, and all but the letters and digits of ASCII and the asterisk becomes `%2d`.

use super::character::to_hex;
use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let mut made = Rewrite::new(value);
    for byte in value {
        match byte {
            b' ' => made.push(b'+'),
            b'*' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => made.push(*byte),
            _ => {
                made.push(b'%');
                made.extend(&to_hex(*byte));
            }
        }
    }
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"aZ09*", b"aZ09*"),
    (b"a b", b"a+b"),
    (b"-._~+", b"%2d%2e%5f%7e%2b"),
    (b"\0\xff", b"%00%ff"),
    (b"%41", b"%2541"),
];
