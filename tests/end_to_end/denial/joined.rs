//! One refusal, and the number that joins everything that is told of it.

use serde_json::{Value, json};
use verdict_gateway::{Listener, Request};

use super::{allowlist, run};

pub(super) fn listeners() -> Vec<(&'static str, Listener)> {
    let more = json!({
        "problem_base": "https://errors.example.com/",
        "contact": "platform@example.com",
        "disclosure": { "anonymous": "full" },
    });
    vec![("joined", allowlist("joined", &more).1)]
}

#[test]
fn one_number_joins_body_access_log_envoys_log_and_metrics() {
    run(async |stage| {
        let request = Request::get("/barred/x?q=1").host("api.example.com:8080").from("127.0.0.5");
        let told = stage.send("joined", request).await;
        assert_eq!(told.reply.status, 403);
        let body = told.reply.json().unwrap();
        let instance = body["instance"].as_str().unwrap();
        let id = instance.strip_prefix("urn:verdict:denial:").unwrap();
        assert!(id.len() == 20 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        let request_id = told.line["request_id"].as_str().unwrap();
        let hash = body["verdict"]["config"]["hash"].as_str().unwrap();
        let context = json!({ "address": "127.0.0.5", "comment": "key leaked", "entry": "127.0.0.5" });
        let operator_remedy = "Take the entry out of the rule's `deny`, or out of its list.";
        let detail = "127.0.0.5 is barred by 127.0.0.5.";
        assert_eq!(
            body,
            json!({
                "type": "https://errors.example.com/ip-allowlist.denied",
                "title": "This address is barred from making this request.",
                "status": 403,
                "detail": detail,
                "instance": instance,
                "verdict": {
                    "version": 1,
                    "reason": "ip-allowlist.denied",
                    "filter": "ip-allowlist",
                    "rule": "joined.barred",
                    "remedy": "Ask for the bar to be lifted if it should not concern you.",
                    "operator_remedy": operator_remedy,
                    "contact": "team-a@example.com",
                    "request_id": request_id,
                    "context": context,
                    "config": { "hash": hash, "pointer": "/rules/0/deny/0" },
                },
            })
        );

        let line = &told.line["ip-allowlist"];
        for (name, expected) in
            [("decision", "denied"), ("reason", "ip-allowlist.denied"), ("rule", "joined.barred"), ("id", id)]
        {
            assert_eq!(line[name], expected, "{line}");
        }
        assert_eq!(told.line["details"], "verdict:ip-allowlist.denied");
        assert_eq!(told.line["status"], 403);
        let record: Value = serde_json::from_str(line["denial"].as_str().unwrap()).unwrap();
        assert_eq!(
            record,
            json!({
                "verdict": "denied", "filter": "ip-allowlist", "reason": "ip-allowlist.denied", "rule": "joined.barred",
                "mode": "enforce", "owner": "team-a", "id": id, "status": 403, "shown": "full",
                "method": "GET", "host": "api.example.com:8080", "path": "/barred/x", "request_id": request_id,
                "detail": detail, "context": context, "config": { "hash": hash, "pointer": "/rules/0/deny/0" },
                "operator_remedy": operator_remedy,
            })
        );
        assert_eq!(stage.logged(id).await, record);

        let labels = [
            ("filter", "ip-allowlist"),
            ("decision", "denied"),
            ("reason", "ip-allowlist.denied"),
            ("rule", "joined.barred"),
            ("mode", "enforce"),
        ];
        assert_eq!(stage.count("verdict_decisions_total", &labels).await, 1.0);
        let labels = [("filter", "ip-allowlist"), ("config_hash", hash)];
        assert_eq!(stage.count("verdict_configuration_info", &labels).await, 1.0);
        assert!(stage.upstream.seen_at("/barred/x").is_empty(), "the upstream saw a refused request");
    });
}

#[test]
fn the_headers_of_a_refusal_are_those_of_the_design() {
    run(async |stage| {
        let told = stage.send("joined", Request::get("/").from("127.0.0.3")).await;
        let mut headers: Vec<(&str, String)> = Vec::new();
        for (name, value) in &told.reply.headers {
            headers.push((name, String::from_utf8(value.clone()).unwrap()));
        }
        headers.retain(|(name, _)| !["date", "server"].contains(name));
        headers.sort();
        let length = told.reply.body.len().to_string();
        let expected = [
            ("cache-control", "no-store"),
            ("content-length", &length),
            ("content-type", "application/problem+json"),
            ("vary", "Accept, Origin"),
            ("x-content-type-options", "nosniff"),
            ("x-verdict-reason", "ip-allowlist.not_allowed"),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));
    });
}

#[test]
fn no_two_refusals_have_the_same_number() {
    run(async |stage| {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let request = Request::get("/").from("127.0.0.3");
            let body = request.send(stage.address("joined")).await.unwrap().json().unwrap();
            assert!(seen.insert(body["instance"].to_string()), "{body}");
        }
    });
}
