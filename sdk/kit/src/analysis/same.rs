//! Rows that say what another row already says.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::{Diagnostic, Severity, table::Effect};
use maple_kernel::{Mode, Purposes, Replaces};

use super::{
    Undecided,
    conflicts::QUESTIONS_MAX,
    formula::{Formula, Hull},
    lines::Line,
    pairs,
    study::{self, Study, Told, related},
    words,
};

/// Rows of one pack that speak on the same cases and say the same, and rows that add nothing to a wider one.
pub(crate) fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    study.packs().into_iter().flat_map(|pack| of_pack(study, study.pack(pack).collect())).collect()
}

fn of_pack(study: &Study<'_>, all: Vec<&Line<'_>>) -> Vec<Diagnostic> {
    let Some(spot) = all.first().map(|line| &line.table.spot) else { return Vec::new() };
    // Rows share a group when they have an effect in common; each pair is looked at in the group of its first one.
    // A row that only tries doubles nothing, nor does one that is asked about something else.
    let mut groups: BTreeMap<String, Vec<(usize, &Line<'_>)>> = BTreeMap::new();
    for (at, line) in all.iter().enumerate().filter(|(_, line)| line.policy.mode == Mode::Enforce) {
        let asked = line.policy.purposes;
        let names: BTreeSet<String> = line.row.then.iter().map(|effect| group(asked, effect)).collect();
        names.into_iter().for_each(|name| groups.entry(name).or_default().push((at, line)));
    }
    let (mut told, mut notes, mut asked, mut stopped) = (Told::new(), Vec::new(), 0, false);
    let mut done = BTreeSet::new();
    for (name, lines) in &groups {
        let hulls: Vec<&Hull> = lines.iter().map(|(_, line)| &line.hull).collect();
        let complete = pairs::meeting(&hulls, &study.space, |a, b| {
            let (Some((at, a)), Some((other, b))) = (lines.get(a), lines.get(b)) else { return true };
            let later = *at.max(other);
            let of = a.policy.purposes;
            let shared = a.row.then.iter().filter(|effect| b.row.then.contains(effect)).map(|effect| group(of, effect));
            if shared.min().as_ref() != Some(name) || done.contains(&later) {
                return true;
            }
            stopped |= told.full() || asked > QUESTIONS_MAX;
            if stopped {
                return false;
            }
            match compare(study, a, b, &mut asked) {
                Ok(Some(problem)) => {
                    done.insert(later);
                    told.push(problem);
                }
                Ok(None) => {}
                Err(why) => {
                    let what = format!("rules {} and {} are", study::name(a, b), study::name(b, a));
                    notes.push(study::undecided(&b.row.spot, &what, &why));
                }
            }
            true
        });
        if !complete {
            let why = Undecided::new(format!("more than {} pairs of rules", pairs::PAIRS_MAX));
            notes.push(study::undecided(spot, "repeated rules of this pack are", &why));
        }
    }
    let mut found = told.finish(spot, stopped);
    found.extend(notes);
    found
}

/// What rows have in common when they say this and are asked alike.
fn group(asked: Purposes, effect: &Effect) -> String {
    format!("{asked:?} {effect:?}")
}

/// `a` stands before `b`.
fn compare(study: &Study<'_>, a: &Line<'_>, b: &Line<'_>, asked: &mut usize) -> Result<Option<Diagnostic>, Undecided> {
    let same = says_all(a, b) && says_all(b, a) && stands_in(study, a, b) && stands_in(study, b, a);
    if same && inside(study, a, b, asked)? && inside(study, b, a, asked)? {
        return report(study, b, a, true);
    }
    for (narrow, wide) in [(b, a), (a, b)] {
        // Another text for the parties, or other law, is a reason for a row of its own.
        let adds = narrow.row.worded || !narrow.row.basis.iter().all(|id| wide.row.basis.contains(id));
        if !adds && says_all(wide, narrow) && stands_in(study, wide, narrow) && inside(study, narrow, wide, asked)? {
            return report(study, narrow, wide, false);
        }
    }
    Ok(None)
}

/// True when `other` stands wherever `line` would, and does for other policies what `line` does: nobody replaces it alone,
/// nothing is replaced because `line` speaks, and it is floor if `line` is.
fn stands_in(study: &Study<'_>, other: &Line<'_>, line: &Line<'_>) -> bool {
    let one = other.policy.id == line.policy.id;
    if one && other.row.rule == line.row.rule {
        return true;
    }
    let names = |replaces: &Replaces, line: &Line<'_>| {
        replaces.policy == line.policy.id && replaces.rule.as_ref().is_none_or(|rule| *rule == line.row.rule)
    };
    let ruleset = study.space.ruleset;
    let all = ruleset.localities().flat_map(|(place, _)| ruleset.policies_of(place));
    let mut replaced = all.filter(|policy| policy.mode == Mode::Enforce).flat_map(|policy| &policy.replaces);
    let replaces = line.policy.replaces.iter().any(|own| own.when.as_ref().map_or(!one, |when| *when == line.row.rule));
    let floor = |line: &Line<'_>| line.policy.trusted && line.policy.floor.holds(line.rule());
    !replaces && (floor(other) || !floor(line)) && !replaced.any(|by| names(by, other) && !names(by, line))
}

/// True when every effect of `line` is one of `other`'s.
fn says_all(other: &Line<'_>, line: &Line<'_>) -> bool {
    line.row.then.iter().all(|effect| other.row.then.contains(effect))
}

/// True when every case on which `narrow` is heard is one on which `wide` is heard.
fn inside(study: &Study<'_>, narrow: &Line<'_>, wide: &Line<'_>, asked: &mut usize) -> Result<bool, Undecided> {
    let needs = narrow.row.then.iter().any(Effect::needs_basis);
    let lawful = !needs || narrow.lawful.lies_in(&wide.lawful);
    if lawful && wide.hull.exact && narrow.hull.lies_in(&wide.hull) {
        return Ok(true);
    }
    if lawful && wide.hull.exact && narrow.hull.exact && !narrow.hull.tied {
        return Ok(false);
    }
    *asked += 1;
    let effect = narrow.row.then.iter().find(|effect| effect.needs_basis()).or(narrow.row.then.first());
    let Some(effect) = effect else { return Ok(false) };
    let outside = narrow.heard(effect).and(Formula::not(wide.heard(effect)));
    study.never(&outside, study::window(&study.space, [narrow, wide]))
}

fn report(study: &Study<'_>, line: &Line<'_>, other: &Line<'_>, same: bool) -> Result<Option<Diagnostic>, Undecided> {
    let claims: Vec<String> = line.row.then.iter().map(|effect| format!("`{}`", words::claim(effect))).collect();
    let claims = claims.join(", ");
    let (code, message, advice) = if same {
        let message = format!(
            "rule `{}` is there twice: {} speaks on the same cases and says the same, {claims}",
            line.rule(),
            study::name(other, line)
        );
        ("duplicate-rule", message, "keep one of the two; one rule can cite several provisions")
    } else {
        let message = format!(
            "rule `{}` adds nothing: wherever it speaks, {} says the same, {claims}",
            line.rule(),
            study::name(other, line)
        );
        ("redundant-rule", message, "take it out, or let it say what is special about its cases")
    };
    // A clock says something only where the day that it runs from is known.
    let starts = line.row.then.iter().filter_map(|effect| study.start_known(effect));
    let both = Formula::All([line.speaks.clone(), other.speaks.clone()].into_iter().chain(starts).collect());
    let witness = study.show(&both, line.window(&study.space), &line.policy.locality)?;
    let shows = |question: &maple_kernel::Question| {
        let decision = study.decide(question);
        study::spoke(&decision, line) && study::spoke(&decision, other)
    };
    let witness = witness.filter(|witness| study.try_on(witness).as_ref().is_some_and(shows));
    Ok(Some(Diagnostic {
        related: vec![related(other, "the other rule")],
        witness: witness.map(|witness| witness.json),
        ..study::problem(code, Severity::Warning, &line.row.spot, message, advice)
    }))
}
