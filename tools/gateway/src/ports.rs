//! The local gateway's addresses: fixed ports on loopback, which the environment may change.

use std::net::{SocketAddr, TcpListener};

use verdict_gateway::shipped::Addresses;
use verdict_gateway::{Context, Error, Result};

/// The addresses, all of them free. Port 0 is any free one.
///
/// # Errors
/// When a variable is no port, or a port is in use: one sentence with the remedy.
pub(crate) fn addresses() -> Result<Addresses> {
    Ok(Addresses {
        gateway: address("VERDICT_PORT", 10000, "the gateway")?,
        admin: address("VERDICT_ADMIN_PORT", 9901, "Envoy's admin interface")?,
        registry: address("VERDICT_REGISTRY_PORT", 10081, "the registry")?,
        upstream: address("VERDICT_UPSTREAM_PORT", 10080, "the upstream")?,
    })
}

fn address(variable: &str, usual: u16, purpose: &str) -> Result<SocketAddr> {
    let port = match std::env::var(variable) {
        Ok(text) => {
            text.trim().parse().context(format!("{variable}={text} is not a port; give a number up to 65535"))?
        }
        Err(_) => usual,
    };
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    // Tried before Envoy does: it would share the port with another Envoy of the same user and not say a word.
    match TcpListener::bind(address) {
        Ok(_) => Ok(address),
        Err(error) => Err(Error::new(format!(
            "Port {port}, for {purpose}, cannot be used ({error}); end what listens there, or choose another port: {variable}={}",
            port.checked_add(1000).unwrap_or(usual),
        ))),
    }
}
