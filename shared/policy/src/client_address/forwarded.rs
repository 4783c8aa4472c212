//! The grammar of `Forwarded` (RFC 7239, section 4), read strictly.

use super::chain::Hop;
use super::node::{self, Node};
use crate::field::is_token_byte;

/// The parameters that RFC 7239 defines. None may occur twice in an element.
const REGISTERED: [&[u8]; 4] = [b"for", b"by", b"host", b"proto"];

/// Finds the last comma of a list that is not in quotes. If the quotes to the right of it do not pair, there is none:
/// then the whole list is one element, and no element has such quotes.
///
/// Read from the right, an element that a proxy appended stands for itself, whatever a client wrote before it: in
/// `for=", for=192.0.2.1` the last element is `for=192.0.2.1`. Read from the left, that quotation mark would swallow
/// it.
pub(super) fn last_comma(list: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in list.iter().enumerate().rev() {
        match byte {
            b'"' if !is_escaped(list.get(..at)?) => quoted = !quoted,
            b',' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether what follows is escaped: an odd number of backslashes stands before it.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Reads `forwarded-element`, with the white space around it taken off. An element that says nothing at all is none;
/// one that says something but not for whom is a hop that hides.
pub(super) fn element(bytes: &[u8]) -> Option<Hop> {
    let mut hop = None;
    let mut seen = [false; REGISTERED.len()];
    let mut rest = bytes;
    loop {
        // The grammar allows empty pairs: `for=192.0.2.1;`.
        if !rest.is_empty() && !rest.starts_with(b";") {
            let (name, value, after) = pair(rest)?;
            rest = after;
            for (known, seen) in REGISTERED.iter().zip(&mut seen) {
                if name.eq_ignore_ascii_case(known) && std::mem::replace(seen, true) {
                    return None;
                }
            }
            if name.eq_ignore_ascii_case(b"for") {
                // No address needs an escape, so a backslash in one is not undone and makes it malformed.
                hop = Some(match node::node(value)? {
                    Node::Address(ip) => Hop::Address(ip),
                    Node::Hidden => Hop::Hidden,
                });
            } else {
                hop = hop.or(Some(Hop::Hidden));
            }
        }
        match rest.split_first() {
            None => return hop,
            Some((b';', after)) => rest = after,
            Some(_) => return None,
        }
    }
}

/// Reads `forwarded-pair`: the name, the value without its quotes, and what follows. No white space around `=` and `;`.
fn pair(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, rest) = token(bytes)?;
    let rest = rest.strip_prefix(b"=")?;
    let (value, rest) = match rest.strip_prefix(b"\"") {
        Some(quoted) => until_quote(quoted)?,
        None => token(rest)?,
    };
    Some((name, value, rest))
}

/// Reads `token` (RFC 9110, section 5.6.2).
fn token(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(bytes.len());
    if end == 0 { None } else { bytes.split_at_checked(end) }
}

/// Reads `quoted-string` (RFC 9110, section 5.6.4) after its opening quotation mark: its inside, escapes and all, and
/// what follows the closing one. Bytes beyond ASCII are refused: their meaning depends on the reader.
fn until_quote(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if !escaped => return Some((bytes.get(..at)?, bytes.get(at.checked_add(1)?..)?)),
            b'\\' => escaped = !escaped,
            b'\t' | b' '..=b'~' => escaped = false,
            _ => return None,
        }
    }
    None
}
