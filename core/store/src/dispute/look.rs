//! Which disputes policies of prevention are asked about next.

use jiff::Timestamp;

use crate::{
    PAGE_COUNT_MAX, Store, StoreError,
    activation::moment,
    sql::{Fault, Row},
};

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

fn read(mut row: Row) -> Result<Look, Fault> {
    let (id, registered, turn) = (row.text()?, moment(row.int()?)?, row.int()?);
    let (look_at, looked) = (row.int()?, row.int()?);
    Ok(Look { id, registered, turn, look_at, first: looked == 0 })
}
