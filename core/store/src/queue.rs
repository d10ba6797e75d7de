//! The station desk: how many disputes wait and for how long, how many people there are with which skills, which plan was
//! the last.

use jiff::Timestamp;

use crate::{
    Acceptance, Dispute, LeaveDays, PAGE_COUNT_MAX, PlanRecord, Store, StoreError,
    activation::moment,
    dispute::{DISPUTE, WAITING_INDEX, read_dispute, waiting_words},
    plan::acceptance,
    roster::read_days,
    sql::{Fault, Row, Value},
    together::rows_of_some,
};

/// Rows of people who can the same and are away on the same days; those of which there are the most are told.
const PEOPLE_ROWS_COUNT_MAX: u32 = 10_000;

/// Disputes that wait for a mediator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many.
    pub waiting: i64,
    /// When the one was registered that waits the longest.
    pub first: Option<Timestamp>,
    /// When those were registered that stand in the middle: one, or two of an even number.
    pub middle: Vec<Timestamp>,
}

/// People who can the same and are away on the same days, as a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Their skills.
    pub skills: Vec<String>,
    /// Their languages.
    pub languages: Vec<String>,
    /// When they are away.
    pub leave: Vec<LeaveDays>,
    /// How many.
    pub count: i64,
    /// How many disputes they can have open together.
    pub capacity: i64,
}

/// People of one station who are away on the same days, as a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The station.
    pub station: String,
    /// When they are away.
    pub leave: Vec<LeaveDays>,
    /// How many.
    pub count: i64,
    /// How many disputes they can have open together.
    pub capacity: i64,
}

/// In a locality or below, as one run of an index.
const BELOW: &str = "locality >= $1 AND locality < $3 AND (locality = $1 OR locality >= $2)";

fn ends(locality: &str) -> [String; 2] {
    [format!("{locality}/"), format!("{locality}0")]
}

impl Store {
    /// How many disputes of a locality and all below wait for a mediator, and since when.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn queue(&self, locality: &str) -> Result<Queue, StoreError> {
        let [first, end] = ends(locality);
        self.pool().read("count the waiting disputes of", |link| {
            let by = link.dialect().by(WAITING_INDEX);
            let waits = format!("FROM dispute {by} WHERE stage IN ({}) AND {BELOW}", waiting_words());
            let at = [locality, &first, &end].map(Value::Text);
            let all = format!("SELECT count(*), min(registered) {waits}");
            let Some(mut row) = link.first(&all, &at)? else { return Err(Fault::Shape.into()) };
            let (waiting, first) = (row.int()?, row.may_int()?.map(moment).transpose()?);
            if waiting == 0 {
                return Ok(Queue::default());
            }
            let (skip, take) = ((waiting - 1) / 2, 2 - waiting % 2);
            let some = format!("SELECT registered {waits} ORDER BY registered LIMIT $4 OFFSET $5");
            let rows = link.query(&some, &[&at[..], &[Value::Int(take), Value::Int(skip)]].concat())?;
            let middle = rows.into_iter().map(|mut row| moment(row.int()?)).collect::<Result<_, Fault>>()?;
            Ok(Queue { waiting, first, middle })
        })
    }

    /// Disputes of a locality and all below that wait for a mediator, those first that were registered first, at most
    /// `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn queue_first(&self, locality: &str, count: u32) -> Result<Vec<Dispute>, StoreError> {
        let [first, end] = ends(locality);
        self.pool().read("list the waiting disputes of", |link| {
            let some = format!(
                "SELECT {DISPUTE} FROM dispute {} WHERE stage IN ({}) AND {BELOW} ORDER BY registered, id LIMIT $4",
                link.dialect().by(WAITING_INDEX),
                waiting_words()
            );
            let values =
                [Value::Text(locality), Value::Text(&first), Value::Text(&end), count.min(PAGE_COUNT_MAX).into()];
            Ok(link.query(&some, &values)?.into_iter().map(read_dispute).collect::<Result<_, _>>()?)
        })
    }

    /// The people of a locality's stations and of all below, counted by what they can and when they are away.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn people(&self, locality: &str) -> Result<Vec<Alike>, StoreError> {
        let [first, end] = ends(locality);
        let all = "SELECT skills, languages, leave_days, count(*) AS n, cast(sum(capacity) AS BIGINT) FROM mediator \
                   WHERE station IN (SELECT id FROM station WHERE locality = $1 OR (locality >= $2 AND locality < $3)) \
                   GROUP BY skills, languages, leave_days ORDER BY n DESC, skills, languages, leave_days LIMIT $4";
        self.pool().read("count the mediators of", |link| {
            let at = [Value::Text(locality), Value::Text(&first), Value::Text(&end), PEOPLE_ROWS_COUNT_MAX.into()];
            let words = |text: String| text.lines().map(str::to_owned).collect();
            let read = |mut row: Row| {
                Ok(Alike {
                    skills: words(row.text()?),
                    languages: words(row.text()?),
                    leave: read_days(&row.text()?)?,
                    count: row.int()?,
                    capacity: row.int()?,
                })
            };
            Ok(link.query(all, &at)?.into_iter().map(read).collect::<Result<_, Fault>>()?)
        })
    }

    /// The people of these stations, counted by when they are away: at most so many counts, and never a person.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn staff(&self, stations: &[&str], most: usize) -> Result<Vec<Staff>, StoreError> {
        let select =
            "SELECT station, leave_days, count(*), cast(sum(capacity) AS BIGINT) FROM mediator WHERE station IN";
        let rest = format!("GROUP BY station, leave_days ORDER BY station, leave_days LIMIT {most}");
        self.pool().read("count the mediators of", |link| {
            let rows = rows_of_some(link, (select, &rest), stations, most)?;
            let read = |mut row: Row| {
                let (station, leave) = (row.text()?, read_days(&row.text()?)?);
                Ok(Staff { station, leave, count: row.int()?, capacity: row.int()? })
            };
            Ok(rows.into_iter().map(read).collect::<Result<_, Fault>>()?)
        })
    }

    /// The last plan that was proposed for exactly this locality, and whether it was accepted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn plan_latest(&self, locality: &str) -> Result<Option<(PlanRecord, Option<Acceptance>)>, StoreError> {
        self.pool().read("read a plan from", |link| {
            let one = "SELECT id, at, actor, locality, question, body FROM plan WHERE locality = $1 \
                       ORDER BY at DESC, id DESC LIMIT 1";
            let Some(row) = link.first(one, &[Value::Text(locality)])? else { return Ok(None) };
            let plan = crate::plan::read(row)?;
            let accepted = acceptance(link, &plan.id)?;
            Ok(Some((plan, accepted)))
        })
    }
}
