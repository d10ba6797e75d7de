//! How the cases went, on the terminal and as JSON.

use std::{collections::BTreeMap, io::Write, path::Path};

use maple_gate::cases::{CaseResult, Difference, Report, RuleCoverage, Tally};
use maple_kernel::{Outcome, PolicyId, RuleId};
use serde_json::{Value, json};

use super::{Tried, place};
use crate::{Failure, args::Test, report};

/// Cases named behind a rule; the rest is counted.
const CASES_NAMED_MAX: usize = 2;

/// One case that failed: where, what was expected, what the decision says.
pub(super) fn failed(tried: &Tried<'_>, policies: &Path) {
    let result = tried.result;
    report::verdict(false, &format!("FAILED {}: {}", result.pack, result.name));
    anstream::println!("  {}:{}", place(policies, &result.file), result.line);
    for absent in &tried.absent {
        anstream::println!("  {}", absent.fields.join(", "));
        anstream::println!("    {}", report::bad(&format!("`{}` is not at work", absent.rule)));
        absent.why.iter().for_each(|why| anstream::println!("    {why}"));
    }
    let unwanted: Vec<String> = tried.unwanted().collect();
    if !unwanted.is_empty() {
        anstream::println!("  lacks-rules");
        unwanted.iter().for_each(|rule| anstream::println!("    {}", report::bad(&format!("`{rule}` is at work"))));
    }
    for (field, differences) in by_field(tried.others()) {
        anstream::println!("  {field}");
        for difference in &differences {
            anstream::println!("    expected {}", report::bad(&difference.expected));
        }
        if let Some(first) = differences.first() {
            anstream::println!("    actual   {}", report::good(&first.actual));
        }
    }
    anstream::println!("  the decision: {}", decision(result));
    for (policy, fault) in &result.faults {
        anstream::println!("  {policy} gave no usable answer, {}: {}", fault.kind.as_str(), fault.detail);
    }
    let (own, others): (Vec<_>, Vec<_>) = by_policy(result).into_iter().partition(|(policy, _)| is_of(policy, result));
    for (policy, rules) in own {
        anstream::println!("  rules at work: {policy} {}", rules.join(", "));
    }
    match others.iter().map(|(_, rules)| rules.len()).sum() {
        0 => {}
        1 => anstream::println!("  rules at work elsewhere: one, named by --json"),
        others => anstream::println!("  rules at work elsewhere: {others}, named by --json"),
    }
    anstream::println!();
}

/// The differences of each field together, in the order in which the fields come.
fn by_field<'d>(differences: impl Iterator<Item = &'d Difference>) -> Vec<(&'static str, Vec<&'d Difference>)> {
    let mut fields: Vec<(&'static str, Vec<&Difference>)> = Vec::new();
    for difference in differences {
        match fields.iter_mut().find(|(field, _)| *field == difference.field) {
            Some((_, list)) => list.push(difference),
            None => fields.push((difference.field, vec![difference])),
        }
    }
    fields
}

fn decision(result: &CaseResult) -> String {
    let steps: Vec<String> = (1..).zip(&result.steps).map(|(at, channel)| format!("{at} {channel}")).collect();
    let steps = steps.join(", ");
    match (&result.actual.referral, result.actual.outcome) {
        (Some(code), Some(Outcome::Refer)) => format!("refer ({code}); steps meanwhile: {steps}"),
        _ => format!("route; steps: {steps}"),
    }
}

fn by_policy(result: &CaseResult) -> BTreeMap<&PolicyId, Vec<&str>> {
    let mut policies: BTreeMap<&PolicyId, Vec<&str>> = BTreeMap::new();
    for (policy, rule) in &result.fired {
        policies.entry(policy).or_default().push(rule.as_str());
    }
    policies
}

/// True for a policy of the case's own pack.
fn is_of(policy: &PolicyId, result: &CaseResult) -> bool {
    let inside = policy.as_str().strip_prefix(result.pack.as_str()).and_then(|rest| rest.strip_prefix('/'));
    inside.is_some_and(|name| !name.contains('/'))
}

/// Every rule of every pack with the cases in which it was at work.
pub(super) fn coverage(report: &Report) {
    let packs = report.coverage.by_pack();
    for (pack, tally) in packs {
        if tally.rules == 0 && !report.coverage.rules().iter().any(|rule| rule.pack == *pack) {
            continue;
        }
        anstream::println!("{pack}: {} of {} rules at work, {}%", tally.fired, tally.rules, tally.percent());
        for rule in report.coverage.rules().iter().filter(|rule| rule.pack == *pack) {
            anstream::println!("  {}", line(rule, report));
        }
    }
    anstream::println!();
}

fn line(rule: &RuleCoverage, report: &Report) -> String {
    let name = format!("{}#{}", rule.policy, rule.rule);
    if !rule.counts {
        return report::quiet(&format!("- {name}  not counted: the policy does not enforce"));
    }
    let named: Vec<String> = rule
        .cases
        .iter()
        .take(CASES_NAMED_MAX)
        .filter_map(|at| report.results.get(*at))
        .map(|case| format!("`{}`", case.name))
        .collect();
    if named.is_empty() {
        return report::bad(&format!("✗ {name}  in no case"));
    }
    let more = match rule.cases.len().saturating_sub(CASES_NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("✓ {name}  {}{more}", named.join(", "))
}

/// One object a line: each case, then, when it was asked for, the coverage.
pub(super) fn json(args: &Test, report: &Report, tried: &[Tried<'_>]) -> Result<(), Failure> {
    let mut lines: Vec<Value> = tried.iter().map(case).collect();
    if args.coverage || args.threshold.is_some() {
        lines.push(json!({ "coverage": covered(report, args.threshold) }));
    }
    let mut out = std::io::stdout().lock();
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    written.map_err(|error| Failure::Unreachable(format!("cannot write the results: {error}")))
}

fn case(tried: &Tried<'_>) -> Value {
    let result = tried.result;
    let absent = tried.absent.iter().map(|one| json!({ "rule": one.rule, "fields": one.fields, "why": one.why }));
    let difference = |d: &Difference| json!({ "field": d.field, "expected": d.expected, "actual": d.actual });
    let fault = |(policy, fault): &(PolicyId, maple_kernel::Fault)| json!({ "policy": policy.as_str(), "fault": fault.kind.as_str(), "detail": &*fault.detail });
    let rule = |(policy, rule): &(PolicyId, RuleId)| format!("{policy}#{rule}");
    json!({
        "pack": result.pack.as_str(), "name": result.name, "file": result.file, "line": result.line,
        "passed": result.passed,
        "differences": result.differences.iter().map(difference).collect::<Vec<_>>(),
        "absent": absent.collect::<Vec<_>>(),
        "outcome": if result.actual.outcome == Some(Outcome::Refer) { "refer" } else { "route" },
        "steps": result.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "rules": result.fired.iter().map(rule).collect::<Vec<_>>(),
        "faults": result.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

fn covered(report: &Report, threshold: Option<u8>) -> Value {
    let tally = |t: Tally| json!({ "fired": t.fired, "rules": t.rules, "percent": t.percent() });
    let cases = |rule: &RuleCoverage| -> Vec<&str> {
        rule.cases.iter().filter_map(|at| report.results.get(*at)).map(|case| case.name.as_str()).collect()
    };
    let rules: Vec<Value> = (report.coverage.rules().iter())
        .map(|rule| {
            json!({
                "pack": rule.pack.as_str(), "policy": rule.policy.as_str(), "rule": rule.rule.as_str(),
                "counts": rule.counts, "cases": cases(rule),
            })
        })
        .collect();
    let packs: serde_json::Map<String, Value> =
        report.coverage.by_pack().into_iter().map(|(pack, t)| (pack.to_string(), tally(t))).collect();
    json!({
        "total": tally(report.coverage.total()), "packs": packs, "rules": rules, "threshold": threshold,
        "cases_run": report.results.len(), "cases": report.cases,
    })
}
