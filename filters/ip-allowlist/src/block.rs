//! A run of addresses of one family, both ends included.

use std::fmt::{self, Debug, Display};
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Subnets, Ipv6Subnets};

/// An address as the number that it is: `u32` for IPv4, `u128` for IPv6.
pub trait Address: Copy + Ord {
    /// What tells most addresses apart and is compared faster: an IPv4 address as it is, the first 64 bits of an IPv6 address.
    type Prefix: Copy + Ord + Debug;
    /// It never descends where addresses ascend.
    fn prefix(self) -> Self::Prefix;
    /// What tells the last address of a span beside its first: of IPv4 that address, of IPv6 how many bits the span fills.
    type Extent: Copy + Debug;
    /// That of a span.
    fn extent(first: Self, last: Self) -> Self::Extent;
    /// The last address of the span that begins there; `None` where the extent does not tell, since the span is no power of two.
    fn last(first: Self, extent: Self::Extent) -> Option<Self>;
    /// The address behind this one; `None` behind the last one.
    fn next(self) -> Option<Self>;
    /// The address before this one; `None` before the first one.
    fn previous(self) -> Option<Self>;
}

impl Address for u32 {
    type Prefix = Self;
    type Extent = Self;

    fn extent(_: Self, last: Self) -> Self {
        last
    }

    fn last(_: Self, extent: Self) -> Option<Self> {
        Some(extent)
    }

    fn prefix(self) -> Self {
        self
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl Address for u128 {
    type Prefix = u64;
    type Extent = u8;

    fn extent(first: Self, last: Self) -> u8 {
        // How many come behind the first: of a power of two that is ones alone.
        let others = last.saturating_sub(first);
        if others & others.wrapping_add(1) == 0 { others.count_ones() as u8 } else { u8::MAX }
    }

    fn last(first: Self, extent: u8) -> Option<Self> {
        let others = match extent {
            0..=127 => (1 << extent) - 1,
            128 => Self::MAX,
            _ => return None,
        };
        first.checked_add(others)
    }

    fn prefix(self) -> u64 {
        (self >> 64) as u64
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

/// From `first` to `last`, both included; `first` is never behind `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span<A> {
    first: A,
    last: A,
}

impl<A: Address> Span<A> {
    /// `None` if the ends are the wrong way round.
    pub fn new(first: A, last: A) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// Whether every address of the other one is one of this one.
    pub fn contains(&self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// The lowest address.
    pub fn first(&self) -> A {
        self.first
    }

    /// The highest address, which belongs to it.
    pub fn last(&self) -> A {
        self.last
    }
}

/// Addresses of one family, without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// IPv4.
    V4(Span<u32>),
    /// IPv6. IPv4 in its IPv6 form (`::ffff:a.b.c.d`) is never meant by it, also not by `::/0`: such a client is an
    /// IPv4 client.
    V6(Span<u128>),
}

impl Block {
    /// Every IPv4 address.
    pub const ALL_V4: Self = Self::V4(Span { first: 0, last: u32::MAX });
    /// Every IPv6 address.
    pub const ALL_V6: Self = Self::V6(Span { first: 0, last: u128::MAX });
}

/// An address alone, a CIDR block where it is one, else `first-last`.
impl Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(span) => {
                let (first, last) = (Ipv4Addr::from(span.first), Ipv4Addr::from(span.last));
                write(f, first, last, Ipv4Subnets::new(first, last, 0))
            }
            Self::V6(span) => {
                let (first, last) = (Ipv6Addr::from(span.first), Ipv6Addr::from(span.last));
                write(f, first, last, Ipv6Subnets::new(first, last, 0))
            }
        }
    }
}

fn write<A: Display + PartialEq, N: Display>(
    f: &mut fmt::Formatter<'_>,
    first: A,
    last: A,
    mut cover: impl Iterator<Item = N>,
) -> fmt::Result {
    if first == last {
        return write!(f, "{first}");
    }
    match (cover.next(), cover.next()) {
        (Some(only), None) => write!(f, "{only}"),
        (_, _) => write!(f, "{first}-{last}"),
    }
}
