//! What every request shares: the ruleset that serves, the places, the figures.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use maple_bundle::{Bundle, Compiled, Severity};
use maple_kernel::{Day, Plugins, Ruleset};
use maple_store::{Activation, Prepared, StoreError};
use maple_wire::{
    LeftOut, PackView, Serving as ServingView, write_localities, write_packs, write_ruleset, write_vocabulary,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    admission::Admission,
    clock::{self, Clock},
    config::{Config, LARGE_BODIES_COUNT_MAX, LARGE_PREVIEWS_COUNT_MAX, RECORD_READS_COUNT_MAX},
    metrics::Metrics,
    records::{Kept, Records},
};

/// Where plugins come from, for every thread.
pub type SharedPlugins = Arc<dyn Plugins + Send + Sync>;

/// One ruleset in force, with everything that is told of it. Never edited; replaced whole.
pub struct Serving {
    pub(crate) bundle: Bundle,
    pub(crate) ruleset: Arc<Ruleset>,
    pub(crate) activation: Activation,
    pub(crate) left_out: Vec<LeftOut>,
    /* Written once: they change with the ruleset only. */
    pub(crate) packs_json: Bytes,
    pub(crate) localities_json: Bytes,
    pub(crate) ruleset_json: Bytes,
    pub(crate) vocabulary_json: Bytes,
}

impl Serving {
    /// A compiled bundle under its activation.
    #[must_use]
    pub fn new(bundle: Bundle, compiled: Compiled, activation: Activation) -> Self {
        let ruleset = Arc::new(compiled.ruleset);
        let packs: Vec<PackView> = (compiled.packs.into_iter())
            .map(|pack| PackView {
                id: pack.id.to_string(),
                version: pack.version,
                title: pack.title,
                in_force_from: pack.from,
                in_force_to: pack.to,
                illustrative: pack.illustrative,
            })
            .collect();
        let errors = || compiled.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let of = |id: &str| {
            let in_pack = |file: &str| file.rsplit_once('/').is_some_and(|(folder, _)| folder == id);
            errors().filter(|problem| in_pack(&problem.file)).map(ToString::to_string).collect()
        };
        let left_out: Vec<LeftOut> =
            compiled.left_out.iter().map(|id| LeftOut { id: id.to_string(), problems: of(id.as_str()) }).collect();
        let view = ServingView {
            generation: activation.generation.into(),
            activated_at: &activation.at,
            why: &activation.why,
        };
        Self {
            packs_json: write_packs(&ruleset, &packs, &left_out).into(),
            localities_json: write_localities(&ruleset).into(),
            ruleset_json: write_ruleset(&ruleset, &view).into(),
            vocabulary_json: write_vocabulary(&ruleset).into(),
            bundle,
            ruleset,
            activation,
            left_out,
        }
    }

    /// The ruleset.
    #[must_use]
    pub fn ruleset(&self) -> &Arc<Ruleset> {
        &self.ruleset
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
    pub(crate) metrics: Metrics,
    /* Who reads records shares the store with who writes them. */
    pub(crate) record_reads: Semaphore,
    /// Plugins that were on hand at the start; replays take in others, which are not for anybody else.
    pub(crate) on_hand: BTreeSet<Arc<str>>,
    /// What is kept of decisions; none where nothing is.
    pub(crate) records: Option<Records>,
    clock: Arc<dyn Clock>,
    serving: ArcSwap<Serving>,
    draining: AtomicBool,
}

impl App {
    /// A service that answers with this ruleset until another takes its place.
    #[must_use]
    pub fn new(config: Config, clock: Arc<dyn Clock>, plugins: SharedPlugins, serving: Serving) -> Arc<Self> {
        Self::keeping(config, clock, plugins, serving, None)
    }

    /// The same, that keeps its decisions.
    #[must_use]
    pub fn keeping(
        config: Config,
        clock: Arc<dyn Clock>,
        plugins: SharedPlugins,
        serving: Serving,
        records: Option<Records>,
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
            metrics: Metrics::new(config.access.as_ref().map(|access| access.counts()).unwrap_or_default()),
            records,
            clock,
            serving: ArcSwap::from_pointee(serving),
            draining: AtomicBool::new(false),
            config,
        };
        app.tell(&app.serving());
        Arc::new(app)
    }

    /// The ruleset in force; a request keeps the one it began with.
    #[must_use]
    pub fn serving(&self) -> Arc<Serving> {
        self.serving.load_full()
    }

    /// Puts another ruleset in force. Requests under way end with the one they began with.
    pub fn replace(&self, serving: Serving) {
        self.tell(&serving);
        self.serving.store(Arc::new(serving));
    }

    fn tell(&self, serving: &Serving) {
        self.metrics.generation.set(serving.activation.generation.into());
        self.metrics.packs_left_out.set(i64::try_from(serving.left_out.len()).unwrap_or(i64::MAX));
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
    pub(crate) fn prepared(&self, kept: Kept<'_>) -> Result<Prepared, StoreError> {
        kept.prepare(&*self.clock)
    }

    /// An id that nothing else has.
    pub(crate) fn unique(&self) -> Uuid {
        clock::unique(&*self.clock)
    }

    /// From now on `/health/ready` says that the service is stopping.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// True once the service is stopping.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
