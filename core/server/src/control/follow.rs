//! Following what other nodes change, serving what was planned, and saying how this node is.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::RecvTimeoutError,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use maple_gate::{How, Subject};
use maple_store::{ActivationKind, Node as NodeRecord, StoreError, Watch};
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use super::{Alarm, Change, Control, Refusal, Step, host, terms::ActivationTerms};
use crate::{
    app::App,
    clock,
    records::{ENGINE, chain},
};

/// How often a node says how it is, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 2;
/// After how many seconds without a word a node is taken to be away.
pub const STALE_NODE_SECONDS: u64 = 10;
/// The longest that a node waits before it looks for itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a database that is away is left alone.
const AWAY_WAIT: Duration = Duration::from_millis(250);
/// How long a generation that cannot be made is left alone.
const RETRY_WAIT: Duration = Duration::from_secs(5);
const REASON_BYTES_MAX: usize = 400;

/// How a node is, as it writes it for the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// `ready` or `degraded`.
    pub(crate) status: String,
    /// The generation that it cannot serve, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cannot: Option<(u32, String)>,
}

/// This node.
pub(crate) struct Node {
    pub(crate) name: String,
    cannot: Mutex<Option<(u32, String)>>,
    /// The latest generation that was seen.
    latest: Mutex<u32>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Node {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), cannot: Mutex::default(), latest: Mutex::default() }
    }

    /// The generation that cannot be served here, and why.
    pub(crate) fn cannot(&self) -> Option<(u32, String)> {
        self.cannot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, cannot: Option<(u32, String)>) {
        *self.cannot.lock().unwrap_or_else(PoisonError::into_inner) = cannot;
    }
}

/// Threads that follow what happens; they end when this is dropped.
#[derive(Debug)]
pub struct Followed {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Followed {
    /// Begins to follow.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(app: &Arc<App>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (name, run) in [("follow", follow as fn(&App, &Control, &AtomicBool)), ("watch-over", watch_over)] {
            let (app, stop) = (Arc::clone(app), Arc::clone(&stop));
            let run = move || {
                if let Some(control) = &app.control {
                    run(&app, control, &stop);
                }
            };
            threads.push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        }
        Ok(Self { stop, threads })
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                error!("A thread that follows changes failed.");
            }
        }
    }
}

/// Follows activations, whoever made them, and those that were planned.
fn follow(app: &App, control: &Control, stop: &AtomicBool) {
    let mut watch: Option<Watch<'_>> = None;
    let (mut contact, mut said) = (Instant::now(), None::<Instant>);
    let mut retry: Option<Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        let seen = look(control, &mut watch);
        match seen {
            Ok(changed) => {
                contact = Instant::now();
                let again = retry.is_some_and(|at| at <= Instant::now());
                if changed || again || planned(app, control) {
                    retry = keep_up(app, control).err().map(|_| Instant::now() + RETRY_WAIT);
                }
                if said.is_none_or(|said| said.elapsed() >= Duration::from_secs(HEARTBEAT_SECONDS)) {
                    heartbeat(app, control);
                    said = Some(Instant::now());
                }
            }
            Err(why) => {
                if !control.stale.load(Ordering::Relaxed) {
                    warn!(why = %chain(&why), "The database is out of reach; what served last goes on.");
                }
                watch = None;
                thread::sleep(AWAY_WAIT);
            }
        }
        let max = control.governance().staleness_seconds_max;
        let stale = max.is_some_and(|max| contact.elapsed() > Duration::from_secs(max));
        if control.stale.swap(stale, Ordering::Relaxed) != stale {
            let seconds = contact.elapsed().as_secs();
            if stale {
                error!(seconds, "This node has been cut off for too long and answers no more.");
            } else {
                info!("This node is in touch again.");
            }
        }
    }
    let _ = control.store.node_remove(&control.node.name);
}

/// Waits for a change. The first look after the database was away counts as one.
fn look<'s>(control: &'s Control, watch: &mut Option<Watch<'s>>) -> Result<bool, StoreError> {
    match watch {
        Some(watch) => watch.wait_for_change(LOOK_EVERY),
        None => {
            *watch = Some(control.store.watch()?);
            Ok(true)
        }
    }
}

/// True when something that was planned is to serve by now.
fn planned(app: &App, control: &Control) -> bool {
    let mut latest = control.node.latest.lock().unwrap_or_else(PoisonError::into_inner);
    let serving = app.serving().activation().generation;
    if *latest <= serving {
        return false;
    }
    match control.store.activation(*latest) {
        Ok(Some(activation)) => due(&activation, clock::timestamp(app.clock())),
        _ => {
            *latest = serving;
            false
        }
    }
}

fn due(activation: &maple_store::Activation, now: Timestamp) -> bool {
    activation.serves_from().is_none_or(|from| from <= now)
}

/// Makes the activation serve that is to serve now.
fn keep_up(app: &App, control: &Control) -> Result<(), ()> {
    let now = clock::timestamp(app.clock());
    let found = control.store.serving(now).and_then(|serving| Ok((serving, control.store.current()?)));
    let (target, latest) = match found {
        Ok((Some(target), latest)) => (target, latest),
        Ok((None, _)) => return Ok(()),
        Err(why) => {
            warn!(why = %chain(&why), "What is to serve cannot be read.");
            return Err(());
        }
    };
    if let Some(latest) = latest {
        *control.node.latest.lock().unwrap_or_else(PoisonError::into_inner) = latest.generation;
    }
    let generation = target.generation;
    if generation <= app.serving().activation().generation {
        control.node.say(None);
        return Ok(());
    }
    match control.put_in_force(app, &target) {
        Ok(()) => {
            control.node.say(None);
            Ok(())
        }
        Err(why) => {
            let mut told = why.told();
            error!(generation, why = told, "This node cannot serve the new generation and keeps the one before.");
            told.truncate(
                (0..=REASON_BYTES_MAX.min(told.len())).rev().find(|at| told.is_char_boundary(*at)).unwrap_or(0),
            );
            control.node.say(Some((generation, told)));
            heartbeat(app, control);
            Err(())
        }
    }
}

/// Says how this node is.
pub(super) fn heartbeat(app: &App, control: &Control) {
    let cannot = control.node.cannot();
    let degraded = cannot.is_some() || app.is_draining() || !app.reasons().is_empty();
    let health = Health { status: if degraded { "degraded" } else { "ready" }.to_owned(), cannot };
    let record = NodeRecord {
        id: control.node.name.clone(),
        generation: app.serving().activation().generation,
        engine: ENGINE.to_owned(),
        health: serde_json::to_string(&health).unwrap_or_default(),
        seen: clock::timestamp(app.clock()),
    };
    if let Err(why) = control.store.node_put(&record) {
        warn!(why = %chain(&why), "This node cannot say how it is.");
    }
}

/// Acts on alarms.
fn watch_over(app: &App, control: &Control, stop: &AtomicBool) {
    let Some(ears) = control.ears().take() else { return };
    while !stop.load(Ordering::Relaxed) {
        match ears.recv_timeout(LOOK_EVERY) {
            Ok(alarm) => act(app, control, alarm),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn act(app: &App, control: &Control, alarm: Alarm) {
    match alarm {
        Alarm::Policy { policy, failures, fault } => {
            let why = format!("failed {failures} times in a row ({fault})");
            error!(policy, why, "A policy keeps failing and is put into quarantine.");
            let change = Change { subject: Subject::Policy, name: &policy, how: Some(How::Quarantined), why: &why };
            if let Err(refusal) = control.change(app, &change, &host("circuit breaker")) {
                error!(policy, why = refusal.told(), "The policy could not be put into quarantine.");
            }
        }
        Alarm::Canary { generation, why } => {
            error!(generation, why, "A canary is taken back.");
            if let Err(refusal) = control.take_back(app, generation, &why) {
                error!(generation, why = refusal.told(), "The canary could not be taken back.");
            }
        }
    }
}

impl Control {
    /// Ends the canary of a generation, unless something else came in between.
    fn take_back(&self, app: &App, generation: u32, why: &str) -> Result<(), Refusal> {
        let Some(latest) = self.store.current()?.filter(|latest| latest.generation == generation) else {
            return Ok(());
        };
        let terms = ActivationTerms::of(&latest).unwrap_or_default();
        let (Some(bundle), Some(_)) = (&latest.bundle, &terms.canary) else { return Ok(()) };
        let made = self.shelf.made(bundle, Some(terms.base.as_deref().unwrap_or(&latest.ruleset)))?;
        let why = format!("the canary is taken back: {why}");
        let step = Step {
            replaces: Some(generation),
            kind: ActivationKind::Rollback,
            by: "canary",
            why: &why,
            effective: None,
            canary: None,
        };
        match self.swap(&made, bundle, &terms.states, step, app.clock()) {
            // Another node was first.
            Err(Refusal::Conflict(_)) => Ok(()),
            Err(other) => Err(other),
            Ok(activation) => self.put_in_force(app, &activation),
        }
    }
}
