//! Whether a message has an end that one can wait for.

use crate::head::{Head, Sole};

/// Whether a message has an end that one can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// As far as one can tell.
    Ends,
    /// It may stay open for as long as it likes.
    Open,
    /// It is a tunnel: either side may be the first to speak.
    Upgrade,
}

impl Stream {
    /// What the request says of itself, or with a response, what that does.
    pub fn of(request: &Head, response: Option<&Head>) -> Self {
        // What says how long it is has an end. Nobody may spare a body the reading by calling it something else.
        let message = response.unwrap_or(request);
        let sized = message.values("content-length").any(|length| length != b"0");
        // An `upgrade` that `connection` does not name is none (RFC 9110, section 7.8), and must not spare a body the reading.
        let named = |value: &[u8]| {
            value.split(|byte| *byte == b',').any(|name| name.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
        };
        let upgrade = request.sole("upgrade") != Sole::Absent && request.values("connection").any(named);
        let chunked = message.sole("transfer-encoding") != Sole::Absent;
        if (upgrade && !sized && !chunked) || request.method() == b"CONNECT" {
            return Self::Upgrade;
        }
        // Only servers send event streams: a client that calls its body one is out for a reading of less.
        let kinds: &[&[u8]] =
            if response.is_some() { &[b"application/grpc", b"text/event-stream"] } else { &[b"application/grpc"] };
        let open = message.values("content-type").any(|kind| {
            let kind = kind.to_ascii_lowercase();
            kinds.iter().any(|open| kind.starts_with(open))
        });
        if open && !sized { Self::Open } else { Self::Ends }
    }
}
