//! JSON (RFC 8259) as arguments, named as ModSecurity v3 names them: `json.a.b`, and `json.a.array_0` for an element.
//!
//! Duplicates are kept, numbers stay as they are written, an empty key is called `empty-key`, and an array or object without
//! elements is an empty value: its name is to be seen too (ModSecurity has none).

use super::cursor::Cursor;
use super::urlencoded::hex;
use super::{Fault, Pair};

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Objects and arrays inside of each other.
    pub depth: usize,
    /// Values.
    pub arguments: usize,
    /// Bytes of all names and values together. A long key around many elements stands in the name of each.
    pub bytes: usize,
}

/// The values of a JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json {
    /// Names and values, in their order.
    pub pairs: Vec<Pair>,
    /// Why reading ended before the end of the text. Of an empty text there is none.
    pub fault: Option<Fault>,
    /// There are more values, or more bytes of them, than [`Limits`] allows. It is a fault as well.
    pub over: bool,
}

/// Reads one JSON text. It must be UTF-8.
pub fn arguments(body: &[u8], limits: Limits) -> Json {
    let mut reader = Reader {
        text: Cursor::new(body),
        limits,
        open: Vec::new(),
        name: b"json".to_vec(),
        bytes: 0,
        json: Json::default(),
    };
    if !body.is_empty()
        && let Err(fault) = reader.read()
    {
        reader.json.fault = Some(fault);
    }
    if let (None, Err(error)) = (reader.json.fault, str::from_utf8(body)) {
        reader.json.fault = Some(Fault { at: error.valid_up_to(), what: "bytes that are not UTF-8" });
    }
    reader.json
}

/// An object or array that is being read.
struct Open {
    /// How long the name of the container itself is.
    name: usize,
    /// In an array: which element comes next.
    element: Option<usize>,
}

struct Reader<'b> {
    text: Cursor<'b>,
    limits: Limits,
    open: Vec<Open>,
    /// The name of the value that is being read.
    name: Vec<u8>,
    bytes: usize,
    json: Json,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Fault> {
        loop {
            // A value comes next, or the container that was opened is empty.
            let opened = self.value()?;
            if opened {
                if self.next_name(true)? {
                    continue;
                }
                // Nothing is in it, and yet its name, and those around it, are what a client chose.
                if !self.open.is_empty() {
                    self.pair(Vec::new())?;
                }
            }
            // A value is complete. It may be the last one of some containers.
            loop {
                if self.open.is_empty() {
                    self.space();
                    return match self.text.peek() {
                        None => Ok(()),
                        Some(_) => Err(self.text.fault("something behind the value")),
                    };
                }
                if self.next_name(false)? {
                    break;
                }
            }
        }
    }

    /// Reads what stands before the next value in the innermost container, and names that value. `false`: the container ended.
    fn next_name(&mut self, first: bool) -> Result<bool, Fault> {
        self.space();
        let Some(open) = self.open.last_mut() else { return Ok(false) };
        self.name.truncate(open.name);
        let (end, missing) = match open.element {
            Some(_) => (b"]", "neither a comma nor the end of the array"),
            None => (b"}", "neither a comma nor the end of the object"),
        };
        if self.text.eat(end) {
            self.open.pop();
            return Ok(false);
        }
        if !first && !self.text.eat(b",") {
            return Err(self.text.fault(missing));
        }
        if let Some(element) = &mut open.element {
            self.name.extend_from_slice(format!(".array_{element}").as_bytes());
            *element += 1;
            return Ok(true);
        }
        self.space();
        if !self.text.eat(b"\"") {
            return Err(self.text.fault("no key"));
        }
        let key = string(&mut self.text)?;
        self.name.push(b'.');
        self.name.extend_from_slice(if key.is_empty() { b"empty-key" } else { &key });
        self.space();
        if !self.text.eat(b":") {
            return Err(self.text.fault("no colon behind the key"));
        }
        Ok(true)
    }

    /// Reads a value. `true`: it is a container, of which only the start was read.
    fn value(&mut self) -> Result<bool, Fault> {
        self.space();
        let value = match self.text.peek() {
            Some(start @ (b'{' | b'[')) => {
                if self.open.len() >= self.limits.depth {
                    return Err(self.text.fault("too many objects and arrays inside of each other"));
                }
                self.text.next();
                self.open.push(Open { name: self.name.len(), element: (start == b'[').then_some(0) });
                return Ok(true);
            }
            Some(b'"') => {
                self.text.next();
                string(&mut self.text)?
            }
            Some(b'-' | b'0'..=b'9') => number(&mut self.text)?.to_vec(),
            Some(b't') if self.text.eat(b"true") => b"true".to_vec(),
            Some(b'f') if self.text.eat(b"false") => b"false".to_vec(),
            Some(b'n') if self.text.eat(b"null") => Vec::new(),
            Some(_) => return Err(self.text.fault("no value")),
            None => return Err(self.text.fault("the end, where a value is missing")),
        };
        self.pair(value)?;
        Ok(false)
    }

    /// A value of the name that was read last.
    fn pair(&mut self, value: Vec<u8>) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(self.name.len() + value.len());
        if self.json.pairs.len() >= self.limits.arguments || self.bytes > self.limits.bytes {
            self.json.over = true;
            return Err(self.text.fault("too many values"));
        }
        self.json.pairs.push((self.name.clone(), value));
        Ok(())
    }

    fn space(&mut self) {
        self.text.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }
}

/// Reads a number, as it is written (RFC 8259, section 6).
fn number<'b>(text: &mut Cursor<'b>) -> Result<&'b [u8], Fault> {
    let start = text.clone();
    let missing = "no digit, where a number needs one";
    let digits = |text: &mut Cursor<'b>| match text.take_while(|byte| byte.is_ascii_digit()) {
        [] => Err(text.fault(missing)),
        _ => Ok(()),
    };
    text.eat(b"-");
    if !text.eat(b"0") {
        digits(text)?;
    }
    if text.eat(b".") {
        digits(text)?;
    }
    if matches!(text.peek(), Some(b'e' | b'E')) {
        text.next();
        if matches!(text.peek(), Some(b'+' | b'-')) {
            text.next();
        }
        digits(text)?;
    }
    Ok(start.rest().get(..text.at() - start.at()).unwrap_or_default())
}

/// Reads a string behind its opening quote, unescaped.
fn string(text: &mut Cursor<'_>) -> Result<Vec<u8>, Fault> {
    let mut value = text.take_while(|byte| byte >= b' ' && byte != b'"' && byte != b'\\').to_vec();
    loop {
        match text.next() {
            Some(b'"') => return Ok(value),
            Some(b'\\') => escape(text, &mut value)?,
            Some(_) => return Err(text.fault("a control character in a string")),
            None => return Err(text.fault("a string without an end")),
        }
        value.extend_from_slice(text.take_while(|byte| byte >= b' ' && byte != b'"' && byte != b'\\'));
    }
}

/// Reads an escape behind its backslash.
fn escape(text: &mut Cursor<'_>, value: &mut Vec<u8>) -> Result<(), Fault> {
    let wrong = text.fault("an escape that does not exist");
    value.push(match text.next() {
        Some(byte @ (b'"' | b'\\' | b'/')) => byte,
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => {
            let unit = unit(text).ok_or(wrong)?;
            return surrogates(text, unit, value);
        }
        _ => return Err(wrong),
    });
    Ok(())
}

/// Writes a UTF-16 code unit, with the other half of its pair when that comes next. A lone half is what ModSecurity makes of it: a
/// high one `?`, a low one its three bytes. Only a low one ends a pair: what else stands there is not swallowed.
fn surrogates(text: &mut Cursor<'_>, unit: u32, value: &mut Vec<u8>) -> Result<(), Fault> {
    match unit {
        0xd800..0xdc00 => {
            let mut ahead = text.clone();
            let low = if ahead.eat(b"\\u") { self::unit(&mut ahead) } else { None };
            match low {
                Some(low @ 0xdc00..0xe000) => {
                    *text = ahead;
                    utf8(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), value);
                }
                _ => value.push(b'?'),
            }
        }
        0xdc00..0xe000 => {
            // The form of UTF-8, which Rust's own encoder refuses for a surrogate.
            value.extend([0xed, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8]);
        }
        _ => utf8(unit, value),
    }
    Ok(())
}

fn utf8(code: u32, value: &mut Vec<u8>) {
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads four hexadecimal digits.
fn unit(text: &mut Cursor<'_>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = text.next().filter(u8::is_ascii_hexdigit)?;
        unit = unit << 4 | u32::from(hex(digit));
    }
    Some(unit)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
