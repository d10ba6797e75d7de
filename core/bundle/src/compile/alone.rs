//! One plugin asked alone, with the words and places of a bundle and none of its policies.

use maple_kernel::{Floor, LocalityId, Mode, PluginInfo, Plugins, Purposes, Ruleset, Target, Text};
use semver::{Comparator, Op, Version, VersionReq};
use sha2::{Digest, Sha256};

use super::{Compiler, Options, Sorted, index};
use crate::{
    Bundle, CONTRACT_VERSION, Diagnostic,
    lexicon::{Lexicon, Registry},
    packs::{Draft, FloorDraft, LimitsDraft, Lowered, Pack, Window},
    sink::{Place, Sink, Source},
};

/// A plugin and where it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Alone<'a> {
    /// The plugin.
    pub plugin: &'a PluginInfo,
    /// The place whose pack it stands for.
    pub locality: &'a LocalityId,
    /// The file with its settings: a name for messages, and the text.
    pub settings: Option<(&'a str, &'a str)>,
}

/// A ruleset with the words and places of a bundle, and one policy or none. Problems of the registries and of the
/// settings are told as [`super::compile`] tells them.
///
/// # Errors
/// All problems, when one of them keeps the policy from being asked.
pub fn compile_alone(
    bundle: &Bundle,
    plugins: &dyn Plugins,
    alone: Option<&Alone<'_>>,
) -> Result<Ruleset, Vec<Diagnostic>> {
    let registry = |path: &str| Registry::of(path).is_some();
    let texts: Vec<(&str, String)> = bundle
        .files()
        .filter(|(path, _)| registry(path))
        .map(|(path, bytes)| (path, String::from_utf8_lossy(bytes).into_owned()))
        .chain(alone.and_then(|alone| alone.settings).map(|(name, text)| (name, text.to_owned())))
        .collect();
    let sources: Vec<Source<'_>> = texts.iter().map(|(path, text)| Source::new(path, text)).collect();
    let sink = Sink::new(&sources);
    let compiler =
        Compiler { bundle, sources: &sources, sink: &sink, options: &Options::default(), unreadable: Vec::new() };
    let settings = alone.and_then(|alone| alone.settings).map(|_| index(sources.len().saturating_sub(1)));
    let mut sorted = Sorted::default();
    for (file, source) in sources.iter().enumerate().filter(|(file, _)| Some(index(*file)) != settings) {
        if let Some(registry) = Registry::of(source.path) {
            sorted.registries.entry(registry).or_default().push(index(file));
        }
    }
    compiler.lacking(&sorted);
    let lexicon = compiler.registries(&sorted);
    let packs: Vec<Pack> = alone.and_then(|alone| compiler.stand_in(alone, settings)).into_iter().collect();
    if !sink.broken_files().is_empty() {
        return Err(sink.finish());
    }
    let policies = compiler.configure(&packs, &lexicon, plugins);
    if !sink.broken_files().is_empty() {
        return Err(sink.finish());
    }
    let mut hash = Sha256::new();
    let parts = [CONTRACT_VERSION, bundle.digest()].into_iter().chain(policies.iter().map(|policy| &*policy.digest));
    parts.chain(texts.last().map(|(_, text)| text.as_str())).for_each(|part| hash.update(part));
    let Lexicon { vocabulary, localities, .. } = lexicon;
    Ok(Ruleset::new(format!("sha256:{}", hex::encode(hash.finalize())).into(), vocabulary, localities, policies))
}

impl Compiler<'_> {
    /// A pack with one policy: the plugin, for every case.
    fn stand_in(&self, alone: &Alone<'_>, settings: Option<u32>) -> Option<Pack> {
        let place = Place { file: settings.unwrap_or(u32::MAX), start: 0, end: 0 };
        let settings = match settings {
            Some(file) => Lowered::raw(&self.parse(file)?.0, self.sink),
            None => Lowered::table(place),
        };
        let version = Version::parse(&alone.plugin.version).ok()?;
        let exact = Comparator {
            op: Op::Exact,
            major: version.major,
            minor: Some(version.minor),
            patch: Some(version.patch),
            pre: version.pre,
        };
        let draft = Draft {
            id: format!("{}/{}", alone.locality, alone.plugin.id).into(),
            place,
            locality: alone.locality.clone(),
            plugin: alone.plugin.id.clone(),
            version: VersionReq { comparators: vec![exact] },
            plugin_place: place,
            version_place: place,
            mode: Mode::Enforce,
            purposes: Purposes::BOTH,
            target: Target::default(),
            window: Window::new((None, None)),
            floor: FloorDraft { floor: Floor::None, named: Vec::new() },
            replaces: Vec::new(),
            limits: LimitsDraft::default(),
            settings,
            reasons: std::collections::BTreeMap::new(),
            rules: std::collections::BTreeMap::new(),
            partial: false,
            complete: None,
            open: false,
            target_place: None,
        };
        Some(Pack {
            id: alone.locality.clone(),
            files: vec![place.file],
            version: alone.plugin.version.clone(),
            contract: CONTRACT_VERSION.to_owned(),
            title: Text::default(),
            window: Window::new((None, None)),
            illustrative: false,
            trusted: false,
            policies: vec![draft],
            cases: Vec::new(),
            partial: false,
            aside: (Vec::new(), Vec::new()),
            lost_cases: false,
        })
    }
}
