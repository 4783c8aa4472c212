//! `parityZero7bit`: the highest bit of each byte is cleared.

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_ascii()).then(|| value.iter().map(|byte| byte & 0x7f).collect())
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"abc\0\x7f", b"abc\0\x7f"), (b"\x80", b"\0"), (b"\xff", b"\x7f"), (b"\xe1\xc1", b"aA"), (b"a\xe1", b"aa")];
