//! A refusal as a gRPC status, with details that programs can read.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::telling::Telling;
use super::write;
use crate::head::{Head, Sole};

/// The longest message, in bytes. Clients may refuse more than 8 KiB of headers in all, where it occurs twice.
const MESSAGE_LIMIT: usize = 500;

/// How much of the facts is told, in bytes, for the same reason.
const METADATA_LIMIT: usize = 2000;

/// What has to be escaped in `grpc-message`: all but space and visible ASCII, and the percent sign.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Whether the request is a gRPC call, by the very rule by which Envoy makes a gRPC status of our answer: `application/grpc` or
/// `application/grpc+…`. The two must agree, or a client would get half of each.
pub(super) fn is_call(request: &Head) -> bool {
    let Sole::One(kind) = request.sole("content-type") else { return false };
    kind.strip_prefix(b"application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
}

/// The gRPC status that goes with an HTTP status: `google/rpc/code.proto` read backwards. The table in gRPC's
/// `http-grpc-status-mapping.md` is not for this: it tells clients what to make of answers without a `grpc-status`.
pub fn status(http: u16) -> u32 {
    match http {
        // INVALID_ARGUMENT
        400 | 405 | 406 | 414 | 415 | 422 | 431 => 3,
        // DEADLINE_EXCEEDED. Not UNAVAILABLE, which clients take for an invitation to try again at once.
        408 | 504 => 4,
        // NOT_FOUND
        404 => 5,
        // PERMISSION_DENIED
        402 | 403 => 7,
        // RESOURCE_EXHAUSTED. gRPC libraries say so themselves of a message that is too large.
        413 | 429 => 8,
        // ABORTED
        409 => 10,
        // INTERNAL
        500 => 13,
        // UNAVAILABLE
        502 | 503 => 14,
        // UNAUTHENTICATED
        401 => 16,
        // UNKNOWN
        _ => 2,
    }
}

/// The message: what a client library prints, and most print nothing else.
pub(super) fn message(telling: &Telling<'_>) -> String {
    let mut text = match &telling.because {
        Some(because) => format!("{} {}", because.detail, because.remedy),
        None => format!("{}.", telling.title),
    };
    cut(&mut text, MESSAGE_LIMIT);
    write(&mut text, format_args!(" (urn:verdict:denial:{})", telling.id));
    text
}

/// `grpc-status-details-bin`: `google.rpc.Status` in base64, without padding as gRPC's `PROTOCOL-HTTP2.md` says it should be.
pub(super) fn details(telling: &Telling<'_>, code: u32, message: &str) -> String {
    // `google.rpc.ErrorInfo`: reason, domain, metadata.
    let mut info = Vec::new();
    let because = telling.because.as_ref();
    let reason = because.map_or_else(|| "REQUEST_REFUSED".to_owned(), |because| upper_snake(&because.code));
    field(&mut info, 1, reason.as_bytes());
    field(&mut info, 2, b"verdict");
    let mut metadata = |name: &str, value: &str| {
        let mut entry = Vec::new();
        field(&mut entry, 1, name.as_bytes());
        field(&mut entry, 2, value.as_bytes());
        field(&mut info, 3, &entry);
    };
    metadata("id", &telling.id.to_string());
    if let Some(because) = because {
        metadata("filter", because.filter);
        metadata("reason", &because.code);
        if let Some(full) = &because.full {
            metadata("rule", full.rule);
        }
        // As many of the facts as there is room for.
        let mut room = METADATA_LIMIT;
        for (name, value) in &because.context {
            let Some(left) = room.checked_sub(name.len() + value.len()) else { break };
            room = left;
            metadata(name, value);
        }
    }
    // `google.protobuf.Any`: type, value.
    let mut any = Vec::new();
    field(&mut any, 1, b"type.googleapis.com/google.rpc.ErrorInfo");
    field(&mut any, 2, &info);
    // `google.rpc.Status`: code, message, details.
    let mut status = vec![1 << 3];
    varint(&mut status, code);
    field(&mut status, 2, message.as_bytes());
    field(&mut status, 3, &any);
    base64(&status)
}

/// A field of a message in the wire format of Protocol Buffers: its number, the type that has a length, and the bytes.
fn field(out: &mut Vec<u8>, number: u8, value: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, u32::try_from(value.len()).unwrap_or(u32::MAX));
    out.extend_from_slice(value);
}

/// Seven bits a byte, the lowest first; all but the last byte have the highest bit set.
fn varint(out: &mut Vec<u8>, mut number: u32) {
    while let rest @ 1.. = number >> 7 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number = rest;
    }
    out.push(number.to_le_bytes()[0]);
}

/// RFC 4648, section 4, without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(three.get(at).copied().unwrap_or(0)));
        for digit in 0..=three.len() {
            let digit = DIGITS.get(bits >> (18 - 6 * digit) & 63).copied().unwrap_or(b'A');
            out.push(char::from(digit));
        }
    }
    out
}

/// `ip-allowlist.not_allowed` as `IP_ALLOWLIST_NOT_ALLOWED`. With the filter's name: an `ErrorInfo` is told from others by its
/// reason and domain alone.
fn upper_snake(code: &str) -> String {
    code.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' }).collect()
}

fn cut(text: &mut String, limit: usize) {
    if text.len() > limit {
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= limit).last().unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

/// The text as a value of `grpc-message` (gRPC's `PROTOCOL-HTTP2.md`): for hosts that, unlike Envoy, do not make it of the body.
pub fn grpc_message(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use prost::encoding;

    use super::*;

    #[test]
    fn bytes_are_written_as_other_libraries_write_them() {
        for length in (0..300).chain([16_383, 16_384, 70_000]) {
            let bytes: Vec<u8> =
                (0..length).map(|index: u32| index.wrapping_mul(0x9e37_79b9).to_be_bytes()[0]).collect();
            assert_eq!(base64(&bytes), STANDARD_NO_PAD.encode(&bytes));
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            field(&mut ours, 3, &bytes);
            encoding::bytes::encode(3, &bytes, &mut theirs);
            assert_eq!(ours, theirs, "{length}");
        }
        for number in [0, 1, 127, 128, 255, 16_383, 16_384, u32::MAX] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            varint(&mut ours, number);
            encoding::encode_varint(number.into(), &mut theirs);
            assert_eq!(ours, theirs, "{number}");
        }
    }
}
