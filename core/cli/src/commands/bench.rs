//! `maple bench`: time, fuel and memory, policy by policy and for the whole decision.

mod measure;
mod print;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use maple_bundle::TestCase;
use maple_kernel::{Configured, PluginInfo, Plugins, PolicyId, Question, Ruleset, Setup, SetupError, evaluate};
use maple_sandbox::{ConfiguredPolicy, Sandbox};

use crate::{
    Failure,
    args::Bench,
    commands::{
        EXAMPLE, alone,
        question::{Voice, question},
        read_case, refused,
    },
    config::STATE,
    load::{self, chain},
    target::Target,
};

/// Measures one case.
pub(crate) fn run(args: &Bench) -> Result<(), Failure> {
    let bytes = args.case.as_deref().map(read_case).transpose()?;
    let target = args.what.as_deref().map(Target::of).transpose()?;
    let ready = match target {
        None => folder(args, &args.policies, None, Some(bytes.as_deref().unwrap_or(EXAMPLE.as_bytes())))?,
        Some(Target::Policies { policies, plugins }) => folder(args, &policies, plugins.as_deref(), bytes.as_deref())?,
        Some(Target::Component(path)) => plugin(args, &path, bytes.as_deref())?,
        Some(Target::Crate(path)) => plugin(args, &alone::built(&path, state(args))?, bytes.as_deref())?,
    };
    let figures = measure::measure(&ready, args.rounds);
    if args.json {
        print::json(&figures, &ready)
    } else {
        print::table(&figures, &ready);
        Ok(())
    }
}

/// Everything that is measured.
struct Ready {
    ruleset: Ruleset,
    question: Question,
    /// What is asked, in words, when the user did not say it.
    chosen: Option<String>,
    policies: BTreeMap<PolicyId, ConfiguredPolicy>,
}

/// The sandbox, keeping the policies that it made so that they can be measured from the inside.
struct Recording {
    sandbox: Arc<Sandbox>,
    made: Mutex<BTreeMap<PolicyId, ConfiguredPolicy>>,
}

impl Recording {
    fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox, made: Mutex::default() }
    }

    fn made(self) -> BTreeMap<PolicyId, ConfiguredPolicy> {
        self.made.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plugins for Recording {
    fn list(&self) -> Vec<PluginInfo> {
        self.sandbox.list()
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        let keep = |(policy, setup): (Result<ConfiguredPolicy, SetupError>, &Setup<'_>)| {
            let policy = policy?;
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.insert(setup.policy.clone(), policy.clone());
            Ok(Configured { descriptor: policy.descriptor().clone(), assessor: Arc::new(policy) })
        };
        self.sandbox.configure_policies(setups).into_iter().zip(setups).map(keep).collect()
    }
}

fn folder(args: &Bench, policies: &Path, plugins: Option<&Path>, case: Option<&[u8]>) -> Result<Ready, Failure> {
    let from = load::From {
        policies,
        plugins: args.places.plugins.as_deref().or(plugins),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    let files = load::files(&from).map_err(|error| Failure::Unreachable(chain(&error)))?;
    let recording = Recording::new(Arc::new(load::sandbox(&from)?));
    let compiled = load::compile_with(&from, &files, &recording).map_err(refused)?;
    let (question, chosen) = match case {
        Some(bytes) => (question(bytes, &compiled.ruleset, Voice::default())?, None),
        None => costliest(&compiled.ruleset, &compiled.cases, policies)?,
    };
    Ok(Ready { ruleset: compiled.ruleset, question, chosen, policies: recording.made() })
}

/// The case that burns most fuel.
fn costliest(ruleset: &Ruleset, cases: &[TestCase], folder: &Path) -> Result<(Question, Option<String>), Failure> {
    let fuel = |case: &&TestCase| evaluate(ruleset, &case.question).asked.iter().map(|asked| asked.fuel).sum::<u64>();
    let Some(case) = cases.iter().max_by_key(fuel) else {
        let message = format!("`{}` has no cases to measure; name one with --case FILE", folder.display());
        return Err(Failure::Input(message));
    };
    let chosen = format!("{} ({}:{})", case.name, folder.join(&case.file).display(), case.line);
    Ok((case.question.clone(), Some(chosen)))
}

fn plugin(args: &Bench, component: &Path, case: Option<&[u8]>) -> Result<Ready, Failure> {
    let sandbox = Arc::new(load::empty_sandbox(state(args), false)?);
    let plugin = load::add(&sandbox, component)?;
    let order = alone::Order {
        plugin: &plugin,
        policies: &args.policies,
        settings: args.settings.as_deref(),
        case: case.unwrap_or(EXAMPLE.as_bytes()),
        voice: Voice::default(),
    };
    let recording = Recording::new(sandbox);
    let (ruleset, question) = alone::compile(&order, &recording)?;
    Ok(Ready { ruleset, question, chosen: None, policies: recording.made() })
}

fn state(args: &Bench) -> &Path {
    args.places.state.as_deref().unwrap_or(Path::new(STATE))
}
