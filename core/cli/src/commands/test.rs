//! `maple test`: the packs' own cases through the production path.

use std::io::Write;

use maple_kit::cases::{self, CaseResult};
use serde_json::json;

use crate::{Failure, args::Test, commands::refused, load, report};

/// Runs the cases; a case that differs, or no case at all, fails.
pub(crate) fn run(args: &Test) -> Result<(), Failure> {
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    let compiled = load::load(&from).map_err(refused)?.compiled;
    let report = cases::run(&compiled.ruleset, &compiled.cases, args.filter.as_deref());
    if report.results.is_empty() {
        return Err(Failure::Input(match &args.filter {
            Some(filter) => format!("no case's pack or name holds `{filter}`"),
            None => format!("`{}` has no cases; add [[case]] to a pack", args.policies.display()),
        }));
    }
    let failed = report.results.iter().filter(|result| !result.passed).count();
    if args.json {
        print_json(&report.results)?;
    } else {
        report.results.iter().filter(|result| !result.passed).for_each(print);
        let passed = report.results.len() - failed;
        report::verdict(failed == 0, &format!("{passed} passed, {failed} failed"));
    }
    if failed == 0 { Ok(()) } else { Err(Failure::Wrong) }
}

fn print(result: &CaseResult) {
    report::verdict(false, &format!("FAILED {}: {}", result.pack, result.name));
    anstream::println!("  {}:{}", result.file, result.line);
    for difference in &result.differences {
        anstream::println!("  {}", difference.field);
        anstream::println!("    expected {}", difference.expected);
        anstream::println!("    actual   {}", difference.actual);
    }
}

fn print_json(results: &[CaseResult]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for result in results {
        let differences: Vec<_> = result
            .differences
            .iter()
            .map(|d| json!({ "field": d.field, "expected": d.expected, "actual": d.actual }))
            .collect();
        let line = json!({
            "pack": result.pack.as_str(), "name": result.name, "file": result.file, "line": result.line,
            "passed": result.passed, "differences": differences,
        });
        writeln!(out, "{line}").map_err(|error| Failure::Unreachable(error.to_string()))?;
    }
    Ok(())
}
