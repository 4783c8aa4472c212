//! The host of a request: its normal form, and the patterns that match it.

use crate::head::{Head, Sole};
use crate::problems::{about, instead};
use std::fmt;
use std::net::Ipv6Addr;

/// The longest name that DNS can carry, in bytes of its text form without the final dot (RFC 1035, section 2.3.4).
const LONGEST: usize = 253;

/// A host without userinfo, port and final dot. Names compare without regard to case (RFC 3986, section 6.2.2.1),
/// addresses by value.
#[derive(Clone, Copy, Debug)]
pub enum Host<'a> {
    /// A name or an IPv4 address: labels of letters, digits, `-` and `_`.
    Name(&'a [u8]),
    /// An IPv6 address, which stood in brackets.
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// The host of a request. `None` (unknown) if `:authority` is missing, occurs twice or cannot be read, or if a
    /// `host` header beside it says something else: the upstream may believe that one.
    pub fn of(head: &'a Head) -> Option<Self> {
        let Sole::One(authority) = head.sole(":authority") else {
            return None;
        };
        let host = Self::read(authority)?;
        match head.sole("host") {
            Sole::Absent => Some(host),
            Sole::One(other) => (Self::read(other)? == host).then_some(host),
            Sole::Many => None,
        }
    }

    /// Reads an authority (RFC 3986, section 3.2). `None` if it carries userinfo or is none.
    pub fn read(authority: &'a [u8]) -> Option<Self> {
        if let Some(rest) = authority.strip_prefix(b"[") {
            let end = rest.iter().position(|&byte| byte == b']')?;
            let (address, rest) = rest.split_at_checked(end)?;
            let after = rest.get(1..)?;
            if !after.is_empty() && !after.strip_prefix(b":").is_some_and(is_port) {
                return None;
            }
            return str::from_utf8(address).ok()?.parse().ok().map(Self::V6);
        }
        let name = match authority.iter().position(|&byte| byte == b':') {
            None => authority,
            Some(colon) => {
                let (name, port) = authority.split_at_checked(colon)?;
                if !is_port(port.get(1..)?) {
                    return None;
                }
                name
            }
        };
        let name = name.strip_suffix(b".").unwrap_or(name);
        is_name(name).then_some(Self::Name(name))
    }
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(other)) => one.eq_ignore_ascii_case(other),
            (Self::V6(one), Self::V6(other)) => one == other,
            (Self::Name(_), Self::V6(_)) | (Self::V6(_), Self::Name(_)) => false,
        }
    }
}

/// The normal form: lower case, IPv6 in brackets and as RFC 5952 writes it.
impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&String::from_utf8_lossy(name).to_ascii_lowercase()),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// `*DIGIT` in RFC 3986, section 3.2.3: it may be empty. More than five digits are no port.
fn is_port(text: &[u8]) -> bool {
    text.len() <= 5 && text.iter().all(u8::is_ascii_digit)
}

fn is_name(name: &[u8]) -> bool {
    let mut before = b'.';
    for &byte in name {
        match byte {
            b'.' if before == b'.' => return false,
            b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => before = byte,
            _ => return false,
        }
    }
    before != b'.' && name.len() <= LONGEST
}

/// What a host must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This name, in lower case.
    Exact(String),
    /// Every name below this one, in lower case, but not this one: `*.example.com`.
    Below(String),
    /// This address.
    V6(Ipv6Addr),
}

impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, and after a semicolon the remedy.
    pub fn read(text: &str) -> Result<Self, String> {
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        if let Some(message) = fault(text, name) {
            return Err(message);
        }
        match (Host::read(name.as_bytes()), below) {
            (Some(Host::Name(_)), false) => Ok(Self::Exact(name.to_ascii_lowercase())),
            (Some(Host::Name(_)), true) => Ok(Self::Below(name.to_ascii_lowercase())),
            (Some(Host::V6(address)), false) => Ok(Self::V6(address)),
            (Some(Host::V6(_)), true) => Err(about(text, "puts `*.` before an address; delete it")),
            (None, _) => Err(about(text, "is not a host; write a name as in `api.example.com`, or an address")),
        }
    }

    /// Whether the host matches.
    pub fn matches(&self, host: &Host<'_>) -> bool {
        match (self, host) {
            (Self::Exact(wanted), Host::Name(name)) => wanted.as_bytes().eq_ignore_ascii_case(name),
            (Self::Below(parent), Host::Name(name)) => is_below(name, parent.as_bytes()),
            (Self::V6(wanted), Host::V6(address)) => wanted == address,
            (Self::Exact(_) | Self::Below(_), Host::V6(_)) | (Self::V6(_), Host::Name(_)) => false,
        }
    }

    /// Whether every host that matches the other matches this one.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Below(parent), Self::Exact(name)) => is_below(name.as_bytes(), parent.as_bytes()),
            (Self::Below(parent), Self::Below(name)) => name == parent || is_below(name.as_bytes(), parent.as_bytes()),
            (Self::Exact(_), Self::Exact(_)) | (Self::V6(_), Self::V6(_)) => self == other,
            (Self::Exact(_) | Self::V6(_), Self::Below(_))
            | (Self::Exact(_), Self::V6(_))
            | (Self::Below(_), Self::V6(_))
            | (Self::V6(_), Self::Exact(_)) => false,
        }
    }
}

/// What operators write where a host belongs, each with its remedy. `name` is the text without a leading `*.`.
fn fault(text: &str, name: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty; write a host, or delete `hosts` to match all".into());
    }
    if text == "*" {
        return Some("`*` matches every host; delete `hosts` to match all".into());
    }
    if let Some(rest) = text.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")) {
        let host = rest.split('/').next().unwrap_or(rest);
        return Some(instead(text, "has a scheme", host));
    }
    if let Some((host, _)) = text.split_once('/') {
        return Some(instead(text, "has a path", host) + ", and the path under `paths`");
    }
    if text.contains('@') {
        return Some(about(text, "has userinfo, which no request carries; write the host alone"));
    }
    if name.contains('*') {
        return Some(about(text, "has a `*` that is not the whole first label; write `*.` and the names above it"));
    }
    if !name.is_ascii() {
        return Some(about(text, "is not ASCII; write its `xn--` form, as requests carry it"));
    }
    if name.parse::<Ipv6Addr>().is_ok() {
        return Some(instead(text, "is an IPv6 address without brackets", &format!("[{name}]")));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && !port.ends_with(']')
    {
        return Some(instead(text, "has a port, which is not matched", host));
    }
    if let Some(host) = text.strip_suffix('.') {
        return Some(instead(text, "ends in a dot, which is not matched", host));
    }
    None
}

fn is_below(name: &[u8], parent: &[u8]) -> bool {
    let start = name.len().saturating_sub(parent.len());
    name.split_at_checked(start).is_some_and(|(label, tail)| label.ends_with(b".") && tail.eq_ignore_ascii_case(parent))
}
