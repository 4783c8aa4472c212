//! `htmlEntityDecode`: numeric entities, and `quot`, `amp`, `lt`, `gt` and `nbsp`; the semicolon may be missing.
//!
//! Of a number the lower byte is kept. As in the reference a name counts by how it begins, and goes whole: `&ltx;` is
//! `<`.

use super::character::{hex_digit, run};
use super::rewrite::at_each;

/// How names begin, in any case, and the character that they stand for.
const NAMES: [(&[u8], u8); 5] = [(b"quot", b'"'), (b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"nbsp", 0xa0)];

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    at_each(b'&', value, |tail, made| {
        let (byte, after) = entity(tail).unwrap_or((b'&', tail));
        made.push(byte);
        after
    })
}

/// The character that an entity stands for, and what follows it. The ampersand is taken off already.
fn entity(text: &[u8]) -> Option<(u8, &[u8])> {
    let (byte, after) = match text {
        [b'#', b'x' | b'X', number @ ..] => {
            let (digits, after) = number.split_at(run(number, usize::MAX, |byte| hex_digit(byte).is_some()));
            (low_byte(digits, 16)?, after)
        }
        [b'#', number @ ..] => {
            let (digits, after) = number.split_at(run(number, usize::MAX, |byte| byte.is_ascii_digit()));
            (low_byte(digits, 10)?, after)
        }
        [letter, ..] if letter.is_ascii_alphabetic() => {
            let starts = |name: &[u8]| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
            let (_, byte) = NAMES.iter().find(|(name, _)| starts(name))?;
            let (_, after) = text.split_at(run(text, usize::MAX, |byte| byte.is_ascii_alphanumeric()));
            (*byte, after)
        }
        _ => return None,
    };
    Some((byte, after.strip_prefix(b";").unwrap_or(after)))
}

/// The lower byte of the number, which is the greatest of 64 bits if it does not fit. `None` of no digits.
fn low_byte(digits: &[u8], radix: i64) -> Option<u8> {
    if digits.is_empty() {
        return None;
    }
    let numbers = digits.iter().filter_map(|digit| hex_digit(*digit));
    let number = numbers.fold(0, |number: i64, digit| number.saturating_mul(radix).saturating_add(digit.into()));
    let [.., byte] = number.to_be_bytes();
    Some(byte)
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"&#x41;&#X41&#x00041;&#x141;", b"AAAA"),
    (b"&#65;&#65&#00065;&#321;", b"AAAA"),
    (b"&#x7fffffffffffff41;&#x8000000000000041;&#99999999999999999999;", b"A\xff\xff"),
    (b"&quot;&amp;&lt;&gt;&nbsp;&QuOt;", b"\"&<>\xa0\""),
    (b"&quot&amp", b"\"&"),
    (b"&ltx;&ltscript&gt1", b"<<>"),
    (b"&lt\0;&l\0t;", b"<\0;&l\0t;"),
    (b"&apos;&Tab;&l;", b"&apos;&Tab;&l;"),
    (b"&&lt;&#&lt;&#x&lt;&a&lt;", b"&<&#<&#x<&a<"),
    (b"&#;&#x;&#g&#xg&#-5;&;", b"&#;&#x;&#g&#xg&#-5;&;"),
    (b"&amp;lt;", b"&lt;"),
    (b"&", b"&"),
    (b"&#", b"&#"),
    (b"&#x", b"&#x"),
];
