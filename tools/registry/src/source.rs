//! What the filter asks: the snapshot and the lookup, as docs/subscription-source.md has them.

use std::iter::Peekable;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::fields::Moment;
use crate::problem::Problem;
use crate::records::read_list;
use crate::store;
use crate::workflow::State;

/// The version of the format of the snapshot.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct First {
    snapshot: u32,
    version: u64,
}

#[derive(Serialize)]
struct Plan {
    plan: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Consumer {
    consumer: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Key>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions: Vec<Subscription>,
}

#[derive(Serialize)]
struct Key {
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Moment>,
}

#[derive(Serialize)]
struct Subscription {
    api: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Moment>,
}

#[derive(Serialize)]
struct Last {
    end: usize,
}

/// A document of an object on each line.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    count: usize,
}

impl Lines {
    fn push(&mut self, line: &impl Serialize) -> Result<(), Problem> {
        serde_json::to_writer(&mut self.bytes, line)?;
        self.bytes.push(b'\n');
        self.count += 1;
        Ok(())
    }
}

/// The snapshot of all that is there.
pub(crate) fn snapshot(database: &Connection) -> Result<Vec<u8>, Problem> {
    let mut lines = Lines::default();
    lines.push(&First { snapshot: FORMAT, version: store::version(database)?.number })?;

    let mut plans = database.prepare("SELECT name, methods, paths FROM plans ORDER BY name")?;
    for plan in plans.query_map([], |row| {
        Ok(Plan { plan: row.get(0)?, methods: read_list(row.get(1)?)?, paths: read_list(row.get(2)?)? })
    })? {
        lines.push(&plan?)?;
    }

    // Each table once, in the order of the consumers: a question for each consumer would take several times as long.
    let mut consumers = database.prepare("SELECT name FROM consumers ORDER BY name")?;
    let mut keys = database.prepare("SELECT consumer, hash, not_before, not_after FROM keys ORDER BY consumer, id")?;
    let mut identities = database.prepare("SELECT consumer, identity FROM identities ORDER BY consumer, identity")?;
    let mut subscriptions = database
        .prepare("SELECT consumer, api, plan, state, starts, ends FROM subscriptions ORDER BY consumer, api")?;
    let keys = keys.query_map([], |row| {
        Ok((row.get(0)?, Key { hash: row.get(1)?, not_before: row.get(2)?, not_after: row.get(3)? }))
    })?;
    let identities = identities.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let subscriptions = subscriptions.query_map([], |row| {
        let (api, plan, state) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, Subscription { api, plan, state, starts: row.get(4)?, ends: row.get(5)? }))
    })?;
    let (mut keys, mut identities, mut subscriptions) =
        (keys.peekable(), identities.peekable(), subscriptions.peekable());
    for consumer in consumers.query_map([], |row| row.get::<_, String>(0))? {
        let consumer = consumer?;
        let keys = those_of(&consumer, &mut keys)?;
        let identities = those_of(&consumer, &mut identities)?;
        let subscriptions = those_of(&consumer, &mut subscriptions)?;
        lines.push(&Consumer { consumer, keys, identities, subscriptions })?;
    }
    let end = lines.count;
    lines.push(&Last { end })?;
    Ok(lines.bytes)
}

/// The rows of that consumer, which are the next ones if it has any.
fn those_of<T>(
    consumer: &str,
    rows: &mut Peekable<impl Iterator<Item = rusqlite::Result<(String, T)>>>,
) -> rusqlite::Result<Vec<T>> {
    let next = || rows.next_if(|row| row.as_ref().map_or(true, |(whose, _)| whose == consumer));
    std::iter::from_fn(next).map(|row| row.map(|(_, row)| row)).collect()
}

/// Whom a lookup asks about.
pub(crate) enum Caller {
    /// Whoever has the key with this hash.
    Key(String),
    /// Whoever the claim says this of.
    Identity(String),
}

/// What is known of a caller and an API.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Found {
    Consumer(Known),
    Nobody { version: u64 },
}

#[derive(Serialize)]
pub(crate) struct Known {
    version: u64,
    consumer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Moment>,
    subscription: Option<Answer>,
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<Vec<String>>,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Moment>,
}

/// Answers one question.
pub(crate) fn lookup(database: &Connection, caller: &Caller, api: &str) -> Result<Found, Problem> {
    let version = store::version(database)?.number;
    let (select, value) = match caller {
        Caller::Key(hash) => ("SELECT consumer, not_before, not_after FROM keys WHERE hash = ?", hash),
        Caller::Identity(identity) => ("SELECT consumer, NULL, NULL FROM identities WHERE identity = ?", identity),
    };
    let known = |row: &Row<'_>| {
        let (consumer, not_before, not_after) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Known { version, consumer, not_before, not_after, subscription: None })
    };
    let Some(mut known) = database.query_row(select, [value], known).optional()? else {
        return Ok(Found::Nobody { version });
    };
    known.subscription = database
        .query_row(
            "SELECT plan, methods, paths, state, starts, ends FROM subscriptions LEFT JOIN plans ON plans.name = plan
             WHERE consumer = ? AND api = ?",
            params![known.consumer, api],
            |row| {
                Ok(Answer {
                    plan: row.get(0)?,
                    methods: read_list(row.get(1)?)?,
                    paths: read_list(row.get(2)?)?,
                    state: row.get(3)?,
                    starts: row.get(4)?,
                    ends: row.get(5)?,
                })
            },
        )
        .optional()?;
    Ok(Found::Consumer(known))
}
