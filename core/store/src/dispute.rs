//! The life of disputes: events as they came, where each dispute stands, and what is counted of all of them.
//!
//! Events are kept for ever and never changed; where a dispute stands and what it adds to the figures is worked out anew
//! from its events whenever one comes, and the difference is added. So figures never drift from the events.

mod chosen;
mod count;
mod course;
mod load;
mod look;
mod monthly;
mod open;
mod rows;
mod taken;

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::Offset};
use maple_insight::{
    figures::{Measure, Month},
    life::{Committee, EventType, Happening, Stage, Standing},
};

use crate::{
    FACTS_BYTES_MAX, PAGE_COUNT_MAX, REFERENCE_BYTES_MAX, Store, StoreError, bounded,
    pool::Done,
    sql::{Fault, Link, Value},
};
pub use chosen::{Scene, Sought};
pub use count::{COUNTED_COUNT_MAX, Common, Counting};
pub use course::Walked;
pub use load::{OPEN_STAGES, StationLoad, WAITING_STAGES};
pub(crate) use load::{WAITING_INDEX, waiting_words};
pub(crate) use look::recount;
pub use look::{LATER_COUNT_MAX, LATER_SUITS_DAYS, Later, Look};
use open::ALL_KINDS;
pub(crate) use rows::{DISPUTE, read_dispute};
use rows::{EVENT, read_event, read_tally};

/// What is known of a dispute from its registration. No name, no address: references are hashes with a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The locality.
    pub locality: String,
    /// The kind.
    pub kind: String,
    /// Where it came from.
    pub origin: String,
    /// The organisation that it is about.
    pub organisation: Option<String>,
    /// The place that it is about.
    pub place: Option<String>,
    /// The project that it is about.
    pub project: Option<String>,
    /// The decision that routed it.
    pub decision: Option<String>,
    /// What its registration says of the case beside, as JSON, at most [`FACTS_BYTES_MAX`]; it stands with the event alone.
    pub facts: Option<String>,
}

/// Who has a dispute, and in which channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// The station.
    pub station: Option<String>,
    /// The mediator, by a pseudonymous id.
    pub mediator: Option<String>,
    /// The channel.
    pub channel: Option<String>,
    /// The class of the committee.
    pub committee: Option<Committee>,
}

/// One event, as it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    /// Who says so.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// The dispute.
    pub dispute: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
    /// What is known of the dispute, where this is its registration.
    pub about: Option<About>,
    /// Who has it, where the event says so.
    pub desk: Desk,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It counts; where the dispute stands with it.
    Applied(Option<Stage>),
    /// It is kept, and counts once what must come before it has come; where the dispute stands, and what may happen there.
    Waiting(Option<Stage>, Vec<EventType>),
    /// It was there before.
    Duplicate,
    /// Another event of this source has its id.
    Conflict,
    /// It cannot have happened; where the dispute stood, what may happen there, and whether it was a step of mediation
    /// after a refusal.
    Impossible(Option<Stage>, Vec<EventType>, bool),
    /// What is known to have happened later could not have happened with it.
    Contradicted(EventType, Timestamp),
    /// The dispute has so many events already, and one of this type is not taken after them. See [`EVENTS_COUNT_MAX`].
    Full(usize),
}

/// An event, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// The event.
    pub event: CaseEvent,
    /// When it was received.
    pub received: Timestamp,
    /// What became of it.
    pub standing: Standing,
}

/// The place of an event in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// When it was received.
    pub received: Timestamp,
    /// Who said so.
    pub source: String,
    /// Its id there.
    pub id: String,
}

/// A dispute, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: String,
    /// What is known of it; nothing before it is registered.
    pub about: Option<About>,
    /// Who has it.
    pub desk: Desk,
    /// Where it stands.
    pub stage: Option<Stage>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it was registered.
    pub registered: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
}

/// Which disputes are asked for; what is left out says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisputeFilter {
    /// Of this locality and all below.
    pub locality: Option<String>,
    /// At this stage.
    pub stage: Option<Stage>,
    /// After this id.
    pub after: Option<String>,
}

/// A count of a place, a kind and a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallied {
    /// The place; what lies below it is counted with it.
    pub locality: String,
    /// The month.
    pub month: Month,
    /// What is counted.
    pub measure: Measure,
    /// Its bucket.
    pub bucket: u8,
    /// How many.
    pub count: i64,
}

/// What a map asks about.
#[derive(Clone, Debug)]
pub struct MapAsked<'a> {
    /// The place of which each month and each kind is told.
    pub place: &'a str,
    /// One kind, or all together.
    pub kind: Option<&'a str>,
    /// From one month to another, both included.
    pub period: (Month, Month),
    /// The places whose months are told together.
    pub places: &'a [&'a str],
    /// The same of an earlier period.
    pub before: Option<(&'a [&'a str], (Month, Month))>,
}

/// What a map shows, as counts.
#[derive(Clone, Debug)]
pub struct MapTallies {
    /// Of the places, each count in the first month.
    pub places: Vec<Tallied>,
    /// Of the place, month by month.
    pub months: Vec<Tallied>,
    /// Of the places of the earlier period.
    pub before: Option<Vec<Tallied>>,
    /// Disputes that came to the place, by kind.
    pub kinds: Vec<(String, i64)>,
}

/// What decides with whom a dispute stands, beside its events.
pub(crate) struct Terms<'a> {
    pub(crate) received: Timestamp,
    pub(crate) offset: Offset,
    /// Whether parties may refuse mediation there.
    pub(crate) voluntary: &'a (dyn Fn(&str) -> bool + Sync),
}

impl CaseEvent {
    fn check(&self) -> Result<(), StoreError> {
        let about = self.about.iter().flat_map(|about| {
            let words = [Some(&about.locality), Some(&about.kind), Some(&about.origin)];
            words
                .into_iter()
                .chain([&about.organisation, &about.place, &about.project, &about.decision].map(Option::as_ref))
        });
        let desk = [&self.desk.station, &self.desk.mediator, &self.desk.channel].map(Option::as_ref);
        let facts = self.about.as_ref().and_then(|about| about.facts.as_ref());
        facts.map_or(Ok(()), |facts| bounded("what is known of a case", facts, FACTS_BYTES_MAX))?;
        let own = [Some(&self.source), Some(&self.id), Some(&self.dispute)];
        about.chain(desk).chain(own).flatten().try_for_each(|word| bounded("a reference", word, REFERENCE_BYTES_MAX))
    }
}

impl Store {
    /// A dispute and its events, in the order of their times; nothing when none is known.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn dispute(&self, id: &str) -> Result<Option<(Dispute, Vec<EventRecord>)>, StoreError> {
        self.pool().read("read a dispute from", |link| {
            let one = format!("SELECT {DISPUTE} FROM dispute WHERE id = $1");
            let Some(row) = link.first(&one, &[Value::Text(id)])? else { return Ok(None) };
            let all = format!("SELECT {EVENT} FROM event WHERE dispute = $1 ORDER BY at, received, source, id");
            let events = link.query(&all, &[Value::Text(id)])?;
            let events = events.into_iter().map(read_event).collect::<Result<_, _>>()?;
            Ok(Some((read_dispute(row)?, events)))
        })
    }

    /// Where disputes lie, of those that are known; none where one is known and not registered.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn localities_of(&self, ids: &[&str]) -> Result<BTreeMap<String, Option<String>>, StoreError> {
        let one = "SELECT id, locality FROM dispute WHERE id = $1";
        self.pool().read_soon("read disputes from", |link| {
            let mut found = BTreeMap::new();
            for id in ids {
                if let Some(mut row) = link.first(one, &[Value::Text(id)])? {
                    found.insert(row.text()?, row.may_text()?);
                }
            }
            Ok(found)
        })
    }

    /// Disputes of a filter by their ids, at most `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn disputes(&self, filter: &DisputeFilter, count: u32) -> Result<Vec<Dispute>, StoreError> {
        let below = filter.locality.as_ref().map(|top| crate::sql::below(top));
        self.pool().read("list the disputes of", |link| {
            let (mut wanted, mut values) = (vec!["id > $1".to_owned()], Vec::new());
            values.push(Value::Text(filter.after.as_deref().unwrap_or_default()));
            if let (Some(top), Some([first, end])) = (&filter.locality, &below) {
                let at = values.len();
                wanted.push(format!(
                    "(locality = ${} OR (locality >= ${} AND locality < ${}))",
                    at + 1,
                    at + 2,
                    at + 3
                ));
                values.extend([Value::Text(top), Value::Text(first), Value::Text(end)]);
            }
            if let Some(stage) = filter.stage {
                wanted.push(format!("stage = ${}", values.len() + 1));
                values.push(Value::Text(stage.as_str()));
            }
            values.push(count.min(PAGE_COUNT_MAX).into());
            let page = format!(
                "SELECT {DISPUTE} FROM dispute WHERE {} ORDER BY id LIMIT ${}",
                wanted.join(" AND "),
                values.len()
            );
            Ok(link.query(&page, &values)?.into_iter().map(read_dispute).collect::<Result<_, _>>()?)
        })
    }

    /// Events in the order in which they came, at most `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn events(&self, after: Option<&EventCursor>, count: u32) -> Result<Vec<EventRecord>, StoreError> {
        self.pool().read("list the events of", |link| {
            let count = Value::from(count.min(PAGE_COUNT_MAX));
            let rows = match after {
                None => {
                    link.query(&format!("SELECT {EVENT} FROM event ORDER BY received, source, id LIMIT $1"), &[count])?
                }
                Some(EventCursor { received, source, id }) => link.query(
                    &format!(
                        "SELECT {EVENT} FROM event WHERE (received, source, id) > ($1, $2, $3) \
                         ORDER BY received, source, id LIMIT $4"
                    ),
                    &[Value::Int(received.as_microsecond()), Value::Text(source), Value::Text(id), count],
                )?,
            };
            Ok(rows.into_iter().map(read_event).collect::<Result<_, _>>()?)
        })
    }

    /// What is counted of these places from one month to another, both included; of one kind, or of all together.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn tallies(
        &self,
        places: &[&str],
        kind: Option<&str>,
        period: (Month, Month),
    ) -> Result<Vec<Tallied>, StoreError> {
        self.pool().read("read the figures of", |link| tallies(link, places, kind, period))
    }

    /// The first month of which anything is counted in a place; nothing where nothing is.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn first_month(&self, place: &str) -> Result<Option<Month>, StoreError> {
        let first = "SELECT month FROM tally WHERE locality = $1 AND kind = $2 AND measure = $3 AND count > 0 \
                     ORDER BY month LIMIT 1";
        self.pool().read_soon("read the figures of", |link| {
            let values = [Value::Text(place), Value::Text(ALL_KINDS), Value::Text(Measure::Registered.as_str())];
            let row = link.first(first, &values)?;
            let number = row.map(|mut row| row.int()).transpose()?;
            Ok(number.and_then(|number| i32::try_from(number).ok()).and_then(Month::of_number))
        })
    }

    /// What a map shows, all of it as of one moment: what adds up does, whoever writes meanwhile.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn map_tallies(&self, asked: &MapAsked<'_>) -> Result<MapTallies, StoreError> {
        let MapAsked { place, kind, period, places, before } = asked;
        self.pool().read_at_once("read the figures of", |link| {
            let earlier = before.as_ref().map(|(places, period)| together(link, places, *kind, *period));
            Ok(MapTallies {
                before: earlier.transpose()?,
                places: together(link, places, *kind, *period)?,
                months: tallies(link, &[*place], *kind, *period)?,
                kinds: by_kind(link, place, Measure::Registered, *period)?,
            })
        })
    }

    /// What is counted of one place by kind, all months from one to another together.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn tallies_by_kind(
        &self,
        place: &str,
        measure: Measure,
        period: (Month, Month),
    ) -> Result<Vec<(String, i64)>, StoreError> {
        self.pool().read("read the figures of", |link| by_kind(link, place, measure, period))
    }
}

fn tallies(link: &mut dyn Link, places: &[&str], kind: Option<&str>, (from, to): (Month, Month)) -> Done<Vec<Tallied>> {
    let some = "SELECT locality, month, measure, bucket, count FROM tally WHERE locality = $1 AND kind = $2 \
                AND month BETWEEN $3 AND $4 AND count <> 0 ORDER BY month, measure, bucket";
    let kind = kind.unwrap_or(ALL_KINDS);
    let mut all = Vec::new();
    for place in places {
        let [from, to] = [from, to].map(|month| Value::Int(month.number().into()));
        for row in link.query(some, &[Value::Text(place), Value::Text(kind), from, to])? {
            all.extend(read_tally(row)?);
        }
    }
    Ok(all)
}

/// The same with all months together, each count in the first of them: far fewer rows where months do not matter.
fn together(
    link: &mut dyn Link,
    places: &[&str],
    kind: Option<&str>,
    (from, to): (Month, Month),
) -> Done<Vec<Tallied>> {
    let some = "SELECT measure, bucket, CAST(sum(count) AS BIGINT) FROM tally WHERE locality = $1 AND kind = $2 \
                AND month BETWEEN $3 AND $4 GROUP BY measure, bucket HAVING sum(count) <> 0";
    let kind = kind.unwrap_or(ALL_KINDS);
    let mut all = Vec::new();
    for place in places {
        let [first, last] = [from, to].map(|month| Value::Int(month.number().into()));
        for mut row in link.query(some, &[Value::Text(place), Value::Text(kind), first, last])? {
            let Some(measure) = Measure::of(&row.text()?) else { continue };
            let (bucket, count) = (u8::try_from(row.int()?).map_err(|_| Fault::Shape)?, row.int()?);
            all.push(Tallied { locality: (*place).to_owned(), month: from, measure, bucket, count });
        }
    }
    Ok(all)
}

/// What is counted of one place by kind, all months from one to another together.
fn by_kind(link: &mut dyn Link, place: &str, measure: Measure, (from, to): (Month, Month)) -> Done<Vec<(String, i64)>> {
    let some = "SELECT kind, CAST(sum(count) AS BIGINT) FROM tally WHERE locality = $1 AND kind <> '' \
                AND month BETWEEN $2 AND $3 AND measure = $4 GROUP BY kind ORDER BY kind";
    let [from, to] = [from, to].map(|month| Value::Int(month.number().into()));
    let rows = link.query(some, &[Value::Text(place), from, to, Value::Text(measure.as_str())])?;
    Ok(rows.into_iter().map(|mut row| Ok((row.text()?, row.int()?))).collect::<Result<_, Fault>>()?)
}

/// Adds a condition; each `?` becomes the place of the next value.
pub(crate) fn and<'a>(wanted: &mut Vec<String>, values: &mut Vec<Value<'a>>, condition: &str, given: &[&'a str]) {
    let mut written = String::new();
    for (at, part) in condition.split('?').enumerate() {
        if at > 0 {
            written += &format!("${}", values.len() + at);
        }
        written += part;
    }
    wanted.push(written);
    values.extend(given.iter().map(|value| Value::Text(value)));
}
