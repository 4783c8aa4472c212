//! Reads JSON (RFC 8259): strictly, and with a bound to everything that a document could make large.

use std::fmt;

use super::Json;

/// How many lists and objects may lie in one another. Each takes a piece of the stack, and a module that runs out of it is gone.
const DEPTH_LIMIT: usize = 64;

/// How many members an object may have: looking for names that occur twice takes longer than in proportion.
const MEMBERS_LIMIT: usize = 10_000;

/// Why a text is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// From 1.
    line: usize,
    /// In bytes, from 1.
    column: usize,
    fault: &'static str,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, fault } = self;
        write!(f, "line {line}, column {column}: {fault}")
    }
}

/// Reads the one value that is all of the text.
///
/// # Errors
/// The first place from which on it is not JSON, or too deep or too large.
pub fn parse(text: &[u8]) -> Result<Json, NotJson> {
    let mut parser = Parser { text, at: 0 };
    parser.document().map_err(|fault| {
        let before = text.get(..parser.at).unwrap_or(text);
        let in_line = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        NotJson { line: 1 + before.iter().filter(|byte| **byte == b'\n').count(), column: 1 + in_line, fault }
    })
}

struct Parser<'a> {
    text: &'a [u8],
    /// The next byte to be read; where the fault is, after one.
    at: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Json> {
        let value = self.value(0)?;
        match self.next_token() {
            None => Ok(value),
            Some(_) => Err("the document has ended before; delete what follows"),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The first byte behind white space, which stays to be read.
    fn next_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Reads over that byte, if it is the next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Parsed<Json> {
        match self.next_token() {
            Some(b'{' | b'[') if depth >= DEPTH_LIMIT => {
                Err("lists and objects lie too deep in one another; write it flatter")
            }
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.list(depth + 1),
            Some(b'"') => self.text().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err("the document ends here; write the rest of it"),
        }
    }

    fn word(&mut self) -> Parsed<Json> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err("a value is missing here; write a text in quotes, a number, `true`, `false`, a list or an object")
    }

    fn list(&mut self, depth: usize) -> Parsed<Json> {
        self.at += 1;
        let mut items = Vec::new();
        if self.next_token() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            match self.next_token() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::List(items));
                }
                _ => return Err("the list goes on or ends here; write `,` or `]`"),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Parsed<Json> {
        self.at += 1;
        let mut members = Vec::new();
        if self.next_token() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            if self.next_token() != Some(b'"') {
                return Err("the name of a member is missing here; write it in quotes");
            }
            if members.len() >= MEMBERS_LIMIT {
                return Err("the object has too many members; write at most 10000");
            }
            let name = self.text()?;
            if self.next_token() != Some(b':') {
                return Err("the member has no value; write `:` and the value behind the name");
            }
            self.at += 1;
            members.push((name, self.value(depth)?));
            match self.next_token() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return Err("the object goes on or ends here; write `,` or `}`"),
            }
        }
    }

    /// RFC 8259, section 7.
    fn text(&mut self) -> Parsed<String> {
        self.at += 1;
        let begin = self.at;
        let mut bytes = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            bytes.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let char = self.escaped()?;
                    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(_) => return Err("a text has a control character here; write it as `\\n`, `\\t` or `\\u0000`"),
                None => return Err("a text does not end; write `\"` behind it"),
            }
        }
        self.at += 1;
        String::from_utf8(bytes).map_err(|_| {
            self.at = begin;
            "a text is not UTF-8; save the document as UTF-8"
        })
    }

    fn escaped(&mut self) -> Parsed<char> {
        const FAULT: &str =
            "this escape is not JSON; write one of `\\\" \\\\ \\/ \\b \\f \\n \\r \\t`, or `\\u` and four digits";
        let char = match self.text.get(self.at + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode().ok_or(FAULT),
            Some(_) | None => return Err(FAULT),
        };
        self.at += 2;
        Ok(char)
    }

    /// `\u` and four digits; two of them where it takes a surrogate pair. `None` also of half a pair.
    fn unicode(&mut self) -> Option<char> {
        let high = self.unit(self.at)?;
        let (char, length) = match char::from_u32(high) {
            Some(char) => (char, 6),
            None => {
                let low = self.unit(self.at + 6).filter(|low| (0xdc00..=0xdfff).contains(low))?;
                let pair = (high.checked_sub(0xd800)? << 10) + (low - 0xdc00) + 0x1_0000;
                (char::from_u32(pair).filter(|_| high < 0xdc00)?, 12)
            }
        };
        self.at += length;
        Some(char)
    }

    /// The number in the escape that begins there.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    }

    /// RFC 8259, section 6.
    fn number(&mut self) -> Parsed<Json> {
        let negative = self.take(b'-');
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with(b"0") {
            return Err("the number before this begins with a zero; delete that");
        }
        let fraction = if self.take(b'.') { self.digits()? } else { &[] };
        let mut exponent = 0;
        if self.take(b'e') || self.take(b'E') {
            let negative = self.take(b'-');
            let _ = !negative && self.take(b'+');
            // A number with an exponent that large is 0, or too large, or has no digit left before its point; so it is with the
            // largest that fits.
            exponent = self.digits()?.iter().fold(0_i64, |exponent, digit| {
                let digit = i64::from(digit - b'0');
                exponent.saturating_mul(10).saturating_add(if negative { -digit } else { digit })
            });
        }
        let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(exponent);
        Ok(number(negative, whole.iter().chain(fraction), point))
    }

    /// The digits that come next: at least one.
    fn digits(&mut self) -> Parsed<&'a [u8]> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        rest.get(..count).filter(|digits| !digits.is_empty()).ok_or("a number lacks digits here; write them")
    }
}

/// The number of those digits, of which so many stand before the decimal point. Zeros follow them without end.
fn number<'a>(negative: bool, digits: impl Iterator<Item = &'a u8>, point: i64) -> Json {
    // Negative from the first digit on: the lowest number has no positive counterpart.
    let append = |number: i64, digit: &u8| {
        let digit = i64::from(digit - b'0');
        number.checked_mul(10)?.checked_add(if negative { -digit } else { digit })
    };
    let (mut whole, mut is_whole, mut left) = (Some(0), true, point);
    for digit in digits {
        if left > 0 {
            whole = whole.and_then(|number| append(number, digit));
            left -= 1;
        } else {
            is_whole &= *digit == b'0';
        }
    }
    // No number but 0 can be multiplied by ten more often than it has digits.
    while left > 0 && whole.is_some_and(|number| number != 0) {
        whole = whole.and_then(|number| append(number, &b'0'));
        left -= 1;
    }
    match whole {
        Some(whole) if is_whole => Json::Integer(whole),
        Some(whole) if negative => Json::OtherNumber { whole: whole.checked_sub(1) },
        Some(_) | None => Json::OtherNumber { whole },
    }
}
