//! Requests in the background while something else is changed, with every status and every failure counted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::{Connection, Protocol, Request};

/// How many failures are kept word for word.
const FAILURES_KEPT: usize = 20;
/// How long one request may take until it counts as failed.
const BOUND: Duration = Duration::from_secs(10);
/// No load runs longer: whoever forgets to stop it is not haunted by it.
const LONGEST: Duration = Duration::from_secs(300);

/// What a load sends: a `GET` with a source address.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The target.
    pub target: String,
    /// The local address it comes from.
    pub from: Option<String>,
    /// Request headers.
    pub headers: Vec<(String, String)>,
}

impl Shot {
    /// `GET target` from 127.0.0.1.
    pub fn get(target: &str) -> Self {
        Self { target: target.to_owned(), from: None, headers: Vec::new() }
    }

    /// From this local address.
    #[must_use]
    pub fn from(mut self, source: &str) -> Self {
        self.from = Some(source.to_owned());
        self
    }
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Responses by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without a (complete) response.
    pub failed: u64,
    /// The first of those, in words.
    pub failures: Vec<String>,
}

impl Tally {
    /// How many requests were sent.
    pub fn sent(&self) -> u64 {
        self.statuses.values().sum::<u64>() + self.failed
    }

    /// How many responses had this status.
    pub fn status(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    fn fail(&mut self, failure: String) {
        self.failed += 1;
        if self.failures.len() < FAILURES_KEPT {
            self.failures.push(failure);
        }
    }

    fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.failures.truncate(FAILURES_KEPT);
    }
}

/// Requests that are being sent. Dropping it stops them.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    workers: JoinSet<Tally>,
}

impl Load {
    /// Sends the same request over so many keep-alive connections, one after the other on each with `pause` in between.
    pub fn start(to: SocketAddr, shot: &Shot, connections: usize, pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            workers.spawn(work(to, shot.clone(), pause, Arc::clone(&stop)));
        }
        Self { stop, workers }
    }

    /// Lets each connection finish its request, and says what came back.
    pub async fn stop(mut self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut tally = Tally::default();
        while let Some(worker) = self.workers.join_next().await {
            match worker {
                Ok(part) => tally.add(part),
                Err(error) => tally.fail(error.to_string()),
            }
        }
        tally
    }
}

async fn work(to: SocketAddr, shot: Shot, pause: Duration, stop: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut connection = None;
    while !stop.load(Ordering::Relaxed) && start.elapsed() < LONGEST {
        let mut open = match connection.take() {
            Some(open) => open,
            None => match Connection::open(to, Protocol::Http1, shot.from.as_deref()).await {
                Ok(open) => open,
                Err(error) => {
                    tally.fail(error.to_string());
                    tokio::time::sleep(pause.max(Duration::from_millis(10))).await;
                    continue;
                }
            },
        };
        let request =
            shot.headers.iter().fold(Request::get(&shot.target), |request, (name, value)| request.header(name, value));
        match open.send(request.bound(BOUND)).await {
            Ok(reply) => {
                match reply.cut {
                    None => *tally.statuses.entry(reply.status).or_default() += 1,
                    Some(cut) => tally.fail(format!("a {} broke off: {cut}", reply.status)),
                }
                let closes = reply
                    .headers
                    .iter()
                    .any(|(name, value)| name == "connection" && value.eq_ignore_ascii_case(b"close"));
                if !closes {
                    connection = Some(open);
                }
            }
            Err(error) => tally.fail(error.to_string()),
        }
        tokio::time::sleep(pause).await;
    }
    tally
}
