//! `sqlHexDecode`: `0x` and pairs of hexadecimal digits, as SQL writes bytes, become those bytes. A digit left over
//! stays.

use memchr::memchr2;

use super::character::hex_pair;
use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    memchr2(b'x', b'X', value)?;
    let mut made = Rewrite::new(value);
    let mut rest = value;
    while let [byte, tail @ ..] = rest {
        rest = match rest {
            [b'0', b'x' | b'X', digits @ ..] if leading_pair(digits).is_some() => {
                let mut digits = digits;
                while let Some((byte, after)) = leading_pair(digits) {
                    made.push(byte);
                    digits = after;
                }
                digits
            }
            _ => {
                made.push(*byte);
                tail
            }
        };
    }
    made.finish()
}

fn leading_pair(digits: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], after) = digits.split_first_chunk()?;
    Some((hex_pair(*high, *low)?, after))
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"0x414243", b"ABC"),
    (b"select 0X4a,0x4B", b"select J,K"),
    (b"0x4142434", b"ABC4"),
    (b"0x4", b"0x4"),
    (b"0x4g", b"0x4g"),
    (b"00x41", b"0A"),
    (b"0x41420x43", b"ABC"),
    (b"x41", b"x41"),
    (b"0x00ff", b"\0\xff"),
];
