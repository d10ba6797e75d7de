//! Walks a log and tells what was done to it.

use std::collections::{BTreeMap, BTreeSet};

use maple_seal::{Checkpoint, CheckpointFault, Digest, Head, KeySet, root};

use crate::{
    AUDIT_LOG, ActivationKind, PAGE_COUNT_MAX, Store, StoreError, audit, decision,
    log::{self, number},
    pool::Done,
    retention,
    sql::Link,
};

/// Faults that one walk tells.
pub const FAULTS_COUNT_MAX: usize = 100;
/// Records that one page has: each comes with its parts.
const PAGE: u64 = 200;
/// How far away a record is looked for that stands in another's place.
const MOVED_RECORDS_MAX: u64 = 1_000;

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// A record is not what was recorded.
    #[error("record {sequence} was changed")]
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// A record stands in another's place.
    #[error("record {sequence} is the one that was recorded as {recorded}")]
    Moved {
        /// Its number.
        sequence: u64,
        /// The number that it was recorded under.
        recorded: u64,
    },
    /// Records are not there.
    #[error("records {first} to {last} are missing")]
    Missing {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A record does not hang on the one before.
    #[error("record {sequence} does not hang on the one before: one of them was exchanged or put in between")]
    Unchained {
        /// Its number.
        sequence: u64,
    },
    /// Records were taken out as if they had been retired.
    #[error("records {first} to {last} are gone, and the audit log does not say that anybody deleted them")]
    Unsaid {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The log ends before its last checkpoint.
    #[error("the log was cut: it ends at {last}, its checkpoint {number} at {sealed}")]
    Cut {
        /// Its last record.
        last: u64,
        /// The last checkpoint.
        number: u64,
        /// The record that the checkpoint ends at.
        sealed: u64,
    },
    /// A checkpoint is not the one that is kept elsewhere.
    #[error("checkpoint {number} is another than the one that was kept elsewhere: the log was exchanged")]
    Exchanged {
        /// Its number.
        number: u64,
    },
    /// A checkpoint is not signed by a key that held.
    #[error("checkpoint {number} does not hold")]
    Checkpoint {
        /// Its number.
        number: u64,
        /// Why.
        source: CheckpointFault,
    },
    /// Records are not those that a checkpoint covers.
    #[error("records {first} to {last} are not those that checkpoint {number} was signed over")]
    Sealed {
        /// The checkpoint.
        number: u64,
        /// Its first record.
        first: u64,
        /// Its last.
        last: u64,
    },
}

/// What is wrong with what served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivationFault {
    /// Nobody put it in force, as far as the audit log says.
    #[error("generation {generation} is there, and the audit log does not say that anybody put it in force")]
    Unsaid {
        /// The generation.
        generation: u32,
    },
    /// It is another than was put in force.
    #[error("generation {generation} is not what the audit log says was put in force")]
    Changed {
        /// The generation.
        generation: u32,
    },
    /// It was put in force and is not there.
    #[error("the audit log says that generation {generation} was put in force, and it is not there")]
    Gone {
        /// The generation.
        generation: u32,
    },
}

/// What is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// Its bytes are others than those that were published.
    #[error("bundle {digest} has other bytes than those that were published")]
    Changed {
        /// The digest under which it is kept.
        digest: String,
    },
    /// It served, and is not kept any more.
    #[error("bundle {digest}, which generation {generation} put in force, is not there")]
    Gone {
        /// Its digest.
        digest: String,
        /// The latest generation that it served in.
        generation: u32,
    },
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Verification {
    /// Records that were looked at.
    pub records: u64,
    /// Records that were retired; their leaves were looked at.
    pub retired: u64,
    /// Checkpoints that were looked at.
    pub checkpoints: u64,
    /// Records after the last checkpoint, which only the chain holds.
    pub unsealed: u64,
    /// What is wrong, at most [`FAULTS_COUNT_MAX`].
    pub faults: Vec<LogFault>,
}

/// One record, as far as a walk looks at it.
struct Step {
    sequence: u64,
    leaf: Digest,
    chain: Digest,
    fault: Option<LogFault>,
}

struct Sealed {
    checkpoint: Checkpoint,
    leaves: Option<Vec<u8>>,
    fault: Option<CheckpointFault>,
}

struct Walk<'a> {
    log: &'a str,
    head: Head,
    /// The leaves since the last checkpoint.
    leaves: Vec<Digest>,
    found: Verification,
    /// What the audit log says was deleted of it; read when it is needed.
    said: Option<BTreeSet<(u64, u64)>>,
}

impl Store {
    /// Walks a log from its first record: every record is hashed anew, every link of the chain and every checkpoint is
    /// looked at. Without keys, signatures are not proved. A log that was cut together with its checkpoints looks whole:
    /// keep the last checkpoint elsewhere and give it as `known`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read; what is wrong with the log is no error.
    pub fn verify(
        &self,
        log: &str,
        keys: Option<&KeySet>,
        known: Option<&Checkpoint>,
    ) -> Result<Verification, StoreError> {
        let mut walk =
            Walk { log, head: Head::empty(log), leaves: Vec::new(), found: Verification::default(), said: None };
        let mut before = None;
        loop {
            let number = before.as_ref().map_or(0, |before: &Checkpoint| before.number);
            let Some(sealed) = self.pool().read("read the checkpoints of", |link| next(link, log, number, keys))?
            else {
                break;
            };
            self.walk_to(&mut walk, &sealed)?;
            let followed = sealed.checkpoint.follows(before.as_ref());
            walk.check(sealed.checkpoint.number, followed.err());
            walk.check(sealed.checkpoint.number, sealed.fault);
            if let Some(known) = known.filter(|known| known.number == sealed.checkpoint.number)
                && known.digest() != sealed.checkpoint.digest()
            {
                walk.tell(LogFault::Exchanged { number: known.number });
            }
            before = Some(sealed.checkpoint);
        }
        let sealed = walk.head.sequence;
        self.records_to(&mut walk, u64::MAX)?;
        walk.found.unsealed = walk.head.sequence - sealed;
        if let Some(known) = known
            && before.as_ref().is_none_or(|before| before.number < known.number)
            && self.log_end(log)? >= known.last
        {
            // As long as ever, and without the checkpoint that is kept elsewhere: written anew.
            walk.tell(LogFault::Exchanged { number: known.number });
        }
        if let Some(last) = known.into_iter().chain(&before).max_by_key(|checkpoint| checkpoint.last) {
            let end = self.log_end(log)?;
            if end < last.last {
                walk.tell(LogFault::Cut { last: end, number: last.number, sealed: last.last });
            }
        }
        Ok(walk.found)
    }

    /// Holds every activation against the audit log, which `verify` walks: how many there are, and what is wrong with them.
    /// Those of the first version, from before there was an audit log, are not in it.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn verify_activations(&self) -> Result<(u64, Vec<ActivationFault>), StoreError> {
        let mut said: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let mut before = u64::MAX;
        loop {
            let page = self.audit_before(before, PAGE_COUNT_MAX)?;
            let Some(oldest) = page.last().map(|oldest| oldest.sequence) else { break };
            for event in page.into_iter().filter(|event| ActivationKind::of(&event.action).is_ok()) {
                if let Ok(generation) = event.subject.parse() {
                    said.entry(generation).or_default().push(event.detail);
                }
            }
            before = oldest;
        }
        let (mut count, mut faults, mut before) = (0, Vec::new(), u32::MAX);
        loop {
            let page = self.activations_before(before)?;
            let Some(oldest) = page.last().map(|oldest| oldest.generation) else { break };
            for activation in &page {
                count += 1;
                let generation = activation.generation;
                match said.remove(&generation) {
                    None if activation.bundle.is_none() => {}
                    None => faults.push(ActivationFault::Unsaid { generation }),
                    Some(details) if details.iter().any(|detail| activation.was_said(detail)) => {}
                    Some(_) => faults.push(ActivationFault::Changed { generation }),
                }
            }
            before = oldest;
        }
        faults.extend(said.into_keys().map(|generation| ActivationFault::Gone { generation }));
        faults.truncate(FAULTS_COUNT_MAX);
        Ok((count, faults))
    }

    /// Hashes every bundle anew, and looks for those that served: how many there are, and what is wrong with them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn verify_bundles(&self) -> Result<(u64, Vec<BundleFault>), StoreError> {
        let (mut count, mut faults, mut last) = (0, Vec::new(), String::new());
        // One after the other: each may be large.
        let next = "SELECT digest, bytes FROM bundle WHERE digest > $1 ORDER BY digest LIMIT 1";
        while let Some((digest, held)) = self.pool().read("read the bundles from", |link| {
            let Some(mut row) = link.first(next, &[last.as_str().into()])? else { return Ok(None) };
            let (digest, bytes) = (row.text()?, row.bytes()?);
            let held = Digest::of(&bytes).to_string() == digest;
            Ok(Some((digest, held)))
        })? {
            count += 1;
            if !held {
                faults.push(BundleFault::Changed { digest: digest.clone() });
            }
            last = digest;
        }
        let gone = self.pool().read("read the activations from", |link| {
            let gone = "SELECT activation.bundle, max(activation.generation) FROM activation \
                        LEFT JOIN bundle ON bundle.digest = activation.bundle \
                        WHERE activation.bundle IS NOT NULL AND bundle.digest IS NULL \
                        GROUP BY activation.bundle ORDER BY 2 LIMIT $1";
            let count = u32::try_from(FAULTS_COUNT_MAX).unwrap_or(u32::MAX);
            let rows = link.query(gone, &[count.into()])?;
            let read = |mut row: crate::sql::Row| Ok((row.text()?, row.int()?));
            Ok(rows.into_iter().map(read).collect::<Result<Vec<_>, crate::Fault>>()?)
        })?;
        faults.extend(gone.into_iter().map(|(digest, generation)| BundleFault::Gone {
            digest,
            generation: u32::try_from(generation).unwrap_or(u32::MAX),
        }));
        faults.truncate(FAULTS_COUNT_MAX);
        Ok((count, faults))
    }

    fn walk_to(&self, walk: &mut Walk<'_>, sealed: &Sealed) -> Result<(), StoreError> {
        let Checkpoint { number, first, last, chain, root: signed, .. } = sealed.checkpoint;
        walk.leaves.clear();
        match &sealed.leaves {
            Some(kept) => {
                let said = match &walk.said {
                    Some(said) => said,
                    None => {
                        walk.said.insert(self.pool().read("read the audit log of", |link| deletions(link, walk.log))?)
                    }
                };
                if !said.contains(&(first, last)) {
                    walk.tell(LogFault::Unsaid { first, last });
                }
                walk.retired(kept);
            }
            None => self.records_to(walk, last)?,
        }
        if walk.head != (Head { sequence: last, chain }) || root(&walk.leaves) != signed {
            walk.tell(LogFault::Sealed { number, first, last });
        }
        // What follows hangs on what was signed.
        walk.head = Head { sequence: last, chain };
        walk.leaves.clear();
        walk.found.checkpoints += 1;
        Ok(())
    }

    /// Walks the records up to a number.
    fn records_to(&self, walk: &mut Walk<'_>, last: u64) -> Result<(), StoreError> {
        while walk.head.sequence < last {
            let after = walk.head.sequence;
            let steps = self.pool().read("read the log from", |link| page(link, walk.log, after, last))?;
            if steps.is_empty() {
                break;
            }
            steps.into_iter().for_each(|step| walk.step(step));
        }
        if last != u64::MAX && walk.head.sequence < last {
            walk.gap(last + 1);
        }
        Ok(())
    }
}

impl Walk<'_> {
    fn step(&mut self, step: Step) {
        if step.sequence > self.head.sequence + 1 {
            self.gap(step.sequence);
            // The chain is taken up again behind the gap.
            self.head = Head { sequence: step.sequence, chain: step.chain };
        } else {
            self.head = self.head.next(step.leaf);
            if self.head.chain != step.chain {
                if step.fault.is_none() {
                    self.tell(LogFault::Unchained { sequence: step.sequence });
                }
                self.head.chain = step.chain;
            }
        }
        self.leaves.push(step.leaf);
        self.found.records += 1;
        step.fault.into_iter().for_each(|fault| self.tell(fault));
    }

    /// Tells that nothing is there up to a number.
    fn gap(&mut self, next: u64) {
        self.tell(LogFault::Missing { first: self.head.sequence + 1, last: next - 1 });
    }

    fn retired(&mut self, kept: &[u8]) {
        let leaves = log::digests(kept).unwrap_or_default();
        self.head = leaves.iter().fold(self.head, |head, leaf| head.next(*leaf));
        self.found.retired += leaves.len() as u64;
        self.leaves = leaves;
    }

    fn check(&mut self, number: u64, fault: Option<CheckpointFault>) {
        fault.into_iter().for_each(|source| self.tell(LogFault::Checkpoint { number, source }));
    }

    fn tell(&mut self, fault: LogFault) {
        if self.found.faults.len() < FAULTS_COUNT_MAX {
            self.found.faults.push(fault);
        }
    }
}

/// Which records of a log were deleted, as the audit log says.
fn deletions(link: &mut dyn Link, log: &str) -> Done<BTreeSet<(u64, u64)>> {
    let all = "SELECT detail FROM audit WHERE log = $1 AND action = 'retire' AND subject = $2";
    let rows = link.query(all, &[AUDIT_LOG.into(), log.into()])?;
    let details = rows.into_iter().map(|mut row| row.text()).collect::<Result<Vec<_>, _>>()?;
    Ok(details.iter().filter_map(|detail| retention::said(detail)).collect())
}

/// The checkpoint after a number, and whether its signature holds.
fn next(link: &mut dyn Link, log: &str, after: u64, keys: Option<&KeySet>) -> Done<Option<Sealed>> {
    let one = "SELECT jws, leaves FROM checkpoint WHERE log = $1 AND number > $2 ORDER BY number LIMIT 1";
    let Some(mut row) = link.first(one, &[log.into(), number(after)])? else { return Ok(None) };
    let (jws, leaves) = (row.text()?, row.may_bytes()?);
    let checkpoint = Checkpoint::read(&jws).map_err(|_| crate::Fault::Shape)?;
    let fault = keys.and_then(|keys| Checkpoint::verify(&jws, keys).err());
    Ok(Some(Sealed { checkpoint, leaves, fault }))
}

fn page(link: &mut dyn Link, log: &str, after: u64, last: u64) -> Done<Vec<Step>> {
    let columns = if log == AUDIT_LOG { audit::COLUMNS } else { decision::COLUMNS };
    let table = log::table(log);
    let page = format!(
        "SELECT {columns} FROM {table} WHERE log = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4"
    );
    let rows = link.query(&page, &[log.into(), number(after), number(last), number(PAGE)])?;
    if log == AUDIT_LOG {
        let step = |row| -> Done<Step> {
            let record = audit::read(row)?;
            let (sequence, leaf, chain) = (record.sequence, record.leaf, record.chain);
            let at = |sequence| record.leaf_at(sequence).unwrap_or(chain);
            Ok(Step { sequence, leaf, chain, fault: fault(sequence, leaf, true, at) })
        };
        return rows.into_iter().map(step).collect();
    }
    let step = |record: decision::Record| {
        let (sequence, leaf, chain, whole) = (record.sequence, record.leaf, record.chain, record.prepared.whole());
        let at = |sequence| record.prepared.leaf_at(log, sequence);
        Step { sequence, leaf, chain, fault: fault(sequence, leaf, whole, at) }
    };
    Ok(decision::read_all(link, rows)?.into_iter().map(step).collect())
}

fn fault(sequence: u64, leaf: Digest, whole: bool, leaf_at: impl Fn(u64) -> Digest) -> Option<LogFault> {
    if whole && leaf_at(sequence) == leaf {
        return None;
    }
    let near = sequence.saturating_sub(MOVED_RECORDS_MAX).max(1)..=sequence + MOVED_RECORDS_MAX;
    let recorded = near.into_iter().find(|other| whole && leaf_at(*other) == leaf);
    Some(recorded.map_or(LogFault::Changed { sequence }, |recorded| LogFault::Moved { sequence, recorded }))
}
