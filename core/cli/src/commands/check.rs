//! `maple check`: every problem of a bundle at once.

use std::io::Write;

use maple_bundle::{Diagnostic, Severity};
use serde_json::{Value, json};

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
    let (sandbox, mut problems) = load::sandbox_with_problems(&from)?;
    problems.extend(found(&from, &files, &sandbox)?);
    let good = problems.iter().all(|problem| problem.severity != Severity::Error);
    if args.json {
        let mut out = std::io::stdout().lock();
        for problem in &problems {
            writeln!(out, "{}", json_of(problem)).map_err(|error| Failure::Unreachable(error.to_string()))?;
        }
    } else {
        report::diagnostics(&problems, Some(&files.bundle));
        report::verdict(good, &format!("{}: {}", args.policies.display(), report::count(&problems)));
    }
    if good { Ok(()) } else { Err(Failure::Wrong) }
}

/// The one check, for the command and for editors: what the compiler tells and what is proved of the tables; where packs have problems, of the tables of the others, and
/// what only shows when the others are put together.
pub(crate) fn found(
    from: &load::From<'_>,
    files: &maple_kit::project::Files,
    sandbox: &maple_sandbox::Sandbox,
) -> Result<Vec<Diagnostic>, Failure> {
    let proved = |compiled: maple_bundle::Compiled| {
        let mut problems = maple_kit::analysis::analyse(&compiled);
        problems.extend(compiled.problems);
        problems
    };
    let told = match load::compile_with(from, files, sandbox) {
        Ok(compiled) => return Ok(proved(compiled)),
        Err(Refusal::Problems(problems)) => problems,
        Err(Refusal::Failure(failure)) => return Err(failure),
    };
    let others = load::compile_with(&load::From { keep_going: true, ..*from }, files, sandbox);
    Ok(others.map_or(told, proved))
}

/// A problem on one line, for programs.
fn json_of(problem: &Diagnostic) -> Value {
    let Diagnostic { code, file, line, column, end_line, end_column, message, advice, .. } = problem;
    let related = problem.related.iter().map(|related| {
        let spot = &related.spot;
        json!({ "file": &*spot.file, "line": spot.line, "column": spot.column, "label": related.label })
    });
    let witness: Option<Value> = problem.witness.as_deref().and_then(|case| serde_json::from_str(case).ok());
    json!({
        "severity": problem.severity.as_str(), "code": code, "file": file, "line": line, "column": column,
        "end_line": end_line, "end_column": end_column, "message": message, "advice": advice,
        "related": related.collect::<Vec<_>>(), "witness": witness,
    })
}
