//! Where a fetched document lives, as it is written.

use serde::Deserialize;

/// Where a document lives, and how it is kept fresh.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The proxy's name for the service that has the document: a cluster of the proxy's own configuration, which also
    /// says whether the connection is encrypted and whom it trusts.
    pub cluster: String,
    /// The host that is asked for, as the service knows itself: `keys.example.com`.
    pub authority: String,
    /// The path, with a query if there is one. It begins with `/`.
    pub path: String,
    /// How often the document is fetched, in seconds; each time up to a tenth earlier or later, so that proxies that
    /// started together do not ask together. After a failure it is tried again sooner: after one second, then two, then
    /// four.
    #[serde(default = "refresh_seconds")]
    pub refresh_seconds: u32,
    /// How long one fetch may take, in seconds.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u32,
    /// How long the last good document is used while the source is down, in seconds since the source last confirmed it.
    #[serde(default = "max_stale_seconds")]
    pub max_stale_seconds: u32,
    /// How far apart fetches are at least, in seconds, when a request asks for something that the document does not
    /// list. It bounds what a flood of made-up keys can cause.
    #[serde(default = "min_interval_seconds")]
    pub min_interval_seconds: u32,
    /// How large the document may be, in bytes. A larger one counts as a failure.
    #[serde(default = "max_bytes")]
    pub max_bytes: u32,
}

fn refresh_seconds() -> u32 {
    300
}

fn timeout_seconds() -> u32 {
    5
}

fn max_stale_seconds() -> u32 {
    86_400
}

fn min_interval_seconds() -> u32 {
    10
}

fn max_bytes() -> u32 {
    4 * 1024 * 1024
}
