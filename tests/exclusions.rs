//! The exception that a refusal of `waf` proposes is pasted back: it admits that request, and takes nothing else away.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it exists only to test, and a panic is how a test fails"
)]

#[expect(dead_code, reason = "what a case expects is for those who run it")]
#[path = "../shared/seclang/tests/crs/case.rs"]
mod case;

use std::path::PathBuf;

use case::Request;
use serde_json::{Map, Value, json};
use verdict_policy::crypto::NoCrypto;
use verdict_policy::gate::Gate;
use verdict_policy::head::Head;
use verdict_policy::host::{Action, Side};
use verdict_tests::native::Proxy;
use verdict_waf::Waf;

/// What tells which profile a request comes under.
const PROFILE: &str = "x-profile";

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
enum Became {
    Passed,
    /// It was refused, and this would have admitted it.
    Refused(Vec<String>),
    /// It was refused for something else than rules: a body that cannot be read.
    Unreadable,
}

/// A filter in a proxy that is played.
struct Filter {
    gate: Gate<Waf>,
    proxy: Proxy,
}

/// A filter with those rules, and with a profile for each list of exceptions beside one without any.
fn filter(rules: &Value, paranoia: u16, exclusions: &[Vec<String>]) -> Filter {
    let mut profiles: Vec<Value> = exclusions
        .iter()
        .enumerate()
        .map(|(index, lines)| {
            json!({
                "name": format!("profile-{index}"),
                "match": { "headers": [{ "name": PROFILE, "equals": [index.to_string()] }] },
                "paranoia": paranoia,
                "exclusions": lines,
            })
        })
        .collect();
    profiles.push(json!({ "name": "without", "paranoia": paranoia }));
    let mut config = json!({ "default": "deny", "ambiguous_paths": "use_normal_form", "rules": profiles });
    config.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
    let gate = Gate::load(config.to_string().as_bytes(), &NoCrypto).unwrap_or_else(|problems| panic!("{problems}"));
    Filter { gate, proxy: Proxy::default() }
}

fn send(Filter { gate, proxy }: &mut Filter, request: &Request, profile: Option<usize>) -> Became {
    let text = |name: &str| name.as_bytes().to_vec();
    let mut head = vec![(text(":method"), request.method.clone()), (text(":path"), request.target.clone())];
    head.extend(request.header("Host").map(|host| (text(":authority"), host.to_vec())));
    head.extend(profile.map(|index| (text(PROFILE), text(&index.to_string()))));
    head.extend(request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(b"host")).cloned());
    *proxy.reply.borrow_mut() = None;
    proxy.left.borrow_mut().clear();
    proxy.heads.borrow_mut()[0] = Head::from_pairs(head);
    proxy.attributes.borrow_mut().insert("source.address".to_owned(), text("192.0.2.1:4000"));
    let id = proxy.begin();
    let end = request.body.is_empty();
    if gate.on_request(id, end, proxy) == Action::Pause && proxy.reply.borrow().is_none() {
        proxy.bodies.borrow_mut()[0] = Some(request.body.clone());
        let _ = gate.on_body(id, Side::Request, request.body.len(), true, proxy);
    }
    if proxy.reply.borrow().is_none() {
        return Became::Passed;
    }
    let denial: Value = serde_json::from_str(&proxy.left.borrow()["verdict.waf.denial"]).unwrap();
    match denial["context"]["exclusion"].as_str() {
        Some(lines) => Became::Refused(lines.lines().map(str::to_owned).collect()),
        None => Became::Unreadable,
    }
}

/// Pastes what each refused request was given. How many there were.
fn check(rules: &Value, paranoia: u16, requests: &[(String, Request)]) -> usize {
    let mut without = filter(rules, paranoia, &[]);
    let refused: Vec<(&(String, Request), Vec<String>)> = requests
        .iter()
        .filter_map(|request| match send(&mut without, &request.1, None) {
            Became::Refused(lines) => Some((request, lines)),
            Became::Passed | Became::Unreadable => None,
        })
        .collect();
    let lists: Vec<Vec<String>> = refused.iter().map(|(_, lines)| lines.clone()).collect();
    let mut gate = filter(rules, paranoia, &lists);
    let mut wrong = Vec::new();
    for (index, ((name, request), lines)) in refused.iter().enumerate() {
        assert!(!lines.is_empty(), "{name}: nothing is proposed");
        match send(&mut gate, request, Some(index)) {
            Became::Passed => {}
            other @ (Became::Refused(_) | Became::Unreadable) => {
                wrong.push(format!("{name}: with {lines:?}: {other:?}"))
            }
        }
        // Another one, under the same profile, is refused for the same as before.
        let ((other, request), others) = &refused[(index + 1) % refused.len()];
        // In the rule language, names that differ in case are one.
        if others.iter().any(|line| lines.iter().any(|own| own.eq_ignore_ascii_case(line))) {
            continue;
        }
        let became = send(&mut gate, request, Some(index));
        if became != Became::Refused(others.clone()) {
            wrong.push(format!("{other} under the exception for {name}: {became:?} instead of {others:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), refused.len(), wrong.join("\n"));
    refused.len()
}

fn get(target: &str) -> Request {
    Request {
        method: b"GET".to_vec(),
        target: target.as_bytes().to_vec(),
        protocol: b"HTTP/1.1".to_vec(),
        headers: vec![
            (b"Host".to_vec(), b"a.example".to_vec()),
            (b"User-Agent".to_vec(), b"Mozilla/5.0".to_vec()),
            (b"Accept".to_vec(), b"*/*".to_vec()),
        ],
        body: Vec::new(),
    }
}

/// Names of arguments that are hard to write in the rule language.
const NAMES: &[&str] = &[
    "q",
    "a%20b",
    "a%22b",
    "a%27b",
    "a%0ab",
    "a%0d%0ab",
    "a%5cb",
    "a%5c%27",
    "a%7cb",
    "a,b",
    "a%3bb",
    "a:b",
    "!a",
    "%26a",
    "/a/",
    "/a",
    "a*",
    "a%00b",
    "%ff%fe",
    "%c3%a4",
    "a[0]",
    "a[%22k%22]",
    "json.a.b",
    "%25{tx.0}",
    "@rx",
    "%23a",
    "%5cx41",
    "A",
    "",
];

#[test]
fn an_exception_can_be_pasted_whatever_the_name_of_the_argument() {
    let rules = json!({ "include": ["@starter"] });
    let requests: Vec<_> = NAMES
        .iter()
        .map(|name| ((*name).to_owned(), get(&format!("/search?harmless=1&{name}=1'%20or%20'1'='1"))))
        .collect();
    assert_eq!(check(&rules, 1, &requests), NAMES.len());
}

#[test]
fn an_exception_names_all_that_was_seen_and_no_more_than_is_too_much() {
    let mut gate = filter(&json!({ "include": ["@starter"] }), 1, &[]);
    let both = get("/?a=1'%20or%20'1'='1&b=%3Cscript%3Ealert(1)%3C/script%3E&c=1'%20or%20'1'='1");
    let expected = [
        "SecRuleUpdateTargetById 461300 \"!ARGS:a\"",
        "SecRuleUpdateTargetById 461300 \"!ARGS:c\"",
        "SecRuleUpdateTargetById 461301 \"!ARGS:b\"",
    ];
    assert_eq!(send(&mut gate, &both, None), Became::Refused(expected.map(str::to_owned).to_vec()));
    // What scores less than the threshold may stay.
    let rules = json!({ "include": ["@starter"], "directives": [
        "SecRule ARGS:d \"@streq odd\" \"id:1,phase:2,pass,t:none,severity:WARNING,msg:'odd',setvar:tx.blocking_inbound_anomaly_score=+%{tx.warning_anomaly_score}\"",
    ] });
    let mut gate = filter(&rules, 1, &[]);
    let became = send(&mut gate, &get("/?d=odd&a=1'%20or%20'1'='1"), None);
    assert_eq!(became, Became::Refused(vec!["SecRuleUpdateTargetById 461300 \"!ARGS:a\"".to_owned()]));
}

#[test]
#[ignore = "needs the Core Rule Set: run `make test-crs CRS=<folder or tarball>`"]
fn the_exceptions_to_the_core_rule_set_can_be_pasted() {
    let folder = PathBuf::from(std::env::var_os("CRS").expect("CRS names the folder of the Core Rule Set"));
    let mut files = Map::new();
    for part in ["", "rules"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if ["conf", "data", "conf.example"].iter().any(|end| name.ends_with(end)) {
                let name = if part.is_empty() { name } else { format!("{part}/{name}") };
                let text = std::fs::read_to_string(folder.join(&name)).unwrap();
                files.insert(name, Value::String(text));
            }
        }
    }
    let rules = json!({ "files": files, "include": ["crs-setup.conf.example", "rules/*.conf"] });
    let requests: Vec<(String, Request)> = case::all(&folder.join("tests/regression"))
        .into_iter()
        .flat_map(|file| {
            let rule = file.rule_id;
            file.tests.into_iter().map(move |test| {
                let request = test.stages.first().expect("a case has a stage").input.request();
                (format!("{rule}-{}", test.test_id), request)
            })
        })
        .collect();
    for (paranoia, nth) in [(1, 4), (4, 6)] {
        let sample: Vec<(String, Request)> = requests.iter().skip(1).step_by(nth).cloned().collect();
        let refused = check(&rules, paranoia, &sample);
        println!(
            "paranoia {paranoia}: {refused} of {} requests were refused, and each exception was pasted back",
            sample.len()
        );
        assert!(refused > 300, "only {refused}");
    }
}
