//! What a lower pack says against the floor: the host will not hear it, so its author should know before.

use maple_bundle::{Diagnostic, Severity, table::Effect};
use maple_kernel::{Class, ClockKind, Decision, Mode, Span, Term, WordList};

use super::{
    Undecided, days, derive,
    formula::{Formula, Var},
    lines::Line,
    set::Set,
    study::{self, Study, Told, related},
    witness::Witness,
    words,
};

/// How many days are tried for a case that the host corrects.
const DAYS_TRIED: i64 = 14;

/// Claims of lower packs that the host corrects on some case, because a trusted pack above says otherwise; and mediation
/// that they forbid although any pack above offers it.
pub(crate) fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let enforced = || study.lines().filter(|line| line.policy.mode == Mode::Enforce);
    let offers = |line: &&Line<'_>| line.row.then.iter().any(|effect| matches!(effect, Effect::Offer { .. }));
    let trusted: Vec<&Line<'_>> = enforced().filter(|line| line.policy.trusted).collect();
    let offering: Vec<&Line<'_>> = enforced().filter(offers).collect();
    let mut found = Vec::new();
    for sheet in study.sheets.iter().filter(|sheet| !sheet.policy.trusted && sheet.policy.mode == Mode::Enforce) {
        let mut told = Told::new();
        for (line, effect) in sheet.lines.iter().flat_map(|line| line.row.then.iter().map(move |effect| (line, effect)))
        {
            if told.full() {
                told.stop();
                break;
            }
            match unheard(study, line, effect) {
                Ok(None) => {}
                Ok(Some(problem)) => {
                    told.push(problem);
                    continue;
                }
                Err(why) => found.push(study::undecided(&line.row.spot, &format!("rule `{}` is", line.rule()), &why)),
            }
            let of = if matches!(effect, Effect::Forbid(_)) { &offering } else { &trusted };
            let uppers = of.iter().filter(|upper| below(line, upper) && line.hull.meets(&upper.hull));
            for (upper, said) in uppers.flat_map(|upper| upper.row.then.iter().map(move |said| (*upper, said))) {
                let Some(clash) = clash(study, line, effect, upper, said) else { continue };
                match shown(study, line, effect, upper, said, clash) {
                    Ok(None) => {}
                    Ok(Some(problem)) => {
                        told.push(problem);
                        break;
                    }
                    Err(why) => {
                        found.push(study::undecided(&line.row.spot, &format!("rule `{}` is", line.rule()), &why));
                        break;
                    }
                }
            }
        }
        found.extend(told.finish(&sheet.table.spot, false));
    }
    found
}

/// A fact that the host's guardrails look at and that only the floor may say (H09).
fn unheard(study: &Study<'_>, line: &Line<'_>, effect: &Effect) -> Result<Option<Diagnostic>, Undecided> {
    let Effect::Derive { key, .. } = effect else { return Ok(None) };
    let there = derive::unheard_at(&study.space, line.policy, key);
    let said = line.heard(effect).and(Formula::In(Var::Place, there));
    let Some(witness) = study.show(&said, line.window(&study.space), &line.policy.locality)? else { return Ok(None) };
    study.confirm(&witness, |decision| corrects(decision, line, "H09"))?;
    let message =
        format!("rule `{}` derives `{key}`, which only the floor may say; the host does not hear it", line.rule());
    let advice = "the host's own safeguards look at this fact: take the effect out, and ask for the facts behind it";
    Ok(Some(Diagnostic {
        witness: Some(witness.json),
        ..study::problem("overruled", Severity::Warning, &line.row.spot, message, advice)
    }))
}

fn below(line: &Line<'_>, upper: &Line<'_>) -> bool {
    let (own, above) = (line.policy.locality.as_str(), upper.policy.locality.as_str());
    own.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// How a claim goes against the floor, and the guardrail that corrects it.
struct Clash {
    guardrail: &'static str,
    message: String,
    advice: &'static str,
}

fn clash(study: &Study<'_>, line: &Line<'_>, effect: &Effect, upper: &Line<'_>, said: &Effect) -> Option<Clash> {
    let vocabulary = study.space.ruleset.vocabulary();
    let (own, above) = (line.rule(), format!("{}#{}", upper.policy.id, upper.rule()));
    match (effect, said) {
        (Effect::Forbid(selector), Effect::Offer { channel, .. }) => {
            let class = vocabulary.channels.get(channel)?.class;
            let closes = study.closes(selector, channel.as_str());
            let (floor, advice) = if upper.policy.floor.holds(upper.rule()) {
                (
                    "floor rule ",
                    "a lower pack cannot close what the floor offers: narrow the rule, or prefer another channel instead",
                )
            } else {
                (
                    "",
                    "a lower pack closes only what it replaces: narrow the rule, prefer another channel, or name the upper rule in `replaces`",
                )
            };
            (closes && class == Class::Facilitative).then(|| Clash {
                guardrail: "H09",
                message: format!(
                    "rule `{own}` forbids `{channel}`, which {floor}`{above}` offers; the host does not hear it"
                ),
                advice,
            })
        }
        (
            Effect::Offer { channel, body, due: Some(due), .. },
            Effect::Offer { channel: c, body: b, due: Some(limit), .. },
        ) if channel == c && (body == b || b.is_none()) && due.start == limit.start && may_be_longer(due, limit) => {
            Some(Clash {
                guardrail: "H03",
                message: format!(
                    "rule `{own}` gives `{channel}` {}, longer than the {} of `{above}`; the host keeps the shorter",
                    words::span(due.span),
                    words::span(limit.span)
                ),
                advice: "a lower pack shortens times and never lengthens them: give at most the upper rule's time",
            })
        }
        (
            Effect::Clock { code, start, span, first_day_counts: counts, .. },
            Effect::Clock { code: c, start: s, span: limit, first_day_counts: limit_counts, .. },
        ) if code == c && start == s && (span, counts) != (limit, limit_counts) => {
            let kind = vocabulary.word(WordList::Clock, code.as_str()).and_then(|word| word.clock);
            let service = kind.unwrap_or(ClockKind::Service) == ClockKind::Service;
            (!service || may_end_later((*span, *counts), (*limit, *limit_counts))).then(|| Clash {
                guardrail: "H03",
                message: format!(
                    "rule `{own}` runs the clock `{code}` for {}, and `{above}` runs it for {}; the host keeps the upper rule's",
                    words::span(*span), words::span(*limit)
                ),
                advice: "an authority's time may be shortened and a party's time stays as the law says: take the clock out, or shorten it",
            })
        }
        (Effect::Derive { key, value }, Effect::Derive { key: k, value: v }) if key == k && value != v => Some(Clash {
            guardrail: "H09",
            message: format!(
                "rule `{own}` derives `{key}`, which `{above}` derives; the host keeps what that one says"
            ),
            advice: "what a trusted pack above says of a fact stands: take the effect out, or narrow the rule to other cases",
        }),
        _ => None,
    }
}

fn may_be_longer(own: &Term, limit: &Term) -> bool {
    may_end_later((own.span, false), (limit.span, false))
}

/// Spans of one unit are compared by their count; of others, the case that is tried tells.
fn may_end_later((own, own_counts): (Span, bool), (limit, limit_counts): (Span, bool)) -> bool {
    own.unit != limit.unit || (own.count, !own_counts) > (limit.count, !limit_counts)
}

fn shown(
    study: &Study<'_>,
    line: &Line<'_>,
    effect: &Effect,
    upper: &Line<'_>,
    said: &Effect,
    clash: Clash,
) -> Result<Option<Diagnostic>, Undecided> {
    let mut parts = vec![line.heard(effect), upper.heard(said)];
    parts.extend([effect, said].into_iter().filter_map(|effect| study.start_known(effect)));
    let window = study::window(&study.space, [line, upper]);
    let whole = Formula::All(parts);
    // Ends on days of rest move and may meet; within two weeks they do not all.
    let moves = !matches!(effect, Effect::Derive { .. });
    let days = (days::usual()..days::usual() + DAYS_TRIED).map(|day| Formula::In(Var::Day, Set::one(day)));
    for at in std::iter::once(Formula::All(Vec::new())).chain(days.filter(|_| moves)) {
        let Some(witness) = study.show(&whole.clone().and(at), window, &line.policy.locality)? else { continue };
        if study.try_on(&witness).is_some_and(|q| corrects(&study.decide(&q), line, clash.guardrail)) {
            return Ok(Some(report(line, upper, clash, witness)));
        }
    }
    Ok(None)
}

fn corrects(decision: &Decision<'_>, line: &Line<'_>, guardrail: &str) -> bool {
    decision.corrections.iter().any(|correction| {
        let by = correction
            .by
            .as_ref()
            .is_some_and(|by| by.policy == line.policy.id.as_str() && by.rule == line.row.rule.as_str());
        correction.guardrail == guardrail && by
    })
}

fn report(line: &Line<'_>, upper: &Line<'_>, clash: Clash, witness: Witness) -> Diagnostic {
    Diagnostic {
        related: vec![related(upper, "the upper rule")],
        witness: Some(witness.json),
        ..study::problem("overruled", Severity::Warning, &line.row.spot, clash.message, clash.advice)
    }
}
