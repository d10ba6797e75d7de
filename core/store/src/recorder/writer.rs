//! The thread that writes.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use maple_seal::{Head, SEQUENCE_MAX};

use super::{
    Mode, RecorderConfig, Signing, Unwritten,
    queue::{Job, Queue},
    spool::{self, Spool},
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
/// How long what is kept on this node may take to be delivered when it is to end.
const LAST_WAIT: Duration = Duration::from_secs(5);
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
    /// The end of the log as it was last sure; what came behind it may or may not stand there.
    sure: Option<Head>,
    /// Where decisions go while the database is away.
    spool_file: Option<PathBuf>,
    spool: Option<Spool>,
    /// True while decisions go there.
    away: bool,
    /// Records since the last checkpoint; not known at the start.
    unsealed: Option<u64>,
    sealed_at: Instant,
    failures: u32,
    closing: bool,
}

impl Writer {
    pub(super) fn new(store: Arc<Store>, queue: Arc<Queue>, config: RecorderConfig) -> Result<Self, StoreError> {
        let RecorderConfig { log, mode, signing, spool: spool_file, .. } = config;
        // Where decisions may have to be numbered elsewhere, the end of the log is known from the beginning.
        let sure = match &spool_file {
            Some(_) => Some(store.pool().read("read the log from", |link| log::head(link, &log))?),
            None => None,
        };
        let left = spool_file.as_ref().filter(|file| spool::left(file));
        let spool = left.map(|file| Spool::open(file, Arc::clone(&store), &log)).transpose()?;
        if let (Some(spool), Some(sure)) = (&spool, sure) {
            spool.begins_at(sure.sequence);
        }
        let sealed_at = Instant::now();
        Ok(Self {
            store,
            queue,
            log,
            mode,
            signing,
            head: None,
            sure,
            spool_file,
            spool,
            away: false,
            unsealed: None,
            sealed_at,
            failures: 0,
            closing: false,
        })
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
            self.look_after_spool();
            if work.closed && (self.queue.is_empty() || self.failures > LAST_TRIES) {
                self.end_spool();
                if !self.away {
                    self.seal(true);
                }
                return;
            }
            if !self.away {
                self.seal(work.checkpoint);
            }
        }
    }

    fn patience(&self) -> Duration {
        let longest = if self.spool.is_some() { AGAIN } else { IDLE };
        self.signing.as_ref().map_or(longest, |signing| signing.interval.min(longest))
    }

    fn write(&mut self, jobs: Vec<Job>) {
        let (decisions, tell): (Vec<Box<Prepared>>, Vec<_>) =
            jobs.into_iter().map(|job| (job.decision, job.told)).unzip();
        let written = if self.away { self.spooled(&decisions) } else { self.batch(&decisions) };
        let records = match written {
            Ok(records) => records,
            Err(error) => match self.rescued(&error, &decisions) {
                Some(records) => records,
                None => return self.failed(error, decisions.into_iter().zip(tell)),
            },
        };
        self.failures = 0;
        let away = self.away;
        self.queue.note(|done| {
            done.committed += decisions.len() as u64;
            done.batches += 1;
            if !away {
                done.last_error = None;
            }
        });
        for (sequence, told) in records.into_iter().zip(tell) {
            if let Some(told) = told {
                told(Ok(Written { log: self.log.clone(), sequence }));
            }
        }
    }

    /// Keeps decisions that the database does not take on this node, where there is a place for that; their numbers.
    fn rescued(&mut self, error: &StoreError, decisions: &[Box<Prepared>]) -> Option<Vec<u64>> {
        if self.away || !matches!(error, StoreError::Database { .. }) {
            return None;
        }
        let (file, sure) = (self.spool_file.clone()?, self.sure?);
        if self.spool.is_none() {
            match Spool::open(&file, Arc::clone(&self.store), &self.log) {
                Ok(spool) => {
                    spool.begins_at(sure.sequence);
                    self.spool = Some(spool);
                }
                Err(_) => {
                    // Whether the database has them after all is not known, so neither is the next number.
                    self.sure = None;
                    return None;
                }
            }
        }
        self.away = true;
        let kept = self.spooled(decisions).ok();
        self.away = kept.is_some();
        if kept.is_none() {
            // Whether the database has them after all is not known, so neither is the next number.
            self.sure = None;
        } else {
            let told = chain(error);
            self.queue
                .note(|done| done.last_error = Some(format!("{told}; decisions are kept on this node meanwhile")));
        }
        kept
    }

    fn spooled(&mut self, decisions: &[Box<Prepared>]) -> Result<Vec<u64>, StoreError> {
        let (Some(spool), Some(head)) = (&self.spool, self.sure) else {
            return Err(StoreError::Missing { what: "spool", name: self.log.clone() });
        };
        let end = spool.put(head, decisions)?;
        self.sure = Some(end);
        Ok((head.sequence + 1..=end.sequence).collect())
    }

    /// Goes back to the database when everything was delivered to it.
    fn look_after_spool(&mut self) {
        let Some(spool) = &self.spool else { return };
        let end = self.sure.map_or(0, |sure| sure.sequence);
        let (waiting, over) = (if self.away { spool.waiting(end) } else { 0 }, spool.is_over());
        let error = spool.error();
        self.queue.note(|done| {
            done.spooled = waiting;
            if let Some(error) = error {
                done.last_error = Some(format!("decisions wait on this node: {error}"));
            }
        });
        if waiting == 0 && over {
            if let Some(spool) = self.spool.take() {
                spool.close(true);
            }
            (self.head, self.away, self.unsealed) = (self.sure, false, None);
            self.queue.note(|done| done.last_error = None);
        }
    }

    /// At the end: what could not be delivered stays in its file for the next process.
    fn end_spool(&mut self) {
        let until = Instant::now() + LAST_WAIT;
        while self.spool.is_some() && Instant::now() < until {
            self.look_after_spool();
            thread::sleep(Duration::from_millis(10));
        }
        if let Some(spool) = self.spool.take() {
            spool.close(false);
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
        let change = |link: &mut dyn Link| {
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
        };
        let (step, pool) = ("record decisions in", self.store.pool());
        let (head, numbers, added) = match &self.spool_file {
            // What takes too long is kept on this node meanwhile.
            Some(_) => pool.write_soon(step, change)?,
            None => pool.write(step, change)?,
        };
        self.head = Some(head);
        self.sure = Some(head);
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
        let (signer, now) = ((signing.signer)(), (signing.now)());
        let sealed = match &self.spool_file {
            // What comes meanwhile is not to wait for a server that does not answer.
            Some(_) => self.store.checkpoint_soon(&self.log, &signer, now),
            None => self.store.checkpoint(&self.log, &signer, now),
        };
        match sealed {
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
        let counted = self.store.pool().read_soon("read the log from", |link| {
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
