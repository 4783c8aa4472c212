//! Documents that are used, and what is found in them.

use super::*;

fn book(lines: &[&str]) -> Book {
    let document = document(lines);
    read(&document).0.unwrap_or_else(|why| panic!("{why} in {document}"))
}

/// Who that is, since when and until when, and in which state, with which plan, for which time.
fn told(known: Option<Known>) -> String {
    let Some(Known { consumer, credential, subscription }) = known else { return "nobody".into() };
    let period = |period: Period| match period {
        Period { from: None, until: None } => String::new(),
        Period { from, until } => format!(" {}..{}", told_moment(from), told_moment(until)),
    };
    let subscription = subscription.map_or("no subscription".into(), |subscription| {
        let plan = subscription.plan.map_or(String::new(), |plan| format!(" {}", plan.name));
        format!("{}{plan}{}", subscription.state.name(), period(subscription.period))
    });
    format!("{consumer}{}: {subscription}", period(credential))
}

fn told_moment(moment: Option<u64>) -> String {
    moment.map_or(String::new(), |moment| moment.to_string())
}

const PLAN: &str = r#"{"plan": "reader", "methods": ["GET", "HEAD"], "paths": ["/payments/**"]}"#;

#[test]
fn a_caller_is_found_by_key_and_by_identity() {
    let (first, second) = (hash(1).written(), hash(2).written());
    let shop = format!(
        r#"{{"consumer": "shop", "keys": [{{"hash": "{first}", "not_before": "2027-01-31T18:00:00Z"}}, {{"hash": "{second}"}}],
        "identities": ["shop-web", "shop-app"], "subscriptions": [
        {{"api": "payments", "plan": "reader", "state": "active", "starts": "1970-01-01T00:01:40Z", "ends": "1970-01-01T00:03:20+00:00"}},
        {{"api": "orders", "state": "pending"}}]}}"#
    );
    let shop = shop.replace('\n', " ");
    let other = r#"{"consumer": "size 7", "identities": ["shop-web "], "subscriptions": [{"api": "orders", "state": "revoked"}]}"#;
    let book = book(&[PLAN, &shop, other, r#"{"consumer": "bare"}"#]);
    assert_eq!((book.version(), book.consumers(), book.keys(), book.subscriptions()), (42, 3, 2, 3));

    for (key, api, expected) in [
        (1, "payments", "shop 1801418400..: active reader 100..200"),
        (2, "payments", "shop: active reader 100..200"),
        (2, "orders", "shop: pending"),
        (2, "Orders", "shop: no subscription"),
        (2, "", "shop: no subscription"),
        (3, "payments", "nobody"),
    ] {
        assert_eq!(told(book.by_key(&hash(key), api)), expected, "{key} {api}");
    }
    for (identity, api, expected) in [
        ("shop-web", "payments", "shop: active reader 100..200"),
        ("shop-app", "orders", "shop: pending"),
        ("shop-web ", "orders", "size 7: revoked"),
        ("shop-web ", "payments", "size 7: no subscription"),
        // The name of a consumer is no identity.
        ("shop", "orders", "nobody"),
        ("", "orders", "nobody"),
        ("shop-we", "orders", "nobody"),
    ] {
        assert_eq!(told(book.by_identity(identity, api)), expected, "{identity} {api}");
    }
    let plan = book.by_identity("shop-web", "payments").unwrap().subscription.unwrap().plan.unwrap();
    let covers = |method: &'static str, path: &str| plan.covers(|| method.as_bytes(), || path.into());
    assert!(covers("GET", "/payments/7") && !covers("POST", "/payments/7") && !covers("GET", "/"));
}

#[test]
fn a_hash_must_be_the_same_in_every_byte() {
    let line = format!(r#"{{"consumer": "shop", "keys": [{{"hash": "{}"}}]}}"#, hash(1).written());
    let book = book(&[&line]);
    assert!(book.by_key(&hash(1), "").is_some());
    for place in 0..32 {
        for bit in 0..8 {
            let mut other = hash(1);
            other.0[place] ^= 1 << bit;
            assert_eq!(book.by_key(&other, ""), None, "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn every_state_and_every_moment_is_kept() {
    for state in ["pending", "active", "rejected", "suspended", "revoked"] {
        for (written, seconds) in [
            ("1960-01-01T00:00:00Z", 0_u64),
            ("1970-01-01T00:00:00Z", 0),
            ("2106-02-07T06:28:15Z", 4_294_967_295),
            ("2106-02-07T06:28:16Z", 4_294_967_296),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("9999-12-31T23:59:59-23:59", 253_402_387_139),
        ] {
            let line = format!(
                r#"{{"consumer": "c", "identities": ["i"], "subscriptions": [{{"api": "a", "state": "{state}", "ends": "{written}"}}]}}"#
            );
            let known = book(&[&line]).by_identity("i", "a");
            assert_eq!(told(known), format!("c: {state} ..{seconds}"));
        }
    }
}

#[test]
fn what_nobody_knows_is_ignored() {
    let consumer = r#"{"note": {"a": [1.5, null]}, "consumer": "c", "identities": ["i"], "subscriptions": [{"id": 7, "api": "a", "state": "active"}]}"#;
    let text = format!(
        "{{\"by\": \"portal\", \"version\": 7, \"snapshot\": 1.0}}\r\n  {}\r\n{consumer}\r\n{{\"sum\": true, \"end\": 3}}",
        r#"{"plan": "p", "price": 3}"#
    );
    let book = read(&text).0.unwrap();
    assert_eq!((book.version(), told(book.by_identity("i", "a"))), (7, "c: active".into()));
}

#[test]
fn a_book_may_have_nobody_in_it() {
    for lines in [&[][..], &[PLAN]] {
        let book = book(lines);
        assert_eq!((book.consumers(), book.keys(), book.subscriptions()), (0, 0, 0));
        assert_eq!(book.by_key(&hash(1), "payments"), None);
        assert_eq!(book.by_identity("shop", "payments"), None);
    }
}

#[test]
fn the_most_of_everything_is_read() {
    let list = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let identity = |number: usize, whose: char| format!("{whose}{number:0>width$}", width = MAX_NAME_BYTES - 1);
    let line = |whose: char, first_key: usize| {
        format!(
            r#"{{"consumer": "{}", "keys": [{}], "identities": [{}], "subscriptions": [{}]}}"#,
            String::from(whose).repeat(MAX_NAME_BYTES),
            list(MAX_KEYS, &|key| {
                format!(r#"{{"hash": "{}"}}"#, hash(u32::try_from(first_key + key).unwrap()).written())
            }),
            list(MAX_IDENTITIES, &|number| format!(r#""{}""#, identity(number, whose))),
            // Not in the order in which the APIs are numbered.
            list(MAX_SUBSCRIPTIONS, &|api| {
                format!(r#"{{"api": "{}", "state": "active"}}"#, api * 7 % MAX_SUBSCRIPTIONS)
            }),
        )
    };
    let first = r#"{"consumer": "first", "subscriptions": [{"api": "999", "state": "pending"}, {"api": "5", "state": "pending"}]}"#;
    // Six do not fit into one block.
    let lines: Vec<String> = ('m'..='r').zip((0..).step_by(MAX_KEYS)).map(|(whose, key)| line(whose, key)).collect();
    let lines: Vec<&str> = [first].into_iter().chain(lines.iter().map(String::as_str)).collect();
    let book = book(&lines);
    for (whose, last_key) in ('m'..='r').zip((99..).step_by(MAX_KEYS)) {
        let active = format!("{}: active", String::from(whose).repeat(MAX_NAME_BYTES));
        for number in [0, 50, 99] {
            assert_eq!(told(book.by_identity(&identity(number, whose), "999")), active);
        }
        for api in 0..MAX_SUBSCRIPTIONS {
            assert_eq!(told(book.by_key(&hash(last_key), &api.to_string())), active, "{api}");
        }
    }
}

#[test]
fn an_older_version_is_told_from_a_bad_document() {
    let of = |version: &str, at_least| {
        let before = Builder::default().finish(at_least).unwrap();
        let document = format!("{{\"snapshot\": 1, \"version\": {version}}}\n{{\"end\": 1}}\n");
        read_parts(&document, usize::MAX, Some(&before)).0.map(|book| book.version())
    };
    assert_eq!(of("7", 7), Ok(7));
    assert_eq!(of("8", 7), Ok(8));
    assert_eq!(of("6", 7), Err(NotABook::Older { version: 6, at_least: 7 }));
    assert!(matches!(of("9223372036854775807", u64::MAX), Err(NotABook::Older { .. })));
}

#[test]
fn a_document_in_which_nobody_is_left_replaces_none_that_has_somebody() {
    let (empty, inhabited) = (book(&[]), book(&[r#"{"consumer": "acme"}"#]));
    let nobody = document(&[]);
    assert_eq!(read_parts(&nobody, usize::MAX, Some(&inhabited)).0.map(|_| ()), Err(NotABook::NobodyLeft));
    assert!(read_parts(&nobody, usize::MAX, Some(&empty)).0.is_ok());
}

#[test]
fn a_document_in_parts_is_read_as_if_it_were_whole() {
    let line = format!(r#"{{"consumer": "acme", "keys": [{{"hash": "{}"}}]}}"#, hash(1).written());
    let documents = [
        document(&[r#"{"plan": "gold"}"#, &line, r#"{"consumer": "globex"}"#]),
        document(&[r#"{"plan": "gold"}"#, r#"{"plan": "gold"}"#]),
        document(&[&line]) + "{}\n",
        document(&[&line]) + "\n",
        document(&[&line]).replace("{\"end\": 2}\n", ""),
        document(&[&line]).replace("{\"end\": 2}\n", "{\"end\": 2}"),
        format!("{}\n", "x".repeat(reading::MAX_LINE_BYTES + 1)),
        String::new(),
    ];
    for document in documents {
        let whole = read(&document).0.map(|book| (book.consumers(), book.keys()));
        // Of a long one, parts of a byte would take long.
        for part in [1, 2, 7, 100, 1000].into_iter().filter(|part| part * 1000 > document.len()) {
            let parts = read_parts(&document, part, None).0.map(|book| (book.consumers(), book.keys()));
            assert_eq!(parts, whole, "in parts of {part}: {document:.200}");
        }
    }
}
