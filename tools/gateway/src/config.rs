//! The gateway's bootstrap, made from the shipped `envoy/gateway/envoy.yaml`: the same file that users run, with other
//! addresses, and for tests with as many listeners as there are configurations to try.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::ecds::Ecds;
use crate::envoy::access_log_path;
use crate::shipped::shipped;
use crate::{Error, Result};

/// Type of a wasm filter in Envoy's configuration.
pub(crate) const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
/// Name of the native filter in the shipped gateway that hands the direct peer over.
const DIRECT_PEER: &str = "verdict.direct_peer";

/// Changes `target` as a JSON merge patch does (RFC 7396): objects are merged, `null` removes, the rest is replaced.
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(&key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// One Envoy: listeners with their filters, clusters, the shipped statistics configuration.
#[derive(Clone, Debug)]
pub struct Gateway {
    bootstrap: Value,
    manager: Value,
    listener: Value,
    cluster: Value,
    admin: SocketAddr,
    listeners: Vec<Listener>,
    clusters: Vec<(String, SocketAddr)>,
    patches: Vec<Value>,
}

impl Gateway {
    /// The shipped gateway in front of this upstream, with no listener yet and the admin interface on an ephemeral port.
    ///
    /// # Errors
    /// When the shipped file is missing or has another shape.
    pub fn new(upstream: SocketAddr) -> Result<Self> {
        let bootstrap = shipped()?;
        let part = |pointer: &str| {
            let found = bootstrap.pointer(pointer).cloned();
            found.ok_or_else(|| Error::new(format!("envoy/gateway/envoy.yaml has nothing at {pointer}")))
        };
        Ok(Self {
            manager: part("/static_resources/listeners/0/filter_chains/0/filters/0/typed_config")?,
            listener: part("/static_resources/listeners/0")?,
            cluster: part("/static_resources/clusters/0")?,
            bootstrap,
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            listeners: Vec::new(),
            clusters: vec![("upstream".to_owned(), upstream)],
            patches: Vec::new(),
        })
    }

    /// Adds a listener.
    #[must_use]
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Adds a cluster, for filters that fetch. Over HTTP/1.1, like `upstream`, which is there already.
    #[must_use]
    pub fn cluster(mut self, name: &str, address: SocketAddr) -> Self {
        self.clusters.push((name.to_owned(), address));
        self
    }

    /// Where the admin interface listens.
    #[must_use]
    pub fn admin(mut self, address: SocketAddr) -> Self {
        self.admin = address;
        self
    }

    /// Changes the finished bootstrap by a JSON merge patch: note that lists are replaced.
    #[must_use]
    pub fn patch(mut self, patch: Value) -> Self {
        self.patches.push(patch);
        self
    }

    /// The bootstrap for [`crate::Envoy::start`].
    pub fn bootstrap(&self) -> Value {
        let mut bootstrap = self.bootstrap.clone();
        let listeners: Vec<Value> = self.listeners.iter().map(|listener| listener.build(self)).collect();
        let clusters: Vec<Value> =
            self.clusters.iter().map(|(name, address)| self.build_cluster(name, *address)).collect();
        merge(
            &mut bootstrap,
            json!({
                "admin": { "address": socket_address(self.admin) },
                "static_resources": { "listeners": listeners, "clusters": clusters },
            }),
        );
        for patch in &self.patches {
            merge(&mut bootstrap, patch.clone());
        }
        bootstrap
    }

    fn build_cluster(&self, name: &str, address: SocketAddr) -> Value {
        let mut cluster = self.cluster.clone();
        let endpoint = json!({ "endpoint": { "address": socket_address(address) } });
        let protocol = json!({
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            // Trailers, as many headers as a test likes.
            "explicit_http_config": { "http_protocol_options": { "enable_trailers": true } },
            "common_http_protocol_options": { "max_headers_count": 4000 },
        });
        merge(
            &mut cluster,
            json!({
                "name": name,
                "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [endpoint] }] },
                "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol },
            }),
        );
        cluster
    }
}

/// An address as Envoy writes it.
pub(crate) fn socket_address(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } })
}

/// A listener on loopback: the shipped one, with its own chain of filters.
#[derive(Clone, Debug)]
pub struct Listener {
    name: String,
    address: SocketAddr,
    access_log: PathBuf,
    direct_peer: bool,
    filters: Vec<Value>,
    /// Names of the filters whose decisions belong in the access log.
    logged: Vec<String>,
    /// More fields of the access log.
    fields: Value,
    listener: Value,
    /// Merge patches, in order: merged with each other, they would lose what one of them removes.
    manager: Vec<Value>,
}

impl Listener {
    /// A listener on an ephemeral port with the shipped settings, the handover of the direct peer, and no other filter yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            access_log: PathBuf::from(access_log_path(name)),
            direct_peer: true,
            filters: Vec::new(),
            logged: Vec::new(),
            fields: json!({}),
            listener: json!({}),
            manager: Vec::new(),
        }
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Listens here.
    #[must_use]
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Writes the access log to this file instead of where [`crate::Envoy::access_log`] reads it.
    #[must_use]
    pub fn access_log(mut self, path: &Path) -> Self {
        self.access_log = path.to_owned();
        self
    }

    /// Adds a wasm filter at the end of the chain.
    #[must_use]
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.logged.push(plugin.name.clone());
        self.filters.push(json!({ "name": plugin.name, "typed_config": plugin.build() }));
        self
    }

    /// Adds a filter that comes by extension config discovery from a watched directory.
    #[must_use]
    pub fn discovered(mut self, filter: &str, ecds: &Ecds) -> Self {
        self.logged.push(filter.to_owned());
        self.filters.push(json!({ "name": filter, "config_discovery": ecds.config_source(filter) }));
        self
    }

    /// Adds fields to the access log, which is JSON: names and format strings.
    #[must_use]
    pub fn logged(mut self, fields: &Map<String, Value>) -> Self {
        merge(&mut self.fields, Value::Object(fields.clone()));
        self
    }

    /// Adds any other filter at the end of the chain (native ones for comparison, or to set headers and metadata).
    #[must_use]
    pub fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// Leaves out the native filter that hands the direct peer over: a gateway that was not set up for it.
    #[must_use]
    pub fn without_direct_peer(mut self) -> Self {
        self.direct_peer = false;
        self
    }

    /// Whether Envoy normalises paths and merges slashes before the filters see them (the shipped gateway does; Envoy's
    /// default does not).
    #[must_use]
    pub fn path_normalisation(self, on: bool) -> Self {
        self.manager(json!({ "normalize_path": on, "merge_slashes": on }))
    }

    /// What Envoy does with `%2f` and `%5c`: `KEEP_UNCHANGED`, `REJECT_REQUEST`, `UNESCAPE_AND_REDIRECT`, `UNESCAPE_AND_FORWARD`.
    #[must_use]
    pub fn escaped_slashes(self, action: &str) -> Self {
        self.manager(json!({ "path_with_escaped_slashes_action": action }))
    }

    /// Raises the limits of request headers as far as Envoy lets them: 8 MiB, 4,000 headers.
    #[must_use]
    pub fn raised_header_limits(self) -> Self {
        let raised =
            json!({ "max_request_headers_kb": 8192, "common_http_protocol_options": { "max_headers_count": 4000 } });
        self.manager(raised)
    }

    /// The buffer limit of a connection, in bytes: above it Envoy itself answers 413 while a filter waits for a body.
    #[must_use]
    pub fn buffer_limit(mut self, bytes: u32) -> Self {
        merge(&mut self.listener, json!({ "per_connection_buffer_limit_bytes": bytes }));
        self
    }

    /// Whether the peer's address is the client's (the shipped gateway), or `X-Forwarded-For` is believed (Envoy's default).
    #[must_use]
    pub fn use_remote_address(self, on: bool) -> Self {
        self.manager(json!({ "use_remote_address": on }))
    }

    /// Takes trailers from HTTP/1.1 clients and sends them to such.
    #[must_use]
    pub fn trailers(self) -> Self {
        self.manager(json!({ "http_protocol_options": { "enable_trailers": true } }))
    }

    /// Changes the HTTP connection manager by a JSON merge patch: `route_config`, `http2_protocol_options`, ...
    #[must_use]
    pub fn manager(mut self, patch: Value) -> Self {
        self.manager.push(patch);
        self
    }

    fn build(&self, gateway: &Gateway) -> Value {
        let shipped = gateway.manager.pointer("/http_filters").and_then(Value::as_array);
        let direct_peer =
            shipped.into_iter().flatten().find(|filter| filter.get("name").is_some_and(|name| name == DIRECT_PEER));
        let router = shipped.and_then(|filters| filters.last());
        let mut filters: Vec<&Value> = Vec::new();
        filters.extend(direct_peer.filter(|_| self.direct_peer));
        filters.extend(&self.filters);
        filters.extend(router);
        let mut manager = gateway.manager.clone();
        let mut fields = gateway.manager.pointer("/access_log/0/typed_config/log_format").cloned().unwrap_or_default();
        for filter in &self.logged {
            merge(&mut fields, json!({ "json_format": { filter: access_log_fields(filter) } }));
        }
        merge(&mut fields, json!({ "json_format": self.fields }));
        merge(
            &mut manager,
            json!({
                "stat_prefix": self.name,
                "http_filters": filters,
                "access_log": [{
                    "name": "envoy.access_loggers.file",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                        "path": self.access_log,
                        "log_format": fields,
                    },
                }],
            }),
        );
        self.manager.iter().for_each(|patch| merge(&mut manager, patch.clone()));
        let mut listener = gateway.listener.clone();
        let network = json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager });
        merge(
            &mut listener,
            json!({
                "name": self.name,
                "address": socket_address(self.address),
                "filter_chains": [{ "filters": [network] }],
            }),
        );
        merge(&mut listener, self.listener.clone());
        listener
    }
}

/// What a filter's decision looks like in the access log. The shipped gateway has the same for each of its filters.
fn access_log_fields(filter: &str) -> Value {
    ["decision", "reason", "rule", "id"]
        .iter()
        .map(|what| ((*what).to_owned(), access_log_field(filter, what)))
        .collect()
}

/// What a filter has left under that name.
fn access_log_field(filter: &str, what: &str) -> Value {
    format!("%FILTER_STATE(wasm.verdict.{filter}.{what}:PLAIN)%").into()
}

/// A wasm filter: module and configuration, with the settings that the shipped examples have.
#[derive(Clone, Debug)]
pub struct Plugin {
    name: String,
    module: PathBuf,
    configuration: Value,
    settings: Value,
}

impl Plugin {
    /// The module at this path with this configuration, given as Envoy's `StringValue`.
    pub fn new(name: &str, module: impl Into<PathBuf>, configuration: &Value) -> Self {
        Self::with_text(name, module, &configuration.to_string())
    }

    /// As [`Plugin::new`], with a configuration that need not be JSON.
    pub fn with_text(name: &str, module: impl Into<PathBuf>, configuration: &str) -> Self {
        let value = json!({ "@type": "type.googleapis.com/google.protobuf.StringValue", "value": configuration });
        Self { name: name.to_owned(), module: module.into(), configuration: value, settings: json!({}) }
    }

    /// As [`Plugin::new`], with the configuration as Envoy's `Struct`: Envoy 1.40 hands it on as protobuf, not as JSON.
    pub fn with_struct(name: &str, module: impl Into<PathBuf>, configuration: &Value) -> Self {
        let value = json!({ "@type": "type.googleapis.com/google.protobuf.Struct", "value": configuration });
        Self { name: name.to_owned(), module: module.into(), configuration: value, settings: json!({}) }
    }

    /// Whether a filter that pauses at the headers holds the body too (`allow_on_headers_stop_iteration`; on in every
    /// shipped example, off in Envoy's default and in Istio).
    #[must_use]
    pub fn holds_body(self, on: bool) -> Self {
        self.setting(json!({ "allow_on_headers_stop_iteration": on }))
    }

    /// What a broken module means: `FAIL_RELOAD` (shipped), `FAIL_CLOSED` (Envoy's default), `FAIL_OPEN`.
    #[must_use]
    pub fn failure_policy(self, policy: &str) -> Self {
        self.setting(json!({ "failure_policy": policy }))
    }

    /// The VM's id: plugins share data only if theirs are the same.
    #[must_use]
    pub fn vm_id(self, id: &str) -> Self {
        self.setting(json!({ "vm_config": { "vm_id": id } }))
    }

    /// Changes the plugin's `PluginConfig` by a JSON merge patch.
    #[must_use]
    pub fn setting(mut self, patch: Value) -> Self {
        merge(&mut self.settings, patch);
        self
    }

    /// The filter's `typed_config`.
    pub(crate) fn build(&self) -> Value {
        let mut config = json!({
            "name": self.name,
            "allow_on_headers_stop_iteration": true,
            "failure_policy": "FAIL_RELOAD",
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": { "local": { "filename": self.module } },
            },
            "configuration": self.configuration,
        });
        merge(&mut config, self.settings.clone());
        json!({ "@type": WASM, "config": config })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_merges_objects_removes_nulls_and_replaces_the_rest() {
        let mut target = json!({ "a": { "b": 1, "c": 2 }, "d": [1, 2] });
        merge(&mut target, json!({ "a": { "b": null, "e": 3 }, "d": [3] }));
        assert_eq!(target, json!({ "a": { "c": 2, "e": 3 }, "d": [3] }));
    }

    #[test]
    fn the_shipped_access_log_tells_the_decision_of_every_shipped_filter() {
        let manager = Gateway::new(SocketAddr::from(([127, 0, 0, 1], 1))).unwrap().manager;
        let filters = crate::shipped::shipped_filters().unwrap();
        assert!(!filters.is_empty());
        for filter in filters.iter().map(|filter| filter.name.as_str()) {
            let told = manager.pointer(&format!("/access_log/0/typed_config/log_format/json_format/{filter}")).unwrap();
            for (name, field) in access_log_fields(filter).as_object().unwrap() {
                assert_eq!(told.get(name), Some(field), "{filter}");
            }
            // What a filter tells of its own stands beside, as it leaves it.
            for (name, field) in told.as_object().unwrap() {
                let own = format!("%FILTER_STATE(wasm.verdict.{name}:PLAIN)%").into();
                assert!([access_log_field(filter, name), own].contains(field), "{filter}: {field}");
            }
        }
    }
}
