//! What a large snapshot costs: memory for its structures, the peak while it is read, the longest single step of reading, and a lookup.
//!
//! `cargo bench -p verdict-subscription`. Keys and identities are asked for in random order, so that each lookup waits for memory, as the
//! first request of a client does; warm ones ask for a thousand again and again. Neighbours on the machine cost more than anything
//! that is measured here.

#[path = "../../../tests/bench/measuring.rs"]
mod measuring;

use std::fmt::Write;
use std::hint::black_box;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use verdict_policy::fetched::{PART, Progress, Reader as _};
use verdict_subscription::book::{Book, Reading};
use verdict_subscription::hash::Hash;
use verdict_subscription::subscription::Known;

use measuring::{IN_USE, PEAK, Random};

const CONSUMERS: usize = 100_000;
const KEYS: usize = 2;
const SUBSCRIPTIONS: usize = 3;
const APIS: usize = 500;
const PLANS: usize = 20;
const LOOKUPS: usize = 1 << 18;
const WARM: usize = 1 << 10;
const ROUNDS: usize = 11;
const LOADS: usize = 5;
const MIB: f64 = (1 << 20) as f64;

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    fn hash(&mut self) -> Hash {
        let mut bytes = [0; 32];
        for eight in bytes.chunks_exact_mut(8) {
            eight.copy_from_slice(&self.next().to_le_bytes());
        }
        Hash(bytes)
    }
}

struct Sample {
    document: Vec<u8>,
    /// By number.
    apis: Vec<String>,
    /// With the number of an API that their consumer has subscribed to.
    keys: Vec<(Hash, usize)>,
    identities: Vec<(Name, usize)>,
}

/// An identity that is asked for: in place, or the question would wait for memory too.
type Name = [u8; 32];

fn name(text: &str) -> Name {
    let mut name = [b' '; 32];
    name.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    name
}

fn as_text(name: &Name) -> &str {
    str::from_utf8(name).unwrap_or_default().trim_end()
}

/// Every key and every subscription has both of its dates, and every subscription a plan.
fn sample() -> Sample {
    let mut random = Random(1);
    let mut text = "{\"snapshot\": 1, \"version\": 42}\n".to_owned();
    for plan in 0..PLANS {
        let _ = writeln!(text, r#"{{"plan": "plan-{plan}", "methods": ["GET", "HEAD"], "paths": ["/v{plan}/**"]}}"#);
    }
    let (mut keys, mut identities) = (Vec::new(), Vec::new());
    for consumer in 0..CONSUMERS {
        let day = |random: &mut Random, year| {
            format!("{year}-{:02}-{:02}T18:00:00Z", 1 + random.below(12), 1 + random.below(28))
        };
        let first_api = random.below(APIS);
        let api = |nth: usize| (first_api + nth * 7) % APIS;
        let _ = write!(text, r#"{{"consumer": "consumer-{consumer}", "keys": ["#);
        for key in 0..KEYS {
            let hash = random.hash();
            let (from, until) = (day(&mut random, 2026), day(&mut random, 2027));
            let comma = if key > 0 { ", " } else { "" };
            let hash_text = hash.written();
            let _ = write!(text, r#"{comma}{{"hash": "{hash_text}", "not_before": "{from}", "not_after": "{until}"}}"#);
            keys.push((hash, api(key)));
        }
        let _ = write!(text, r#"], "identities": ["client-{consumer}@example.com"], "subscriptions": ["#);
        identities.push((name(&format!("client-{consumer}@example.com")), api(1)));
        for nth in 0..SUBSCRIPTIONS {
            let (from, until) = (day(&mut random, 2026), day(&mut random, 2027));
            let (comma, api, plan) = (if nth > 0 { ", " } else { "" }, api(nth), random.below(PLANS));
            let _ = write!(
                text,
                r#"{comma}{{"api": "api-{api}", "plan": "plan-{plan}", "state": "active", "starts": "{from}", "ends": "{until}"}}"#
            );
        }
        text.push_str("]}\n");
    }
    let _ = writeln!(text, r#"{{"end": {}}}"#, 1 + PLANS + CONSUMERS);
    // In another order than that of the document.
    for at in (1..keys.len()).rev() {
        keys.swap(at, random.below(at));
    }
    for at in (1..identities.len()).rev() {
        identities.swap(at, random.below(at));
    }
    let apis = (0..APIS).map(|api| format!("api-{api}")).collect();
    Sample { document: text.into_bytes(), apis, keys, identities }
}

/// One load, step by step.
struct Load {
    book: Book,
    steps: Vec<Duration>,
    peak: usize,
    kept: usize,
}

fn load(document: &[u8]) -> Result<Load, String> {
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let mut parts = document.chunks(PART);
    let mut reading = Reading::begin(None);
    let mut steps = Vec::with_capacity(document.len() / 1_000);
    let own = steps.capacity() * size_of::<Duration>();
    loop {
        let begin = Instant::now();
        let progress = reading.step();
        steps.push(begin.elapsed());
        match progress {
            Progress::Working => {}
            Progress::Hungry => {
                let part = parts.next().ok_or("the document was cut off")?.to_vec();
                let begin = Instant::now();
                reading.take(part, parts.len() == 0);
                steps.push(begin.elapsed());
            }
            Progress::Done(book) => {
                let kept = IN_USE.load(Relaxed) - before - own;
                return Ok(Load { book, steps, peak: PEAK.load(Relaxed) - before - own, kept });
            }
            Progress::Failed(why) => return Err(why.to_string()),
        }
    }
}

/// Every load does the same work in the same steps. A step counts with its shortest time: that is what it takes when nothing
/// else runs on the machine.
fn load_often(document: &[u8]) -> Result<Load, String> {
    let mut best = load(document)?;
    for _ in 1..LOADS {
        let Load { book, steps, peak, kept: _ } = load(document)?;
        best.book = book;
        best.peak = best.peak.max(peak);
        for (best, step) in best.steps.iter_mut().zip(steps) {
            *best = step.min(*best);
        }
    }
    Ok(best)
}

/// Nanoseconds to read one random place in that much memory: a lookup cannot do without some of these.
fn random_read(bytes: usize) -> f64 {
    // Each line of the cache names the next one; all lie on one circle (Sattolo's algorithm).
    let lines = bytes / 64;
    let mut next: Vec<usize> = (0..lines).collect();
    let mut random = Random(3);
    for line in (1..lines).rev() {
        next.swap(line, random.below(line));
    }
    let circle: Vec<[u64; 8]> = next.iter().map(|next| [*next as u64; 8]).collect();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (begin, mut line) = (Instant::now(), 0);
        for _ in 0..LOOKUPS {
            line = circle.get(line as usize).map_or(0, |line| line[0]);
        }
        black_box(line);
        best = best.min(begin.elapsed().as_secs_f64() * 1e9 / LOOKUPS as f64);
    }
    best
}

/// Nanoseconds a lookup: the median of some rounds, and the best of them. `find` tells whether there is such a subscription.
fn lookups<T>(asked: &[T], expected: bool, find: impl Fn(&T) -> bool) -> String {
    let mut nanos: Vec<f64> = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let found = asked.iter().cycle().take(LOOKUPS).filter(|asked| find(black_box(*asked))).count();
        nanos.push(begin.elapsed().as_secs_f64() * 1e9 / LOOKUPS as f64);
        assert_eq!(found, if expected { LOOKUPS } else { 0 });
    }
    nanos.sort_by(f64::total_cmp);
    let nth = |index: usize| nanos.get(index).copied().unwrap_or(f64::NAN);
    format!("{:>10.0} ns {:>9.0} at best", nth(ROUNDS / 2), nth(0))
}

fn main() {
    let Sample { document, apis, keys, identities } = sample();
    let Load { book, steps, peak, kept } = match load_often(&document) {
        Ok(load) => load,
        Err(why) => {
            println!("the snapshot did not load: {why}");
            return;
        }
    };
    println!("{} consumers, {} keys, {} subscriptions", book.consumers(), book.keys(), book.subscriptions());
    let mib = |bytes: usize| bytes as f64 / MIB;
    println!("  document             {:>10.1} MiB", mib(document.len()));
    println!("  structures           {:>10.1} MiB, {:.1} by the allocator", mib(book.heap_bytes()), mib(kept));
    println!("  peak, with a part    {:>10.1} MiB", mib(peak));
    let mut by_length: Vec<(Duration, usize)> = steps.iter().copied().zip(1..).collect();
    by_length.sort_unstable_by(|one, other| other.cmp(one));
    for (name, (step, number)) in ["longest step", "second", "third"].into_iter().zip(by_length) {
        println!("  {name:<20} {:>10.2} ms, number {number} of {}", step.as_secs_f64() * 1e3, steps.len());
    }
    // The document's memory goes back to the system in one step, which a module never does.
    println!("  all steps            {:>10.0} ms", steps.iter().sum::<Duration>().as_secs_f64() * 1e3);

    let mut random = Random(2);
    let unknown: Vec<(Hash, usize)> = keys.iter().map(|(_, api)| (random.hash(), *api)).collect();
    let nobody: Vec<(Name, usize)> =
        identities.iter().map(|(identity, api)| (name(&as_text(identity).replace("com", "org")), *api)).collect();
    let api = |api: &usize| apis.get(*api).map(String::as_str).unwrap_or_default();
    let subscribed = |known: Option<Known>| known.is_some_and(|known| known.subscription.is_some());
    let by_key = |(hash, of): &(Hash, usize)| subscribed(book.by_key(hash, api(of)));
    let by_identity = |(name, of): &(Name, usize)| subscribed(book.by_identity(as_text(name), api(of)));
    println!("  key, hit             {}", lookups(&keys, true, by_key));
    println!("  key, miss            {}", lookups(&unknown, false, by_key));
    println!("  key, warm            {}", lookups(keys.get(..WARM).unwrap_or_default(), true, by_key));
    println!("  identity, hit        {}", lookups(&identities, true, by_identity));
    println!("  identity, miss       {}", lookups(&nobody, false, by_identity));
    println!("  identity, warm       {}", lookups(identities.get(..WARM).unwrap_or_default(), true, by_identity));
    println!("  random memory read   {:>10.0} ns at best, in as much memory", random_read(book.heap_bytes()));
}
