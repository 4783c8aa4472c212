//! Arguments as they stand in a query or a form (`application/x-www-form-urlencoded`), decoded as ModSecurity v3 decodes them.

use std::borrow::Cow;

use super::Pair;

/// The arguments of a query or a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Names and values, decoded, in their order.
    pub pairs: Vec<Pair>,
    /// Some `%` is not followed by two hexadecimal digits: `URLENCODED_ERROR`. It was left as it is.
    pub invalid: bool,
    /// There are more than were asked for; the rest was not read.
    pub over: bool,
}

/// Reads at most `limit` arguments. What stands between two separators is one argument, also when it is empty; nothing stands
/// behind the last one. The first `=` ends the name; without one, the value is empty.
pub fn arguments(text: &[u8], separator: u8, limit: usize) -> Arguments {
    let mut read = Arguments::default();
    if text.is_empty() {
        return read;
    }
    let text = text.strip_suffix(&[separator]).unwrap_or(text);
    for argument in text.split(|&byte| byte == separator) {
        if read.pairs.len() >= limit {
            read.over = true;
            break;
        }
        let (name, value) = match memchr::memchr(b'=', argument) {
            Some(end) => (argument.get(..end).unwrap_or_default(), argument.get(end + 1..).unwrap_or_default()),
            None => (argument, <&[u8]>::default()),
        };
        let mut decoded = |encoded| {
            let (plain, invalid) = decode(encoded);
            read.invalid |= invalid;
            plain.into_owned()
        };
        let pair = (decoded(name), decoded(value));
        read.pairs.push(pair);
    }
    read
}

/// Decodes `+` and `%xx`; whether some `%` could not be.
pub fn decode(text: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let Some(start) = memchr::memchr2(b'+', b'%', text) else {
        return (Cow::Borrowed(text), false);
    };
    let mut plain = Vec::with_capacity(text.len());
    plain.extend_from_slice(text.get(..start).unwrap_or_default());
    let mut invalid = false;
    let mut rest = text.get(start..).unwrap_or_default();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => plain.push(b' '),
            b'%' => match after {
                [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    plain.push(hex(*high) << 4 | hex(*low));
                    rest = after;
                }
                _ => {
                    plain.push(b'%');
                    invalid = true;
                }
            },
            _ => plain.push(byte),
        }
    }
    (Cow::Owned(plain), invalid)
}

/// The value of a hexadecimal digit; 0 for what is none.
pub(super) fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pairs: &[(&[u8], &[u8])], invalid: bool) {
        let read = arguments(text.as_bytes(), b'&', 100);
        let found: Vec<(&[u8], &[u8])> = read.pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(found, pairs, "{text:?}");
        assert_eq!((read.invalid, read.over), (invalid, false), "{text:?}");
    }

    #[test]
    fn arguments_are_read_as_modsecurity_reads_them() {
        check("", &[], false);
        check("a=1", &[(b"a", b"1")], false);
        check("a=1&b=2", &[(b"a", b"1"), (b"b", b"2")], false);
        check("a=1&a=2", &[(b"a", b"1"), (b"a", b"2")], false);
        check("a", &[(b"a", b"")], false);
        check("=x", &[(b"", b"x")], false);
        check("=", &[(b"", b"")], false);
        check("&", &[(b"", b"")], false);
        check("&&", &[(b"", b""), (b"", b"")], false);
        check("a&", &[(b"a", b"")], false);
        check("a&&b", &[(b"a", b""), (b"", b""), (b"b", b"")], false);
        check("z==", &[(b"z", b"=")], false);
        check("a=b=c", &[(b"a", b"b=c")], false);
        check("a;b=1", &[(b"a;b", b"1")], false);
    }

    #[test]
    fn names_and_values_are_decoded() {
        check("a+b=c+d", &[(b"a b", b"c d")], false);
        check("%61=%4a%4A", &[(b"a", b"JJ")], false);
        check("a%3Db=%26", &[(b"a=b", b"&")], false);
        check("n%00m=%00v", &[(b"n\0m", b"\0v")], false);
        check("%ff=%C3%A9", &[(b"\xff", b"\xc3\xa9")], false);
        check("a=%2541", &[(b"a", b"%41")], false);
    }

    #[test]
    fn an_invalid_encoding_stays_and_is_flagged() {
        check("a=%zz", &[(b"a", b"%zz")], true);
        check("a=%4", &[(b"a", b"%4")], true);
        check("a=%", &[(b"a", b"%")], true);
        check("a=%%41", &[(b"a", b"%A")], true);
        check("%u0041=1", &[(b"%u0041", b"1")], true);
        check("a=%4&b", &[(b"a", b"%4"), (b"b", b"")], true);
    }

    #[test]
    fn no_more_are_read_than_asked_for() {
        let read = arguments(b"a&b&c", b'&', 2);
        assert_eq!((read.pairs.len(), read.over), (2, true));
        assert!(!arguments(b"a&b&", b'&', 2).over);
        assert!(arguments(b"a", b'&', 0).over);
    }

    #[test]
    fn another_separator_separates() {
        assert_eq!(arguments(b"a=1;b=2&c", b';', 9).pairs[1], (b"b".to_vec(), b"2&c".to_vec()));
    }
}
