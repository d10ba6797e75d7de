//! Which disputes policies of prevention are asked about next.

use jiff::Timestamp;

use super::Common;
use crate::{
    PAGE_COUNT_MAX, Store, StoreError,
    activation::moment,
    sql::{Fault, Link, Row, Value},
};

/// Disputes that are looked at again, of one thing that they have in common, when one becomes known that came before them:
/// those next to it. A threshold that is higher than this may be missed by what is told late.
pub const LATER_COUNT_MAX: u32 = 64;
/// Days after a suit that is told late within which later suits against the same organisation are looked at again.
pub const LATER_SUITS_DAYS: i64 = 366;

/// Nobody has looked at the dispute yet.
const NEW: i64 = 0;
/// It is to be asked about anew how it came.
const RECOUNTED: i64 = 2;

/// A dispute that is to be looked at: its events changed, or a day has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its id.
    pub id: String,
    /// When it came.
    pub registered: Timestamp,
    /// How often its events changed.
    pub(crate) turn: i64,
    /// From when on it was to be looked at.
    pub(crate) look_at: i64,
    /// True when nobody has looked at it yet.
    pub first: bool,
    /// True when one that came before it became known since: what was counted when it came was too little.
    pub recounted: bool,
}

/// Disputes with which one that becomes known has something in common, and whose counts it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// What they have in common.
    pub common: Common,
    /// Registered after this moment.
    pub after: Timestamp,
    /// Registered at this moment or before.
    pub to: Timestamp,
}

impl Look {
    /// True when its events changed since it was looked at; false when a day has come.
    #[must_use]
    pub fn is_stirred(&self) -> bool {
        self.look_at <= self.registered.as_microsecond()
    }
}

impl Store {
    /// Disputes that are to be looked at, at most `count` and [`PAGE_COUNT_MAX`]: those whose events changed, in the order
    /// in which they came, then those whose day has come.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn looks(&self, now: Timestamp, count: u32) -> Result<Vec<Look>, StoreError> {
        let some = "SELECT id, registered, turn, look_at, looked FROM dispute WHERE look_at <= $1 \
                    AND look_at IS NOT NULL ORDER BY look_at LIMIT $2";
        self.pool().read("read disputes from", |link| {
            // What is told with a clock that is ahead waits for ours.
            let rows = link.query(some, &[now.as_microsecond().into(), count.min(PAGE_COUNT_MAX).into()])?;
            Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
        })
    }
}

/// Lets disputes be asked about anew how they came, where they were already: of a kind the latest alone, before which all
/// others are counted, else at most [`LATER_COUNT_MAX`], the nearest.
pub(crate) fn recount(link: &mut dyn Link, Later { common, after, to }: &Later) -> Result<(), Fault> {
    let (after, to) = (Value::Int(after.as_microsecond()), Value::Int(to.as_microsecond()));
    let anew = format!(
        "UPDATE dispute SET looked = {RECOUNTED}, look_at = registered, turn = turn + 1 WHERE looked = 1 AND id IN"
    );
    let (whose, what) = match common {
        Common::Organisation(hash) => ("organisation", hash),
        Common::Place(hash) => ("place", hash),
        Common::Project(hash) => ("project", hash),
        Common::Station(id) => ("station", id),
        Common::Kind(kind, top) => {
            let [first, end] = crate::sql::below(top);
            // Of each place that has the kind the latest, and the latest of these: a place and a kind are one run of an index.
            // `CROSS JOIN` has SQLite go from the places to the disputes, whatever it believes of their numbers.
            let latest = format!(
                "{anew} (SELECT id FROM (\
                 WITH RECURSIVE place(name) AS (\
                 SELECT min(locality) FROM dispute WHERE kind = $1 AND locality >= $2 AND locality < $4 UNION ALL \
                 SELECT (SELECT min(locality) FROM dispute WHERE kind = $1 AND locality > place.name AND locality < $4) \
                 FROM place WHERE place.name IS NOT NULL) \
                 SELECT one.id, at.latest FROM (SELECT name, (SELECT max(registered) FROM dispute WHERE kind = $1 \
                 AND locality = place.name AND registered > $5 AND registered <= $6) AS latest FROM place \
                 WHERE place.name = $2 OR place.name >= $3) AS at \
                 CROSS JOIN dispute AS one WHERE one.kind = $1 AND one.locality = at.name AND one.registered = at.latest) AS last \
                 ORDER BY latest DESC, id DESC LIMIT 1)"
            );
            let words = [kind, top, first.as_str(), end.as_str()].map(Value::Text);
            link.execute(&latest, &[&words[..], &[after, to]].concat())?;
            return Ok(());
        }
    };
    let nearest = format!(
        "{anew} (SELECT id FROM dispute WHERE {whose} = $1 AND registered > $2 AND registered <= $3 \
         ORDER BY registered LIMIT $4)"
    );
    link.execute(&nearest, &[Value::Text(what), after, to, LATER_COUNT_MAX.into()])?;
    Ok(())
}

/// Lets disputes be looked at again that went to court against an organisation after one of which that becomes known now.
pub(super) fn sued_before(link: &mut dyn Link, organisation: &str, filed: Timestamp) -> Result<(), Fault> {
    let anew = "UPDATE dispute SET look_at = registered, turn = turn + 1 WHERE registered IS NOT NULL AND id IN \
                (SELECT id FROM dispute WHERE organisation = $1 AND filed > $2 AND filed <= $3 ORDER BY filed LIMIT $4)";
    let after = filed.as_microsecond();
    let to = after.saturating_add(LATER_SUITS_DAYS * 86_400 * 1_000_000);
    link.execute(anew, &[Value::Text(organisation), Value::Int(after), Value::Int(to), LATER_COUNT_MAX.into()])?;
    Ok(())
}

fn read(mut row: Row) -> Result<Look, Fault> {
    let (id, registered, turn) = (row.text()?, moment(row.int()?)?, row.int()?);
    let (look_at, looked) = (row.int()?, row.int()?);
    Ok(Look { id, registered, turn, look_at, first: looked == NEW, recounted: looked == RECOUNTED })
}
