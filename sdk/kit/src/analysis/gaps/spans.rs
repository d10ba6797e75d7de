//! Rules that span what others divide: of two bands one is answered whatever else holds, and the other only in part.
//!
//! A rule that speaks on several cells of a grid and one for each cell say the same; but who wrote it once may not have
//! thought of a grid at all. So more must show that a part is missing: nothing overlaps, the bands leave no number out or the
//! table is about its kinds alone, and just one of them is answered in part. Offers alone are looked at: duties, times and
//! preferences are added where they are wanted.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::table::Effect;
use maple_kernel::FactType;

use super::{Hole, band, inside, left_out, report, topics};
use crate::analysis::{
    Undecided,
    formula::{Domain, Formula, Var},
    lines::{Line, Sheet},
    set::Set,
    space::Space,
    study::{Study, Told},
};

const OFFER: &str = "offer";

/// What rows have in common beside what divides them, and what that is.
type Frame = (Vec<(Var, Domain)>, Var);

/// Rows that one variable divides.
#[derive(Default)]
struct Divided<'l, 't> {
    /// Those that look at nothing else.
    whole: Vec<&'l Line<'t>>,
    /// Those that look at one thing more.
    part: Vec<(&'l Line<'t>, Var)>,
}

/// Bands and kinds that are answered in part, beside others that are answered as a whole.
pub(super) fn find(
    study: &Study<'_>,
    sheet: &Sheet<'_>,
    seen: &mut BTreeSet<String>,
    told: &mut Told,
) -> Result<(), Undecided> {
    for ((frame, var), rows) in divided(sheet) {
        let Some((also, taken, here)) = partial(&study.space, var, &rows) else { continue };
        if !shows(study, sheet, var, &rows) {
            continue;
        }
        let Some(left) = left(&study.space, var, also, &taken) else { continue };
        if told.full() {
            told.stop();
            return Ok(());
        }
        let mut parts: BTreeMap<Var, Formula> = frame.iter().map(|(v, domain)| (*v, inside(*v, domain))).collect();
        parts.insert(var, Formula::In(var, here.clone()));
        parts.insert(also, Formula::In(also, left.clone()));
        if !seen.insert(format!("{OFFER} {parts:?}")) {
            continue;
        }
        let bands = [band(&study.space, var, &here), band(&study.space, also, &left)];
        let says = format!("no rule says `{OFFER}` when {}", bands.join(" and "));
        let lines: Vec<&Line<'_>> = rows.part.iter().map(|(line, _)| *line).chain(rows.whole.iter().copied()).collect();
        let (lines, dims, formula) = (&*lines, &[var, also][..], Formula::All(parts.into_values().collect()));
        report(study, sheet, Hole { topic: OFFER, lines, dims, formula, says, end: Some(left_out::MEANT) }, told)?;
    }
    Ok(())
}

/// The rows that offer something, by what they have in common and what divides them.
fn divided<'l, 't>(sheet: &'l Sheet<'t>) -> BTreeMap<Frame, Divided<'l, 't>> {
    let mut found: BTreeMap<Frame, Divided<'_, '_>> = BTreeMap::new();
    for line in sheet.lines.iter().filter(|line| line.bands.exact && topics(line).contains(OFFER)) {
        let domains = &line.bands.domains;
        let without = |some: &[Var]| -> Vec<(Var, Domain)> {
            domains.iter().filter(|(var, _)| !some.contains(var)).map(|(var, domain)| (*var, domain.clone())).collect()
        };
        let divides = |(var, domain): &(&Var, &Domain)| !domain.unknown && matches!(var, Var::Kind | Var::Fact(_));
        let known = || domains.iter().filter(divides).map(|(var, _)| *var);
        for var in known() {
            found.entry((without(&[var]), var)).or_default().whole.push(line);
            for also in known().filter(|also| *also != var && *also != Var::Kind) {
                found.entry((without(&[var, also]), var)).or_default().part.push((line, also));
            }
        }
    }
    found.retain(|_, rows| !rows.whole.is_empty() && !rows.part.is_empty());
    found
}

/// What the one band that is answered in part is divided by, what of that is answered, and the band; none where the rows
/// overlap, or more than one band is answered in part.
fn partial(space: &Space<'_>, var: Var, rows: &Divided<'_, '_>) -> Option<(Var, Set, Set)> {
    let of = |line: &Line<'_>, var: Var| line.bands.domains.get(&var).map(|domain| domain.set.clone());
    let (first, also) = rows.part.first()?;
    let here = of(first, var)?;
    let one = |(line, other): &(&Line<'_>, Var)| other == also && of(line, var).as_ref() == Some(&here);
    let mut answered = here.clone();
    for line in &rows.whole {
        let own = of(line, var)?;
        if own.meets(&answered) {
            return None;
        }
        answered = answered.union(&own);
    }
    if !rows.part.iter().all(one) || !is_divided(space, var, &answered) {
        return None;
    }
    Some((*also, union(rows, *also)?, here))
}

/// True when kinds divide the rows, or numbers or a flag of which nothing is left.
fn is_divided(space: &Space<'_>, var: Var, answered: &Set) -> bool {
    let Var::Fact(fact) = var else { return var == Var::Kind };
    let (low, high) = space.domain(var);
    let kind = space.fact_at(fact).map(|(_, def)| &def.kind);
    matches!(kind, Some(FactType::Count { .. } | FactType::Money { .. } | FactType::Flag))
        && *answered == Set::span(low, high)
}

/// What the rows that look at it ask of a variable.
fn union(rows: &Divided<'_, '_>, var: Var) -> Option<Set> {
    let sets = rows.part.iter().map(|(line, _)| line.bands.domains.get(&var).map(|domain| domain.set.clone()));
    sets.collect::<Option<Vec<_>>>()?.into_iter().reduce(|a, b| a.union(&b))
}

/// True when the rows are the bands of one thing. Bands of numbers that leave none out are; kinds are when the target names
/// them one by one or together, or when the table says nothing else and offers one thing: who adds one way for a kind and
/// another for a part of the next leaves the rest to the packs above.
fn shows(study: &Study<'_>, sheet: &Sheet<'_>, var: Var, rows: &Divided<'_, '_>) -> bool {
    if var != Var::Kind {
        return true;
    }
    let named = Space::names(study.space.kinds.iter().map(|kind| kind.as_str()), |kind| {
        sheet.policy.target.kinds.iter().any(|pattern| pattern.as_str() != left_out::ANY && pattern.covers(kind))
    });
    let lines = || rows.whole.iter().copied().chain(rows.part.iter().map(|(line, _)| *line));
    let kinds = lines().filter_map(|line| line.bands.domains.get(&Var::Kind));
    let answered = kinds.fold(Set::empty(), |all, domain| all.union(&domain.set));
    let alone = sheet.whole && rows.whole.len() + rows.part.len() == sheet.lines.len();
    let mut offered = lines().map(channels);
    let first = offered.next();
    alone && offered.all(|other| Some(other) == first) || !named.is_empty() && named == answered
}

/// What a row offers.
fn channels<'l>(line: &'l Line<'_>) -> BTreeSet<&'l str> {
    let offered = line.row.then.iter().filter_map(|effect| match effect {
        Effect::Offer { channel, .. } => Some(channel.as_str()),
        _ => None,
    });
    offered.collect()
}

/// What is left of a variable, where the part that is answered shows that all of it should be: what lies beyond the last band
/// that begins at the very edge; and of a flag the other value, where numbers divide the rows.
fn left(space: &Space<'_>, var: Var, also: Var, taken: &Set) -> Option<Set> {
    let Var::Fact(fact) = also else { return None };
    let kind = |fact: u32| space.fact_at(fact).map(|(_, def)| &def.kind);
    match (kind(fact)?, var) {
        (FactType::Count { .. } | FactType::Money { .. }, _) => left_out::left(space, also, taken),
        (FactType::Flag, Var::Fact(by)) if !matches!(kind(by), Some(FactType::Flag)) => {
            let left = taken.without(space.domain(also));
            (!left.is_empty()).then_some(left)
        }
        _ => None,
    }
}
