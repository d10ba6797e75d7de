//! `maple backtest`: what other policies would do to recorded cases, case by case through the production path.

mod budget;
mod data;
mod history;
mod html;
mod page;
mod print;
mod rows;
mod rules;
mod stations;
mod tables;
mod trial;

use std::path::Path;

use maple_insight::{
    backtest::{Asked, Budget, Estimate, Figure},
    share::Share,
};
use maple_kernel::Ruleset;
use maple_kit::files;
use maple_wire::Language;

use self::{rules::Silent, stations::Stations, trial::Seen};
use crate::{
    Failure,
    args::{Backtest, Lang},
    commands::{progress::Progress, refused},
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

/// What came of a backtest.
struct Outcome<'r> {
    baseline: Side<'r>,
    candidate: Side<'r>,
    seen: Seen,
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
    if let Some(path) = &args.html {
        files::writable(path).map_err(|error| unwritable(path, &error))?;
    }
    for file in [Some(&args.cases), args.history.as_ref(), args.stations.as_ref()].into_iter().flatten() {
        rows::there(file)?;
    }
    let (baseline, candidate) = (load(args, &args.baseline)?, load(args, &args.candidate)?);
    let (old, new) = (&baseline.compiled.ruleset, &candidate.compiled.ruleset);
    let stations = args.stations.as_deref().map(|file| stations::read(file, old)).transpose()?;
    let history = args.history.as_deref().map(history::read).transpose()?;
    let mut rows = rows::open(&args.cases, args.format, [old.vocabulary(), new.vocabulary()])?;
    let progress = Progress::begin("cases", rows.total(), args.limit);
    let trial = trial::Trial::new(old, new, args, stations.as_ref(), history.as_ref());
    let seen = trial::run(&trial, &mut *rows, args.limit, &progress);
    progress.end();
    let mut seen = seen?;
    enough(args, &seen)?;
    let silent = trial.silent(&seen);
    let [_, new_silent] = &silent;
    seen.tally.rules_silent = Some(new_silent.rules.len() as u64);
    seen.tally.estimate = history.as_ref().map(|history| Estimate::new(history, &seen.tally.moves));
    let budget = budget.check(&seen.tally);
    let outcome = Outcome {
        baseline: Side { folder: &args.baseline, ruleset: old },
        candidate: Side { folder: &args.candidate, ruleset: new },
        seen,
        stations: stations.as_ref(),
        silent,
        budget,
        language: Lang::resolve(args.lang),
    };
    if let Some(path) = &args.html {
        let text = html::text(&outcome)?;
        files::write_whole(path, text.as_bytes()).map_err(|error| unwritable(path, &error))?;
    }
    if args.json {
        data::print(&outcome)?
    } else {
        print::print(&outcome)?
    }
    if outcome.holds() { Ok(()) } else { Err(Failure::Wrong) }
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

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Unreachable(format!("cannot write the report `{}`: {error}", path.display()))
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
