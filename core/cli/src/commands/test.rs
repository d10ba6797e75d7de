//! `maple test`: the packs' own cases through the production path.

mod absent;
mod junit;
mod print;
mod update;
mod watch;

use std::path::Path;

use absent::Absent;
use maple_bundle::RuleRef;
use maple_gate::cases::{self, CaseResult, Difference, Report};
use maple_kit::project::Project;

use crate::{
    Failure,
    args::Test,
    commands::refused,
    load::{self, Loaded},
    report,
};

/// Runs the cases; a case that differs, too little coverage, or no case at all fails.
pub(crate) fn run(args: &Test) -> Result<(), Failure> {
    let args = &Test { policies: Project::at(&args.policies).policies, ..args.clone() };
    if args.watch {
        return watch::run(args);
    }
    if args.update {
        return update::run(args);
    }
    let loaded = load::load(&from(args)).map_err(refused)?;
    try_cases(args, &loaded)
}

fn from(args: &Test) -> load::From<'_> {
    load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: true,
        tables: true,
    }
}

/// Runs the cases of what is loaded and tells how they went.
fn try_cases(args: &Test, loaded: &Loaded) -> Result<(), Failure> {
    let compiled = &loaded.compiled;
    let mut report = cases::run(&compiled.ruleset, &compiled.cases, args.filter.as_deref());
    if let Some(own) = &loaded.own {
        report.coverage.keep(|pack| own.contains(pack));
    }
    if report.results.is_empty() {
        return Err(Failure::Input(nothing_to_run(args)));
    }
    let tried: Vec<Tried<'_>> =
        (report.results.iter()).map(|result| Tried { result, absent: absent::absent(result, loaded) }).collect();
    let good = tell(args, &report, &tried)?;
    if let Some(path) = &args.junit {
        junit::write(path, &tried, &args.policies)?;
    }
    if good { Ok(()) } else { Err(Failure::Wrong) }
}

/// One case and how it went.
struct Tried<'r> {
    result: &'r CaseResult,
    /// The rules that it expects and that are not at work in it.
    absent: Vec<Absent>,
}

impl Tried<'_> {
    /// What differs besides rules that are, or are not, at work.
    fn others(&self) -> impl Iterator<Item = &Difference> {
        let rule = |d: &&Difference| d.field == "lacks-rules" || self.absent.iter().any(|absent| absent.says(d));
        self.result.differences.iter().filter(move |difference| !rule(difference))
    }

    /// The rules that are at work and should not be, as the case names them.
    fn unwanted(&self) -> impl Iterator<Item = String> {
        let CaseResult { expect, fired, .. } = self.result;
        let there = |rule: &&RuleRef| fired.iter().any(|(policy, id)| rule.means(policy, id));
        expect.lacks_rules.iter().filter(there).map(ToString::to_string)
    }
}

fn nothing_to_run(args: &Test) -> String {
    match &args.filter {
        Some(filter) => {
            let folder = args.policies.display();
            format!("no case's pack, name or file holds `{filter}`; `maple test {folder}` runs them all")
        }
        None => format!("`{}` has no cases; add [[case]] to a pack", args.policies.display()),
    }
}

/// Prints the results; true when all is as it should be.
fn tell(args: &Test, report: &Report, tried: &[Tried<'_>]) -> Result<bool, Failure> {
    let total = report.coverage.total();
    let covered = args.threshold.is_none_or(|threshold| total.reaches(threshold));
    if args.json {
        print::json(args, report, tried)?;
        return Ok(report.passed() && covered);
    }
    tried.iter().filter(|tried| !tried.result.passed).for_each(|tried| print::failed(tried, &args.policies));
    if args.coverage {
        print::coverage(report);
    }
    if args.coverage || args.threshold.is_some() {
        let part = if report.results.len() < report.cases { " (only some cases were run)" } else { "" };
        let text = format!("{} of {} rules at work, {}%{part}", total.fired, total.rules, total.percent());
        match args.threshold.filter(|_| !covered) {
            Some(threshold) => report::verdict(false, &format!("{text}; {threshold}% are asked for")),
            None => report::verdict(true, &text),
        }
    }
    let (ran, failed) = (report.results.len(), report.failed());
    report::verdict(failed == 0, &format!("{} passed, {failed} failed", ran - failed));
    Ok(failed == 0 && covered)
}

/// A file of the bundle as the user can open it.
fn place(policies: &Path, file: &str) -> String {
    policies.join(file).display().to_string()
}
