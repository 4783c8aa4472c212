//! `verdict-gateway run`: keeps the shipped gateway up, with its own files, for trying things by hand.

use verdict_gateway::config::{shipped_at, shipped_filters};
use verdict_gateway::envoy::Options;
use verdict_gateway::{Envoy, Error, Result, Upstream, binary, repository};

use crate::{ports, say};

/// Runs until it is dropped, or Envoy ends.
pub(crate) async fn run() -> Result<()> {
    let mut addresses = ports::addresses()?;
    let upstream = Upstream::at(addresses.upstream).await?;
    addresses.upstream = upstream.address();
    for filter in shipped_filters()? {
        if !filter.module.exists() {
            return Err(Error::new(format!("{} is missing; run `make build`", filter.module.display())));
        }
    }
    let mut options = Options::new(&binary()?);
    // The shipped files name each other from the repository's root.
    options.directory = Some(repository());
    options.talks = true;
    let mut envoy = Envoy::start_with(&shipped_at(&addresses)?, &options).await?;
    let gateway = envoy.listener("gateway").await?;
    say(&format!(
        "
The gateway is up at {gateway}; Ctrl-C ends it. Access log and Envoy's log appear below. Try:

  curl -i http://{gateway}/health
  curl -i http://{gateway}/admin/users                             refused, with the reason
  curl -i http://{gateway}/admin/users --interface 127.0.0.2       admitted: another client
  curl -i http://{gateway}/admin/users --interface 127.0.0.9       refused, and told everything
  curl -i http://{gateway}/admin/users -H 'accept: text/html'      the same for people
  curl -s http://{admin}/stats/prometheus | grep '^verdict_'      the metrics

Change envoy/gateway/filters/ip-allowlist.yaml and save: Envoy takes it at once, or says below why not.

",
        admin = envoy.admin(),
    ))?;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        if !envoy.is_running() {
            return Err(Error::new("Envoy has ended; its last words are above."));
        }
    }
}
