//! The report as JSON.

use std::{collections::BTreeMap, io::Write};

use maple_insight::{
    backtest::{Asked, Aspect, Band, Both, Clocks, Costs, Estimate, Expected, Gained, Group, Matched, Row, Tally},
    share::Share,
};
use maple_kernel::{Code, Text};
use serde_json::{Value, json};

use super::{Outcome, SAMPLE_MAX, Side, rules::Silent, stations::NOBODY};
use crate::{Failure, commands::decide::finished};

/// Prints one JSON object.
pub(super) fn print(outcome: &Outcome<'_>) -> Result<(), Failure> {
    let data = data(outcome);
    finished(writeln!(std::io::stdout().lock(), "{data}"), "the figures")
}

fn data(outcome: &Outcome<'_>) -> Value {
    let (tally, refused) = (&outcome.seen.tally, &outcome.seen.refused);
    let (mut data, [old, new]) = (counts(tally), &outcome.silent);
    let more = json!({
        "baseline": side(&outcome.baseline),
        "candidate": side(&outcome.candidate),
        "holds": outcome.holds(),
        "budget": outcome.budget.iter().map(asked).collect::<Value>(),
        "cases": {
            "compared": tally.cases, "changed": tally.changed, "unchanged": tally.cases - tally.changed,
            "refused": refused.count(), "about_not_counted": outcome.seen.about,
        },
        "stations": stations(outcome),
        "outcomes": tally.estimate.as_ref().map(|one| estimate(one, outcome.not_counted)),
        "rules_silent": { "baseline": silent(old), "candidate": silent(new) },
        "sample": outcome.seen.sample.pick(SAMPLE_MAX).into_iter().map(|(row, one)| one.data(row)).collect::<Value>(),
        "refused": refused.iter().map(|(row, one)| json!({
            "row": row, "by": one.by.as_str(), "why": text(&one.why),
        })).collect::<Value>(),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    data
}

/// What falls to each station; nothing where none were given.
fn stations(outcome: &Outcome<'_>) -> Value {
    let Some(stations) = outcome.stations else { return Value::Null };
    let row = |(named, both): (&String, &Both)| {
        json!({
            "station": (named != NOBODY).then_some(named), "baseline": both.baseline, "candidate": both.candidate,
            "capacity": (named != NOBODY).then(|| stations.capacity(named)),
        })
    };
    outcome.seen.tally.stations.iter().map(row).collect()
}

/// What a history lets expect.
fn estimate(estimate: &Estimate, not_counted: u64) -> Value {
    let expected =
        |expected: &Expected| json!({ "low": expected.low, "expected": expected.middle, "high": expected.high });
    let matched = |matched: &Option<Matched>| {
        matched.map(|Matched { share, by }| {
            let (low, high) = share.wilson().unzip();
            json!({
                "ended": share.whole(), "agreed": share.part(), "share": share.value(), "low": low, "high": high,
                "matched_by": by.as_str(),
            })
        })
    };
    let row = |row: &Row| {
        json!({
            "kind": row.kind.as_str(), "band": row.band.as_str(), "from": row.from.as_str(), "to": row.to.as_str(),
            "cases": row.cases, "baseline": matched(&row.baseline), "candidate": matched(&row.candidate),
        })
    };
    json!({
        "claims_a_cause": false,
        "disputes": estimate.disputes,
        "events_not_counted": not_counted,
        "history": { "ended": estimate.history.whole(), "agreed": estimate.history.part() },
        "cases_estimated": estimate.estimated,
        "cases_with_too_little_data": estimate.unknown,
        "agreements": { "baseline": expected(&estimate.baseline), "candidate": expected(&estimate.candidate) },
        "agreements_lost_share": estimate.agreements_lost(),
        "moves": estimate.rows.iter().map(row).collect::<Value>(),
        "shares": estimate.outcomes.shares().map(|(kind, band, channel, share)| {
            let (low, high) = share.wilson().unzip();
            json!({
                "kind": kind.as_str(), "band": band.map(Band::as_str), "channel": channel.as_str(),
                "ended": share.whole(), "agreed": share.part(), "share": share.value(), "low": low, "high": high,
            })
        }).collect::<Value>(),
    })
}

fn silent(silent: &Silent<'_>) -> Value {
    json!({
        "rules": silent.rules.iter().map(|(policy, rule)| json!({
            "policy": policy.as_str(), "rule": rule.as_str(),
        })).collect::<Value>(),
        "policies_never_asked": silent.policies.iter().map(|policy| policy.as_str()).collect::<Value>(),
    })
}

fn side(side: &Side<'_>) -> Value {
    json!({ "folder": side.folder.display().to_string(), "digest": &**side.ruleset.digest() })
}

fn asked(asked: &Asked) -> Value {
    // What grows without end has no number in JSON: then it is broken, and nothing is found.
    let (figure, verdict, holds) = (asked.figure.as_str(), asked.verdict().as_str(), asked.holds());
    json!({ "figure": figure, "asked": asked.asked, "found": asked.found, "verdict": verdict, "holds": holds })
}

/// What was counted.
fn counts(tally: &Tally) -> Value {
    let aspect = |aspect: Aspect| (aspect.as_str().to_owned(), share(tally.share(tally.differ_in(aspect))));
    json!({
        "few_cases": tally.share(0).is_of_few(),
        "changed": share(tally.share(tally.changed)),
        "to_refer": share(tally.share(tally.to_refer)),
        "from_refer": share(tally.share(tally.from_refer)),
        "rights_lost": tally.rights_lost,
        "clocks_longer": tally.clocks_longer,
        "new_interventions": tally.interventions_new,
        "fuel_ratio": tally.fuel_ratio(),
        "aspects": Aspect::ALL.into_iter().map(aspect).collect::<Value>(),
        "matrix": tally.matrix.iter().map(|((from, to), cases)| json!({
            "baseline": from.as_str(), "candidate": to.as_str(), "cases": cases,
        })).collect::<Value>(),
        "load": tally.load.iter().map(|((first, body), both)| json!({
            "first": first.as_str(), "body": body.as_ref().map(Code::as_str),
            "baseline": both.baseline, "candidate": both.candidate,
        })).collect::<Value>(),
        "duties": by_code(&tally.duties, new_and_lost),
        "rights": by_code(&tally.rights, new_and_lost),
        "clocks": by_code(&tally.clocks, clock),
        "guardrails": by_code(&tally.guardrails, both),
        "faults": tally.faults.iter().map(|((policy, kind), count)| json!({
            "policy": policy.as_str(), "fault": kind.as_str(),
            "baseline": count.baseline, "candidate": count.candidate,
        })).collect::<Value>(),
        "costs": { "baseline": costs(&tally.baseline), "candidate": costs(&tally.candidate) },
        "localities": by_code(&tally.localities, group),
        "kinds": by_code(&tally.kinds, group),
    })
}

/// A member for each.
fn by_code<K: ToString, V>(counts: &BTreeMap<K, V>, value: fn(&V) -> Value) -> Value {
    counts.iter().map(|(code, count)| (code.to_string(), value(count))).collect()
}

fn clock(clocks: &Clocks) -> Value {
    let Clocks { new, lost, earlier, later } = clocks;
    json!({ "new": new, "lost": lost, "earlier": earlier, "later": later })
}

fn share(share: Share) -> Value {
    let (low, high) = share.wilson().unzip();
    json!({ "cases": share.part(), "share": share.value(), "low": low, "high": high })
}

fn group(group: &Group) -> Value {
    let changed = Share::new(group.changed, group.cases);
    json!({ "cases": group.cases, "changed": share(changed), "few_cases": changed.is_of_few() })
}

fn both(both: &Both) -> Value {
    json!({ "baseline": both.baseline, "candidate": both.candidate })
}

fn new_and_lost(gained: &Gained) -> Value {
    json!({ "new": gained.new, "lost": gained.lost })
}

#[expect(clippy::cast_precision_loss, reason = "nothing takes 2^53 nanoseconds")]
fn costs(costs: &Costs) -> Value {
    let micros = |nanos: u64| nanos as f64 / 1e3;
    json!({
        "fuel": { "median": costs.fuel.median(), "p99": costs.fuel.p99(), "total": costs.fuel_total },
        "time": { "median_us": micros(costs.nanos.median()), "p99_us": micros(costs.nanos.p99()) },
    })
}

fn text(text: &Text) -> Value {
    json!({ "zh": &*text.zh, "en": &*text.en })
}
