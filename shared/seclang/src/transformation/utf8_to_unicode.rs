//! `utf8toUnicode`: each UTF-8 sequence above ASCII becomes `%u00e9`, with at least four digits.
//!
//! As in the reference, the first byte of a sequence that is cut off or broken goes, and so do NUL bytes but the last
//! byte of a value. Bytes that begin no sequence stay. The first byte of an overlong sequence, a surrogate (U+D800 to
//! U+DFFF) or one beyond U+10FFFF stays beside the escape.

use super::character::{any, to_hex};
use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    if !any(value, |byte| byte == 0 || !byte.is_ascii()) {
        return None;
    }
    let mut made = Rewrite::new(value);
    let mut rest = value;
    while let [byte, tail @ ..] = rest {
        rest = match byte {
            0 if !tail.is_empty() => tail,
            0xc0..=0xf7 => sequence(*byte, tail, &mut made).unwrap_or(tail),
            _ => {
                made.push(*byte);
                tail
            }
        };
    }
    made.finish()
}

/// Writes the sequence that begins with this byte, and gives what follows it; `None` if it is none.
fn sequence<'a>(first: u8, tail: &'a [u8], made: &mut Rewrite<'_>) -> Option<&'a [u8]> {
    if first >= 0xf5 {
        made.push(first);
    }
    let (start, length, least) = match first {
        ..0xe0 => (first & 0x1f, 1, 0x80),
        0xe0..0xf0 => (first & 0x0f, 2, 0x800),
        0xf0.. => (first & 0x07, 3, 0x10000),
    };
    let (continuation, after) = tail.split_at_checked(length)?;
    if continuation.iter().any(|byte| byte & 0xc0 != 0x80) {
        return None;
    }
    let code = continuation.iter().fold(u32::from(start), |code, byte| code << 6 | u32::from(byte & 0x3f));
    made.extend(b"%u");
    let [_, high, middle, low] = code.to_be_bytes();
    // Beyond four digits there are as many as it takes: five, or six.
    match to_hex(high) {
        [b'0', b'0'] => {}
        [b'0', digit] => made.push(digit),
        digits => made.extend(&digits),
    }
    made.extend(&to_hex(middle));
    made.extend(&to_hex(low));
    if (0xd800..=0xdfff).contains(&code) {
        made.push(first);
    }
    if code < least {
        made.push(first);
    }
    Some(after)
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", b"a%u00e9%u20ac%u1f600"),
    (b"ASCII", b"ASCII"),
    // Broken.
    (b"\xc3", b""),
    (b"\xc3a", b"a"),
    (b"\xe2\x82", b"\x82"),
    (b"\xf0\x9f\x98a", b"\x9f\x98a"),
    (b"\x80\xbf\xf8\xff", b"\x80\xbf\xf8\xff"),
    // Overlong, surrogates, and beyond.
    (b"\xc0\xaf", b"%u002f\xc0"),
    (b"\xe0\x80\x80", b"%u0000\xe0"),
    (b"\xf0\x80\x80\xaf", b"%u002f\xf0"),
    (b"\xed\xa0\x80", b"%ud800\xed"),
    (b"\xf0\x8d\xa0\x80", b"%ud800\xf0\xf0"),
    (b"\xf5\x80\x80\x80", b"\xf5%u140000"),
    (b"\xf5", b"\xf5"),
    // NUL bytes.
    (b"\0", b"\0"),
    (b"a\0b\0", b"ab\0"),
    (b"\0\0", b"\0"),
];
