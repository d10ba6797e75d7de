//! Facts: days that say what happened, facts that somebody reads, and dangers that close what brings people together.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{Decision, FactType, Implied, Scope};
use maple_tests::{decide, house};
use serde_json::{Value, json};

/// A case of a place with these facts.
fn case(locality: &str, kind: &str, facts: Value) -> Value {
    json!({ "case": {
        "locality": locality, "kind": kind, "source": "counter", "filed": "2026-11-20",
        "parties": [
            { "role": "applicant", "type": "natural", "facts": { "age_band": "adult", "consent": "unknown" } },
            { "role": "respondent", "type": "organisation", "facts": { "consent": "unknown" } } ],
        "facts": facts } })
}

/// Every kind under each law, and some in every place that has policies of its own.
fn everywhere() -> impl Iterator<Item = (String, String)> {
    let ruleset = &house().compiled.ruleset;
    let own = ruleset.localities().filter(|(locality, _)| !ruleset.policies_of(locality).is_empty());
    own.enumerate().flat_map(move |(at, (locality, _))| {
        let law = ruleset.policies_of(locality).iter().any(|policy| policy.trusted);
        let (skip, step) = if law { (0, 1) } else { (at % 9, 9) };
        let kinds = ruleset.vocabulary().kinds.keys().skip(skip).step_by(step);
        kinds.map(move |kind| (locality.to_string(), kind.to_string()))
    })
}

/// The days of one flag of the vocabulary, the flag, and the kinds in which they make it known.
fn implied() -> impl Iterator<Item = (String, Vec<String>, Implied)> {
    let facts = house().compiled.ruleset.vocabulary().facts.iter();
    facts.filter_map(|(flag, def)| {
        let implied = def.implied.clone()?;
        Some((flag.to_string(), implied.days.iter().map(ToString::to_string).collect(), implied))
    })
}

/// Steps with their terms, clocks, preconditions, duties and signals: whatever somebody would act on.
fn acts(decision: &Decision<'static>) -> Vec<String> {
    let steps = decision.steps.iter().map(|s| format!("{} {:?} {:?} {:?}", s.channel, s.body, s.due, s.after));
    let clocks = decision.clocks.iter().map(|c| format!("{} {} {}", c.code, c.start, c.ends));
    let duties = decision.duties.iter().map(|d| format!("{} {:?} {:?}", d.code, d.bearer, d.params));
    let first = decision.preconditions.iter().map(|p| format!("{}>{}", p.first, p.before));
    let signals = decision.signals.iter().map(|s| format!("{} {:?}", s.code, s.level));
    steps.chain(clocks).chain(duties).chain(first).chain(signals).collect()
}

#[test]
fn the_day_of_something_says_that_it_happened_everywhere() {
    let mut met = BTreeSet::new();
    for (locality, kind) in everywhere() {
        for (flag, days, implied) in implied() {
            if !implied.kinds.is_empty() && !implied.kinds.iter().any(|pattern| pattern.covers(&kind)) {
                continue;
            }
            for day in days {
                let told = |facts: &[(&str, Value)]| {
                    let mut question = case(&locality, &kind, json!({ "amount": "4800.00", "knew_on": "2026-09-30" }));
                    for (fact, value) in facts {
                        question["case"]["facts"][fact] = value.clone();
                    }
                    decide(&question)
                };
                let date = || json!("2026-11-18");
                let alone = told(&[(&day, date())]);
                // A box that nobody ticked says the least.
                for said in if locality == "cn" { &[true, false][..] } else { &[false] } {
                    let both = told(&[(&day, date()), (&flag, json!(said))]);
                    assert_eq!(acts(&alone), acts(&both), "{kind} in {locality}: `{day}` with and without `{flag}`");
                }
                if !met.contains(&flag) && acts(&told(&[(&flag, json!(true))])) != acts(&told(&[])) {
                    met.insert(flag.clone());
                }
            }
        }
    }
    let flags: BTreeSet<String> = implied().map(|(flag, ..)| flag).collect();
    assert_eq!(met, flags, "each flag changes some decision");
}

/// A flag and the day of the same thing belong together: whoever adds one beside the other says so.
#[test]
fn a_flag_and_the_day_of_the_same_thing_are_tied() {
    let facts = &house().compiled.ruleset.vocabulary().facts;
    let implied: BTreeMap<String, Vec<String>> = implied().map(|(flag, days, _)| (flag, days)).collect();
    for (flag, def) in facts.iter().filter(|(_, def)| def.kind == FactType::Flag) {
        let day = format!("{}_on", flag.as_str().trim_end_matches("_done"));
        let twin = facts.get(day.as_str()).is_some_and(|def| def.kind == FactType::Day);
        assert!(!twin || implied.contains_key(flag.as_str()), "`{flag}` ({}) has a day `{day}`", def.title.en);
    }
}

/// Facts that the host reads without any policy: consent (H02), and what must change nothing (the gate's own probes).
const READ_BY_THE_HOST: [&str; 2] = ["consent", "support_need"];

#[test]
fn every_fact_is_read_by_somebody() {
    let ruleset = &house().compiled.ruleset;
    let mut read: BTreeSet<&str> = READ_BY_THE_HOST.into();
    for (locality, of) in ruleset.localities() {
        for policy in ruleset.policies_of(locality) {
            read.extend(policy.reads.iter().map(|key| key.as_str()));
            read.extend(policy.target.facts.iter().map(|(key, _)| key.as_str()));
        }
        let kept = &of.guardrails;
        read.extend(
            kept.safety.iter().flat_map(|safety| &safety.flags).chain(&kept.person_only).map(|key| key.as_str()),
        );
    }
    let facts = &ruleset.vocabulary().facts;
    let days: Vec<_> =
        facts.values().filter_map(|def| def.implied.as_ref()).flat_map(|implied| &implied.days).collect();
    read.extend(days.iter().map(|key| key.as_str()));
    // What the host counts nobody gives.
    let given = facts.iter().filter(|(_, def)| def.scope != Scope::Context).map(|(key, _)| key.as_str());
    let silent: Vec<&str> = given.filter(|key| !read.contains(key)).collect();
    assert!(silent.is_empty(), "nobody reads {}, so whoever gives it is answered with silence", silent.join(", "));
}

#[test]
fn a_confirmation_stands_once_wherever_it_is_done() {
    let facts =
        json!({ "agreement_on": "2026-11-18", "agreement_form": "written", "agreement_by": "peoples_mediation" });
    let asked = case("cn/zhejiang/jinhua/yiwu", "contract.sale", facts);
    let mut asked = asked;
    asked["case"]["parties"][0]["facts"] = json!({ "foreign": true, "language": "en" });
    let decision = decide(&asked);
    let bodies = decision.steps.iter().filter(|step| step.channel.as_str() == "judicial_confirmation");
    let bodies: Vec<_> = bodies.map(|step| step.body.as_ref().map(ToString::to_string)).collect();
    assert_eq!(bodies, [Some("basic_court".to_owned())]);
}

#[test]
fn every_danger_closes_what_brings_the_sides_together() {
    let place = "cn/zhejiang/jinhua/pujiang";
    let (_, locality) = house().compiled.ruleset.locality(place).unwrap();
    let flags: BTreeSet<&str> = locality.guardrails.safety.iter().flat_map(|s| &s.flags).map(|f| f.as_str()).collect();
    assert_eq!(flags.len(), 7);
    for flag in flags {
        for kind in ["tort.body", "labour.wage", "village.affairs", "family.divorce"] {
            let asked = |told| decide(&case(place, kind, json!({ "pending_days": 45, flag: told })));
            let seats = |d: &Decision<'_>| d.steps.iter().any(|step| step.channel.as_str() == "leaders_reception");
            let ends = |d: &Decision<'_>| d.clocks.iter().any(|clock| clock.code.as_str() == "next_leaders_day");
            let (calm, danger) = (asked(false), asked(true));
            assert!(seats(&calm) && ends(&calm), "{kind}");
            assert!(!seats(&danger) && !ends(&danger), "{kind} with {flag}");
        }
    }
}
