//! `removeCommentsChar`: the signs that begin or end a comment go, what they enclose stays: `/*`, `*/`, `<!--`, `-->`,
//! `--`, `#`.

use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    let mut made = Rewrite::new(value);
    let mut rest = value;
    while let [byte, tail @ ..] = rest {
        rest = match rest {
            [b'/', b'*', after @ ..]
            | [b'*', b'/', after @ ..]
            | [b'<', b'!', b'-', b'-', after @ ..]
            | [b'-', b'-', b'>', after @ ..]
            | [b'-', b'-', after @ ..]
            | [b'#', after @ ..] => after,
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
    (b"/*a*/", b"a"),
    (b"<!--x-->", b"x"),
    (b"--->", b"->"),
    (b"a--b#c", b"abc"),
    (b"/*/", b"/"),
    (b"//**", b"/*"),
    (b"a-b/c*d<!-", b"a-b/c*d<!-"),
];
