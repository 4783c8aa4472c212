//! `urlDecode`: `%41` becomes `A` and a plus becomes a space. What is no such escape stays.

use memchr::memchr2;

use super::character::hex_pair;
use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    decode(value, |_| None)
}

/// Decodes, where `escape` may know what else a text after a percent sign stands for: the byte, and what follows it.
pub(super) fn decode(value: &[u8], escape: impl Fn(&[u8]) -> Option<(u8, &[u8])>) -> Option<Vec<u8>> {
    let mut made = Rewrite::new(value);
    let mut rest = value;
    while let Some(next) = memchr2(b'%', b'+', rest) {
        let (same, found) = rest.split_at(next);
        made.extend(same);
        rest = match found {
            [b'%', high, low, after @ ..] if let Some(byte) = hex_pair(*high, *low) => {
                made.push(byte);
                after
            }
            [b'%', after @ ..] => {
                let (byte, after) = escape(after).unwrap_or((b'%', after));
                made.push(byte);
                after
            }
            [_, after @ ..] => {
                made.push(b' ');
                after
            }
            [] => break,
        };
    }
    made.extend(rest);
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"%41%4a%4Bc", b"AJKc"),
    (b"a+b%20c", b"a b c"),
    (b"%00%ff", b"\0\xff"),
    (b"%", b"%"),
    (b"%4", b"%4"),
    (b"%4g%g4%%41", b"%4g%g4%A"),
    (b"%2541", b"%41"),
    (b"%u0041", b"%u0041"),
    (b"ab", b"ab"),
];
