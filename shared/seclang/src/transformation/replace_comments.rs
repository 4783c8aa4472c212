//! `replaceComments`: each `/* … */` becomes a space, and so does one that is not closed. A lone `*/` stays.

use memchr::memmem;

use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let first = memmem::find(value, b"/*")?;
    let mut made = Rewrite::after(value, first);
    let mut inside = false;
    let mut rest = value.get(first..)?;
    while let [byte, tail @ ..] = rest {
        rest = match rest {
            [b'*', b'/', after @ ..] if inside => {
                inside = false;
                after
            }
            _ if inside => tail,
            [b'/', b'*', after @ ..] => {
                inside = true;
                made.push(b' ');
                after
            }
            _ => {
                made.push(*byte);
                tail
            }
        };
    }
    made.finish()
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"a/*b*/c", b"a c"),
    (b"/**//**/", b"  "),
    (b"/*", b" "),
    (b"/*/", b" "),
    (b"/*/*/*/", b" */"),
    (b"*/", b"*/"),
    (b"a/b*c", b"a/b*c"),
    (b"--/*!50000a*/#", b"-- #"),
];
