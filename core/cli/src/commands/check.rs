//! `maple check`: every problem of a bundle or a plugin at once.

mod sound;

use std::{io::Write, path::Path};

use maple_bundle::{Bundle, Diagnostic, ReadError, Severity, Spot};
use maple_kit::{build, project::Project};
use serde_json::{Value, json};

use crate::{
    Failure,
    args::Check,
    config::STATE,
    load::{self, Plugged, Refusal},
    report,
    target::Target,
};

/// Checks a bundle or a plugin; warnings alone do not fail.
pub(crate) fn run(args: &Check) -> Result<(), Failure> {
    match plugin(&args.policies) {
        Some(Target::Component(path)) => component(args, &path),
        Some(Target::Crate(path)) => sources(args, &path),
        _ => policies(args),
    }
}

/// The plugin that a path names, if it is one; anything else is a folder of policies, good or bad.
fn plugin(path: &Path) -> Option<Target> {
    Target::of(path).ok().filter(|target| !matches!(target, Target::Policies { .. }))
}

fn policies(args: &Check) -> Result<(), Failure> {
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: true,
        tables: true,
    };
    let read = Project::at(&args.policies).gather();
    let (files, odd) = read.map_err(|error| Failure::Unreachable(load::chain(&error)))?;
    let Plugged { sandbox, mut problems, broken } = load::plugged(&from)?;
    problems.extend(odd.iter().map(ReadError::diagnostic));
    // A plugin that is there and broken is told as that.
    let missing: Vec<String> = broken.iter().map(|id| maple_bundle::missing_plugin(id)).collect();
    let found = found(&from, &files, &sandbox)?;
    problems.extend(found.into_iter().filter(|p| p.code != "unknown-plugin" || !missing.contains(&p.message)));
    tell(args, &problems, Some(&files.bundle), "")
}

/// A component alone.
fn component(args: &Check, path: &Path) -> Result<(), Failure> {
    if path.extension().is_some_and(|extension| extension == "toml") {
        let message = format!("`{}` is one file; name the folder of policies that it lies in", path.display());
        return Err(Failure::Input(message));
    }
    let sandbox = load::empty_sandbox(args.places.state.as_deref().unwrap_or(Path::new(STATE)), false)?;
    let problem = load::try_add(&sandbox, path)?.err();
    tell(args, problem.as_slice(), None, ALONE)
}

/// The sources of a plugin alone.
fn sources(args: &Check, path: &Path) -> Result<(), Failure> {
    let state = args.places.state.as_deref().unwrap_or(Path::new(STATE));
    match build::build(path, &state.join("plugins"), &mut |step| report::progress(&step.to_string())) {
        Ok(built) => component(args, &built.path),
        Err(error) if error.is_in_the_sources() => tell(args, &[load::unmade(path, &error)], None, ALONE),
        Err(error) => Err(load::unbuilt(error)),
    }
}

/// What a check of a plugin alone leaves open.
const ALONE: &str = "; its settings are checked where a policy names it";

/// Prints the problems; fails when one is an error.
fn tell(args: &Check, problems: &[Diagnostic], files: Option<&Bundle>, more: &str) -> Result<(), Failure> {
    let good = !maple_bundle::has_errors(problems);
    if args.json {
        let mut out = std::io::stdout().lock();
        for problem in problems {
            writeln!(out, "{}", json_of(problem)).map_err(|error| Failure::Unreachable(error.to_string()))?;
        }
    } else {
        report::diagnostics(problems, files, Some(&eval(args)));
        report::verdict(good, &format!("{}: {}{more}", args.policies.display(), report::count(problems)));
    }
    if good { Ok(()) } else { Err(Failure::Wrong) }
}

/// The command that decides a case with what was checked.
fn eval(args: &Check) -> String {
    let quoted = |path: &Path| {
        let path = path.display().to_string();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
        if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
    };
    let plugins = args.places.plugins.as_deref().map(|plugins| format!(" --plugins {}", quoted(plugins)));
    format!("maple eval --policies {}{} --case -", quoted(&args.policies), plugins.unwrap_or_default())
}

/// The one check, for the command and for editors: what the compiler tells, and what is proved of the tables. Where packs have
/// problems, of what is sound in them, and what only shows when that is put together.
pub(crate) fn found(
    from: &load::From<'_>,
    files: &maple_kit::project::Files,
    sandbox: &maple_sandbox::Sandbox,
) -> Result<Vec<Diagnostic>, Failure> {
    let mut told = match load::compile_with(from, files, sandbox) {
        Ok(compiled) => return Ok(proved(&compiled).collect()),
        Err(Refusal::Problems(problems, _)) => problems,
        Err(Refusal::Failure(failure)) => return Err(failure),
    };
    let Ok(others) = load::compile_with(&load::From { keep_going: true, ..*from }, files, sandbox) else {
        // Where there is no file at all, nothing is wrong with the registries.
        let note = (!told.iter().any(|problem| problem.code == "empty-bundle")).then(nothing_proved);
        return Ok(told.into_iter().chain(note).collect());
    };
    told.extend(others.problems.iter().cloned());
    let mut looked = &others;
    let rest = sound::rest(from, files, sandbox, &told);
    if let Some(rest) = &rest {
        told.extend(rest.fresh.iter().cloned());
        looked = &rest.compiled;
    }
    let of_a_file = |problem: &Diagnostic| problem.code == "not-analysed" && problem.line == 0;
    let analysed = maple_kit::analysis::analyse(looked).into_iter();
    let (notes, proofs): (Vec<_>, Vec<_>) = analysed.partition(of_a_file);
    // What is not looked at comes behind the errors that are the reason.
    let notes = notes.into_iter().filter(|note| would_prove(&files.bundle, &note.file));
    Ok(proofs.into_iter().chain(each_once(told)).chain(notes).collect())
}

/// Problems of several looks at the same files, each once, in the order of files and lines.
fn each_once(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |p: &Diagnostic| (p.line, p.column, p.severity);
    problems.sort_by(|a, b| (&a.file, key(a), &a.message).cmp(&(&b.file, key(b), &b.message)));
    problems.dedup_by(|a, b| a == b || a.code == "too-many-problems" && b.code == a.code);
    problems
}

/// False for a file, or the head of a pack, without any rules: nobody misses a proof there.
fn would_prove(bundle: &Bundle, file: &str) -> bool {
    let pack = file.strip_suffix("pack.toml");
    let of = |path: &str| {
        path == file || pack.is_some_and(|pack| path.rsplit_once('/').is_some_and(|(p, _)| *pack == *format!("{p}/")))
    };
    let mut texts =
        bundle.files().filter(|(path, _)| of(path)).map(|(_, bytes)| String::from_utf8_lossy(bytes)).peekable();
    texts.peek().is_none() || texts.any(|text| sound::has_rules(&text))
}

/// What is proved of the tables of a bundle, and what the compiler tells of it.
pub(crate) fn proved(compiled: &maple_bundle::Compiled) -> impl Iterator<Item = Diagnostic> {
    maple_kit::analysis::analyse(compiled).into_iter().chain(compiled.problems.iter().cloned())
}

/// Tells that no table was looked at: without sound registries nobody knows what the words in them mean.
fn nothing_proved() -> Diagnostic {
    let message = "no table is analysed: the registries have errors".to_owned();
    let advice = Some("mend them, and the tables are looked at".to_owned());
    Diagnostic { advice, ..Diagnostic::new("not-analysed", Severity::Note, &Spot::default(), message) }
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
