//! Who there is to take cases up: stations and mediators by pseudonymous ids, never a name. A row is replaced whole.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use crate::{
    REFERENCE_BYTES_MAX, Store, StoreError,
    activation::moment,
    bounded,
    pool::Done,
    sql::{Fault, Link, Lock, Row, Value},
    together::rows_of,
};

/// Length of each list of a mediator, as it is kept.
const LIST_BYTES_MAX: usize = 64 << 10;
const MEDIATOR: &str =
    "id, station, skills, languages, kinds, capacity, plan_max, cadence_days, leave_days, conflicts, changed";

/// A place where people work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its id.
    pub id: String,
    /// It serves this locality and everything below it.
    pub locality: String,
    /// Since when it stands so.
    pub changed: Timestamp,
}

/// A run of days, both ends included.
pub type LeaveDays = (Date, Date);

/// Somebody who takes cases up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mediator {
    /// The id; never a name.
    pub id: String,
    /// The station.
    pub station: String,
    /// Skills, as words.
    pub skills: Vec<String>,
    /// Languages, as words.
    pub languages: Vec<String>,
    /// Patterns of kinds; none covers everything.
    pub kinds: Vec<String>,
    /// Cases open at a time; 0 takes none.
    pub capacity: u16,
    /// Cases of one plan.
    pub plan_max: Option<u16>,
    /// Days from one closing to the next.
    pub cadence_days: u16,
    /// Days on which nothing is taken up.
    pub leave: Vec<LeaveDays>,
    /// Hashes of the cases and organisations that the person must have nothing to do with.
    pub conflicts: Vec<String>,
    /// Since when the row stands so: what is said of an earlier time does not change it.
    pub changed: Timestamp,
}

/// Stations and their mediators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Stations, by id.
    pub stations: Vec<Station>,
    /// Mediators, by id.
    pub mediators: Vec<Mediator>,
}

/// What somebody says of a mediator's capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityNotice {
    /// Who says so.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// Whose capacity.
    pub mediator: String,
    /// The station, where that is said; it must be the mediator's own.
    pub station: Option<String>,
    /// From when on.
    pub at: Timestamp,
    /// Cases open at a time.
    pub capacity: u16,
    /// Days of leave, in the place of those before; none leaves them as they are.
    pub leave: Option<Vec<LeaveDays>>,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// The row says so now.
    Applied,
    /// It is kept; what the row says was said of a later time.
    Late,
    /// It was there before.
    Duplicate,
    /// Another notice of this source has its id.
    Conflict,
    /// There is no such mediator at that station; it is not kept.
    Unknown,
}

impl Mediator {
    fn check(&self) -> Result<(), StoreError> {
        bounded("an id", &self.id, REFERENCE_BYTES_MAX)?;
        let lists = [&self.skills, &self.languages, &self.kinds, &self.conflicts];
        lists.into_iter().try_for_each(|list| bounded("a list of a mediator", &list.join("\n"), LIST_BYTES_MAX))?;
        bounded("the leave of a mediator", &days(&self.leave), LIST_BYTES_MAX)
    }
}

impl Store {
    /// Puts rows in the place of those with their ids, all or none.
    ///
    /// # Errors
    ///
    /// When a text is too long, or the database cannot be written.
    pub fn roster_put(&self, roster: &Roster) -> Result<(), StoreError> {
        roster.stations.iter().try_for_each(|station| bounded("an id", &station.id, REFERENCE_BYTES_MAX))?;
        roster.mediators.iter().try_for_each(Mediator::check)?;
        self.pool().write("write the roster of", |link| {
            link.serialise(Lock::Roster)?;
            let put = "INSERT INTO station (id, locality, changed) VALUES ($1, $2, $3) \
                       ON CONFLICT (id) DO UPDATE SET locality = $2, changed = $3";
            for Station { id, locality, changed } in &roster.stations {
                let values = [Value::Text(id), Value::Text(locality), Value::Int(changed.as_microsecond())];
                link.execute(put, &values)?;
            }
            roster.mediators.iter().try_for_each(|mediator| put_mediator(link, mediator))
        })
    }

    /// Stations of a locality and all below, or of everywhere, by their ids after one, at most `count`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stations(&self, locality: Option<&str>, after: &str, count: u32) -> Result<Vec<Station>, StoreError> {
        self.pool().read("list the stations of", |link| {
            let rows = match locality {
                None => link.query(
                    "SELECT id, locality, changed FROM station WHERE id > $1 ORDER BY id LIMIT $2",
                    &[Value::Text(after), count.into()],
                )?,
                Some(top) => {
                    let [first, end] = crate::sql::below(top);
                    let some = "SELECT id, locality, changed FROM station WHERE id > $1 AND (locality = $2 \
                                OR (locality >= $3 AND locality < $4)) ORDER BY id LIMIT $5";
                    let values = [after, top, &first, &end].map(Value::Text);
                    link.query(some, &[&values[..], &[count.into()]].concat())?
                }
            };
            Ok(rows.into_iter().map(read_station).collect::<Result<_, _>>()?)
        })
    }

    /// Stations of exactly these localities, by their ids, at most `count`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stations_at(&self, localities: &[&str], count: u32) -> Result<Vec<Station>, StoreError> {
        let some = "SELECT id, locality, changed FROM station WHERE locality = $1 ORDER BY id LIMIT $2";
        self.pool().read("list the stations of", |link| {
            let mut found = Vec::new();
            for locality in localities {
                let rows = link.query(some, &[Value::Text(locality), count.into()])?;
                found.extend(rows.into_iter().map(read_station).collect::<Result<Vec<_>, _>>()?);
            }
            found.sort_by(|a: &Station, b| a.id.cmp(&b.id));
            found.truncate(usize::try_from(count).unwrap_or(usize::MAX));
            Ok(found)
        })
    }

    /// The rows of these ids that there are.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn roster_of(&self, stations: &[&str], mediators: &[&str]) -> Result<Roster, StoreError> {
        self.pool().read("read the roster of", |link| {
            let mut roster = Roster::default();
            for id in stations {
                let one = "SELECT id, locality, changed FROM station WHERE id = $1";
                let row = link.first(one, &[Value::Text(id)])?;
                roster.stations.extend(row.map(read_station).transpose()?);
            }
            roster.mediators = mediators_of(link, mediators)?;
            Ok(roster)
        })
    }

    /// Mediators of these stations, by their ids, at most `count`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn mediators_at(&self, stations: &[&str], count: u32) -> Result<Vec<Mediator>, StoreError> {
        let some = format!("SELECT {MEDIATOR} FROM mediator WHERE station = $1 ORDER BY id LIMIT $2");
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        self.pool().read("list the mediators of", |link| {
            let mut found: Vec<Mediator> = Vec::new();
            for station in stations {
                let rows = link.query(&some, &[Value::Text(station), count.into()])?;
                found.extend(rows.into_iter().map(read_mediator).collect::<Result<Vec<_>, _>>()?);
                if found.len() > most {
                    break;
                }
            }
            found.sort_by(|a, b| a.id.cmp(&b.id));
            found.truncate(most);
            Ok(found)
        })
    }

    /// Takes notices of capacity, all in one transaction; what becomes of each.
    ///
    /// # Errors
    ///
    /// When a text is too long, or the database cannot be written.
    pub fn take_notices(&self, notices: &[CapacityNotice], received: Timestamp) -> Result<Vec<Noted>, StoreError> {
        for CapacityNotice { source, id, mediator, leave, .. } in notices {
            [source, id, mediator]
                .into_iter()
                .try_for_each(|word| bounded("a reference", word, REFERENCE_BYTES_MAX))?;
            bounded("the leave of a mediator", &days(leave.as_deref().unwrap_or_default()), LIST_BYTES_MAX)?;
        }
        self.pool().write("take notices into", |link| {
            link.serialise(Lock::Roster)?;
            notices.iter().map(|notice| take(link, notice, received)).collect()
        })
    }
}

fn take(link: &mut dyn Link, notice: &CapacityNotice, received: Timestamp) -> Done<Noted> {
    let CapacityNotice { source, id, mediator: whose, station, at, capacity, leave } = notice;
    let body = format!("{capacity}\n{}", leave.as_ref().map_or("-".to_owned(), |leave| days(leave)));
    let known = "SELECT mediator, at, body FROM notice WHERE source = $1 AND id = $2";
    if let Some(mut row) = link.first(known, &[Value::Text(source), Value::Text(id)])? {
        let same = (row.text()?, row.int()?, row.text()?) == (whose.clone(), at.as_microsecond(), body);
        return Ok(if same { Noted::Duplicate } else { Noted::Conflict });
    }
    let Some(mut row) = mediator(link, whose)? else { return Ok(Noted::Unknown) };
    if station.as_ref().is_some_and(|station| *station != row.station) {
        return Ok(Noted::Unknown);
    }
    let keep = "INSERT INTO notice (source, id, mediator, at, received, body) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        Value::Text(source),
        Value::Text(id),
        Value::Text(whose),
        Value::Int(at.as_microsecond()),
        Value::Int(received.as_microsecond()),
        Value::Text(&body),
    ];
    link.execute(keep, &values)?;
    if *at < row.changed {
        return Ok(Noted::Late);
    }
    (row.capacity, row.changed) = (*capacity, *at);
    if let Some(leave) = leave {
        row.leave.clone_from(leave);
    }
    put_mediator(link, &row)?;
    Ok(Noted::Applied)
}

/// The rows of these mediators that there are, by their ids.
pub(crate) fn mediators_of(link: &mut dyn Link, ids: &[&str]) -> Result<Vec<Mediator>, Fault> {
    let rows = rows_of(link, &format!("SELECT {MEDIATOR} FROM mediator WHERE id IN"), ids)?;
    let found = rows.into_iter().map(|row| read_mediator(row).map(|row| (row.id.clone(), row)));
    Ok(found.collect::<Result<BTreeMap<_, _>, _>>()?.into_values().collect())
}

fn mediator(link: &mut dyn Link, id: &str) -> Done<Option<Mediator>> {
    let row = link.first(&format!("SELECT {MEDIATOR} FROM mediator WHERE id = $1"), &[Value::Text(id)])?;
    Ok(row.map(read_mediator).transpose()?)
}

fn put_mediator(link: &mut dyn Link, mediator: &Mediator) -> Done<()> {
    let put = format!(
        "INSERT INTO mediator ({MEDIATOR}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO \
         UPDATE SET station = $2, skills = $3, languages = $4, kinds = $5, capacity = $6, plan_max = $7, \
         cadence_days = $8, leave_days = $9, conflicts = $10, changed = $11"
    );
    let lists = [&mediator.skills, &mediator.languages, &mediator.kinds, &mediator.conflicts];
    let [skills, languages, kinds, conflicts] = lists.map(|list| list.join("\n"));
    let leave = days(&mediator.leave);
    let values = [
        Value::Text(&mediator.id),
        Value::Text(&mediator.station),
        Value::Text(&skills),
        Value::Text(&languages),
        Value::Text(&kinds),
        Value::Int(mediator.capacity.into()),
        mediator.plan_max.map_or(Value::Null, |most| Value::Int(most.into())),
        Value::Int(mediator.cadence_days.into()),
        Value::Text(&leave),
        Value::Text(&conflicts),
        Value::Int(mediator.changed.as_microsecond()),
    ];
    link.execute(&put, &values)?;
    Ok(())
}

/// Runs of days, one on each line.
fn days(leave: &[LeaveDays]) -> String {
    leave.iter().map(|(first, last)| format!("{first}..{last}")).collect::<Vec<_>>().join("\n")
}

pub(crate) fn read_days(text: &str) -> Result<Vec<LeaveDays>, Fault> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| Fault::Shape);
    let run = |line: &str| {
        let (first, last) = line.split_once("..").ok_or(Fault::Shape)?;
        Ok((day(first)?, day(last)?))
    };
    text.lines().map(run).collect()
}

fn read_station(mut row: Row) -> Result<Station, Fault> {
    Ok(Station { id: row.text()?, locality: row.text()?, changed: moment(row.int()?)? })
}

fn read_mediator(mut row: Row) -> Result<Mediator, Fault> {
    let list = |row: &mut Row| Ok::<_, Fault>(row.text()?.lines().map(str::to_owned).collect());
    let small = |number: i64| u16::try_from(number).map_err(|_| Fault::Shape);
    Ok(Mediator {
        id: row.text()?,
        station: row.text()?,
        skills: list(&mut row)?,
        languages: list(&mut row)?,
        kinds: list(&mut row)?,
        capacity: small(row.int()?)?,
        plan_max: row.may_int()?.map(small).transpose()?,
        cadence_days: small(row.int()?)?,
        leave: read_days(&row.text()?)?,
        conflicts: list(&mut row)?,
        changed: moment(row.int()?)?,
    })
}
