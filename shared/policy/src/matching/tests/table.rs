//! Which rule a request falls under.

use super::{Untold, get, table};
use crate::head::Head;
use crate::matching::{Ambiguous, Found, Routed, Table};
use std::cell::RefCell;

fn check(table: &Table, head: &Head, expected: Found<'_>) {
    assert_eq!(table.find(head, &Untold, Ambiguous::Refuse), expected, "{head:?} {:?}", head.path());
}

#[test]
fn the_first_rule_whose_conditions_hold_is_found() {
    let rules =
        table(&[r#"{"paths": ["/a/b"]}"#, r#"{"paths": ["/a/**"], "methods": ["PUT"]}"#, r#"{"paths": ["/a/**"]}"#]);
    check(&rules, &get("/a/b?x"), Found::Rule(0));
    check(&rules, &get("/a/c"), Found::Rule(2));
    check(&rules, &get("/b"), Found::NoRule);
    check(&Table::default(), &get("/b"), Found::NoRule);
}

#[test]
fn an_odd_path_is_ambiguous_only_where_its_readings_lead_to_different_rules() {
    let rules = table(&[r#"{"paths": ["/admin/**"]}"#, r#"{"paths": ["/users/{id}"]}"#, r#"{"paths": ["/a@b"]}"#]);
    for path in [
        "/x/../admin",
        "/admin/..",
        "//admin",
        "///admin",
        "//x/admin",
        "/x/..//y/admin",
        "/%61dmin",
        "/%2561dmin",
        "/admin;x",
        "/admin%3Bx",
        "/admin%3Fx",
        "/admin%23",
        "/a%40b",
        "/users//5",
        "/users/;x",
        "/users/%3Fx",
        "/users/5/../../admin",
    ] {
        check(&rules, &get(path), Found::PathAmbiguous);
    }
    for path in ["/admin/x;y", "/admin//", "/admin/a/../b", "/admin/%7Ejoe", "/admin/%3F"] {
        check(&rules, &get(path), Found::Rule(0));
    }
    for path in ["/users/joe;v=1", "/users/%7Ejoe", "/users/a%3Ab"] {
        check(&rules, &get(path), Found::Rule(1));
    }
    for path in ["/other//x", "/x/../y", "/z;x=y", "/caf%c3%a9", "/ADMIN;x"] {
        check(&rules, &get(path), Found::NoRule);
    }
    check(&rules, &get(b"/caf\xC3\xA9"), Found::NoRule);
    check(&rules, &get(b"/\xFF\xFE"), Found::NoRule);
}

#[test]
fn the_normal_form_decides_where_the_operator_says_so() {
    let rules = table(&[r#"{"paths": ["/admin/**"]}"#]);
    for (path, expected) in [
        ("/x/../admin", Found::Rule(0)),
        ("//admin", Found::Rule(0)),
        ("/%61dmin", Found::Rule(0)),
        ("/a/..;/admin", Found::Rule(0)),
        ("/%2e%2e/admin", Found::Rule(0)),
        ("/admin%2f..", Found::NoRule),
        ("/x//../admin", Found::NoRule),
        ("/admin%3Fx", Found::NoRule),
        ("*", Found::PathUnknown),
    ] {
        assert_eq!(rules.find(&get(path), &Untold, Ambiguous::UseNormalForm), expected, "{path}");
    }
}

#[test]
fn an_unknown_path_or_host_is_no_match() {
    let paths = table(&["{}", r#"{"paths": ["/**"]}"#]);
    let no_path = Head::from_pairs([(":method", "GET"), (":authority", "a.example")]);
    let two_paths = Head::from_pairs([(":path", "/a"), (":path", "/a")]);
    for head in [no_path.clone(), two_paths, get(""), get("*"), get("http://www.example.org/a")] {
        check(&paths, &head, Found::PathUnknown);
    }
    let hosts = table(&["{}", r#"{"hosts": ["a.example"]}"#]);
    for head in [Head::from_pairs([(":path", "/")]), Head::from_pairs([(":authority", "u@a.example"), (":path", "/")])]
    {
        check(&hosts, &head, Found::HostUnknown);
    }
    check(&hosts, &no_path, Found::Rule(0));
}

#[test]
fn what_no_rule_asks_for_is_not_looked_at() {
    let rules = table(&[r#"{"methods": ["GET"]}"#]);
    check(&rules, &Head::from_pairs([(":method", "GET"), (":path", "%2f\\"), (":authority", "@")]), Found::Rule(0));
    check(&rules, &Head::from_pairs([(":method", "get")]), Found::NoRule);
    // A rule that denies by method must not be passed by for want of one.
    check(&rules, &Head::from_pairs([(":method", "GET"), (":method", "GET")]), Found::MethodUnknown);
    check(&rules, &Head::default(), Found::MethodUnknown);
}

#[test]
fn hosts_match_without_port_case_and_final_dot() {
    let rules = table(&[r#"{"hosts": ["a.example"]}"#, r#"{"hosts": ["*.a.example"]}"#]);
    for (host, expected) in [
        ("A.Example.:80", Found::Rule(0)),
        ("x.a.example", Found::Rule(1)),
        ("a.example.org", Found::NoRule),
        ("[::1]", Found::NoRule),
    ] {
        check(&rules, &Head::from_pairs([(":authority", host), (":path", "/")]), expected);
    }
}

#[test]
fn a_header_that_decides_must_occur_once() {
    let rules = table(&[
        r#"{"paths": ["/a"], "headers": [{"name": "X-Tier", "equals": ["gold", ""]},
            {"name": "x-b", "present": true}]}"#,
        r#"{"paths": ["/a"], "headers": [{"name": "x-debug", "present": false}]}"#,
    ]);
    let with = |path: &str, headers: &[(&str, &str)]| {
        let head = get(path);
        let pairs = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Head::from_pairs(head.iter().chain(pairs))
    };
    check(&rules, &with("/a", &[("x-tier", "gold"), ("X-B", "")]), Found::Rule(0));
    check(&rules, &with("/a", &[("x-tier", ""), ("x-b", "1")]), Found::Rule(0));
    check(&rules, &with("/a", &[("x-tier", "Gold"), ("x-b", "1")]), Found::Rule(1));
    check(&rules, &with("/a", &[("x-tier", "gold, silver"), ("x-b", "1")]), Found::Rule(1));
    check(&rules, &with("/a", &[("x-b", "1")]), Found::Rule(1));
    check(&rules, &with("/a", &[("x-debug", "")]), Found::NoRule);
    check(&rules, &with("/a", &[("x-tier", "no"), ("x-b", "1"), ("X-B", "2")]), Found::HeaderAmbiguous("x-b"));
    check(&rules, &with("/a", &[("x-debug", "1"), ("x-debug", "1")]), Found::HeaderAmbiguous("x-debug"));
    check(&rules, &with("/b", &[("x-debug", "1"), ("x-debug", "1")]), Found::NoRule);
    check(&rules, &with("/%61", &[("x-debug", "1"), ("x-debug", "1")]), Found::PathAmbiguous);
}

/// A host that tells the route, and what it was asked.
#[derive(Default)]
struct Told {
    name: Option<&'static str>,
    team: Option<&'static str>,
    asked: RefCell<Vec<String>>,
}

impl Routed for Told {
    fn route_name(&self) -> Option<Vec<u8>> {
        self.asked.borrow_mut().push("name".into());
        self.name.map(Into::into)
    }

    fn route_metadata(&self, path: &[String]) -> Option<Vec<u8>> {
        self.asked.borrow_mut().push(path.join("."));
        self.team.filter(|_| path == ["f", "team"]).map(Into::into)
    }
}

#[test]
fn the_route_is_asked_for_once_and_only_if_it_matters() {
    let rules = table(&[
        r#"{"paths": ["/a/**"], "route": {"name": ["r"], "metadata": [{"path": ["f", "team"], "equals": "x"}]}}"#,
        r#"{"paths": ["/a/**"], "route": {"metadata": [{"path": ["f", "team"], "equals": "y"}]}}"#,
        r#"{"paths": ["/a/**"], "route": {"name": ["r", "s"]}}"#,
        r#"{"paths": ["/a/**"], "route": {"metadata": [{"path": ["g"], "equals": ""}]}}"#,
    ]);
    for (path, name, team, expected, asked) in [
        ("/a", Some("r"), Some("x"), Found::Rule(0), vec!["name", "f.team"]),
        ("/a", Some("s"), Some("y"), Found::Rule(1), vec!["name", "f.team"]),
        ("/a/b;c//d", Some("s"), None, Found::Rule(2), vec!["name", "f.team"]),
        ("/a/b;c//d", None, None, Found::NoRule, vec!["name", "f.team", "g"]),
        ("/b", Some("r"), Some("x"), Found::NoRule, vec![]),
    ] {
        let told = Told { name, team, ..Told::default() };
        assert_eq!(rules.find(&get(path), &told, Ambiguous::Refuse), expected, "{path} {name:?} {team:?}");
        assert_eq!(*told.asked.borrow(), asked, "{path} {name:?} {team:?}");
    }
}
