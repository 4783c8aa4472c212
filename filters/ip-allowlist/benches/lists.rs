//! What large lists cost: memory for each entry, the peak while loading, a lookup, and the longest single step of loading.
//!
//! `cargo bench -p verdict-ip-allowlist`. Hits and misses are random among the whole list, so that each waits for memory, as
//! the first request of a client does; warm ones ask for a thousand addresses again and again. Neighbours on the machine cost
//! more than anything that is measured here: compare with the random memory read below, which suffers alike.

#[path = "../../../tests/bench/measuring.rs"]
mod measuring;

use std::fmt::Write;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use verdict_ip_allowlist::loading::{Loaded, Loading};
use verdict_ip_allowlist::ranges::Lookup;
use verdict_policy::fetched::{PART, Progress, Reader as _};

use measuring::{IN_USE, PEAK, Random};

const ENTRIES: usize = 1_000_000;
const LOOKUPS: usize = 1 << 20;
const WARM: usize = 1 << 10;
const ROUNDS: usize = 15;
const LOADS: usize = 5;

/// Half single addresses, half blocks: /24 of IPv4, /64 of IPv6 within 2000::/3.
struct Sample {
    name: &'static str,
    text: String,
    hits: Vec<IpAddr>,
    misses: Vec<IpAddr>,
}

fn sample(name: &'static str, mut block: impl FnMut(u64, u64) -> (String, IpAddr, IpAddr)) -> Sample {
    let mut random = Random(1);
    let mut text = String::new();
    let (mut hits, mut misses) = (Vec::new(), Vec::new());
    for _ in 0..ENTRIES {
        let (line, hit, miss) = block(random.next(), random.next());
        let _ = writeln!(text, "{line}");
        hits.push(hit);
        misses.push(miss);
    }
    // In another order than that of the list.
    let mut pick = |from: &[IpAddr]| -> Vec<IpAddr> {
        (0..LOOKUPS).filter_map(|_| from.get(random.next() as usize % from.len()).copied()).collect()
    };
    Sample { name, text, hits: pick(&hits), misses: pick(&misses) }
}

fn v4(one: u64, two: u64) -> (String, IpAddr, IpAddr) {
    let address = Ipv4Addr::from(one as u32);
    let base = Ipv4Addr::from(one as u32 & !0xff);
    let line = if one >> 63 == 0 { address.to_string() } else { format!("{base}/24") };
    (line, address.into(), Ipv4Addr::from(two as u32).into())
}

fn v6(one: u64, two: u64) -> (String, IpAddr, IpAddr) {
    let high = (one >> 3 | 1 << 61) & !(1 << 63 | 1 << 62);
    let address = Ipv6Addr::from(u128::from(high) << 64 | u128::from(two));
    let base = Ipv6Addr::from(u128::from(high) << 64);
    let line = if one & 1 == 0 { address.to_string() } else { format!("{base}/64") };
    (line, address.into(), Ipv6Addr::from(u128::from(high ^ 0xffff) << 64 | u128::from(two)).into())
}

/// One load, step by step.
struct Load {
    list: Loaded,
    steps: Vec<Duration>,
    peak: usize,
}

fn load(text: &str) -> Option<Load> {
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let mut parts = text.as_bytes().chunks(PART);
    let mut loading = Loading::begin(None);
    let mut steps = Vec::new();
    loop {
        let begin = Instant::now();
        let progress = loading.step();
        steps.push(begin.elapsed());
        match progress {
            Progress::Working => {}
            Progress::Hungry => {
                let part = parts.next()?.to_vec();
                let begin = Instant::now();
                loading.take(part, parts.len() == 0);
                steps.push(begin.elapsed());
            }
            Progress::Done(list) => return Some(Load { list, steps, peak: PEAK.load(Relaxed) - before }),
            Progress::Failed(_) => return None,
        }
    }
}

/// Every load does the same work in the same steps. A step counts with its shortest time: that is what it takes when nothing
/// else runs on the machine.
fn load_often(text: &str) -> Option<Load> {
    let mut best = load(text)?;
    for _ in 1..LOADS {
        let Load { list, steps, peak } = load(text)?;
        best.list = list;
        best.peak = best.peak.max(peak);
        for (best, step) in best.steps.iter_mut().zip(steps) {
            *best = step.min(*best);
        }
    }
    Some(best)
}

/// Nanoseconds a lookup. Each waits for the one before, as if it were alone.
fn lookups(list: &Loaded, addresses: &[IpAddr]) -> String {
    let nothing = black_box(0);
    rounds(LOOKUPS, || {
        let mut previous: u32 = 0;
        for address in addresses.iter().cycle().take(LOOKUPS) {
            let address = match address {
                IpAddr::V4(address) => IpAddr::from(Ipv4Addr::from(u32::from(*address) ^ previous)),
                IpAddr::V6(address) => IpAddr::from(Ipv6Addr::from(u128::from(*address) ^ u128::from(previous))),
            };
            previous = match list.ranges.lookup(address, 0) {
                Lookup::Present { entry, .. } => entry.0 & nothing,
                Lookup::Absent => nothing,
                Lookup::Ended { .. } => 1,
            };
        }
        black_box(previous);
    })
}

/// Nanoseconds to read one random place in that much memory: what no structure of this size can do without.
fn random_read(bytes: usize) -> String {
    // Each line of the cache names the next one; all lie on one circle (Sattolo's algorithm).
    let lines = bytes / 64;
    let mut next: Vec<usize> = (0..lines).collect();
    let mut random = Random(2);
    for line in (1..lines).rev() {
        next.swap(line, random.next() as usize % line);
    }
    let circle: Vec<[u64; 8]> = next.iter().map(|next| [*next as u64; 8]).collect();
    rounds(LOOKUPS, || {
        let mut line = 0;
        for _ in 0..LOOKUPS {
            line = circle.get(line as usize).map_or(0, |line| line[0]);
        }
        black_box(line);
    })
}

/// Nanoseconds for one of so many turns: the median of some rounds, and the best of them.
fn rounds(turns: usize, mut round: impl FnMut()) -> String {
    let mut nanos: Vec<f64> = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        round();
        nanos.push(begin.elapsed().as_secs_f64() * 1e9 / turns as f64);
    }
    nanos.sort_by(f64::total_cmp);
    let nth = |index: usize| nanos.get(index).copied().unwrap_or(f64::NAN);
    format!("{:>10.0} ns {:>9.0} at best", nth(ROUNDS / 2), nth(0))
}

fn main() {
    for sample in [sample("IPv4", v4), sample("IPv6", v6)] {
        let Some(Load { list, steps, peak }) = load_often(&sample.text) else {
            println!("{}: the list did not load", sample.name);
            continue;
        };
        let heap = list.ranges.heap_bytes();
        let bytes = heap.v4 + heap.v6 + heap.dates;
        let per_entry = |bytes: usize| bytes as f64 / list.entries as f64;
        let (longest, total) = (steps.iter().max().copied().unwrap_or_default(), steps.iter().sum::<Duration>());
        println!("{}: {} entries, {} segments", sample.name, list.entries, list.ranges.segments());
        println!("  text                 {:>10} bytes", sample.text.len());
        println!("  set                  {bytes:>10} bytes {:>6.1} an entry", per_entry(bytes));
        println!("  peak, with a part    {peak:>10} bytes {:>6.1} an entry", per_entry(peak));
        println!("  longest step         {:>10.2} ms of {} steps", longest.as_secs_f64() * 1e3, steps.len());
        println!("  all steps            {:>10.0} ms", total.as_secs_f64() * 1e3);
        let warm = sample.hits.get(..WARM).unwrap_or_default();
        for (name, addresses) in [("hit", &sample.hits[..]), ("miss", &sample.misses[..]), ("warm", warm)] {
            println!("  lookup, {name:<4}         {}", lookups(&list, addresses));
        }
        println!("  random memory read   {}, in as much memory", random_read(bytes));
    }
}
