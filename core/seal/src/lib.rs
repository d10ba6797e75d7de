//! What can be proved: canonical JSON, digests, keys, signatures, chains of records, receipts, signatures of packs.
//!
//! The only room that knows keys. It reads no file, no socket and no clock: whoever calls says when.

mod canonical;
mod checkpoint;
mod digest;
mod jws;
mod key;
mod log;
mod merkle;
mod receipt;
mod reference;
mod trust;
mod webhook;

pub use canonical::{CanonicalFault, canonical};
pub use checkpoint::{Checkpoint, CheckpointFault};
pub use digest::{Digest, DigestFault};
pub use jws::{JWS_BYTES_MAX, JwsFault};
pub use key::{KEYS_COUNT_MAX, Key, KeyFault, KeyId, KeySet, PEM_BYTES_MAX, PublicKey, Signer};
pub use log::{Content, Entry, Head, SEQUENCE_MAX};
pub use merkle::{PROOF_COUNT_MAX, proof, proves, root};
pub use receipt::{RECEIPT_BYTES_MAX, Receipt, ReceiptFault, Statement, verify_receipt};
pub use reference::{REFERENCE_KEY_BYTES, ReferenceKey, ReferenceKeyFault};
pub use trust::{Pack, PackSignature, SUBTREES_COUNT_MAX, Subtree, SubtreeFault, Trust, TrustFault, Trusted};
pub use webhook::{
    WEBHOOK_SECRET_BYTES_MAX, WEBHOOK_SECRET_BYTES_MIN, WEBHOOK_SECRET_PREFIX, WEBHOOK_SECRETS_COUNT_MAX, WebhookKey,
    WebhookKeyFault,
};
