//! Which patterns there are, and which origins each of them means.

use super::*;

fn check(patterns: &[&str], origin: &str, expected: bool) {
    let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::read(text).unwrap()).collect();
    assert_eq!(admitted(&patterns, origin.as_bytes()), expected, "{origin} by {patterns:?}");
}

#[test]
fn an_origin_is_admitted_by_a_pattern_that_means_it_and_by_no_other() {
    for (pattern, origin, expected) in [
        ("https://app.example.com", "https://app.example.com", true),
        ("HTTPS://App.Example.Com", "https://app.example.com", true),
        ("https://app.example.com", "http://app.example.com", false),
        ("https://app.example.com", "https://app.example.com:8443", false),
        ("https://app.example.com", "https://app.example.com.", false),
        ("https://app.example.com", "https://APP.example.com", false),
        ("https://app.example.com", "https://app.example.com.evil.example", false),
        ("https://app.example.com", "https://app.example.comx", false),
        ("https://app.example.com", "https://xapp.example.com", false),
        ("https://app.example.com", "https://app.example.com/", false),
        ("https://app.example.com", "https://user@app.example.com", false),
        ("https://app.example.com", "null", false),
        ("https://app.example.com", "", false),
        ("https://app.example.com:8443", "https://app.example.com:8443", true),
        ("https://app.example.com:8443", "https://app.example.com", false),
        ("https://app.example.com:8443", "https://app.example.com:08443", false),
        ("https://app.example.com:*", "https://app.example.com", true),
        ("https://app.example.com:*", "https://app.example.com:1", true),
        ("https://app.example.com:*", "https://app.example.com:", false),
        ("https://app.example.com:*", "https://app.example.com:x", false),
        ("https://app.example.com:*", "https://app.example.com:1.evil.example", false),
        ("https://app.example.com:*", "https://app.example.com:1:2", false),
        ("https://*.example.com", "https://app.example.com", true),
        ("https://*.example.com", "https://a-b_1.example.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "https://.example.com", false),
        ("https://*.example.com", "https://a.b.example.com", false),
        ("https://*.example.com", "https://appexample.com", false),
        ("https://*.example.com", "https://evil/.example.com", false),
        ("https://*.example.com", "https://evil.example?.example.com", false),
        ("https://*.example.com", "https://evil.example#.example.com", false),
        ("https://*.example.com", "https://evil:1@x.example.com", false),
        ("https://*.example.com", "https://%61.example.com", false),
        ("https://*.example.com", "https://app.example.com.evil.example", false),
        ("https://*.example.com:*", "https://app.example.com:8443", true),
        ("https://*.example.com:8443", "https://app.example.com:8443", true),
        ("https://**.example.com", "https://app.example.com", true),
        ("https://**.example.com", "https://a.b.c.example.com", true),
        ("https://**.example.com", "https://example.com", false),
        ("https://**.example.com", "https://a..b.example.com", false),
        ("https://**.example.com", "https://.a.example.com", false),
        ("https://**.example.com", "https://evil.example/a.example.com", false),
        ("http://localhost:*", "http://localhost:3000", true),
        ("http://*.localhost:*", "http://app.localhost:3000", true),
        ("http://[::1]:3000", "http://[::1]:3000", true),
        ("http://[::1]:*", "http://[::1]", true),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", true),
        ("capacitor://localhost", "capacitor://localhost", true),
        ("https://*.internal", "https://wiki.internal", true),
        ("https://**.shop.example.ck", "https://a.b.shop.example.ck", true),
        // Named by the list as no public suffixes.
        ("https://*.www.ck", "https://a.www.ck", true),
        ("https://*.city.kawasaki.jp", "https://a.city.kawasaki.jp", true),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", true),
        ("null", "null", true),
        ("null", "https://app.example.com", false),
        ("*", "https://app.example.com", true),
        ("*", "null", true),
    ] {
        check(&[pattern], origin, expected);
    }
    check(&["https://a.example", "https://b.example"], "https://b.example", true);
    check(&["*"], &format!("https://{}", "a".repeat(LONGEST)), false);
}

#[test]
fn what_is_no_pattern_is_told_with_its_remedy() {
    for (text, remedy) in [
        ("example.com", "write `https://example.com`"),
        ("*.example.com", "write `https://*.example.com`"),
        ("", "has no scheme"),
        ("://example.com", "is no scheme"),
        ("https://example.com/", "write `https://example.com`"),
        ("https://example.com/a?b", "write `https://example.com`"),
        ("https://", "is no host"),
        ("https://a..b", "is no host"),
        ("https://.example.com", "is no host"),
        ("https://user@example.com", "is no host"),
        ("https://exam ple.com", "is no host"),
        ("https://b\u{fc}cher.example", "with `xn--`"),
        ("https://*", "a star elsewhere"),
        ("https://app-*.example.com", "a star elsewhere"),
        ("https://a.*.example.com", "a star elsewhere"),
        ("https://*.*.example.com", "a star elsewhere"),
        ("https://***.example.com", "a star elsewhere"),
        ("https://*.com", "a public suffix; name the domains: `*.example.com`"),
        ("https://**.co.uk", "a public suffix; name the domains: `**.example.co.uk`"),
        ("https://*.github.io", "a public suffix"),
        ("https://*.ck", "every name under `ck` is a public suffix"),
        ("https://**.ck", "name the domains: `**.shop.example.ck`"),
        ("https://**.er", "every name under `er` is a public suffix"),
        ("https://**.kawasaki.jp", "every name under `kawasaki.jp` is a public suffix"),
        ("https://**.example.ck", "a public suffix; name the domains: `**.example.example.ck`"),
        ("https://*.0.0.1", "a part of an address"),
        ("https://*.127.0.0.1", "a part of an address"),
        ("https://example.com:443", "delete `:443`"),
        ("http://example.com:80", "delete `:80`"),
        ("https://example.com:", "is no port"),
        ("https://example.com:0", "is no port"),
        ("https://example.com:65536", "is no port"),
        ("https://example.com:080", "is no port"),
        ("https://example.com:84*", "is no port"),
    ] {
        let problem = Pattern::read(text).unwrap_err();
        assert!(problem.contains(remedy), "{text}: {problem}");
    }
}
