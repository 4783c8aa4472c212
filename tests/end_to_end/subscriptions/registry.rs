//! The registry of `tools/registry`, as a process of its own, so that it can be killed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use verdict_gateway::{Request, wait_for};

use super::API;
use crate::stage::SOON;

/// The administrator's token: the same after a restart.
const TOKEN: &str = "a-token-for-these-tests";

/// A registry whose data outlives it.
pub(super) struct Registry {
    data: TempDir,
    running: Option<(Child, SocketAddr)>,
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
        assert!(program().exists(), "build it with `cargo build --package verdict-registry`: {}", program().display());
        // Who was there before may take a moment to let go of the port.
        let running = wait_for("the registry to listen", SOON, async || {
            let mut command = Command::new(program());
            command
                .arg("--listen")
                .arg(address.to_string())
                .arg("--database")
                .arg(self.data.path().join("registry.db"));
            command.env("VERDICT_REGISTRY_TOKEN", TOKEN).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
            let mut process = command.spawn().map_err(|error| error.to_string())?;
            let mut said = String::new();
            let stdout = process.stdout.take().ok_or("it has no stdout")?;
            BufReader::new(stdout).read_line(&mut said).await.map_err(|error| error.to_string())?;
            said.trim().parse().map(|address| (process, address)).map_err(|_| format!("it said {said:?}"))
        });
        self.running = Some(running.await.unwrap());
    }

    /// Kills it, as the system kills what has no memory left: whatever is under way breaks off, and nobody listens any more.
    pub(super) async fn kill(&mut self) {
        let (mut process, _) = self.running.take().unwrap();
        process.kill().await.unwrap();
    }

    /// Approves, rejects, suspends, resumes or revokes the subscription of that consumer.
    pub(super) async fn act(&self, consumer: &str, action: &str) {
        self.post(&format!("/subscriptions/{}/{action}", self.subscriptions[consumer]), &json!({})).await;
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (_, address) = self.running.as_ref().unwrap();
        let request = Request::post(path, body.to_string())
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json");
        let reply = request.send(*address).await.unwrap();
        assert!((200..300).contains(&reply.status), "{path}: {} {}", reply.status, reply.text());
        reply.json().unwrap()
    }
}

/// The program, beside the tests: where those of its own package are built, it is too.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("verdict-registry")
}
