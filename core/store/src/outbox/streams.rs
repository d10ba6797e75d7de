//! The streams of what happened, and how far a recipient is in each.

use jiff::Timestamp;

use crate::{
    Activation, Record, Signal, Store, StoreError,
    activation::{self, moment},
    decision,
    log::number,
    pool::Done,
    signal,
    sql::{Fault, Link, Row, Value},
};

/// What the stream of a log of decisions is called begins so.
const DECISIONS: &str = "decision/";

/// What a recipient may hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Decisions that are kept, a stream for each log.
    Decisions,
    /// Signals that are raised, and what becomes of them.
    Signals,
    /// Activations.
    Activations,
}

/// How far somebody is in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The stream.
    pub stream: String,
    /// The number of the last one.
    pub position: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A decision was made.
    Decision(Box<Record>),
    /// A signal was raised, or something became of it: as it was then.
    Signal {
        /// Its number among all changes of signals.
        number: u64,
        /// When it changed.
        at: Timestamp,
        /// True when it was raised.
        new: bool,
        /// The signal.
        signal: Box<Signal>,
    },
    /// Something else serves, or will.
    Activation(Box<Activation>),
}

/// What a recipient was not told yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// The next of it, with where each stands, in the order of each stream.
    pub events: Vec<(Place, Happened)>,
    /// Decisions that were deleted before they could be told.
    pub missed: u64,
}

/// The end of a stream, and how far a recipient is in it.
pub(super) struct End {
    stream: String,
    last: u64,
    position: u64,
}

impl End {
    pub(super) const fn behind(&self) -> u64 {
        self.last.saturating_sub(self.position)
    }
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Activations, Self::Signals, Self::Decisions];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Decisions => "decision",
            Self::Signals => "signal",
            Self::Activations => "activation",
        }
    }

    /// The ends of its streams, and how far a recipient is in each.
    pub(super) fn ends(self, link: &mut dyn Link, target: &str) -> Done<Vec<End>> {
        // Logs by one look each at the index, not at every record.
        let all = match self {
            Self::Decisions => {
                "WITH RECURSIVE logs(log) AS (SELECT min(log) FROM decision UNION ALL \
                 SELECT (SELECT min(log) FROM decision WHERE decision.log > logs.log) FROM logs WHERE logs.log IS NOT NULL) \
                 SELECT 'decision/' || log, (SELECT max(sequence) FROM decision WHERE decision.log = logs.log), \
                 (SELECT position FROM progress WHERE target = $1 AND stream = 'decision/' || logs.log) \
                 FROM logs WHERE log IS NOT NULL"
            }
            Self::Signals => {
                "SELECT 'signal', (SELECT max(number) FROM outbox), \
                 (SELECT position FROM progress WHERE target = $1 AND stream = 'signal')"
            }
            Self::Activations => {
                "SELECT 'activation', (SELECT max(generation) FROM activation), \
                 (SELECT position FROM progress WHERE target = $1 AND stream = 'activation')"
            }
        };
        let read = |mut row: Row| {
            let count = |found: Option<i64>| u64::try_from(found.unwrap_or(0)).map_err(|_| Fault::Shape);
            Ok(End { stream: row.text()?, last: count(row.may_int()?)?, position: count(row.may_int()?)? })
        };
        Ok(link.query(all, &[target.into()])?.into_iter().map(read).collect::<Result<_, Fault>>()?)
    }

    /// Lets a recipient hear what happens from now on.
    pub(super) fn begin(self, link: &mut dyn Link, target: &str) -> Done<()> {
        for End { stream, last, position } in self.ends(link, target)? {
            let place = "INSERT INTO progress (target, stream, position) VALUES ($1, $2, $3) \
                         ON CONFLICT (target, stream) DO UPDATE SET position = $3";
            link.execute(place, &[target.into(), stream.as_str().into(), number(last.max(position))])?;
        }
        Ok(())
    }

    /// Lets a recipient hear no more of it.
    pub(super) fn leave(self, link: &mut dyn Link, target: &str) -> Done<()> {
        let word = self.word();
        // From `decision/` to `decision0` lie all logs.
        let (first, end) = (format!("{word}/"), format!("{word}0"));
        let leave = "DELETE FROM progress WHERE target = $1 AND (stream = $2 OR (stream >= $3 AND stream < $4))";
        link.execute(leave, &[target.into(), word.into(), first.as_str().into(), end.as_str().into()])?;
        Ok(())
    }
}

impl Store {
    /// What a recipient was not told yet of some streams, at most `count`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn deliveries_fresh(&self, target: &str, wanted: &[Stream], count: u32) -> Result<Fresh, StoreError> {
        self.pool().read("read what happened from", |link| {
            let mut fresh = Fresh::default();
            for stream in Stream::ALL.into_iter().filter(|stream| wanted.contains(stream)) {
                for end in stream.ends(link, target)?.iter().filter(|end| end.behind() > 0) {
                    let left = count.saturating_sub(u32::try_from(fresh.events.len()).unwrap_or(u32::MAX));
                    if left > 0 {
                        more(link, stream, end, left, &mut fresh)?;
                    }
                }
            }
            Ok(fresh)
        })
    }
}

fn more(link: &mut dyn Link, of: Stream, end: &End, count: u32, fresh: &mut Fresh) -> Done<()> {
    let (after, count) = (number(end.position), Value::from(count));
    let at = |position: u64| Place { stream: end.stream.clone(), position };
    match of {
        Stream::Activations => {
            let page = format!(
                "SELECT {} FROM activation WHERE generation > $1 ORDER BY generation LIMIT $2",
                activation::COLUMNS
            );
            for row in link.query(&page, &[after, count])? {
                let activation = activation::read(row)?;
                fresh.events.push((at(activation.generation.into()), Happened::Activation(Box::new(activation))));
            }
        }
        Stream::Signals => {
            // One that was noted before a column was added says nothing of it.
            let columns = signal::SIGNAL.split(',').count();
            let page = "SELECT number, at, new, body FROM outbox WHERE number > $1 ORDER BY number LIMIT $2";
            for mut row in link.query(page, &[after, count])? {
                let (number, changed, new) = (row.count()?, moment(row.int()?)?, row.int()? != 0);
                let signal = Box::new(signal::read(Row::of_json(&row.text()?, columns)?)?);
                fresh.events.push((at(number), Happened::Signal { number, at: changed, new, signal }));
            }
        }
        Stream::Decisions => {
            let log = end.stream.strip_prefix(DECISIONS).unwrap_or_default();
            let page = format!(
                "SELECT {} FROM decision WHERE log = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
                decision::COLUMNS
            );
            let rows = link.query(&page, &[log.into(), after, count])?;
            let records = decision::read_all(link, rows)?;
            fresh.missed += records.first().map_or(0, |first| first.sequence - end.position - 1);
            let events = records.into_iter().map(|one| (at(one.sequence), Happened::Decision(Box::new(one))));
            fresh.events.extend(events);
        }
    }
    Ok(())
}
