//! Writes decisions down, many at a time.
//!
//! One thread takes what is waiting and writes it in one transaction, so that many decisions share one wait for the
//! disk. INVARIANT: each decision that is taken is written, or its loss is told to its caller or counted.

mod queue;
mod spool;
mod writer;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use maple_seal::Signer;

use queue::{Job, Queue};
pub use spool::SPOOL_BYTES_MAX;
use writer::Writer;

use crate::{CHECKPOINT_RECORDS_MAX, Prepared, Store, StoreError, Written, log};

/// Decisions that may wait.
pub const QUEUE_COUNT_MAX: usize = 1 << 20;
/// Length of what may wait.
pub const QUEUE_BYTES_MAX: usize = 256 << 20;
/// Decisions of one transaction.
pub const BATCH_COUNT_MAX: usize = 1_024;
/// Length of what one transaction writes.
pub const BATCH_BYTES_MAX: usize = 16 << 20;

/// How sure it is that a decision is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The caller is told when it is on the disk.
    Durable,
    /// It is written soon. What cannot be written while the database is away waits, as far as there is place.
    Buffered,
    /// Nothing is written.
    Off,
}

/// How checkpoints are signed.
#[derive(Clone)]
pub struct Signing {
    /// The key that signs now.
    pub signer: Arc<dyn Fn() -> Arc<Signer> + Send + Sync>,
    /// Records between two checkpoints, at most [`CHECKPOINT_RECORDS_MAX`].
    pub records: u64,
    /// The longest time between two checkpoints, where there are records.
    pub interval: Duration,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signer, records, interval, .. } = self;
        let signer = signer();
        let mut shown = f.debug_struct("Signing");
        shown.field("signer", &signer).field("records", records).field("interval", interval).finish_non_exhaustive()
    }
}

/// What a recorder does.
#[derive(Clone, Debug)]
pub struct RecorderConfig {
    /// The log that it writes; nobody else may write to it.
    pub log: String,
    /// How sure it is that a decision is kept.
    pub mode: Mode,
    /// Decisions that may wait, at most [`QUEUE_COUNT_MAX`].
    pub queue: usize,
    /// How checkpoints are signed, if they are.
    pub signing: Option<Signing>,
    /// The file that takes decisions while the database is away, if there is one; each process has its own.
    pub spool: Option<PathBuf>,
}

/// Why a decision was not written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unwritten {
    /// Too many decisions wait.
    #[error("too many decisions wait to be recorded; try again")]
    Full,
    /// The recorder was closed.
    #[error("the recorder is closed")]
    Closed,
    /// The database did not take it.
    #[error("the decision could not be recorded")]
    Store(#[source] Arc<StoreError>),
}

/// What a recorder did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Decisions that wait.
    pub queued: u64,
    /// Decisions that are kept.
    pub committed: u64,
    /// Decisions that are not: refused, failed, or without place.
    pub lost: u64,
    /// Decisions that are kept on this node until they can be delivered.
    pub spooled: u64,
    /// Transactions.
    pub batches: u64,
    /// Checkpoints that were signed.
    pub checkpoints: u64,
    /// What went wrong last while decisions were written, and has not gone well since.
    pub last_error: Option<String>,
    /// The same of signing a checkpoint.
    pub seal_error: Option<String>,
}

/// Told what became of a decision.
pub(crate) type Told = Box<dyn FnOnce(Result<Written, Unwritten>) + Send>;

/// Writes decisions down on a thread of its own.
pub struct Recorder {
    mode: Mode,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins to write at the end of the log.
    ///
    /// # Errors
    ///
    /// When the id of the log cannot be kept, the queue or the checkpoints are too large, or no thread can be had.
    pub fn start(store: Arc<Store>, config: RecorderConfig) -> Result<Self, StoreError> {
        log::checked(&config.log)?;
        crate::fits("the queue of a recorder", config.queue, QUEUE_COUNT_MAX)?;
        if let Some(signing) = &config.signing {
            let records = usize::try_from(signing.records).unwrap_or(usize::MAX);
            let most = usize::try_from(CHECKPOINT_RECORDS_MAX).unwrap_or(usize::MAX);
            crate::fits("a checkpoint's records", records, most)?;
        }
        if config.log == crate::AUDIT_LOG {
            let help = "the audit log takes no decisions";
            return Err(StoreError::Word { what: "the id of a log", word: config.log, help });
        }
        let (mode, queue) = (config.mode, Arc::new(Queue::new(config.queue, QUEUE_BYTES_MAX)));
        let writer = Writer::new(store, Arc::clone(&queue), config)?;
        let begin = || thread::Builder::new().name("maple-recorder".into()).spawn(move || writer.run());
        let thread = (mode != Mode::Off).then(begin).transpose().map_err(|source| StoreError::Thread { source })?;
        Ok(Self { mode, queue, thread })
    }

    /// Hands over a decision and never waits. In [`Mode::Durable`] `told` is called once the decision is on the disk, or
    /// is not; in the other modes at once, with nothing to say of its place. It is called on the recorder's thread and
    /// must not wait.
    pub fn record(&self, decision: Prepared, told: impl FnOnce(Result<Option<Written>, Unwritten>) + Send + 'static) {
        let decision = Box::new(decision);
        match self.mode {
            Mode::Off => told(Ok(None)),
            Mode::Durable => {
                let told: Told = Box::new(move |written| told(written.map(Some)));
                if let Err((job, fault)) = self.queue.push(Job { decision, told: Some(told) }) {
                    job.tell(Err(fault));
                }
            }
            Mode::Buffered => {
                told(self.queue.push(Job { decision, told: None }).map(|()| None).map_err(|(_, fault)| fault))
            }
        }
    }

    /// Hands over a decision and waits until it is kept.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn record_and_wait(&self, decision: Prepared) -> Result<Option<Written>, Unwritten> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.record(decision, move |written| {
            // Nobody waits any longer: then nobody is to be told.
            let _ = sender.send(written);
        });
        receiver.recv().unwrap_or(Err(Unwritten::Closed))
    }

    /// What it did so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.queue.statistics()
    }

    /// Signs a checkpoint as soon as what waits is written, and does not wait for it.
    pub fn checkpoint(&self) {
        self.queue.ask_checkpoint();
    }

    /// Writes what waits, signs the last checkpoint, and ends. Decisions that come later are told that it is closed.
    #[must_use]
    pub fn close(mut self) -> Statistics {
        self.end();
        self.queue.statistics()
    }

    fn end(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("mode", &self.mode).field("statistics", &self.statistics()).finish()
    }
}
