//! A network or an address as people write it: what it says, or what is wrong with it and what to write in its place.
//!
//! Nothing is read leniently: `010.0.0.1` is 8.0.0.1 to some programs. `ipnet` has a parser too, which is.

use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};

/// How much of the text a message repeats, in bytes before escaping.
const SHOWN: usize = 64;

/// The longest text that is looked at, in bytes: more than twice the longest range of IPv6 addresses.
pub const MAX_BYTES: usize = 128;

/// Reads a block without host bits (`10.0.0.0/8`, `2001:db8::/32`; RFC 4632, RFC 4291 section 2.3), or one address. IPv4 in its IPv6 form
/// (`::ffff:10.0.0.1`, `::ffff:10.0.0.0/104`; RFC 4291 section 2.5.5.2) is IPv4.
///
/// # Errors
/// What is wrong with it.
pub fn network(text: &str) -> Result<IpNet, Fault> {
    match text.split_once('/') {
        Some((base, prefix)) => cidr(written_address(base)?, prefix),
        None => Ok(address(text)?.into()),
    }
}

/// Reads one address. IPv4 in its IPv6 form is IPv4.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<IpAddr, Fault> {
    written_address(text).map(|address| address.to_canonical())
}

fn written_address(text: &str) -> Result<IpAddr, Fault> {
    text.parse().map_err(|_| of_address(text))
}

/// What is wrong with a text. Its `Display` names the remedy after a semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written.
    Empty,
    /// Longer than [`MAX_BYTES`].
    TooLong,
    /// Neither an address nor anything that is taken for a misspelt one.
    NotAnAddress,
    /// A number of an IPv4 address begins with a zero; the address is meant if the numbers are decimal.
    LeadingZero(Ipv4Addr),
    /// An IPv6 address with a zone (RFC 4007, section 11), which means something on one machine only.
    Zone(IpAddr),
    /// An address in brackets.
    Brackets(IpAddr),
    /// An address with a port.
    Port(IpAddr),
    /// The prefix is no decimal number; it may be up to `longest`.
    PrefixUnreadable {
        /// 32 or 128.
        longest: u8,
    },
    /// The prefix is longer than an address.
    PrefixTooLong {
        /// 32 or 128.
        longest: u8,
    },
    /// A netmask in place of a prefix length.
    Netmask {
        /// The block that it says.
        block: Ipv4Net,
    },
    /// An IPv4 address in its IPv6 form with a prefix that reaches beyond these addresses.
    MappedPrefix {
        /// The IPv4 address.
        base: Ipv4Addr,
    },
    /// Bits behind the prefix are set.
    HostBits {
        /// The block without them.
        block: IpNet,
    },
}

fn cidr(base: IpAddr, prefix: &str) -> Result<IpNet, Fault> {
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
    if block == net { Ok(net) } else { Err(Fault::HostBits { block }) }
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
    let block = Ipv4Net::new(base, length).ok()?.trunc();
    Some(Fault::Netmask { block })
}

/// Why this text, which the standard library does not take for an address, is none.
fn of_address(text: &str) -> Fault {
    let zone = || text.split_once('%').and_then(|(address, _)| address.parse().ok()).map(Fault::Zone);
    let brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(Fault::Brackets);
    let port = || text.parse().ok().map(|with_port: SocketAddr| Fault::Port(with_port.ip()));
    let leading_zero = || decimal(text).map(Fault::LeadingZero);
    zone().or_else(brackets).or_else(port).or_else(leading_zero).unwrap_or(Fault::NotAnAddress)
}

/// Four decimal numbers, with leading zeros or without.
fn decimal(text: &str) -> Option<Ipv4Addr> {
    let mut numbers = text.split('.').map(|number| {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u8>().ok().filter(|_| digits)
    });
    let address = Ipv4Addr::new(numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(address)
}

/// The text that is wrong, for a message: a bounded part of it, with everything but printing ASCII escaped.
pub struct Shown<'a>(pub &'a [u8]);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..SHOWN) {
            Some(shown) if shown.len() < self.0.len() => write!(f, "{}... ", shown.escape_ascii()),
            Some(_) | None if self.0.is_empty() => Ok(()),
            Some(_) | None => write!(f, "{} ", self.0.escape_ascii()),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the entry is empty; remove it, or write an address or a block"),
            Self::TooLong => write!(f, "is longer than {} bytes; write one entry only", MAX_BYTES),
            Self::NotAnAddress => {
                write!(f, "is no address; write one (10.0.0.1, 2001:db8::1) or a block (10.0.0.0/8)")
            }
            Self::LeadingZero(address) => {
                write!(f, "has a leading zero, which is octal to some programs; write {address} if decimal is meant")
            }
            Self::Zone(address) => write!(f, "has a zone; write {address} for the address"),
            Self::Brackets(address) => write!(f, "has brackets; write {address} for the address"),
            Self::Port(address) => write!(f, "has a port; write {address} for the address"),
            Self::PrefixUnreadable { longest } => {
                write!(f, "has no readable prefix; write a number from 0 to {longest} behind the slash")
            }
            Self::PrefixTooLong { longest } => {
                write!(f, "has a prefix that is too long; write a number from 0 to {longest} behind the slash")
            }
            Self::Netmask { block } => write!(f, "has a netmask; write {block}"),
            Self::MappedPrefix { base } => write!(
                f,
                "is an IPv4 address with an IPv6 prefix under 96; write {base} with the prefix of an IPv4 block, 0 to 32"
            ),
            Self::HostBits { block } => write!(f, "has host bits set; write {block}"),
        }
    }
}
