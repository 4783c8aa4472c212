//! The chain of addresses that proxies write, read from the right: the side that a client cannot reach.

use std::net::IpAddr;

use super::raw::ChainHeader;
use super::{Unreadable, forwarded, node};
use crate::head::Head;

/// The most hops. Real chains have fewer than ten.
pub(super) const MAX_HOPS: usize = 64;

/// The most bytes in all lines of the header together, with a comma between each two.
pub(super) const MAX_BYTES: usize = 8 * 1024;

/// What one element of a chain tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    Address(IpAddr),
    /// A proxy says that there was a hop, but not where: only `Forwarded` can.
    Hidden,
}

/// The lines of the header, in order, their size checked.
pub(super) struct Chain<'a> {
    header: ChainHeader,
    last: &'a [u8],
    /// Nearly always empty, and then nothing is allocated.
    earlier: Vec<&'a [u8]>,
}

impl<'a> Chain<'a> {
    /// Collects the lines. Commas are counted before anything is parsed, so those inside quotes count too.
    pub(super) fn gather(head: &'a Head, header: ChainHeader) -> Result<Self, Unreadable> {
        let name = match header {
            ChainHeader::XForwardedFor => "x-forwarded-for",
            ChainHeader::Forwarded => "forwarded",
        };
        let mut lines = head.values(name);
        let mut chain = Self { header, last: lines.next().ok_or(Unreadable::Missing)?, earlier: Vec::new() };
        let (mut size, mut hops) = (chain.last.len(), 0);
        loop {
            if size > MAX_BYTES {
                return Err(Unreadable::ChainTooLong);
            }
            hops += 1 + chain.last.iter().filter(|byte| **byte == b',').count();
            if hops > MAX_HOPS {
                return Err(Unreadable::ChainTooLong);
            }
            let Some(line) = lines.next() else { return Ok(chain) };
            size += 1 + line.len();
            chain.earlier.push(std::mem::replace(&mut chain.last, line));
        }
    }

    /// Each hop, from the right. An element that is not one is an error where it stands: whoever stops before it never
    /// sees it, and whoever meets it must not go on.
    pub(super) fn hops(&self) -> impl Iterator<Item = Result<Hop, Unreadable>> {
        let mut lines = self.earlier.iter().rev().copied();
        let mut rest = Some(self.last);
        std::iter::from_fn(move || {
            let list = rest?;
            let comma = match self.header {
                ChainHeader::XForwardedFor => list.iter().rposition(|byte| *byte == b','),
                ChainHeader::Forwarded => forwarded::last_comma(list),
            };
            let (left, element) = match comma.and_then(|at| list.split_at_checked(at)) {
                Some((left, [_, element @ ..])) => (Some(left), element),
                Some((_, [])) | None => (None, list),
            };
            rest = left.or_else(|| lines.next());
            let element = trim(element);
            let hop = match self.header {
                ChainHeader::XForwardedFor => node::endpoint(element).map(|endpoint| Hop::Address(endpoint.ip)),
                ChainHeader::Forwarded => forwarded::element(element),
            };
            Some(hop.ok_or(Unreadable::Malformed))
        })
    }
}

/// Takes the optional white space off (RFC 9110, section 5.6.3): spaces and tabs, and no other control character.
pub(super) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
