//! The doors of the service: HTTP, limits, health, figures, and the clock.
//!
//! Everything that decides is behind it: a request is read by the wire room, answered by the kernel with the ruleset in
//! force, and written by the wire room again.

mod access;
mod admission;
mod app;
mod clock;
mod config;
mod http;
mod listen;
mod metrics;
mod records;
mod replay;
mod rulesets;
mod tls;
mod trace;

use maple_seal::{Key, Signer};
use maple_store::{Activation, ActivationKind, KeyPurpose, KeyRecord, Request, Store, StoreError, Swap};

pub use access::{
    ACCESS_CACHE_COUNT_MAX, ACCESS_CACHE_SECONDS, Access, Authentication, JWKS_BYTES_MAX, JWKS_KEYS_MAX,
    JWKS_REFRESH_SECONDS, JWKS_RETRY_SECONDS, JWT_LEEWAY_SECONDS, JWT_SUBJECT_BYTES_MAX, JwksFault, Jwt, JwtConfig,
    NewToken, REFUSALS_LOGGED_PER_MINUTE, Role, RoleFault, SCOPE_COUNT_MAX, TOKEN_BYTES_MAX, TOKEN_DAYS,
    TOKEN_DAYS_MAX, TOKEN_NAME_CHARS_MAX, TokenFault, TokenRequest, Unguarded, is_public, token_create, token_revoke,
    token_state,
};
pub use app::{App, Serving, SharedPlugins};
pub use clock::{Clock, SystemClock, UTC_OFFSET_MINUTES, today};
pub use config::{
    BATCHES_COUNT_MAX, CHUNK_LINES_MAX, CONNECTIONS_COUNT_MAX, Config, LARGE_BODIES_COUNT_MAX,
    LARGE_PREVIEWS_COUNT_MAX, LINE_BYTES_MAX, PREVIEWS_COUNT_MAX, RECORD_READS_COUNT_MAX, REFUSED_BYTES_MAX,
    SMALL_BYTES_MAX, UNKNOWN_BYTES_MAX, WAITING_COUNT_MAX, runtime,
};
pub use http::{paths, router};
pub use listen::{HEAD_BYTES_MAX, TURNED_AWAY_COUNT_MAX, serve};
pub use records::{CHECKPOINT_EVERY, CHECKPOINT_EVERY_RECORDS, ENGINE, RECORDS_WAITING_MAX, Records};
pub use replay::DIFFERENCES_COUNT_MAX;
pub use rulesets::RULESETS_KEPT_MAX;
pub use tls::{CHAIN_COUNT_MAX, ClientTlsFault, PEM_BYTES_MAX, TLS_POLL_SECONDS, Tls, TlsFault, client_tls};

/// Keeps the public key of a node beside what it signs, from the first time on.
///
/// # Errors
///
/// When the store cannot be read or written.
pub fn keep_key(store: &Store, signer: &Signer) -> Result<(), StoreError> {
    if store.keys()?.iter().any(|known| known.key.public.id() == signer.id()) {
        return Ok(());
    }
    let from = clock::timestamp(&SystemClock);
    let key = Key { public: signer.public().clone(), from, to: None, revoked: None };
    store.key_put(&KeyRecord { purpose: KeyPurpose::Log, key })
}

/// Records that a ruleset serves from now on, without what it was made from.
///
/// # Errors
///
/// As [`Store::activate`].
pub fn activate_unkept(store: &Store, ruleset: &str, by: &str, why: &str) -> Result<Activation, StoreError> {
    store.activate(&Request { ruleset, at: &clock::rfc3339(&SystemClock), by, why })
}

/// Records that a ruleset serves from now on, and keeps the bundle that it was made from. The one that serves already
/// keeps its activation.
///
/// # Errors
///
/// When the store cannot be read or written.
pub fn activate(store: &Store, ruleset: &str, bundle: &[u8], by: &str, why: &str) -> Result<Activation, StoreError> {
    loop {
        let current = store.current()?;
        if let Some(same) = current.as_ref().filter(|current| current.ruleset == ruleset && current.bundle.is_some()) {
            return Ok(same.clone());
        }
        let at = clock::rfc3339(&SystemClock);
        let bundle = store.bundle_put(bundle, &at, by)?.to_string();
        let kind = match &current {
            Some(current) if current.ruleset == ruleset => ActivationKind::Renew,
            _ => ActivationKind::Activate,
        };
        let swap = Swap {
            request: Request { ruleset, at: &at, by, why },
            replaces: current.map(|current| current.generation),
            bundle: Some(&bundle),
            kind,
            effective: None,
        };
        match store.activation_swap(&swap) {
            // Another process was first; it may have found the same.
            Err(StoreError::Conflict { .. }) => {}
            other => return other,
        }
    }
}
