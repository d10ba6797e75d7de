//! The results as JUnit XML, for systems that build and test.

use std::{collections::BTreeMap, path::Path, time::Duration};

use maple_gate::cases::{CaseResult, Report as Results};
use maple_kernel::LocalityId;
use maple_kit::files;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::place;
use crate::Failure;

/// Writes one suite for each pack; the file is there whole or not at all.
pub(super) fn write(path: &Path, results: &Results, policies: &Path) -> Result<(), Failure> {
    let unwritten =
        |error: &dyn std::fmt::Display| Failure::Unreachable(format!("cannot write `{}`: {error}", path.display()));
    let xml = report(results, policies).to_string().map_err(|error| unwritten(&error))?;
    files::write_whole(path, xml.as_bytes()).map_err(|error| unwritten(&error))
}

fn report(results: &Results, policies: &Path) -> Report {
    let mut packs: BTreeMap<&LocalityId, Vec<&CaseResult>> = BTreeMap::new();
    for result in &results.results {
        packs.entry(&result.pack).or_default().push(result);
    }
    let took = |results: &[&CaseResult]| results.iter().map(|result| result.took).sum::<Duration>();
    let mut report = Report::new("maple test");
    report.set_time(packs.values().map(|results| took(results)).sum());
    for (pack, results) in packs {
        let mut suite = TestSuite::new(pack.as_str());
        suite.set_time(took(&results));
        suite.add_test_cases(results.into_iter().map(|result| case(result, policies)));
        report.add_test_suite(suite);
    }
    report
}

fn case(result: &CaseResult, policies: &Path) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !result.passed {
        let lines: Vec<String> = result.differences.iter().map(ToString::to_string).collect();
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("expectation").set_message(lines.first().map_or("", String::as_str));
        status.set_description(format!("{}:{}\n{}", place(policies, &result.file), result.line, lines.join("\n")));
    }
    let mut case = TestCase::new(result.name.as_str(), status);
    case.set_classname(result.pack.as_str()).set_time(result.took);
    case.extra.insert("file".into(), place(policies, &result.file).into());
    case.extra.insert("line".into(), result.line.to_string().into());
    case
}
