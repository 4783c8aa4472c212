//! The local gateway as both commands start it: upstream, watched directory, Envoy, at the local gateway's ports.

use std::net::SocketAddr;
use std::path::Path;

use verdict_gateway::envoy::Options;
use verdict_gateway::shipped::ShippedFilter;
use verdict_gateway::{Context, Ecds, Envoy, Gateway, Listener, Result, Upstream, binary};

use crate::ports;
use crate::registry::Registry;

/// Where Envoy writes its log and the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// To files that this process reads.
    Files,
    /// To the terminal.
    Terminal,
}

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) envoy: Envoy,
    pub(crate) ecds: Ecds,
    pub(crate) gateway: SocketAddr,
    pub(crate) upstream: Upstream,
    pub(crate) registry: Registry,
}

impl Stage {
    /// Starts all of it.
    pub(crate) async fn set(filters: &[ShippedFilter], output: Output) -> Result<Self> {
        let addresses = ports::addresses()?;
        let upstream = Upstream::at(addresses.upstream).await?;
        let registry = Registry::at(addresses.registry).await?;
        let ecds = Ecds::new()?;
        let mut listener = Listener::new("gateway").at(addresses.gateway);
        if output == Output::Terminal {
            listener = listener.access_log(Path::new("/dev/stdout"));
        }
        for filter in filters {
            ecds.put(&filter.name, &module(filter)?, &filter.configuration)?;
            listener = listener.discovered(&filter.name, &ecds);
        }
        let gateway = Gateway::new(upstream.address())?
            .cluster("registry", registry.address())
            .admin(addresses.admin)
            .listener(listener);
        let mut options = Options::new(&binary()?);
        options.talks = output == Output::Terminal;
        let envoy = Envoy::start_with(&gateway.bootstrap(), &options).await?;
        let gateway = envoy.listener("gateway").await?;
        Ok(Self { envoy, ecds, gateway, upstream, registry })
    }
}

/// The bytes of a filter's module.
pub(crate) fn module(filter: &ShippedFilter) -> Result<Vec<u8>> {
    std::fs::read(&filter.module).context(format!("{} is missing; run `make build`", filter.module.display()))
}
