//! `Content-Encoding` undone (RFC 9110, section 8.4): gzip, deflate and br, within a bound.
//!
//! What cannot be decoded whole is an error, never a part of the content: another reader could get further.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

/// The most codings of one body.
const CODINGS: usize = 3;
/// The largest window of br, as a power of two. It is memory that the sender chooses; encoders take 22 unless asked for more.
const BROTLI_WINDOW: u8 = 22;

/// Why a body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A coding that is not known here, or too many of them.
    Coding,
    /// The body is not what its coding says: broken, cut off, or with something behind its end.
    Broken,
    /// The content is larger than the bound.
    TooLarge,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Coding => "a Content-Encoding that is not known",
            Self::Broken => "a body that is not what its Content-Encoding says",
            Self::TooLarge => "a body that is too large when it is decompressed",
        })
    }
}

/// Decodes a body of at most `limit` bytes; `codings` is the value of `Content-Encoding` (of several headers: joined by commas, in
/// their order). The bound holds for each coding, and for a body without any that needs to be undone.
pub fn decode<'b>(codings: &[u8], body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, Unreadable> {
    let mut content = Cow::Borrowed(body);
    let mut undone = 0;
    // The last coding was applied last.
    for coding in codings.rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
        if coding.is_empty() || coding.eq_ignore_ascii_case(b"identity") {
            continue;
        }
        undone += 1;
        if undone > CODINGS {
            return Err(Unreadable::Coding);
        }
        // An empty body stays one: a HEAD request, a client that declares what it could have sent.
        if content.is_empty() && known(coding) {
            continue;
        }
        content = Cow::Owned(match coding.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => collect(flate2::bufread::MultiGzDecoder::new(&*content), limit)?,
            b"deflate" => deflate(&content, limit)?,
            b"br" => brotli(&content, limit)?,
            _ => return Err(Unreadable::Coding),
        });
    }
    if content.len() > limit { Err(Unreadable::TooLarge) } else { Ok(content) }
}

/// Whether a coding can be undone, in any case.
pub fn known(coding: &[u8]) -> bool {
    [&b"gzip"[..], b"x-gzip", b"deflate", b"br"].iter().any(|known| coding.eq_ignore_ascii_case(known))
}

/// `deflate` is zlib's format (RFC 1950); some send the bare one (RFC 1951), and readers take both.
fn deflate(body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    let zlib = matches!(body, [method, flags, ..]
        if method & 0x0f == 8 && method >> 4 <= 7 && u16::from_be_bytes([*method, *flags]) % 31 == 0);
    if zlib {
        let mut reader = flate2::bufread::ZlibDecoder::new(body);
        let content = collect(&mut reader, limit)?;
        let whole = reader.total_in() as usize == body.len();
        return if whole && !is_bare(body, limit) { Ok(content) } else { Err(Unreadable::Broken) };
    }
    let mut reader = flate2::bufread::DeflateDecoder::new(body);
    let content = collect(&mut reader, limit)?;
    if reader.total_in() as usize == body.len() { Ok(content) } else { Err(Unreadable::Broken) }
}

/// Whether a body is whole as the bare format too: made so by somebody who wants it to be read in two ways.
fn is_bare(body: &[u8], limit: usize) -> bool {
    let mut reader = flate2::bufread::DeflateDecoder::new(body);
    !matches!(collect(&mut reader, limit), Err(Unreadable::Broken | Unreadable::Coding))
        && reader.total_in() as usize == body.len()
}

/// RFC 7932.
fn brotli(body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    if body.first().is_none_or(|first| window(*first) > BROTLI_WINDOW) {
        return Err(Unreadable::Broken);
    }
    let memory = StandardAlloc::default;
    let mut state = BrotliState::new_strict(memory(), memory(), memory());
    let (mut left, mut read, mut total) = (body.len(), 0, 0);
    let mut piece = [0; 4096];
    let mut content = Vec::new();
    loop {
        let (mut room, mut written) = (piece.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            body,
            &mut room,
            &mut written,
            &mut piece,
            &mut total,
            &mut state,
        );
        content.extend_from_slice(piece.get(..written).unwrap_or_default());
        if content.len() > limit {
            return Err(Unreadable::TooLarge);
        }
        match result {
            BrotliResult::ResultSuccess if left == 0 => return Ok(content),
            BrotliResult::NeedsMoreOutput if written > 0 => {}
            BrotliResult::ResultSuccess
            | BrotliResult::NeedsMoreInput
            | BrotliResult::NeedsMoreOutput
            | BrotliResult::ResultFailure => return Err(Unreadable::Broken),
        }
    }
}

/// The window that the first byte declares, as a power of two (RFC 7932, section 9.1); more than there is for what is none.
fn window(first: u8) -> u8 {
    if first & 1 == 0 {
        return 16;
    }
    match (first >> 1 & 7, first >> 4 & 7) {
        (0, 0) => 17,
        (0, 1) => u8::MAX,
        (0, bits) => 8 + bits,
        (bits, _) => 17 + bits,
    }
}

/// Reads all, or finds out that it is too much.
fn collect(reader: impl Read, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let mut content = Vec::new();
    let bound = (limit as u64).saturating_add(1);
    match reader.take(bound).read_to_end(&mut content) {
        Ok(_) if content.len() > limit => Err(Unreadable::TooLarge),
        Ok(_) => Ok(content),
        Err(_) => Err(Unreadable::Broken),
    }
}

#[cfg(test)]
#[path = "decompress_tests.rs"]
mod tests;
