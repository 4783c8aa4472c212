//! The house rules that no compiler checks: every filter has what CONTRIBUTING.md asks for, and the documents name files that exist.
#![expect(clippy::unwrap_used, clippy::panic, reason = "it exists only to test, and a panic is how a test fails")]

use std::fs;
use std::path::PathBuf;

use verdict_cors::Cors;
use verdict_gateway::repository;
use verdict_ip_allowlist::IpAllowlist;
use verdict_jwt_scope::JwtScope;
use verdict_policy::contract::Policy;
use verdict_policy::crypto::NoCrypto;
use verdict_policy::gate::Gate;
use verdict_subscription::SubscriptionPolicy;
use verdict_waf::Waf;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folders under `filters/`.
fn filters() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(repository().join("filters"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "a suite that runs nothing shows nothing");
    names
}

/// The Rust files under a folder, with their texts.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no source");
    found
}

/// What stands between back ticks and looks like a path in this repository.
fn paths(text: &str) -> Vec<String> {
    let roots = ["filters/", "shared/", "tests/", "tools/", "envoy/", "docs/"];
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|path| roots.iter().any(|root| path.starts_with(root)) && !path.contains([' ', '*', '{', '…']))
        .map(|path| path.trim_end_matches('/').to_owned())
        .collect()
}

#[test]
fn every_filter_follows_the_steps_of_contributing() {
    let steps = read("CONTRIBUTING.md");
    let steps = steps.split("## How to add a filter").nth(1).unwrap();
    let wanted: Vec<String> = paths(steps).into_iter().filter(|path| path.contains("<name>")).collect();
    assert!(wanted.len() >= 7, "CONTRIBUTING names the files of a filter: {wanted:?}");
    let mut missing: Vec<String> = Vec::new();
    for filter in filters() {
        let there = |path: &PathBuf| path.exists();
        let files = wanted.iter().map(|path| path.replace("<name>", &filter));
        missing.extend(files.filter(|path| !there(&repository().join(path))));
        for (place, text) in [
            ("tests/scenarios.rs", format!("\"{filter}\" =>")),
            ("envoy/gateway/envoy.yaml", format!("name: {filter}")),
            ("README.md", format!("filters/{filter}")),
            ("CHANGELOG.md", format!("`{filter}`")),
        ] {
            if !read(place).contains(&text) {
                missing.push(format!("{place} does not have {text}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_reason_of_every_filter_has_a_scenario_or_is_common() {
    let mut missing = Vec::new();
    // Some need a proxy.
    let in_envoy: String = sources("tests/end_to_end").into_iter().map(|(_, text)| text).collect();
    let shown_in_envoy = |code: &str| {
        let bare = |(_, reason): (&str, &str)| in_envoy.contains(&format!("\"{reason}\""));
        in_envoy.contains(code) || code.split_once('.').is_some_and(bare)
    };
    for filter in filters() {
        let folder = repository().join("tests/scenarios").join(&filter);
        let scenarios: String =
            fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
        let catalogue: serde_json::Value = serde_json::from_str(&read("docs/reasons.json")).unwrap();
        let reasons = catalogue["reasons"].as_array().unwrap();
        let own = reasons.iter().filter(|reason| reason["filter"] == filter && reason["common"] != true);
        let codes: Vec<&str> = own.filter_map(|reason| reason["reason"].as_str()).collect();
        assert!(!codes.is_empty(), "{filter} has no reasons in docs/reasons.json");
        missing.extend(
            codes
                .iter()
                .filter(|code| !scenarios.contains(**code) && !shown_in_envoy(code))
                .map(|code| (*code).to_owned()),
        );
    }
    assert!(missing.is_empty(), "no scenario shows {missing:?}");
}

#[test]
fn the_documents_name_files_that_exist() {
    let mut missing = Vec::new();
    for document in ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions.md"] {
        for path in paths(&read(document)) {
            if !path.contains('<') && !repository().join(&path).exists() {
                missing.push(format!("{document} names {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn no_file_is_longer_than_anybody_reads() {
    let sources = ["shared", "filters", "tools"].into_iter().flat_map(sources);
    let long: Vec<String> = sources
        .filter(|(_, text)| text.lines().count() > 550)
        .map(|(path, text)| format!("{} has {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split them, one thing a file:\n{}", long.join("\n"));
}

/// So what is tested natively is what stands in the modules, and one crate is linted twice rather than all.
#[test]
fn only_the_host_adapter_is_another_crate_in_a_module() {
    let export = "#[cfg(all(target_os = \"wasi\", feature = \"module\"))]\nverdict_host::export!(";
    let mut wrong = Vec::new();
    let mut exports = 0;
    for (path, text) in ["shared", "filters", "tests/policies"].into_iter().flat_map(sources) {
        if path.components().all(|part| part.as_os_str() != "src") || path.starts_with(repository().join("shared/host"))
        {
            continue;
        }
        exports += text.matches(export).count();
        let rest = text.replace(export, "");
        if ["target_os", "target_arch", "target_family"].iter().any(|asked| rest.contains(asked)) {
            wrong.push(path.display().to_string());
        }
    }
    assert!(exports > 1, "no filter exports anything");
    assert!(wrong.is_empty(), "these ask what they are built for; only shared/host may:\n{}", wrong.join("\n"));
}

/// What that filter says is wrong with a configuration.
fn problems(filter: &str, configuration: &str) -> Vec<String> {
    fn told<P: Policy>(configuration: &str) -> Vec<String> {
        match Gate::<P>::load(configuration.as_bytes(), &NoCrypto) {
            Ok(_) => Vec::new(),
            Err(problems) => problems
                .iter()
                // The Core Rule Set is only in modules that are built with it.
                .filter(|problem| !problem.message.contains("build one with `make waf CRS="))
                .map(|problem| format!("{}: {}", problem.place, problem.message))
                .collect(),
        }
    }
    match filter {
        "cors" => told::<Cors>(configuration),
        "ip-allowlist" => told::<IpAllowlist>(configuration),
        "jwt-scope" => told::<JwtScope>(configuration),
        "subscription" => told::<SubscriptionPolicy>(configuration),
        "waf" => told::<Waf>(configuration),
        other => panic!("there is no filter {other}: add a line to tests/house.rs"),
    }
}

#[test]
fn every_whole_configuration_in_the_readme_of_a_filter_is_one() {
    let mut wrong = Vec::new();
    for filter in filters() {
        let text = read(&format!("filters/{filter}/README.md"));
        let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
        let mut count = 0;
        for block in blocks {
            match serde_json::from_str::<serde_json::Value>(block) {
                Ok(value) if value.get("rules").is_none() => {}
                Ok(_) => {
                    count += 1;
                    wrong.extend(problems(&filter, block).iter().map(|problem| format!("{filter}: {problem}")));
                }
                Err(error) => wrong.push(format!("{filter}: {error} in\n{block}")),
            }
        }
        if count == 0 {
            wrong.push(format!("{filter}: its README shows no whole configuration"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The limit that ARCHITECTURE.md gives as the reason for how it is built.
#[test]
fn the_module_of_ip_allowlist_has_250_kb_at_most() {
    let path = repository().join("dist/ip-allowlist.wasm");
    let size =
        fs::metadata(&path).unwrap_or_else(|error| panic!("{error}: make build leaves {}", path.display())).len();
    assert!(size <= 250_000, "{size} bytes");
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let dependencies = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    let others: Vec<&str> = dependencies
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.contains("path = "))
        .collect();
    assert!(!others.is_empty(), "a suite that runs nothing shows nothing");
    let bare = |line: &&&str| line.split_once(" # ").is_none_or(|(_, reason)| reason.starts_with("the same"));
    let bare: Vec<&&str> = others.iter().filter(bare).collect();
    assert!(bare.is_empty(), "what are these for? {bare:?}");
}

#[test]
fn the_help_of_the_gateway_has_every_port() {
    let (ports, help) = (read("tools/gateway/src/ports.rs"), read("tools/gateway/src/main.rs"));
    let ports: Vec<(&str, &str)> = ports
        .split("address(\"")
        .skip(1)
        .filter_map(|rest| rest.split_once("\", "))
        .filter_map(|(variable, rest)| Some((variable, rest.split(',').next()?)))
        .collect();
    assert!(!ports.is_empty(), "ports.rs has none");
    for (variable, usual) in ports {
        assert!(help.contains(&format!("{variable} ({usual})")), "--help does not have {variable} ({usual})");
    }
}
