//! SQLite.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode,
    config::DbConfig,
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use super::{Cell, Dialect, Fault, Insert, Link, Row, Value};
use crate::BUSY_MILLIS_MAX;

/// How long to wait before asking again.
const BUSY_WAIT: Duration = Duration::from_millis(5);
/// Steps of SQLite's machine between two looks at the time.
const STEPS: i32 = 20_000;
/// Statements that are kept ready.
const STATEMENTS_COUNT_MAX: usize = 128;

/// Makes the file of a new database so that only its owner reads it: it will hold cases. What SQLite lays beside it gets the
/// same rights. Where it cannot be made, opening it says why.
fn private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

#[cfg(test)]
thread_local! {
    /// How the queries of this thread were answered, while a test wants to know.
    pub(crate) static PLANS: std::cell::RefCell<Option<Vec<String>>> = const { std::cell::RefCell::new(None) };
}

/// A connection to a file.
pub(crate) struct Sqlite {
    connection: Connection,
    opened: Instant,
    /// Milliseconds from `opened` to when the statement under way is given up.
    deadline: Arc<AtomicU64>,
    operation_millis: u64,
    version: i64,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, operation_millis: u64) -> Result<Self, Fault> {
        private(path);
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_millis(BUSY_MILLIS_MAX))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_COUNT_MAX);
        // A plan hangs on the statement alone: else SQLite makes it anew for other values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let (opened, deadline) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let until = Arc::clone(&deadline);
        let late = move || millis_since(opened) > until.load(Ordering::Relaxed);
        connection.progress_handler(STEPS, Some(late))?;
        Ok(Self { connection, opened, deadline, operation_millis, version: 0 })
    }

    /// Switches to a write-ahead log. While another opener does the same SQLite does not wait as it does elsewhere, but
    /// says at once that the file is busy.
    pub(crate) fn write_ahead(&self) -> Result<(), Fault> {
        let began = Instant::now();
        loop {
            match self.connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;") {
                Err(error) if is_busy(&error) && millis_since(began) < BUSY_MILLIS_MAX => thread::sleep(BUSY_WAIT),
                done => return Ok(done?),
            }
        }
    }

    /// Notes how a query would be answered, where a test listens.
    #[cfg(test)]
    fn explain(&self, statement: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        if statement.starts_with("PRAGMA") || PLANS.with_borrow(Option::is_none) {
            return Ok(());
        }
        let mut prepared = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", numbered(statement)))?;
        let mut rows = prepared.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let step: String = row.get(3)?;
            PLANS.with_borrow_mut(|plans| plans.iter_mut().for_each(|plans| plans.push(step.clone())));
        }
        Ok(())
    }

    fn start(&self) {
        self.deadline.store(millis_since(self.opened) + self.operation_millis, Ordering::Relaxed);
    }
}

fn millis_since(moment: Instant) -> u64 {
    u64::try_from(moment.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

/// SQLite counts `$1` by where it stands first, `?1` by its number.
fn numbered(statement: &str) -> String {
    statement.replace('$', "?")
}

fn cell(value: ValueRef<'_>) -> Result<Cell, Fault> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(value) => Cell::Text(String::from_utf8(value.to_vec()).map_err(|_| Fault::Shape)?),
        ValueRef::Blob(value) => Cell::Bytes(value.to_vec()),
        ValueRef::Real(_) => return Err(Fault::Shape),
    })
}

impl Link for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, Fault> {
        self.start();
        #[cfg(test)]
        self.explain(statement, values)?;
        let mut prepared = self.connection.prepare_cached(&numbered(statement))?;
        Ok(prepared.execute(params_from_iter(values))? as u64)
    }

    fn query(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        self.start();
        #[cfg(test)]
        self.explain(statement, values)?;
        let mut prepared = self.connection.prepare_cached(&numbered(statement))?;
        let columns = prepared.column_count();
        let mut rows = prepared.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|at| cell(row.get_ref(at)?)).collect::<Result<_, Fault>>()?;
            found.push(Row::new(cells));
        }
        Ok(found)
    }

    fn batch(&mut self, statements: &str) -> Result<(), Fault> {
        self.start();
        Ok(self.connection.execute_batch(statements)?)
    }

    fn insert(&mut self, into: &Insert, rows: &[Vec<Value<'_>>]) -> Result<u64, Fault> {
        self.start();
        let mut prepared = self.connection.prepare_cached(&numbered(&into.statement(1)))?;
        let mut added = 0;
        for row in rows {
            added += prepared.execute(params_from_iter(row))? as u64;
        }
        Ok(added)
    }

    /// SQLite tells nobody, but a number of its own changes with every commit of another connection.
    fn listen(&mut self, millis: u64) -> Option<Result<(), Fault>> {
        let began = Instant::now();
        loop {
            let version = self.connection.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0));
            match version {
                Ok(version) if version == self.version && millis_since(began) < millis => thread::sleep(BUSY_WAIT),
                Ok(version) => {
                    self.version = version;
                    return Some(Ok(()));
                }
                Err(error) => return Some(Err(error.into())),
            }
        }
    }

    fn broken(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_without_end_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let mut link = Sqlite::open(&dir.path().join("a.sqlite"), 50).unwrap();
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";
        let error = link.query(endless, &[]).unwrap_err();
        assert!(error.to_string().contains("interrupted"), "{error}");
        assert!(link.query("SELECT $2, $1", &[Value::Int(1), Value::Int(2)]).unwrap().remove(0).int().unwrap() == 2);
    }
}
