//! `verdict-gateway demo`: the tour, then what it left in metrics and access log, then the swaps under load.

use std::time::{Duration, Instant};

use serde_json::Value;
use verdict_gateway::shipped::shipped_filters;
use verdict_gateway::{Context, Error, Reply, Request, Result, Sample, wait_for};

use crate::stage::{Output, Stage};
use crate::table::{Column, render};
use crate::tour::{AWAITING_APPROVAL, INJECTION, SHORT_OF_A_SCOPE, Stop, TOKENS, TOLD_IN_FULL, TOUR};
use crate::{live, say};

/// The name of the metric that counts decisions.
const DECISIONS: &str = "verdict_decisions_total";
/// How many lines of the access log are shown.
const LINES: usize = 3;

/// Starts, shows, ends.
pub(crate) async fn demo() -> Result<()> {
    say("Starting Envoy ...\n")?;
    let stage = Stage::set(&shipped_filters()?, Output::Files).await?;
    say(&format!(
        "Envoy listens at {}, with the filters in front of an upstream at {}.\n",
        stage.gateway,
        stage.upstream.address()
    ))?;
    tour(&stage).await?;
    told_to_the_shop(&stage).await?;
    told_in_full(&INJECTION, &stage).await?;
    told_in_full(&TOLD_IN_FULL, &stage).await?;
    access_log(&stage).await?;
    approval(&stage).await?;
    live::swaps(&stage).await?;
    stage.envoy.stop().await;
    say("\nNothing is left running. `make run` keeps the gateway up.\n")
}

/// Sends the requests, and shows each with what was decided and why.
async fn tour(stage: &Stage) -> Result<()> {
    let before = stage.envoy.metrics().await?;
    let mut rows = Vec::new();
    let mut surprises = Vec::new();
    for stop in TOUR {
        let start = stage.envoy.metrics().await?;
        let reply = send(stop, stage).await?;
        let rule = rules(&moved(&start, &stage.envoy.metrics().await?));
        let reason = reason(&reply);
        if (reply.status, reason.as_str()) != (stop.status, stop.reason) {
            surprises.push(format!("{} from {}: {} {reason}", target(stop), stop.from, reply.status));
        }
        rows.push(vec![stop.from.to_owned(), target(stop), reply.status.to_string(), reason, rule, remedy(&reply)]);
    }
    let columns = [
        Column::new("from", 9),
        Column::new("request", 26),
        Column::new("status", 6),
        Column::new("reason", 28),
        Column::new("rule", 15),
        Column::new("remedy", 26),
    ];
    say(&format!("\nThe tour\n\n{}", render(&columns, &rows)))?;
    let metrics = tables(&moved(&before, &stage.envoy.metrics().await?));
    say(&format!("\nThe metrics that moved\n{metrics}"))?;
    if surprises.is_empty() { Ok(()) } else { Err(Error::new(format!("Not as expected:\n{}", surprises.join("\n")))) }
}

/// Shows what a refused client reads, which nobody trusts: the reason and the remedy, and nothing of the configuration.
async fn told_to_the_shop(stage: &Stage) -> Result<()> {
    let reply = send(&SHORT_OF_A_SCOPE, stage).await?;
    let body = serde_json::to_string_pretty(&reply.json()?).context("the refusal")?;
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    let request = target(&SHORT_OF_A_SCOPE);
    say(&format!(
        "\nWhat the shop's backend is told ({request})\n\n{}\nwww-authenticate: {challenge}\n\n{body}\n",
        reply.status
    ))
}

/// Shows a whole refusal.
async fn told_in_full(stop: &Stop, stage: &Stage) -> Result<()> {
    let reply = send(stop, stage).await?;
    let body = serde_json::to_string_pretty(&reply.json()?).context("the refusal")?;
    say(&format!("\nWhat a trusted client is told ({} from {})\n\n{body}\n", target(stop), stop.from))
}

/// Shows what the access log says of the last refusals, one of each reason. The first line is of the one told in full.
async fn access_log(stage: &Stage) -> Result<()> {
    let expected = TOUR.iter().filter(|stop| !stop.reason.is_empty()).count() + 3;
    let refused = wait_for("the access log", Duration::from_secs(5), async || {
        let lines = stage.envoy.access_log("gateway");
        let refused: Vec<Value> =
            lines.into_iter().filter(|line| line.get("status").is_some_and(|status| status != 200)).collect();
        if refused.len() < expected { Err(format!("{} lines of {expected}", refused.len())) } else { Ok(refused) }
    });
    let mut shown: Vec<Value> = Vec::new();
    for line in refused.await?.into_iter().rev() {
        if shown.len() < LINES && shown.iter().all(|other| other.get("details") != line.get("details")) {
            shown.push(line);
        }
    }
    let lines: String = shown.iter().map(|line| format!("{line}\n")).collect();
    say(&format!("\nThe access log says of this and two other refusals\n\n{lines}"))
}

/// Approves a subscription at the registry, and sends the request that was refused until it passes.
async fn approval(stage: &Stage) -> Result<()> {
    let path = stage.registry.approval();
    say(&format!("\nA subscription is approved: POST {path} at the registry\n\n"))?;
    stage.registry.approve().await?;
    let begin = Instant::now();
    let waited = wait_for("the approval to count", Duration::from_secs(20), async || {
        let reply = send(&AWAITING_APPROVAL, stage).await.map_err(|error| error.to_string())?;
        if reply.status == 200 { Ok(()) } else { Err(format!("{} {}", reply.status, reason(&reply))) }
    });
    waited.await?;
    let seconds = begin.elapsed().as_secs_f64();
    let request = target(&AWAITING_APPROVAL);
    say(&format!("{request}: 200, {seconds:.1} s later, with no restart and no new configuration\n"))
}

async fn send(stop: &Stop, stage: &Stage) -> Result<Reply> {
    let (method, target) = stop.request;
    let request = Request::new(method, target).from(stop.from);
    let request = stop.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let request = match TOKENS.get(stop.token) {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    let request = if stop.key { request.header("x-api-key", &stage.registry.key) } else { request };
    request.send(stage.gateway).await
}

fn target(stop: &Stop) -> String {
    let (method, target) = stop.request;
    let headers: String = stop.headers.iter().map(|(name, value)| format!(" {name}: {value}")).collect();
    let token = if stop.token.is_empty() { String::new() } else { format!(" ({} token)", stop.token) };
    let key = if stop.key { " (the shop's key)" } else { "" };
    format!("{method} {target}{headers}{token}{key}")
}

/// The reason of a refusal, as its header tells it; nothing if it has none.
fn reason(reply: &Reply) -> String {
    reply.header("x-verdict-reason").unwrap_or_default().to_owned()
}

fn remedy(reply: &Reply) -> String {
    if reply.status < 400 {
        return String::new();
    }
    let body = reply.json().unwrap_or_default();
    body.pointer("/verdict/remedy").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The counters of ours that rose, with how much.
fn moved(before: &[Sample], after: &[Sample]) -> Vec<Sample> {
    let ours = after.iter().filter(|sample| sample.name.starts_with("verdict_") && sample.name.ends_with("_total"));
    ours.filter_map(|sample| {
        let old = before.iter().find(|old| (&old.name, &old.labels) == (&sample.name, &sample.labels));
        let value = sample.value - old.map_or(0.0, |old| old.value);
        (value > 0.0).then(|| Sample { value, ..sample.clone() })
    })
    .collect()
}

/// The rules that decided, as the metrics tell them: they also know those that let a request pass.
fn rules(moved: &[Sample]) -> String {
    let decisions = moved.iter().filter(|sample| sample.name == DECISIONS);
    let mut rules: Vec<String> = decisions
        .filter_map(|sample| {
            // A filter that no rule of its own concerned has nothing to tell.
            let rule = sample.label("rule").filter(|rule| *rule != "default")?;
            let shadow = if sample.label("decision") == Some("would_deny") { " (shadow: would deny)" } else { "" };
            Some(format!("{rule}{shadow}"))
        })
        .collect();
    rules.dedup();
    if rules.is_empty() { "default".to_owned() } else { rules.join(", ") }
}

/// A table for each metric, its labels as columns.
fn tables(moved: &[Sample]) -> String {
    let mut names: Vec<&str> = moved.iter().map(|sample| sample.name.as_str()).collect();
    names.dedup();
    let table = |name: &str| {
        let samples: Vec<&Sample> = moved.iter().filter(|sample| sample.name == name).collect();
        let labels = samples.first().map_or(Vec::new(), |sample| sample.labels.keys().collect());
        let columns: Vec<Column> =
            labels.iter().map(|label| label.as_str()).chain(["moved by"]).map(|title| Column::new(title, 40)).collect();
        let rows: Vec<Vec<String>> = samples
            .iter()
            .map(|sample| {
                let values = labels.iter().map(|label| sample.label(label).unwrap_or_default().to_owned());
                values.chain([format!("{:+}", sample.value)]).collect()
            })
            .collect();
        format!("\n{name}\n\n{}", render(&columns, &rows))
    };
    names.into_iter().map(table).collect()
}
