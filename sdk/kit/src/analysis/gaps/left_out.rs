//! What a table leaves out without saying that it is complete: kinds and doors that its target covers and no rule ever
//! answers, words of a list of which its rules answer most, and amounts beyond its last band.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::{Diagnostic, Severity};
use maple_kernel::FactType;

use super::{Hole, NAMES_MAX, band, report, verb};
use crate::analysis::{
    Undecided,
    formula::{Formula, Hull, Var},
    lines::{Line, Sheet},
    set::Set,
    space::Space,
    study::{self, Study, Told},
};

/// A target that covers every kind says nothing of its table.
pub(super) const ANY: &str = "*";
/// The way out of what lies at an end.
pub(super) const MEANT: &str = "add a rule for it, or say that it is meant: `complete = false`";

/// Kinds and doors that the target covers and no rule ever answers.
pub(super) fn of_the_target(study: &Study<'_>, sheet: &Sheet<'_>) -> Result<Vec<Diagnostic>, Undecided> {
    if !sheet.whole || sheet.lines.is_empty() {
        return Ok(Vec::new());
    }
    let target = &sheet.policy.target;
    let kind = |name: &str| {
        let covers = |pattern: &&maple_kernel::Pattern| pattern.as_str() != ANY && pattern.covers(name);
        target.kinds.iter().any(|pattern| covers(&pattern)) && !target.except.iter().any(|pattern| pattern.covers(name))
    };
    let source = |name: &str| target.sources.iter().any(|source| source.as_str() == name);
    let kinds = Space::names(study.space.kinds.iter().map(|kind| kind.as_str()), kind);
    let sources = Space::names(study.space.sources.iter().map(|source| source.as_str()), source);
    let mut found = Vec::new();
    for (var, covered) in [(Var::Kind, kinds), (Var::Source, sources)] {
        found.extend(unanswered(study, sheet, var, &covered)?);
    }
    Ok(found)
}

/// Those of some names on which no rule speaks.
fn unanswered(study: &Study<'_>, sheet: &Sheet<'_>, var: Var, covered: &Set) -> Result<Option<Diagnostic>, Undecided> {
    let answered = sheet.lines.iter().filter(|line| line.hull.exact).fold(Set::empty(), |all, line| {
        let own = line.hull.domains.get(&var).map(|domain| domain.set.clone());
        all.union(&own.unwrap_or_else(|| covered.clone()))
    });
    let mut left = Vec::new();
    for name in numbers(covered).filter(|name| !Set::one(*name).lies_in(&answered)) {
        if !speaks(study, sheet, &Formula::In(var, Set::one(name)))? {
            left.push(name);
        }
    }
    let Some(first) = left.first() else { return Ok(None) };
    let asked = sheet.policy;
    let window = crate::analysis::read::window(asked.from, asked.to);
    let window = (window.first().unwrap_or(0), window.last().unwrap_or(0));
    let hole = sheet.asked.clone().and(Formula::In(var, Set::one(*first)));
    let Some(witness) = study.show(&hole, window, &asked.locality)? else { return Ok(None) };
    study.confirm(&witness, |decision| study::nobody_spoke(decision, &sheet.lines))?;
    let mut names: Vec<String> = left.iter().map(|name| format!("`{}`", called(&study.space, var, *name))).collect();
    if names.len() > NAMES_MAX {
        let others = names.len() - NAMES_MAX;
        names.truncate(NAMES_MAX);
        names.push(format!("{others} others"));
    }
    let message = format!("`target` covers {}, and no rule ever answers {}", names.join(", "), pronoun(left.len()));
    let advice = "add a rule, take it out of `target`, or say that it is meant: `complete = false`";
    Ok(Some(Diagnostic {
        witness: Some(witness.json),
        ..study::problem("gap", Severity::Warning, &sheet.table.target_spot, message, advice)
    }))
}

const fn pronoun(count: usize) -> &'static str {
    if count == 1 { "it" } else { "any of them" }
}

/// True when some rule speaks on some case of a formula.
fn speaks(study: &Study<'_>, sheet: &Sheet<'_>, formula: &Formula) -> Result<bool, Undecided> {
    let reach = Hull::of(formula, &study.space);
    for line in sheet.lines.iter().filter(|line| line.hull.meets(&reach)) {
        if !study.never(&line.speaks.clone().and(formula.clone()), line.window(&study.space))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn called(space: &Space<'_>, var: Var, number: i64) -> String {
    let at = usize::try_from(number).unwrap_or(usize::MAX);
    match var {
        Var::Kind => space.kinds.get(at).map(ToString::to_string),
        _ => space.sources.get(at).map(ToString::to_string),
    }
    .unwrap_or_default()
}

fn numbers(set: &Set) -> impl Iterator<Item = i64> + '_ {
    set.intervals().iter().flat_map(|(first, last)| *first..=*last)
}

/// What rows that differ in one variable alone leave out at its edges: words of a list of which they take more than half,
/// and what lies beyond the last band when the first one begins at the very edge on the other side.
pub(super) fn of_the_bands(
    study: &Study<'_>,
    sheet: &Sheet<'_>,
    topic: &str,
    lines: &[&Line<'_>],
    var: Var,
    seen: &mut BTreeSet<String>,
    told: &mut Told,
) -> Result<(), Undecided> {
    let taken = lines.iter().filter_map(|line| line.bands.domains.get(&var));
    let taken = Set::of(taken.flat_map(|domain| domain.set.intervals().iter().copied()));
    let Some(left) = left(&study.space, var, &taken) else { return Ok(()) };
    let Some(like) = lines.first() else { return Ok(()) };
    let rest = like.bands.domains.iter().filter(|(v, _)| **v != var);
    let mut parts: BTreeMap<Var, Formula> = rest.map(|(v, domain)| (*v, super::inside(*v, domain))).collect();
    parts.insert(var, Formula::In(var, left.clone()));
    if told.full() {
        told.stop();
        return Ok(());
    }
    if !seen.insert(format!("{topic} {parts:?}")) {
        return Ok(());
    }
    let says = format!("no rule says `{}` when {}", verb(topic), band(&study.space, var, &left));
    let end = Some(MEANT);
    report(
        study,
        sheet,
        Hole { topic, lines, dims: &[var], formula: Formula::All(parts.into_values().collect()), says, end },
        told,
    )
}

/// What is left of a variable, where the part that is taken shows that all of it should be.
pub(super) fn left(space: &Space<'_>, var: Var, taken: &Set) -> Option<Set> {
    let Var::Fact(fact) = var else { return None };
    let (first, last) = space.domain(var);
    let left = match &space.fact_at(fact)?.1.kind {
        FactType::Text(words) if !words.is_empty() => {
            let left = taken.without((first, last));
            if numbers(taken).count() > numbers(&left).count() { left } else { Set::empty() }
        }
        // Days begin and end with the law, and what begins at a threshold is meant to: few of something ask for nothing.
        FactType::Count { .. } | FactType::Money { .. } if taken.first()? == first => {
            Set::span(taken.last()?.saturating_add(1), last)
        }
        _ => Set::empty(),
    };
    (!left.is_empty()).then_some(left)
}
