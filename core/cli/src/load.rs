//! From folders to a ruleset: plugins built and loaded, policies compiled.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use maple_bundle::{Bundle, Compiled, Diagnostic, Options};
use maple_kernel::PluginInfo;
use maple_kit::build;
use maple_sandbox::{Sandbox, SandboxConfig};

use crate::{Failure, config::STATE, report};

/// Everything that decides.
pub(crate) struct Loaded {
    /// Runs the plugins.
    pub(crate) sandbox: Arc<Sandbox>,
    /// The policy files.
    pub(crate) bundle: Bundle,
    /// What they became.
    pub(crate) compiled: Compiled,
}

/// Where to load from, and how.
pub(crate) struct From<'a> {
    /// Folder with the policies.
    pub(crate) policies: &'a Path,
    /// Folder with the plugins, if said.
    pub(crate) plugins: Option<&'a Path>,
    /// Folder for what can be made again, if said.
    pub(crate) state: Option<&'a Path>,
    /// Leave out packs that have problems.
    pub(crate) keep_going: bool,
    /// Keep what plugins write for their authors.
    pub(crate) diary: bool,
}

/// Why there is no ruleset.
pub(crate) enum Refusal {
    /// The policies have these problems.
    Problems(Vec<Diagnostic>),
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
    let bundle = Bundle::read(from.policies).map_err(|error| Failure::Unreachable(chain(&error)))?;
    load_bundle(from, bundle)
}

/// Builds what is missing and compiles policies at hand.
pub(crate) fn load_bundle(from: &From<'_>, bundle: Bundle) -> Result<Loaded, Refusal> {
    let sandbox = Arc::new(sandbox(from)?);
    let options = Options { keep_going: from.keep_going };
    let compiled = maple_bundle::compile(&bundle, &*sandbox, &options).map_err(Refusal::Problems)?;
    Ok(Loaded { sandbox, bundle, compiled })
}

/// A sandbox with the plugins, those that are missing built.
pub(crate) fn sandbox(from: &From<'_>) -> Result<Sandbox, Failure> {
    let state = from.state.unwrap_or(Path::new(STATE));
    let sandbox = empty_sandbox(state, from.diary)?;
    for component in components(from, state)? {
        add(&sandbox, &component)?;
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
    let bytes = std::fs::read(component)
        .map_err(|error| Failure::Unreachable(format!("cannot read plugin `{}`: {error}", component.display())))?;
    sandbox
        .add_component(&bytes)
        .map_err(|error| Failure::Input(format!("plugin `{}`: {}", component.display(), chain(&error))))
}

/// The folder in which the plugins are looked for.
pub(crate) fn plugins_folder(from: &From<'_>) -> PathBuf {
    let beside = || {
        let parent = from.policies.parent().filter(|parent| !parent.as_os_str().is_empty());
        let beside = parent.map_or_else(|| PathBuf::from("plugins"), |parent| parent.join("plugins"));
        if beside.is_dir() { beside } else { PathBuf::from("plugins") }
    };
    from.plugins.map_or_else(beside, Path::to_owned)
}

fn components(from: &From<'_>, state: &Path) -> Result<Vec<PathBuf>, Failure> {
    let plugins = plugins_folder(from);
    if !plugins.is_dir() {
        let folder = plugins.display();
        return Err(Failure::Unreachable(format!(
            "cannot find the folder `{folder}` with the plugins; name it with --plugins DIR"
        )));
    }
    build::ensure_plugins(&plugins, &state.join("plugins"), &mut |step| report::progress(&step.to_string()))
        .map_err(|error| Failure::Unreachable(chain(&error)))
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
