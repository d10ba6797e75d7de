//! Cases that a table leaves without an answer.

mod left_out;
mod slips;
mod spans;

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::{Diagnostic, Severity, table::Effect};
use maple_kernel::FactType;

use super::{
    Undecided,
    formula::{Domain, Formula, Hull, Shift, Var},
    lines::{Line, Sheet},
    set::Set,
    space::{Space, day_of},
    study::{self, Study, Told, related},
};

/// How many kinds without an answer are told of a table that says it is complete.
pub(crate) const GAP_KINDS_MAX: usize = 5;
/// How many cells a grid of bands may have.
pub(crate) const GRID_CELLS_MAX: usize = 40_000;
/// How many facts the bands of one grid may be of.
const GRID_FACTS_MAX: usize = 4;
/// How many of the rules around a hole its message names.
const NAMES_MAX: usize = 8;

/// Holes in tables that say they are complete; in the others what their target and their bands show to be one, save where
/// they say that holes are meant.
pub(crate) fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for sheet in study.sheets.iter().filter(|sheet| !sheet.table.open) {
        let before = found.len();
        let spot = &sheet.table.spot;
        let (told, what) = if sheet.table.complete.is_some() {
            (incomplete(study, sheet), "this table's promise to be complete is")
        } else {
            (left_out::of_the_target(study, sheet), "what this table leaves of its target is")
        };
        let told = told.unwrap_or_else(|why| vec![study::undecided(spot, what, &why)]);
        // What the promise shows is not shown again.
        let shown: BTreeSet<String> = told.iter().filter_map(|problem| problem.witness.clone()).collect();
        let again = |problem: &Diagnostic| problem.witness.as_ref().is_some_and(|witness| shown.contains(witness));
        found.extend(told);
        match between(study, sheet) {
            Ok(told) => found.extend(told.finish(spot, false).into_iter().filter(|problem| !again(problem))),
            Err(why) => found.push(study::undecided(spot, "gaps between the bands of this table are", &why)),
        }
        if !sheet.whole || study.lacks_rules(&sheet.policy.locality) {
            found.iter_mut().skip(before).for_each(unsure);
        }
    }
    found
}

/// Cases without an answer in a table that promises one for each.
fn incomplete(study: &Study<'_>, sheet: &Sheet<'_>) -> Result<Vec<Diagnostic>, Undecided> {
    let Some(complete) = &sheet.table.complete else { return Ok(Vec::new()) };
    if !sheet.whole {
        return Err(Undecided::new("some of its rules are not".to_owned()));
    }
    let mut parts = vec![sheet.asked.clone()];
    for key in &complete.known {
        let known = maple_bundle::table::Condition::Known(key.clone(), true);
        parts.push(study.told(study.space.condition(&known, &sheet.policy.locality)?, sheet.policy));
    }
    parts.extend(sheet.lines.iter().map(|line| Formula::not(line.speaks.clone())));
    let asked = sheet.policy;
    let window = super::read::window(asked.from, asked.to);
    let window = (window.first().unwrap_or(0), window.last().unwrap_or(0));
    let mut found = Vec::new();
    while found.len() < GAP_KINDS_MAX {
        let Some(witness) = study.show(&Formula::All(parts.clone()), window, &asked.locality)? else { break };
        let kind = witness.question.case.kind.clone();
        parts.push(Formula::not(Formula::In(
            Var::Kind,
            Space::names(study.space.kinds.iter().map(|k| k.as_str()), |k| k == kind.as_str()),
        )));
        let silent = |decision: &maple_kernel::Decision<'_>| study::nobody_spoke(decision, &sheet.lines);
        if let Err(why) = study.confirm(&witness, silent) {
            found.push(study::undecided(&complete.spot, &format!("the table's promise for `{kind}` is"), &why));
            continue;
        }
        let message = format!("the table says it is complete, and none of its rules answers this case of `{kind}`");
        let advice =
            "add a rule for it, narrow `target`, or name the facts that may be taken as known: `complete = [\"…\"]`";
        found.push(Diagnostic {
            witness: Some(witness.json),
            ..study::problem("gap", Severity::Error, &complete.spot, message, advice)
        });
    }
    Ok(found)
}

/// Rows that differ only in bands: what they ask for beside, and the kind of thing they say.
type Family = (String, Vec<(Var, Option<Domain>)>);

fn between(study: &Study<'_>, sheet: &Sheet<'_>) -> Result<Told, Undecided> {
    let mut told = Told::new();
    let mut families: BTreeMap<Family, Vec<&Line<'_>>> = BTreeMap::new();
    for line in sheet.lines.iter().filter(|line| line.bands.exact) {
        for topic in topics(line) {
            families.entry((topic, shape(line))).or_default().push(line);
        }
    }
    let mut seen = BTreeSet::new();
    for ((topic, _), lines) in families.iter().filter(|(_, lines)| lines.len() > 1) {
        for (lines, dims) in grids(lines) {
            holes(study, sheet, topic, &lines, &dims, &mut seen, &mut told)?;
            // With `complete` they are looked for anyhow.
            if let ([var], None) = (dims.as_slice(), &sheet.table.complete) {
                left_out::of_the_bands(study, sheet, topic, &lines, *var, &mut seen, &mut told)?;
            }
        }
    }
    ages(study, sheet, &mut seen, &mut told)?;
    if sheet.table.complete.is_none() {
        slips::find(study, sheet, &mut seen, &mut told)?;
        spans::find(study, sheet, &mut seen, &mut told)?;
    }
    Ok(told)
}

/// A gap beside rules that nobody looks at: one of them may answer it.
fn unsure(problem: &mut Diagnostic) {
    if problem.code == "gap" {
        problem.severity = Severity::Note;
        problem.message.push_str("; a rule that is not analysed may answer it");
    }
}

/// What a row says, as far as it must be alike for rows to be bands of one rule.
fn topics(line: &Line<'_>) -> BTreeSet<String> {
    let topic = |effect: &Effect| match effect {
        Effect::Offer { .. } => "offer".to_owned(),
        Effect::Prefer { channel, .. } => format!("prefer {channel}"),
        Effect::RequireFirst { before, .. } => format!("require-first {before}"),
        Effect::Forbid(selector) => format!("forbid {selector:?}"),
        Effect::Duty { code, .. } => format!("duty {code}"),
        Effect::Clock { code, .. } => format!("clock {code}"),
        Effect::Signal { code, .. } => format!("signal {code}"),
        Effect::Derive { key, .. } => format!("derive {key}"),
        Effect::Refer(_) => "refer".to_owned(),
    };
    line.row.then.iter().map(topic).collect()
}

/// The variables a row looks at; what may be unknown to it is no band and must be alike.
fn shape(line: &Line<'_>) -> Vec<(Var, Option<Domain>)> {
    let part = |(var, domain): (&Var, &Domain)| (*var, domain.unknown.then(|| domain.clone()));
    line.bands.domains.iter().map(part).collect()
}

/// The rows of a family that are alike in all but some variables; each such choice of rows is a grid.
fn grids<'l, 't>(lines: &[&'l Line<'t>]) -> Vec<(Vec<&'l Line<'t>>, Vec<Var>)> {
    let Some(first) = lines.first() else { return Vec::new() };
    let bands = |var: &Var| {
        first.bands.domains.get(var).is_some_and(|domain| !domain.unknown) && !matches!(var, Var::Place | Var::Source)
    };
    let vars: Vec<Var> = first.bands.domains.keys().copied().filter(bands).collect();
    let differs = |var: &Var| lines.iter().any(|line| line.bands.domains.get(var) != first.bands.domains.get(var));
    let dims: Vec<Var> = vars.iter().copied().filter(differs).collect();
    let mut out = Vec::new();
    if (2..=GRID_FACTS_MAX).contains(&dims.len()) {
        out.push((lines.to_vec(), dims.clone()));
    }
    // Bands of one variable: rows alike in everything else.
    for var in dims {
        let mut alike: BTreeMap<Vec<(&Var, &Domain)>, Vec<&Line<'_>>> = BTreeMap::new();
        for line in lines {
            alike.entry(line.bands.domains.iter().filter(|(v, _)| **v != var).collect()).or_default().push(line);
        }
        out.extend(alike.into_values().filter(|lines| lines.len() > 1).map(|lines| (lines, vec![var])));
    }
    out
}

/// The cells that the rows cut a variable into; of a list of words, those that some row names.
fn cells(space: &Space<'_>, lines: &[&Line<'_>], var: Var) -> Vec<Set> {
    let sets: Vec<&Set> =
        lines.iter().filter_map(|line| line.bands.domains.get(&var)).map(|domain| &domain.set).collect();
    let mut cuts: BTreeSet<i64> = BTreeSet::new();
    for (first, last) in sets.iter().flat_map(|set| set.intervals()) {
        cuts.extend([*first, last.saturating_add(1)]);
    }
    let spans = cuts.iter().zip(cuts.iter().skip(1)).map(|(a, b)| Set::span(*a, b - 1));
    if order(space, var) != Order::Names {
        return spans.collect();
    }
    // Words that the rows treat alike are one cell.
    let mut alike: BTreeMap<Vec<bool>, Set> = BTreeMap::new();
    for span in spans {
        let told: Vec<bool> = sets.iter().map(|set| set.meets(&span)).collect();
        if told.contains(&true) {
            let cell = alike.entry(told).or_default();
            *cell = cell.union(&span);
        }
    }
    alike.into_values().collect()
}

/// How the values of a variable stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Names: none lies between two others.
    Names,
    /// Numbers, amounts and days.
    Numbers,
    /// The day of the case: law begins and ends, so only what lies between two laws is a hole.
    Law,
}

fn order(space: &Space<'_>, var: Var) -> Order {
    let kind = |fact| space.fact_at(fact).map(|(_, def)| &def.kind);
    match var {
        Var::Day => Order::Law,
        Var::Fact(fact) => match kind(fact) {
            Some(FactType::Count { .. } | FactType::Money { .. } | FactType::Day) => Order::Numbers,
            _ => Order::Names,
        },
        _ => Order::Names,
    }
}

fn holes(
    study: &Study<'_>,
    sheet: &Sheet<'_>,
    topic: &str,
    lines: &[&Line<'_>],
    dims: &[Var],
    seen: &mut BTreeSet<String>,
    told: &mut Told,
) -> Result<(), Undecided> {
    let axes: Vec<Vec<Set>> = dims.iter().map(|var| cells(&study.space, lines, *var)).collect();
    let size = axes.iter().map(Vec::len).try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX);
    if size > GRID_CELLS_MAX {
        return Err(Undecided::new(format!("its bands make a grid of more than {GRID_CELLS_MAX} cells")));
    }
    let grid = Grid::new(&axes, dims, lines);
    let single = dims.len() == 1;
    if single && !dims.iter().all(|var| order(&study.space, *var) != Order::Names)
        || !single && grid.covered() * 2 <= size
    {
        return Ok(());
    }
    let order: Vec<Order> = dims.iter().map(|var| order(&study.space, *var)).collect();
    for at in (0..size).filter(|at| grid.is_hole(*at, &order)) {
        if told.full() {
            told.stop();
            break;
        }
        hole(study, sheet, topic, lines, dims, grid.cell(at), seen, told)?;
    }
    Ok(())
}

/// Tells a cell that no row covers; without a topic it is one that no row of the table answers at all.
#[expect(clippy::too_many_arguments, reason = "what is told of, and what was told before")]
fn hole(
    study: &Study<'_>,
    sheet: &Sheet<'_>,
    topic: &str,
    lines: &[&Line<'_>],
    dims: &[Var],
    cell: Vec<&Set>,
    seen: &mut BTreeSet<String>,
    told: &mut Told,
) -> Result<(), Undecided> {
    let Some(like) = lines.first() else { return Ok(()) };
    let rest = like.bands.domains.iter().filter(|(var, _)| !dims.contains(var));
    // One hole is told once, whichever rows around it show it; the same band elsewhere is another hole.
    let mut parts: BTreeMap<Var, Formula> = rest.map(|(var, domain)| (*var, inside(*var, domain))).collect();
    parts.extend(cell.iter().zip(dims).map(|(set, var)| (*var, Formula::In(*var, (*set).clone()))));
    let place = format!(" {parts:?}");
    let first = seen.insert(place.clone());
    if topic.is_empty() && !first || !topic.is_empty() && !seen.insert(format!("{topic}{place}")) {
        return Ok(());
    }
    let bands: Vec<String> = cell.iter().zip(dims).map(|(set, var)| band(&study.space, *var, set)).collect();
    let says = if topic.is_empty() { "speaks".to_owned() } else { format!("says `{}`", verb(topic)) };
    let says = format!("no rule {says} when {}", bands.join(" and "));
    let end = topic.is_empty().then_some(MOVE);
    report(
        study,
        sheet,
        Hole { topic, lines, dims, formula: Formula::All(parts.into_values().collect()), says, end },
        told,
    )
}

fn inside(var: Var, domain: &Domain) -> Formula {
    let inside = Formula::In(var, domain.set.clone());
    if domain.unknown { Formula::Any(vec![Formula::not(Formula::Known(var)), inside]) } else { inside }
}

/// The cells of one direction that a set meets.
fn met(axis: &[Set], set: &Set) -> Vec<usize> {
    let in_order = axis.iter().zip(axis.iter().skip(1)).all(|(a, b)| a.last() < b.first());
    if !in_order {
        return axis.iter().enumerate().filter(|(_, cell)| cell.meets(set)).map(|(at, _)| at).collect();
    }
    let mut found = Vec::new();
    for (first, last) in set.intervals() {
        let from = axis.partition_point(|cell| cell.last().is_none_or(|end| end < *first));
        let met =
            axis.iter().enumerate().skip(from).take_while(|(_, cell)| cell.first().is_some_and(|begin| begin <= *last));
        found.extend(met.map(|(at, _)| at));
    }
    found
}

/// Cells in several directions, and which of them some row covers.
struct Grid<'g> {
    axes: &'g [Vec<Set>],
    covered: Vec<bool>,
}

impl<'g> Grid<'g> {
    fn new(axes: &'g [Vec<Set>], dims: &[Var], lines: &[&Line<'_>]) -> Self {
        let size = axes.iter().map(Vec::len).product();
        let mut covered = vec![false; size];
        for line in lines {
            // The cells of this row: one number for each choice of a cell in each direction.
            let (mut cells, mut step) = (vec![0], 1);
            for (axis, var) in axes.iter().zip(dims) {
                let met = line.bands.domains.get(var).map_or_else(Vec::new, |domain| met(axis, &domain.set));
                cells = cells.iter().flat_map(|cell| met.iter().map(move |at| cell + at * step)).collect();
                step *= axis.len().max(1);
            }
            for cell in cells {
                if let Some(slot) = covered.get_mut(cell) {
                    *slot = true;
                }
            }
        }
        Self { axes, covered }
    }

    fn covered(&self) -> usize {
        self.covered.iter().filter(|covered| **covered).count()
    }

    /// The sets of a cell, one for each direction.
    fn cell(&self, at: usize) -> Vec<&'g Set> {
        let mut rest = at;
        let mut sets = Vec::with_capacity(self.axes.len());
        for axis in self.axes {
            sets.extend(axis.get(rest % axis.len().max(1)));
            rest /= axis.len().max(1);
        }
        sets
    }

    /// True when no row covers the cell although, in every direction, rows cover what lies around it: on both sides
    /// where there is an order, every other one where there is none or it lies at the edge.
    fn is_hole(&self, at: usize, orders: &[Order]) -> bool {
        let is_covered = |at: usize| self.covered.get(at).copied().unwrap_or(false);
        if is_covered(at) {
            return false;
        }
        let mut step = 1;
        for (axis, order) in self.axes.iter().zip(orders) {
            let (len, own) = (axis.len().max(1), at / step % axis.len().max(1));
            let base = at - own * step;
            let line = |range: std::ops::Range<usize>| range.map(|n| is_covered(base + n * step)).collect::<Vec<_>>();
            let (before, after) = (line(0..own), line(own + 1..len));
            let inner = *order == Order::Numbers && !before.is_empty() && !after.is_empty();
            let around = if inner || *order == Order::Law {
                before.contains(&true) && after.contains(&true)
            } else {
                self.axes.len() > 1 && len > 1 && before.iter().chain(&after).all(|covered| *covered)
            };
            if !around {
                return false;
            }
            step *= len;
        }
        true
    }
}

/// A row with its bounds on an age, and what else it asks.
type Aged<'l, 't> = (&'l Line<'t>, Edges, Vec<Formula>);

/// Bands of ages: one row up to an age, another from a greater age on, all else alike.
fn ages(study: &Study<'_>, sheet: &Sheet<'_>, seen: &mut BTreeSet<String>, told: &mut Told) -> Result<(), Undecided> {
    let mut alike: BTreeMap<(String, Var, String), Vec<Aged<'_, '_>>> = BTreeMap::new();
    for line in &sheet.lines {
        let Formula::All(parts) = &line.speaks else { continue };
        let mut flat = Vec::new();
        parts.iter().for_each(|part| flatten(part, &mut flat));
        let aged: BTreeSet<Var> = flat.iter().filter_map(|part| edge(part).map(|(var, _)| var)).collect();
        for var in aged {
            let (edges, rest): (Vec<_>, Vec<_>) =
                flat.iter().cloned().partition(|part| edge(part).is_some_and(|(of, _)| of == var));
            let edges = Edges { parts: edges };
            for topic in topics(line) {
                let mut key: Vec<String> = rest.iter().map(|part| format!("{part:?}")).collect();
                key.sort();
                alike.entry((topic, var, key.join(" "))).or_default().push((line, edges.clone(), rest.clone()));
            }
        }
    }
    for ((topic, var, _), rows) in alike.iter().filter(|(_, rows)| rows.len() > 1) {
        for (young, old, rest) in
            rows.iter().flat_map(|(a, x, rest)| rows.iter().map(move |(b, y, _)| ((a, x), (b, y), rest)))
        {
            let (Some(up), Some(from)) = (young.1.upper(), old.1.lower()) else { continue };
            if young.0.number == old.0.number || !seen.insert(format!("{topic} {up:?} {from:?} {rest:?}")) {
                continue;
            }
            // Older than the one reaches, younger than the other begins.
            let mut parts = rest.clone();
            parts.extend([Formula::Known(*var), Formula::not(up.clone()), Formula::not(from.clone())]);
            let band = format!("`{}` lies between the two ages", fact_name(&study.space, *var));
            let says = format!("no rule says `{}` when {band}", verb(topic));
            let (lines, formula) = (&[*young.0, *old.0], Formula::All(parts));
            report(study, sheet, Hole { topic, lines, dims: &[*var], formula, says, end: None }, told)?;
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Edges {
    parts: Vec<Formula>,
}

impl Edges {
    /// Up to this age.
    fn upper(&self) -> Option<&Formula> {
        self.parts.iter().find(|part| matches!(part, Formula::Since(_, Shift::Within(_))))
    }

    /// From this age on.
    fn lower(&self) -> Option<&Formula> {
        self.parts
            .iter()
            .find(|part| matches!(part, Formula::Not(inner) if matches!(**inner, Formula::Since(_, Shift::Past(_)))))
    }
}

fn edge(part: &Formula) -> Option<(Var, Shift)> {
    match part {
        Formula::Since(var, shift @ Shift::Within(_)) => Some((*var, *shift)),
        Formula::Not(inner) => match &**inner {
            Formula::Since(var, shift @ Shift::Past(_)) => Some((*var, *shift)),
            _ => None,
        },
        _ => None,
    }
}

fn flatten(formula: &Formula, into: &mut Vec<Formula>) {
    match formula {
        Formula::All(parts) => parts.iter().for_each(|part| flatten(part, into)),
        other => into.push(other.clone()),
    }
}

/// The way out of a hole between bands.
const MOVE: &str = "move the bounds together (`above` begins just after `max`), or add a rule for what lies between";

/// The kind of thing that rows of a topic say.
fn verb(topic: &str) -> &str {
    topic.split(' ').next().unwrap_or_default()
}

/// What rows leave between them, or beyond the last of them.
struct Hole<'h, 't> {
    topic: &'h str,
    lines: &'h [&'h Line<'t>],
    /// The variables that the rows are bands of.
    dims: &'h [Var],
    formula: Formula,
    says: String,
    /// The advice for what lies at the end; what lies between two bands has its own.
    end: Option<&'static str>,
}

/// True when a row looks at the bands and at nothing else that the rows of the bands do not look at: then it is one of
/// them, whatever it says.
fn beside(line: &Line<'_>, hole: &Hole<'_, '_>) -> bool {
    let own = &line.bands.domains;
    let looked = |var: &Var| hole.lines.iter().any(|line| line.bands.domains.contains_key(var));
    hole.dims.iter().all(|var| own.contains_key(var)) && own.keys().all(looked)
}

fn report(study: &Study<'_>, sheet: &Sheet<'_>, hole: Hole<'_, '_>, told: &mut Told) -> Result<(), Undecided> {
    let lines = hole.lines;
    // Between bands it is the same thing that is said on both sides, or another answer to the same question, if need be
    // in another table of the pack; at their edges any answer of the table will do.
    let answers = |line: &&Line<'_>| {
        let own = line.policy.id == sheet.policy.id;
        let same = || topics(line).iter().any(|other| verb(other) == verb(hole.topic));
        let alike = line.policy.mode == sheet.policy.mode && line.policy.purposes.meet(sheet.policy.purposes);
        own && (hole.end.is_some() || same()) || alike && beside(line, &hole)
    };
    let open = study.told(hole.formula.clone(), sheet.policy);
    let reach = Hull::of(&open, &study.space);
    let near = study.pack(&sheet.policy.locality).filter(|line| line.hull.meets(&reach)).filter(answers);
    let mut parts = vec![open];
    parts.extend(near.map(|line| Formula::not(line.speaks.clone())));
    let window = study::window(&study.space, lines.iter().copied());
    let Some(witness) = study.show(&Formula::All(parts), window, &sheet.policy.locality)? else { return Ok(()) };
    let confirmed = study.confirm(&witness, |decision| study::nobody_spoke(decision, lines.iter().copied()));
    let mut names: Vec<String> = lines.iter().map(|line| format!("`{}`", line.rule())).collect();
    names.dedup();
    if names.len() > NAMES_MAX {
        let others = names.len() - NAMES_MAX;
        names.truncate(NAMES_MAX);
        names.push(format!("and {others} others"));
    }
    let names =
        if let [only] = names.as_slice() { format!("rule {only}") } else { format!("rules {}", names.join(", ")) };
    let Some(first) = lines.first() else { return Ok(()) };
    if let Err(why) = confirmed {
        told.push(study::undecided(&first.row.when_spot, &format!("what {names} leave around them is"), &why));
        return Ok(());
    }
    let around = if hole.topic.is_empty() { "speak" } else { "say it" };
    let message = format!("{}, though {names} {around} around", hole.says);
    let mut related: Vec<_> = lines.iter().skip(1).map(|line| related(line, "one of the bands")).collect();
    related.truncate(4);
    told.push(Diagnostic {
        related,
        witness: Some(witness.json),
        ..study::problem("gap", Severity::Warning, &first.row.when_spot, message, hole.end.unwrap_or(MOVE))
    });
    Ok(())
}

fn fact_name(space: &Space<'_>, var: Var) -> String {
    match var {
        Var::Day => "the day of the case".to_owned(),
        Var::Kind => "kind".to_owned(),
        Var::Fact(fact) => space.fact_at(fact).map_or_else(String::new, |(key, _)| key.to_string()),
        _ => String::new(),
    }
}

/// A cell in words: "`amount` is 10000.01 to 50000.00".
fn band(space: &Space<'_>, var: Var, set: &Set) -> String {
    let name = if var == Var::Day { fact_name(space, var) } else { format!("`{}`", fact_name(space, var)) };
    let value = |number: i64| match var {
        Var::Day => day_of(number).to_string(),
        Var::Kind => {
            usize::try_from(number).ok().and_then(|n| space.kinds.get(n)).map_or_else(String::new, |k| k.to_string())
        }
        Var::Fact(fact) => match space.fact_at(fact).map(|(_, def)| &def.kind) {
            Some(FactType::Money { .. }) => format!("{}.{:02}", number / 100, number % 100),
            Some(FactType::Day) => day_of(number).to_string(),
            Some(FactType::Flag) => (number == 1).to_string(),
            Some(FactType::Text(_)) => space.word(fact, number).map_or_else(String::new, |word| word.to_string()),
            _ => number.to_string(),
        },
        _ => number.to_string(),
    };
    let ordered = order(space, var) != Order::Names;
    let part = |(first, last): &(i64, i64)| {
        if first == last {
            value(*first)
        } else if ordered {
            format!("{} to {}", value(*first), value(*last))
        } else {
            (*first..=*last).map(value).collect::<Vec<_>>().join(" or ")
        }
    };
    format!("{name} is {}", set.intervals().iter().map(part).collect::<Vec<_>>().join(" or "))
}
