//! Writes JSON (RFC 8259): objects of texts and numbers, member by member.

use std::fmt::Write;

/// Which characters are escaped beside those that must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ascii {
    /// Everything that is not printable ASCII: what is written can go anywhere.
    Only,
    /// What cannot be seen, or turns the direction of the text around it.
    OrNot,
}

/// An object that is being written.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut String,
    ascii: Ascii,
    empty: bool,
}

/// The text of an object whose members `fill` writes.
pub fn write(ascii: Ascii, fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::new();
    object(&mut out, ascii, fill);
    out
}

/// A text as JSON.
pub fn text(text: &str) -> String {
    let mut out = String::new();
    quoted(&mut out, text, Ascii::OrNot);
    out
}

fn object(out: &mut String, ascii: Ascii, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object { out, ascii, empty: true });
    out.push('}');
}

impl Object<'_> {
    /// A member that is a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quoted(self.out, value, self.ascii);
    }

    /// A member that is a text, if there is one.
    pub fn text_if_any(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A member that is a number.
    pub fn number(&mut self, name: &str, value: u32) {
        self.name(name);
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    /// A member that is an object, whose members `fill` writes.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        object(self.out, self.ascii, fill);
    }

    /// A member that is a list of objects, each of which `fill` writes.
    pub fn list<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, fill: impl Fn(&mut Object<'_>, T)) {
        self.name(name);
        self.out.push('[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            object(self.out, self.ascii, |object| fill(object, item));
        }
        self.out.push(']');
    }

    fn name(&mut self, name: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        quoted(self.out, name, self.ascii);
        self.out.push(':');
    }
}

/// RFC 8259, section 7.
fn quoted(out: &mut String, text: &str, ascii: Ascii) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            ' '..='~' => out.push(char),
            _ if ascii == Ascii::Only || is_unseen(char) => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

/// Control characters, marks of direction, and what has no width: the commonest of those that nobody sees.
fn is_unseen(char: char) -> bool {
    matches!(
        char,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}
