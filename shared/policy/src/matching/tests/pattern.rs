//! What a path pattern matches, and which are refused at load.

use crate::matching::pattern::Pattern;

fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let pattern = Pattern::read(pattern).unwrap();
    for path in matching {
        assert!(pattern.matches(path.as_bytes()), "{pattern} matches {path}");
    }
    for path in others {
        assert!(!pattern.matches(path.as_bytes()), "{pattern} does not match {path}");
    }
}

#[test]
fn an_exact_pattern_matches_one_path() {
    check("/admin", &["/admin", "/admin/"], &["/", "/Admin", "/administrator", "/admin/x", "/admin//", "/x/admin"]);
    check("/", &["/"], &["/a", "//"]);
    check("/a@b:c", &["/a@b:c"], &["/a%40b:c"]);
}

#[test]
fn a_template_name_matches_one_segment_that_is_not_empty() {
    check("/users/{id}", &["/users/5", "/users/5/"], &["/users", "/users/", "/users//", "/users/5/x", "/users//5"]);
    check("/{a}/b/{c}", &["/x/b/y"], &["/x/c/y", "/x/b", "//b/y", "/x/b/y/z"]);
    check("/{tenant}", &["/a"], &["/", "//", "/a/b"]);
}

#[test]
fn a_trailing_double_star_matches_at_a_segment_boundary() {
    check("/admin/**", &["/admin", "/admin/", "/admin/x/y", "/admin//"], &["/administrator", "/", "/adm", "/x/admin"]);
    check("/**", &["/", "/a", "//", "/a/b/"], &[]);
    check("/{t}/admin/**", &["/x/admin", "/x/admin/y/z"], &["/admin", "/x/y/admin", "/x/administrator"]);
}

#[test]
fn a_pattern_is_shown_as_it_was_written() {
    for text in ["/", "/**", "/admin", "/admin/**", "/users/{id}", "/a/{b}/c/{d}/**"] {
        assert_eq!(Pattern::read(text).unwrap().to_string(), text);
    }
}

#[test]
fn a_pattern_covers_what_it_matches_wholly() {
    let read = |text| Pattern::read(text).unwrap();
    for (wide, narrow, covers) in [
        ("/a", "/a", true),
        ("/a", "/b", false),
        ("/**", "/", true),
        ("/**", "/**", true),
        ("/", "/**", false),
        ("/a/**", "/a", true),
        ("/a/**", "/a/b/**", true),
        ("/a/**", "/a/{b}", true),
        ("/a/**", "/ab", false),
        ("/a/b/**", "/a/**", false),
        ("/a/{b}/**", "/a/**", false),
        ("/a", "/a/**", false),
        ("/users/{id}", "/users/me", true),
        ("/users/{id}", "/users/{name}", true),
        ("/users/me", "/users/{id}", false),
        ("/{a}/x", "/b/{c}", false),
        ("/{a}/{c}", "/b/{c}", true),
        ("/{a}/**", "/b/c/d", true),
    ] {
        assert_eq!(read(wide).covers(&read(narrow)), covers, "{wide} covers {narrow}");
    }
}

#[test]
fn a_bad_pattern_is_refused_with_the_remedy() {
    for (text, message) in [
        ("", "is empty; write a path as in `/users/{id}`, or delete `paths` to match all"),
        ("admin/x", r#""admin/x" does not begin with a slash; write "/admin/x""#),
        ("https://a.example/x", r#""https://a.example/x" is a URL; write its path alone, and its host under `hosts`"#),
        ("/a?b=c", r#""/a?b=c" has a query, which is not matched; write "/a""#),
        ("/a#b", r#""/a#b" has a fragment, which no request carries; write "/a""#),
        ("/a/", r#""/a/" ends in a slash, which makes no difference; write "/a""#),
        ("/a/**/", r#""/a/**/" ends in a slash, which makes no difference; write "/a/**""#),
        ("/a/**/b", r#""/a/**/b" has `**` elsewhere than behind its last slash; write `{name}` for each segment"#),
        ("/a**", r#""/a**" has `**` elsewhere than behind its last slash; write `{name}` for each segment"#),
        (
            "/a/*",
            "\"/a/*\" has a `*`, which is no wildcard; write `{name}` for one segment, or `/**` at the end for all \
             below",
        ),
        ("/a//b", r#""/a//b" is not in normal form; write "/a/b""#),
        ("/a/../b/**", r#""/a/../b/**" is not in normal form; write "/b/**""#),
        ("/a;x", r#""/a;x" is not in normal form; write "/a""#),
        ("/%61", r#""/%61" is not in normal form; write "/a""#),
        ("/café", r#""/café" is not in normal form; write "/caf%C3%A9""#),
        ("/caf%c3%a9", r#""/caf%c3%a9" is not in normal form; write "/caf%C3%A9""#),
        ("/a b", r#""/a b" is not in normal form; write "/a%20b""#),
        ("/a%40b", r#""/a%40b" is not in normal form; write "/a@b""#),
        ("/a%2Fb", r#""/a%2Fb" has a segment that is read in more than one way; write `{name}` for it"#),
        ("/a%3Bb", r#""/a%3Bb" has a segment that is read in more than one way; write `{name}` for it"#),
        ("/a%7Bb", r#""/a%7Bb" has a segment that is read in more than one way; write `{name}` for it"#),
        ("/{id", r#""/{id" has a `{` without its `}`; close it"#),
        ("/{id/x}", r#""/{id/x}" has a `{` without its `}`; close it"#),
        ("/id}", r#""/id}" has a name in part of the segment "id}"; a `{name}` stands for a whole segment"#),
        ("/v{n}", r#""/v{n}" has a name in part of the segment "v{n}"; a `{name}` stands for a whole segment"#),
        (
            "/{n}.json",
            r#""/{n}.json" has a name in part of the segment "{n}.json"; a `{name}` stands for a whole segment"#,
        ),
        ("/{}", r#""/{}" has the name ""; write letters, digits, `-` and `_`"#),
        ("/{a b}", r#""/{a b}" has the name "a b"; write letters, digits, `-` and `_`"#),
        ("/{id}/x/{id}", r#""/{id}/x/{id}" has {id} twice; rename one of them"#),
    ] {
        assert_eq!(Pattern::read(text), Err(message.to_owned()), "{text}");
    }
}
