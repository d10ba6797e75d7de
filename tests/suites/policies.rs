//! The shipped policies through the real path: their own cases, answers that the law fixes, and what must hold for
//! every kind in every place.

use std::collections::BTreeSet;

use maple_kernel::{Action, Class, Decision, Outcome, Participation, evaluate};
use maple_tests::{decide, house, question};
use serde_json::{Value, json};

/// A case in Yongkang with these facts.
fn case(kind: &str, facts: Value) -> Value {
    json!({ "case": {
        "locality": "330784", "kind": kind, "source": "counter", "filed": "2026-11-20",
        "parties": [
            { "role": "applicant", "type": "natural", "facts": { "age_band": "adult", "consent": "unknown" } },
            { "role": "respondent", "type": "organisation", "facts": { "consent": "unknown" } } ],
        "facts": facts } })
}

fn with(mut question: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = if parent.is_empty() { &mut question } else { question.pointer_mut(parent).unwrap() };
    match parent {
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        _ => unreachable!(),
    }
    question
}

fn channels<'a>(decision: &Decision<'a>) -> Vec<&'a str> {
    decision.steps.iter().map(|step| step.channel.as_str()).collect()
}

fn excluded<'a>(decision: &Decision<'a>) -> BTreeSet<&'a str> {
    decision.excluded.iter().map(|e| e.channel.as_str()).collect()
}

fn clock(decision: &Decision, code: &str) -> Option<String> {
    decision.clocks.iter().find(|c| c.code.as_str() == code).map(|c| c.ends.to_string())
}

fn preconditions(decision: &Decision<'_>) -> Vec<String> {
    decision.preconditions.iter().map(|p| format!("{}>{}", p.first, p.before)).collect()
}

#[test]
fn every_pack_passes_its_own_cases() {
    let compiled = &house().compiled;
    let report = maple_kit::cases::run(&compiled.ruleset, &compiled.cases, None);
    let failed: Vec<String> = report
        .results
        .iter()
        .filter(|r| !r.passed)
        .map(|r| format!("{}:{} {}: {:?}", r.file, r.line, r.name, r.differences))
        .collect();
    assert!(report.results.len() > 100, "only {} cases", report.results.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_policies_have_no_problem_left() {
    let problems: Vec<String> = house().compiled.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_law_fixes_these_answers() {
    let wages = decide(&case("labour.wage", json!({ "knew_on": "2026-09-30", "relation": "employment" })));
    assert_eq!(preconditions(&wages), ["labour_arbitration>court"]);
    let at = |d: &Decision, channel: &str| channels(d).iter().position(|c| *c == channel);
    assert!(at(&wages, "labour_arbitration") < at(&wages, "court"));
    assert_eq!(
        clock(&decide(&case("labour.termination", json!({ "knew_on": "2026-09-30" }))), "limitation_labour").as_deref(),
        Some("2027-09-30")
    );
    let done = decide(&case("labour.wage", json!({ "labour_arbitration_done": true })));
    assert!(preconditions(&done).is_empty() && channels(&done).contains(&"court"));

    let clause = decide(&case("contract.sale", json!({ "arbitration_clause": true, "written_contract": true })));
    assert!(excluded(&clause).contains("court") && channels(&clause).contains(&"commercial_arbitration"));
    let divorce = decide(&case("family.divorce", json!({ "arbitration_clause": true })));
    assert!(!channels(&divorce).contains(&"commercial_arbitration") && channels(&divorce).contains(&"court"));

    let violence = decide(&case("family.divorce", json!({ "domestic_violence": true })));
    assert_eq!(violence.steps[0].class, Class::Protective);
    assert!(channels(&violence).contains(&"protection_order"));
    assert!(violence.steps.iter().all(|s| s.class != Class::Facilitative));

    let act = decide(&case("admin.penalty", json!({ "public_authority_act": true })));
    assert!(excluded(&act).contains("peoples_mediation"));
    assert!(channels(&act).contains(&"admin_review") && channels(&act).contains(&"admin_litigation"));
    let title = decide(&case("land.title", json!({})));
    assert!(preconditions(&title).iter().any(|p| p.starts_with("admin_ruling>")), "{:?}", preconditions(&title));
}

#[test]
fn limitation_is_counted_from_knowledge_by_the_law_of_the_day() {
    let general = |knew: &str| clock(&decide(&case("contract.sale", json!({ "knew_on": knew }))), "limitation_general");
    assert_eq!(general("2024-02-29").as_deref(), Some("2027-03-01"), "28 February 2027 is a Sunday");
    assert_eq!(general("2024-09-30").as_deref(), Some("2027-09-30"));
    let window = |agreed: &str| {
        let facts = json!({ "agreement_on": agreed, "agreement_form": "written" });
        clock(&decide(&case("contract.sale", facts)), "confirmation_window")
    };
    assert_eq!(window("2026-11-01").as_deref(), Some("2026-12-01"));
}

#[test]
fn old_law_is_applied_to_old_days() {
    let as_of = |day: &str| {
        let question = with(case("contract.sale", json!({})), "/case/parties/0/type", json!("organisation"));
        let question = with(question, "/case/parties/0/facts", json!({ "consent": "unknown" }));
        let question = with(question, "/case/filed", json!(day));
        decide(&with(question, "/as_of", json!(day)))
    };
    assert!(channels(&as_of("2026-05-01")).contains(&"commercial_mediation"));
    let before = as_of("2026-04-30");
    assert!(before.steps.iter().all(|s| s.ground.by.rule != "R40"), "{:?}", channels(&before));
}

/// Every kind in every place, asked as a plain case.
fn everywhere() -> impl Iterator<Item = (String, String, Value)> {
    let ruleset = &house().compiled.ruleset;
    ruleset.localities().flat_map(move |(locality, _)| {
        ruleset.vocabulary().kinds.keys().map(move |kind| {
            let facts = json!({ "amount": "4800.00", "knew_on": "2026-09-30" });
            let question = with(case(kind.as_str(), facts), "/case/locality", json!(locality.as_str()));
            (locality.to_string(), kind.to_string(), question)
        })
    })
}

#[test]
fn every_kind_everywhere_has_a_way_a_judge_and_rights() {
    for (locality, kind, asked) in everywhere() {
        let decision = decide(&asked);
        let place = format!("{kind} in {locality}");
        for asked in &decision.asked {
            assert!(asked.answer.is_ok(), "{place}: {} {:?}", asked.policy, asked.answer);
        }
        assert!(decision.steps.iter().any(|s| s.class == Class::Adjudicative), "{place}: nobody decides");
        assert!(decision.rights.iter().any(|r| r.as_str() == "human_review"), "{place}");
        assert!(decision.rights.iter().any(|r| r.as_str() == "court_open"), "{place}");
        for step in &decision.steps {
            assert!(!step.ground.basis.is_empty(), "{place}: {} cites nothing", step.channel);
            assert!(!step.ground.why.zh.is_empty() && !step.ground.why.en.is_empty(), "{place}: {}", step.channel);
        }
        let broken: Vec<_> = decision
            .corrections
            .iter()
            .filter(|c| {
                matches!(c.guardrail, "H03" | "H06" | "H07" | "H09" | "H13" | "H20" | "H21")
                    || c.action == Action::Filled
            })
            .collect();
        assert!(broken.is_empty(), "{place}: {broken:?}");
    }
}

#[test]
fn every_chinese_kind_is_answered_by_a_policy() {
    for (locality, kind, asked) in everywhere().filter(|(locality, ..)| locality == "cn") {
        let decision = decide(&asked);
        assert_eq!(decision.outcome, Outcome::Route, "{kind} in {locality}: {:?}", decision.referral);
        assert!(decision.steps.iter().any(|s| s.ground.by.policy != "host"), "{kind}");
    }
}

#[test]
fn refusing_changes_mediation_and_nothing_else_anywhere() {
    let ruleset = &house().compiled.ruleset;
    for (locality, kind, asked) in everywhere() {
        let yes = decide(&with(asked.clone(), "/case/parties/1/facts/consent", json!("yes")));
        let no = decide(&with(asked, "/case/parties/1/facts/consent", json!("no")));
        let rest = |d: &Decision<'static>| {
            d.steps.iter().filter(|s| s.class != Class::Facilitative).cloned().collect::<Vec<_>>()
        };
        let place = format!("{kind} in {locality}");
        assert_eq!(rest(&yes), rest(&no), "{place}");
        assert_eq!((&yes.duties, &yes.clocks), (&no.duties, &no.clocks), "{place}");
        assert_eq!(
            (&yes.signals, &yes.rights, &yes.preconditions),
            (&no.signals, &no.rights, &no.preconditions),
            "{place}"
        );
        assert_eq!((yes.outcome, &yes.referral), (no.outcome, &no.referral), "{place}");
        let participation = ruleset.locality(&locality).unwrap().1.participation;
        if participation != Participation::AttendanceRequired {
            assert!(no.steps.iter().all(|s| s.class != Class::Facilitative), "{place}");
        }
    }
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    for (_, _, asked) in everywhere().step_by(37) {
        let question = question(&asked);
        let bytes = || {
            let decision = evaluate(&house().compiled.ruleset, &question);
            let reply = maple_wire::Reply { id: "d-1", generation: 1, case: &question.case, decision: &decision };
            maple_wire::write_decision(&reply)
        };
        assert_eq!(bytes(), bytes());
    }
}

#[test]
fn the_lower_levels_keep_the_floor() {
    let clocks = |d: &Decision| d.clocks.iter().map(|c| (c.code.clone(), c.ends)).collect::<Vec<_>>();
    for (locality, kind, asked) in everywhere().filter(|(locality, ..)| locality.starts_with("cn/")) {
        let own = decide(&asked);
        let national = decide(&with(asked, "/case/locality", json!("cn")));
        let place = format!("{kind} in {locality}");
        for step in &national.steps {
            assert!(own.steps.iter().any(|s| s.channel == step.channel), "{place} lost {}", step.channel);
        }
        for (code, ends) in clocks(&national) {
            let mine = clocks(&own).into_iter().find(|(c, _)| *c == code);
            assert!(mine.is_some_and(|(_, mine)| mine <= ends), "{place}: {code}");
        }
        let first =
            |d: &Decision| d.preconditions.iter().map(|p| (p.first.clone(), p.before.clone())).collect::<BTreeSet<_>>();
        assert_eq!(first(&own), first(&national), "{place}");
    }
}
