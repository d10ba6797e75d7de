//! What every proof leans on: the lines of all tables, questions to the solver, and cases tried on the ruleset.

use std::collections::BTreeSet;

use maple_bundle::{
    Diagnostic, Related, Severity, Spot,
    table::{Effect, Start, Table},
};
use maple_kernel::{Decision, LocalityId, Mode, Policy, Selector, evaluate};

use super::{
    Undecided,
    derive::Derived,
    formula::{Formula, Var},
    lines::{self, Line, Missed, Sheet},
    solve::Query,
    space::Space,
    witness::{self, Witness},
    words,
};

/// How many problems of one kind are told of one table; the rest is counted.
pub(crate) const TABLE_PROBLEMS_MAX: usize = 50;

/// The tables of a ruleset, ready to be asked about.
pub(crate) struct Study<'t> {
    pub(crate) space: Space<'t>,
    pub(crate) sheets: Vec<Sheet<'t>>,
    pub(crate) missed: Vec<Missed<'t>>,
    /// Lines that speak on no case, by table.
    pub(crate) dead: Vec<Vec<Line<'t>>>,
    derived: Derived<'t>,
    /// Places with policies of which nobody can say what they offer: of code, or with rows that could not be read.
    untold: Vec<&'t LocalityId>,
    /// Packs that rules were left out of: these may answer what the others leave open.
    lacking: BTreeSet<LocalityId>,
}

/// What is proved of some formulas, with a case that shows it.
pub(crate) type Shown = Result<Option<Witness>, Undecided>;

impl<'t> Study<'t> {
    pub(crate) fn new(compiled: &'t maple_bundle::Compiled) -> Self {
        let tables: &'t [Table] = &compiled.tables;
        let space = Space::new(&compiled.ruleset, tables);
        let of_files = compiled.files_out.iter().filter_map(|file| file.rsplit_once('/'));
        let mut lacking: BTreeSet<LocalityId> = of_files.map(|(pack, _)| pack.into()).collect();
        lacking.extend(compiled.left_out.iter().cloned());
        let (mut sheets, mut missed, derived) = lines::sheets(&space, tables, &lacking);
        for sheet in &mut sheets {
            sheet.whole &= compiled.files_out.iter().all(|file| **file != *sheet.table.spot.file);
        }
        let all = space.ruleset.localities().flat_map(|(place, _)| space.ruleset.policies_of(place));
        let told = |policy: &Policy| {
            sheets.iter().any(|sheet| sheet.policy.id == policy.id && sheet.whole) || policy.mode != Mode::Enforce
        };
        let untold = all.filter(|policy| !told(policy)).map(|policy| &policy.locality).collect();
        let dead = sheets.iter_mut().map(|sheet| bury(&space, sheet, &mut missed)).collect();
        Self { space, sheets, missed, dead, derived, untold, lacking }
    }

    /// Every line of every table.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line<'t>> {
        self.sheets.iter().flat_map(|sheet| &sheet.lines)
    }

    /// The lines of one pack's tables.
    pub(crate) fn pack<'s>(&'s self, pack: &'s LocalityId) -> impl Iterator<Item = &'s Line<'t>> {
        self.lines().filter(move |line| line.policy.locality == *pack)
    }

    /// Every effect of a policy that counts, with its line.
    pub(crate) fn counting(&self) -> impl Iterator<Item = (&Line<'t>, &Effect)> {
        let lines = self.lines().filter(|line| line.policy.mode == Mode::Enforce);
        lines.flat_map(|line| line.row.then.iter().map(move |effect| (line, effect)))
    }

    /// True when who closes what is selected closes the channel of this name.
    pub(crate) fn closes(&self, selector: &Selector, channel: &str) -> bool {
        match selector {
            Selector::Channel(id) => id.as_str() == channel,
            Selector::Class(class) => {
                self.space.ruleset.vocabulary().channels.get(channel).is_some_and(|own| own.class == *class)
            }
        }
    }

    /// The packs that have tables.
    pub(crate) fn packs(&self) -> BTreeSet<&LocalityId> {
        self.sheets.iter().map(|sheet| &sheet.policy.locality).collect()
    }

    /// A formula of a policy, with the derived facts as what the rows before it say of them.
    pub(crate) fn told(&self, formula: Formula, reader: &Policy) -> Formula {
        self.derived.tell(&self.space, formula, reader, None)
    }

    /// The same, with one fact that may be anything.
    pub(crate) fn told_save(&self, fact: u32, formula: Formula, reader: &Policy) -> Formula {
        self.derived.tell(&self.space, formula, reader, Some(fact))
    }

    /// True when some row says something of a fact before a policy is asked.
    pub(crate) fn is_said(&self, fact: u32, reader: &Policy) -> bool {
        self.derived.is_said(fact, reader)
    }

    /// Derived facts that may be anything here, because too much is said of them.
    pub(crate) fn beyond(&self) -> BTreeSet<u32> {
        self.derived.beyond()
    }

    /// True when policies that say nobody knows what are asked together with those of a place.
    pub(crate) fn is_untold(&self, place: &LocalityId) -> bool {
        let mut others = self.untold.iter().copied().chain(&self.lacking);
        others.any(|other| lines::lies_in(place, other) || lines::lies_in(other, place))
    }

    /// True when rules were left out of a pack.
    pub(crate) fn lacks_rules(&self, pack: &LocalityId) -> bool {
        self.lacking.contains(pack)
    }

    /// True when no case meets the formula; derived facts of which nothing can be told may be anything.
    pub(crate) fn never(&self, formula: &Formula, window: (i64, i64)) -> Result<bool, Undecided> {
        never(&self.space, formula, window)
    }

    /// The simplest case of a pack that meets the formula.
    pub(crate) fn show(&self, formula: &Formula, window: (i64, i64), place: &LocalityId) -> Shown {
        let wishes = witness::wishes(&self.space, place.as_str());
        let told: Vec<&Formula> = std::iter::once(formula).chain(&wishes).collect();
        let mut query = Query::new(&self.space, &told, window)?;
        let lit = query.literal(formula);
        query.witness(&[lit], &wishes)
    }

    /// For a clock, that the day it runs from is known; `None` for what is said in any case.
    pub(crate) fn start_known(&self, effect: &Effect) -> Option<Formula> {
        let Effect::Clock { start: Start::Fact(key), .. } = effect else { return None };
        self.space.fact(key).map(|(fact, _)| Formula::Known(Var::Fact(fact)))
    }

    /// A case as the JSON of it is read from a caller.
    pub(crate) fn try_on(&self, witness: &Witness) -> Option<maple_kernel::Question> {
        let asked = maple_wire::parse_question(witness.json.as_bytes(), self.space.ruleset, witness.question.as_of);
        Some(maple_kernel::Question { explain: true, ..asked.ok()? })
    }

    /// Tries a case that should show something.
    pub(crate) fn confirm(
        &self,
        witness: &Witness,
        shows: impl FnOnce(&Decision<'_>) -> bool,
    ) -> Result<(), Undecided> {
        match self.try_on(witness) {
            None => Err(Undecided::new("no case that would show it is taken by the service".to_owned())),
            Some(question) if shows(&self.decide(&question)) => Ok(()),
            Some(_) => {
                let why = "a case that should show it is decided in another way".to_owned();
                Err(Undecided { why, case: Some(witness.json.clone()) })
            }
        }
    }

    /// What the ruleset decides of it.
    pub(crate) fn decide<'q>(&'q self, question: &'q maple_kernel::Question) -> Decision<'q> {
        evaluate(self.space.ruleset, question)
    }
}

fn never(space: &Space<'_>, formula: &Formula, window: (i64, i64)) -> Result<bool, Undecided> {
    let mut query = Query::new(space, &[formula], window)?;
    let lit = query.literal(formula);
    Ok(!query.holds(&[lit])?)
}

/// Takes the lines that speak on no case out of a table.
fn bury<'t>(space: &Space<'t>, sheet: &mut Sheet<'t>, missed: &mut Vec<Missed<'t>>) -> Vec<Line<'t>> {
    let mut dead = Vec::new();
    for line in std::mem::take(&mut sheet.lines) {
        let silent = match (line.hull.is_empty(), line.hull.exact) {
            (true, _) => Ok(true),
            (false, true) if !line.hull.tied => Ok(false),
            (false, _) => never(space, &line.speaks, line.window(space)),
        };
        match silent {
            Ok(true) => dead.push(line),
            Ok(false) => sheet.lines.push(line),
            Err(why) => {
                missed.push(Missed { table: line.table, row: Some(line.row), why });
                sheet.lines.push(line);
            }
        }
    }
    dead
}

/// What became of an effect of a line in a decision.
pub(crate) fn fates<'d>(
    decision: &'d Decision<'_>,
    line: &'d Line<'_>,
    effect: &Effect,
) -> impl Iterator<Item = &'d str> {
    let claim = words::claim(effect);
    let fates = decision.explanation.iter().flat_map(|explanation| &explanation.fates);
    let own = fates.filter(move |fate| {
        fate.by.policy == line.policy.id.as_str() && fate.by.rule == line.row.rule.as_str() && fate.claim == claim
    });
    own.map(|fate| fate.fate.as_str())
}

/// True when an effect of a line was said in a decision. Policies that only shadow leave no trace in it.
pub(crate) fn said(decision: &Decision<'_>, line: &Line<'_>, effect: &Effect) -> bool {
    line.policy.mode != Mode::Enforce || fates(decision, line, effect).next().is_some()
}

/// True when an effect of a line stands in a decision.
pub(crate) fn kept(decision: &Decision<'_>, line: &Line<'_>, effect: &Effect) -> bool {
    fates(decision, line, effect).any(|fate| fate == "kept")
}

/// True when any effect of a line was said in a decision.
pub(crate) fn spoke(decision: &Decision<'_>, line: &Line<'_>) -> bool {
    line.row.then.iter().any(|effect| said(decision, line, effect))
}

/// True when no line said anything in a decision, as far as its policy leaves a trace there.
pub(crate) fn nobody_spoke<'l, 't: 'l>(decision: &Decision<'_>, lines: impl IntoIterator<Item = &'l Line<'t>>) -> bool {
    lines.into_iter().all(|line| line.policy.mode != Mode::Enforce || !spoke(decision, line))
}

/// First and last day on which any of the lines can speak.
pub(crate) fn window<'l, 't: 'l>(space: &Space<'_>, lines: impl IntoIterator<Item = &'l Line<'t>>) -> (i64, i64) {
    let all = lines.into_iter().map(|line| line.window(space));
    all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_else(|| space.domain(Var::Day))
}

/// A problem of a line, with what belongs to it.
pub(crate) fn problem(
    code: &'static str,
    severity: Severity,
    spot: &Spot,
    message: String,
    advice: &str,
) -> Diagnostic {
    Diagnostic { advice: Some(advice.to_owned()), ..Diagnostic::new(code, severity, spot, message) }
}

/// Another line that a problem has to do with.
pub(crate) fn related(line: &Line<'_>, label: &str) -> Related {
    Related { spot: line.row.spot.clone(), label: label.to_owned() }
}

/// A line as messages call it: with its table where that is another one.
pub(crate) fn name(line: &Line<'_>, beside: &Line<'_>) -> String {
    if line.policy.id == beside.policy.id {
        format!("`{}`", line.rule())
    } else {
        format!("`{}#{}`", line.policy.id, line.rule())
    }
}

/// Problems of one kind, told up to a limit.
pub(crate) struct Told {
    found: Vec<Diagnostic>,
    beyond: usize,
    stopped: bool,
}

impl Told {
    pub(crate) const fn new() -> Self {
        Self { found: Vec::new(), beyond: 0, stopped: false }
    }

    /// Notes that no more is looked for.
    pub(crate) const fn stop(&mut self) {
        self.stopped = true;
    }

    pub(crate) fn push(&mut self, problem: Diagnostic) {
        if self.full() {
            self.beyond += 1;
        } else {
            self.found.push(problem);
        }
    }

    /// True when more would only be counted.
    pub(crate) const fn full(&self) -> bool {
        self.found.len() >= TABLE_PROBLEMS_MAX
    }

    /// What was found, with a last line for the rest.
    pub(crate) fn finish(mut self, spot: &Spot, stopped: bool) -> Vec<Diagnostic> {
        if self.beyond > 0 || self.stopped || stopped {
            let message = format!("more than {TABLE_PROBLEMS_MAX} problems of this kind; the others are not shown");
            self.found.push(problem("not-shown", Severity::Note, spot, message, "mend the ones above first"));
        }
        self.found
    }
}

/// Tells that something was not decided, and why.
pub(crate) fn undecided(spot: &Spot, what: &str, why: &Undecided) -> Diagnostic {
    let message = format!("{what} not analysed: {why}");
    let advice = "nothing is proved or refuted here; look at it yourself";
    Diagnostic { witness: why.case.clone(), ..problem("not-analysed", Severity::Note, spot, message, advice) }
}
