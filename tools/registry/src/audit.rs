//! The audit trail: who changed what, when, and how it was before and after.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::fields::Moment;
use crate::problem::Problem;

/// One thing before and after it was changed. Neither holds a key or its hash.
pub(crate) struct Change {
    pub(crate) action: &'static str,
    pub(crate) subject: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// A row of the audit trail.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    id: i64,
    /// That of the data after the change.
    version: u64,
    at: Moment,
    /// Who held the administrator's token, as far as it is known: from which address.
    #[schema(example = "administrator at 127.0.0.1")]
    who: String,
    #[schema(example = "subscription.approve")]
    action: String,
    #[schema(example = "subscription 7")]
    subject: String,
    /// `null` where it was not there.
    before: Value,
    /// `null` where it is gone.
    after: Value,
}

/// Writes a row, in the transaction that makes the change.
pub(crate) fn write(database: &Connection, version: u64, who: &str, change: &Change) -> Result<(), Problem> {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let Change { action, subject, before, after } = change;
    database.execute(
        "INSERT INTO audit (version, at, who, action, subject, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![version, Moment::now(), who, action, subject, text(before), text(after)],
    )?;
    Ok(())
}

/// Rows in the order in which they were written, from the one behind `after` on.
pub(crate) fn list(database: &Connection, after: i64, limit: u32) -> Result<Vec<Entry>, Problem> {
    let mut statement = database.prepare(
        "SELECT id, version, at, who, action, subject, before, after FROM audit WHERE id > ? ORDER BY id LIMIT ?",
    )?;
    let entries = statement.query_map(params![after, limit], read)?.collect::<Result<_, _>>()?;
    Ok(entries)
}

impl Entry {
    pub(crate) fn id(&self) -> i64 {
        self.id
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let value = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(Entry {
        id: row.get(0)?,
        version: row.get(1)?,
        at: row.get(2)?,
        who: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
        before: value(row.get(6)?),
        after: value(row.get(7)?),
    })
}
