//! One entry of an address list: a block, an address, a range or `any`, read from its text.

mod fault;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use verdict_policy::network::{Fault as Text, MAX_BYTES, address, network};

pub use self::fault::{Fault, NotAnEntry};
use crate::block::{Block, Span};

/// What one entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// An address, a CIDR block or a range.
    Block(Block),
    /// Every address of both families.
    Any,
}

/// An entry as it stands in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it stands for.
    pub entry: Entry,
    /// When it ends by itself: from this moment on it stands for nothing. Seconds since 1970; `None`: never.
    pub until: Option<u64>,
}

impl Listed {
    /// The last moment at which it stands for something, and more: seconds since 1970.
    pub fn end(&self) -> u64 {
        self.until.unwrap_or(u64::MAX)
    }
}

impl Entry {
    /// Reads one entry; white space around it and around the dash of a range does not count.
    ///
    /// - `10.0.0.0/8`, `2001:db8::/32`: a CIDR block (RFC 4632, RFC 4291 section 2.3) without host bits.
    /// - `10.0.0.1`, `2001:db8::1`: one address.
    /// - `10.0.0.1-10.0.0.9`: a range; both ends belong to it and are of one family.
    /// - `any`: every address of both families.
    ///
    /// IPv4 in its IPv6 form (`::ffff:10.0.0.1`, `::ffff:10.0.0.0/104`; RFC 4291 section 2.5.5.2) is the IPv4 address.
    ///
    /// # Errors
    /// What is wrong and what to write in its place. Nothing is read leniently: `010.0.0.1` is 8.0.0.1 to some programs.
    pub fn parse(written: &[u8]) -> Result<Self, NotAnEntry<'_>> {
        let written = written.trim_ascii();
        read(written).map_err(|fault| NotAnEntry::new(written, fault))
    }

    /// Whether every address of the other one is one of this one.
    pub fn contains(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any | Self::Block(_)) => true,
            (Self::Block(Block::V4(this)), Self::Block(Block::V4(other))) => this.contains(other),
            (Self::Block(Block::V6(this)), Self::Block(Block::V6(other))) => this.contains(other),
            (Self::Block(_), Self::Any | Self::Block(_)) => false,
        }
    }

    /// The blocks that it stands for: one, or one of each family.
    pub fn blocks(self) -> impl Iterator<Item = Block> {
        let (one, other) = match self {
            Self::Block(block) => (block, None),
            Self::Any => (Block::ALL_V4, Some(Block::ALL_V6)),
        };
        std::iter::once(one).chain(other)
    }
}

fn read(written: &[u8]) -> Result<Entry, Fault> {
    if written.is_empty() {
        return Err(Text::Empty.into());
    }
    if written.len() > MAX_BYTES {
        return Err(Text::TooLong.into());
    }
    let text = str::from_utf8(written).map_err(|_| Text::NotAnAddress)?;
    if text == "any" {
        return Ok(Entry::Any);
    }
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (address(first.trim_ascii())?, address(last.trim_ascii())?),
        None => {
            let net = network(text)?;
            (net.network(), net.broadcast())
        }
    };
    range(first, last).map(Entry::Block)
}

fn range(first: IpAddr, last: IpAddr) -> Result<Block, Fault> {
    let reversed = Fault::Reversed { first: last, last: first };
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Span::new(first.into(), last.into()).map(Block::V4).ok_or(reversed),
        (IpAddr::V6(first), IpAddr::V6(last)) => Span::new(first.into(), last.into()).map(Block::V6).ok_or(reversed),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Err(Fault::MixedFamilies),
    }
}
