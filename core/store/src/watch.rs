//! Notices what other nodes change: activations.

use std::time::{Duration, Instant};

use crate::{
    BRIEF_MILLIS_MAX, Store, StoreError,
    pool::Pool,
    sql::{Dialect, Fault, Link},
};

/// How long a server is listened to before it is asked: a word that got lost costs no more than this.
const ASK_MILLIS: u64 = 1_000;
/// How long a file is waited for at once.
const LOOK_MILLIS: u64 = 50;

/// What other nodes may change, as a number that only grows: the last generation.
const STATE: &str = "SELECT coalesce(max(generation), 0) FROM activation";

/// Watches for changes, on a connection of its own.
pub struct Watch<'a> {
    pool: &'a Pool,
    link: Option<Box<dyn Link>>,
    seen: Option<i64>,
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Store {
    /// Watches for changes from now on.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn watch(&self) -> Result<Watch<'_>, StoreError> {
        let mut watch = Watch { pool: self.pool(), link: None, seen: None };
        watch.wait_for_change(Duration::ZERO)?;
        Ok(watch)
    }
}

impl Watch<'_> {
    /// Waits until an activation came since the last call, at most so long; whether one did.
    ///
    /// # Errors
    ///
    /// When the database cannot be read; call again, and nothing in between is missed.
    pub fn wait_for_change(&mut self, timeout: Duration) -> Result<bool, StoreError> {
        let until = Instant::now() + timeout;
        loop {
            match self.look() {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(fault) => {
                    self.link = None;
                    return Err(self.pool.failed("watch", fault));
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            if let Err(fault) = self.listen(u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)) {
                self.link = None;
                return Err(self.pool.failed("watch", fault));
            }
        }
    }

    /// Whether something changed since the last look.
    fn look(&mut self) -> Result<bool, Fault> {
        let link = match &mut self.link {
            Some(link) => link,
            none => {
                let mut link = self.pool.place().connect(Duration::from_millis(BRIEF_MILLIS_MAX))?;
                // From here on nothing is missed: the look that follows sees what came before.
                link.have_patience(Duration::from_millis(BRIEF_MILLIS_MAX));
                link.listen(0).transpose()?;
                none.insert(link)
            }
        };
        let mut row = link.first(STATE, &[])?.ok_or(Fault::Shape)?;
        let state = row.int()?;
        let before = self.seen.replace(state);
        Ok(before.is_some_and(|before| before != state))
    }

    fn listen(&mut self, millis: u64) -> Result<(), Fault> {
        let Some(link) = &mut self.link else { return Ok(()) };
        let longest = if link.dialect() == Dialect::Postgres { ASK_MILLIS } else { LOOK_MILLIS };
        link.listen(millis.min(longest)).transpose().map(|_| ())
    }
}
