//! Whatever comes from the network, no module traps, and each still serves.

mod headers;
mod paths;
mod replies;
mod sizes;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::raw::http2::Outcome;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Plugin, Protocol, Request, Upstream, raw, wait_for};
use verdict_tests::envoy::module_of;

use crate::plain::Plain;
use crate::stage::{SOON, Shared, listener};
use crate::watched::Watched;

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];
const HTTP1: &[Protocol] = &[Protocol::Http1];
const HTTP2: &[Protocol] = &[Protocol::Http2];
const NEITHER: &[Protocol] = &[];

/// Where the requests come from: an address that every filter admits, and that is a trusted proxy where there are such.
const FROM: &str = "127.0.0.2";

/// How long anything may take that is sent here. Whoever takes longer hangs.
const BOUND: Duration = Duration::from_secs(20);

/// Each filter, and each way to find the client's address.
const ALL: &[&str] = &["envoy", "direct", "hops", "proxies", "rfc7239", "header", "key", "body", "chain"];

/// Each filter once, for what has nothing to do with addresses.
const ONE_OF_EACH: &[&str] = &["direct", "key", "body", "chain"];

static WATCHED: Shared<Watched> = Shared::new();

/// A filter, in each configuration that reads another part of a request.
struct Filter {
    name: &'static str,
    module: &'static str,
    config: Value,
    /// Headers with which an ordinary request is admitted, and the reason for which one is refused without them or at `/admin`.
    good: &'static [(&'static str, &'static str)],
    refused: &'static str,
}

fn filters() -> Vec<Filter> {
    let allowlist = |name, client_address: Value, good| Filter {
        name,
        module: "ip-allowlist",
        config: addresses(client_address),
        good,
        refused: "ip-allowlist.not_allowed",
    };
    let proxies = json!(["127.0.0.2"]);
    let forwarded = |header: &str, more: Value| {
        let mut forwarded = json!({ "header": header });
        verdict_gateway::config::merge(&mut forwarded, more);
        json!({ "forwarded": forwarded })
    };
    let keys = json!({
        "default": "deny",
        "keys": { "cluster": "files", "authority": "keys.example", "path": "/keys.json" },
        "rules": [
            { "name": "tenant", "match": { "hosts": ["*.tenants.example"], "headers": [{ "name": "x-tenant", "equals": ["a"] }] } },
            { "name": "all", "match": { "paths": ["/**"] } },
        ],
    });
    let bodies = json!({ "default": "deny", "rules": [{ "name": "words", "forbid": "attack", "response": true }] });
    vec![
        allowlist("envoy", json!("envoy"), &[]),
        allowlist("direct", json!("direct"), &[]),
        allowlist("hops", forwarded("x-forwarded-for", json!({ "trusted_hops": 1 })), &[]),
        allowlist(
            "proxies",
            forwarded("x-forwarded-for", json!({ "trusted_proxies": proxies })),
            &[("x-forwarded-for", "10.0.0.1")],
        ),
        allowlist(
            "rfc7239",
            forwarded("forwarded", json!({ "trusted_proxies": proxies })),
            &[("forwarded", "for=10.0.0.1")],
        ),
        allowlist(
            "header",
            json!({ "header": { "name": "true-client-ip", "trusted_proxies": proxies } }),
            &[("true-client-ip", "10.0.0.1")],
        ),
        Filter {
            name: "key",
            module: "key",
            config: keys.clone(),
            good: &[("x-api-key", "correct-horse")],
            refused: "key.key_missing",
        },
        Filter { name: "body", module: "body", config: bodies.clone(), good: &[], refused: "body.word_found" },
        Filter {
            name: "chain",
            module: "chain",
            config: json!({ "first": keys, "second": bodies }),
            good: &[("x-api-key", "correct-horse")],
            refused: "key.key_missing",
        },
    ]
}

/// Rules that look at every part of a request.
fn addresses(client_address: Value) -> Value {
    json!({
        "client_address": client_address,
        "default": "deny",
        "disclosure": { "trusted_clients": { "client_address": "direct", "addresses": ["127.0.0.9"] } },
        "geo": { "country_header": "x-country", "as_header": "x-as", "client_headers": "removed_before_geoip" },
        "rules": [
            { "name": "admin", "match": { "paths": ["/admin/**"] }, "allow": ["192.0.2.1"] },
            { "name": "user", "match": { "paths": ["/users/{id}"], "methods": ["GET"] }, "allow": ["any"] },
            { "name": "api", "match": { "hosts": ["api.example.com", "*.example.org", "[2001:db8::1]"] }, "allow": ["any"] },
            { "name": "tenant", "match": { "headers": [{ "name": "x-tenant", "equals": ["a"] }] }, "allow": ["any"] },
            {
                "name": "routed",
                "match": { "route": { "name": ["other"], "metadata": [{ "path": ["a", "b"], "equals": "c" }] } },
                "allow": ["any"],
            },
            { "name": "country", "match": { "paths": ["/country"] }, "allow": ["country:DE", "as:64496"] },
            { "name": "rest", "allow": ["127.0.0.0/8", "10.0.0.0/8"] },
        ],
    })
}

/// Runs a test, and then looks whether every filter still serves.
fn run(what: &str, test: impl AsyncFnOnce(&Watched)) {
    WATCHED.with(start, async |watched: &Watched| {
        test(watched).await;
        for filter in filters() {
            still_serves(watched, &filter, what).await;
        }
        watched.assert_untroubled(what).await;
    });
}

async fn still_serves(watched: &Watched, filter: &Filter, after: &str) {
    for limits in ["", " raised"] {
        let address = watched.at(&format!("{}{limits}", filter.name));
        let what = format!("after {after}, {}{limits}", filter.name);
        for protocol in PROTOCOLS {
            let good = filter
                .good
                .iter()
                .fold(Request::post("/", "ordinary"), |request, (name, value)| request.header(name, value));
            let reply = good.from(FROM).protocol(protocol).send(address).await.unwrap();
            assert_eq!((reply.status, reply.header("x-verdict-reason")), (200, None), "{what}");
            let reply = Request::post("/admin", "an attack").from(FROM).protocol(protocol);
            let reply = match filter.module {
                "ip-allowlist" => filter.good.iter().fold(reply, |request, (name, value)| request.header(name, value)),
                _ => reply,
            };
            assert_eq!(reply.send(address).await.unwrap().header("x-verdict-reason"), Some(filter.refused), "{what}");
        }
    }
}

async fn start() -> Watched {
    let upstream = Upstream::start().await.unwrap();
    upstream.files().set("/keys.json", File::new(r#"{"shop": {"key": "correct-horse"}}"#));
    let names: Vec<&str> = filters().iter().map(|filter| filter.name).collect();
    assert_eq!(names, ALL, "each filter is sent to");
    let mut listeners: Vec<Listener> = Vec::new();
    for filter in filters() {
        let plugin = Plugin::new(filter.module, module_of(filter.module), &filter.config);
        for (name, raised) in [(filter.name.to_owned(), false), (format!("{} raised", filter.name), true)] {
            // The paths reach the filters as they are. And a connection that Envoy gives up is closed soon, not after a second.
            let listener =
                listener(&name, &[]).path_normalisation(false).manager(json!({ "delayed_close_timeout": "0.02s" }));
            let listener = listener.trailers().plugin(plugin.clone());
            listeners.push(if raised { listener.raised_header_limits() } else { listener });
        }
    }
    listeners.extend(replies::listeners(&upstream));
    Watched::start(upstream, Plain::start().await, listeners, 1).await
}

/// A request as no client library would send it.
#[derive(Clone)]
struct Odd {
    what: String,
    method: Vec<u8>,
    /// The target, and the host.
    path: Vec<u8>,
    host: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Over which protocols it gets to the filters; Envoy refuses it over the others.
    arrives: &'static [Protocol],
}

impl Odd {
    /// An ordinary one, but for what is changed.
    fn new(what: impl Into<String>) -> Self {
        let ordinary = |text: &str| text.as_bytes().to_vec();
        let (method, path, host) = (ordinary("GET"), ordinary("/"), ordinary("www.example.net"));
        Self { what: what.into(), method, path, host, headers: Vec::new(), arrives: &PROTOCOLS }
    }

    fn header(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn http1(&self, id: &str) -> Vec<u8> {
        let mut bytes = [&*self.method, b" ", &*self.path, b" HTTP/1.1\r\nhost: ", &*self.host, b"\r\n"].concat();
        bytes.extend(format!("x-test-id: {id}\r\nx-upstream-body: ok\r\nconnection: close\r\n").as_bytes());
        for (name, value) in &self.headers {
            bytes.extend([&**name, b": ", &**value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes
    }

    fn http2<'a>(&'a self, id: &'a str) -> Vec<(&'a [u8], &'a [u8])> {
        let mut fields: Vec<(&[u8], &[u8])> = vec![(b":method", &self.method)];
        // A CONNECT has neither (RFC 9113, section 8.5).
        if self.method != b"CONNECT" {
            fields.extend([(&b":scheme"[..], &b"http"[..]), (b":path", &self.path)]);
        }
        fields.extend([(&b":authority"[..], &*self.host), (b"x-test-id", id.as_bytes()), (b"x-upstream-body", b"ok")]);
        fields.extend(self.headers.iter().map(|(name, value)| (&**name, &**value)));
        fields
    }
}

/// Sends each to these filters, over both protocols, and asserts that each is answered or refused in time, and which of them get to
/// the filters.
async fn send_all(watched: &Watched, filters: &[&str], odd: &[Odd], limits: &str) {
    let mut wrong = Vec::new();
    for filter in filters {
        wrong.extend(send_to(watched, &format!("{filter}{limits}"), odd).await);
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The same for one listener: what is wrong.
async fn send_to(watched: &Watched, listener: &str, odd: &[Odd]) -> Vec<String> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut wrong = Vec::new();
    let (mut arrive, mut refused) = (Vec::new(), Vec::new());
    for protocol in PROTOCOLS {
        for odd in odd {
            let id = format!("hostile-{}", NEXT.fetch_add(1, Ordering::Relaxed));
            let (status, hangs) = send(watched, listener, protocol, odd, &id).await;
            let what = format!("{listener}, {protocol:?}, {}: {status:?}", odd.what);
            if hangs {
                wrong.push(format!("{what} hangs"));
            } else if status.is_some_and(|status| !(200..500).contains(&status)) {
                wrong.push(what);
            } else if odd.arrives.contains(&protocol) {
                arrive.push((id, what));
            } else {
                refused.push((id, what));
            }
        }
    }
    let filters = |lines: &[Value]| -> BTreeSet<String> {
        let lines = lines.iter().filter(|line| is_the_filters(line["details"].as_str().unwrap_or_default()));
        lines.filter_map(|line| Some(line["test_id"].as_str()?.to_owned())).collect()
    };
    let _ = wait_for("every request that Envoy takes to arrive at the filter", SOON, async || {
        let arrived = filters(&watched.envoy.access_log(listener));
        arrive.retain(|(id, _)| !arrived.contains(id));
        if arrive.is_empty() { Ok(()) } else { Err(String::new()) }
    })
    .await;
    wrong.extend(arrive.into_iter().map(|(_, what)| format!("{what} does not arrive at the filter")));
    let arrived = filters(&watched.envoy.access_log(listener));
    refused.retain(|(id, _)| arrived.contains(id));
    wrong.extend(refused.into_iter().map(|(_, what)| format!("{what} arrives at the filter")));
    wrong
}

/// Whether the filter decided about a request that ended with these details. The router stands behind it.
fn is_the_filters(details: &str) -> bool {
    details == "via_upstream" || details == "route_not_found" || details.starts_with("verdict:")
}

/// The status, if there is one, and whether nothing came in time.
async fn send(watched: &Watched, listener: &str, protocol: Protocol, odd: &Odd, id: &str) -> (Option<u16>, bool) {
    let address = watched.at(listener);
    match protocol {
        Protocol::Http1 => {
            let answer = raw::send(address, Some(FROM), &odd.http1(id), BOUND).await.unwrap();
            (answer.status(), answer.end == raw::End::Bound)
        }
        Protocol::Http2 => match raw::http2::send(address, Some(FROM), &odd.http2(id), BOUND).await.unwrap() {
            Outcome::Status(status) => (Some(status), false),
            Outcome::Bound => (None, true),
            Outcome::Reset(_) | Outcome::GoAway(_) | Outcome::Closed => (None, false),
        },
    }
}
