//! Rules that can never match.

use super::matcher;
use crate::matching::{Matcher, Reach, Unreachable, unreachable};

fn check(matches: &[&str], expected: &[(usize, &[usize])]) {
    let matchers: Vec<Matcher> = matches.iter().map(|json| matcher(json)).collect();
    let found = unreachable(&matchers.iter().collect::<Vec<_>>());
    let unreachable = expected.iter().map(|&(rule, by)| Unreachable { rule, covered_by: by.to_vec() }).collect();
    assert_eq!(found, Reach { unreachable, unchecked: vec![] }, "{matches:?}");
}

#[test]
fn rules_that_all_can_match_are_left_alone() {
    check(&[], &[]);
    check(&["{}"], &[]);
    check(&[r#"{"paths": ["/a/b"]}"#, r#"{"paths": ["/a/**"]}"#, "{}"], &[]);
    check(&[r#"{"methods": ["GET"]}"#, r#"{"methods": ["GET", "POST"]}"#], &[]);
    check(&[r#"{"hosts": ["*.a.b"]}"#, r#"{"hosts": ["a.b"]}"#], &[]);
    check(&[r#"{"methods": ["GET"], "paths": ["/a"]}"#, r#"{"paths": ["/a"]}"#], &[]);
}

#[test]
fn a_rule_behind_a_wider_one_is_found() {
    check(&["{}", r#"{"paths": ["/a"]}"#, "{}"], &[(1, &[0]), (2, &[0])]);
    check(&[r#"{"paths": ["/a/**"]}"#, r#"{"paths": ["/a/{b}", "/a"], "methods": ["GET"]}"#], &[(1, &[0])]);
    check(&[r#"{"paths": ["/**"]}"#, r#"{"hosts": ["a.b"]}"#], &[(1, &[0])]);
    check(&[r#"{"hosts": ["*.b"]}"#, r#"{"hosts": ["a.b", "*.a.b"], "paths": ["/x"]}"#], &[(1, &[0])]);
}

#[test]
fn a_rule_that_several_cover_together_names_them_all() {
    check(
        &[
            r#"{"methods": ["GET"]}"#,
            r#"{"methods": ["PUT"]}"#,
            r#"{"paths": ["/a/**"]}"#,
            r#"{"paths": ["/a/b"], "methods": ["PUT", "GET"]}"#,
        ],
        &[(3, &[0, 1])],
    );
    check(
        &[r#"{"paths": ["/a"]}"#, r#"{"hosts": ["x.y"]}"#, r#"{"paths": ["/a", "/b"], "hosts": ["x.y"]}"#],
        &[(2, &[0, 1])],
    );
    check(
        &[r#"{"paths": ["/a"]}"#, r#"{"hosts": ["x.y"]}"#, r#"{"paths": ["/a", "/b"], "hosts": ["x.y", "z.y"]}"#],
        &[],
    );
}

#[test]
fn an_earlier_rule_that_asks_more_of_headers_or_route_covers_nothing() {
    let header = |condition: &str| format!(r#"{{"paths": ["/a"], "headers": [{{"name": "x", {condition}}}]}}"#);
    let route = |condition: &str| format!(r#"{{"paths": ["/a"], "route": {{{condition}}}}}"#);
    let team = r#""metadata": [{"path": ["f", "team"], "equals": "a"}]"#;
    for (earlier, later, covered) in [
        (header(r#""present": true"#), r#"{"paths": ["/a"]}"#.to_owned(), false),
        (r#"{"paths": ["/a"]}"#.to_owned(), header(r#""present": true"#), true),
        (header(r#""present": true"#), header(r#""equals": ["1"]"#), true),
        (header(r#""equals": ["1"]"#), header(r#""present": true"#), false),
        (header(r#""equals": ["1", "2"]"#), header(r#""equals": ["2"]"#), true),
        (header(r#""equals": ["1"]"#), header(r#""equals": ["1", "2"]"#), false),
        (header(r#""present": false"#), header(r#""present": false"#), true),
        (header(r#""present": false"#), header(r#""present": true"#), false),
        (header(r#""present": true"#), header(r#""present": false"#), false),
        (route(r#""name": ["r", "s"]"#), route(r#""name": ["r"]"#), true),
        (route(r#""name": ["r"]"#), route(r#""name": ["r", "s"]"#), false),
        (route(r#""name": ["r"]"#), r#"{"paths": ["/a"]}"#.to_owned(), false),
        (route(r#""name": ["r"]"#), route(team), false),
        (route(team), route(&format!(r#""name": ["r"], {team}"#)), true),
        (route(&format!(r#""name": ["r"], {team}"#)), route(team), false),
    ] {
        check(&[&earlier, &later], if covered { &[(1, &[0])] } else { &[] });
    }
}

#[test]
fn a_rule_with_too_many_combinations_is_not_checked_and_said_to_be_so() {
    let list = |count: usize, item: fn(usize) -> String| {
        (0..count).map(item).map(|text| format!("{text:?}")).collect::<Vec<_>>().join(",")
    };
    let many = format!(
        r#"{{"hosts": [{}], "paths": [{}]}}"#,
        list(64, |index| format!("h{index}.example")),
        list(65, |index| format!("/p{index}"))
    );
    let matchers = [matcher("{}"), matcher(&many), matcher("{}")];
    let found = unreachable(&matchers.iter().collect::<Vec<_>>());
    let expected = Reach { unreachable: vec![Unreachable { rule: 2, covered_by: vec![0] }], unchecked: vec![1] };
    assert_eq!(found, expected);
}

#[test]
fn the_work_for_many_rules_is_bounded() {
    let matchers: Vec<Matcher> = (0..3000).map(|index| matcher(&format!(r#"{{"paths": ["/p{index}"]}}"#))).collect();
    let found = unreachable(&matchers.iter().collect::<Vec<_>>());
    assert!(found.unreachable.is_empty());
    assert!(found.unchecked.len() < 2800, "{} rules unchecked", found.unchecked.len());
    assert!(!found.unchecked.contains(&300));
}
