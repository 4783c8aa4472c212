//! The regression cases of the OWASP Core Rule Set, each run natively. `CRS` names the folder of the rule set.
//!
//! The cases are written for a web server in front of the rules and a backend behind them that answers `/reflect` with what it is told;
//! both are simulated as far as the cases need them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is wrong"
)]

mod crs {
    pub mod backend;
    pub mod case;
    pub mod judgement;
    pub mod load;
    pub mod overrides;
}

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

use crs::backend::answer;
use crs::case::{self, Case, Request};
use crs::judgement::judge;
use crs::load;
use crs::overrides::{self, Override};
use verdict_seclang::ruleset::RuleSet;
use verdict_seclang::transaction::{Connection, Outcome, Start, Transaction};

/// So many cases the rule set has; fewer were not run.
const CASES: usize = 4966;

/// The share that must pass.
const SHARE: f64 = 0.995;

/// What became of a case.
enum Result {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

#[test]
#[ignore = "needs the Core Rule Set: run `CRS=<folder> cargo test --test crs -- --ignored`"]
fn the_core_rule_sets_own_cases_pass() {
    let folder = std::env::var_os("CRS").expect("CRS names the folder of the Core Rule Set, with `rules` and `tests`");
    let folder = PathBuf::from(folder);
    let only = std::env::var("CASE").ok();
    let begun = Instant::now();
    let rules = load::rule_set(&folder, include_str!("crs/setup.conf")).unwrap_or_else(|problems| panic!("{problems}"));
    let rules = Rc::new(rules);
    println!(
        "loaded in {:?}: {} rules, {} lists of transformations, {:?} literals and bytes for their search",
        begun.elapsed(),
        rules.rules().len(),
        rules.chains().len(),
        rules.prefilter().size()
    );
    let begun = Instant::now();
    // By the first three digits of their rules.
    let mut families: BTreeMap<u64, [usize; 3]> = BTreeMap::new();
    let mut reasons: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for file in case::all(&folder.join("tests/regression")) {
        for test in &file.tests {
            let name = format!("{}-{}", file.rule_id, test.test_id);
            if only.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            let counts = families.entry(file.rule_id / 1000).or_default();
            match run(&rules, file.rule_id, test, only.is_some()) {
                Result::Passed => counts[0] += 1,
                Result::Failed(why) => {
                    counts[1] += 1;
                    println!("failed {name}: {why}");
                }
                Result::Skipped(why) => {
                    counts[2] += 1;
                    reasons.entry(why).or_default().push(name);
                }
            }
        }
    }
    println!("{:8} {:>6} {:>6} {:>7}", "family", "passed", "failed", "skipped");
    let mut total = [0; 3];
    for (family, counts) in &families {
        println!("{family:<8} {:>6} {:>6} {:>7}", counts[0], counts[1], counts[2]);
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    println!("{:8} {:>6} {:>6} {:>7}", "all", total[0], total[1], total[2]);
    for (why, names) in reasons {
        println!("skipped, {why}: {}", names.join(" "));
    }
    println!("run in {:?}", begun.elapsed());
    let ran = total[0] + total[1];
    let share = total[0] as f64 / ran.max(1) as f64;
    println!("{:.2} % of {ran} passed", share * 100.0);
    if only.is_none() {
        let all = total.iter().sum::<usize>();
        assert!(all >= CASES, "only {all} cases of {CASES} were there");
        assert!(share >= SHARE, "{:.2} % passed, less than {:.2} %", share * 100.0, SHARE * 100.0);
    }
}

fn run(rules: &Rc<RuleSet>, rule: u64, test: &Case, tell: bool) -> Result {
    let instead = overrides::of(rule, test.test_id);
    if let Some((Override::Skip, why)) = instead {
        return Result::Skipped(why);
    }
    for stage in &test.stages {
        let (ids, log) = transact(rules, &stage.input.request());
        if tell {
            println!("{log}");
        }
        let failure = judge(stage, instead.map(|(instead, _)| instead), rule, &ids, &log);
        if let Some(failure) = failure {
            return Result::Failed(failure);
        }
    }
    Result::Passed
}

/// Runs a request and the answer of the backend. The ids of the rules that matched, and a log as ModSecurity would write it.
fn transact(rules: &Rc<RuleSet>, request: &Request) -> (Vec<u64>, String) {
    let start = Start { epoch: 1_767_225_600, unique_id: b"176722560012.345678", budget: Start::BUDGET };
    let mut transaction = Transaction::new(rules, &start);
    transaction.connection(&Connection {
        remote_address: b"127.0.0.1",
        remote_port: 40_000,
        server_address: b"127.0.0.1",
        server_port: 80,
    });
    transaction.request_line(&request.method, &request.target, &request.protocol);
    let headers = request.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
    let mut outcomes = vec![transaction.request_headers(headers)];
    outcomes.push(transaction.request_body(&request.body));
    let (status, headers, body) = answer(request);
    let headers = headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
    outcomes.push(transaction.response_headers(status, b"HTTP/1.1", headers));
    outcomes.push(transaction.response_body(&body));
    transaction.logging();
    assert!(
        outcomes.iter().all(|outcome| *outcome == Outcome::Pass),
        "in DetectionOnly everything passes: {outcomes:?}"
    );
    let mut log = String::new();
    for matched in transaction.matched() {
        let text = |bytes: &[u8]| -> String {
            bytes.iter().fold(String::new(), |mut text, byte| {
                match byte {
                    b' '..=b'~' => text.push(char::from(*byte)),
                    other => drop(write!(text, "\\x{other:02x}")),
                }
                text
            })
        };
        let _ = writeln!(
            log,
            "[id \"{}\"] [msg \"{}\"] [data \"{}\"] {}",
            matched.id,
            text(&matched.message),
            text(&matched.logdata),
            matched.found.iter().map(|found| text(&found.name())).collect::<Vec<_>>().join(" ")
        );
    }
    (transaction.matched().iter().map(|matched| matched.id).collect(), log)
}
