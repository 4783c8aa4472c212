//! The value of a part's header `Content-Disposition` (RFC 7578, section 4.2), with the names and quotes that ModSecurity v3 accepts.

use super::cursor::Cursor;

/// What a `Content-Disposition` says. Whatever was read before a fault is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    /// Each `name`: there is more than one only with a fault.
    pub(super) names: Vec<Vec<u8>>,
    /// Each `filename`, likewise.
    pub(super) filenames: Vec<Vec<u8>>,
    /// A single quote in or around a value, or something behind the closing quote: `MULTIPART_INVALID_QUOTING`.
    pub(super) quoting: bool,
    /// It cannot be understood.
    pub(super) fault: bool,
}

impl Disposition {
    /// The name: the first that is not empty.
    pub(super) fn name(&self) -> &[u8] {
        first(&self.names)
    }

    /// The file's name, likewise. When it is empty the part is no file.
    pub(super) fn filename(&self) -> &[u8] {
        first(&self.filenames)
    }
}

fn first(values: &[Vec<u8>]) -> &[u8] {
    values.iter().find(|value| !value.is_empty()).map(Vec::as_slice).unwrap_or_default()
}

/// Reads the value of a header `Content-Disposition`.
pub(super) fn read(value: &[u8]) -> Disposition {
    let mut read = Disposition::default();
    let understood = parameters(Cursor::new(value), &mut read).is_some();
    // A reader that looks for `filename=` must see the file as well.
    let hidden = !read.filename().is_empty() && memchr::memmem::find(value, b"filename=").is_none();
    read.fault = !understood || hidden || read.name().is_empty();
    read
}

/// `None`: it cannot be understood.
fn parameters(mut text: Cursor<'_>, read: &mut Disposition) -> Option<()> {
    let blank = |byte| matches!(byte, b' ' | b'\t');
    if !text.eat(b"form-data") {
        return None;
    }
    let mut extended = false;
    loop {
        text.take_while(blank);
        if text.rest().is_empty() {
            break;
        }
        if !text.eat(b";") {
            read.quoting |= matches!(text.before(), Some(b'\'' | b'"'));
            return None;
        }
        if text.rest().is_empty() {
            break;
        }
        text.take_while(blank);
        let parameter = text.take_while(|byte| byte != b'=' && !blank(byte));
        text.take_while(blank);
        if !text.eat(b"=") {
            return None;
        }
        text.take_while(blank);
        match parameter {
            b"name" => single(&mut text, &mut read.names, &mut read.quoting)?,
            b"filename" => single(&mut text, &mut read.filenames, &mut read.quoting)?,
            b"filename*" if !extended => {
                extended = true;
                encoded(&mut text)?;
            }
            _ => return None,
        }
    }
    // Who does not know RFC 8187 takes a part that has only a `filename*` for no file.
    (!extended || !read.filename().is_empty()).then_some(())
}

/// Reads the value of a parameter that may be there once. Empty ones do not count.
fn single(text: &mut Cursor<'_>, values: &mut Vec<Vec<u8>>, quoting: &mut bool) -> Option<()> {
    let again = !first(values).is_empty();
    let (value, closed) = match text.peek()? {
        quote @ (b'"' | b'\'') => {
            text.next();
            *quoting |= quote == b'\'';
            quoted(text, quote)
        }
        _ => {
            let value = text.take_while(is_token);
            *quoting |= value.contains(&b'\'');
            (value.to_vec(), true)
        }
    };
    values.push(value);
    (closed && !again).then_some(())
}

/// Reads a quoted value behind its first quote, and whether it has a last one. A backslash escapes the quote and itself; before
/// anything else it stays, for the sake of clients that send paths.
fn quoted(text: &mut Cursor<'_>, quote: u8) -> (Vec<u8>, bool) {
    let mut value = Vec::new();
    while let Some(byte) = text.next() {
        if byte == quote {
            return (value, true);
        }
        if byte == b'\\' {
            match text.peek() {
                Some(escaped) if escaped == quote || escaped == b'\\' => {
                    value.push(escaped);
                    text.next();
                    continue;
                }
                Some(_) => {}
                None => return (value, false),
            }
        }
        value.push(byte);
    }
    (value, false)
}

/// Reads `charset'language'value` (RFC 8187, section 3.2).
fn encoded(text: &mut Cursor<'_>) -> Option<()> {
    let charset = text.take_while(|byte| byte.is_ascii_alphanumeric() || b"!#$%&+-^_`{}~".contains(&byte));
    if charset.is_empty() || !text.eat(b"'") {
        return None;
    }
    text.until(b"'")?;
    loop {
        text.take_while(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`~".contains(&byte));
        match text.peek() {
            None | Some(b';') => return Some(()),
            Some(b'%') => {
                text.next();
                for _ in 0..2 {
                    text.next().filter(u8::is_ascii_hexdigit)?;
                }
            }
            Some(_) => return None,
        }
    }
}

/// A character of a token (RFC 2045, section 5.1).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `what`: name, file name, then `q` for the quoting and `!` for a fault.
    #[track_caller]
    fn check(value: &str, what: &str) {
        let read = read(value.as_bytes());
        let marks = [(read.quoting, "q"), (read.fault, "!")].map(|(set, mark)| if set { mark } else { "" });
        let found = format!("{} {} {}", read.name().escape_ascii(), read.filename().escape_ascii(), marks.concat());
        assert_eq!(found, what, "{value:?}");
    }

    #[test]
    fn dispositions_are_read_as_modsecurity_reads_them() {
        check(r#"form-data; name="a""#, "a  ");
        check(r#"form-data; name="a";"#, "a  ");
        check(r#"form-data;name=a ;filename=b"#, "a b ");
        check("form-data\t;\tname\t=\t\"a\"\t", "a  ");
        check(r#"form-data; name="a"; filename="b c.txt""#, "a b c.txt ");
        check(r#"form-data; name="a"; filename="""#, "a  ");
        check(r#"form-data; name="a b'c""#, "a b\\'c  ");
        check(r#"form-data; name="a"; filename="x"; filename*=utf-8''%41b"#, "a x ");
        check(r#"form-data; name="a\"b"; filename="c:\d\\e""#, r#"a\"b c:\\d\\e "#);
        check(r#"form-data; name=""; name="a""#, "a  ");
    }

    #[test]
    fn single_quotes_are_flagged() {
        check("form-data; name='a'", "a  q");
        check("form-data; name=a'b", r"a\'b  q");
        check(r#"form-data; name="a"b"#, "a  q!");
    }

    #[test]
    fn what_is_not_understood_is_a_fault() {
        check("", "  !");
        check("form-data", "  !");
        check("form-data;", "  !");
        check("attachment; name=a", "  !");
        check("Form-data; name=a", "  !");
        check("form-datax; name=a", "  !");
        check("form-data name=a", "  !");
        check("form-data; Name=a", "  !");
        check("form-data; name", "  !");
        check("form-data; name=", "  !");
        check("form-data; name=\"\"", "  !");
        check("form-data; name=\"a", "a  !");
        check("form-data; name=\"a\\", "a  !");
        check("form-data; name=a; ", "a  !");
        check("form-data; name=a b", "a  !");
        check("form-data; name=a; x=y", "a  !");
        check("form-data; name=a; name=b", "a  !");
        check("form-data; name=a; filename=b; filename=c", "a b !");
        check("form-data; name=a; filename =b", "a b !");
        check("form-data; name=a; filename*=utf-8''b", "a  !");
        check("form-data; name=a; filename=b; filename*=utf-8'b", "a b !");
        check("form-data; name=a; filename=b; filename*=utf-8''%4", "a b !");
        check("form-data; name=a; filename=b; filename*=utf-8''c; filename*=utf-8''d", "a b !");
    }
}
