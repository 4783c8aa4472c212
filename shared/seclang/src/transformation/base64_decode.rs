//! `base64Decode`: strict base64 (RFC 4648, section 4), or nothing is changed.
//!
//! Line ends, and spaces before them or at the end, are skipped; the padding must be complete. The value ends at the
//! first NUL byte, as it does in the reference: what follows it is cut off if what precedes it is base64.

use memchr::memchr;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    if value.is_empty() {
        return None;
    }
    let text = memchr(0, value).and_then(|end| value.get(..end)).unwrap_or(value);
    // Checked before anything is allocated: hardly any value is base64.
    is_base64(text).then(|| join(text))
}

fn is_base64(text: &[u8]) -> bool {
    let (mut digits, mut padding, mut spaced) = (0_usize, 0_usize, false);
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (b' ', _) => {
                spaced = true;
                continue;
            }
            (b'\n', _) | (b'\r', [b'\n', ..]) => {}
            _ if spaced => return false,
            (b'=', _) => padding += 1,
            _ if padding > 0 || sextet(*byte).is_none() => return false,
            _ => digits += 1,
        }
        spaced = false;
    }
    padding <= 2 && (digits + padding).is_multiple_of(4)
}

/// The six bits that a digit of base64 stands for.
pub(super) fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The whole bytes that the digits of a text make; whatever is no digit is passed over, and bits left over are dropped.
pub(super) fn join(text: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0_u8);
    for sextet in text.iter().filter_map(|byte| sextet(*byte)) {
        bits = bits << 6 | u32::from(sextet);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            made.push(byte);
        }
    }
    made
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"QUJD", b"ABC"),
    (b"QUI=", b"AB"),
    (b"QQ==", b"A"),
    (b"QR==", b"A"),
    (b"QUJDQUJD", b"ABCABC"),
    // Incomplete or too much.
    (b"Q", b"Q"),
    (b"QQ", b"QQ"),
    (b"QUI", b"QUI"),
    (b"QQ=", b"QQ="),
    (b"Q===", b"Q==="),
    (b"QUJD=", b"QUJD="),
    (b"====", b"===="),
    (b"QQ=A", b"QQ=A"),
    // The alphabet of URLs is another one.
    (b"QU-_", b"QU-_"),
    // Blanks.
    (b"QUJD\nQUJD", b"ABCABC"),
    (b"QUJD\r\nQUJD", b"ABCABC"),
    (b"QUJD \nQUJD  ", b"ABCABC"),
    (b"QQ=\n=", b"A"),
    (b"QUJD\rQUJD", b"QUJD\rQUJD"),
    (b"QUJD QUJD", b"QUJD QUJD"),
    (b" QUJD", b" QUJD"),
    (b" \n", b""),
    // It ends at a NUL byte.
    (b"QUJD\0!!", b"ABC"),
    (b"\0QUJD", b""),
    (b"QUJ\0D", b"QUJ\0D"),
];
