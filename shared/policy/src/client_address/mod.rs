//! Finds the address of the client, in the way that the operator has chosen.
//!
//! A header says whatever its sender likes. So each way names what it believes, and what lies beyond that is never
//! read; what is believed must be well formed, and is never read leniently: a request whose client is uncertain has no
//! client.

use crate::field::is_token;
use std::fmt;
use std::net::IpAddr;

use crate::attributes::Attributes;
use crate::cidrs::Cidrs;
use crate::head::{Head, Sole};
use crate::problems::{Place, Problems, about};

mod chain;
mod forwarded;
mod node;
pub mod raw;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;

use chain::{Chain, Hop, MAX_HOPS};
use raw::ChainHeader;

/// Where the address of the client is taken from.
#[derive(Clone, Debug)]
pub struct ClientAddress(Way);

#[derive(Clone, Debug)]
enum Way {
    Envoy,
    Direct,
    /// Which hop of the chain, from the right: 0 is the last.
    Hop(ChainHeader, usize),
    Proxies(ChainHeader, Cidrs),
    Header(String, Cidrs),
}

/// The client, as far as its address goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address. `::ffff:a.b.c.d` is a.b.c.d here, and a zone is dropped.
    pub ip: IpAddr,
    /// Whether a header said so, or may have. `false` only of an address that the host itself saw on a connection.
    pub from_header: bool,
}

/// Why nobody can say who the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The host does not tell `source.address`. No client can cause it.
    Unavailable,
    /// `source.address` is not an IP address, for instance because the listener is a Unix socket. A client may be able
    /// to cause it, on a host that takes it from a header.
    SourceUnreadable,
    /// The host does not tell the direct peer: `set_filter_state` does not stand before the filter, or sets another
    /// key. No client can cause it.
    PeerUnavailable,
    /// What is handed over as the direct peer is not an address with a port other than 0. A client can cause it if the
    /// wrong address is handed over: one that came from a header has port 0 or none.
    PeerUnreadable,
    /// The header that should name the client is not there. A client can cause it, through a proxy that does not set
    /// it.
    Missing,
    /// A header that should name one client is there more than once. A client can cause it, through a proxy that adds
    /// the header beside one that came in.
    Ambiguous,
    /// The header is not well formed where it decides. A client can cause it.
    Malformed,
    /// The hop that should be the client hides: `for=unknown`, `for=_hidden`, or no `for` at all. A client can cause
    /// it, through a proxy that does so on request.
    Hidden,
    /// The chain has more than 64 hops or 8 KiB. A client can cause it.
    ChainTooLong,
    /// The chain has fewer hops than are trusted. A client can cause it, by going round a proxy.
    ChainTooShort,
}

impl Unreadable {
    /// Whether a client may be able to cause it. If so it is a denial whatever `on_error` says, or clients would choose
    /// their own way past the filter.
    pub fn client_can_cause(self) -> bool {
        match self {
            Self::Unavailable | Self::PeerUnavailable => false,
            Self::SourceUnreadable
            | Self::PeerUnreadable
            | Self::Missing
            | Self::Ambiguous
            | Self::Malformed
            | Self::Hidden
            | Self::ChainTooLong
            | Self::ChainTooShort => true,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the proxy does not tell `source.address`",
            Self::SourceUnreadable => "`source.address` is not an IP address",
            Self::PeerUnavailable => "the proxy does not tell the direct peer",
            Self::PeerUnreadable => "what the proxy tells as the direct peer is not an address and a port",
            Self::Missing => "the header that names the client is missing",
            Self::Ambiguous => "the header that names the client occurs more than once",
            Self::Malformed => "the header that names the client is malformed",
            Self::Hidden => "a proxy hides the address of the client",
            Self::ChainTooLong => "the chain of forwarding proxies is too long",
            Self::ChainTooShort => "the chain of forwarding proxies is too short",
        })
    }
}

impl ClientAddress {
    /// Reads the option that stands at `place`.
    pub fn read(raw: raw::ClientAddress, place: &Place, problems: &mut Problems) -> Option<Self> {
        match raw {
            raw::ClientAddress::Envoy => Some(Way::Envoy),
            raw::ClientAddress::Direct => Some(Way::Direct),
            raw::ClientAddress::Forwarded(forwarded) => read_forwarded(forwarded, &place.key("forwarded"), problems),
            raw::ClientAddress::Header(header) => read_header(header, &place.key("header"), problems),
        }
        .map(Self)
    }

    /// Whether it believes the proxy's connection manager, which with default settings believes a header of the client.
    pub fn is_envoy(&self) -> bool {
        matches!(self.0, Way::Envoy)
    }

    /// Finds the client of a request. Asks the host for one attribute at most.
    ///
    /// # Errors
    /// Why the client is uncertain. Whoever admits by address admits no such request.
    pub fn of(&self, head: &Head, attributes: &dyn Attributes) -> Result<Client, Unreadable> {
        let told = |ip| Ok(Client { ip, from_header: true });
        let seen = |ip| Ok(Client { ip, from_header: false });
        match &self.0 {
            Way::Envoy => source(attributes),
            Way::Direct => seen(direct_peer(attributes)?),
            Way::Hop(header, index) => told(nth(&Chain::gather(head, *header)?, *index)?),
            Way::Proxies(header, trusted) => match direct_peer(attributes)? {
                peer if trusted.contains(peer) => told(first_untrusted(peer, &Chain::gather(head, *header)?, trusted)?),
                peer => seen(peer),
            },
            Way::Header(name, trusted) => match direct_peer(attributes)? {
                peer if trusted.contains(peer) => told(sole(head, name)?),
                peer => seen(peer),
            },
        }
    }
}

/// What the connection manager decided. Envoy gives an address from a header the port 0.
fn source(attributes: &dyn Attributes) -> Result<Client, Unreadable> {
    let value = attributes.attribute("source\0address").ok_or(Unreadable::Unavailable)?;
    let endpoint = node::endpoint(&value).ok_or(Unreadable::SourceUnreadable)?;
    // nginx tells no port; then the address may be from anywhere.
    Ok(Client { ip: endpoint.ip, from_header: endpoint.port.is_none_or(|port| port == 0) })
}

/// Whoever opened the connection. A connection has a port: without one, the address is not that of a connection.
fn direct_peer(attributes: &dyn Attributes) -> Result<IpAddr, Unreadable> {
    let value = attributes.attribute("filter_state\0verdict.direct_peer").ok_or(Unreadable::PeerUnavailable)?;
    let endpoint = node::endpoint(&value).ok_or(Unreadable::PeerUnreadable)?;
    match endpoint.port {
        None | Some(0) => Err(Unreadable::PeerUnreadable),
        Some(_) => Ok(endpoint.ip),
    }
}

/// The hop with that index from the right. The hops to the right of it must be well formed, but may hide.
fn nth(chain: &Chain<'_>, index: usize) -> Result<IpAddr, Unreadable> {
    let mut hops = chain.hops();
    for _ in 0..index {
        hops.next().ok_or(Unreadable::ChainTooShort)??;
    }
    match hops.next().ok_or(Unreadable::ChainTooShort)?? {
        Hop::Address(ip) => Ok(ip),
        Hop::Hidden => Err(Unreadable::Hidden),
    }
}

/// The first hop from the right that is not trusted, or the leftmost. A hop that hides cannot be trusted.
fn first_untrusted(peer: IpAddr, chain: &Chain<'_>, trusted: &Cidrs) -> Result<IpAddr, Unreadable> {
    let mut leftmost = None;
    for (index, hop) in chain.hops().enumerate() {
        match hop? {
            // The proxy itself has added the peer (Envoy with `use_remote_address`): of a client that says nothing.
            Hop::Address(ip) if index == 0 && ip == peer => {}
            Hop::Address(ip) if trusted.contains(ip) => leftmost = Some(ip),
            Hop::Address(ip) => return Ok(ip),
            Hop::Hidden => return Err(Unreadable::Hidden),
        }
    }
    leftmost.ok_or(Unreadable::Missing)
}

fn sole(head: &Head, name: &str) -> Result<IpAddr, Unreadable> {
    match head.sole(name) {
        Sole::Absent => Err(Unreadable::Missing),
        Sole::Many => Err(Unreadable::Ambiguous),
        Sole::One(value) => match node::endpoint(chain::trim(value)) {
            Some(endpoint) => Ok(endpoint.ip),
            None => Err(Unreadable::Malformed),
        },
    }
}

fn read_forwarded(raw: raw::Forwarded, place: &Place, problems: &mut Problems) -> Option<Way> {
    let raw::Forwarded { header, trusted_hops, trusted_proxies } = raw;
    let exclusive = trusted_hops.is_some() != trusted_proxies.is_some();
    if !exclusive {
        problems.add(
            place,
            match trusted_hops {
                Some(_) => "`trusted_hops` and `trusted_proxies` exclude each other; keep one of them",
                None => "nothing says how far the chain is believed; add `trusted_hops` or `trusted_proxies`",
            },
        );
    }
    let hop = trusted_hops.map(|hops| match usize::try_from(hops).ok().and_then(|hops| hops.checked_sub(1)) {
        Some(index) if index < MAX_HOPS => Some(Way::Hop(header, index)),
        Some(_) | None => {
            let remedy = format!("`trusted_hops` is {hops}; write a number from 1 to {MAX_HOPS}");
            problems.add(&place.key("trusted_hops"), remedy);
            None
        }
    });
    let proxies = trusted_proxies.map(|networks| {
        read_trusted(&networks, &place.key("trusted_proxies"), problems).map(|trusted| Way::Proxies(header, trusted))
    });
    if exclusive { hop.or(proxies)? } else { None }
}

fn read_header(raw: raw::Header, place: &Place, problems: &mut Problems) -> Option<Way> {
    let raw::Header { name, trusted_proxies } = raw;
    let wrong = if !is_token(&name) {
        Some(about(&name, "is not the name of a header; write it like `true-client-ip`"))
    } else if ["x-forwarded-for", "forwarded"].iter().any(|chain| name.eq_ignore_ascii_case(chain)) {
        Some(format!("`{name}` is a chain of addresses, not one; use `forwarded` instead of `header`"))
    } else {
        None
    };
    let named = wrong.is_none();
    if let Some(message) = wrong {
        problems.add(&place.key("name"), message);
    }
    let trusted = read_trusted(&trusted_proxies, &place.key("trusted_proxies"), problems)?;
    named.then_some(Way::Header(name, trusted))
}

/// Reads the networks of the proxies. Neither nobody nor everybody is a list of proxies.
fn read_trusted(raw: &[String], place: &Place, problems: &mut Problems) -> Option<Cidrs> {
    if raw.is_empty() {
        problems.add(place, "no proxy is trusted, so no header is ever read; name your proxies, or use `direct`");
        return None;
    }
    let trusted = Cidrs::read(raw, place, problems)?;
    if let Some(all) = trusted.iter().find(|network| network.prefix_len() == 0) {
        let remedy = "then every client names its own address; name the networks of your proxies";
        problems.add(place, format!("{all} trusts everybody: {remedy}"));
        return None;
    }
    Some(trusted)
}
