//! Keys: made, read, written, and valid for a time.

use std::{collections::BTreeMap, fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signature, Signer as _, SigningKey, VerifyingKey,
    pkcs8::{
        DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes, spki::der::pem::LineEnding,
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// Length of a key in PEM.
pub const PEM_BYTES_MAX: usize = 4_096;
/// Keys of one set.
pub const KEYS_COUNT_MAX: usize = 10_000;

/// Letters of a key id: 32 bytes in base64url.
const ID_CHARS: usize = 43;

/// What is wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The text is no private key of this kind.
    #[error("this is no private Ed25519 key in PKCS#8 PEM; `openssl genpkey -algorithm ed25519` makes one")]
    Private,
    /// The text is no public key of this kind.
    #[error("this is no public Ed25519 key in PEM; `openssl pkey -pubout` writes one")]
    Public,
    /// The text is no key id.
    #[error("`{text}` is no key id; it has 43 letters, digits, `-` and `_`")]
    Id {
        /// The text.
        text: String,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness for a key")]
    Random,
    /// No such key.
    #[error("key `{key}` is not known; add its public key")]
    Unknown {
        /// The key.
        key: KeyId,
    },
    /// The key is not valid yet.
    #[error("key `{key}` is valid from {from}, not yet at {at}")]
    NotYet {
        /// The key.
        key: KeyId,
        /// Its first moment.
        from: Timestamp,
        /// The moment in question.
        at: Timestamp,
    },
    /// The key is no longer valid.
    #[error("key `{key}` was valid until {to}, no longer at {at}")]
    Expired {
        /// The key.
        key: KeyId,
        /// The first moment after it.
        to: Timestamp,
        /// The moment in question.
        at: Timestamp,
    },
    /// The key was revoked.
    #[error("key `{key}` was revoked at {revoked}, it does not hold at {at}")]
    Revoked {
        /// The key.
        key: KeyId,
        /// Since when.
        revoked: Timestamp,
        /// The moment in question.
        at: Timestamp,
    },
    /// The set has no place for another key.
    #[error("a set has at most {KEYS_COUNT_MAX} keys")]
    TooMany,
}

/// Names a key: the thumbprint of its public half (RFC 7638, RFC 8037 A.3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
        if text.len() == ID_CHARS && text.bytes().all(fits) {
            return Ok(Self(text.to_owned()));
        }
        Err(KeyFault::Id { text: text.chars().take(ID_CHARS).collect() })
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyFault;

    fn try_from(text: String) -> Result<Self, KeyFault> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A private key. It is never printed, and wiped from memory at its end.
pub struct Signer {
    key: SigningKey,
    public: PublicKey,
}

impl Signer {
    /// A new key.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, KeyFault> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyFault::Random)?;
        Ok(Self::new(SigningKey::from_bytes(&seed)))
    }

    /// Reads PKCS#8 PEM.
    ///
    /// # Errors
    ///
    /// When the text is too long or no private Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyFault::Private);
        }
        SigningKey::from_pkcs8_pem(pem.trim_start()).map(Self::new).map_err(|_| KeyFault::Private)
    }

    /// Writes PKCS#8 PEM, in the form that every tool reads (version 1, without the public half).
    ///
    /// # Errors
    ///
    /// Never for a key that was made or read here.
    pub fn to_pem(&self) -> Result<String, KeyFault> {
        let pair = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        Ok(pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyFault::Private)?.as_str().to_owned())
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.public.id
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    fn new(key: SigningKey) -> Self {
        let public = PublicKey::new(key.verifying_key());
        Self { key, public }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(self.id()).finish()
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    /* INVARIANT: the thumbprint of the key. */
    id: KeyId,
}

impl PublicKey {
    /// Reads SPKI PEM.
    ///
    /// # Errors
    ///
    /// When the text is too long, no public Ed25519 key, or a key under which anything may hold.
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyFault::Public);
        }
        let key = VerifyingKey::from_public_key_pem(pem.trim_start()).map_err(|_| KeyFault::Public)?;
        if key.is_weak() { Err(KeyFault::Public) } else { Ok(Self::new(key)) }
    }

    /// Writes SPKI PEM.
    ///
    /// # Errors
    ///
    /// Never for a key that was made or read here.
    pub fn to_pem(&self) -> Result<String, KeyFault> {
        self.key.to_public_key_pem(LineEnding::LF).map_err(|_| KeyFault::Public)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn holds(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }

    fn new(key: VerifyingKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let id = KeyId(URL_SAFE_NO_PAD.encode(Digest::of(jwk.as_bytes()).as_bytes()));
        Self { key, id }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.id).finish()
    }
}

/// A public key and when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub public: PublicKey,
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it, if it has one.
    pub to: Option<Timestamp>,
    /// Since when it is revoked, if it is.
    pub revoked: Option<Timestamp>,
}

impl Key {
    /// Whether it holds at a moment.
    ///
    /// # Errors
    ///
    /// When it is not valid yet, no longer, or revoked.
    pub fn holds_at(&self, at: Timestamp) -> Result<&PublicKey, KeyFault> {
        let key = || self.public.id.clone();
        match (self.to, self.revoked) {
            (_, Some(revoked)) if revoked <= at => Err(KeyFault::Revoked { key: key(), revoked, at }),
            _ if at < self.from => Err(KeyFault::NotYet { key: key(), from: self.from, at }),
            (Some(to), _) if to <= at => Err(KeyFault::Expired { key: key(), to, at }),
            _ => Ok(&self.public),
        }
    }
}

/// Public keys by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(/* INVARIANT: each under its own id. */ BTreeMap<KeyId, Key>);

impl KeySet {
    /// A set of no keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, or takes the place of what was said of it before.
    ///
    /// # Errors
    ///
    /// When the set has [`KEYS_COUNT_MAX`] others.
    pub fn insert(&mut self, key: Key) -> Result<(), KeyFault> {
        if self.0.len() >= KEYS_COUNT_MAX && !self.0.contains_key(&key.public.id) {
            return Err(KeyFault::TooMany);
        }
        self.0.insert(key.public.id.clone(), key);
        Ok(())
    }

    /// A key by its id.
    ///
    /// # Errors
    ///
    /// When the set has no such key.
    pub fn get(&self, key: &KeyId) -> Result<&Key, KeyFault> {
        self.0.get(key).ok_or_else(|| KeyFault::Unknown { key: key.clone() })
    }

    /// The keys, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.values()
    }
}
