//! What `@rx` reads, refuses and matches. The same, at random and in the thousands, against PCRE2: the scripts beside the tests.

use super::{Pattern, Pool};
use crate::operator::Literals;

/// An expression, a value, and the match with its groups (`-` for one that took no part), between bars.
const MATCHES: &[(&str, &[u8], Option<&str>)] = &[
    // What ModSecurity sets: lines, and a point that matches everything.
    ("^b$", b"a\nb\nc", Some("b")),
    ("a.c", b"a\nc", Some("a\nc")),
    ("(?-m)^b", b"a\nb", None),
    ("(?-s)a.c", b"a\nc", None),
    // No `^` after a newline that ends the value.
    ("^\\d*$", b"ab\n", None),
    ("^\\d*$", b"a\n\nb", Some("")),
    ("^\\d*$", b"\n", Some("")),
    ("^$|b", b"b\n", Some("b")),
    ("^$|$", b"ab\n", Some("")),
    ("^x?$|\\z", b"ab\n", Some("")),
    ("\\Ab", b"a\nb", None),
    ("b\\z", b"b\n", None),
    ("b\\Z", b"b\n", Some("b")),
    ("(b\\n?)\\Z", b"b\n", Some("b\n|b\n")),
    ("(b)(?:\\Z)", b"b\n", Some("b|b")),
    ("b\\Z()", b"b\n", Some("b|")),
    ("b\\Z", b"b\n\n", None),
    ("(?-m)b$", b"b\n", Some("b")),
    // Bytes.
    ("\u{e9}", b"\xc3\xa9", Some("\u{e9}")),
    ("[\\x80-\\xff]{2}", b"\xc3\xa9", Some("\u{e9}")),
    ("\\x{c3}\\xa9", b"\xc3\xa9", Some("\u{e9}")),
    ("(?i)\u{e9}", "\u{c9}".as_bytes(), None),
    ("(?i)stra\\x53", b"STRAS", Some("STRAS")),
    ("(?i)k", "\u{212a}".as_bytes(), None),
    ("\\w", b"\xe9", None),
    ("\\W", b"\xe9", Some("\u{fffd}")),
    ("\\x00", b"a\0", Some("\0")),
    ("\\0\\e\\a\\f\\x0b\\cA\\012\\o{101}", b"\0\x1b\x07\x0c\x0b\x01\nA", Some("\0\u{1b}\u{7}\u{c}\u{b}\u{1}\nA")),
    ("\\s\\h\\v\\N", b"\x0b\t\nx", Some("\x0b\t\nx")),
    ("\\/\\-\\\"\\<", b"/-\"<", Some("/-\"<")),
    // What `regex` reads in another way.
    ("a{b}|{", b"a{b}", Some("a{b}")),
    ("a{1", b"a{1", Some("a{1")),
    ("[[ab]", b"[", Some("[")),
    ("[a&&b]", b"&", Some("&")),
    ("[+--]", b",", Some(",")),
    ("[a~~b]", b"~", Some("~")),
    ("[]a]", b"]", Some("]")),
    ("[^]a]", b"]b", Some("b")),
    ("[a-]", b"-", Some("-")),
    ("[\\w-.]", b"-", Some("-")),
    ("[[:alpha:][:^digit:]]", b"1-", Some("-")),
    ("(?i)[[:upper:]]", b"a", Some("a")),
    ("(?i)[[:^lower:]]", b"A", None),
    ("[\\b]", b"\x08", Some("\x08")),
    ("\\Qa.b\\E+", b"axb a.bb", Some("a.bb")),
    ("[\\Q]\\E]", b"]", Some("]")),
    ("(?x) a b # c\n c", b"abc", Some("abc")),
    ("a(?#b)+", b"aa", Some("aa")),
    ("(?<n>a)(?P<m>b)(?'o'c)", b"abc", Some("abc|a|b|c")),
    ("(a(?i)b|c)d", b"Cd", Some("Cd|C")),
    // Possessive and atomic, where that is no different.
    ("\"[^\"]*+\"", b"\"a\"", Some("\"a\"")),
    ("\\d++$", b"12", Some("12")),
    ("(?>ab)c", b"abc", Some("abc")),
    ("(?>a+)b", b"aab", Some("aab")),
    // Groups.
    ("a(b)?(c)(d)?", b"xac", Some("ac|-|c|-")),
    ("(a|(b))+", b"ba", Some("ba|a|b")),
    ("(a+?)(a*)", b"aaa", Some("aaa|a|aa")),
    ("(a|ab)(c|bcd)(d*)", b"abcd", Some("abcd|a|bcd|")),
];

/// What is refused, and a part of the message.
const REFUSED: &[(&str, &str)] = &[
    ("a(?=b)", "lookahead"),
    ("a(?!b)", "negative lookahead"),
    ("(?<=a)b", "lookbehind"),
    ("(?<!a)b", "negative lookbehind"),
    ("(a)\\1", "back reference"),
    ("(?<n>a)\\k<n>", "back reference"),
    ("(?<n>a)(?P=n)", "back reference"),
    ("(?R)", "recursion"),
    ("(?|a)", "branch reset"),
    ("(?(1)a)", "conditional"),
    ("(*UTF8)a", "verb"),
    ("a++a", "possessive"),
    ("\\w*+\\b\\B", "possessive"),
    ("(ab)++a", "possessive"),
    ("(?>a|ab)c", "atomic"),
    ("(?>a*)a", "atomic"),
    ("a**", "two quantifiers"),
    ("*a", "nothing before it"),
    ("{2}", "nothing before it"),
    ("a{,3}", "{0,n}"),
    ("a{3,2}", "out of order"),
    ("[b-a]", "out of order"),
    ("[a", "not closed"),
    ("(a", "not closed"),
    ("a)", "closes nothing"),
    ("[[:nope:]]", "POSIX"),
    ("[:alpha:]", "POSIX"),
    ("\\x{100}", "255"),
    ("\\pL", "`\\p`"),
    ("\\R", "`\\R`"),
    ("\\Ka", "`\\K`"),
    ("\\", "at the end"),
    ("x*^$", "neither where a match begins"),
    ("a\\Zb", "\\Z"),
    ("(\\w*)*", "may be empty"),
    ("(?:b|a*?)+", "prefers to be empty"),
    ("(?:$|.)*", "prefers to be empty"),
    ("\\Z\\b", "\\Z"),
    ("(a){0}", "no times"),
    ("(?<n>a)(?<n>b)", "same name"),
    ("(?:(?:a{1000}){1000})", "too large"),
];

#[test]
fn an_expression_matches_as_it_does_in_pcre() {
    for (text, value, expected) in MATCHES {
        let pattern = Pattern::new(text.as_bytes(), false).unwrap();
        let shown =
            |group: Option<Vec<u8>>| group.map_or("-".into(), |text| String::from_utf8_lossy(&text).into_owned());
        let found = pattern.captures(value).map(|groups| groups.into_iter().map(shown).collect::<Vec<_>>().join("|"));
        assert_eq!(found.as_deref(), *expected, "{text} on {:?}", String::from_utf8_lossy(value));
        assert_eq!(pattern.is_match(value), expected.is_some(), "{text}");
    }
}

#[test]
fn what_has_no_equivalent_is_refused_with_its_name() {
    for (text, part) in REFUSED {
        let message = Pattern::new(text.as_bytes(), false).err();
        assert!(message.as_ref().is_some_and(|message| message.contains(part)), "{text}: {message:?}");
    }
}

#[test]
fn depth_is_bounded() {
    assert!(Pattern::new(&[&b"(".repeat(90)[..], &b")".repeat(90)].concat(), false).is_ok());
    assert!(Pattern::new(&[&b"(".repeat(100_000)[..], &b")".repeat(100_000)].concat(), false).is_err());
}

#[test]
fn literals_are_the_rarest_that_every_match_has() {
    for (text, expected) in [
        ("union.*?select", &["select"][..]),
        ("(?i)UNION\\s+ALL", &["union"]),
        ("foo(?:bar|baz)?qux", &["foobarqux", "foobazqux", "fooqux"]),
        ("(?:ab|cd)+x", &["abx", "cdx"]),
        ("a{3,}", &["aaa"]),
        ("[<>]", &["<", ">"]),
        ("(?:abc|b)", &["b"]),
    ] {
        let Some(Literals(found)) = Pattern::with_literals(text.as_bytes(), false).unwrap().1 else {
            panic!("none of {text}")
        };
        assert_eq!(found, expected.iter().map(|literal| literal.as_bytes().to_vec()).collect::<Vec<_>>(), "{text}");
    }
    for text in ["a*", "^$", ".", "\\W{4}", "a|"] {
        assert_eq!(Pattern::with_literals(text.as_bytes(), false).unwrap().1, None, "{text}");
    }
}

#[test]
fn what_was_not_used_for_longest_makes_room_and_comes_back() {
    let pool = Pool::of_thread();
    pool.set_limit(1 << 16);
    let patterns: Vec<Pattern> =
        (0..50).map(|n| Pattern::new(format!("(?i)needle{n}(x|y){{1,20}}").as_bytes(), false).unwrap()).collect();
    assert_eq!(pool.compiled(), 0, "compiled before they are needed");
    for _ in 0..3 {
        for (n, pattern) in patterns.iter().enumerate() {
            let value = format!("a NEEDLE{n}xyx");
            let groups = pattern.captures(value.as_bytes()).unwrap();
            assert_eq!(groups, [Some(format!("NEEDLE{n}xyx").into_bytes()), Some(b"x".to_vec())]);
            assert!(pool.memory() <= 1 << 16, "{} bytes", pool.memory());
        }
    }
    assert!(pool.compiled() < 50);
    drop(patterns);
    assert_eq!((pool.memory(), pool.compiled()), (0, 0));
}

#[test]
fn the_same_expression_is_compiled_once() {
    let (a, b) = (Pattern::new(b"once+", false).unwrap(), Pattern::new(b"once+", false).unwrap());
    assert!(a.is_match(b"onceee") && !b.is_match(b"on"));
    assert_eq!(Pool::of_thread().compiled(), 1);
    drop(a);
    assert!(b.is_match(b"once"));
}

/// The directory that the environment variable `CRS` names has the Core Rule Set; without it there is nothing to try.
#[test]
fn every_expression_of_the_core_rule_set_compiles_and_most_have_literals() {
    let Some(root) = std::env::var_os("CRS").filter(|root| std::path::Path::new(root).is_dir()) else {
        return eprintln!("skipped: CRS names no folder");
    };
    let mut count = 0;
    let mut useful = 0;
    for entry in std::fs::read_dir(std::path::Path::new(&root).join("rules")).unwrap() {
        let path = entry.unwrap().path();
        let is_rules = path.extension().is_some_and(|extension| extension == "conf");
        let text = if is_rules { std::fs::read_to_string(&path).unwrap() } else { continue };
        for line in text.lines() {
            let Some((_, rest)) = line.split_once("@rx ") else { continue };
            if line.trim_start().starts_with('#') || !line.contains("\"@rx ") && !line.contains("\"!@rx ") {
                continue;
            }
            let end = rest.trim_end_matches('\\').trim_end();
            let expression = end.strip_suffix('"').unwrap_or(end).replace("\\\"", "\"");
            let read = Pattern::with_literals(expression.as_bytes(), false);
            let (pattern, literals) = read.unwrap_or_else(|error| panic!("{expression}: {error}"));
            pattern.is_match(b"");
            count += 1;
            useful += usize::from(literals.is_some_and(|literals| literals.0.iter().all(|literal| literal.len() > 1)));
        }
    }
    println!("{count} expressions, {useful} with literals of two bytes at the least");
    assert!(count >= 318 && useful * 2 > count);
}
