//! PostgreSQL. Every wait ends on this side: a server that fell silent, or a network that swallows everything, ends no
//! call by itself.

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::{Builder, Runtime},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, Statement,
    types::{IsNull, ToSql, Type, to_sql_checked},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Cell, Dialect, Fault, Heard, Insert, Link, Row, Value};
use crate::{BUSY_MILLIS_MAX, OPERATION_MILLIS_MAX};

/// Statements that are kept ready.
const STATEMENTS_COUNT_MAX: usize = 256;
/// Rows that one statement adds.
const ROWS_COUNT_MAX: usize = 64;
/// How much longer than the server's own limit a statement is waited for, so that the server's word comes first.
const GRACE_MILLIS: u64 = 2_000;
/// What others said and nobody here has heard yet; of more it is known only that there was more.
const UNHEARD_COUNT_MAX: usize = 1_024;
/// How long a connection may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection to a server.
pub(crate) struct Postgres {
    /// Taken at the end.
    open: Option<Open>,
    statements: HashMap<String, Statement>,
    patience: Duration,
    /// As whom it says something to others.
    who: u64,
    /// It did not answer in time; what it would have said is not known.
    silent: bool,
}

struct Open {
    client: Client,
    runtime: Runtime,
    driver: JoinHandle<()>,
    notified: mpsc::Receiver<String>,
    /// More was said than can wait.
    lost: Arc<AtomicBool>,
    listening: bool,
}

/// Sets what every connection must have and the URL may leave out: a wait with an end at each step.
pub(crate) fn bound(config: &mut Config) {
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
}

/// What an answer is waited for where nobody says otherwise.
pub(crate) const fn usual_patience() -> Duration {
    Duration::from_millis(OPERATION_MILLIS_MAX + GRACE_MILLIS)
}

impl Postgres {
    /// Connects, within `patience`.
    pub(crate) fn open(config: &Config, tls: Option<&MakeRustlsConnect>, patience: Duration) -> Result<Self, Fault> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Fault::Runtime)?;
        let (tell, notified) = mpsc::channel(UNHEARD_COUNT_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let ears = Ears { tell, lost: Arc::clone(&lost) };
        let opened = match tls {
            Some(tls) => runtime.block_on(within(patience, connected(config, tls.clone(), ears))),
            None => runtime.block_on(within(patience, connected(config, NoTls, ears))),
        };
        match opened {
            Ok((client, driver)) => {
                let open = Some(Open { client, runtime, driver, notified, lost, listening: false });
                Ok(Self { open, statements: HashMap::new(), patience: usual_patience(), who: 0, silent: false })
            }
            Err(fault) => {
                runtime.shutdown_background();
                Err(fault)
            }
        }
    }

    /// Waits for what the server says to something.
    fn wait<T>(&mut self, ask: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T, Fault> {
        let open = self.open.as_ref().filter(|_| !self.silent).ok_or(Fault::Silent)?;
        let said = open.runtime.block_on(within(self.patience, ask(&open.client)));
        self.silent = matches!(said, Err(Fault::Silent));
        said
    }

    fn prepared(&mut self, statement: &str) -> Result<Statement, Fault> {
        if let Some(prepared) = self.statements.get(statement) {
            return Ok(prepared.clone());
        }
        if self.statements.len() >= STATEMENTS_COUNT_MAX {
            self.statements.clear();
        }
        let prepared = self.wait(async |client| client.prepare(statement).await)?;
        self.statements.insert(statement.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

/// Where what others say goes.
struct Ears {
    tell: mpsc::Sender<String>,
    lost: Arc<AtomicBool>,
}

/// Connects, and lets a task carry what goes to and fro.
async fn connected<T>(config: &Config, tls: T, ears: Ears) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error>
where
    T: tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    Ok((client, tokio::spawn(carry(connection, ears))))
}

/// Carries what goes to and fro, and passes on that something changed; ends with the connection.
async fn carry<S, T>(mut connection: Connection<S, T>, ears: Ears)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(said) = message
            && ears.tell.try_send(said.payload().to_owned()).is_err()
        {
            ears.lost.store(true, Ordering::Relaxed);
        }
    }
}

/// What comes of something that is waited for so long and no longer.
async fn within<T>(
    patience: Duration,
    something: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(patience, something).await {
        Ok(said) => said.map_err(Fault::from),
        Err(_) => Err(Fault::Silent),
    }
}

impl Drop for Postgres {
    /// To say goodbye is to wait, which a thread that drives other tasks must not do.
    fn drop(&mut self) {
        let Some(Open { client, runtime, driver, .. }) = self.open.take() else { return };
        if self.silent {
            return runtime.shutdown_background();
        }
        thread::spawn(move || {
            drop(client);
            // A connection that does not end by itself is cut.
            let _ = runtime.block_on(async { tokio::time::timeout(GOODBYE, driver).await });
            runtime.shutdown_background();
        });
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

fn cell(row: &tokio_postgres::Row, at: usize) -> Result<Cell, Fault> {
    let ty = row.columns().get(at).map(tokio_postgres::Column::type_);
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
        self.wait(async |client| client.execute(&prepared, &parameters(values)).await)
    }

    fn query(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let prepared = self.prepared(statement)?;
        let rows = self.wait(async |client| client.query(&prepared, &parameters(values)).await)?;
        let cells = |row: tokio_postgres::Row| (0..row.len()).map(|at| cell(&row, at)).collect::<Result<_, Fault>>();
        rows.into_iter().map(|row| Ok(Row::new(cells(row)?))).collect()
    }

    fn batch(&mut self, statements: &str) -> Result<(), Fault> {
        self.wait(async |client| client.batch_execute(statements).await)
    }

    fn insert(&mut self, into: &Insert, rows: &[Vec<Value<'_>>]) -> Result<u64, Fault> {
        let mut added = 0;
        for rows in rows.chunks(ROWS_COUNT_MAX) {
            added += self.execute(&into.statement(rows.len()), &rows.concat())?;
        }
        Ok(added)
    }

    fn listen(&mut self, millis: u64) -> Option<Result<(), Fault>> {
        if self.open.as_ref().is_some_and(|open| !open.listening)
            && let Err(error) = self.batch("LISTEN maple_change")
        {
            return Some(Err(error));
        }
        let open = self.open.as_mut()?;
        open.listening = true;
        let Open { runtime, notified, .. } = open;
        let heard = async { tokio::time::timeout(Duration::from_millis(millis), notified.recv()).await };
        match runtime.block_on(heard) {
            // The connection ended.
            Ok(None) => Some(Err(Fault::Silent)),
            Ok(Some(_)) => {
                // Others that wait to be heard say nothing new.
                while notified.try_recv().is_ok() {}
                Some(Ok(()))
            }
            Err(_) => None,
        }
    }

    fn announce(&mut self, what: &str) -> Result<(), Fault> {
        let said = format!("{:016x} {what}", self.who);
        self.execute("SELECT pg_notify('maple_signal', $1)", &[Value::Text(&said)]).map(|_| ())
    }

    fn hear(&mut self, millis: u64) -> Result<Heard, Fault> {
        if self.open.as_ref().is_some_and(|open| !open.listening) {
            self.batch("LISTEN maple_signal")?;
        }
        let open = self.open.as_mut().ok_or(Fault::Silent)?;
        open.listening = true;
        let Open { runtime, notified, lost, .. } = open;
        let first = async { tokio::time::timeout(Duration::from_millis(millis), notified.recv()).await };
        let mut heard = Heard::default();
        let mut next = match runtime.block_on(first) {
            Ok(None) => return Err(Fault::Silent),
            Ok(said) => said,
            Err(_) => None,
        };
        while let Some(said) = next {
            if let Some((who, what)) = said.split_once(' ')
                && let Ok(who) = u64::from_str_radix(who, 16)
            {
                heard.said.push((who, what.to_owned()));
            }
            next = notified.try_recv().ok();
        }
        heard.lost = lost.swap(false, Ordering::Relaxed);
        Ok(heard)
    }

    fn speak_as(&mut self, who: u64) {
        self.who = who;
    }

    fn broken(&self) -> bool {
        self.silent || self.open.as_ref().is_none_or(|open| open.client.is_closed())
    }

    fn have_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }
}
