//! The configuration that is shipped under `envoy/gateway/`, as values.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::socket_address;
use crate::{Context, Error, Result, repository};

/// The shipped gateway configuration, as JSON.
///
/// # Errors
/// When the file is missing or not YAML.
pub fn shipped() -> Result<Value> {
    read_yaml(&repository().join("envoy/gateway/envoy.yaml"))
}

/// Where the local gateway listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// For clients.
    pub gateway: SocketAddr,
    /// The admin interface.
    pub admin: SocketAddr,
    /// What stands behind it.
    pub upstream: SocketAddr,
    /// Who has subscribed to what.
    pub registry: SocketAddr,
}

/// The shipped gateway configuration as it is, but at these addresses. Its relative paths belong to the repository's root.
///
/// # Errors
/// When the file is missing or has another shape.
pub fn shipped_at(addresses: &Addresses) -> Result<Value> {
    let mut bootstrap = shipped()?;
    for (pointer, address) in [
        ("/admin/address", addresses.admin),
        ("/static_resources/listeners/0/address", addresses.gateway),
        (
            "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address",
            addresses.upstream,
        ),
        (
            "/static_resources/clusters/1/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address",
            addresses.registry,
        ),
    ] {
        let place = bootstrap.pointer_mut(pointer);
        *place.ok_or_else(|| Error::new(format!("envoy/gateway/envoy.yaml has nothing at {pointer}")))? =
            socket_address(address);
    }
    Ok(bootstrap)
}

/// A filter of the shipped gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct ShippedFilter {
    /// Its name.
    pub name: String,
    /// Its configuration.
    pub configuration: Value,
    /// Where its module is.
    pub module: PathBuf,
}

/// The filters of the shipped gateway, in the order of its chain.
///
/// # Errors
/// When a file is missing or has another shape.
pub fn shipped_filters() -> Result<Vec<ShippedFilter>> {
    filters_in(&repository().join("envoy/gateway/filters"))
}

/// The filters of the shipped gateway, in the order of its chain, with their resource files in this directory.
///
/// # Errors
/// When a file is missing or has another shape.
pub fn filters_in(directory: &Path) -> Result<Vec<ShippedFilter>> {
    let chain = shipped()?;
    let filters = chain.pointer("/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters");
    let filters = filters.and_then(Value::as_array).into_iter().flatten();
    let discovered = filters.filter_map(|filter| {
        let path = filter.pointer("/config_discovery/config_source/path_config_source/path")?.as_str()?;
        Some((filter.get("name")?.as_str()?, Path::new(path).file_name()?))
    });
    discovered.map(|(name, file)| filter_in(name, &directory.join(file))).collect()
}

fn filter_in(name: &str, path: &Path) -> Result<ShippedFilter> {
    let resource = read_yaml(path)?;
    let text = |pointer: &str| {
        let found = resource.pointer(&format!("/resources/0/typed_config/config/{pointer}")).and_then(Value::as_str);
        found.ok_or_else(|| Error::new(format!("{} has no text at {pointer}", path.display())))
    };
    Ok(ShippedFilter {
        name: name.to_owned(),
        configuration: serde_json::from_str(text("configuration/value")?)
            .context(format!("the configuration in {}", path.display()))?,
        module: repository().join(text("vm_config/code/local/filename")?),
    })
}

/// A YAML file as JSON.
///
/// # Errors
/// When it is missing or not YAML.
pub fn read_yaml(path: &Path) -> Result<Value> {
    let what = || format!("cannot read {}", path.display());
    serde_norway::from_str(&std::fs::read_to_string(path).context(what())?).context(what())
}
