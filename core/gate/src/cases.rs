//! Runs the cases of packs the way production decides, and tells where a decision differs from what was expected.

mod actual;
mod compare;
mod coverage;
mod parts;
mod update;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use maple_bundle::{Expect, TestCase};
use maple_kernel::{ChannelId, Decision, Fault, LocalityId, PolicyId, Question, RuleId, Ruleset, evaluate};

pub use actual::grounds;
pub use compare::Difference;
pub use coverage::{Coverage, RuleCoverage, Tally};
pub(crate) use parts::span;
pub use update::{FileUpdate, Plan, Untouched, plan};

/// Rules by the policy that has them.
pub type Rules = BTreeSet<(PolicyId, RuleId)>;

/// One case and how it went.
#[derive(Clone, Debug, PartialEq)]
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
    /// What was expected.
    pub expect: Expect,
    /// What the decision says, in the same terms.
    pub actual: Expect,
    /// The channels of the steps, in order.
    pub steps: Vec<ChannelId>,
    /// Every rule that something in the decision rests on.
    pub fired: Rules,
    /// Policies that gave no usable answer.
    pub faults: Vec<(PolicyId, Fault)>,
    /// How long the decision took.
    pub took: Duration,
}

/// How the cases went.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The cases that were run, in the order of packs and files.
    pub results: Vec<CaseResult>,
    /// How many cases there are, run or not.
    pub cases: usize,
    /// Which rules were at work in which of them.
    pub coverage: Coverage,
}

impl Report {
    /// True when every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed() == 0
    }

    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.passed).count()
    }
}

/// Runs the cases whose pack, name or file holds `filter`; all of them without one.
#[must_use]
pub fn run(ruleset: &Ruleset, cases: &[TestCase], filter: Option<&str>) -> Report {
    let wanted = cases.iter().filter(|case| filter.is_none_or(|filter| wanted(case, filter)));
    let results: Vec<CaseResult> = wanted.map(|case| try_case(ruleset, case)).collect();
    let coverage = Coverage::new(ruleset, &results);
    Report { results, cases: cases.len(), coverage }
}

/// Tries one case.
#[must_use]
pub fn try_case(ruleset: &Ruleset, case: &TestCase) -> CaseResult {
    let began = Instant::now();
    let question = Question { explain: true, ..case.question.clone() };
    let decision = evaluate(ruleset, &question);
    let took = began.elapsed();
    let fired = fired(&decision);
    let actual = actual::of(&decision, &fired);
    let differences = compare::compare(case, &actual);
    CaseResult {
        pack: case.pack.clone(),
        name: case.name.clone(),
        file: case.file.clone(),
        line: case.line,
        passed: differences.is_empty(),
        differences,
        expect: case.expect.clone(),
        actual,
        steps: decision.steps.iter().map(|step| step.channel.clone()).collect(),
        fired,
        faults: decision.asked.iter().filter_map(|a| Some((a.policy.clone(), a.answer.clone().err()?))).collect(),
        took,
    }
}

fn wanted(case: &TestCase, filter: &str) -> bool {
    [case.pack.as_str(), &case.name, &case.file].into_iter().any(|text| text.contains(filter))
}

/// Fates of findings that count although another may have said the same.
const COUNTED: [&str; 2] = ["kept", "said before"];

/// Every rule that something in the decision rests on.
fn fired(decision: &Decision) -> Rules {
    let decided = decision.steps.iter().flat_map(|step| step.decided.iter().map(|(_, by)| by));
    let referred = decision.referral.iter().map(|referral| &referral.by);
    let fates = decision.explanation.iter().flat_map(|explanation| &explanation.fates);
    let counted = fates.filter(|fate| COUNTED.contains(&fate.fate.as_str())).map(|fate| &fate.by);
    let all = grounds(decision).map(|ground| &ground.by).chain(decided).chain(referred).chain(counted);
    all.map(|by| (by.policy.into(), by.rule.into())).collect()
}

#[cfg(test)]
mod tests;
