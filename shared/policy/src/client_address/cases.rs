//! The cases: what is configured, what the host tells, what the header says, and who the client then is.

use super::Client;
use super::Unreadable::{self, *};

/// One case.
pub(super) struct Case {
    pub(super) what: &'static str,
    /// The option, and the header that it reads.
    pub(super) way: (&'static str, &'static str),
    /// The attribute that it asks for: the source address, or the direct peer. `None`: the host does not know it.
    pub(super) host: Option<&'static [u8]>,
    /// The lines of that header.
    pub(super) lines: &'static [&'static [u8]],
    pub(super) then: Then,
}

/// What comes of a case.
pub(super) enum Then {
    /// The client, from a header.
    Told(&'static str),
    /// The client, from the connection.
    Seen(&'static str),
    /// Nobody can say.
    Refused(Unreadable),
}

impl Then {
    pub(super) fn result(&self) -> Result<Client, Unreadable> {
        match self {
            Self::Told(ip) => Ok(Client { ip: ip.parse().unwrap(), from_header: true }),
            Self::Seen(ip) => Ok(Client { ip: ip.parse().unwrap(), from_header: false }),
            Self::Refused(why) => Err(*why),
        }
    }
}

use Then::{Refused, Seen, Told};

const ENVOY: (&str, &str) = (r#""envoy""#, "x-forwarded-for");
const DIRECT: (&str, &str) = (r#""direct""#, "x-forwarded-for");
const XFF_1: (&str, &str) = (r#"{"forwarded": {"header": "x-forwarded-for", "trusted_hops": 1}}"#, "x-forwarded-for");
const XFF_2: (&str, &str) = (r#"{"forwarded": {"header": "x-forwarded-for", "trusted_hops": 2}}"#, "X-Forwarded-For");
const XFF_64: (&str, &str) = (r#"{"forwarded": {"header": "x-forwarded-for", "trusted_hops": 64}}"#, "x-forwarded-for");
const XFF_BY: (&str, &str) = (
    r#"{"forwarded": {"header": "x-forwarded-for", "trusted_proxies": ["10.0.0.0/8", "2001:db8:a::/48"]}}"#,
    "x-forwarded-for",
);
const FWD_1: (&str, &str) = (r#"{"forwarded": {"header": "forwarded", "trusted_hops": 1}}"#, "forwarded");
const FWD_2: (&str, &str) = (r#"{"forwarded": {"header": "forwarded", "trusted_hops": 2}}"#, "Forwarded");
const FWD_BY: (&str, &str) =
    (r#"{"forwarded": {"header": "forwarded", "trusted_proxies": ["10.0.0.0/8", "2001:db8:a::/48"]}}"#, "forwarded");
const NAMED: (&str, &str) =
    (r#"{"header": {"name": "True-Client-IP", "trusted_proxies": ["10.0.0.0/8"]}}"#, "true-client-ip");

const NOBODY: Option<&[u8]> = None;
/// A direct peer that is a trusted proxy.
const PROXY: Option<&[u8]> = Some(b"10.0.0.7:41000");
/// A direct peer that is not.
const STRANGER: Option<&[u8]> = Some(b"203.0.113.5:41000");

const fn case(
    what: &'static str,
    way: (&'static str, &'static str),
    host: Option<&'static [u8]>,
    lines: &'static [&'static [u8]],
    then: Then,
) -> Case {
    Case { what, way, host, lines, then }
}

#[rustfmt::skip] // one case a line, so that they can be compared
pub(super) const CASES: &[Case] = &[
    // What the connection manager decided.
    case("the address of a connection", ENVOY, Some(b"192.0.2.1:4321"), &[], Seen("192.0.2.1")),
    case("the address of an IPv6 connection", ENVOY, Some(b"[2001:db8::1]:4321"), &[], Seen("2001:db8::1")),
    case("port 0 came from a header", ENVOY, Some(b"10.0.0.1:0"), &[b"10.0.0.1"], Told("10.0.0.1")),
    case("IPv6 with port 0 came from a header", ENVOY, Some(b"[2001:db8::1]:0"), &[], Told("2001:db8::1")),
    case("a host without ports proves nothing", ENVOY, Some(b"192.0.2.1"), &[], Told("192.0.2.1")),
    case("a dual-stack listener", ENVOY, Some(b"[::ffff:192.0.2.1]:4321"), &[], Seen("192.0.2.1")),
    case("a scoped address", ENVOY, Some(b"[fe80::1%2]:4321"), &[], Seen("fe80::1")),
    case("a header does not override it", ENVOY, Some(b"192.0.2.1:4321"), &[b"10.0.0.1"], Seen("192.0.2.1")),
    case("the host does not know", ENVOY, NOBODY, &[b"10.0.0.1"], Refused(Unavailable)),
    case("a Unix socket", ENVOY, Some(b"/run/envoy.sock"), &[], Refused(SourceUnreadable)),
    case("bytes that are no text", ENVOY, Some(b"\xff\xfe"), &[], Refused(SourceUnreadable)),
    case("an address cut off by a zero byte", ENVOY, Some(b"10.0.0.1\0:1"), &[], Refused(SourceUnreadable)),

    // The direct peer.
    case("the peer", DIRECT, STRANGER, &[], Seen("203.0.113.5")),
    case("the peer, whatever the header says", DIRECT, STRANGER, &[b"10.0.0.1"], Seen("203.0.113.5")),
    case("an IPv6 peer", DIRECT, Some(b"[2001:db8::1]:1"), &[], Seen("2001:db8::1")),
    case("a mapped peer", DIRECT, Some(b"[::ffff:203.0.113.5]:1"), &[], Seen("203.0.113.5")),
    case("no peer is handed over", DIRECT, NOBODY, &[b"10.0.0.1"], Refused(PeerUnavailable)),
    case("a peer with port 0 is no peer", DIRECT, Some(b"10.0.0.1:0"), &[], Refused(PeerUnreadable)),
    case("a peer without a port may be from a header", DIRECT, Some(b"10.0.0.1"), &[], Refused(PeerUnreadable)),
    case("an IPv6 peer without a port", DIRECT, Some(b"2001:db8::1"), &[], Refused(PeerUnreadable)),
    case("Envoy's word for nothing", DIRECT, Some(b"-"), &[], Refused(PeerUnreadable)),
    case("a peer on a Unix socket", DIRECT, Some(b"@/envoy"), &[], Refused(PeerUnreadable)),
    case("a peer that is a list", DIRECT, Some(b"10.0.0.1:1, 10.0.0.2:2"), &[], Refused(PeerUnreadable)),

    // X-Forwarded-For, counted. The host is not asked.
    case("the only hop", XFF_1, NOBODY, &[b"192.0.2.1"], Told("192.0.2.1")),
    case("the last of three", XFF_1, NOBODY, &[b"1.1.1.1, 2.2.2.2, 192.0.2.1"], Told("192.0.2.1")),
    case("the second from the right", XFF_2, NOBODY, &[b"1.1.1.1, 192.0.2.1, 10.0.0.7"], Told("192.0.2.1")),
    case("a forged left part", XFF_2, NOBODY, &[b"10.0.0.1,10.0.0.2, 192.0.2.1, 10.0.0.7"], Told("192.0.2.1")),
    case("garbage on the left breaks nothing", XFF_1, NOBODY, &[b"<script>,\xff\xfe,, \",192.0.2.1"], Told("192.0.2.1")),
    case("a quotation mark on the left swallows nothing", XFF_1, NOBODY, &[b"\"1.1.1.1, 192.0.2.1"], Told("192.0.2.1")),
    case("lines are one list", XFF_2, NOBODY, &[b"1.1.1.1", b"192.0.2.1", b"10.0.0.7"], Told("192.0.2.1")),
    case("lines of lists are one list", XFF_2, NOBODY, &[b"10.0.0.1, 192.0.2.1", b"10.0.0.7"], Told("192.0.2.1")),
    case("a forged line before the proxy's", XFF_1, NOBODY, &[b"10.0.0.1", b"192.0.2.1"], Told("192.0.2.1")),
    case("an empty line on the left", XFF_1, NOBODY, &[b"", b"192.0.2.1"], Told("192.0.2.1")),
    case("a port", XFF_1, NOBODY, &[b"192.0.2.1:5000"], Told("192.0.2.1")),
    case("brackets", XFF_1, NOBODY, &[b"[2001:db8::1]"], Told("2001:db8::1")),
    case("brackets and a port", XFF_1, NOBODY, &[b"[2001:db8::1]:443"], Told("2001:db8::1")),
    case("bare IPv6 in upper case", XFF_1, NOBODY, &[b"2001:DB8::ABCD"], Told("2001:db8::abcd")),
    case("a zone", XFF_1, NOBODY, &[b"fe80::1%eth0"], Told("fe80::1")),
    case("a mapped address", XFF_1, NOBODY, &[b"::ffff:192.0.2.1"], Told("192.0.2.1")),
    case("a mapped address in hexadecimal", XFF_1, NOBODY, &[b"::FFFF:C000:0201"], Told("192.0.2.1")),
    case("a compatible address is not a mapped one", XFF_1, NOBODY, &[b"::192.0.2.1"], Told("::192.0.2.1")),
    case("spaces and tabs around commas", XFF_2, NOBODY, &[b" \t192.0.2.1\t ,\t 10.0.0.7 \t"], Told("192.0.2.1")),
    case("no commas, tabs only", XFF_1, NOBODY, &[b"1.1.1.1\t192.0.2.1"], Refused(Malformed)),
    case("a folded line", XFF_1, NOBODY, &[b"1.1.1.1,\r\n 192.0.2.1"], Refused(Malformed)),
    case("a vertical tab is no white space", XFF_1, NOBODY, &[b"\x0b192.0.2.1"], Refused(Malformed)),
    case("a no-break space is no white space", XFF_1, NOBODY, &[b"\xc2\xa0192.0.2.1"], Refused(Malformed)),
    case("the header is not there", XFF_1, NOBODY, &[], Refused(Missing)),
    case("the chain is too short", XFF_2, NOBODY, &[b"192.0.2.1"], Refused(ChainTooShort)),
    case("the header is empty", XFF_1, NOBODY, &[b""], Refused(Malformed)),
    case("white space only", XFF_1, NOBODY, &[b" \t "], Refused(Malformed)),
    case("a comma only", XFF_2, NOBODY, &[b","], Refused(Malformed)),
    case("a trailing comma", XFF_1, NOBODY, &[b"192.0.2.1,"], Refused(Malformed)),
    case("an empty element is a hop, and malformed", XFF_2, NOBODY, &[b"192.0.2.1,,10.0.0.7"], Refused(Malformed)),
    case("an empty last line", XFF_1, NOBODY, &[b"192.0.2.1", b""], Refused(Malformed)),
    case("malformed to the right of the client", XFF_2, NOBODY, &[b"192.0.2.1, 10.0.0.x"], Refused(Malformed)),
    case("malformed beats too short", XFF_2, NOBODY, &[b"x"], Refused(Malformed)),
    case("octal", XFF_1, NOBODY, &[b"0300.0.2.1"], Refused(Malformed)),
    case("leading zeros", XFF_1, NOBODY, &[b"010.0.0.1"], Refused(Malformed)),
    case("hexadecimal", XFF_1, NOBODY, &[b"0x0a.0.0.1"], Refused(Malformed)),
    case("one number", XFF_1, NOBODY, &[b"167772161"], Refused(Malformed)),
    case("three parts", XFF_1, NOBODY, &[b"10.0.1"], Refused(Malformed)),
    case("a network", XFF_1, NOBODY, &[b"10.0.0.1/32"], Refused(Malformed)),
    case("an embedded zero byte", XFF_1, NOBODY, &[b"10.0.0.1\0.evil"], Refused(Malformed)),
    case("not UTF-8", XFF_1, NOBODY, &[b"10.0.0.1\xff"], Refused(Malformed)),
    case("digits of another script", XFF_1, NOBODY, &["\u{661}0.0.0.1".as_bytes()], Refused(Malformed)),
    case("a port out of range", XFF_1, NOBODY, &[b"10.0.0.1:65536"], Refused(Malformed)),
    case("a port with a sign", XFF_1, NOBODY, &[b"10.0.0.1:+80"], Refused(Malformed)),
    case("a colon without a port", XFF_1, NOBODY, &[b"10.0.0.1:"], Refused(Malformed)),
    case("a bracket that does not close", XFF_1, NOBODY, &[b"[::1"], Refused(Malformed)),
    case("a bracket that does not open", XFF_1, NOBODY, &[b"::1]"], Refused(Malformed)),
    case("something after the bracket", XFF_1, NOBODY, &[b"[::1]x"], Refused(Malformed)),
    case("IPv4 in brackets", XFF_1, NOBODY, &[b"[10.0.0.1]"], Refused(Malformed)),
    case("quotes belong to the other header", XFF_1, NOBODY, &[b"\"10.0.0.1\""], Refused(Malformed)),
    case("`unknown` belongs to the other header", XFF_1, NOBODY, &[b"unknown"], Refused(Malformed)),
    case("a name", XFF_1, NOBODY, &[b"localhost"], Refused(Malformed)),

    // X-Forwarded-For, by trusted proxies.
    case("the header of a stranger is not read", XFF_BY, STRANGER, &[b"10.0.0.1"], Seen("203.0.113.5")),
    case("nor is it if it is malformed", XFF_BY, STRANGER, &[b"\xff,,"], Seen("203.0.113.5")),
    case("the first that is not trusted", XFF_BY, PROXY, &[b"192.0.2.1, 10.0.0.8, 10.0.0.9"], Told("192.0.2.1")),
    case("a forged trusted left part", XFF_BY, PROXY, &[b"10.0.0.1, 192.0.2.1, 10.0.0.8"], Told("192.0.2.1")),
    case("a forged line", XFF_BY, PROXY, &[b"10.0.0.1", b"192.0.2.1"], Told("192.0.2.1")),
    case("garbage left of the client", XFF_BY, PROXY, &[b"\xff\0,,x, 192.0.2.1, 10.0.0.8"], Told("192.0.2.1")),
    case("all are trusted", XFF_BY, PROXY, &[b"10.0.0.1, 10.0.0.8", b"10.0.0.9"], Told("10.0.0.1")),
    case("garbage behind trusted hops decides", XFF_BY, PROXY, &[b"x, 10.0.0.8"], Refused(Malformed)),
    case("an empty element behind trusted hops decides", XFF_BY, PROXY, &[b"192.0.2.1, , 10.0.0.8"], Refused(Malformed)),
    case("a trailing comma behind a trusted peer", XFF_BY, PROXY, &[b"192.0.2.1,"], Refused(Malformed)),
    case("a trusted peer without a chain", XFF_BY, PROXY, &[], Refused(Missing)),
    case("nor with itself alone, as the proxy adds it", XFF_BY, PROXY, &[b"10.0.0.7"], Refused(Missing)),
    case("itself, behind the client", XFF_BY, PROXY, &[b"192.0.2.1, 10.0.0.7"], Told("192.0.2.1")),
    case("itself, behind one of the trusted", XFF_BY, PROXY, &[b"10.0.0.1, 10.0.0.7"], Told("10.0.0.1")),
    case("itself twice: it spoke through itself", XFF_BY, PROXY, &[b"10.0.0.7, 10.0.0.7"], Told("10.0.0.7")),
    case("a mapped peer is in an IPv4 network", XFF_BY, Some(b"[::ffff:10.0.0.7]:9"), &[b"192.0.2.1"], Told("192.0.2.1")),
    case("a compatible peer is not", XFF_BY, Some(b"[::10.0.0.7]:9"), &[b"192.0.2.1"], Seen("::10.0.0.7")),
    case("a mapped hop is trusted", XFF_BY, PROXY, &[b"192.0.2.1, ::ffff:10.0.0.8"], Told("192.0.2.1")),
    case("an IPv6 proxy", XFF_BY, Some(b"[2001:db8:a::1]:9"), &[b"2001:db8:b::1, 2001:DB8:A::2"], Told("2001:db8:b::1")),
    case("no peer, so nobody is trusted", XFF_BY, NOBODY, &[b"192.0.2.1"], Refused(PeerUnavailable)),
    case("a peer from a header", XFF_BY, Some(b"10.0.0.7:0"), &[b"192.0.2.1"], Refused(PeerUnreadable)),

    // Forwarded, counted.
    case("a token", FWD_1, NOBODY, &[b"for=192.0.2.1"], Told("192.0.2.1")),
    case("a quoted node with a port", FWD_1, NOBODY, &[b"for=\"[2001:db8::1]:8080\""], Told("2001:db8::1")),
    case("other parameters", FWD_1, NOBODY, &[b"proto=https;for=192.0.2.1;by=_gw;host=\"a.example:80\""], Told("192.0.2.1")),
    case("names in any case", FWD_1, NOBODY, &[b"PROTO=https;FoR=192.0.2.1"], Told("192.0.2.1")),
    case("an unknown parameter", FWD_1, NOBODY, &[b"for=192.0.2.1;secret=x"], Told("192.0.2.1")),
    case("empty pairs", FWD_1, NOBODY, &[b";for=192.0.2.1;"], Told("192.0.2.1")),
    case("a port that hides", FWD_1, NOBODY, &[b"for=\"192.0.2.1:_x\""], Told("192.0.2.1")),
    case("a mapped node", FWD_1, NOBODY, &[b"for=\"[::ffff:192.0.2.1]\""], Told("192.0.2.1")),
    case("a comma in quotes parts nothing", FWD_2, NOBODY, &[b"for=192.0.2.1;x=\"a, for=10.0.0.1\", for=10.0.0.7"], Told("192.0.2.1")),
    case("an escaped quote in quotes", FWD_2, NOBODY, &[br#"for=192.0.2.1;x="a\", for=10.0.0.1", for=10.0.0.7"#], Told("192.0.2.1")),
    case("an escaped backslash before the quote", FWD_2, NOBODY, &[br#"for=192.0.2.1;x="a\\", for=10.0.0.7"#], Told("192.0.2.1")),
    case("an open quote on the left swallows nothing", FWD_1, NOBODY, &[b"for=\"10.0.0.1, for=192.0.2.1"], Told("192.0.2.1")),
    case("nor if the proxy quotes", FWD_1, NOBODY, &[b"for=\"10.0.0.1, for=\"[2001:db8::1]\""], Told("2001:db8::1")),
    case("nor with a backslash", FWD_1, NOBODY, &[br#"for="10.0.0.1\, for="192.0.2.1:80""#], Told("192.0.2.1")),
    case("lines of the other header are one list too", FWD_2, NOBODY, &[b"for=1.1.1.1, for=192.0.2.1", b"for=10.0.0.7"], Told("192.0.2.1")),
    case("quotes do not reach across lines", FWD_1, NOBODY, &[b"for=\"10.0.0.1", b"x\", for=192.0.2.1"], Told("192.0.2.1")),
    case("nor do they pair across lines", FWD_1, NOBODY, &[b"for=\"192.0.2.1", b"\""], Refused(Malformed)),
    case("an open quote after the client's element", FWD_2, NOBODY, &[b"for=192.0.2.1, x=\"a, for=10.0.0.7"], Refused(Malformed)),
    case("a hidden hop to the right counts", FWD_2, NOBODY, &[b"for=192.0.2.1, for=_gw"], Told("192.0.2.1")),
    case("a silent hop to the right counts", FWD_2, NOBODY, &[b"for=192.0.2.1, proto=https"], Told("192.0.2.1")),
    case("an unknown client", FWD_1, NOBODY, &[b"for=192.0.2.1, for=unknown"], Refused(Hidden)),
    case("an unknown client in capitals", FWD_1, NOBODY, &[b"for=UNKNOWN"], Refused(Hidden)),
    case("an obfuscated client", FWD_1, NOBODY, &[b"for=\"_hidden:_80\""], Refused(Hidden)),
    case("a silent client", FWD_1, NOBODY, &[b"proto=https;by=10.0.0.7"], Refused(Hidden)),
    case("two `for` in one element", FWD_1, NOBODY, &[b"for=192.0.2.1;for=10.0.0.1"], Refused(Malformed)),
    case("two `for` in different case", FWD_1, NOBODY, &[b"for=192.0.2.1;proto=http;FOR=10.0.0.1"], Refused(Malformed)),
    case("two `host` in one element", FWD_1, NOBODY, &[b"for=192.0.2.1;host=a;Host=b"], Refused(Malformed)),
    case("IPv6 without quotes", FWD_1, NOBODY, &[b"for=[2001:db8::1]"], Refused(Malformed)),
    case("IPv6 without brackets", FWD_1, NOBODY, &[b"for=\"2001:db8::1\""], Refused(Malformed)),
    case("a port without quotes", FWD_1, NOBODY, &[b"for=192.0.2.1:80"], Refused(Malformed)),
    case("spaces around the semicolon", FWD_1, NOBODY, &[b"for=192.0.2.1; proto=http"], Refused(Malformed)),
    case("spaces around the equals sign", FWD_1, NOBODY, &[b"for = 192.0.2.1"], Refused(Malformed)),
    case("a node with spaces inside the quotes", FWD_1, NOBODY, &[b"for=\" 192.0.2.1\""], Refused(Malformed)),
    case("a node with an escape", FWD_1, NOBODY, &[br#"for="192\.0.2.1""#], Refused(Malformed)),
    case("a node that is two", FWD_1, NOBODY, &[b"for=\"192.0.2.1, 10.0.0.1\""], Refused(Malformed)),
    case("an empty node", FWD_1, NOBODY, &[b"for="], Refused(Malformed)),
    case("an empty quoted node", FWD_1, NOBODY, &[b"for=\"\""], Refused(Malformed)),
    case("a parameter without a value", FWD_1, NOBODY, &[b"for"], Refused(Malformed)),
    case("a value without a parameter", FWD_1, NOBODY, &[b"=192.0.2.1"], Refused(Malformed)),
    case("an address in the other header's form", FWD_1, NOBODY, &[b"192.0.2.1"], Refused(Malformed)),
    case("semicolons only", FWD_1, NOBODY, &[b";;"], Refused(Malformed)),
    case("a trailing comma in the other header", FWD_1, NOBODY, &[b"for=192.0.2.1, "], Refused(Malformed)),
    case("a quote that does not close", FWD_1, NOBODY, &[b"for=\"192.0.2.1"], Refused(Malformed)),
    case("a quote that does not open", FWD_1, NOBODY, &[b"for=192.0.2.1\""], Refused(Malformed)),
    case("an escaped closing quote", FWD_1, NOBODY, &[br#"for="192.0.2.1\""#], Refused(Malformed)),
    case("something after the quotes", FWD_1, NOBODY, &[b"for=\"192.0.2.1\"x"], Refused(Malformed)),
    case("quotes inside a token", FWD_1, NOBODY, &[b"for=192.0.2.1;x=a\"b\""], Refused(Malformed)),
    case("bytes beyond ASCII in quotes", FWD_1, NOBODY, &[b"for=192.0.2.1;x=\"\xff\""], Refused(Malformed)),
    case("a zero byte in quotes", FWD_1, NOBODY, &[b"for=192.0.2.1;x=\"\0\""], Refused(Malformed)),
    case("a node with a port that is none", FWD_1, NOBODY, &[b"for=\"192.0.2.1:http\""], Refused(Malformed)),
    case("too short a chain in the other header", FWD_2, NOBODY, &[b"for=192.0.2.1;x=\"a,b\""], Refused(ChainTooShort)),

    // Forwarded, by trusted proxies.
    case("the header of a stranger is not read either", FWD_BY, STRANGER, &[b"for=10.0.0.1"], Seen("203.0.113.5")),
    case("the first node that is not trusted", FWD_BY, PROXY, &[b"for=10.0.0.1, for=192.0.2.1;proto=http, for=10.0.0.8"], Told("192.0.2.1")),
    case("all nodes are trusted", FWD_BY, PROXY, &[b"for=10.0.0.1,for=\"[2001:db8:a::1]\""], Told("10.0.0.1")),
    case("a hop that hides cannot be trusted", FWD_BY, PROXY, &[b"for=192.0.2.1, for=_gw, for=10.0.0.8"], Refused(Hidden)),
    case("garbage left of the client's node", FWD_BY, PROXY, &[b"\",;=\\\xff, for=192.0.2.1, for=10.0.0.8"], Told("192.0.2.1")),
    case("garbage behind trusted nodes decides", FWD_BY, PROXY, &[b"\"\\, for=10.0.0.8"], Refused(Malformed)),
    case("a trusted peer that forwards nothing", FWD_BY, PROXY, &[], Refused(Missing)),

    // One address in a named header.
    case("the named header", NAMED, PROXY, &[b"192.0.2.1"], Told("192.0.2.1")),
    case("with white space and a port", NAMED, PROXY, &[b" [2001:db8::1]:80\t"], Told("2001:db8::1")),
    case("of a stranger", NAMED, STRANGER, &[b"10.0.0.1"], Seen("203.0.113.5")),
    case("twice from a stranger", NAMED, STRANGER, &[b"10.0.0.1", b"10.0.0.1"], Seen("203.0.113.5")),
    case("not there", NAMED, PROXY, &[], Refused(Missing)),
    case("twice", NAMED, PROXY, &[b"10.0.0.1", b"192.0.2.1"], Refused(Ambiguous)),
    case("twice the same", NAMED, PROXY, &[b"192.0.2.1", b"192.0.2.1"], Refused(Ambiguous)),
    case("a list", NAMED, PROXY, &[b"10.0.0.1, 192.0.2.1"], Refused(Malformed)),
    case("empty", NAMED, PROXY, &[b""], Refused(Malformed)),
    case("not an address", NAMED, PROXY, &[b"unknown"], Refused(Malformed)),
    case("not text", NAMED, PROXY, &[b"\xff"], Refused(Malformed)),
    case("without a peer", NAMED, NOBODY, &[b"192.0.2.1"], Refused(PeerUnavailable)),

    // The bounds.
    case("64 hops", XFF_64, NOBODY, HOPS_64, Told("192.0.2.1")),
    case("64 hops on lines of their own", XFF_64, NOBODY, &LINES_64, Told("192.0.2.1")),
    case("65 hops", XFF_1, NOBODY, HOPS_65, Refused(ChainTooLong)),
    case("65 lines", XFF_1, NOBODY, &LINES_65, Refused(ChainTooLong)),
    case("65 empty lines", XFF_1, NOBODY, &LINES_EMPTY, Refused(ChainTooLong)),
    case("65 hops by lines and commas", XFF_1, NOBODY, &[COMMAS_31, COMMAS_31, b"192.0.2.1"], Refused(ChainTooLong)),
    case("10,000 hops", XFF_1, NOBODY, &[&[b','; 9_999]], Refused(ChainTooLong)),
    case("10,000 hops from a stranger are not read", XFF_BY, STRANGER, &[&[b','; 9_999]], Seen("203.0.113.5")),
    case("65 quoted commas count as hops", FWD_1, NOBODY, &[b"for=192.0.2.1;x=\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\""], Refused(ChainTooLong)),
    case("8 KiB of backslashes", FWD_1, NOBODY, &[&[b'\\'; 8192]], Refused(Malformed)),
    case("more than 8 KiB", XFF_1, NOBODY, &[&[b' '; 8193]], Refused(ChainTooLong)),
    case("more than 8 KiB on the left", XFF_1, NOBODY, &[&[b'x'; 8190], b"192.0.2.1"], Refused(ChainTooLong)),
    case("exactly 8 KiB", XFF_1, NOBODY, &[&[b'x'; 8182], b"192.0.2.1"], Told("192.0.2.1")),
    case("a byte more, with the comma between", XFF_1, NOBODY, &[&[b'x'; 8183], b"192.0.2.1"], Refused(ChainTooLong)),
];

const COMMAS_31: &[u8] = &[b','; 31];
const LINES_64: [&[u8]; 64] = [b"192.0.2.1"; 64];
const LINES_EMPTY: [&[u8]; 65] = [b""; 65];
const LINES_65: [&[u8]; 65] = [b"192.0.2.1"; 65];
const HOPS_64: &[&[u8]] = &[HOPS_65[0].split_at(65 * 10 - 11).0];
const HOPS_65: &[&[u8]] = &[HOPS.split_at(65 * 10 - 1).0];
const HOPS: &[u8] = HOPS_WRITTEN.as_flattened();
const HOPS_WRITTEN: &[[u8; 10]; 65] = &[*b"192.0.2.1,"; 65];
