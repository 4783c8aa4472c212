//! A scenario: one configuration, and requests with what must become of them. The files are in `tests/scenarios/`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use verdict_gateway::{Error, Result, repository};

use crate::tokens;

/// A file of scenarios, for one filter: the folder has its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What several scenarios have in common, under YAML anchors.
    #[serde(default, rename = "definitions")]
    _definitions: Value,
    scenarios: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    about: String,
    config: Value,
    #[serde(default)]
    files: BTreeMap<String, Served>,
    #[serde(default)]
    gateway: Gateway,
    #[serde(default)]
    skip: BTreeMap<Engine, String>,
    cases: Vec<Case>,
}

/// One configuration and the requests that are sent to it, in order.
#[derive(Debug)]
pub struct Scenario {
    /// The filter.
    pub filter: String,
    /// Where it stands, and what it is about.
    pub about: String,
    /// The filter's configuration.
    pub config: Value,
    /// What the cluster `files` serves, by path.
    pub files: BTreeMap<String, Served>,
    /// How the proxy is set up.
    pub gateway: Gateway,
    /// Engines that cannot run it, each with the reason.
    pub skip: BTreeMap<Engine, String>,
    /// The requests.
    pub cases: Vec<Case>,
}

/// What runs scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The policy as a library, with a proxy that is played.
    Native,
    /// The module in the real Envoy.
    Envoy,
}

/// How the proxy is set up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// Whether it believes `X-Forwarded-For` (Envoy's default) or not.
    pub use_remote_address: bool,
    /// Whether it hands the direct peer over.
    pub direct_peer: bool,
    /// Whether a filter that pauses at the headers holds the body too.
    pub holds_body: bool,
    /// Whether it normalises paths.
    pub normalises: bool,
}

impl Default for Gateway {
    fn default() -> Self {
        Self { use_remote_address: true, direct_peer: true, holds_body: true, normalises: false }
    }
}

/// A file that a filter fetches.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// The media type.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The body. `<folder>` in it stands for what the engine puts before the paths of files, so that they can name one another.
    pub body: String,
}

impl Served {
    /// The body where all files are in that folder.
    pub fn in_folder(&self, folder: &str) -> Vec<u8> {
        self.body.replace("<folder>", folder).into_bytes()
    }
}

fn ok() -> u16 {
    200
}

/// One request and what must become of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is shown.
    pub name: String,
    /// What is sent.
    #[serde(default)]
    pub request: Sent,
    /// What must become of it.
    pub expect: Expected,
}

/// A request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The target.
    pub path: String,
    /// The host.
    pub host: String,
    /// The address that the connection comes from.
    pub from: String,
    /// What the connection manager makes of it, where that is not `from` (only the native engine has to be told).
    pub source: Option<String>,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// Trailers behind the body, in order.
    pub trailers: Vec<(String, String)>,
    /// What the upstream answers.
    pub answer: Option<String>,
}

impl Default for Sent {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            host: "example.com".to_owned(),
            from: "127.0.0.1".to_owned(),
            source: None,
            headers: Vec::new(),
            body: None,
            trailers: Vec::new(),
            answer: None,
        }
    }
}

impl Sent {
    /// Whether there are trailers behind it or behind its answer.
    pub fn has_trailers(&self) -> bool {
        !self.trailers.is_empty() || self.headers.iter().any(|(name, _)| name == "x-upstream-trailer")
    }
}

/// What must become of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The status that the client gets.
    pub status: u16,
    /// The header `x-verdict-reason`; none where it is left out.
    #[serde(default)]
    pub reason: Option<String>,
    /// What is decided and recorded, where something other than "allowed" is.
    #[serde(default)]
    pub recorded: Option<Recorded>,
    /// What else the filter must have left for the access log, by its name behind `verdict.`; `null`: nothing.
    #[serde(default)]
    pub left: BTreeMap<String, Option<String>>,
    /// Headers that the upstream must see; `null`: must not. `:path` is the target.
    #[serde(default)]
    pub upstream: BTreeMap<String, Option<String>>,
    /// Headers that the client must see; `null`: must not. Several by that name are one list (RFC 9110, section 5.3), whose members
    /// are then separated by a comma without a space.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// What the JSON in the body of a refusal must have at these JSON pointers; `null`: nothing.
    #[serde(default)]
    pub body: BTreeMap<String, Option<Value>>,
}

/// A decision in the filter state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// `denied`, `would_deny` or `unable`.
    pub decision: String,
    /// The full reason.
    pub reason: String,
    /// The rule.
    pub rule: String,
    /// The JSON pointer of what decided.
    pub pointer: String,
}

/// What became of a request, on one engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Became {
    /// The status that the client got.
    pub status: u16,
    /// The header `x-verdict-reason`.
    pub reason: Option<String>,
    /// What was left for the access log.
    pub recorded: Option<Recorded>,
    /// What else was left, of what any case of the scenario expects.
    pub left: BTreeMap<String, String>,
    /// The headers that the upstream saw, and `:path`; none if it saw no request.
    pub upstream: Option<Vec<(String, String)>>,
    /// The headers that the client saw.
    pub headers: Vec<(String, String)>,
    /// The body of a refusal, if it is JSON.
    pub body: Option<Value>,
}

/// How often each decision was counted, by the labels `decision`, `reason`, `rule` and `mode`.
pub type Counts = BTreeMap<[String; 4], u64>;

impl Scenario {
    /// What its cases expect to be left for the access log, beside the decision.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().flat_map(|case| case.expect.left.keys()).map(String::as_str)
    }
}

/// Reads every scenario of every filter; with `FILTER=<name>` in the environment, of that one.
///
/// # Errors
/// Where a file is not one, with its name.
pub fn all() -> Result<Vec<Scenario>> {
    let root = repository().join("tests/scenarios");
    let only = std::env::var("FILTER").ok();
    let mut scenarios = Vec::new();
    for folder in entries(&root)? {
        let filter = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !folder.is_dir() || only.as_ref().is_some_and(|only| *only != filter) {
            continue;
        }
        for path in entries(&folder)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let text =
                std::fs::read_to_string(&path).map_err(|error| Error::new(format!("{filter}/{name}: {error}")))?;
            let file: File = parse(&text).map_err(|error| Error::new(format!("{filter}/{name}: {error}")))?;
            scenarios.extend(file.scenarios.into_iter().map(|written| Scenario {
                filter: filter.clone(),
                about: format!("{filter}/{name}: {}", written.about),
                config: written.config,
                files: written.files,
                gateway: written.gateway,
                skip: written.skip,
                cases: written.cases,
            }));
        }
    }
    Ok(scenarios)
}

/// Reads a file of cases: YAML, with `<<` and with tokens and keys where their names are.
///
/// # Errors
/// What is wrong with it.
pub fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let told = |error: serde_norway::Error| error.to_string();
    let mut value: serde_norway::Value = serde_norway::from_str(text).map_err(told)?;
    // `<<` is an object to begin with, so that a scenario need only say what differs.
    value.apply_merge().map_err(told)?;
    fill(&mut value)?;
    serde_norway::from_value(value).map_err(told)
}

/// Puts tokens and keys where their names are.
fn fill(value: &mut serde_norway::Value) -> Result<(), String> {
    use serde_norway::Value;
    match value {
        Value::String(text) => *text = tokens::filled(text)?,
        Value::Sequence(items) => items.iter_mut().try_for_each(fill)?,
        Value::Mapping(members) => members.iter_mut().try_for_each(|(_, value)| fill(value))?,
        Value::Tagged(tagged) => fill(&mut tagged.value)?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Error::new(format!("{}: {error}", folder.display())))? {
        paths.push(entry.map_err(|error| Error::new(error.to_string()))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// What is wrong with what became of a request; nothing if it is as expected.
pub fn differences(expected: &Expected, became: &Became) -> Vec<String> {
    let mut wrong = Vec::new();
    if became.status != expected.status {
        wrong.push(format!("status {} instead of {}", became.status, expected.status));
    }
    if became.reason != expected.reason {
        wrong.push(format!("x-verdict-reason {:?} instead of {:?}", became.reason, expected.reason));
    }
    if became.recorded != expected.recorded {
        wrong.push(format!("recorded {:?} instead of {:?}", became.recorded, expected.recorded));
    }
    for (name, value) in &expected.left {
        let left = became.left.get(name);
        if left != value.as_ref() {
            wrong.push(format!("left {left:?} as {name} instead of {value:?}"));
        }
    }
    for (name, value) in &expected.upstream {
        let Some(headers) = &became.upstream else {
            wrong.push("the upstream saw no request".to_owned());
            break;
        };
        let seen = values(headers, name);
        if seen != value.iter().map(String::as_str).collect::<Vec<_>>() {
            wrong.push(format!("the upstream saw {name}: {seen:?} instead of {value:?}"));
        }
    }
    for (name, value) in &expected.headers {
        let seen = values(&became.headers, name);
        if seen.join(",") != value.as_deref().unwrap_or_default() || seen.is_empty() != value.is_none() {
            wrong.push(format!("the client saw {name}: {seen:?} instead of {value:?}"));
        }
    }
    for (pointer, value) in &expected.body {
        let seen = became.body.as_ref().and_then(|body| body.pointer(pointer));
        if seen != value.as_ref() {
            wrong.push(format!("the body has {seen:?} at {pointer} instead of {value:?}"));
        }
    }
    wrong
}

/// The values of that header, in order.
fn values<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
}
