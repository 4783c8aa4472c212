//! Text becomes logical lines, and those become words: continuation, comments and quotes, every byte with its place.

use std::rc::Rc;

use super::ast::Place;

/// What is found wrong in a directive, each with its place.
pub(super) type Found = Vec<(Place, String)>;

/// The longest directive, continuation lines included, bytes. The longest of CRS 4.28 has 13 KB.
pub(super) const DIRECTIVE_BYTES: usize = 256 * 1024;

/// From this byte of a text on, the places in the file are these, one column a byte.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: usize,
    line: u32,
    column: u32,
    /// How many blanks begin a continuation line here. Inside quotes they are left out.
    indent: usize,
}

/// A text of which each byte knows its place in the file, also where something was left out of it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    file: Rc<str>,
    text: String,
    marks: Vec<Mark>,
}

impl Text {
    fn new(file: &Rc<str>) -> Self {
        Self { file: file.clone(), text: String::new(), marks: Vec::new() }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn place(&self, at: usize) -> Place {
        let after = self.marks.partition_point(|mark| mark.at <= at);
        let (line, column) = match after.checked_sub(1).and_then(|index| self.marks.get(index)) {
            Some(mark) => (mark.line, mark.column.saturating_add(u32::try_from(at - mark.at).unwrap_or(u32::MAX))),
            None => (1, 1),
        };
        Place { file: self.file.clone(), line, column }
    }

    /// The first position from `at` on that has no blank.
    pub(super) fn skip_blanks(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(is_blank) {
            at += 1;
        }
        at
    }

    /// The first position from `at` on whose byte is one of those, or the end.
    pub(super) fn find(&self, at: usize, stops: &[u8]) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| stops.contains(byte)).unwrap_or(rest.len())
    }

    /// The end of a word that stands in no quotes: a stop, or the end of its line.
    fn word_end(&self, at: usize, stops: &[u8]) -> usize {
        let next = self.marks.get(self.marks.partition_point(|mark| mark.at <= at));
        self.find(at, stops).min(next.map_or(usize::MAX, |mark| mark.at))
    }

    /// A part of it, without blanks at its ends.
    pub(super) fn part(&self, from: usize, to: usize) -> Self {
        let part = self.text.get(from..to).unwrap_or_default();
        let from = from + (part.len() - part.trim_start_matches([' ', '\t']).len());
        self.exact_part(from, from + part.trim_matches([' ', '\t']).len())
    }

    /// A part of it, with the blanks at its ends.
    pub(super) fn exact_part(&self, from: usize, to: usize) -> Self {
        let mut part = Self::new(&self.file);
        part.push(self, from, to);
        part
    }

    /// What stands between the quotes, of which the first is at `open`: a backslash before such a quote is left out, every other
    /// one stays, and so does the byte behind it (`"a\\"` ends there). With it the position behind the second quote. `None`: it
    /// is missing.
    pub(super) fn quoted(&self, open: usize) -> Option<(Self, usize)> {
        let quote = self.byte(open)?;
        let mut inner = Self::new(&self.file);
        let (mut run, mut at) = (open + 1, open + 1);
        let first = self.marks.partition_point(|mark| mark.at <= open);
        let mut breaks = self.marks.iter().skip(first).filter(|mark| mark.indent > 0).peekable();
        loop {
            while breaks.peek().is_some_and(|mark| mark.at < at) {
                breaks.next();
            }
            if let Some(mark) = breaks.next_if(|mark| mark.at == at) {
                inner.push(self, run, at);
                at += mark.indent;
                run = at;
                continue;
            }
            let byte = self.byte(at)?;
            if byte == quote {
                inner.push(self, run, at);
                if inner.marks.is_empty() {
                    inner.marks.push(self.mark(at, 0));
                }
                return Some((inner, at + 1));
            }
            if byte == b'\\' {
                if self.byte(at + 1) == Some(quote) {
                    inner.push(self, run, at);
                    run = at + 1;
                }
                at += 1;
            }
            at += 1;
        }
    }

    fn mark(&self, from: usize, at: usize) -> Mark {
        let Place { file: _, line, column } = self.place(from);
        Mark { at, line, column, indent: 0 }
    }

    /// Appends a part of another text, with its places. Positions must be at the ends of characters.
    fn push(&mut self, from: &Self, start: usize, end: usize) {
        let offset = self.text.len();
        if !self.marks.is_empty() && start >= end {
            return;
        }
        self.marks.push(from.mark(start, offset));
        let first = from.marks.partition_point(|mark| mark.at <= start);
        for mark in from.marks.iter().skip(first).take_while(|mark| mark.at < end) {
            self.marks.push(Mark { at: offset + (mark.at - start), indent: 0, ..*mark });
        }
        self.text.push_str(from.text.get(start..end).unwrap_or_default());
    }

    /// Says what is wrong at a position of it.
    pub(super) fn wrong(&self, at: usize, message: impl Into<String>, found: &mut Found) {
        found.push((self.place(at), message.into()));
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A text as a message shows it: between back quotes, cut, and with what cannot be seen escaped.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == MOST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.push('`');
    shown
}

/// How much of the name of a directive a problem shows, bytes.
const NAME_BYTES: usize = 64;

/// A directive that is not read yet.
pub(super) struct Logical {
    /// Its name as it is written, for problems.
    pub(super) name: String,
    /// All of its lines as one. `None`: they cannot be read.
    pub(super) text: Option<Text>,
}

/// The directives of a file, each as one line, without comments.
pub(super) struct Lines<'a> {
    file: Rc<str>,
    rest: &'a [u8],
    /// The number of the last line that was taken.
    line: u32,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &Rc<str>, text: &'a [u8]) -> Self {
        let rest = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Self { file: file.clone(), rest, line: 0 }
    }

    /// The next line of the file, without its end.
    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (mut line, rest) = match end {
            Some(end) => (self.rest.get(..end)?, self.rest.get(end + 1..)?),
            None => (self.rest, Default::default()),
        };
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        self.rest = rest;
        self.line = self.line.saturating_add(1);
        Some(line)
    }

    /// The next directive, and what is wrong with its lines.
    pub(super) fn next(&mut self) -> Option<(Logical, Found)> {
        loop {
            let line = self.physical()?;
            let content = line.trim_ascii();
            if let Some(comment) = content.strip_prefix(b"#") {
                self.skip_comment(comment);
            } else if !content.is_empty() {
                let mut found = Found::new();
                let text = self.directive(line, &mut found);
                let name = content.split(u8::is_ascii_whitespace).next().unwrap_or_default();
                let name = String::from_utf8_lossy(name.get(..NAME_BYTES).unwrap_or(name)).into_owned();
                return Some((Logical { name, text }, found));
            }
        }
    }

    /// A comment ends with its line, except that a rule which is commented out takes the lines that continue it with it, as in
    /// ModSecurity v3: one `#` before it is enough.
    fn skip_comment(&mut self, comment: &[u8]) {
        let comment = comment.trim_ascii_start();
        let starts = |name: &[u8]| comment.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if !starts(b"SecRule") && !starts(b"SecAction") {
            return;
        }
        let mut goes_on = comment.ends_with(b"\\");
        while goes_on {
            goes_on = self.physical().is_some_and(|line| line.trim_ascii_end().ends_with(b"\\"));
        }
    }

    /// A directive that begins with this line. `None`: it is not readable at all.
    fn directive(&mut self, first: &[u8], found: &mut Found) -> Option<Text> {
        let mut joined = Text::new(&self.file);
        let mut readable = true;
        let mut next = Some(first);
        while let Some(line) = next {
            let place = |column: usize| Place {
                file: self.file.clone(),
                line: self.line,
                column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
            };
            let ended = line.trim_ascii_end();
            let content = ended.strip_suffix(b"\\");
            if readable && content.is_some() && ended.len() < line.len() {
                found.push((place(ended.len()), "a blank follows the `\\` that ends the line; take it away".into()));
            }
            match std::str::from_utf8(content.unwrap_or(line)) {
                // A line counts as a byte, too: an empty one takes memory as well.
                Ok(text) if readable && joined.len() + joined.marks.len() + text.len() < DIRECTIVE_BYTES => {
                    let indent = if joined.marks.is_empty() {
                        0
                    } else {
                        text.len() - text.trim_start_matches([' ', '\t']).len()
                    };
                    joined.marks.push(Mark { at: joined.len(), line: self.line, column: 1, indent });
                    joined.text.push_str(text);
                }
                Ok(_) => {
                    if readable {
                        let message = format!("the directive is longer than {DIRECTIVE_BYTES} bytes; split it");
                        found.push((place(0), message));
                    }
                    readable = false;
                }
                Err(_) if !readable => {}
                Err(error) => {
                    let message = "the text is not UTF-8; write other bytes as `\\x` and two digits";
                    found.push((place(error.valid_up_to()), message.into()));
                    readable = false;
                }
            }
            next = if content.is_some() { self.physical() } else { None };
        }
        readable.then_some(joined)
    }
}

/// A directive in words.
pub(super) struct Words {
    /// The first word: the name of the directive.
    pub(super) name: Text,
    /// The others, out of their quotes. `None`: what they are cannot be said.
    pub(super) arguments: Option<Vec<Text>>,
}

/// Splits a directive at blanks and ends of lines. A word may stand in single or double quotes.
pub(super) fn words(line: &Text, found: &mut Found) -> Words {
    let start = line.skip_blanks(0);
    let mut at = line.word_end(start, b" \t\"'");
    let name = line.part(start, at);
    let mut arguments = Vec::new();
    loop {
        let word = line.skip_blanks(at);
        // Behind an argument a comment may follow, as in ModSecurity v3; `SecArgumentSeparator #` has none before it.
        let comment = line.byte(word) == Some(b'#') && !arguments.is_empty();
        if word >= line.len() || comment {
            return Words { name, arguments: Some(arguments) };
        }
        let text = match line.byte(word) {
            Some(quote @ (b'"' | b'\'')) => {
                let Some((text, end)) = line.quoted(word) else {
                    let quote = char::from(quote);
                    let message =
                        format!("the {quote} is never closed; close it, or end a line that goes on with `\\`");
                    line.wrong(word, message, found);
                    return Words { name, arguments: None };
                };
                if line.byte(end).is_some_and(|byte| !is_blank(byte)) {
                    let quote = char::from(quote);
                    let message = format!(
                        "something follows the closing {quote}; put a blank before it, or write `\\{quote}` for a quote inside"
                    );
                    line.wrong(end, message, found);
                    return Words { name, arguments: None };
                }
                at = end;
                text
            }
            Some(_) | None => {
                at = line.word_end(word, b" \t");
                line.part(word, at)
            }
        };
        arguments.push(text);
    }
}
