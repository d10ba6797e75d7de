//! Days that make flags known: who gives the day of something says that it happened.

mod support;

use maple_kernel::*;
use support::*;

/// Whether the flag `ended` is known in a dispute with these facts, by a target and by what a policy is shown.
fn ended(kind: &str, facts: Vec<(FactKey, Value)>) -> bool {
    let mut policy = local(vec![finding("L1", offer("aid"))]);
    policy.target.facts = vec![("ended".into(), Value::Flag(true))];
    let ruleset = ruleset(vec![policy]);
    let mut question = question(&[]);
    question.case.kind = kind.into();
    question.case.facts = Facts::new(facts);
    let before = question.clone();
    let asked = decide(ruleset, &question).asked.len() == 1;
    let walked = walk(ruleset, &question, |policy, file| policy.assessor.assess(file));
    assert_eq!(walked.iter().any(|asking| asking.unmet.is_empty()), asked, "the explanation knows the same facts");
    assert_eq!(before, question, "the question stays as it was asked");
    asked
}

#[test]
fn a_day_says_that_it_happened() {
    let day = || (FactKey::from("ended_on"), Value::Day(day("2026-08-03")));
    let flag = |value| (FactKey::from("ended"), Value::Flag(value));
    for (why, kind, facts, known) in [
        ("nothing is told", "trade.sale", vec![], false),
        ("the flag alone", "trade.sale", vec![flag(true)], true),
        ("the day alone", "trade.sale", vec![day()], true),
        ("both", "trade.sale", vec![day(), flag(true)], true),
        ("a day against a box that nobody ticked", "trade.sale", vec![day(), flag(false)], true),
        ("the flag denied", "trade.sale", vec![flag(false)], false),
        ("the day of something else in another kind of dispute", "family.violence", vec![day()], false),
        ("where the flag still counts", "family.violence", vec![day(), flag(true)], true),
    ] {
        assert_eq!(ended(kind, facts), known, "{why}");
    }
}
