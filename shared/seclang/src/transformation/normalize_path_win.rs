//! `normalizePathWin`: as `normalizePath`, and backslashes are slashes.
//!
//! As in the reference, of a run of three or more slashes that ends with a backslash this backslash stays.

use memchr::memchr;

use super::normalize_path::{is_normal, normalize};

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    if memchr(b'\\', value).is_none() && is_normal(value) {
        return None;
    }
    normalize(value, |byte| matches!(byte, b'/' | b'\\'))
}

#[cfg(test)]
pub(super) const CASES: super::Cases = &[
    (b"a\\b", b"a/b"),
    (b"a\\\\b", b"a/b"),
    (b"a\\..\\b", b"b"),
    (b"\\a\\.\\b/..\\c", b"/a/c"),
    (b"c:\\windows\\..\\boot.ini", b"c:/boot.ini"),
    (b"a\\\\\\b", b"a\\b"),
    (b"a/.\\\\b", b"a\\b"),
    (b"\\\\\\..", b"\\"),
    (b"a/../..", b".."),
    (b"/..", b""),
    (b"a/b", b"a/b"),
];
