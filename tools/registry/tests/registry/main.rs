//! The registry as its callers see it: administration, what the filter asks, the document, the command.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it exists only to test, and a panic is how a test fails"
)]

mod administration;
mod command;
mod document;
mod source;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use verdict_gateway::{Reply, Request};
use verdict_registry::{Handle, Options, serve};

/// A registry in this process, and its administrator.
struct Desk(Handle);

impl Desk {
    async fn open(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self(serve(listener, options).await.unwrap())
    }

    async fn new() -> Self {
        Self::open(Options::default()).await
    }

    /// With the administrator's token; `null` is no body.
    async fn send(&self, method: &str, target: &str, body: Value) -> Reply {
        let request = Request::new(method, target).header("authorization", format!("Bearer {}", self.0.token()));
        let request = if body.is_null() {
            request
        } else {
            request.header("content-type", "application/json").body(body.to_string())
        };
        request.send(self.0.address()).await.unwrap()
    }

    /// The same, when it must succeed.
    async fn done(&self, method: &str, target: &str, body: Value) -> Value {
        let reply = self.send(method, target, body).await;
        assert!((200..300).contains(&reply.status), "{method} {target}: {} {}", reply.status, reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json().unwrap() }
    }

    /// Without a token, as the filter asks.
    async fn get(&self, target: &str) -> Reply {
        Request::get(target).send(self.0.address()).await.unwrap()
    }

    async fn version(&self) -> u64 {
        self.get("/health").await.json().unwrap()["version"].as_u64().unwrap()
    }
}

/// A consumer `shop` with a key, a plan `reader`, and a subscription to `payments` that is pending. Returns the key and its hash.
async fn stocked(desk: &Desk) -> (String, String) {
    desk.done("PUT", "/plans/reader", json!({"methods": ["GET", "HEAD"], "paths": ["/payments/**"]})).await;
    desk.done("POST", "/consumers", json!({"name": "shop", "identities": ["shop-web"]})).await;
    let period = json!({"not_before": "2026-01-01T00:00:00+01:00", "not_after": "2036-01-01T00:00:00Z"});
    let key = desk.done("POST", "/consumers/shop/keys", period).await;
    desk.done("POST", "/subscriptions", json!({"consumer": "shop", "api": "payments", "plan": "reader"})).await;
    (key["key"].as_str().unwrap().to_owned(), key["hash"].as_str().unwrap().to_owned())
}

/// That a reply is a problem as every problem is; returns its detail and remedy.
fn problem(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let body = reply.json().unwrap();
    assert_eq!(body["status"], status);
    assert!(body["type"].as_str().unwrap().starts_with("urn:verdict:registry."), "{body}");
    for part in ["title", "detail", "remedy"] {
        assert!(!body[part].as_str().unwrap().is_empty(), "{body}");
    }
    assert_eq!(body.as_object().unwrap().len(), 5, "{body}");
    format!("{} {}", body["detail"].as_str().unwrap(), body["remedy"].as_str().unwrap())
}
