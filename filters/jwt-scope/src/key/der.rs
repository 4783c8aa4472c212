//! The little of DER (X.690) that is written: a public key and an ECDSA signature, for the host.

/// One element: tag, length, content. The content is at most 65,535 bytes long; a key of the largest size has little
/// more than 1,024.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = (content.len() as u16).to_be_bytes();
    let mut der = vec![tag];
    match (high, low) {
        (0, 0..0x80) => der.push(low),
        (0, 0x80..) => der.extend([0x81, low]),
        (1.., _) => der.extend([0x82, high, low]),
    }
    der.extend(content);
    der
}

/// A `SEQUENCE` of elements.
pub(crate) fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(0x30, elements)
}

/// An `INTEGER` of an unsigned number, most significant byte first: as short as it can be, and with a zero in front
/// where the first bit would make it negative.
pub(crate) fn integer(unsigned: &[u8]) -> Vec<u8> {
    let digits = stripped(unsigned);
    match digits.first() {
        Some(0..0x80) => element(0x02, &[digits]),
        Some(0x80..) | None => element(0x02, &[&[0], digits]),
    }
}

/// A `BIT STRING` of whole bytes.
pub(super) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], bytes])
}

/// A number without the zeros in front.
pub(super) fn stripped(unsigned: &[u8]) -> &[u8] {
    let zeros = unsigned.iter().take_while(|byte| **byte == 0).count();
    unsigned.get(zeros..).unwrap_or_default()
}
