//! Every scenario on every engine: what becomes of each request, that both engines count the same decisions, and that nothing was
//! passed over without a reason.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "it exists only to test, and a panic is how a test fails"
)]

use verdict_cors::Cors;
use verdict_ip_allowlist::IpAllowlist;
use verdict_jwt_scope::JwtScope;
use verdict_subscription::SubscriptionPolicy;
use verdict_test_body::BodyPolicy;
use verdict_test_chain::KeyThenBody;
use verdict_test_key::KeyPolicy;
use verdict_tests::scenario::{Became, Counts, Engine, Scenario, all, differences};
use verdict_tests::{envoy, native};
use verdict_waf::Waf;

/// A filter's scenarios natively: one line a filter.
fn run_native(scenario: &Scenario) -> Result<(Vec<Became>, Counts), String> {
    match scenario.filter.as_str() {
        "ip-allowlist" => native::run::<IpAllowlist>(scenario),
        "jwt-scope" => native::run::<JwtScope>(scenario),
        "subscription" => native::run::<SubscriptionPolicy>(scenario),
        "waf" => native::run::<Waf>(scenario),
        "cors" => native::run::<Cors>(scenario),
        "key" => native::run::<KeyPolicy>(scenario),
        "body" => native::run::<BodyPolicy>(scenario),
        "chain" => native::run::<KeyThenBody>(scenario),
        other => Err(format!("there is no filter {other}: add a line to tests/scenarios.rs")),
    }
}

fn check(engine: Engine, scenario: &Scenario, became: &[Became], wrong: &mut Vec<String>) {
    assert_eq!(became.len(), scenario.cases.len(), "{}: not every case was run", scenario.about);
    for (case, became) in scenario.cases.iter().zip(became) {
        for difference in differences(&case.expect, became) {
            wrong.push(format!("{engine:?}: {}: {}: {difference}", scenario.about, case.name));
        }
    }
}

fn runs_on(engine: Engine) -> Vec<Scenario> {
    let (skipped, run): (Vec<_>, Vec<_>) =
        all().unwrap().into_iter().partition(|scenario| scenario.skip.contains_key(&engine));
    for scenario in &skipped {
        println!("skipped on {engine:?}: {}: {}", scenario.about, scenario.skip[&engine]);
    }
    let cases: usize = run.iter().map(|scenario| scenario.cases.len()).sum();
    println!("{engine:?}: {} scenarios, {cases} cases, {} scenarios skipped", run.len(), skipped.len());
    assert!(cases > 0, "a suite that runs nothing shows nothing");
    run
}

#[test]
fn every_scenario_ends_as_it_says_natively() {
    let mut wrong = Vec::new();
    for scenario in runs_on(Engine::Native) {
        let (became, _) = run_native(&scenario).unwrap_or_else(|problems| panic!("{}: {problems}", scenario.about));
        check(Engine::Native, &scenario, &became, &mut wrong);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_as_it_says_in_envoy_and_counts_the_same_decisions() {
    let scenarios = runs_on(Engine::Envoy);
    let results = envoy::run(&scenarios.iter().collect::<Vec<_>>()).await.unwrap();
    let mut wrong = Vec::new();
    for (scenario, (became, counts)) in scenarios.iter().zip(results) {
        check(Engine::Envoy, scenario, &became, &mut wrong);
        if scenario.skip.contains_key(&Engine::Native) {
            continue;
        }
        let (_, natively) = run_native(scenario).unwrap();
        // More would be counted with a tick, which is not waited for here.
        let admitted = natively.iter().filter(|([decision, ..], _)| decision == "allowed").map(|(_, count)| count);
        assert!(admitted.sum::<u64>() <= 16, "{}: write two scenarios of it", scenario.about);
        if counts != natively {
            wrong.push(format!("{}: counted {counts:?} in Envoy and {natively:?} natively", scenario.about));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
