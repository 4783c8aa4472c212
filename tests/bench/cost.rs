//! What a filter costs: CPU microseconds a request of the Envoy process, over an empty chain, all cases in one Envoy in turns.
//!
//! Requests a second say more about the neighbours of this machine than about a filter; CPU time a request does not. The load is
//! wrk's. Each case gets the same number of turns, one after the other, and the median of its turns counts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};
use verdict_gateway::envoy::Options;
use verdict_gateway::{Envoy, Error, Gateway, Listener, Plugin, Result};
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

/// How often each case gets its turn.
const TURNS: usize = 15;
/// How long a turn is, in seconds.
const SECONDS: u32 = 1;
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
    /// The token that its requests carry.
    token: Option<&'static str>,
}

fn case(name: &'static str, listener: Listener) -> Case {
    Case { name, listener, token: None }
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
        let token = MADE.tokens.get(algorithm).map(String::as_str);
        let ours = |name: &'static str, cache: u32| {
            let plugin = Plugin::new("jwt-scope", module_of("jwt-scope"), &jwt_scope(cache)).vm_id(name);
            Case { token, ..case(name, plain(name).plugin(plugin)) }
        };
        cases.push(Case { token, ..case(native, plain(native).filter(jwt_authn())) });
        cases.push(ours(uncached, 0));
        cases.push(ours(cached, 1000));
    }
    // Another build to compare with: COMPARE=path/to/ip-allowlist.wasm
    if let Some(other) = std::env::var_os("COMPARE") {
        let name = "ip-allowlist of COMPARE, envoy";
        cases.push(case(name, plain(name).plugin(allowlist("compare", PathBuf::from(other), "envoy"))));
    }
    // Only those with that in their names, beside the empty chain: CASES=jwt
    if let Ok(part) = std::env::var("CASES") {
        cases.retain(|case| case.name.starts_with("empty") || case.name.contains(&part));
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
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let gateway = cases.iter().fold(Gateway::new(nobody)?, |gateway, case| gateway.listener(case.listener.clone()));
    let options = Options { concurrency: 1, ..Options::new(&verdict_gateway::binary()?) };
    let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
    let mut turns: Vec<Vec<f64>> = vec![Vec::new(); cases.len()];
    for turn in 0..=TURNS {
        for (Case { name, token, .. }, results) in cases.iter().zip(&mut turns) {
            let address = envoy.listener(name).await?;
            let before = cpu_nanoseconds(envoy.pid())?;
            let requests = tokio::task::block_in_place(|| load(address, name, *token))?;
            let used = cpu_nanoseconds(envoy.pid())?.saturating_sub(before);
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

/// CPU time of all threads of a process so far. `/proc/<pid>/stat` has it in steps of 10 ms, which is too coarse for a short turn.
fn cpu_nanoseconds(pid: u32) -> Result<u64> {
    let unreadable = |error: &dyn std::fmt::Display| Error::new(format!("the CPU time of Envoy: {error}"));
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| unreadable(&error))? {
        let path = task.map_err(|error| unreadable(&error))?.path().join("schedstat");
        // A thread may end meanwhile.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        total += text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total)
}

/// Loads a listener for one turn: how many requests were answered, all of them with 200.
fn load(address: SocketAddr, name: &str, token: Option<&str>) -> Result<u64> {
    let headers =
        ["User-Agent: bench", "Accept: */*", "Accept-Language: en", "Cookie: session=abc", "X-Api-Version: 3"];
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c16", &format!("-d{SECONDS}s")]);
    for header in headers {
        wrk.args(["-H", header]);
    }
    if let Some(token) = token {
        wrk.args(["-H", &format!("Authorization: Bearer {token}")]);
    }
    let output = wrk
        .arg(format!("http://{address}{PATH}"))
        .output()
        .map_err(|_| Error::new("wrk is missing; install it (Debian: apt-get install wrk)"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(Error::new(format!("{name}: not every request was answered with 200:\n{text}")));
    }
    let count = text.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    count.filter(|count| *count > 0).ok_or_else(|| Error::new(format!("{name}: wrk counted nothing:\n{text}")))
}

fn print(results: &[(&str, Vec<f64>)]) {
    let median = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let base: Vec<f64> = results.first().map(|(_, turns)| turns.clone()).unwrap_or_default();
    println!(
        "CPU of the Envoy process, us a request; medians of {TURNS} turns of {SECONDS} s, one worker, 10 headers\n"
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
