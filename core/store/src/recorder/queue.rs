//! What waits to be written.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{BATCH_BYTES_MAX, BATCH_COUNT_MAX, Statistics, Told, Unwritten};
use crate::{Prepared, Written};

/// A decision, and who is told what became of it.
pub(super) struct Job {
    pub(super) decision: Box<Prepared>,
    pub(super) told: Option<Told>,
}

impl Job {
    pub(super) fn tell(self, written: Result<Written, Unwritten>) {
        if let Some(told) = self.told {
            told(written);
        }
    }
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Of all that wait.
    bytes: usize,
    closed: bool,
    checkpoint: bool,
    done: Statistics,
}

/// What there is to do.
pub(super) struct Work {
    pub(super) jobs: Vec<Job>,
    pub(super) closed: bool,
    pub(super) checkpoint: bool,
}

/// Decisions in the order in which they came.
pub(super) struct Queue {
    most: usize,
    most_bytes: usize,
    state: Mutex<State>,
    more: Condvar,
}

impl Queue {
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { most, most_bytes, state: Mutex::default(), more: Condvar::new() }
    }

    /// Adds a decision; gives it back if there is no place.
    pub(super) fn push(&self, job: Job) -> Result<(), (Job, Unwritten)> {
        let mut state = self.lock();
        let bytes = state.bytes.saturating_add(job.decision.bytes());
        let fault = match (state.closed, state.waiting.len() >= self.most || bytes > self.most_bytes) {
            (true, _) => Unwritten::Closed,
            (false, true) => Unwritten::Full,
            (false, false) => {
                state.bytes = bytes;
                state.waiting.push_back(job);
                let first = state.waiting.len() == 1;
                drop(state);
                if first {
                    self.more.notify_one();
                }
                return Ok(());
            }
        };
        state.done.lost += 1;
        Err((job, fault))
    }

    /// Takes what is waiting, as much as one transaction takes; waits for it at most so long.
    pub(super) fn take(&self, longest: Duration) -> Work {
        let idle = |state: &mut State| state.waiting.is_empty() && !state.closed && !state.checkpoint;
        let waited = self.more.wait_timeout_while(self.lock(), longest, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (mut jobs, mut bytes) = (Vec::new(), 0);
        while jobs.len() < BATCH_COUNT_MAX && bytes < BATCH_BYTES_MAX {
            let Some(job) = state.waiting.pop_front() else { break };
            bytes += job.decision.bytes();
            jobs.push(job);
        }
        state.bytes = state.bytes.saturating_sub(bytes);
        let checkpoint = state.waiting.is_empty() && std::mem::take(&mut state.checkpoint);
        Work { jobs, closed: state.closed, checkpoint }
    }

    /// Puts decisions back to the front; those without place are lost.
    pub(super) fn put_back(&self, jobs: Vec<Job>) {
        let mut state = self.lock();
        for job in jobs.into_iter().rev() {
            let bytes = state.bytes.saturating_add(job.decision.bytes());
            if state.waiting.len() < self.most && bytes <= self.most_bytes {
                state.bytes = bytes;
                state.waiting.push_front(job);
            } else {
                state.done.lost += 1;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.more.notify_all();
    }

    pub(super) fn ask_checkpoint(&self) {
        self.lock().checkpoint = true;
        self.more.notify_all();
    }

    /// Tells those that still wait that nothing comes any more.
    pub(super) fn drain(&self) {
        let mut state = self.lock();
        let left = std::mem::take(&mut state.waiting);
        state.bytes = 0;
        state.done.lost += left.len() as u64;
        drop(state);
        left.into_iter().for_each(|job| job.tell(Err(Unwritten::Closed)));
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Statistics)) {
        change(&mut self.lock().done);
    }

    pub(super) fn statistics(&self) -> Statistics {
        let state = self.lock();
        Statistics { queued: state.waiting.len() as u64, ..state.done.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::Decision;

    fn job() -> Job {
        let word = String::new;
        let decision = Decision {
            id: "d-1".to_owned(),
            time: Timestamp::UNIX_EPOCH,
            locality: word(),
            kind: word(),
            outcome: word(),
            policies: Vec::new(),
            generation: 1,
            ruleset: word(),
            engine: word(),
            input: b"{}".to_vec(),
            context: Vec::new(),
            output: Vec::new(),
        };
        Job { decision: Box::new(decision.prepare().unwrap()), told: None }
    }

    #[test]
    fn as_many_wait_as_there_is_place_and_bytes_for() {
        let bytes = job().decision.bytes();
        for (queue, fits) in
            [(Queue::new(3, usize::MAX), 3), (Queue::new(9, 2 * bytes), 2), (Queue::new(9, 2 * bytes - 1), 1)]
        {
            for _ in 0..fits {
                assert!(queue.push(job()).is_ok());
            }
            assert!(matches!(queue.push(job()), Err((_, Unwritten::Full))));
            assert_eq!((queue.statistics().queued, queue.statistics().lost), (fits, 1));
            // What is taken makes room; what is put back takes it again.
            let taken = queue.take(Duration::ZERO).jobs;
            assert!(queue.push(job()).is_ok());
            queue.put_back(taken);
            assert_eq!((queue.statistics().queued, queue.statistics().lost), (fits, 2));
            queue.drain();
            assert!(queue.push(job()).is_ok());
        }
    }
}
