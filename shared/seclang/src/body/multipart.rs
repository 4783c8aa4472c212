//! `multipart/form-data` (RFC 7578, RFC 2046), read as ModSecurity v3 reads it: by lines, with a flag for whatever another reader could
//! understand in another way.
//!
//! On purpose this differs from ModSecurity 3.0.15: a value keeps its line breaks; an empty boundary, two headers of the same name, a
//! part whose headers have no end and a value without its last quote are faults; and behind a fault reading goes on as far as it
//! makes sense, so that rules see what there is.

use std::borrow::Cow;

use super::{Fault, disposition, is_space};
use crate::language::ast::Variable;

/// The longest line of a part's header, in bytes, with the end of the line; also the longest header when it is folded.
const HEADER_BYTES: usize = 4096;
/// The most headers of a part.
const HEADERS: usize = 32;
/// The longest value of the header `Content-Type`, in bytes.
const CONTENT_TYPE_BYTES: usize = 1024;
/// The media type, which stands first in the header `Content-Type`.
const MEDIA_TYPE: &[u8] = b"multipart/form-data";

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Parts of any kind.
    pub parts: usize,
    /// Parts that are files (`SecUploadFileLimit`).
    pub files: usize,
}

/// A part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part<'b> {
    /// `name`; empty only with a fault.
    pub name: Vec<u8>,
    /// `filename`; when it is empty the part is an argument, otherwise a file.
    pub filename: Vec<u8>,
    /// The value of the argument, the content of the file.
    pub value: &'b [u8],
    /// The header lines, unfolded, without the end of the line: `MULTIPART_PART_HEADERS:name`.
    pub headers: Vec<Cow<'b, [u8]>>,
}

impl Part<'_> {
    /// Whether it is a file (`FILES`) and not an argument (`ARGS_POST`).
    pub fn is_file(&self) -> bool {
        !self.filename.is_empty()
    }
}

/// The variables `MULTIPART_…` that are 0 or 1, and one that can be 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// The boundary is in quotes in the header.
    pub boundary_quoted: bool,
    /// White space around the `=` of the boundary in the header.
    pub boundary_whitespace: bool,
    /// Something before the first boundary.
    pub data_before: bool,
    /// Something behind the last one.
    pub data_after: bool,
    /// A folded header.
    pub header_folding: bool,
    /// A header folded with something else than space and tab.
    pub invalid_header_folding: bool,
    /// A line that ends in a line feed alone.
    pub lf_line: bool,
    /// A line that ends in both.
    pub crlf_line: bool,
    /// No semicolon before the boundary in the header.
    pub missing_semicolon: bool,
    /// Single quotes around a value, or something behind the closing quote.
    pub invalid_quoting: bool,
    /// A boundary where the value should begin, or a part without a name.
    pub invalid_part: bool,
    /// More files than [`Limits::files`].
    pub file_limit_exceeded: bool,
    /// 1: something like a boundary that is none. 2: a boundary matched after the first one, whatever was before. As ModSecurity counts
    /// it; rules ask for 1.
    pub unmatched_boundary: u8,
}

impl Flags {
    /// Those that are a `MULTIPART_STRICT_ERROR` each, with the variables that tell of them.
    pub fn strict(&self) -> [(Variable, bool); 11] {
        let Self {
            boundary_quoted,
            boundary_whitespace,
            data_before,
            data_after,
            header_folding,
            invalid_header_folding,
            lf_line,
            crlf_line: _,
            missing_semicolon,
            invalid_quoting,
            invalid_part,
            file_limit_exceeded,
            unmatched_boundary: _,
        } = *self;
        [
            (Variable::MultipartBoundaryQuoted, boundary_quoted),
            (Variable::MultipartBoundaryWhitespace, boundary_whitespace),
            (Variable::MultipartDataBefore, data_before),
            (Variable::MultipartDataAfter, data_after),
            (Variable::MultipartHeaderFolding, header_folding),
            (Variable::MultipartInvalidHeaderFolding, invalid_header_folding),
            (Variable::MultipartLfLine, lf_line),
            (Variable::MultipartMissingSemicolon, missing_semicolon),
            (Variable::MultipartInvalidQuoting, invalid_quoting),
            (Variable::MultipartInvalidPart, invalid_part),
            (Variable::MultipartFileLimitExceeded, file_limit_exceeded),
        ]
    }
}

/// A body, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multipart<'b> {
    /// The parts, in their order.
    pub parts: Vec<Part<'b>>,
    /// Each `name`, also of parts that are not understood: `MULTIPART_NAME`.
    pub names: Vec<Vec<u8>>,
    /// Each `filename`, likewise: `MULTIPART_FILENAME`.
    pub filenames: Vec<Vec<u8>>,
    /// What is unusual.
    pub flags: Flags,
    /// The first fault: `REQBODY_ERROR`.
    pub fault: Option<Fault>,
    /// There are more parts than [`Limits::parts`]. It is a fault as well.
    pub over: bool,
    /// The bytes of headers and of values that are no files: what `SecRequestBodyNoFilesLimit` counts.
    pub plain_bytes: usize,
}

impl Multipart<'_> {
    /// `MULTIPART_STRICT_ERROR`.
    pub fn strict_error(&self) -> bool {
        self.fault.is_some() || self.flags.strict().iter().any(|(_, set)| *set)
    }

    /// `MULTIPART_CRLF_LF_LINES`.
    pub fn crlf_lf_lines(&self) -> bool {
        self.flags.crlf_line && self.flags.lf_line
    }

    /// `FILES_COMBINED_SIZE`, in bytes.
    pub fn files_combined_size(&self) -> usize {
        self.parts.iter().filter(|part| part.is_file()).map(|part| part.value.len()).sum()
    }

    fn fault(&mut self, at: usize, what: &'static str) {
        self.fault.get_or_insert(Fault { at, what });
    }
}

/// Reads a body; `content_type` is the value of the first header `Content-Type`.
pub fn read<'b>(content_type: &[u8], body: &'b [u8], limits: Limits) -> Multipart<'b> {
    let mut read = Multipart::default();
    match boundary(content_type, &mut read.flags) {
        Ok(boundary) => {
            let mut lines = Lines { body, limits, read, part: None, files: 0, delimiter: [b"--", boundary].concat() };
            lines.read();
            lines.read
        }
        Err(what) => {
            read.fault(0, what);
            read
        }
    }
}

/// The boundary, from the header `Content-Type`.
fn boundary<'h>(header: &'h [u8], flags: &mut Flags) -> Result<&'h [u8], &'static str> {
    const KEY: &[u8] = b"boundary";
    if header.len() > CONTENT_TYPE_BYTES {
        return Err("a Content-Type that is too long");
    }
    if !header.get(..MEDIA_TYPE.len()).is_some_and(|start| start.eq_ignore_ascii_case(MEDIA_TYPE)) {
        return Err("a Content-Type that is not multipart/form-data");
    }
    if count_boundaries(header) > 1 {
        return Err("several boundaries in Content-Type");
    }
    let start = memchr::memmem::find(header, KEY).ok_or("no boundary in Content-Type")?;
    let before = header.get(MEDIA_TYPE.len()..start).unwrap_or_default();
    match before.iter().filter(|byte| !is_space(**byte)).collect::<Vec<_>>().as_slice() {
        [] => flags.missing_semicolon = true,
        [b';'] => {}
        _ => return Err("something before the boundary in Content-Type"),
    }
    let rest = header.get(start + KEY.len()..).unwrap_or_default();
    let equals = memchr::memchr(b'=', rest).ok_or("a boundary without a value in Content-Type")?;
    let (blank, value) = rest.split_at_checked(equals).unwrap_or_default();
    let value = value.get(1..).unwrap_or_default();
    if !blank.iter().all(|byte| is_space(*byte)) {
        return Err("a parameter of another name in Content-Type");
    }
    flags.boundary_whitespace = !blank.is_empty() || value.first().is_some_and(|byte| is_space(*byte));
    let value = match value {
        [b'"', inside @ .., b'"'] => {
            flags.boundary_quoted = true;
            inside
        }
        [b'"', ..] | [.., b'"'] => return Err("a boundary with one quote in Content-Type"),
        plain => plain,
    };
    // Some clients add another parameter. It is tolerated where it cannot belong to the boundary.
    let value = match memchr::memchr(b';', value) {
        Some(end) => value.get(..end).unwrap_or_default(),
        None => value,
    };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
    match value {
        [] => Err("an empty boundary in Content-Type"),
        [.., b' '] => Err("a boundary that ends in a space in Content-Type"),
        _ if value.iter().all(allowed) => Ok(value),
        _ => Err("a boundary with a character that is not allowed in Content-Type"),
    }
}

/// How often the word stands before some `=`.
fn count_boundaries(text: &[u8]) -> usize {
    let end = memchr::memrchr(b'=', text).unwrap_or(0);
    let text = text.get(..end).unwrap_or_default().to_ascii_lowercase();
    memchr::memmem::find_iter(&text, b"boundary").count()
}

/// A part that is being read.
#[derive(Default)]
struct Open<'b> {
    part: Part<'b>,
    /// The header that is being read, and what it says.
    header: Option<Header<'b>>,
    /// The names of its headers.
    names: Vec<&'b [u8]>,
    /// The value of the first `Content-Disposition`.
    disposition: Option<Cow<'b, [u8]>>,
    /// Headers are over, and the value starts here.
    value: Option<usize>,
    /// A line of the value was read.
    has_data: bool,
}

/// A header of a part.
struct Header<'b> {
    name: &'b [u8],
    /// Unfolded; owned when it was folded.
    value: Cow<'b, [u8]>,
    /// Its first line.
    line: &'b [u8],
}

struct Lines<'b> {
    body: &'b [u8],
    limits: Limits,
    read: Multipart<'b>,
    part: Option<Open<'b>>,
    files: usize,
    /// Two hyphens and the boundary.
    delimiter: Vec<u8>,
}

/// What a line that starts like a delimiter is.
enum Delimiter {
    Next,
    Last,
    None,
    Broken(&'static str),
}

impl<'b> Lines<'b> {
    fn read(&mut self) {
        let body = self.body;
        let finder = memchr::memmem::Finder::new(&self.delimiter).into_owned();
        let mut at = 0;
        let mut found = 0usize;
        let mut after_lf = false;
        while let Some(length) = memchr::memchr(b'\n', body.get(at..).unwrap_or_default()) {
            let end = at + length + 1;
            let line = body.get(at..end).unwrap_or_default();
            match self.delimiter(line, found > 0, after_lf) {
                Delimiter::Broken(what) => return self.give_up(at, what),
                Delimiter::Next => {
                    found += 1;
                    self.close(at);
                    if self.read.parts.len() >= self.limits.parts {
                        self.read.over = true;
                        return self.give_up(end, "too many parts");
                    }
                    self.part = Some(Open::default());
                }
                Delimiter::Last => {
                    self.close(at);
                    self.read.flags.data_after |= end < body.len();
                    return;
                }
                Delimiter::None => {
                    if !line.starts_with(b"--") && finder.find(line).is_some() {
                        self.read.flags.unmatched_boundary = 1;
                    }
                    self.line(at, line);
                }
            }
            after_lf = !line.ends_with(b"\r\n");
            at = end;
        }
        let rest = body.get(at..).unwrap_or_default();
        if found > 0 && rest.strip_prefix(self.delimiter.as_slice()) == Some(b"--") {
            // The last delimiter, without an end of line.
            self.read.flags.lf_line |= after_lf;
            self.read.flags.invalid_part |= !self.part.as_ref().is_some_and(|part| part.has_data);
            self.close(at);
        } else if !body.is_empty() {
            let what = if found > 0 { "no last boundary" } else { "no boundary" };
            self.give_up(body.len(), what);
        }
    }

    fn delimiter(&mut self, line: &[u8], inside: bool, after_lf: bool) -> Delimiter {
        let Some(text) = line.strip_prefix(b"--").filter(|text| text.len() > 1) else { return Delimiter::None };
        let flags = &mut self.read.flags;
        let boundary = self.delimiter.get(2..).unwrap_or_default();
        let Some(rest) = text.strip_prefix(boundary) else {
            if flags.boundary_quoted && text.strip_prefix(b"\"").is_some_and(|text| text.starts_with(boundary)) {
                return Delimiter::Broken("a boundary in quotes");
            }
            let blank = text.iter().take_while(|byte| is_space(**byte)).count();
            if blank > 0 && text.get(blank..).is_some_and(|text| text.starts_with(boundary)) {
                return Delimiter::Broken("white space before a boundary");
            }
            flags.unmatched_boundary = 1;
            return Delimiter::None;
        };
        flags.lf_line |= after_lf;
        if inside && !self.part.as_ref().is_some_and(|part| part.has_data) {
            flags.invalid_part = true;
            return Delimiter::None;
        }
        if inside {
            flags.unmatched_boundary = 2;
        }
        let (rest, found) = match rest.strip_prefix(b"--") {
            Some(rest) => (rest, Delimiter::Last),
            None => (rest, Delimiter::Next),
        };
        match rest {
            b"\r\n" => flags.crlf_line = true,
            b"\n" => flags.lf_line = true,
            _ => return Delimiter::Broken("something behind a boundary"),
        }
        found
    }

    /// Reads a line that is no delimiter.
    fn line(&mut self, at: usize, line: &'b [u8]) {
        let Some(part) = &mut self.part else {
            self.read.flags.data_before = true;
            return;
        };
        if part.value.is_some() {
            part.has_data = true;
            return;
        }
        self.read.plain_bytes += line.len();
        if line.ends_with(b"\r\n") {
            self.read.flags.crlf_line = true;
        } else {
            self.read.flags.lf_line = true;
        }
        if matches!(line, b"\r\n" | b"\n") {
            part.value = Some(at + line.len());
            self.headers_end(at);
        } else if let Err(what) = part.header_line(line, &mut self.read.flags) {
            self.read.fault(at, what);
        }
    }

    /// The headers of the part are complete.
    fn headers_end(&mut self, at: usize) {
        let Some(part) = &mut self.part else { return };
        part.header_end();
        let Some(value) = &part.disposition else {
            return self.read.fault(at, "a part without Content-Disposition");
        };
        let disposition = disposition::read(value);
        part.part.name = disposition.name().to_vec();
        part.part.filename = disposition.filename().to_vec();
        if part.part.is_file() {
            self.files += 1;
        }
        if disposition.fault {
            self.read.fault(at, "a Content-Disposition that cannot be understood");
        }
        self.read.flags.invalid_quoting |= disposition.quoting;
        self.read.names.extend(disposition.names);
        self.read.filenames.extend(disposition.filenames);
        if self.files > self.limits.files {
            self.read.flags.file_limit_exceeded = true;
            self.read.fault(at, "too many files");
        }
    }

    /// Ends the part that is being read, if there is one, where a delimiter starts.
    fn close(&mut self, end: usize) {
        if self.part.as_ref().is_some_and(|part| part.value.is_none()) {
            self.read.fault(end, "a part without an end of its headers");
            self.headers_end(end);
        }
        let Some(mut open) = self.part.take() else { return };
        let value = open.value.and_then(|start| self.body.get(start..end)).unwrap_or_default();
        // The end of line before a delimiter belongs to the delimiter.
        let value = value.strip_suffix(b"\n").map_or(value, |value| value.strip_suffix(b"\r").unwrap_or(value));
        open.part.value = value;
        self.read.flags.invalid_part |= open.part.name.is_empty();
        if !open.part.is_file() {
            self.read.plain_bytes += value.len();
        }
        self.read.parts.push(open.part);
    }

    /// Notes a fault behind which no line can be told from another. The rest of the body is the value of the part.
    fn give_up(&mut self, at: usize, what: &'static str) {
        self.read.fault(at, what);
        self.close(self.body.len());
    }
}

impl<'b> Open<'b> {
    /// Reads a line of the headers that is not empty.
    fn header_line(&mut self, line: &'b [u8], flags: &mut Flags) -> Result<(), &'static str> {
        if line.len() > HEADER_BYTES {
            return Err("a part header that is too long");
        }
        let text = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        if line.first().is_some_and(|byte| is_space(*byte)) {
            return self.folded(line, flags);
        }
        self.header_end();
        if self.part.headers.len() >= HEADERS {
            return Err("too many part headers");
        }
        let (name, value) = match memchr::memchr(b':', text) {
            Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default()),
            None => (text, <&[u8]>::default()),
        };
        let blank = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let value = trim_line(value.get(blank..).unwrap_or_default());
        let again = self.names.iter().any(|known| known.eq_ignore_ascii_case(name));
        self.names.push(name);
        self.header = Some(Header { name, value: Cow::Borrowed(value), line: text });
        if text.contains(&0) {
            Err("a null byte in a part header")
        } else if name.len() == text.len() {
            Err("a part header without a colon")
        } else if name.is_empty() {
            Err("a part header without a name")
        } else if !name.iter().all(u8::is_ascii_graphic) {
            Err("a part header whose name has a character that is not allowed")
        } else if again {
            Err("a part header of the same name")
        } else {
            Ok(())
        }
    }

    /// Adds a line that starts with white space to the header before it (RFC 5322, section 2.2.3).
    fn folded(&mut self, line: &'b [u8], flags: &mut Flags) -> Result<(), &'static str> {
        let blank = line.iter().take_while(|byte| is_space(**byte)).count();
        let (space, text) = line.split_at_checked(blank).unwrap_or_default();
        flags.header_folding = true;
        flags.invalid_header_folding |= !space.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        let Some(header) = &mut self.header else { return Err("a folded line before any part header") };
        let text = trim_line(text);
        if header.value.len() + text.len() >= HEADER_BYTES {
            return Err("a part header that is too long");
        }
        let value = header.value.to_mut();
        value.push(b' ');
        value.extend_from_slice(text);
        if text.contains(&0) { Err("a null byte in a part header") } else { Ok(()) }
    }

    /// The header that is being read, if there is one, is complete.
    fn header_end(&mut self) {
        if let Some(header) = self.header.take() {
            self.part.headers.push(match &header.value {
                Cow::Borrowed(_) => Cow::Borrowed(header.line),
                Cow::Owned(value) => Cow::Owned([header.name, b": ", value].concat()),
            });
            if self.disposition.is_none() && header.name.eq_ignore_ascii_case(b"Content-Disposition") {
                self.disposition = Some(header.value);
            }
        }
    }
}

/// Without the ends of line at the end.
fn trim_line(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
