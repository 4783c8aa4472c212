//! What the names and values of headers consist of (RFC 9110, section 5).

/// `tchar` (RFC 9110, section 5.6.2).
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `token` (RFC 9110, section 5.6.2): names of headers, methods and schemes are some.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether the text can be the value of a header and means the same there (RFC 9110, section 5.5): visible ASCII and blanks, none of them
/// at an end, where it would be lost.
pub fn is_plain_value(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim().len() == text.len()
}
