//! A real Envoy with the filters in front of a small upstream, for the demonstration, the tests and the benchmarks.
//!
//! Everything is bounded in time, binds to loopback only and leaves nothing running: dropping an [`Envoy`] or an
//! [`Upstream`] ends it, and if this process dies without dropping, a watcher ends the Envoy.
//!
//! ```no_run
//! # async fn example() -> verdict_gateway::Result<()> {
//! use serde_json::json;
//! use verdict_gateway::{Envoy, Gateway, Listener, Plugin, Request, Upstream, module};
//!
//! let upstream = Upstream::start().await?;                       // echoes each request as JSON, and records it
//! let gateway = Gateway::new(upstream.address())?                // the shipped envoy/gateway/envoy.yaml is the base
//!     .listener(Listener::new("direct").plugin(Plugin::new("ip-allowlist", module("ip-allowlist"), &json!({}))))
//!     .listener(Listener::new("raw paths").path_normalisation(false)
//!         .plugin(Plugin::new("ip-allowlist", module("ip-allowlist"), &json!({}))))
//!     .cluster("lists", upstream.address());                     // for filters that fetch; `upstream.files()` answers
//! let envoy = Envoy::start(&gateway.bootstrap(), &verdict_gateway::binary()?).await?;
//! let direct = envoy.listener("direct").await?;                  // its ephemeral address
//!
//! let reply = Request::get("/admin/x").from("127.0.0.2").header("x-odd", b"\xff").send(direct).await?;
//! assert_eq!(reply.status, 403);
//! assert_eq!(reply.header("x-verdict-reason"), Some("ip-allowlist.not_allowed"));
//! assert_eq!(reply.json()?["verdict"]["rule"], "office");
//! assert_eq!(upstream.seen().len(), 0);                          // the upstream saw nothing of it
//! let samples = envoy.metrics().await?;                          // Prometheus samples with their labels
//! let lines = envoy.access_log("direct");                        // JSON lines; see also wait_for
//! # Ok(()) }
//! ```
//!
//! | Module | What is in it |
//! |---|---|
//! | [`envoy`] | [`Envoy`]: starts, watches and ends the process; admin, statistics, logs, CPU time; [`binary`], [`validate`] |
//! | [`config`] | [`Gateway`], [`Listener`], [`Plugin`]: the bootstrap, made from the shipped gateway configuration |
//! | [`shipped`] | The shipped configuration as values, for those who start it as it is |
//! | [`ecds`] | [`Ecds`]: the watched directory; swaps a filter's configuration or module in a running Envoy |
//! | [`upstream`] | [`Upstream`]: the echo server, HTTP/1.1 and HTTP/2, steered by `x-upstream-*` request headers; [`upstream::File`]s |
//! | [`client`] | [`Request`], [`Connection`], [`Reply`]: HTTP/1.1 and HTTP/2 from a chosen source address |
//! | [`raw`] | [`raw::send`]: bytes as they are over TCP, for requests that no client library would send; [`raw::http2::send`]: header fields as they are |
//! | [`load`] | [`Load`]: requests in the background, with every status and failure counted |
//! | [`wait`] | [`wait_for`]: polls until something holds or a bound passes, and says what it last saw |

mod body;
pub mod client;
pub mod config;
pub mod ecds;
pub mod envoy;
pub mod error;
pub mod load;
pub mod metrics;
pub mod raw;
pub mod shipped;
pub mod upstream;
pub mod wait;

pub use client::{Connection, Protocol, Reply, Request};
pub use config::{Gateway, Listener, Plugin};
pub use ecds::Ecds;
pub use envoy::{Envoy, binary, module, repository, validate};
pub use error::{Context, Error, Result};
pub use load::Load;
pub use metrics::{Sample, Stats};
pub use upstream::Upstream;
pub use wait::wait_for;
