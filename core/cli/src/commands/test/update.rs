//! `maple test --update`: what the decisions say becomes what the cases expect.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
    sync::Arc,
};

use maple_bundle::{Bundle, RewriteError};
use maple_gate::cases::{self, FileUpdate, Plan, Report};
use maple_kit::{files, project::Files};
use serde_json::json;

use super::{from, nothing_to_run, place};
use crate::{
    Failure,
    args::Test,
    commands::refused,
    load::{self, chain},
    report,
};

/// A bundle in which every case expects something, and the cases that did not, by file and name.
type Filled = (Bundle, BTreeSet<(String, String)>);

/// Rewrites what differs. Nothing is written unless all of it can be.
pub(super) fn run(args: &Test) -> Result<(), Failure> {
    let from = from(args);
    let files = load::files(&from).map_err(|error| Failure::Unreachable(chain(&error)))?;
    let (bundle, blank) = fill(&files.bundle)?;
    let sandbox = Arc::new(load::sandbox(&from)?);
    let loaded = load::compile(&from, Files { bundle, ..files }, sandbox).map_err(refused)?;
    let compiled = &loaded.compiled;
    let report = cases::run(&compiled.ruleset, &compiled.cases, args.filter.as_deref());
    if report.results.is_empty() {
        return Err(Failure::Input(nothing_to_run(args)));
    }
    let plan = cases::plan(&loaded.bundle, &report, &blank).map_err(|error| unchanged(&error))?;
    write(args, &plan)?;
    tell(args, &report, &plan)?;
    if plan.untouched.is_empty() { Ok(()) } else { Err(Failure::Wrong) }
}

/// Gives every case that expects nothing something to expect. A file that is not TOML is left for the compiler to tell.
fn fill(bundle: &Bundle) -> Result<Filled, Failure> {
    let (mut changed, mut blank) = (BTreeMap::new(), BTreeSet::new());
    for (path, bytes) in bundle.files() {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        match maple_bundle::fill_blanks(text) {
            Ok((_, names)) if names.is_empty() => {}
            Ok((text, names)) => {
                changed.insert(path.to_owned(), text.into_bytes());
                blank.extend(names.into_iter().map(|name| (path.to_owned(), name)));
            }
            Err(_) => {}
        }
    }
    let filled = bundle.with_files(changed).map_err(|error| Failure::Unreachable(chain(&error)))?;
    Ok((filled, blank))
}

fn unchanged(error: &RewriteError) -> Failure {
    Failure::Input(format!("{error}; nothing was changed"))
}

/// Looks first whether every file may be written, so that none is changed when one may not.
fn write(args: &Test, plan: &Plan) -> Result<(), Failure> {
    let path = |update: &FileUpdate| -> PathBuf { args.policies.join(&update.file) };
    for update in &plan.files {
        files::writable(&path(update)).map_err(|error| {
            let path = path(update);
            Failure::Unreachable(format!("cannot change `{}`: {error}; nothing was changed", path.display()))
        })?;
    }
    for update in &plan.files {
        files::write_whole(&path(update), update.text.as_bytes()).map_err(|error| {
            let path = path(update);
            Failure::Unreachable(format!("cannot change `{}`: {error}", path.display()))
        })?;
    }
    Ok(())
}

fn tell(args: &Test, report: &Report, plan: &Plan) -> Result<(), Failure> {
    let case = |at: usize| report.results.get(at);
    if args.json {
        let updated = plan.files.iter().map(|update| json!({ "updated": update.file, "cases": update.cases }));
        let untouched = plan.untouched.iter().map(|left| {
            let name = case(left.case).map(|case| &case.name);
            json!({ "untouched": name, "file": case(left.case).map(|case| &case.file), "why": left.why })
        });
        let mut out = std::io::stdout().lock();
        let written = updated.chain(untouched).try_for_each(|line| writeln!(out, "{line}"));
        return written.map_err(|error| Failure::Unreachable(format!("cannot write the results: {error}")));
    }
    for update in &plan.files {
        anstream::println!("changed {}", place(&args.policies, &update.file));
        update.cases.iter().for_each(|name| anstream::println!("  {name}"));
    }
    for left in &plan.untouched {
        let Some(case) = case(left.case) else { continue };
        let at = format!("{}:{}", place(&args.policies, &case.file), case.line);
        report::warning(&format!("{at}: `{}` is not put right: {}", case.name, left.why));
    }
    let count: usize = plan.files.iter().map(|update| update.cases.len()).sum();
    let noun = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let text = match plan.files.len() {
        0 => "nothing to change".to_owned(),
        files => format!(
            "{} changed in {}; look at the difference before you keep it",
            noun(count, "case"),
            noun(files, "file")
        ),
    };
    report::verdict(plan.untouched.is_empty(), &text);
    Ok(())
}
