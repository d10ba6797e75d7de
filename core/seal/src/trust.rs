//! Who may sign which packs.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CanonicalFault, Digest, JwsFault, KEYS_COUNT_MAX, Key, KeyFault, KeyId, Signer, jws};

/// Subtrees of one key.
pub const SUBTREES_COUNT_MAX: usize = 4_096;

const TYPE: &str = "maple-pack";

/// A text is no subtree of localities.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no subtree of localities; write `cn/zhejiang/**`, a single place such as `cn/zhejiang`, or `**`")]
pub struct SubtreeFault {
    text: String,
}

/// A part of the tree of localities: `cn/zhejiang/**` is the province and all below, `cn/zhejiang` the province alone,
/// `**` everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
    /* INVARIANT: names of small letters, digits and `-`, with `/` between them; empty only for everything. */
    top: String,
    below: bool,
}

impl Subtree {
    /// Whether a locality lies in it.
    #[must_use]
    pub fn covers(&self, locality: &str) -> bool {
        match locality.strip_prefix(&*self.top) {
            Some("") => true,
            Some(rest) => self.below && (self.top.is_empty() || rest.starts_with('/')),
            None => false,
        }
    }

    /// Whether a locality and every one below it lie in it.
    #[must_use]
    pub fn covers_below(&self, locality: &str) -> bool {
        self.below && self.covers(locality)
    }

    /// Whether every locality lies in it.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.below && self.top.is_empty()
    }

    /// The locality at its top; empty for everything.
    #[must_use]
    pub fn top(&self) -> &str {
        &self.top
    }
}

impl FromStr for Subtree {
    type Err = SubtreeFault;

    fn from_str(text: &str) -> Result<Self, SubtreeFault> {
        if text == "**" {
            return Ok(Self { top: String::new(), below: true });
        }
        let (top, below) = text.strip_suffix("/**").map_or((text, false), |top| (top, true));
        let fits = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if top.split('/').all(|name| !name.is_empty() && name.bytes().all(fits)) {
            return Ok(Self { top: top.to_owned(), below });
        }
        Err(SubtreeFault { text: text.chars().take(128).collect() })
    }
}

impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.top, self.below) {
            ("", _) => f.write_str("**"),
            (top, true) => write!(f, "{top}/**"),
            (top, false) => f.write_str(top),
        }
    }
}

/// A pack that was signed or is to be admitted.
#[derive(Clone, Copy, Debug)]
pub struct Pack<'a> {
    /// What it is called, with its version, such as `cn/zhejiang@1.4.0`.
    pub unit: &'a str,
    /// The locality that it is for.
    pub locality: &'a str,
    /// The digest of its files.
    pub digest: Digest,
}

/// What is signed of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackSignature {
    /// The digest of its files.
    pub digest: Digest,
    /// When it was signed.
    pub time: Timestamp,
    /// What it is called.
    pub unit: String,
}

impl PackSignature {
    /// Signs a pack.
    ///
    /// # Errors
    ///
    /// Never for a signature that can be written as JSON.
    pub fn sign(&self, signer: &Signer) -> Result<String, CanonicalFault> {
        jws::sign(signer, TYPE, self)
    }
}

/// A key that may sign packs, and for which places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The key.
    pub key: Key,
    /// The places.
    pub localities: Vec<Subtree>,
}

/// Why a pack is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum TrustFault {
    /// The signature does not hold.
    #[error("the signature of pack `{unit}` does not hold; sign it again with a key trusted for `{locality}`")]
    Signature {
        /// The pack.
        unit: String,
        /// Its locality.
        locality: String,
        /// What does not hold.
        source: JwsFault,
    },
    /// The signature is one of another pack.
    #[error("the signature by key `{key}` is for `{signed}`, not for pack `{unit}`; sign this pack")]
    Unit {
        /// The key.
        key: KeyId,
        /// What was signed.
        signed: String,
        /// The pack.
        unit: String,
    },
    /// The signature is one of other files.
    #[error("key `{key}` signed other files of pack `{unit}` ({signed}, now {digest}); sign the pack again")]
    Files {
        /// The key.
        key: KeyId,
        /// The pack.
        unit: String,
        /// The digest that was signed.
        signed: Digest,
        /// The digest of its files.
        digest: Digest,
    },
    /// The key may not sign for this place.
    #[error(
        "key `{key}` may sign for {allowed}, not for `{locality}` of pack `{unit}`; sign with another key, or trust this one there"
    )]
    Place {
        /// The key.
        key: KeyId,
        /// The pack.
        unit: String,
        /// Its locality.
        locality: String,
        /// The places of the key.
        allowed: String,
    },
    /// The signature comes from the future.
    #[error("key `{key}` signed pack `{unit}` at {time}, which is after {at}; check the clocks")]
    Future {
        /// The key.
        key: KeyId,
        /// The pack.
        unit: String,
        /// When it was signed.
        time: Timestamp,
        /// The moment of admission.
        at: Timestamp,
    },
    /// The configuration trusts too much.
    #[error("{what} are too many; at most {max} are trusted")]
    TooMany {
        /// What.
        what: &'static str,
        /// The most.
        max: usize,
    },
}

/// Which keys may sign for which places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust(/* INVARIANT: each under the id of its key. */ BTreeMap<KeyId, Trusted>);

impl Trust {
    /// Nobody is trusted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a key, or takes the place of what was said of it before.
    ///
    /// # Errors
    ///
    /// When there are too many keys or places.
    pub fn insert(&mut self, trusted: Trusted) -> Result<(), TrustFault> {
        let id = trusted.key.public.id().clone();
        if trusted.localities.len() > SUBTREES_COUNT_MAX {
            return Err(TrustFault::TooMany { what: "subtrees of a key", max: SUBTREES_COUNT_MAX });
        }
        if self.0.len() >= KEYS_COUNT_MAX && !self.0.contains_key(&id) {
            return Err(TrustFault::TooMany { what: "keys", max: KEYS_COUNT_MAX });
        }
        self.0.insert(id, trusted);
        Ok(())
    }

    /// Admits a pack at a moment: who signed it was valid when signing, is not revoked now, and may sign for the place.
    ///
    /// # Errors
    ///
    /// The first thing that does not hold, with the key, the pack and the way out.
    pub fn admit(&self, jws: &str, pack: &Pack<'_>, at: Timestamp) -> Result<KeyId, TrustFault> {
        let unit = || pack.unit.to_owned();
        let locality = || pack.locality.to_owned();
        let unproved = |source| TrustFault::Signature { unit: unit(), locality: locality(), source };
        let read = jws::Unproved::<PackSignature>::read(jws, TYPE).map_err(unproved)?;
        let key = read.key.clone();
        let trusted = self.0.get(&key).ok_or_else(|| unproved(KeyFault::Unknown { key: key.clone() }.into()))?;
        let time = read.statement.time;
        let public = holds(&trusted.key, time, at).map_err(|fault| unproved(fault.into()))?;
        let signed = read.proved(public).map_err(unproved)?;
        if signed.unit != pack.unit {
            return Err(TrustFault::Unit { key, signed: signed.unit, unit: unit() });
        }
        if signed.digest != pack.digest {
            return Err(TrustFault::Files { key, unit: unit(), signed: signed.digest, digest: pack.digest });
        }
        if time > at {
            return Err(TrustFault::Future { key, unit: unit(), time, at });
        }
        if !trusted.localities.iter().any(|subtree| subtree.covers(pack.locality)) {
            let allowed = places(&trusted.localities);
            return Err(TrustFault::Place { key, unit: unit(), locality: locality(), allowed });
        }
        Ok(key)
    }
}

/// Valid when signing, and not revoked by now: who stole a key writes whatever moment is needed.
fn holds(key: &Key, signed: Timestamp, now: Timestamp) -> Result<&crate::PublicKey, KeyFault> {
    if let Some(revoked) = key.revoked.filter(|revoked| *revoked <= now) {
        return Err(KeyFault::Revoked { key: key.public.id().clone(), revoked, at: now });
    }
    key.holds_at(signed)
}

/// The places in words, at most a few of them.
fn places(localities: &[Subtree]) -> String {
    const SHOWN: usize = 5;
    if localities.is_empty() {
        return "no place".to_owned();
    }
    let mut shown: Vec<String> = localities.iter().take(SHOWN).map(|subtree| format!("`{subtree}`")).collect();
    if localities.len() > SHOWN {
        shown.push(format!("{} more", localities.len() - SHOWN));
    }
    shown.join(", ")
}
