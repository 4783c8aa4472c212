//! A headless Chromium of our own, spoken to over WebDriver (W3C), of which a handful of commands is all that is needed here.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use verdict_gateway::{Request, wait_for};

/// How long chromedriver may take to listen.
const START: Duration = Duration::from_secs(20);
/// How long one command may take: the first one starts the browser, on a machine that may be busy.
const COMMAND: Duration = Duration::from_secs(60);
/// How long a page may take to load, and a script to end, in milliseconds.
const PAGE_MILLIS: u64 = 20_000;

/// Runs chromedriver until the pipe is closed, which the end of this process does too; then ends it, the browser and itself. Begun anew where it
/// ends at once: it takes a free port of IPv6 and wants the same one of IPv4, which may be somebody's.
const DRIVE: &str =
    "for attempt in 1 2 3 4 5; do chromedriver --port=0 >\"$1\" 2>&1 && break; done & read -r _; kill -KILL 0";

/// What keeps the browser from looking for anything beyond this machine.
const ARGUMENTS: [&str; 7] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with a window. Dropping it ends it.
pub(crate) struct Browser {
    // In this order: nobody writes into the directory any more when it is removed.
    driver: Driver,
    _directory: TempDir,
    session: String,
}

/// chromedriver, in a group of processes of its own, to which the browser belongs too.
struct Driver {
    shell: Child,
    address: SocketAddr,
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Driver {
    async fn start(directory: &TempDir) -> Self {
        let log = directory.path().join("chromedriver.log");
        let mut command = Command::new("sh");
        command.args(["-c", DRIVE, "sh"]).arg(&log).stdin(Stdio::piped()).process_group(0);
        let mut driver = Self { shell: command.spawn().unwrap(), address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let port = wait_for("chromedriver to listen", START, async || {
            let said = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
            let (_, port) = said.split_once("started successfully on port ").ok_or_else(|| said.clone())?;
            let (port, _) = port.split_once('.').ok_or_else(|| said.clone())?;
            port.parse::<u16>().map_err(|_| said.clone())
        });
        driver.address.set_port(port.await.unwrap());
        driver
    }

    /// Sends a command. The value of its answer.
    async fn command(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = Request::new(method, path).bound(COMMAND);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let reply = request.send(self.address).await.map_err(|error| error.to_string())?;
        let mut answer = reply.json().map_err(|error| error.to_string())?;
        let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
        if reply.status == 200 { Ok(value) } else { Err(format!("{method} {path}: {value}")) }
    }
}

impl Browser {
    /// Starts it, with an empty profile.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("verdict-browser-").tempdir().unwrap();
        let driver = Driver::start(&directory).await;
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", directory.path().join("profile").display()));
        // Chromium has no sandbox for root.
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            arguments.push("--no-sandbox".to_owned());
        }
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "pageLoad": PAGE_MILLIS, "script": PAGE_MILLIS },
        });
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let started = driver.command("POST", "/session", Some(body)).await.unwrap();
        let session = started["sessionId"].as_str().unwrap().to_owned();
        Self { driver, _directory: directory, session }
    }

    /// Sends a command of the session.
    async fn command(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.driver.command(method, &format!("/session/{}/{path}", self.session), body).await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.command("POST", path, Some(body)).await
    }

    /// Opens a page, and waits until it is loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Runs a function's body in the page. What it returns; where that is a promise, what it comes to.
    pub(crate) async fn run(&self, script: &str, argument: Value) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [argument] })).await
    }

    /// Clicks, as a user would, on the first element that the selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        let found = self.post("element", json!({ "using": "css selector", "value": selector })).await;
        let element = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("element/{element}/click"), json!({})).await;
    }

    /// What the console says since the last time, a line each.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({ "type": "browser" })).await;
        entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Forgets the cookies of all hosts, and what is in the cache.
    pub(crate) async fn forget(&self) {
        for command in ["Network.clearBrowserCookies", "Network.clearBrowserCache"] {
            self.post("goog/cdp/execute", json!({ "cmd": command, "params": {} })).await;
        }
    }

    /// The visible part of the page in this size, in pixels, as PNG.
    pub(crate) async fn screenshot(&self, width: u32, height: u32) -> Vec<u8> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.post("goog/cdp/execute", json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": size })).await;
        let picture = self.command("GET", "screenshot", None).await;
        self.post("goog/cdp/execute", json!({ "cmd": "Emulation.clearDeviceMetricsOverride", "params": {} })).await;
        STANDARD.decode(picture.as_str().unwrap()).unwrap()
    }
}
