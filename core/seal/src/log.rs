//! Records of a log: what each is hashed to, and how they hang on each other.

use jiff::Timestamp;
use serde::Serialize;

use crate::Digest;

/// The last number of a log: the largest that JSON holds exactly.
pub const SEQUENCE_MAX: u64 = (1 << 53) - 1;

/// Sets a chain apart from everything else that is hashed.
const CHAIN: &[u8] = b"maple-bridge chain 1\0";
/// Sets a leaf apart from a node of the tree (RFC 6962, 2.1).
const LEAF: [u8; 1] = [0];

/// What a decision's record holds, by its digests.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Content<'a> {
    // Fields stand in the order of canonical JSON.
    /// What else was known and found: context facts, findings, corrections.
    pub context: Digest,
    /// Version of the engine.
    pub engine: &'a str,
    /// The canonical input.
    pub input: Digest,
    /// The words by which the record is found.
    pub labels: Digest,
    /// The final output.
    pub output: Digest,
    /// Digest of the ruleset.
    pub ruleset: &'a str,
}

impl Content<'_> {
    /// The digest of its canonical text.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&text(self))
    }
}

/// One record of a log.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Entry<'a> {
    // Fields stand in the order of canonical JSON.
    /// Digest of what the record holds.
    pub content: Digest,
    /// Id of the record.
    pub id: &'a str,
    /// Id of the log.
    pub log: &'a str,
    /// Number in the log, from 1, without gaps, at most [`SEQUENCE_MAX`].
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
}

impl Entry<'_> {
    /// Its leaf: SHA-256 of 0x00 and its canonical text.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        Digest::of_parts(&[&LEAF, &text(self)])
    }
}

/// Texts, digests and small integers in canonical order: what `serde_json` writes is canonical already, at a tenth of
/// the price.
fn text<T: Serialize>(value: &T) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    // Writing texts and integers into memory does not fail.
    let written = serde_json::to_writer(&mut text, value);
    debug_assert!(written.is_ok());
    text
}

/// The end of a log: its last number and what everything up to there hashes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last number, 0 for an empty log.
    pub sequence: u64,
    /// The chain.
    pub chain: Digest,
}

impl Head {
    /// The end of an empty log. It hangs on the log's id, so no log can pass for another.
    #[must_use]
    pub fn empty(log: &str) -> Self {
        Self { sequence: 0, chain: Digest::of_parts(&[CHAIN, log.as_bytes()]) }
    }

    /// The end after one more record.
    #[must_use]
    pub fn next(self, leaf: Digest) -> Self {
        let chain = Digest::of_parts(&[CHAIN, self.chain.as_bytes(), leaf.as_bytes()]);
        Self { sequence: self.sequence + 1, chain }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::canonical;

    proptest! {
        #[test]
        fn what_is_hashed_is_canonical(id in any::<String>(), log in any::<String>(), sequence in 0..=SEQUENCE_MAX, second in 0..4_000_000_000_i64) {
            let time = Timestamp::from_second(second).unwrap();
            let content = Digest::of(id.as_bytes());
            let entry = Entry { content, id: &id, log: &log, sequence, time };
            prop_assert_eq!(text(&entry), canonical(&entry).unwrap());
            let whole = Content { context: content, engine: &id, input: content, labels: content, output: content, ruleset: &log };
            prop_assert_eq!(text(&whole), canonical(&whole).unwrap());
        }
    }
}
