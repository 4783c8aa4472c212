//! What a filter costs: CPU microseconds a request of the Envoy process, over an empty chain, all cases in one Envoy in turns.
//!
//! Requests a second say more about the neighbours of this machine than about a filter; CPU time a request does not. Each case gets
//! the same number of short turns, one after the other, so that a machine that slows down slows all of them; the median of what a turn
//! took beyond the empty chain's in the same round counts.

mod cpu;
mod load;
mod median;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use median::median;
use serde_json::{Value, json};
use verdict_gateway::envoy::Options;
use verdict_gateway::upstream::File;
use verdict_gateway::{Envoy, Gateway, Listener, Plugin, Result, Upstream, wait_for};
use verdict_subscription::hash::Hasher;
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

/// How often each case gets its turn.
const TURNS: usize = 40;
/// How many requests a turn has at least.
const REQUESTS: usize = 2000;
/// How many consumers the snapshot has.
const CONSUMERS: usize = 100_000;
/// How long a filter may take until it has what it needs.
const READY: Duration = Duration::from_secs(60);
/// The path that the last of the ten rules matches: every rule is looked at.
const PATH: &str = "/service-9/items/7";
/// Who issued the tokens of the tests.
const ISSUER: &str = "https://login.example/shop";

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    match runtime.block_on(measure()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// What is measured.
struct Case {
    name: &'static str,
    listener: Listener,
    /// One more header of its requests: each of these values in turn, if there is any.
    header: (&'static str, Vec<String>),
}

fn case(name: &'static str, listener: Listener) -> Case {
    Case { name, listener, header: ("", Vec::new()) }
}

/// The cases: the first is what the others are measured over.
fn cases() -> Result<Vec<Case>> {
    let allowlist = |name: &str, module: PathBuf, client_address: &str| {
        Plugin::new("ip-allowlist", module, &ip_allowlist(client_address)).vm_id(name)
    };
    let plain = |name: &str| listener(name).without_direct_peer();
    let empty = Plugin::new("empty", module_of("empty"), &json!({})).vm_id("empty");
    let mut cases = vec![
        case("empty chain", plain("empty chain")),
        case("empty wasm filter (SDK)", plain("empty wasm filter (SDK)").plugin(empty)),
        case("native rbac, 10 policies", plain("native rbac, 10 policies").filter(rbac())),
        case(
            "ip-allowlist, 10 rules, envoy",
            plain("ip-allowlist, 10 rules, envoy").plugin(allowlist("envoy", module_of("ip-allowlist"), "envoy")),
        ),
        case("set_filter_state (direct peer)", listener("set_filter_state (direct peer)")),
        case(
            "the same + ip-allowlist, direct",
            listener("the same + ip-allowlist, direct").plugin(allowlist(
                "direct",
                module_of("ip-allowlist"),
                "direct",
            )),
        ),
    ];
    for (native, uncached, cached, algorithm) in [
        ("native jwt_authn, ES256", "jwt-scope, ES256", "jwt-scope, ES256, remembered", "ES256"),
        ("native jwt_authn, RS256", "jwt-scope, RS256", "jwt-scope, RS256, remembered", "RS256"),
    ] {
        let token = MADE.tokens.get(algorithm).map(|token| format!("Bearer {token}"));
        let bearing = |case: Case| Case { header: ("Authorization", token.iter().cloned().collect()), ..case };
        let ours = |name: &'static str, cache: u32| {
            let plugin = Plugin::new("jwt-scope", module_of("jwt-scope"), &jwt_scope(cache)).vm_id(name);
            bearing(case(name, plain(name).plugin(plugin)))
        };
        cases.push(bearing(case(native, plain(native).filter(jwt_authn()))));
        cases.push(ours(uncached, 0));
        cases.push(ours(cached, 1000));
    }
    let name = "subscription, 100,000 consumers";
    let plugin = Plugin::new("subscription", module_of("subscription"), &subscription()).vm_id(name);
    let keys = (0..CONSUMERS).step_by(CONSUMERS / 1000).map(key).collect();
    cases.push(Case { header: ("X-Api-Key", keys), ..case(name, plain(name).plugin(plugin)) });
    let origins = || ("Origin", vec!["https://shop.example".to_owned()]);
    let name = "cors, an origin that is granted";
    let plugin = Plugin::new("cors", module_of("cors"), &cors()).vm_id(name);
    cases.push(Case { header: origins(), ..case(name, plain(name).plugin(plugin.clone())) });
    let name = "cors, no origin";
    cases.push(case(name, plain(name).plugin(plugin.vm_id(name))));
    // Other builds to compare with: COMPARE=path/to/ip-allowlist.wasm,path/to/another.wasm
    for other in std::env::var("COMPARE").unwrap_or_default().split(',').filter(|other| !other.is_empty()) {
        let name: &'static str = Box::leak(format!("ip-allowlist of {other}").into_boxed_str());
        cases.push(case(name, plain(name).plugin(allowlist(other, PathBuf::from(other), "envoy"))));
    }
    // Only those with one of these in their names, beside the empty chain: CASES=jwt,rbac
    if let Ok(part) = std::env::var("CASES") {
        cases.retain(|case| case.name.starts_with("empty") || part.split(',').any(|part| case.name.contains(part)));
    }
    Ok(cases)
}

fn listener(name: &str) -> Listener {
    let answer = json!({ "match": { "prefix": "/" }, "direct_response": { "status": 200 } });
    Listener::new(name).manager(json!({
        "access_log": null,
        "route_config": { "name": "bench", "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [answer] }] },
    }))
}

/// Ten rules, each for a path and with three networks.
fn ip_allowlist(client_address: &str) -> Value {
    let rules: Vec<Value> = (0..10)
        .map(|index| {
            json!({
                "name": format!("service-{index}"),
                "match": { "paths": [format!("/service-{index}/**")] },
                "allow": ["10.0.0.0/8", "127.0.0.0/8", "192.0.2.0/24"],
                "deny": ["127.0.0.66"],
            })
        })
        .collect();
    json!({ "client_address": client_address, "default": "deny", "rules": rules })
}

/// One rule with two origins.
fn cors() -> Value {
    let origins = ["https://*.example.org", "https://shop.example"];
    json!({ "default": "deny", "rules": [{ "name": "all", "origins": origins }] })
}

/// A snapshot with all consumers, each with a key and three subscriptions; one rule.
fn subscription() -> Value {
    let snapshot = json!({
        "cluster": "files", "authority": "portal", "path": "/snapshot", "max_bytes": 64 << 20, "timeout_seconds": 60,
    });
    json!({
        "default": "deny",
        "keys": { "from": [{ "header": "x-api-key" }] },
        "source": { "snapshot": snapshot },
        "rules": [{ "name": "all", "api": "api-0" }],
    })
}

fn key(consumer: usize) -> String {
    format!("the-key-of-consumer-{consumer:08}")
}

fn snapshot() -> String {
    let mut text = String::from("{\"snapshot\": 1, \"version\": 1}\n{\"plan\": \"gold\"}\n");
    for consumer in 0..CONSUMERS {
        let hash = Hasher::Sha256.hash(key(consumer).as_bytes()).written();
        let subscriptions: Vec<Value> =
            (0..3).map(|api| json!({ "api": format!("api-{api}"), "plan": "gold", "state": "active" })).collect();
        let name = format!("consumer-{consumer:08}");
        let line = json!({ "consumer": name, "keys": [{ "hash": hash }], "subscriptions": subscriptions });
        text += &format!("{line}\n");
    }
    text + &format!("{{\"end\": {}}}\n", CONSUMERS + 2)
}

/// One provider with the keys of the tests, one rule.
fn jwt_scope(cache_tokens: u32) -> Value {
    let provider = json!({ "issuer": ISSUER, "audiences": ["shop-api"], "keys": { "jwks": MADE.keys.get("all") } });
    json!({
        "default": "deny",
        "cache_tokens": cache_tokens,
        "providers": { "shop": provider },
        "rules": [{ "name": "all" }],
    })
}

/// The same for Envoy's own filter, which keeps the token in the request too.
fn jwt_authn() -> Value {
    let keys = MADE.keys.get("all");
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {
                "shop": { "issuer": ISSUER, "audiences": ["shop-api"], "forward": true, "local_jwks": { "inline_string": keys } },
            },
            "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "shop" } }],
        },
    })
}

/// The ten rules for Envoy's own filter.
fn rbac() -> Value {
    let cidr =
        |address: &str, length: u32| json!({ "direct_remote_ip": { "address_prefix": address, "prefix_len": length } });
    let policies: serde_json::Map<String, Value> = (0..10)
        .map(|index| {
            let allowed = json!([cidr("10.0.0.0", 8), cidr("127.0.0.0", 8), cidr("192.0.2.0", 24)]);
            let denied = json!({ "not_id": cidr("127.0.0.66", 32) });
            let policy = json!({
                "permissions": [{ "url_path": { "path": { "prefix": format!("/service-{index}/") } } }],
                "principals": [{ "and_ids": { "ids": [{ "or_ids": { "ids": allowed } }, denied] } }],
            });
            (format!("service-{index}"), policy)
        })
        .collect();
    json!({
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": { "action": "ALLOW", "policies": policies },
        },
    })
}

async fn measure() -> Result<()> {
    let cases = cases()?;
    let upstream = Upstream::start().await?;
    let gateway = Gateway::new(upstream.address())?.cluster("files", upstream.address());
    let gateway = cases.iter().fold(gateway, |gateway, case| gateway.listener(case.listener.clone()));
    if cases.iter().any(|case| case.name.starts_with("subscription")) {
        upstream.files().set("/snapshot", File::new(snapshot()));
    }
    let options = Options { concurrency: 1, ..Options::new(&verdict_gateway::binary()?) };
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let mut loads = Vec::new();
    for case in &cases {
        let (address, requests) = (envoy.listener(case.name).await?, requests(case));
        wait_for(&format!("{} to be ready", case.name), READY, async || {
            tokio::task::block_in_place(|| load::run(address, &requests, 1)).map_err(|error| error.to_string())
        })
        .await?;
        loads.push((address, requests));
    }
    let mut turns: Vec<Vec<f64>> = vec![Vec::new(); cases.len()];
    for turn in 0..=TURNS {
        for ((address, requests), results) in loads.iter().zip(&mut turns) {
            let before = cpu::nanoseconds(envoy.pid())?;
            let requests = tokio::task::block_in_place(|| load::run(*address, requests, REQUESTS))?;
            let used = cpu::nanoseconds(envoy.pid())?.saturating_sub(before);
            // The first turn warms up: V8 compiles on the way.
            if turn > 0 {
                results.push(used as f64 / 1000.0 / requests as f64);
            }
        }
        eprint!("\rturn {turn} of {TURNS}");
    }
    eprintln!();
    envoy.stop().await;
    print(&cases.iter().map(|case| case.name).zip(turns).collect::<Vec<_>>());
    Ok(())
}

/// The requests of a case: ten headers with those that Envoy adds.
fn requests(case: &Case) -> Vec<Vec<u8>> {
    let text = format!(
        "GET {PATH} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\nAccept-Language: en\r\nCookie: session=abc\r\n\
         X-Api-Version: 3\r\n"
    );
    let (name, values) = &case.header;
    if values.is_empty() {
        return vec![format!("{text}\r\n").into_bytes()];
    }
    values.iter().map(|value| format!("{text}{name}: {value}\r\n\r\n").into_bytes()).collect()
}

fn print(results: &[(&str, Vec<f64>)]) {
    let base: Vec<f64> = results.first().map(|(_, turns)| turns.clone()).unwrap_or_default();
    println!(
        "CPU of the Envoy process, us a request; medians of {TURNS} turns of {REQUESTS} requests, one worker, 10 headers\n"
    );
    println!("{:34}{:>9}{:>9}{:>24}{:>9}", "case", "total", "added", "added, middle half", "at best");
    let best = |turns: &[f64]| turns.iter().copied().fold(f64::NAN, f64::min);
    for (name, turns) in results {
        // Turn by turn, so that a machine that drifts drifts for both.
        let added: Vec<f64> = turns.iter().zip(&base).map(|(turn, base)| turn - base).collect();
        let mut sorted = added.clone();
        sorted.sort_by(f64::total_cmp);
        let quarter = |part: usize| sorted.get(sorted.len() * part / 4).copied().unwrap_or(f64::NAN);
        println!(
            "{name:34}{:>9.2}{:>9.2}{:>24}{:>9.2}",
            median(turns),
            median(&added),
            format!("{:.2} to {:.2}", quarter(1), quarter(3)),
            // What is left of the noise of other tenants when every case had its luckiest turn.
            best(turns) - best(&base),
        );
    }
}
