//! What the administrator does, what is refused, and what is left of it in the audit trail.

use serde_json::{Value, json};
use verdict_gateway::Request;
use verdict_registry::Options;
use verdict_registry::secret::Hashing;

use super::{Desk, problem, stocked};

#[tokio::test]
async fn a_subscription_goes_the_way_of_the_workflow_and_no_other() {
    let desk = Desk::new().await;
    stocked(&desk).await;
    let mut version = desk.version().await;
    for (action, expected) in [
        ("resume", Err("approve, reject")),
        ("revoke", Err("approve, reject")),
        ("reject", Ok("rejected")),
        ("approve", Err("ask")),
        ("ask", Ok("pending")),
        ("ask", Err("approve, reject")),
        ("approve", Ok("active")),
        ("approve", Err("suspend, revoke")),
        ("suspend", Ok("suspended")),
        ("resume", Ok("active")),
        ("suspend", Ok("suspended")),
        ("revoke", Ok("revoked")),
        ("resume", Err("final")),
        ("ask", Err("final")),
    ] {
        let reply = match action {
            "ask" => desk.send("POST", "/subscriptions", json!({"consumer": "shop", "api": "payments"})).await,
            action => desk.send("POST", &format!("/subscriptions/1/{action}"), Value::Null).await,
        };
        match expected {
            Ok(state) => {
                assert_eq!(reply.json().unwrap()["state"], state, "{action}");
                version += 1;
            }
            Err(remedy) => {
                let told = problem(&reply, 409);
                assert!(told.contains(remedy), "{action}: {told}");
            }
        }
        assert_eq!(desk.version().await, version, "{action}");
    }
}

#[tokio::test]
async fn a_key_is_told_once_and_stored_as_its_hash() {
    let directory = tempfile::tempdir().unwrap();
    let secret = [7; 32];
    for secret in [None, Some(&secret[..])] {
        let database = directory.path().join(if secret.is_some() { "keyed" } else { "plain" });
        let hashing = Hashing::new(secret).unwrap();
        let options =
            Options { database: Some(database.clone()), hashing: Some(hashing.clone()), ..Options::default() };
        let desk = Desk::open(options).await;
        let (key, hash) = stocked(&desk).await;
        assert!(key.len() == 46 && key.starts_with("vk_"), "{key}");
        assert_eq!(hash, hashing.hash(key.as_bytes()));
        desk.done("POST", "/consumers", json!({"name": "other"})).await;
        let second = desk.send("POST", "/consumers/other/keys", Value::Null).await;
        assert_eq!((second.status, second.header("cache-control")), (201, Some("no-store")));
        assert_ne!(second.json().unwrap()["key"], key);
        for target in ["/consumers", "/subscriptions", "/audit", "/snapshot"] {
            let told = desk.send("GET", target, Value::Null).await.text();
            assert!(!told.contains(&key), "{target}: {told}");
        }
        desk.0.stop().await;
        for file in std::fs::read_dir(directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let found = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!found(&key) && !found(key.trim_start_matches("vk_")));
        }
        let bytes = std::fs::read(&database).unwrap();
        assert!(bytes.windows(hash.len()).any(|part| part == hash.as_bytes()));
    }
}

#[tokio::test]
async fn a_deleted_key_is_gone() {
    let desk = Desk::new().await;
    let (_, hash) = stocked(&desk).await;
    desk.done("POST", "/consumers", json!({"name": "other"})).await;
    problem(&desk.send("DELETE", "/consumers/other/keys/1", Value::Null).await, 404);
    assert_eq!(desk.send("DELETE", "/consumers/shop/keys/1", Value::Null).await.status, 204);
    problem(&desk.send("DELETE", "/consumers/shop/keys/1", Value::Null).await, 404);
    assert_eq!(desk.get(&format!("/lookup?key={hash}&api=payments")).await.status, 404);
    // Its id does not come back with another meaning.
    assert_eq!(desk.done("POST", "/consumers/shop/keys", json!({})).await["id"], 2);
}

#[tokio::test]
async fn only_the_token_in_one_header_opens_the_administration() {
    let desk = Desk::new().await;
    let token = desk.0.token();
    let bearer = format!("Bearer {token}");
    for (headers, challenge) in [
        (vec![], "Bearer realm=\"verdict-registry\""),
        (vec!["Bearer wrong"], "Bearer realm=\"verdict-registry\", error=\"invalid_token\""),
        (vec!["Bearer"], "Bearer realm=\"verdict-registry\""),
        (vec!["Basic YTpi"], "Bearer realm=\"verdict-registry\""),
        (vec![token], "Bearer realm=\"verdict-registry\""),
        (vec![&bearer, &bearer], "Bearer realm=\"verdict-registry\""),
    ] {
        let request = Request::get("/consumers");
        let request = headers.iter().fold(request, |request, value| request.header("authorization", value));
        let reply = request.send(desk.0.address()).await.unwrap();
        problem(&reply, 401);
        assert_eq!(reply.header("www-authenticate"), Some(challenge), "{headers:?}");
    }
    let reply = Request::get("/consumers").header("authorization", format!("bearer {token}"));
    assert_eq!(reply.send(desk.0.address()).await.unwrap().status, 200);
}

#[tokio::test]
async fn bad_input_is_told_with_what_to_do() {
    let desk = Desk::new().await;
    stocked(&desk).await;
    let version = desk.version().await;
    let many: Vec<String> = (0..33).map(|number| format!("identity-{number}")).collect();
    for (method, target, body, status, part) in [
        ("POST", "/consumers", json!({"name": "a b"}), 422, "name: this is not a name"),
        ("POST", "/consumers", json!({"name": ".."}), 422, "not a name"),
        ("POST", "/consumers", json!({}), 422, "missing field `name`"),
        ("POST", "/consumers", json!({"name": "new", "nmae": 1}), 422, "unknown field `nmae`"),
        ("POST", "/consumers", json!({"name": "shop"}), 409, "another name"),
        ("POST", "/consumers", json!({"name": "new", "identities": ["shop-web"]}), 409, "is the identity of shop"),
        ("POST", "/consumers", json!({"name": "new", "identities": ["a", "a"]}), 409, "is the identity of new"),
        (
            "POST",
            "/consumers",
            json!({"name": "new", "identities": ["a\n"]}),
            422,
            "identities[0]: this is not an identity",
        ),
        ("POST", "/consumers", json!({"name": "new", "identities": many}), 422, "32 are the most"),
        ("POST", "/consumers", json!([1]), 422, "/openapi.json"),
        ("POST", "/consumers", json!("x".repeat(70_000)), 413, "64 KiB"),
        ("POST", "/consumers", Value::Null, 415, "content-type: application/json"),
        ("POST", "/consumers/nobody/keys", json!({}), 404, "POST /consumers"),
        ("POST", "/consumers/shop/keys", json!({"not_after": "tomorrow"}), 422, "not_after: this is not a moment"),
        (
            "POST",
            "/consumers/shop/keys",
            json!({"not_before": "2027-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z"}),
            422,
            "it would never hold",
        ),
        ("POST", "/consumers/a%20b/keys", json!({}), 400, "not a name"),
        ("POST", "/consumers/%ff/keys", json!({}), 400, "UTF-8"),
        ("DELETE", "/consumers/shop/keys/one", Value::Null, 400, "/openapi.json"),
        ("DELETE", "/consumers/shop/keys/99999999999999999999", Value::Null, 400, "/openapi.json"),
        ("PUT", "/plans/reader", json!({"methods": []}), 422, "/methods: is empty"),
        ("PUT", "/plans/reader", json!({"methods": ["get"]}), 422, "write \"GET\""),
        ("PUT", "/plans/reader", json!({"methods": ["get"], "paths": ["x"]}), 422, "/paths/0: \"x\" does not begin"),
        ("PUT", "/plans/reader", json!({"paths": ["/a", "/a"]}), 422, "listed twice"),
        ("POST", "/subscriptions", json!({"consumer": "nobody", "api": "a"}), 404, "no consumer nobody"),
        ("POST", "/subscriptions", json!({"consumer": "shop", "api": "a", "plan": "none"}), 422, "PUT /plans/none"),
        ("POST", "/subscriptions", json!({"consumer": "shop", "api": ""}), 422, "api: this is not a name"),
        ("POST", "/subscriptions/99/approve", Value::Null, 404, "no subscription 99"),
        ("POST", "/subscriptions/1/ask", Value::Null, 400, "unknown variant `ask`"),
        ("GET", "/subscriptions?state=done", Value::Null, 400, "unknown variant `done`"),
        ("GET", "/subscriptions?status=active", Value::Null, 400, "unknown field `status`"),
        ("GET", "/audit?limit=0", Value::Null, 400, "Write 1 to 1000"),
        ("GET", "/consumers?limit=1001", Value::Null, 400, "Write 1 to 1000"),
        ("GET", "/nothing", Value::Null, 404, "/openapi.json"),
        ("PATCH", "/consumers", Value::Null, 405, "/openapi.json"),
    ] {
        let reply = desk.send(method, target, body.clone()).await;
        let told = problem(&reply, status);
        assert!(told.contains(part), "{method} {target}: {told}");
    }
    // None of them changed anything, and the registry lives.
    assert_eq!(desk.version().await, version);
}

#[tokio::test]
async fn bytes_that_are_no_json_are_a_problem() {
    let desk = Desk::new().await;
    for (body, status) in [(&b"{"[..], 400), (b"\xff\xfe", 400), (b"", 400), (&[b'['; 60_000], 422)] {
        let request = Request::post("/consumers", body.to_vec()).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", desk.0.token()));
        problem(&request.send(desk.0.address()).await.unwrap(), status);
    }
}

#[tokio::test]
async fn a_consumer_has_no_more_than_a_snapshot_can_carry_on_a_line() {
    let desk = Desk::new().await;
    desk.done("POST", "/consumers", json!({"name": "shop"})).await;
    for _ in 0..32 {
        desk.done("POST", "/consumers/shop/keys", Value::Null).await;
    }
    problem(&desk.send("POST", "/consumers/shop/keys", Value::Null).await, 422);
    let subscription = |number: usize| json!({"consumer": "shop", "api": format!("api-{number}")});
    for number in 0..256 {
        desk.done("POST", "/subscriptions", subscription(number)).await;
    }
    problem(&desk.send("POST", "/subscriptions", subscription(256)).await, 422);
}

#[tokio::test]
async fn every_change_is_audited_with_its_before_and_after() {
    let desk = Desk::new().await;
    let (key, hash) = stocked(&desk).await;
    desk.done("POST", "/subscriptions/1/approve", Value::Null).await;
    desk.done("PUT", "/plans/reader", json!({})).await;
    // Not a change.
    desk.done("PUT", "/plans/reader", json!({})).await;
    desk.done("DELETE", "/consumers/shop/keys/1", Value::Null).await;
    let text = desk.send("GET", "/audit", Value::Null).await.text();
    assert!(!text.contains(&key) && !text.contains(&hash), "{text}");
    let audit = desk.done("GET", "/audit", Value::Null).await;
    let rows = audit["audit"].as_array().unwrap();
    let shown: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["action"].as_str().unwrap(), row["subject"].as_str().unwrap())).collect();
    assert_eq!(
        shown,
        [
            ("plan.put", "plan reader"),
            ("consumer.add", "consumer shop"),
            ("key.issue", "key 1"),
            ("subscription.ask", "subscription 1"),
            ("subscription.approve", "subscription 1"),
            ("plan.put", "plan reader"),
            ("key.delete", "key 1"),
        ]
    );
    for (index, row) in rows.iter().enumerate() {
        // The first version is that of the empty database.
        assert_eq!((row["id"].as_u64(), row["version"].as_u64()), (Some(index as u64 + 1), Some(index as u64 + 2)));
        assert_eq!(row["who"], "administrator at 127.0.0.1");
        assert!(row["at"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(rows[4]["before"]["state"], "pending");
    assert_eq!(rows[4]["after"]["state"], "active");
    assert_eq!(rows[1]["before"], Value::Null);
    assert_eq!(rows[5]["before"]["methods"], json!(["GET", "HEAD"]));
    assert_eq!(rows[5]["after"], json!({}));
    assert_eq!((&rows[6]["before"]["consumer"], &rows[6]["after"]), (&json!("shop"), &Value::Null));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let desk = Desk::new().await;
    for name in ["c", "a", "b"] {
        desk.done("POST", "/consumers", json!({"name": name, "identities": [format!("{name}-web")]})).await;
        desk.done("POST", "/subscriptions", json!({"consumer": name, "api": "payments"})).await;
    }
    desk.done("POST", "/subscriptions/2/approve", Value::Null).await;
    let page = desk.done("GET", "/consumers?limit=2", Value::Null).await;
    assert_eq!((&page["consumers"][1]["name"], &page["next"]), (&json!("b"), &json!("b")));
    let page = desk.done("GET", "/consumers?limit=2&after=b", Value::Null).await;
    assert_eq!(page, json!({"consumers": [{"name": "c", "identities": ["c-web"], "keys": []}]}));
    let page = desk.done("GET", "/subscriptions?state=pending&limit=1&after=1", Value::Null).await;
    let expected = json!({"id": 3, "consumer": "b", "api": "payments", "state": "pending"});
    assert_eq!(page, json!({"subscriptions": [expected], "next": 3}));
    let page = desk.done("GET", "/subscriptions?state=active", Value::Null).await;
    assert_eq!((page["subscriptions"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    let page = desk.done("GET", "/audit?limit=3&after=3", Value::Null).await;
    assert_eq!((page["audit"].as_array().unwrap().len(), &page["next"]), (3, &json!(6)));
}
