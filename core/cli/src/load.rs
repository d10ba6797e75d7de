//! From folders to a ruleset: plugins built and loaded, policies compiled.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use maple_bundle::{Archive, Bundle, Compiled, Diagnostic, Options, ReadError, Severity, Spot};
use maple_kernel::{Configured, LocalityId, PluginInfo, Plugins, Setup, SetupError};
use maple_kit::{
    build::{self, BuildError, Step},
    project::{self, Files, Project},
    shipped,
};
use maple_sandbox::{COMPONENT_BYTES_MAX, LoadError, Sandbox, SandboxConfig};

use crate::{Failure, config::STATE, report};

/// Everything that decides.
pub(crate) struct Loaded {
    /// Runs the plugins.
    pub(crate) sandbox: Arc<Sandbox>,
    /// The policy files.
    pub(crate) bundle: Bundle,
    /// What they became. Of a project that stands on the policies that ship, the cases are its own.
    pub(crate) compiled: Compiled,
    /// The packs of the folder itself, where it stands on the policies that ship.
    pub(crate) own: Option<BTreeSet<LocalityId>>,
    /// `sha256:…` over the folder's own files.
    pub(crate) digest: Arc<str>,
}

/// Who signed what of a folder, beside its packs.
pub(crate) const SIGNATURES: &str = ".signatures.json";

impl Loaded {
    /// The bundle with the plugins that its policies use, as one file, with the signatures that lie in the folder.
    pub(crate) fn archive_of(&self, policies: &Path) -> Result<Vec<u8>, Failure> {
        write(&self.signed(policies)?)
    }

    /// The same, not packed yet.
    pub(crate) fn signed(&self, policies: &Path) -> Result<Archive, Failure> {
        let file = Project::at(policies).policies.join(SIGNATURES);
        let signatures = match std::fs::read(&file) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::Unreachable(format!("cannot read `{}`: {error}", file.display()))),
        };
        Ok(Archive { signatures, ..self.unsigned() })
    }

    /// The bundle with the plugins that its policies use, not signed.
    pub(crate) fn unsigned(&self) -> Archive {
        let ruleset = &self.compiled.ruleset;
        let used: BTreeSet<&str> = ruleset
            .localities()
            .flat_map(|(place, _)| ruleset.policies_of(place))
            .map(|policy| &*policy.digest)
            .collect();
        let plugins = self.sandbox.list().into_iter().filter(|plugin| used.contains(&*plugin.digest));
        let components = plugins.filter_map(|plugin| {
            let component = self.sandbox.component(&plugin.digest)?;
            Some((format!("{}-{}", plugin.id, plugin.version), component))
        });
        Archive { bundle: self.bundle.clone(), components: components.collect(), signatures: None }
    }
}

/// An archive as one file.
pub(crate) fn write(archive: &Archive) -> Result<Vec<u8>, Failure> {
    archive
        .write()
        .map_err(|error| Failure::Input(format!("the policies and their plugins make no bundle: {}", chain(&error))))
}

/// The folder in which the policies themselves lie.
pub(crate) fn policies_folder(said: &Path) -> PathBuf {
    Project::at(said).policies
}

/// Where to load from, and how.
pub(crate) struct From<'a> {
    /// Folder with the policies, or a project with a folder `policies` in it.
    pub(crate) policies: &'a Path,
    /// Folder with the plugins, if said.
    pub(crate) plugins: Option<&'a Path>,
    /// Folder for what can be made again, if said.
    pub(crate) state: Option<&'a Path>,
    /// Leave out packs that have problems.
    pub(crate) keep_going: bool,
    /// Keep what plugins write for their authors.
    pub(crate) diary: bool,
    /// Keep the rule tables as data.
    pub(crate) tables: bool,
}

/// Why there is no ruleset.
pub(crate) enum Refusal {
    /// The policies, in these files, have these problems.
    Problems(Vec<Diagnostic>, Bundle),
    /// Something else is in the way.
    Failure(Failure),
}

impl std::convert::From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Builds what is missing and compiles the policies.
pub(crate) fn load(from: &From<'_>) -> Result<Loaded, Refusal> {
    let files = files(from).map_err(|error| Failure::Unreachable(chain(&error)))?;
    compile(from, files, Arc::new(sandbox(from)?))
}

/// As [`load`], for who only wants to know that everything holds together: what is not compiled yet stays so.
pub(crate) fn load_lightly(from: &From<'_>) -> Result<Loaded, Refusal> {
    let files = files(from).map_err(|error| Failure::Unreachable(chain(&error)))?;
    let sandbox = Arc::new(sandbox(from)?);
    let compiled = compile_with(from, &files, &Lightly(&sandbox))?;
    Ok(Loaded { sandbox, bundle: files.bundle, compiled, own: files.own, digest: files.digest })
}

/// Plugins whose policies are configured, and not made ready for more than that.
struct Lightly<'s>(&'s Sandbox);

impl Plugins for Lightly<'_> {
    fn list(&self) -> Vec<PluginInfo> {
        Plugins::list(self.0)
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.0.sketch(setups)
    }
}

/// The policy files.
pub(crate) fn files(from: &From<'_>) -> Result<Files, ReadError> {
    Project::at(from.policies).files()
}

/// Compiles policy files at hand.
pub(crate) fn compile(from: &From<'_>, files: Files, sandbox: Arc<Sandbox>) -> Result<Loaded, Refusal> {
    let compiled = compile_with(from, &files, &*sandbox)?;
    Ok(Loaded { sandbox, bundle: files.bundle, compiled, own: files.own, digest: files.digest })
}

/// Compiles policy files with any plugins.
pub(crate) fn compile_with(from: &From<'_>, files: &Files, plugins: &dyn Plugins) -> Result<Compiled, Refusal> {
    let options = Options { keep_going: from.keep_going, tables: from.tables };
    let mut compiled = maple_bundle::compile(&files.bundle, plugins, &options)
        .map_err(|problems| Refusal::Problems(problems, files.bundle.clone()))?;
    if let Some(own) = &files.own {
        compiled.cases.retain(|case| own.contains(&case.pack));
    }
    Ok(compiled)
}

/// Where what can be made again is kept.
fn state(from: &From<'_>, project: &Project) -> PathBuf {
    match from.state {
        Some(state) => state.to_owned(),
        None if project.root == from.policies => project.root.join(STATE),
        None => STATE.into(),
    }
}

/// The plugins as far as they are fine.
pub(crate) struct Plugged {
    /// With those that are fine, those that are missing built.
    pub(crate) sandbox: Sandbox,
    /// What is wrong with the others.
    pub(crate) problems: Vec<Diagnostic>,
    /// How the others are called.
    pub(crate) broken: Vec<String>,
}

/// A sandbox with the plugins that are fine, and what is wrong with the others.
pub(crate) fn plugged(from: &From<'_>) -> Result<Plugged, Failure> {
    let project = Project::at(from.policies);
    let state = state(from, &project);
    let sandbox = empty_sandbox(&state, from.diary)?;
    let mut progress = |step: Step| report::progress(&step.to_string());
    let (mut components, mut wrong) = (Vec::new(), Vec::new());
    if let Some(plugins) = plugins(from, &project)? {
        (components, wrong) = build::each_plugin(&plugins, &state.join("plugins"), &mut progress).map_err(unbuilt)?;
    }
    if project.code.is_some() {
        match build::build(&project.root, &project.dist(), &mut progress) {
            Ok(built) => components.push(built.path),
            Err(error) if error.is_in_the_sources() => wrong.push((project.root.clone(), error)),
            Err(error) => return Err(unbuilt(error)),
        }
    }
    let mut problems: Vec<Diagnostic> = wrong.iter().map(|(dir, error)| unmade(dir, error)).collect();
    let mut broken: Vec<String> = wrong.iter().filter_map(|(dir, _)| project::plugin_id(dir)).collect();
    let mut taken = Vec::new();
    for component in components {
        match try_add(&sandbox, &component)? {
            Ok(plugin) => taken.push(plugin.id),
            Err(problem) => {
                problems.push(problem);
                broken.extend(component.file_stem().map(|name| name.to_string_lossy().into_owned()));
            }
        }
    }
    if from.plugins.is_none() {
        taken.extend(broken.iter().cloned());
        add_shipped(&sandbox, &taken)?;
    }
    Ok(Plugged { sandbox, problems, broken })
}

/// Takes the component of a file in, or tells what is wrong with it.
pub(crate) fn try_add(sandbox: &Sandbox, component: &Path) -> Result<Result<PluginInfo, Diagnostic>, Failure> {
    let bytes = match read(component) {
        Ok(bytes) => bytes,
        Err(Failure::Input(message)) => return Ok(Err(of_plugin("bad-plugin", component, message))),
        Err(other) => return Err(other),
    };
    Ok(sandbox.add_component(&bytes).map_err(|error| {
        let foreign = matches!(error, LoadError::Import { .. });
        of_plugin(if foreign { "foreign-import" } else { "bad-plugin" }, component, chain(&error))
    }))
}

/// Sources that make no component, at the line that the compiler names first where it names one.
pub(crate) fn unmade(dir: &Path, error: &BuildError) -> Diagnostic {
    let code = if matches!(error, BuildError::Import { .. }) { "foreign-import" } else { "bad-plugin" };
    let mut problem = of_plugin(code, dir, chain(error));
    if let BuildError::Compile { output } | BuildError::Script { output, .. } = error
        && let Some((file, line, column)) = place_in(output, dir)
    {
        (problem.file, problem.line, problem.column) = (file.display().to_string(), line, column);
        (problem.end_line, problem.end_column) = (line, column);
    }
    if code == "bad-plugin" {
        problem.advice = Some(format!("mend its sources; `maple build {}` builds it alone", dir.display()));
    }
    problem
}

/// The first place in the sources that the output of a compiler names: `--> src/lib.rs:3:5`, or as Python writes it
/// `File "…/src/policy.py", line 3`.
fn place_in(output: &str, dir: &Path) -> Option<(PathBuf, u32, u32)> {
    let own = |path: &str| {
        let inside = path.find("src/").and_then(|at| path.get(at..)).map(|path| dir.join(path));
        inside.filter(|path| path.is_file())
    };
    let rust = |line: &str| {
        let mut parts = line.trim().strip_prefix("--> ")?.rsplitn(3, ':');
        let (column, line, path) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        Some((own(path)?, line, column))
    };
    let python = |line: &str| {
        let (path, rest) = line.trim().strip_prefix("File \"")?.split_once("\", line ")?;
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((own(path)?, number.parse().ok()?, 1))
    };
    output.lines().find_map(|line| rust(line).or_else(|| python(line)))
}

fn of_plugin(code: &'static str, path: &Path, message: String) -> Diagnostic {
    let spot = Spot { file: path.display().to_string().into(), ..Spot::default() };
    let advice = match code {
        "foreign-import" => {
            "a plugin computes from its case alone: take out what asks for a clock, files, chance or the network"
        }
        _ => "mend the plugin, or take it out of the folder; `maple build` makes components",
    };
    Diagnostic { advice: Some(advice.to_owned()), ..Diagnostic::new(code, Severity::Error, &spot, message) }
}

/// A sandbox with the plugins, those that are missing built.
pub(crate) fn sandbox(from: &From<'_>) -> Result<Sandbox, Failure> {
    let project = Project::at(from.policies);
    let state = state(from, &project);
    let sandbox = empty_sandbox(&state, from.diary)?;
    let mut taken = Vec::new();
    for component in components(from, &project, &state)? {
        taken.push(add(&sandbox, &component)?.id);
    }
    if from.plugins.is_none() {
        add_shipped(&sandbox, &taken)?;
    }
    Ok(sandbox)
}

/// A sandbox without plugins.
pub(crate) fn empty_sandbox(state: &Path, diaries: bool) -> Result<Sandbox, Failure> {
    let config = SandboxConfig { cache: Some(state.join("cache")), diaries, ..SandboxConfig::default() };
    Sandbox::new(config).map_err(|error| Failure::Unreachable(chain(&error)))
}

/// Takes the component of a file in.
pub(crate) fn add(sandbox: &Sandbox, component: &Path) -> Result<PluginInfo, Failure> {
    sandbox
        .add_component(&read(component)?)
        .map_err(|error| Failure::Input(format!("plugin `{}`: {}", component.display(), chain(&error))))
}

/// The components of a project: those of the folder of plugins, and its own.
fn components(from: &From<'_>, project: &Project, state: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut progress = |step: Step| report::progress(&step.to_string());
    let mut found = Vec::new();
    if let Some(plugins) = plugins(from, project)? {
        found = build::ensure_plugins(&plugins, &state.join("plugins"), &mut progress).map_err(unbuilt)?;
    }
    if project.code.is_some() {
        found.push(build::build(&project.root, &project.dist(), &mut progress).map_err(unbuilt)?.path);
    }
    Ok(found)
}

/// The folder in which plugins are looked for, if there is one.
pub(crate) fn plugins_folder(from: &From<'_>) -> Option<PathBuf> {
    plugins(from, &Project::at(from.policies)).ok().flatten()
}

/// The folder of plugins, if there is one: as it was said, beside the policies, or here.
fn plugins(from: &From<'_>, project: &Project) -> Result<Option<PathBuf>, Failure> {
    if let Some(said) = from.plugins {
        let folder = said.display();
        return if said.is_dir() {
            Ok(Some(said.to_owned()))
        } else {
            Err(Failure::Unreachable(format!("cannot find the folder `{folder}` with the plugins")))
        };
    }
    let beside = project.policies.parent().map(|parent| parent.join("plugins"));
    Ok([beside, Some("plugins".into())].into_iter().flatten().find(|folder| folder.is_dir()))
}

/// What ships with this binary, save what the folders have in a version of their own.
fn add_shipped(sandbox: &Sandbox, taken: &[String]) -> Result<(), Failure> {
    for (id, bytes) in shipped::plugins(taken).map_err(unbuilt)? {
        sandbox
            .add_component(&bytes)
            .map_err(|error| Failure::Unreachable(format!("plugin `{id}` of this binary: {}", chain(&error))))?;
    }
    Ok(())
}

/// The bytes of a component; one that is too large is not read.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display();
    let unreadable = |error: std::io::Error| Failure::Unreachable(format!("cannot read plugin `{name}`: {error}"));
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > COMPONENT_BYTES_MAX as u64 {
        return Err(Failure::Input(format!(
            "plugin `{name}`: the file has {bytes} bytes, a plugin may have {COMPONENT_BYTES_MAX}"
        )));
    }
    std::fs::read(path).map_err(unreadable)
}

/// A build that failed: the author's sources are wrong, or something is missing.
pub(crate) fn unbuilt(error: BuildError) -> Failure {
    let text = chain(&error);
    if error.is_in_the_sources() { Failure::Input(text) } else { Failure::Unreachable(text) }
}

/// An error with everything that led to it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
