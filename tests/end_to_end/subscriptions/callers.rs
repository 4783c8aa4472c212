//! Callers who do not stop: requests over and over while the source is changed, with all that each was told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use verdict_gateway::{Connection, Protocol, Request, wait_for};

use super::{BOUND, reason_of};
use crate::stage::SOON;

/// What the callers of one listener are told. Dropping it ends them.
pub(super) struct Callers {
    lines: Arc<Mutex<Vec<Line>>>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

/// A connection on which one caller sends one request after the other.
struct Line {
    caller: &'static str,
    /// How often each reason was told since the last [`Callers::forget`]; in place of a reason, why there was no answer.
    told: BTreeMap<String, u64>,
    latest: String,
}

impl Callers {
    /// Callers by name, each with its key if it has one, over so many connections.
    pub(super) fn start(
        to: SocketAddr,
        keys: &[(&'static str, Option<String>)],
        connections: usize,
        pause: Duration,
    ) -> Self {
        let (lines, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        for (caller, key) in keys.iter().flat_map(|caller| std::iter::repeat_n(caller, connections)) {
            let number = {
                let mut lines = lock(&lines);
                lines.push(Line { caller, told: BTreeMap::new(), latest: "nothing yet".to_owned() });
                lines.len() - 1
            };
            let (lines, stop, key) = (Arc::clone(&lines), Arc::clone(&stop), key.clone());
            let caller = *caller;
            tasks.spawn(async move {
                let mut open = None;
                while !stop.load(Ordering::Relaxed) {
                    let told = call(&mut open, to, caller, key.as_deref()).await;
                    {
                        let line = &mut lock(&lines)[number];
                        *line.told.entry(told.clone()).or_default() += 1;
                        line.latest = told;
                    }
                    tokio::time::sleep(pause).await;
                }
            });
        }
        Self { lines, stop, tasks }
    }

    /// Waits until that caller was told this last on every connection.
    pub(super) async fn all(&self, caller: &str, reason: &str) {
        wait_for(&format!("{caller} to be told {reason:?} on every connection"), SOON, async || {
            let lines = lock(&self.lines);
            let other = lines.iter().find(|line| line.caller == caller && line.latest != reason);
            other.map_or(Ok(()), |line| Err(line.latest.clone()))
        })
        .await
        .unwrap();
    }

    /// Waits until every connection had so many answers since the last [`Callers::forget`].
    pub(super) async fn had(&self, answers: u64) {
        wait_for(&format!("{answers} answers on every connection"), SOON, async || {
            let lines = lock(&self.lines);
            let fewer = lines.iter().filter(|line| line.told.values().sum::<u64>() < answers).count();
            if fewer == 0 { Ok(()) } else { Err(format!("{fewer} connections had fewer")) }
        })
        .await
        .unwrap();
    }

    /// Forgets what was told so far.
    pub(super) fn forget(&self) {
        lock(&self.lines).iter_mut().for_each(|line| line.told.clear());
    }

    /// Asserts that that caller was told something, and nothing but these.
    pub(super) fn heard_only(&self, caller: &str, reasons: &[&str], when: &str) {
        let lines = lock(&self.lines);
        let mut lines = lines.iter().filter(|line| line.caller == caller).peekable();
        assert!(lines.peek().is_some(), "nobody is {caller}");
        for Line { told, .. } in lines {
            let only = told.keys().all(|told| reasons.contains(&told.as_str()));
            assert!(only && !told.is_empty(), "{when}, {caller} was told {told:?}, and may be told {reasons:?}");
        }
    }

    /// Ends them, each after its last answer.
    pub(super) async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

fn lock(lines: &Mutex<Vec<Line>>) -> MutexGuard<'_, Vec<Line>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What that caller is told once.
async fn call(open: &mut Option<Connection>, to: SocketAddr, caller: &str, key: Option<&str>) -> String {
    let mut connection = match open.take() {
        Some(connection) => connection,
        None => match Connection::open(to, Protocol::Http1, None).await {
            Ok(connection) => connection,
            Err(error) => return error.to_string(),
        },
    };
    let request = Request::get("/").header("x-test-id", caller).bound(BOUND);
    let request = key.into_iter().fold(request, |request, key| request.header("x-api-key", key));
    match connection.send(request).await {
        Ok(reply) if reply.cut.is_none() => {
            *open = Some(connection);
            reason_of(&reply)
        }
        Ok(reply) => format!("a {} broke off", reply.status),
        Err(error) => error.to_string(),
    }
}
