//! What happened is told to those who are to know: by webhook, and by NATS JetStream.
//!
//! Each recipient has a thread of its own and one node at a time that serves it, so one that hangs delays nobody else. An event
//! is told at least once and always under the same id.

mod events;
mod figures;
mod nats;
mod pump;
mod target;
mod webhook;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use maple_store::Pruned;
use tracing::{error, info, warn};

pub(crate) use figures::Figures;
pub use nats::{NATS_DUPLICATES_SECONDS, NATS_STREAM_DAYS, Nats, NatsConfig, NatsLogin};
pub use target::{
    ATTEMPTS_COUNT_MAX, ATTEMPTS_DEFAULT, Deliveries, RETRY_SECONDS_DEFAULT, RETRY_SECONDS_MAX, TARGETS_COUNT_MAX,
    TIMEOUT_SECONDS_DEFAULT, TIMEOUT_SECONDS_MAX, Target, Terms, Way,
};
pub use webhook::{SENDERS_COUNT_MAX, Webhook, WebhookConfig, WebhookFault};

pub use pump::{
    BACKOFF_SECONDS_MAX, BATCH_COUNT_MAX as DELIVERY_BATCH_COUNT_MAX, LEASE_SECONDS, PAUSE_SECONDS_MAX,
    RETRY_AFTER_SECONDS_MAX, WAITING_COUNT_MAX as DELIVERIES_WAITING_MAX,
};

use crate::{app::App, clock, records::chain};

/// How long a thread waits when there is nothing to do.
const IDLE: Duration = Duration::from_millis(250);
/// How often recipients that are gone are forgotten, and what everybody was told.
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// Begins to tell; the threads end when `stop` says so.
pub(crate) fn start(app: &Arc<App>, stop: &Arc<AtomicBool>) -> io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    let Some(deliveries) = app.config.deliveries.clone().filter(|_| app.control.is_some()) else { return Ok(threads) };
    let turns = Arc::new(Mutex::new(()));
    for target in deliveries.targets() {
        let (app, stop, name) = (Arc::clone(app), Arc::clone(stop), target.name.clone());
        let (target, source, turns) = (Arc::clone(target), deliveries.source().to_owned(), Arc::clone(&turns));
        let run = move || {
            if let Some(control) = &app.control {
                pump::run(&app, control, (&target, &source), &turns, &stop);
            }
        };
        threads.push(thread::Builder::new().name(format!("tell-{name}")).spawn(run)?);
    }
    if !threads.is_empty() {
        let (app, stop) = (Arc::clone(app), Arc::clone(stop));
        threads.push(thread::Builder::new().name("tell-prune".to_owned()).spawn(move || prune(&app, &stop))?);
    }
    Ok(threads)
}

/// Forgets, now and then, what is not needed any more.
fn prune(app: &App, stop: &AtomicBool) {
    let mut last = None::<std::time::Instant>;
    while !stop.load(Ordering::Relaxed) {
        if last.is_none_or(|last| last.elapsed() >= PRUNE_EVERY)
            && let Some(control) = &app.control
        {
            match control.store.recipients_prune(clock::timestamp(app.clock())) {
                Ok(Pruned { recipients, dead }) => {
                    if !recipients.is_empty() {
                        let targets = recipients.join(", ");
                        warn!(targets, "Recipients that no node serves any more are forgotten.");
                    }
                    for (target, count) in dead {
                        warn!(target, count, "Events that the recipient never took are deleted: their time is over.");
                        app.metrics.deliveries.deleted(&target, count);
                    }
                }
                Err(why) => error!(why = %chain(&why), "Recipients cannot be looked after now; it is tried again."),
            }
            last = Some(std::time::Instant::now());
        }
        thread::sleep(IDLE);
    }
    info!("Nobody is told any more: this node stops.");
}
