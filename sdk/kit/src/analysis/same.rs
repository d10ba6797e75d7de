//! Rows that say what another row already says.

use std::collections::BTreeMap;

use maple_bundle::{Diagnostic, Severity, table::Effect};

use super::{
    Undecided,
    conflicts::QUESTIONS_MAX,
    formula::{Formula, Hull},
    lines::{Line, Sheet},
    pairs,
    study::{self, Study, Told, related},
    words,
};

/// Rows of one table that speak on the same cases and say the same, and rows that add nothing to a wider one.
pub(crate) fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    study.sheets.iter().flat_map(|sheet| of_sheet(study, sheet)).collect()
}

fn of_sheet(study: &Study<'_>, sheet: &Sheet<'_>) -> Vec<Diagnostic> {
    // Rows share a group when they have an effect in common; each pair is looked at in the group of its first one.
    let mut groups: BTreeMap<String, Vec<&Line<'_>>> = BTreeMap::new();
    for line in &sheet.lines {
        for effect in &line.row.then {
            groups.entry(format!("{effect:?}")).or_default().push(line);
        }
    }
    let (mut told, mut notes, mut asked, mut stopped) = (Told::new(), Vec::new(), 0, false);
    let mut done = std::collections::BTreeSet::new();
    for (name, lines) in &groups {
        let hulls: Vec<&Hull> = lines.iter().map(|line| &line.hull).collect();
        let complete = pairs::meeting(&hulls, &study.space, |a, b| {
            let (Some(a), Some(b)) = (lines.get(a), lines.get(b)) else { return true };
            let shared =
                a.row.then.iter().filter(|effect| b.row.then.contains(effect)).map(|effect| format!("{effect:?}"));
            if a.number == b.number || shared.min().as_ref() != Some(name) || done.contains(&a.number.max(b.number)) {
                return true;
            }
            stopped |= told.full() || asked > QUESTIONS_MAX;
            if stopped {
                return false;
            }
            match compare(study, a, b, &mut asked) {
                Ok(Some(problem)) => {
                    done.insert(a.number.max(b.number));
                    told.push(problem);
                }
                Ok(None) => {}
                Err(why) => {
                    let what = format!("rules `{}` and `{}` are", a.rule(), b.rule());
                    notes.push(study::undecided(&b.row.spot, &what, &why));
                }
            }
            true
        });
        if !complete {
            let why = Undecided::new(format!("more than {} pairs of rules", pairs::PAIRS_MAX));
            notes.push(study::undecided(&sheet.table.spot, "repeated rules of this table are", &why));
        }
    }
    let mut found = told.finish(&sheet.table.spot, stopped);
    found.extend(notes);
    found
}

/// `a` stands before `b`.
fn compare(study: &Study<'_>, a: &Line<'_>, b: &Line<'_>, asked: &mut usize) -> Result<Option<Diagnostic>, Undecided> {
    let same = says_all(a, b) && says_all(b, a);
    if same && inside(study, a, b, asked)? && inside(study, b, a, asked)? {
        return report(study, b, a, true);
    }
    for (narrow, wide) in [(b, a), (a, b)] {
        // Another text for the parties, or other law, is a reason for a row of its own.
        let adds = narrow.row.worded || !narrow.row.basis.iter().all(|id| wide.row.basis.contains(id));
        if !adds && says_all(wide, narrow) && inside(study, narrow, wide, asked)? {
            return report(study, narrow, wide, false);
        }
    }
    Ok(None)
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
    if lawful && wide.hull.exact && narrow.hull.exact {
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
            "rule `{}` is there twice: `{}` speaks on the same cases and says the same, {claims}",
            line.rule(),
            other.rule()
        );
        ("duplicate-rule", message, "keep one of the two; one rule can cite several provisions")
    } else {
        let message = format!(
            "rule `{}` adds nothing: wherever it speaks, `{}` says the same, {claims}",
            line.rule(),
            other.rule()
        );
        ("redundant-rule", message, "take it out, or let it say what is special about its cases")
    };
    let both = line.speaks.clone().and(other.speaks.clone());
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
