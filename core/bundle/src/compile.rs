//! Files to ruleset: read everything, tell every problem, ask the plugins once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use maple_kernel::{
    Assess, Assessment, CaseFile, Configured, Day, Descriptor, Fault, FaultKind, Floor, LocalityId, Mode, PluginInfo,
    Plugins, Policy, PolicyId, Purposes, RuleId, Ruleset, Setting, Setup, SetupError, Target, Text,
};
use sha2::{Digest, Sha256};

use crate::{
    Bundle, CONTRACT_VERSION, Diagnostic, Severity,
    lexicon::{Lexicon, Registry, Statistics},
    link::{self, Known, Shelf},
    looks::looks,
    near,
    packs::{self, Draft, Pack, TABLE_PLUGIN, TestCase},
    registries,
    sink::{Place, Sink, Source},
    table::Table,
    tree::{self, Node},
};

mod alone;
mod words;

pub use alone::{Alone, compile_alone};
pub use words::{Words, words};

/// How many packs a bundle may have.
pub const BUNDLE_PACKS_MAX: usize = 5_000;

/// Mistakes of a registry that say nothing of its names: what is written in them can be reasoned about.
const UNTRANSLATED: [&str; 2] = ["missing-language", "empty-text"];

/// How to compile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Leave out packs that have errors, and report them, instead of refusing the bundle.
    ///
    /// A pack that sets the floor is not silently missed: in its place stands a policy that cannot answer, so that
    /// every decision below it is handed to a person.
    pub keep_going: bool,
    /// Keep the rule tables as data in [`Compiled::tables`], for programs that reason about them.
    ///
    /// Together with `keep_going` a pack loses only the files that have errors, so that one mistake does not hide what
    /// can be said of the other tables; nor do translations that a registry lacks. What is left of a pack is to reason
    /// about, and not to serve.
    pub tables: bool,
}

impl Options {
    const fn by_file(self) -> bool {
        self.keep_going && self.tables
    }
}

/// What is known of a pack that serves.
#[derive(Clone, Debug, PartialEq)]
pub struct PackInfo {
    /// Its locality.
    pub id: LocalityId,
    /// Its version, semver.
    pub version: String,
    /// The contract it asks for, a semver requirement.
    pub contract: String,
    /// Its name.
    pub title: Text,
    /// First day in force.
    pub from: Option<Day>,
    /// Last day in force.
    pub to: Option<Day>,
    /// True when it shows the practice of a real place as an illustration.
    pub illustrative: bool,
    /// Its policies.
    pub policies: Vec<PolicyId>,
    /// True when it may set the floor.
    pub trusted: bool,
    /// Days on which something that its policies say begins or has ended.
    pub turns: BTreeSet<Day>,
}

/// A bundle that serves.
pub struct Compiled {
    /// What decisions are made with.
    pub ruleset: Ruleset,
    /// The cases of all packs.
    pub cases: Vec<TestCase>,
    /// The rule tables, in the order of packs and files; none unless [`Options::tables`] asks for them.
    pub tables: Vec<Table>,
    /// As what kinds and sources count in official figures.
    pub statistics: Statistics,
    /// The packs in it, by locality.
    pub packs: Vec<PackInfo>,
    /// Packs left out because of errors.
    pub left_out: Vec<LocalityId>,
    /// Files left out of packs that are in it otherwise; none unless tables are kept.
    pub files_out: Vec<String>,
    /// Warnings; with [`Options::keep_going`] also the errors of the packs left out.
    pub problems: Vec<Diagnostic>,
}

/// Compiles a bundle, or tells every problem at once.
///
/// # Errors
/// All problems, errors and warnings, in the order of files and lines, when one of them keeps the bundle from serving.
pub fn compile(bundle: &Bundle, plugins: &dyn Plugins, options: &Options) -> Result<Compiled, Vec<Diagnostic>> {
    let (paths, mut early): (Vec<_>, Vec<_>) = (bundle.files().collect(), Vec::new());
    let texts: Vec<Result<&str, usize>> =
        paths.iter().map(|(_, bytes)| std::str::from_utf8(bytes).map_err(|e| e.valid_up_to())).collect();
    let sources: Vec<Source<'_>> = paths
        .iter()
        .zip(&texts)
        .map(|((path, bytes), text)| Source::new(path, text.unwrap_or_else(|end| valid(bytes, end))))
        .collect();
    let sink = Sink::new(&sources);
    for (file, text) in texts.iter().enumerate() {
        if paths.get(file).is_some_and(|(path, _)| bundle.is_shut(path)) {
            sink.spoilt(index(file));
            early.push(index(file));
        }
        if let Err(end) = text {
            let at = u32::try_from(*end).unwrap_or(u32::MAX - 1);
            let place = Place { file: index(file), start: at, end: at };
            sink.error_help(place, "not-utf8", "the file is not UTF-8 from here on", "save it as UTF-8");
            early.push(index(file));
        }
    }
    Compiler { bundle, sources: &sources, sink: &sink, options, unreadable: early }.run(plugins)
}

fn valid(bytes: &[u8], end: usize) -> &str {
    bytes.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
}

fn index(file: usize) -> u32 {
    u32::try_from(file).unwrap_or(u32::MAX)
}

struct Compiler<'c> {
    bundle: &'c Bundle,
    sources: &'c [Source<'c>],
    sink: &'c Sink<'c>,
    options: &'c Options,
    unreadable: Vec<u32>,
}

/// The files of a bundle, sorted by what they are.
#[derive(Default)]
struct Sorted<'c> {
    registries: BTreeMap<Registry, Vec<u32>>,
    /// Folder, then file names without their ending.
    packs: BTreeMap<&'c str, Vec<(&'c str, u32)>>,
}

impl<'c> Compiler<'c> {
    fn run(self, plugins: &dyn Plugins) -> Result<Compiled, Vec<Diagnostic>> {
        let sorted = self.sort();
        self.whole(&sorted);
        let lexicon = self.registries(&sorted);
        let before = self.sink.broken_files();
        let (mut packs, mut out) = self.packs(&sorted, &lexicon);
        let stops =
            |file: u32| !(self.of_pack(file) || self.options.by_file() && self.sink.told_only(&UNTRANSLATED, file));
        let fatal = before.iter().any(|file| stops(*file));
        if fatal || !out.is_empty() && !self.options.keep_going {
            self.link_only(&packs, out, plugins);
            return Err(self.sink.finish());
        }
        let mut policies = self.configure(&packs, &lexicon, plugins);
        let gone = if self.options.by_file() { unread(&packs, &out) } else { BTreeSet::new() };
        self.link(&packs, &policies, &gone);
        let broken = self.broken(&packs);
        if !broken.is_empty() && !self.options.keep_going {
            return Err(self.sink.finish());
        }
        packs.retain_mut(|pack| !broken.contains(&pack.id) || self.without_broken_files(pack));
        let kept: HashSet<&PolicyId> = packs.iter().flat_map(|pack| &pack.policies).map(|draft| &draft.id).collect();
        policies.retain(|policy| kept.contains(&policy.id));
        out.extend(broken);
        out.retain(|id| packs.iter().all(|pack| pack.id != *id));
        Ok(self.finish(packs, policies, out, lexicon))
    }

    /// Tells registries from packs.
    fn sort(&self) -> Sorted<'c> {
        let mut sorted = Sorted::default();
        for (file, source) in self.sources.iter().enumerate() {
            let (file, stem) = (index(file), source.path.strip_suffix(".toml").unwrap_or(source.path));
            match (Registry::of(stem), stem.rsplit_once('/')) {
                (Some(registry), _) => sorted.registries.entry(registry).or_default().push(file),
                (None, Some((folder, name))) => sorted.packs.entry(folder).or_default().push((name, file)),
                (None, None) => self.stray(stem, file),
            }
        }
        sorted
    }

    /// The root table of a file, and whether its text is sound.
    fn parse(&self, file: u32) -> Option<(Node<'c>, bool)> {
        let source = self.sources.get(file as usize)?;
        let (node, sound) = tree::parse(file, source, self.sink);
        Some((node, sound && !self.unreadable.contains(&file)))
    }

    fn registries(&self, sorted: &Sorted<'_>) -> Lexicon {
        let (mut files, mut shaky) = (registries::Files::new(), BTreeSet::new());
        for (registry, file) in sorted.registries.iter().flat_map(|(r, files)| files.iter().map(move |f| (*r, *f))) {
            let Some((node, sound)) = self.parse(file) else { continue };
            files.entry(registry).or_default().push(node);
            if !sound {
                shaky.insert(registry);
            }
        }
        registries::read(&files, &shaky, self.sink)
    }

    fn of_pack(&self, file: u32) -> bool {
        let path = self.sink.path(file);
        let stem = path.strip_suffix(".toml").unwrap_or(path);
        stem.contains('/') && Registry::of(stem).is_none()
    }

    fn stray(&self, stem: &str, file: u32) {
        let near = near::advice(stem, Registry::ALL.map(Registry::name)).filter(|a| a.starts_with("did"));
        let advice =
            near.unwrap_or_else(|| "policies lie in the folder of their locality, like `cn/labour.toml`".to_owned());
        self.sink.error_help(Place::whole(file), "stray-file", format!("there is no registry `{stem}`"), advice);
    }

    /// What a bundle cannot do without.
    fn whole(&self, sorted: &Sorted<'_>) {
        let lacking: Vec<&str> = Registry::ALL
            .into_iter()
            .filter(|r| !r.may_lack() && !sorted.registries.contains_key(r))
            .map(Registry::name)
            .collect();
        let list = |names: &[&str]| names.iter().map(|n| format!("`{n}.toml`")).collect::<Vec<_>>().join(", ");
        if self.sources.is_empty() {
            let advice = format!(
                "`maple new NAME --lang table` makes a folder with a first table; a bundle that stands alone needs {} and \
                 a folder with `pack.toml` for each pack",
                list(&lacking)
            );
            self.sink.error_help(Place::NOWHERE, "empty-bundle", "there are no policy files here", advice);
            return;
        }
        self.lacking(sorted);
        if sorted.packs.is_empty() {
            let advice = "add a folder named like a locality with a `pack.toml` in it";
            self.sink.error_help(Place::NOWHERE, "no-packs", "there is no pack here", advice);
        }
        if sorted.packs.len() > BUNDLE_PACKS_MAX {
            let message = format!("the bundle has more than {BUNDLE_PACKS_MAX} packs");
            self.sink.error(Place::NOWHERE, "too-many", message);
        }
    }

    /// Every registry must be there.
    fn lacking(&self, sorted: &Sorted<'_>) {
        let lacks = |registry: &Registry| !registry.may_lack() && !sorted.registries.contains_key(registry);
        for registry in Registry::ALL.into_iter().filter(lacks) {
            let name = registry.name();
            let message = format!("the registry `{name}.toml` is missing");
            let advice = format!("add it, or a folder `{name}` with files of it");
            self.sink.error_help(Place::NOWHERE, "missing-registry", message, advice);
        }
    }

    /// The packs, and the names of those with errors in their own files; a host that keeps going leaves these out.
    fn packs(&self, sorted: &Sorted<'c>, lexicon: &Lexicon) -> (Vec<Pack>, BTreeSet<LocalityId>) {
        // One pack at a time: the trees of thousands are never in memory together.
        let read = |(folder, files): (&&str, &Vec<(&'c str, u32)>)| {
            let parse = |(name, file): &(&'c str, u32)| self.parse(*file).map(|(node, sound)| (*name, node, sound));
            let files: Vec<_> = files.iter().filter_map(parse).collect();
            // Without its own days nothing of a pack can be judged.
            let headless = files.iter().any(|(name, _, sound)| *name == "pack" && !sound);
            self.sink.muted(headless, || packs::read(folder, &files, lexicon, self.sink))
        };
        let mut packs: Vec<Pack> = sorted.packs.iter().take(BUNDLE_PACKS_MAX).map(read).collect();
        let broken = self.broken(&packs);
        // Those of a bundle that is refused stay, so that what is wrong between packs is told, too.
        if self.options.keep_going {
            let files = self.sink.broken_files();
            self.link_names(&packs, &broken, &|file| files.contains(&file));
            packs.retain_mut(|pack| !broken.contains(&pack.id) || self.without_broken_files(pack));
        }
        (packs, broken)
    }

    /// Takes what broken files say out of a pack; false when nothing of it can be kept.
    fn without_broken_files(&self, pack: &mut Pack) -> bool {
        let broken = self.sink.broken_files();
        let head = |file: &u32| self.sink.path(*file).ends_with("/pack.toml");
        if !self.options.by_file() || !pack.files.iter().any(|file| head(file) && !broken.contains(file)) {
            return false;
        }
        pack.put_aside(|file| broken.contains(&file));
        true
    }

    /// The broken files of packs that are kept otherwise.
    fn files_out(&self, packs: &[Pack]) -> Vec<String> {
        let broken = self.sink.broken_files();
        let files = packs.iter().flat_map(|pack| &pack.files).filter(|file| broken.contains(file));
        files.map(|file| self.sink.path(*file).to_owned()).collect()
    }

    fn broken(&self, packs: &[Pack]) -> BTreeSet<LocalityId> {
        let files = self.sink.broken_files();
        packs.iter().filter(|p| p.files.iter().any(|f| files.contains(f))).map(|p| p.id.clone()).collect()
    }

    /// Problems between packs and plugins, told beside those that stop everything.
    fn link_only(&self, packs: &[Pack], out: BTreeSet<LocalityId>, plugins: &dyn Plugins) {
        let shelf = Shelf::new(plugins.list());
        for draft in packs.iter().flat_map(|pack| &pack.policies) {
            link::plugin(draft, &shelf, self.sink);
        }
        if self.options.tables {
            self.link(packs, &[], &unread(packs, &out));
        } else {
            self.link_names(packs, &out, &|_| true);
        }
    }

    /// What the policies and cases of these files name and is not there, before any plugin has told its rules. `out` are
    /// packs with errors; where they hide a name, nothing is said of it.
    fn link_names(&self, packs: &[Pack], out: &BTreeSet<LocalityId>, file: &dyn Fn(u32) -> bool) {
        let gone = unread(packs, out);
        let known = Known::new(packs, HashMap::new(), &gone);
        packs.iter().for_each(|pack| known.check_names(pack, file, self.sink));
    }

    fn link(&self, packs: &[Pack], policies: &[Policy], gone: &BTreeSet<LocalityId>) {
        let rules: Vec<(&PolicyId, Vec<RuleId>)> =
            policies.iter().map(|policy| (&policy.id, policy.rules.keys().cloned().collect())).collect();
        let told: HashMap<&PolicyId, &[RuleId]> = rules.iter().map(|(id, rules)| (*id, rules.as_slice())).collect();
        let known = Known::new(packs, told, gone);
        for pack in packs {
            known.check_pack(pack, self.sink);
        }
    }

    /// Asks all plugins once; what they refuse becomes problems.
    fn configure(&self, packs: &[Pack], lexicon: &Lexicon, plugins: &dyn Plugins) -> Vec<Policy> {
        let shelf = Shelf::new(plugins.list());
        let mut keys = packs::Keys::default();
        let ready: Vec<Ready<'_>> = packs
            .iter()
            .flat_map(|pack| pack.policies.iter().map(move |draft| (pack, draft)))
            .filter_map(|(pack, draft)| {
                let plugin = link::plugin(draft, &shelf, self.sink)?;
                let locality = lexicon.localities.get(&draft.locality)?;
                Some(Ready { pack, draft, plugin, settings: draft.settings.setting(&mut keys), locality })
            })
            .collect();
        let setups: Vec<Setup<'_>> = ready.iter().map(Ready::setup).collect();
        let configured = plugins.configure(&setups);
        ready.iter().zip(configured).filter_map(|(ready, outcome)| self.policy(ready, outcome, lexicon)).collect()
    }

    fn policy(&self, ready: &Ready<'_>, outcome: Result<Configured, SetupError>, lexicon: &Lexicon) -> Option<Policy> {
        let draft = ready.draft;
        let Configured { assessor, descriptor } = match outcome {
            Ok(configured) => configured,
            Err(error) => {
                self.refused(draft, error);
                return None;
            }
        };
        self.check_descriptor(draft, &descriptor, lexicon);
        let mut reasons: BTreeMap<_, _> = descriptor.reasons.into_iter().collect();
        reasons.extend(draft.reasons.clone());
        let mut rules: BTreeMap<_, _> = descriptor.rules.into_iter().collect();
        if draft.plugin == TABLE_PLUGIN {
            for (rule, reads) in looks(&ready.settings) {
                if let Some(info) = rules.get_mut(&rule) {
                    info.reads = reads.into_iter().collect();
                }
            }
        }
        Some(Policy {
            id: draft.id.clone(),
            locality: draft.locality.clone(),
            plugin: format!("{}@{}", ready.plugin.id, ready.plugin.version).into(),
            digest: Arc::clone(&ready.plugin.digest),
            mode: draft.mode,
            stopped: None,
            purposes: draft.purposes,
            target: draft.target.clone(),
            from: draft.window.from,
            to: draft.window.to,
            trusted: ready.pack.trusted,
            floor: draft.floor.floor.clone(),
            replaces: draft.replaces.iter().map(|(replaces, _)| replaces.clone()).collect(),
            reads: descriptor.reads,
            rules,
            reasons,
            assessor,
        })
    }

    fn refused(&self, draft: &Draft, error: SetupError) {
        match error {
            SetupError::Settings(complaints) => {
                for complaint in complaints {
                    let place = draft.settings.find(&complaint.path);
                    let message = format!("`{}` refuses `{}`: {}", draft.plugin, complaint.path, complaint.message);
                    self.sink.error_maybe(place, "refused-setting", message, complaint.advice);
                }
            }
            SetupError::Limits(complaints) => {
                for complaint in complaints {
                    let place = draft.limits.places.get(complaint.path.as_str()).copied().unwrap_or(draft.place);
                    let message = format!("`{}` in `limits` does not do: {}", complaint.path, complaint.message);
                    self.sink.error_maybe(place, "limit-too-small", message, complaint.advice);
                }
            }
            SetupError::Fault(fault) => {
                let kind = fault.kind.as_str();
                let message = format!(
                    "plugin `{}` failed with `{kind}` while it took its settings: {}",
                    draft.plugin, fault.detail
                );
                self.sink.error(draft.place, "plugin-fault", message);
            }
        }
    }

    /// A plugin may read and cite only what the registries know.
    fn check_descriptor(&self, draft: &Draft, descriptor: &Descriptor, lexicon: &Lexicon) {
        let facts = &lexicon.vocabulary.facts;
        for key in descriptor.reads.iter().filter(|key| !facts.contains_key(*key)) {
            let message = format!("plugin `{}` reads the fact `{}`, which nobody can send", draft.plugin, key.as_str());
            let advice = if lexicon.vocabulary.never.contains(key) {
                "it is on the list of facts that are never asked for; use another plugin".to_owned()
            } else {
                format!("add `{}` to `facts.toml`", key.as_str())
            };
            self.sink.error_help(draft.plugin_place, "plugin-reads", message, advice);
        }
        for (rule, info) in &descriptor.rules {
            for id in info.basis.iter().filter(|id| !lexicon.vocabulary.provisions.contains_key(*id)) {
                if let Some(place) = draft.settings.written(id.as_str()) {
                    lexicon.provision(id.as_str(), place, self.sink);
                    continue;
                }
                let message =
                    format!("rule `{rule}` of plugin `{}` cites `{}`, which is not known", draft.plugin, id.as_str());
                self.sink.error_help(draft.plugin_place, "unknown-provision", message, "add it to `provisions.toml`");
            }
        }
    }

    fn finish(
        self,
        packs: Vec<Pack>,
        mut policies: Vec<Policy>,
        left_out: BTreeSet<LocalityId>,
        lexicon: Lexicon,
    ) -> Compiled {
        let trusted = left_out.iter().filter(|id| lexicon.trusted.contains(id.as_str()));
        policies.extend(trusted.map(missed));
        let files_out = self.files_out(&packs);
        let digest = self.digest(&policies, &left_out, &files_out);
        let infos = packs.iter().map(info).collect();
        let sink = self.sink;
        let drafts = packs.iter().filter(|_| self.options.tables).flat_map(|pack| &pack.policies);
        let tables =
            drafts.filter(|draft| draft.plugin == TABLE_PLUGIN).map(|draft| packs::table(draft, sink)).collect();
        let cases = packs.into_iter().flat_map(|pack| {
            let id = pack.id;
            pack.cases.into_iter().map(move |case| {
                let (file, line) = (sink.path(case.place.file), sink.line(case.place));
                case.finish(&id, file, line)
            })
        });
        let cases = cases.collect();
        Compiled {
            statistics: lexicon.statistics,
            ruleset: Ruleset::new(digest, lexicon.vocabulary, lexicon.localities, policies),
            cases,
            tables,
            packs: infos,
            left_out: left_out.into_iter().collect(),
            files_out,
            problems: sink.finish(),
        }
    }

    /// Over everything a decision depends on: the files, the plugins, the contract and what was left out.
    fn digest(&self, policies: &[Policy], left_out: &BTreeSet<LocalityId>, files_out: &[String]) -> Arc<str> {
        let plugins: BTreeSet<&str> = policies.iter().map(|policy| &*policy.digest).collect();
        let parts = [CONTRACT_VERSION, self.bundle.digest()].into_iter().chain(plugins);
        let mut hash = Sha256::new();
        let out = left_out.iter().map(LocalityId::as_str).chain(files_out.iter().map(String::as_str));
        for part in parts.chain(out) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        format!("sha256:{}", hex::encode(hash.finalize())).into()
    }
}

/// Of packs with errors those that have names nobody could read.
fn unread(packs: &[Pack], out: &BTreeSet<LocalityId>) -> BTreeSet<LocalityId> {
    let hides = |id: &&LocalityId| packs.iter().find(|pack| pack.id == **id).is_none_or(|pack| pack.partial);
    out.iter().filter(hides).cloned().collect()
}

/// A policy whose plugin is found.
struct Ready<'r> {
    pack: &'r Pack,
    draft: &'r Draft,
    plugin: &'r PluginInfo,
    settings: Setting,
    locality: &'r maple_kernel::Locality,
}

impl Ready<'_> {
    fn setup(&self) -> Setup<'_> {
        Setup {
            policy: &self.draft.id,
            plugin: &self.plugin.digest,
            settings: &self.settings,
            calendar: &self.locality.calendar,
            limits: self.draft.limits.limits,
        }
    }
}

fn info(pack: &Pack) -> PackInfo {
    let mut turns = BTreeSet::new();
    for draft in &pack.policies {
        draft.settings.turns(&mut turns);
        turns.extend(draft.window.from);
        turns.extend(draft.window.to.map(|to| to.plus_days(1)));
    }
    PackInfo {
        turns,
        id: pack.id.clone(),
        version: pack.version.clone(),
        contract: pack.contract.clone(),
        title: pack.title.clone(),
        from: pack.window.from,
        to: pack.window.to,
        illustrative: pack.illustrative,
        policies: pack.policies.iter().map(|draft| draft.id.clone()).collect(),
        trusted: pack.trusted,
    }
}

/// Stands where a pack that sets the floor is missing, and cannot answer: a person will.
struct Missed;

impl Assess for Missed {
    fn assess(&self, _: &CaseFile<'_>) -> Assessment {
        let detail = "the pack has errors and was left out";
        Assessment {
            answer: Err(Fault { kind: FaultKind::Refused, detail: detail.into() }),
            fuel: 0,
            diary: Vec::new(),
        }
    }
}

fn missed(id: &LocalityId) -> Policy {
    Policy {
        id: format!("{id}/left-out").into(),
        locality: id.clone(),
        plugin: "none@0.0.0".into(),
        digest: "".into(),
        mode: Mode::Enforce,
        stopped: None,
        purposes: Purposes::BOTH,
        target: Target::default(),
        from: None,
        to: None,
        trusted: true,
        floor: Floor::None,
        replaces: Vec::new(),
        reads: Vec::new(),
        rules: BTreeMap::new(),
        reasons: BTreeMap::new(),
        assessor: Arc::new(Missed),
    }
}

/// True when any problem is an error.
#[must_use]
pub fn has_errors(problems: &[Diagnostic]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}
