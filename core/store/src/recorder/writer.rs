//! The thread that writes.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use maple_seal::{Head, SEQUENCE_MAX};

use super::{
    Mode, RecorderConfig, Signing, Unwritten,
    queue::{Job, Queue},
};
use crate::{
    Prepared, Store, StoreError, Written,
    decision::{self, Line, chained},
    log,
    pool::Done,
    sql::{Link, Value},
};

/// How long the thread sleeps when there is nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// How long it waits before it tries again.
const AGAIN: Duration = Duration::from_millis(100);
/// How often it tries again when it is to end.
const LAST_TRIES: u32 = 3;

pub(super) struct Writer {
    store: Arc<Store>,
    queue: Arc<Queue>,
    log: String,
    mode: Mode,
    signing: Option<Signing>,
    /// The end of the log; not known at the start, and after a failure, whose end nobody knows.
    head: Option<Head>,
    /// Records since the last checkpoint; not known at the start.
    unsealed: Option<u64>,
    sealed_at: Instant,
    failures: u32,
    closing: bool,
}

impl Writer {
    pub(super) fn new(store: Arc<Store>, queue: Arc<Queue>, config: RecorderConfig) -> Self {
        let RecorderConfig { log, mode, signing, .. } = config;
        let sealed_at = Instant::now();
        Self { store, queue, log, mode, signing, head: None, unsealed: None, sealed_at, failures: 0, closing: false }
    }

    pub(super) fn run(mut self) {
        loop {
            let work = self.queue.take(self.patience());
            if work.closed && !self.closing {
                // What failed before says nothing of the last tries.
                self.closing = true;
                self.failures = 0;
            }
            if !work.jobs.is_empty() {
                self.write(work.jobs);
            }
            if work.closed && (self.queue.is_empty() || self.failures > LAST_TRIES) {
                self.seal(true);
                return;
            }
            self.seal(work.checkpoint);
        }
    }

    fn patience(&self) -> Duration {
        self.signing.as_ref().map_or(IDLE, |signing| signing.interval.min(IDLE))
    }

    fn write(&mut self, jobs: Vec<Job>) {
        let (decisions, tell): (Vec<Box<Prepared>>, Vec<_>) =
            jobs.into_iter().map(|job| (job.decision, job.told)).unzip();
        let records = match self.batch(&decisions) {
            Ok(records) => records,
            Err(error) => return self.failed(error, decisions.into_iter().zip(tell)),
        };
        self.failures = 0;
        self.queue.note(|done| {
            done.committed += decisions.len() as u64;
            done.batches += 1;
            done.last_error = None;
        });
        for (sequence, told) in records.into_iter().zip(tell) {
            if let Some(told) = told {
                told(Ok(Written { log: self.log.clone(), sequence }));
            }
        }
    }

    fn failed(&mut self, error: StoreError, jobs: impl Iterator<Item = (Box<Prepared>, Option<super::Told>)>) {
        self.head = None;
        self.unsealed = None;
        self.failures += 1;
        let error = Arc::new(error);
        let jobs: Vec<Job> = jobs.map(|(decision, told)| Job { decision, told }).collect();
        let lost = if self.mode == Mode::Durable { jobs.len() as u64 } else { 0 };
        self.queue.note(|done| {
            done.last_error = Some(chain(&error));
            done.lost += lost;
        });
        if self.mode == Mode::Durable {
            jobs.into_iter().for_each(|job| job.tell(Err(Unwritten::Store(Arc::clone(&error)))));
        } else {
            self.queue.put_back(jobs);
            thread::sleep(AGAIN);
        }
    }

    /// Writes decisions in one transaction; gives their numbers. After a failure some of them may stand there already.
    fn batch(&mut self, decisions: &[Box<Prepared>]) -> Result<Vec<u64>, StoreError> {
        let (log, known, doubt) = (&self.log, self.head, self.failures > 0 || self.head.is_none());
        let (head, numbers, added) = self.store.pool().write("record decisions in", |link| {
            let head = match known {
                Some(head) => head,
                None => log::head(link, log)?,
            };
            let there = if doubt { standing(link, log, decisions)? } else { BTreeMap::new() };
            let new = decisions.iter().filter(|decision| !there.contains_key(&decision.id));
            let (head, records) = chained(log, head, new.map(|decision| &**decision));
            if head.sequence > SEQUENCE_MAX {
                return Err(StoreError::Other { log: log.clone(), sequence: head.sequence }.into());
            }
            decision::put(link, &records)?;
            Ok((head, numbers(decisions, &records, &there), records.len() as u64))
        })?;
        self.head = Some(head);
        self.unsealed = self.unsealed.map(|unsealed| unsealed + added);
        Ok(numbers)
    }

    /// Signs a checkpoint when it is time, or when somebody asks.
    fn seal(&mut self, now: bool) {
        let Some(signing) = &self.signing else { return };
        let late = self.sealed_at.elapsed() >= signing.interval;
        if !now && !late && self.unsealed.is_some_and(|unsealed| unsealed < signing.records) {
            return;
        }
        if !now && !late && self.unsealed.is_none() && !self.count() {
            return;
        }
        if self.unsealed == Some(0) {
            return;
        }
        self.sealed_at = Instant::now();
        let Some(signing) = &self.signing else { return };
        match self.store.checkpoint(&self.log, &signing.signer, (signing.now)()) {
            Ok(sealed) => {
                self.queue.note(|done| done.seal_error = None);
                self.unsealed = if sealed.is_some() { None } else { Some(0) };
                self.queue.note(|done| done.checkpoints += u64::from(sealed.is_some()));
            }
            Err(error) => self.queue.note(|done| done.seal_error = Some(chain(&error))),
        }
    }

    /// Counts the records since the last checkpoint; whether there are as many as a checkpoint has.
    fn count(&mut self) -> bool {
        let most = self.signing.as_ref().map_or(u64::MAX, |signing| signing.records);
        let counted = self.store.pool().read("read the log from", |link| {
            let end = log::head(link, &self.log)?.sequence;
            Ok(end - log::last_checkpoint(link, &self.log)?.map_or(0, |(last, _)| last.last).min(end))
        });
        self.unsealed = counted.ok();
        self.unsealed.is_some_and(|unsealed| unsealed >= most)
    }
}

impl Drop for Writer {
    /// However the thread ends, nobody waits for it.
    fn drop(&mut self) {
        self.queue.close();
        self.queue.drain();
    }
}

/// The decisions that stand in the log already, with their numbers.
fn standing(link: &mut dyn Link, log: &str, decisions: &[Box<Prepared>]) -> Done<BTreeMap<String, u64>> {
    let mut there = BTreeMap::new();
    for decision in decisions {
        let one = "SELECT sequence FROM decision WHERE id = $1 AND log = $2";
        if let Some(mut row) = link.first(one, &[Value::Text(&decision.id), Value::Text(log)])? {
            there.insert(decision.id.clone(), row.count()?);
        }
    }
    Ok(there)
}

/// The number of each decision.
fn numbers(decisions: &[Box<Prepared>], new: &[Line<'_>], there: &BTreeMap<String, u64>) -> Vec<u64> {
    let mut new = new.iter();
    let mut numbers = Vec::with_capacity(decisions.len());
    for decision in decisions {
        let stood = there.get(&decision.id).copied();
        numbers.extend(stood.or_else(|| new.next().map(|line| line.sequence)));
    }
    numbers
}

fn chain(error: &StoreError) -> String {
    let (mut told, mut source) = (error.to_string(), std::error::Error::source(error));
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}
