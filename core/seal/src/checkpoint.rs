//! A signed end of a log, and the records since the one before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CanonicalFault, Digest, Head, JwsFault, KeySet, Signer, canonical, jws};

const TYPE: &str = "maple-checkpoint";

/// What is wrong with a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointFault {
    /// Its signature does not hold.
    #[error("checkpoint of the log is not proved")]
    Unproved(#[source] JwsFault),
    /// It does not follow the one before.
    #[error("checkpoint {number} of log `{log}` does not follow checkpoint {before}: its {part} does not fit")]
    Follows {
        /// The log.
        log: String,
        /// Its number.
        number: u64,
        /// The number of the one before.
        before: u64,
        /// What does not fit.
        part: &'static str,
    },
}

/// A signed end of a log. It covers the records from `first` to `last`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The chain up to `last`.
    pub chain: Digest,
    /// The first record that it covers.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The log.
    pub log: String,
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// The digest of the checkpoint before; none for the first.
    pub previous: Option<Digest>,
    /// The Merkle root of the records that it covers.
    pub root: Digest,
    /// When.
    pub time: Timestamp,
}

impl Checkpoint {
    /// The checkpoint after another, or the first.
    #[must_use]
    pub fn after(before: Option<&Self>, log: &str, head: Head, root: Digest, time: Timestamp) -> Self {
        Self {
            chain: head.chain,
            first: before.map_or(0, |before| before.last) + 1,
            last: head.sequence,
            log: log.to_owned(),
            number: before.map_or(0, |before| before.number) + 1,
            previous: before.map(Self::digest),
            root,
            time,
        }
    }

    /// The digest of its canonical text, which the next one names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&canonical(self).unwrap_or_default())
    }

    /// How many records it covers.
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }

    /// Signs it.
    ///
    /// # Errors
    ///
    /// When a number is too large.
    pub fn sign(&self, signer: &Signer) -> Result<String, CanonicalFault> {
        jws::sign(signer, TYPE, self)
    }

    /// Reads a signed checkpoint and proves it by a key that held at its time.
    ///
    /// # Errors
    ///
    /// When it is not signed, or by a key that is unknown or did not hold.
    pub fn verify(jws: &str, keys: &KeySet) -> Result<Self, CheckpointFault> {
        let read = jws::Unproved::<Self>::read(jws, TYPE).map_err(CheckpointFault::Unproved)?;
        let key = keys.get(&read.key).and_then(|key| key.holds_at(read.statement.time));
        read.proved(key.map_err(|fault| CheckpointFault::Unproved(fault.into()))?).map_err(CheckpointFault::Unproved)
    }

    /// Reads a signed checkpoint that this service keeps, without proving it.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read(jws: &str) -> Result<Self, CheckpointFault> {
        Ok(jws::Unproved::<Self>::read(jws, TYPE).map_err(CheckpointFault::Unproved)?.statement)
    }

    /// Whether it follows another.
    ///
    /// # Errors
    ///
    /// When its log, number, first record or the digest that it names is another.
    pub fn follows(&self, before: Option<&Self>) -> Result<(), CheckpointFault> {
        let expected =
            Self::after(before, &self.log, Head { sequence: self.last, chain: self.chain }, self.root, self.time);
        let part = if before.is_some_and(|before| before.log != self.log) {
            "log"
        } else if expected.number != self.number {
            "number"
        } else if expected.first != self.first || self.last < self.first {
            "first record"
        } else if expected.previous != self.previous {
            "digest of the one before"
        } else {
            return Ok(());
        };
        let before = before.map_or(0, |before| before.number);
        Err(CheckpointFault::Follows { log: self.log.clone(), number: self.number, before, part })
    }
}
