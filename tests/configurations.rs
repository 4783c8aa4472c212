//! Bad configurations of every filter: each problem is told with its place and its remedy, all of them at once.
//!
//! The cases are in `tests/configurations/<filter>.yaml`.
#![expect(clippy::unwrap_used, reason = "it exists only to test, and a panic is how a test fails")]

use serde::Deserialize;
use serde_json::Value;
use verdict_cors::Cors;
use verdict_gateway::repository;
use verdict_ip_allowlist::IpAllowlist;
use verdict_jwt_scope::JwtScope;
use verdict_policy::contract::Policy;
use verdict_policy::crypto::NoCrypto;
use verdict_policy::gate::Gate;
use verdict_subscription::SubscriptionPolicy;
use verdict_tests::scenario::parse;
use verdict_waf::Waf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is wrong.
    about: String,
    /// The configuration: JSON, or a text that may not be.
    config: Value,
    /// The problems, `place: message` each, in any order. Empty: it is good.
    problems: Vec<String>,
}

fn check<P: Policy>() {
    let path = repository().join("tests/configurations").join(P::NAME).with_extension("yaml");
    let cases: Vec<Case> = parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(!cases.is_empty(), "a suite that runs nothing shows nothing");
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case.config.as_str().map_or_else(|| case.config.to_string(), str::to_owned);
        let mut problems: Vec<String> = match Gate::<P>::load(text.as_bytes(), &NoCrypto) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect(),
        };
        let mut expected = case.problems.clone();
        problems.sort();
        expected.sort();
        if problems != expected {
            wrong.push(format!(
                "{}:\n  is:        {}\n  should be: {}",
                case.about,
                problems.join("\n             "),
                expected.join("\n             ")
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_problem_of_an_ip_allowlist_is_told_with_place_and_remedy() {
    check::<IpAllowlist>();
}

#[test]
fn every_problem_of_a_jwt_scope_is_told_with_place_and_remedy() {
    check::<JwtScope>();
}

#[test]
fn every_problem_of_a_subscription_is_told_with_place_and_remedy() {
    check::<SubscriptionPolicy>();
}

#[test]
fn every_problem_of_a_cors_is_told_with_place_and_remedy() {
    check::<Cors>();
}

#[test]
fn every_problem_of_a_waf_is_told_with_place_and_remedy() {
    check::<Waf>();
}
