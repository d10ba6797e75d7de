//! Rulesets made of the bundles that are kept: the one that serves, those of the past, those that may serve next.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use maple_bundle::{Archive, ArchiveError, Bundle, Compiled, Options, PackInfo, Severity, Statistics, compile};
use maple_gate::{Current, StateFault, States};
use maple_kernel::{Configured, PluginInfo, Plugins, Ruleset, Setup, SetupError};
use maple_seal::Digest;
use maple_store::{Activation, Store, StoreError};
use maple_wire::{LeftOut, PackView, write_localities, write_packs, write_vocabulary};

use super::terms::ActivationTerms;
use crate::app::SharedPlugins;

/// Rulesets beside the one that serves that are kept at hand.
pub const RULESETS_KEPT_MAX: usize = 4;

/// Why a ruleset of the past is not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmade {
    #[error("there is no activation {0}")]
    Activation(u32),
    #[error("the bundle of activation {0} is not kept")]
    Unkept(u32),
    #[error("there is no bundle `{0}`")]
    Bundle(String),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    #[error("bundle `{bundle}` cannot be unpacked")]
    Archive {
        bundle: String,
        #[source]
        source: ArchiveError,
    },
    #[error("the plugin `{name}` of bundle `{bundle}` is not taken by this engine: {detail}")]
    Plugin { bundle: String, name: String, detail: String },
    #[error("bundle `{bundle}` does not compile with this engine: {problem}")]
    Problems { bundle: String, problem: String },
    #[error("bundle `{bundle}` becomes `{found}` with this engine; `{recorded}` served")]
    Other { bundle: String, recorded: String, found: String },
    #[error("the terms of activation {generation} cannot be read: {detail}")]
    Terms { generation: u32, detail: String },
    #[error("the states of its policies cannot be applied")]
    States(#[from] StateFault),
}

/// A bundle and what it became, each policy in the state that its file says. Never edited.
pub(crate) struct Made {
    pub(crate) bundle: Bundle,
    pub(crate) ruleset: Arc<Ruleset>,
    pub(crate) packs: Vec<PackInfo>,
    /// As what kinds and sources count in official figures.
    pub(crate) statistics: Statistics,
    pub(crate) left_out: Vec<LeftOut>,
    /* Written once, when somebody asks first: they change with the bundle only. */
    views: std::sync::OnceLock<Views>,
}

/// What is told of a bundle.
pub(crate) struct Views {
    pub(crate) packs: Bytes,
    pub(crate) localities: Bytes,
    pub(crate) vocabulary: Bytes,
}

impl Made {
    pub(crate) fn new(bundle: Bundle, compiled: Compiled) -> Self {
        let errors = || compiled.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let of = |id: &str| {
            let in_pack = |file: &str| file.rsplit_once('/').is_some_and(|(folder, _)| folder == id);
            errors().filter(|problem| in_pack(&problem.file)).map(ToString::to_string).collect()
        };
        let left_out =
            compiled.left_out.iter().map(|id| LeftOut { id: id.to_string(), problems: of(id.as_str()) }).collect();
        let Compiled { ruleset, packs, statistics, .. } = compiled;
        Self { bundle, ruleset: Arc::new(ruleset), packs, statistics, left_out, views: std::sync::OnceLock::new() }
    }

    /// It as one side of a comparison.
    pub(crate) fn side(&self) -> Current<'_> {
        Current { bundle: &self.bundle, ruleset: &self.ruleset, packs: &self.packs }
    }

    /// The plugins that its policies are made with.
    pub(super) fn plugins(&self) -> BTreeSet<Arc<str>> {
        let policies = self.ruleset.localities().flat_map(|(id, _)| self.ruleset.policies_of(id));
        policies.map(|policy| Arc::clone(&policy.digest)).collect()
    }

    /// What is told of it.
    pub(crate) fn views(&self) -> &Views {
        self.views.get_or_init(|| {
            let view = |pack: &PackInfo| PackView {
                id: pack.id.to_string(),
                version: pack.version.clone(),
                title: pack.title.clone(),
                in_force_from: pack.from,
                in_force_to: pack.to,
                illustrative: pack.illustrative,
            };
            let packs: Vec<PackView> = self.packs.iter().map(view).collect();
            Views {
                packs: write_packs(&self.ruleset, &packs, &self.left_out).into(),
                localities: write_localities(&self.ruleset).into(),
                vocabulary: write_vocabulary(&self.ruleset).into(),
            }
        })
    }
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Made").field("ruleset", self.ruleset.digest()).finish_non_exhaustive()
    }
}

/// The plugins that a bundle brings: no other is offered to it, whatever this service has beside.
struct Brought<'p> {
    plugins: &'p dyn Plugins,
    digests: BTreeSet<Arc<str>>,
}

impl<'p> Brought<'p> {
    /// Takes the components of an archive in.
    fn admit(plugins: &'p dyn Plugins, archive: &Archive) -> Result<Self, (String, String)> {
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

/// Bundles at hand, by their digest.
pub(crate) struct Shelf {
    store: Arc<Store>,
    plugins: SharedPlugins,
    recent: Mutex<VecDeque<(String, Arc<Made>)>>,
    pub(super) making: Mutex<()>,
}

impl Shelf {
    pub(crate) fn new(store: Arc<Store>, plugins: SharedPlugins) -> Self {
        Self { store, plugins, recent: Mutex::default(), making: Mutex::default() }
    }

    /// Puts a bundle at hand.
    pub(crate) fn put(&self, bundle: &str, made: Arc<Made>) {
        let mut recent = self.recent();
        recent.retain(|(known, _)| known != bundle);
        recent.push_front((bundle.to_owned(), made));
        recent.truncate(RULESETS_KEPT_MAX + 1);
    }

    /// The plugins of the bundles at hand.
    pub(super) fn plugins(&self) -> BTreeSet<Arc<str>> {
        self.recent().iter().flat_map(|(_, made)| made.plugins()).collect()
    }

    /// A bundle that is at hand.
    pub(crate) fn at_hand(&self, bundle: &str) -> Option<Arc<Made>> {
        let mut recent = self.recent();
        let at = recent.iter().position(|(known, _)| known == bundle)?;
        // What is used stays longest.
        let found = recent.remove(at)?;
        let made = Arc::clone(&found.1);
        recent.push_front(found);
        Some(made)
    }

    /// What a bundle becomes. It may compile for a while, one at a time: not for a thread that serves. `ruleset` is what
    /// it became when it served, where that is known: what served may have been put in force without the packs that had
    /// problems.
    pub(crate) fn made(&self, bundle: &str, ruleset: Option<&str>) -> Result<Arc<Made>, Unmade> {
        if let Some(made) = self.at_hand(bundle) {
            return Ok(made);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = self.at_hand(bundle) {
            return Ok(made);
        }
        let made = Arc::new(self.make(bundle, ruleset)?);
        self.put(bundle, Arc::clone(&made));
        Ok(made)
    }

    fn make(&self, bundle: &str, ruleset: Option<&str>) -> Result<Made, Unmade> {
        let named = || bundle.to_owned();
        let digest: Digest = bundle.parse().map_err(|_| Unmade::Bundle(bundle.chars().take(80).collect()))?;
        let bytes = self.store.bundle(&digest)?.ok_or_else(|| Unmade::Bundle(named()))?.bytes;
        let archive = Archive::read(&bytes).map_err(|source| Unmade::Archive { bundle: named(), source })?;
        drop(bytes);
        let plugins = Brought::admit(&*self.plugins, &archive).map_err(|(name, detail)| Unmade::Plugin {
            bundle: named(),
            name,
            detail,
        })?;
        let mut other = None;
        for keep_going in [false, true] {
            match compile(&archive.bundle, &plugins, &Options { keep_going, tables: false }) {
                Ok(compiled) if ruleset.is_none_or(|served| **compiled.ruleset.digest() == *served) => {
                    return Ok(Made::new(archive.bundle, compiled));
                }
                Ok(compiled) => {
                    let (recorded, found) =
                        (ruleset.unwrap_or_default().to_owned(), compiled.ruleset.digest().to_string());
                    other = Some(Unmade::Other { bundle: named(), recorded, found });
                }
                Err(problems) => {
                    let problem = problems.first().map(ToString::to_string).unwrap_or_default();
                    other.get_or_insert(Unmade::Problems { bundle: named(), problem });
                    if ruleset.is_none() {
                        break;
                    }
                }
            }
        }
        Err(other.unwrap_or_else(|| Unmade::Bundle(named())))
    }

    /// What serves, or served, by an activation: its bundle, and the ruleset in the states of its policies.
    pub(crate) fn of(&self, activation: &Activation) -> Result<InForce, Unmade> {
        let generation = activation.generation;
        let terms =
            ActivationTerms::of(activation).map_err(|error| Unmade::Terms { generation, detail: error.to_string() })?;
        let bundle = activation.bundle.as_deref().ok_or(Unmade::Unkept(generation))?;
        let base = terms.base.as_deref().unwrap_or(&activation.ruleset);
        let made = self.made(bundle, Some(base))?;
        in_force(made, &terms.states, activation, bundle).map(|(made, ruleset)| InForce { made, ruleset, terms })
    }

    /// The ruleset of a generation that has this digest: that of most cases, or that of a canary.
    pub(crate) fn at(&self, generation: u32, digest: &str) -> Result<Arc<Ruleset>, Unmade> {
        let activation = self.store.activation(generation)?.ok_or(Unmade::Activation(generation))?;
        let terms = ActivationTerms::read(&activation)?;
        if let Some(canary) = terms.canary.as_ref().filter(|canary| canary.ruleset == digest) {
            let made = self.made(&canary.bundle, canary.base.as_deref().or(Some(digest)))?;
            return Ok(terms.states.within(&made.ruleset).over(&made.ruleset)?);
        }
        let ruleset = self.of(&activation)?.ruleset;
        if **ruleset.digest() == *digest {
            return Ok(ruleset);
        }
        let (recorded, found) = (digest.to_owned(), ruleset.digest().to_string());
        Err(Unmade::Other { bundle: activation.bundle.unwrap_or_default(), recorded, found })
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<(String, Arc<Made>)>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an activation puts in force.
pub(crate) struct InForce {
    pub(crate) made: Arc<Made>,
    pub(crate) ruleset: Arc<Ruleset>,
    pub(crate) terms: ActivationTerms,
}

fn in_force(
    made: Arc<Made>,
    states: &States,
    activation: &Activation,
    bundle: &str,
) -> Result<(Arc<Made>, Arc<Ruleset>), Unmade> {
    let ruleset = states.within(&made.ruleset).over(&made.ruleset)?;
    if **ruleset.digest() != *activation.ruleset {
        let (recorded, found) = (activation.ruleset.clone(), ruleset.digest().to_string());
        return Err(Unmade::Other { bundle: bundle.to_owned(), recorded, found });
    }
    Ok((made, ruleset))
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("at hand", &self.recent().len()).finish_non_exhaustive()
    }
}
