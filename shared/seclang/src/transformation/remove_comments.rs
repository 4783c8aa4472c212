//! `removeComments`: `/* … */`, `<!-- … -->`, and all from `--` or `#` on.
//!
//! As in the reference either end closes either comment; the byte after a comment is copied unread, and is NUL where
//! there is none. A comment that is not closed becomes a space.

use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let mut made = Rewrite::new(value);
    let mut inside = false;
    let mut rest = value;
    while let [byte, tail @ ..] = rest {
        rest = match rest {
            [b'*', b'/', after @ ..] | [b'-', b'-', b'>', after @ ..] if inside => {
                inside = false;
                made.push(after.first().copied().unwrap_or(0));
                after.get(1..).unwrap_or_default()
            }
            _ if inside => tail,
            [b'/', b'*', after @ ..] | [b'<', b'!', b'-', b'-', after @ ..] => {
                inside = true;
                after
            }
            [b'-', b'-', ..] | [b'#', ..] => break,
            _ => {
                made.push(*byte);
                tail
            }
        };
    }
    if inside {
        made.push(b' ');
    }
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"a/*b*/c", b"ac"),
    (b"x<!--a-->y", b"xy"),
    (b"x--y", b"x"),
    (b"x#y", b"x"),
    (b"a - b / c < d", b"a - b / c < d"),
    // The byte after a comment.
    (b"/*a*/", b"\0"),
    (b"/*a*//*b*/c", b"/*b*/c"),
    (b"/*a*/#b", b"#b"),
    (b"/*a*/--b", b"--b"),
    (b"/*a*/--", b"--"),
    // Either end closes either.
    (b"/*-->b", b"b"),
    (b"<!--/*-->b", b"b"),
    // Not closed.
    (b"a/*b", b"a "),
    (b"/*/", b" "),
    (b"<!--->", b" "),
];
