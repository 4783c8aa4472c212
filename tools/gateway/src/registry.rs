//! The registry of the local gateway: one consumer with a key, who has asked for a subscription.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use verdict_gateway::{Context, Error, Request, Result};
use verdict_registry::{Handle, Options, serve};

/// Who calls.
const CONSUMER: &str = "shop";
/// What they have asked for.
const API: &str = "orders";

/// A registry that runs in this process.
pub(crate) struct Registry {
    handle: Handle,
    /// The key of the consumer. Made at the start, and told only once: here.
    pub(crate) key: String,
    subscription: u64,
}

impl Registry {
    /// Starts it, with a consumer, a key, and a subscription that awaits approval.
    pub(crate) async fn at(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.context(format!("the registry at {address}"))?;
        let handle = serve(listener, Options::default()).await.map_err(|error| Error::new(error.to_string()))?;
        let mut registry = Self { handle, key: String::new(), subscription: 0 };
        registry.post("/consumers", &json!({ "name": CONSUMER })).await?;
        let issued = registry.post(&format!("/consumers/{CONSUMER}/keys"), &json!({})).await?;
        registry.key = text(&issued, "/key")?;
        let asked = registry.post("/subscriptions", &json!({ "consumer": CONSUMER, "api": API })).await?;
        registry.subscription =
            asked.pointer("/id").and_then(Value::as_u64).ok_or_else(|| Error::new(format!("no id in {asked}")))?;
        Ok(registry)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.handle.address()
    }

    /// The administrator's token.
    pub(crate) fn token(&self) -> &str {
        self.handle.token()
    }

    /// The path that approves the subscription.
    pub(crate) fn approval(&self) -> String {
        format!("/subscriptions/{}/approve", self.subscription)
    }

    /// Approves the subscription.
    pub(crate) async fn approve(&self) -> Result<()> {
        self.post(&self.approval(), &json!({})).await.map(|_| ())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = Request::post(path, body.to_string())
            .header("authorization", format!("Bearer {}", self.token()))
            .header("content-type", "application/json");
        let reply = request.send(self.address()).await?;
        if reply.status >= 300 {
            return Err(Error::new(format!("the registry answers {} to {path}: {}", reply.status, reply.text())));
        }
        reply.json()
    }
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Error::new(format!("no {pointer} in what the registry answers")))
}
