//! Runs the cases of packs the way production decides, and tells where a decision differs from what was expected.

mod compare;

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::TestCase;
use maple_kernel::{Decision, LocalityId, PolicyId, Question, RuleId, Ruleset, evaluate};

pub use compare::Difference;

/// One case and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The pack it belongs to.
    pub pack: LocalityId,
    /// Its name.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// The line it begins at.
    pub line: u32,
    /// True when the decision says everything that was expected.
    pub passed: bool,
    /// Where it does not.
    pub differences: Vec<Difference>,
}

/// How the cases went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The cases that were run, in the order of packs and files.
    pub results: Vec<CaseResult>,
    /// For each rule of each policy: in how many decisions something rests on it.
    pub coverage: BTreeMap<(PolicyId, RuleId), usize>,
}

impl Report {
    /// True when every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.results.iter().all(|result| result.passed)
    }

    /// The rules that no decision rests on.
    pub fn uncovered(&self) -> impl Iterator<Item = &(PolicyId, RuleId)> {
        self.coverage.iter().filter(|(_, fired)| **fired == 0).map(|(rule, _)| rule)
    }
}

/// Runs the cases whose pack, name or file holds `filter`; all of them without one.
#[must_use]
pub fn run(ruleset: &Ruleset, cases: &[TestCase], filter: Option<&str>) -> Report {
    let mut report = Report { results: Vec::new(), coverage: rules(ruleset) };
    for case in cases.iter().filter(|case| filter.is_none_or(|filter| wanted(case, filter))) {
        let question = Question { explain: true, ..case.question.clone() };
        let decision = evaluate(ruleset, &question);
        let fired = fired(&decision);
        for rule in &fired {
            if let Some(count) = report.coverage.get_mut(rule) {
                *count += 1;
            }
        }
        let differences = compare::compare(case, &decision, &fired);
        report.results.push(CaseResult {
            pack: case.pack.clone(),
            name: case.name.clone(),
            file: case.file.clone(),
            line: case.line,
            passed: differences.is_empty(),
            differences,
        });
    }
    report
}

fn wanted(case: &TestCase, filter: &str) -> bool {
    [case.pack.as_str(), &case.name, &case.file].into_iter().any(|text| text.contains(filter))
}

fn rules(ruleset: &Ruleset) -> BTreeMap<(PolicyId, RuleId), usize> {
    let policies = ruleset.localities().flat_map(|(locality, _)| ruleset.policies_of(locality));
    policies.flat_map(|policy| policy.rules.keys().map(|rule| ((policy.id.clone(), rule.clone()), 0))).collect()
}

/// Fates of findings that count although another may have said the same.
const COUNTED: [&str; 2] = ["kept", "said before"];

/// Every rule that something in the decision rests on.
fn fired(decision: &Decision) -> BTreeSet<(PolicyId, RuleId)> {
    let steps = decision.steps.iter().map(|step| &step.ground);
    let grounds = steps
        .chain(decision.excluded.iter().map(|excluded| &excluded.ground))
        .chain(decision.preconditions.iter().map(|precondition| &precondition.ground))
        .chain(decision.duties.iter().map(|duty| &duty.ground))
        .chain(decision.clocks.iter().map(|clock| &clock.ground))
        .chain(decision.signals.iter().map(|signal| &signal.ground));
    let decided = decision.steps.iter().flat_map(|step| step.decided.iter().map(|(_, by)| by));
    let referred = decision.referral.iter().map(|referral| &referral.by);
    let fates = decision.explanation.iter().flat_map(|explanation| &explanation.fates);
    let counted = fates.filter(|fate| COUNTED.contains(&fate.fate.as_str())).map(|fate| &fate.by);
    let all = grounds.map(|ground| &ground.by).chain(decided).chain(referred).chain(counted);
    all.map(|by| (by.policy.into(), by.rule.into())).collect()
}

#[cfg(test)]
mod tests;
