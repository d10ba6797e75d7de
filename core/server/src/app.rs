//! What every request shares: the ruleset that serves, the places, the figures.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use maple_bundle::{Bundle, Compiled};
use maple_gate::How;
use maple_kernel::{Day, Mode, Plugins, Ruleset};
use maple_store::{Activation, Docket, Prepared, StoreError};
use maple_wire::{Serving as ServingView, write_ruleset};
use tokio::sync::{Notify, Semaphore, watch};
use tracing::error;
use uuid::Uuid;

use crate::{
    admission::Admission,
    clock::{self, Clock},
    config::{
        Config, LARGE_BODIES_COUNT_MAX, LARGE_PREVIEWS_COUNT_MAX, PLANS_COUNT_MAX, RECORD_READS_COUNT_MAX,
        UPLOADS_COUNT_MAX,
    },
    control::{ActivationTerms, Control, Made},
    events,
    metrics::Metrics,
    records::{Kept, Records, chain},
    signals::{LISTENERS_COUNT_MAX, PAGE_LISTENERS_COUNT_MAX, Signals},
};

/// Where plugins come from, for every thread.
pub type SharedPlugins = Arc<dyn Plugins + Send + Sync>;

/// One ruleset in force, with everything that is told of it. Never edited; replaced whole.
pub struct Serving {
    pub(crate) made: Arc<Made>,
    /// In the states of its policies.
    pub(crate) ruleset: Arc<Ruleset>,
    pub(crate) activation: Activation,
    pub(crate) terms: ActivationTerms,
    /// What decides a share of cases.
    pub(crate) canary: Option<Arc<Ruleset>>,
    /// Where policies stand in the shadow: how it would be if they counted.
    pub(crate) lifted: Option<Ruleset>,
    pub(crate) ruleset_json: Bytes,
}

impl Serving {
    /// A compiled bundle under its activation, each policy in the state that its file says.
    #[must_use]
    pub fn new(bundle: Bundle, compiled: Compiled, activation: Activation) -> Self {
        let made = Arc::new(Made::new(bundle, compiled));
        let ruleset = Arc::clone(&made.ruleset);
        Self::in_force(made, ruleset, ActivationTerms::default(), None, activation)
    }

    pub(crate) fn in_force(
        made: Arc<Made>,
        ruleset: Arc<Ruleset>,
        terms: ActivationTerms,
        canary: Option<Arc<Ruleset>>,
        activation: Activation,
    ) -> Self {
        let view = ServingView {
            generation: activation.generation.into(),
            activated_at: &activation.at,
            why: &activation.why,
        };
        let shadowed = {
            let mut policies = ruleset.localities().flat_map(|(id, _)| ruleset.policies_of(id));
            policies.any(|policy| policy.mode == Mode::Shadow)
        };
        let lifted = shadowed.then(|| {
            ruleset.with_states(Arc::clone(ruleset.digest()), |policy| {
                (policy.mode == Mode::Shadow).then(|| (Mode::Enforce, policy.stopped.clone()))
            })
        });
        Self { ruleset_json: write_ruleset(&ruleset, &view).into(), made, ruleset, activation, terms, canary, lifted }
    }

    /// The ruleset.
    #[must_use]
    pub fn ruleset(&self) -> &Arc<Ruleset> {
        &self.ruleset
    }

    /// How many packs serve.
    #[must_use]
    pub fn packs(&self) -> usize {
        self.made.packs.len()
    }

    /// The record that it serves.
    #[must_use]
    pub fn activation(&self) -> &Activation {
        &self.activation
    }
}

/// The service behind the doors.
pub struct App {
    pub(crate) config: Config,
    pub(crate) plugins: SharedPlugins,
    pub(crate) admission: Admission,
    pub(crate) batches: Arc<Semaphore>,
    /* Room for large bodies, so that many connections do not fill the memory. */
    pub(crate) large_bodies: Semaphore,
    pub(crate) large_previews: Semaphore,
    pub(crate) previews: Arc<Semaphore>,
    /* Room for bundles that arrive, places for those that are examined, and one for who changes what serves. */
    pub(crate) uploads: Semaphore,
    pub(crate) examinations: Arc<Semaphore>,
    pub(crate) changes: Arc<Semaphore>,
    /// Places for plans that are made.
    pub(crate) plans: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    /* Who reads records shares the store with who writes them. */
    pub(crate) record_reads: Semaphore,
    /// Plugins that were on hand at the start; replays take in others, which are not for anybody else.
    pub(crate) on_hand: BTreeSet<Arc<str>>,
    /// What is kept of decisions; none where nothing is.
    pub(crate) records: Option<Records>,
    /// What changes what serves; none where nothing does.
    pub(crate) control: Option<Control>,
    /// Who hears of signals.
    pub(crate) signals: Signals,
    pub(crate) listeners: Arc<Semaphore>,
    /// One tick at a time.
    pub(crate) ticking: Mutex<()>,
    /// Places among them that pages may take.
    pub(crate) page_listeners: Arc<Semaphore>,
    /// What takes events; none where nothing keeps them.
    pub(crate) docket: OnceLock<Docket>,
    clock: Arc<dyn Clock>,
    serving: ArcSwap<Serving>,
    /// Told when another generation serves.
    pub(crate) changed: Notify,
    /* Whoever changes what serves does so alone. */
    changing: Mutex<()>,
    draining: watch::Sender<bool>,
}

impl App {
    /// A service that answers with this ruleset until another takes its place.
    #[must_use]
    pub fn new(config: Config, clock: Arc<dyn Clock>, plugins: SharedPlugins, serving: Serving) -> Arc<Self> {
        Self::keeping(config, clock, plugins, serving, None, None)
    }

    /// The same, that keeps its decisions and can be changed.
    #[must_use]
    pub fn keeping(
        config: Config,
        clock: Arc<dyn Clock>,
        plugins: SharedPlugins,
        serving: Serving,
        records: Option<Records>,
        control: Option<Control>,
    ) -> Arc<Self> {
        let app = Self {
            on_hand: plugins.list().into_iter().map(|plugin| plugin.digest).collect(),
            record_reads: Semaphore::new(RECORD_READS_COUNT_MAX),
            plugins,
            admission: Admission::new(config.evaluations, config.waiting, config.wait),
            batches: Arc::new(Semaphore::new(config.batches.max(1))),
            large_bodies: Semaphore::new(LARGE_BODIES_COUNT_MAX),
            large_previews: Semaphore::new(LARGE_PREVIEWS_COUNT_MAX),
            previews: Arc::new(Semaphore::new(config.previews.max(1))),
            uploads: Semaphore::new(UPLOADS_COUNT_MAX),
            examinations: Arc::new(Semaphore::new(1)),
            changes: Arc::new(Semaphore::new(1)),
            plans: Arc::new(Semaphore::new(PLANS_COUNT_MAX)),
            metrics: Metrics::new(config.access.as_ref().map(|access| access.counts()).unwrap_or_default()),
            records,
            control,
            signals: Signals::default(),
            ticking: Mutex::new(()),
            listeners: Arc::new(Semaphore::new(LISTENERS_COUNT_MAX)),
            page_listeners: Arc::new(Semaphore::new(PAGE_LISTENERS_COUNT_MAX)),
            docket: OnceLock::new(),
            clock,
            serving: ArcSwap::from_pointee(serving),
            changed: Notify::new(),
            changing: Mutex::default(),
            draining: watch::Sender::new(false),
            config,
        };
        app.tell(&app.serving());
        let app = Arc::new(app);
        match events::start(&app) {
            Some(Ok(docket)) => drop(app.docket.set(docket)),
            Some(Err(why)) => error!(why = %chain(&why), "Events cannot be taken."),
            None => {}
        }
        app
    }

    /// The ruleset in force; a request keeps the one it began with.
    #[must_use]
    pub fn serving(&self) -> Arc<Serving> {
        self.serving.load_full()
    }

    /// The generation that serves.
    pub(crate) fn generation(&self) -> u32 {
        self.serving.load().activation.generation
    }

    /// Puts another ruleset in force. Requests under way end with the one they began with.
    pub fn replace(&self, serving: Serving) {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.tell(&serving);
        self.serving.store(Arc::new(serving));
    }

    /// The same, unless a later generation serves already: they never go back. True when it serves now.
    pub(crate) fn take(&self, serving: Serving) -> bool {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if serving.activation.generation <= self.serving.load().activation.generation {
            return false;
        }
        self.tell(&serving);
        self.serving.store(Arc::new(serving));
        self.changed.notify_waiters();
        true
    }

    /// What stands in the way of full service, in words.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let serving = self.serving();
        let mut reasons: Vec<String> = (serving.made.left_out.iter())
            .map(|pack| {
                let first = pack.problems.first().map_or("it has problems", String::as_str);
                format!("pack `{}` is left out: {first}", pack.id)
            })
            .collect();
        if let Some(so_far) = self.records.as_ref().map(Records::statistics) {
            reasons.extend(so_far.last_error.map(|error| format!("decisions cannot be recorded: {error}")));
            reasons.extend(so_far.seal_error.map(|error| format!("the log of decisions cannot be signed: {error}")));
        }
        reasons.extend(self.records.as_ref().and_then(Records::key_ended).map(|ended| ended.to_string()));
        if let Some(control) = &self.control {
            let cannot = control.node.cannot();
            reasons.extend(cannot.map(|(generation, why)| format!("generation {generation} cannot serve here: {why}")));
            let out = How::Quarantined;
            let quarantined = serving.terms.states.iter().filter(|state| state.how == out);
            reasons.extend(quarantined.map(|state| format!("policy `{}` is in quarantine: {}", state.name, state.why)));
            let folder = control.folder.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // Once somebody puts it in force, nothing keeps it any more.
            let serves = |ruleset: &Option<Arc<str>>| ruleset.as_ref() == Some(serving.made.ruleset.digest());
            let folder = folder.filter(|(_, ruleset)| !serves(ruleset));
            reasons.extend(folder.map(|(why, _)| format!("the folder of policies changed and does not serve: {why}")));
            if control.is_stale() {
                reasons.push("this node is cut off from the database for too long".to_owned());
            }
        }
        reasons
    }

    fn tell(&self, serving: &Serving) {
        self.metrics.generation.set(serving.activation.generation.into());
        self.metrics.packs_left_out.set(i64::try_from(serving.made.left_out.len()).unwrap_or(i64::MAX));
    }

    /// Today, where the service is configured to be.
    pub(crate) fn today(&self) -> Day {
        clock::day(&*self.clock, self.config.utc_offset_minutes)
    }

    /// The clock.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What is kept of a decision, ready to be written.
    pub(crate) fn prepared(&self, records: &Records, kept: Kept<'_>) -> Result<Prepared, StoreError> {
        kept.prepare(&*self.clock, records.packing())
    }

    /// An id that nothing else has.
    pub(crate) fn unique(&self) -> Uuid {
        clock::unique(&*self.clock)
    }

    /// From now on `/health/ready` says that the service is stopping.
    pub(crate) fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// True once the service is stopping.
    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// True in it once the service is stopping; for whoever would never end by itself.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.draining.subscribe()
    }
}
