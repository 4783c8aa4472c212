//! The text and the attributes of an XML document (XML 1.0, fifth edition), as the variables `XML:/*` and `XML://@*` need them.
//!
//! Nothing is ever expanded but the five predefined entities and character references: no entity can be declared here. A document
//! type by its name alone is passed over; one with declarations, here or elsewhere (`<!DOCTYPE a SYSTEM "…">`), is a fault. Encodings are UTF-8,
//! ASCII and ISO-8859-1, every other one is a fault: what cannot be read must not pass as read.

use super::cursor::Cursor;
use super::urlencoded::hex;
use super::{Fault, is_space};

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Elements inside of each other.
    pub depth: usize,
    /// Attributes of all elements together.
    pub attributes: usize,
}

/// What a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xml {
    /// The text of all elements in its order, in UTF-8: `XML:/*`. Comments and processing instructions do not belong to it.
    pub text: Vec<u8>,
    /// The values of all attributes in their order, without namespace declarations: `XML://@*`.
    pub attributes: Vec<Vec<u8>>,
    /// Why the document is not well-formed, or cannot be read.
    pub fault: Option<Fault>,
}

/// Reads a document. Of an empty text there is nothing, and no fault.
pub fn read(body: &[u8], limits: Limits) -> Xml {
    let mut reader =
        Reader { text: Cursor::new(body), limits, open: Vec::new(), start: 0, latin: false, xml: Xml::default() };
    if !body.is_empty()
        && let Err(fault) = reader.document(body)
    {
        reader.xml.fault.get_or_insert(fault);
    }
    reader.xml
}

struct Reader<'b> {
    text: Cursor<'b>,
    limits: Limits,
    /// The names of the elements that are open.
    open: Vec<&'b [u8]>,
    /// Where the document starts: behind a byte order mark.
    start: usize,
    /// The document is in ISO-8859-1.
    latin: bool,
    xml: Xml,
}

impl<'b> Reader<'b> {
    fn document(&mut self, body: &[u8]) -> Result<(), Fault> {
        self.encoding(body);
        // Before the root element.
        let mut document_type = false;
        loop {
            self.space();
            if self.text.eat(b"<!DOCTYPE") {
                self.note_if(document_type, "a second document type");
                document_type = true;
                self.document_type()?;
            } else if !self.misc()? {
                break;
            }
        }
        if !self.text.eat(b"<") {
            return Err(self.text.fault("no root element"));
        }
        self.element()?;
        while !self.open.is_empty() {
            self.content()?;
        }
        // Behind it.
        loop {
            self.space();
            if !self.misc()? {
                break;
            }
        }
        match self.text.peek() {
            None => Ok(()),
            Some(_) => Err(self.text.fault("something behind the root element")),
        }
    }

    /// Finds out how the document is encoded, and whether it is.
    fn encoding(&mut self, body: &[u8]) {
        self.text.eat(b"\xef\xbb\xbf");
        self.start = self.text.at();
        let mut declaration = self.text.clone();
        if declaration.eat(b"<?xml")
            && let Some(declared) = declaration.until(b"?>")
            && let Some(name) = encoding(declared)
        {
            self.latin = [&b"ISO-8859-1"[..], b"latin1"].iter().any(|known| name.eq_ignore_ascii_case(known));
            let utf8 =
                [&b"UTF-8"[..], b"utf8", b"US-ASCII", b"ASCII"].iter().any(|known| name.eq_ignore_ascii_case(known));
            if !utf8 && !self.latin {
                self.note("an encoding other than UTF-8 and ISO-8859-1");
            }
        }
        // `<` in UTF-16 and UTF-32 has null bytes beside it, and null is no character of XML: a fault further down.
        if !self.latin
            && let Err(error) = str::from_utf8(body)
        {
            let at = error.valid_up_to();
            self.xml.fault.get_or_insert(Fault { at, what: "bytes that are not in the encoding of the document" });
        }
    }

    /// Passes over a document type behind its first word.
    fn document_type(&mut self) -> Result<(), Fault> {
        self.note_if(!self.text.peek().is_some_and(is_space), "a document type without a name");
        loop {
            match self.text.next() {
                Some(b'>') => return Ok(()),
                Some(b'[') => return Err(self.text.fault("a document type with declarations")),
                Some(quote @ (b'"' | b'\'')) => {
                    // Whoever fetches it would go where the client says.
                    self.note("a document type that stands elsewhere");
                    self.text.until(&[quote]).ok_or_else(|| self.text.fault("a document type without an end"))?;
                }
                Some(_) => {}
                None => return Err(self.text.fault("a document type without an end")),
            }
        }
    }

    /// Passes over a comment or a processing instruction, if one comes next.
    fn misc(&mut self) -> Result<bool, Fault> {
        if self.text.eat(b"<!--") {
            let comment = self.text.until(b"--").ok_or_else(|| self.text.fault("a comment without an end"))?;
            self.characters(comment)?;
            if !self.text.eat(b">") {
                return Err(self.text.fault("two hyphens in a comment"));
            }
        } else if self.text.eat(b"<?") {
            let at_start = self.text.at() == self.start + 2;
            let instruction = self.text.until(b"?>").ok_or_else(|| self.text.fault("an instruction without an end"))?;
            self.characters(instruction)?;
            let target = Cursor::new(instruction).take_while(is_name);
            let first = target.first().is_some_and(|byte| is_name_start(*byte));
            let blank = instruction.get(target.len()).is_none_or(|byte| is_space(*byte));
            let declaration = target == b"xml" && at_start;
            if !first || !blank || (target.eq_ignore_ascii_case(b"xml") && !declaration) {
                return Err(self.text.fault("an instruction without a name of its own"));
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Reads one piece of what is inside of an element.
    fn content(&mut self) -> Result<(), Fault> {
        let plain = self
            .text
            .take_while(|byte| byte >= b' ' && !matches!(byte, b'<' | b'&' | b']') || matches!(byte, b'\t' | b'\n'));
        push(plain, self.latin, &mut self.xml.text);
        match self.text.peek() {
            Some(b'<') => {}
            Some(b'&') => {
                if let Some(code) = self.reference()? {
                    push_char(code, &mut self.xml.text);
                }
                return Ok(());
            }
            Some(b']') => {
                if self.text.eat(b"]]>") {
                    return Err(self.text.fault("the end of a CDATA section without its start"));
                }
                self.text.next();
                self.xml.text.push(b']');
                return Ok(());
            }
            Some(b'\r') => {
                self.line_end();
                self.xml.text.push(b'\n');
                return Ok(());
            }
            Some(_) => return Err(self.text.fault("a character that XML does not have")),
            None => return Err(self.text.fault("an element without an end")),
        }
        if self.text.eat(b"<![CDATA[") {
            let section = self.text.until(b"]]>").ok_or_else(|| self.text.fault("a CDATA section without an end"))?;
            self.characters(section)?;
            let mut lines = Cursor::new(section);
            while lines.peek().is_some() {
                push(lines.take_while(|byte| byte != b'\r'), self.latin, &mut self.xml.text);
                if lines.eat(b"\r\n") || lines.eat(b"\r") {
                    self.xml.text.push(b'\n');
                }
            }
        } else if self.text.eat(b"</") {
            let name = self.name()?;
            self.space();
            if self.open.pop() != Some(name) || !self.text.eat(b">") {
                return Err(self.text.fault("the end of another element"));
            }
        } else if !self.misc()? {
            self.text.next();
            self.element()?;
        }
        Ok(())
    }

    /// Reads a start tag behind its `<`.
    fn element(&mut self) -> Result<(), Fault> {
        let name = self.name()?;
        if self.open.len() >= self.limits.depth {
            return Err(self.text.fault("too many elements inside of each other"));
        }
        let mut names = Vec::new();
        loop {
            let blank = self.space();
            if self.text.eat(b">") {
                self.open.push(name);
                break;
            }
            if self.text.eat(b"/>") {
                break;
            }
            if !blank {
                return Err(self.text.fault("no space before an attribute"));
            }
            names.push(self.attribute()?);
        }
        names.sort_unstable();
        self.note_if(names.windows(2).any(|pair| pair.first() == pair.last()), "two attributes of the same name");
        Ok(())
    }

    /// Reads an attribute; returns its name.
    fn attribute(&mut self) -> Result<&'b [u8], Fault> {
        let name = self.name()?;
        self.space();
        if !self.text.eat(b"=") {
            return Err(self.text.fault("an attribute without a value"));
        }
        self.space();
        let quote = match self.text.next() {
            Some(quote @ (b'"' | b'\'')) => quote,
            _ => return Err(self.text.fault("the value of an attribute without quotes")),
        };
        let mut value = Vec::new();
        loop {
            let plain = self.text.take_while(|byte| byte >= b' ' && !matches!(byte, b'<' | b'&') && byte != quote);
            push(plain, self.latin, &mut value);
            match self.text.peek() {
                Some(b'&') => {
                    if let Some(code) = self.reference()? {
                        push_char(code, &mut value);
                    }
                }
                Some(b'\t' | b'\n' | b'\r') => {
                    self.line_end();
                    value.push(b' ');
                }
                Some(byte) if byte == quote => break,
                Some(b'<') => return Err(self.text.fault("a `<` in the value of an attribute")),
                Some(_) => return Err(self.text.fault("a character that XML does not have")),
                None => return Err(self.text.fault("the value of an attribute without an end")),
            }
        }
        self.text.next();
        if name != b"xmlns" && !name.starts_with(b"xmlns:") {
            if self.xml.attributes.len() >= self.limits.attributes {
                return Err(self.text.fault("too many attributes"));
            }
            self.xml.attributes.push(value);
        }
        Ok(name)
    }

    /// Reads a reference. An entity that is not predefined is a fault, and stands for nothing.
    fn reference(&mut self) -> Result<Option<char>, Fault> {
        const BROKEN: &str = "a reference that is none";
        self.text.next();
        let code = if self.text.eat(b"#x") {
            number(self.text.take_while(|byte| byte.is_ascii_hexdigit()), 16)
        } else if self.text.eat(b"#") {
            number(self.text.take_while(|byte| byte.is_ascii_digit()), 10)
        } else {
            let known = match self.name()? {
                b"lt" => Some('<'),
                b"gt" => Some('>'),
                b"amp" => Some('&'),
                b"apos" => Some('\''),
                b"quot" => Some('"'),
                _ => None,
            };
            self.note_if(known.is_none(), "an entity that is not predefined");
            return if self.text.eat(b";") { Ok(known) } else { Err(self.text.fault(BROKEN)) };
        };
        match code {
            Some(code) if self.text.eat(b";") => Ok(Some(code)),
            _ => Err(self.text.fault(BROKEN)),
        }
    }

    /// Reads a name. Beyond ASCII every character may be in one.
    fn name(&mut self) -> Result<&'b [u8], Fault> {
        if !self.text.peek().is_some_and(is_name_start) {
            return Err(self.text.fault("no name"));
        }
        Ok(self.text.take_while(is_name))
    }

    fn space(&mut self) -> bool {
        !self.text.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).is_empty()
    }

    /// Reads one end of line (section 2.11), or a tab.
    fn line_end(&mut self) {
        if !self.text.eat(b"\r\n") {
            self.text.next();
        }
    }

    /// Looks for bytes that are no characters of XML.
    fn characters(&self, text: &[u8]) -> Result<(), Fault> {
        match text.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r')) {
            true => Ok(()),
            false => Err(self.text.fault("a character that XML does not have")),
        }
    }

    /// Notes a fault behind which reading can go on.
    fn note(&mut self, what: &'static str) {
        let fault = self.text.fault(what);
        self.xml.fault.get_or_insert(fault);
    }

    fn note_if(&mut self, wrong: bool, what: &'static str) {
        if wrong {
            self.note(what);
        }
    }
}

/// The encoding that an XML declaration names.
fn encoding(declaration: &[u8]) -> Option<&[u8]> {
    let mut text = Cursor::new(declaration);
    text.until(b"encoding")?;
    text.take_while(is_space);
    text.eat(b"=");
    text.take_while(is_space);
    let quote = text.next()?;
    Some(text.take_while(|byte| byte != quote))
}

/// The character of a reference's digits (production Char).
fn number(digits: &[u8], radix: u32) -> Option<char> {
    let mut code = 0u32;
    for digit in digits {
        code = code.checked_mul(radix)?.checked_add(u32::from(hex(*digit)))?;
    }
    let allowed = matches!(code, 0x9 | 0xa | 0xd | 0x20..0xfffe | 0x1_0000..);
    char::from_u32(code).filter(|_| allowed && !digits.is_empty())
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..)
}

fn is_name(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
}

/// Adds text of the document, in UTF-8.
fn push(text: &[u8], latin: bool, value: &mut Vec<u8>) {
    if latin && !text.is_ascii() {
        text.iter().for_each(|byte| push_char(char::from(*byte), value));
    } else {
        value.extend_from_slice(text);
    }
}

fn push_char(character: char, value: &mut Vec<u8>) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
