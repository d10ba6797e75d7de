//! The key that signs checkpoints and receipts, and how another takes its place while the service runs.
//!
//! `maple keys rotate` puts a new private key in the file and lays the old one beside it. Whoever runs takes the new one
//! at its next look, says in the store until when the old one holds, and only then takes the old file away; so a rotation
//! that was cut short anywhere is brought to its end by the next look, or the next start.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use jiff::{SignedDuration, Timestamp};
use maple_seal::{Key, Signer};
use maple_store::{Event, KeyEnd, KeyPurpose, KeyRecord, Store, StoreError};
use tracing::{error, info, warn};

use crate::records::chain;

/// Bytes of a private key's file.
pub const SIGNING_KEY_BYTES_MAX: usize = 16 << 10;
/// How long, in seconds, a key still holds after another took its place: what it was signing just then stays proved.
pub const ROTATION_GRACE_SECONDS: i64 = 60;
/// What the name of the old key's file ends with.
const OLD: &str = ".old";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyFault {
    /// The file cannot be read.
    #[error("cannot read the signing key `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is none.
    #[error("`{}` is no private key (Ed25519, PKCS#8 PEM)", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: maple_seal::KeyFault,
    },
}

/// A key holds no longer, so that what it signs proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the signing key {key} {}, so what it signs proves nothing; `maple keys rotate` puts another in its place",
    self.words()
)]
pub struct KeyEnded {
    /// The key.
    pub key: String,
    /// How it ended.
    pub end: KeyEnd,
}

impl KeyEnded {
    fn words(&self) -> String {
        match self.end {
            KeyEnd::To(at) => format!("held until {at}"),
            KeyEnd::Revoked(at) => format!("is revoked since {at}"),
        }
    }

    /// Whether a key has ended, as far as the store knows.
    pub(crate) fn of(KeyRecord { key, .. }: &KeyRecord, now: Timestamp) -> Option<Self> {
        let revoked = key.revoked.filter(|since| *since <= now).map(KeyEnd::Revoked);
        let end = revoked.or_else(|| key.to.filter(|to| *to <= now).map(KeyEnd::To))?;
        Some(Self { key: key.public.id().to_string(), end })
    }
}

/// The file beside the key's, in which the one before lies while it is replaced. Where the key's is a link, it is beside
/// what that leads to.
#[must_use]
pub fn replaced_key(file: &Path) -> PathBuf {
    let mut old = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).into_os_string();
    old.push(OLD);
    old.into()
}

/// Reads a private key.
///
/// # Errors
///
/// When the file cannot be read, or is none.
pub fn read_signing_key(path: &Path) -> Result<Signer, SigningKeyFault> {
    let read = crate::tls::read_bounded(path, SIGNING_KEY_BYTES_MAX);
    let pem = read.map_err(|source| SigningKeyFault::Read { path: path.to_owned(), source })?;
    Signer::from_pem(&String::from_utf8_lossy(&pem))
        .map_err(|source| SigningKeyFault::Key { path: path.to_owned(), source })
}

/// The key that signs now.
pub(crate) struct SigningKey {
    now: RwLock<Arc<Signer>>,
    /* Where another may come from. */
    file: Option<PathBuf>,
    ended: Mutex<Option<KeyEnded>>,
    /* From when the key that signs holds. */
    from: RwLock<Timestamp>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key", self.signer().id()).field("file", &self.file).finish()
    }
}

impl SigningKey {
    pub(crate) fn new(signer: Arc<Signer>, file: Option<PathBuf>) -> Self {
        Self { now: RwLock::new(signer), file, ended: Mutex::default(), from: RwLock::new(Timestamp::MIN) }
    }

    /// How the key that signs has ended, if it has.
    pub(crate) fn ended(&self) -> Option<KeyEnded> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The moment that is written on what is signed now: never before the key holds, also where the clock was put back.
    pub(crate) fn moment(&self, now: Timestamp) -> Timestamp {
        now.max(*self.from.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks whether somebody ended the key that signs.
    pub(crate) fn look_for_end(&self, store: &Store, at: Timestamp) -> Result<Option<KeyEnded>, StoreError> {
        let known = store.key(self.signer().id().as_str())?;
        if let Some(known) = &known {
            *self.from.write().unwrap_or_else(PoisonError::into_inner) = known.key.from;
        }
        let found = known.and_then(|known| KeyEnded::of(&known, at));
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = found.clone();
        Ok(found)
    }

    pub(crate) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the key that is in the file now, and ends the one that it replaced.
    pub(crate) fn look(&self, store: &Store, at: Timestamp) {
        self.look_at_file(store, at);
        let before = self.ended();
        // A database that is away is told elsewhere.
        if let Ok(Some(ended)) = self.look_for_end(store, at)
            && before.as_ref() != Some(&ended)
        {
            error!(%ended, "What is signed now proves nothing.");
        }
    }

    fn look_at_file(&self, store: &Store, at: Timestamp) {
        let Some(file) = &self.file else { return };
        let signer = match read_signing_key(file) {
            Ok(signer) => signer,
            Err(why) => {
                // What signs goes on; the next look may find it whole.
                return error!(why = %chain(&why), "The signing key cannot be read again; the one before signs on.");
            }
        };
        if let Err(why) = self.take(signer, store, at).and_then(|()| self.end_old(file, store, at)) {
            error!(why = %chain(&why), "The new signing key is not taken yet; the one before signs on.");
        }
    }

    fn take(&self, signer: Signer, store: &Store, at: Timestamp) -> Result<(), StoreError> {
        let (before, grace) = (self.signer(), SignedDuration::from_secs(ROTATION_GRACE_SECONDS));
        if signer.id() == before.id() {
            return Ok(());
        }
        // Whoever verifies knows it before anything is signed with it.
        // It holds a little earlier, too: a receipt that is being made may take its time before it takes its key.
        keep(store, &signer, at.saturating_sub(grace).unwrap_or(at))?;
        info!(key = %signer.id(), replaces = %before.id(), "Another key signs from now on.");
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(signer);
        Ok(())
    }

    /// Says until when the key holds that was replaced.
    fn end_old(&self, file: &Path, store: &Store, at: Timestamp) -> Result<(), StoreError> {
        let old = replaced_key(file);
        if !old.exists() {
            return Ok(());
        }
        // One that cannot be read ends nothing; it stays there for whoever looks after it.
        let Ok(replaced) = read_signing_key(&old) else { return Ok(()) };
        let now = self.signer();
        if replaced.id() == now.id() {
            // A rotation is between its two steps: what is laid down here is needed after the second.
            return Ok(());
        }
        let to = at.saturating_add(SignedDuration::from_secs(ROTATION_GRACE_SECONDS)).unwrap_or(at);
        let (subject, detail) = (replaced.id().as_str(), format!("{} signs from now on", now.id()));
        // One that never signed anything here has no end; of one that has, another look says nothing new.
        let lasts = store.key(subject)?.is_some_and(|known| known.key.to.is_none_or(|known| known > to));
        if lasts {
            let event = Event { time: at, actor: "maple serve", action: "key-rotate", subject, detail: &detail };
            store.key_end(subject, KeyEnd::To(to), &event)?;
        }
        if let Err(why) = fs::remove_file(&old) {
            warn!(file = %old.display(), %why, "The private key that was replaced cannot be deleted; delete it.");
        }
        Ok(())
    }
}

/// Keeps the public key of a node beside what it signs, from the first time on.
pub(crate) fn keep(store: &Store, signer: &Signer, from: Timestamp) -> Result<(), StoreError> {
    let key = Key { public: signer.public().clone(), from, to: None, revoked: None };
    store.key_add(&KeyRecord { purpose: KeyPurpose::Log, key })
}
