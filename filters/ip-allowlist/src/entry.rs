//! One entry of an address list: a block, an address, a range or `any`, read from its text.

mod fault;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

pub use self::fault::{Fault, NotAnEntry};
use crate::block::{Block, Span};

/// The longest text that is looked at, in bytes: more than twice the longest range of IPv6 addresses.
pub const MAX_BYTES: usize = 128;

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
        return Err(Fault::Empty);
    }
    if written.len() > MAX_BYTES {
        return Err(Fault::TooLong);
    }
    let text = str::from_utf8(written).map_err(|_| Fault::NotAnAddress)?;
    if text == "any" {
        return Ok(Entry::Any);
    }
    let block = if let Some((first, last)) = text.split_once('-') {
        range(address(first.trim_ascii())?.to_canonical(), address(last.trim_ascii())?.to_canonical())?
    } else if let Some((base, prefix)) = text.split_once('/') {
        cidr(address(base)?, prefix)?
    } else {
        let only = address(text)?.to_canonical();
        range(only, only)?
    };
    Ok(Entry::Block(block))
}

fn address(text: &str) -> Result<IpAddr, Fault> {
    text.parse().map_err(|_| fault::of_address(text))
}

fn range(first: IpAddr, last: IpAddr) -> Result<Block, Fault> {
    let reversed = Fault::Reversed { first: last, last: first };
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Span::new(first.into(), last.into()).map(Block::V4).ok_or(reversed),
        (IpAddr::V6(first), IpAddr::V6(last)) => Span::new(first.into(), last.into()).map(Block::V6).ok_or(reversed),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Err(Fault::MixedFamilies),
    }
}

fn cidr(base: IpAddr, prefix: &str) -> Result<Block, Fault> {
    let longest = if base.is_ipv4() { 32 } else { 128 };
    let Some(length) = prefix_length(prefix) else {
        return Err(netmask(base, prefix).unwrap_or(Fault::PrefixUnreadable { longest }));
    };
    let length =
        u8::try_from(length).ok().filter(|length| *length <= longest).ok_or(Fault::PrefixTooLong { longest })?;
    let (base, length) = match base.to_canonical() {
        IpAddr::V4(plain) if base.is_ipv6() => {
            (IpAddr::V4(plain), length.checked_sub(96).ok_or(Fault::MappedPrefix { base: plain })?)
        }
        IpAddr::V4(_) | IpAddr::V6(_) => (base, length),
    };
    let net = IpNet::new(base, length).map_err(|_| Fault::PrefixTooLong { longest })?;
    let block = net.trunc();
    if block != net {
        return Err(Fault::HostBits { block });
    }
    range(net.network(), net.broadcast())
}

/// Digits only, and no leading zero: the standard library would also take `+8` and `08`.
fn prefix_length(text: &str) -> Option<u16> {
    let digits = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if digits && !leading_zero { text.parse().ok() } else { None }
}

/// `10.0.0.0/255.0.0.0`, as other programs write it.
fn netmask(base: IpAddr, text: &str) -> Option<Fault> {
    let IpAddr::V4(base) = base else { return None };
    let mask: Ipv4Addr = text.parse().ok()?;
    let length = ipnet::ipv4_mask_to_prefix(mask).ok()?;
    let block = ipnet::Ipv4Net::new(base, length).ok()?.trunc();
    Some(Fault::Netmask { block })
}
