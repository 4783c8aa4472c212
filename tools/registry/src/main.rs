//! The command `verdict-registry`: serves, or hashes a key.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use verdict_registry::secret::{Hashing, without_line_end};
use verdict_registry::{Options, serve};

/// The environment variable with the administrator's token.
const TOKEN: &str = "VERDICT_REGISTRY_TOKEN";
/// The longest key that is hashed, in bytes: as long as the longest header that proxies commonly take.
const KEY_LIMIT: usize = 8192;
/// Shorter keys can be guessed from their hash, unless there is a secret in it. 22 characters of base64url carry 128 bits.
const SHORT: usize = 22;

/// A reference source for the filter `subscription`: consumers, keys, plans and subscriptions over REST, the snapshot and the lookup.
///
/// The first line on stdout is the address that it listens on. The administrator's token is taken from the environment variable
/// VERDICT_REGISTRY_TOKEN; if that is not set, one is made and told on the second line. It speaks plain HTTP.
#[derive(Parser)]
#[command(name = "verdict-registry", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The file of the database, made if it is missing. Without it, everything is in memory and gone at the end.
    #[arg(long)]
    database: Option<PathBuf>,
    /// A file with the secret that keys are hashed with (HMAC-SHA-256), 32 bytes or more; the filter must be given the same. Without it,
    /// keys are hashed with SHA-256.
    #[arg(long)]
    hmac_secret_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Reads a key from stdin and prints its hash, for a configuration that lists its keys inline.
    Hash {
        /// A file with the secret for HMAC-SHA-256. Without it, the key is hashed with SHA-256.
        #[arg(long)]
        hmac_secret_file: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let Arguments { command, listen, database, hmac_secret_file } = Arguments::parse();
    let ended = match command {
        Some(Command::Hash { hmac_secret_file }) => hash(hmac_secret_file),
        None => run(listen, database, hmac_secret_file),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

fn run(listen: SocketAddr, database: Option<PathBuf>, hmac_secret_file: Option<PathBuf>) -> Result<(), String> {
    let hashing = Hashing::from_file(hmac_secret_file.as_deref()).map_err(|error| error.to_string())?;
    let token = match std::env::var(TOKEN) {
        Ok(token) => Some(token),
        Err(std::env::VarError::NotPresent) => None,
        Err(std::env::VarError::NotUnicode(_)) => return Err(format!("{TOKEN} is not text; write one in ASCII")),
    };
    let made = token.is_none();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start threads: {error}"))?;
    runtime.block_on(async {
        // From the start, so that no signal is missed.
        let catch = |kind| signal(kind).map_err(|error| format!("cannot catch signals: {error}"));
        let (mut interrupt, mut terminate) = (catch(SignalKind::interrupt())?, catch(SignalKind::terminate())?);
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|error| format!("cannot listen on {listen}: {error}; name another address with --listen"))?;
        let options = Options { database, token, hashing: Some(hashing) };
        let registry = serve(listener, options).await.map_err(|error| error.to_string())?;
        let mut said = registry.address().to_string();
        if made {
            said.push_str(&format!("\nadministrator token: {}", registry.token()));
        }
        say(&said)?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        registry.stop().await;
        Ok(())
    })
}

fn hash(hmac_secret_file: Option<PathBuf>) -> Result<(), String> {
    let hashing = Hashing::from_file(hmac_secret_file.as_deref()).map_err(|error| error.to_string())?;
    let mut key = Vec::new();
    // A little more than the most, so that too much is noticed and no more is read.
    let input = std::io::stdin().lock().take(KEY_LIMIT as u64 + 3).read_to_end(&mut key);
    input.map_err(|error| format!("cannot read stdin: {error}"))?;
    let key = without_line_end(&key);
    if key.is_empty() || key.len() > KEY_LIMIT || !key.iter().all(u8::is_ascii_graphic) {
        return Err(format!(
            "stdin has no key that a request could carry; write one of 1 to {KEY_LIMIT} visible ASCII characters, without blanks"
        ));
    }
    if key.len() < SHORT && !hashing.is_keyed() {
        complain(
            "note: this key is short: whoever sees its hash may guess it; use a random one, or --hmac-secret-file",
        );
    }
    say(&hashing.hash(key))
}

fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| format!("cannot write to stdout: {error}"))
}

fn complain(text: &str) {
    // Nobody is left to tell if this fails too.
    let _ = writeln!(std::io::stderr(), "{text}");
}
