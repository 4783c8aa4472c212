//! The shared table of spellings (`tests/scenarios/spellings.yaml`), natively.

use super::{Untold, matcher};
use crate::head::Head;
use crate::matching::host::Host;
use crate::matching::path::{Reading, read};
use crate::matching::{Ambiguous, Found, Table};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spellings {
    method: String,
    host: String,
    rules: Vec<Rule>,
    spellings: Vec<Spelling>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    r#match: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelling {
    path: String,
    host: Option<String>,
    method: Option<String>,
    matched: Option<String>,
    matched_host: Option<String>,
    rule: Option<String>,
    refused: Option<String>,
    use_normal_form: Option<Decision>,
    // What Envoy makes of it: for the end-to-end test.
    #[serde(rename = "http1")]
    _http1: Option<String>,
    #[serde(rename = "http2")]
    _http2: Option<String>,
    #[serde(rename = "normalised")]
    _normalised: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    matched: String,
    rule: String,
}

#[test]
fn every_spelling_is_matched_or_refused_as_the_table_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios/spellings.yaml");
    let file: Spellings = serde_norway::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let table = Table::new(file.rules.iter().map(|rule| matcher(&rule.r#match.to_string())).collect());
    for spelling in &file.spellings {
        let path = &spelling.path;
        let host = spelling.host.as_ref().unwrap_or(&file.host);
        let method = spelling.method.as_ref().unwrap_or(&file.method);
        let head = Head::from_pairs([(":method", method), (":authority", host), (":path", path)]);
        let decide = |ambiguous| match table.find(&head, &Untold, ambiguous) {
            Found::Rule(index) => Ok(file.rules[index].name.as_str()),
            Found::NoRule => Ok("default"),
            Found::PathAmbiguous => Err("path_ambiguous"),
            Found::PathUnknown => Err("path_unknown"),
            Found::HostUnknown => Err("host_unknown"),
            Found::HeaderAmbiguous(_) => Err("header_ambiguous"),
            Found::MethodUnknown => Err("method_unknown"),
        };
        let normal_form = match read(path.as_bytes()) {
            Reading::Unknown => String::new(),
            Reading::Plain(path) => String::from_utf8_lossy(path).into_owned(),
            Reading::Odd(odd) => String::from_utf8_lossy(&odd.normal_form()).into_owned(),
        };
        let context = format!("{host:?} {path:?}");
        match (&spelling.matched, &spelling.rule, &spelling.refused) {
            (Some(matched), Some(rule), None) => {
                assert_eq!(decide(Ambiguous::Refuse), Ok(rule.as_str()), "{context}");
                assert_eq!(decide(Ambiguous::UseNormalForm), Ok(rule.as_str()), "{context}");
                assert_eq!(normal_form, *matched, "{context}");
            }
            (None, None, Some(refused)) => {
                assert_eq!(decide(Ambiguous::Refuse), Err(refused.as_str()), "{context}");
                match &spelling.use_normal_form {
                    Some(Decision { matched, rule }) => {
                        assert_eq!(decide(Ambiguous::UseNormalForm), Ok(rule.as_str()), "{context}");
                        assert_eq!(normal_form, *matched, "{context}");
                    }
                    None => assert_eq!(decide(Ambiguous::UseNormalForm), Err(refused.as_str()), "{context}"),
                }
            }
            _ => panic!("{context}: either matched and rule, or refused"),
        }
        if let Some(matched) = &spelling.matched_host {
            assert_eq!(Host::read(host.as_bytes()).map(|host| host.to_string()).as_ref(), Some(matched), "{context}");
        }
    }
    assert!(file.spellings.len() >= 60, "only {} spellings", file.spellings.len());
}
