//! The configurations that are shipped are valid, are read by the policy, and do what their comments say.

mod mmdb;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use verdict_gateway::config::merge;
use verdict_gateway::envoy::Options;
use verdict_gateway::shipped::read_yaml;
use verdict_gateway::upstream::File;
use verdict_gateway::{Envoy, Gateway, Listener, Request, Upstream, binary, repository, validate};
use verdict_ip_allowlist::IpAllowlist;
use verdict_policy::crypto::NoCrypto;
use verdict_policy::gate::Gate;
use verdict_policy::metrics::LABELS;

use crate::stage::alone;
use mmdb::{Data, Type, database};

/// The examples that are bootstraps of Envoy.
const BOOTSTRAPS: [&str; 4] = ["one-filter", "behind-load-balancer", "geoip", "fetched-list"];

/// Those that are not, each with a test of its own.
const OTHERS: [&str; 2] = ["istio", "prometheus"];

fn path_of(example: &str) -> PathBuf {
    repository().join(format!("envoy/examples/{example}.yaml"))
}

fn read(example: &str) -> Value {
    read_yaml(&path_of(example)).unwrap()
}

/// Every object in it, at any depth.
fn objects(value: &Value) -> Vec<&Value> {
    let inside: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(values) => values.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    inside.into_iter().flat_map(objects).chain(value.is_object().then_some(value)).collect()
}

/// The wasm filters in a bootstrap: their `config`.
fn filters(bootstrap: &Value) -> Vec<&Value> {
    let wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
    objects(bootstrap).into_iter().filter(|object| object["@type"] == wasm).map(|object| &object["config"]).collect()
}

/// What every shipped filter has, and that the policy reads its configuration.
fn check(example: &str, filter: &Value) {
    let text = filter["configuration"]["value"].as_str().unwrap();
    if let Err(problems) = Gate::<IpAllowlist>::load(text.as_bytes(), &NoCrypto) {
        panic!("{example}: {problems}");
    }
    assert_eq!(filter["allow_on_headers_stop_iteration"], true, "{example}");
    assert_eq!(filter["failure_policy"], "FAIL_RELOAD", "{example}");
    let module = filter["vm_config"]["code"]["local"]["filename"].as_str().unwrap();
    assert_eq!(module, "dist/ip-allowlist.wasm", "{example}");
}

/// Databases in which 127.0.0.2 is in DE, 127.0.0.3 in US and AS 64500, 127.0.0.4 in AS 64496, and 127.0.0.6 in KP.
fn databases() -> TempDir {
    let country = |last, code| {
        let code = Data::Map(vec![("iso_code", Data::Text(code))]);
        ([127, 0, 0, last].into(), Data::Map(vec![("country", code)]))
    };
    let network = |last, number| {
        let number = Data::Number(Type::U32, number);
        ([127, 0, 0, last].into(), Data::Map(vec![("autonomous_system_number", number)]))
    };
    let directory = TempDir::new().unwrap();
    for (kind, addresses) in [
        ("GeoLite2-Country", vec![country(2, "DE"), country(3, "US"), country(6, "KP")]),
        ("GeoLite2-ASN", vec![network(3, 64500), network(4, 64496)]),
    ] {
        std::fs::write(directory.path().join(format!("{kind}.mmdb")), database(kind, addresses)).unwrap();
    }
    directory
}

/// The example with other texts in it, each of which must be there.
fn changed(example: &str, changes: &[(&str, &str)]) -> Value {
    let mut text = read(example).to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "{example} has no {from}");
        text = text.replace(from, to);
    }
    serde_json::from_str(&text).unwrap()
}

/// Asks Envoy whether it is valid. Relative paths belong to the repository.
fn is_valid(bootstrap: &Value) -> verdict_gateway::Result<()> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("bootstrap.json");
    std::fs::write(&path, bootstrap.to_string()).unwrap();
    validate(&path, &repository(), &binary().unwrap())
}

#[test]
fn every_example_is_valid_and_the_policy_reads_it() {
    let entries = std::fs::read_dir(repository().join("envoy/examples")).unwrap();
    let mut names: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut names: Vec<String> = names.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into()).collect();
    let mut known: Vec<&str> = BOOTSTRAPS.into_iter().chain(OTHERS).collect();
    names.sort();
    known.sort_unstable();
    assert_eq!(names, known, "an example that nobody tests");

    let databases = databases();
    for example in BOOTSTRAPS {
        let written = read(example);
        let filters = filters(&written);
        assert!(!filters.is_empty(), "{example}");
        filters.into_iter().for_each(|filter| check(example, filter));
        let changes: &[(&str, &str)] = match example {
            "geoip" => &[("/etc/envoy", &databases.path().to_string_lossy())],
            // Where this system keeps the certificates of authorities elsewhere, any readable file of them will do, or none.
            "fetched-list" if !Path::new("/etc/ssl/certs/ca-certificates.crt").exists() => {
                println!("{example}: validated without the certificates, which this system has elsewhere");
                &[(
                    r#""trusted_ca":{"filename":"/etc/ssl/certs/ca-certificates.crt"}"#,
                    r#""trust_chain_verification":"ACCEPT_UNTRUSTED""#,
                )]
            }
            _ => &[],
        };
        is_valid(&changed(example, changes)).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}

#[test]
fn envoys_validation_reads_the_filters_configuration_too() {
    let bad = changed("one-filter", &[("10.0.0.0/8", "10.0.0.1/8")]);
    let refused = is_valid(&bad).unwrap_err().to_string();
    assert!(refused.contains("/rules/0/allow/0: 10.0.0.1/8 has host bits set; write 10.0.0.0/8"), "{refused}");
}

#[test]
fn the_shipped_gateway_and_the_containers_configurations_are_valid() {
    let compose = read_yaml(&repository().join("envoy/compose.yaml")).unwrap();
    let get_envoy = std::fs::read_to_string(repository().join("envoy/get-envoy")).unwrap();
    let gateway = read_yaml(&repository().join("envoy/gateway/envoy.yaml")).unwrap();
    let clusters = gateway["static_resources"]["clusters"].as_array().unwrap();
    let mut checked = 0;
    for (name, service) in compose["services"].as_object().unwrap() {
        let Some(version) = service["image"].as_str().unwrap().strip_prefix("envoyproxy/envoy:v") else {
            // One of our own tools: it must listen where the gateway looks for it.
            let cluster = clusters.iter().find(|cluster| cluster["name"] == **name).unwrap();
            let address = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
            let address = cluster.pointer(address).unwrap();
            let listens = format!("{}:{}", address["address"].as_str().unwrap(), address["port_value"]);
            let command = service["command"].as_array().unwrap();
            assert!(command.iter().skip_while(|word| **word != "--listen").nth(1) == Some(&json!(listens)), "{name}");
            continue;
        };
        assert!(
            get_envoy.contains(&format!("version={version}\n")),
            "{name}: {version} is not the version that is tested"
        );
        let command: Vec<&str> = service["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let config = command.iter().skip_while(|word| **word != "-c").nth(1).unwrap();
        // The file as the container sees it, by its mount, or by its working directory.
        let mounts = service["volumes"].as_array().unwrap().iter().filter_map(Value::as_str);
        let mut mounted = mounts.filter_map(|mount| mount.split_once(':'));
        let config = match mounted.find(|(_, inside)| inside.starts_with(config)) {
            Some((outside, _)) => repository().join("envoy").join(outside),
            None => repository().join(config),
        };
        validate(&config, &repository(), &binary().unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        checked += 1;
    }
    assert_eq!(checked, 2);
}

#[test]
fn the_readme_has_the_filter_of_the_example_in_ten_lines() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let block = readme.split("```yaml\n").skip(1).find(|block| block.starts_with("- name: ip-allowlist\n")).unwrap();
    let block = block.split("```").next().unwrap();
    assert_eq!(block.lines().count(), 10);
    let from_readme: Value = serde_norway::from_str(block).unwrap();
    let example = read("one-filter");
    let manager = &example["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
    assert_eq!(manager["http_filters"][0], from_readme[0]);
}

/// The listeners of the examples in one Envoy, at ports of their own, in front of our upstream, which has the list too.
async fn start(upstream: &Upstream, databases: &TempDir) -> Envoy {
    upstream.files().set("/reported.txt", File::new("# reported\n127.0.0.3\n"));
    let databases = databases.path().to_string_lossy();
    let mut unguarded =
        changed("geoip", &[("/etc/envoy", &databases), (r#""name":"geoip""#, r#""name":"geoip-unguarded""#)]);
    let manager = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";
    unguarded.pointer_mut(manager).unwrap().as_array_mut().unwrap().remove(0);
    let examples = [
        changed("one-filter", &[("10.0.0.0/8", "127.0.0.2")]),
        changed("behind-load-balancer", &[("10.0.0.0/28", "127.0.0.8/29")]),
        changed("geoip", &[("/etc/envoy", &databases)]),
        unguarded,
        read("fetched-list"),
    ];
    let mut listeners = Vec::new();
    for example in &examples {
        for listener in example["static_resources"]["listeners"].as_array().unwrap() {
            let mut listener = listener.clone();
            let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } });
            merge(&mut listener, json!({ "address": address }));
            listeners.push(listener);
        }
    }
    let gateway = Gateway::new(upstream.address()).unwrap().cluster("lists", upstream.address());
    let mut bootstrap = gateway.bootstrap();
    merge(&mut bootstrap, json!({ "static_resources": { "listeners": listeners } }));
    let mut options = Options::new(&binary().unwrap());
    options.directory = Some(repository());
    Envoy::start_with(&bootstrap, &options).await.unwrap()
}

#[test]
fn the_examples_do_what_they_say() {
    alone(async {
        let databases = databases();
        let upstream = Upstream::start().await.unwrap();
        let envoy = start(&upstream, &databases).await;
        let forwarded = |chain: &'static str| ("x-forwarded-for", chain);
        let country = |code: &'static str| ("x-geo-country", code);
        let none = ("x-none", "1");
        for (listener, path, from, header, expected) in [
            ("one-filter", "/", "127.0.0.2", none, None),
            ("one-filter", "/", "127.0.0.3", none, Some("not_allowed")),
            ("one-filter", "/", "127.0.0.3", forwarded("127.0.0.2"), Some("not_allowed")),
            // Whoever reaches the port is believed, as it says.
            ("by-hops", "/", "127.0.0.9", forwarded("192.0.2.7"), None),
            ("by-hops", "/", "127.0.0.3", forwarded("192.0.2.7"), None),
            ("by-hops", "/", "127.0.0.9", forwarded("192.0.2.7, 203.0.113.9"), Some("not_allowed")),
            ("by-hops", "/", "127.0.0.9", none, Some("not_allowed")),
            ("by-networks", "/", "127.0.0.9", forwarded("192.0.2.7"), None),
            ("by-networks", "/", "127.0.0.9", forwarded("192.0.2.7, 127.0.0.10"), None),
            ("by-networks", "/", "127.0.0.9", forwarded("192.0.2.7, 203.0.113.9"), Some("not_allowed")),
            ("by-networks", "/", "127.0.0.3", forwarded("192.0.2.7"), Some("not_allowed")),
            // Envoy adds the load balancer to the chain, which is no client.
            ("by-networks", "/", "127.0.0.9", none, Some("forwarding_missing")),
            ("geoip", "/shop/x", "127.0.0.2", none, None),
            ("geoip", "/shop/x", "127.0.0.3", none, Some("country_not_allowed")),
            ("geoip", "/shop/x", "127.0.0.3", country("DE"), Some("country_not_allowed")),
            ("geoip", "/shop/x", "127.0.0.4", none, None),
            ("geoip", "/shop/x", "127.0.0.5", none, Some("country_unknown")),
            ("geoip", "/shop/x", "127.0.0.5", country("DE"), Some("country_unknown")),
            ("geoip", "/x", "127.0.0.2", none, None),
            ("geoip", "/x", "127.0.0.6", none, Some("denied")),
            ("geoip", "/x", "127.0.0.5", country("DE"), Some("country_unknown")),
            // Without the filter that removes the header, a client from nowhere chooses its country.
            ("geoip-unguarded", "/shop/x", "127.0.0.5", country("DE"), None),
            ("fetched-list", "/", "127.0.0.2", none, None),
            ("fetched-list", "/", "127.0.0.3", none, Some("denied")),
        ] {
            let address = envoy.listener(listener).await.unwrap();
            let reply = Request::get(path).from(from).header(header.0, header.1).send(address).await.unwrap();
            let reason = expected.map(|reason| format!("ip-allowlist.{reason}"));
            let told = reply.header("x-verdict-reason").map(str::to_owned);
            assert_eq!(
                (reply.status == 200, told),
                (expected.is_none(), reason),
                "{listener} {path} {from} {header:?}"
            );
        }
    });
}

#[test]
fn the_documents_for_istio_are_what_the_policy_and_envoy_read() {
    let text = std::fs::read_to_string(path_of("istio")).unwrap();
    let documents: Vec<Value> =
        serde_norway::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap()).collect();
    let [mesh, direct_peer, plugin] = documents.as_slice() else { panic!("{} documents", documents.len()) };

    // As Istio hands it over: the object as JSON.
    let config = &plugin["spec"]["pluginConfig"];
    if let Err(problems) = Gate::<IpAllowlist>::load(config.to_string().as_bytes(), &NoCrypto) {
        panic!("{problems}");
    }
    assert_eq!(plugin["spec"]["failStrategy"], "FAIL_CLOSE");
    assert!(text.contains("A WasmPlugin does not set Envoy's `allow_on_headers_stop_iteration`"));

    let labels: Vec<&str> = LABELS.iter().map(|(label, _)| *label).collect();
    assert_eq!(mesh["meshConfig"]["defaultConfig"]["extraStatTags"], json!(labels));
    let format: Value = serde_json::from_str(mesh["meshConfig"]["accessLogFormat"].as_str().unwrap()).unwrap();

    // The filter is that of the shipped gateway, and Envoy takes both it and the format.
    let filter = &direct_peer["spec"]["configPatches"][0]["patch"]["value"];
    let shipped = read_yaml(&repository().join("envoy/gateway/envoy.yaml")).unwrap();
    assert!(objects(&shipped).contains(&filter), "{filter}");
    let listener = Listener::new("istio").access_log(Path::new("/dev/null")).without_direct_peer();
    let listener = listener.filter(filter.clone()).logged(format.as_object().unwrap());
    let gateway = Gateway::new(([127, 0, 0, 1], 1).into()).unwrap().listener(listener);
    is_valid(&gateway.bootstrap()).unwrap();
}

#[test]
fn prometheus_takes_the_example() {
    // In Debian, the package `prometheus` has it. What the relabelling does is shown in `metrics/relabel.rs` all the same.
    let check = Command::new("promtool").args(["check", "config"]).arg(path_of("prometheus")).output();
    match check {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => println!("1 check skipped: promtool cannot be run ({error})"),
    }
}
