//! A receipt: what proves one decision, wherever it is read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    CanonicalFault, Checkpoint, CheckpointFault, Content, Digest, Entry, JwsFault, KeySet, PROOF_COUNT_MAX, Signer,
    canonical, jws, proves,
};

/// Length of a receipt.
pub const RECEIPT_BYTES_MAX: usize = 64 << 10;

const TYPE: &str = "maple-receipt";

/// What is wrong with a receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFault {
    /// It is too long.
    #[error("a receipt of {bytes} bytes is too long; it has at most {RECEIPT_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It cannot be read.
    #[error("this is no receipt")]
    Form(#[source] serde_json::Error),
    /// The statement is not proved by its signature and key.
    #[error("the statement of the receipt is not proved")]
    Statement(#[source] JwsFault),
    /// The statement's parts and its leaf do not belong together.
    #[error("the receipt's statement on decision `{id}` does not fit its leaf: a part of it was changed")]
    Leaf {
        /// The decision.
        id: String,
    },
    /// The checkpoint is not proved.
    #[error("the checkpoint of the receipt is not proved")]
    Checkpoint(#[source] CheckpointFault),
    /// The checkpoint does not cover the record.
    #[error("the receipt's checkpoint covers {first} to {last} of log `{found}`, not {sequence} of log `{log}`")]
    Covers {
        /// The checkpoint's log.
        found: String,
        /// Its first record.
        first: u64,
        /// Its last.
        last: u64,
        /// The statement's log.
        log: String,
        /// Its record.
        sequence: u64,
    },
    /// The path does not lead from the record to the checkpoint.
    #[error("the receipt's proof does not lead from record {sequence} of log `{log}` to checkpoint {number}")]
    Proof {
        /// The log.
        log: String,
        /// The record.
        sequence: u64,
        /// The checkpoint.
        number: u64,
    },
}

/// What is stated of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Digest of what else was known and found.
    pub context: Digest,
    /// Version of the engine.
    pub engine: String,
    /// Id of the decision.
    pub id: String,
    /// Digest of the canonical input.
    pub input: Digest,
    /// When the receipt was signed.
    pub issued: Timestamp,
    /// Digest of the words by which the record is found.
    pub labels: Digest,
    /// The record's leaf.
    pub leaf: Digest,
    /// The log.
    pub log: String,
    /// Digest of the output.
    pub output: Digest,
    /// Digest of the ruleset.
    pub ruleset: String,
    /// The record's number in the log.
    pub sequence: u64,
    /// When it was decided.
    pub time: Timestamp,
}

impl Statement {
    /// The leaf that its other parts make.
    #[must_use]
    pub fn computed_leaf(&self) -> Digest {
        let Self { context, input, labels, output, .. } = *self;
        let content = Content { context, engine: &self.engine, input, labels, output, ruleset: &self.ruleset };
        let (id, log, sequence, time) = (&*self.id, &*self.log, self.sequence, self.time);
        Entry { content: content.digest(), id, log, sequence, time }.leaf()
    }
}

/// A signed statement, the checkpoint that covers it, and the path between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The path from the leaf to the checkpoint's root, from below.
    pub proof: Vec<Digest>,
    /// The signed statement.
    pub statement: String,
}

impl Receipt {
    /// Signs a statement.
    ///
    /// # Errors
    ///
    /// When a number is too large.
    pub fn new(
        signer: &Signer,
        statement: &Statement,
        checkpoint: String,
        proof: Vec<Digest>,
    ) -> Result<Self, CanonicalFault> {
        Ok(Self { checkpoint, proof, statement: jws::sign(signer, TYPE, statement)? })
    }

    /// Its canonical text.
    ///
    /// # Errors
    ///
    /// Never for a receipt made here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalFault> {
        canonical(self)
    }
}

/// Proves a receipt and gives what it states and the checkpoint that covers it. Nothing else is needed than the public
/// keys.
///
/// # Errors
///
/// The first thing that does not hold, named.
pub fn verify_receipt(bytes: &[u8], keys: &KeySet) -> Result<(Statement, Checkpoint), ReceiptFault> {
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(ReceiptFault::TooLong { bytes: bytes.len() });
    }
    let receipt: Receipt = serde_json::from_slice(bytes).map_err(ReceiptFault::Form)?;
    let statement = proved(&receipt.statement, keys).map_err(ReceiptFault::Statement)?;
    if statement.computed_leaf() != statement.leaf {
        return Err(ReceiptFault::Leaf { id: statement.id });
    }
    let checkpoint = Checkpoint::verify(&receipt.checkpoint, keys).map_err(ReceiptFault::Checkpoint)?;
    covers(&checkpoint, &statement)?;
    let (index, size) = (statement.sequence - checkpoint.first, checkpoint.size());
    let short = receipt.proof.len() <= PROOF_COUNT_MAX;
    if short && proves(&receipt.proof, statement.leaf, index, size, checkpoint.root) {
        return Ok((statement, checkpoint));
    }
    let (log, sequence, number) = (statement.log, statement.sequence, checkpoint.number);
    Err(ReceiptFault::Proof { log, sequence, number })
}

fn proved(jws: &str, keys: &KeySet) -> Result<Statement, JwsFault> {
    let read = jws::Unproved::<Statement>::read(jws, TYPE)?;
    let key = keys.get(&read.key)?.holds_at(read.statement.issued)?;
    read.proved(key)
}

fn covers(checkpoint: &Checkpoint, statement: &Statement) -> Result<(), ReceiptFault> {
    let Checkpoint { first, last, ref log, .. } = *checkpoint;
    if *log == statement.log && (first..=last).contains(&statement.sequence) {
        return Ok(());
    }
    let (found, log, sequence) = (log.clone(), statement.log.clone(), statement.sequence);
    Err(ReceiptFault::Covers { found, first, last, log, sequence })
}
