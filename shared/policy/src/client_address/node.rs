//! One address as proxies write it: with or without brackets, zone and port.
//!
//! Strict on purpose. What one reader takes for an address and the next one does not is how clients get past allow
//! lists.

use std::net::{IpAddr, Ipv6Addr};

/// An address, and the port if one is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) ip: IpAddr,
    pub(super) port: Option<u16>,
}

/// A `node` of RFC 7239, section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Address(IpAddr),
    /// `unknown`, or an obfuscated identifier such as `_gazonk`.
    Hidden,
}

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80` and nothing else.
pub(super) fn endpoint(bytes: &[u8]) -> Option<Endpoint> {
    let (name, port) = split(bytes)?;
    let port = match port {
        None => None,
        Some(digits) => Some(number(digits)?),
    };
    Some(Endpoint { ip: address(name)?, port })
}

/// Reads the value of `for`, after its quotes are off (RFC 7239, section 6). An IPv6 address stands in brackets here.
pub(super) fn node(bytes: &[u8]) -> Option<Node> {
    let (name, port) = split(bytes)?;
    if let Some(port) = port
        && number(port).is_none()
        && !is_obfuscated(port)
    {
        return None;
    }
    match name {
        Name::Bare(text) if text.eq_ignore_ascii_case("unknown") || is_obfuscated(text) => Some(Node::Hidden),
        Name::Bare(text) if text.contains(':') => None,
        Name::Bare(_) | Name::Bracketed(_) => address(name).map(Node::Address),
    }
}

#[derive(Clone, Copy)]
enum Name<'a> {
    Bracketed(&'a str),
    Bare(&'a str),
}

/// Takes the brackets off and the port away. Without brackets, one colon stands before a port, and more are IPv6.
fn split(bytes: &[u8]) -> Option<(Name<'_>, Option<&str>)> {
    let text = str::from_utf8(bytes).ok()?;
    if bytes.first() == Some(&b'[') {
        let (name, rest) = text.get(1..)?.split_once(']')?;
        let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
        return Some((Name::Bracketed(name), port));
    }
    let colon = bytes.iter().position(|byte| *byte == b':');
    match colon.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
        Some((name, port)) if !port.bytes().any(|byte| byte == b':') => Some((Name::Bare(name), Some(port))),
        Some(_) | None => Some((Name::Bare(text), None)),
    }
}

fn address(name: Name<'_>) -> Option<IpAddr> {
    let ip = match name {
        Name::Bracketed(text) => IpAddr::V6(ipv6(text)?),
        // The standard library refuses leading zeros here: some readers take 010.0.0.1 for 8.0.0.1.
        Name::Bare(text) => match text.parse() {
            Ok(ip) => IpAddr::V4(ip),
            Err(_) => IpAddr::V6(ipv6(text)?),
        },
    };
    // ::ffff:a.b.c.d is a.b.c.d, or a rule about IPv4 would miss it.
    Some(ip.to_canonical())
}

/// An IPv6 address without its zone (RFC 4007, section 11): the zone means something only on the machine that wrote it.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let Some((address, zone)) = text.split_once('%') else { return text.parse().ok() };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if zone.is_empty() || !zone.bytes().all(plain) {
        return None;
    }
    address.parse().ok()
}

/// A port: 1 to 5 digits, at most 65535. The standard library would take `+80` too.
fn number(digits: &str) -> Option<u16> {
    if digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let mut port = 0;
    for digit in digits.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        port = port * 10 + u32::from(digit - b'0');
    }
    u16::try_from(port).ok()
}

/// `obfnode` and `obfport` (RFC 7239, section 6).
fn is_obfuscated(text: &str) -> bool {
    text.strip_prefix('_').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, ip: &str, port: Option<u16>) {
        assert_eq!(endpoint(written.as_bytes()), Some(Endpoint { ip: ip.parse().unwrap(), port }), "{written:?}");
    }

    #[test]
    fn an_address_is_read_in_every_spelling_that_proxies_use() {
        check("192.0.2.1", "192.0.2.1", None);
        check("192.0.2.1:80", "192.0.2.1", Some(80));
        check("192.0.2.1:0", "192.0.2.1", Some(0));
        check("192.0.2.1:65535", "192.0.2.1", Some(65535));
        check("2001:db8::1", "2001:db8::1", None);
        check("2001:DB8::ABCD", "2001:db8::abcd", None);
        check("[2001:db8::1]", "2001:db8::1", None);
        check("[2001:db8::1]:8080", "2001:db8::1", Some(8080));
        check("fe80::1%eth0", "fe80::1", None);
        check("[fe80::1%eth0.12]:80", "fe80::1", Some(80));
        check("::ffff:192.0.2.1", "192.0.2.1", None);
        check("[::ffff:c000:201]:80", "192.0.2.1", Some(80));
        check("::192.0.2.1", "::192.0.2.1", None);
        check("::", "::", None);
    }

    #[rustfmt::skip] // short strings in rows
    const NO_ADDRESS: &[&str] = &[
        "", " ", ":", "::1::", "[", "]", "[]", "[]:80", "[::1", "::1]", "[::1]]", "[[::1]]", "[::1]80", "[::1]:",
        "[::1] :80", "[::1]:80:80", "[192.0.2.1]", "[192.0.2.1]:80", "192.0.2.1:", "192.0.2.1:+80", "192.0.2.1:-1",
        "192.0.2.1:65536", "192.0.2.1:000080", "192.0.2.1:8o", "192.0.2.1:80:80", ":80", "192.0.2", "192.0.2.1.",
        ".192.0.2.1", "192.0.2.1.1", "192.0.2.256", "192.0.2.01", "0300.0.2.1", "0xc0.0.2.1", "3221225985",
        "192.0.2.1/32", "192.0.2.1%eth0", "fe80::1%", "fe80::1%%", "fe80::1%a%b", "[fe80::1%a]b", "fe80::1%e th0",
        "\u{661}92.0.2.1", "192.0.2.1\0", "\0", "192.0.2.1 ", "\t192.0.2.1", "unknown", "_hidden", "\"192.0.2.1\"",
        "localhost", "/run/envoy.sock", "-", "12345::", "1:2:3:4:5:6:7:8:9",
    ];

    #[test]
    fn what_is_not_quite_an_address_is_none() {
        for written in NO_ADDRESS {
            assert_eq!(endpoint(written.as_bytes()), None, "{written:?}");
        }
        assert_eq!(endpoint(b"192.0.2.1\xff"), None);
        assert_eq!(endpoint(b"\xff"), None);
    }

    #[test]
    fn a_node_is_what_rfc_7239_calls_one() {
        for (written, node_read) in [
            ("192.0.2.1", Some(Node::Address("192.0.2.1".parse().unwrap()))),
            ("192.0.2.1:_secret", Some(Node::Address("192.0.2.1".parse().unwrap()))),
            ("[2001:db8::1]:80", Some(Node::Address("2001:db8::1".parse().unwrap()))),
            ("unknown", Some(Node::Hidden)),
            ("UnKnown:80", Some(Node::Hidden)),
            ("_a.b-c_D:_x", Some(Node::Hidden)),
            ("2001:db8::1", None),
            ("_", None),
            ("_a b", None),
            ("_a/b", None),
            ("[_a]", None),
            ("[unknown]", None),
            ("unknown:", None),
            ("192.0.2.1:_", None),
            ("host.example", None),
            ("", None),
        ] {
            assert_eq!(node(written.as_bytes()), node_read, "{written:?}");
        }
    }
}
