//! Notices what other nodes change: activations, and signals.

use std::time::{Duration, Instant};

use crate::{
    BRIEF_MILLIS_MAX, Store, StoreError,
    pool::Pool,
    sql::{Dialect, Fault, Heard, Link},
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

/// Hears which signals other nodes change, on a connection of its own.
pub struct SignalWatch<'a> {
    pool: &'a Pool,
    link: Option<Box<dyn Link>>,
    /// True once it has listened, or tried to.
    begun: bool,
}

impl std::fmt::Debug for SignalWatch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignalWatch").field("begun", &self.begun).finish_non_exhaustive()
    }
}

/// What other nodes did to signals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalsHeard {
    /// The ids of those that are new or changed, each once, in order.
    pub ids: Vec<String>,
    /// True when there may be others: the connection was lost meanwhile, or too much was said at once.
    pub lost: bool,
}

impl Store {
    /// Hears, once [`SignalWatch::wait`] is called, which signals other nodes change; nothing where no others may share the
    /// database.
    #[must_use]
    pub fn watch_signals(&self) -> Option<SignalWatch<'_>> {
        self.is_shared().then(|| SignalWatch { pool: self.pool(), link: None, begun: false })
    }

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

impl SignalWatch<'_> {
    /// Waits until another node changes signals, at most so long.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached; call again, and what may be missed is said.
    pub fn wait(&mut self, timeout: Duration) -> Result<SignalsHeard, StoreError> {
        let heard = self.heard(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        heard.map_err(|fault| {
            self.link = None;
            self.pool.failed("hear of signals from", fault)
        })
    }

    fn heard(&mut self, millis: u64) -> Result<SignalsHeard, Fault> {
        let mut lost = false;
        let link = match &mut self.link {
            Some(link) => link,
            none => {
                // Whoever listened before may have missed something.
                lost = std::mem::replace(&mut self.begun, true);
                let mut link = self.pool.place().connect(Duration::from_millis(BRIEF_MILLIS_MAX))?;
                link.have_patience(Duration::from_millis(BRIEF_MILLIS_MAX));
                none.insert(link)
            }
        };
        // A connection that is just made says at once that something may be lost.
        let Heard { said, lost: more } = link.hear(if lost { 0 } else { millis })?;
        let mut ids: Vec<String> = Vec::new();
        for (_, id) in said.into_iter().filter(|(who, _)| *who != self.pool.who()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(SignalsHeard { ids, lost: lost || more })
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
