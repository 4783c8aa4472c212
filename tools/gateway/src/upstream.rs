//! The upstream: a small real server that tells what reached it, over HTTP/1.1 and HTTP/2 on one loopback port.
//!
//! Each request is answered with an echo of it as JSON: `{"protocol", "method", "target", "path", "headers": [[name,
//! value], …], "body_length", "body", "trailers"}`, the body up to 64 KiB. Bytes that are not UTF-8 appear as `\xNN`. A path that
//! [`Files`] knows is answered from there instead. These request headers steer the echo:
//!
//! | Header | Effect |
//! |---|---|
//! | `x-upstream-status: 503` | the status of the answer |
//! | `x-upstream-header: name: value` | adds a response header; may be repeated |
//! | `x-upstream-trailer: name: value` | adds a response trailer; may be repeated |
//! | `x-upstream-body: text` | this body instead of the echo |
//! | `x-upstream-body-size: 1000000` | a body of that many bytes `x` instead of the echo (at most 256 MiB) |
//! | `x-upstream-chunked: 1` | the body without a length |
//! | `x-upstream-endless: 10` | a body that does not end: 1 KiB every so many milliseconds until the client leaves |
//! | `x-upstream-delay: 200` | waits so many milliseconds before it answers (at most 60 s) |
//! | `x-upstream-early: 1` | answers without reading the request's body |

mod answer;
mod files;
mod record;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub use files::{File, Files};
pub use record::{Arrival, Seen};

use crate::{Context, Result};
use record::Log;

/// The server. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    log: Arc<Log>,
    files: Arc<Files>,
    server: tokio::task::JoinHandle<()>,
}

impl Upstream {
    /// Listens on an ephemeral port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> Result<Self> {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Listens on this address.
    ///
    /// # Errors
    /// When it is in use or not of this machine.
    pub async fn at(address: SocketAddr) -> Result<Self> {
        let what = || format!("the upstream cannot listen on {address}");
        let listener = TcpListener::bind(address).await.context(what())?;
        let address = listener.local_addr().context(what())?;
        let (log, files) = (Arc::new(Log::default()), Arc::new(Files::default()));
        let server = tokio::spawn(accept(listener, Arc::clone(&log), Arc::clone(&files)));
        Ok(Self { address, log, files, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What reached it since the start or the last [`Upstream::forget`], in order of arrival, at most the first 10,000. A
    /// request is there as soon as its headers are.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.seen()
    }

    /// What reached it with this path (without the query).
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path() == path).collect()
    }

    /// How many requests reached it since the start, also those that are not remembered.
    pub fn count(&self) -> u64 {
        self.log.count()
    }

    /// Forgets what it has seen.
    pub fn forget(&self) {
        self.log.forget();
    }

    /// The files it serves, for filters that fetch lists or keys.
    pub fn files(&self) -> &Files {
        &self.files
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // The connections' tasks belong to the server's task and end with it.
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, log: Arc<Log>, files: Arc<Files>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, Arc::clone(&log), Arc::clone(&files)));
            }
            // Out of file descriptors, or the client left at once: neither ends a server.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection; what goes wrong on it is the client's to notice.
async fn serve(stream: TcpStream, log: Arc<Log>, files: Arc<Files>) {
    let Some(is_http2) = speaks_http2(&stream).await else { return };
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(stream);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        answer::answer(request, Arc::clone(&log), Arc::clone(&files))
    });
    // An error here is a connection that was closed or broken off.
    let _ = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(16 << 20);
        builder.serve_connection(stream, service).await
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).max_headers(4000).max_buf_size(16 << 20).half_close(false);
        builder.serve_connection(stream, service).await
    };
}

/// Whether a connection begins with the preface of HTTP/2 (RFC 9113, section 3.4); `None` if it is closed before it tells.
async fn speaks_http2(stream: &TcpStream) -> Option<bool> {
    // All of its first line: a request may have the method PRI.
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";
    let mut start = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut start).await.ok().filter(|length| *length > 0)?;
        let start = start.get(..length)?;
        if start == PREFACE {
            return Some(true);
        }
        if !PREFACE.starts_with(start) {
            return Some(false);
        }
        // `peek` gives the same few bytes at once, again and again, until more have come.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
