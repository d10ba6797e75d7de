//! The tables, and how an older file becomes a newer one. A step that has shipped is never edited.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{BUSY_MILLIS_MAX, StoreError};

/// The schema this version writes.
pub const SCHEMA_VERSION: i64 = STEPS.len() as i64;

/// How long to wait before asking again.
const BUSY_WAIT: Duration = Duration::from_millis(5);
/// Marks the file as ours: `MPLB`.
const APPLICATION_ID: i64 = 0x4D50_4C42;

/// Each step turns schema n into n + 1.
const STEPS: [&str; 1] = [
    // An activation is a record: it is added, never changed.
    "CREATE TABLE activation (
        generation INTEGER PRIMARY KEY CHECK (generation > 0),
        ruleset    TEXT NOT NULL,
        at         TEXT NOT NULL,
        actor      TEXT NOT NULL,
        why        TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER activation_unchanged BEFORE UPDATE ON activation
        BEGIN SELECT RAISE(ABORT, 'an activation is never changed'); END;
    CREATE TRIGGER activation_kept BEFORE DELETE ON activation
        BEGIN SELECT RAISE(ABORT, 'an activation is never deleted'); END;",
];

/// Brings the schema up to date, in one transaction: another opener sees all of it or nothing.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::new("prepare", path, source);
    let found = version(connection, path)?;
    write_ahead(connection).map_err(failed)?;
    if found == SCHEMA_VERSION {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another opener may have been first.
    let found = version(&tx, path)?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step).map_err(failed)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    tx.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(failed)?;
    tx.commit().map_err(failed)
}

/// Switches to a write-ahead log. While another opener does the same SQLite does not wait as it does elsewhere, but
/// says at once that the file is busy.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;") {
            Err(error) if is_busy(&error) && began.elapsed() < Duration::from_millis(BUSY_MILLIS_MAX) => {
                thread::sleep(BUSY_WAIT);
            }
            done => return done,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
}

/// The schema of the file, 0 for an empty one; refuses files that are not ours or come from a later version.
fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let failed = |source| StoreError::new("open", path, source);
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let empty = connection.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(failed)? == 0;
    let (application, found) = (pragma("application_id")?, pragma("user_version")?);
    if !empty && application != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    Ok(if empty { 0 } else { found })
}
