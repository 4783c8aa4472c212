//! The registry of `tools/registry`, in this process but in a runtime of its own, so that it can be killed.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use verdict_gateway::{Request, wait_for};
use verdict_registry::{Handle, Options, serve};

use super::API;
use crate::stage::SOON;

/// The administrator's token: the same after a restart.
const TOKEN: &str = "a-token-for-these-tests";

/// A registry whose data outlives it.
pub(super) struct Registry {
    data: TempDir,
    running: Option<(Runtime, Handle)>,
    /// The key of each consumer.
    pub(super) keys: BTreeMap<&'static str, String>,
    subscriptions: BTreeMap<&'static str, u64>,
}

impl Registry {
    /// With these consumers, each with a key and a subscription that these actions were taken on. It does not run yet.
    pub(super) async fn of(consumers: &[(&'static str, &[&str])]) -> Self {
        let (keys, subscriptions) = (BTreeMap::new(), BTreeMap::new());
        let mut registry = Self { data: TempDir::new().unwrap(), running: None, keys, subscriptions };
        registry.start(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        for (consumer, actions) in consumers {
            registry.post("/consumers", &json!({ "name": consumer })).await;
            let issued = registry.post(&format!("/consumers/{consumer}/keys"), &json!({})).await;
            registry.keys.insert(consumer, issued["key"].as_str().unwrap().to_owned());
            let asked = registry.post("/subscriptions", &json!({ "consumer": consumer, "api": API })).await;
            registry.subscriptions.insert(consumer, asked["id"].as_u64().unwrap());
            for action in *actions {
                registry.act(consumer, action).await;
            }
        }
        registry.kill().await;
        registry
    }

    /// Starts it, with the data that is there.
    pub(super) async fn start(&mut self, address: SocketAddr) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let database = Some(self.data.path().join("registry.db"));
        let options = Options { database, token: Some(TOKEN.to_owned()), ..Options::default() };
        // Who was there before may take a moment to let go of the port.
        let listener = wait_for("the port of the registry", SOON, async || {
            std::net::TcpListener::bind(address).map_err(|error| error.to_string())
        });
        let listener = listener.await.unwrap();
        listener.set_nonblocking(true).unwrap();
        let serving = runtime.spawn(async { serve(TcpListener::from_std(listener).unwrap(), options).await.unwrap() });
        self.running = Some((runtime, serving.await.unwrap()));
    }

    /// Kills it: whatever is under way breaks off, and nobody listens any more.
    pub(super) async fn kill(&mut self) {
        let (runtime, handle) = self.running.take().unwrap();
        runtime.shutdown_background();
        wait_for("the registry to be gone", SOON, async || match TcpStream::connect(handle.address()).await {
            Ok(_) => Err("it listens".to_owned()),
            Err(_) => Ok(()),
        })
        .await
        .unwrap();
    }

    /// Approves, rejects, suspends, resumes or revokes the subscription of that consumer.
    pub(super) async fn act(&self, consumer: &str, action: &str) {
        self.post(&format!("/subscriptions/{}/{action}", self.subscriptions[consumer]), &json!({})).await;
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (_, handle) = self.running.as_ref().unwrap();
        let request = Request::post(path, body.to_string())
            .header("authorization", format!("Bearer {}", handle.token()))
            .header("content-type", "application/json");
        let reply = request.send(handle.address()).await.unwrap();
        assert!((200..300).contains(&reply.status), "{path}: {} {}", reply.status, reply.text());
        reply.json().unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // A runtime that is dropped where others run must not wait for its own.
        if let Some((runtime, _)) = self.running.take() {
            runtime.shutdown_background();
        }
    }
}
