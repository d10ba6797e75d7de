//! Changes of what serves: publish, activate, roll back, stop, watch over. There is one way to change it: an activation.

mod canary;
mod folder;
mod follow;
mod made;
mod prevent;
mod refusal;
mod retain;
mod state;
mod terms;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, TrySendError},
    },
    time::Instant,
};

use jiff::Timestamp;
use maple_bundle::Archive;
use maple_gate::{Admitted, Budget, Changes, How, Report, States, Terms, admit, signatures_hold};
use maple_kernel::PluginInfo;
use maple_seal::{Digest, Subtree, Trust};
use maple_store::{Activation, ActivationKind, Event, Filter, Rejection, Request, Store, StoreError, Swap};
use tracing::{error, info, warn};

pub use canary::{FAILING_POLICIES_MAX, QUARANTINE_FAILURES, SHADOW_DIFFERENCES_KEPT};
pub use folder::{BeginError, NotTaken};
pub use follow::{Followed, HEARTBEAT_SECONDS, STALE_NODE_SECONDS};
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
    /* What keeps the folder, as it is now, from serving. */
    pub(crate) folder: Mutex<Option<String>>,
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
    pub(crate) replaces: Option<u32>,
    pub(crate) why: &'a str,
    pub(crate) rollback: bool,
    pub(crate) effective: Option<Timestamp>,
    pub(crate) canary: Option<(u8, CanaryLimits)>,
}

/// A bundle that was published.
pub(crate) struct Published {
    pub(crate) report: Report,
    /// False when it was there before.
    pub(crate) new: bool,
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

    /// Takes the bytes of a bundle through the gate.
    fn examined(
        &self,
        bytes: &[u8],
        expected: Option<&Digest>,
        current: Option<&Made>,
        clock: &dyn Clock,
    ) -> Result<Admitted, Refusal> {
        let _one = self.examining.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = match (self.governance.changed_percent_max, current) {
            (Some(max), Some(_)) => Some(self.budget(max)?),
            _ => None,
        };
        let unread = RefCell::new(None);
        let published = |unit: &str| {
            self.store.pack_digest(unit).unwrap_or_else(|why| {
                unread.borrow_mut().get_or_insert(why);
                None
            })
        };
        let before: BTreeSet<Arc<str>> = self.plugins.list().into_iter().map(|plugin| plugin.digest).collect();
        // A panic of the host in the middle of it is the host's failure, not the end of all changes.
        let examine = || {
            admit(
                bytes,
                expected,
                &Terms {
                    plugins: &*self.plugins,
                    on_hand: &self.on_hand,
                    trust: self.governance.trust.as_ref(),
                    at: clock::timestamp(clock),
                    day: clock::day(clock, clock::UTC_OFFSET_MINUTES),
                    current: current.map(Made::side),
                    rollback: false,
                    same_versions: !self.is_strict(),
                    published: &published,
                    budget: budget.as_ref(),
                    progress: &|stage| info!(stage = stage.word(), "A bundle is examined."),
                },
            )
        };
        let admitted = catch_unwind(AssertUnwindSafe(examine)).map_err(|_| Refusal::Broken)?;
        if admitted.is_err() {
            // What a rejected bundle brought is not kept at hand.
            let after = self.plugins.list().into_iter().map(|plugin| plugin.digest);
            after.filter(|digest| !before.contains(digest)).for_each(|digest| self.plugins.dismiss(&digest));
        }
        // What could not be read must not look as if nothing were there.
        match unread.into_inner() {
            Some(why) => Err(Refusal::Store(why)),
            None => {
                let admitted = admitted.map_err(|report| Refusal::Rejected(report, None))?;
                // Where packs may change without a new version, a version says nothing of their bytes.
                let versions = if self.is_strict() { admitted.versions } else { BTreeMap::new() };
                Ok(Admitted { versions, ..admitted })
            }
        }
    }

    /// The latest recorded cases.
    fn budget(&self, changed_percent_max: f64) -> Result<Budget, StoreError> {
        let mut questions = Vec::new();
        for one in self.store.decisions(&Filter::default(), BUDGET_CASES_MAX)? {
            // One that was retired in between says nothing.
            if let Some(record) = self.store.decision(&one.id)? {
                questions.push(record.decision()?.input);
            }
        }
        Ok(Budget { questions, changed_percent_max })
    }

    /// Examines a bundle and, unless it is only to be tried, keeps it. It does not serve yet.
    pub(crate) fn publish(
        &self,
        app: &App,
        bytes: &[u8],
        expected: Option<&Digest>,
        dry: bool,
        actor: &Actor<'_>,
    ) -> Result<Published, Refusal> {
        let clock = app.clock();
        let serving = app.serving();
        // Whatever its files say is not compiled for somebody who could not put it in force.
        within_reach(bytes, &serving.made, actor)?;
        match self.examined(bytes, expected, Some(&serving.made), clock) {
            Ok(admitted) => {
                allowed(&admitted.changes, actor)?;
                let bundle = admitted.digest.to_string();
                let new = self.store.bundle_info(&admitted.digest)?.is_none();
                if !dry {
                    self.store.bundle_put_with(bytes, &clock::rfc3339(clock), actor.name, &admitted.versions)?;
                    self.shelf.put(&bundle, Arc::new(Made::new(admitted.bundle, admitted.compiled)));
                    self.note(clock, actor.name, "publish", &bundle, "");
                    info!(bundle, by = actor.name, "A bundle was published.");
                }
                Ok(Published { report: admitted.report, new })
            }
            Err(Refusal::Rejected(report, _)) if dry => Ok(Published { report: *report, new: true }),
            Err(Refusal::Rejected(report, _)) => {
                let id = format!("r-{}", clock::unique(clock));
                let stage = report.failed().map_or("", maple_gate::Stage::word);
                warn!(report = id, by = actor.name, stage, "A bundle was rejected.");
                let body = serde_json::to_string(&report).unwrap_or_default();
                let (at, by) = (clock::rfc3339(clock), actor.name.to_owned());
                self.store.rejection_put(&Rejection { id: id.clone(), at, by, bundle: report.bundle.clone(), body })?;
                self.note(clock, actor.name, "reject", &report.bundle, &format!("{id}: {stage}"));
                Err(Refusal::Rejected(report, Some(id)))
            }
            Err(other) => Err(other),
        }
    }

    /// Puts a bundle in force, in the place of the generation that the caller knows.
    pub(crate) fn activate(&self, app: &App, order: &Order<'_>, actor: &Actor<'_>) -> Result<Activation, Refusal> {
        let latest = self.store.current()?;
        if latest.as_ref().map(|latest| latest.generation) != order.replaces {
            return Err(Refusal::Conflict(latest.map(Box::new)));
        }
        let now = clock::timestamp(app.clock());
        if let Some(moment) = order.effective.filter(|moment| *moment <= now) {
            return Err(Refusal::Past(moment));
        }
        let made = self.made_to_serve(order.bundle, app.clock())?;
        let in_force = self.store.in_force(now)?;
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
            // The gate tried it in the states of its files.
            if states.within(&made.ruleset).iter().any(|state| state.how == How::Enforce) {
                self.conform(&made, order.bundle, &states, &changes, app.clock())?;
            }
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
        let in_force = self.store.in_force(clock::timestamp(app.clock()))?.ok_or(Refusal::NothingBefore)?;
        let target = match to {
            Some(generation) => self.store.activation(generation)?.ok_or(Unmade::Activation(generation))?,
            // A plan or a canary is gone back from first.
            None if latest.generation != in_force.generation => in_force,
            None => self.before(in_force)?.ok_or(Refusal::NothingBefore)?,
        };
        let bundle = target.bundle.ok_or(Unmade::Unkept(target.generation))?;
        let order = Order { bundle: &bundle, replaces, why, rollback: true, effective: None, canary: None };
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

    /// What a bundle becomes, its signatures checked where they must be: a key may have been revoked since it was published,
    /// and what lies at hand may have come there in another way.
    fn made_to_serve(&self, bundle: &str, clock: &dyn Clock) -> Result<Arc<Made>, Refusal> {
        let made = self.shelf.made(bundle, None)?;
        if let Some(trust) = &self.governance.trust {
            let unknown = || Unmade::Bundle(bundle.chars().take(80).collect());
            let digest: Digest = bundle.parse().map_err(|_| unknown())?;
            let bytes = self.store.bundle(&digest)?.ok_or_else(unknown)?.bytes;
            let archive =
                Archive::read(&bytes).map_err(|source| Unmade::Archive { bundle: bundle.to_owned(), source })?;
            let at = clock::timestamp(clock);
            signatures_hold(&archive, &made.ruleset, trust, &self.on_hand, at)
                .map_err(|report| Refusal::Rejected(report, None))?;
        }
        Ok(made)
    }

    fn four_eyes(&self, bundle: &str, changes: &Changes, actor: &Actor<'_>) -> Result<(), Refusal> {
        // The words of all are the words of each place that is guarded so.
        let guards = &self.governance.four_eyes;
        let asked = |place: &str| !guards.is_empty() && place.is_empty() || guards.iter().any(|one| one.covers(place));
        let Some(place) = changes.places().find(|place| asked(place)) else { return Ok(()) };
        let digest: Digest = bundle.parse().map_err(|_| Unmade::Bundle(bundle.to_owned()))?;
        let by = self.store.bundle_info(&digest)?.map(|info| info.by);
        if by.as_deref() == Some(actor.name) { Err(Refusal::FourEyes(place.to_owned())) } else { Ok(()) }
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
        if !activation.is_due(clock::timestamp(app.clock())) {
            return Ok(());
        }
        let serving = self.serving(activation)?;
        if app.take(serving) {
            let (generation, by) = (activation.generation, activation.by.as_str());
            info!(generation, by, kind = activation.kind.word(), "Another generation serves.");
            follow::heartbeat(app, self);
        }
        Ok(())
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

/// Every place whose files are others than those that serve must be the actor's. What is no archive is told later.
fn within_reach(bytes: &[u8], current: &Made, actor: &Actor<'_>) -> Result<(), Refusal> {
    let Ok(archive) = Archive::read(bytes) else { return Ok(()) };
    let (before, after) = (current.side().bundle.part_digests(), archive.bundle.part_digests());
    let changed = |place: &&String| before.get(*place) != after.get(*place);
    match before.keys().chain(after.keys()).filter(changed).find(|place| !(actor.may)(place)) {
        Some(place) => Err(Refusal::Forbidden(place.clone())),
        None => Ok(()),
    }
}

/// Every place that changes must be the actor's.
fn allowed(changes: &Changes, actor: &Actor<'_>) -> Result<(), Refusal> {
    match changes.places().find(|place| !(actor.may)(place)) {
        Some(place) => Err(Refusal::Forbidden(place.to_owned())),
        None => Ok(()),
    }
}
