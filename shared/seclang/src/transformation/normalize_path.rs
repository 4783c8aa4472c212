//! `normalizePath`: `/a/./b//../c` becomes `/a/c`.
//!
//! A segment that ends with two dots is taken for `..`, as in the reference: `foo..` and `...` too. A relative path
//! keeps the `..` that lead out of it; an absolute one does not. The last slash stays only if the value ended with one.

use memchr::memchr_iter;

use super::rewrite::Rewrite;

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    if is_normal(value) {
        return None;
    }
    normalize(value, |byte| byte == b'/')
}

/// Whether a path is normal already: no segment is empty or ends with a dot.
pub(super) fn is_normal(value: &[u8]) -> bool {
    let changes = |slash: usize| {
        value.get(slash + 1) == Some(&b'/') || slash.checked_sub(1).and_then(|before| value.get(before)) == Some(&b'.')
    };
    value.last() != Some(&b'.') && !memchr_iter(b'/', value).any(changes)
}

/// Normalizes a path. Slashes that part its segments become `/`, whatever was taken for one.
pub(super) fn normalize(value: &[u8], is_slash: fn(u8) -> bool) -> Option<Vec<u8>> {
    let end = value.len().checked_sub(1)?;
    let slash_at = |at: usize| value.get(at).is_some_and(|byte| is_slash(*byte));
    let (relative, trailing) = (!slash_at(0), slash_at(end));
    let mut made = Rewrite::new(value);
    // Whether nothing precedes that `..` could take back.
    let mut outside = false;
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        // The reference turns a backslash and its neighbour into slashes as it comes upon them.
        let turned = at + 1;
        if at == end || slash_at(at + 1) {
            match segment(*byte, made.written()) {
                Segment::SelfReference { kept } => {
                    if at == end {
                        break;
                    }
                    made.truncate(kept);
                    at += 1;
                }
                Segment::BackReference { .. } if relative && (outside || made.written().len() <= 2) => outside = true,
                Segment::BackReference { kept } => {
                    outside = outside || kept == 0;
                    // A backslash at the root stays if it has not been turned; a slash is taken off at the end.
                    made.truncate(if kept == 0 && at == end && !relative { 1 } else { kept });
                    if at == end {
                        break;
                    }
                    at += 1;
                }
                Segment::Name if at < end && is_slash(*byte) => {}
                Segment::Name => outside = outside && made.written().is_empty(),
                Segment::Dotted => {}
            }
        }
        if slash_at(at) {
            while slash_at(at + 1) {
                at += 1;
            }
            if relative && made.written().is_empty() {
                at += 1;
                continue;
            }
        }
        // Of a run of slashes the last one is written, and as it is if it has not been turned.
        if let Some(byte) = value.get(at) {
            made.push(if at <= turned && is_slash(*byte) { b'/' } else { *byte });
        }
        at += 1;
    }
    if !trailing && made.written().last() == Some(&b'/') {
        made.truncate(made.written().len() - 1);
    }
    made.finish()
}

/// How a segment ends.
enum Segment {
    /// As `.`: without it and the slash before it, so much is kept.
    SelfReference { kept: usize },
    /// As `..`: without it, the segment before it and the slash before that, so much is kept.
    BackReference { kept: usize },
    /// With a dot otherwise.
    Dotted,
    /// With any other byte.
    Name,
}

/// How the segment ends whose last byte is this one, after what has been written.
fn segment(last: u8, written: &[u8]) -> Segment {
    match written {
        _ if last != b'.' => Segment::Name,
        [] => Segment::SelfReference { kept: 0 },
        [before @ .., b'/'] => Segment::SelfReference { kept: before.len() },
        [before @ .., b'.'] => {
            let before = before.split_last().map_or(before, |(_, before)| before);
            Segment::BackReference { kept: before.iter().rposition(|byte| *byte == b'/').unwrap_or(0) }
        }
        _ => Segment::Dotted,
    }
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"/a/b/c", b"/a/b/c"),
    (b"/a/./b//../c", b"/a/c"),
    (b"a/b/", b"a/b/"),
    (b"//a///b", b"/a/b"),
    (b"/a/..", b""),
    (b"/..", b""),
    (b"/.", b""),
    (b"/../../a", b"/a"),
    (b"a/..", b""),
    (b"a/../../b", b"../b"),
    (b"../a", b"../a"),
    (b"./a/.", b"a"),
    (b"a/./", b"a/"),
    (b".", b""),
    (b"..", b".."),
    (b"foo../bar", b"bar"),
    (b"/a/b/.../c", b"/a/b/c"),
    (b"a./b", b"a./b"),
    (b"a\\..\\b", b"a\\..\\b"),
    (b"/a\0/../b\xff", b"/b\xff"),
];
