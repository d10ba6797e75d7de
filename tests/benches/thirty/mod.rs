//! The same thirty rules four times: as a policy file, by hand, as the plugin's own code, in the sandbox.

pub(crate) mod guest;
pub(crate) mod native;

use std::{collections::BTreeMap, sync::Mutex};

use maple_bundle::{Bundle, Options};
use maple_kernel::{Configured, Finding, PluginInfo, Plugins, Question, Ruleset, Setting, Setup, SetupError};
use maple_sandbox::{ConfiguredPolicy, Sandbox};

/// The table as the production path makes it of the policy file.
pub(crate) struct Thirty {
    /// The policy in its sandbox.
    pub(crate) policy: ConfiguredPolicy,
    /// What the file was lowered to for the plugin.
    pub(crate) settings: Setting,
    /// The case.
    pub(crate) question: Question,
}

impl Thirty {
    /// Compiles the table with the shipped registries.
    ///
    /// # Panics
    ///
    /// When the files have problems; the message lists them.
    #[must_use]
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let spy = Spy { sandbox, seen: Mutex::default() };
        let compiled = maple_bundle::compile(&bundle(), &spy, &Options::default()).unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("the thirty rules have problems:\n{}", lines.join("\n"))
        });
        let question = question(&compiled.ruleset);
        let (settings, policy) = spy.seen.into_inner().unwrap().pop().unwrap();
        Self { policy, settings, question }
    }
}

/// The shipped registries and one pack.
fn bundle() -> Bundle {
    let shipped = Bundle::read(&maple_tests::root().join("policies")).unwrap_or_else(|error| panic!("{error}"));
    let packs: Vec<String> =
        shipped.files().filter_map(|(path, _)| path.strip_suffix("pack.toml")).map(str::to_owned).collect();
    let registry = |path: &str| !packs.iter().any(|pack| path.starts_with(pack));
    let mut files: BTreeMap<String, Vec<u8>> = shipped
        .files()
        .filter(|(path, _)| registry(path))
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    files.insert("cn/pack.toml".into(), include_bytes!("pack.toml").into());
    files.insert("cn/thirty.toml".into(), include_bytes!("rules.toml").into());
    Bundle::from_files(files).unwrap_or_else(|error| panic!("{error}"))
}

fn question(ruleset: &Ruleset) -> Question {
    maple_wire::parse_question(include_bytes!("case.json"), ruleset, maple_tests::today())
        .unwrap_or_else(|problem| panic!("{}: {:?}", problem.detail, problem.errors))
}

/// Findings with their evidence in one order, to be compared.
#[must_use]
pub(crate) fn ordered(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.iter_mut().for_each(|finding| finding.evidence.sort());
    findings
}

/// Hands everything on to the sandbox and remembers what went by.
struct Spy<'a> {
    sandbox: &'a Sandbox,
    seen: Mutex<Vec<(Setting, ConfiguredPolicy)>>,
}

impl Plugins for Spy<'_> {
    fn list(&self) -> Vec<PluginInfo> {
        self.sandbox.list()
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        let configured = self.sandbox.configure_policies(setups);
        for (setup, policy) in setups.iter().zip(configured.iter().flatten()) {
            self.seen.lock().unwrap().push((setup.settings.clone(), policy.clone()));
        }
        self.sandbox.configure(setups)
    }
}
