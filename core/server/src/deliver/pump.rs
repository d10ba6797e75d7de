//! One recipient: what it was not told yet, what it did not take, and how long it is left alone.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use maple_store::{Delivery, DeliveryState, Fresh, Outcome, Store, StoreError, StreamPlace};
use maple_wire::OutgoingType;
use tracing::{error, info, warn};

use super::{IDLE, events, target::Refused, target::Target};
use crate::{app::App, clock, control::Control, records::chain};

/// Seconds for which a node takes a recipient upon it; where it is killed, another does after them.
pub const LEASE_SECONDS: u64 = 60;
/// Events that are read and sent together.
pub const BATCH_COUNT_MAX: u32 = 64;
/// Events that wait to be tried again at one recipient; while there are so many, it is told nothing new.
pub const WAITING_COUNT_MAX: u64 = 1_000;
/// Seconds between two times that an event is tried.
pub const BACKOFF_SECONDS_MAX: u64 = 6 * 3_600;
/// Seconds for which a recipient is left alone after it did not take an event.
pub const PAUSE_SECONDS_MAX: u64 = 60;
/// Seconds for which a recipient may ask to be left alone (`Retry-After`).
pub const RETRY_AFTER_SECONDS_MAX: u64 = 3_600;

/// Seconds that are left of a lease when the last answer has come.
const MARGIN_SECONDS: u64 = 5;
/// How long until the lease is taken anew.
const RENEW: Duration = Duration::from_secs(LEASE_SECONDS / 4);
/// How often it is looked whether a recipient is free, and how it stands with it.
const LOOK: Duration = Duration::from_secs(2);
/// How long a database that is away is left alone.
const AWAY: Duration = Duration::from_secs(1);
/// Letters of why an event was not taken.
const WHY_CHARS_MAX: usize = 200;

/// An event, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its id.
    pub(super) id: String,
    /// What sort it is.
    pub(super) kind: OutgoingType,
    /// When it happened.
    pub(super) at: Timestamp,
    /// The whole of it.
    pub(super) body: String,
    /// Why it cannot be told as it is.
    pub(super) fault: Option<&'static str>,
}

/// What is known of one recipient.
struct Pump<'a> {
    app: &'a App,
    control: &'a Control,
    target: &'a Target,
    source: &'a str,
    /* Held while the store is asked. */
    turns: &'a Mutex<()>,
    stop: &'a AtomicBool,
    /// When the lease was taken last, while this node serves it.
    held: Option<Instant>,
    asked: Option<Instant>,
    looked: Option<Instant>,
    /// Events that wait to be tried again.
    waiting: u64,
    /// Until when the recipient is left alone, and for how many failures in a row.
    paused: Option<Instant>,
    failures: u32,
    /// Whether what is new comes before what waits.
    fresh_first: bool,
}

/// Tells one recipient as long as the node serves.
pub(super) fn run(
    app: &App,
    control: &Control,
    (target, source): (&Target, &str),
    turns: &Mutex<()>,
    stop: &AtomicBool,
) {
    let mut pump = Pump {
        app,
        control,
        target,
        source,
        turns,
        stop,
        held: None,
        asked: None,
        looked: None,
        waiting: 0,
        paused: None,
        failures: 0,
        fresh_first: true,
    };
    let mut away = false;
    while !stop.load(Ordering::Relaxed) {
        match pump.turn() {
            Ok(true) => away = false,
            Ok(false) => {
                away = false;
                thread::sleep(IDLE);
            }
            Err(why) => {
                if !away {
                    warn!(target = target.name, why = %chain(&why), "Nobody can be told now; it is tried again.");
                }
                away = true;
                thread::sleep(AWAY);
            }
        }
    }
    if pump.held.is_some() {
        // Else another node waits until the lease is over.
        let _ = pump.store(|store| store.recipient_release(&target.name, &control.node.name));
    }
}

impl Pump<'_> {
    /// Does what there is to do; whether there was something.
    fn turn(&mut self) -> Result<bool, StoreError> {
        if !self.holds()? {
            return Ok(false);
        }
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK) {
            self.look()?;
        }
        if self.paused.is_some_and(|until| until > Instant::now()) {
            return Ok(false);
        }
        let fresh_first = self.fresh_first;
        self.fresh_first = !fresh_first;
        if fresh_first {
            return Ok(self.fresh()? || self.due()?);
        }
        Ok(self.due()? || self.fresh()?)
    }

    /// Whether this node serves the recipient.
    fn holds(&mut self) -> Result<bool, StoreError> {
        let recent = |at: Option<Instant>, long: Duration| at.is_some_and(|at| at.elapsed() < long);
        if recent(self.held, RENEW) || self.held.is_none() && recent(self.asked, LOOK) {
            return Ok(self.held.is_some());
        }
        let now = self.now();
        let until = now.checked_add(SignedDuration::from_secs(i64::try_from(LEASE_SECONDS).unwrap_or(0)));
        let (name, node) = (&self.target.name, &self.control.node.name);
        let asked = Instant::now();
        let streams = self.target.streams();
        let mine = self.store(|store| store.recipient_claim(name, &streams, node, now, until.unwrap_or(now)))?;
        if mine && self.held.is_none() {
            info!(target = name, "This node tells the recipient what happens.");
        }
        if !mine && self.held.is_some() {
            info!(target = name, "Another node tells the recipient what happens.");
            self.app.metrics.deliveries.left(name);
        }
        (self.held, self.asked) = (mine.then_some(asked), Some(asked));
        Ok(mine)
    }

    fn look(&mut self) -> Result<(), StoreError> {
        let (name, now) = (&self.target.name, self.now());
        let found = self.store(|store| store.recipients(Some(name), now))?;
        if let Some(standing) = found.first() {
            self.waiting = standing.waiting;
            self.app.metrics.deliveries.stands(standing);
        }
        self.looked = Some(Instant::now());
        Ok(())
    }

    /// Tells what is new.
    fn fresh(&mut self) -> Result<bool, StoreError> {
        if self.waiting >= WAITING_COUNT_MAX {
            return Ok(false);
        }
        let (name, streams) = (&self.target.name, self.target.streams());
        let fresh = self.store(|store| store.deliveries_fresh(name, &streams, BATCH_COUNT_MAX))?;
        let Fresh { events, missed } = fresh;
        if events.is_empty() {
            return Ok(false);
        }
        // Of what it is not to hear only the place is kept.
        let told: Vec<(StreamPlace, Option<Event>)> = events
            .into_iter()
            .map(|(place, happened)| {
                let (event, locality) = events::told(self.app, self.source, &happened);
                let hears = self.target.events.contains(&event.kind) && self.target.hears_of(locality.as_deref());
                (place, hears.then_some(event))
            })
            .collect();
        let whole = told.iter().filter_map(|(_, event)| event.clone());
        let to_send: Vec<Event> = whole.filter(|event| event.fault.is_none()).collect();
        let mut results = self.send(&to_send).into_iter();
        let mut outcome = Outcome::default();
        for (place, event) in told {
            match event {
                Some(event) if event.fault.is_some() => {
                    let why = event.fault.unwrap_or_default();
                    outcome.failed.push(self.dead(event, 0, why));
                }
                Some(event) => match results.next().flatten() {
                    None => break,
                    Some(Ok(())) => {}
                    Some(Err(refused)) => outcome.failed.push(self.failed(event, 1, &refused)),
                },
                None => {}
            }
            outcome.passed.retain(|passed| passed.stream != place.stream);
            outcome.passed.push(place);
        }
        self.note(&outcome)?;
        if missed > 0 {
            let target = &self.target.name;
            error!(target, missed, "Decisions were deleted before the recipient could be told of them.");
            self.app.metrics.deliveries.missed(target, missed);
        }
        Ok(!outcome.passed.is_empty())
    }

    /// Tries again what is due.
    fn due(&mut self) -> Result<bool, StoreError> {
        let (name, now) = (&self.target.name, self.now());
        let waiting = self.store(|store| store.deliveries_due(name, now, BATCH_COUNT_MAX))?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let mut outcome = Outcome::default();
        let mut events: Vec<(Event, u32)> = Vec::with_capacity(waiting.len());
        for one in waiting {
            match OutgoingType::of(&one.what) {
                Some(kind) => {
                    let Delivery { event: id, at, body, attempts, .. } = one;
                    events.push((Event { id, kind, at, body, fault: None }, attempts));
                }
                None => {
                    let (target, event) = (&self.target.name, &one.event);
                    error!(target, event, "An event is of a type that this version does not know; it is kept.");
                    let why = "this version knows no events of this type".to_owned();
                    outcome.failed.push(Delivery { state: DeliveryState::Dead, why, ..one });
                }
            }
        }
        let to_send: Vec<Event> = events.iter().map(|(event, _)| event.clone()).collect();
        let results = self.send(&to_send);
        for ((event, attempts), result) in events.into_iter().zip(results) {
            match result {
                None => {}
                Some(Ok(())) => outcome.taken.push(event.id),
                Some(Err(refused)) => outcome.failed.push(self.failed(event, attempts + 1, &refused)),
            }
        }
        self.note(&outcome)?;
        Ok(!outcome.taken.is_empty())
    }

    /// Sends, and leaves the recipient alone for a while where it does not take something.
    fn send(&mut self, events: &[Event]) -> Vec<Option<Result<(), Refused>>> {
        let terms = &self.target.terms;
        // What is begun must end while the lease holds.
        let last = self.held.map(|at| (at + Duration::from_secs(LEASE_SECONDS - MARGIN_SECONDS)) - terms.timeout);
        let go_on = || !self.stop.load(Ordering::Relaxed) && last.is_some_and(|last| Instant::now() < last);
        let results = self.target.way.send(events, terms, &go_on);
        let (mut taken, mut failed, mut why, mut after) = (0, 0, None, None::<Duration>);
        for result in results.iter().flatten() {
            match result {
                Ok(()) => taken += 1,
                Err(refused) => {
                    failed += 1;
                    why = Some(&refused.why);
                    after = after.max(refused.after);
                }
            }
        }
        let name = &self.target.name;
        self.app.metrics.deliveries.sent(name, taken, failed);
        match why {
            None if taken > 0 && self.failures > 0 => {
                info!(target = name, "The recipient takes events again.");
                (self.failures, self.paused) = (0, None);
            }
            None => {}
            // A recipient that takes others is there: what it refuses waits alone, and it is left alone only if it asks for it.
            Some(why) if taken > 0 => {
                if self.failures == 0 {
                    warn!(target = name, why, "The recipient did not take an event; it is tried again.");
                }
                self.failures = 0;
                let asked = after.map(|after| after.min(Duration::from_secs(RETRY_AFTER_SECONDS_MAX)));
                self.paused = asked.map(|asked| Instant::now() + jittered(asked));
            }
            Some(why) => {
                if self.failures == 0 {
                    warn!(target = name, why, "The recipient did not take an event; it is tried again.");
                }
                let pause = Duration::from_secs(1 << self.failures.min(6)).min(Duration::from_secs(PAUSE_SECONDS_MAX));
                let pause = after.map_or(pause, |after| after.min(Duration::from_secs(RETRY_AFTER_SECONDS_MAX)));
                // The first failure is one event's; only when the next fails, too, the recipient is away.
                self.failures += 1;
                self.paused = Some(Instant::now() + jittered(pause));
            }
        }
        results
    }

    /// An event that was not taken, so many times by now.
    fn failed(&self, event: Event, attempts: u32, refused: &Refused) -> Delivery {
        let terms = &self.target.terms;
        let backoff = terms.retry.saturating_mul(4_u32.saturating_pow(attempts.saturating_sub(1).min(12)));
        let wait = jittered(backoff.min(Duration::from_secs(BACKOFF_SECONDS_MAX)));
        let asked = refused.after.unwrap_or_default().min(Duration::from_secs(RETRY_AFTER_SECONDS_MAX));
        let wait = SignedDuration::try_from(wait.max(asked)).unwrap_or_default();
        if attempts >= terms.attempts {
            return self.dead(event, attempts, &refused.why);
        }
        let now = self.now();
        let (due, state) = (now.checked_add(wait).unwrap_or(now), DeliveryState::Waiting);
        Delivery { due, state, ..self.kept(event, attempts, &refused.why) }
    }

    /// An event that is not tried any more.
    fn dead(&self, event: Event, attempts: u32, why: &str) -> Delivery {
        let (target, id) = (&self.target.name, &event.id);
        error!(target, event = id, attempts, why, "An event is not tried any more for this recipient; it is kept.");
        self.kept(event, attempts, why)
    }

    fn kept(&self, event: Event, attempts: u32, why: &str) -> Delivery {
        let Event { id, kind, at, body, .. } = event;
        Delivery {
            target: self.target.name.clone(),
            event: id,
            what: kind.as_str().to_owned(),
            at,
            body,
            attempts,
            due: self.now(),
            state: DeliveryState::Dead,
            why: why.chars().take(WHY_CHARS_MAX).collect(),
        }
    }

    fn note(&mut self, outcome: &Outcome) -> Result<(), StoreError> {
        let Outcome { passed, taken, failed } = outcome;
        if passed.is_empty() && taken.is_empty() && failed.is_empty() {
            return Ok(());
        }
        let (name, node) = (&self.target.name, &self.control.node.name);
        if !self.store(|store| store.deliveries_note(name, node, outcome))? {
            warn!(target = name, "Another node serves the recipient meanwhile; it may hear some events twice.");
            self.held = None;
        }
        self.waiting += failed.iter().filter(|one| one.state == DeliveryState::Waiting).count() as u64;
        if !failed.is_empty() || !taken.is_empty() {
            self.looked = None;
        }
        Ok(())
    }

    /// Asks the store, one recipient at a time: whoever decides needs the other connections.
    fn store<T>(&self, ask: impl FnOnce(&Store) -> T) -> T {
        let _one = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&self.control.store)
    }

    fn now(&self) -> Timestamp {
        clock::timestamp(self.app.clock())
    }
}

/// A time and up to a fifth more or less, so that many do not come at once.
fn jittered(time: Duration) -> Duration {
    let mut chance = [128];
    // Without randomness there is none.
    let _ = getrandom::fill(&mut chance);
    time.mul_f64(0.8 + 0.4 * f64::from(chance[0]) / 255.0)
}
