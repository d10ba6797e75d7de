//! `maple check`: every problem of a bundle at once.

use std::{io::Write, sync::Arc};

use maple_bundle::{Diagnostic, Severity};
use maple_kit::project::Files;
use maple_sandbox::Sandbox;
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
    let files = load::files(&from).map_err(|error| Failure::Unreachable(load::chain(&error)))?;
    let (problems, good) = problems(&from, files, Arc::new(load::sandbox(&from)?))?;
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

/// Every problem of policy files at hand, and whether they serve: the one check, for the command and for editors.
pub(crate) fn problems(
    from: &load::From<'_>,
    files: Files,
    sandbox: Arc<Sandbox>,
) -> Result<(Vec<Diagnostic>, bool), Failure> {
    match load::compile(from, files, sandbox) {
        Ok(loaded) => {
            let mut problems = maple_kit::analysis::analyse(&loaded.compiled);
            problems.extend(loaded.compiled.problems);
            Ok((problems, true))
        }
        Err(Refusal::Problems(problems)) => Ok((problems, false)),
        Err(Refusal::Failure(failure)) => Err(failure),
    }
}
