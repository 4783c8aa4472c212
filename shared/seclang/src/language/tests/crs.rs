//! The whole OWASP Core Rule Set, where the environment says where it is (`CRS`: its folder).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::super::ast::{Directive, Place, Setting};
use super::super::{load, load_text};

/// The kinds of directives of CRS 4.28, counted with `grep`.
const COUNTS: &[(&str, usize)] = &[
    ("SecRule", 695),
    ("SecAction", 8),
    ("SecMarker", 30),
    ("SecRuleUpdateTargetById", 55),
    ("SecDefaultAction", 5),
    ("SecComponentSignature", 1),
];

#[test]
fn the_core_rule_set_is_read_without_a_problem() {
    let Some(crs) = std::env::var_os("CRS") else {
        eprintln!("skipped: CRS names no rule set");
        return;
    };
    let crs = Path::new(&crs);
    if !crs.is_dir() {
        eprintln!("skipped: CRS is not a folder");
        return;
    }
    let mut names: Vec<String> = vec!["crs-setup.conf.example".into()];
    for entry in fs::read_dir(crs.join("rules")).unwrap() {
        names.push(format!("rules/{}", entry.unwrap().file_name().into_string().unwrap()));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let files = |name: &str| fs::read(crs.join(name)).ok();
    let root = b"Include crs-setup.conf.example\nInclude rules/*.conf\n";
    let (directives, problems) = load_text(&files, &names, "root", root);
    assert_eq!(problems, []);

    let mut counts = BTreeMap::new();
    for directive in &directives {
        *counts.entry(kind(directive)).or_insert(0) += 1;
    }
    let expected: BTreeMap<_, _> = COUNTS.iter().copied().collect();
    assert_eq!(counts, expected);

    for directive in &directives {
        let Directive::Rule(rule) = directive else { continue };
        let file = String::from_utf8(files(&rule.place.file).unwrap()).unwrap();
        let at = |place: &Place| {
            let line = file.lines().nth(place.line as usize - 1).unwrap();
            line.get(place.column as usize - 1..).unwrap().to_owned()
        };
        assert!(at(&rule.place).starts_with(rule.directive), "{:?}", rule.place);
        if rule.directive == "SecRule" {
            let start = rule.operator.argument.split(['"', '\\']).next().unwrap();
            assert!(at(&rule.operator.place).starts_with(start), "{:?}", rule.operator);
        }
    }
    assert_eq!(load(&files, &names, "rules/REQUEST-901-INITIALIZATION.conf").1, []);
}

fn kind(directive: &Directive) -> &'static str {
    match directive {
        Directive::Rule(rule) => rule.directive,
        Directive::Marker(..) => "SecMarker",
        Directive::DefaultAction(..) => "SecDefaultAction",
        Directive::UpdateTargetById(..) => "SecRuleUpdateTargetById",
        Directive::Setting(_, Setting::ComponentSignature(_)) => "SecComponentSignature",
        Directive::RemoveById(..) | Directive::RemoveByTag(..) | Directive::RemoveByMsg(..) => "SecRuleRemove",
        Directive::UpdateTargetByTag(..) | Directive::UpdateTargetByMsg(..) => "SecRuleUpdateTarget",
        Directive::UpdateActionById(..) => "SecRuleUpdateActionById",
        Directive::Setting(..) => "a setting",
    }
}
