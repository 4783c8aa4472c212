//! What the Core Rule Set costs: time and allocations a request, memory over many of them, and loading.
//!
//! `CRS=<folder> cargo bench -p verdict-seclang`, with `PARANOIA=4` for that level; with `-- --only <name>` for some of the requests only. `tests/oracle/cost.py` measures ModSecurity on the same
//! requests. Built for `wasm32-wasip1` the same program runs in V8 (`node:wasi`), where memory is what the module has taken.

#[path = "../tests/crs/load.rs"]
mod load;
#[path = "../../../tests/bench/measuring.rs"]
mod measuring;
#[path = "crs/requests.rs"]
mod requests;

use std::hint::black_box;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use verdict_seclang::operator::rx::Pool;
use verdict_seclang::ruleset::RuleSet;
use verdict_seclang::transaction::{Connection, Outcome, Start, Transaction};

use measuring::{ALLOCATED, ALLOCATIONS, IN_USE, PEAK, Random};
use requests::{Request, Requests};

/// How long a request is measured, and how often at least.
const TIME: Duration = Duration::from_millis(1500);
const LEAST: usize = 9;
const LOADS: usize = 5;
/// Mixed requests before memory is first told, and then between.
const MIXED: [usize; 4] = [1_000, 9_000, 40_000, 60_000];

/// Whether the request passed.
fn transact(rules: &Rc<RuleSet>, request: &Request) -> bool {
    let start = Start { epoch: 1_767_225_600, unique_id: b"176722560012.345678", budget: Start::BUDGET };
    let mut transaction = Transaction::new(rules, &start);
    transaction.connection(&Connection {
        remote_address: b"192.0.2.7",
        remote_port: 40_000,
        server_address: b"127.0.0.1",
        server_port: 80,
    });
    transaction.request_line(request.method.as_bytes(), request.target.as_bytes(), b"HTTP/1.1");
    let headers = request.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let mut passed = transaction.request_headers(headers) == Outcome::Pass;
    passed = passed && transaction.request_body(&request.body) == Outcome::Pass;
    if passed {
        let headers: [(&[u8], &[u8]); 2] =
            [(b"Content-Type", b"text/html; charset=utf-8"), (b"Content-Length", b"512")];
        passed = transaction.response_headers(200, b"HTTP/1.1", headers) == Outcome::Pass;
        passed = passed && transaction.response_body(&[]) == Outcome::Pass;
    }
    transaction.logging();
    black_box(transaction.matched().len());
    passed
}

/// Prints what a request costs.
fn measure(rules: &Rc<RuleSet>, request: &Request, time: Duration) {
    let mut times = Vec::new();
    let mut passed = false;
    for _ in 0..3 {
        passed = transact(rules, request);
    }
    let (allocations, allocated) = (ALLOCATIONS.load(Relaxed), ALLOCATED.load(Relaxed));
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    transact(rules, request);
    let (allocations, allocated) = (ALLOCATIONS.load(Relaxed) - allocations, ALLOCATED.load(Relaxed) - allocated);
    let peak = PEAK.load(Relaxed) - before;
    let begun = Instant::now();
    while times.len() < LEAST || begun.elapsed() < time {
        let begin = Instant::now();
        transact(rules, request);
        times.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let nth = |index: usize| times.get(index).copied().unwrap_or(f64::NAN);
    println!(
        "{:24} {:>10.0} {:>10.0} {allocations:>12} {allocated:>14} {peak:>12}  {}",
        request.name,
        nth(times.len() / 2),
        nth(0),
        if passed { "passes" } else { "is stopped" }
    );
}

fn memory(when: &str) {
    let pool = Pool::of_thread();
    let mut line = format!(
        "{when:32} {:>11} bytes allocated, {:>11} of them {:>3} expressions",
        IN_USE.load(Relaxed),
        pool.memory(),
        pool.compiled()
    );
    #[cfg(target_arch = "wasm32")]
    line.push_str(&format!(", {:>5.1} MiB taken", core::arch::wasm32::memory_size(0) as f64 / 16.0));
    line.push_str(&format!(", {:>11} at most", PEAK.load(Relaxed)));
    println!("{line}");
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("CRS") else {
        eprintln!("this benchmark needs the OWASP Core Rule Set: CRS=<folder> cargo bench -p verdict-seclang");
        return ExitCode::FAILURE;
    };
    let paranoia = std::env::var("PARANOIA").unwrap_or("1".into());
    let level = format!("SecAction \"id:1,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={paranoia}\"");
    let configuration = format!("{}{level}", include_str!("crs/engine.conf"));
    let requests = match Requests::read() {
        Ok(requests) => requests,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let mut loads = Vec::new();
    let begin = Instant::now();
    let rules = match load::rule_set(folder.as_ref(), &configuration) {
        Ok(rules) => Rc::new(rules),
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let first = begin.elapsed();
    Pool::of_thread().reserve();
    println!("loaded in {:.0} ms", first.as_secs_f64() * 1e3);
    println!("paranoia {paranoia}, {} rules, {:?} literals and bytes", rules.rules().len(), rules.prefilter().size());
    memory("after loading");
    let mut arguments = std::env::args().skip_while(|argument| argument != "--only").skip(1);
    let only = arguments.next();
    let mut random = Random(1);
    let mut sum = 0;
    for count in MIXED.into_iter().filter(|_| only.is_none()) {
        PEAK.store(IN_USE.load(Relaxed), Relaxed);
        for _ in 0..count {
            transact(&rules, &requests.any(&mut random));
        }
        sum += count;
        memory(&format!("after {sum} mixed requests"));
    }
    println!(
        "{:24} {:>10} {:>10} {:>12} {:>14} {:>12}",
        "", "us, median", "best", "allocations", "bytes", "at one time"
    );
    for request in requests.requests.iter().chain(&requests.sizes).chain(&requests.attacks) {
        if only.as_ref().is_none_or(|only| request.name.contains(only)) {
            measure(&rules, request, if only.is_some() { TIME * 4 } else { TIME });
        }
    }
    memory("at the end");
    if only.is_some() {
        return ExitCode::SUCCESS;
    }
    for _ in 0..LOADS {
        let begin = Instant::now();
        drop(black_box(load::rule_set(folder.as_ref(), &configuration)));
        loads.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    loads.sort_by(f64::total_cmp);
    let median = loads.get(LOADS / 2).copied().unwrap_or(f64::NAN);
    println!("loading: {median:.0} ms");
    ExitCode::SUCCESS
}
