//! The module in the real Envoy: one process, one listener a scenario.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use verdict_gateway::upstream::{File, Seen};
use verdict_gateway::{Envoy, Error, Gateway, Listener, Plugin, Reply, Request, Result, Upstream, module, wait_for};

use crate::native::read_recorded;
use crate::scenario::{Became, Counts, Recorded, Scenario, Sent};

/// How long Envoy may take to write what it has decided.
const BOUND: Duration = Duration::from_secs(10);

/// The module of a filter: a shipped one, or one that only the tests have.
pub fn module_of(filter: &str) -> PathBuf {
    let shipped = module(filter);
    if shipped.exists() {
        shipped
    } else {
        verdict_gateway::repository().join(format!("target/test-modules/{filter}.wasm"))
    }
}

/// The filters whose decisions a module may record: a chain records under its members' names.
fn recorders(filter: &str) -> Vec<&str> {
    if filter == "chain" { vec!["key", "body"] } else { vec![filter] }
}

/// Runs every case of every scenario. What became of them, and how often each decision was counted, in the same order.
///
/// # Errors
/// When Envoy does not start, or does not answer.
pub async fn run(scenarios: &[&Scenario]) -> Result<Vec<(Vec<Became>, Counts)>> {
    let upstream = Upstream::start().await?;
    let mut gateway = Gateway::new(upstream.address())?.cluster("files", upstream.address());
    for (index, scenario) in scenarios.iter().enumerate() {
        // Each scenario's files are its own.
        for (path, served) in &scenario.files {
            let mut file = File::new(served.in_folder(&format!("/{index}"))).status(served.status);
            if let Some(kind) = &served.content_type {
                file = file.header("content-type", kind);
            }
            upstream.files().set(&format!("/{index}{path}"), file);
        }
        gateway = gateway.listener(listener(index, scenario));
    }
    let envoy = Envoy::start(&gateway.bootstrap(), &verdict_gateway::binary()?).await?;
    let mut results = Vec::new();
    let mut before = BTreeMap::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let address = envoy.listener(&index.to_string()).await?;
        let id = |number: usize| format!("scenario-{index}-{number}");
        let mut replies = Vec::new();
        for (number, case) in scenario.cases.iter().enumerate() {
            replies.push(send(address, &id(number), &case.request).await?);
        }
        // Envoy writes its access log now and then: it is read once all requests are answered.
        let lines = lines(&envoy, index, replies.len()).await?;
        let seen = upstream.seen();
        let mut became = Vec::new();
        for (number, reply) in replies.into_iter().enumerate() {
            let id = id(number);
            let line = lines.iter().find(|line| line["test_id"] == id);
            let line = line.ok_or_else(|| Error::new(format!("{id} is not in the access log")))?;
            let seen = seen.iter().find(|seen| seen.header("x-test-id") == [id.clone()]);
            became.push(became_of(scenario, &reply, line, seen));
        }
        let after = counts(&envoy).await?;
        let mut counted = Counts::new();
        for ((filter, key), count) in &after {
            let more = count - before.get(&(filter.clone(), key.clone())).copied().unwrap_or(0);
            if more > 0 && recorders(&scenario.filter).contains(&filter.as_str()) {
                counted.insert(key.clone(), more);
            }
        }
        before = after;
        results.push((became, counted));
    }
    envoy.stop().await;
    Ok(results)
}

fn listener(index: usize, scenario: &Scenario) -> Listener {
    // The native engine has the files by their path alone: here each scenario has a folder.
    let config = scenario.config.to_string().replace("\"path\":\"/", &format!("\"path\":\"/{index}/"));
    let plugin = Plugin::with_text(&scenario.filter, module_of(&scenario.filter), &config)
        .holds_body(scenario.gateway.holds_body)
        .vm_id(&format!("scenario-{index}"));
    let mut listener = Listener::new(&index.to_string())
        .use_remote_address(scenario.gateway.use_remote_address)
        .path_normalisation(scenario.gateway.normalises);
    if scenario.cases.iter().any(|case| case.request.has_trailers()) {
        listener = listener.trailers();
    }
    if !scenario.gateway.direct_peer {
        listener = listener.without_direct_peer();
    }
    let fields: serde_json::Map<String, Value> = recorders(&scenario.filter)
        .into_iter()
        .map(|filter| {
            let named = |name: &str, whole: &str| {
                (name.to_owned(), format!("%FILTER_STATE(wasm.verdict.{whole}:PLAIN)%").into())
            };
            let denial = named("denial", &format!("{filter}.denial"));
            let left = scenario.left().map(|name| named(name, name)).chain([denial]);
            (filter.to_owned(), Value::Object(left.collect()))
        })
        .collect();
    let test_id = serde_json::json!("%REQ(x-test-id)%");
    let fields = fields.into_iter().chain([("test_id".to_owned(), test_id)]).collect();
    listener.plugin(plugin).logged(&fields)
}

async fn send(address: SocketAddr, id: &str, sent: &Sent) -> Result<Reply> {
    let mut request = Request::new(&sent.method, &sent.path).host(&sent.host).from(&sent.from).header("x-test-id", id);
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    if let Some(body) = &sent.body {
        request = request.body(body.clone().into_bytes());
    }
    for (name, value) in &sent.trailers {
        request = request.trailer(name, value);
    }
    if let Some(answer) = &sent.answer {
        request = request.header("x-upstream-body", answer);
    }
    request.send(address).await
}

/// The access log of a scenario, once it has so many requests.
async fn lines(envoy: &Envoy, index: usize, count: usize) -> Result<Vec<Value>> {
    wait_for("the access log to have all requests", BOUND, async || {
        let lines = envoy.access_log(&index.to_string());
        if lines.len() < count { Err(format!("it has {} of {count}", lines.len())) } else { Ok(lines) }
    })
    .await
}

/// What became of a request, by its reply, its line in the access log, and what the upstream saw.
fn became_of(scenario: &Scenario, reply: &Reply, line: &Value, seen: Option<&Seen>) -> Became {
    let recorded: Option<Recorded> = recorders(&scenario.filter)
        .into_iter()
        .filter_map(|filter| read_recorded(line[filter]["denial"].as_str()?))
        .next();
    let left = |name: &str| Some((name.to_owned(), line[&scenario.filter][name].as_str()?.to_owned()));
    let pairs = |headers: &[(String, Vec<u8>)]| -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned())).collect()
    };
    Became {
        status: reply.status,
        reason: reply.header("x-verdict-reason").map(str::to_owned),
        recorded,
        left: scenario.left().filter_map(left).collect(),
        headers: pairs(&reply.headers),
        body: if seen.is_none() { reply.json().ok() } else { None },
        upstream: seen.map(|seen| {
            let mut headers = pairs(&seen.headers);
            headers.push((":path".to_owned(), seen.target.clone()));
            headers
        }),
    }
}

/// How often each filter counted each decision so far.
async fn counts(envoy: &Envoy) -> Result<BTreeMap<(String, [String; 4]), u64>> {
    let mut counts = BTreeMap::new();
    for sample in envoy.metrics_like("verdict_decisions_total").await? {
        let label = |name: &str| sample.labels.get(name).cloned().unwrap_or_default();
        let value = sample.value as u64;
        if sample.value.fract() != 0.0 {
            return Err(Error::new(format!("a count is not whole: {}", sample.value)));
        }
        counts.insert((label("filter"), ["decision", "reason", "rule", "mode"].map(label)), value);
    }
    Ok(counts)
}
