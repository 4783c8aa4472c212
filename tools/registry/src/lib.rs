//! A reference source for the filter `subscription`, to be run in process: the binary, the tests and the demonstration do.

mod audit;
mod fields;
mod http;
mod problem;
mod records;
pub mod secret;
pub mod selected;
mod source;
mod store;
pub mod workflow;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use secret::{Hashing, Token};

/// How long requests that are under way may take when the registry stops.
const GRACE: Duration = Duration::from_secs(5);

/// One sentence that says what failed and, where it is known, what to do.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Says what was being done when something failed.
pub(crate) trait Context<T> {
    fn context(self, what: impl fmt::Display) -> Result<T, Error>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T, Error> {
        self.map_err(|error| Error(format!("{what}: {error}")))
    }
}

/// How the registry is run. By default: in memory, with a new token, and keys hashed with SHA-256.
#[derive(Default)]
pub struct Options {
    /// The file of the database. Without one, everything is gone when the registry stops.
    pub database: Option<PathBuf>,
    /// The administrator's token: 16 to 256 visible ASCII characters. Without one, it is made.
    pub token: Option<String>,
    /// How keys are hashed; SHA-256 if this is left out.
    pub hashing: Option<Hashing>,
}

/// A registry that runs. When it is dropped, no more connections are accepted, and those that are open end with what is under way.
pub struct Handle {
    address: SocketAddr,
    token: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Handle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The administrator's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Stops: no more connections, and at most five seconds for what is under way.
    pub async fn stop(mut self) {
        // The server may have ended already.
        let _ = self.stop.send(());
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

/// Serves until the handle is stopped or dropped.
///
/// # Errors
/// When the database or the token is not usable, with the remedy.
pub async fn serve(listener: TcpListener, options: Options) -> Result<Handle, Error> {
    let Options { database, token, hashing } = options;
    let address = listener.local_addr().context("the address that is listened on")?;
    let token = token.map_or_else(secret::random, Ok)?;
    let hashing = hashing.map_or_else(|| Hashing::new(None), Ok)?;
    let (router, document) = http::routes();
    let registry = http::Registry {
        store: store::Store::open(database.as_deref(), &hashing)?,
        token: Token::new(&token)?,
        hashing,
        snapshot: Mutex::new(None),
        document: document.to_pretty_json().context("the OpenAPI document")?.into(),
    };
    let service = router.with_state(Arc::new(registry)).into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopped) = oneshot::channel();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        // Sent or dropped, it is the end.
        let _ = stopped.await;
    });
    let server = tokio::spawn(async move {
        // It never fails: what a connection does is that connection's.
        let _ = server.await;
    });
    Ok(Handle { address, token, stop, server })
}
