//! The doors of the service: HTTP, limits, health, figures, and the clock.
//!
//! Everything that decides is behind it: a request is read by the wire room, answered by the kernel with the ruleset in
//! force, and written by the wire room again.

mod access;
mod admission;
mod app;
mod clock;
mod config;
mod console;
mod context;
mod control;
mod deliver;
mod events;
mod http;
mod listen;
mod metrics;
mod packing;
mod plan;
mod records;
mod replay;
mod shapes;
mod signals;
mod signing;
mod tls;
mod trace;
mod trial;

use maple_seal::Signer;
use maple_store::{Store, StoreError};

pub use access::{
    ACCESS_CACHE_COUNT_MAX, ACCESS_CACHE_SECONDS, ACCESS_OUTAGE_SECONDS, Access, Authentication, JWKS_BYTES_MAX,
    JWKS_KEYS_MAX, JWKS_REFRESH_SECONDS, JWKS_RETRY_SECONDS, JWT_LEEWAY_SECONDS, JWT_SUBJECT_BYTES_MAX, JwksFault, Jwt,
    JwtConfig, NewToken, REFUSALS_LOGGED_PER_MINUTE, Role, RoleFault, SCOPE_COUNT_MAX, TOKEN_BYTES_MAX, TOKEN_DAYS,
    TOKEN_DAYS_MAX, TOKEN_NAME_CHARS_MAX, TokenFault, TokenRequest, Unguarded, is_public, token_create, token_revoke,
    token_state,
};
pub use app::{App, Serving, SharedPlugins};
pub use clock::{Clock, SystemClock, UTC_OFFSET_MINUTES, now, today};
pub use config::{
    BATCHES_COUNT_MAX, CHUNK_LINES_MAX, CONNECTIONS_COUNT_MAX, Config, LARGE_BODIES_COUNT_MAX,
    LARGE_PREVIEWS_COUNT_MAX, LINE_BYTES_MAX, PLAN_AGE_HOURS_MAX, PLAN_SECONDS_MAX, PLANS_COUNT_MAX,
    PREVIEWS_COUNT_MAX, RECORD_READS_COUNT_MAX, REFUSED_BYTES_MAX, SMALL_BYTES_MAX, UNKNOWN_BYTES_MAX,
    UPLOADS_COUNT_MAX, WAITING_COUNT_MAX, runtime,
};
pub use control::{
    BUDGET_CASES_MAX, BeginError, CANARY_CASES_MIN, CANARY_CHANGED_PERCENT_MAX, CANARY_CORRECTED_PERCENT_MAX,
    CANARY_FAILED_PERCENT_MAX, CANARY_SLOWER_MAX, Control, FAILING_POLICIES_MAX, FOLDER, FORGET_NODE_SECONDS, Followed,
    Governance, HEARTBEAT_SECONDS, NotTaken, QUARANTINE_FAILURES, QUARANTINE_WINDOW, RETIRE_EVERY_SECONDS,
    RULESETS_KEPT_MAX, SHADOW_DIFFERENCES_KEPT, STALE_NODE_SECONDS, TICK_LOOKS_COUNT_MAX, TICK_RUN_SECONDS_MAX,
    TICK_SECONDS,
};
pub use deliver::{
    ATTEMPTS_COUNT_MAX, ATTEMPTS_DEFAULT, BACKOFF_SECONDS_MAX, DELIVERIES_WAITING_MAX, DELIVERY_BATCH_COUNT_MAX,
    Deliveries, LEASE_SECONDS, NATS_DUPLICATES_SECONDS, NATS_STREAM_DAYS, Nats, NatsConfig, NatsLogin,
    PAUSE_SECONDS_MAX, RETRY_AFTER_SECONDS_MAX, RETRY_SECONDS_DEFAULT, RETRY_SECONDS_MAX, SENDERS_COUNT_MAX,
    TARGETS_COUNT_MAX, TIMEOUT_SECONDS_DEFAULT, TIMEOUT_SECONDS_MAX, Target, Terms, Way, Webhook, WebhookConfig,
    WebhookFault,
};
pub use http::{
    MEDIATORS_COUNT_MAX, PLAN_SOURCE, QUEUE_COUNT_MAX, STAFF_ROWS_COUNT_MAX, STATIONS_SHOWN_MAX, paths, router,
};
pub use listen::{HEAD_BYTES_MAX, TURNED_AWAY_COUNT_MAX, serve};
pub use packing::DICTIONARIES_COUNT_MAX;
pub use records::{CHECKPOINT_EVERY, CHECKPOINT_EVERY_RECORDS, ENGINE, RECORDS_WAITING_MAX, Records, RecordsFault};
pub use replay::DIFFERENCES_COUNT_MAX;
pub use shapes::{SHAPE_POINTS_MAX, SHAPE_PROPERTY, SHAPES_BYTES_MAX, SHAPES_COUNT_MAX, Shapes, ShapesFault};
pub use signals::{LISTENERS_COUNT_MAX, PAGE_LISTENERS_COUNT_MAX, SIGNALS_BEHIND_MAX};
pub use signing::{
    KeyEnded, ROTATION_GRACE_SECONDS, SIGNING_KEY_BYTES_MAX, SigningKeyFault, read_signing_key, replaced_key,
};
pub use tls::{
    CHAIN_COUNT_MAX, ClientTlsFault, PEM_BYTES_MAX, TLS_POLL_SECONDS, Tls, TlsFault, client_tls, share_tls_provider,
};
pub use trial::{CHANGED_SHOWN_MAX, TRIAL_CASES_MAX, TRIAL_SECONDS_MAX};

/// Keeps the public key of a node beside what it signs, from the first time on.
///
/// # Errors
///
/// When the store cannot be read or written.
pub fn keep_key(store: &Store, signer: &Signer) -> Result<(), StoreError> {
    signing::keep(store, signer, clock::timestamp(&SystemClock))
}
