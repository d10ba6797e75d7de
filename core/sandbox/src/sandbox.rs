//! The sandbox: plugins in, configured policies out.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZero,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use maple_kernel::{
    Calendar, Complaint, Configured, FaultKind, Limits, PluginInfo, Plugins, Setting, Setup, SetupError,
};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tracing::warn;

use crate::{
    cache::{Cache, EntryKey, Record},
    contract::v1::Lowered,
    engine::Ticker,
    fault::fault,
    inspect::{LoadError, inspect},
    limits::{Bounds, STACK_BYTES_MIN, WARM_SLOTS_MAX},
    plugin::{Forge, Ground, Isolation, Mould, Source, Use},
    policy::ConfiguredPolicy,
    prepared::{Late, Prepared},
};

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Where compiled policies are kept between starts; without it, every start compiles.
    pub cache: Option<PathBuf>,
    /// Evaluations at the same time; the pool is made for them.
    pub concurrency: usize,
    /// Keeps diaries, and lets what guests say in their own words into faults: for authors, never in production.
    pub diaries: bool,
    /// The most that a policy may set for itself. A stack is never smaller than [`STACK_BYTES_MIN`](crate::STACK_BYTES_MIN).
    pub maxima: Bounds,
    /// How one evaluation is kept apart from the next.
    pub isolation: Isolation,
    /// Sandboxes that are kept at most, of all policies together; [`WARM_SLOTS_MAX`](crate::WARM_SLOTS_MAX) bounds it.
    pub warm_slots: usize,
}

impl Default for SandboxConfig {
    /// No cache, no diaries, one evaluation for each core, the host's maxima.
    fn default() -> Self {
        Self {
            cache: None,
            concurrency: cores(),
            diaries: false,
            maxima: Bounds::MAX,
            isolation: Isolation::default(),
            warm_slots: WARM_SLOTS_MAX,
        }
    }
}

/// Why there is no sandbox.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The engine does not start, mostly for want of address space.
    #[error("cannot start the WebAssembly engine; a limit on virtual memory (`ulimit -v`) is the usual cause")]
    Engine(#[source] wasmtime::Error),
    /// The clock behind the backstop does not start.
    #[error("cannot start the thread that watches the wall clock")]
    Ticker(#[source] std::io::Error),
}

/// Plugins, and what was made of them.
pub struct Sandbox {
    forge: Forge,
    plugins: RwLock<BTreeMap<Arc<str>, Arc<Plugin>>>,
    /// Policies in use, so that what stays the same in the next ruleset is not made again.
    in_use: Mutex<InUse>,
    cache: Option<Cache>,
    diaries: bool,
    maxima: Bounds,
}

/// Policies by what they are made of and by the bytes of the stack that they run on.
type InUse = HashMap<(EntryKey, usize), Weak<Prepared>>;

struct Plugin {
    info: PluginInfo,
    source: Source,
    /// Made when the first policy needs it: with a warm cache none does.
    mould: OnceLock<Result<Mould, String>>,
}

impl Sandbox {
    /// A sandbox without plugins.
    ///
    /// A cache that cannot be used is told in the log and done without.
    ///
    /// # Errors
    /// When the engine or its clock does not start.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        let maxima = config.maxima.capped();
        let ticker = Ticker::start().map_err(SandboxError::Ticker)?;
        let forge = Forge::new(config.concurrency, maxima.stack_bytes, config.isolation, config.warm_slots, ticker);
        let cache = config.cache.and_then(|folder| {
            Cache::open(&folder)
                .inspect_err(|error| warn!(folder = %folder.display(), %error, "The cache is not used."))
                .ok()
        });
        Ok(Self {
            forge: forge.map_err(SandboxError::Engine)?,
            plugins: RwLock::default(),
            in_use: Mutex::default(),
            cache,
            diaries: config.diaries,
            maxima,
        })
    }

    /// Takes a component in: looks at it, and asks it what it is. The same bytes are taken once.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn add_component(&self, bytes: &[u8]) -> Result<PluginInfo, LoadError> {
        let inspected = inspect(bytes)?;
        let digest: Arc<str> = format!("sha256:{}", hex::encode(Sha256::digest(bytes))).into();
        if let Some(plugin) = self.plugin(&digest) {
            return Ok(plugin.info.clone());
        }
        let source = Source { bytes: bytes.to_vec(), export: inspected.export, made: inspected.made };
        let mould = OnceLock::new();
        let key = EntryKey::new(&self.forge.engines().components, "describe", &digest, |_| ());
        let kept = self.cache.as_ref().and_then(|cache| cache.load(self.forge.engines(), &key));
        let descriptor = match kept {
            Some((record, _)) => record.descriptor(),
            None => {
                let made = self.forge.mould(&source)?;
                let descriptor = self.forge.describe(&made)?;
                if let Some(cache) = &self.cache {
                    cache.store(&key, Record::new(&descriptor), None);
                }
                mould.get_or_init(|| Ok(made));
                descriptor
            }
        };
        let info = PluginInfo { id: descriptor.id, version: descriptor.version, digest: digest.clone() };
        let plugin = Arc::new(Plugin { info: info.clone(), source, mould });
        self.plugins.write().unwrap_or_else(PoisonError::into_inner).entry(digest).or_insert(plugin);
        Ok(info)
    }

    /// Compiles a plugin ahead of policies that will need it; nothing where that was done, or where there is none.
    pub fn compile_ahead(&self, digest: &str) {
        if let Some(plugin) = self.plugin(digest) {
            self.mould(&plugin);
        }
    }

    fn mould<'p>(&self, plugin: &'p Plugin) -> &'p Result<Mould, String> {
        plugin.mould.get_or_init(|| self.forge.mould(&plugin.source).map_err(|error| error.to_string()))
    }

    /// Configures policies, in parallel, results in the order of the setups. Equal ones are made once.
    #[must_use]
    pub fn configure_policies(&self, setups: &[Setup<'_>]) -> Vec<Result<ConfiguredPolicy, SetupError>> {
        self.configured(setups, Use::Lasting)
    }

    /// Configures policies for a few cases: whatever is not at hand already is neither snapshotted nor kept, unless its
    /// settings take long to read. The same answers for the same fuel, each a little later.
    #[must_use]
    pub fn sketch_policies(&self, setups: &[Setup<'_>]) -> Vec<Result<ConfiguredPolicy, SetupError>> {
        self.configured(setups, Use::Brief)
    }

    fn configured(&self, setups: &[Setup<'_>], purpose: Use) -> Vec<Result<ConfiguredPolicy, SetupError>> {
        let orders: Vec<Result<Order<'_>, SetupError>> = setups.iter().map(|setup| self.order(setup)).collect();
        let mut jobs: Vec<&Order<'_>> = orders.iter().flatten().collect();
        jobs.sort_unstable_by_key(|order| order.id());
        jobs.dedup_by_key(|order| order.id());
        self.in_use().retain(|_, policy| policy.strong_count() > 0);
        let made = in_parallel(&jobs, |order| self.prepare(order, purpose));
        let made: HashMap<_, _> = jobs.iter().map(|order| order.id()).zip(made).collect();

        let result = |order: Result<Order<'_>, SetupError>| {
            let order = order?;
            let prepared = made.get(&order.id()).cloned().unwrap_or_else(|| self.prepare(&order, purpose))?;
            Ok(ConfiguredPolicy::new(prepared, order.bounds, self.diaries))
        };
        orders.into_iter().map(result).collect()
    }

    /// The component of a plugin, as it was taken in.
    #[must_use]
    pub fn component(&self, digest: &str) -> Option<Vec<u8>> {
        self.plugin(digest).map(|plugin| plugin.source.bytes.clone())
    }

    /// Sandboxes that are kept for their next evaluation or with which they are compared, of all policies together.
    #[must_use]
    pub fn warm_slots(&self) -> usize {
        self.forge.slots()
    }

    /// Components compiled so far; with a warm cache, none.
    #[must_use]
    pub fn compiled(&self) -> usize {
        self.forge.compiled.load(Ordering::Relaxed)
    }

    fn order<'a>(&self, setup: &Setup<'a>) -> Result<Order<'a>, SetupError> {
        let plugin = self.plugin(setup.plugin).ok_or_else(|| unknown(setup.plugin))?;
        let lowered = Lowered::new(setup.settings, setup.calendar).map_err(SetupError::Settings)?;
        let key = EntryKey::new(&self.forge.engines().components, self.forge.purpose(), setup.plugin, |hasher| {
            lowered.digest(hasher)
        });
        let bounds = Bounds::of(setup.limits, self.maxima);
        let ground = self.room(&plugin.source, setup.limits, &bounds)?;
        Ok(Order { key, plugin, ground, bounds, settings: setup.settings, calendar: setup.calendar })
    }

    /// Where a policy with these limits runs, if they have room for what its plugin is made of.
    fn room(&self, source: &Source, limits: Limits, bounds: &Bounds) -> Result<Arc<Ground>, SetupError> {
        let mut complaints: Vec<_> = source
            .made
            .beyond(bounds)
            .map(|(limit, made, max)| {
                let message = format!("the plugin is made of {made}, {max} are given");
                let allowed = !source.made.beyond(&self.maxima).any(|(beyond, ..)| beyond == limit);
                let advice = if allowed {
                    format!("give {made} or more")
                } else {
                    "this host gives no more; use another plugin, or ask who runs it".to_owned()
                };
                Complaint { path: limit.to_owned(), message, advice: Some(advice) }
            })
            .collect();
        if let Some(bytes) = limits.stack_bytes.filter(|bytes| *bytes < STACK_BYTES_MIN as u64) {
            let message = format!("{bytes} bytes are less than the smallest stack");
            let advice = Some(format!("give {STACK_BYTES_MIN} or more"));
            complaints.push(Complaint { path: "stack-bytes".to_owned(), message, advice });
        }
        if !complaints.is_empty() {
            return Err(SetupError::Limits(complaints));
        }
        self.forge.ground(bounds.stack_bytes).map_err(|error| {
            let (bytes, why) = (bounds.stack_bytes, error.root_cause());
            let detail =
                format!("no engine starts for a stack of {bytes} bytes, mostly for want of address space: {why}");
            SetupError::Fault(fault(FaultKind::OutOfMemory, &detail))
        })
    }

    fn prepare(&self, order: &Order<'_>, purpose: Use) -> Result<Arc<Prepared>, SetupError> {
        if let Some(prepared) = self.in_use().get(&order.id()).and_then(Weak::upgrade) {
            return Ok(prepared);
        }
        let prepared = match self.revive(order) {
            Some(prepared) => prepared,
            None => self.make(order, purpose)?,
        };
        if prepared.sketched {
            // Whoever wants it to last makes it anew.
            return Ok(Arc::new(prepared));
        }
        let prepared = Arc::new(prepared);
        self.in_use().insert(order.id(), Arc::downgrade(&prepared));
        Ok(prepared)
    }

    fn revive(&self, order: &Order<'_>) -> Option<Prepared> {
        let (record, kept) = self.cache.as_ref()?.load(&order.ground.engines, &order.key)?;
        let late = record.obstacle.is_some().then(|| order.late());
        let said = (record.descriptor(), late);
        self.forge.revive(&order.plugin.source, &order.ground, kept?, said, record.obstacle, record.kind?).ok()
    }

    fn make(&self, order: &Order<'_>, purpose: Use) -> Result<Prepared, SetupError> {
        let plugin = &order.plugin;
        let mould = self.mould(plugin);
        let mould = mould.as_ref().map_err(|error| complaint("plugin", error.clone()))?;
        let given = (order.settings, order.calendar);
        let prepared = self.forge.cast(&plugin.source, mould, &order.ground, given, purpose)?;
        if prepared.sketched {
            return Ok(prepared);
        }
        if let (Some(cache), Ok(code)) = (&self.cache, prepared.serialize()) {
            let record = Record::of(&prepared, code.len() as u64);
            cache.store(&order.key, record, Some(&code));
            // Mapped from there its code is the file's own pages, which the system may drop; what was just made is not.
            if let Some(mapped) = self.revive(order) {
                return Ok(mapped);
            }
        }
        Ok(prepared)
    }

    fn plugin(&self, digest: &str) -> Option<Arc<Plugin>> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn in_use(&self) -> MutexGuard<'_, InUse> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plugins for Sandbox {
    fn list(&self) -> Vec<PluginInfo> {
        let plugins = self.plugins.read().unwrap_or_else(PoisonError::into_inner);
        plugins.values().map(|plugin| plugin.info.clone()).collect()
    }

    fn admit(&self, component: &[u8]) -> Result<PluginInfo, String> {
        self.add_component(component).map_err(|error| {
            let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
            causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
        })
    }

    fn dismiss(&self, digest: &str) {
        self.plugins.write().unwrap_or_else(PoisonError::into_inner).remove(digest);
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.configure_policies(setups).into_iter().map(|result| result.map(for_kernel)).collect()
    }

    fn sketch(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.sketch_policies(setups).into_iter().map(|result| result.map(for_kernel)).collect()
    }
}

fn for_kernel(policy: ConfiguredPolicy) -> Configured {
    Configured { descriptor: policy.descriptor().clone(), assessor: Arc::new(policy) }
}

/// A policy to be made, and the key under which it is known.
struct Order<'a> {
    key: EntryKey,
    plugin: Arc<Plugin>,
    ground: Arc<Ground>,
    bounds: Bounds,
    settings: &'a Setting,
    calendar: &'a Calendar,
}

impl Order<'_> {
    fn id(&self) -> (EntryKey, usize) {
        (self.key, self.bounds.stack_bytes)
    }

    fn late(&self) -> Late {
        Late { settings: self.settings.clone(), calendar: self.calendar.clone() }
    }
}

fn unknown(digest: &str) -> SetupError {
    complaint("plugin", format!("no plugin `{digest}` is loaded"))
}

fn complaint(path: &str, message: String) -> SetupError {
    SetupError::Settings(vec![Complaint { path: path.to_owned(), message, advice: None }])
}

/// Does `work` for every item on as many threads as there are cores; results in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..cores().min(items.len()) {
            scope.spawn(|| {
                while let Some((at, item)) = claim(items, &next) {
                    let result = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn claim<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    items.get(at).map(|item| (at, item))
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
