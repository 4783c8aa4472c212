//! `escapeSeqDecode`: the escapes of C: `\n`, `\x41`, `\101`. Before anything else the backslash is dropped; at the end
//! it stays.

use super::character::{hex_pair, is_octal, octal, run};
use super::rewrite::at_each;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    at_each(b'\\', value, |tail, made| match tail {
        [] => {
            made.push(b'\\');
            tail
        }
        [b'x' | b'X', high, low, after @ ..] if let Some(byte) = hex_pair(*high, *low) => {
            made.push(byte);
            after
        }
        [b'0'..=b'7', ..] => {
            let (digits, after) = tail.split_at(run(tail, 3, is_octal));
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

/// The control character that a letter stands for; itself if it stands for none.
pub(super) fn control(letter: u8) -> u8 {
    match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        other => other,
    }
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (br"\a\b\f\n\r\t\v", b"\x07\x08\x0c\n\r\t\x0b"),
    (br#"\\\?\'\""#, br#"\?'""#),
    (br"\x41\X41\xe9", b"AA\xe9"),
    (br"\x4\xzz\x", b"x4xzzx"),
    (br"\1\18\101\1011", b"\x01\x018AA1"),
    // Only the lower byte of what is too great for one.
    (br"\400\777", b"\0\xff"),
    (br"\8\q", b"8q"),
    (br"a\", br"a\"),
    (br"\\\", br"\\"),
    (b"a/b", b"a/b"),
];
