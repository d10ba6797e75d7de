//! Changes of what serves: publish, activate, roll back, stop, watch over. There is one way to change it: an activation.

mod canary;
mod folder;
mod follow;
mod made;
mod refusal;
mod state;
mod terms;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool, mpsc},
};

use jiff::Timestamp;
use maple_gate::{Admitted, Budget, Changes, Report, States, Terms, admit};
use maple_kernel::PluginInfo;
use maple_seal::{Digest, Subtree, Trust};
use maple_store::{Activation, ActivationKind, Event, Filter, Rejection, Request, Store, StoreError, Swap};
use tracing::{error, info, warn};

pub use canary::{FAILING_POLICIES_MAX, QUARANTINE_FAILURES, SHADOW_DIFFERENCES_KEPT};
pub use folder::BeginError;
pub use follow::{Followed, HEARTBEAT_SECONDS, STALE_NODE_SECONDS};
pub use made::RULESETS_KEPT_MAX;
pub use terms::{
    CANARY_CASES_MIN, CANARY_CHANGED_PERCENT_MAX, CANARY_CORRECTED_PERCENT_MAX, CANARY_FAILED_PERCENT_MAX,
    CANARY_SLOWER_MAX,
};

pub(crate) use canary::{Alarm, Sample, Watched, differs, speaking};
pub(crate) use follow::{Health, Node};
pub(crate) use made::{InForce, Made, Shelf, Unmade};
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
    pub(crate) stale: AtomicBool,
    /* What keeps the folder, as it is now, from serving. */
    pub(crate) folder: Mutex<Option<String>>,
    alarms: mpsc::Sender<Alarm>,
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
    pub(crate) may: &'a (dyn Fn(&str) -> bool + Sync),
}

/// The host itself, which may everything.
pub(crate) const fn host(name: &str) -> Actor<'_> {
    Actor { name, may: &|_| true }
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
        let (alarms, heard) = mpsc::channel();
        Self {
            shelf: Shelf::new(Arc::clone(&store), Arc::clone(&plugins)),
            store,
            plugins,
            on_hand,
            governance,
            examining: Mutex::default(),
            node: Node::new(node),
            stale: AtomicBool::new(false),
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
        current: Option<&Serving>,
        clock: &dyn Clock,
    ) -> Result<Admitted, Box<Report>> {
        let _one = self.examining.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = match (self.governance.changed_percent_max, current) {
            (Some(max), Some(_)) => self.budget(max),
            _ => None,
        };
        let published = |unit: &str| self.store.pack_digest(unit).ok().flatten();
        admit(
            bytes,
            expected,
            &Terms {
                plugins: &*self.plugins,
                on_hand: &self.on_hand,
                trust: self.governance.trust.as_ref(),
                at: clock::timestamp(clock),
                day: clock::day(clock, clock::UTC_OFFSET_MINUTES),
                current: current.map(|serving| serving.made.side()),
                rollback: false,
                same_versions: !self.is_strict(),
                published: &published,
                budget: budget.as_ref(),
                host_plugins: true,
                progress: &|stage| info!(stage = stage.word(), "A bundle is examined."),
            },
        )
    }

    /// The latest recorded cases.
    fn budget(&self, changed_percent_max: f64) -> Option<Budget> {
        let listed = self.store.decisions(&Filter::default(), BUDGET_CASES_MAX).ok()?;
        let read = |id: &str| Some(self.store.decision(id).ok()??.decision().ok()?.input);
        Some(Budget { questions: listed.iter().filter_map(|one| read(&one.id)).collect(), changed_percent_max })
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
        match self.examined(bytes, expected, Some(&serving), clock) {
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
            Err(report) if dry => Ok(Published { report: *report, new: true }),
            Err(report) => {
                let id = format!("r-{}", clock::unique(clock));
                let stage = report.failed().map_or("", maple_gate::Stage::word);
                warn!(report = id, by = actor.name, stage, "A bundle was rejected.");
                let body = serde_json::to_string(&report).unwrap_or_default();
                let (at, by) = (clock::rfc3339(clock), actor.name.to_owned());
                self.store.rejection_put(&Rejection { id: id.clone(), at, by, bundle: report.bundle.clone(), body })?;
                self.note(clock, actor.name, "reject", &report.bundle, &format!("{id}: {stage}"));
                Err(Refusal::Rejected(report, Some(id)))
            }
        }
    }

    /// Puts a bundle in force, in the place of the generation that the caller knows.
    pub(crate) fn activate(&self, app: &App, order: &Order<'_>, actor: &Actor<'_>) -> Result<Activation, Refusal> {
        let latest = self.store.current()?;
        if latest.as_ref().map(|latest| latest.generation) != order.replaces {
            return Err(Refusal::Conflict(latest.map(Box::new)));
        }
        let made = self.made_to_serve(order.bundle, app.clock())?;
        let in_force = self.store.serving(clock::timestamp(app.clock()))?;
        let (current, states) = match &in_force {
            Some(in_force) => {
                let InForce { made, terms, .. } = self.shelf.of(in_force)?;
                (Some(made), terms.states)
            }
            None => (None, States::default()),
        };
        if let Some(current) = &current {
            let changes = Changes::between(current.side(), made.side());
            allowed(&changes, actor)?;
            self.four_eyes(order.bundle, &changes, actor)?;
            let lower = changes.packs.iter().find(|change| change.goes_back());
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
        self.put_in_force(app, &activation)?;
        Ok(activation)
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
        let replaces = replaces.or(Some(latest.generation));
        let target = match to {
            Some(generation) => self.store.activation(generation)?.ok_or(Unmade::Activation(generation))?,
            None => self.before(&latest)?.ok_or(Refusal::NothingBefore)?,
        };
        let bundle = target.bundle.ok_or(Unmade::Unkept(target.generation))?;
        let order = Order { bundle: &bundle, replaces, why, rollback: true, effective: None, canary: None };
        self.activate(app, &order, actor)
    }

    /// The latest activation of another bundle. A canary that runs is what is gone back from.
    fn before(&self, latest: &Activation) -> Result<Option<Activation>, StoreError> {
        if ActivationTerms::of(latest).unwrap_or_default().canary.is_some() {
            return Ok(Some(latest.clone()));
        }
        let mut before = latest.generation;
        loop {
            let page = self.store.activations_before(before)?;
            let Some(oldest) = page.last().map(|oldest| oldest.generation) else { return Ok(None) };
            let other = |one: &Activation| one.bundle.is_some() && one.bundle != latest.bundle;
            if let Some(found) = page.into_iter().find(other) {
                return Ok(Some(found));
            }
            before = oldest;
        }
    }

    /// What a bundle becomes, its signatures checked where they must be.
    fn made_to_serve(&self, bundle: &str, clock: &dyn Clock) -> Result<Arc<Made>, Refusal> {
        if let Some(made) = self.shelf.at_hand(bundle) {
            return Ok(made);
        }
        if self.is_strict() {
            let unknown = || Unmade::Bundle(bundle.chars().take(80).collect());
            let digest: Digest = bundle.parse().map_err(|_| unknown())?;
            let bytes = self.store.bundle(&digest)?.ok_or_else(unknown)?.bytes;
            // A key may have been revoked since the bundle was published.
            let admitted =
                self.examined(&bytes, None, None, clock).map_err(|report| Refusal::Rejected(report, None))?;
            let made = Arc::new(Made::new(admitted.bundle, admitted.compiled));
            self.shelf.put(bundle, Arc::clone(&made));
            return Ok(made);
        }
        Ok(self.shelf.made(bundle, None)?)
    }

    fn four_eyes(&self, bundle: &str, changes: &Changes, actor: &Actor<'_>) -> Result<(), Refusal> {
        let asked = |place: &str| self.governance.four_eyes.iter().any(|subtree| subtree.covers(place));
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
        let states = states.within(&made.ruleset);
        let ruleset = states.over(&made.ruleset)?;
        let base = (!states.is_empty()).then(|| made.ruleset.digest().to_string());
        let terms = ActivationTerms { base, states, canary: step.canary }.written();
        let at = clock::rfc3339(clock);
        let request = Request { ruleset: ruleset.digest(), at: &at, by: step.by, why: step.why };
        let swap = Swap {
            request,
            replaces: step.replaces,
            bundle: Some(bundle),
            kind: step.kind,
            effective: step.effective,
            terms: terms.as_deref(),
        };
        Ok(self.store.activation_swap(&swap)?)
    }

    /// Makes an activation serve on this node, unless it is planned for later.
    fn put_in_force(&self, app: &App, activation: &Activation) -> Result<(), Refusal> {
        if activation.serves_from().is_some_and(|from| from > clock::timestamp(app.clock())) {
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

    /// Writes into the audit log what changed nothing that serves.
    pub(crate) fn note(&self, clock: &dyn Clock, actor: &str, action: &str, subject: &str, detail: &str) {
        let event = Event { time: clock::timestamp(clock), actor, action, subject, detail };
        if let Err(why) = self.store.audit_append(&event) {
            error!(why = %chain(&why), "The audit log cannot be written.");
        }
    }

    /// Tells what somebody should act on.
    pub(crate) fn alarm(&self, alarm: Alarm) {
        let _ = self.alarms.send(alarm);
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

/// Every place that changes must be the actor's.
fn allowed(changes: &Changes, actor: &Actor<'_>) -> Result<(), Refusal> {
    match changes.places().find(|place| !(actor.may)(place)) {
        Some(place) => Err(Refusal::Forbidden(place.to_owned())),
        None => Ok(()),
    }
}
