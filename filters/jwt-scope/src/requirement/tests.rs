//! What tokens lack of what rules ask.

use verdict_policy::json::parse;

use super::*;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn json(text: &str) -> Json {
    parse(text.as_bytes()).unwrap()
}

fn claims(payload: &str) -> Claims {
    Claims::read(json(payload)).unwrap()
}

/// `missing`: those of `all`, and whether one of `any` is.
fn check_texts(any: &[&str], all: &[&str], granted: &[&str], missing: (&[&str], bool)) {
    let asked = AnyAll { any: texts(any), all: texts(all) };
    let granted: Set = granted.iter().copied().collect();
    let (missing, lacks_any) = missing;
    let lacking = Lacking { needed: &asked, all: missing.to_vec(), any: if lacks_any { &asked.any } else { &[] } };
    let met = missing.is_empty() && !lacks_any;
    let case = format!("{asked:?} of {granted:?}");
    let none = (Set::default(), claims("{}"));
    let scopes = Requirement { scopes: asked.clone(), ..Requirement::default() };
    let expected = if met { Ok(()) } else { Err(Unmet::Scopes(lacking.clone())) };
    assert_eq!(scopes.check(&granted, &none.0, &none.1), expected, "{case}");
    let roles = Requirement { roles: asked.clone(), ..Requirement::default() };
    let expected = if met { Ok(()) } else { Err(Unmet::Roles(lacking)) };
    assert_eq!(roles.check(&none.0, &granted, &none.1), expected, "{case}");
}

#[test]
fn what_is_not_granted_is_named() {
    check_texts(&[], &[], &[], (&[], false));
    check_texts(&[], &[], &["a"], (&[], false));
    check_texts(&[], &["a"], &["a", "b"], (&[], false));
    check_texts(&[], &["a", "b", "c"], &["b"], (&["a", "c"], false));
    check_texts(&[], &["payment:write"], &["payment:read", "user:profile"], (&["payment:write"], false));
    check_texts(&["a", "b"], &[], &["b", "c"], (&[], false));
    check_texts(&["a", "b"], &[], &["c"], (&[], true));
    check_texts(&["a", "b"], &["c"], &["c"], (&[], true));
    check_texts(&["a", "b"], &["c"], &["a"], (&["c"], false));
    check_texts(&["a", "b"], &["c"], &[], (&["c"], true));
    check_texts(&["a", "b"], &["c"], &["b", "c"], (&[], false));
    // Case counts, and a part is not the whole.
    check_texts(&[], &["read"], &["Read", "read:all", "rea"], (&["read"], false));
    assert!(AnyAll::default().is_empty());
    assert!(!AnyAll { any: texts(&["a"]), all: Vec::new() }.is_empty());
    assert!(!AnyAll { any: Vec::new(), all: texts(&["a"]) }.is_empty());
}

#[derive(Debug)]
enum Told {
    Met,
    Missing,
    Mismatch,
}

fn check_claim(path: &[&str], is: Is, payload: &str, told: &Told) {
    let condition = ClaimCondition { path: texts(path), is };
    let requirement = Requirement { claims: vec![condition], ..Requirement::default() };
    let expected = match told {
        Told::Met => Ok(()),
        Told::Missing => Err(Unmet::ClaimMissing(&requirement.claims)),
        Told::Mismatch => Err(Unmet::ClaimMismatch(&requirement.claims)),
    };
    let none = Set::default();
    assert_eq!(requirement.check(&none, &none, &claims(payload)), expected, "{payload}");
}

#[test]
fn values_are_equal_if_they_mean_the_same() {
    for (wanted, value, told) in [
        ("5", "5", Told::Met),
        ("5", "5.0", Told::Met),
        ("5", "0.5e1", Told::Met),
        ("5", "6", Told::Mismatch),
        ("5", "\"5\"", Told::Mismatch),
        ("5", "[5]", Told::Mismatch),
        ("1", "true", Told::Mismatch),
        ("5.5", "5.5", Told::Mismatch),
        ("5", "5.5", Told::Mismatch),
        ("1e400", "1e400", Told::Mismatch),
        ("[5.5]", "[5.5]", Told::Mismatch),
        ("\"a\"", "\"\\u0061\"", Told::Met),
        ("\"a\"", "\"A\"", Told::Mismatch),
        ("\"a\"", "\"a \"", Told::Mismatch),
        ("\"a\"", "[\"a\"]", Told::Mismatch),
        ("true", "true", Told::Met),
        ("true", "false", Told::Mismatch),
        ("true", "\"true\"", Told::Mismatch),
        ("null", "null", Told::Met),
        ("false", "null", Told::Mismatch),
        ("[1,2]", "[1,2]", Told::Met),
        ("[1,2]", "[2,1]", Told::Mismatch),
        ("[1,2]", "[1,2,3]", Told::Mismatch),
        ("[]", "{}", Told::Mismatch),
        (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#, Told::Met),
        (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, Told::Mismatch),
        (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, Told::Mismatch),
        (r#"{"a":1}"#, r#"{"b":1}"#, Told::Mismatch),
    ] {
        let payload = format!(r#"{{"x":{value}}}"#);
        check_claim(&["x"], Is::Equals(json(wanted)), &payload, &told);
        check_claim(&["x"], Is::OneOf(vec![json("\"z\""), json(wanted)]), &payload, &told);
        let list = format!(r#"{{"x":["z",{value}]}}"#);
        check_claim(&["x"], Is::Contains(json(wanted)), &list, &told);
        check_claim(&["x"], Is::AllOf(vec![json(wanted), json("\"z\"")]), &list, &told);
    }
}

#[test]
fn a_claim_must_be_what_is_asked() {
    let list = |items: &[&str]| items.iter().map(|item| json(item)).collect::<Vec<_>>();
    let nested = r#"{"realm_access":{"roles":["a","b"]},"n":null,"t":"a b","e":[]}"#;
    for (path, is, told) in [
        (&["realm_access", "roles"] as &[&str], Is::Present, Told::Met),
        (&["e"], Is::Present, Told::Met),
        (&["n"], Is::Present, Told::Missing),
        (&["n"], Is::Contains(Json::Null), Told::Mismatch),
        (&["x"], Is::Present, Told::Missing),
        (&["x"], Is::Equals(Json::Null), Told::Missing),
        (&["x"], Is::AllOf(Vec::new()), Told::Missing),
        (&["realm_access", "x"], Is::OneOf(list(&["1"])), Told::Missing),
        (&["realm_access", "roles", "a"], Is::Present, Told::Missing),
        (&["realm_access", "roles"], Is::Contains(json("\"b\"")), Told::Met),
        (&["realm_access", "roles"], Is::Contains(json("\"c\"")), Told::Mismatch),
        (&["realm_access", "roles"], Is::AllOf(list(&["\"b\"", "\"a\""])), Told::Met),
        (&["realm_access", "roles"], Is::AllOf(list(&["\"b\"", "\"c\""])), Told::Mismatch),
        (&["realm_access", "roles"], Is::OneOf(list(&["\"a\"", "\"b\""])), Told::Mismatch),
        (&["e"], Is::AllOf(Vec::new()), Told::Met),
        (&["t"], Is::AllOf(Vec::new()), Told::Mismatch),
        (&["t"], Is::Contains(json("\"a\"")), Told::Mismatch),
        (&["t"], Is::OneOf(Vec::new()), Told::Mismatch),
    ] {
        check_claim(path, is, nested, &told);
    }
}

#[test]
fn scopes_are_told_before_roles_and_roles_before_claims() {
    let asked = AnyAll { any: Vec::new(), all: texts(&["a"]) };
    let present = |name: &str| ClaimCondition { path: texts(&[name]), is: Is::Present };
    let requirement = Requirement {
        scopes: asked.clone(),
        roles: asked,
        claims: vec![present("here"), present("x"), present("y")],
        any_claim: vec![present("z")],
    };
    let (none, some) = (Set::default(), ["a"].into_iter().collect::<Set>());
    let (few, more) = (claims(r#"{"here":1}"#), claims(r#"{"here":1,"x":1,"y":1}"#));
    assert!(matches!(requirement.check(&none, &none, &few), Err(Unmet::Scopes(_))));
    assert!(matches!(requirement.check(&some, &none, &few), Err(Unmet::Roles(_))));
    assert_eq!(requirement.check(&some, &some, &few), Err(Unmet::ClaimMissing(&requirement.claims[1..2])));
    assert_eq!(requirement.check(&some, &some, &more), Err(Unmet::ClaimMissing(&requirement.any_claim)));
}

#[test]
fn of_several_claims_one_suffices() {
    let is = |path: &[&str], text: &str| ClaimCondition { path: texts(path), is: Is::Equals(json(text)) };
    let any_claim = vec![is(&["a"], "1"), is(&["b", "c"], "2"), is(&["a"], "3")];
    let any = Requirement { any_claim: any_claim.clone(), ..Requirement::default() };
    let both = Requirement { claims: vec![is(&["d"], "4")], any_claim, ..Requirement::default() };
    let none = Set::default();
    for (payload, told) in [
        (r#"{"a":1}"#, Told::Met),
        (r#"{"a":3}"#, Told::Met),
        (r#"{"b":{"c":2}}"#, Told::Met),
        (r#"{"a":5,"b":{"c":2}}"#, Told::Met),
        (r#"{"a":1,"b":{"c":2}}"#, Told::Met),
        (r#"{"a":5}"#, Told::Mismatch),
        (r#"{"a":null,"b":{}}"#, Told::Mismatch),
        (r#"{"b":{"c":1}}"#, Told::Mismatch),
        (r#"{"b":{}}"#, Told::Missing),
        ("{}", Told::Missing),
    ] {
        let expected = match told {
            Told::Met => Ok(()),
            Told::Missing => Err(Unmet::ClaimMissing(&any.any_claim)),
            Told::Mismatch => Err(Unmet::ClaimMismatch(&any.any_claim)),
        };
        assert_eq!(any.check(&none, &none, &claims(payload)), expected, "{payload}");
        // Neither stands in for the other.
        let alone = both.check(&none, &none, &claims(payload));
        assert_eq!(alone, Err(Unmet::ClaimMissing(&both.claims)), "{payload}");
    }
    assert_eq!(both.check(&none, &none, &claims(r#"{"a":1,"d":4}"#)), Ok(()));
    assert_eq!(both.check(&none, &none, &claims(r#"{"d":4}"#)), Err(Unmet::ClaimMissing(&both.any_claim)));
}
