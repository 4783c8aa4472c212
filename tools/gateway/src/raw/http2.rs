//! One HTTP/2 request as raw frames, for header fields that no client library would send: an empty `:path`, upper case,
//! two `:authority`, control characters.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::connect;
use crate::{Error, Result};

/// Frame types (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
/// Flags.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
/// The largest frame that a peer has to take (RFC 9113, section 6.5.2), in bytes.
const FRAME: usize = 16_384;
/// No response is read further than this, in frames.
const FRAMES: usize = 100_000;

/// What became of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response with this status; its body was read to the end.
    Status(u16),
    /// The stream was reset, with this error code (RFC 9113, section 7).
    Reset(u32),
    /// The peer gave up the connection, with this error code.
    GoAway(u32),
    /// The peer closed the connection without a word.
    Closed,
    /// The bound passed.
    Bound,
}

/// Sends one request with these header fields, pseudo-headers included, in this order and with exactly these bytes, and
/// without a body.
///
/// # Errors
/// Only when there is no connection: everything else is an [`Outcome`].
pub async fn send(to: SocketAddr, from: Option<&str>, fields: &[(&[u8], &[u8])], bound: Duration) -> Result<Outcome> {
    let stream = tokio::time::timeout(bound, connect(to, from)).await;
    let mut stream = stream.map_err(|_| Error::new(format!("no connection to {to} within {bound:?}")))??;
    let exchange = async {
        // The peer may give up before it has read everything; what it says is still there to be read.
        let _ = stream.write_all(&request(fields)).await;
        read(&mut stream).await
    };
    Ok(tokio::time::timeout(bound, exchange).await.unwrap_or(Outcome::Bound))
}

/// Preface, empty settings, and the header fields, in as many frames as they need.
fn request(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        // RFC 7541, section 6.2.2: a literal without indexing, new name, no Huffman code.
        block.push(0);
        literal(&mut block, name);
        literal(&mut block, value);
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    frame(&mut bytes, SETTINGS, 0, 0, &[]);
    let mut parts = block.chunks(FRAME).peekable();
    let end = |last: bool| if last { END_HEADERS } else { 0 };
    let first = parts.next().unwrap_or_default();
    frame(&mut bytes, HEADERS, END_STREAM | end(parts.peek().is_none()), 1, first);
    while let Some(part) = parts.next() {
        frame(&mut bytes, CONTINUATION, end(parts.peek().is_none()), 1, part);
    }
    bytes
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    bytes.extend(length.iter().skip(1));
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
}

/// A string literal: its length as an integer with a prefix of seven bits (RFC 7541, section 5.1), then its bytes.
fn literal(block: &mut Vec<u8>, text: &[u8]) {
    const PREFIX: usize = 0x7f;
    if text.len() < PREFIX {
        block.extend(u8::try_from(text.len()));
    } else {
        block.push(0x7f);
        let mut rest = text.len() - PREFIX;
        while rest >= 0x80 {
            block.extend(u8::try_from(rest % 0x80 + 0x80));
            rest /= 0x80;
        }
        block.extend(u8::try_from(rest));
    }
    block.extend(text);
}

async fn read(stream: &mut TcpStream) -> Outcome {
    let mut seen = None;
    for _ in 0..FRAMES {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return seen.map_or(Outcome::Closed, Outcome::Status);
        }
        let [a, b, c, kind, flags, stream_id @ ..] = head;
        let stream_id = u32::from_be_bytes(stream_id) & 0x7fff_ffff;
        // At most 16 MiB, by the width of the field.
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if stream.read_exact(&mut payload).await.is_err() {
            return seen.map_or(Outcome::Closed, Outcome::Status);
        }
        let code =
            |at: usize| payload.get(at..at + 4).and_then(|code| code.try_into().ok()).map_or(0, u32::from_be_bytes);
        match kind {
            SETTINGS if flags & ACK == 0 => {
                let mut bytes = Vec::new();
                frame(&mut bytes, SETTINGS, ACK, 0, &[]);
                // If it cannot be sent, the next read says why.
                let _ = stream.write_all(&bytes).await;
            }
            HEADERS if stream_id == 1 => {
                seen = seen.or(status(&payload));
            }
            RST_STREAM if stream_id == 1 => return seen.map_or(Outcome::Reset(code(0)), Outcome::Status),
            GOAWAY => return seen.map_or(Outcome::GoAway(code(4)), Outcome::Status),
            _ => {}
        }
        if let (Some(status), 1, HEADERS | DATA) = (seen, stream_id, kind)
            && flags & END_STREAM != 0
        {
            return Outcome::Status(status);
        }
    }
    Outcome::Bound
}

/// The status from the beginning of a header block: `:status` comes first, as an index, or as a literal with the indexed name.
fn status(block: &[u8]) -> Option<u16> {
    // A size update of the dynamic table may stand before it (RFC 7541, section 6.3).
    let updates = block.iter().take_while(|byte| **byte & 0xe0 == 0x20).count();
    let block = block.get(updates..)?;
    let (first, rest) = block.split_first()?;
    match first {
        // RFC 7541, appendix A.
        0x88 => return Some(200),
        0x89 => return Some(204),
        0x8a => return Some(206),
        0x8b => return Some(304),
        0x8c => return Some(400),
        0x8d => return Some(404),
        0x8e => return Some(500),
        // The name of index 8 to 14: `:status`.
        0x48..=0x4e | 0x08..=0x0e | 0x18..=0x1e => {}
        _ => return None,
    }
    let (length, rest) = rest.split_first()?;
    let value = rest.get(..usize::from(length & 0x7f))?;
    if length & 0x80 == 0 { std::str::from_utf8(value).ok()?.parse().ok() } else { huffman_digits(value) }
}

/// A number in the Huffman code (RFC 7541, appendix B), of which only the digits are needed: 0 to 2 have five bits, 3 to 9 six.
fn huffman_digits(bytes: &[u8]) -> Option<u16> {
    let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| u16::from(byte >> shift & 1)));
    let mut number: u16 = 0;
    for _ in 0..3 {
        let five = (0..5).try_fold(0, |code, _| bits.next().map(|bit| code * 2 + bit))?;
        let digit = match five {
            0..=2 => five,
            _ => match five * 2 + bits.next()? {
                code @ 0x19..=0x1f => code - 0x19 + 3,
                _ => return None,
            },
        };
        number = number * 10 + digit;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_each_of_its_forms() {
        for (block, expected) in [
            (&[0x88][..], Some(200)),
            (&[0x20, 0x8d], Some(404)),
            (&[0x48, 3, b'4', b'0', b'3'], Some(403)),
            // RFC 7541, appendix C.6.1 and C.6.2.
            (&[0x48, 0x82, 0x64, 0x02], Some(302)),
            (&[0x48, 0x83, 0x64, 0x0e, 0xff], Some(307)),
            (&[0x48, 0x82], None),
            (&[], None),
        ] {
            assert_eq!(status(block), expected, "{block:x?}");
        }
    }

    #[test]
    fn long_literals_have_their_length_in_several_bytes() {
        // RFC 7541, appendix C.1.2 with a prefix of seven bits: 127 + 10 + 128 * 1.
        let mut block = Vec::new();
        literal(&mut block, &[b'x'; 265]);
        assert_eq!(&block[..3], [0x7f, 0x8a, 0x01]);
    }
}
