//! The database: its schema, and the transactions in which it is read and changed.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headers::ETag;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::audit::{self, Change};
use crate::problem::Problem;
use crate::secret::Hashing;
use crate::{Context, Error};

/// What was added to the schema, in order; `user_version` says how many of them a database has. Never changed, only added to.
const MIGRATIONS: &[&str] = &["
    -- One row: the version of the data, what tells it from the same version of another database, and how keys are hashed.
    CREATE TABLE data (version INTEGER NOT NULL, tag TEXT NOT NULL, hashing TEXT NOT NULL) STRICT;
    CREATE TABLE plans (name TEXT PRIMARY KEY, methods TEXT, paths TEXT) STRICT;
    CREATE TABLE consumers (name TEXT PRIMARY KEY) STRICT;
    CREATE TABLE identities (
        identity TEXT PRIMARY KEY,
        consumer TEXT NOT NULL REFERENCES consumers (name)
    ) STRICT;
    CREATE INDEX identities_of ON identities (consumer, identity);
    CREATE TABLE keys (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        consumer TEXT NOT NULL REFERENCES consumers (name),
        hash TEXT NOT NULL UNIQUE,
        not_before TEXT,
        not_after TEXT
    ) STRICT;
    CREATE INDEX keys_of ON keys (consumer);
    CREATE TABLE subscriptions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        consumer TEXT NOT NULL REFERENCES consumers (name),
        api TEXT NOT NULL,
        plan TEXT REFERENCES plans (name),
        state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'rejected', 'suspended', 'revoked')),
        starts TEXT,
        ends TEXT,
        UNIQUE (consumer, api)
    ) STRICT;
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        version INTEGER NOT NULL,
        at TEXT NOT NULL,
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        before TEXT,
        after TEXT
    ) STRICT;
"];

/// How long a change waits for another process that changes the same file.
const BUSY: Duration = Duration::from_secs(5);

/// The database. One at a time reads or changes it.
pub(crate) struct Store(Mutex<Connection>);

/// Which data it is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// Rises with every change.
    pub(crate) number: u64,
    /// Another one with every change: after a restored backup, a version can be there twice with different data.
    tag: String,
}

impl Version {
    /// As an entity tag (RFC 9110, section 8.8.3).
    pub(crate) fn etag(&self) -> Result<ETag, Error> {
        format!("\"{}-{}\"", self.number, self.tag).parse().context("the tag in the database cannot be one")
    }
}

impl Store {
    /// Opens the file, or a database in memory, and brings its schema up to date.
    pub(crate) fn open(path: Option<&Path>, hashing: &Hashing) -> Result<Self, Error> {
        let name = path.map_or_else(|| "the database in memory".to_owned(), |path| path.display().to_string());
        let mut database = match path {
            Some(path) => Connection::open(path),
            None => Connection::open_in_memory(),
        }
        .context(format!("cannot open {name}"))?;
        database.busy_timeout(BUSY).context(&name)?;
        database.pragma_update(None, "foreign_keys", true).context(&name)?;
        let unfit = format!("{name} is not usable as the registry's database");
        let known = migrate(&mut database, &hashing.mark()).context(&unfit)?;
        if !known {
            return Err(Error(format!(
                "{name} was made by a newer verdict-registry; use that one, or another --database"
            )));
        }
        let mark: String = database.query_row("SELECT hashing FROM data", [], |row| row.get(0)).context(&unfit)?;
        if mark != hashing.mark() {
            return Err(Error(format!(
                "the keys in {name} are hashed in another way; start with the --hmac-secret-file that it was made with \
                 (or without one, if so), or with another --database"
            )));
        }
        Ok(Self(Mutex::new(database)))
    }

    /// A transaction that was not committed is rolled back, so that what a panic left behind is as it was before.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads, in one transaction.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        work(&*self.lock().transaction()?)
    }

    /// Changes, in one transaction: what `work` does, the new version, and the row of the audit trail. Where `work` left everything as it
    /// was, there is neither.
    pub(crate) fn change<T>(
        &self,
        who: &str,
        work: impl FnOnce(&Connection) -> Result<(T, Change), Problem>,
    ) -> Result<T, Problem> {
        let mut database = self.lock();
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (answer, change) = work(&transaction)?;
        if change.before != change.after {
            transaction.execute("UPDATE data SET version = version + 1, tag = lower(hex(randomblob(8)))", [])?;
            audit::write(&transaction, version(&transaction)?.number, who, &change)?;
        }
        transaction.commit()?;
        Ok(answer)
    }
}

/// Which data it is.
pub(crate) fn version(database: &Connection) -> Result<Version, Problem> {
    let read = |row: &rusqlite::Row<'_>| Ok(Version { number: row.get(0)?, tag: row.get(1)? });
    Ok(database.query_row("SELECT version, tag FROM data", [], read)?)
}

/// `false` for a database with more migrations than are known here.
fn migrate(database: &mut Connection, mark: &str) -> rusqlite::Result<bool> {
    // Two that start at once do not both migrate.
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: usize = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Some(rest) = MIGRATIONS.get(done..) else { return Ok(false) };
    for migration in rest {
        transaction.execute_batch(migration)?;
    }
    if done == 0 {
        transaction.execute("INSERT INTO data VALUES (1, lower(hex(randomblob(8))), ?)", params![mark])?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    transaction.commit()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: u8, after: u8) -> Change {
        Change { action: "test", subject: String::new(), before: Some(before.into()), after: Some(after.into()) }
    }

    fn state(store: &Store) -> (u64, usize) {
        let read = |database: &Connection| Ok((version(database)?.number, audit::list(database, 0, 100)?.len()));
        store.read(read).unwrap()
    }

    #[test]
    fn a_change_raises_the_version_and_is_audited_or_none_of_it_happens() {
        let store = Store::open(None, &Hashing::new(None).unwrap()).unwrap();
        let add = |database: &Connection| database.execute("INSERT INTO consumers VALUES ('shop')", []);
        assert_eq!(state(&store), (1, 0));
        let refused = store.change("me", |database| {
            add(database)?;
            Err::<((), Change), _>(Problem::conflict("no", "no"))
        });
        assert!(refused.is_err());
        assert_eq!(state(&store), (1, 0));
        store.change("me", |database| Ok((add(database)?, change(1, 2)))).unwrap();
        assert_eq!(state(&store), (2, 1));
        store.change("me", |_| Ok(((), change(2, 2)))).unwrap();
        assert_eq!(state(&store), (2, 1));
    }

    #[test]
    fn a_file_is_opened_again_as_it_was_and_only_with_its_hashing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let plain = Hashing::new(None).unwrap();
        let keyed = Hashing::new(Some(&[1; 32])).unwrap();
        let before = {
            let store = Store::open(Some(file.path()), &plain).unwrap();
            store.change("me", |_| Ok(((), change(1, 2)))).unwrap();
            store.read(version).unwrap()
        };
        let store = Store::open(Some(file.path()), &plain).unwrap();
        assert!(store.read(version).unwrap() == before);
        let error = Store::open(Some(file.path()), &keyed).err().unwrap().to_string();
        assert!(error.contains("--hmac-secret-file"), "{error}");
    }

    #[test]
    fn what_is_no_database_of_ours_is_told() {
        let hashing = Hashing::new(None).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "this is a text and no database, and long enough to be one").unwrap();
        let newer = tempfile::NamedTempFile::new().unwrap();
        Connection::open(newer.path()).unwrap().pragma_update(None, "user_version", 99).unwrap();
        for (path, expected) in [
            (file.path(), "not usable"),
            (newer.path(), "newer verdict-registry"),
            (Path::new("/nowhere/at/all"), "cannot open /nowhere/at/all"),
        ] {
            let error = Store::open(Some(path), &hashing).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
