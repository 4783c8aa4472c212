//! The regression cases of the OWASP Core Rule Set through the real Envoy, with the rule set inside the module. `CRS` names its folder.
//!
//! The rules only detect here, as in the rule set's own runs, and the access log tells which matched. A request that Envoy refuses by itself,
//! before any filter, shows nothing; it is listed with what Envoy says of it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it exists only to test, and a panic is how a test fails"
)]

#[path = "../shared/seclang/tests/crs"]
mod crs {
    pub mod backend;
    pub mod case;
    pub mod judgement;
    pub mod overrides;
}

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crs::backend::answer;
use crs::case::{self, Request};
use crs::judgement::judge;
use crs::overrides::{self, Override};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use verdict_gateway::{Envoy, Gateway, Listener, Plugin, binary, raw, repository, wait_for};

/// So many cases the rule set has; fewer were not run.
const CASES: usize = 4966;

/// The share of those that an HTTP proxy lets through which must pass.
const SHARE: f64 = 0.995;

/// How many requests are under way at once.
const AT_ONCE: usize = 32;

/// What Envoy takes away before any filter, by the cases that need it: the rule, its cases, and why.
const TAKEN_AWAY: &[(u64, &[u64], &str)] = &[
    (920100, &[16], "Envoy gives a target without a path the path /"),
    (920180, &[4], VERSION),
    (920210, &[2, 3, 4, 6, 7], "Envoy takes the header Connection for itself"),
    (920280, &[1, 3], "HTTP/1.0 and 0.9 have no Host, and Envoy gives them one"),
    (920400, &[1], "Envoy waits for a body that is as long as Content-Length says"),
    (920430, &[3, 5, 8, 9], VERSION),
    (920610, &[2], "Envoy cuts the fragment off the target"),
    (921140, &[1], "a line break ends the header"),
    (932161, &[7, 9, 10, 11, 12], REFERER),
    (932207, &[1, 2, 7], REFERER),
    (932237, &[4, 12], REFERER),
    (932239, &[6, 7, 19, 27, 29], REFERER),
    (932390, &[9], REFERER),
    (941101, &[1], REFERER),
    (941110, &[4], REFERER),
    (941120, &[49, 50], REFERER),
    (942280, &[3], REFERER),
];
const VERSION: &str = "Envoy names the version that it speaks, not the one that was sent";
const REFERER: &str = "Envoy removes a Referer that is no URL";

/// Cases in which the audit line tells less than ModSecurity's log, from which these read what matched: their own rule must match.
const MASKED: &[(u64, u64)] = &[(931130, 24), (932200, 13), (932207, 7), (932300, 10), (933120, 2), (949110, 5)];

/// Rules that are not for the audit log (`noauditlog`), from which this run reads.
const NOT_AUDITED: &[u64] = &[980170];

/// Cases that the native run judges otherwise than they are written, since no server stands in front. Envoy is one.
const AS_WRITTEN: &[(u64, u64)] = &[(920181, 1), (920620, 1), (921140, 1)];

/// What Envoy and the filter made of a request.
struct Seen {
    /// Envoy's word for how it ended.
    details: String,
    /// What the rules saw, if they saw anything.
    matches: Option<Value>,
}

#[test]
#[ignore = "needs the Core Rule Set: run `make test-crs CRS=<folder or tarball>`"]
fn the_core_rule_sets_own_cases_pass_in_envoy() {
    let folder = PathBuf::from(std::env::var_os("CRS").expect("CRS names the folder of the Core Rule Set"));
    let files = case::all(&folder.join("tests/regression"));
    let requests: Vec<Request> = files
        .iter()
        .flat_map(|file| &file.tests)
        .flat_map(|test| &test.stages)
        .map(|stage| stage.input.request())
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let seen = runtime.block_on(run(requests));
    let mut seen = seen.into_iter();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    let mut unseen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &files {
        for test in &file.tests {
            let name = format!("{}-{}", file.rule_id, test.test_id);
            let this = (file.rule_id, test.test_id);
            let special = overrides::of(this.0, this.1).filter(|_| !AS_WRITTEN.contains(&this));
            let instead =
                if MASKED.contains(&this) { Some(&Override::Match) } else { special.map(|(instead, _)| instead) };
            let out_of_reach = TAKEN_AWAY
                .iter()
                .find(|(id, cases, _)| *id == this.0 && cases.contains(&this.1))
                .map(|(.., why)| *why)
                .or_else(|| NOT_AUDITED.contains(&this.0).then_some("the rule is not for the audit log"));
            let mut failure = None;
            let mut blocked = None;
            for stage in &test.stages {
                let seen = seen.next().expect("each request was sent");
                let Some(matches) = &seen.matches else {
                    blocked = Some(seen.details);
                    continue;
                };
                let (ids, log) = read(matches);
                failure = failure.or_else(|| judge(stage, instead, file.rule_id, &ids, &log));
            }
            let out_of_reach = out_of_reach.filter(|_| failure.is_some()).map(str::to_owned);
            match (blocked.or(out_of_reach), failure) {
                (Some(details), _) => unseen.entry(details).or_default().push(name),
                (None, Some(why)) => {
                    failed += 1;
                    println!("failed {name}: {why}");
                }
                (None, None) => passed += 1,
            }
        }
    }
    let missed: usize = unseen.values().map(Vec::len).sum();
    println!("Envoy: {passed} passed, {failed} failed, {missed} not let through");
    for (details, names) in &unseen {
        println!("not let through, {details} ({}): {}", names.len(), names.join(" "));
    }
    let all = passed + failed + missed;
    let share = passed as f64 / (passed + failed).max(1) as f64;
    println!("{:.2} % of {} passed", share * 100.0, passed + failed);
    assert!(all >= CASES, "only {all} cases of {CASES} were there");
    assert!(missed < 100, "{missed} cases were not let through");
    assert!(share >= SHARE, "{:.2} % passed, less than {:.2} %", share * 100.0, SHARE * 100.0);
}

/// The address that a request comes from: it tells its line in the access log.
fn address(index: usize) -> String {
    format!("127.{}.{}.{}", 1 + (index >> 16), index >> 8 & 255, index & 255)
}

/// Sends all requests through an Envoy. What became of each, in order.
async fn run(requests: Vec<Request>) -> Vec<Seen> {
    let backend = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Gateway::new(backend.local_addr().unwrap()).unwrap().listener(listener());
    tokio::spawn(serve(backend));
    let envoy = Envoy::start(&gateway.bootstrap(), &binary().unwrap()).await.unwrap();
    let to = envoy.listener("crs").await.unwrap();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut sent = JoinSet::new();
    let count = requests.len();
    for (index, request) in requests.into_iter().enumerate() {
        let permit = Arc::clone(&room).acquire_owned().await.unwrap();
        sent.spawn(async move {
            let answer = send(to, index, &request).await;
            drop(permit);
            (index, answer)
        });
    }
    let mut answers: BTreeMap<usize, String> = BTreeMap::new();
    while let Some(done) = sent.join_next().await {
        answers.extend(Some(done.unwrap()));
    }
    let lines = wait_for("a line of the access log for each request", Duration::from_secs(30), async || {
        let lines: BTreeMap<String, Value> = envoy
            .access_log("crs")
            .into_iter()
            .filter_map(|line| Some((line["peer"].as_str()?.split(':').next()?.to_owned(), line)))
            .collect();
        let missing = (0..count).filter(|index| !lines.contains_key(&address(*index))).count();
        if missing == 0 { Ok(lines) } else { Err(format!("{missing} are missing")) }
    })
    .await
    .unwrap();
    envoy.stop().await;
    (0..count)
        .map(|index| {
            let line = &lines[&address(index)];
            let audit = line["waf"]["audit"].as_str().and_then(|audit| serde_json::from_str::<Value>(audit).ok());
            let details = line["details"].as_str().unwrap_or_default().to_owned();
            // The filter sees every request that has headers.
            let seen = line["method"].as_str().is_some_and(|method| !method.is_empty() && method != "-");
            let seen = seen && !details.starts_with("http1.") && !details.contains("missing_host");
            let matches = seen.then(|| audit.unwrap_or_else(|| json!({ "matches": [] })));
            Seen { details: format!("{details} ({})", answers[&index]), matches }
        })
        .collect()
}

fn listener() -> Listener {
    let directives = [include_str!("../shared/seclang/tests/crs/setup.conf"), "SecRuleEngine DetectionOnly"];
    let configuration = json!({
        "default": "deny",
        "ambiguous_paths": "use_normal_form",
        "include": ["@crs"],
        "directives": directives,
        "rules": [{ "name": "crs", "response": {}, "request_body": { "limit_bytes": 900_000 }, "work_limit": 8_000_000 }],
    });
    let module = repository().join("dist/waf-crs.wasm");
    let fields = json!({
        "waf": { "audit": "%FILTER_STATE(wasm.verdict.waf.audit:PLAIN)%" },
        "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "method": "%REQ(:METHOD)%",
    });
    Listener::new("crs")
        .plugin(Plugin::new("waf", module, &configuration))
        .logged(fields.as_object().unwrap())
        .raised_header_limits()
        .path_normalisation(false)
        .manager(json!({ "http_protocol_options": {
            "accept_http_10": true,
            "default_host_for_http_10": "localhost",
            "allow_chunked_length": true,
            "enable_trailers": true,
        } }))
}

/// Sends a request as it is. How the answer begins.
async fn send(to: SocketAddr, index: usize, request: &Request) -> String {
    let mut wire = [request.method.as_slice(), &request.target, &request.protocol].join(&b' ');
    wire.retain(|byte| *byte != b'\r' && *byte != b'\n');
    wire.extend(b"\r\n");
    for (name, value) in &request.headers {
        wire.extend([name.as_slice(), b": ", value, b"\r\n"].concat());
    }
    wire.extend(b"\r\n");
    let coding = request.header("Transfer-Encoding").unwrap_or_default();
    if coding.eq_ignore_ascii_case(b"chunked") {
        wire.extend(format!("{:x}\r\n", request.body.len()).into_bytes());
        wire.extend([request.body.as_slice(), b"\r\n0\r\n\r\n"].concat());
    } else {
        wire.extend(&request.body);
    }
    match raw::send(to, Some(&address(index)), &wire, Duration::from_secs(10)).await {
        Ok(answer) => match answer.status() {
            Some(status) => status.to_string(),
            None => format!("{:?}", answer.end),
        },
        Err(error) => error.to_string(),
    }
}

/// Answers as the backend of the rule set's own test set-up.
async fn serve(listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let service = service_fn(async |request: hyper::Request<Incoming>| {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let request = Request {
                method: head.method.as_str().as_bytes().to_vec(),
                target: head.uri.to_string().into_bytes(),
                protocol: b"HTTP/1.1".to_vec(),
                headers: Vec::new(),
                body: body.to_vec(),
            };
            let (status, headers, body) = answer(&request);
            let mut response = hyper::Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok::<_, Infallible>(response.body(Full::new(Bytes::from(body))).unwrap())
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// The ids of the rules that matched, and a log as ModSecurity would write it.
fn read(audit: &Value) -> (Vec<u64>, String) {
    let (mut ids, mut log) = (Vec::new(), String::new());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for matched in audit["matches"].as_array().into_iter().flatten() {
        let id = text(&matched["id"]);
        let _ = writeln!(log, "[id \"{id}\"] [msg \"{}\"] {}", text(&matched["message"]), text(&matched["where"]));
        ids.extend(id.parse::<u64>());
    }
    for id in text(&audit["more_matches"]).split_whitespace() {
        let _ = writeln!(log, "[id \"{id}\"]");
        ids.extend(id.parse::<u64>());
    }
    (ids, log)
}
