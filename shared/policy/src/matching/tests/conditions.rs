//! What is wrong with a `match`: each case with all of its problems.

use super::read;
use crate::matching::raw;

fn check(json: &str, expected: &[&str]) {
    let (matcher, problems) = read(json);
    let found: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect();
    assert_eq!(found, expected, "{json}");
    assert_eq!(matcher.is_some(), expected.is_empty(), "{json}");
}

#[test]
fn a_match_without_a_fault_is_read() {
    check("{}", &[]);
    check(
        r#"{"hosts": ["a.example", "*.b.example"], "paths": ["/a", "/b/**"], "methods": ["GET", "M-SEARCH"],
            "headers": [{"name": "X-Tier", "equals": ["gold"]}, {"name": "x-debug", "present": false}],
            "route": {"name": ["r"], "metadata": [{"path": ["f", "k"], "equals": "v"}]}}"#,
        &[],
    );
}

#[test]
fn empty_lists_are_problems() {
    const EMPTY: &str = "is empty and would match nothing; name at least one, or delete it to match all";
    check(
        r#"{"hosts": [], "paths": [], "methods": [], "headers": [], "route": {"name": [], "metadata": []}}"#,
        &["/hosts", "/paths", "/methods", "/headers", "/route/name", "/route/metadata"]
            .map(|place| format!("{place}: {EMPTY}"))
            .each_ref()
            .map(String::as_str),
    );
    check(r#"{"headers": [{"name": "a", "equals": []}]}"#, &[&format!("/headers/0/equals: {EMPTY}")]);
    check(r#"{"route": {}}"#, &["/route: says nothing about the route; add `name` or `metadata`, or delete it"]);
}

#[test]
fn every_problem_is_told_at_once() {
    check(
        r#"{"hosts": ["a:1", "b"], "paths": ["x", "/y/"], "methods": ["get", "GET", "GET", "a b", ""]}"#,
        &[
            r#"/hosts/0: "a:1" has a port, which is not matched; write "a""#,
            r#"/paths/0: "x" does not begin with a slash; write "/x""#,
            r#"/paths/1: "/y/" ends in a slash, which makes no difference; write "/y""#,
            r#"/methods/0: "get" is in lower case, and case counts; write "GET""#,
            "/methods/2: is listed twice; delete one",
            r#"/methods/3: "a b" is not a method; write one as in `GET`"#,
            r#"/methods/4: "" is not a method; write one as in `GET`"#,
        ],
    );
}

#[test]
fn the_same_in_other_words_is_listed_twice() {
    check(
        r#"{"hosts": ["a.example", "A.example", "[::1]", "[0::1]"], "paths": ["/{a}", "/{b}"]}"#,
        &[
            "/hosts/1: is listed twice; delete one",
            "/hosts/3: is listed twice; delete one",
            "/paths/1: is listed twice; delete one",
        ],
    );
}

#[test]
fn header_conditions_that_cannot_be_are_problems() {
    check(
        r#"{"headers": [{"name": "a"}, {"name": "b", "equals": ["x"], "present": false},
            {"name": "c", "equals": ["x"], "present": true}, {"name": ":path", "present": true},
            {"name": ":Authority", "present": true}, {"name": "Host", "equals": ["x"]},
            {"name": ":method", "present": true}, {"name": "", "present": true}, {"name": "x tier:", "present": true},
            {"name": "d", "equals": ["x", "x"]}]}"#,
        &[
            "/headers/0: says nothing about the header; add `equals` or `present`",
            "/headers/1/present: contradicts `equals`; delete one of the two",
            "/headers/2/present: adds nothing to `equals`; delete it",
            "/headers/3/name: is not a header but the path; use `paths`",
            "/headers/4/name: is the host of the request; use `hosts`",
            "/headers/5/name: is the host of the request; use `hosts`",
            "/headers/6/name: is not a header but the method; use `methods`",
            "/headers/7/name: is empty; write the name of a header",
            r#"/headers/8/name: "x tier:" is not the name of a header; write it as in `x-tenant`, without a colon"#,
            "/headers/9/equals/1: is listed twice; delete one",
        ],
    );
    check(
        r#"{"headers": [{"name": "a", "equals": ["x"]}, {"name": "A", "present": false}]}"#,
        &[r#"/headers/1: is a second condition on "a"; write one that says all"#],
    );
}

#[test]
fn route_conditions_that_cannot_be_are_problems() {
    check(
        r#"{"route": {"name": ["", "r", "r"], "metadata": [{"path": [], "equals": "x"},
            {"path": ["a", ""], "equals": "x"}]}}"#,
        &[
            "/route/name/0: is empty; write the name of a route",
            "/route/name/2: is listed twice; delete one",
            "/route/metadata/0/path: names no place; write the filter's name and the keys below it",
            "/route/metadata/1/path: names no place; write the filter's name and the keys below it",
        ],
    );
    check(
        r#"{"route": {"metadata": [{"path": ["a"], "equals": "x"}, {"path": ["a"], "equals": "y"}]}}"#,
        &["/route/metadata/1: contradicts another condition on the same place; delete one of the two"],
    );
}

#[test]
fn unknown_fields_and_nulls_have_the_wrong_shape() {
    for json in [
        r#"{"host": ["a"]}"#,
        r#"{"hosts": null}"#,
        r#"{"paths": null}"#,
        r#"{"route": null}"#,
        r#"{"headers": [{"name": "a", "present": null}]}"#,
        r#"{"headers": [{"name": "a", "matches": "x"}]}"#,
        r#"{"route": {"names": ["a"]}}"#,
        r#"{"paths": "/a"}"#,
    ] {
        assert!(crate::document::tests::read::<raw::Match>(json).is_err(), "{json}");
    }
}
