//! `urlDecodeUni`: as `urlDecode`, and `%u00e9`, in the way of old Microsoft servers, becomes the byte that the unicode
//! map says.
//!
//! Where the map says nothing, or there is none, the lower byte is kept, and the full-width forms of ASCII become
//! ASCII.

use super::character::{hex_quad, to_byte};
use super::unicode_map::UnicodeMap;
use super::url_decode::decode;

pub(super) fn apply(value: &[u8], unicode: &UnicodeMap) -> Option<Vec<u8>> {
    decode(value, |text| {
        let [b'u' | b'U', a, b, c, d, after @ ..] = text else { return None };
        let code = hex_quad([*a, *b, *c, *d])?;
        Some((unicode.byte(code).unwrap_or(to_byte(code.into())), after))
    })
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"%41+%u0041%U0042", b"A AB"),
    (b"%uff41%uFF21%uff00%uff5f%u00e9%u1241", b"aA\0_\xe9A"),
    (b"%u", b"%u"),
    (b"%u004", b"%u004"),
    (b"%u00zz%u%41%u0%41", b"%u00zz%uA%u0A"),
    (b"%%u0041%%41", b"%A%A"),
    (b"ab", b"ab"),
];

#[cfg(test)]
mod tests {
    use super::{UnicodeMap, apply};

    #[test]
    fn the_map_goes_before_the_lower_byte() {
        let map = UnicodeMap::read(b"20127 (US-ASCII)\n00e9:65 ff41:78", 20127).unwrap();
        let cases: [(&[u8], &[u8]); 4] =
            [(b"%u00e9", b"e"), (b"%uff41", b"x"), (b"%u3002%uff61", b".."), (b"%u1241%uff42%e9", b"Ab\xe9")];
        for (value, expected) in cases {
            assert_eq!(apply(value, &map).as_deref(), Some(expected));
        }
    }
}
