//! The metrics as whoever reads them gets them: from an Envoy with our `stats_tags`, from one with Istio's, and by way of Prometheus
//! from one whose bootstrap cannot be changed.

mod relabel;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use verdict_cors::Cors;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Request, Sample, Upstream, wait_for};
use verdict_ip_allowlist::IpAllowlist;
use verdict_jwt_scope::JwtScope;
use verdict_policy::contract::Policy;
use verdict_policy::metrics::{ALL, DECISIONS, LABELS};
use verdict_policy::reason::common;
use verdict_subscription::SubscriptionPolicy;
use verdict_subscription::hash::Hasher;
use verdict_test_body::BodyPolicy;
use verdict_tests::tokens::MADE;
use verdict_waf::Waf;

use crate::stage::{SOON, Shared, Stage, count, filtered, listener};

/// The same gateway three times, with the same requests behind it.
struct Three {
    /// With the shipped `stats_tags`.
    ours: Stage,
    /// With the expressions that Istio generates.
    istio: Stage,
    /// With no tags but Envoy's own.
    bare: Stage,
}

/// The Envoys of this file.
static THREE: Shared<Three> = Shared::new();

fn run(test: impl AsyncFnOnce(&Three)) {
    THREE.with(start, test);
}

/// Rules whose names are hard to lift out of a name, with the path that they are for.
const RULES: [(&str, &str); 5] = [
    ("/dots", "a.b..c"),
    ("/dashes", "--a-_b__"),
    ("/like-others", "http.ingress.rq_404.cluster.x"),
    ("/like-ours", "verdict_decisions_total"),
    ("/digits", "10.0.0.0-8"),
];

/// The key of the one who has subscribed.
const KEY: &str = "shop-key-0123456789abcdef";

/// A name for a connection manager that looks like one of ours, for its own metrics to be named after.
const LOOKS_LIKE_OURS: &str = "x.rule=.=theirs;.;decision=.=theirs;.;verdict_decisions_total";

async fn start() -> Three {
    let tags = |make: &dyn Fn(&str) -> String| -> Vec<Value> {
        LABELS.iter().map(|(label, _)| json!({ "tag_name": label, "regex": make(label) })).collect()
    };
    // As pilot/pkg/bootstrap writes it for each name in `extraStatTags`.
    let istio = tags(&|label| format!(r"({label}=\.=(.*?);\.;)"));
    let (ours, istio, bare) = tokio::join!(
        one(json!({})),
        one(json!({ "stats_config": { "stats_tags": istio } })),
        one(json!({ "stats_config": null })),
    );
    Three { ours, istio, bare }
}

/// Starts one, and sends it what all three are sent.
async fn one(mut patch: Value) -> Stage {
    let upstream = Upstream::start().await.unwrap();
    upstream.files().set("/feed", File::new("127.0.0.7\nnonsense\n127.0.0.8\n"));
    upstream.files().set("/snapshot", snapshot(2));
    upstream.files().set("/down", File::new("down").status(500));
    verdict_gateway::config::merge(&mut patch, json!({ "stats_flush_interval": "0.2s" }));
    let stage = Stage::start_with(upstream, listeners(), patch).await;
    for (path, _) in RULES {
        for _ in 0..3 {
            send(&stage, "rules", Request::get(path).from("127.0.0.2"), 200).await;
        }
        for _ in 0..2 {
            send(&stage, "rules", Request::get(path).from("127.0.0.3"), 403).await;
        }
    }
    send(&stage, "rules", Request::get("/watched").from("127.0.0.3"), 200).await;
    send(&stage, "rules", Request::get("/listed").from("127.0.0.7"), 403).await;
    send(&stage, "rules", Request::get("/unable").from("127.0.0.3"), 200).await;
    send(&stage, "rules", Request::get("/elsewhere"), 403).await;
    send(&stage, "rules", Request::get("/x/..%2fdots"), 400).await;
    send(&stage, "bodies", Request::post("/", "harmless").header("x-upstream-body", "harmless"), 200).await;
    send(&stage, "orders", Request::get("/").header("x-api-key", "a-key-of-nobody"), 401).await;
    send(&stage, "orders", Request::get("/").header("x-api-key", KEY), 200).await;
    send(&stage, "payloads", Request::get("/?q=1'%20or%20'1'='1"), 403).await;
    // Older than what was there: a replay.
    stage.upstream.files().set("/snapshot", snapshot(1));
    for _ in 0..2 {
        let token = &MADE.tokens["ES256"];
        send(&stage, "tokens", Request::get("/").header("authorization", format!("Bearer {token}")), 200).await;
    }
    send(&stage, LOOKS_LIKE_OURS, Request::get("/"), 200).await;
    odd_requests(&stage).await;
    stage
}

fn snapshot(version: u64) -> File {
    File::new(format!(
        "{{\"snapshot\": 1, \"version\": {version}}}\n{{\"plan\": \"gold.1-a\"}}\n{{\"consumer\": \"shop\", \"keys\": [{{\"hash\": \"{}\"}}], \"subscriptions\": [{{\"api\": \"orders\", \"plan\": \"gold.1-a\", \"state\": \"active\"}}]}}\n{{\"end\": 3}}\n",
        Hasher::Sha256.hash(KEY.as_bytes()).written()
    ))
}

async fn send(stage: &Stage, listener: &str, request: Request, status: u16) {
    let what = format!("{request:?}");
    assert_eq!(request.send(stage.address(listener)).await.unwrap().status, status, "{what}");
}

fn configs() -> [(&'static str, &'static str, Value); 5] {
    let source = |path: &str| json!({ "cluster": "files", "authority": "lists.example", "path": path });
    let rule = |path: &str, name: &str| json!({ "name": name, "match": { "paths": [path] }, "allow": ["127.0.0.2"] });
    let mut rules: Vec<Value> = RULES.iter().map(|(path, name)| rule(path, name)).collect();
    rules.push(
        json!({ "name": "watched", "mode": "shadow", "match": { "paths": ["/watched"] }, "allow": ["127.0.0.2"] }),
    );
    rules.push(json!({ "name": "listed", "match": { "paths": ["/listed"] }, "allow": ["any"], "deny": ["feed-1"] }));
    rules.push(json!({ "name": "unable", "match": { "paths": ["/unable"] }, "allow": ["down_2"] }));
    let rules = json!({
        "client_address": "direct", "default": "deny", "on_error": "allow", "log_lines_per_second": 1,
        "lists": { "feed-1": { "fetch": source("/feed") }, "down_2": { "fetch": source("/down") } },
        "rules": rules,
    });
    let bodies = json!({ "default": "deny", "rules": [{ "name": "bodies", "forbid": "attack", "response": true }] });
    let provider =
        json!({ "issuer": "https://login.example/shop", "audiences": [], "keys": { "jwks": MADE.keys["ES256"] } });
    let subscriptions = json!({
        "default": "deny", "keys": {}, "rules": [{ "name": "orders", "api": "orders" }],
        "source": { "snapshot": {
            "cluster": "files", "authority": "portal.example", "path": "/snapshot", "refresh_seconds": 1, "timeout_seconds": 1,
        } },
    });
    let tokens = json!({ "default": "deny", "providers": { "shop": provider }, "rules": [{ "name": "tokens" }] });
    [
        ("rules", "ip-allowlist", rules),
        ("bodies", "body", bodies),
        ("tokens", "jwt-scope", tokens),
        ("orders", "subscription", subscriptions),
        ("payloads", "waf", json!({ "default": "deny", "include": ["@starter"], "rules": [{ "name": "payloads" }] })),
    ]
}

fn listeners() -> Vec<(&'static str, Listener)> {
    let mut listeners: Vec<_> = configs().map(|(name, filter, config)| filtered(name, filter, &config)).into();
    listeners.push((LOOKS_LIKE_OURS, listener(LOOKS_LIKE_OURS, &[])));
    listeners
}

/// A series: its metric and its labels.
type Series = (String, BTreeMap<String, String>);

async fn metrics(stage: &Stage) -> Vec<Sample> {
    stage.envoy.metrics().await.unwrap()
}

fn is_ours(sample: &Sample) -> bool {
    sample.name.starts_with("verdict_")
}

/// The series that are ours.
fn ours(samples: &[Sample]) -> BTreeSet<Series> {
    samples.iter().filter(|sample| is_ours(sample)).map(|sample| (sample.name.clone(), sample.labels.clone())).collect()
}

/// The names of a metric's samples: a histogram has several.
fn names(metric: &verdict_policy::metrics::Metric) -> Vec<String> {
    let ends: &[&str] = match metric.kind {
        verdict_policy::host::Kind::Counter | verdict_policy::host::Kind::Gauge => &[""],
        verdict_policy::host::Kind::Histogram => &["_bucket", "_sum", "_count"],
    };
    ends.iter().map(|end| format!("{}{end}", metric.name)).collect()
}

/// Waits until every metric of the table was told: data is, about once a second.
async fn all_told(stage: &Stage) -> Vec<Sample> {
    wait_for("every metric to be told", SOON, async || {
        let samples = metrics(stage).await;
        let missing: Vec<&str> = ALL
            .iter()
            .filter(|metric| !names(metric).iter().all(|name| samples.iter().any(|sample| sample.name == *name)))
            .map(|metric| metric.name)
            .collect();
        if missing.is_empty() { Ok(samples) } else { Err(format!("{missing:?} are missing")) }
    })
    .await
    .unwrap()
}

#[test]
fn every_metric_of_the_table_is_there_with_the_labels_of_the_table_and_no_other_is() {
    run(async |three| {
        for stage in [&three.ours, &three.istio] {
            for sample in all_told(stage).await.iter().filter(|sample| is_ours(sample)) {
                let metric = ALL.iter().find(|metric| names(metric).contains(&sample.name)).unwrap();
                let mut labels: BTreeSet<&str> = sample.labels.keys().map(String::as_str).collect();
                labels.remove("le");
                assert_eq!(labels, metric.labels.iter().copied().collect(), "{sample:?}");
            }
        }
    });
}

#[test]
fn decisions_are_counted_by_what_was_decided_and_who_decided() {
    run(async |three| {
        let mut expected: Vec<(f64, [&str; 4])> = Vec::new();
        for (_, rule) in RULES {
            expected.push((3.0, ["allowed", "", rule, "enforce"]));
            expected.push((2.0, ["denied", "ip-allowlist.not_allowed", rule, "enforce"]));
        }
        expected.extend([
            (1.0, ["would_deny", "ip-allowlist.not_allowed", "watched", "shadow"]),
            (1.0, ["denied", "ip-allowlist.denied", "listed", "enforce"]),
            (1.0, ["unable", "ip-allowlist.list_unavailable", "unable", "enforce"]),
        ]);
        let value = |samples: &[Sample], values: [&str; 4]| {
            let labels = ["decision", "reason", "rule", "mode"];
            let labels: Vec<_> = labels.into_iter().zip(values).chain([("filter", "ip-allowlist")]).collect();
            count(samples, DECISIONS.name, &labels)
        };
        for stage in [&three.ours, &three.istio] {
            // Some may be counted with the tick.
            let samples = wait_for("all decisions to be counted", SOON, async || {
                let samples = metrics(stage).await;
                let other = expected.iter().find(|(times, values)| value(&samples, *values) != *times);
                other.map_or(Ok(samples), |(_, values)| Err(format!("{values:?}")))
            });
            let samples = samples.await.unwrap();
            // Odd requests come to this, too.
            for (reason, rule) in [("no_rule_matched", "default"), ("path_ambiguous", "ambiguous_paths")] {
                let reason = format!("ip-allowlist.{reason}");
                assert!(value(&samples, ["denied", &reason, rule, "enforce"]) >= 1.0, "{reason}");
            }
        }
    });
}

#[test]
fn istios_expressions_give_the_same_series_as_ours() {
    run(async |three| {
        all_told(&three.ours).await;
        all_told(&three.istio).await;
        wait_for("both Envoys to have the same series", SOON, async || {
            let (ours, istio) = (ours(&metrics(&three.ours).await), ours(&metrics(&three.istio).await));
            let differences: Vec<_> = ours.symmetric_difference(&istio).collect();
            if differences.is_empty() { Ok(()) } else { Err(format!("{differences:#?}")) }
        })
        .await
        .unwrap();
        let istio = ours(&metrics(&three.istio).await);
        assert!(istio.len() > 30, "{istio:#?}");
    });
}

/// The series of everybody else. Listeners are called after their ports, which differ.
fn others(samples: &[Sample]) -> BTreeSet<(String, Vec<(String, String)>)> {
    let without_port = |value: &str| match value.rsplit_once('_') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        _ => value.to_owned(),
    };
    let labels =
        |sample: &Sample| sample.labels.iter().map(|(name, value)| (name.clone(), without_port(value))).collect();
    let others = samples.iter().filter(|sample| !is_ours(sample) && !sample.name.starts_with("filter___"));
    others.map(|sample| (sample.name.clone(), labels(sample))).collect()
}

#[test]
fn the_metrics_of_others_stay_as_they_are() {
    run(async |three| {
        wait_for("both Envoys to have the same series of others", SOON, async || {
            let (tagged, bare) = (others(&metrics(&three.ours).await), others(&metrics(&three.bare).await));
            let differences: Vec<_> = tagged.symmetric_difference(&bare).collect();
            if differences.is_empty() { Ok(()) } else { Err(format!("{differences:#?}")) }
        })
        .await
        .unwrap();
        let bare = others(&metrics(&three.bare).await);
        assert!(bare.len() > 300, "{}", bare.len());
        // Among them are those that look like ours, and are not.
        assert!(bare.iter().any(|(name, _)| name.contains("decision___theirs___verdict_decisions_total")), "{bare:#?}");
    });
}

/// What the values of a label may be, whatever anybody sends.
fn known(label: &str) -> BTreeSet<String> {
    let hash = |config: &Value| {
        let mut problems = verdict_policy::problems::Problems::new();
        let document = verdict_policy::document::Document::parse(config.to_string().as_bytes(), &mut problems).unwrap();
        document.hash().to_owned()
    };
    let reasons = || {
        let own = [
            (IpAllowlist::NAME, IpAllowlist::REASONS),
            (BodyPolicy::NAME, BodyPolicy::REASONS),
            (JwtScope::NAME, JwtScope::REASONS),
            (Cors::NAME, Cors::REASONS),
            (SubscriptionPolicy::NAME, SubscriptionPolicy::REASONS),
            (Waf::NAME, Waf::REASONS),
        ];
        own.into_iter().flat_map(|(filter, own)| {
            own.iter().chain(common::ALL).map(move |reason| format!("{filter}.{}", reason.code))
        })
    };
    let fixed = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    match label {
        "filter" => fixed(&["ip-allowlist", "body", "jwt-scope", "subscription", "waf"]),
        "decision" => fixed(&["allowed", "denied", "would_deny", "unable"]),
        "reason" => reasons().chain([String::new()]).collect(),
        "rule" => {
            let others = [
                "odd",
                "watched",
                "listed",
                "unable",
                "bodies",
                "tokens",
                "orders",
                "payloads",
                "default",
                "ambiguous_paths",
            ];
            RULES.iter().map(|(_, rule)| *rule).chain(others).map(str::to_owned).collect()
        }
        "mode" => fixed(&["enforce", "shadow"]),
        "call" | "source" => fixed(&["feed-1", "down_2", "subscriptions"]),
        "outcome" => fixed(&["answered", "refused", "no_answer", "too_large", "hit", "miss"]),
        "cache" => fixed(&["tokens"]),
        "api" => fixed(&["orders"]),
        "plan" => fixed(&["gold.1-a"]),
        // Those of the starter set.
        "rule_id" => (461_100..462_000).map(|id| id.to_string()).collect(),
        "phase" => fixed(&["request", "response", "request_headers", "request_body"]),
        "config_hash" => configs().iter().map(|(_, _, config)| hash(config)).collect(),
        other => panic!("there is no label {other}"),
    }
}

/// Requests of which no part may become the value of a label.
fn odd(number: usize) -> Request {
    let methods = ["GET", "POST", "PROPFIND", "X-ODD"];
    let paths =
        ["/odd;.;rule=.=forged", "/x/../odd", "//odd", "/%2e%2e/odd", "/odd%00", "/odd?rule=.=x;.;", "/a", "*", "/ODD"];
    let hosts = ["forged.example", "rule=.=x", "", "a..b", "[::1]:80", "xn--forged.example."];
    let name = ["x-forwarded-for", "x-api-key", "x-envoy-rule", "decision", "forwarded", "x-request-id"][number % 6];
    let request = Request::new(methods[number % methods.len()], paths[number % paths.len()]);
    let request = request.host(hosts[number % hosts.len()]).from(["127.0.0.2", "127.0.0.3", "127.0.0.7"][number % 3]);
    request
        .header(name, format!("odd-{number};.;rule=.=forged-{number};.;"))
        .header("user-agent", format!("odd/{number}"))
}

async fn odd_requests(stage: &Stage) {
    for number in 0..100 {
        let listener = ["rules", "bodies"][number % 2];
        // Some of them Envoy itself refuses, which is as good.
        let _ = odd(number).bound(Duration::from_secs(10)).send(stage.address(listener)).await;
    }
}

#[test]
fn no_label_has_a_value_from_a_request() {
    run(async |three| {
        let stage = &three.ours;
        let decisions = async || metrics(stage).await.iter().filter(|sample| sample.name == DECISIONS.name).count();
        let before = decisions().await;
        odd_requests(stage).await;
        assert_eq!(decisions().await, before, "the same requests once more made more series");
        for sample in metrics(stage).await.iter().filter(|sample| is_ours(sample)) {
            for (label, value) in sample.labels.iter().filter(|(label, _)| *label != "le") {
                assert!(known(label).contains(value), "{label}={value:?} of {} came from a request", sample.name);
            }
        }
        let text = stage.envoy.prometheus().await.unwrap();
        assert!(!text.contains("odd-") && !text.contains("forged"));
    });
}

#[test]
fn the_configuration_is_told_by_the_hash_that_refusals_name() {
    run(async |three| {
        for (_, filter, _) in configs() {
            for stage in [&three.ours, &three.istio] {
                let samples = metrics(stage).await;
                let told: Vec<_> =
                    samples.iter().filter(|sample| sample.name == "verdict_configuration_info").collect();
                let told: Vec<_> = told.into_iter().filter(|sample| sample.label("filter") == Some(filter)).collect();
                assert_eq!(told.iter().map(|sample| sample.value).collect::<Vec<_>>(), [1.0], "{filter}");
                assert!(known("config_hash").contains(told[0].label("config_hash").unwrap()), "{told:?}");
            }
        }
    });
}

#[test]
fn calls_data_bodies_and_evaluations_are_told() {
    run(async |three| {
        let told = async |metric: &str, labels: &[(&str, &str)], enough: &dyn Fn(f64) -> bool| {
            three.ours.counted(metric, labels, enough).await;
        };
        let list = [("filter", "ip-allowlist"), ("source", "feed-1")];
        told("verdict_data_entries", &list, &|entries| entries == 2.0).await;
        told("verdict_data_bad_entries", &list, &|entries| entries == 1.0).await;
        told("verdict_data_age_seconds", &list, &|seconds| seconds < 60.0).await;
        let some = |count: f64| count >= 1.0;
        for call in ["feed-1", "down_2"] {
            let labels = [("filter", "ip-allowlist"), ("call", call), ("outcome", "answered")];
            told("verdict_calls_total", &labels, &some).await;
        }
        for phase in ["request", "response"] {
            told("verdict_bodies_inspected_total", &[("filter", "body"), ("phase", phase)], &some).await;
        }
        for filter in ["ip-allowlist", "body"] {
            told("verdict_evaluation_microseconds_count", &[("filter", filter)], &some).await;
        }
        told("verdict_longest_tick_microseconds", &[("filter", "ip-allowlist")], &some).await;
        told("verdict_log_lines_suppressed_total", &[("filter", "ip-allowlist")], &some).await;
    });
}
