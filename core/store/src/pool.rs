//! Connections, a few at most, and what is run on them.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    BRIEF_MILLIS_MAX, BUSY_MILLIS_MAX, CONNECTIONS_COUNT_MAX, StoreError,
    place::Place,
    sql::{Dialect, Fault, Link, postgres::usual_patience},
};

/// How long an answer is waited for where something else can be done without it.
const BRIEF: Duration = Duration::from_millis(BRIEF_MILLIS_MAX);

/// Why a piece of work failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The database said so.
    Database(Fault),
    /// The store itself said so.
    Store(StoreError),
}

impl<E: Into<Fault>> From<E> for Failed {
    fn from(fault: E) -> Self {
        Self::Database(fault.into())
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(crate) type Done<T> = Result<T, Failed>;

#[derive(Default)]
struct State {
    idle: Vec<Box<dyn Link>>,
    /* INVARIANT: how many there are, idle or in use; at most `CONNECTIONS_COUNT_MAX`. */
    open: usize,
}

/// Connections to one database.
pub(crate) struct Pool {
    place: Place,
    state: Mutex<State>,
    free: Condvar,
    /// One writer of this process at a time: a file has one writer, and SQLite's own queue knows no order.
    writer: Mutex<()>,
    /// As whom it tells others what changes: by chance, so that no two are the same.
    who: u64,
}

impl Pool {
    pub(crate) fn new(place: Place) -> Self {
        let who = RandomState::new().hash_one(std::process::id());
        Self { place, state: Mutex::default(), free: Condvar::new(), writer: Mutex::default(), who }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// As whom it tells others what changes.
    pub(crate) const fn who(&self) -> u64 {
        self.who
    }

    /// Runs a query. A connection that broke meanwhile is replaced once.
    pub(crate) fn read<T>(
        &self,
        step: &'static str,
        query: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        self.read_within(usual_patience(), step, query)
    }

    /// Runs queries that all see the same moment.
    pub(crate) fn read_at_once<T>(
        &self,
        step: &'static str,
        mut query: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        self.read(step, |link| {
            link.batch(match link.dialect() {
                Dialect::Sqlite => "BEGIN",
                Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            })?;
            let found = query(link);
            let ended = link.batch("COMMIT");
            let found = found?;
            ended?;
            Ok(found)
        })
    }

    /// Runs a small query, without much patience for a server that does not answer.
    pub(crate) fn read_soon<T>(
        &self,
        step: &'static str,
        query: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        self.read_within(BRIEF, step, query)
    }

    fn read_within<T>(
        &self,
        patience: Duration,
        step: &'static str,
        mut query: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        let mut again = true;
        loop {
            let mut link = self.take(patience).map_err(|fault| self.failed(step, fault))?;
            let found = query(&mut *link);
            let broken = link.broken();
            self.give_back(link);
            match found {
                Err(Failed::Database(Fault::Silent)) => return Err(self.failed(step, Fault::Silent)),
                Err(Failed::Database(_)) if broken && again => again = false,
                found => return found.map_err(|failed| self.told(step, failed)),
            }
        }
    }

    /// Runs a change, wholly or not at all.
    pub(crate) fn write<T>(
        &self,
        step: &'static str,
        change: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        self.write_within(usual_patience(), step, change)
    }

    /// Runs a change, without much patience for a server that does not answer.
    pub(crate) fn write_soon<T>(
        &self,
        step: &'static str,
        change: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        self.write_within(BRIEF, step, change)
    }

    fn write_within<T>(
        &self,
        patience: Duration,
        step: &'static str,
        mut change: impl FnMut(&mut dyn Link) -> Done<T>,
    ) -> Result<T, StoreError> {
        let _one = matches!(self.place, Place::Sqlite { .. }).then(|| lock(&self.writer));
        let mut link = self.begun(patience).map_err(|fault| self.failed(step, fault))?;
        let changed = change(&mut *link).and_then(|changed| {
            link.batch("COMMIT")?;
            Ok(changed)
        });
        if changed.is_err() && link.batch("ROLLBACK").is_err() && !link.broken() {
            // A full disk makes SQLite roll back by itself; any other connection in doubt is not used again.
            self.forget(link);
        } else {
            self.give_back(link);
        }
        changed.map_err(|failed| self.told(step, failed))
    }

    /// A connection on which a transaction began. One that broke while it was idle is replaced.
    fn begun(&self, patience: Duration) -> Result<Box<dyn Link>, Fault> {
        let mut again = true;
        loop {
            let mut link = self.take(patience)?;
            match link.begin() {
                Ok(()) => return Ok(link),
                Err(fault) if link.broken() && again && !matches!(fault, Fault::Silent) => {
                    again = false;
                    self.give_back(link);
                }
                Err(fault) => {
                    self.give_back(link);
                    return Err(fault);
                }
            }
        }
    }

    fn take(&self, patience: Duration) -> Result<Box<dyn Link>, Fault> {
        let mut link = self.taken(patience)?;
        link.have_patience(patience);
        Ok(link)
    }

    fn taken(&self, patience: Duration) -> Result<Box<dyn Link>, Fault> {
        let until = Instant::now() + patience.min(Duration::from_millis(BUSY_MILLIS_MAX));
        let mut state = lock(&self.state);
        loop {
            if let Some(link) = state.idle.pop() {
                return Ok(link);
            }
            if state.open < CONNECTIONS_COUNT_MAX {
                state.open += 1;
                drop(state);
                return self.connect(patience).inspect_err(|_| self.leave());
            }
            let left = until.checked_duration_since(Instant::now()).ok_or(Fault::Busy)?;
            state = self.free.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn connect(&self, patience: Duration) -> Result<Box<dyn Link>, Fault> {
        let mut link = self.place.connect(patience)?;
        link.speak_as(self.who);
        if matches!(self.place, Place::Sqlite { .. }) {
            link.batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")?;
        }
        Ok(link)
    }

    fn give_back(&self, link: Box<dyn Link>) {
        if link.broken() {
            return self.forget(link);
        }
        lock(&self.state).idle.push(link);
        self.free.notify_one();
    }

    /// Drops a connection, and those that broke with it.
    fn forget(&self, link: Box<dyn Link>) {
        drop(link);
        let mut state = lock(&self.state);
        let before = state.idle.len();
        state.idle.retain(|link| !link.broken());
        state.open -= before - state.idle.len();
        drop(state);
        self.leave();
    }

    /// Closes connections that nobody uses; whoever comes next opens one anew.
    pub(crate) fn renew(&self) {
        let mut state = lock(&self.state);
        state.open -= state.idle.len();
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
    }

    fn leave(&self) {
        lock(&self.state).open -= 1;
        self.free.notify_one();
    }

    fn told(&self, step: &'static str, failed: Failed) -> StoreError {
        match failed {
            Failed::Store(error) => error,
            Failed::Database(fault) => self.failed(step, fault),
        }
    }

    pub(crate) fn failed(&self, step: &'static str, fault: Fault) -> StoreError {
        StoreError::new(step, &self.place, fault)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use crate::Store;

    /// One connection is enough here, and the limit that stands for a full disk is that connection's.
    #[test]
    fn a_full_disk_is_told_and_nothing_is_half_written() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("a.sqlite")).unwrap();
        let pages = |most: u64| {
            let limit = format!("PRAGMA max_page_count = {most}");
            store.pool().read("limit", |link| Ok(link.query(&limit, &[])?)).unwrap();
        };
        pages(60);
        let put = |size: usize| store.bundle_put(&vec![7; size], "now", "ana");
        assert!(put(1_000).is_ok());
        let refused = put(1_000_000).unwrap_err().to_string();
        assert!(refused.contains("the disk is full; make room"), "{refused}");
        assert!(put(2_000).is_ok(), "what fits still goes in");
        pages(1_000_000);
        let kept = put(1_000_000).unwrap();
        assert_eq!(store.bundle(&kept).unwrap().unwrap().bytes.len(), 1_000_000);
        let count = "SELECT count(*) FROM bundle";
        let count = store.pool().read("count", |link| Ok(link.first(count, &[])?.unwrap().int()?)).unwrap();
        assert_eq!(count, 3);
    }
}
