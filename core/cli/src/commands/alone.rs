//! One plugin alone, as if it were the only policy of the case's place: what `maple run` and `maple bench` share.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use maple_bundle::Alone;
use maple_kernel::{PluginInfo, Plugins, Question, Ruleset};
use maple_kit::{build, project::Project, shipped};

use crate::{
    Failure,
    commands::{
        question::{Voice, question},
        refused,
    },
    load::{Refusal, chain},
    report,
};

/// Bytes of a settings file.
pub(crate) const SETTINGS_FILE_BYTES_MAX: u64 = 16 << 20;

/// What a plugin is asked with.
pub(crate) struct Order<'a> {
    /// The plugin.
    pub(crate) plugin: &'a PluginInfo,
    /// The folder whose words and places are used.
    pub(crate) policies: &'a Path,
    /// The plugin's settings, if it has any.
    pub(crate) settings: Option<&'a Path>,
    /// The case, as JSON.
    pub(crate) case: &'a [u8],
    /// How it is told what is wrong with the case.
    pub(crate) voice: Voice,
}

/// Builds the crate of a plugin.
pub(crate) fn built(folder: &Path, state: &Path) -> Result<PathBuf, Failure> {
    build::build(folder, &state.join("plugins"), &mut |step| report::progress(&step.to_string()))
        .map(|built| built.path)
        .map_err(|error| Failure::Unreachable(chain(&error)))
}

/// A ruleset with the plugin as its only policy, and the question.
pub(crate) fn compile(order: &Order<'_>, plugins: &dyn Plugins) -> Result<(Ruleset, Question), Failure> {
    let here = order.policies.is_dir().then(|| Project::at(order.policies).files().map(|files| files.bundle));
    let bundle = here.unwrap_or_else(shipped::policies).map_err(|error| Failure::Unreachable(chain(&error)))?;
    let problems = |problems| refused(Refusal::Problems(problems, bundle.clone()));
    let words = maple_bundle::compile_alone(&bundle, plugins, None).map_err(problems)?;
    let question = question(order.case, &words, order.voice)?;
    let settings = order.settings.map(read_settings).transpose()?;
    let settings = settings.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let alone = Alone { plugin: order.plugin, locality: &question.case.locality, settings };
    let ruleset = maple_bundle::compile_alone(&bundle, plugins, Some(&alone)).map_err(problems)?;
    Ok((ruleset, question))
}

fn read_settings(path: &Path) -> Result<(String, String), Failure> {
    let name = path.display().to_string();
    let mut text = String::new();
    let bytes = std::fs::File::open(path)
        .and_then(|file| file.take(SETTINGS_FILE_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|error| Failure::Unreachable(format!("cannot read the settings `{name}`: {error}")))?;
    if bytes as u64 > SETTINGS_FILE_BYTES_MAX {
        return Err(Failure::Input(format!("the settings `{name}` have more than {SETTINGS_FILE_BYTES_MAX} bytes")));
    }
    Ok((name, text))
}
