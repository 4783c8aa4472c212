//! What the filter asks, exactly as docs/subscription-source.md has it.

use serde_json::{Value, json};
use verdict_gateway::Request;
use verdict_registry::Options;

use super::{Desk, problem, stocked};

/// The lines of the snapshot.
async fn lines(desk: &Desk) -> Vec<Value> {
    let reply = desk.get("/snapshot").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/x-ndjson")));
    let text = reply.text();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_snapshot_is_what_the_interface_says() {
    let desk = Desk::new().await;
    assert_eq!(lines(&desk).await, [json!({"snapshot": 1, "version": 1}), json!({"end": 1})]);
    let (_, hash) = stocked(&desk).await;
    desk.done("PUT", "/plans/all", json!({})).await;
    desk.done("POST", "/consumers", json!({"name": "bare"})).await;
    let period = json!({"consumer": "shop", "api": "accounts", "starts": "2026-01-01T00:00:00Z", "ends": "2027-01-01T00:00:00Z"});
    desk.done("POST", "/subscriptions", period).await;
    desk.done("POST", "/subscriptions/1/approve", Value::Null).await;
    let expected = [
        json!({"snapshot": 1, "version": 9}),
        json!({"plan": "all"}),
        json!({"plan": "reader", "methods": ["GET", "HEAD"], "paths": ["/payments/**"]}),
        json!({"consumer": "bare"}),
        json!({
            "consumer": "shop",
            "keys": [{"hash": hash, "not_before": "2025-12-31T23:00:00Z", "not_after": "2036-01-01T00:00:00Z"}],
            "identities": ["shop-web"],
            "subscriptions": [
                {"api": "accounts", "state": "pending", "starts": "2026-01-01T00:00:00Z", "ends": "2027-01-01T00:00:00Z"},
                {"api": "payments", "plan": "reader", "state": "active"},
            ],
        }),
        json!({"end": 5}),
    ];
    assert_eq!(lines(&desk).await, expected);
}

#[tokio::test]
async fn a_snapshot_that_is_known_is_not_sent_again() {
    let desk = Desk::new().await;
    stocked(&desk).await;
    let first = desk.get("/snapshot").await;
    let etag = first.header("etag").unwrap().to_owned();
    assert!(etag.starts_with(&format!("\"{}-", desk.version().await)), "{etag}");
    let ask = async |known: &str| {
        let request = Request::get("/snapshot").header("if-none-match", known);
        request.send(desk.0.address()).await.unwrap()
    };
    for (known, status) in [
        (etag.clone(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"other\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (String::new(), 200),
    ] {
        let reply = ask(&known).await;
        assert_eq!((reply.status, reply.header("etag")), (status, Some(etag.as_str())), "{known}");
        assert_eq!(reply.body.is_empty(), status == 304);
    }
    desk.done("POST", "/subscriptions/1/approve", Value::Null).await;
    let second = ask(&etag).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.header("etag"), Some(etag.as_str()));
    assert_ne!(second.body, first.body);
}

#[tokio::test]
async fn parts_of_a_snapshot_are_of_the_version_that_was_asked_for() {
    let desk = Desk::new().await;
    stocked(&desk).await;
    let whole = desk.get("/snapshot").await;
    let etag = whole.header("etag").unwrap().to_owned();
    let part = async |range: &str| {
        let request = Request::get("/snapshot").header("if-match", &etag).header("range", range);
        request.send(desk.0.address()).await.unwrap()
    };
    let (first, second) = (part("bytes=0-99").await, part("bytes=100-100000").await);
    assert_eq!((first.status, second.status), (206, 206));
    assert_eq!(first.header("content-range"), Some(format!("bytes 0-99/{}", whole.body.len()).as_str()));
    assert_eq!((first.header("etag"), second.header("etag")), (Some(etag.as_str()), Some(etag.as_str())));
    assert_eq!([first.body, second.body].concat(), whole.body);
    desk.done("POST", "/subscriptions/1/approve", Value::Null).await;
    assert_eq!(part("bytes=100-").await.status, 412);
}

#[tokio::test]
async fn another_database_with_the_same_version_has_another_etag() {
    let (one, other) = (Desk::new().await, Desk::new().await);
    assert_eq!(one.version().await, other.version().await);
    let etag = async |desk: &Desk| desk.get("/snapshot").await.header("etag").unwrap().to_owned();
    assert_ne!(etag(&one).await, etag(&other).await);
}

#[tokio::test]
async fn a_registry_that_starts_again_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options { database: Some(directory.path().join("registry")), ..Options::default() };
    let desk = Desk::open(options()).await;
    let (_, hash) = stocked(&desk).await;
    let before = desk.get("/snapshot").await;
    let address = desk.0.address();
    desk.0.stop().await;
    Request::get("/health").send(address).await.unwrap_err();
    let desk = Desk::open(options()).await;
    let after = desk.get("/snapshot").await;
    assert_eq!((&after.body, after.header("etag")), (&before.body, before.header("etag")));
    assert_eq!(desk.get(&format!("/lookup?key={hash}&api=payments")).await.status, 200);
}

#[tokio::test]
async fn a_lookup_is_what_the_interface_says() {
    let desk = Desk::new().await;
    let (key, hash) = stocked(&desk).await;
    desk.done("POST", "/subscriptions/1/approve", Value::Null).await;
    let period = json!({"consumer": "shop", "api": "accounts", "ends": "2027-01-01T00:00:00Z"});
    desk.done("POST", "/subscriptions", period).await;
    let nobody = "A".repeat(43);
    let payments = json!({"plan": "reader", "methods": ["GET", "HEAD"], "paths": ["/payments/**"], "state": "active"});
    let accounts = json!({"state": "pending", "ends": "2027-01-01T00:00:00Z"});
    let by_key = |subscription: Value| {
        json!({"version": 7, "consumer": "shop", "not_before": "2025-12-31T23:00:00Z",
            "not_after": "2036-01-01T00:00:00Z", "subscription": subscription})
    };
    let by_identity = json!({"version": 7, "consumer": "shop", "subscription": payments});
    for (query, status, expected) in [
        (format!("key={hash}&api=payments"), 200, by_key(payments)),
        (format!("key={hash}&api=accounts"), 200, by_key(accounts)),
        (format!("key={hash}&api=others"), 200, by_key(Value::Null)),
        (format!("key={hash}&api=%27%20OR%201=1"), 200, by_key(Value::Null)),
        ("identity=shop%2Dweb&api=payments".to_owned(), 200, by_identity),
        ("identity=nobody&api=payments".to_owned(), 404, json!({"version": 7})),
        (format!("key={nobody}&api=payments"), 404, json!({"version": 7})),
    ] {
        let reply = desk.get(&format!("/lookup?{query}")).await;
        assert_eq!((reply.status, reply.json().unwrap()), (status, expected), "{query}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    for query in [
        String::new(),
        "api=payments".to_owned(),
        format!("key={hash}"),
        format!("key={hash}&identity=shop-web&api=payments"),
        format!("key={hash}&key={hash}&api=payments"),
        // The key itself: it has no business here.
        format!("key={key}&api=payments"),
        "key=%ff&api=payments".to_owned(),
    ] {
        let reply = desk.get(&format!("/lookup?{query}")).await;
        problem(&reply, 400);
        assert!(!reply.text().contains(&key));
    }
}
