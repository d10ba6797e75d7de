//! How many verdicts become one decision.

mod support;

use std::sync::Arc;

use maple_kernel::*;
use support::*;

fn weighted(channel: &str, weight: i16) -> Claim {
    Claim::Offer { channel: channel.into(), body: None, skills: Vec::new(), due: None, weight, chargeable: false }
}

#[test]
fn steps_come_by_class_then_weight_then_as_offered() {
    let decision = decide(
        ruleset(vec![national(vec![
            finding("N1", offer("aid")),
            finding("N1", offer("court")),
            finding("N1", weighted("mediation", -5)),
            finding("N1", offer("trade_mediation")),
            finding("N1", offer("inspection")),
            finding("N1", offer("order")),
        ])]),
        &question(&[]),
    );
    assert_eq!(channels(&decision), ["order", "inspection", "trade_mediation", "mediation", "court", "aid"]);
    assert!(decision.corrections.iter().all(|c| c.guardrail == "H16"), "{:?}", decision.corrections);
}

#[test]
fn what_must_come_first_comes_first_and_is_on_offer() {
    let rules = vec![
        finding("N1", weighted("court", 50)),
        finding("N2", first("arbitration", "court")),
        finding("N3", first("inspection", "arbitration")),
    ];
    let decision = decide(ruleset(vec![national(rules)]), &question(&[]));
    assert_eq!(channels(&decision), ["inspection", "arbitration", "court"]);
    let after: Vec<Vec<&str>> = decision.steps.iter().map(|s| s.after.iter().map(|id| id.as_str()).collect()).collect();
    assert_eq!(after, [vec![], vec!["inspection"], vec!["arbitration"]]);
    assert_eq!(decision.steps[1].ground.by.rule, "N2");
    assert_eq!(decision.preconditions.len(), 2);
}

#[test]
fn a_lower_level_names_bodies_and_each_field_says_who_decided_it() {
    let ladder = vec![
        finding("L1", offer_within("mediation", Some("village"), 7, Unit::Day)),
        finding("L2", offer_within("mediation", Some("town"), 10, Unit::Day)),
    ];
    let decision = decide(
        ruleset(vec![national(vec![finding("N1", offer_within("mediation", None, 15, Unit::Day))]), local(ladder)]),
        &question(&[]),
    );
    assert_eq!(channels(&decision), ["mediation@village", "mediation@town", "court"]);
    let village = &decision.steps[0];
    assert_eq!(village.ground.by, By { policy: "xx/town/own", rule: "L1" });
    assert_eq!(village.decided, [("channel", By { policy: "xx/base", rule: "N1" })]);
    assert_eq!(village.due.clone().unwrap().term.unwrap().span.count, 7);
}

#[test]
fn a_preference_moves_and_offers_nothing() {
    let prefer = |channel: &str| Claim::Prefer { channel: channel.into(), weight: 90 };
    let decision = decide(
        ruleset(vec![
            national(vec![finding("N1", offer("mediation")), finding("N1", offer("trade_mediation"))]),
            local(vec![finding("L1", prefer("trade_mediation")), finding("L2", prefer("aid"))]),
        ]),
        &question(&[]),
    );
    assert_eq!(channels(&decision), ["trade_mediation", "mediation", "court"]);
    assert_eq!(decision.steps[0].decided[0].1.rule, "L1");
    let fates = &decision.explanation.unwrap().fates;
    assert!(fates.iter().any(|f| f.claim == "prefer aid" && f.fate.starts_with("without effect")));
}

#[test]
fn a_policy_gives_way_only_where_it_may_and_only_when_named() {
    let replacing = |policy: &str, rule: Option<&str>, when: Option<&str>| {
        let mut own = local(vec![finding("L1", offer("trade_mediation"))]);
        own.replaces = vec![Replaces { when: when.map(Into::into), policy: policy.into(), rule: rule.map(Into::into) }];
        own
    };
    let base = |floor: Floor| {
        let mut base = national(vec![
            finding("N1", offer("mediation")),
            finding("N2", offer("inspection")),
            finding("N3", clock("limitation", "2026-01-15", 3, Unit::Year)),
        ]);
        base.floor = floor;
        base
    };
    for (name, floor, own, wanted, clocks) in [
        ("named", Floor::None, replacing("xx/base", None, None), vec!["trade_mediation", "court"], 1),
        (
            "one rule",
            Floor::None,
            replacing("xx/base", Some("N1"), None),
            vec!["inspection", "trade_mediation", "court"],
            1,
        ),
        (
            "when a rule speaks that does not",
            Floor::None,
            replacing("xx/base", None, Some("L2")),
            vec!["inspection", "mediation", "trade_mediation", "court"],
            1,
        ),
        (
            "when a rule speaks that does",
            Floor::None,
            replacing("xx/base", None, Some("L1")),
            vec!["trade_mediation", "court"],
            1,
        ),
        (
            "floor",
            Floor::All,
            replacing("xx/base", None, None),
            vec!["inspection", "mediation", "trade_mediation", "court"],
            1,
        ),
        (
            "another policy",
            Floor::None,
            replacing("xx/other", None, None),
            vec!["inspection", "mediation", "trade_mediation", "court"],
            1,
        ),
    ] {
        let decision = decide(ruleset(vec![base(floor), own]), &question(&[]));
        assert_eq!(channels(&decision), wanted, "{name}");
        assert_eq!(decision.clocks.len(), clocks, "{name}");
    }
}

/// Tells in its answer which facts it was given.
struct Sees;

impl Assess for Sees {
    fn assess(&self, file: &CaseFile<'_>) -> Assessment {
        let high = file.facts.iter().any(|(k, v)| k.as_str() == "band" && **v == Value::Text("high".into()));
        let seen = file
            .facts
            .iter()
            .map(|(k, _)| k.to_string())
            .chain(file.parties.iter().flat_map(|p| p.facts.iter().map(|(k, _)| k.to_string())));
        let channel = if high { "inspection" } else { "aid" };
        Assessment { answer: Ok(vec![finding("L1", offer(channel))]), fuel: 1, diary: seen.collect() }
    }
}

#[test]
fn a_policy_sees_what_it_reads_and_what_others_derived() {
    let mut seeing = local(vec![]);
    seeing.assessor = Arc::new(Sees);
    seeing.reads = ["consent", "cap", "band", "danger"].map(FactKey::from).to_vec();
    let derive = Claim::Derive { key: "band".into(), value: Value::Text("high".into()) };
    let base = national(vec![finding("N1", derive), finding("N2", offer("mediation"))]);
    let parties = vec![
        party("applicant", PartyType::Natural, &[("consent", "yes"), ("age_band", "60_plus")]),
        party("respondent", PartyType::Organisation, &[]),
    ];
    let decision = decide(ruleset(vec![seeing, base]), &question_with(parties, &["collusion"]));
    assert_eq!(decision.explanation.unwrap().diary[0].1, ["band", "cap", "consent"]);
    assert!(decision.asked.iter().all(|a| a.answer.is_ok()));
}

#[test]
fn who_is_asked() {
    let make = |id: &str, change: &dyn Fn(&mut Policy)| {
        let mut policy = policy(id, "xx/town", vec![finding("L1", offer("mediation"))]);
        change(&mut policy);
        policy
    };
    let kinds = |p: &str| vec![Pattern::new(p)];
    let policies = vec![
        make("a-asked", &|_| {}),
        make("b-off", &|p| p.mode = Mode::Off),
        make("c-shadow", &|p| p.mode = Mode::Shadow),
        make("d-later", &|p| p.from = Some(day("2026-09-02"))),
        make("e-today", &|p| (p.from, p.to) = (Some(day("2026-09-01")), Some(day("2026-09-01")))),
        make("f-ended", &|p| p.to = Some(day("2026-08-31"))),
        make("g-other-kind", &|p| p.target.kinds = kinds("labour.*")),
        make("h-prefix", &|p| p.target.kinds = kinds("trade.*")),
        make("i-except", &|p| p.target.except = kinds("trade.sale")),
        make("j-source", &|p| p.target.sources = vec!["hotline".into()]),
        make("k-fact", &|p| p.target.facts = vec![("danger".into(), Value::Flag(true))]),
        make("l-prevention", &|p| p.purposes = Purposes { routing: false, prevention: true }),
    ];
    let mut question = question(&[]);
    question.purposes = Purposes { routing: true, prevention: false };
    let decision = decide(ruleset(policies), &question);
    let asked: Vec<&str> = decision.asked.iter().map(|a| a.policy.as_str()).collect();
    assert_eq!(asked, ["a-asked", "c-shadow", "e-today", "h-prefix"]);
    let skipped = decision.explanation.unwrap().skipped;
    let why = |id: &str| skipped.iter().find(|(p, _)| p.as_str() == id).map(|(_, why)| *why);
    assert_eq!(why("b-off"), Some(Skipped::Off));
    assert_eq!(why("d-later"), Some(Skipped::Validity));
    assert_eq!(why("f-ended"), Some(Skipped::Validity));
    assert_eq!(why("i-except"), Some(Skipped::Target));
    assert_eq!(why("k-fact"), Some(Skipped::Target));
    assert_eq!(why("l-prevention"), Some(Skipped::Purpose));
}

#[test]
fn a_purpose_that_is_not_asked_for_is_not_answered() {
    let all = || {
        national(vec![
            finding("N1", offer("mediation")),
            finding("N2", signal("cluster", Level::Yellow, Subject::Kind)),
        ])
    };
    for (routing, prevention, steps, signals) in [(true, false, 2, 0), (false, true, 1, 1), (true, true, 2, 1)] {
        let mut question = question(&[]);
        question.purposes = Purposes { routing, prevention };
        let decision = decide(ruleset(vec![all()]), &question);
        assert_eq!((decision.steps.len(), decision.signals.len()), (steps, signals), "{routing} {prevention}");
        assert_eq!(decision.outcome, Outcome::Route);
    }
}

#[test]
fn a_signal_raised_twice_keeps_the_higher_level() {
    for (upper, lower, wanted) in [(Level::Yellow, Level::Red, Level::Red), (Level::Red, Level::Blue, Level::Red)] {
        let decision = decide(
            ruleset(vec![
                national(vec![finding("N1", signal("cluster", upper, Subject::Place))]),
                local(vec![finding("L1", signal("cluster", lower, Subject::Place))]),
            ]),
            &question(&[]),
        );
        assert_eq!(decision.signals.len(), 1);
        assert_eq!(decision.signals[0].level, wanted);
        assert_eq!(decision.signals[0].expires, day("2026-09-01").plus_days(SIGNAL_DAYS_MAX));
    }
}

#[test]
fn a_person_is_called_by_rank() {
    let call = |rule: &str| finding(rule, Claim::Refer("serious".into()));
    let decision = decide(ruleset(vec![national(vec![call("N1")]), local(vec![call("L1")])]), &question(&[]));
    assert_eq!(decision.outcome, Outcome::Refer);
    assert_eq!(decision.referral.unwrap().by.rule, "N1");
    let local_only = decide(
        ruleset(vec![national(vec![finding("N1", offer("mediation"))]), local(vec![call("L1")])]),
        &question(&[]),
    );
    assert_eq!(local_only.referral.unwrap().by.rule, "L1");
    assert_eq!(local_only.steps.len(), 2);
}

#[test]
fn known_events_give_a_day() {
    let from = |event: &str| {
        let Claim::Offer { channel, body, skills, weight, chargeable, .. } = offer("mediation") else { unreachable!() };
        let due = Some(Due::Within(Term { span: span(10, Unit::Day), start: event.into() }));
        finding("N1", Claim::Offer { channel, body, skills, due, weight, chargeable })
    };
    for (event, on) in [("filing", Some("2026-09-11")), ("today", Some("2026-09-11")), ("acceptance", None)] {
        let decision = decide(ruleset(vec![national(vec![from(event)])]), &question(&[]));
        assert_eq!(decision.steps[0].due.clone().unwrap().on, on.map(day), "{event}");
    }
    let Claim::Offer { channel, body, skills, weight, chargeable, .. } = offer("mediation") else { unreachable!() };
    let on = Claim::Offer { channel, body, skills, weight, chargeable, due: Some(Due::On(day("2026-12-01"))) };
    let decision = decide(ruleset(vec![national(vec![finding("N1", on)])]), &question(&[]));
    assert_eq!(decision.steps[0].due.clone().unwrap().on, Some(day("2026-10-08")), "cut to the channel's 30 days");
}
