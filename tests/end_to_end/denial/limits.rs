//! What a client cannot get: a way past the filter, a secret out of it, or its log filled.

use serde_json::{Value, json};
use verdict_gateway::{Connection, Listener, Protocol, Request, wait_for};

use super::{GOOD_KEY, OLD_KEY, allowlist, bodies, keys, run};
use crate::stage::{Exchange, SOON, decisions};

/// How many refusals are sent to the listener whose log is bounded, and how many lines a second it may write.
const REFUSALS: usize = 1000;
const LINES_PER_SECOND: usize = 10;

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let lists = json!({ "feed": { "fetch": { "cluster": "files", "authority": "lists.example", "path": "/down" } } });
    let forwarded = json!({ "forwarded": { "header": "x-forwarded-for", "trusted_proxies": ["127.0.0.1"] } });
    let errors_pass = json!({
        "on_error": "allow", "client_address": forwarded, "lists": lists,
        "rules": [
            { "name": "open", "match": { "paths": ["/open"], "headers": [{ "name": "x-once", "present": true }] }, "allow": ["any"] },
            { "name": "listed", "allow": ["feed"] },
        ],
    });
    let (_, errors_pass) = allowlist("errors-pass", &errors_pass);
    let (_, no_peer) = allowlist("errors-pass-no-peer", &json!({ "on_error": "allow" }));
    vec![
        // So that Envoy leaves the header as it came.
        ("errors-pass", errors_pass.use_remote_address(false)),
        ("errors-pass-no-peer", no_peer.without_direct_peer()),
        keys("errors-pass-keys", "/keys.json", &json!({ "on_error": "allow" })),
        keys("errors-pass-no-keys", "/down", &json!({ "on_error": "allow", "wait_seconds": 1 })),
        bodies("errors-pass-bodies", &json!({ "on_error": "allow" })),
        allowlist("secrets", &json!({ "disclosure": { "anonymous": "full" } })),
        keys("secrets-keys", "/keys.json", &json!({ "disclosure": { "anonymous": "full" } })),
        allowlist("bounded", &json!({ "log_lines_per_second": LINES_PER_SECOND })),
    ]
}

#[test]
fn what_a_client_can_cause_is_refused_whatever_on_error_says() {
    run(async |stage| {
        let get = Request::get;
        let forwarded = |value: &str| get("/").header("x-forwarded-for", value);
        let long = vec!["192.0.2.7"; 100].join(", ");
        for (listener, request, status, reason) in [
            // Nobody can tell, for want of the list or the keys: no client has a hand in that.
            ("errors-pass", forwarded("192.0.2.7"), 200, "ip-allowlist.list_unavailable"),
            ("errors-pass-no-keys", get("/").header("x-api-key", "any"), 200, "key.keys_unavailable"),
            // All of this a client can bring about.
            ("errors-pass", forwarded("nonsense"), 400, "ip-allowlist.forwarding_malformed"),
            ("errors-pass", forwarded("10.0.0.1, unknown"), 400, "ip-allowlist.forwarding_malformed"),
            ("errors-pass", forwarded(&long), 400, "ip-allowlist.chain_too_long"),
            ("errors-pass", get("/x/..%2fopen"), 400, "ip-allowlist.path_ambiguous"),
            (
                "errors-pass",
                get("/open").header("x-once", "1").header("x-once", "2"),
                400,
                "ip-allowlist.header_ambiguous",
            ),
            ("errors-pass-keys", get("/"), 401, "key.key_missing"),
            ("errors-pass-keys", get("/").header("x-api-key", "made-up"), 401, "key.key_unknown"),
            (
                "errors-pass-keys",
                get("/").header("x-api-key", GOOD_KEY).header("x-api-key", GOOD_KEY),
                401,
                "key.key_ambiguous",
            ),
            ("errors-pass-bodies", Request::post("/", vec![b'x'; 100]), 413, "body.body_too_large"),
            ("errors-pass-bodies", Request::post("/", "attack"), 403, "body.word_found"),
            // An address that is not known admits nobody, though no client can cause it.
            ("errors-pass-no-peer", get("/"), 503, "ip-allowlist.address_unavailable"),
        ] {
            let what = format!("{listener} {request:?}");
            let Exchange { reply, line } = stage.send(listener, request).await;
            assert_eq!(reply.status, status, "{what} {line}");
            let filter = reason.split('.').next().unwrap();
            let decision = if status == 200 { "unable" } else { "denied" };
            assert_eq!(
                (line[filter]["reason"].as_str(), line[filter]["decision"].as_str()),
                (Some(reason), Some(decision)),
                "{what}"
            );
        }
    });
}

#[test]
fn no_secret_of_a_request_is_told_to_anybody() {
    run(async |stage| {
        let mut told = String::new();
        let mut tell = |exchange: &Exchange, filter: &str| {
            told.push_str(&exchange.reply.text());
            for (name, value) in &exchange.reply.headers {
                told.push_str(&format!("\n{name}: {}\n", String::from_utf8_lossy(value)));
            }
            // Beside what the filters leave, the access log is the operator's own: paths with their queries, if he likes.
            told.push_str(&format!("{}{}", exchange.line[filter], exchange.line["details"]));
        };
        for accept in ["*/*", "text/html"] {
            let request = Request::get("/barred/a;jsessionid=SECRET-param/b?token=SECRET-query").from("127.0.0.5");
            let request = request.header("accept", accept).header("authorization", "Bearer SECRET-bearer");
            let request = request.header("cookie", "session=SECRET-cookie").header("x-api-key", "SECRET-header");
            let exchange = stage.send("secrets", request).await;
            assert_eq!(exchange.reply.status, 403);
            tell(&exchange, "ip-allowlist");
        }
        let absolute = Request::get("http://user:SECRET-user@h.example/barred/x").from("127.0.0.5");
        let exchange = stage.send("secrets", absolute).await;
        tell(&exchange, "ip-allowlist");
        for key in ["SECRET-key", OLD_KEY] {
            let request = Request::get("/?key=SECRET-query").header("x-api-key", key).header("cookie", "SECRET-cookie");
            let exchange = stage.send("secrets-keys", request).await;
            assert_eq!(exchange.reply.status, 401);
            tell(&exchange, "key");
        }
        let admitted = stage.send("secrets-keys", Request::get("/").header("x-api-key", GOOD_KEY)).await;
        assert_eq!(admitted.reply.status, 200);
        let everything = format!("{told}\n{}\n{}", stage.envoy.log(), stage.envoy.prometheus().await.unwrap());
        for secret in ["SECRET", OLD_KEY, GOOD_KEY, "user:"] {
            let found = everything.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{secret}");
        }
    });
}

#[test]
fn a_flood_of_refusals_does_not_fill_the_log_and_every_one_is_counted() {
    run(async |stage| {
        let logged = |log: &str| {
            let lines = decisions(log);
            lines.iter().filter(|line| line["rule"] == "bounded-office").count()
        };
        let suppressed = [("filter", "ip-allowlist")];
        let before = stage.count("verdict_log_lines_suppressed_total", &suppressed).await;
        let started = std::time::Instant::now();
        let mut connection =
            Connection::open(stage.address("bounded"), Protocol::Http1, Some("127.0.0.3")).await.unwrap();
        for _ in 0..REFUSALS {
            assert_eq!(connection.send(Request::get("/flood")).await.unwrap().status, 403);
        }
        let seconds = started.elapsed().as_secs_f64();

        let labels = [("rule", "bounded-office"), ("decision", "denied")];
        assert_eq!(stage.count("verdict_decisions_total", &labels).await, REFUSALS as f64);
        let lines = stage.lines("bounded", REFUSALS).await;
        let numbers: std::collections::BTreeSet<&str> =
            lines.iter().filter_map(|line: &Value| line["ip-allowlist"]["id"].as_str()).collect();
        assert_eq!((lines.len(), numbers.len()), (REFUSALS, REFUSALS));

        // One connection is one worker: a second's worth at once, and then as many a second.
        let written = logged(&stage.envoy.log());
        let bound = LINES_PER_SECOND as f64 * (1.0 + seconds);
        assert!(written >= LINES_PER_SECOND && written as f64 <= bound + 1.0, "{written} lines in {seconds} s");
        let left_out = (REFUSALS - written) as f64;
        let now =
            stage.counted("verdict_log_lines_suppressed_total", &suppressed, |total| total - before >= left_out).await;
        assert_eq!(now - before, left_out);

        // The next line that may be written again says how many were not.
        wait_for("the log to say that lines are missing", SOON, async || {
            stage.send("bounded", Request::get("/once-more").from("127.0.0.3")).await;
            let said = stage.envoy.log().contains("lines were not written: more than `log_lines_per_second`");
            said.then_some(()).ok_or_else(|| "it does not".to_owned())
        })
        .await
        .unwrap();
    });
}
