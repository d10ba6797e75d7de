//! Changes of what serves: publish, activate, roll back, stop, watch over. There is one way to change it: an activation.

mod canary;
mod folder;
mod follow;
mod made;
mod peers;
mod prevent;
mod publish;
mod refusal;
mod retain;
mod state;
mod terms;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, TrySendError},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use maple_gate::{Changes, States};
use maple_kernel::PluginInfo;
use maple_seal::{Subtree, Trust};
use maple_store::{Activation, ActivationKind, Event, Request, Store, StoreError, Swap};
use tracing::{error, info};

pub use canary::{FAILING_POLICIES_MAX, QUARANTINE_FAILURES, QUARANTINE_WINDOW, SHADOW_DIFFERENCES_KEPT};
pub use folder::{BeginError, NotTaken};
pub use follow::{FORGET_NODE_SECONDS, Followed, HEARTBEAT_SECONDS, STALE_NODE_SECONDS};
pub use made::RULESETS_KEPT_MAX;
pub use prevent::{TICK_LOOKS_COUNT_MAX, TICK_RUN_SECONDS_MAX, TICK_SECONDS};
pub use retain::RETIRE_EVERY_SECONDS;
pub use terms::{
    CANARY_CASES_MIN, CANARY_CHANGED_PERCENT_MAX, CANARY_CORRECTED_PERCENT_MAX, CANARY_FAILED_PERCENT_MAX,
    CANARY_SLOWER_MAX,
};

pub(crate) use canary::{Alarm, Sample, Watched, broken, differs, speaking};
pub(crate) use follow::{Health, Node};
pub(crate) use made::{InForce, Made, Shelf, Unmade};
pub(crate) use prevent::tick;
pub(crate) use refusal::Refusal;
pub(crate) use state::Change;
pub(crate) use terms::{ActivationTerms, CanaryLimits, CanaryTerms};

use peers::Peers;

use crate::{
    app::{App, Serving, SharedPlugins},
    clock::{self, Clock},
    records::chain,
};

/// Who puts the policies of the folder in force.
pub const FOLDER: &str = "maple serve";
/// Recorded cases that a bundle is tried on, at most, where a budget is set.
pub const BUDGET_CASES_MAX: u32 = 1_000;
/// How often a change of a state is tried again when something else came first.
const ATTEMPTS_MAX: usize = 20;
/// Alarms that wait to be acted on.
const ALARMS_COUNT_MAX: usize = 16;

/// How what serves may be changed.
#[derive(Debug, Default)]
pub struct Governance {
    /// Who may sign for which places; where there is none, bundles need no signature.
    pub trust: Option<Trust>,
    /// Places whose packs one person publishes and another activates.
    pub four_eyes: Vec<Subtree>,
    /// Of a hundred recorded cases, how many a new bundle may decide otherwise; none asks for no trial.
    pub changed_percent_max: Option<f64>,
    /// How long, in seconds, a node that is cut off from the database still answers; none is without end.
    pub staleness_seconds_max: Option<u64>,
    /// After how many days decisions are deleted; none keeps them for ever.
    pub retention_days: Option<u32>,
}

/// Changes what serves.
pub struct Control {
    pub(crate) store: Arc<Store>,
    plugins: SharedPlugins,
    on_hand: BTreeSet<Arc<str>>,
    governance: Governance,
    pub(crate) shelf: Shelf,
    /* One bundle is examined at a time: each takes all cores. */
    examining: Mutex<()>,
    pub(crate) node: Node,
    /* When the database was reached last, in milliseconds since the start. */
    began: Instant,
    contact: AtomicU64,
    /* What keeps the folder, as it is now, from serving; until the ruleset that it becomes serves, where that is known. */
    pub(crate) folder: Mutex<Option<(String, Option<Arc<str>>)>>,
    peers: Mutex<Peers>,
    alarms: mpsc::SyncSender<Alarm>,
    heard: Mutex<Option<mpsc::Receiver<Alarm>>>,
    pub(crate) watched: Watched,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("node", &self.node).finish_non_exhaustive()
    }
}

/// Who wants to change something, and whether a place is theirs to change; the empty name is all of them.
pub(crate) struct Actor<'a> {
    pub(crate) name: &'a str,
    /// Whether they may act in a place.
    pub(crate) may: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether they may act in a place and all below it.
    pub(crate) below: &'a (dyn Fn(&str) -> bool + Sync),
    /// The widest subtree around a place in which they may act.
    pub(crate) reach: &'a (dyn Fn(&str) -> String + Sync),
}

/// The host itself, which may everything.
pub(crate) const fn host(name: &str) -> Actor<'_> {
    // Whoever is there may undo what the host did by itself.
    Actor { name, may: &|_| true, below: &|_| true, reach: &|_| String::new() }
}

/// A bundle that is to serve.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) bundle: &'a str,
    /// The ruleset that it was when it served, where it did.
    pub(crate) served: Option<&'a str>,
    pub(crate) replaces: Option<u32>,
    pub(crate) why: &'a str,
    pub(crate) rollback: bool,
    pub(crate) effective: Option<Timestamp>,
    pub(crate) canary: Option<(u8, CanaryLimits)>,
}

impl Control {
    /// Control over what a store keeps; the plugins at hand now are the host's own.
    #[must_use]
    pub fn new(store: Arc<Store>, plugins: SharedPlugins, node: &str, governance: Governance) -> Self {
        let on_hand = plugins.list().into_iter().map(|PluginInfo { digest, .. }| digest).collect();
        let (alarms, heard) = mpsc::sync_channel(ALARMS_COUNT_MAX);
        Self {
            shelf: Shelf::new(Arc::clone(&store), Arc::clone(&plugins)),
            store,
            plugins,
            on_hand,
            governance,
            examining: Mutex::default(),
            node: Node::new(node),
            began: Instant::now(),
            contact: AtomicU64::new(0),
            folder: Mutex::default(),
            peers: Mutex::default(),
            alarms,
            heard: Mutex::new(Some(heard)),
            watched: Watched::default(),
        }
    }

    /// True where bundles need a signature.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.governance.trust.is_some()
    }

    /// What an activation puts in force.
    pub(crate) fn serving(&self, activation: &Activation) -> Result<Serving, Unmade> {
        let InForce { made, ruleset, terms } = self.shelf.of(activation)?;
        let canary = match &terms.canary {
            Some(canary) => {
                let made = self.shelf.made(&canary.bundle, canary.base.as_deref().or(Some(&canary.ruleset)))?;
                Some(terms.states.within(&made.ruleset).over(&made.ruleset)?)
            }
            None => None,
        };
        Ok(Serving::in_force(made, ruleset, terms, canary, activation.clone()))
    }

    /// Puts a bundle in force, in the place of the generation that the caller knows.
    pub(crate) fn activate(&self, app: &App, order: &Order<'_>, actor: &Actor<'_>) -> Result<Activation, Refusal> {
        self.activated(app, order, actor).map_err(|refusal| self.kept(refusal, actor.name, app.clock()))
    }

    fn activated(&self, app: &App, order: &Order<'_>, actor: &Actor<'_>) -> Result<Activation, Refusal> {
        let latest = self.store.current()?;
        if latest.as_ref().map(|latest| latest.generation) != order.replaces {
            return Err(Refusal::Conflict(latest.map(Box::new)));
        }
        let now = clock::timestamp(app.clock());
        if let Some(moment) = order.effective.filter(|moment| *moment <= now) {
            return Err(Refusal::Past(moment));
        }
        let made = self.made_to_serve(order.bundle, order.served, app.clock())?;
        let in_force = self.in_force(app.clock())?;
        let (current, states) = match &in_force {
            Some(in_force) => {
                let InForce { made, terms, .. } = self.shelf.of(in_force)?;
                self.gives_way(&made, &terms, in_force, latest.as_ref(), actor)?;
                (Some(made), terms.states)
            }
            None => (None, States::default()),
        };
        if let Some(current) = &current {
            let changes = Changes::between(current.side(), made.side());
            allowed(&changes, actor)?;
            self.four_eyes(order.bundle, &changes, actor)?;
            self.conform(&made, order.bundle, &states, &changes, app.clock())?;
            let mut packs = changes.packs.clone();
            for change in packs.iter_mut().filter(|change| change.before.is_none()) {
                // One that was taken out comes back no older than it ever was.
                let published = self.store.pack_versions(&change.pack)?;
                change.before = maple_gate::latest(published);
            }
            let lower = packs.iter().find(|change| change.goes_back());
            if let Some(change) = lower.filter(|_| !order.rollback) {
                let versions =
                    (change.after.as_deref().unwrap_or_default(), change.before.as_deref().unwrap_or_default());
                return Err(Refusal::Downgrade(format!(
                    "pack `{}` would go back from {} to {}",
                    change.pack, versions.1, versions.0
                )));
            }
        }
        let kind = if order.rollback { ActivationKind::Rollback } else { ActivationKind::Activate };
        let step = |kind, canary| Step {
            replaces: order.replaces,
            kind,
            by: actor.name,
            why: order.why,
            effective: order.effective,
            canary,
        };
        let activation = match (&order.canary, current, &in_force) {
            (Some((percent, limits)), Some(current), Some(Activation { bundle: Some(serving), .. })) => {
                let over = states.within(&made.ruleset).over(&made.ruleset)?;
                let base = (over.digest() != made.ruleset.digest()).then(|| made.ruleset.digest().to_string());
                let canary = CanaryTerms {
                    bundle: order.bundle.to_owned(),
                    ruleset: over.digest().to_string(),
                    base,
                    percent: *percent,
                    limits: *limits,
                };
                self.swap(&current, serving, &states, step(ActivationKind::Canary, Some(canary)), app.clock())?
            }
            _ => self.swap(&made, order.bundle, &states, step(kind, None), app.clock())?,
        };
        self.begins(app, &activation);
        Ok(activation)
    }

    /// What is planned and what is tried gives way to whatever comes later; whose place that is must agree to it.
    fn gives_way(
        &self,
        current: &Arc<Made>,
        terms: &ActivationTerms,
        in_force: &Activation,
        latest: Option<&Activation>,
        actor: &Actor<'_>,
    ) -> Result<(), Refusal> {
        if let Some(planned) = latest.filter(|latest| latest.generation != in_force.generation) {
            let planned = self.shelf.of(planned)?.made;
            allowed(&Changes::between(current.side(), planned.side()), actor)?;
        }
        if let Some(canary) = &terms.canary {
            let tried = self.shelf.made(&canary.bundle, Some(canary.base.as_deref().unwrap_or(&canary.ruleset)))?;
            allowed(&Changes::between(current.side(), tried.side()), actor)?;
        }
        Ok(())
    }

    /// Puts back the bundle that served before, or at a generation.
    pub(crate) fn roll_back(
        &self,
        app: &App,
        to: Option<u32>,
        replaces: Option<u32>,
        why: &str,
        actor: &Actor<'_>,
    ) -> Result<Activation, Refusal> {
        let latest = self.store.current()?.ok_or(Refusal::NothingBefore)?;
        if Some(latest.generation) != replaces {
            return Err(Refusal::Conflict(Some(Box::new(latest))));
        }
        let in_force = self.in_force(app.clock())?.ok_or(Refusal::NothingBefore)?;
        let target = match to {
            Some(generation) => self.store.activation(generation)?.ok_or(Unmade::Activation(generation))?,
            // A plan or a canary is gone back from first.
            None if latest.generation != in_force.generation => in_force,
            None => self.before(in_force)?.ok_or(Refusal::NothingBefore)?,
        };
        let terms = ActivationTerms::read(&target)?;
        let bundle = target.bundle.ok_or(Unmade::Unkept(target.generation))?;
        let served = Some(terms.base.as_deref().unwrap_or(&target.ruleset));
        let order = Order { bundle: &bundle, served, replaces, why, rollback: true, effective: None, canary: None };
        self.activate(app, &order, actor)
    }

    /// What served before: the latest other bundle, leaving out what was planned and never served and what was gone back
    /// from already. A canary that runs is what is gone back from.
    fn before(&self, serving: Activation) -> Result<Option<Activation>, Refusal> {
        if ActivationTerms::read(&serving)?.canary.is_some() {
            return Ok(Some(serving));
        }
        let mut from = serving.generation;
        if serving.kind == ActivationKind::Rollback {
            // Behind what was gone back to: not to what was gone back from.
            let same = self.store.latest_before(from, |one| one.bundle == serving.bundle)?;
            from = same.map_or(from, |same| same.generation);
        }
        let mut next = self.store.activation(from)?;
        loop {
            let one = self.store.latest_before(next.as_ref().map_or(0, |next| next.generation), |_| true)?;
            let Some(one) = one else { return Ok(None) };
            let ended = next.as_ref().and_then(|next| next.at.parse::<Timestamp>().ok());
            let served = one.effective.is_none_or(|from| ended.is_none_or(|ended| from <= ended));
            if served && one.bundle.is_some() && one.bundle != serving.bundle {
                return Ok(Some(one));
            }
            next = Some(one);
        }
    }

    /// The one way in which what serves is changed.
    fn swap(
        &self,
        made: &Arc<Made>,
        bundle: &str,
        states: &States,
        step: Step<'_>,
        clock: &dyn Clock,
    ) -> Result<Activation, Refusal> {
        let Written { ruleset, terms, at } = written(made, states, step.canary.clone(), clock)?;
        let swap = step.swap(&ruleset, bundle, terms.as_deref(), &at);
        Ok(self.store.activation_swap(&swap)?)
    }

    /// Makes an activation serve on this node, unless it is planned for later.
    fn put_in_force(&self, app: &App, activation: &Activation) -> Result<(), Refusal> {
        if !activation.is_due(clock::timestamp(app.clock())) && !self.has_begun(activation)? {
            return Ok(());
        }
        self.may_begin(activation, app.clock())?;
        let serving = self.serving(activation)?;
        if app.take(serving) {
            let (generation, by) = (activation.generation, activation.by.as_str());
            info!(generation, by, kind = activation.kind.word(), "Another generation serves.");
            follow::heartbeat(app, self);
        }
        Ok(())
    }

    /// What serves now. A plan whose moment has come and that may serve no more, since a key was revoked meanwhile, leaves
    /// what was before it.
    fn in_force(&self, clock: &dyn Clock) -> Result<Option<Activation>, Refusal> {
        let now = clock::timestamp(clock);
        let Some(found) = self.store.in_force(now)? else { return Ok(None) };
        match self.may_begin(&found, clock) {
            Ok(()) => Ok(Some(found)),
            Err(Refusal::Rejected(..)) => {
                let begun = self.store.begun()?;
                let stands = |one: &Activation| one.effective.is_none() || one.generation <= begun;
                Ok(self.store.latest_before(found.generation, stands)?)
            }
            Err(other) => Err(other),
        }
    }

    /// A plan was looked at when it was made; a key may have been revoked before it begins.
    fn may_begin(&self, activation: &Activation, clock: &dyn Clock) -> Result<(), Refusal> {
        let Some(bundle) = activation.bundle.as_ref().filter(|_| activation.effective.is_some()) else { return Ok(()) };
        if self.governance.trust.is_none() || self.has_begun(activation)? {
            return Ok(());
        }
        let terms = ActivationTerms::read(activation)?;
        let served = terms.base.as_deref().unwrap_or(&activation.ruleset);
        self.made_to_serve(bundle, Some(served), clock).map(drop)
    }

    /// True where a plan has begun to serve, here or on another node: then no clock is asked again.
    fn has_begun(&self, activation: &Activation) -> Result<bool, StoreError> {
        Ok(self.store.begun()? >= activation.generation)
    }

    /// The same of one that is written already: when it cannot serve here that is told as of any other node.
    fn begins(&self, app: &App, activation: &Activation) {
        if let Err(why) = self.put_in_force(app, activation) {
            self.node.cannot_serve(activation.generation, &why.told());
        }
    }

    /// The database was reached.
    fn reached(&self) {
        self.contact.store(self.millis(), Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// True where this node has been cut off from the database for longer than it may. It is looked at by whoever asks: a
    /// thread that hangs on a database that hangs must not have to say so.
    pub(crate) fn is_stale(&self) -> bool {
        let max = self.governance.staleness_seconds_max;
        max.is_some_and(|max| {
            self.millis().saturating_sub(self.contact.load(Ordering::Relaxed)) > max.saturating_mul(1_000)
        })
    }

    /// Writes into the audit log what changed nothing that serves.
    pub(crate) fn note(&self, clock: &dyn Clock, actor: &str, action: &str, subject: &str, detail: &str) {
        let event = Event { time: clock::timestamp(clock), actor, action, subject, detail };
        if let Err(why) = self.store.audit_append(&event) {
            error!(why = %chain(&why), "The audit log cannot be written.");
        }
    }

    /// Tells what somebody should act on.
    pub(crate) fn alarm(&self, alarm: Alarm) {
        // One that finds no place comes again.
        if let Err(TrySendError::Full(alarm) | TrySendError::Disconnected(alarm)) = self.alarms.try_send(alarm) {
            self.watched.unheard(&alarm);
        }
    }

    fn ears(&self) -> MutexGuard<'_, Option<mpsc::Receiver<Alarm>>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long each of some nodes has said nothing new, as far as this one knows.
    pub(crate) fn silent(&self, nodes: &[maple_store::Node]) -> Vec<Duration> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).silent(nodes, Instant::now())
    }

    pub(crate) const fn governance(&self) -> &Governance {
        &self.governance
    }
}

/// What one activation changes.
struct Step<'a> {
    replaces: Option<u32>,
    kind: ActivationKind,
    by: &'a str,
    why: &'a str,
    effective: Option<Timestamp>,
    canary: Option<CanaryTerms>,
}

impl<'a> Step<'a> {
    fn swap(&self, ruleset: &'a str, bundle: &'a str, terms: Option<&'a str>, at: &'a str) -> Swap<'a> {
        let Self { replaces, kind, by, why, effective, .. } = *self;
        let request = Request { ruleset, at, by, why };
        Swap { request, replaces, bundle: Some(bundle), kind, effective, terms }
    }
}

/// What is written of an activation beside its step.
struct Written {
    ruleset: String,
    terms: Option<String>,
    at: String,
}

fn written(
    made: &Arc<Made>,
    states: &States,
    canary: Option<CanaryTerms>,
    clock: &dyn Clock,
) -> Result<Written, Refusal> {
    // A state of something that is not there stays: it holds again when that comes back.
    let ruleset = states.within(&made.ruleset).over(&made.ruleset)?;
    let base = (ruleset.digest() != made.ruleset.digest()).then(|| made.ruleset.digest().to_string());
    let terms = ActivationTerms { base, states: states.clone(), canary }.written();
    Ok(Written { ruleset: ruleset.digest().to_string(), terms, at: clock::rfc3339_fine(clock) })
}

/// Every place that changes must be the actor's.
fn allowed(changes: &Changes, actor: &Actor<'_>) -> Result<(), Refusal> {
    match changes.places().find(|place| !(actor.may)(place)) {
        Some(place) => Err(Refusal::Forbidden(place.to_owned())),
        None => Ok(()),
    }
}
