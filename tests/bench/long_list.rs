//! What a list of a million addresses costs inside Envoy: how long it takes to be there, and the longest callback on the way.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::json;
use verdict_gateway::upstream::File;
use verdict_gateway::{Envoy, Gateway, Listener, Plugin, Request, Result, Upstream, wait_for};
use verdict_tests::envoy::module_of;

/// How many lines the list has.
const LINES: u32 = 1_000_000;

fn main() -> ExitCode {
    let measured = tokio::runtime::Runtime::new()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(measure()).map_err(|error| error.to_string()));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<()> {
    // Spread over the whole range by a multiplication that visits every address once, in no order.
    let text: String =
        (1..=LINES).map(|index| format!("{}\n", std::net::Ipv4Addr::from(index.wrapping_mul(2_654_435_761)))).collect();
    println!("a list of {LINES} addresses, {:.1} MB of text, one worker", text.len() as f64 / 1e6);
    let upstream = Upstream::start().await?;
    upstream.files().set("/list.txt", File::new(text));
    let config = json!({
        "client_address": "envoy",
        "default": "deny",
        "lists": { "long": { "fetch": {
            "cluster": "files", "authority": "lists", "path": "/list.txt", "max_bytes": 33_554_432, "timeout_seconds": 30,
        } } },
        "rules": [{ "name": "all", "allow": ["any"], "deny": ["long"] }],
    });
    let gateway = Gateway::new(upstream.address())?
        .cluster("files", upstream.address())
        .listener(Listener::new("list").plugin(Plugin::new("ip-allowlist", module_of("ip-allowlist"), &config)));
    let mut options = verdict_gateway::envoy::Options::new(&verdict_gateway::binary()?);
    options.concurrency = 1;
    let started = Instant::now();
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let address = envoy.listener("list").await?;
    let mut longest_request = Duration::ZERO;
    let gauge = |samples: &[verdict_gateway::Sample], name: &str| {
        samples.iter().find(|sample| sample.name == name).map(|sample| sample.value)
    };
    wait_for("the list to be there", Duration::from_secs(60), async || {
        let samples = envoy.metrics().await.map_err(|error| error.to_string())?;
        match gauge(&samples, "verdict_data_entries") {
            Some(entries) if entries > 0.0 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await?;
    let there = started.elapsed();
    for _ in 0..1000 {
        let sent = Instant::now();
        Request::get("/").send(address).await?;
        longest_request = longest_request.max(sent.elapsed());
    }
    let samples = envoy.metrics().await?;
    println!("there after            {:>8.1} s (with Envoy's own start)", there.as_secs_f64());
    println!("entries                {:>8}", gauge(&samples, "verdict_data_entries").unwrap_or_default());
    println!(
        "longest callback       {:>8.1} ms",
        gauge(&samples, "verdict_longest_tick_microseconds").unwrap_or_default() / 1000.0
    );
    let memory = std::fs::read_to_string(format!("/proc/{}/status", envoy.pid())).unwrap_or_default();
    for line in memory.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")) {
        println!("Envoy's {line}  (main thread and one worker each have a VM)");
    }
    envoy.stop().await;
    Ok(())
}
