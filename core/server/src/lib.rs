//! The doors of the service: HTTP, limits, health, figures, and the clock.
//!
//! Everything that decides is behind it: a request is read by the wire room, answered by the kernel with the ruleset in
//! force, and written by the wire room again.

mod admission;
mod app;
mod clock;
mod config;
mod http;
mod listen;
mod metrics;
mod trace;

use maple_store::{Activation, Request, Store, StoreError};

pub use app::{App, Serving, SharedPlugins};
pub use clock::{Clock, SystemClock, UTC_OFFSET_MINUTES, today};
pub use config::{
    BATCHES_COUNT_MAX, CHUNK_LINES_MAX, CONNECTIONS_COUNT_MAX, Config, LARGE_BODIES_COUNT_MAX,
    LARGE_PREVIEWS_COUNT_MAX, LINE_BYTES_MAX, PREVIEWS_COUNT_MAX, REFUSED_BYTES_MAX, SMALL_BYTES_MAX,
    WAITING_COUNT_MAX, runtime,
};
pub use http::{paths, router};
pub use listen::{HEAD_BYTES_MAX, TURNED_AWAY_COUNT_MAX, serve};

/// Records that a ruleset serves from now on.
///
/// # Errors
///
/// As [`Store::activate`].
pub fn activate(store: &Store, ruleset: &str, by: &str, why: &str) -> Result<Activation, StoreError> {
    store.activate(&Request { ruleset, at: &clock::rfc3339(&SystemClock), by, why })
}
