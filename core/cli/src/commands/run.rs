//! `maple run`: one plugin alone, or a folder of policies, asked about a case.

use std::path::{Path, PathBuf};

use crate::{
    Failure,
    args::Run,
    commands::{
        alone,
        decide::{Manner, Rules, decide},
        question::{Voice, question},
        read_case, refused,
    },
    config::STATE,
    load,
    target::Target,
};

/// Decides one case with what was named.
pub(crate) fn run(args: &Run) -> Result<(), Failure> {
    let bytes = read_case(&args.case)?;
    match Target::of(&args.what)? {
        Target::Component(path) => plugin(args, &path, &bytes),
        Target::Crate(path) => plugin(args, &alone::built(&path, state(args))?, &bytes),
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
        tables: args.explain,
    };
    let loaded = load::load(&from).map_err(refused)?;
    let ruleset = &loaded.compiled.ruleset;
    let rules = Rules { ruleset, tables: &loaded.compiled.tables };
    decide(rules, question(bytes, ruleset, voice(args))?, &manner(args))
}

fn plugin(args: &Run, component: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let sandbox = load::empty_sandbox(state(args), true)?;
    let plugin = load::add(&sandbox, component)?;
    let order = alone::Order {
        plugin: &plugin,
        policies: &args.policies,
        settings: args.settings.as_deref(),
        case: bytes,
        voice: voice(args),
    };
    let (ruleset, question) = alone::compile(&order, &sandbox)?;
    decide(Rules { ruleset: &ruleset, tables: &[] }, question, &manner(args))
}

fn state(args: &Run) -> &Path {
    args.places.state.as_deref().unwrap_or(Path::new(STATE))
}

fn voice(args: &Run) -> Voice {
    Voice { json: args.json, lang: args.lang }
}

fn manner(args: &Run) -> Manner {
    Manner { explain: args.explain, json: args.json, lang: args.lang }
}
