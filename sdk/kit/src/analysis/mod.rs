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
use maple_bundle::{Compiled, Diagnostic, Severity, Spot};
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
///
/// Of a file among [`files_out`](Compiled::files_out) there may be a table all the same, without the rules that have errors:
/// then nothing is told of it that one of those might set right, save as a note.
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

/// The files and packs of whose tables nobody looked at all rules, because they have errors.
fn left_out(compiled: &Compiled) -> impl Iterator<Item = Diagnostic> + '_ {
    let note = |file: String, message: &str| {
        let spot = Spot { file: file.into(), ..Spot::default() };
        study::problem("not-analysed", Severity::Note, &spot, message.to_owned(), "mend the errors, and all of it is")
    };
    let pack = "nothing of this pack is analysed, because its `pack.toml` is missing or has errors";
    let packs = compiled.left_out.iter().map(move |id| note(format!("{id}/pack.toml"), pack));
    let files = compiled.files_out.iter().map(move |file| {
        let looked = compiled.tables.iter().any(|table| *table.spot.file == **file);
        let message = if looked {
            "the rules of this file that have errors are not analysed; what the others leave open is told as a note"
        } else {
            "nothing of this file is analysed, because it has errors"
        };
        note(file.clone(), message)
    });
    packs.chain(files)
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
