//! What is kept of each decision, before the decision is given.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use maple_kernel::{Decision, Question, Ruleset};
use maple_seal::Signer;
use maple_store::{
    AUDIT_LOG, Decision as Record, Mode, Prepared, Recorder, RecorderConfig, Signing, Statistics, Store, StoreError,
};
use maple_wire::{Heard, Problem, ProblemKind, canonical_question};
use tokio::sync::oneshot;
use tracing::error;
use uuid::Uuid;

use crate::{
    clock::{self, Clock},
    http::evaluate::{NO_NAME, named},
    packing::Packing,
    signing::{KeyEnded, SigningKey},
};

/// The engine that decided, as a record names it. A replay by another says so.
pub const ENGINE: &str = concat!("maple ", env!("CARGO_PKG_VERSION"));
/// Decisions that may wait to be written.
pub const RECORDS_WAITING_MAX: usize = 16_384;
/// Records between two signed checkpoints of the log.
pub const CHECKPOINT_EVERY_RECORDS: u64 = 4_096;
/// The longest that a record waits for a signed checkpoint.
pub const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Why records cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum RecordsFault {
    /// The store says so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing that is signed would be proved.
    #[error(transparent)]
    Key(#[from] KeyEnded),
}

/// Where records go.
pub struct Records {
    pub(crate) store: Arc<Store>,
    signing: Arc<SigningKey>,
    /* None once it is closed, which is when this is dropped. */
    recorder: Option<Recorder>,
    mode: Mode,
    packing: Packing,
}

impl Records {
    /// Begins a log of its own, whose name begins with that of the node: nobody else ever writes it. `spool` is the file
    /// of this process that takes decisions while a shared database is away, `key` the file in which another signing key may
    /// be put.
    ///
    /// # Errors
    ///
    /// When the name cannot be kept, the key has ended, the database cannot be read, or no thread can be had.
    pub fn start(
        store: Arc<Store>,
        node: &str,
        mode: Mode,
        signer: Arc<Signer>,
        clock: Arc<dyn Clock>,
        spool: Option<PathBuf>,
        key: Option<PathBuf>,
    ) -> Result<Self, RecordsFault> {
        let (log, now) = (format!("{node}-{}", clock::unique(&*clock)), clock::timestamp(&*clock));
        let key = Arc::new(SigningKey::new(signer, key));
        // A rotation that nobody brought to its end.
        key.look(&store, now);
        if let Some(ended) = key.look_for_end(&store, now)? {
            return Err(ended.into());
        }
        let (signers, moments) = (Arc::clone(&key), Arc::clone(&key));
        let signing = Signing {
            signer: Arc::new(move || signers.signer()),
            records: CHECKPOINT_EVERY_RECORDS,
            interval: CHECKPOINT_EVERY,
            now: Arc::new(move || moments.moment(clock::timestamp(&*clock))),
        };
        let queue = RECORDS_WAITING_MAX;
        seal_what_is_open(&store, &key, now)?;
        let recorder =
            Recorder::start(Arc::clone(&store), RecorderConfig { log, mode, queue, signing: Some(signing), spool })?;
        Ok(Self { store, signing: key, recorder: Some(recorder), mode, packing: Packing::default() })
    }

    /// What records need not say again.
    pub(crate) const fn packing(&self) -> &Packing {
        &self.packing
    }

    /// The key that signs now.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        self.signing.signer()
    }

    /// The moment that is written on what is signed now.
    pub(crate) fn moment(&self, now: Timestamp) -> Timestamp {
        self.signing.moment(now)
    }

    /// Signs what others left behind.
    pub(crate) fn seal_what_is_open(&self, now: Timestamp) -> Result<(), StoreError> {
        seal_what_is_open(&self.store, &self.signing, now)
    }

    /// Takes another signing key where one was put in the place of the one before.
    pub(crate) fn look_for_key(&self, now: Timestamp) {
        self.signing.look(&self.store, now);
    }

    /// How the key that signs has ended, if it has.
    pub(crate) fn key_ended(&self) -> Option<KeyEnded> {
        self.signing.ended()
    }

    /// True when decisions are kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.mode != Mode::Off
    }

    /// What was done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.recorder.as_ref().map(Recorder::statistics).unwrap_or_default()
    }

    /// Keeps a decision. Where they are to be durable it is on the disk when this returns.
    pub(crate) async fn keep(&self, record: Prepared) -> Result<(), Problem> {
        self.hand_over(record).kept().await
    }

    /// Hands a decision over to be kept; whoever hands over many waits for them together.
    pub(crate) fn hand_over(&self, record: Prepared) -> Ticket {
        let (sender, receiver) = oneshot::channel();
        if let Some(recorder) = &self.recorder {
            recorder.record(record, move |written| {
                // A caller that left is not told; its decision is kept all the same.
                let _ = sender.send(written.map(|_| ()));
            });
        }
        // One that is buffered may be lost; that is counted, and is no reason to refuse an answer.
        Ticket { receiver, counts: self.mode == Mode::Durable }
    }
}

/// Signs the ends of logs that nobody signs any more: those of processes that were killed, and the log of who changed what.
/// One that is still written takes a checkpoint more, which does no harm.
fn seal_what_is_open(store: &Store, key: &SigningKey, now: Timestamp) -> Result<(), StoreError> {
    let (signer, now) = (key.signer(), key.moment(now));
    for log in store.logs()?.iter().map(String::as_str).chain([AUDIT_LOG]) {
        while let Ok(Some(_)) = store.checkpoint(log, &signer, now) {}
    }
    Ok(())
}

impl Drop for Records {
    /// Writes what waits; what cannot be written is at least told.
    fn drop(&mut self) {
        let Some(recorder) = self.recorder.take() else { return };
        let done = recorder.close();
        if done.lost > 0 {
            let why = done.last_error.unwrap_or_default();
            error!(lost = done.lost, why, "Decisions were lost: they could not be recorded.");
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("recorder", &self.recorder).finish_non_exhaustive()
    }
}

/// A decision that is being kept.
pub(crate) struct Ticket {
    receiver: oneshot::Receiver<Result<(), maple_store::Unwritten>>,
    counts: bool,
}

impl Ticket {
    /// Waits until it is kept.
    pub(crate) async fn kept(self) -> Result<(), Problem> {
        if !self.counts {
            return Ok(());
        }
        match self.receiver.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(unwritten)) => {
                error!(why = %chain(&unwritten), "A decision could not be recorded and was not given.");
                Err(not_recorded())
            }
            Err(_) => Err(not_recorded()),
        }
    }
}

/// An error with everything that led to it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn not_recorded() -> Problem {
    Problem::new(
        ProblemKind::NotRecorded,
        "the decision was made but could not be recorded, so it is not given; try again, and tell the operator if it \
         goes on",
        "决定已作出但未能留存记录，因此不予发出；请稍后重试，如持续出现请告知运维人员",
    )
}

/// Everything a record says of one decision.
pub(crate) struct Kept<'a> {
    pub(crate) id: Uuid,
    pub(crate) generation: u32,
    pub(crate) ruleset: &'a Ruleset,
    pub(crate) question: &'a Question,
    pub(crate) decision: &'a Decision<'a>,
    pub(crate) heard: Heard,
    pub(crate) output: &'a [u8],
}

impl Kept<'_> {
    /// Hashes and packs it.
    pub(crate) fn prepare(self, clock: &dyn Clock, packing: &Packing) -> Result<Prepared, StoreError> {
        let Self { id, generation, ruleset, question, decision, heard, output } = self;
        let case = &question.case;
        let figures = ruleset.locality(case.locality.as_str()).map(|(_, locality)| &locality.figures);
        let mut name = NO_NAME;
        let record = Record {
            id: named(id, &mut name).to_owned(),
            time: clock::timestamp(clock),
            locality: case.locality.to_string(),
            kind: case.kind.to_string(),
            outcome: decision.outcome.as_str().to_owned(),
            policies: decision.asked.iter().map(|asked| asked.policy.to_string()).collect(),
            generation,
            ruleset: ruleset.digest().to_string(),
            engine: ENGINE.to_owned(),
            input: canonical_question(question),
            context: heard.context(figures.unwrap_or(&maple_kernel::Facts::default())),
            output: output.to_vec(),
        };
        record.prepare_with(packing.of(ruleset, question))
    }
}
