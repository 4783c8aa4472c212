//! Renders a refusal for a client: as JSON (RFC 9457), as a page, or as a gRPC status.
//!
//! What is told is settled once, in `telling`; the formats only write it down. So none of them can tell more than another.

use std::fmt::{self, Write};

use crate::denial::Denial;
use crate::head::Head;
use crate::reason::Retry;
use crate::settings::Show;
use telling::Telling;

mod accept;
mod challenge;
mod grpc;
mod html;
mod problem;
mod telling;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use grpc::{grpc_message, status as grpc_status};
pub(crate) use telling::{filled, request_id};

/// The most facts of one denial that are told.
pub(crate) const FACTS_LIMIT: usize = 32;

/// The number of a denial: it stands in the answer, in the access log and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenialId([u8; 10]);

impl DenialId {
    /// A number from bytes that nobody can guess: who knows one denial must not know the next.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for DenialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// The headers; names in lower case, values of printable ASCII.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body. Of a gRPC call it is the plain message, from which Envoy makes `grpc-message`.
    pub body: Vec<u8>,
    /// `grpc-status`, for a gRPC call.
    pub grpc_status: Option<u32>,
    /// The response code details for the access log: `verdict:ip-allowlist.denied`. Always the real reason: no client reads them.
    pub details: String,
}

/// Renders a refusal for a client that is told as much as `show` says.
///
/// A gRPC call gets a gRPC status, whoever prefers a page gets a page, and everybody else JSON. gRPC-Web is none of these: its
/// clients get JSON with the HTTP status, which they understand as an error too.
///
/// The answer to a HEAD request is that to a GET request, body and all (RFC 9110, section 9.3.2): the proxy leaves the body out, and
/// makes `content-length` of it. Of an answer without a body, Envoy would drop `content-type` too.
pub fn render(denial: &Denial, id: &DenialId, show: Show, request: &Head) -> Rendered {
    let telling = Telling::new(denial, id, show, request);
    let mut headers = common_headers(&telling);
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.as_bytes().to_vec()));
    let mut grpc_status = None;
    let body = if grpc::is_call(request) {
        let status = grpc::status(telling.status);
        let message = grpc::message(&telling);
        add("content-type", "application/grpc");
        add("grpc-status-details-bin", &grpc::details(&telling, status, &message));
        grpc_status = Some(status);
        message.into_bytes()
    } else if accept::prefers_html(request) {
        add("content-type", "text/html; charset=utf-8");
        add("content-security-policy", html::POLICY);
        html::page(&telling).into_bytes()
    } else {
        add("content-type", "application/problem+json");
        problem::json(&telling)
    };
    Rendered { status: telling.status, headers, body, grpc_status, details: format!("verdict:{}", denial.code()) }
}

/// The headers that do not depend on the format.
fn common_headers(telling: &Telling<'_>) -> Vec<(String, Vec<u8>)> {
    let mut headers = Vec::new();
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.as_bytes().to_vec()));
    add("cache-control", "no-store");
    add("vary", "Accept, Origin");
    add("x-content-type-options", "nosniff");
    if let Some(challenge) = &telling.challenge {
        add("www-authenticate", challenge);
    }
    if let Some(because) = &telling.because {
        add("x-verdict-reason", &because.code);
        if let Retry::After(seconds) = because.retry {
            add("retry-after", &seconds.to_string());
        }
    }
    headers
}

/// Writes to a string, which cannot fail.
fn write(out: &mut String, text: fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
