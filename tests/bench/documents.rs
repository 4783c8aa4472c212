//! What a large document costs inside Envoy: how long it takes to be there, how long to be replaced, and the longest callback on the way.
//!
//! `target/debug/documents [list|snapshot] [whole]`: from a source that serves parts, or from one that serves all of it at once

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use verdict_gateway::upstream::File;
use verdict_gateway::{Envoy, Gateway, Listener, Plugin, Request, Result, Upstream, wait_for};
use verdict_subscription::hash::Hasher;
use verdict_tests::envoy::module_of;

/// How many lines the list has.
const LINES: u32 = 1_000_000;

/// How many consumers the snapshot has, each with two keys, three subscriptions and an identity.
const CONSUMERS: u32 = 100_000;

/// How large a document may be, to the filter and to Envoy.
const MAX_BYTES: u32 = 128 << 20;

/// A document that is measured.
struct Case {
    about: String,
    filter: &'static str,
    config: Value,
    /// The document, in a version: each has one entry less than the one before.
    text: fn(u32) -> String,
    /// How many entries the first version has, as the metrics count them.
    entries: u32,
}

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let whole = words.iter().any(|word| word == "whole");
    words.retain(|word| word != "whole");
    let wanted = words.into_iter().next();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let cases = [("list", list()), ("snapshot", snapshot())];
    if let Some(wanted) = wanted.as_deref().filter(|wanted| cases.iter().all(|(name, _)| name != wanted)) {
        return failed(&format!("there is no document `{wanted}`; write `list` or `snapshot`, or nothing for both"));
    }
    for (_, case) in cases.into_iter().filter(|(name, _)| wanted.as_deref().is_none_or(|wanted| wanted == *name)) {
        if let Err(error) = runtime.block_on(measure(&case, whole)) {
            return failed(&error.to_string());
        }
    }
    ExitCode::SUCCESS
}

fn failed(error: &str) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// Where the document is.
fn fetched() -> Value {
    json!({
        "cluster": "files", "authority": "files", "path": "/document", "max_bytes": MAX_BYTES, "timeout_seconds": 30,
        "refresh_seconds": 30,
    })
}

fn list() -> Case {
    Case {
        about: format!("a list of {LINES} addresses"),
        filter: "ip-allowlist",
        config: json!({
            "client_address": "envoy",
            "default": "deny",
            "lists": { "long": { "fetch": fetched() } },
            "rules": [{ "name": "all", "allow": ["any"], "deny": ["long"] }],
        }),
        // Spread over the whole range by a multiplication that visits every address once, in no order.
        text: |version| {
            let address = |index: u32| std::net::Ipv4Addr::from(index.wrapping_mul(2_654_435_761));
            (version..=LINES).map(|index| format!("{}\n", address(index))).collect()
        },
        entries: LINES,
    }
}

fn snapshot() -> Case {
    Case {
        about: format!("a snapshot of {CONSUMERS} consumers"),
        filter: "subscription",
        config: json!({
            "default": "allow",
            "keys": {},
            "source": { "snapshot": fetched() },
            "rules": [{ "name": "payments", "match": { "paths": ["/payments/**"] }, "api": "api-0" }],
        }),
        text: |version| {
            let mut text = format!("{{\"snapshot\": 1, \"version\": {version}}}\n{{\"plan\": \"gold\"}}\n");
            for consumer in 0..CONSUMERS {
                let hash = |nth: u32| Hasher::Sha256.hash(format!("key {nth} of {consumer}").as_bytes()).written();
                let key = |nth| json!({ "hash": hash(nth), "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-12-31T00:00:00Z" });
                // The first consumer has fewer from version to version.
                let first = if consumer == 0 { version - 1 } else { 0 };
                let subscribed = |api: u32| json!({ "api": format!("api-{api}"), "plan": "gold", "state": "active", "starts": "2026-01-01T00:00:00Z", "ends": "2027-12-31T00:00:00Z" });
                let line = json!({
                    "consumer": format!("consumer-{consumer:08}"),
                    "keys": [key(0), key(1)],
                    "identities": [format!("client-{consumer}@example.com")],
                    "subscriptions": (first..3).map(subscribed).collect::<Vec<_>>(),
                });
                text += &format!("{line}\n");
            }
            text + &format!("{{\"end\": {}}}\n", CONSUMERS + 2)
        },
        entries: 3 * CONSUMERS,
    }
}

async fn measure(case: &Case, whole: bool) -> Result<()> {
    let text = (case.text)(1);
    let how = if whole { "whole" } else { "in parts" };
    println!("{}, {:.1} MB of text, {how}, one worker", case.about, text.len() as f64 / 1e6);
    let upstream = Upstream::start().await?;
    let serve = |text: String, etag: &str| {
        let file = File::new(text);
        upstream.files().set("/document", if whole { file } else { file.header("etag", etag) });
    };
    serve(text, "\"1\"");
    let plugin = Plugin::new(case.filter, module_of(case.filter), &case.config);
    let gateway = Gateway::new(upstream.address())?
        .cluster("files", upstream.address())
        .patch(if whole { json!({ "layered_runtime": { "layers": [{ "name": "limits", "static_layer": { "http.async_response_buffer_limit": MAX_BYTES } }] } }) } else { json!({}) })
        .listener(Listener::new("filter").plugin(plugin));
    let mut options = verdict_gateway::envoy::Options::new(&verdict_gateway::binary()?);
    options.concurrency = 1;
    let started = Instant::now();
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let address = envoy.listener("filter").await?;
    has_entries(&envoy, case.entries).await?;
    println!("there after            {:>8.1} s (with Envoy's own start)", started.elapsed().as_secs_f64());
    tell(&envoy).await?;

    serve((case.text)(2), "\"2\"");
    let changed = Instant::now();
    has_entries(&envoy, case.entries - 1).await?;
    println!("another one after      {:>8.1} s (fetched every 30 s)", changed.elapsed().as_secs_f64());
    for _ in 0..1000 {
        Request::get("/").send(address).await?;
    }
    tell(&envoy).await?;
    envoy.stop().await;
    Ok(())
}

/// Waits until a worker tells of so many entries.
async fn has_entries(envoy: &Envoy, entries: u32) -> Result<()> {
    wait_for("the document to be there", Duration::from_secs(120), async || {
        let told = gauge(envoy, "verdict_data_entries").await.map_err(|error| error.to_string())?;
        if told == Some(f64::from(entries)) { Ok(()) } else { Err(format!("{told:?} entries, not {entries}")) }
    })
    .await
}

async fn gauge(envoy: &Envoy, name: &str) -> Result<Option<f64>> {
    Ok(envoy.metrics().await?.iter().find(|sample| sample.name == name).map(|sample| sample.value))
}

async fn tell(envoy: &Envoy) -> Result<()> {
    let longest = gauge(envoy, "verdict_longest_tick_microseconds").await?.unwrap_or_default();
    println!("longest callback       {:>8.1} ms", longest / 1000.0);
    let memory = std::fs::read_to_string(format!("/proc/{}/status", envoy.pid())).unwrap_or_default();
    for line in memory.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")) {
        println!("Envoy's {line}  (main thread and one worker each have a VM)");
    }
    Ok(())
}
