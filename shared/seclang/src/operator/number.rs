//! Numbers as C reads them: blanks, a sign, digits; what follows them, and what is no number, does not count.

/// As `atoll`: 64 bits, and the nearest of them for what is larger.
pub(super) fn long(text: &[u8]) -> i64 {
    let (negative, digits) = parts(text);
    let value = digits.iter().fold(0i64, |value, digit| {
        let digit = i64::from(digit - b'0');
        // Downwards, as there is one more number below zero than above.
        value.saturating_mul(10).saturating_sub(digit)
    });
    if negative { value } else { value.saturating_neg() }
}

/// As `stoi` with 0 for its errors: 32 bits, and 0 for what is larger.
pub(super) fn int(text: &[u8]) -> i64 {
    let value = long(text);
    if i32::try_from(value).is_ok() { value } else { 0 }
}

fn parts(text: &[u8]) -> (bool, &[u8]) {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | 0x09..=0x0d)).count();
    let text = text.get(blanks..).unwrap_or_default();
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        other => (false, other),
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (negative, text.get(..digits).unwrap_or_default())
}
