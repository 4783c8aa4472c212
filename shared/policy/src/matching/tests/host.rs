//! How a host reads, what a host pattern matches, and which are refused at load.

use crate::head::Head;
use crate::matching::host::{Host, Pattern};

#[test]
fn the_normal_form_has_no_case_port_or_final_dot() {
    for (authority, normal) in [
        ("example.com", "example.com"),
        ("EXAMPLE.com", "example.com"),
        ("example.com:443", "example.com"),
        ("example.com:", "example.com"),
        ("example.com.", "example.com"),
        ("Example.Com.:8443", "example.com"),
        ("localhost", "localhost"),
        ("my_service.ns", "my_service.ns"),
        ("10.0.0.1:80", "10.0.0.1"),
        ("[::1]", "[::1]"),
        ("[0:0:0:0:0:0:0:1]:80", "[::1]"),
        ("[2001:DB8::A]", "[2001:db8::a]"),
    ] {
        assert_eq!(
            Host::read(authority.as_bytes()).map(|host| host.to_string()).as_deref(),
            Some(normal),
            "{authority}"
        );
    }
}

#[test]
fn what_is_no_host_is_unknown() {
    let long = format!("{}com", "a.".repeat(126));
    for authority in [
        "",
        ".",
        ":80",
        "user@example.com",
        "u:p@example.com",
        "a..b",
        ".a",
        "a.b..",
        "a b",
        "a%2eb",
        "exämple",
        "a/b",
        "a,b",
        "a:b",
        "a:123456",
        "a:80:80",
        "a:-1",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]:x",
        "[]",
        "[fe80::1%25eth0]",
        "[v1.a]",
        "a\0",
        &long,
    ] {
        assert_eq!(Host::read(authority.as_bytes()), None, "{authority}");
    }
}

#[test]
fn two_hosts_that_differ_are_unknown() {
    let of = |pairs: &[(&str, &str)]| Host::of(&Head::from_pairs(pairs.iter().copied())).map(|host| host.to_string());
    let known = Some("a.example".to_owned());
    assert_eq!(of(&[(":authority", "a.example")]), known);
    assert_eq!(of(&[(":authority", "a.example"), ("host", "A.example:80")]), known);
    assert_eq!(of(&[(":authority", "a.example"), ("Host", "b.example")]), None);
    assert_eq!(of(&[(":authority", "a.example"), ("host", "")]), None);
    assert_eq!(of(&[(":authority", "a.example"), ("host", "a.example"), ("host", "a.example")]), None);
    assert_eq!(of(&[(":authority", "a.example"), (":authority", "a.example")]), None);
    assert_eq!(of(&[("host", "a.example")]), None);
    assert_eq!(of(&[(":authority", "")]), None);
}

#[test]
fn a_pattern_matches_its_host_or_the_names_below() {
    for (pattern, matching, others) in [
        ("API.example.com", vec!["api.example.com", "Api.Example.Com.:80"], vec!["example.com", "x.api.example.com"]),
        (
            "*.example.com",
            vec!["a.example.com", "a.B.EXAMPLE.com"],
            vec!["example.com", "notexample.com", "a.example.org"],
        ),
        ("[::1]", vec!["[0::1]:80"], vec!["[::2]", "localhost"]),
        ("10.0.0.1", vec!["10.0.0.1:80"], vec!["10.0.0.10", "[::1]"]),
    ] {
        let parsed = Pattern::read(pattern).unwrap();
        let matches = |authority: &&str| parsed.matches(&Host::read(authority.as_bytes()).unwrap());
        assert!(matching.iter().all(matches), "{pattern} {matching:?}");
        assert!(!others.iter().any(matches), "{pattern} {others:?}");
    }
}

#[test]
fn a_pattern_covers_what_it_matches_wholly() {
    let read = |text| Pattern::read(text).unwrap();
    for (wide, narrow, covers) in [
        ("a.b", "A.b", true),
        ("a.b", "*.a.b", false),
        ("*.b", "a.b", true),
        ("*.b", "b", false),
        ("*.b", "*.b", true),
        ("*.b", "*.a.b", true),
        ("*.a.b", "*.b", false),
        ("[::1]", "[0::1]", true),
        ("[::1]", "a.b", false),
    ] {
        assert_eq!(read(wide).covers(&read(narrow)), covers, "{wide} covers {narrow}");
    }
}

#[test]
fn a_bad_pattern_is_refused_with_the_remedy() {
    for (text, message) in [
        ("", "is empty; write a host, or delete `hosts` to match all"),
        ("*", "`*` matches every host; delete `hosts` to match all"),
        ("https://a.example/x", r#""https://a.example/x" has a scheme; write "a.example""#),
        ("a.example/x", r#""a.example/x" has a path; write "a.example", and the path under `paths`"#),
        ("a.example:80", r#""a.example:80" has a port, which is not matched; write "a.example""#),
        ("*.a.example:80", r#""*.a.example:80" has a port, which is not matched; write "*.a.example""#),
        ("[::1]:80", r#""[::1]:80" has a port, which is not matched; write "[::1]""#),
        ("a.example.", r#""a.example." ends in a dot, which is not matched; write "a.example""#),
        ("u@a.example", r#""u@a.example" has userinfo, which no request carries; write the host alone"#),
        ("::1", r#""::1" is an IPv6 address without brackets; write "[::1]""#),
        ("*.[::1]", r#""*.[::1]" puts `*.` before an address; delete it"#),
        ("api.*.com", r#""api.*.com" has a `*` that is not the whole first label; write `*.` and the names above it"#),
        ("*.*.com", r#""*.*.com" has a `*` that is not the whole first label; write `*.` and the names above it"#),
        ("*a.com", r#""*a.com" has a `*` that is not the whole first label; write `*.` and the names above it"#),
        ("ex\u{e4}mple.com", "\"exämple.com\" is not ASCII; write its `xn--` form, as requests carry it"),
        ("a..b", r#""a..b" is not a host; write a name as in `api.example.com`, or an address"#),
        ("a b", r#""a b" is not a host; write a name as in `api.example.com`, or an address"#),
    ] {
        assert_eq!(Pattern::read(text), Err(message.to_owned()), "{text}");
    }
}
