//! `base64Encode`: base64 with padding (RFC 4648, section 4).

use base64ct::{Base64, Encoding as _};

pub(super) fn apply(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| Base64::encode_string(value).into_bytes())
}

#[cfg(test)]
pub(super) const CASES: super::Cases =
    &[(b"", b""), (b"A", b"QQ=="), (b"AB", b"QUI="), (b"ABC", b"QUJD"), (b"\0\xff\xfe>?", b"AP/+Pj8=")];
