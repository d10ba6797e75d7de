//! `maple check`: every problem of a bundle at once.

use std::io::Write;

use maple_bundle::{Diagnostic, Severity};
use serde_json::json;

use crate::{
    Failure,
    args::Check,
    load::{self, Refusal},
    report,
};

/// Checks a bundle; warnings alone do not fail.
pub(crate) fn run(args: &Check) -> Result<(), Failure> {
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: true,
        tables: true,
    };
    let (problems, good) = match load::load(&from) {
        Ok(loaded) => {
            let mut problems = maple_kit::analysis::analyse(&loaded.compiled);
            problems.extend(loaded.compiled.problems);
            (problems, true)
        }
        Err(Refusal::Problems(problems)) => (problems, false),
        Err(Refusal::Failure(failure)) => return Err(failure),
    };
    if args.json {
        let mut out = std::io::stdout().lock();
        for problem in &problems {
            let Diagnostic { code, file, line, column, message, advice, .. } = problem;
            let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
            let line = json!({
                "severity": severity, "code": code, "file": file, "line": line, "column": column,
                "message": message, "advice": advice,
            });
            writeln!(out, "{line}").map_err(|error| Failure::Unreachable(error.to_string()))?;
        }
    } else {
        report::diagnostics(&problems);
        report::verdict(good, &format!("{}: {}", args.policies.display(), report::count(&problems)));
    }
    if good { Ok(()) } else { Err(Failure::Wrong) }
}
