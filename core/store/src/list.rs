//! Decisions by what they are about, the newest first.

use jiff::Timestamp;

use crate::{
    PAGE_COUNT_MAX, Store, StoreError,
    activation::moment,
    decision::{self, Record, split},
    log::number,
    sql::{Dialect, Fault, Row, Value},
};

const COLUMNS: &str = "at, log, sequence, id, locality, kind, outcome, policies, generation, ruleset, engine";

/// Which decisions are asked for; what is left out says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Of this locality and all below.
    pub locality: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// In which this policy had a say.
    pub policy: Option<String>,
    /// By this ruleset.
    pub ruleset: Option<String>,
    /// After the last one of the page before.
    pub after: Option<Cursor>,
}

/// The place of a decision in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When it was made.
    pub time: Timestamp,
    /// Its log.
    pub log: String,
    /// Its number there.
    pub sequence: u64,
}

/// A decision without its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its place.
    pub cursor: Cursor,
    /// Its id.
    pub id: String,
    /// The case's locality.
    pub locality: String,
    /// The case's kind.
    pub kind: String,
    /// What came of it.
    pub outcome: String,
    /// The policies that had a say.
    pub policies: Vec<String>,
    /// The generation that served.
    pub generation: u32,
    /// The digest of its ruleset.
    pub ruleset: String,
    /// The version of the engine.
    pub engine: String,
}

/// Conditions and what is filled into them.
#[derive(Default)]
struct Where<'a> {
    conditions: Vec<String>,
    values: Vec<Value<'a>>,
}

impl<'a> Where<'a> {
    /// Adds a condition; each `?` becomes the place of the next value.
    fn and<const N: usize>(&mut self, condition: &str, values: [Value<'a>; N]) {
        let mut written = String::new();
        for (at, part) in condition.split('?').enumerate() {
            if at > 0 {
                written += &format!("${}", self.values.len() + at);
            }
            written += part;
        }
        self.conditions.push(written);
        self.values.extend(values);
    }

    fn clause(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!("WHERE {}", self.conditions.join(" AND ")) }
    }
}

impl Store {
    /// The decisions of a filter, the newest first, at most `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn decisions(&self, filter: &Filter, count: u32) -> Result<Vec<Summary>, StoreError> {
        let names = Names::of(filter);
        self.pool().read("list the decisions of", |link| {
            let (page, values) = page(COLUMNS, filter, &names, link.dialect(), count);
            Ok(link.query(&page, &values)?.into_iter().map(read).collect::<Result<_, _>>()?)
        })
    }

    /// The same, with their parts: for whoever looks into many.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn records(&self, filter: &Filter, count: u32) -> Result<Vec<Record>, StoreError> {
        let names = Names::of(filter);
        self.pool().read("read the decisions from", |link| {
            let (page, values) = page(decision::COLUMNS, filter, &names, link.dialect(), count);
            let rows = link.query(&page, &values)?;
            decision::read_all(link, rows)
        })
    }
}

/// Texts that a filter is compared with.
struct Names {
    below: Option<[String; 2]>,
    policy: Option<String>,
}

impl Names {
    fn of(filter: &Filter) -> Self {
        // Below `cn/zhejiang` is what lies between `cn/zhejiang/` and `cn/zhejiang0`.
        let below = filter.locality.as_ref().map(|top| crate::sql::below(top));
        Self { below, policy: filter.policy.as_ref().map(|policy| format!(",{policy},")) }
    }
}

/// The question for a page of a filter, and what is filled into it.
fn page<'a>(
    columns: &str,
    filter: &'a Filter,
    names: &'a Names,
    dialect: Dialect,
    count: u32,
) -> (String, Vec<Value<'a>>) {
    let mut wanted = Where::default();
    let micros = |time: Timestamp| Value::Int(time.as_microsecond());
    if let Some(from) = filter.from {
        wanted.and("at >= ?", [micros(from)]);
    }
    if let Some(to) = filter.to {
        wanted.and("at < ?", [micros(to)]);
    }
    if let (Some(top), Some([first, end])) = (&filter.locality, &names.below) {
        wanted.and(crate::sql::WITHIN, [Value::Text(top), Value::Text(first), Value::Text(end)]);
    }
    let same = [("kind", &filter.kind), ("outcome", &filter.outcome), ("ruleset", &filter.ruleset)];
    for (column, value) in same {
        if let Some(value) = value {
            wanted.and(&format!("{column} = ?"), [Value::Text(value)]);
        }
    }
    if let Some(policy) = &names.policy {
        let within = match dialect {
            Dialect::Sqlite => "instr(policies, ?) > 0",
            Dialect::Postgres => "strpos(policies, ?) > 0",
        };
        wanted.and(within, [Value::Text(policy)]);
    }
    if let Some(Cursor { time, log, sequence }) = &filter.after {
        wanted.and("(at, log, sequence) < (?, ?, ?)", [micros(*time), Value::Text(log), number(*sequence)]);
    }
    wanted.values.push(count.min(PAGE_COUNT_MAX).into());
    let page = format!(
        "SELECT {columns} FROM decision {} ORDER BY at DESC, log DESC, sequence DESC LIMIT ${}",
        wanted.clause(),
        wanted.values.len()
    );
    (page, wanted.values)
}

fn read(mut row: Row) -> Result<Summary, Fault> {
    Ok(Summary {
        cursor: Cursor { time: moment(row.int()?)?, log: row.text()?, sequence: row.count()? },
        id: row.text()?,
        locality: row.text()?,
        kind: row.text()?,
        outcome: row.text()?,
        policies: split(&row.text()?),
        generation: u32::try_from(row.int()?).map_err(|_| Fault::Shape)?,
        ruleset: row.text()?,
        engine: row.text()?,
    })
}
