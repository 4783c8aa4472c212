//! Parts of a document (RFC 9110, section 14), and what tells that they are parts of the same.

use super::Failure;
use crate::contract::Reply;
use crate::head::{Head, Sole};
use crate::time::Mono;

/// The longest ETag that is sent back, in bytes.
pub(super) const ETAG_LIMIT: usize = 256;

/// A document that has begun to come.
#[derive(Default)]
pub(super) struct Begun {
    /// When its first part came.
    pub(super) came: Mono,
    pub(super) etag: Option<String>,
    /// How much of it came, in bytes.
    pub(super) bytes: usize,
    /// How long all of it is.
    pub(super) whole: usize,
}

impl Begun {
    /// With another part of it, of which so many bytes were asked for. `None` if it has changed.
    pub(super) fn with(mut self, reply: &Reply, asked: usize) -> Result<Option<Self>, Failure> {
        let Reply { status, head, body } = reply;
        let whole = length_of_whole(head, self.bytes, body.len(), asked);
        match status {
            206 if whole == Some(self.whole) && etag(head) == self.etag => {
                self.bytes += body.len();
                Ok(Some(self))
            }
            // All of it, another part, or none: it is not what it was, or the source is not.
            200 | 206 | 412 | 416 => Ok(None),
            status => Err(Failure::Status(*status)),
        }
    }
}

/// Asks for so many bytes, from that one on.
pub(super) fn asked(from: usize, length: usize) -> String {
    format!("bytes={from}-{}", from.saturating_add(length).saturating_sub(1))
}

/// How long the whole is, of which an answer with status 206 has those bytes, from that one on. `None` where it has others, or does not say, or
/// where neither as many are here as were asked for, nor all that are left: a document of single bytes would never be here.
pub(super) fn length_of_whole(head: &Head, from: usize, bytes: usize, asked: usize) -> Option<usize> {
    let Sole::One(range) = head.sole("content-range") else { return None };
    let last = from + bytes.checked_sub(1)?;
    let whole = range.strip_prefix(format!("bytes {from}-{last}/").as_bytes())?;
    let whole = std::str::from_utf8(whole).ok()?.parse().ok()?;
    (last < whole && (bytes == asked || last + 1 == whole)).then_some(whole)
}

/// The ETag of a reply, if it is one that can be sent back (RFC 9110, section 8.8.3): `"…"` or `W/"…"`, here in visible
/// ASCII only.
pub(super) fn etag(head: &Head) -> Option<String> {
    let Sole::One(etag) = head.sole("etag") else { return None };
    let etag = std::str::from_utf8(etag).ok()?;
    let opaque = etag.strip_prefix("W/").unwrap_or(etag).strip_prefix('"')?.strip_suffix('"')?;
    let usable = etag.len() <= ETAG_LIMIT && opaque.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    usable.then(|| etag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_which_part_it_has_and_nothing_else_is_believed() {
        let cases: &[(&[&str], Option<usize>)] = &[
            (&["bytes 10-14/15"], Some(15)),
            (&["bytes 10-14/1500"], Some(1500)),
            (&["bytes 010-14/15"], None),
            (&["bytes 10-14/14"], None),
            (&["bytes 10-14/*"], None),
            (&["bytes */15"], None),
            (&["bytes 10-13/15"], None),
            (&["bytes 10-15/16"], None),
            (&["bytes 0-4/15"], None),
            (&["bytes 14-10/15"], None),
            (&["bytes -14/15"], None),
            (&["bytes 10-14"], None),
            (&["items 10-14/15"], None),
            (&["bytes 10-14/99999999999999999999999"], None),
            (&["bytes 10-14/15", "bytes 10-14/15"], None),
            (&[], None),
        ];
        for (values, whole) in cases {
            let head = Head::from_pairs(values.iter().map(|value| ("Content-Range", value)));
            assert_eq!(length_of_whole(&head, 10, 5, 5), *whole, "{values:?}");
            // Less than was asked for is only the end.
            assert_eq!(length_of_whole(&head, 10, 5, 6), whole.filter(|whole| *whole == 15), "{values:?}");
        }
        let head = Head::from_pairs([("content-range", "bytes 10-9/15")]);
        assert_eq!(length_of_whole(&head, 10, 0, 5), None);
        assert_eq!(asked(10, 5), "bytes=10-14");
    }
}
