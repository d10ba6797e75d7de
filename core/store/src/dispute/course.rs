//! How far disputes come, counted at each level of the tree by the month in which they were registered.

use std::collections::BTreeMap;

use maple_insight::figures::{COUNTS_VERSION, Course, Mark, Month};

use super::{
    About, Terms,
    open::{ALL_KINDS, Counts, Open, levels},
};
use crate::{
    Store, StoreError,
    pool::Done,
    sql::{Fault, Link, Lock, Row, Value},
};

/// Disputes that are counted anew in one transaction, where an earlier version counted less of them.
pub(crate) const RECOUNT_COUNT: u32 = 200;

/// A count of the ways of disputes of a place, all months together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The kind; empty for all together.
    pub kind: String,
    /// The channel; empty for all together.
    pub channel: String,
    /// What is counted.
    pub mark: Mark,
    /// Its bucket.
    pub bucket: u8,
    /// How many.
    pub count: i64,
}

/// A place, a month, a kind, a channel, a mark and a bucket.
type Key = (String, Month, String, String, Mark, u8);

/// Counts to be added.
#[derive(Default)]
pub(super) struct WayCounts(BTreeMap<Key, i64>);

impl WayCounts {
    /// Adds what a dispute adds, or takes it away. How mediation ends is counted of each kind as well.
    pub(super) fn add(&mut self, about: &About, way: Option<&(Month, Course)>, sign: i64) {
        let Some((month, course)) = way else { return };
        for ((channel, mark, bucket), count) in course {
            let ends = matches!(mark, Mark::Concluded | Mark::Settled);
            for place in levels(&about.locality) {
                for kind in [Some(ALL_KINDS), ends.then_some(about.kind.as_str())].into_iter().flatten() {
                    let key = (place.to_owned(), *month, kind.to_owned(), channel.clone(), *mark, *bucket);
                    *self.0.entry(key).or_default() += sign * count;
                }
            }
        }
    }

    pub(super) fn save(&self, link: &mut dyn Link) -> Done<()> {
        let add = "INSERT INTO course (locality, month, kind, channel, mark, bucket, count) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (locality, month, kind, channel, mark, bucket) DO UPDATE SET count = course.count + $7";
        for ((place, month, kind, channel, mark, bucket), more) in self.0.iter().filter(|(_, more)| **more != 0) {
            let mark = mark.code();
            let values = [
                Value::Text(place),
                Value::Int(month.number().into()),
                Value::Text(kind),
                Value::Text(channel),
                Value::Text(&mark),
                Value::Int((*bucket).into()),
                Value::Int(*more),
            ];
            link.execute(add, &values)?;
        }
        Ok(())
    }
}

impl Store {
    /// What is counted of the ways of disputes of a place that were registered from one month to another, both included.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn walked(&self, place: &str, (from, to): (Month, Month)) -> Result<Vec<Walked>, StoreError> {
        let some = "SELECT kind, channel, mark, bucket, CAST(sum(count) AS BIGINT) FROM course WHERE locality = $1 \
                    AND month BETWEEN $2 AND $3 GROUP BY kind, channel, mark, bucket \
                    ORDER BY kind, channel, mark, bucket";
        self.pool().read("read the figures of", |link| {
            let [from, to] = [from, to].map(|month| Value::Int(month.number().into()));
            let rows = link.query(some, &[Value::Text(place), from, to])?;
            let read = rows.into_iter().map(read_walked).collect::<Result<Vec<_>, Fault>>()?;
            Ok(read.into_iter().flatten().filter(|walked| walked.count != 0).collect())
        })
    }

    /// Counts some disputes of which an earlier version counted less, or in another way; how many they were.
    pub(crate) fn recount(&self, terms: &Terms<'_>) -> Result<usize, StoreError> {
        let some = format!("SELECT id FROM dispute WHERE counted < {COUNTS_VERSION} ORDER BY id LIMIT $1");
        self.pool().write("count the disputes of", |link| {
            link.serialise(Lock::Events)?;
            let rows = link.query(&some, &[RECOUNT_COUNT.into()])?;
            let ids = rows.into_iter().map(|mut row| row.text()).collect::<Result<Vec<_>, Fault>>()?;
            let mut counts = Counts::default();
            for id in &ids {
                Open::load(link, id, terms)?.recount(link, terms, &mut counts)?;
            }
            counts.save(link)?;
            Ok(ids.len())
        })
    }
}

fn read_walked(mut row: Row) -> Result<Option<Walked>, Fault> {
    let (kind, channel, mark) = (row.text()?, row.text()?, Mark::of_code(&row.text()?));
    let (bucket, count) = (u8::try_from(row.int()?).map_err(|_| Fault::Shape)?, row.int()?);
    // A mark of a later version is none of this one's.
    Ok(mark.map(|mark| Walked { kind, channel, mark, bucket, count }))
}
