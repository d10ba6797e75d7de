//! The risk board: what is open, the most urgent first; how much of it there is; how the loop was closed.

use std::fmt::Write as _;

use jiff::Timestamp;
use maple_insight::figures::BUCKET_HOURS;
use maple_kernel::Level;

use crate::{
    PAGE_COUNT_MAX, Signal, SignalState, Store, StoreError,
    signal::{SIGNAL, level_number, read},
    sql::{Fault, Row, Value},
};

/// Rows of one way to divide what is open, but for places: those that have the most are told.
pub const GROUP_ROWS_COUNT_MAX: u32 = 100;
/// Places of what is open; a registry has fewer.
const PLACES_COUNT_MAX: u32 = 100_000;
/// Rows of what the loop came to: of each signal, each state and each bucket.
const LOOP_ROWS_COUNT_MAX: u32 = 100_000;
const MICROS_OF_HOUR: i64 = 3_600_000_000;
/// What is open; the words of a partial index.
const OPEN: &str = "state IN ('raised', 'acknowledged')";
/// Later than every deadline, so that what has none comes last.
const NO_DEADLINE: i64 = i64::MAX;

/// Which signals a board shows; what is left out says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardFilter {
    /// Of this locality and all below.
    pub locality: Option<String>,
    /// In this state; without one, whatever is open.
    pub state: Option<SignalState>,
    /// Of this level.
    pub level: Option<Level>,
    /// Of this kind of dispute.
    pub kind: Option<String>,
    /// Saying this.
    pub code: Option<String>,
}

/// The place of a signal on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardCursor {
    /// Of what is open, its level, 0 to 3; of what is over, nothing.
    pub level: i64,
    /// Of what is open, its deadline; of what is over, when it ended. In microseconds.
    pub at: i64,
    /// Its id.
    pub id: String,
}

/// How open signals are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenBy {
    /// Not at all.
    All,
    /// By what they say.
    Signal,
    /// By the kind of dispute.
    Kind,
    /// By the locality.
    Locality,
    /// By what they are about.
    Subject,
    /// By who should do something.
    Responsible,
}

/// Open signals that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenGroup {
    /// How they are divided.
    pub by: OpenBy,
    /// What they have in common; of what they are about, its sort. Empty where it is not known, or nothing is divided.
    pub key: String,
    /// Which one they are about; else empty.
    pub subject: String,
    /// How many.
    pub open: i64,
    /// Of these, not handled in time.
    pub overdue: i64,
    /// Of these, somebody is at them.
    pub acknowledged: i64,
    /// How many of each level: blue, yellow, orange, red.
    pub levels: [i64; 4],
}

/// How many signals of one sort went through the loop in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopTally {
    /// What they say.
    pub code: String,
    /// How they stand.
    pub state: SignalState,
    /// How long until somebody took them up: a bucket of [`BUCKET_HOURS`].
    pub acknowledged: Option<u8>,
    /// How long until they were over by somebody's word: a bucket.
    pub ended: Option<u8>,
    /// How many.
    pub count: i64,
}

/// Conditions and what is filled in.
struct Wanted<'a> {
    conditions: Vec<String>,
    values: Vec<Value<'a>>,
}

impl<'a> Wanted<'a> {
    fn and(&mut self, condition: &str, given: &[Value<'a>]) {
        let mut written = String::new();
        for (at, part) in condition.split('?').enumerate() {
            if at > 0 {
                let _ = write!(written, "${}", self.values.len() + at);
            }
            written += part;
        }
        self.conditions.push(written);
        self.values.extend_from_slice(given);
    }

    fn below(&mut self, top: Option<&'a str>, ends: Option<&'a [String; 2]>) {
        if let (Some(top), Some([first, end])) = (top, ends) {
            // One run of an index.
            let places = [top, end.as_str(), top, first.as_str()].map(Value::Text);
            self.and("locality >= ? AND locality < ? AND (locality = ? OR locality >= ?)", &places);
        }
    }

    fn filtered(&mut self, filter: &'a BoardFilter) {
        let words = [("kind = ?", &filter.kind), ("code = ?", &filter.code)];
        for (condition, word) in words.into_iter().filter_map(|(condition, word)| Some((condition, word.as_ref()?))) {
            self.and(condition, &[Value::Text(word)]);
        }
        if let Some(level) = filter.level {
            self.and("level = ?", &[Value::Int(level_number(level))]);
        }
    }

    /// What is open at a moment.
    fn open(filter: &'a BoardFilter, ends: Option<&'a [String; 2]>, now: Timestamp) -> Self {
        let mut wanted = Self { conditions: vec![OPEN.to_owned()], values: Vec::new() };
        wanted.and("expires > ?", &[Value::Int(now.as_microsecond())]);
        wanted.below(filter.locality.as_deref(), ends);
        wanted.filtered(filter);
        if let Some(state) = filter.state {
            wanted.and("state = ?", &[Value::Text(state.as_str())]);
        }
        wanted
    }

    fn text(&self) -> String {
        self.conditions.join(" AND ")
    }
}

fn ends(locality: Option<&String>) -> Option<[String; 2]> {
    locality.map(|top| crate::sql::below(top))
}

impl BoardCursor {
    /// The place of a signal.
    #[must_use]
    pub fn of(signal: &Signal) -> Self {
        let id = signal.raised.id.clone();
        match signal.ended {
            Some(ended) => Self { level: 0, at: ended.as_microsecond(), id },
            None => Self {
                level: level_number(signal.raised.level),
                at: signal.raised.deadline.map_or(NO_DEADLINE, Timestamp::as_microsecond),
                id,
            },
        }
    }
}

impl Store {
    /// Signals of a board, at most `count` and [`PAGE_COUNT_MAX`]: what is open the most urgent first, by level, then by
    /// deadline; what is over the latest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn board(
        &self,
        filter: &BoardFilter,
        now: Timestamp,
        after: Option<&BoardCursor>,
        count: u32,
    ) -> Result<Vec<Signal>, StoreError> {
        let below = ends(filter.locality.as_ref());
        let is_over = filter.state.is_some_and(SignalState::is_over);
        self.pool().read("list the signals of", |link| {
            let mut wanted = if is_over {
                let mut wanted = Wanted { conditions: vec!["ended IS NOT NULL".to_owned()], values: Vec::new() };
                let state = filter.state.map_or("", SignalState::as_str);
                wanted.and("state = ?", &[Value::Text(state)]);
                wanted.below(filter.locality.as_deref(), below.as_ref());
                wanted.filtered(filter);
                wanted
            } else {
                Wanted::open(filter, below.as_ref(), now)
            };
            if let Some(BoardCursor { level, at, id }) = after {
                let (at, id) = (Value::Int(*at), Value::Text(id));
                if is_over {
                    wanted.and("(ended, id) < (?, ?)", &[at, id]);
                } else {
                    let place = format!("(-level, coalesce(deadline, {NO_DEADLINE}), id) > (?, ?, ?)");
                    wanted.and(&place, &[Value::Int(-level), at, id]);
                }
            }
            let order =
                if is_over { "ended DESC, id DESC" } else { "-level, coalesce(deadline, 9223372036854775807), id" };
            wanted.values.push(count.min(PAGE_COUNT_MAX).into());
            let page = format!(
                "SELECT {SIGNAL} FROM signal WHERE {} ORDER BY {order} LIMIT ${}",
                wanted.text(),
                wanted.values.len()
            );
            Ok(link.query(&page, &wanted.values)?.into_iter().map(read).collect::<Result<_, _>>()?)
        })
    }

    /// How many open signals of a filter there are, in all and divided in each way; of each way those rows that count the
    /// most, at most [`GROUP_ROWS_COUNT_MAX`] but for places. States that are over have none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn open_groups(&self, filter: &BoardFilter, now: Timestamp) -> Result<Vec<OpenGroup>, StoreError> {
        let below = ends(filter.locality.as_ref());
        self.pool().read("count the signals of", |link| {
            let mut wanted = Wanted::open(filter, below.as_ref(), now);
            wanted.values.push(Value::Int(now.as_microsecond()));
            let late = wanted.values.len();
            let counts = "count(*) AS n, count(CASE WHEN late = 1 THEN 1 END), \
                          count(CASE WHEN state = 'acknowledged' THEN 1 END), count(CASE WHEN level = 0 THEN 1 END), \
                          count(CASE WHEN level = 1 THEN 1 END), count(CASE WHEN level = 2 THEN 1 END), \
                          count(CASE WHEN level = 3 THEN 1 END)";
            let ways = [
                (1, "code", "''", GROUP_ROWS_COUNT_MAX),
                (2, "kind", "''", GROUP_ROWS_COUNT_MAX),
                (3, "locality", "''", PLACES_COUNT_MAX),
                (4, "sort", "subject", GROUP_ROWS_COUNT_MAX),
                (5, "coalesce(responsible, '')", "''", GROUP_ROWS_COUNT_MAX),
            ];
            let mut all = format!(
                "WITH open AS MATERIALIZED (SELECT code, kind, locality, sort, subject, responsible, state, level, \
                 CASE WHEN deadline < ${late} THEN 1 ELSE 0 END AS late FROM signal WHERE {}) \
                 SELECT 0, '', '', {counts} FROM open",
                wanted.text()
            );
            for (way, key, subject, most) in ways {
                // What is about one thing stands for itself: only what is about a kind, a case is no thing of others.
                let only = if way == 4 { "WHERE sort <> 'case'" } else { "" };
                let _ = write!(
                    all,
                    " UNION ALL SELECT * FROM (SELECT {way}, {key} AS k, {subject} AS s, {counts} FROM open {only} \
                     GROUP BY k, s ORDER BY n DESC, k, s LIMIT {most}) AS way_{way}"
                );
            }
            Ok(link.query(&all, &wanted.values)?.into_iter().map(read_group).collect::<Result<_, _>>()?)
        })
    }

    /// How signals of a locality and all below that were issued from one moment until another went through the loop. Those
    /// that were over by themselves when they were issued, of disputes told late, nobody could handle: they are left out.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn loop_tallies(
        &self,
        locality: Option<&str>,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<LoopTally>, StoreError> {
        let top = locality.map(str::to_owned);
        let below = ends(top.as_ref());
        self.pool().read("count the signals of", |link| {
            let mut wanted = Wanted { conditions: vec!["expires > issued".to_owned()], values: Vec::new() };
            wanted.and("issued >= ?", &[Value::Int(from.as_microsecond())]);
            wanted.and("issued < ?", &[Value::Int(until.as_microsecond())]);
            wanted.below(top.as_deref(), below.as_ref());
            let all = format!(
                "SELECT code, state, {} AS a, {} AS e, count(*) FROM signal WHERE {} GROUP BY code, state, a, e \
                 ORDER BY code, state, a, e LIMIT {LOOP_ROWS_COUNT_MAX}",
                bucket("acknowledged - issued"),
                bucket("ended - issued"),
                wanted.text()
            );
            Ok(link.query(&all, &wanted.values)?.into_iter().map(read_tally).collect::<Result<_, _>>()?)
        })
    }
}

/// The bucket of a number of microseconds; none is -1.
fn bucket(micros: &str) -> String {
    let mut all = format!("CASE WHEN {micros} IS NULL THEN -1");
    for (at, hours) in BUCKET_HOURS.iter().enumerate() {
        let _ = write!(all, " WHEN {micros} <= {} THEN {at}", i64::from(*hours) * MICROS_OF_HOUR);
    }
    let _ = write!(all, " ELSE {} END", BUCKET_HOURS.len());
    all
}

fn read_group(mut row: Row) -> Result<OpenGroup, Fault> {
    let by = match row.int()? {
        0 => OpenBy::All,
        1 => OpenBy::Signal,
        2 => OpenBy::Kind,
        3 => OpenBy::Locality,
        4 => OpenBy::Subject,
        5 => OpenBy::Responsible,
        _ => return Err(Fault::Shape),
    };
    let (key, subject) = (row.text()?, row.text()?);
    let (open, overdue, acknowledged) = (row.int()?, row.int()?, row.int()?);
    let levels = [row.int()?, row.int()?, row.int()?, row.int()?];
    Ok(OpenGroup { by, key, subject, open, overdue, acknowledged, levels })
}

fn read_tally(mut row: Row) -> Result<LoopTally, Fault> {
    let (code, state) = (row.text()?, SignalState::of(&row.text()?).ok_or(Fault::Shape)?);
    let mut bucket = || Ok::<_, Fault>(u8::try_from(row.int()?).ok());
    let (acknowledged, ended) = (bucket()?, bucket()?);
    Ok(LoopTally { code, state, acknowledged, ended, count: row.int()? })
}
