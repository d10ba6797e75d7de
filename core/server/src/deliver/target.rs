//! Who is told, of what, and how often it is tried.

use std::{fmt, sync::Arc, time::Duration};

use maple_store::Stream;
use maple_wire::OutgoingType;

use super::{nats::Nats, pump::Event, webhook::Webhook};

/// Recipients of one service.
pub const TARGETS_COUNT_MAX: usize = 16;
/// How often an event is tried, by default.
pub const ATTEMPTS_DEFAULT: u32 = 10;
/// How often an event is tried at most.
pub const ATTEMPTS_COUNT_MAX: u32 = 20;
/// Seconds that a recipient may take to answer, by default.
pub const TIMEOUT_SECONDS_DEFAULT: u64 = 10;
/// Seconds that a recipient may take to answer at most.
pub const TIMEOUT_SECONDS_MAX: u64 = 30;
/// Seconds until an event is tried again the first time, by default; each time after it four times as many.
pub const RETRY_SECONDS_DEFAULT: u64 = 5;
/// Seconds until an event is tried again the first time at most.
pub const RETRY_SECONDS_MAX: u64 = 3_600;

/// How often and how long an event is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How often, at most [`ATTEMPTS_COUNT_MAX`]; then it is dead.
    pub attempts: u32,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long until the second time.
    pub retry: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            attempts: ATTEMPTS_DEFAULT,
            timeout: Duration::from_secs(TIMEOUT_SECONDS_DEFAULT),
            retry: Duration::from_secs(RETRY_SECONDS_DEFAULT),
        }
    }
}

/// Somebody who is told.
pub struct Target {
    /// Its name, under which its place is kept.
    pub name: String,
    /// What it is told.
    pub events: Vec<OutgoingType>,
    /// Where and below which it is told of; none is everywhere.
    pub locality: Option<String>,
    /// How often and how long it is tried.
    pub terms: Terms,
    /// The way to it.
    pub way: Way,
}

impl Target {
    /// The streams in which something for it may stand.
    pub(super) fn streams(&self) -> Vec<Stream> {
        let of = |event: &OutgoingType| match event {
            OutgoingType::DecisionMade => Stream::Decisions,
            OutgoingType::SignalRaised | OutgoingType::SignalChanged => Stream::Signals,
            OutgoingType::ActivationChanged => Stream::Activations,
        };
        let mut streams: Vec<Stream> = Vec::new();
        for stream in self.events.iter().map(of) {
            if !streams.contains(&stream) {
                streams.push(stream);
            }
        }
        streams
    }

    /// Whether it is to hear of something there; what is about no place is for everybody.
    pub(super) fn hears_of(&self, locality: Option<&str>) -> bool {
        let (Some(top), Some(place)) = (&self.locality, locality) else { return true };
        place == top || place.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("name", &self.name).field("events", &self.events).finish_non_exhaustive()
    }
}

/// The way to somebody.
pub enum Way {
    /// By HTTP, signed.
    Webhook(Box<Webhook>),
    /// By a stream of NATS JetStream.
    Nats(Box<Nats>),
}

impl Way {
    /// Sends events in their order; of each what came of it, or nothing from the first on that was not tried any more:
    /// after a failure, and when `go_on` says no.
    pub(super) fn send(
        &self,
        events: &[Event],
        terms: &Terms,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Vec<Option<Result<(), Refused>>> {
        match self {
            Self::Webhook(webhook) => webhook.send(events, terms, go_on),
            Self::Nats(nats) => nats.send(events, terms, go_on),
        }
    }
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// In words, without a secret.
    pub(super) why: String,
    /// When the recipient wants to hear of it again, where it says so.
    pub(super) after: Option<Duration>,
}

impl Refused {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), after: None }
    }
}

/// All who are told.
#[derive(Debug, Default)]
pub struct Deliveries {
    source: String,
    /* INVARIANT: at most `TARGETS_COUNT_MAX`, no name twice; whoever makes it looks. */
    targets: Vec<Arc<Target>>,
}

impl Deliveries {
    /// Those who are told, under the name of who tells: the `source` of every event.
    #[must_use]
    pub fn new(source: String, targets: Vec<Target>) -> Self {
        Self { source, targets: targets.into_iter().map(Arc::new).collect() }
    }

    pub(super) fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }
}
