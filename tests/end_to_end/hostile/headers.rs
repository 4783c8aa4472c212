//! Bytes that are no text, in every part of a request and a response that holds bytes; and headers that occur twice.

use verdict_gateway::{Protocol, Request};

use super::{ALL, FROM, HTTP1, HTTP2, NEITHER, ONE_OF_EACH, Odd, PROTOCOLS, run, send_all};

/// Bytes that are not UTF-8: never, a lone continuation, a sequence that is cut off, an overlong slash, half a pair.
const BYTES: [&[u8]; 5] = [b"\xff\xfe", b"\x80", b"a\xc3", b"\xc0\xaf", b"\xed\xa0\x80"];

/// Headers that some filter, some rendering or the proxy looks at.
const HEADERS: [&str; 27] = [
    "authorization",
    "x-api-key",
    "x-consumer",
    "cookie",
    "x-forwarded-for",
    "forwarded",
    "true-client-ip",
    "x-real-ip",
    "x-country",
    "x-as",
    "x-tenant",
    "x-request-id",
    "x-verdict-reason",
    "x-verdict-identity",
    "content-type",
    "accept",
    "accept-language",
    "accept-encoding",
    "origin",
    "referer",
    "user-agent",
    "range",
    "if-none-match",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-envoy-original-path",
    "traceparent",
];

#[test]
fn bytes_that_are_no_text_in_the_value_of_a_header() {
    run("values that are no text", async |watched| {
        let mut odd: Vec<Odd> = HEADERS.iter().map(|name| Odd::new(*name).header(*name, b"\xff\xfe")).collect();
        for bytes in BYTES {
            let all = Odd::new(format!("{} in each", bytes.escape_ascii()));
            odd.push(HEADERS.iter().fold(all, |odd, name| odd.header(*name, bytes)));
        }
        assert_eq!(odd.len(), 32);
        send_all(watched, ALL, &odd, "").await;
    });
}

#[test]
fn bytes_that_are_no_text_in_a_name_a_method_a_path_or_a_host() {
    run("bytes that are no text elsewhere", async |watched| {
        let mut odd = Vec::new();
        for bytes in BYTES {
            let new = |part: &str, arrives| Odd { arrives, ..Odd::new(format!("{part} {}", bytes.escape_ascii())) };
            odd.push(new("name", NEITHER).header([b"x-", bytes].concat(), "a"));
            odd.push(new("own name", NEITHER).header([b"x-verdict-", bytes].concat(), "a"));
            odd.push(Odd { method: bytes.to_vec(), ..new("method", NEITHER) });
            odd.push(Odd { path: [b"/", bytes].concat(), ..new("path", HTTP2) });
            odd.push(Odd { path: [b"/?", bytes].concat(), ..new("query", HTTP2) });
            odd.push(Odd { host: bytes.to_vec(), ..new("host", NEITHER) });
            odd.push(Odd { host: [b"api.example.com:", bytes].concat(), ..new("port", NEITHER) });
        }
        assert_eq!(odd.len(), 35);
        send_all(watched, ONE_OF_EACH, &odd, "").await;
    });
}

#[test]
fn bytes_that_are_no_text_in_what_concerns_the_connection() {
    run("headers of the connection that are no text", async |watched| {
        let names: [(&[Protocol], &[&str]); 3] = [
            (&PROTOCOLS, &["expect", "trailer", "via", "http2-settings"]),
            (HTTP1, &["te", "keep-alive", "upgrade", "connection", "proxy-connection"]),
            (NEITHER, &["content-length", ":scheme"]),
        ];
        let mut odd = Vec::new();
        for (arrives, names) in names {
            odd.extend(names.iter().map(|name| Odd { arrives, ..Odd::new(*name).header(*name, b"\xff\xfe") }));
        }
        send_all(watched, ALL, &odd, "").await;
    });
}

#[test]
fn headers_that_occur_twice_or_are_empty() {
    run("headers that occur twice", async |watched| {
        let mut odd: Vec<Odd> = HEADERS
            .iter()
            .map(|name| Odd::new(format!("{name} twice")).header(*name, "a").header(*name, "b"))
            .collect();
        odd.push(HEADERS.iter().fold(Odd::new("all empty"), |odd, name| odd.header(*name, "")));
        odd.push(
            HEADERS.iter().fold(Odd::new("all empty, and not"), |odd, name| odd.header(*name, "").header(*name, "a")),
        );
        send_all(watched, ALL, &odd, "").await;
    });
}

#[test]
fn a_header_that_guards_something_and_occurs_twice_or_cannot_be_read_refuses() {
    run("headers that guard", async |watched| {
        type Case = (&'static str, &'static [(&'static str, &'static [u8])], u16, &'static str);
        let cases: [Case; 14] = [
            ("key", &[("x-api-key", b"correct-horse"), ("x-api-key", b"correct-horse")], 401, "key.key_invalid"),
            ("key", &[("x-api-key", b"correct-horse"), ("X-API-KEY", b"")], 401, "key.key_invalid"),
            ("key", &[("x-api-key", b"\xff")], 401, "key.key_invalid"),
            ("key", &[("x-api-key", b"correct-horse,correct-horse")], 401, "key.key_invalid"),
            ("chain", &[("x-api-key", b"correct-horse"), ("x-api-key", b"correct-horse")], 401, "key.key_invalid"),
            (
                "header",
                &[("true-client-ip", b"10.0.0.1"), ("true-client-ip", b"10.0.0.1")],
                400,
                "ip-allowlist.forwarding_malformed",
            ),
            ("header", &[("true-client-ip", b"10.0.0.1, 10.0.0.1")], 400, "ip-allowlist.forwarding_malformed"),
            ("header", &[("true-client-ip", b"\xff")], 400, "ip-allowlist.forwarding_malformed"),
            ("header", &[], 400, "ip-allowlist.forwarding_missing"),
            ("proxies", &[("x-forwarded-for", b"10.0.0.1, \xff")], 400, "ip-allowlist.forwarding_malformed"),
            ("rfc7239", &[("forwarded", b"for=10.0.0.1;for=10.0.0.2")], 400, "ip-allowlist.forwarding_malformed"),
            (
                "rfc7239",
                &[("forwarded", b"for=10.0.0.1"), ("forwarded", b"for=\"\xff\"")],
                400,
                "ip-allowlist.forwarding_malformed",
            ),
            ("direct", &[("x-tenant", b"a"), ("x-tenant", b"a")], 400, "ip-allowlist.header_ambiguous"),
            ("envoy", &[("x-tenant", b"a"), ("x-tenant", b"\xff")], 400, "ip-allowlist.header_ambiguous"),
        ];
        for (listener, headers, status, reason) in cases {
            for protocol in PROTOCOLS {
                let request =
                    headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(name, value));
                let reply = request
                    .host("www.example.net")
                    .from(FROM)
                    .protocol(protocol)
                    .send(watched.at(listener))
                    .await
                    .unwrap();
                let what = format!("{listener}, {protocol:?}, {headers:?}");
                assert_eq!((reply.status, reply.header("x-verdict-reason")), (status, Some(reason)), "{what}");
            }
        }
    });
}

#[test]
fn hosts_that_are_none() {
    run("hosts that are none", async |watched| {
        let mut odd = Vec::new();
        let hosts: [(&[Protocol], &[&str]); 3] = [
            (
                &PROTOCOLS,
                &[
                    ":",
                    ":80",
                    "a:",
                    "a:b",
                    "a:99999999999999999999",
                    "[",
                    "]",
                    "[]",
                    "[::1",
                    "[::1]x",
                    "[::1]:",
                    "[fe80::1%25eth0]",
                    "1.2.3.4.5",
                    "a..b",
                    ".",
                    "..",
                    ".a",
                    "-",
                    "_",
                    "*",
                    "*.example.com",
                    "a%2eb",
                    "a,b",
                    "a;b",
                    "xn--",
                    "A.EXAMPLE.COM.",
                    "a.example.com..",
                    "0x7f000001",
                    "[::ffff:127.0.0.1]:80",
                ],
            ),
            (HTTP1, &["", "user@a", "user:pass@a"]),
            (NEITHER, &["a/b", "a?b", "a#b"]),
        ];
        for (arrives, hosts) in hosts {
            odd.extend(hosts.iter().map(|host| Odd {
                host: (*host).into(),
                arrives,
                ..Odd::new(format!("host {host:?}"))
            }));
        }
        for length in [254, 1000, 8000] {
            odd.push(Odd { host: vec![b'a'; length], ..Odd::new(format!("a host of {length}")) });
            odd.push(Odd { host: b"a.".repeat(length / 2), ..Odd::new(format!("a host of {} labels", length / 2)) });
        }
        // Over HTTP/1.1, Envoy makes a list of the two, which is no host; over HTTP/2 it takes a `host` beside `:authority` out.
        odd.push(Odd::new("a second host").header("host", "other.example.com"));
        send_all(watched, ONE_OF_EACH, &odd, "").await;
    });
}
