//! What the service remembers between two starts: one SQLite file.
//!
//! The only room that knows SQL. It holds no facts of any case and reads no clock; whoever writes says when.

mod error;
mod schema;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

pub use error::StoreError;
pub use schema::SCHEMA_VERSION;

/// How long one opener waits for another to finish writing.
pub const BUSY_MILLIS_MAX: u64 = 5_000;
/// How many activations one answer lists.
pub const HISTORY_COUNT_MAX: u32 = 1_000;
/// Length of each text of an activation.
pub const TEXT_BYTES_MAX: usize = 1_024;

/// The record that a ruleset serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Its number, from 1; each new ruleset takes the next.
    pub generation: u32,
    /// The digest of the ruleset.
    pub ruleset: String,
    /// When, RFC 3339.
    pub at: String,
    /// Who or what activated it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// A ruleset that is to serve.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The digest of the ruleset.
    pub ruleset: &'a str,
    /// When, RFC 3339.
    pub at: &'a str,
    /// Who or what activates it.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

/// The file, open.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the file of a URL such as `sqlite://maple.sqlite`, or of a plain path.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], or when the URL names another kind of database.
    pub fn open_url(url: &str) -> Result<Self, StoreError> {
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.is_empty() || path.contains("://") {
            return Err(StoreError::Url { url: without_secret(url) });
        }
        Self::open(Path::new(path))
    }

    /// Opens the file, makes it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or written, is no database of this service, is damaged, or was written by a
    /// later version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::new("open", path, source);
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(Duration::from_millis(BUSY_MILLIS_MAX)).map_err(failed)?;
        schema::migrate(&mut connection, path)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records that a ruleset serves. The ruleset that serves already keeps its activation; any other takes the next
    /// generation.
    ///
    /// # Errors
    ///
    /// When a text is too long or the file cannot be written.
    pub fn activate(&self, request: &Request<'_>) -> Result<Activation, StoreError> {
        for text in [request.ruleset, request.at, request.by, request.why] {
            if text.len() > TEXT_BYTES_MAX {
                return Err(StoreError::TooLong { bytes: text.len() });
            }
        }
        self.write("record the activation in", |tx| {
            let last = last_activation(tx)?;
            if let Some(same) = last.as_ref().filter(|last| last.ruleset == request.ruleset) {
                return Ok(same.clone());
            }
            let generation = last.map_or(1, |last| last.generation + 1);
            let Request { ruleset, at, by, why } = *request;
            tx.execute(
                "INSERT INTO activation (generation, ruleset, at, actor, why) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![generation, ruleset, at, by, why],
            )?;
            let owned = str::to_owned;
            Ok(Activation { generation, ruleset: owned(ruleset), at: owned(at), by: owned(by), why: owned(why) })
        })
    }

    /// The activation that serves, if there was any yet.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn current(&self) -> Result<Option<Activation>, StoreError> {
        self.read("read the activation from", last_activation)
    }

    /// The latest activations, the newest first, at most [`HISTORY_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn history(&self) -> Result<Vec<Activation>, StoreError> {
        self.read("read the activations from", |connection| {
            let mut query = connection.prepare(
                "SELECT generation, ruleset, at, actor, why FROM activation ORDER BY generation DESC LIMIT ?1",
            )?;
            query.query_map([HISTORY_COUNT_MAX], activation)?.collect()
        })
    }

    fn read<T>(
        &self,
        step: &'static str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        query(&connection).map_err(|source| StoreError::new(step, &self.path, source))
    }

    fn write<T>(
        &self,
        step: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let run = || {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let changed = change(&tx)?;
            tx.commit()?;
            Ok(changed)
        };
        run().map_err(|source| StoreError::new(step, &self.path, source))
    }
}

fn last_activation(connection: &Connection) -> rusqlite::Result<Option<Activation>> {
    let latest = "SELECT generation, ruleset, at, actor, why FROM activation ORDER BY generation DESC LIMIT 1";
    connection.query_row(latest, [], activation).optional()
}

fn activation(row: &Row<'_>) -> rusqlite::Result<Activation> {
    Ok(Activation {
        generation: row.get("generation")?,
        ruleset: row.get("ruleset")?,
        at: row.get("at")?,
        by: row.get("actor")?,
        why: row.get("why")?,
    })
}

/// The URL without what may stand between `//` and `@`.
fn without_secret(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(start), Some(end)) if start + 3 < end => {
            format!("{}…{}", url.get(..start + 3).unwrap_or_default(), url.get(end..).unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}
