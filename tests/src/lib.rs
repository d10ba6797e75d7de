//! The harness: builds the plugins once, loads the shipped policies once, and asks.

pub mod guests;
pub mod tables;
pub mod words;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use maple_bundle::{Bundle, Compiled, Options};
use maple_kernel::{Day, Decision, Question, Ruleset, evaluate};
use maple_sandbox::{Isolation, Sandbox, SandboxConfig};

/// The policies that ship, ready to be asked.
pub struct House {
    /// Runs the plugins.
    pub sandbox: Arc<Sandbox>,
    /// The policy files.
    pub bundle: Bundle,
    /// What they became.
    pub compiled: Compiled,
}

/// The project's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where tests keep what can be made again.
#[must_use]
pub fn state() -> PathBuf {
    root().join("target").join("maple")
}

/// The reference plugins, built when they are not.
///
/// # Panics
///
/// When a plugin cannot be built; the message says why.
#[must_use]
pub fn plugins() -> Vec<PathBuf> {
    let built = maple_kit::build::ensure_plugins(&root().join("plugins"), &state().join("plugins"), &mut |_| {});
    built.unwrap_or_else(|error| panic!("cannot build the plugins: {error}"))
}

/// A sandbox that knows the reference plugins.
///
/// # Panics
///
/// When a plugin cannot be loaded; the message says why.
#[must_use]
pub fn sandbox(config: SandboxConfig) -> Sandbox {
    let sandbox = Sandbox::new(config).unwrap_or_else(|error| panic!("cannot make a sandbox: {error}"));
    for component in plugins() {
        let bytes = std::fs::read(&component).unwrap_or_else(|error| panic!("{}: {error}", component.display()));
        if let Err(error) = sandbox.add_component(&bytes) {
            panic!("{}: {error}", component.display());
        }
    }
    sandbox
}

/// The shipped policies, compiled once for each test program.
///
/// # Panics
///
/// When the shipped policies have problems; the message lists them.
pub fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| built(Isolation::Warm))
}

/// The same with a sandbox that makes an instance of the whole component for every case: what the others are compared with.
///
/// # Panics
///
/// When the shipped policies have problems; the message lists them.
pub fn component_house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| built(Isolation::Component))
}

/// The same with a sandbox that makes an instance for every case and keeps none.
///
/// # Panics
///
/// When the shipped policies have problems; the message lists them.
pub fn fresh_house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| built(Isolation::Fresh))
}

fn built(isolation: Isolation) -> House {
    let config = SandboxConfig { cache: Some(state().join("cache")), isolation, ..SandboxConfig::default() };
    let sandbox = Arc::new(sandbox(config));
    let bundle = Bundle::read(&root().join("policies")).unwrap_or_else(|error| panic!("{error}"));
    let compiled = maple_bundle::compile(&bundle, &*sandbox, &Options::default()).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("the shipped policies have problems:\n{}", lines.join("\n"))
    });
    House { sandbox, bundle, compiled }
}

/// The shipped policies with some files added or replaced.
///
/// # Panics
///
/// When they have problems; the message lists them.
#[must_use]
pub fn shipped_with(files: BTreeMap<String, Vec<u8>>) -> &'static Compiled {
    let house = house();
    let bundle = house.bundle.with_files(files).unwrap_or_else(|error| panic!("{error}"));
    let compiled = maple_bundle::compile(&bundle, &*house.sandbox, &Options::default()).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("these policies have problems:\n{}", lines.join("\n"))
    });
    Box::leak(Box::new(compiled))
}

/// The day on which test cases are asked unless they say another.
///
/// # Panics
///
/// Never: the day exists.
#[must_use]
pub fn today() -> Day {
    Day::new(2026, 11, 23).unwrap_or_else(|| unreachable!("the day exists"))
}

/// A question as a caller would send it.
///
/// # Panics
///
/// When the question is not well formed; the message says why.
#[must_use]
pub fn question(json: &serde_json::Value) -> Question {
    question_to(&house().compiled.ruleset, json)
}

fn question_to(ruleset: &Ruleset, json: &serde_json::Value) -> Question {
    let bytes = json.to_string();
    maple_wire::parse_question(bytes.as_bytes(), ruleset, today())
        .unwrap_or_else(|problem| panic!("{}: {:?}\n{json:#}", problem.detail, problem.errors))
}

/// The shipped policies' decision on a question as a caller would send it.
#[must_use]
pub fn decide(json: &serde_json::Value) -> Decision<'static> {
    decide_by(&house().compiled.ruleset, json)
}

/// A ruleset's decision on a question as a caller would send it.
#[must_use]
pub fn decide_by(ruleset: &'static Ruleset, json: &serde_json::Value) -> Decision<'static> {
    evaluate(ruleset, Box::leak(Box::new(question_to(ruleset, json))))
}
