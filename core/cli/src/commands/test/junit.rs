//! The results as JUnit XML, for systems that build and test.

use std::{collections::BTreeMap, path::Path, time::Duration};

use maple_kernel::LocalityId;
use maple_kit::files;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Tried, place};
use crate::Failure;

/// Writes one suite for each pack; the file is there whole or not at all.
pub(super) fn write(path: &Path, results: &[Tried<'_>], policies: &Path) -> Result<(), Failure> {
    let unwritten =
        |error: &dyn std::fmt::Display| Failure::Unreachable(format!("cannot write `{}`: {error}", path.display()));
    let xml = report(results, policies).to_string().map_err(|error| unwritten(&error))?;
    files::write_whole(path, xml.as_bytes()).map_err(|error| unwritten(&error))
}

fn report(results: &[Tried<'_>], policies: &Path) -> Report {
    let mut packs: BTreeMap<&LocalityId, Vec<&Tried<'_>>> = BTreeMap::new();
    for tried in results {
        packs.entry(&tried.result.pack).or_default().push(tried);
    }
    let took = |results: &[&Tried<'_>]| results.iter().map(|tried| tried.result.took).sum::<Duration>();
    let mut report = Report::new("maple test");
    report.set_time(packs.values().map(|results| took(results)).sum());
    for (pack, results) in packs {
        let mut suite = TestSuite::new(pack.as_str());
        suite.set_time(took(&results));
        suite.add_test_cases(results.into_iter().map(|tried| case(tried, policies)));
        report.add_test_suite(suite);
    }
    report
}

fn case(tried: &Tried<'_>, policies: &Path) -> TestCase {
    let result = tried.result;
    let mut status = TestCaseStatus::success();
    if !result.passed {
        let absent = tried.absent.iter().flat_map(|absent| {
            let head = format!("{}: `{}` is not at work", absent.fields.join(", "), absent.rule);
            std::iter::once(head).chain(absent.why.iter().cloned())
        });
        let unwanted = tried.unwanted().map(|rule| format!("lacks-rules: `{rule}` is at work"));
        let lines: Vec<String> = absent.chain(unwanted).chain(tried.others().map(ToString::to_string)).collect();
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
