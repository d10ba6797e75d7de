//! Following what other nodes change, serving what was planned, and saying how this node is.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
        mpsc::RecvTimeoutError,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use maple_gate::{How, Subject};
use maple_store::{AUDIT_LOG, ActivationKind, Node as NodeRecord, StoreError, Watch};
use serde::{Deserialize, Serialize};
use tracing::{debug, error, info, warn};

use super::{
    Alarm, Change, Control, QUARANTINE_FAILURES, QUARANTINE_WINDOW, Refusal, Step, host, prevent::prevent,
    retain::retain, terms::ActivationTerms,
};
use crate::{
    app::App,
    clock, deliver,
    records::{ENGINE, chain},
    signals::hear_others,
};

/// How often a node says how it is, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 2;
/// After how many seconds without a word a node is taken to be away.
pub const STALE_NODE_SECONDS: u64 = 10;
/// After how many seconds a node that is away is forgotten.
pub const FORGET_NODE_SECONDS: u64 = 86_400;
/// The longest that a node waits before it looks for itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a database that is away is left alone.
const AWAY_WAIT: Duration = Duration::from_millis(250);
/// How long a generation that cannot be made is left alone.
const RETRY_WAIT: Duration = Duration::from_secs(5);
const REASON_BYTES_MAX: usize = 400;
const WHY_CHARS_MAX: usize = 250;

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
    /* What it wrote last as the moment at which it spoke, in microseconds. */
    spoke: AtomicI64,
    cannot: Mutex<Option<(u32, String)>>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Node {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), spoke: AtomicI64::default(), cannot: Mutex::default() }
    }

    /// The generation that cannot be served here, and why.
    pub(crate) fn cannot(&self) -> Option<(u32, String)> {
        self.cannot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Now, as it is written: never the same moment twice in a row, also by a clock that stands, so that the others see that it
    /// spoke.
    fn speaks(&self, now: Timestamp) -> Timestamp {
        let micros = now.as_microsecond();
        let last = self.spoke.load(Ordering::Relaxed);
        let said = if micros == last { micros + 1 } else { micros };
        self.spoke.store(said, Ordering::Relaxed);
        Timestamp::from_microsecond(said).unwrap_or(now)
    }

    /// Notes that a generation cannot be served here.
    pub(super) fn cannot_serve(&self, generation: u32, why: &str) {
        error!(generation, why, "This node cannot serve the new generation and keeps the one before.");
        let end = (0..=REASON_BYTES_MAX.min(why.len())).rev().find(|at| why.is_char_boundary(*at)).unwrap_or(0);
        self.say(Some((generation, why.get(..end).unwrap_or_default().to_owned())));
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
        let all = [
            ("follow", follow as fn(&App, &Control, &AtomicBool)),
            ("heartbeat", beat),
            ("watch-over", watch_over),
            ("retain", retain),
            ("prevent", prevent),
            ("hear-signals", hear_others),
        ];
        for (name, run) in all {
            let (app, stop) = (Arc::clone(app), Arc::clone(&stop));
            let run = move || {
                if let Some(control) = &app.control {
                    run(&app, control, &stop);
                }
            };
            threads.push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        }
        threads.extend(deliver::start(app, &stop)?);
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
    let (mut again, mut pending, mut away) = (None::<Instant>, true, false);
    while !stop.load(Ordering::Relaxed) {
        match look(control, &mut watch) {
            Ok(changed) => {
                control.reached();
                away = false;
                // What could not be made is left alone for a while, unless something else comes.
                let due = again.map_or(pending, |at| at <= Instant::now());
                if changed || due {
                    match keep_up(app, control) {
                        Ok(more) => (again, pending) = (None, more),
                        Err(()) => again = Some(Instant::now() + RETRY_WAIT),
                    }
                }
            }
            Err(why) => {
                if !away {
                    warn!(why = %chain(&why), "The database is out of reach; what served last goes on.");
                }
                (watch, away) = (None, true);
                thread::sleep(AWAY_WAIT);
            }
        }
    }
}

/// Says how this node is, again and again, also while another thread makes a ruleset.
fn beat(app: &App, control: &Control, stop: &AtomicBool) {
    let (mut stale, mut sealed) = (false, BTreeSet::new());
    while !stop.load(Ordering::Relaxed) {
        heartbeat(app, control);
        seal_changes(app, control);
        look_after_the_dead(app, control, &mut sealed);
        control.let_go(app);
        let until = Instant::now() + Duration::from_secs(HEARTBEAT_SECONDS);
        while !stop.load(Ordering::Relaxed) && Instant::now() < until {
            thread::sleep(AWAY_WAIT);
        }
        if std::mem::replace(&mut stale, control.is_stale()) != stale {
            if stale {
                error!("This node has been cut off for too long and answers no more.");
            } else {
                info!("This node is in touch again.");
            }
        }
    }
    let _ = control.store.node_remove(&control.node.name);
}

/// Looks for another signing key, and signs the log of who changed what, when it has grown. Another node may do the same: of two one is refused.
fn seal_changes(app: &App, control: &Control) {
    if let Some(records) = &app.records {
        let now = clock::timestamp(app.clock());
        records.look_for_key(now);
        let _ = control.store.checkpoint_soon(AUDIT_LOG, &records.signer(), records.moment(now));
    }
}

/// Signs the ends of the logs of nodes that were killed, once for each time that one was: nobody else does before a start.
/// Those that do not come back are forgotten by and by.
fn look_after_the_dead(app: &App, control: &Control, sealed: &mut BTreeSet<(String, Timestamp)>) {
    let now = clock::timestamp(app.clock());
    let Ok(nodes) = control.store.nodes() else { return };
    let silent = control.silent(&nodes);
    let dead = nodes
        .into_iter()
        .zip(silent)
        .filter(|(node, silent)| *silent > Duration::from_secs(STALE_NODE_SECONDS) && node.id != control.node.name);
    let dead: BTreeSet<(String, Timestamp)> = dead.map(|(node, _)| (node.id, node.seen)).collect();
    let long = SignedDuration::from_secs(i64::try_from(FORGET_NODE_SECONDS).unwrap_or(i64::MAX));
    for (id, seen) in dead.iter().filter(|(_, seen)| now.duration_since(*seen) > long) {
        match control.store.node_forget(id, *seen) {
            Ok(()) => info!(node = id, last = %seen, "A node that was away for a day is forgotten."),
            Err(why) => debug!(why = %chain(&why), "A node that is away cannot be forgotten now."),
        }
    }
    let Some(records) = &app.records else { return };
    if !dead.is_subset(sealed) && records.seal_what_is_open(now).is_ok() {
        *sealed = dead;
    }
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

/// Makes the activation serve that is to serve now; true when something else is planned.
fn keep_up(app: &App, control: &Control) -> Result<bool, ()> {
    let now = clock::timestamp(app.clock());
    let found = control.store.in_force(now).and_then(|target| Ok((target, control.store.current()?)));
    let (target, latest) = match found {
        Ok((Some(target), latest)) => (target, latest),
        Ok((None, latest)) => return Ok(latest.is_some()),
        Err(why) => {
            warn!(why = %chain(&why), "What is to serve cannot be read.");
            return Err(());
        }
    };
    let generation = target.generation;
    let more = latest.is_some_and(|latest| latest.generation > generation);
    if generation > app.generation()
        && let Err(why) = control.put_in_force(app, &target)
    {
        // Its report is kept once, and not each time that it is tried again.
        let told = control.node.cannot().is_some_and(|(known, _)| known == generation);
        let why = if told { why } else { control.kept(why, &control.node.name, app.clock()) };
        control.node.cannot_serve(generation, &why.told());
        heartbeat(app, control);
        return Err(());
    }
    control.node.say(None);
    Ok(more)
}

/// Says how this node is.
pub(super) fn heartbeat(app: &App, control: &Control) {
    let cannot = control.node.cannot();
    let degraded = cannot.is_some() || app.is_draining() || !app.reasons().is_empty();
    let health = Health { status: if degraded { "degraded" } else { "ready" }.to_owned(), cannot };
    let serving = app.serving();
    let activation = serving.activation();
    if activation.effective.is_some()
        && let Err(why) = control.store.begin(activation.generation, &control.node.name, clock::timestamp(app.clock()))
    {
        debug!(why = %chain(&why), "That a plan has begun cannot be written now.");
    }
    let record = NodeRecord {
        id: control.node.name.clone(),
        generation: activation.generation,
        engine: ENGINE.to_owned(),
        health: serde_json::to_string(&health).unwrap_or_default(),
        seen: control.node.speaks(clock::timestamp(app.clock())),
    };
    match control.store.node_put(&record) {
        Ok(()) => control.reached(),
        Err(why) => debug!(why = %chain(&why), "This node cannot say how it is."),
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
        Alarm::Policy { policy, generation, fault } => {
            let serving = app.serving();
            let stopped = serving
                .terms
                .states
                .get(Subject::Policy, &policy)
                .is_some_and(|state| matches!(state.how, How::Stopped | How::Quarantined | How::Off | How::Shadow));
            // Somebody else was first, or what failed serves no more.
            if stopped || serving.activation.generation != generation {
                return;
            }
            let why = format!(
                "failed on {QUARANTINE_FAILURES} different cases of the last {QUARANTINE_WINDOW} at most ({fault})"
            );
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
                control.watched.tell_again(generation);
            }
        }
    }
}

impl Control {
    /// Ends the canary of a generation, unless something else serves by now. What is planned stays planned.
    fn take_back(&self, app: &App, generation: u32, why: &str) -> Result<(), Refusal> {
        let clock = app.clock();
        let (Some(latest), Some(in_force)) = (self.store.current()?, self.in_force(clock)?) else { return Ok(()) };
        let terms = ActivationTerms::read(&in_force)?;
        let (Some(bundle), Some(_), true) = (&in_force.bundle, &terms.canary, in_force.generation == generation) else {
            return Ok(());
        };
        let made = self.shelf.made(bundle, Some(terms.base.as_deref().unwrap_or(&in_force.ruleset)))?;
        let why: String = format!("the canary is taken back: {why}").chars().take(WHY_CHARS_MAX).collect();
        let step = Step {
            replaces: Some(latest.generation),
            kind: ActivationKind::Rollback,
            by: "canary",
            why: &why,
            effective: None,
            canary: None,
        };
        let done = self.swap_before_plan(&made, bundle, &terms.states, &step, &latest, &in_force, clock);
        match done {
            // Another node was first.
            Err(Refusal::Conflict(_)) => Ok(()),
            Err(other) => Err(other),
            Ok(activation) => {
                self.begins(app, &activation);
                Ok(())
            }
        }
    }
}
