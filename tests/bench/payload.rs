//! What inspecting payloads costs: the filter `waf` with the Core Rule Set inside, CPU microseconds a request of the Envoy process over the same
//! Envoy without it; beside it libmodsecurity in a process of its own, on the same requests with the same rules.
//!
//! `make bench CRS=<folder or tarball>` runs it. Both buffer the body first, so that what is added is the inspection.

mod cpu;
mod load;
mod measuring;
#[expect(dead_code, reason = "attacks are for the measurement of memory")]
#[path = "../../shared/seclang/benches/crs/requests.rs"]
mod requests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use requests::{Request, Requests};
use serde_json::json;
use verdict_gateway::envoy::Options;
use verdict_gateway::{Envoy, Error, Gateway, Listener, Plugin, Result, Upstream, repository, wait_for};

/// How often each request gets its turn, and for about how much inspection, in microseconds.
const TURNS: usize = 15;
const TURN: f64 = 150_000.0;
/// How long the filter may take until it is ready.
const READY: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let result = tokio::runtime::Runtime::new()
        .map_err(|error| Error::new(error.to_string()))
        .and_then(|runtime| runtime.block_on(measure()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<()> {
    let Some(folder) = std::env::var_os("CRS") else {
        return Err(Error::new("CRS names the folder of the Core Rule Set: make bench CRS=<folder or tarball>"));
    };
    let Requests { requests, sizes, .. } = Requests::read().map_err(Error::new)?;
    let requests: Vec<Request> = requests.into_iter().chain(sizes).collect();
    let upstream = Upstream::start().await?;
    let gateway = Gateway::new(upstream.address())?.listener(listener("without")).listener(inspecting(1));
    let options = Options { concurrency: 1, ..Options::new(&verdict_gateway::binary()?) };
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let (without, with) = (envoy.listener("without").await?, envoy.listener("paranoia 1").await?);
    let mut added: Vec<Vec<f64>> = vec![Vec::new(); requests.len()];
    for turn in 0..=TURNS {
        for (request, added) in requests.iter().zip(&mut added) {
            eprint!("\rturn {turn} of {TURNS}: {:30}", request.name);
            let wire = vec![wire(request)];
            if turn == 0 {
                wait_for("the filter to be ready", READY, async || {
                    tokio::task::block_in_place(|| load::run(with, &wire, 1)).map_err(|error| error.to_string())
                })
                .await?;
            }
            let cost = |address, count| -> Result<f64> {
                let before = cpu::nanoseconds(envoy.pid())?;
                let count = tokio::task::block_in_place(|| load::run(address, &wire, count))?;
                let used = cpu::nanoseconds(envoy.pid())?.saturating_sub(before);
                Ok(used as f64 / 1000.0 / count as f64)
            };
            // Of long ones, only as many as there are connections.
            let guess = added.last().copied().map_or(TURN, |last: f64| last.max(10.0));
            let count = (TURN / guess) as usize + 1;
            let (base, inspected) = (cost(without, count)?, cost(with, count)?);
            // The first turn warms up: V8 compiles on the way.
            if turn > 0 {
                added.push(inspected - base);
            } else {
                added.clear();
                added.push((inspected - base).max(10.0));
            }
        }
    }
    eprintln!();
    envoy.stop().await;
    let peer = libmodsecurity(&folder);
    if peer.is_empty() {
        println!(
            "libmodsecurity could not be run (it needs python3 with the package libmodsecurity 3.0.15): only the filter is shown"
        );
    }
    println!(
        "CPU, us a request: the filter in Envoy's V8, over Envoy without it; libmodsecurity in process. Core Rule Set, paranoia 1, blocking; medians of {TURNS} turns\n"
    );
    println!("{:26}{:>10}{:>10}{:>18}{:>9}", "request", "waf", "at best", "libmodsecurity", "times");
    let mut logs = Vec::new();
    for (index, (request, mut added)) in requests.iter().zip(added).enumerate() {
        added.remove(0);
        added.sort_by(f64::total_cmp);
        let at = |place: usize| added.get(place).copied().unwrap_or(f64::NAN);
        let (median, best) = (at(added.len() / 2), at(0));
        let other = peer.get(&request.name).copied().unwrap_or(f64::NAN);
        // The five that the ratio is promised for.
        if index < 5 {
            logs.push((other / median).ln());
        }
        println!("{:26}{median:>10.0}{best:>10.0}{other:>18.0}{:>9.1}", request.name, other / median);
    }
    let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
    println!("{:26}{:>47.1}", "geometric mean of the first five", mean);
    Ok(())
}

/// A listener that answers by itself, once it has the whole body.
fn listener(name: &str) -> Listener {
    let answer = json!({ "match": { "prefix": "/" }, "direct_response": { "status": 200 } });
    Listener::new(name).without_direct_peer().buffer_limit(4 << 20).manager(json!({
        "access_log": null,
        "route_config": { "name": "bench", "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [answer] }] },
    }))
    .filter(json!({
        "name": "envoy.filters.http.buffer",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
            "max_request_bytes": 4 << 20,
        },
    }))
}

fn inspecting(paranoia: u32) -> Listener {
    let configuration = json!({
        "default": "deny",
        "include": ["@crs"],
        // Forms of 1 MB have more than 1,000 fields.
        "directives": ["SecArgumentsLimit 20000", "SecRuleRemoveById 460006"],
        "rules": [{ "name": "all", "paranoia": paranoia, "request_body": { "limit_bytes": 2_000_000 }, "work_limit": 8_000_000 }],
    });
    let module: PathBuf = repository().join("dist/waf-crs.wasm");
    listener(&format!("paranoia {paranoia}")).plugin(Plugin::new("waf", module, &configuration))
}

fn wire(request: &Request) -> Vec<u8> {
    let mut wire = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        wire += &format!("{name}: {value}\r\n");
    }
    [wire.as_bytes(), b"\r\n", &request.body].concat()
}

/// What libmodsecurity takes, by the names of the requests; nothing where it cannot be run.
fn libmodsecurity(folder: &std::ffi::OsStr) -> BTreeMap<String, f64> {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let script = repository().join("shared/seclang/tests/oracle/cost.py");
    let output = Command::new(python).arg(script).arg("3").env("CRS", folder).output();
    let Ok(output) = output else { return BTreeMap::new() };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let (name, figures) = line.split_at_checked(24)?;
            Some((name.trim().to_owned(), figures.split_whitespace().next()?.parse().ok()?))
        })
        .collect()
}
