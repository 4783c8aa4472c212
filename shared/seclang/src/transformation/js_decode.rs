//! `jsDecode`: the escapes of JavaScript: `\u0041`, `\x41`, `\101`, `\n`. Before anything else the backslash is
//! dropped; at the end it stays.
//!
//! Of `\u` the lower byte is kept. Octal escapes end at 377: `\400` is `\40` and a `0`.

use super::character::{hex_pair, hex_quad, is_octal, octal, run, to_byte};
use super::escape_seq_decode::control;
use super::rewrite::at_each;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    at_each(b'\\', value, |tail, made| match tail {
        [] => {
            made.push(b'\\');
            tail
        }
        [b'u', a, b, c, d, after @ ..] if let Some(code) = hex_quad([*a, *b, *c, *d]) => {
            made.push(to_byte(code.into()));
            after
        }
        [b'x', high, low, after @ ..] if let Some(byte) = hex_pair(*high, *low) => {
            made.push(byte);
            after
        }
        [leading @ b'0'..=b'7', ..] => {
            let most = if *leading <= b'3' { 3 } else { 2 };
            let (digits, after) = tail.split_at(run(tail, most, is_octal));
            let [_, byte] = octal(digits).to_be_bytes();
            made.push(byte);
            after
        }
        [letter, after @ ..] => {
            made.push(control(*letter));
            after
        }
    })
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (br"\u0041\u1241\x41\101", b"AAAA"),
    (br"\uff41\uFF41\uff00\uff5f\uff5e", b"aa\0_~"),
    (br"\u00\uzzzz\U0041", b"u00uzzzzU0041"),
    (br"\x4\xzz\X41", b"x4xzzX41"),
    (br"\1\18\377\3777", b"\x01\x018\xff\xff7"),
    (br"\400\777\47", b" 0?7'"),
    (br"\a\b\f\n\r\t\v", b"\x07\x08\x0c\n\r\t\x0b"),
    (br"\q\8\/\'\\", br"q8/'\"),
    (br"a\", br"a\"),
    (b"a/b", b"a/b"),
];
