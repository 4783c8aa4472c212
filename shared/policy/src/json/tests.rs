//! That JSON is read and written as others read and write it.

use serde_json::Value;

use super::*;

/// The same value as another library has it: of two members that have one name, the last.
fn other(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::from(*value),
        Json::Integer(value) => Value::from(*value),
        Json::OtherNumber { whole: _ } => Value::from("a number"),
        Json::Text(text) => Value::from(text.as_str()),
        Json::List(items) => items.iter().map(other).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), other(value))).collect(),
    }
}

/// The same, with the numbers as we keep them.
fn with_our_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            #[expect(clippy::cast_possible_truncation, reason = "the value is whole and within 2^53")]
            (None, Some(number)) if number.fract() == 0.0 && number.abs() < 9e15 => Value::from(number as i64),
            (None, _) => Value::from("a number"),
        },
        Value::Array(items) => items.into_iter().map(with_our_numbers).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, with_our_numbers(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn agree(text: &[u8]) {
    match (parse(text), serde_json::from_slice::<Value>(text)) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(other(&ours), with_our_numbers(theirs), "{:?}", String::from_utf8_lossy(text));
        }
        (Err(_), Err(_)) => {}
        // A number that is beyond all of theirs is a number all the same.
        (Ok(_), Err(error)) if error.to_string().starts_with("number out of range") => {}
        (ours, theirs) => panic!("{:?}: {ours:?}, {theirs:?}", String::from_utf8_lossy(text)),
    }
}

#[rustfmt::skip] // short strings in rows
const TEXTS: &[&[u8]] = &[
    // Values.
    b"null", b"true", b"false", b" \t\r\n0 \t\r\n", b"\"\"", b"[]", b"{}", b"[ ]", b"{ }", b"[1,[2,{\"a\":[]}]]",
    br#"{"a": 1, "b": {"c": null}, "": ""}"#, b"[1 , 2]", br#"{"a" :1 ,"b": 2}"#,
    // Not values.
    b"", b" ", b"nul", b"nulll", b"True", b"'a'", b"a", b"NaN", b"Infinity", b"\xef\xbb\xbf1", b"\x0b1", b"1 2", b"[1] x",
    b"// c\n1", b"[1,]", b"[,1]", b"[1 2]", b"[", b"]", b"[1", b"{", b"}", b"{\"a\"", b"{\"a\":", b"{\"a\":1", b"{\"a\":1,",
    b"{\"a\":1,}", b"{,\"a\":1}", b"{\"a\" 1}", b"{a:1}", b"{1:1}", b"{\"a\":1 \"b\":2}", b"[}", b"{]", b"{\"a\":1]",
    // Numbers.
    b"0", b"-0", b"1", b"-1", b"10", b"0.5", b"-0.5", b"1e2", b"1E+2", b"1e-2", b"100e-2", b"1.50e1", b"120", b"1.25e2",
    b"9223372036854775807", b"-9223372036854775807", b"9007199254740993", b"1.0", b"1e15", b"0e0", b"0e999", b"0.0e-999",
    b"01", b"00", b"-01", b"-", b"+1", b".5", b"5.", b"1e", b"1e+", b"1e+-2", b"1.e2", b"0x10", b"1_000", b"- 1", b"1 .5",
    b"--1", b"1e1.5", b"1ee2",
    // Texts.
    br#""a\"\\\/\b\f\n\r\tz""#, br#""\u0041\u00e9\u20AC\ud83d\ude00\u0000""#, "\"ä€😀\u{7f}\"".as_bytes(), br#""\ud83d""#,
    br#""\ud83dx""#, br#""\ud83d\n""#, br#""\ude00\ud83d""#, br#""\ud83d\ud83d""#, br#""\ud83d\ue000""#, br#""\ud83d\uffff""#, br#""\ud83d\u0041""#, br#""\u12""#,
    br#""\u+123""#, br#""\u 123""#, br#""\U0041""#, br#""\x41""#, br#""\a""#, br#""\"#, br#"""#, b"\"a", b"\"\n\"", b"\"\t\"",
    b"\"\x00\"", b"\"\xff\"", b"\"\xc3\"", b"\"\xed\xa0\x80\"", b"\"\xc0\x80\"", b"\xff", b"{\"\xff\":1}",
];

#[test]
fn json_is_what_another_parser_takes_for_it() {
    for text in TEXTS {
        agree(text);
        // Inside something else, too.
        agree(&[b"[[", *text, b"]]"].concat());
        agree(&[b"{\"x\":", *text, b", \"y\": 0}"].concat());
    }
}

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 32).unwrap() % limit
    }
}

#[test]
fn broken_json_is_what_another_parser_takes_for_it() {
    let good = r#"{"a": [1, -2.50e1, true, null], "b\u00e9\"": {"c": "d\n", "": [[], {}]}, "e": 0}"#.as_bytes();
    let bytes = b"{}[]\",:\\u09-+.eE \ntfn\x00\xc3\xa9";
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        let mut text = good.to_vec();
        for _ in 0..=numbers.below(3) {
            let (at, byte) = (numbers.below(text.len()), bytes[numbers.below(bytes.len())]);
            match numbers.below(3) {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.drain(at..(at + 1 + numbers.below(4)).min(text.len()))),
            }
            if text.is_empty() {
                text.push(byte);
            }
        }
        agree(&text);
    }
}

#[test]
fn a_number_that_is_not_whole_tells_the_whole_number_below_it() {
    let zeros = "0".repeat(100_000);
    let whole =
        |text: &str, expected: i64| assert_eq!(parse(text.as_bytes()), Ok(Json::Integer(expected)), "{text:.50}");
    let other = |text: &str, whole: Option<i64>| {
        assert_eq!(parse(text.as_bytes()), Ok(Json::OtherNumber { whole }), "{text:.50}");
    };
    whole("1.7e9", 1_700_000_000);
    whole("9223372036854775807", i64::MAX);
    whole("-9223372036854775808", i64::MIN);
    whole("-9.223372036854775808e18", i64::MIN);
    whole("9223372036854775807.000000000000000000000000000000", i64::MAX);
    whole(&format!("5.{zeros}"), 5);
    whole(&format!("5{zeros}e-100000"), 5);
    whole(&format!("0.{zeros}5e100001"), 5);
    whole("0e99999999999999999999999", 0);
    whole("-0.0e-99999999999999999999999", 0);
    other("1700000000.5", Some(1_700_000_000));
    other("1.7000000005e9", Some(1_700_000_000));
    other("17000000005e-1", Some(1_700_000_000));
    other("1700000000.000000000000000000000000000000000001", Some(1_700_000_000));
    other("-1700000000.5", Some(-1_700_000_001));
    other("0.5", Some(0));
    other("-0.5", Some(-1));
    other("5e-1", Some(0));
    other("1e-99999999999999999999999", Some(0));
    other("-1e-99999999999999999999999", Some(-1));
    other("9223372036854775807.5", Some(i64::MAX));
    other("-9223372036854775807.5", Some(i64::MIN));
    other("-9223372036854775808.5", None);
    other("9223372036854775808", None);
    other("9223372036854775808.5", None);
    other("-9223372036854775809", None);
    other("1e19", None);
    other("1e400", None);
    other("-1e400", None);
    other("1e99999999999999999999999", None);
    // 2^64 + 1.
    other("1e18446744073709551617", None);
    other("15e-18446744073709551617", Some(0));
    other(&format!("1{zeros}.5"), None);
}

#[test]
fn a_name_that_is_there_twice_is_found_at_any_depth() {
    let check = |text: &str, expected: bool| {
        assert_eq!(has_duplicates(&parse(text.as_bytes()).unwrap()), expected, "{text:.80}");
    };
    check("1", false);
    check("{}", false);
    check(r#"["a", "a"]"#, false);
    check(r#"{"a": {"a": {"a": 1}}, "A": 1, "": 2}"#, false);
    check(r#"[{"a": 1}, {"a": 1}]"#, false);
    check(r#"{"a": 1, "b": 2, "a": 1}"#, true);
    check(r#"{"alg": 1, "\u0061l\u0067": 1}"#, true);
    check(r#"{"": 1, "": 1}"#, true);
    check(r#"[0, {"x": [[{"b": {}, "c": 0, "b": []}]]}]"#, true);
    let many: String = (0..9_999).map(|index| format!("\"{index}\": 0, ")).collect();
    check(&format!("{{{many} \"x\": 0}}"), false);
    check(&format!("{{{many} \"5000\": 0}}"), true);
}

#[test]
fn depth_and_width_are_bounded() {
    let deep = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    let told = |text: &[u8]| parse(text).unwrap_err().to_string();
    assert!(parse(&deep(64)).is_ok());
    assert_eq!(told(&deep(65)), "line 1, column 65: lists and objects lie too deep in one another; write it flatter");
    assert_eq!(told(&b"[".repeat(1_000_000)), told(&deep(65)));
    assert_eq!(
        told(&br#"{"a":"#.repeat(1_000_000)),
        "line 1, column 321: lists and objects lie too deep in one another; write it flatter"
    );
    let wide = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"{index}\":0")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    };
    assert!(parse(&wide(10_000)).is_ok());
    assert!(told(&wide(10_001)).ends_with("the object has too many members; write at most 10000"));
}

#[test]
fn the_place_of_a_fault_is_told() {
    for (text, expected) in [
        (
            "[1,\n 2,\n  x]",
            "line 3, column 3: a value is missing here; write a text in quotes, a number, `true`, `false`, a list or an object",
        ),
        ("[1", "line 1, column 3: the list goes on or ends here; write `,` or `]`"),
        ("", "line 1, column 1: the document ends here; write the rest of it"),
        ("[]\n]", "line 2, column 1: the document has ended before; delete what follows"),
        ("[01]", "line 1, column 4: the number before this begins with a zero; delete that"),
        ("[-]", "line 1, column 3: a number lacks digits here; write them"),
        (
            "{\"a\": \"b\n\"}",
            "line 1, column 9: a text has a control character here; write it as `\\n`, `\\t` or `\\u0000`",
        ),
        (
            "\"\\x\"",
            "line 1, column 2: this escape is not JSON; write one of `\\\" \\\\ \\/ \\b \\f \\n \\r \\t`, or `\\u` and four digits",
        ),
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected, "{text:?}");
    }
    assert_eq!(
        parse(b"[\"a\xff\"]").unwrap_err().to_string(),
        "line 1, column 3: a text is not UTF-8; save the document as UTF-8"
    );
}

#[test]
fn what_is_written_is_read_again() {
    let hard = "a\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f} \u{7f}ä€\u{2028}😀";
    for ascii in [Ascii::Only, Ascii::OrNot] {
        let text = write(ascii, |object| {
            object.text("text", hard);
            object.text(hard, "");
            object.text_if_any("none", None);
            object.text_if_any("some", Some("x"));
            object.number("number", u32::MAX);
            object.object("empty", |_| {});
            object.object("object", |object| object.object("in", |object| object.number("zero", 0)));
        });
        let expected = serde_json::json!({
            "text": hard, hard: "", "some": "x", "number": u32::MAX, "empty": {}, "object": {"in": {"zero": 0}},
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        agree(text.as_bytes());
        assert_eq!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), ascii == Ascii::Only, "{text}");
    }
    assert_eq!(write(Ascii::Only, |object| object.text("a", "é\u{7f}\n\"")), r#"{"a":"\u00e9\u007f\u000a\""}"#);
    assert_eq!(write(Ascii::OrNot, |object| object.text("a", "é\u{7f}\n\"")), r#"{"a":"é\u007f\u000a\""}"#);
    assert_eq!(text("a \u{202e}b\u{200b}c\u{a0}ä"), "\"a \\u202eb\\u200bc\u{a0}ä\"");
}
