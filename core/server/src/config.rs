//! What an operator may set, and the most that each may be.

use std::{io, net::SocketAddr, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use maple_seal::ReferenceKey;
use maple_wire::{BODY_BYTES_MAX, PREVIEW_BYTES_MAX};
use tokio::runtime::{Builder, Runtime};

use crate::{access::Access, deliver::Deliveries, shapes::Shapes, tls::Tls};

/// Connections open at a time, by default.
pub const CONNECTIONS_COUNT_MAX: usize = 1_024;
/// Requests that may wait for an evaluation, by default.
pub const WAITING_COUNT_MAX: usize = 512;
/// Batches at a time, by default.
pub const BATCHES_COUNT_MAX: usize = 8;
/// Previews at a time, by default; each compiles a bundle.
pub const PREVIEWS_COUNT_MAX: usize = 1;
/// Plans made at a time; each keeps a core busy.
pub const PLANS_COUNT_MAX: usize = 1;
/// How long a plan may take to be made.
pub const PLAN_SECONDS_MAX: u64 = 60;
/// Hours after which a plan is too old to be accepted.
pub const PLAN_AGE_HOURS_MAX: i64 = 24;
/// Size of a body that needs no room of its own: every connection may bring one.
pub const SMALL_BYTES_MAX: usize = 64 << 10;
/// Larger bodies of questions at a time.
pub const LARGE_BODIES_COUNT_MAX: usize = 64;
/// Larger bodies of previews at a time.
pub const LARGE_PREVIEWS_COUNT_MAX: usize = 4;
/// Readers of records at a time; fewer than there are connections to the store, so that decisions can always be written.
pub const RECORD_READS_COUNT_MAX: usize = 4;
/// Bundles that arrive at a time.
pub const UPLOADS_COUNT_MAX: usize = 2;
/// Length of one line of a batch.
pub const LINE_BYTES_MAX: usize = 256 << 10;
/// Lines of a batch that one task answers.
pub const CHUNK_LINES_MAX: usize = 32;
/// How much of a body that is too large is still read, so that the caller hears why.
pub const REFUSED_BYTES_MAX: u64 = 64 << 20;
/// The same where the caller is not let in.
pub const UNKNOWN_BYTES_MAX: u64 = 1 << 20;

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Evaluations at a time.
    pub evaluations: usize,
    /// Requests that may wait for one.
    pub waiting: usize,
    /// How long a request may wait for one.
    pub wait: Duration,
    /// Batches at a time.
    pub batches: usize,
    /// Previews at a time.
    pub previews: usize,
    /// Connections at a time.
    pub connections: usize,
    /// Size of the body of one question.
    pub body_bytes: usize,
    /// Size of the body of one preview.
    pub preview_bytes: usize,
    /// How long a body may take to arrive, and then the policies to answer: those that were not asked by then are not asked.
    pub deadline: Duration,
    /// How long a bundle may take to arrive.
    pub upload_deadline: Duration,
    /// How long a preview may take to be answered.
    pub preview_deadline: Duration,
    /// How long the head of a request may take to arrive, and a connection may stand idle.
    pub head_wait: Duration,
    /// How long a batch may stand still, and a caller may leave an answer unread.
    pub stall: Duration,
    /// How long a stop waits for what is under way.
    pub drain: Duration,
    /// The offset from UTC, in minutes, of the clock that says what day it is.
    pub utc_offset_minutes: i32,
    /// Whether the service itself looks at what the clock brings; where it does not, somebody asks for it (`/v1/tick`).
    pub tick: bool,
    /// With which references to organisations, places and projects are hashed; without it no events are taken.
    pub reference_key: Option<Arc<ReferenceKey>>,
    /// Outlines of places for the map; without them it is one of tiles.
    pub shapes: Option<Arc<Shapes>>,
    /// Who may do what; none where everybody may do everything.
    pub access: Option<Arc<Access>>,
    /// Who is told what happens; none where nobody is.
    pub deliveries: Option<Arc<Deliveries>>,
    /// How connections are secured; none where they are not.
    pub tls: Option<Arc<Tls>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            evaluations: cores(),
            waiting: WAITING_COUNT_MAX,
            wait: Duration::from_secs(1),
            batches: BATCHES_COUNT_MAX,
            previews: PREVIEWS_COUNT_MAX,
            connections: CONNECTIONS_COUNT_MAX,
            body_bytes: BODY_BYTES_MAX,
            preview_bytes: PREVIEW_BYTES_MAX,
            deadline: Duration::from_secs(10),
            upload_deadline: Duration::from_secs(120),
            preview_deadline: Duration::from_secs(60),
            head_wait: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            drain: Duration::from_secs(20),
            utc_offset_minutes: crate::clock::UTC_OFFSET_MINUTES,
            tick: true,
            reference_key: None,
            shapes: None,
            access: None,
            deliveries: None,
            tls: None,
        }
    }
}

/// The runtime to serve with: more threads than evaluations at a time, so that doors stay open while all of them are busy.
///
/// # Errors
///
/// When the system gives no threads.
pub fn runtime(config: &Config) -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(config.evaluations.max(1) + 1).enable_all().build()
}

/// The cores at hand.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
