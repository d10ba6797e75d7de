//! `maple backtest`: what other policies would do to recorded cases, case by case through the production path.

mod budget;
mod changed;
mod data;
mod example;
mod history;
mod html;
mod page;
mod print;
mod rows;
mod rules;
mod stations;
mod tables;
mod trial;

use std::{io::BufWriter, path::Path};

use maple_insight::{
    backtest::{Asked, Budget, Estimate, Figure},
    share::Share,
};
use maple_kernel::Ruleset;
use maple_kit::files;
use maple_wire::Language;

pub(crate) use self::budget::FORMAT as BUDGET;
use self::{
    changed::Changed,
    rows::Rows,
    rules::Silent,
    stations::Stations,
    trial::{Seen, Trial},
};
use crate::{
    Failure,
    args::{Backtest, Lang},
    commands::{progress::Progress, refused, remote::write_out},
    load::{self, Loaded},
    report,
};

/// Of a hundred rows, how many may be no case.
const BAD_PERCENT_MAX: u64 = 5;
/// Rows that are no case and are told one by one.
const BAD_LISTED_MAX: usize = 20;
/// Changed cases that are shown, of each move from one first step to another.
const SAMPLE_EACH_MAX: usize = 3;
/// Changed cases that are shown in all.
const SAMPLE_MAX: usize = 40;

/// What is written, as it is named in errors.
const REPORT: &str = "the report";
const CHANGED: &str = "the cases that change to";

/// What came of a backtest.
struct Outcome<'r> {
    baseline: Side<'r>,
    candidate: Side<'r>,
    seen: Seen,
    /// Events of the history that are left out, since they did not count where they came from.
    not_counted: u64,
    /// Who there is to take cases up, where that was given.
    stations: Option<&'r Stations>,
    silent: [Silent<'r>; 2],
    budget: Vec<Asked>,
    language: Language,
}

/// One of the two sets of policies.
struct Side<'r> {
    folder: &'r Path,
    ruleset: &'r Ruleset,
}

impl Outcome<'_> {
    /// True when no figure is larger than it may be.
    fn holds(&self) -> bool {
        self.budget.iter().all(Asked::holds)
    }
}

/// Compares, tells, and fails when more changes than may.
pub(crate) fn run(args: &Backtest) -> Result<(), Failure> {
    let budget = args.budget.as_deref().map_or_else(|| Ok(Budget::default()), budget::read)?;
    needed(args, &budget)?;
    for (path, what) in [(&args.html, REPORT), (&args.changed, CHANGED)] {
        let Some(path) = path else { continue };
        files::writable(path).map_err(|error| unwritable(path, what, &error))?;
    }
    for file in [Some(&args.cases), args.history.as_ref(), args.stations.as_ref()].into_iter().flatten() {
        rows::there(file)?;
    }
    let (baseline, candidate) = (load(args, &args.baseline)?, load(args, &args.candidate)?);
    let (old, new) = (&baseline.compiled.ruleset, &candidate.compiled.ruleset);
    let known = [old.vocabulary(), new.vocabulary()];
    let stations = |file| stations::read(file, stations::channels(&args.station_channels, known)?, old);
    let stations = args.stations.as_deref().map(stations).transpose()?;
    let history = args.history.as_deref().map(history::read).transpose()?;
    let not_counted = history.as_ref().map_or(0, |read| read.not_counted);
    let history = history.map(|read| read.history);
    let mut rows = rows::open(&args.cases, args.format, known)?;
    let progress = Progress::begin("cases", rows.total(), args.limit);
    let trial = Trial::new(old, new, args, stations.as_ref(), history.as_ref());
    let seen = decided(args, &trial, &mut *rows, &progress);
    progress.end();
    let mut seen = seen?;
    let silent = trial.silent(&seen);
    let [_, new_silent] = &silent;
    seen.tally.rules_silent = Some(new_silent.rules.len() as u64);
    seen.tally.estimate = history.as_ref().map(|history| Estimate::new(history, &seen.tally.moves));
    let budget = budget.check(&seen.tally);
    let outcome = Outcome {
        baseline: Side { folder: &args.baseline, ruleset: old },
        candidate: Side { folder: &args.candidate, ruleset: new },
        seen,
        not_counted,
        stations: stations.as_ref(),
        silent,
        budget,
        language: Lang::resolve(args.lang),
    };
    if let Some(path) = &args.html {
        let text = html::text(&outcome)?;
        files::write_whole(path, text.as_bytes()).map_err(|error| unwritable(path, REPORT, &error))?;
    }
    if args.json {
        data::print(&outcome)?
    } else {
        print::print(&outcome)?
    }
    if outcome.holds() { Ok(()) } else { Err(Failure::Wrong) }
}

/// What came of the rows, when enough of them are cases; each that changes is written where that was asked.
fn decided(args: &Backtest, trial: &Trial<'_>, rows: &mut dyn Rows, progress: &Progress) -> Result<Seen, Failure> {
    let Some(path) = &args.changed else {
        let seen = trial::run(trial, rows, args.limit, progress, None)?;
        return enough(args, &seen).map(|()| seen);
    };
    let mut all = None;
    write_out(Some(path), |into| {
        let mut into = BufWriter::new(into);
        let changed = Changed::new(&mut into);
        let seen = trial::run(trial, rows, args.limit, progress, Some(&changed))?;
        changed.end().map_err(|error| unwritable(path, CHANGED, &error))?;
        enough(args, &seen)?;
        all = Some(seen);
        Ok(())
    })?;
    all.ok_or_else(|| Failure::Unreachable(format!("cannot write `{}`", path.display())))
}

/// A budget that bounds what nothing was given for bounds nothing, which is not what was meant.
fn needed(args: &Backtest, budget: &Budget) -> Result<(), Failure> {
    let given = [
        (Figure::AgreementsLost, args.history.is_some(), "--history EVENTS"),
        (Figure::StationLoadRatio, args.stations.is_some(), "--stations FILE"),
    ];
    match given.into_iter().find(|(figure, given, _)| budget.bounds(*figure) && !given) {
        Some((figure, _, flag)) => {
            Err(Failure::Input(format!("the budget bounds `{}`, which needs {flag}", figure.as_str())))
        }
        None => Ok(()),
    }
}

fn unwritable(path: &Path, what: &str, error: &std::io::Error) -> Failure {
    Failure::Unreachable(format!("cannot write {what} `{}`: {error}", path.display()))
}

fn load(args: &Backtest, policies: &Path) -> Result<Loaded, Failure> {
    let from = load::From {
        policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    load::load(&from).map_err(refused)
}

/// Fails when there is nothing to compare, or when too many rows are no case.
fn enough(args: &Backtest, seen: &Seen) -> Result<(), Failure> {
    let (cases, bad) = (seen.tally.cases, seen.refused.count());
    let rows = Share::new(bad, cases + bad);
    let too_many = match args.max_bad {
        Some(max) => bad > max,
        None => bad * 100 > rows.whole() * BAD_PERCENT_MAX,
    };
    if cases > 0 && !too_many {
        return Ok(());
    }
    let name = args.cases.display();
    if bad == 0 {
        return Err(Failure::Input(format!("`{name}` holds no cases; write one a row")));
    }
    for (row, refused) in seen.refused.iter() {
        report::warning(&format!("row {row}: {}", refused.told(Language::En)));
    }
    let why = if cases == 0 {
        format!("none of the {bad} rows of `{name}` can be decided")
    } else {
        let asked = args.max_bad.map_or_else(|| format!("{BAD_PERCENT_MAX} of a hundred"), |max| max.to_string());
        format!(
            "{bad} of {} rows of `{name}` cannot be decided, {asked} may be so; mend them, or allow more with \
             --max-bad N",
            rows.whole()
        )
    };
    Err(Failure::Input(why))
}
