//! The module in the real Envoy: one process, one listener a scenario.

use std::path::PathBuf;
use std::time::Duration;

use verdict_gateway::upstream::File;
use verdict_gateway::{Envoy, Error, Gateway, Listener, Plugin, Request, Result, Upstream, module, wait_for};

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
    for (index, scenario) in scenarios.iter().enumerate() {
        let address = envoy.listener(&index.to_string()).await?;
        let before = counts(&envoy, scenario).await?;
        let mut became = Vec::new();
        for (number, case) in scenario.cases.iter().enumerate() {
            let id = format!("scenario-{index}-{number}");
            became.push(send(&envoy, &upstream, address, index, &id, scenario, &case.request).await?);
        }
        let mut counted = counts(&envoy, scenario).await?;
        for (key, count) in before {
            if let Some(after) = counted.get_mut(&key) {
                *after -= count;
            }
        }
        counted.retain(|_, count| *count > 0);
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
    let fields: serde_json::Map<String, serde_json::Value> = recorders(&scenario.filter)
        .into_iter()
        .map(|filter| {
            let left = scenario
                .left()
                .chain(["denial"])
                .map(|name| (name.to_owned(), format!("%FILTER_STATE(wasm.verdict.{filter}.{name}:PLAIN)%").into()));
            (filter.to_owned(), serde_json::Value::Object(left.collect()))
        })
        .collect();
    let test_id = serde_json::json!("%REQ(x-test-id)%");
    let fields = fields.into_iter().chain([("test_id".to_owned(), test_id)]).collect();
    listener.plugin(plugin).logged(&fields)
}

async fn send(
    envoy: &Envoy,
    upstream: &Upstream,
    address: std::net::SocketAddr,
    index: usize,
    id: &str,
    scenario: &Scenario,
    sent: &Sent,
) -> Result<Became> {
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
    let reply = request.send(address).await?;
    let line = wait_for("the access log to have the request", BOUND, async || {
        let lines = envoy.access_log(&index.to_string());
        lines.into_iter().find(|line| line["test_id"] == id).ok_or_else(|| "no such line".to_owned())
    })
    .await?;
    let recorded: Option<Recorded> = recorders(&scenario.filter)
        .into_iter()
        .filter_map(|filter| read_recorded(line[filter]["denial"].as_str()?))
        .next();
    let left = |name: &str| Some((name.to_owned(), line[&scenario.filter][name].as_str()?.to_owned()));
    let seen = upstream.seen().into_iter().find(|seen| seen.header("x-test-id") == [id.to_owned()]);
    let pairs = |headers: &[(String, Vec<u8>)]| -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned())).collect()
    };
    Ok(Became {
        status: reply.status,
        reason: reply.header("x-verdict-reason").map(str::to_owned),
        recorded,
        left: scenario.left().filter_map(left).collect(),
        headers: pairs(&reply.headers),
        body: if seen.is_none() { reply.json().ok() } else { None },
        upstream: seen.map(|seen| {
            let mut headers = pairs(&seen.headers);
            headers.push((":path".to_owned(), seen.target));
            headers
        }),
    })
}

/// How often each decision of this filter was counted so far.
async fn counts(envoy: &Envoy, scenario: &Scenario) -> Result<Counts> {
    let samples = envoy.metrics().await?;
    let mut counts = Counts::new();
    for sample in samples.iter().filter(|sample| sample.name == "verdict_decisions_total") {
        let label = |name: &str| sample.labels.get(name).cloned().unwrap_or_default();
        if !recorders(&scenario.filter).contains(&label("filter").as_str()) {
            continue;
        }
        let value = sample.value as u64;
        if sample.value.fract() != 0.0 {
            return Err(Error::new(format!("a count is not whole: {}", sample.value)));
        }
        counts.insert(["decision", "reason", "rule", "mode"].map(label), value);
    }
    Ok(counts)
}
