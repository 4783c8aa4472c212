//! The few messages of Protocol Buffers that Envoy's own functions take and return, written and read field by field.

/// The wire type of texts and bytes.
const LENGTH: u32 = 2;

/// A message of fields that are texts or bytes, each with its number.
pub(crate) fn message(fields: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::with_capacity(fields.iter().map(|(_, value)| value.len() + 8).sum());
    for (number, value) in fields {
        varint(number << 3 | LENGTH, &mut out);
        varint(u32::try_from(value.len()).unwrap_or(u32::MAX), &mut out);
        out.extend_from_slice(value);
    }
    out
}

/// Adds fields that are small numbers, words of an enumeration or `bool`s.
pub(crate) fn numbers(fields: &[(u32, u8)], out: &mut Vec<u8>) {
    for (number, value) in fields {
        varint(number << 3, out);
        varint(u32::from(*value), out);
    }
}

/// A field that is a `bool`, if the message begins with it: what follows is of no interest.
pub(crate) fn flag(message: &[u8], number: u8) -> Option<bool> {
    match message {
        [tag, value, ..] if *tag == number << 3 => Some(*value == 1),
        _ => None,
    }
}

fn varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
