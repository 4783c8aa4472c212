//! `@detectSQLi`: libinjection takes the value for SQL; it captures the fingerprint.
//!
//! The port of libinjection differs from the version in ModSecurity 3.0.15 in ways that are made up for here. That version passes over
//! numbers with an exponent that has no digits (`1.e`), as MySQL does; the port knows `INTO OUTFILE` in capitals only, looks for
//! `sp_password` in UTF-8 only, and takes quadratic time for a long word with points in it.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test, no_argument};
use std::borrow::Cow;

/// See the module.
pub struct DetectSqli;

impl Test for DetectSqli {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("", b"1' or '1'='1", Some("s&sos")),
        ("", b"x", None),
        ("", b"", None),
        ("", b"1.e(ascii 1.e(substring(1.e(select password from users limit 1 1.e,1 1.e) 1.e,1 1.e,1 1.e)1.e)1.e) = 70 or'1'='2", Some("f(f(E")),
        ("", b"1 into outfile 'a'", Some("1ks")),
        ("", b"x'%5Eemail--@@version", Some("sov")),
        ("", b"sp_password-- \xff", Some("nc")),
        ("", b"1e&sleep(5)", None),
        ("", b"1E5", None),
        ("", b"0x1e", None),
        ("", b"a.e b", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["x"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("detectSQLi", argument).map(|()| Self)
    }

    fn test(&self, value: &[u8], capture: bool, _: Expand<'_>) -> Option<Hit> {
        if is_one_word(value) {
            return None;
        }
        let found = libinjectionrs::detect_sqli(&in_ascii(with_into(shortened(value))));
        let fingerprint = || found.fingerprint.as_ref().map(|print| print.as_str().into()).unwrap_or_default();
        found.is_injection().then(|| Hit::of(fingerprint, capture))
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}

/// Whether libinjection reads no more than a number and a word. All that one or two tokens without a sign can be to it is a number before
/// `UNION`, which it does not take for an injection either. Most values are of this kind, and reading one costs thousands of steps.
fn is_one_word(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric())
}

fn with_into(mut value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let mut from = 0;
    while let Some(found) = value.get(from..).and_then(|rest| memchr::memchr2(b'i', b'I', rest)) {
        let word = from + found..from + found + 4;
        from += found + 1;
        if value.get(word.clone()).is_some_and(|word| word.eq_ignore_ascii_case(b"into") && word != b"INTO")
            && let Some(word) = value.to_mut().get_mut(word)
        {
            word.make_ascii_uppercase();
        }
    }
    value
}

fn in_ascii(mut value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !value.is_ascii() && memchr::memmem::find(&value, b"sp_password").is_some() {
        // Bytes over 127 are parts of words, but for one, which is white space.
        let others = value.to_mut().iter_mut().filter(|byte| !byte.is_ascii());
        others.for_each(|byte| *byte = if *byte == 0xa0 { b' ' } else { b'_' });
    }
    value
}

/// The most of a word that is looked at, bytes: longer than any keyword.
const WORD: usize = 64;

/// The most backticks of the rest of a word that are kept.
const TICKS: usize = 8;

/// Without numbers that have an exponent without digits, and without the rest of long words.
fn shortened(value: &[u8]) -> Cow<'_, [u8]> {
    // Quickly, as most values have none: a digit or a point, then an `e`, then no digit.
    let bare = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| value.get(before));
        before.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
            && !value.get(at + 1).is_some_and(u8::is_ascii_digit)
    };
    if value.len() <= WORD * 4 && !memchr::memchr2_iter(b'e', b'E', value).any(bare) {
        return Cow::Borrowed(value);
    }
    let mut kept = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(first) = rest.first() {
        let (length, keep) = match first {
            b'0'..=b'9' | b'.' => {
                let (length, keep) = number(rest);
                (length, if keep { length } else { 0 })
            }
            byte if is_delimiter(*byte) => (1, 1),
            _ => {
                let length = rest.iter().take_while(|byte| !is_delimiter(**byte)).count();
                (length, length.min(WORD))
            }
        };
        kept.extend_from_slice(rest.get(..keep).unwrap_or_default());
        if keep == WORD {
            // One may close a name that was opened before.
            let dropped = rest.get(keep..length).unwrap_or_default();
            kept.extend(dropped.iter().filter(|byte| **byte == b'`').take(TICKS));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(kept)
}

/// The length of the number that the text begins with, at least 1, and whether it is one to libinjection.
fn number(text: &[u8]) -> (usize, bool) {
    let count = |from: usize, is: fn(&u8) -> bool| {
        text.get(from..).unwrap_or_default().iter().take_while(|byte| is(byte)).count()
    };
    match text {
        [b'0', b'x' | b'X', ..] => return (2 + count(2, u8::is_ascii_hexdigit), true),
        [b'0', b'b' | b'B', ..] => return (2 + count(2, |byte| matches!(byte, b'0' | b'1')), true),
        _ => {}
    }
    let mut length = count(0, u8::is_ascii_digit);
    if text.get(length) == Some(&b'.') {
        length += 1 + count(length + 1, u8::is_ascii_digit);
        if length == 1 {
            return (1, true);
        }
    }
    if !matches!(text.get(length), Some(b'e' | b'E')) {
        return (length, true);
    }
    length += 1;
    length += usize::from(matches!(text.get(length), Some(b'+' | b'-')));
    let digits = count(length, u8::is_ascii_digit);
    (length + digits, digits > 0)
}

/// What ends a word in libinjection.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0 | b'\t'..=b'\r' | 0xa0) || b" []{}<>:\\?=@!#~+-*/&|^%(),';\"".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{in_ascii, is_one_word, shortened, with_into};
    use crate::operator::random::values;

    #[test]
    fn what_is_passed_over_is_no_sql_to_libinjection() {
        let words = libinjectionrs::sqli::sqli_data::SQL_KEYWORDS.iter().map(|known| known.word);
        let mut passed_over = 0;
        let mut check = |value: &[u8]| {
            if is_one_word(value) {
                passed_over += 1;
                let found = libinjectionrs::detect_sqli(&in_ascii(with_into(shortened(value))));
                assert!(!found.is_injection(), "{}", value.escape_ascii());
            }
        };
        for word in words {
            for before in ["", "1", "0x", "1e", "7f"] {
                check(format!("{before}{word}").as_bytes());
                check(format!("{word}{before}").to_lowercase().as_bytes());
            }
        }
        values(b"01234xXbBeEfFdDuUnNqQiIoO", 40_000, 10).for_each(|value| check(&value));
        assert!(passed_over > 50_000);
    }
}
