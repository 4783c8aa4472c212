//! Payloads, and what is read in them.

use super::*;

fn read(payload: &str) -> Result<Claims, Malformed> {
    Claims::read(verdict_policy::json::parse(payload.as_bytes()).unwrap())
}

fn claims(payload: &str) -> Claims {
    read(payload).unwrap()
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn registered_claims_are_read() {
    let all = claims(r#"{"iss":"i","sub":"s","aud":"a b","exp":3,"nbf":1,"iat":2,"jti":5}"#);
    assert_eq!((all.iss(), all.sub()), (Some("i"), Some("s")));
    assert_eq!(all.audiences().collect::<Vec<_>>(), ["a b"]);
    assert_eq!((all.exp(), all.nbf(), all.iat()), (Some(3), Some(1), Some(2)));
    let none = claims("{}");
    assert_eq!((none.iss(), none.sub(), none.audiences().count()), (None, None, 0));
    assert_eq!((none.exp(), none.nbf(), none.iat()), (None, None, None));
    assert_eq!(claims(r#"{"aud":["a","b"]}"#).audiences().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(claims(r#"{"aud":[]}"#).audiences().count(), 0);
}

#[test]
fn dates_are_numbers_that_may_have_a_fraction() {
    for (number, seconds) in [
        ("1700000000", 1_700_000_000),
        ("1700000000.0", 1_700_000_000),
        ("1.7e9", 1_700_000_000),
        ("1700000000.5", 1_700_000_000),
        ("1.7000000005e9", 1_700_000_000),
        ("0", 0),
        ("-0", 0),
        ("-5", -5),
        ("-0.5", -1),
        ("9223372036854775807", i64::MAX),
        ("9223372036854775807.9", i64::MAX),
    ] {
        for name in ["exp", "nbf", "iat"] {
            let claims = claims(&format!(r#"{{"{name}":{number}}}"#));
            assert_eq!(claims.exp().or(claims.nbf()).or(claims.iat()), Some(seconds), "{name} {number}");
        }
    }
}

#[test]
fn registered_claims_of_the_wrong_type_are_refused() {
    let check = |name: &str, values: &[&str], wanted: &str| {
        for value in values {
            let told = read(&format!(r#"{{"x":1,"{name}":{value}}}"#)).unwrap_err().to_string();
            assert_eq!(told, format!("the `{name}` in its payload is not {wanted}"), "{value}");
        }
    };
    for name in ["iss", "sub"] {
        check(name, &["null", "true", "1", "1.5", "[\"a\"]", "{}"], "a text");
    }
    let texts = "a text or a list of texts";
    check("aud", &["null", "true", "1", "{}", "[1]", "[\"a\",null]", "[[\"a\"]]", "[\"a\",1e400]"], texts);
    for name in ["exp", "nbf", "iat"] {
        let values = ["null", "true", "\"1700000000\"", "[1]", "{}", "1e400", "-1e400", "9223372036854775808", "1e19"];
        check(name, &values, "a number of seconds of at most 64 bits");
    }
}

#[test]
fn a_claim_is_found_by_its_path() {
    let claims = claims(r#"{"a":{"b":{"c":1},"":2},"a.b":3,"l":[{"a":1}]}"#);
    for (names, expected) in [
        (&["a", "b", "c"] as &[&str], Some(Json::Integer(1))),
        (&["a", ""], Some(Json::Integer(2))),
        (&["a.b"], Some(Json::Integer(3))),
        (&["a", "x"], None),
        (&["x", "a"], None),
        (&["a", "b", "c", "d"], None),
        (&["l", "a"], None),
        (&["l", "0"], None),
        (&["A"], None),
    ] {
        assert_eq!(claims.get(&path(names)), expected.as_ref(), "{names:?}");
    }
    assert!(matches!(claims.get(&[]), Some(Json::Object(_))));
}

#[test]
fn scopes_are_a_text_or_a_list() {
    for (value, expected) in [
        (r#""read write""#, &["read", "write"] as &[&str]),
        (r#""write  read read ""#, &["read", "write"]),
        (r#""a\tb\u00a0c""#, &["a\tb\u{a0}c"]),
        (r#""""#, &[]),
        (r#"" ""#, &[]),
        (r#"["b","a","b"]"#, &["a", "b"]),
        (r#"["a b"]"#, &["a b"]),
        (r#"["b",1,null,["c"],{"d":1},"a"]"#, &["a", "b"]),
        ("[]", &[]),
        ("null", &[]),
        ("true", &[]),
        ("5", &[]),
        (r#"{"read":true}"#, &[]),
    ] {
        let set = claims(&format!(r#"{{"x":{{"scope":{value}}}}}"#)).texts(&path(&["x", "scope"]));
        assert_eq!(set.iter().collect::<Vec<_>>(), expected, "{value}");
        assert_eq!(set.is_empty(), expected.is_empty());
        assert!(expected.iter().all(|text| set.contains(text)) && !set.contains("x"));
    }
    assert!(claims("{}").texts(&path(&["scope"])).is_empty());
    let both = Set::from_iter(["c", "a"]).and(&Set::from_iter(["b", "a"]));
    assert_eq!(both.iter().collect::<Vec<_>>(), ["a", "b", "c"]);
}

const TIMES: Times = Times { skew_seconds: 60, require_exp: true, max_lifetime_seconds: None };
const FREE: Times = Times { require_exp: false, ..TIMES };
const SHORT: Times = Times { max_lifetime_seconds: Some(600), ..TIMES };

fn check(payload: &str, now: u64, rules: &Times, expected: Result<(), TimeFault>) {
    assert_eq!(check_times(&claims(payload), now, rules), expected, "{payload} at {now}");
}

#[test]
fn a_token_is_valid_from_its_beginning_to_its_end() {
    check(r#"{"exp":1000}"#, 0, &TIMES, Ok(()));
    check(r#"{"exp":1000}"#, 1059, &TIMES, Ok(()));
    check(r#"{"exp":1000}"#, 1060, &TIMES, Err(TimeFault::Expired { at: 1000 }));
    check(r#"{"exp":1000.9}"#, 1060, &TIMES, Err(TimeFault::Expired { at: 1000 }));
    check(r#"{"exp":1000}"#, 1000, &Times { skew_seconds: 0, ..TIMES }, Err(TimeFault::Expired { at: 1000 }));
    check(r#"{"exp":1000}"#, 999, &Times { skew_seconds: 0, ..TIMES }, Ok(()));
    for name in ["nbf", "iat"] {
        let payload = format!(r#"{{"exp":9999,"{name}":1000}}"#);
        check(&payload, 940, &TIMES, Ok(()));
        check(&payload, 939, &TIMES, Err(TimeFault::NotYetValid { at: 1000 }));
    }
    check(r#"{"exp":9999,"nbf":100,"iat":200}"#, 0, &TIMES, Err(TimeFault::NotYetValid { at: 200 }));
    check(r#"{"exp":9999,"nbf":200,"iat":1}"#, 0, &TIMES, Err(TimeFault::NotYetValid { at: 200 }));
    // One that ended before it began has ended.
    check(r#"{"exp":10,"nbf":2000}"#, 1000, &TIMES, Err(TimeFault::Expired { at: 10 }));
}

#[test]
fn a_token_that_never_ends_is_refused_unless_allowed() {
    check("{}", 1000, &TIMES, Err(TimeFault::WithoutExpiry));
    check("{}", 1000, &FREE, Ok(()));
    check(r#"{"exp":1}"#, 1000, &FREE, Err(TimeFault::Expired { at: 1 }));
    check("{}", 1000, &Times { require_exp: false, ..SHORT }, Err(TimeFault::WithoutExpiry));
}

#[test]
fn a_token_that_is_valid_for_too_long_is_refused() {
    check(r#"{"iat":1000,"exp":1600}"#, 1000, &SHORT, Ok(()));
    check(r#"{"iat":1000,"exp":1601}"#, 1590, &SHORT, Err(TimeFault::LifetimeTooLong { seconds: 601 }));
    check(r#"{"iat":-1000,"exp":1600}"#, 1590, &SHORT, Err(TimeFault::LifetimeTooLong { seconds: 2600 }));
    check(r#"{"iat":1050,"exp":1040}"#, 1000, &SHORT, Ok(()));
    // Without `iat`, the clocks may differ.
    check(r#"{"exp":1660}"#, 1000, &SHORT, Ok(()));
    check(r#"{"exp":1661}"#, 1000, &SHORT, Err(TimeFault::LifetimeTooLong { seconds: 661 }));
}

#[test]
fn no_moment_overflows() {
    let (low, high) = (i64::MIN, i64::MAX);
    check(&format!(r#"{{"exp":{high}}}"#), 1000, &TIMES, Ok(()));
    check(&format!(r#"{{"exp":{high}}}"#), u64::MAX, &TIMES, Err(TimeFault::Expired { at: high }));
    check(&format!(r#"{{"exp":{low}}}"#), 0, &TIMES, Err(TimeFault::Expired { at: low }));
    check(&format!(r#"{{"exp":{high},"nbf":{low},"iat":{low}}}"#), 0, &TIMES, Ok(()));
    check(&format!(r#"{{"exp":{high},"nbf":{high}}}"#), 0, &TIMES, Err(TimeFault::NotYetValid { at: high }));
    let long = Err(TimeFault::LifetimeTooLong { seconds: high });
    check(&format!(r#"{{"exp":{high},"iat":{low}}}"#), 0, &SHORT, long);
    check(&format!(r#"{{"exp":{high}}}"#), 0, &SHORT, long);
    let widest = Times { skew_seconds: u32::MAX, require_exp: true, max_lifetime_seconds: Some(u32::MAX) };
    check(&format!(r#"{{"exp":{high},"iat":{low}}}"#), 0, &widest, long);
    check(r#"{"exp":1,"iat":0}"#, 0, &widest, Ok(()));
}

#[test]
fn claims_are_not_shown() {
    let shown = format!("{:?}", claims(r#"{"sub":"alice","exp":1}"#));
    assert_eq!(shown, "Claims { exp: Some(1), nbf: None, iat: None, .. }");
}
