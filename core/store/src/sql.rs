//! One way to speak to either database. Most statements are written once, with `$1` for what is filled in.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::time::Duration;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Which index a query reads, after the name of its table. SQLite takes it at its word, however little it knows of what
    /// the table holds; PostgreSQL knows that by itself.
    pub(crate) fn by(self, index: &str) -> String {
        match self {
            Self::Sqlite => format!("INDEXED BY {index}"),
            Self::Postgres => String::new(),
        }
    }
}

/// What is filled into a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One field of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row of an answer. Its fields are taken from the left.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    /// The rest of its fields as a JSON list; bytes are none of what is written so.
    pub(crate) fn into_json(self) -> String {
        let of = |cell| match cell {
            Cell::Int(value) => value.into(),
            Cell::Text(value) => value.into(),
            Cell::Null | Cell::Bytes(_) => serde_json::Value::Null,
        };
        serde_json::Value::Array(self.0.map(of).collect()).to_string()
    }

    /// The row of such a list; columns that were added since it was written hold nothing.
    pub(crate) fn of_json(text: &str, columns: usize) -> Result<Self, Fault> {
        let cells: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|_| Fault::Shape)?;
        let of = |cell| match cell {
            serde_json::Value::Null => Ok(Cell::Null),
            serde_json::Value::Number(value) => value.as_i64().map(Cell::Int).ok_or(Fault::Shape),
            serde_json::Value::String(value) => Ok(Cell::Text(value)),
            _ => Err(Fault::Shape),
        };
        let mut cells: Vec<Cell> = cells.into_iter().map(of).collect::<Result<_, _>>()?;
        cells.resize(columns.max(cells.len()), Cell::Null);
        Ok(Self::new(cells))
    }

    pub(crate) fn int(&mut self) -> Result<i64, Fault> {
        self.may_int()?.ok_or(Fault::Shape)
    }

    /// A number that is never negative.
    pub(crate) fn count(&mut self) -> Result<u64, Fault> {
        u64::try_from(self.int()?).map_err(|_| Fault::Shape)
    }

    pub(crate) fn may_int(&mut self) -> Result<Option<i64>, Fault> {
        match self.0.next() {
            Some(Cell::Int(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(Fault::Shape),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, Fault> {
        self.may_text()?.ok_or(Fault::Shape)
    }

    pub(crate) fn may_text(&mut self) -> Result<Option<String>, Fault> {
        match self.0.next() {
            Some(Cell::Text(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(Fault::Shape),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, Fault> {
        self.may_bytes()?.ok_or(Fault::Shape)
    }

    pub(crate) fn may_bytes(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        match self.0.next() {
            Some(Cell::Bytes(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(Fault::Shape),
        }
    }
}

/// Rows to be added to a table. What is there already is left as it is.
pub(crate) struct Insert {
    /// The table.
    pub(crate) table: &'static str,
    /// Its columns, with commas.
    pub(crate) columns: &'static str,
    /// How many these are.
    pub(crate) count: usize,
}

impl Insert {
    /// The statement for so many rows.
    fn statement(&self, rows: usize) -> String {
        let row = |at: usize| {
            let places: Vec<String> = (1..=self.count).map(|n| format!("${}", at * self.count + n)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        let Self { table, columns, .. } = self;
        format!("INSERT INTO {table} ({columns}) VALUES {} ON CONFLICT DO NOTHING", rows.join(", "))
    }
}

/// What was said to whoever hears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Who said it, and what, in order.
    pub(crate) said: Vec<(u64, String)>,
    /// True when more was said than can wait to be heard.
    pub(crate) lost: bool,
}

/// Of a place and all below it: the place, and the two ends that [`below`] gives.
pub(crate) const WITHIN: &str = "(locality = ? OR (locality >= ? AND locality < ?))";

/// The ends of what lies below a place: from the first, before the second.
pub(crate) fn below(top: &str) -> [String; 2] {
    [format!("{top}/"), format!("{top}0")]
}

/// A connection to either database.
pub(crate) trait Link: Send {
    fn dialect(&self) -> Dialect;

    /// Runs a statement; gives how many rows it touched.
    fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, Fault>;

    /// Runs a query.
    fn query(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault>;

    /// Runs several statements that take no values.
    fn batch(&mut self, statements: &str) -> Result<(), Fault>;

    /// Adds rows that are not there yet; gives how many.
    fn insert(&mut self, into: &Insert, rows: &[Vec<Value<'_>>]) -> Result<u64, Fault>;

    /// Waits until somebody says that something changed, at most so long; `None` where nobody says.
    fn listen(&mut self, millis: u64) -> Option<Result<(), Fault>>;

    /// How long each answer is waited for from now on; a file has its own limits.
    fn have_patience(&mut self, _patience: Duration) {}

    /// Says, to whoever hears a channel once this transaction is done, something short, and who says it. SQLite tells nobody.
    fn announce(&mut self, _what: &str) -> Result<(), Fault> {
        Ok(())
    }

    /// Hears what others say with [`Link::announce`], at most so long; nothing where nobody says anything.
    fn hear(&mut self, _millis: u64) -> Result<Heard, Fault> {
        Ok(Heard::default())
    }

    /// As whom it says something.
    fn speak_as(&mut self, _who: u64) {}

    /// Whether nothing will come through any more.
    fn broken(&self) -> bool;

    /// The first row of a query.
    fn first(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Option<Row>, Fault> {
        Ok(self.query(statement, values)?.into_iter().next())
    }

    /// Begins to write.
    fn begin(&mut self) -> Result<(), Fault> {
        match self.dialect() {
            Dialect::Sqlite => self.batch("BEGIN IMMEDIATE"),
            Dialect::Postgres => self.batch("BEGIN"),
        }
    }

    /// Lets one writer at a time go on to its commit. SQLite has one writer anyway.
    fn serialise(&mut self, lock: Lock) -> Result<(), Fault> {
        if self.dialect() == Dialect::Postgres {
            let statement = "SELECT count(*) FROM (SELECT pg_advisory_xact_lock($1)) AS taken";
            self.query(statement, &[Value::Int(lock as i64)])?;
        }
        Ok(())
    }
}

/// What one writer at a time may change; the numbers say `MPLB` to whoever looks at the database's locks.
#[derive(Clone, Copy, Debug)]
#[repr(i64)]
pub(crate) enum Lock {
    Schema = 0x4D50_4C42_0001,
    Activation = 0x4D50_4C42_0002,
    Audit = 0x4D50_4C42_0003,
    Events = 0x4D50_4C42_0004,
    Roster = 0x4D50_4C42_0005,
    Outbox = 0x4D50_4C42_0006,
}

/// What the database said.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// What SQLite said.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What PostgreSQL said.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// The server said nothing in time.
    #[error("the server does not answer")]
    Silent,
    /// The system gives no means to wait.
    #[error("cannot wait for a server")]
    Runtime(#[source] std::io::Error),
    /// No connection became free in time.
    #[error("every connection is in use")]
    Busy,
    /// A row has not the fields that it should have.
    #[error("a row of the database is damaged")]
    Shape,
}
