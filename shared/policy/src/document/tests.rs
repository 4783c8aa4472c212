//! What is read, and what the operator is told where it cannot be: all of it at once.

use super::*;

/// Reads a text as a `T`, or tells every problem of it.
pub(crate) fn read<T: Read>(json: &str) -> Result<T, String> {
    let mut problems = Problems::new();
    let read = Document::parse(json.as_bytes(), &mut problems).and_then(|document| document.read(&mut problems));
    assert_eq!(read.is_none(), !problems.is_empty(), "{json}");
    read.ok_or_else(|| problems.to_string())
}

crate::words! {
    /// Colours.
    enum Colour {
        /// Like blood.
        Red = "red",
        /// Like the sky.
        Blue = "sky-blue",
    }
}

crate::object! {
    /// A part.
    #[derive(Debug, PartialEq)]
    struct Part: Default {
        /// A number.
        count: u16 = 7,
        /// A name that is a word of Rust.
        r#type: Option<String> = None,
    }
}

crate::object! {
    /// Everything that can be read.
    #[derive(Debug, PartialEq)]
    struct Thing {
        /// A text.
        name: String,
        /// A truth value.
        flag: bool = true,
        /// A number.
        big: u32 = 1,
        /// A word.
        colour: Colour = Colour::Blue,
        /// An object.
        part: Part = Part::default(),
        /// A list.
        parts: Vec<Part> = Vec::new(),
        /// Named by the operator.
        named: Named<Vec<String>> = Named(Vec::new()),
    }
}

/// Reads a `Thing`, and tells every problem, line by line.
fn problems(json: &str) -> Vec<String> {
    match read::<Thing>(json) {
        Ok(_) => Vec::new(),
        Err(told) => told.lines().map(str::to_owned).collect(),
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let thing = Thing {
        name: "a".to_owned(),
        flag: true,
        big: 1,
        colour: Colour::Blue,
        part: Part { count: 7, r#type: None },
        parts: Vec::new(),
        named: Named(Vec::new()),
    };
    assert_eq!(read(r#"{"name": "a"}"#), Ok(thing));
}

#[test]
fn what_is_written_is_read() {
    let thing = Thing {
        name: String::new(),
        flag: false,
        big: u32::MAX,
        colour: Colour::Red,
        part: Part { count: 0, r#type: Some("b".to_owned()) },
        parts: vec![Part { count: 65_535, r#type: None }, Part::default()],
        named: Named(vec![("z".to_owned(), vec!["1".to_owned()]), ("a".to_owned(), Vec::new())]),
    };
    let json = r#"{
        "parts": [{"count": 65535}, {}], "named": {"z": ["1"], "a": []}, "name": "", "flag": false, "big": 4294967295,
        "colour": "red", "part": {"type": "b", "count": 0}
    }"#;
    assert_eq!(read(json), Ok(thing));
    assert_eq!((Colour::Red.name(), Colour::Blue.name()), ("red", "sky-blue"));
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let told = problems(
        r#"{
            "flag": "yes", "big": -1, "colour": "green", "part": {"count": 65536, "typ": "b"},
            "parts": [{"count": "1"}, {"count": 2}, {"type": 3}, []], "named": {"a/b": ["c", 1, null], "d": "e"},
            "nmae": "a"
        }"#,
    );
    assert_eq!(
        told,
        [
            "/: `name` is missing; add it",
            "/flag: this is a text; write `true` or `false`",
            "/big: -1 is not possible; write a whole number from 0 to 4294967295",
            "/colour: `green` is not possible; write `red` or `sky-blue`",
            "/part/count: 65536 is not possible; write a whole number from 0 to 65535",
            "/part/typ: there is no `typ` here; use one of: `count`, `type`",
            "/parts/0/count: this is a text; write a whole number from 0 to 65535",
            "/parts/2/type: this is a number; write a text in quotes",
            "/parts/3: this is a list; write an object: `{ … }`",
            "/named/a~1b/1: this is a number; write a text in quotes",
            "/named/a~1b/2: this is null; write a text in quotes, or leave it out",
            "/named/d: this is a text; write a list: `[ … ]`",
            "/nmae: there is no `nmae` here; use one of: `name`, `flag`, `big`, `colour`, `part`, `parts`, `named`",
        ]
    );
}

#[test]
fn a_member_of_the_wrong_type_is_not_missing_too() {
    assert_eq!(problems(r#"{"name": 1}"#), ["/name: this is a number; write a text in quotes"]);
}

#[test]
fn a_null_is_never_as_if_nothing_were_there() {
    for (member, expected) in [
        ("name", "a text in quotes"),
        ("flag", "`true` or `false`"),
        ("big", "a whole number from 0 to 4294967295"),
        ("colour", "`red` or `sky-blue`"),
        ("part", "an object: `{ … }`"),
        ("parts", "a list: `[ … ]`"),
        ("named", "an object: `{ … }`"),
    ] {
        let rest = if member == "name" { "" } else { r#", "name": "a""# };
        let told = problems(&format!(r#"{{"{member}": null{rest}}}"#));
        assert_eq!(told, [format!("/{member}: this is null; write {expected}, or leave it out")]);
    }
    let told = problems(r#"{"name": "a", "part": {"type": null}}"#);
    assert_eq!(told, ["/part/type: this is null; write a text in quotes, or leave it out"]);
}

#[test]
fn a_name_twice_in_one_object_is_a_problem_wherever_it_is() {
    const TWICE: &str = "this name is there twice in one object; delete one of the two";
    for (json, places) in [
        (r#"{"name": "a", "flag": true, "name": "a"}"#, &["/name"][..]),
        (r#"{"name": "a", "part": {"count": 1, "type": "b", "count": 2}}"#, &["/part/count"]),
        (r#"{"name": "a", "named": {"b": [], "c": [], "b": []}}"#, &["/named/b"]),
        (r#"{"name": "a", "parts": [{}, {"count": 1, "count": 1}], "name": "b"}"#, &["/name", "/parts/1/count"]),
    ] {
        let expected: Vec<String> = places.iter().map(|place| format!("{place}: {TWICE}")).collect();
        assert_eq!(problems(json), expected, "{json}");
    }
}

#[test]
fn whole_numbers_are_read_however_they_are_written() {
    for (written, expected) in [
        ("5", Some(5)),
        ("5.0", Some(5)),
        ("5.00e0", Some(5)),
        ("0.5e1", Some(5)),
        ("50e-1", Some(5)),
        ("-0", Some(0)),
        ("0e9", Some(0)),
        ("4.294967295E+9", Some(u32::MAX)),
        ("5.5", None),
        ("5e-1", None),
        ("1e-99999", None),
        ("4294967296", None),
        ("18446744073709551616", None),
        ("1e400", None),
        ("1e99999999999999999999", None),
        ("-1", None),
    ] {
        match (read::<u32>(written), expected) {
            (Ok(number), Some(expected)) => assert_eq!(number, expected, "{written}"),
            (Err(told), None) => {
                assert!(
                    told.starts_with("/: ") && told.ends_with("; write a whole number from 0 to 4294967295"),
                    "{told}"
                );
            }
            (result, _) => panic!("{written}: {result:?}"),
        }
    }
}

#[test]
fn what_is_no_json_is_told_with_its_line() {
    for (json, expected) in [
        ("", "the configuration is empty; write a JSON object with at least `default` and `rules`"),
        (" \n", "the configuration is empty; write a JSON object with at least `default` and `rules`"),
        (
            "{\n  \"name\": \"a\"\n  \"flag\": true\n}",
            "this is not valid JSON: line 3, column 3: the object goes on or ends here; write `,` or `}`",
        ),
        (
            "\n\u{f}\n\u{7}default\u{12}\u{4}\u{1a}\u{2}ok",
            "this is not valid JSON: line 2, column 1: a value is missing here; write a text in quotes, a number, `true`, `false`, a list \
             or an object; it looks like a protobuf message: give the proxy the JSON in a `google.protobuf.StringValue`",
        ),
    ] {
        assert_eq!(problems(json), [format!("/: {expected}")]);
    }
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_says_what_is_read() {
    let mut generator = schema::SchemaGenerator::default();
    let part = <Part as schema::JsonSchema>::json_schema(&mut generator).to_value();
    assert_eq!(
        part,
        serde_json::json!({
            "description": "A part.",
            "type": "object",
            "properties": {
                "count": {"description": "A number.", "type": "integer", "minimum": 0, "maximum": 65535, "default": 7},
                "type": {"description": "A name that is a word of Rust.", "type": "string"},
            },
            "additionalProperties": false,
        })
    );
    let thing = <Thing as schema::JsonSchema>::json_schema(&mut generator).to_value();
    assert_eq!(thing["required"], serde_json::json!(["name"]));
    assert_eq!(thing["properties"]["colour"]["default"], "sky-blue");
    assert_eq!(thing["properties"]["named"]["additionalProperties"]["items"]["type"], "string");
}
