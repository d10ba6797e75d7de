//! The report as JSON.

use std::{collections::BTreeMap, io::Write};

use maple_insight::{
    backtest::{Both, Costs, Figure, First, Gained, Group},
    share::Share,
};
use maple_kernel::Text;
use serde_json::{Value, json};

use super::{Outcome, SAMPLE_MAX, Side, trial::Told};
use crate::{Failure, commands::decide::finished};

/// Prints one JSON object.
pub(super) fn print(outcome: &Outcome<'_>) -> Result<(), Failure> {
    let data = data(outcome);
    finished(writeln!(std::io::stdout().lock(), "{data}"), "the figures")
}

fn data(outcome: &Outcome<'_>) -> Value {
    let tally = &outcome.seen.tally;
    let side =
        |side: &Side<'_>| json!({ "folder": side.folder.display().to_string(), "digest": &**side.ruleset.digest() });
    let clocks: Vec<_> = tally
        .clocks
        .iter()
        .map(|(code, c)| {
            (code.as_str(), json!({ "new": c.new, "lost": c.lost, "earlier": c.earlier, "later": c.later }))
        })
        .collect();
    json!({
        "baseline": side(&outcome.baseline),
        "candidate": side(&outcome.candidate),
        "holds": outcome.holds(),
        "budget": outcome.budget.iter().map(|asked| json!({
            "figure": asked.figure.as_str(), "asked": asked.asked, "found": asked.found, "holds": asked.holds(),
        })).collect::<Vec<_>>(),
        "cases": {
            "compared": tally.cases, "changed": tally.changed, "unchanged": tally.cases - tally.changed,
            "refused": outcome.seen.refused.count(),
        },
        "few_cases": tally.share(0).is_of_few(),
        "changed": share(tally.share(tally.changed)),
        "to_refer": share(tally.share(tally.to_refer)),
        "from_refer": share(tally.share(tally.from_refer)),
        "rights_lost": tally.rights_lost,
        "clocks_longer": tally.clocks_longer,
        "new_interventions": tally.interventions_new,
        "fuel_ratio": Figure::FuelRatio.found(tally),
        "aspects": maple_insight::backtest::Aspect::ALL.into_iter()
            .map(|aspect| (aspect.as_str(), share(tally.share(tally.differ_in(aspect)))))
            .collect::<BTreeMap<_, _>>(),
        "matrix": tally.matrix.iter().map(|((from, to), cases)| json!({
            "baseline": from.as_str(), "candidate": to.as_str(), "cases": cases,
        })).collect::<Vec<_>>(),
        "load": tally.load.iter().map(|((first, body), both)| json!({
            "first": first.as_str(), "body": body.as_ref().map(maple_kernel::Code::as_str),
            "baseline": both.baseline, "candidate": both.candidate,
        })).collect::<Vec<_>>(),
        "duties": tally.duties.iter().map(|(code, gained)| (code.as_str(), new_and_lost(gained))).collect::<BTreeMap<_, _>>(),
        "rights": tally.rights.iter().map(|(code, gained)| (code.as_str(), new_and_lost(gained))).collect::<BTreeMap<_, _>>(),
        "clocks": clocks.into_iter().collect::<BTreeMap<_, _>>(),
        "guardrails": tally.guardrails.iter().map(|(id, count)| (*id, both(count))).collect::<BTreeMap<_, _>>(),
        "faults": tally.faults.iter().map(|((policy, kind), count)| json!({
            "policy": policy.as_str(), "fault": kind.as_str(), "baseline": count.baseline, "candidate": count.candidate,
        })).collect::<Vec<_>>(),
        "costs": { "baseline": costs(&tally.baseline), "candidate": costs(&tally.candidate) },
        "localities": tally.localities.iter().map(|(id, one)| (id.as_str(), group(one))).collect::<BTreeMap<_, _>>(),
        "kinds": tally.kinds.iter().map(|(id, one)| (id.as_str(), group(one))).collect::<BTreeMap<_, _>>(),
        "sample": outcome.seen.sample.pick(SAMPLE_MAX).into_iter().map(|(row, example)| json!({
            "row": row, "id": example.id.as_deref(), "locality": example.locality, "kind": example.kind,
            "aspects": example.change.aspects.iter().map(|aspect| aspect.as_str()).collect::<Vec<_>>(),
            "rights_lost": example.change.rights_lost.iter().map(maple_kernel::Code::as_str).collect::<Vec<_>>(),
            "baseline": told(&example.change.from, &example.baseline),
            "candidate": told(&example.change.to, &example.candidate),
        })).collect::<Vec<_>>(),
        "refused": outcome.seen.refused.iter().map(|(row, one)| json!({
            "row": row, "by": one.by.as_str(), "why": text(&one.why),
        })).collect::<Vec<_>>(),
    })
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

fn told(first: &First, told: &Told) -> Value {
    json!({
        "first": first.as_str(), "body": told.body.as_ref().map(maple_kernel::Code::as_str), "why": text(&told.why),
        "policy": told.policy, "rule": told.rule,
    })
}

fn text(text: &Text) -> Value {
    json!({ "zh": &*text.zh, "en": &*text.en })
}
