//! Rows that never speak, and effects that are never heard.

use std::collections::BTreeSet;

use maple_bundle::{Diagnostic, Severity, table::Effect};
use maple_kernel::{Class, Mode, PolicyId};

use super::{
    Undecided,
    conflicts::{self, Offers},
    derive,
    formula::{Formula, Hull, Var},
    lines::{Line, lies_in},
    read,
    study::{self, Study, TABLE_PROBLEMS_MAX, Told, related},
    words,
};

/// Rows whose condition no case meets.
pub(crate) fn never(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (sheet, dead) in study.sheets.iter().zip(&study.dead) {
        let mut told = Told::new();
        for line in dead {
            if told.full() {
                break;
            }
            told.push(report_never(study, line));
        }
        found.extend(told.finish(&sheet.table.spot, dead.len() > TABLE_PROBLEMS_MAX));
    }
    found
}

fn report_never(study: &Study<'_>, line: &Line<'_>) -> Diagnostic {
    let all_days = study.space.domain(Var::Day);
    let alone = study.space.condition(&line.row.when, &line.policy.locality);
    let near = Formula::All(asked(study, line));
    let witness = study.show(&near, all_days, &line.policy.locality).ok().flatten();
    let witness = witness.map(|witness| witness.json);
    if let Ok(when) = &alone
        && let Some(unheard) = unheard(study, line, when)
    {
        return Diagnostic { witness, ..unheard };
    }
    let message = format!("rule `{}` never speaks: no case meets its condition", line.rule());
    let advice = if alone.and_then(|when| study.never(&when, all_days)) == Ok(true) {
        "no case meets its conditions together; correct one of them, or take the rule out"
    } else {
        "its condition excludes what the policy is asked about (its `target`, its place or its days); correct one of them"
    };
    Diagnostic { witness, ..study::problem("rule-never-speaks", Severity::Error, &line.row.when_spot, message, advice) }
}

/// That a row would speak if the facts that it reads were derived otherwise before it.
fn unheard(study: &Study<'_>, line: &Line<'_>, when: &Formula) -> Option<Diagnostic> {
    let (space, policy) = (&study.space, line.policy);
    let target = space.target(&policy.target).ok()?;
    let days = read::days(line.row.from, line.row.to).and(read::days(policy.from, policy.to));
    let whole = Formula::All(vec![when.clone(), target, days, space.below(policy.locality.as_str())]);
    let mut facts = derive::facts(space, &whole);
    if facts.is_empty() || study.never(&whole, space.domain(Var::Day)) != Ok(false) {
        return None;
    }
    // Those that alone keep it silent, where there are any.
    let keeps =
        |fact: &u32| study.never(&study.told_save(*fact, whole.clone(), policy), space.domain(Var::Day)) == Ok(false);
    let alone: BTreeSet<u32> = facts.iter().copied().filter(keeps).collect();
    if !alone.is_empty() {
        facts = alone;
    }
    let names = facts.iter().filter_map(|fact| space.fact_at(*fact)).map(|(key, _)| format!("`{key}`"));
    let (names, rule) = (names.collect::<Vec<_>>().join(", "), line.rule());
    let (message, advice) = if facts.iter().any(|fact| study.is_said(*fact, policy)) {
        (
            format!("rule `{rule}` never speaks: what earlier rules derive of {names} never meets its condition"),
            "correct what it asks of the fact, or the rules that derive it; the last of them that speaks counts",
        )
    } else {
        (
            format!("rule `{rule}` never speaks: it asks for {names}, which no rule derives before it is asked"),
            "a table hears what tables of the packs above derive, and those of its own pack whose file names come \
             earlier; what it derives itself only later tables hear: move the rule that derives it, or ask for the facts \
             behind it",
        )
    };
    Some(study::problem("rule-never-speaks", Severity::Warning, &line.row.when_spot, message, advice))
}

/// As much of a dead row as one case can meet: that its policy is asked, then its conditions one by one.
fn asked(study: &Study<'_>, line: &Line<'_>) -> Vec<Formula> {
    let mut met = Vec::new();
    let mut parts = vec![&line.speaks];
    let mut flat = Vec::new();
    while let Some(part) = parts.pop() {
        match part {
            Formula::All(inner) => parts.extend(inner.iter().rev()),
            other => flat.push(other.clone()),
        }
    }
    for part in flat {
        met.push(part);
        if study.never(&Formula::All(met.clone()), study.space.domain(Var::Day)) != Ok(false) {
            met.pop();
        }
    }
    met
}

const FORBIDS: &str = "forbids it";

/// What silences an effect of another line.
struct Silencer<'s, 't> {
    line: &'s Line<'t>,
    when: Formula,
    how: &'static str,
}

/// How many rules that may silence one are looked at together.
pub(crate) const SILENCERS_MAX: usize = 200;

/// What is looked up for every effect.
struct Masks<'s, 't> {
    study: &'s Study<'t>,
    /// Lines that forbid something.
    forbidding: Vec<&'s Line<'t>>,
    /// What is offered: what an upper pack offers no lower one may close.
    offers: Offers<'s, 't>,
    /// Policies that another one replaces, at least in part.
    replaced: BTreeSet<&'s PolicyId>,
}

impl<'s, 't> Masks<'s, 't> {
    fn new(study: &'s Study<'t>) -> Self {
        let forbids = |line: &&Line<'_>| line.row.then.iter().any(|effect| matches!(effect, Effect::Forbid(_)));
        let places = study.space.ruleset.localities();
        let policies = places.flat_map(|(place, _)| study.space.ruleset.policies_of(place));
        Self {
            study,
            forbidding: study.lines().filter(|line| line.policy.mode == Mode::Enforce).filter(forbids).collect(),
            offers: conflicts::offers(study),
            replaced: policies.flat_map(|policy| &policy.replaces).map(|replaces| &replaces.policy).collect(),
        }
    }
}

/// Effects that are never heard, because wherever their row speaks another rule closes the channel, or replaces the row.
pub(crate) fn masked(study: &Study<'_>) -> Vec<Diagnostic> {
    let (masks, mut found) = (Masks::new(study), Vec::new());
    for sheet in study.sheets.iter().filter(|sheet| sheet.policy.mode == Mode::Enforce) {
        let mut told = Told::new();
        for line in &sheet.lines {
            if told.full() {
                told.stop();
                break;
            }
            for effect in &line.row.then {
                match masks.mask(line, effect) {
                    Ok(problem) => problem.into_iter().for_each(|problem| told.push(problem)),
                    Err(why) => {
                        found.push(study::undecided(&line.row.spot, &format!("rule `{}` is", line.rule()), &why));
                    }
                }
            }
        }
        found.extend(told.finish(&sheet.table.spot, false));
    }
    found
}

impl<'s, 't> Masks<'s, 't> {
    fn mask(&self, line: &Line<'_>, effect: &Effect) -> Result<Option<Diagnostic>, Undecided> {
        let study = self.study;
        let mut silencers = self.closers(line, effect);
        silencers.extend(self.replacers(line, effect));
        let hulls: Vec<&Hull> = silencers.iter().map(|silencer| &silencer.line.hull).collect();
        if silencers.is_empty() || line.hull.escapes(&hulls, &study.space) {
            return Ok(None);
        }
        if silencers.len() > SILENCERS_MAX {
            return Err(Undecided::new(format!("more than {SILENCERS_MAX} rules may silence it")));
        }
        let window = line.window(&study.space);
        let heard = line.heard(effect);
        let outside = |silencers: &[Silencer<'_, '_>]| {
            let others = silencers.iter().map(|silencer| Formula::not(silencer.when.clone()));
            study.never(&Formula::All(std::iter::once(heard.clone()).chain(others).collect()), window)
        };
        if !outside(&silencers)? || study.never(&heard, window)? {
            return Ok(None);
        }
        let mut at = 0;
        while at < silencers.len() {
            let one = silencers.remove(at);
            if !outside(&silencers)? {
                silencers.insert(at, one);
                at += 1;
            }
        }
        if let [only] = silencers.as_slice()
            && only.how == FORBIDS
            && only.line.policy.locality == line.policy.locality
            && study.never(&only.when.clone().and(Formula::not(heard.clone())), window)?
        {
            return Ok(None); // told as a contradiction
        }
        report_masked(study, line, effect, &heard, &silencers)
    }

    /// Rows that close the channel of an offer or a preference: of trusted packs at its level or above, which nobody
    /// overrules, and of other such packs where no pack above them keeps the channel open and nobody replaces them.
    fn closers(&self, line: &Line<'_>, effect: &Effect) -> Vec<Silencer<'s, 't>> {
        let (Effect::Offer { channel, .. } | Effect::Prefer { channel, .. }) = effect else { return Vec::new() };
        let channels = &self.study.space.ruleset.vocabulary().channels;
        let Some(class) = channels.get(channel).map(|channel| channel.class) else { return Vec::new() };
        let closes = |effect: &&Effect| matches!(effect, Effect::Forbid(selector) if self.study.closes(selector, channel.as_str()));
        let may_close = class == Class::Facilitative;
        let sure = |other: &Line<'_>| other.policy.trusted || (may_close && !self.replaced.contains(&other.policy.id));
        let others = self.forbidding.iter().filter(|other| above(other, line) && sure(other));
        let mut found = Vec::new();
        for other in others {
            for forbid in other.row.then.iter().filter(closes) {
                if other.hull.meets(&line.hull) {
                    let mut when = vec![other.heard(forbid)];
                    when.extend(conflicts::not_kept_open(self.study, &self.offers, other, forbid));
                    found.push(Silencer { line: other, when: Formula::All(when), how: FORBIDS });
                }
            }
        }
        found
    }

    /// Rows of lower packs that replace the row's rule when they speak.
    fn replacers(&self, line: &Line<'_>, effect: &Effect) -> Vec<Silencer<'s, 't>> {
        let claim =
            matches!(effect, Effect::Forbid(_) | Effect::RequireFirst { .. } | Effect::Clock { .. } | Effect::Refer(_));
        let stands = line.policy.trusted && (claim || line.policy.floor.holds(line.rule()));
        if stands || !self.replaced.contains(&line.policy.id) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for sheet in self.study.sheets.iter().filter(|sheet| sheet.policy.mode == Mode::Enforce) {
            for replaces in sheet.policy.replaces.iter().filter(|replaces| {
                replaces.policy == line.policy.id && replaces.rule.as_ref().is_none_or(|rule| *rule == line.row.rule)
            }) {
                let named = |other: &&Line<'_>| replaces.when.as_ref().is_none_or(|when| *when == other.row.rule);
                let meets = |other: &&Line<'_>| other.hull.meets(&line.hull);
                found.extend(sheet.lines.iter().filter(named).filter(meets).map(|other| Silencer {
                    line: other,
                    when: speaking(self.study, other),
                    how: "replaces it",
                }));
            }
        }
        found
    }
}

fn report_masked(
    study: &Study<'_>,
    line: &Line<'_>,
    effect: &Effect,
    heard: &Formula,
    silencers: &[Silencer<'_, '_>],
) -> Result<Option<Diagnostic>, Undecided> {
    let Some(witness) = study.show(heard, line.window(&study.space), &line.policy.locality)? else { return Ok(None) };
    study.confirm(&witness, |d| study::said(d, line, effect) && !study::kept(d, line, effect))?;
    let by: Vec<String> = silencers.iter().map(|s| format!("rule {} {}", study::name(s.line, line), s.how)).collect();
    let message =
        format!("rule `{}` is masked: wherever it says `{}`, {}", line.rule(), words::claim(effect), by.join(", or "));
    let advice = "it changes no decision: narrow the rule that masks it, or take this one out";
    Ok(Some(Diagnostic {
        related: silencers.iter().map(|silencer| related(silencer.line, silencer.how)).collect(),
        witness: Some(witness.json),
        ..study::problem("rule-masked", Severity::Warning, &line.row.spot, message, advice)
    }))
}

/// True when the other line's pack stands at the line's level or above it.
fn above(other: &Line<'_>, line: &Line<'_>) -> bool {
    lies_in(&line.policy.locality, &other.policy.locality)
}

/// When a row gives any finding: a clock gives none while the day that it runs from is not known.
fn speaking(study: &Study<'_>, line: &Line<'_>) -> Formula {
    let starts: Option<Vec<Formula>> = line.row.then.iter().map(|effect| study.start_known(effect)).collect();
    match starts {
        Some(starts) => line.speaks.clone().and(Formula::Any(starts)),
        None => line.speaks.clone(),
    }
}
