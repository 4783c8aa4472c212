//! The backend of the rule set's test set-up.

use super::case::Request;
use verdict_seclang::body::json;

/// Names and values.
pub type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// What the backend of the rule set's test set-up answers: to `POST /reflect` what the body says, to all else nothing.
pub fn answer(request: &Request) -> (u16, Headers, Vec<u8>) {
    let path = request.target.split(|byte| *byte == b'?').next().unwrap_or_default();
    if request.method != b"POST" || !path.starts_with(b"/reflect") {
        return (200, vec![(b"Content-Length".to_vec(), b"0".to_vec())], Vec::new());
    }
    let read = json::arguments(&request.body, json::Limits { depth: 8, arguments: 100, bytes: 1 << 20 });
    if read.fault.is_some() {
        let headers = vec![(b"Content-Type".to_vec(), b"text/plain; charset=utf-8".to_vec())];
        return (400, headers, b"Invalid JSON in request body".to_vec());
    }
    let (mut status, mut headers, mut body) = (200, Headers::new(), Vec::new());
    for (name, value) in read.pairs {
        if name == b"json.status" {
            status = String::from_utf8_lossy(&value).parse().expect("a status is a number");
        } else if name == b"json.body" {
            body = value;
        } else if name == b"json.encodedBody" {
            use base64ct::{Base64, Encoding};
            body = Base64::decode_vec(&String::from_utf8_lossy(&value)).expect("a body is in base64");
        } else if let Some(header) = name.strip_prefix(b"json.headers.") {
            headers.push((header.to_vec(), value));
        }
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"content-type")) {
        let start = body.trim_ascii_start().to_ascii_lowercase();
        let tags: [&[u8]; 8] =
            [b"<!doctype html", b"<html", b"<head", b"<script", b"<body", b"<title", b"<h1", b"<!--"];
        let kind = if tags.iter().any(|tag| start.starts_with(tag)) { "text/html" } else { "text/plain" };
        headers.push((b"Content-Type".to_vec(), format!("{kind}; charset=utf-8").into_bytes()));
    }
    headers.push((b"Content-Length".to_vec(), body.len().to_string().into_bytes()));
    (status, headers, body)
}
