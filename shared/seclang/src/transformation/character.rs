//! Digits, blanks and code points as the transformations read them.

/// Two hexadecimal digits, in any case.
pub(super) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

/// Four hexadecimal digits, in any case.
pub(super) fn hex_quad(digits: [u8; 4]) -> Option<u16> {
    let [first, second, third, fourth] = digits;
    Some(u16::from_be_bytes([hex_pair(first, second)?, hex_pair(third, fourth)?]))
}

/// A hexadecimal digit, in any case.
pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The lower hexadecimal digits of a byte.
pub(super) fn to_hex(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0x0f].map(|half| if half < 10 { b'0' + half } else { b'a' + half - 10 })
}

/// The number that octal digits write. Only as many as fit are handed in.
pub(super) fn octal(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |number, digit| number << 3 | u16::from(digit & 7))
}

/// How many of the first bytes, at most `most`, are what is asked for.
pub(super) fn run(bytes: &[u8], most: usize, is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take(most).take_while(|byte| is(**byte)).count()
}

/// Whether it is an octal digit.
pub(super) fn is_octal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'7')
}

/// Whether any byte is what is asked for. Blocks are asked as a whole, which takes a fraction of the time of stopping
/// at each byte.
#[inline]
pub(super) fn any(bytes: &[u8], is: impl Fn(u8) -> bool) -> bool {
    bytes.chunks(64).any(|block| block.iter().fold(false, |any, byte| any | is(*byte)))
}

/// White space as C's `isspace` has it: unlike in Rust, the vertical tab is one.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// A code point as one byte: the lower one. The full-width forms of ASCII (U+FF01 to U+FF5E) become the ASCII that they
/// look like.
pub(super) fn to_byte(code: u32) -> u8 {
    let [.., low] = code.to_be_bytes();
    if code >> 8 == 0xff && (0x01..=0x5e).contains(&low) { low + 0x20 } else { low }
}
