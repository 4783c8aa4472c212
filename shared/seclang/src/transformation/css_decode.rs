//! `cssDecode`: the escapes of CSS 2 (section 4.1.3): a backslash and one to six hexadecimal digits, or a backslash and
//! any character.
//!
//! Of the code point the lower byte is kept. One white space after the digits belongs to the escape; an escaped line
//! end is nothing.

use super::character::{hex_digit, is_space, run, to_byte};
use super::rewrite::at_each;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    at_each(b'\\', value, |tail, made| {
        let (digits, after) = tail.split_at(run(tail, 6, |byte| hex_digit(byte).is_some()));
        match after {
            after if !digits.is_empty() => {
                let digits = digits.iter().filter_map(|digit| hex_digit(*digit));
                made.push(to_byte(digits.fold(0, |code, digit| code << 4 | u32::from(digit))));
                match after {
                    [space, after @ ..] if is_space(*space) => after,
                    after => after,
                }
            }
            [b'\n', after @ ..] => after,
            [escaped, after @ ..] => {
                made.push(*escaped);
                after
            }
            [] => after,
        }
    })
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (br"\4", b"\x04"),
    (br"\41", b"A"),
    (br"\041\0041\00041\000041", b"AAAA"),
    (br"\0000041", b"\x041"),
    (br"\ff41\0ff41\00ff41\FF41", b"aaaa"),
    (br"\1ff41\10ff41\ff\ff00\ff5f", b"AA\xff\0_"),
    (b"\\41 b\\41\tb\\41  b\\41\xa0b", b"AbAbA bA\xa0b"),
    (b"\\41\x0bb", b"Ab"),
    (b"a\\\nb\\\r", b"ab\r"),
    (br"java\script", b"javascript"),
    (br"a\\b\", br"a\b"),
    (b"a b", b"a b"),
];
