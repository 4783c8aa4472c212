//! What a filter costs: CPU microseconds a request of the Envoy process, over an empty chain, all cases in one Envoy in turns, in
//! front of an upstream that answers with a short body.
//!
//! Requests a second say more about the neighbours of this machine than about a filter; CPU time a request does not. Each case gets
//! the same number of short turns, one after the other, so that a machine that slows down slows all of them; the median of what a turn
//! took beyond the empty chain's in the same round counts. Each filter is compared with a chain and with a filter that are empty and get
//! the very same requests: to read a token costs the proxy something too.

mod cpu;
mod load;
mod median;
mod random;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use median::median;
use random::Random;
use serde_json::{Value, json};
use verdict_gateway::envoy::Options;
use verdict_gateway::upstream::File;
use verdict_gateway::{Envoy, Gateway, Listener, Plugin, Result, Upstream, wait_for};
use verdict_subscription::hash::Hasher;
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

/// How often each case gets its turn.
const TURNS: usize = 160;
/// How many requests a turn has at least. Short turns: what slows the machine down lasts longer than a round of all cases.
const REQUESTS: usize = 500;
/// The listener that answers in the upstream's place.
const UPSTREAM: &str = "upstream";
/// How long the body of an answer is, in bytes.
const ANSWER: usize = 1000;
/// How many consumers the snapshot has.
const CONSUMERS: usize = 100_000;
/// The case with those consumers.
const SUBSCRIPTION: &str = "subscription, 100,000 consumers";
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

/// What gets the same requests. The first case is an empty chain, the second an empty filter.
struct Group {
    requests: &'static str,
    /// One more header of the requests: each of these values in turn, if there is any.
    header: (&'static str, Vec<String>),
    cases: Vec<Listener>,
}

/// A group of those cases, with the empty chain and the empty filter in front.
fn group(requests: &'static str, header: (&'static str, Vec<String>), cases: Vec<Listener>) -> Group {
    let empty = Plugin::new("empty", module_of("empty"), &json!({})).vm_id("empty");
    let mut all = vec![listener("empty chain"), listener("empty wasm filter (SDK)").plugin(empty)];
    all.extend(cases);
    Group { requests, header, cases: all }
}

/// All that is measured.
fn groups() -> Vec<Group> {
    let allowlist = |name: &str, module: PathBuf, client_address: &Value| {
        let plugin = Plugin::new("ip-allowlist", module, &ip_allowlist(client_address));
        listener(name).plugin(plugin.vm_id(name))
    };
    let ours = || module_of("ip-allowlist");
    let direct = Plugin::new("ip-allowlist", ours(), &ip_allowlist(&json!("direct"))).vm_id("direct");
    let forwarded = json!({ "forwarded": { "header": "x-forwarded-for", "trusted_hops": 1 } });
    let mut addresses = vec![
        listener("native rbac, 10 policies").filter(rbac()),
        allowlist("ip-allowlist, 10 rules, envoy", ours(), &json!("envoy")),
        allowlist("ip-allowlist, 10 rules, forwarded", ours(), &forwarded),
        telling_the_peer("set_filter_state (direct peer)"),
        telling_the_peer("the same + ip-allowlist, direct").plugin(direct),
        cors("cors, no origin"),
    ];
    for (name, module) in others("ip-allowlist") {
        addresses.push(allowlist(&name, module, &json!("envoy")));
    }
    let origin = ("Origin", vec!["https://shop.example".to_owned()]);
    let mut groups = vec![
        group("without a credential", ("", Vec::new()), addresses),
        group("with an origin", origin, vec![cors("cors, an origin that is granted")]),
    ];
    for (requests, algorithm) in [("with a token, ES256", "ES256"), ("with a token, RS256", "RS256")] {
        let token = MADE.tokens.get(algorithm).map(|token| format!("Bearer {token}"));
        let scope = |how: &str, remembered: u32| {
            let name = format!("jwt-scope, {algorithm}, {how}");
            listener(&name)
                .plugin(Plugin::new("jwt-scope", module_of("jwt-scope"), &jwt_scope(remembered)).vm_id(&name))
        };
        let native = listener(&format!("native jwt_authn, {algorithm}")).filter(jwt_authn());
        let cases = vec![native, scope("verified", 0), scope("remembered", 1000)];
        groups.push(group(requests, ("Authorization", token.into_iter().collect()), cases));
    }
    let mut subscriptions = vec![(SUBSCRIPTION.to_owned(), module_of("subscription"))];
    subscriptions.extend(others("subscription"));
    for (requests, callers) in [("with an API key", 1), ("with 1,000 API keys in turn", 1000)] {
        let keys = (0..CONSUMERS).step_by(CONSUMERS / callers).map(key).collect();
        let cases = subscriptions.iter().map(|(name, module)| {
            listener(name).plugin(Plugin::new("subscription", module.clone(), &subscription()).vm_id(name))
        });
        groups.push(group(requests, ("X-Api-Key", keys), cases.collect()));
    }
    // Only those with one of these in their names, and what they are compared with: CASES=jwt,rbac
    if let Ok(part) = std::env::var("CASES") {
        for group in &mut groups {
            let named = |name: &str| name.starts_with("empty") || part.split(',').any(|part| name.contains(part));
            group.cases.retain(|case| named(case.name()));
        }
        groups.retain(|group| group.cases.len() > 2);
    }
    groups
}

/// Other builds of a filter to compare with, known by how their files are called, as cases:
/// COMPARE=path/to/ip-allowlist.wasm,path/to/subscription-before.wasm
fn others(filter: &str) -> Vec<(String, PathBuf)> {
    let named =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(filter.as_bytes()));
    let paths = std::env::var("COMPARE").unwrap_or_default();
    let paths = paths.split(',').map(PathBuf::from).filter(named);
    paths.map(|path| (format!("{filter} of {}", path.display()), path)).collect()
}

/// A listener in front of the upstream that tells nobody who the direct peer is.
fn listener(name: &str) -> Listener {
    telling_the_peer(name).without_direct_peer()
}

/// A listener in front of the upstream.
fn telling_the_peer(name: &str) -> Listener {
    Listener::new(name).manager(json!({ "access_log": null }))
}

/// The upstream: another Envoy, since a slower one would let the first one go idle between requests.
fn answering() -> Listener {
    let body = json!({ "inline_string": "x".repeat(ANSWER) });
    let answer = json!({ "match": { "prefix": "/" }, "direct_response": { "status": 200, "body": body } });
    Listener::new(UPSTREAM).manager(json!({
        "access_log": null,
        "route_config": { "name": "bench", "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [answer] }] },
    }))
}

/// Ten rules, each for a path and with three networks.
fn ip_allowlist(client_address: &Value) -> Value {
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
fn cors(name: &str) -> Listener {
    let origins = ["https://*.example.org", "https://shop.example"];
    let configuration = json!({ "default": "deny", "rules": [{ "name": "all", "origins": origins }] });
    listener(name).plugin(Plugin::new("cors", module_of("cors"), &configuration).vm_id(name))
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
    let groups = groups();
    let files = Upstream::start().await?;
    let options = Options { concurrency: 1, ..Options::new(&verdict_gateway::binary()?) };
    let upstream = Gateway::new(files.address())?.listener(answering());
    let upstream = Envoy::start_with(&upstream.bootstrap(), &options).await?;
    let mut gateway = Gateway::new(upstream.listener(UPSTREAM).await?)?.cluster("files", files.address());
    let mut names = BTreeSet::new();
    for case in groups.iter().flat_map(|group| &group.cases) {
        if names.insert(case.name()) {
            gateway = gateway.listener(case.clone());
        }
    }
    if names.iter().any(|name| name.starts_with("subscription")) {
        files.files().set("/snapshot", File::new(snapshot()));
    }
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let mut loads = Vec::new();
    for group in &groups {
        for case in &group.cases {
            let (address, requests) = (envoy.listener(case.name()).await?, requests(group));
            wait_for(&format!("{} to be ready", case.name()), READY, async || {
                tokio::task::block_in_place(|| load::run(address, &requests, 1)).map_err(|error| error.to_string())
            })
            .await?;
            loads.push((address, requests));
        }
    }
    let mut turns: Vec<Vec<f64>> = vec![Vec::new(); loads.len()];
    let mut order: Vec<usize> = (0..loads.len()).collect();
    let mut random = Random(1);
    for turn in 0..=TURNS {
        // In another order each time: a case that always came behind the same one would pay for what that one left of the caches.
        order.sort_by_cached_key(|_| random.next());
        for index in &order {
            let (Some((address, requests)), Some(results)) = (loads.get(*index), turns.get_mut(*index)) else {
                continue;
            };
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
    upstream.stop().await;
    println!(
        "CPU of the Envoy process, us a request; medians of {TURNS} turns of {REQUESTS} requests, one worker, 10 headers; an upstream \
         answers with {ANSWER} bytes\n"
    );
    println!(
        "{:34}{:>9}{:>9}{:>24}{:>9}{:>17}",
        "case", "total", "added", "added, middle half", "at best", "times the empty"
    );
    let mut turns = turns.into_iter();
    for group in &groups {
        println!("requests {}", group.requests);
        print(&group.cases.iter().map(Listener::name).zip(turns.by_ref()).collect::<Vec<_>>());
    }
    Ok(())
}

/// The requests of a group: ten headers with those that Envoy adds.
fn requests(group: &Group) -> Vec<Vec<u8>> {
    let text = format!(
        "GET {PATH} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\nAccept-Language: en\r\nCookie: session=abc\r\n\
         X-Api-Version: 3\r\n"
    );
    let (name, values) = &group.header;
    if values.is_empty() {
        return vec![format!("{text}\r\n").into_bytes()];
    }
    values.iter().map(|value| format!("{text}{name}: {value}\r\n\r\n").into_bytes()).collect()
}

/// The cases of a group, beside the first two of them.
fn print(results: &[(&str, Vec<f64>)]) {
    let turns_of = |index: usize| results.get(index).map(|(_, turns)| turns.clone()).unwrap_or_default();
    let base = turns_of(0);
    // Turn by turn, so that a machine that drifts drifts for both.
    let beyond = |turns: &[f64]| -> Vec<f64> { turns.iter().zip(&base).map(|(turn, base)| turn - base).collect() };
    let empty = median(&beyond(&turns_of(1)));
    let best = |turns: &[f64]| turns.iter().copied().fold(f64::NAN, f64::min);
    for (index, (name, turns)) in results.iter().enumerate() {
        let added = beyond(turns);
        let mut sorted = added.clone();
        sorted.sort_by(f64::total_cmp);
        let quarter = |part: usize| sorted.get(sorted.len() * part / 4).copied().unwrap_or(f64::NAN);
        let times = if index > 1 { format!("{:.2}", median(&added) / empty) } else { String::new() };
        println!(
            "  {name:32}{:>9.2}{:>9.2}{:>24}{:>9.2}{times:>17}",
            median(turns),
            median(&added),
            format!("{:.2} to {:.2}", quarter(1), quarter(3)),
            // What is left of the noise of other tenants when every case had its luckiest turn.
            best(turns) - best(&base),
        );
    }
}
