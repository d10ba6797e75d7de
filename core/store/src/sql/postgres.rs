//! PostgreSQL.

use std::{collections::HashMap, thread, time::Duration};

use bytes::BytesMut;
use postgres::{
    Client, Config, NoTls, Statement,
    fallible_iterator::FallibleIterator,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use super::{Cell, Dialect, Fault, Insert, Link, Row, Value};
use crate::{BUSY_MILLIS_MAX, OPERATION_MILLIS_MAX};

/// Statements that are kept ready.
const STATEMENTS_COUNT_MAX: usize = 256;
/// Rows that one statement adds.
const ROWS_COUNT_MAX: usize = 64;

/// A connection to a server.
pub(crate) struct Postgres {
    /// Taken at the end.
    client: Option<Client>,
    statements: HashMap<String, Statement>,
    listening: bool,
}

/// Sets what every connection must have and the URL may leave out: a wait with an end at each step.
pub(crate) fn bounded(mut config: Config) -> Config {
    let millis = Duration::from_millis;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(millis(BUSY_MILLIS_MAX));
    }
    if config.get_application_name().is_none() {
        config.application_name("maple");
    }
    config.tcp_user_timeout(millis(OPERATION_MILLIS_MAX));
    config.keepalives_idle(millis(BUSY_MILLIS_MAX));
    let own = format!(
        "-c statement_timeout={OPERATION_MILLIS_MAX} -c lock_timeout={BUSY_MILLIS_MAX} \
         -c idle_in_transaction_session_timeout={OPERATION_MILLIS_MAX} -c synchronous_commit=on"
    );
    let options = config.get_options().map_or_else(|| own.clone(), |options| format!("{own} {options}"));
    config.options(&options);
    config
}

impl Postgres {
    pub(crate) fn open(config: &Config) -> Result<Self, Fault> {
        let client = config.connect(NoTls)?;
        Ok(Self { client: Some(client), statements: HashMap::new(), listening: false })
    }

    fn client(&mut self) -> Result<&mut Client, Fault> {
        self.client.as_mut().ok_or(Fault::Busy)
    }

    fn prepared(&mut self, statement: &str) -> Result<Statement, Fault> {
        if let Some(prepared) = self.statements.get(statement) {
            return Ok(prepared.clone());
        }
        if self.statements.len() >= STATEMENTS_COUNT_MAX {
            self.statements.clear();
        }
        let prepared = self.client()?.prepare(statement)?;
        self.statements.insert(statement.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

impl Drop for Postgres {
    /// The client waits for its own end, which a thread that drives other tasks must not do.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            thread::spawn(move || drop(client));
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Bytes(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

fn cell(row: &postgres::Row, at: usize) -> Result<Cell, Fault> {
    let ty = row.columns().get(at).map(postgres::Column::type_);
    Ok(match ty {
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(at)?.map_or(Cell::Null, Cell::Int),
        Some(&Type::INT4) => row.try_get::<_, Option<i32>>(at)?.map_or(Cell::Null, |value| Cell::Int(value.into())),
        Some(&Type::TEXT) => row.try_get::<_, Option<String>>(at)?.map_or(Cell::Null, Cell::Text),
        Some(&Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(at)?.map_or(Cell::Null, Cell::Bytes),
        _ => return Err(Fault::Shape),
    })
}

fn parameters<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Link for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, Fault> {
        let prepared = self.prepared(statement)?;
        Ok(self.client()?.execute(&prepared, &parameters(values))?)
    }

    fn query(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let prepared = self.prepared(statement)?;
        let rows = self.client()?.query(&prepared, &parameters(values))?;
        let cells = |row: postgres::Row| (0..row.len()).map(|at| cell(&row, at)).collect::<Result<_, Fault>>();
        rows.into_iter().map(|row| Ok(Row::new(cells(row)?))).collect()
    }

    fn batch(&mut self, statements: &str) -> Result<(), Fault> {
        Ok(self.client()?.batch_execute(statements)?)
    }

    fn insert(&mut self, into: &Insert, rows: &[Vec<Value<'_>>]) -> Result<u64, Fault> {
        let mut added = 0;
        for rows in rows.chunks(ROWS_COUNT_MAX) {
            added += self.execute(&into.statement(rows.len()), &rows.concat())?;
        }
        Ok(added)
    }

    fn listen(&mut self, millis: u64) -> Option<Result<(), Fault>> {
        if !self.listening {
            if let Err(error) = self.batch("LISTEN maple_change") {
                return Some(Err(error));
            }
            self.listening = true;
        }
        let client = self.client.as_mut()?;
        let mut notifications = client.notifications();
        let told = notifications.timeout_iter(Duration::from_millis(millis)).next();
        Some(told.map(|_| ()).map_err(Fault::from))
    }

    fn broken(&self) -> bool {
        self.client.as_ref().is_none_or(Client::is_closed)
    }
}
