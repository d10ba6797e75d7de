//! Rulesets that served before, made again from the bundles that are kept.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use maple_bundle::{Archive, ArchiveError, Options, compile};
use maple_kernel::{Configured, PluginInfo, Plugins, Ruleset, Setup, SetupError};
use maple_seal::Digest;
use maple_store::{Store, StoreError};

use crate::app::{Serving, SharedPlugins};

/// Rulesets of the past that are kept at hand.
pub const RULESETS_KEPT_MAX: usize = 4;

/// Why a ruleset of the past is not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmade {
    #[error("there is no activation {0}")]
    Activation(u32),
    #[error("the bundle of activation {0} is not kept")]
    Bundle(u32),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    #[error("the bundle of activation {generation} cannot be unpacked")]
    Archive {
        generation: u32,
        #[source]
        source: ArchiveError,
    },
    #[error("the plugin `{name}` of activation {generation} is not taken by this engine: {detail}")]
    Plugin { generation: u32, name: String, detail: String },
    #[error("the bundle of activation {generation} does not compile with this engine: {problem}")]
    Problems { generation: u32, problem: String },
    #[error("the bundle of activation {generation} becomes `{found}` with this engine; `{recorded}` served")]
    Other { generation: u32, recorded: String, found: String },
}

/// The plugins that a bundle brings: no other is offered to it, whatever this service has beside.
pub(crate) struct Brought<'p> {
    plugins: &'p dyn Plugins,
    digests: BTreeSet<Arc<str>>,
}

impl<'p> Brought<'p> {
    /// Takes the components of an archive in.
    pub(crate) fn admit(plugins: &'p dyn Plugins, archive: &Archive) -> Result<Self, (String, String)> {
        let taken = archive.components.iter().map(|(name, component)| {
            let info = plugins.admit(component).map_err(|detail| (name.clone(), detail))?;
            Ok::<_, (String, String)>(info.digest)
        });
        Ok(Self { plugins, digests: taken.collect::<Result<_, _>>()? })
    }
}

impl Plugins for Brought<'_> {
    fn list(&self) -> Vec<PluginInfo> {
        self.plugins.list().into_iter().filter(|plugin| self.digests.contains(&plugin.digest)).collect()
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.plugins.configure(setups)
    }
}

/// The rulesets of the past.
pub(crate) struct Rulesets {
    store: Arc<Store>,
    plugins: SharedPlugins,
    recent: Mutex<VecDeque<(u32, Arc<Ruleset>)>>,
    making: Mutex<()>,
}

impl Rulesets {
    pub(crate) fn new(store: Arc<Store>, plugins: SharedPlugins) -> Self {
        Self { store, plugins, recent: Mutex::default(), making: Mutex::default() }
    }

    /// The ruleset of a generation, which has this digest. It may compile for a while, one at a time: not for a thread that
    /// serves.
    pub(crate) fn at(&self, serving: &Serving, generation: u32, digest: &str) -> Result<Arc<Ruleset>, Unmade> {
        let ruleset = self.of(serving, generation)?;
        if **ruleset.digest() == *digest {
            return Ok(ruleset);
        }
        let (recorded, found) = (digest.to_owned(), ruleset.digest().to_string());
        Err(Unmade::Other { generation, recorded, found })
    }

    fn of(&self, serving: &Serving, generation: u32) -> Result<Arc<Ruleset>, Unmade> {
        if serving.activation.generation == generation {
            return Ok(Arc::clone(&serving.ruleset));
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.recent().iter().find(|(known, _)| *known == generation).map(|(_, ruleset)| ruleset.clone());
        if let Some(ruleset) = known {
            return Ok(ruleset);
        }
        let ruleset = Arc::new(self.made(generation)?);
        let mut recent = self.recent();
        recent.push_front((generation, Arc::clone(&ruleset)));
        recent.truncate(RULESETS_KEPT_MAX);
        Ok(ruleset)
    }

    fn made(&self, generation: u32) -> Result<Ruleset, Unmade> {
        let activation = self.store.activation(generation)?.ok_or(Unmade::Activation(generation))?;
        let digest = activation.bundle.as_deref().and_then(|digest| digest.parse::<Digest>().ok());
        let kept = digest.map(|digest| self.store.bundle(&digest)).transpose()?.flatten();
        let bytes = kept.ok_or(Unmade::Bundle(generation))?.bytes;
        let archive = Archive::read(&bytes).map_err(|source| Unmade::Archive { generation, source })?;
        let plugins = Brought::admit(&*self.plugins, &archive).map_err(|(name, detail)| Unmade::Plugin {
            generation,
            name,
            detail,
        })?;
        let mut other = None;
        // What served may have been put in force without the packs that had problems.
        for keep_going in [false, true] {
            match compile(&archive.bundle, &plugins, &Options { keep_going, tables: false }) {
                Ok(compiled) if **compiled.ruleset.digest() == *activation.ruleset => return Ok(compiled.ruleset),
                Ok(compiled) => {
                    let (recorded, found) = (activation.ruleset.clone(), compiled.ruleset.digest().to_string());
                    other = Some(Unmade::Other { generation, recorded, found });
                }
                Err(problems) => {
                    let problem = problems.first().map(ToString::to_string).unwrap_or_default();
                    other.get_or_insert(Unmade::Problems { generation, problem });
                }
            }
        }
        Err(other.unwrap_or(Unmade::Bundle(generation)))
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, VecDeque<(u32, Arc<Ruleset>)>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rulesets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rulesets").field("at hand", &self.recent().len()).finish_non_exhaustive()
    }
}
