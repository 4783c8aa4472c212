//! Bytes as they are over TCP, for requests that no client library would send: malformed, odd, duplicated.

pub mod http2;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::connect;
use crate::{Context, Error, Result};

/// No answer is read further than this, in bytes.
const LONGEST: usize = 16 << 20;

/// How an answer over TCP ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer closed or reset the connection.
    Closed,
    /// An HTTP/1.1 response with its whole body was there.
    Complete,
    /// The bound passed, or 16 MiB had come.
    Bound,
}

/// What came back over TCP.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How it ended.
    pub end: End,
}

impl Answer {
    /// The bytes as text, with `U+FFFD` for what is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The status of the (first) HTTP/1.1 response in it, if there is one.
    pub fn status(&self) -> Option<u16> {
        self.text().strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }
}

/// Sends `bytes` from the local address `from` (if given) and reads until the peer closes, one whole HTTP/1.1 response
/// is there, or `bound` passes.
///
/// # Errors
/// Only when there is no connection: everything else is an [`Answer`].
pub async fn send(to: SocketAddr, from: Option<&str>, bytes: &[u8], bound: Duration) -> Result<Answer> {
    send_in_parts(to, from, &[(Duration::ZERO, bytes)], bound).await
}

/// As [`send`], in parts, each after its pause.
///
/// # Errors
/// As [`send`].
pub async fn send_in_parts(
    to: SocketAddr,
    from: Option<&str>,
    parts: &[(Duration, &[u8])],
    bound: Duration,
) -> Result<Answer> {
    let stream = tokio::time::timeout(bound, connect(to, from)).await;
    let mut stream = stream.map_err(|_| Error::new(format!("no connection to {to} within {bound:?}")))??;
    let mut answer = Answer { bytes: Vec::new(), end: End::Bound };
    // The peer may answer and close before it has read everything; then its answer is still there to be read.
    let (mut reader, mut writer) = stream.split();
    let write = async {
        for (pause, bytes) in parts {
            tokio::time::sleep(*pause).await;
            writer.write_all(bytes).await.context("write")?;
        }
        Ok::<(), Error>(())
    };
    let read = async {
        let mut buffer = vec![0; 64 << 10];
        while answer.bytes.len() < LONGEST {
            match reader.read(&mut buffer).await {
                Ok(0) | Err(_) => {
                    answer.end = End::Closed;
                    return;
                }
                Ok(length) => answer.bytes.extend(buffer.iter().take(length)),
            }
            if is_complete(&answer.bytes) {
                answer.end = End::Complete;
                return;
            }
        }
    };
    let both = async {
        tokio::pin!(read);
        let mut write = std::pin::pin!(write);
        let mut writing = true;
        loop {
            tokio::select! {
                _ = &mut write, if writing => writing = false,
                () = &mut read => return,
            }
        }
    };
    // When the bound passes, the answer is what has come by then.
    let _ = tokio::time::timeout(bound, both).await;
    Ok(answer)
}

/// Whether these bytes are one HTTP/1.1 response with its whole body (by its length, or by its last chunk).
fn is_complete(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let body = bytes.get(end + 4..).unwrap_or_default();
    if head.contains("\r\ntransfer-encoding: chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.lines().next());
    length.and_then(|length| length.trim().parse::<usize>().ok()).is_some_and(|length| body.len() >= length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_complete_by_its_length_or_its_last_chunk() {
        for (response, complete) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n", false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n", false),
        ] {
            assert_eq!(is_complete(response.as_bytes()), complete, "{response:?}");
        }
    }
}
