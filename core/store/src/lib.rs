//! What the service remembers between two starts: in one SQLite file, or in a PostgreSQL database that several nodes
//! share.
//!
//! The only room that knows SQL. It reads no clock; whoever writes says when. Every call blocks, for a bounded time:
//! call from a thread that may wait.

mod access;
mod activation;
mod audit;
mod board;
mod bundle;
mod decision;
mod dictionary;
mod dispute;
mod docket;
mod error;
mod list;
mod log;
mod node;
mod outbox;
mod output;
mod place;
mod plan;
mod pool;
mod queue;
mod receipt;
mod recorder;
mod retention;
mod roster;
mod schema;
mod signal;
mod sql;
mod tls;
mod together;
mod verify;
mod watch;

#[cfg(test)]
mod plans;

use std::{fmt, path::Path};

pub use access::{KeyEnd, KeyPurpose, KeyRecord, Token};
pub use activation::{Activation, ActivationKind, Request, Swap};
pub use audit::{AuditRecord, Event};
pub use board::{BoardCursor, BoardFilter, GROUP_ROWS_COUNT_MAX, LoopTally, OpenBy, OpenGroup};
pub use bundle::{Bundle, BundleInfo, Rejection};
pub use decision::{Decision, Prepared, Record, Written};
pub use dictionary::Dictionary;
pub use dispute::{
    About, COUNTED_COUNT_MAX, CaseEvent, Common, Counting, Desk, Dispute, DisputeFilter, EventCursor, EventRecord,
    LATER_COUNT_MAX, LATER_SUITS_DAYS, Later, Look, MapAsked, MapTallies, OPEN_STAGES, Scene, Sought, StationLoad,
    Taken, Tallied, WAITING_STAGES, Walked,
};
pub use docket::{Choose, Chosen, DOCKET_COUNT_MAX, Docket, DocketBusy, DocketConfig, Told};
pub use error::{Fault, StoreError};
pub use list::{Cursor, Filter, Summary};
pub use node::Node;
pub use outbox::{
    DEAD_KEPT_DAYS, Delivery, DeliveryFilter, DeliveryState, Fresh, Happened, Outcome, Place as StreamPlace, Pruned,
    RECIPIENT_BYTES_MAX, RECIPIENT_KEPT_DAYS, SentAgain, Standing, Stream,
};
pub use plan::{Acceptance, PLAN_BYTES_MAX, PLAN_KEPT_DAYS, PlanRecord};
pub use queue::{Alike, Queue, Staff};
pub use recorder::{
    BATCH_BYTES_MAX, BATCH_COUNT_MAX, Mode, QUEUE_BYTES_MAX, QUEUE_COUNT_MAX, Recorder, RecorderConfig,
    SPOOL_BYTES_MAX, Signing, Statistics, Unwritten,
};
pub use retention::Retired;
pub use roster::{CapacityNotice, LeaveDays, Mediator, Noted, Roster, Station};
pub use schema::SCHEMA_VERSION;
pub use signal::{Looked, Opined, Raise, Rests, Said, Signal, SignalFilter, SignalState, Verdict};
pub use verify::{ActivationFault, BundleFault, FAULTS_COUNT_MAX, LogFault, Verification};
pub use watch::{SignalWatch, SignalsHeard, Watch};

use place::Place;
use pool::Pool;
use sql::postgres::usual_patience;

/// How long one opener waits for another to finish writing, and a call for a free connection.
pub const BUSY_MILLIS_MAX: u64 = 5_000;
/// How long one statement may take.
pub const OPERATION_MILLIS_MAX: u64 = 30_000;
/// How long a server is waited for where something else can be done without it, such as keeping decisions on this node.
pub const BRIEF_MILLIS_MAX: u64 = 2_000;
/// How long a server that went away is waited for.
pub const RECONNECT_MILLIS_MAX: u64 = 3_000;
/// Connections of one process to one database, apart from those that watch.
pub const CONNECTIONS_COUNT_MAX: usize = 8;
/// How many activations one answer lists.
pub const HISTORY_COUNT_MAX: u32 = 100;
/// How many rows one answer lists.
pub const PAGE_COUNT_MAX: u32 = 1_000;
/// Length of each text of an activation, and of most others.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// Length of the terms of an activation.
pub const TERMS_BYTES_MAX: usize = 1 << 20;
/// Length of the detail of an event in the audit log.
pub const DETAIL_BYTES_MAX: usize = 64 << 10;
/// Length of the id of a log.
pub const LOG_BYTES_MAX: usize = 128;
/// Length of a word by which decisions are found.
pub const LABEL_BYTES_MAX: usize = 512;
/// Policies of one decision.
pub const POLICIES_COUNT_MAX: usize = 16_384;
/// Length of what one decision records: input, context and output.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;
/// Length of what the records of a kind mostly say, which each is packed against.
pub const DICTIONARY_BYTES_MAX: usize = 16 << 10;
/// Length of a bundle.
pub const BUNDLE_BYTES_MAX: usize = 80 << 20;
/// Length of the report on a rejected bundle.
pub const REPORT_BYTES_MAX: usize = 4 << 20;
/// Records that one checkpoint covers.
pub const CHECKPOINT_RECORDS_MAX: u64 = 1 << 16;
/// Keys, tokens or nodes that one answer lists.
pub const LIST_COUNT_MAX: u32 = 10_000;

/// Events of one dispute. The last of them are kept for the ways out: to a court, to arbitration, to others, to the end.
pub const EVENTS_COUNT_MAX: usize = 256;
/// Events of a dispute from which on calls and offers are not taken any more, so that they close nobody's way.
pub const EVENTS_CALLS_COUNT_MAX: usize = 192;
/// Events of a dispute from which on only the ways out are taken.
pub const EVENTS_STEPS_COUNT_MAX: usize = 240;
/// Length of a reference in an event: an id, a source, a station.
pub const REFERENCE_BYTES_MAX: usize = 256;

/// Length of what a registration says of the case itself.
pub const FACTS_BYTES_MAX: usize = 1_024;

/// The log of what was done to the service.
pub const AUDIT_LOG: &str = "audit";

/// Every table (2) that was never looked at or grew tenfold (0x10000), a few hundred rows of each index.
const TEND: &str = "PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002";

/// The database, open.
pub struct Store(Pool);

impl Store {
    /// Opens a database by its URL, such as `sqlite://maple.sqlite` or `postgres://user@host/name`, or a file by its
    /// plain path.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], or when the URL names no database.
    pub fn open_url(url: &str) -> Result<Self, StoreError> {
        Self::at(Place::url(url)?)
    }

    /// Opens the file, makes it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// When the database cannot be opened or written, is none of this service, is damaged, or was written by a later
    /// version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::at(Place::file(path))
    }

    /// True when several processes on several machines may use it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !matches!(self.0.place(), Place::Sqlite { .. })
    }

    /// True when whoever listens between this machine and the server can read what is kept.
    #[must_use]
    pub fn is_readable_on_the_way(&self) -> bool {
        self.0.place().is_readable_on_the_way()
    }

    /// The database in words, without secrets.
    #[must_use]
    pub fn place(&self) -> String {
        self.0.place().to_string()
    }

    fn at(place: Place) -> Result<Self, StoreError> {
        schema::write_ahead(&place)?;
        let mut link = place.connect(usual_patience()).map_err(|fault| StoreError::new("open", &place, fault))?;
        schema::migrate(&mut *link, &place)?;
        Ok(Self(Pool::new(place)))
    }

    /// Lets SQLite look at what its tables hold, where they changed much; PostgreSQL does so by itself.
    pub(crate) fn tend(&self) -> Result<(), StoreError> {
        if self.is_shared() {
            return Ok(());
        }
        self.0.write("look at the tables of", |link| Ok(link.batch(TEND)?))?;
        // A connection knows what was found when it was opened.
        self.0.renew();
        Ok(())
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.0
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.place()).finish()
    }
}

fn bounded(what: &'static str, text: &str, max: usize) -> Result<(), StoreError> {
    fits(what, text.len(), max)
}

fn fits(what: &'static str, bytes: usize, max: usize) -> Result<(), StoreError> {
    if bytes > max { Err(StoreError::TooLong { what, bytes, max }) } else { Ok(()) }
}
