//! The table of spellings through Envoy, with its normalisation off and on: for each, what is matched or refused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use verdict_gateway::raw::http2::Outcome;
use verdict_gateway::{Listener, Plugin, Protocol, Request, Upstream, raw, repository};
use verdict_tests::envoy::module_of;

use crate::plain::Plain;
use crate::stage::{alone, listener};
use crate::watched::Watched;

/// How long an answer may take.
const BOUND: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spellings {
    method: String,
    host: String,
    rules: Vec<Value>,
    spellings: Vec<Spelling>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelling {
    path: String,
    host: Option<String>,
    method: Option<String>,
    rule: Option<String>,
    refused: Option<String>,
    use_normal_form: Option<Decision>,
    http1: Option<String>,
    http2: Option<String>,
    normalised: Option<String>,
    // For the native test.
    #[serde(rename = "matched")]
    _matched: Option<String>,
    #[serde(rename = "matched_host")]
    _matched_host: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    rule: String,
    #[serde(rename = "matched")]
    _matched: String,
}

/// How a request is sent, and to what.
#[derive(Clone, Copy)]
struct Way {
    protocol: Protocol,
    /// Whether Envoy normalises paths.
    normalises: bool,
    /// Whether the filter refuses ambiguous paths, or uses their normal form.
    refuses: bool,
}

impl Way {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for protocol in [Protocol::Http1, Protocol::Http2] {
            for normalises in [false, true] {
                all.extend([true, false].map(|refuses| Self { protocol, normalises, refuses }));
            }
        }
        all
    }

    fn listener(self) -> String {
        let paths = if self.refuses { "refuse" } else { "use_normal_form" };
        if self.normalises { format!("{paths}, normalised") } else { paths.to_owned() }
    }
}

impl Spelling {
    /// What decides about it.
    fn expected(&self, way: Way) -> &str {
        let by_protocol = match way.protocol {
            Protocol::Http1 => &self.http1,
            Protocol::Http2 => &self.http2,
        };
        let by_envoy = by_protocol.as_ref().or(self.normalised.as_ref().filter(|_| way.normalises));
        let by_normal_form = self.use_normal_form.as_ref().filter(|_| !way.refuses).map(|decision| &decision.rule);
        let by_table = by_normal_form.or(self.rule.as_ref()).or(self.refused.as_ref());
        by_envoy.or(by_table).map_or("nothing", String::as_str)
    }
}

#[test]
fn every_spelling_is_matched_or_refused_as_the_table_says() {
    alone(async {
        let file = std::fs::read_to_string(repository().join("tests/scenarios/spellings.yaml")).unwrap();
        let table: Spellings = serde_norway::from_str(&file).unwrap();
        let listeners = Way::all().into_iter().filter(|way| way.protocol == Protocol::Http1);
        let listeners = listeners.map(|way| filtered(way, &table.rules)).collect();
        // With one worker, the access log is in the order of the requests.
        let watched = Watched::start(Upstream::start().await.unwrap(), Plain::start().await, listeners, 1).await;
        let mut sent = Vec::new();
        for spelling in &table.spellings {
            for way in Way::all() {
                let id = format!("spelling-{}", sent.len());
                let status = send(&watched, way, spelling, &table, &id).await;
                sent.push((way, spelling, id, status));
            }
        }
        let mut decided = BTreeMap::new();
        for way in Way::all() {
            let last = Request::get("/last").header("x-test-id", "last").protocol(way.protocol);
            last.send(watched.at(&way.listener())).await.unwrap();
            watched.line(&way.listener(), "last").await;
            let lines = watched.envoy.access_log(&way.listener());
            decided
                .extend(lines.iter().filter_map(|line| Some((line["test_id"].as_str()?.to_owned(), decision(line)?))));
        }
        let mut wrong = Vec::new();
        for (way, spelling, id, status) in &sent {
            let by_envoy = || status.map_or_else(|| "envoy closes".to_owned(), |status| format!("envoy {status}"));
            let decided = decided.get(id).cloned().unwrap_or_else(by_envoy);
            let expected = spelling.expected(*way);
            if decided != expected {
                let Spelling { path, host, .. } = spelling;
                let how = format!("{:?}, {}", way.protocol, way.listener());
                wrong.push(format!("{path:?} {host:?}, {how}: {decided} instead of {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), sent.len(), wrong.join("\n"));
        assert_eq!(sent.len(), 8 * table.spellings.len());
        assert!(table.spellings.len() >= 60, "only {} spellings", table.spellings.len());
        watched.assert_untroubled("all spellings").await;
    });
}

/// The table's rules, each of which refuses: who decided is then in the access log.
fn filtered(way: Way, rules: &[Value]) -> Listener {
    let mut rules = rules.to_vec();
    for rule in &mut rules {
        rule["allow"] = json!(["192.0.2.1"]);
    }
    let paths = if way.refuses { "refuse" } else { "use_normal_form" };
    let config = json!({ "default": "deny", "client_address": "direct", "ambiguous_paths": paths, "rules": rules });
    let plugin = Plugin::new("ip-allowlist", module_of("ip-allowlist"), &config);
    // A connection that Envoy gives up is closed soon, not after a second.
    let listener = listener(&way.listener(), &["ip-allowlist"]).manager(json!({ "delayed_close_timeout": "0.02s" }));
    listener.path_normalisation(way.normalises).plugin(plugin)
}

/// Sends a spelling as it is. The status, if there is one.
async fn send(watched: &Watched, way: Way, spelling: &Spelling, table: &Spellings, id: &str) -> Option<u16> {
    let address = watched.at(&way.listener());
    let Spelling { path, host, method, .. } = spelling;
    let (host, method) = (host.as_ref().unwrap_or(&table.host), method.as_ref().unwrap_or(&table.method));
    match way.protocol {
        Protocol::Http1 => {
            let head =
                format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nx-test-id: {id}\r\nconnection: close\r\n\r\n");
            raw::send(address, None, head.as_bytes(), BOUND).await.unwrap().status()
        }
        Protocol::Http2 => {
            let fields =
                [(":method", &**method), (":scheme", "http"), (":path", path), (":authority", host), ("x-test-id", id)];
            let fields = fields.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            match raw::http2::send(address, None, &fields, BOUND).await.unwrap() {
                Outcome::Status(status) => Some(status),
                Outcome::Closed => None,
                other @ (Outcome::Reset(_) | Outcome::GoAway(_) | Outcome::Bound) => panic!("{path:?}: {other:?}"),
            }
        }
    }
}

/// What decided, by a line of the access log: a rule or a reason. `None` if no filter did.
fn decision(line: &Value) -> Option<String> {
    let record = &line["ip-allowlist"];
    let reason = record["reason"].as_str()?.strip_prefix("ip-allowlist.")?;
    Some(match reason {
        "not_allowed" | "no_rule_matched" => record["rule"].as_str()?.to_owned(),
        _ => reason.to_owned(),
    })
}
