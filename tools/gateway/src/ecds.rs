//! The watched directory: gives a running Envoy another configuration or another module of a filter.
//!
//! Envoy takes a resource file when it is renamed into place, and does not read a module again whose path it has seen
//! with the same resource. So each module is copied to a file that is named after its content.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::config::{Plugin, WASM};
use crate::{Context, Envoy, Error, Result, wait_for};

/// How long Envoy may take to take or refuse a resource: a module is compiled in this time.
const SWAP: Duration = Duration::from_secs(30);

/// What Envoy made of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It serves.
    Taken,
    /// It does not, and the one before does. With what Envoy logged meanwhile.
    Refused(String),
}

/// A directory that Envoy watches, with a resource file a filter. Removed with this value.
#[derive(Debug)]
pub struct Ecds {
    directory: TempDir,
    /// What became of each filter's last swap.
    outcomes: Mutex<HashMap<String, Outcome>>,
}

impl Ecds {
    /// An empty directory. Each filter needs a first resource ([`Ecds::put`]) before Envoy starts.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn new() -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("verdict-filters-").tempdir();
        Ok(Self { directory: directory.context("cannot create the watched directory")?, outcomes: Mutex::default() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The `config_discovery` of a filter in the listener.
    pub fn config_source(&self, filter: &str) -> Value {
        json!({
            "config_source": {
                "resource_api_version": "V3",
                "path_config_source": { "path": self.resource(filter), "watched_directory": { "path": self.path() } },
            },
            "type_urls": [WASM],
        })
    }

    /// Puts a filter's resource in place, atomically; Envoy notices it if it runs.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn put(&self, filter: &str, module: &[u8], configuration: &Value) -> Result<()> {
        let text = self.text(filter, module, configuration)?;
        write(&self.resource(filter), text.as_bytes())
    }

    /// As [`Ecds::put`], for a plugin with settings of its own. Its module's path is taken as it is.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn put_plugin(&self, filter: &str, plugin: &Plugin) -> Result<()> {
        write(&self.resource(filter), resource(filter, plugin).as_bytes())
    }

    /// Puts a resource in place and waits until Envoy has taken or refused it. The one that is there already is no
    /// change, and the answer is what it was.
    ///
    /// # Errors
    /// When the directory cannot be written, or Envoy does neither within half a minute.
    pub async fn swap(&self, envoy: &Envoy, filter: &str, module: &[u8], configuration: &Value) -> Result<Outcome> {
        let text = self.text(filter, module, configuration)?;
        self.swap_text(envoy, filter, &text).await
    }

    /// As [`Ecds::swap`], for a resource file that need not be one.
    ///
    /// # Errors
    /// As [`Ecds::swap`].
    pub async fn swap_text(&self, envoy: &Envoy, filter: &str, text: &str) -> Result<Outcome> {
        let path = self.resource(filter);
        if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            // Envoy would count it as a success, even if it had refused it before.
            return Ok(self.outcomes().get(filter).cloned().unwrap_or(Outcome::Taken));
        }
        let before = Attempts::of(envoy, filter).await?;
        let logged = envoy.log().len();
        write(&path, text.as_bytes())?;
        let outcome = before.outcome(envoy, filter, logged).await?;
        self.outcomes().insert(filter.to_owned(), outcome.clone());
        Ok(outcome)
    }

    fn outcomes(&self) -> MutexGuard<'_, HashMap<String, Outcome>> {
        // Each change is a single insert: a panic elsewhere leaves nothing half done.
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The resource of a filter with this module, which is copied into the directory.
    fn text(&self, filter: &str, module: &[u8], configuration: &Value) -> Result<String> {
        Ok(resource(filter, &Plugin::new(filter, self.module(filter, module)?, configuration)))
    }

    fn resource(&self, filter: &str) -> PathBuf {
        self.path().join(format!("{filter}.json"))
    }

    /// A copy of a module under a name that says what is in it.
    fn module(&self, filter: &str, module: &[u8]) -> Result<PathBuf> {
        let hash: String = Sha256::digest(module).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let path = self.path().join(format!("{filter}-{hash}.wasm"));
        if !path.exists() {
            write(&path, module)?;
        }
        Ok(path)
    }
}

fn resource(filter: &str, plugin: &Plugin) -> String {
    let resource = json!({
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        "name": filter,
        "typed_config": plugin.build(),
    });
    json!({ "resources": [resource] }).to_string()
}

/// Writes a file under another name and renames it: whoever reads it sees the old one or the new one.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let what = || format!("cannot write {}", path.display());
    let draft = path.with_extension("draft");
    std::fs::write(&draft, bytes).context(what())?;
    std::fs::rename(&draft, path).context(what())
}

/// How often Envoy has taken and refused a filter's resource.
#[derive(Clone, Copy, Debug)]
struct Attempts {
    taken: u64,
    refused: u64,
}

impl Attempts {
    async fn of(envoy: &Envoy, filter: &str) -> Result<Self> {
        let stats = envoy.stats().await?;
        let count = |what: &[&str]| -> u64 {
            let ours = stats.iter().filter(|(name, _)| {
                name.starts_with("extension_config_discovery.") && name.contains(&format!(".{filter}."))
            });
            ours.filter(|(name, _)| what.iter().any(|end| name.ends_with(end))).map(|(_, count)| *count).sum()
        };
        Ok(Self {
            taken: count(&[".config_reload"]),
            refused: count(&[".config_fail", ".update_rejected", ".update_failure"]),
        })
    }

    /// Waits for one attempt more than these.
    async fn outcome(self, envoy: &Envoy, filter: &str, logged: usize) -> Result<Outcome> {
        wait_for(&format!("Envoy to take or refuse {filter}"), SWAP, async || {
            let now = Self::of(envoy, filter).await.map_err(|error: Error| error.to_string())?;
            if now.refused > self.refused {
                return Ok(Outcome::Refused(envoy.log().get(logged..).unwrap_or_default().to_owned()));
            }
            // Second: what the filter itself refuses is counted both as taken and as refused.
            if now.taken > self.taken {
                return Ok(Outcome::Taken);
            }
            Err(format!("{now:?}"))
        })
        .await
    }
}
