//! Documents that are not used, and what is said of them.

use super::*;

fn check(document: &str, expected: &str) {
    let why = read(document).0.map(|book| format!("{book:?}")).expect_err(document).to_string();
    assert_eq!(why, expected, "{document}");
    for number in 0..10 {
        assert!(!why.contains(hash(number).written().split_at(6).0), "{why}");
    }
}

/// The second line of a document breaks a rule.
fn check_line(line: &str, expected: &str) {
    check(&document(&[line]), &format!("line 2: {expected}"));
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let list = "this is a list; write an object: `{ … }`";
    let word =
        "column 1: a value is missing here; write a text in quotes, a number, `true`, `false`, a list or an object";
    for (first, expected) in [
        ("", "the document is empty; serve a snapshot"),
        ("\n", "column 1: the document ends here; write the rest of it"),
        ("<html>\n", word),
        ("\u{feff}{\"snapshot\": 1, \"version\": 1}", word),
        ("[]\n", list),
        ("{}", "`snapshot` is missing; add it"),
        ("{\"version\": 1}", "`snapshot` is missing; add it"),
        ("{\"snapshot\": 1}", "`version` is missing; add it"),
        ("{\"snapshot\": 2, \"version\": 1}", "/snapshot: this is version 2 of the format; write version 1"),
        ("{\"snapshot\": 1, \"version\": -1}", "/version: this number is negative; write one that is not"),
        ("{\"snapshot\": 1, \"version\": \"1\"}", "/version: this is a text; write a whole number"),
        ("{\"snapshot\": 1, \"version\": 1.5}", "/version: this is a number; write a whole number"),
        ("{\"snapshot\": 1, \"version\": 9223372036854775808}", "/version: this is a number; write a whole number"),
        (
            "{\"snapshot\": 1, \"version\": 1, \"version\": 2}",
            "a name is there twice in one object; delete one of the two",
        ),
    ] {
        check(first, &format!("line 1: {expected}"));
    }
}

#[test]
fn a_document_that_was_cut_or_changed_is_refused() {
    let first = "{\"snapshot\": 1, \"version\": 1}";
    let cut = "the document was cut off before this line; end it with `{\"end\": …}`";
    let follows = "something follows this line, which must be the last; delete what follows";
    for (rest, expected) in [
        ("", format!("line 2: {cut}")),
        ("\n", format!("line 2: {cut}")),
        ("\n{\"consumer\": \"a\"}", format!("line 3: {cut}")),
        ("\n{\"consumer\": \"a\"}\n", format!("line 3: {cut}")),
        ("\n{\"consumer\": \"a\"", "line 2: column 17: the object goes on or ends here; write `,` or `}`".into()),
        ("\n{\"end\": 1", "line 2: column 10: the object goes on or ends here; write `,` or `}`".into()),
        ("\n\n{\"end\": 1}", "line 2: column 1: the document ends here; write the rest of it".into()),
        ("\n{\"end\": 1}\n\n", format!("line 2: {follows}")),
        ("\n{\"end\": 1}\n{\"consumer\": \"a\"}\n", format!("line 2: {follows}")),
        ("\n{\"end\": 1}\n{\"end\": 2}\n", format!("line 2: {follows}")),
        ("\n{\"end\": 0}", changed(2, 1, 0)),
        ("\n{\"end\": 2}", changed(2, 1, 2)),
        ("\n{\"consumer\": \"a\"}\n{\"end\": 1}\n", changed(3, 2, 1)),
        ("\n{\"end\": null}", "line 2: /end: this is null; write a whole number, or leave it out".into()),
    ] {
        check(&format!("{first}{rest}"), &expected);
    }
}

fn changed(line: u32, before: u32, end: u32) -> String {
    format!("line {line}: /end: {before} lines came before, and not {end}; the document was cut, or changed on its way")
}

#[test]
fn a_line_that_is_none_of_the_known_is_refused() {
    let none = "this is not one of a plan, a consumer and the end; write one";
    for (line, expected) in [
        ("{}", none),
        ("{\"snapshot\": 1, \"version\": 42}", none),
        ("{\"plan\": \"p\", \"consumer\": \"c\"}", none),
        ("{\"end\": 1, \"consumer\": \"c\"}", none),
        ("[{\"consumer\": \"c\"}]", "this is a list; write an object: `{ … }`"),
        ("null", "this is null; write an object: `{ … }`, or leave it out"),
        ("{\"consumer\": \"c\", \"consumer\": \"d\"}", "a name is there twice in one object; delete one of the two"),
        (
            "{\"consumer\": \"c\", \"note\": [{\"a\": 1, \"a\": 1}]}",
            "a name is there twice in one object; delete one of the two",
        ),
    ] {
        check_line(line, expected);
    }
    check_line(
        &format!("{{\"consumer\": \"{}\"}}", "c".repeat(reading::MAX_LINE_BYTES)),
        "the line has more than 131072 bytes; write an object on each line",
    );
    check(
        &document(&["{\"consumer\": \"c\"} {}"]),
        "line 2: column 19: the document has ended before; delete what follows",
    );
}

#[test]
fn a_bad_plan_is_refused() {
    let empty = "this is empty and would admit nothing; name at least one, or leave it out to admit all";
    let method = "this is no method; write one in upper case, as in `GET`";
    let name = "this is no name; write 1 to 256 characters of visible ASCII, as headers can carry them";
    for (rest, expected) in [
        ("1", "/plan: this is a number; write a text in quotes".into()),
        ("\"\"", format!("/plan: {name}")),
        ("\"a\\nb\"", format!("/plan: {name}")),
        ("\"p\", \"methods\": []", format!("/methods: {empty}")),
        ("\"p\", \"paths\": []", format!("/paths: {empty}")),
        ("\"p\", \"paths\": null", "/paths: this is null; write a list: `[ … ]`, or leave it out".into()),
        ("\"p\", \"methods\": \"GET\"", "/methods: this is a text; write a list: `[ … ]`".into()),
        ("\"p\", \"methods\": [\"GET\", \"get\"]", format!("/methods/1: {method}")),
        ("\"p\", \"methods\": [\"G T\"]", format!("/methods/0: {method}")),
        ("\"p\", \"methods\": [\"\"]", format!("/methods/0: {method}")),
        (
            "\"p\", \"paths\": [\"payments\"]",
            "/paths/0: \"payments\" does not begin with a slash; write \"/payments\"".into(),
        ),
        ("\"p\", \"paths\": [\"/a/../b\"]", "/paths/0: \"/a/../b\" is not in normal form; write \"/b\"".into()),
    ] {
        check_line(&format!("{{\"plan\": {rest}}}"), &expected);
    }
    let paths = vec!["\"/a\""; MAX_LIMITS + 1].join(",");
    check_line(
        &format!("{{\"plan\": \"p\", \"paths\": [{paths}]}}"),
        "/paths: there are 101 of them; write at most 100",
    );
    let path = "a".repeat(1_024);
    let long = "/paths/0: this path has more than 1024 bytes; write a shorter one";
    check_line(&format!("{{\"plan\": \"p\", \"paths\": [\"/{path}\"]}}"), long);
    let again = "line 3: /plan: this plan is there already; delete one of the two";
    check(&document(&["{\"plan\": \"p\"}", "{\"plan\": \"p\"}"]), again);
}

#[test]
fn a_bad_consumer_is_refused() {
    let name = "this is no name; write 1 to 256 characters of visible ASCII, as headers can carry them";
    let id = "this is no name; write 1 to 256 bytes without control characters";
    let hash_text = "this is no hash; write its 32 bytes in base64url without padding, 43 characters";
    let moment = "this is no moment in RFC 3339; write it like 2027-01-31T18:00:00Z";
    let state = "this is no state; write one of `pending`, `active`, `rejected`, `suspended`, `revoked`";
    let good = hash(1).written();
    let cut = good.split_at(1).1;
    let with = |key: &str| format!("\"c\", \"keys\": [{{\"hash\": \"{good}\"}}, {key}]");
    let subscribed = |subscription: &str| format!("\"c\", \"subscriptions\": [{subscription}]");
    for (rest, expected) in [
        ("null".into(), "/consumer: this is null; write a text in quotes, or leave it out".into()),
        ("\"\"".into(), format!("/consumer: {name}")),
        ("\"a\\u0000\"".into(), format!("/consumer: {name}")),
        ("\"a\\r\\nx-admin: 1\"".into(), format!("/consumer: {name}")),
        (format!("\"{}\"", "e".repeat(257)), format!("/consumer: {name}")),
        ("\"Müller\"".into(), format!("/consumer: {name}")),
        ("\" shop\"".into(), format!("/consumer: {name}")),
        ("\"c\", \"keys\": {}".into(), "/keys: this is an object; write a list: `[ … ]`".into()),
        ("\"c\", \"keys\": null".into(), "/keys: this is null; write a list: `[ … ]`, or leave it out".into()),
        (with("7"), "/keys/1: this is a number; write an object: `{ … }`".into()),
        (with("{}"), "/keys/1: `hash` is missing; add it".into()),
        (with("{\"hash\": 7}"), "/keys/1/hash: this is a number; write a text in quotes".into()),
        (with("{\"hash\": \"\"}"), format!("/keys/1/hash: {hash_text}")),
        (with("{\"hash\": \"the-key-itself\"}"), format!("/keys/1/hash: {hash_text}")),
        (with(&format!("{{\"hash\": \"{cut}\"}}")), format!("/keys/1/hash: {hash_text}")),
        (with(&format!("{{\"hash\": \"{good}=\"}}")), format!("/keys/1/hash: {hash_text}")),
        (with(&format!("{{\"hash\": \"{cut}+\"}}")), format!("/keys/1/hash: {hash_text}")),
        // Bits that are left over must be zero, or two texts would be one hash.
        (with(&format!("{{\"hash\": \"{}B\"}}", "A".repeat(42))), format!("/keys/1/hash: {hash_text}")),
        (
            with("{\"hash\": \"x\", \"hash\": \"y\"}"),
            "a name is there twice in one object; delete one of the two".into(),
        ),
        (
            with(&format!("{{\"hash\": \"{}\", \"not_before\": \"tomorrow\"}}", hash(2).written())),
            format!("/keys/1/not_before: {moment}"),
        ),
        (
            with(&format!("{{\"hash\": \"{}\", \"not_after\": null}}", hash(2).written())),
            "/keys/1/not_after: this is null; write a text in quotes, or leave it out".into(),
        ),
        ("\"c\", \"identities\": \"i\"".into(), "/identities: this is a text; write a list: `[ … ]`".into()),
        ("\"c\", \"identities\": [\"i\", \"\"]".into(), format!("/identities/1: {id}")),
        (subscribed("{\"state\": \"active\"}"), "/subscriptions/0: `api` is missing; add it".into()),
        (subscribed("{\"api\": \"\", \"state\": \"active\"}"), format!("/subscriptions/0/api: {id}")),
        (subscribed("{\"api\": \"a\"}"), "/subscriptions/0: `state` is missing; add it".into()),
        (subscribed("{\"api\": \"a\", \"state\": \"Active\"}"), format!("/subscriptions/0/state: {state}")),
        (
            subscribed("{\"api\": \"a\", \"state\": \"active\", \"ends\": \"2027-02-29T00:00:00Z\"}"),
            format!("/subscriptions/0/ends: {moment}"),
        ),
        (
            subscribed("{\"api\": \"a\", \"state\": \"active\", \"starts\": 1801418400}"),
            "/subscriptions/0/starts: this is a number; write a text in quotes".into(),
        ),
        (
            subscribed("{\"api\": \"a\", \"plan\": \"p\", \"state\": \"active\"}"),
            "/subscriptions/0/plan: there is no plan \"p\" before this; write it there".into(),
        ),
        (
            subscribed(
                "{\"api\": \"b\", \"state\": \"active\"}, {\"api\": \"a\", \"state\": \"active\"}, {\"api\": \"b\", \"state\": \"revoked\"}",
            ),
            "/subscriptions/2/api: there is another subscription to this API; delete one of the two".into(),
        ),
    ] {
        check_line(&format!("{{\"consumer\": {rest}}}"), &expected);
    }
    // A plan that comes later.
    let late =
        [r#"{"consumer": "c", "subscriptions": [{"api": "a", "plan": "p", "state": "active"}]}"#, r#"{"plan": "p"}"#];
    check(&document(&late), "line 2: /subscriptions/0/plan: there is no plan \"p\" before this; write it there");
}

#[test]
fn too_many_of_a_consumer_are_refused() {
    for (member, item, limit) in [
        ("keys", format!("{{\"hash\": \"{}\"}}", hash(1).written()), MAX_KEYS),
        ("identities", "\"i\"".into(), MAX_IDENTITIES),
        ("subscriptions", "{\"api\": \"a\", \"state\": \"active\"}".into(), MAX_SUBSCRIPTIONS),
    ] {
        let items = vec![item; limit + 1].join(",");
        let expected = format!("/{member}: there are {} of them; write at most {limit}", limit + 1);
        check_line(&format!("{{\"consumer\": \"c\", \"{member}\": [{items}]}}"), &expected);
    }
}

#[test]
fn what_may_be_there_once_is_refused_the_second_time() {
    let key = |consumer: &str, keys: &[u32]| {
        let keys: Vec<String> = keys.iter().map(|key| format!("{{\"hash\": \"{}\"}}", hash(*key).written())).collect();
        format!("{{\"consumer\": \"{consumer}\", \"keys\": [{}]}}", keys.join(","))
    };
    let identity =
        |consumer: &str, identity: &str| format!("{{\"consumer\": \"{consumer}\", \"identities\": [{identity}]}}");
    for (lines, expected) in [
        ([key("a", &[1, 2]), key("b", &[3, 2])], "line 3: the hash of a key is also on line 2; delete one of the two"),
        ([key("a", &[1]), key("b", &[2, 3, 2])], "line 3: the hash of a key is there twice; delete one of the two"),
        ([key("a", &[]), key("a", &[])], "line 3: the name of a consumer is also on line 2; delete one of the two"),
        (
            [identity("a", "\"i\""), identity("b", "\"i\"")],
            "line 3: an identity is also on line 2; delete one of the two",
        ),
        (
            [identity("a", "\"i\""), identity("b", "\"j\",\"j\"")],
            "line 3: an identity is there twice; delete one of the two",
        ),
    ] {
        check(&document(&lines.each_ref().map(String::as_str)), expected);
    }
}

#[test]
fn a_double_is_found_however_far_apart() {
    // In one chunk, in two that follow each other, and further apart.
    let distances = [1, 4_000, 5_000, 20_000];
    for (distance, last) in distances.into_iter().zip([4_100, 8_200, 9_000, 30_000]) {
        for what in ["key", "identity", "name"] {
            let line = |number: u32| {
                let double = if number == last { last - distance } else { number };
                let of = |kind: &str| if kind == what { double } else { number };
                let (name, identity, key) = (of("name"), of("identity"), hash(of("key")).written());
                format!(
                    "{{\"consumer\": \"{name}\", \"identities\": [\"{identity}\"], \"keys\": [{{\"hash\": \"{key}\"}}]}}"
                )
            };
            let lines: Vec<String> = (0..=last).map(line).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let why = read(&document(&lines)).0.expect_err(what);
            assert!(
                matches!(why, NotABook::Twice { first, line, .. } if (first, line) == (last - distance + 2, last + 2)),
                "{why}"
            );
        }
    }
}

#[test]
fn too_many_plans_and_apis_are_refused() {
    let mut builder = Builder::default();
    for number in 0..=65_536_u32 {
        let plan = Plan { name: number.to_string(), ..Plan::default() };
        assert_eq!(builder.add_plan(plan, number).is_ok(), number < 65_536, "{number}");
    }
    let mut builder = Builder::default();
    for number in 0..=65_536_u32 {
        let (name, api) = (format!("c{number}"), number.to_string());
        let subscription = Subscribed { api: &api, plan: None, state: State::Active, period: Period::default() };
        let consumer = Consumer { name: &name, subscriptions: vec![subscription], ..Consumer::default() };
        assert_eq!(builder.add_consumer(&consumer, number).is_ok(), number < 65_536, "{number}");
    }
}

#[test]
fn too_many_consumers_are_refused() {
    let mut builder = Builder::default();
    for number in 0..=1_000_000_u32 {
        let name = number.to_string();
        let added = builder.add_consumer(&Consumer { name: &name, ..Consumer::default() }, number);
        assert_eq!(added.is_ok(), number < 1_000_000, "{number}");
    }
}
