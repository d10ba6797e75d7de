//! What the host counts among the parties: a group that is listed is known as one, whatever the number says.

mod support;

use maple_kernel::*;
use support::*;

/// The ruleset of the other tests with two facts that are counted.
fn counting(policy: Policy) -> &'static Ruleset {
    let of = |of| Some(Counted { of, roles: vec!["applicant".into(), "respondent".into()] });
    let fact = |counted| {
        let kind = FactType::Count { min: 1, max: 1_000 };
        FactDef { counted, ..FactDef::plain(kind, Scope::Case, Text::default()) }
    };
    let mut words = vocabulary();
    words.facts.insert("all".into(), fact(of(CountOf::Parties)));
    words.facts.insert("side".into(), fact(of(CountOf::Side)));
    words.facts.insert("told".into(), fact(None));
    let plain = ruleset(Vec::new());
    let localities = plain.localities().map(|(id, locality)| (id.clone(), locality.clone())).collect();
    Box::leak(Box::new(Ruleset::new("sha256:test".into(), words, localities, vec![policy])))
}

/// Whether a policy that is asked only where the fact has the value is asked.
fn is(key: &str, value: f64, question: &Question) -> bool {
    let mut policy = local(vec![finding("L1", offer("aid"))]);
    policy.target.facts = vec![(key.into(), Value::Number(value))];
    let ruleset = counting(policy);
    let asked = decide(ruleset, question).asked.len() == 1;
    let walked = walk(ruleset, question, |policy, file| policy.assessor.assess(file));
    assert_eq!(walked.iter().any(|asking| asking.unmet.is_empty()), asked, "the explanation knows the same facts");
    asked
}

#[test]
fn at_least_the_listed_parties_are_known() {
    let natural = |role| party(role, PartyType::Natural, &[]);
    let company = |role| party(role, PartyType::Organisation, &[]);
    for (why, parties, given, key, known) in [
        (
            "everybody in the roles",
            vec![natural("applicant"), company("respondent"), company("respondent")],
            None,
            "all",
            3.0,
        ),
        (
            "others do not count",
            vec![natural("applicant"), company("respondent"), natural("guardian")],
            None,
            "all",
            2.0,
        ),
        (
            "a larger number that is given stands",
            vec![natural("applicant"), company("respondent")],
            Some(5.0),
            "all",
            5.0,
        ),
        (
            "a smaller one does not",
            vec![natural("applicant"), company("respondent"), company("respondent")],
            Some(2.0),
            "all",
            3.0,
        ),
        (
            "the people of the larger side",
            vec![natural("applicant"), natural("respondent"), natural("respondent")],
            None,
            "side",
            2.0,
        ),
        (
            "companies are no people",
            vec![natural("applicant"), natural("applicant"), company("applicant")],
            None,
            "side",
            2.0,
        ),
        (
            "a group may have more than entries",
            vec![natural("applicant"), natural("applicant")],
            Some(14.0),
            "side",
            14.0,
        ),
        ("and never fewer", vec![natural("applicant"), natural("applicant")], Some(1.0), "side", 2.0),
        (
            "what is not counted is as it is given",
            vec![natural("applicant"), natural("applicant")],
            Some(1.0),
            "told",
            1.0,
        ),
    ] {
        let mut question = question_with(parties, &[]);
        if let Some(given) = given {
            question.case.facts.set(key.into(), Value::Number(given));
        }
        assert!(is(key, known, &question), "{why}");
    }
}

#[test]
fn one_alone_leaves_the_fact_unknown() {
    let alone = question_with(vec![party("applicant", PartyType::Natural, &[])], &[]);
    for key in ["all", "side"] {
        assert!(!is(key, 1.0, &alone), "{key}");
    }
    let nobody = question_with(vec![party("guardian", PartyType::Natural, &[])], &[]);
    assert!(!is("all", 0.0, &nobody));
}
