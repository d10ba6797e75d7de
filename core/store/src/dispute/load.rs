//! Which disputes wait for somebody, and how many each desk has open.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maple_insight::life::Stage;

use super::{
    Dispute,
    rows::{DISPUTE, read_dispute},
};
use crate::{
    Store, StoreError,
    sql::{Fault, Link, Value},
    together::rows_of,
};

/// A dispute waits for a mediator at these stages: agreed to, given to somebody who has not taken it up, or not
/// taken. Before the parties agreed nobody is looked for; after somebody said yes nobody else is.
pub const WAITING_STAGES: [Stage; 3] = [Stage::Consented, Stage::Declined, Stage::Assigned];
/// A dispute is open on a mediator's desk at these stages: from being given to the end of mediation.
pub const OPEN_STAGES: [Stage; 4] = [Stage::Assigned, Stage::Accepted, Stage::InMediation, Stage::PartlyAgreed];
/// The index of what waits, by its locality.
pub(crate) const WAITING_INDEX: &str = "dispute_waiting";
/// What stands open at a station, but on nobody's desk there.
const UNTAKEN: Stage = Stage::Declined;
/// Given to a station, and nobody there has said that it is taken.
const UNANSWERED_STAGES: [Stage; 2] = [Stage::Assigned, UNTAKEN];

/// What a station has to do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StationLoad {
    /// Disputes, at [`OPEN_STAGES`] or not taken by the mediator.
    pub open: u64,
    /// Disputes of each mediator, at [`OPEN_STAGES`].
    pub by_mediator: BTreeMap<String, u64>,
}

impl Store {
    /// Disputes of a locality and all below that wait for a mediator, by their ids, at most `count`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn waiting(&self, locality: &str, count: u32) -> Result<Vec<Dispute>, StoreError> {
        let [first, end] = [format!("{locality}/"), format!("{locality}0")];
        self.pool().read("list the waiting disputes of", |link| {
            let some = format!(
                "SELECT {DISPUTE} FROM dispute {} WHERE stage IN ({}) \
                 AND locality >= $1 AND locality < $3 AND (locality = $1 OR locality >= $2) ORDER BY id LIMIT $4",
                link.dialect().by(WAITING_INDEX),
                words(&WAITING_STAGES)
            );
            let values = [Value::Text(locality), Value::Text(&first), Value::Text(&end), count.into()];
            Ok(link.query(&some, &values)?.into_iter().map(read_dispute).collect::<Result<_, _>>()?)
        })
    }

    /// The disputes of these ids that are known, in the order of the ids.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn disputes_of(&self, ids: &[&str]) -> Result<Vec<Dispute>, StoreError> {
        self.pool().read("read disputes from", |link| Ok(disputes_of(link, ids)?))
    }

    /// How many disputes each mediator has open, at [`OPEN_STAGES`]; a mediator who has none is left out.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn open_by_mediator(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.open_by("mediator", "dispute_at_mediator", words(&OPEN_STAGES))
    }

    /// How many disputes each station has open, at [`OPEN_STAGES`] or not taken by the mediator; a station that has
    /// none is left out.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn open_by_station(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.open_by("station", "dispute_at_station", format!("{}, {}", words(&OPEN_STAGES), words(&[UNTAKEN])))
    }

    /// What a station has to do now.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn station_load(&self, station: &str) -> Result<StationLoad, StoreError> {
        let all = format!(
            "SELECT stage, mediator, count(*) FROM dispute WHERE station = $1 AND stage IN ({}, {}) \
             GROUP BY stage, mediator",
            words(&OPEN_STAGES),
            words(&[UNTAKEN])
        );
        self.pool().read("count the open disputes of", |link| {
            let mut load = StationLoad::default();
            for mut row in link.query(&all, &[Value::Text(station)])? {
                let (stage, mediator, count) = (row.text()?, row.may_text()?, row.count()?);
                load.open += count;
                if let Some(mediator) = mediator.filter(|_| stage != UNTAKEN.as_str()) {
                    *load.by_mediator.entry(mediator).or_default() += count;
                }
            }
            Ok(load)
        })
    }

    /// Disputes that were given to a station before a moment, and that nobody there has taken up.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn unanswered(&self, station: &str, before: Timestamp) -> Result<u64, StoreError> {
        let some = format!(
            "SELECT count(*) FROM dispute WHERE station = $1 AND stage IN ({}) AND since < $2",
            words(&UNANSWERED_STAGES)
        );
        self.pool().read("count the open disputes of", |link| {
            let values = [Value::Text(station), Value::Int(before.as_microsecond())];
            Ok(link.first(&some, &values)?.ok_or(Fault::Shape)?.count()?)
        })
    }

    fn open_by(&self, whose: &str, index: &str, stages: String) -> Result<BTreeMap<String, u64>, StoreError> {
        self.pool().read("count the open disputes of", |link| {
            let all = format!(
                "SELECT {whose}, count(*) FROM dispute {} WHERE stage IN ({stages}) AND {whose} IS NOT NULL GROUP BY {whose}",
                link.dialect().by(index)
            );
            let rows = link.query(&all, &[])?;
            Ok(rows.into_iter().map(|mut row| Ok((row.text()?, row.count()?))).collect::<Result<_, Fault>>()?)
        })
    }
}

pub(super) fn disputes_of(link: &mut dyn Link, ids: &[&str]) -> Result<Vec<Dispute>, Fault> {
    let rows = rows_of(link, &format!("SELECT {DISPUTE} FROM dispute WHERE id IN"), ids)?;
    let found = rows.into_iter().map(|row| read_dispute(row).map(|dispute| (dispute.id.clone(), dispute)));
    let mut found = found.collect::<Result<BTreeMap<_, _>, _>>()?;
    Ok(ids.iter().filter_map(|id| found.remove(*id)).collect())
}

/// How many disputes each of these mediators has open, at [`OPEN_STAGES`].
pub(super) fn open_of(link: &mut dyn Link, mediators: &[&str]) -> Result<BTreeMap<String, u64>, Fault> {
    let stages = words(&OPEN_STAGES);
    let some = format!("SELECT count(*) FROM dispute WHERE mediator = $1 AND stage IN ({stages})");
    let mut open = BTreeMap::new();
    for mediator in mediators {
        let row = link.first(&some, &[Value::Text(mediator)])?;
        let count = row.ok_or(Fault::Shape)?.count()?;
        open.insert((*mediator).to_owned(), count);
    }
    Ok(open)
}

/// [`WAITING_STAGES`] as a list of SQL, as a partial index has it.
pub(crate) fn waiting_words() -> String {
    words(&WAITING_STAGES)
}

/// Stages as a list of SQL; their words are ours.
fn words(stages: &[Stage]) -> String {
    stages.iter().map(|stage| format!("'{}'", stage.as_str())).collect::<Vec<_>>().join(", ")
}
