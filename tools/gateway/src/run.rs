//! `verdict-gateway run`: keeps the gateway up for trying things by hand, and swaps what is changed on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use verdict_gateway::ecds::Outcome;
use verdict_gateway::shipped::{ShippedFilter, filters_in};
use verdict_gateway::{Error, Result, repository};

use crate::say;
use crate::stage::{Output, Stage, module};

/// How often it looks whether a file has changed.
const LOOK: Duration = Duration::from_millis(500);

/// Runs until it is dropped, or Envoy ends.
pub(crate) async fn run(directory: Option<&Path>) -> Result<()> {
    let directory = directory.map_or_else(|| repository().join("envoy/gateway/filters"), PathBuf::from);
    let mut watched = Watched::new(&directory)?;
    let mut stage = Stage::set(&watched.filters, Output::Terminal).await?;
    say(&format!(
        "
The gateway is up at {gateway}; Ctrl-C ends it. Access log and Envoy's log appear below. Try:

  curl -i http://{gateway}/health
  curl -i http://{gateway}/admin/users                             refused, with the reason
  curl -i http://{gateway}/admin/users --interface 127.0.0.2       admitted: another client
  curl -i http://{gateway}/admin/users --interface 127.0.0.9       refused, and told everything
  curl -i http://{gateway}/admin/users -H 'accept: text/html'      the same for people
  curl -i http://{gateway}/process-payment                         refused, for want of a token
  token=$(tr -d '\" ,' <envoy/gateway/tokens.json | sed -n s/^read://p)
  curl -i http://{gateway}/process-payment -H \"authorization: Bearer $token\"   refused, for want of a scope
  curl -i http://{gateway}/orders/7 -H 'x-api-key: {key}'
                                                                   refused until the subscription is approved:
  curl -X POST http://{registry}{approval} -H 'authorization: Bearer {token}'
  curl -i \"http://{gateway}/search?q=1'+or+'1'='1\"                refused as an attack, and told nothing of it
  curl -i \"http://{gateway}/search?q=1'+or+'1'='1\" --interface 127.0.0.9
                                                                   the same, told everything: rule, place, exception
  curl -s http://{admin}/stats/prometheus | grep '^verdict_'      the metrics

Change a file in {directory}, or build a filter anew (`make build`): it is swapped at once.

",
        gateway = stage.gateway,
        registry = stage.registry.address(),
        approval = stage.registry.approval(),
        key = stage.registry.key,
        token = stage.registry.token(),
        admin = stage.envoy.admin(),
        directory = directory.strip_prefix(repository()).unwrap_or(&directory).display(),
    ))?;
    loop {
        tokio::time::sleep(LOOK).await;
        if !stage.envoy.is_running() {
            return Err(Error::new("Envoy has ended; its last words are above."));
        }
        for change in watched.changes() {
            let said = match change {
                Ok((filter, module)) => {
                    let swapped = stage.ecds.swap(&stage.envoy, &filter.name, &module, &filter.configuration).await;
                    match swapped {
                        Ok(Outcome::Taken) => format!("{}: taken\n", filter.name),
                        Ok(Outcome::Refused(_)) => {
                            format!("{}: refused (see above); the old one serves on\n", filter.name)
                        }
                        Err(error) => format!("{}: {error}\n", filter.name),
                    }
                }
                Err(error) => format!("{error}\n"),
            };
            say(&said)?;
        }
    }
}

/// The filters' files, as they were last seen. Looked at again and again: editors that write in place do not rename, and
/// only a rename would tell Envoy.
struct Watched {
    directory: PathBuf,
    filters: Vec<ShippedFilter>,
    modules: Vec<Vec<u8>>,
    /// What was last wrong with them, so that it is told once.
    complaint: String,
}

impl Watched {
    fn new(directory: &Path) -> Result<Self> {
        let filters = filters_in(directory)?;
        let modules = filters.iter().map(module).collect::<Result<_>>()?;
        Ok(Self { directory: directory.to_owned(), filters, modules, complaint: String::new() })
    }

    /// The filters that differ from when they were last seen, or what is wrong with the files.
    fn changes(&mut self) -> Vec<Result<(ShippedFilter, Vec<u8>)>> {
        let now = match Self::new(&self.directory) {
            Ok(now) => now,
            Err(error) if error.to_string() == self.complaint => return Vec::new(),
            Err(error) => {
                self.complaint = error.to_string();
                return vec![Err(error)];
            }
        };
        let before = self.filters.iter().zip(&self.modules);
        let after = now.filters.iter().zip(&now.modules);
        let changed = before.zip(after).filter(|(before, after)| before != after);
        let changes = changed.map(|(_, (filter, module))| Ok((filter.clone(), module.clone()))).collect();
        *self = now;
        changes
    }
}
