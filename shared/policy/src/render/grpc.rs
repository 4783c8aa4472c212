//! A refusal as a gRPC status, with details that programs can read.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use prost::Message;

use super::telling::{Because, Telling};
use super::write;
use crate::head::{Head, Sole};

/// The longest message, in bytes. Clients may refuse more than 8 KiB of headers in all, where it occurs twice.
const MESSAGE_LIMIT: usize = 500;

/// How much of the facts is told, in bytes, for the same reason.
const METADATA_LIMIT: usize = 2000;

/// What has to be escaped in `grpc-message`: all but space and visible ASCII, and the percent sign.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Any {
    #[prost(string, tag = "1")]
    pub(super) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub(super) reason: String,
    #[prost(string, tag = "2")]
    pub(super) domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    pub(super) metadata: BTreeMap<String, String>,
}

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
    let mut metadata = BTreeMap::new();
    if let Some(because) = &telling.because {
        metadata = facts(because);
        metadata.insert("filter".to_owned(), because.filter.to_owned());
        metadata.insert("reason".to_owned(), because.code.clone());
        if let Some(full) = &because.full {
            metadata.insert("rule".to_owned(), full.rule.to_owned());
        }
    }
    metadata.insert("id".to_owned(), telling.id.to_string());
    let info = ErrorInfo {
        reason: telling
            .because
            .as_ref()
            .map_or_else(|| "REQUEST_REFUSED".to_owned(), |because| upper_snake(&because.code)),
        domain: "verdict".to_owned(),
        metadata,
    };
    let status = Status {
        code: i32::try_from(code).unwrap_or(2),
        message: message.to_owned(),
        details: vec![Any {
            type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
            value: info.encode_to_vec(),
        }],
    };
    STANDARD_NO_PAD.encode(status.encode_to_vec())
}

/// As many of the facts as there is room for.
fn facts(because: &Because<'_>) -> BTreeMap<String, String> {
    let mut room = METADATA_LIMIT;
    let mut told = BTreeMap::new();
    for (name, value) in &because.context {
        let Some(left) = room.checked_sub(name.len() + value.len()) else { break };
        room = left;
        told.insert((*name).to_owned(), (*value).to_owned());
    }
    told
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
