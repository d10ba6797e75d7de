//! The public keys of who issues JWTs: from a file or by https, taken anew from time to time, kept while nobody answers.

use std::{
    fmt,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use tracing::{info, warn};

use crate::{
    records::chain,
    tls::{ClientTlsFault, client_tls, read_bounded},
};

/// Bytes of a set of keys.
pub const JWKS_BYTES_MAX: usize = 256 << 10;
/// Keys of a set.
pub const JWKS_KEYS_MAX: usize = 64;
/// Seconds after which a set of keys that comes by https is taken anew.
pub const JWKS_REFRESH_SECONDS: u64 = 300;
/// Seconds between two looks for a key that is not known yet, at a file, and at an issuer that did not answer.
pub const JWKS_RETRY_SECONDS: u64 = 5;
/// Seconds that an issuer may take to answer.
const JWKS_WAIT_SECONDS: u64 = 10;
/// Bytes of the modulus of an RSA key: 2048 bits.
const RSA_BYTES_MIN: usize = 256;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum JwksFault {
    /// The address does not fit.
    #[error(
        "`jwks = {place:?}` is fetched in the open; write the path of a file, or an address that begins with https://"
    )]
    Open {
        /// The address.
        place: String,
    },
    /// Nobody is trusted for https.
    #[error("the keys of the issuer cannot be fetched by https")]
    Trust(#[from] ClientTlsFault),
    /// They cannot be read.
    #[error("cannot read the keys of the issuer from `{place}`")]
    Read {
        /// Where they are.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// They cannot be fetched.
    #[error("cannot fetch the keys of the issuer from `{place}`: {why}")]
    Fetch {
        /// Where they are.
        place: String,
        /// Why.
        why: String,
    },
    /// What is there is no set of keys.
    #[error("what is at `{place}` is no JSON Web Key Set of at most {JWKS_KEYS_MAX} keys: {why}")]
    NoSet {
        /// Where it is.
        place: String,
        /// Why.
        why: String,
    },
    /// No thread can be had.
    #[error("no thread can be had to look after the keys of the issuer")]
    Thread(#[source] io::Error),
}

/// A key that proves tokens, with the one algorithm that it is for.
pub(super) struct ProvingKey {
    id: Option<String>,
    algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// What is known of a key that a token names.
pub(super) enum Named {
    Key(Arc<ProvingKey>),
    /// There is one, for another algorithm.
    OtherAlgorithm,
    Unknown,
}

/// Where keys come from.
enum Source {
    File(PathBuf),
    Url(String, Box<ureq::Agent>),
}

/// The keys of an issuer.
pub(super) struct Jwks {
    keys: Arc<ArcSwap<Vec<Arc<ProvingKey>>>>,
    /// Asks the thread for a look; it ends when this is dropped.
    look: SyncSender<()>,
}

impl Jwks {
    /// Takes the keys, and looks after them from then on. An issuer that does not answer yet is asked again.
    pub(super) fn start(place: &str, ca: Option<&Path>) -> Result<Self, JwksFault> {
        let source = Source::new(place, ca)?;
        let first = match (source.read(), &source) {
            (Err(fault), Source::File(_)) => return Err(fault),
            (read, _) => read,
        };
        let known = first.is_ok();
        let first = first.unwrap_or_else(|fault| {
            warn!(why = %chain(&fault), "No JWT can be proved until the issuer answers.");
            Vec::new()
        });
        let keys = Arc::new(ArcSwap::from_pointee(first));
        let (look, looks) = sync_channel(1);
        let kept = Arc::clone(&keys);
        let thread = thread::Builder::new().name("maple-jwks".to_owned());
        thread.spawn(move || look_after(&source, &kept, &looks, known)).map_err(JwksFault::Thread)?;
        Ok(Self { keys, look })
    }

    /// The key for a token. Where the token names none, the only one for its algorithm is meant.
    pub(super) fn named(&self, id: Option<&str>, algorithm: Algorithm) -> Named {
        let keys = self.keys.load();
        let fits = |key: &&Arc<ProvingKey>| key.algorithm == algorithm;
        let Some(id) = id else {
            let mut fitting = keys.iter().filter(fits);
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Named::Key(Arc::clone(only)),
                _ => Named::Unknown,
            };
        };
        let mut of_name = keys.iter().filter(|key| key.id.as_deref() == Some(id)).peekable();
        let known = of_name.peek().is_some();
        match of_name.find(fits) {
            Some(key) => Named::Key(Arc::clone(key)),
            None if known => Named::OtherAlgorithm,
            None => {
                // It may be new. Whoever asks is not kept waiting.
                let _ = self.look.try_send(());
                Named::Unknown
            }
        }
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks").field("keys", &self.keys.load().len()).finish_non_exhaustive()
    }
}

impl Source {
    fn new(place: &str, ca: Option<&Path>) -> Result<Self, JwksFault> {
        if place.starts_with("https://") {
            let agent = ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(JWKS_WAIT_SECONDS)))
                .https_only(true)
                .max_redirects(0)
                .tls_config(client_tls(ca)?)
                .build();
            return Ok(Self::Url(place.to_owned(), Box::new(agent.into())));
        }
        if place.contains("://") {
            return Err(JwksFault::Open { place: place.chars().take(200).collect() });
        }
        Ok(Self::File(place.into()))
    }

    fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Url(url, _) => url.clone(),
        }
    }

    /// How long its keys are good when nobody asks for another.
    const fn life(&self) -> Duration {
        match self {
            Self::File(_) => Duration::from_secs(JWKS_RETRY_SECONDS),
            Self::Url(..) => Duration::from_secs(JWKS_REFRESH_SECONDS),
        }
    }

    fn read(&self) -> Result<Vec<Arc<ProvingKey>>, JwksFault> {
        let place = || self.place();
        let bytes = match self {
            Self::File(path) => {
                read_bounded(path, JWKS_BYTES_MAX).map_err(|source| JwksFault::Read { place: place(), source })?
            }
            Self::Url(url, agent) => fetch(url, agent).map_err(|why| JwksFault::Fetch { place: place(), why })?,
        };
        parse(&bytes).map_err(|why| JwksFault::NoSet { place: place(), why })
    }
}

fn fetch(url: &str, agent: &ureq::Agent) -> Result<Vec<u8>, String> {
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    if answer.status().as_u16() != 200 {
        return Err(format!("it answers {}", answer.status().as_u16()));
    }
    let mut bytes = Vec::new();
    let mut body = answer.body_mut().as_reader().take(JWKS_BYTES_MAX as u64 + 1);
    body.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > JWKS_BYTES_MAX { Err(format!("it has more than {JWKS_BYTES_MAX} bytes")) } else { Ok(bytes) }
}

/// The keys of a set that can prove something; others are for somebody else.
fn parse(bytes: &[u8]) -> Result<Vec<Arc<ProvingKey>>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let Set { keys } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if keys.len() > JWKS_KEYS_MAX {
        return Err(format!("it has {} keys", keys.len()));
    }
    let usable: Vec<_> = keys.into_iter().filter_map(proving).map(Arc::new).collect();
    if usable.is_empty() { Err("it has no key for RS256, ES256 or EdDSA".to_owned()) } else { Ok(usable) }
}

/// A key with the one algorithm that its kind allows, whatever a token says.
fn proving(value: Value) -> Option<ProvingKey> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let (algorithm, said) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            URL_SAFE_NO_PAD.decode(&rsa.n).ok().filter(|modulus| modulus.len() >= RSA_BYTES_MIN)?;
            (Algorithm::RS256, KeyAlgorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let proves = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let agrees = common.key_algorithm.is_none_or(|named| named == said);
    let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| signs && proves && agrees)?;
    Some(ProvingKey { id: jwk.common.key_id, algorithm, key })
}

/// Takes the keys anew when their time is over or somebody asks, but not more often than is decent.
fn look_after(source: &Source, keys: &ArcSwap<Vec<Arc<ProvingKey>>>, looks: &Receiver<()>, mut known: bool) {
    let retry = Duration::from_secs(JWKS_RETRY_SECONDS);
    let mut last = Instant::now();
    loop {
        let due = last + if known { source.life() } else { retry };
        match looks.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) if last.elapsed() < retry => {
                // So soon again: at the end of the decent time, which is when this wait ends.
                known = false;
                continue;
            }
            Ok(()) => {}
        }
        last = Instant::now();
        match source.read() {
            Ok(new) => {
                if !known {
                    info!(keys = new.len(), "The keys of the issuer are taken anew.");
                }
                keys.store(Arc::new(new));
                known = true;
            }
            Err(fault) => {
                warn!(why = %chain(&fault), "The keys of the issuer cannot be taken anew; those before hold on.");
                known = false;
            }
        }
    }
}
