//! `cmdLine`: what a shell would ignore is taken off, so that `c^a"t"  ,/etc` reads `cat/etc`.
//!
//! Quotes, backslashes and carets go; a run of blanks, commas and semicolons becomes one space, which goes too before a
//! slash or a parenthesis; letters become lower case.

use super::character::any;
use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let changes =
        |byte| matches!(byte, b'"' | b'\'' | b'\\' | b'^' | b' ' | b',' | b';' | b'\t' | b'\r' | b'\n' | b'A'..=b'Z');
    if !any(value, changes) {
        return None;
    }
    let mut made = Rewrite::new(value);
    let mut spaced = false;
    for byte in value {
        match byte {
            b'"' | b'\'' | b'\\' | b'^' => continue,
            b' ' | b',' | b';' | b'\t' | b'\r' | b'\n' => {
                if !spaced {
                    made.push(b' ');
                }
                spaced = true;
                continue;
            }
            b'/' | b'(' if spaced => made.truncate(made.written().len().saturating_sub(1)),
            _ => {}
        }
        made.push(byte.to_ascii_lowercase());
        spaced = false;
    }
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"cat /etc/passwd", b"cat/etc/passwd"),
    (b"c^a\"t'\\", b"cat"),
    (b"A  b,;c", b"a b c"),
    (b"a\tb\r\nc", b"a b c"),
    (b"a\x0b\x0cb", b"a\x0b\x0cb"),
    (b"  /", b"/"),
    (b"\t(", b"("),
    (b"a ^ /b", b"a/b"),
    (b"a b ", b"a b "),
    (b"\xc9\0\xa0Z", b"\xc9\0\xa0z"),
    (b"unchanged", b"unchanged"),
];
