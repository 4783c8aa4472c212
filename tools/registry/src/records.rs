//! Consumers, keys, plans and subscriptions: what is read and written of them, each change with its audit.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use verdict_policy::matching::{Matcher, raw::Match};
use verdict_policy::problems::{Place, Problems};

use crate::audit::Change;
use crate::fields::{Identity, Moment, Name};
use crate::problem::Problem;
use crate::secret::{self, Hashing};
use crate::workflow::{self, Action, State};

/// The most identities and keys of a consumer, methods and paths of a plan: each is on one line of the snapshot, which is read in one go.
const FEW: usize = 32;
/// The most subscriptions of a consumer, for the same reason.
const MANY: usize = 256;

/// Whoever calls APIs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consumer {
    pub(crate) name: Name,
    identities: Vec<Identity>,
    keys: Vec<Key>,
}

/// A key, of which only the hash is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Key {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Moment>,
}

/// A key that was just issued.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedKey {
    id: i64,
    /// The key itself. It is told here and never again.
    key: String,
    /// What the filter and the snapshot know it by.
    hash: String,
}

/// That a consumer may use an API, or has asked to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Subscription {
    pub(crate) id: i64,
    consumer: Name,
    api: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Name>,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Moment>,
}

/// A consumer to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConsumer {
    name: Name,
    /// What the claim that the filter is told to read says of the consumer.
    #[serde(default)]
    identities: Vec<Identity>,
}

/// When a key holds.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    not_before: Option<Moment>,
    not_after: Option<Moment>,
}

/// What a plan allows. What is left out is not limited.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Methods: `GET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    methods: Option<Vec<String>>,
    /// Patterns as in the rules of the filters: `/payments/**`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    paths: Option<Vec<String>>,
}

/// A subscription to ask for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubscription {
    consumer: Name,
    api: Name,
    plan: Option<Name>,
    starts: Option<Moment>,
    ends: Option<Moment>,
}

/// Adds a consumer.
pub(crate) fn add_consumer(database: &Connection, new: NewConsumer) -> Result<(Consumer, Change), Problem> {
    let NewConsumer { name, identities } = new;
    at_most(FEW, identities.len(), "identities", "list fewer")?;
    if has_consumer(database, &name)? {
        return Err(Problem::conflict(format!("There is a consumer {name} already."), "Choose another name."));
    }
    database.execute("INSERT INTO consumers VALUES (?)", params![name])?;
    for identity in &identities {
        let owner = "SELECT consumer FROM identities WHERE identity = ?";
        let owner: Option<Name> = database.query_row(owner, [identity], |row| row.get(0)).optional()?;
        if let Some(owner) = owner {
            let detail = format!("{identity} is the identity of {owner}, and of one consumer only.");
            return Err(Problem::conflict(detail, "Leave it out, or name another one."));
        }
        database.execute("INSERT INTO identities VALUES (?, ?)", params![identity, name])?;
    }
    let after = json!({"name": name, "identities": identities});
    let subject = format!("consumer {name}");
    let change = Change { action: "consumer.add", subject, before: None, after: Some(after) };
    Ok((Consumer { name, identities, keys: Vec::new() }, change))
}

/// Consumers in the order of their names, from the one behind `after` on.
pub(crate) fn consumers(database: &Connection, after: &str, limit: u32) -> Result<Vec<Consumer>, Problem> {
    let mut names = database.prepare("SELECT name FROM consumers WHERE name > ? ORDER BY name LIMIT ?")?;
    let mut keys = database.prepare("SELECT id, not_before, not_after FROM keys WHERE consumer = ? ORDER BY id")?;
    let mut identities = database.prepare("SELECT identity FROM identities WHERE consumer = ? ORDER BY identity")?;
    let names: Vec<Name> = names.query_map(params![after, limit], |row| row.get(0))?.collect::<Result<_, _>>()?;
    names
        .into_iter()
        .map(|name| {
            let identities = identities.query_map([&name], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let keys = keys.query_map([&name], read_key)?.collect::<Result<_, _>>()?;
            Ok(Consumer { name, identities, keys })
        })
        .collect()
}

/// Issues a key.
pub(crate) fn issue_key(
    database: &Connection,
    consumer: &Name,
    new: NewKey,
    hashing: &Hashing,
) -> Result<(IssuedKey, Change), Problem> {
    let NewKey { not_before, not_after } = new;
    in_order(not_before.as_ref(), not_after.as_ref(), "not_before", "not_after")?;
    known_consumer(database, consumer)?;
    let count = "SELECT count(*) FROM keys WHERE consumer = ?";
    let count: usize = database.query_row(count, [consumer], |row| row.get(0))?;
    at_most(FEW, count + 1, "keys", "delete one that is not used any more")?;
    let key = format!("{}{}", secret::KEY_PREFIX, secret::random()?);
    let hash = hashing.hash(key.as_bytes());
    let insert = "INSERT INTO keys (consumer, hash, not_before, not_after) VALUES (?, ?, ?, ?)";
    database.execute(insert, params![consumer, hash, not_before, not_after])?;
    let id = database.last_insert_rowid();
    let after = json!({"consumer": consumer, "key": Key { id, not_before, not_after }});
    let change = Change { action: "key.issue", subject: format!("key {id}"), before: None, after: Some(after) };
    Ok((IssuedKey { id, key, hash }, change))
}

/// Deletes a key of that consumer.
pub(crate) fn delete_key(database: &Connection, consumer: &Name, id: i64) -> Result<((), Change), Problem> {
    let delete = "DELETE FROM keys WHERE id = ? AND consumer = ? RETURNING id, not_before, not_after";
    let Some(key) = database.query_row(delete, params![id, consumer], read_key).optional()? else {
        let detail = format!("{consumer} has no key {id}.");
        return Err(Problem::missing(detail, "GET /consumers lists the keys."));
    };
    let before = json!({"consumer": consumer, "key": key});
    let change = Change { action: "key.delete", subject: format!("key {id}"), before: Some(before), after: None };
    Ok(((), change))
}

/// Adds a plan, or puts another in its place.
pub(crate) fn put_plan(database: &Connection, name: &Name, plan: Plan) -> Result<(Plan, Change), Problem> {
    let Plan { methods, paths } = &plan;
    at_most(FEW, methods.as_ref().map_or(0, Vec::len), "methods", "list fewer")?;
    at_most(FEW, paths.as_ref().map_or(0, Vec::len), "paths", "write patterns that match more")?;
    // The filter reads them so, and would not use a snapshot with one that it cannot read.
    let mut problems = Problems::new();
    let limits = Match { methods: methods.clone(), paths: paths.clone(), ..Match::default() };
    Matcher::read(limits, &Place::root(), &mut problems);
    if !problems.is_empty() {
        return Err(Problem::invalid(problems.to_string(), "Correct what the detail names."));
    }
    let read = |row: &Row<'_>| Ok(Plan { methods: read_list(row.get(0)?)?, paths: read_list(row.get(1)?)? });
    let select = "SELECT methods, paths FROM plans WHERE name = ?";
    let before = database.query_row(select, [name], read).optional()?;
    let text = |list: &Option<Vec<String>>| list.as_ref().map(serde_json::to_string).transpose();
    database.execute(
        "INSERT INTO plans VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET methods = excluded.methods, paths = excluded.paths",
        params![name, text(methods)?, text(paths)?],
    )?;
    let change = Change {
        action: "plan.put",
        subject: format!("plan {name}"),
        before: before.map(serde_json::to_value).transpose()?,
        after: Some(serde_json::to_value(&plan)?),
    };
    Ok((plan, change))
}

/// Asks for a subscription.
pub(crate) fn ask(database: &Connection, new: NewSubscription) -> Result<(Subscription, Change), Problem> {
    let NewSubscription { consumer, api, plan, starts, ends } = new;
    in_order(starts.as_ref(), ends.as_ref(), "starts", "ends")?;
    known_consumer(database, &consumer)?;
    let known_plan = "SELECT count(*) FROM plans WHERE name = ?";
    if let Some(plan) = &plan
        && database.query_row(known_plan, [plan], |row| row.get::<_, u32>(0))? == 0
    {
        let detail = format!("There is no plan {plan}.");
        return Err(Problem::invalid(detail, format!("Make it with PUT /plans/{plan}, or name one that is there.")));
    }
    let before = format!("{SUBSCRIPTIONS} WHERE consumer = ? AND api = ?");
    let before = database.query_row(&before, params![consumer, api], read_subscription).optional()?;
    let state = follow(before.as_ref(), Action::Ask)?;
    if before.is_none() {
        let count = "SELECT count(*) FROM subscriptions WHERE consumer = ?";
        let count: usize = database.query_row(count, [&consumer], |row| row.get(0))?;
        at_most(MANY, count + 1, "subscriptions", "ask for another consumer")?;
    }
    let after = database.query_row(
        "INSERT INTO subscriptions (consumer, api, plan, state, starts, ends) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (consumer, api) DO UPDATE SET plan = excluded.plan, state = excluded.state,
             starts = excluded.starts, ends = excluded.ends
         RETURNING id, consumer, api, plan, state, starts, ends",
        params![consumer, api, plan, state.name(), starts, ends],
        read_subscription,
    )?;
    changed("subscription.ask", before, after)
}

/// Does that to a subscription.
pub(crate) fn act(database: &Connection, id: i64, action: Action) -> Result<(Subscription, Change), Problem> {
    let by_id = format!("{SUBSCRIPTIONS} WHERE id = ?");
    let Some(before) = database.query_row(&by_id, [id], read_subscription).optional()? else {
        let detail = format!("There is no subscription {id}.");
        return Err(Problem::missing(detail, "GET /subscriptions lists those that are there."));
    };
    let state = follow(Some(&before), action)?;
    database.execute("UPDATE subscriptions SET state = ? WHERE id = ?", params![state.name(), id])?;
    let after = database.query_row(&by_id, [id], read_subscription)?;
    let action = match action {
        Action::Ask => "subscription.ask",
        Action::Approve => "subscription.approve",
        Action::Reject => "subscription.reject",
        Action::Suspend => "subscription.suspend",
        Action::Resume => "subscription.resume",
        Action::Revoke => "subscription.revoke",
    };
    changed(action, Some(before), after)
}

/// Subscriptions in the order of their ids, from the one behind `after` on.
pub(crate) fn subscriptions(
    database: &Connection,
    state: Option<State>,
    after: i64,
    limit: u32,
) -> Result<Vec<Subscription>, Problem> {
    let select = format!("{SUBSCRIPTIONS} WHERE id > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY id LIMIT ?3");
    let mut statement = database.prepare(&select)?;
    let state = state.map(State::name);
    let found = statement.query_map(params![after, state, limit], read_subscription)?.collect::<Result<_, _>>()?;
    Ok(found)
}

const SUBSCRIPTIONS: &str = "SELECT id, consumer, api, plan, state, starts, ends FROM subscriptions";

fn read_subscription(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        id: row.get(0)?,
        consumer: row.get(1)?,
        api: row.get(2)?,
        plan: row.get(3)?,
        state: row.get(4)?,
        starts: row.get(5)?,
        ends: row.get(6)?,
    })
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<Key> {
    Ok(Key { id: row.get(0)?, not_before: row.get(1)?, not_after: row.get(2)? })
}

/// A list of a plan, as it is in the database.
pub(crate) fn read_list(text: Option<String>) -> rusqlite::Result<Option<Vec<String>>> {
    let read = |text: String| serde_json::from_str(&text).map_err(|error| FromSqlError::Other(error.into()));
    Ok(text.map(read).transpose()?)
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        State::ALL.into_iter().find(|state| state.name() == text).ok_or(FromSqlError::InvalidType)
    }
}

fn changed(
    action: &'static str,
    before: Option<Subscription>,
    after: Subscription,
) -> Result<(Subscription, Change), Problem> {
    let before = before.map(serde_json::to_value).transpose()?;
    let subject = format!("subscription {}", after.id);
    let change = Change { action, subject, before, after: Some(serde_json::to_value(&after)?) };
    Ok((after, change))
}

fn follow(subscription: Option<&Subscription>, action: Action) -> Result<State, Problem> {
    let state = subscription.map(|subscription| subscription.state);
    workflow::next(state, action).ok_or_else(|| {
        let id = subscription.map_or(0, |subscription| subscription.id);
        let now = state.map_or("not there", State::name);
        let detail = format!("Subscription {id} is {now}: `{}` is not possible.", action.name());
        let allowed = state.map(workflow::allowed).unwrap_or_default();
        let remedy = if allowed.is_empty() {
            "This state is final.".to_owned()
        } else {
            format!("What is possible now: {}.", allowed.join(", "))
        };
        Problem::conflict(detail, remedy)
    })
}

fn has_consumer(database: &Connection, name: &Name) -> Result<bool, Problem> {
    let count = "SELECT count(*) FROM consumers WHERE name = ?";
    Ok(database.query_row(count, [name], |row| row.get::<_, u32>(0))? > 0)
}

fn known_consumer(database: &Connection, name: &Name) -> Result<(), Problem> {
    if has_consumer(database, name)? {
        return Ok(());
    }
    Err(Problem::missing(format!("There is no consumer {name}."), "Add it with POST /consumers."))
}

fn at_most(limit: usize, count: usize, what: &str, remedy: &str) -> Result<(), Problem> {
    if count <= limit {
        return Ok(());
    }
    Err(Problem::invalid(format!("There would be {count} {what}, and {limit} are the most."), remedy))
}

fn in_order(from: Option<&Moment>, until: Option<&Moment>, first: &str, second: &str) -> Result<(), Problem> {
    match (from, until) {
        (Some(from), Some(until)) if from >= until => Err(Problem::invalid(
            format!("`{first}` is {from} and `{second}` is {until}: it would never hold."),
            format!("Write a `{second}` that comes later."),
        )),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}
