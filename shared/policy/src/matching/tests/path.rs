//! How a path reads: normal forms, plain paths, and the spellings that are refused by themselves.

use crate::matching::path::{Ambiguity, LONGEST_ODD, Odd, Reading, read};

fn odd(path: &[u8]) -> Odd<'_> {
    match read(path) {
        Reading::Odd(odd) => odd,
        other @ (Reading::Unknown | Reading::Plain(_)) => panic!("{}: {other:?}", String::from_utf8_lossy(path)),
    }
}

#[test]
fn a_plain_path_is_itself_without_its_query() {
    for (target, path) in [
        ("/", "/"),
        ("/?", "/"),
        ("/admin", "/admin"),
        ("/admin/", "/admin/"),
        ("/admin?next=//x/../%2f;y#z\\", "/admin"),
        ("/a/.well-known/...", "/a/.well-known/..."),
        ("/a/..b/c..", "/a/..b/c.."),
        ("/a.b/c~d_e-f", "/a.b/c~d_e-f"),
        ("/users:batch/a@b/(x)!$&'*+,=", "/users:batch/a@b/(x)!$&'*+,="),
        ("/[x]/{y}/a|b^\"<>`", "/[x]/{y}/a|b^\"<>`"),
        ("/caf%C3%A9/a%20b%0A", "/caf%C3%A9/a%20b%0A"),
    ] {
        assert_eq!(read(target.as_bytes()), Reading::Plain(path.as_bytes()), "{target}");
    }
}

#[test]
fn a_path_that_begins_without_a_slash_is_unknown() {
    for target in ["", "*", "?", "admin", "http://example.com/admin", "%2fadmin", "\\admin", ".", "example.com:443"] {
        assert_eq!(read(target.as_bytes()), Reading::Unknown, "{target}");
    }
}

#[test]
fn the_normal_form_is_what_rfc_3986_and_the_design_say() {
    for (target, normal) in [
        ("/%61dmin?x", "/admin"),
        ("/%7Euser%2d%2E%5f", "/~user-._"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/café", "/caf%C3%A9"),
        ("/a%3ab%3Bc", "/a%3Ab%3Bc"),
        ("//admin", "/admin"),
        ("/a///b//", "/a/b/"),
        ("/a/../admin", "/admin"),
        ("/a/b/c/./../../g", "/a/g"),
        ("/mid/content=5/../6", "/mid/6"),
        ("/../../x", "/x"),
        ("/..", "/"),
        ("/.", "/"),
        ("/a/.", "/a/"),
        ("/a/b/..", "/a/"),
        ("/x//../admin", "/x/admin"),
        ("/admin;x=y", "/admin"),
        ("/a;b/c;d=e;f/;g", "/a/c/"),
        ("/;x/a", "/a"),
        ("/a/..;/admin", "/admin"),
        ("/a/%2e%2E;x/admin", "/admin"),
        ("/a%2f%5C%00", "/a%2F%5C%00"),
        ("/a\\b#c d\u{7f}", "/a%5Cb%23c%20d%7F"),
        ("/a%zz%4", "/a%25zz%254"),
        ("/%25%32%65", "/%252e"),
    ] {
        let normal_form = odd(target.as_bytes()).normal_form();
        assert_eq!(String::from_utf8_lossy(&normal_form), normal, "{target}");
    }
    assert_eq!(odd(b"/\xFF\x80").normal_form(), b"/%FF%80");
}

#[test]
fn some_spellings_are_refused_whatever_the_rules() {
    use Ambiguity::*;
    for (path, why) in [
        ("/admin%2f..", EncodedSlash),
        ("/a%2Fb", EncodedSlash),
        ("/a%5cb", EncodedSlash),
        ("/a%00", EncodedNul),
        ("/%252e%252e/x", DoubleEncoding),
        ("/a%252Fb", DoubleEncoding),
        ("/a%255cb", DoubleEncoding),
        ("/a%2500", DoubleEncoding),
        ("/a%2525", DoubleEncoding),
        ("/a%253Bx", DoubleEncoding),
        ("/a%253Fx", DoubleEncoding),
        ("/a%25%32%65", DoubleEncoding),
        ("/%2e%2e/admin", HiddenDotSegment),
        ("/a/.%2E", HiddenDotSegment),
        ("/%2e/admin", HiddenDotSegment),
        ("/a/..;/admin", HiddenDotSegment),
        ("/a/..;x=y/admin", HiddenDotSegment),
        ("/a/.;x", HiddenDotSegment),
        ("/a/..%3bx/admin", HiddenDotSegment),
        ("/a/..%3f", HiddenDotSegment),
        ("/a/..%23x/b", HiddenDotSegment),
        ("/x//../admin", DotsBehindEmptySegment),
        ("/x/;y/../admin", ParametersOfNothing),
        ("/x/a//..", DotsBehindEmptySegment),
        ("/x//.//a/../..", DotsBehindEmptySegment),
        ("/;x/a", ParametersOfNothing),
        ("/a/%3bx/b", ParametersOfNothing),
        ("/a\\..\\admin", Backslash),
        ("/admin#x", Fragment),
        ("/a b", Control),
        ("/a\tb", Control),
        ("/a\0", Control),
        ("/a\u{7f}", Control),
        ("/%zz", BrokenEscape),
        ("/%4", BrokenEscape),
        ("/%", BrokenEscape),
        ("/%u002f", BrokenEscape),
        ("/%%32%66", BrokenEscape),
        ("/a%c0%af", Overlong),
        ("/a%C1%9C", Overlong),
        ("/a%e0%80%af", Overlong),
        ("/a%e0%9F%bf", Overlong),
        ("/a%F0%80%80%af", Overlong),
        ("/a%f0%8f%bf%bf", Overlong),
    ] {
        assert_eq!(odd(path.as_bytes()).agreed(|_| ()), Err(why), "{path}");
    }
    assert_eq!(odd(b"/a\xC0\xAF").agreed(|_| ()), Err(Overlong));
    let long = "/".repeat(LONGEST_ODD + 1);
    assert_eq!(odd(long.as_bytes()).agreed(|_| ()), Err(Long));
}

#[test]
fn an_odd_path_is_settled_where_nobody_cares_for_the_difference() {
    for path in [
        "/a//b",
        "//a",
        "/a/./b",
        "/a/../b",
        "/a;x=y",
        "/;x",
        "/%61",
        "/caf%c3%a9",
        "/wiki/Who%3F",
        "/C%23",
        "/a%3Bb",
        "/a/;b",
        "/a/%3Bb",
        "/a%2520b",
        "/a%25",
        "/%E0%B8%81",
        "/%E0%A0%80",
        "/%F0%9F%90%99",
    ] {
        assert_eq!(odd(path.as_bytes()).agreed(|_| ()), Ok(()), "{path}");
    }
}

#[test]
fn a_reading_is_judged_once_for_each_way_to_it_that_differs() {
    let readings = |path: &str| {
        let mut seen = Vec::new();
        let _ = odd(path.as_bytes()).agreed(|form| seen.push(String::from_utf8_lossy(form).into_owned()));
        seen.sort();
        seen.dedup();
        seen
    };
    assert_eq!(readings("/a;x"), ["/a", "/a;x"]);
    assert_eq!(readings("/a//b"), ["/a//b", "/a/b"]);
    assert_eq!(readings("//a/b"), ["//a/b", "/a/b", "/b"]);
    assert_eq!(readings("/a/../%62"), ["/%62", "/a/../%62", "/a/../b", "/b"]);
    assert_eq!(readings("/%E0%B8%81"), ["/%E0%B8%81"]);
    assert_eq!(readings("/a%3Fb/../c"), ["/a", "/a%3Fb/../c", "/c"]);
}

#[test]
fn the_work_is_bounded_and_grows_with_the_length() {
    for token in ["/", "/a", "/..", "/.", ";", "/;", "%41", "%3F", "%2541", "/a;b/..", "//a%3F;x/../%61", "%", "%25"] {
        let path = format!("//a{}", token.repeat((LONGEST_ODD - 3) / token.len()));
        let (mut calls, mut bytes) = (0_usize, 0_usize);
        let _ = odd(path.as_bytes()).agreed(|form| {
            calls += 1;
            bytes += form.len();
        });
        assert!(calls <= 200, "{token}: {calls} readings");
        assert!(bytes <= 200 * 3 * LONGEST_ODD, "{token}: {bytes} bytes");
        // Longer ones are not compared, and their normal form is still found.
        let path = path.repeat(64);
        odd(path.as_bytes()).normal_form();
    }
}
