//! What inspecting payloads costs: the filter `waf` with the Core Rule Set inside, CPU microseconds a request of the Envoy process over the same
//! Envoy without it; beside it libmodsecurity in a process of its own, on the same requests with the same rules.
//!
//! `make bench CRS=<folder or tarball>` runs it. Both buffer the body first, so that what is added is the inspection.

mod cpu;
mod load;
mod measuring;
mod median;
#[expect(dead_code, reason = "attacks are for the measurement of memory")]
#[path = "../../shared/seclang/benches/crs/requests.rs"]
mod requests;

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use median::median;
use requests::{Request, Requests};
use serde_json::json;
use verdict_gateway::envoy::Options;
use verdict_gateway::{Envoy, Error, Gateway, Listener, Plugin, Result, Upstream, repository, wait_for};

/// How often each request gets its turn, and for about how much inspection, in microseconds.
const TURNS: usize = 15;
const TURN: f64 = 150_000.0;
/// The ratio is promised for so many of the requests, the first ones.
const PROMISED: usize = 5;
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
    // Without those of growing size: SIZES=no
    let sizes = if std::env::var("SIZES").is_ok_and(|sizes| sizes == "no") { Vec::new() } else { sizes };
    let requests: Vec<Request> = requests.into_iter().chain(sizes).collect();
    let upstream = Upstream::start().await?;
    let gateway = Gateway::new(upstream.address())?.listener(listener("without")).listener(inspecting(1, "@crs"));
    let options = Options { concurrency: 1, ..Options::new(&verdict_gateway::binary()?) };
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let (without, with) = (envoy.listener("without").await?, envoy.listener("paranoia 1").await?);
    let loading = loading(&upstream).await?;
    let mut peer = Peer::start(&folder);
    // What the filter adds, and what the peer takes, by request and turn.
    let mut turns: Vec<Vec<(f64, f64)>> = vec![Vec::new(); requests.len()];
    for turn in 0..=TURNS {
        for (request, turns) in requests.iter().zip(&mut turns) {
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
            let guess = turns.last().map_or(TURN, |(last, _): &(f64, f64)| last.max(10.0));
            let count = (TURN / guess) as usize + 1;
            let (base, inspected) = (cost(without, count)?, cost(with, count)?);
            let other = peer.as_mut().map_or(f64::NAN, |peer| peer.cost(request));
            // The first turn warms up: V8 compiles on the way.
            if turn == 1 {
                turns.clear();
            }
            turns.push((inspected - base, other));
        }
    }
    eprintln!();
    envoy.stop().await;
    print(&requests, &turns);
    println!("\n{loading}");
    Ok(())
}

/// What loading takes in Envoys that have just started, milliseconds, as the filter itself says: each has a VM to try the configuration in
/// first, whose code is cold, and one for each thread.
async fn loading(upstream: &Upstream) -> Result<String> {
    let name = "paranoia 1";
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let bootstrap = Gateway::new(upstream.address())?.listener(inspecting(1, "@crs")).bootstrap();
        let options = Options { concurrency: 1, ..Options::new(&verdict_gateway::binary()?) };
        let envoy = Envoy::start_with(&bootstrap, &options).await?;
        envoy.listener(name).await?;
        let log = envoy.log();
        let mut took = log.lines().filter_map(|line| {
            let (_, took) = line.split_once(" loaded in ")?;
            took.split(' ').next()?.parse::<f64>().ok()
        });
        first.extend(took.next());
        others.extend(took);
        envoy.stop().await;
    }
    if first.is_empty() || others.is_empty() {
        return Err(Error::new("the log does not say how long loading took"));
    }
    Ok(format!(
        "loading the rules: {:.0} ms a worker, {:.0} ms in the first VM of a process (medians of {} and {})",
        median(&others),
        median(&first),
        others.len(),
        first.len()
    ))
}

fn print(requests: &[Request], turns: &[Vec<(f64, f64)>]) {
    if turns.iter().flatten().any(|(_, peer)| peer.is_nan()) {
        println!("libmodsecurity could not be run (it needs python3 with the package libmodsecurity 3.0.15)");
    }
    println!(
        "CPU, us a request: the filter in Envoy's V8, over Envoy without it; libmodsecurity in process, turn by turn. Core Rule Set, paranoia 1,\n\
         blocking; medians of {TURNS} turns, and the best\n"
    );
    println!("{:24}{:>9}{:>10}{:>16}{:>10}{:>8}", "request", "waf", "at best", "libmodsecurity", "at best", "times");
    let mut logs = Vec::new();
    for (index, (request, turns)) in requests.iter().zip(turns).enumerate() {
        let taken = |part: &dyn Fn(&(f64, f64)) -> f64| {
            let values: Vec<f64> = turns.iter().map(part).collect();
            (median(&values), values.iter().copied().fold(f64::NAN, f64::min))
        };
        let ((waf, waf_best), (peer, peer_best)) = (taken(&|turn| turn.0), taken(&|turn| turn.1));
        // Turn by turn, so that a machine that drifts drifts for both.
        let (times, _) = taken(&|turn| turn.1 / turn.0);
        if index < PROMISED {
            logs.push(times.ln());
        }
        println!("{:24}{waf:>9.0}{waf_best:>10.0}{peer:>16.0}{peer_best:>10.0}{times:>8.1}", request.name);
    }
    let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
    println!("{:69}{mean:>8.1}", "geometric mean of the first five");
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

fn inspecting(paranoia: u32, rules: &str) -> Listener {
    let configuration = json!({
        "default": "deny",
        "include": [rules],
        // Forms of 1 MB have more than 1,000 fields.
        "directives": ["SecArgumentsLimit 20000", "SecRuleRemoveById 460006"],
        "rules": [{ "name": "all", "paranoia": paranoia, "request_body": { "limit_bytes": 2_000_000 }, "work_limit": 8_000_000 }],
    });
    // Another build of it: MODULE=path/to/waf-crs.wasm
    let module = std::env::var_os("MODULE").map_or_else(|| repository().join("dist/waf-crs.wasm"), PathBuf::from);
    listener(&format!("paranoia {paranoia}")).plugin(Plugin::new("waf", module, &configuration))
}

fn wire(request: &Request) -> Vec<u8> {
    let mut wire = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        wire += &format!("{name}: {value}\r\n");
    }
    [wire.as_bytes(), b"\r\n", &request.body].concat()
}

/// libmodsecurity in a process of its own, which measures when it is asked.
struct Peer {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    /// Starts it; `None` where it cannot be run.
    fn start(folder: &OsStr) -> Option<Self> {
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let script = repository().join("shared/seclang/tests/oracle/cost.py");
        let mut command = Command::new(python);
        command.arg(script).arg("serve").env("CRS", folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().ok()?;
        let (input, output) = (process.stdin.take()?, process.stdout.take()?);
        Some(Self { process, input, output: BufReader::new(output).lines() })
    }

    /// Microseconds a request; not a number where it has ended.
    fn cost(&mut self, request: &Request) -> f64 {
        let asked = writeln!(self.input, "{}", request.name).and_then(|()| self.input.flush());
        let line = asked.ok().and_then(|()| self.output.next()?.ok());
        line.and_then(|line| line.trim().parse().ok()).unwrap_or(f64::NAN)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
