//! `maple run`: one plugin alone, or a folder of policies, asked about a case.

use std::path::{Path, PathBuf};

use maple_bundle::Alone;
use maple_kit::{build, project::Project, shipped};

use crate::{
    Failure,
    args::Run,
    commands::{
        decide::{Manner, decide},
        question, read_case, refused,
    },
    config::STATE,
    load::{self, Refusal, chain},
    report,
    target::Target,
};

/// Bytes of a settings file.
const SETTINGS_FILE_BYTES_MAX: u64 = 16 << 20;

/// Decides one case with what was named.
pub(crate) fn run(args: &Run) -> Result<(), Failure> {
    let bytes = read_case(&args.case)?;
    match Target::of(&args.what)? {
        Target::Component(path) => alone(args, &path, &bytes),
        Target::Crate(path) => {
            let state = args.places.state.as_deref().unwrap_or(Path::new(STATE));
            let built = build::build(&path, &state.join("plugins"), &mut |step| report::progress(&step.to_string()))
                .map_err(|error| Failure::Unreachable(chain(&error)))?;
            alone(args, &built.path, &bytes)
        }
        Target::Policies { policies, plugins } => folder(args, &policies, plugins, &bytes),
    }
}

/// Every policy of a folder.
fn folder(args: &Run, policies: &Path, plugins: Option<PathBuf>, bytes: &[u8]) -> Result<(), Failure> {
    if args.settings.is_some() {
        let message = "--settings is for a plugin asked alone; the settings of policies stand in their files";
        return Err(Failure::Input(message.to_owned()));
    }
    let from = load::From {
        policies,
        plugins: args.places.plugins.as_deref().or(plugins.as_deref()),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: true,
        tables: false,
    };
    let loaded = load::load(&from).map_err(refused)?;
    let ruleset = &loaded.compiled.ruleset;
    decide(ruleset, question(bytes, ruleset)?, &manner(args))
}

/// A plugin alone, as if it were the only policy of the case's place.
fn alone(args: &Run, component: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let here = args.policies.is_dir().then(|| Project::at(&args.policies).files().map(|files| files.bundle));
    let bundle = here.unwrap_or_else(shipped::policies).map_err(|error| Failure::Unreachable(chain(&error)))?;
    let sandbox = load::empty_sandbox(args.places.state.as_deref().unwrap_or(Path::new(STATE)), true)?;
    let plugin = load::add(&sandbox, component)?;
    let problems = |problems| refused(Refusal::Problems(problems));
    let words = maple_bundle::compile_alone(&bundle, &sandbox, None).map_err(problems)?;
    let question = question(bytes, &words)?;
    let settings = args.settings.as_deref().map(read_settings).transpose()?;
    let settings = settings.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let alone = Alone { plugin: &plugin, locality: &question.case.locality, settings };
    let ruleset = maple_bundle::compile_alone(&bundle, &sandbox, Some(&alone)).map_err(problems)?;
    decide(&ruleset, question, &manner(args))
}

fn manner(args: &Run) -> Manner {
    Manner { explain: args.explain, json: args.json, lang: args.lang }
}

fn read_settings(path: &Path) -> Result<(String, String), Failure> {
    use std::io::Read;
    let name = path.display().to_string();
    let unread = |error: std::io::Error| Failure::Unreachable(format!("cannot read the settings `{name}`: {error}"));
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(SETTINGS_FILE_BYTES_MAX + 1).read_to_string(&mut text));
    let bytes = read.map_err(unread)?;
    if bytes as u64 > SETTINGS_FILE_BYTES_MAX {
        return Err(Failure::Input(format!("the settings `{name}` have more than {SETTINGS_FILE_BYTES_MAX} bytes")));
    }
    Ok((name, text))
}
