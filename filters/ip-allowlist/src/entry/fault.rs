//! What can be wrong with the text of an entry, and what to write in its place.

use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};

/// How much of the text a message repeats, in bytes before escaping.
const SHOWN: usize = 64;

/// A text that is no entry. Its `Display` is bounded, repeats the text with everything but printing ASCII escaped, and
/// names the remedy after a semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEntry<'a> {
    written: &'a [u8],
    fault: Fault,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written.
    Empty,
    /// Longer than [`super::MAX_BYTES`].
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
    /// The ends of the range are the wrong way round.
    Reversed {
        /// Its lower end.
        first: IpAddr,
        /// Its upper end.
        last: IpAddr,
    },
    /// The ends of the range are of two families.
    MixedFamilies,
}

impl<'a> NotAnEntry<'a> {
    pub(super) fn new(written: &'a [u8], fault: Fault) -> Self {
        Self { written, fault }
    }

    /// What is wrong, for those who do not want the text.
    pub fn fault(&self) -> Fault {
        self.fault
    }
}

/// Why this text, which the standard library does not take for an address, is none.
pub(super) fn of_address(text: &str) -> Fault {
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

impl Display for NotAnEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(shown) = self.written.get(..SHOWN).filter(|shown| shown.len() < self.written.len()) {
            write!(f, "{}... ", shown.escape_ascii())?;
        } else if !self.written.is_empty() {
            write!(f, "{} ", self.written.escape_ascii())?;
        }
        match self.fault {
            Fault::Empty => write!(f, "the entry is empty; remove it, or write an address, a block or a range"),
            Fault::TooLong => write!(f, "is longer than {} bytes; write one entry only", super::MAX_BYTES),
            Fault::NotAnAddress => write!(
                f,
                "is no address; write one (10.0.0.1, 2001:db8::1), a block (10.0.0.0/8) or a range (10.0.0.1-10.0.0.9)"
            ),
            Fault::LeadingZero(address) => {
                write!(f, "has a leading zero, which is octal to some programs; write {address} if decimal is meant")
            }
            Fault::Zone(address) => write!(f, "has a zone; write {address} for the address"),
            Fault::Brackets(address) => write!(f, "has brackets; write {address} for the address"),
            Fault::Port(address) => write!(f, "has a port; write {address} for the address"),
            Fault::PrefixUnreadable { longest } => {
                write!(f, "has no readable prefix; write a number from 0 to {longest} behind the slash")
            }
            Fault::PrefixTooLong { longest } => {
                write!(f, "has a prefix that is too long; write a number from 0 to {longest} behind the slash")
            }
            Fault::Netmask { block } => write!(f, "has a netmask; write {block}"),
            Fault::MappedPrefix { base } => write!(
                f,
                "is an IPv4 address with an IPv6 prefix under 96; write {base} with the prefix of an IPv4 block, 0 to 32"
            ),
            Fault::HostBits { block } => write!(f, "has host bits set; write {block}"),
            Fault::Reversed { first, last } => write!(f, "runs backwards; write {first}-{last}"),
            Fault::MixedFamilies => write!(f, "has an IPv4 end and an IPv6 end; write a range for each family"),
        }
    }
}

impl std::error::Error for NotAnEntry<'_> {}
