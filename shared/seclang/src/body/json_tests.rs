//! Cases of the JSON reader. The names are those of ModSecurity 3.0.15.

use super::*;

const LIMITS: Limits = Limits { depth: 3, arguments: 100, bytes: 10_000 };

#[track_caller]
fn check(text: &str, pairs: &[(&str, &[u8])]) {
    let json = arguments(text.as_bytes(), LIMITS);
    let found: Vec<(&str, &[u8])> =
        json.pairs.iter().map(|(name, value)| (str::from_utf8(name).expect("text"), &value[..])).collect();
    assert_eq!((found.as_slice(), json.fault), (pairs, None), "{text:?}");
}

/// `count` values are read before the fault.
#[track_caller]
fn check_fault(text: impl AsRef<[u8]>, count: usize, at: usize, what: &'static str) {
    let text = text.as_ref();
    let json = arguments(text, LIMITS);
    assert_eq!((json.pairs.len(), json.fault), (count, Some(Fault { at, what })), "{:?}", text.escape_ascii());
}

#[test]
fn values_are_named_as_modsecurity_names_them() {
    check("", &[]);
    check("5", &[("json", b"5")]);
    check("[]", &[]);
    check(" { } ", &[]);
    check("[1,2]", &[("json.array_0", b"1"), ("json.array_1", b"2")]);
    check(r#"{"a":{"b":1},"c":2}"#, &[("json.a.b", b"1"), ("json.c", b"2")]);
    check(
        r#"{"a":[{"b":1},[2],3]}"#,
        &[("json.a.array_0.b", b"1"), ("json.a.array_1.array_0", b"2"), ("json.a.array_2", b"3")],
    );
    check(r#"[{},[],1]"#, &[("json.array_0", b""), ("json.array_1", b""), ("json.array_2", b"1")]);
    check(r#"{"a":{"b":{}}}"#, &[("json.a.b", b"")]);
    check(r#"{"":{"":1}}"#, &[("json.empty-key.empty-key", b"1")]);
    check(r#"{"a":1,"a":2}"#, &[("json.a", b"1"), ("json.a", b"2")]);
    check(r#"{"a.b":1}"#, &[("json.a.b", b"1")]);
    check("[true,false,null]", &[("json.array_0", b"true"), ("json.array_1", b"false"), ("json.array_2", b"")]);
}

#[test]
fn numbers_stay_as_they_are_written() {
    check(
        "[0,-0,1.50,1e5,-2.5E+07]",
        &[
            ("json.array_0", b"0"),
            ("json.array_1", b"-0"),
            ("json.array_2", b"1.50"),
            ("json.array_3", b"1e5"),
            ("json.array_4", b"-2.5E+07"),
        ],
    );
}

#[test]
fn strings_are_unescaped() {
    check(r#""\"\\\/\b\f\n\r\t""#, &[("json", b"\"\\/\x08\x0c\n\r\t")]);
    check(r#""\u0041\u00e9\u20AC\ud83d\ude00\u0000x""#, &[("json", "Aé€😀\0x".as_bytes())]);
    check(r#"{"\u0061":"é"}"#, &[("json.a", "é".as_bytes())]);
    check(r#""\udc00""#, &[("json", b"\xed\xb0\x80")]);
    check(r#""\ud800""#, &[("json", b"?")]);
    check(r#""\ud800x""#, &[("json", b"?x")]);
    check(r#""\ud800\u003cscript""#, &[("json", b"?<script")]);
    check(r#""\ud800\ud83d\ude00""#, &[("json", "?😀".as_bytes())]);
}

#[test]
fn what_is_not_json_is_a_fault_and_what_was_read_stays() {
    check_fault(" ", 0, 1, "the end, where a value is missing");
    check_fault("{\"a\":1,", 1, 7, "no key");
    check_fault("[1,]", 1, 3, "no value");
    check_fault("[1 2]", 1, 3, "neither a comma nor the end of the array");
    check_fault("{\"a\":1]", 1, 6, "neither a comma nor the end of the object");
    check_fault("{\"a\" 1}", 0, 5, "no colon behind the key");
    check_fault("{'a':1}", 0, 1, "no key");
    check_fault("1 2", 1, 2, "something behind the value");
    check_fault("truex", 1, 4, "something behind the value");
    check_fault("tru", 0, 0, "no value");
    check_fault("[01]", 1, 2, "neither a comma nor the end of the array");
    check_fault("[1.]", 0, 3, "no digit, where a number needs one");
    check_fault("-", 0, 1, "no digit, where a number needs one");
    check_fault("1e", 0, 2, "no digit, where a number needs one");
    check_fault("\"a", 0, 2, "a string without an end");
    check_fault("\"a\\", 0, 3, "an escape that does not exist");
    check_fault(r#""\x""#, 0, 2, "an escape that does not exist");
    check_fault(r#""\u12g4""#, 0, 2, "an escape that does not exist");
    check_fault("\"\n\"", 0, 2, "a control character in a string");
    check_fault("\u{feff}1", 0, 0, "no value");
    check_fault("// x\n1", 0, 0, "no value");
    check_fault(b"[\"\xff\",1]", 2, 2, "bytes that are not UTF-8");
    check_fault(b"\"\xc0\xbc\"", 1, 1, "bytes that are not UTF-8");
}

#[test]
fn what_is_over_a_limit_is_a_fault() {
    check("[[[1]]]", &[("json.array_0.array_0.array_0", b"1")]);
    check_fault("[[[[1]]]]", 0, 3, "too many objects and arrays inside of each other");
    let many = format!("[{}1]", "1,".repeat(100));
    check_fault(&many, 100, many.len() - 1, "too many values");
    assert!(arguments(many.as_bytes(), LIMITS).over);
    // A name of 1,000 bytes for each element.
    let long = format!("{{\"{}\":[{}1]}}", "a".repeat(1000), "1,".repeat(50));
    let json = arguments(long.as_bytes(), LIMITS);
    assert_eq!((json.pairs.len(), json.over), (9, true));
}

#[test]
fn depth_costs_no_stack() {
    let deep = "[".repeat(1_000_000);
    let json = arguments(deep.as_bytes(), Limits { depth: usize::MAX, arguments: 1, bytes: 1 });
    assert_eq!(json.fault.map(|fault| fault.at), Some(1_000_000));
}
