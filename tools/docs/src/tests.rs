//! That the committed pages are what they should be, and that the tables behind them are sound.

use std::collections::BTreeSet;

use serde_json::Value;
use verdict_policy::reason::{Retry, common};

use super::*;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

static RENAMED: &[&Reason] = &[&NEW];

static NEW: Reason = Reason {
    code: "new_name",
    status: 403,
    title: "Title.",
    detail: "Detail.",
    remedy: "Remedy.",
    operator: "Operator.",
    retry: Retry::Never,
    public: None,
    formerly: &["old_name", "other.older_name"],
};

#[derive(schemars::JsonSchema)]
struct Nothing {}

/// A filter with nothing of its own but one reason.
fn bare() -> Filter {
    Filter { name: "bare", reasons: RENAMED, settings: Nothing::json_schema, asks: Nothing::json_schema }
}

#[test]
fn generated_pages_are_up_to_date() {
    if let Err(problems) = check(&root()) {
        panic!("{problems}");
    }
}

#[test]
fn no_reason_was_removed() {
    let committed = read(&root(), reasons::CATALOGUE);
    assert!(!committed.is_empty(), "{} is missing", reasons::CATALOGUE);
    assert_eq!(reasons::removed(FILTERS, &committed), Vec::<String>::new());
}

#[test]
fn a_removed_reason_is_missed_and_a_renamed_one_is_not() {
    let check = |names: &[&str], missed: &[&str]| {
        let reasons: Vec<Value> = names.iter().map(|name| serde_json::json!({"reason": name, "status": 403})).collect();
        let committed = serde_json::json!({"version": 1, "reasons": reasons}).to_string();
        let told = reasons::removed(&[bare()], &committed);
        assert_eq!(told.len(), missed.len(), "{told:?}");
        for (line, name) in told.iter().zip(missed) {
            assert!(line.contains(&format!("`{name}`")), "{line}");
        }
    };
    check(&["bare.new_name", "bare.old_name", "other.older_name", "bare.no_rule_matched"], &[]);
    check(&["bare.gone", "bare.new_name", "gone.no_rule_matched"], &["bare.gone", "gone.no_rule_matched"]);
    assert_eq!(reasons::removed(&[bare()], ""), Vec::<String>::new());
    assert_eq!(reasons::removed(&[bare()], "{").len(), 1);
    assert_eq!(reasons::removed(&[bare()], &reasons::catalogue(&[bare()])), Vec::<String>::new());
}

#[test]
fn the_table_of_reasons_is_sound() {
    let mut count = 0;
    for filter in FILTERS {
        let all: Vec<&Reason> = common::ALL.iter().chain(filter.reasons).copied().collect();
        let mut names = BTreeSet::new();
        for reason in &all {
            let name = format!("{}.{}", filter.name, reason.code);
            assert!(names.insert(reason.code), "{name} is there twice");
            assert!(
                reason.formerly.iter().all(|former| names.insert(former)),
                "{name} has a former name that is in use"
            );
            assert!(
                reason.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{name}"
            );
            // The longest that `google.rpc.ErrorInfo` allows for its reason.
            assert!(name.len() <= 63, "{name}");
            assert!((400..600).contains(&reason.status), "{name}");
            for text in [reason.title, reason.detail, reason.remedy, reason.operator] {
                assert!(text.ends_with('.') && text.is_ascii() && !text.contains('\n'), "{name}: {text}");
            }
            assert!(!reason.title.contains(['{', '`']), "{name}: the title is constant, plain text");
            for part in reason.detail.split('{').skip(1) {
                let fact = part.split_once('}').map(|(fact, _)| fact).unwrap_or_default();
                let is_name = !fact.is_empty() && fact.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                assert!(is_name, "{name}: {{{fact}}} is no fact");
            }
            if let Some(public) = reason.public {
                assert!(
                    all.iter().any(|other| std::ptr::eq(*other, public)),
                    "{name}: its public reason is not in the table"
                );
                assert!(
                    public.public.is_none() && !public.detail.contains('{'),
                    "{name}: its public reason tells more than itself"
                );
            }
            count += 1;
        }
    }
    assert!(count > 0);
}

/// Every place in a schema that refers to another.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn a_schema_has_all_parts_of_a_configuration() {
    for filter in FILTERS.iter().chain([&bare()]) {
        let parts = schema::Parts::of(filter);
        let document: Value = serde_json::from_str(&schema::document(filter.name, &parts)).unwrap();
        let count = |schema: &Value| schema::properties(schema).count();
        // Nothing of the filter's own hides what every filter has.
        assert_eq!(count(&document), count(&parts.common) + count(&parts.own) + 1, "{}", filter.name);
        assert_eq!(count(&document["$defs"]["Rule"]), count(&parts.rule) + count(&parts.asks), "{}", filter.name);
        for required in ["default", "rules"] {
            assert!(schema::requires(&document, required), "{required}");
        }
        assert!(schema::requires(&document["$defs"]["Rule"], "name"));
        assert_eq!(document["additionalProperties"], false);
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let name = reference.strip_prefix("#/$defs/").unwrap();
            assert!(document["$defs"].get(name).is_some(), "{reference}");
        }
    }
}

#[test]
fn options_tell_their_type_and_default() {
    let section = options::section(&schema::Parts::of(&bare()));
    for row in [
        "| `default` | `\"deny\"` or `\"allow\"` | required | ",
        "| `mode` | `\"enforce\"` or `\"shadow\"` | `\"enforce\"` | ",
        "| `body_timeout_seconds` | number | `15` | ",
        "| `contact` | text | not set | ",
        "| `disclosure.anonymous` | `\"full\"` or `\"reason\"` or `\"opaque\"` | not set | ",
        "| `disclosure.authenticated` | `\"full\"` or `\"reason\"` or `\"opaque\"` | `\"reason\"` | ",
        "| `disclosure.trusted_clients.client_address.forwarded.trusted_hops` | number | not set | ",
        "| `rules[].name` | text | required | ",
        "| `rules[].match.hosts` | list of text | not set | ",
        "| `rules[].match.headers[].name` | text | required | ",
    ] {
        assert!(section.contains(row), "{row} is missing in\n{section}");
    }
    assert!(!section.contains("disclosure.trusted.") && !section.contains("| `null` |"), "{section}");
}

#[test]
fn options_are_put_where_the_readme_wants_them() {
    let readme = format!("# A\n\n{}\nold\n{}\n\n## B\n", options::BEGIN, options::END);
    let spliced = options::splice(&readme, "new\n").unwrap();
    assert_eq!(spliced, format!("# A\n\n{}\nnew\n{}\n\n## B\n", options::BEGIN, options::END));
    assert_eq!(options::splice(&spliced, "new\n").as_ref(), Some(&spliced));
    assert_eq!(options::splice("# A\n", "new\n"), None);
}

#[test]
fn the_gateway_lifts_every_label() {
    let bootstrap = read(&root(), "envoy/gateway/envoy.yaml");
    for (label, _) in verdict_policy::metrics::LABELS {
        let expression = verdict_policy::metrics::envoy_stats_tag(label);
        assert!(
            bootstrap.contains(&expression),
            "envoy/gateway/envoy.yaml has no tag {label} with the expression {expression}"
        );
    }
}
