//! What Prometheus makes of an Envoy without tags, with the relabelling of the examples.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use serde_json::Value;
use verdict_gateway::repository;
use verdict_gateway::shipped::read_yaml;
use verdict_policy::metrics::{LABELS, prometheus_relabel};

use super::{Series, all_told, is_ours, metrics, run};
use crate::stage::SOON;

/// One step of `metric_relabel_configs`, with the action `replace`.
struct Step {
    regex: Regex,
    target: String,
    replacement: String,
}

/// The steps of the example.
fn steps() -> Vec<Step> {
    let example = read_yaml(&repository().join("envoy/examples/prometheus.yaml")).unwrap();
    let steps = example["scrape_configs"][0]["metric_relabel_configs"].as_array().unwrap();
    let step = |step: &Value| {
        assert_eq!(step["source_labels"], serde_json::json!(["__name__"]));
        Step {
            // Prometheus anchors it.
            regex: Regex::new(&format!("^(?:{})$", step["regex"].as_str().unwrap())).unwrap(),
            target: step["target_label"].as_str().unwrap().to_owned(),
            replacement: step["replacement"].as_str().unwrap().to_owned(),
        }
    };
    steps.iter().map(step).collect()
}

/// As Prometheus does it: an empty label is none.
fn relabelled(steps: &[Step], name: &str, labels: &BTreeMap<String, String>) -> Series {
    let mut labels = labels.clone();
    labels.insert("__name__".to_owned(), name.to_owned());
    for step in steps {
        let Some(found) = step.regex.captures(&labels["__name__"]) else { continue };
        let mut value = String::new();
        found.expand(&step.replacement, &mut value);
        labels.insert(step.target.clone(), value);
    }
    labels.retain(|_, value| !value.is_empty());
    let name = labels.remove("__name__").unwrap();
    (name, labels)
}

/// What is left of a value that Envoy has made fit for a name of a metric.
fn fitted(value: &str) -> String {
    value.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect()
}

#[test]
fn relabelling_gives_the_same_series_with_underscores_for_dots_and_dashes() {
    run(async |three| {
        let steps = steps();
        all_told(&three.istio).await;
        verdict_gateway::wait_for("the same series", SOON, async || {
            let expected: BTreeSet<Series> = metrics(&three.istio)
                .await
                .iter()
                .filter(|sample| is_ours(sample))
                .map(|sample| {
                    let labels = sample.labels.iter().filter(|(_, value)| !value.is_empty());
                    let labels = labels
                        .map(|(name, value)| (name.clone(), if name == "le" { value.clone() } else { fitted(value) }));
                    (sample.name.clone(), labels.collect())
                })
                .collect();
            let bare = metrics(&three.bare).await;
            let ours = bare.iter().filter(|sample| sample.name.starts_with("filter___"));
            let relabelled: BTreeSet<Series> =
                ours.map(|sample| relabelled(&steps, &sample.name, &sample.labels)).collect();
            let differences: Vec<_> = expected.symmetric_difference(&relabelled).collect();
            if differences.is_empty() { Ok(()) } else { Err(format!("{differences:#?}")) }
        })
        .await
        .unwrap();
    });
}

#[test]
fn the_example_has_the_expressions_of_the_documentation() {
    let steps = steps();
    let (name, labels) = steps.split_last().unwrap();
    assert_eq!((name.target.as_str(), name.regex.as_str()), ("__name__", "^(?:filter___.*___(verdict_[a-z_]+))$"));
    assert_eq!(labels.len(), LABELS.len());
    for (step, (label, _)) in labels.iter().zip(LABELS) {
        assert_eq!(
            (step.target.as_str(), step.regex.as_str()),
            (*label, format!("^(?:{})$", prometheus_relabel(label)).as_str())
        );
    }
}

#[test]
fn relabelling_leaves_the_metrics_of_others_as_they_are() {
    run(async |three| {
        let steps = steps();
        let bare = metrics(&three.bare).await;
        let names: BTreeSet<&str> = bare.iter().map(|sample| sample.name.as_str()).collect();
        let (ours, others): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.starts_with("filter___"));
        assert!(ours.len() >= 20 && others.len() > 300, "{} and {}", ours.len(), others.len());
        for name in others {
            assert_eq!(relabelled(&steps, name, &BTreeMap::new()), (name.to_owned(), BTreeMap::new()));
        }
    });
}
