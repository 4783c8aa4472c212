//! Bytes that are no text, in every part of a request and a response that holds bytes; and headers that occur twice.

use verdict_gateway::{Protocol, Request};

use super::{FROM, Odd, PROTOCOLS, run, send_all};

/// Bytes that are not UTF-8: never, a lone continuation, a sequence that is cut off, an overlong slash, half a pair.
const BYTES: [&[u8]; 5] = [b"\xff\xfe", b"\x80", b"a\xc3", b"\xc0\xaf", b"\xed\xa0\x80"];

/// Headers that some filter, some rendering or the proxy looks at.
const HEADERS: [&str; 27] = [
    "authorization", "x-api-key", "x-consumer", "cookie", "x-forwarded-for", "forwarded", "true-client-ip", "x-real-ip",
    "x-country", "x-as", "x-tenant", "x-request-id", "x-verdict-reason", "x-verdict-identity", "content-type", "accept",
    "accept-language", "accept-encoding", "origin", "referer", "user-agent", "range", "if-none-match", "x-forwarded-host",
    "x-forwarded-proto", "x-envoy-original-path", "traceparent",
];

/// Only over HTTP/1.1; over HTTP/2, Envoy takes none of these.
const HTTP1: &[Protocol] = &[Protocol::Http1];
const NEITHER: &[Protocol] = &[];

#[test]
fn bytes_that_are_no_text_in_the_value_of_a_header() {
    run("values that are no text", async |watched| {
        let mut odd = Vec::new();
        for name in HEADERS {
            odd.extend(BYTES.map(|bytes| Odd::new(format!("{name}: {}", bytes.escape_ascii())).header(name, bytes)));
        }
        let all = HEADERS.iter().fold(Odd::new("all of them"), |odd, name| odd.header(*name, b"\xff".to_vec()));
        odd.push(all);
        assert_eq!(odd.len(), 136);
        send_all(watched, &odd, "").await;
    });
}

#[test]
fn bytes_that_are_no_text_in_a_name_a_method_a_path_or_a_host() {
    run("bytes that are no text elsewhere", async |watched| {
        let mut odd = Vec::new();
        for bytes in BYTES {
            let what = |part: &str| format!("{part} {}", bytes.escape_ascii());
            odd.push(Odd { arrives: NEITHER, ..Odd::new(what("name")).header([b"x-", bytes].concat(), "a") });
            odd.push(Odd { arrives: NEITHER, ..Odd::new(what("own name")).header([b"x-verdict-", bytes].concat(), "a") });
            odd.push(Odd { arrives: NEITHER, method: bytes.to_vec(), ..Odd::new(what("method")) });
            odd.push(Odd { path: [b"/", bytes].concat(), ..Odd::new(what("path")) });
            odd.push(Odd { path: [b"/?", bytes].concat(), ..Odd::new(what("query")) });
            odd.push(Odd { host: bytes.to_vec(), ..Odd::new(what("host")) });
            odd.push(Odd { host: [b"api.example.com:", bytes].concat(), ..Odd::new(what("port")) });
        }
        send_all(watched, &odd, "").await;
    });
}

#[test]
fn headers_that_occur_twice_or_are_empty() {
    run("headers that occur twice", async |watched| {
        let mut odd = Vec::new();
        for name in HEADERS {
            odd.push(Odd::new(format!("{name} twice")).header(name, "a").header(name, "b"));
            odd.push(Odd::new(format!("{name} empty")).header(name, ""));
        }
        send_all(watched, &odd, "").await;
    });
}

#[test]
fn a_header_that_guards_something_and_occurs_twice_or_cannot_be_read_refuses() {
    run("headers that guard", async |watched| {
        let cases: [(&str, &[(&str, &[u8])], u16, &str); 14] = [
            ("key", &[("x-api-key", b"correct-horse"), ("x-api-key", b"correct-horse")], 401, "key.key_invalid"),
            ("key", &[("x-api-key", b"correct-horse"), ("X-API-KEY", b"")], 401, "key.key_invalid"),
            ("key", &[("x-api-key", b"\xff")], 401, "key.key_invalid"),
            ("key", &[("x-api-key", b"correct-horse,correct-horse")], 401, "key.key_invalid"),
            ("chain", &[("x-api-key", b"correct-horse"), ("x-api-key", b"correct-horse")], 401, "key.key_invalid"),
            ("header", &[("true-client-ip", b"10.0.0.1"), ("true-client-ip", b"10.0.0.1")], 403, "ip-allowlist.address_unreadable"),
            ("header", &[("true-client-ip", b"10.0.0.1, 10.0.0.1")], 403, "ip-allowlist.address_unreadable"),
            ("header", &[("true-client-ip", b"\xff")], 403, "ip-allowlist.address_unreadable"),
            ("header", &[], 403, "ip-allowlist.address_unreadable"),
            ("proxies", &[("x-forwarded-for", b"10.0.0.1, \xff")], 403, "ip-allowlist.address_unreadable"),
            ("rfc7239", &[("forwarded", b"for=10.0.0.1;for=10.0.0.2")], 403, "ip-allowlist.address_unreadable"),
            ("rfc7239", &[("forwarded", b"for=10.0.0.1"), ("forwarded", b"for=\"\xff\"")], 403, "ip-allowlist.address_unreadable"),
            ("direct", &[("x-tenant", b"a"), ("x-tenant", b"a")], 400, "ip-allowlist.header_ambiguous"),
            ("envoy", &[("x-tenant", b"a"), ("x-tenant", b"\xff")], 400, "ip-allowlist.header_ambiguous"),
        ];
        for (listener, headers, status, reason) in cases {
            for protocol in PROTOCOLS {
                let request = headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(name, value));
                let reply = request.host("www.example.net").from(FROM).protocol(protocol).send(watched.at(listener)).await.unwrap();
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
        for host in [
            "", ":", ":80", "a:", "a:b", "a:99999999999999999999", "[", "]", "[]", "[::1", "[::1]x", "[::1]:", "[fe80::1%25eth0]",
            "1.2.3.4.5", "a..b", ".", "..", ".a", "-", "_", "*", "*.example.com", "user@a", "user:pass@a", "a/b", "a?b", "a#b", "a%2eb",
            "a,b", "a;b", "xn--", "A.EXAMPLE.COM.", "a.example.com..", "0x7f000001", "[::ffff:127.0.0.1]:80",
        ] {
            odd.push(Odd { host: host.into(), ..Odd::new(format!("host {host:?}")) });
        }
        for length in [254, 1000, 8000] {
            odd.push(Odd { host: vec![b'a'; length], ..Odd::new(format!("a host of {length}")) });
            odd.push(Odd { host: b"a.".repeat(length / 2), ..Odd::new(format!("a host of {} labels", length / 2)) });
        }
        odd.push(Odd { arrives: HTTP1, ..Odd::new("a second host").header("host", "other.example.com") });
        send_all(watched, &odd, "").await;
    });
}
