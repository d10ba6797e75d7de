//! Proves what is wrong with rule tables.
mod conflicts;
mod days;
mod derive;
mod formula;
mod gaps;
mod laws;
mod lines;
mod overruled;
mod pairs;
mod read;
mod same;
mod set;
mod silent;
mod solve;
mod space;
mod study;
mod witness;
mod words;

use std::fmt;

pub use derive::DERIVED_PARTS_MAX;
use lines::Missed;
use maple_bundle::{Compiled, Diagnostic, Spot};
use study::Study;

/// Why something was not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undecided {
    why: String,
    /// A case to look at.
    case: Option<String>,
}

impl Undecided {
    pub(crate) fn new(why: String) -> Self {
        Self { why, case: None }
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Everything that can be proved of the tables of a ruleset, in the order of files and lines.
///
/// The bundle must have been compiled with [`Options::tables`](maple_bundle::Options::tables); without them nothing is
/// looked at.
#[must_use]
pub fn analyse(compiled: &Compiled) -> Vec<Diagnostic> {
    let study = Study::new(compiled);
    let mut found: Vec<Diagnostic> = study.missed.iter().map(missed).collect();
    found.extend(left_out(compiled));
    found.extend(study.beyond().into_iter().filter_map(|fact| beyond(&study, fact)));
    for prove in [silent::never, silent::masked, conflicts::find, same::find, gaps::find, overruled::find] {
        found.extend(prove(&study));
    }
    found.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
    found.dedup();
    found
}

/// The files and packs whose tables nobody looked at, because they have errors.
fn left_out(compiled: &Compiled) -> impl Iterator<Item = Diagnostic> + '_ {
    let note = |file: String, what: &str| {
        let spot = Spot { file: file.into(), ..Spot::default() };
        let why = Undecided::new("it has errors; mend them, and it is".to_owned());
        study::undecided(&spot, what, &why)
    };
    let packs = compiled.left_out.iter().map(move |pack| note(format!("{pack}/pack.toml"), "this pack is"));
    packs.chain(compiled.files_out.iter().map(move |file| note(file.clone(), "this file is")))
}

/// That a derived fact may be anything in what is proved.
fn beyond(study: &Study<'_>, fact: u32) -> Option<Diagnostic> {
    let (key, _) = study.space.fact_at(fact)?;
    let spot = Spot { file: "facts.toml".into(), ..Spot::default() };
    let why = Undecided::new(format!(
        "the conditions of the rules that derive it have more than {DERIVED_PARTS_MAX} parts; it may be anything"
    ));
    Some(study::undecided(&spot, &format!("what rules derive of `{key}` is"), &why))
}

fn missed(missed: &Missed<'_>) -> Diagnostic {
    match missed.row {
        Some(row) => study::undecided(&row.when_spot, &format!("rule `{}` is", row.rule), &missed.why),
        None => study::undecided(&missed.table.spot, "this table is", &missed.why),
    }
}
