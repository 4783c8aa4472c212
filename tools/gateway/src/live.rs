//! The swaps of the demonstration: a rule, a module, a bad configuration, each while requests are being sent.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use verdict_gateway::ecds::Outcome;
use verdict_gateway::load::{Shot, Tally};
use verdict_gateway::shipped::{ShippedFilter, shipped_filters};
use verdict_gateway::{Error, Load, Request, Result, wait_for};

use crate::say;
use crate::stage::{Stage, module};

/// Whose rules are swapped.
const FILTER: &str = "ip-allowlist";
/// The request under load, admitted by the list `office`.
const CLIENT: &str = "127.0.0.2";
const TARGET: &str = "/admin/users";
/// How many connections send at the same time, and how long each rests between two requests.
const CONNECTIONS: usize = 4;
const PAUSE: Duration = Duration::from_millis(2);
/// How long the workers may take to serve what Envoy has taken.
const EFFECT: Duration = Duration::from_secs(10);
/// Requests are sent for so long before and after each swap.
const AROUND: Duration = Duration::from_millis(300);

/// Swaps a rule, then a module, then tries a bad configuration.
pub(crate) async fn swaps(stage: &Stage) -> Result<()> {
    let shipped = shipped_filters()?.into_iter().find(|filter| filter.name == FILTER);
    let shipped = shipped.ok_or_else(|| Error::new(format!("the shipped gateway has no filter {FILTER}")))?;
    let module = module(&shipped)?;
    say(&format!("\nSwaps under load: GET {TARGET} from {CLIENT} over {CONNECTIONS} connections\n\n"))?;

    let without_client = changed(&shipped, "/lists/office/entries", serde_json::json!(["127.0.0.8"]))?;
    let swapped = swap(stage, &module, &without_client, 403).await?;
    report("The list `office` loses 127.0.0.2", Expected::Taken, &swapped)?;

    // The same code in other bytes: an empty custom section is appended, named `swap`.
    let other = [module.as_slice(), &[0, 5, 4], b"swap"].concat();
    let swapped = swap(stage, &other, &shipped.configuration, 200).await?;
    report("Another module, with the list as before", Expected::Taken, &swapped)?;

    let bad = changed(&shipped, "/lists/office/entries", serde_json::json!(["127.0.0.2/8"]))?;
    let bad = ShippedFilter { configuration: bad, ..shipped };
    let bad = changed(&bad, "/rules/1/allow", serde_json::json!(["offices"]))?;
    let swapped = swap(stage, &module, &bad, 200).await?;
    report("A configuration with two mistakes", Expected::Refused, &swapped)
}

/// The configuration with another value at a place.
fn changed(filter: &ShippedFilter, pointer: &str, value: Value) -> Result<Value> {
    let mut configuration = filter.configuration.clone();
    let place = configuration.pointer_mut(pointer);
    *place.ok_or_else(|| Error::new(format!("the shipped {FILTER} has nothing at {pointer}")))? = value;
    Ok(configuration)
}

/// A swap, what Envoy made of it, and what the requests met meanwhile.
struct Swapped {
    outcome: Outcome,
    tally: Tally,
    /// The status at the end.
    status: u16,
}

async fn swap(stage: &Stage, module: &[u8], configuration: &Value, expected: u16) -> Result<Swapped> {
    let load = Load::start(stage.gateway, &Shot::get(TARGET).from(CLIENT), CONNECTIONS, PAUSE);
    tokio::time::sleep(AROUND).await;
    let outcome = stage.ecds.swap(&stage.envoy, FILTER, module, configuration).await?;
    let status = settled(stage.gateway, expected).await?;
    tokio::time::sleep(AROUND).await;
    Ok(Swapped { outcome, tally: load.stop().await, status })
}

/// Waits until every worker answers so: ten new connections in a row.
async fn settled(to: SocketAddr, expected: u16) -> Result<u16> {
    wait_for(&format!("every worker to answer {expected}"), EFFECT, async || {
        for _ in 0..10 {
            let reply = Request::get(TARGET).from(CLIENT).send(to).await.map_err(|error| error.to_string())?;
            if reply.status != expected {
                return Err(format!("a {}", reply.status));
            }
        }
        Ok(expected)
    })
    .await
}

/// What Envoy has to make of a swap.
enum Expected {
    Taken,
    Refused,
}

fn report(what: &str, expected: Expected, swapped: &Swapped) -> Result<()> {
    let Swapped { outcome, tally, status } = swapped;
    let said = match outcome {
        Outcome::Taken => format!("taken; the answer is now {status}."),
        Outcome::Refused(log) => {
            format!("refused; the old one serves on with {status}. Envoy's log says:\n{}", told(log))
        }
    };
    let statuses: Vec<String> = tally.statuses.iter().map(|(status, count)| format!("{count} x {status}")).collect();
    let (sent, failed) = (tally.sent(), tally.failed);
    say(&format!("{what}: {said}\n  {sent} requests meanwhile: {}, {failed} failed\n", statuses.join(", ")))?;
    match (expected, outcome) {
        (Expected::Taken, Outcome::Taken) | (Expected::Refused, Outcome::Refused(_)) => {}
        (Expected::Taken, Outcome::Refused(log)) => return Err(Error::new(format!("It was refused:\n{log}"))),
        (Expected::Refused, Outcome::Taken) => return Err(Error::new("It was taken, and should have been refused.")),
    }
    // A 5xx is no verdict: somebody's request would have been lost.
    let lost =
        failed + tally.statuses.iter().filter(|(status, _)| **status >= 500).map(|(_, count)| count).sum::<u64>();
    if lost == 0 { Ok(()) } else { Err(Error::new(format!("{lost} requests failed: {:?}", tally.failures))) }
}

/// What the filter said of a configuration, without Envoy's and its own words around it.
fn told(log: &str) -> String {
    let problems = log.lines().filter_map(|line| line.split_once(" configuration refused: "));
    problems.map(|(_, problem)| format!("    {problem}")).collect::<Vec<_>>().join("\n")
}
