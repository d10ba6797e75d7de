//! The way through the gate.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use maple_bundle::{Archive, Bundle, Compiled, Options, PackInfo, compile};
use maple_kernel::{
    Case, Configured, Day, Facts, PluginInfo, Plugins, Purposes, Question, Ruleset, Setup, SetupError, evaluate,
};
use maple_seal::{Digest, Trust};
use maple_wire::{SOURCE_UNSTATED, parse_question};
use semver::Version;

use crate::{
    cases,
    changes::Changes,
    conformance::{Conformance, Days},
    report::{Problem, Report, Stage},
    signatures::Checked,
};

/// Places in which policies answer a first case before they serve.
pub const WARM_UP_PLACES_MAX: usize = 64;

/// What serves now.
#[derive(Clone, Copy)]
pub struct Current<'a> {
    /// Its files.
    pub bundle: &'a Bundle,
    /// What they became, each policy in the state that its file says.
    pub ruleset: &'a Ruleset,
    /// Its packs.
    pub packs: &'a [PackInfo],
}

/// How far decisions of the past may change.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    /// Recorded questions in canonical form.
    pub questions: Vec<Vec<u8>>,
    /// Of a hundred, how many may come out otherwise: another outcome or other steps.
    pub changed_percent_max: f64,
}

/// On what terms a bundle is admitted.
pub struct Terms<'a> {
    /// Takes components in and makes policies of them.
    pub plugins: &'a dyn Plugins,
    /// Digests of the plugins that the host itself brought.
    pub on_hand: &'a BTreeSet<Arc<str>>,
    /// Who may sign for which places; where there is none, bundles need no signature.
    pub trust: Option<&'a Trust>,
    /// Now.
    pub at: Timestamp,
    /// The day on which cases are tried.
    pub day: Day,
    /// What serves now.
    pub current: Option<Current<'a>>,
    /// True where an older bundle is to serve again: then versions may go back.
    pub rollback: bool,
    /// True where packs may change without a new version.
    pub same_versions: bool,
    /// The digest that a pack of a version had when it was published before, by `pack@version`.
    pub published: &'a dyn Fn(&str) -> Option<String>,
    /// How far decisions of the past may change.
    pub budget: Option<&'a Budget>,
    /// Hears which stage begins.
    pub progress: &'a dyn Fn(Stage),
}

/// A bundle that may serve.
pub struct Admitted {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its files.
    pub bundle: Bundle,
    /// What they became.
    pub compiled: Compiled,
    /// What of it is other than what serves.
    pub changes: Changes,
    /// The digests of its packs by `pack@version`.
    pub versions: BTreeMap<String, String>,
    /// What the gate found.
    pub report: Report,
}

impl std::fmt::Debug for Admitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admitted").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// The plugins that a bundle is made with.
struct Brought<'p> {
    plugins: &'p dyn Plugins,
    digests: BTreeSet<Arc<str>>,
}

impl Plugins for Brought<'_> {
    fn list(&self) -> Vec<PluginInfo> {
        self.plugins.list().into_iter().filter(|plugin| self.digests.contains(&plugin.digest)).collect()
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.plugins.configure(setups)
    }
}

/// Asks the host's own cases of a ruleset in the states in which its policies would serve: one that was filed to be silent
/// was never asked while it counted.
///
/// # Errors
///
/// The report, when anything is taken away.
pub fn conforms(
    bundle: &str,
    side: Current<'_>,
    ruleset: &Ruleset,
    changes: &Changes,
    day: Day,
) -> Result<(), Box<Report>> {
    let (mut report, began) = (Report::new(bundle.to_owned()), Instant::now());
    report.ruleset = Some(ruleset.digest().to_string());
    let days = Days::new(ruleset, side.packs, changes, day);
    days.check(&mut report);
    let asked = Conformance::new(ruleset, side.packs, &[], changes, &days, side.bundle);
    asked.flips(&mut report);
    report.done(Stage::Conformance, asked.len(), began.elapsed());
    let checked = asked.floor(changes, &mut report);
    report.done(Stage::Floor, checked, began.elapsed());
    if report.failed().is_none() { Ok(()) } else { Err(Box::new(report)) }
}

/// Takes the bytes of a bundle through the gate.
///
/// # Errors
///
/// The report, when anything keeps the bundle from serving.
pub fn admit(bytes: &[u8], expected: Option<&Digest>, terms: &Terms<'_>) -> Result<Admitted, Box<Report>> {
    let digest = Digest::of(bytes);
    let mut gate = Gate { terms, report: Report::new(digest.to_string()), began: Instant::now() };
    gate.begin(Stage::Digest);
    if let Some(other) = expected.filter(|expected| **expected != digest) {
        let problem = Problem::new(
            "digest",
            format!("the bytes have the digest {digest}, not {other} as was said"),
            format!("所收字节的摘要为{digest}，与声明的{other}不符"),
        );
        gate.tell(Stage::Digest, problem.with_advice("send it again; it was changed or cut on the way"));
    }
    let archive = match Archive::read(bytes) {
        Ok(archive) => archive,
        Err(error) => {
            gate.tell(Stage::Digest, Problem::new("archive", chain(&error), "不是完好的规则包归档（.tar.gz）"));
            gate.end(Stage::Digest, 1);
            return Err(Box::new(gate.report));
        }
    };
    gate.end(Stage::Digest, 1);
    gate.run(digest, archive)
}

struct Gate<'t> {
    terms: &'t Terms<'t>,
    report: Report,
    began: Instant,
}

impl Gate<'_> {
    fn begin(&mut self, stage: Stage) {
        (self.terms.progress)(stage);
        self.began = Instant::now();
    }

    fn end(&mut self, stage: Stage, checked: usize) {
        self.report.done(stage, checked as u64, self.began.elapsed());
    }

    fn tell(&mut self, stage: Stage, problem: Problem) {
        self.report.tell(stage, problem);
    }

    fn run(mut self, digest: Digest, archive: Archive) -> Result<Admitted, Box<Report>> {
        let terms = self.terms;
        self.begin(Stage::Signature);
        let (checked, mut parts) = match terms.trust {
            Some(trust) => {
                let (checked, parts) = Checked::packs(&archive, trust, terms.at, &mut self.report);
                (Some((checked, trust)), parts)
            }
            None => (None, 0),
        };
        let versions = self.versions(&archive.bundle);
        let signing = self.began.elapsed();
        let compiled = self.compiled(&archive);
        if let (Some((checked, trust)), Some(compiled)) = (&checked, &compiled) {
            parts += checked.components(&compiled.ruleset, trust, terms.on_hand, terms.at, &mut self.report);
        }
        if terms.trust.is_some() || self.report.stage(Stage::Signature).is_some_and(|one| !one.problems.is_empty()) {
            self.report.done(Stage::Signature, parts, signing);
        } else {
            self.report.not_asked(Stage::Signature);
        }
        let Some(compiled) = compiled else { return Err(Box::new(self.report)) };
        let candidate = Current { bundle: &archive.bundle, ruleset: &compiled.ruleset, packs: &compiled.packs };
        let changes = match terms.current {
            Some(current) => Changes::between(current, candidate),
            None => Changes::all(candidate),
        };
        self.report.packs.clone_from(&changes.packs);
        self.report.ruleset = Some(compiled.ruleset.digest().to_string());
        self.tried(&archive.bundle, &compiled, &changes);
        self.report.admitted = self.report.failed().is_none();
        let Self { report, .. } = self;
        if !report.admitted {
            return Err(Box::new(report));
        }
        Ok(Admitted { digest, bundle: archive.bundle, compiled, changes, versions, report })
    }

    /// A pack of a version always has the same files, and versions do not go back.
    fn versions(&mut self, bundle: &Bundle) -> BTreeMap<String, String> {
        let mut versions = BTreeMap::new();
        let digests = bundle.part_digests();
        let serving = self.terms.current.map(|current| (current.bundle.part_digests(), current.packs));
        for (name, digest) in digests.iter().filter(|(name, _)| !name.is_empty()) {
            // That a version is missing or no semver is told where packs are read.
            let Some(text) = bundle.pack_version(name) else { continue };
            let Ok(version) = text.parse::<Version>() else { continue };
            let unit = format!("{name}@{text}");
            let before = serving.as_ref().and_then(|(digests, packs)| {
                let pack = packs.iter().find(|pack| pack.id.as_str() == name.as_str())?;
                Some((digests.get(name)?.as_str(), pack.version.parse::<Version>().ok()?))
            });
            let lower = before.as_ref().filter(|(_, serving)| version < *serving);
            if let Some((_, serving)) = lower.filter(|_| !self.terms.rollback) {
                let problem = Problem::new(
                    "downgrade",
                    format!("pack `{name}` has version {version}, and {serving} serves"),
                    format!("规则包{name}的版本{version}低于现行的{serving}"),
                );
                let advice = "give it a higher version; to go back to an older bundle, roll back to it";
                self.tell(Stage::Signature, problem.with_advice(advice));
            }
            let served =
                before.as_ref().filter(|(_, serving)| *serving == version).map(|(digest, _)| (*digest).to_owned());
            let known = served.or_else(|| (self.terms.published)(&unit));
            if known.is_some_and(|known| known != *digest) && !self.terms.same_versions {
                let problem = Problem::new(
                    "same-version",
                    format!("pack `{unit}` was published before with other files"),
                    format!("规则包{unit}此前已以不同内容发布"),
                );
                self.tell(Stage::Signature, problem.with_advice("give the changed pack a new version"));
            }
            versions.insert(unit, digest.clone());
        }
        versions
    }

    /// The ruleset, with every stage up to settings told.
    fn compiled(&mut self, archive: &Archive) -> Option<Compiled> {
        let terms = self.terms;
        self.begin(Stage::Imports);
        let mut digests: BTreeSet<Arc<str>> = BTreeSet::new();
        for (name, component) in &archive.components {
            match terms.plugins.admit(component) {
                Ok(info) => {
                    digests.insert(info.digest);
                }
                Err(why) => {
                    let told = Problem::new(
                        "bad-plugin",
                        format!("`plugins/{name}.wasm`: {why}"),
                        format!("插件{name}不能使用"),
                    );
                    let advice = "a plugin computes from its case alone; `maple check` tells more";
                    self.tell(Stage::Imports, told.with_advice(advice));
                }
            }
        }
        let refused = self.report.stage(Stage::Imports).is_some_and(|one| !one.problems.is_empty());
        let importing = self.began.elapsed();
        self.begin(Stage::Compile);
        let brought = Brought { plugins: terms.plugins, digests };
        let files = archive.bundle.files().len();
        let (compiled, problems) = match compile(&archive.bundle, &brought, &Options::default()) {
            Ok(compiled) => {
                let problems = compiled.problems.clone();
                (Some(compiled), problems)
            }
            Err(problems) => (None, problems),
        };
        for problem in &problems {
            // That a plugin is missing which was just refused is no second problem.
            if refused && matches!(problem.code, "unknown-plugin" | "plugin-version") {
                continue;
            }
            self.tell(Stage::of(problem.code), Problem::from(problem));
        }
        let packs = archive.bundle.packs().count() as u64;
        let took = self.began.elapsed();
        self.report.done(Stage::Contract, packs, Duration::ZERO);
        self.report.done(Stage::Imports, archive.components.len() as u64, importing);
        self.report.done(Stage::Compile, files as u64, took);
        // Of what did not compile, not every policy was asked.
        if compiled.is_some() || self.report.stage(Stage::Settings).is_some_and(|one| !one.problems.is_empty()) {
            let policies = compiled.as_ref().map_or(0, |compiled| compiled.ruleset.policy_ids().count());
            self.report.done(Stage::Settings, policies as u64, Duration::ZERO);
        }
        compiled.filter(|_| !refused)
    }

    /// The stages that try what a bundle became.
    fn tried(&mut self, files: &Bundle, compiled: &Compiled, changes: &Changes) {
        let ruleset = &compiled.ruleset;
        self.begin(Stage::Cases);
        let touched: Vec<_> = compiled.cases.iter().filter(|case| changes.touches(&case.pack, ruleset)).collect();
        let count = touched.len();
        for result in touched.into_iter().map(|case| cases::try_case(ruleset, case)) {
            let faults = result.faults.iter().map(|(policy, fault)| format!("{policy}: {}", fault.kind.as_str()));
            let told: Vec<String> = result.differences.iter().map(ToString::to_string).chain(faults).collect();
            if !result.passed {
                let (name, told) = (&result.name, told.join("; "));
                let problem = Problem::new(
                    "case-failed",
                    format!("case \"{name}\": {told}"),
                    format!("案例“{name}”与预期不符：{told}"),
                );
                self.tell(Stage::Cases, problem.at(&result.file, result.line));
            }
        }
        self.end(Stage::Cases, count);

        self.begin(Stage::Conformance);
        let days = Days::new(ruleset, &compiled.packs, changes, self.terms.day);
        days.check(&mut self.report);
        let asked = Conformance::new(ruleset, &compiled.packs, &compiled.cases, changes, &days, files);
        asked.flips(&mut self.report);
        self.report.done(Stage::Conformance, asked.len(), self.began.elapsed());

        self.begin(Stage::Floor);
        let checked = asked.floor(changes, &mut self.report);
        self.report.done(Stage::Floor, checked, self.began.elapsed());

        match (self.terms.budget, self.terms.current) {
            (Some(budget), Some(current)) => self.budget(budget, current.ruleset, ruleset),
            _ => self.report.not_asked(Stage::Budget),
        }
        self.warm_up(ruleset, &days);
    }

    fn budget(&mut self, budget: &Budget, before: &Ruleset, after: &Ruleset) {
        self.begin(Stage::Budget);
        let day = self.terms.day;
        let (mut asked, mut changed) = (0_u32, 0_u32);
        for bytes in &budget.questions {
            // What the rules of today cannot read was asked of others.
            let Ok(old) = parse_question(bytes, before, day) else { continue };
            let Ok(new) = parse_question(bytes, after, day) else {
                // A word that is gone: the case can't be asked any more, which is a change.
                asked += 1;
                changed += 1;
                continue;
            };
            let (old, new) = (evaluate(before, &old), evaluate(after, &new));
            let same = old.outcome == new.outcome
                && old.steps.iter().map(|step| step.channel).eq(new.steps.iter().map(|step| step.channel));
            asked += 1;
            changed += u32::from(!same);
        }
        let percent = if asked == 0 { 0.0 } else { f64::from(changed) * 100.0 / f64::from(asked) };
        if percent > budget.changed_percent_max {
            let max = budget.changed_percent_max;
            let problem = Problem::new(
                "over-budget",
                format!(
                    "{changed} of {asked} recorded cases would come out otherwise: {percent:.1} %, at most {max} %"
                ),
                format!("{asked}件留存案件中有{changed}件结果改变（{percent:.1}%），超出{max}%的上限"),
            );
            self.tell(Stage::Budget, problem.with_advice("look at what changes, or allow more"));
        }
        self.end(Stage::Budget, asked as usize);
    }

    /// A policy that cannot answer even a plain case must not serve.
    fn warm_up(&mut self, ruleset: &Ruleset, days: &Days<'_>) {
        self.begin(Stage::WarmUp);
        let mut told = BTreeMap::new();
        let mut asked = 0;
        for (day, touched) in days.all() {
            let every = touched.len().div_ceil(WARM_UP_PLACES_MAX).max(1);
            for place in touched.into_iter().step_by(every) {
                for kind in ruleset.vocabulary().kinds.keys() {
                    let source = SOURCE_UNSTATED.into();
                    let case = Case::new(None, place.clone(), kind.clone(), source, day, Vec::new(), Facts::default());
                    let context = Facts::default();
                    let question = Question { case, purposes: Purposes::BOTH, as_of: day, explain: false, context };
                    asked += 1;
                    for one in evaluate(ruleset, &question).asked {
                        if let Err(fault) = one.answer {
                            told.entry(one.policy.to_string()).or_insert((kind.to_string(), fault));
                        }
                    }
                }
            }
        }
        for (policy, (kind, fault)) in told {
            let word = fault.kind.as_str();
            let problem = Problem::new(
                "policy-fails",
                format!("policy `{policy}` fails on a plain case of `{kind}`: {word}: {}", fault.detail),
                format!("政策{policy}对{kind}的普通案件未能作答（{word}）"),
            );
            self.tell(Stage::WarmUp, problem.with_advice("`maple test` and `maple run` show how"));
        }
        self.end(Stage::WarmUp, asked);
    }
}

/// An error with everything that led to it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
