//! What no policy can get round: one row for each thing a malicious or careless plugin may try.

mod support;

use std::sync::Arc;

use maple_kernel::*;
use support::*;

/// The floor of every row: mediation and arbitration on offer, a limitation of three years.
fn floor() -> Policy {
    national(vec![
        finding("N1", offer_within("mediation", None, 15, Unit::Day)),
        finding("N2", offer("arbitration")),
        finding("N3", clock("limitation", "2026-01-15", 3, Unit::Year)),
    ])
}

fn with(findings: Vec<Finding>, question: &Question) -> Decision<'static> {
    decide(ruleset(vec![floor(), local(findings)]), question)
}

#[test]
fn a_lower_level_takes_nothing_away() {
    let class = |class| Claim::Forbid(Selector::Class(class));
    let rows: [(&str, Claim, &[&str]); 9] = [
        ("forbids court", forbid("court"), &["H01 removed forbid court", "H09 removed forbid court"]),
        ("forbids arbitration", forbid("arbitration"), &["H01 removed forbid arbitration"]),
        ("forbids every judge", class(Class::Adjudicative), &["H01 removed forbid class adjudicative"]),
        ("hides the protection order", forbid("order"), &["H04 removed forbid order", "H09 removed forbid order"]),
        ("hides all protection", class(Class::Protective), &["H04 removed forbid class protective"]),
        ("closes the floor's mediation", forbid("mediation"), &["H09 removed forbid mediation"]),
        ("closes all mediation", class(Class::Facilitative), &["H09 removed forbid class facilitative"]),
        ("hides inspection", forbid("inspection"), &["H09 removed forbid inspection"]),
        (
            "puts mediation before court",
            first("mediation", "court"),
            &["H01 removed require mediation before court", "H09 removed require mediation before court"],
        ),
    ];
    for (name, claim, acted) in rows {
        let question = question(&[]);
        let before = with(vec![], &question);
        let after = with(vec![finding("L1", claim)], &question);
        assert_eq!(channels(&before), channels(&after), "{name}");
        assert_eq!(before.excluded, after.excluded, "{name}");
        assert_eq!(before.preconditions, after.preconditions, "{name}");
        for correction in acted {
            assert!(corrections(&after).iter().any(|c| c == correction), "{name}: {:?}", corrections(&after));
        }
    }
}

/// What an upper level offers without making it floor is closed only by who names it.
#[test]
fn an_upper_levels_offer_is_closed_only_by_name() {
    let upper = || national(vec![finding("N1", offer("mediation")), finding("N2", offer("trade_mediation"))]);
    let open = |policy: Policy| Policy { floor: Floor::None, ..policy };
    let closing = || vec![finding("L1", Claim::Forbid(Selector::Class(Class::Facilitative)))];
    let decision = decide(ruleset(vec![open(upper()), local(closing())]), &question(&[]));
    assert_eq!(channels(&decision), ["mediation", "trade_mediation", "court"]);
    assert!(corrections(&decision).contains(&"H09 removed forbid class facilitative".to_owned()));
    let named = |rule: &str| Replaces { policy: "xx/base".into(), rule: Some(rule.into()), when: None };
    let one = Policy { replaces: vec![named("N1")], ..local(vec![finding("L1", forbid("mediation"))]) };
    let decision = decide(ruleset(vec![open(upper()), one]), &question(&[]));
    assert_eq!(channels(&decision), ["trade_mediation", "court"]);
    assert!(!corrections(&decision).iter().any(|said| said.starts_with("H09")), "{:?}", corrections(&decision));
    let other = Policy { replaces: vec![named("N2")], ..local(vec![finding("L1", forbid("mediation"))]) };
    let decision = decide(ruleset(vec![open(upper()), other]), &question(&[]));
    assert_eq!(channels(&decision), ["mediation", "court"]);
}

/// A body that a lower level names is one more way, never the only one.
#[test]
fn no_body_takes_the_place_of_court_or_protection() {
    let offers = || national(vec![finding("N1", offer("court")), finding("N2", offer("order"))]);
    let own = || {
        vec![
            finding("L1", offer_within("court", Some("village"), 5, Unit::Day)),
            finding("L2", offer_within("order", Some("village"), 5, Unit::Day)),
        ]
    };
    let bodies = |decision: &Decision<'_>| -> Vec<(String, Option<String>)> {
        let body = |step: &Step<'_>| step.body.as_ref().map(ToString::to_string);
        decision.steps.iter().map(|step| (step.channel.to_string(), body(step))).collect()
    };
    let decision = decide(ruleset(vec![offers(), local(own())]), &question(&[]));
    let village = || Some("village".to_owned());
    let wanted = [("order", None), ("order", village()), ("court", None), ("court", village())];
    assert_eq!(bodies(&decision), wanted.map(|(channel, body)| (channel.to_owned(), body)));
    // The floor's own bodies are the channel.
    let decision = decide(ruleset(vec![national(own())]), &question(&[]));
    assert_eq!(bodies(&decision), [("order", village()), ("court", village())].map(|(c, b)| (c.to_owned(), b)));
}

/// What only confirms is no deciding body: a body that a lower level names is where it is done.
#[test]
fn a_confirmation_stands_once() {
    let upper = national(vec![finding("N1", offer("confirmation"))]);
    let own = local(vec![finding("L1", offer_within("confirmation", Some("village"), 5, Unit::Day))]);
    let decision = decide(ruleset(vec![upper, own]), &question(&[]));
    assert_eq!(channels(&decision), ["confirmation@village", "court"], "and it does not stand for the court");
}

/// Where taking part is by free will no duty binds anybody to it, whoever says so.
#[test]
fn nobody_is_bound_to_attend_where_taking_part_is_by_free_will() {
    let bound = |participation, policy: Policy| {
        let ruleset = ruleset_of(participation, vec![policy]);
        let [yes, no] = ["yes", "no"].map(|consent| decide(ruleset, &question_with(parties(consent), &[])));
        assert_eq!((&yes.duties, &yes.corrections), (&no.duties, &no.corrections), "a refusal changes no duty");
        (no.duties.iter().any(|duty| duty.code.as_str() == "attend"), corrections(&no))
    };
    for policy in [|| local(vec![finding("L1", duty("attend"))]), || national(vec![finding("N1", duty("attend"))])] {
        let (attend, acted) = bound(Participation::Voluntary, policy());
        assert!(!attend && acted.contains(&"H02 removed duty attend".to_owned()), "{acted:?}");
        for participation in [Participation::AttendanceRequired, Participation::TribunalFirst] {
            let (attend, acted) = bound(participation, policy());
            assert!(attend && !acted.iter().any(|said| said.starts_with("H02")), "{participation:?} {acted:?}");
        }
    }
}

/// What the host itself looks at, and what the floor has said, no lower level says.
#[test]
fn a_lower_level_says_no_fact_of_the_floor() {
    let says = |rule: &str, key: &str, value: Value| finding(rule, Claim::Derive { key: key.into(), value });
    let word = |word: &str| Value::Text(word.into());
    // The fact tells an authority's act: it would open the authority's court for a private dispute, or close it.
    let decision = decide(ruleset(vec![local(vec![says("L1", "act", Value::Flag(true))])]), &question(&[]));
    assert_eq!(channels(&decision), ["court"]);
    assert!(corrections(&decision).contains(&"H09 removed derive act".to_owned()), "{:?}", corrections(&decision));
    let upper = || national(vec![says("N1", "act", Value::Flag(true)), says("N2", "band", word("low"))]);
    let lower = || local(vec![says("L1", "act", Value::Flag(false)), says("L2", "band", word("high"))]);
    let decision = decide(ruleset(vec![upper(), lower()]), &question(&[]));
    assert_eq!(channels(&decision), ["authority_court"]);
    for removed in ["H09 removed derive act", "H09 removed derive band"] {
        assert!(corrections(&decision).contains(&removed.to_owned()), "{:?}", corrections(&decision));
    }
    // What nobody above says, a lower level may; what it says is heard by those asked after it.
    let own = policy("xx/town/a", "xx/town", vec![says("L1", "band", word("high"))]);
    let mut after = policy("xx/town/b", "xx/town", vec![finding("L1", offer("aid"))]);
    after.target.facts = vec![("band".into(), word("high"))];
    let heard = |policies| channels(&decide(ruleset(policies), &question(&[]))).contains(&"aid".to_owned());
    assert!(heard(vec![own.clone(), after.clone()]));
    let floor = national(vec![says("N2", "band", word("low"))]);
    assert!(!heard(vec![floor, own, after]), "the floor has said it");
}

/// The act of an authority that turns out to be a private matter goes to the court of private matters.
#[test]
fn the_way_against_an_authority_is_open_unless_a_fact_closes_it() {
    assert_eq!(channels(&decide(ruleset(vec![]), &question(&["authority_act"]))), ["authority_court"]);
    assert_eq!(channels(&decide(ruleset(vec![]), &question(&["authority_act", "private"]))), ["court"]);
}

/// Danger closes what brings the sides together, and what belongs to it alone goes with it.
#[test]
fn danger_closes_the_reception_with_its_clock_and_its_duties() {
    let own = || {
        local(vec![
            finding("L1", offer("reception")),
            finding("L1", duty("inform")),
            // The host asks for it in danger, and everywhere: it stays, although a local rule says it first.
            finding("L1", duty("help")),
            finding("L1", clock("service", "2026-03-02", 5, Unit::Day)),
            finding("L2", duty("report")),
        ])
    };
    let duties = |d: &Decision<'_>| d.duties.iter().map(|duty| duty.code.to_string()).collect::<Vec<_>>();
    let calm = decide(ruleset(vec![own()]), &question(&[]));
    assert_eq!(channels(&calm), ["reception", "court"]);
    assert_eq!((duties(&calm).len(), calm.clocks.len()), (3, 1), "inform, help, report");
    for (flag, guardrail) in [("danger", "H04"), ("collusion", "H22")] {
        let decision = decide(ruleset(vec![own()]), &question(&[flag]));
        assert!(!channels(&decision).contains(&"reception".to_owned()), "{flag}");
        assert!(!duties(&decision).contains(&"inform".to_owned()), "{flag}");
        assert!(duties(&decision).contains(&"report".to_owned()), "{flag}: another rule's duty stays");
        assert!(duties(&decision).contains(&"help".to_owned()), "{flag}: what the host asks for stays");
        assert!(decision.clocks.is_empty(), "{flag}");
        for what in ["clock service", "duty inform"] {
            let said = format!("{guardrail} removed {what}");
            assert!(corrections(&decision).contains(&said), "{said} in {:?}", corrections(&decision));
        }
        // So do a clock and a duty that the floor says as well.
        let floor =
            national(vec![finding("N1", clock("service", "2026-03-02", 45, Unit::Day)), finding("N1", duty("inform"))]);
        let decision = decide(ruleset(vec![floor, own()]), &question(&[flag]));
        assert!(duties(&decision).contains(&"inform".to_owned()) && decision.clocks.len() == 1, "{flag}");
        // The law's own clocks and duties stand, whatever became of a step.
        let law = Policy { trusted: true, ..own() };
        let decision = decide(ruleset(vec![law]), &question(&[flag]));
        assert!(duties(&decision).contains(&"inform".to_owned()) && decision.clocks.len() == 1, "{flag}");
    }
}

/// What goes with a step never rests on consent: with or without a refusal the same duties and clocks are left.
#[test]
fn a_refusal_changes_nothing_of_what_goes_with_a_step() {
    let own = || {
        let said = [offer("trade_mediation"), duty("inform"), clock("service", "2026-03-02", 5, Unit::Day)];
        let both = [offer("reception"), offer("bound_mediation"), duty("report")];
        let of = |rule: &'static str| move |claim| finding(rule, claim);
        local(said.into_iter().map(of("L1")).chain(both.into_iter().map(of("L2"))).collect())
    };
    for flag in ["danger", "collusion"] {
        let [yes, no] = ["yes", "no"].map(|said| decide(ruleset(vec![own()]), &question_with(parties(said), &[flag])));
        assert_eq!((&yes.duties, &yes.clocks), (&no.duties, &no.clocks), "{flag}");
    }
}

/// Whether a party's time runs at all is for the law to say: nobody below starts one.
#[test]
fn a_lower_level_starts_no_limitation() {
    for (name, count, unit) in [("short", 1, Unit::Day), ("long", 3, Unit::Year)] {
        let own = local(vec![finding("L1", clock("limitation", "2026-01-15", count, unit))]);
        let decision = decide(ruleset(vec![national(vec![]), own]), &question(&[]));
        assert!(decision.clocks.is_empty(), "{name}");
        assert!(corrections(&decision).contains(&"H03 removed limitation".to_owned()), "{name}");
    }
}

#[test]
fn mediation_that_the_floor_leaves_open_may_be_closed() {
    let decision =
        with(vec![finding("L1", offer("trade_mediation")), finding("L2", forbid("trade_mediation"))], &question(&[]));
    assert_eq!(channels(&decision), ["mediation", "arbitration", "court"]);
    assert_eq!(decision.excluded.len(), 1);
    assert_eq!(decision.excluded[0].ground.by.rule, "L2");
}

#[test]
fn no_mediation_after_a_refusal() {
    let refused = question_with(parties("no"), &[]);
    let decision = with(vec![finding("L1", offer("trade_mediation"))], &refused);
    assert_eq!(channels(&decision), ["arbitration", "court"]);
    assert!(corrections(&decision).contains(&"H02 removed mediation".to_owned()));
    assert!(corrections(&decision).contains(&"H02 removed trade_mediation".to_owned()));
    let excluded: Vec<&str> = decision.excluded.iter().map(|e| e.channel.as_str()).collect();
    assert_eq!(excluded, ["bound_mediation", "mediation", "trade_mediation"]);
}

#[test]
fn attendance_may_be_bound_where_the_place_says_so_but_never_consent() {
    let refused = question_with(parties("no"), &[]);
    let offers = || vec![finding("N1", offer("bound_mediation")), finding("N2", offer("mediation"))];
    for (participation, wanted) in [
        (Participation::Voluntary, vec!["court"]),
        (Participation::TribunalFirst, vec!["court"]),
        (Participation::AttendanceRequired, vec!["bound_mediation", "court"]),
    ] {
        let decision = decide(ruleset_of(participation, vec![national(offers())]), &refused);
        assert_eq!(channels(&decision), wanted, "{participation:?}");
        let agreed = decide(ruleset_of(participation, vec![national(offers())]), &question(&[]));
        let needs: Vec<bool> = agreed.steps.iter().map(|s| s.needs_consent).collect();
        assert_eq!(needs, [participation != Participation::AttendanceRequired, true, false], "{participation:?}");
    }
}

#[test]
fn a_lower_level_shortens_and_never_lengthens() {
    let rows: [(&str, Claim, Option<&str>, &str); 5] = [
        ("shortens mediation", offer_within("mediation", None, 7, Unit::Day), None, "2026-09-08"),
        (
            "lengthens mediation",
            offer_within("mediation", None, 20, Unit::Day),
            Some("H03 clamped due of mediation"),
            "2026-09-16",
        ),
        (
            "beyond the statutory maximum, in other units",
            offer_within("mediation", None, 2, Unit::Month),
            Some("H03 clamped due of mediation"),
            "2026-09-16",
        ),
        (
            "lengthens through a body",
            offer_within("mediation", Some("village"), 20, Unit::Day),
            Some("H03 clamped due of mediation"),
            "2026-09-16",
        ),
        ("shortens through a body", offer_within("mediation", Some("village"), 3, Unit::Day), None, "2026-09-04"),
    ];
    for (name, claim, acted, last) in rows {
        let decision = with(vec![finding("L1", claim)], &question(&[]));
        let term = decision.steps[0].due.clone().unwrap().term.unwrap();
        assert_eq!(calendar().end(day("2026-09-01"), term.span).day, day(last), "{name}");
        let clamped = corrections(&decision).into_iter().find(|c| c.starts_with("H03"));
        assert_eq!(clamped.as_deref(), acted, "{name}");
    }
}

#[test]
fn a_partys_time_to_act_stands_as_the_law_says() {
    for (name, start, count, unit) in [
        ("longer", "2026-01-15", 10, Unit::Year),
        ("shorter", "2026-01-15", 30, Unit::Day),
        ("later start", "2026-09-01", 3, Unit::Year),
    ] {
        let decision = with(vec![finding("L1", clock("limitation", start, count, unit))], &question(&[]));
        assert_eq!(decision.clocks.len(), 1, "{name}");
        assert_eq!(decision.clocks[0].ends, day("2029-01-15"), "{name}");
        assert!(corrections(&decision).contains(&"H03 clamped limitation".to_owned()), "{name}");
    }
}

#[test]
fn an_authoritys_time_only_shrinks_and_never_passes_the_maximum() {
    let upper = || national(vec![finding("N1", clock("service", "2026-09-01", 30, Unit::Day))]);
    for (name, count, ends, clamped) in
        [("shorter", 10, "2026-09-11", false), ("equal", 30, "2026-10-08", false), ("longer", 45, "2026-10-08", true)]
    {
        let own = local(vec![finding("L1", clock("service", "2026-09-01", count, Unit::Day))]);
        let decision = decide(ruleset(vec![upper(), own]), &question(&[]));
        assert_eq!(decision.clocks[0].ends, day(ends), "{name}");
        assert_eq!(corrections(&decision).iter().any(|c| c.starts_with("H03")), clamped, "{name}");
    }
    let alone = local(vec![finding("L1", clock("service", "2026-03-02", 61, Unit::Day))]);
    let decision = decide(ruleset(vec![national(vec![]), alone]), &question(&[]));
    assert_eq!(decision.clocks[0].span.count, 60);
}

#[test]
fn what_is_free_stays_free() {
    let charges = |channel: &str| Claim::Offer {
        channel: channel.into(),
        body: None,
        skills: Vec::new(),
        due: None,
        weight: 0,
        chargeable: true,
    };
    let decision =
        with(vec![finding("L1", charges("mediation")), finding("L2", charges("trade_mediation"))], &question(&[]));
    let free: Vec<(&str, bool)> = decision.steps.iter().map(|s| (s.channel.as_str(), s.free)).collect();
    assert_eq!(free, [("mediation", true), ("trade_mediation", false), ("arbitration", true), ("court", false)]);
    assert!(corrections(&decision).contains(&"H21 removed fee for mediation".to_owned()));
}

#[test]
fn protection_comes_first_and_closes_mediation() {
    let mut violence = question(&[]);
    violence.case.kind = "family.violence".into();
    for question in [question(&["danger"]), violence] {
        let decision = with(vec![finding("L1", forbid("order"))], &question);
        assert_eq!(channels(&decision), ["order", "arbitration", "court"]);
        assert_eq!(decision.duties.iter().filter(|d| d.code.as_str() == "help").count(), 1);
        let acted = corrections(&decision);
        for wanted in ["H04 added order", "H04 added help", "H04 removed mediation", "H04 removed forbid order"] {
            assert!(acted.iter().any(|c| c == wanted), "{wanted}: {acted:?}");
        }
        assert!(decision.excluded.iter().all(|e| e.ground.by.rule == "H04"));
    }
}

#[test]
fn no_claim_without_law_in_force() {
    let citing = |basis: &[&str]| Finding {
        basis: basis.iter().map(|b| ProvisionId::from(*b)).collect(),
        ..finding("L1", offer("trade_mediation"))
    };
    for (name, basis, on_offer, acted) in [
        ("in force", &["law.1"][..], true, None),
        ("ended", &["old.1"], false, Some("H07 removed old.1")),
        ("never heard of", &["made.up"], false, Some("H07 removed made.up")),
        ("one of two", &["old.1", "new.1"], true, Some("H07 removed old.1")),
    ] {
        let decision = with(vec![citing(basis)], &question(&[]));
        assert_eq!(channels(&decision).contains(&"trade_mediation".to_owned()), on_offer, "{name}");
        let said = corrections(&decision).into_iter().filter(|c| !c.contains("offer")).find(|c| c.starts_with("H07"));
        assert_eq!(said.as_deref(), acted, "{name}");
    }
    let mut before = question(&[]);
    before.as_of = day("2025-12-31");
    assert!(channels(&with(vec![citing(&["old.1"])], &before)).contains(&"trade_mediation".to_owned()));
    assert!(!channels(&with(vec![citing(&["new.1"])], &before)).contains(&"trade_mediation".to_owned()));
}

#[test]
fn no_number_on_a_person() {
    let organisation = |role: &str| signal("cluster", Level::Red, Subject::Organisation(role.into()));
    for (name, claim, kept) in [
        ("an organisation", organisation("respondent"), true),
        ("a person", organisation("applicant"), false),
        ("a place", signal("cluster", Level::Blue, Subject::Place), true),
    ] {
        let decision = with(vec![finding("L1", claim)], &question(&[]));
        assert_eq!(decision.signals.len(), usize::from(kept), "{name}");
        assert_eq!(corrections(&decision).contains(&"H06 removed signal cluster".to_owned()), !kept, "{name}");
    }
    let scored = Finding {
        params: vec![
            ("risk_score".into(), Value::Number(87.0)),
            ("age_band".into(), Value::Number(1.0)),
            ("count".into(), Value::Number(3.0)),
        ],
        ..finding(
            "L1",
            Claim::Duty { code: "inform".into(), bearer: None, params: vec![("score".into(), Value::Number(9.0))] },
        )
    };
    let decision = with(vec![scored], &question(&[]));
    assert_eq!(decision.duties[0].params, []);
    for what in ["risk_score", "age_band", "score"] {
        assert!(corrections(&decision).contains(&format!("H06 removed parameter {what}")), "{what}");
    }
    let derived =
        with(vec![finding("L1", Claim::Derive { key: "risk".into(), value: Value::Number(1.0) })], &question(&[]));
    assert!(corrections(&derived).contains(&"H06 removed derive risk".to_owned()));
}

#[test]
fn what_weighs_on_somebody_waits_for_a_person() {
    let decision = with(vec![finding("L1", duty("report")), finding("L2", duty("inform"))], &question(&[]));
    let waits: Vec<(&str, bool)> = decision.duties.iter().map(|d| (d.code.as_str(), d.needs_person)).collect();
    assert_eq!(waits, [("report", true), ("inform", false), ("help", false)]);
    assert!(corrections(&decision).contains(&"H11 held report".to_owned()));
}

#[test]
fn suspected_collusion_goes_to_a_person_only() {
    let decision = with(vec![finding("L1", offer("aid"))], &question(&["collusion"]));
    assert_eq!(decision.outcome, Outcome::Refer);
    assert_eq!(decision.referral.unwrap().code.as_str(), "collusion");
    assert_eq!(decision.steps.iter().map(|s| s.channel.as_str()).collect::<Vec<_>>(), ["arbitration", "court"],);
}

/// What the floor said in time stands, and a person decides what nobody was asked about.
#[test]
fn policies_that_no_time_is_left_for_are_not_asked() {
    let (ruleset, asked_about) =
        (ruleset(vec![floor(), local(vec![finding("L1", offer("trade_mediation"))])]), question(&[]));
    for (times, outcome, asked) in [(2, Outcome::Route, [true, true]), (1, Outcome::Refer, [true, false])] {
        let (mut asks, mut heard) = (0, Vec::new());
        let mut is_late = || {
            asks += 1;
            asks > times
        };
        let mut listener = |_: &Policy, said: &Result<Vec<Finding>, Fault>| heard.push(said.is_ok());
        let decision = evaluate_within(ruleset, &asked_about, &mut listener, &mut is_late);
        assert_eq!((heard.as_slice(), decision.outcome), (&asked[..], outcome));
        assert!(channels(&decision).contains(&"mediation".to_owned()), "the floor was heard");
        let fault = decision.asked[1].answer.as_ref().err().map(|fault| fault.kind);
        assert_eq!(fault, (!asked[1]).then_some(FaultKind::Timeout));
    }
}

#[test]
fn a_failed_policy_leaves_the_floor_and_calls_a_person() {
    for (mode, kind, guardrail) in [
        (Mode::Enforce, FaultKind::Trap, Some("H13")),
        (Mode::Enforce, FaultKind::OutOfFuel, Some("H13")),
        (Mode::Enforce, FaultKind::Timeout, Some("H13")),
        (Mode::Enforce, FaultKind::OutOfMemory, Some("H13")),
        (Mode::Enforce, FaultKind::BadAnswer, Some("H20")),
        (Mode::Enforce, FaultKind::Refused, Some("H20")),
        (Mode::Shadow, FaultKind::Trap, None),
    ] {
        let mut failing = local(vec![]);
        failing.mode = mode;
        failing.assessor = Arc::new(Says(Err(Fault { kind, detail: "boom".into() })));
        let sound = with(vec![], &question(&[]));
        let decision = decide(ruleset(vec![floor(), failing]), &question(&[]));
        assert_eq!(channels(&decision), channels(&sound), "{kind:?}");
        assert_eq!(decision.clocks, sound.clocks, "{kind:?}");
        assert_eq!(decision.asked[1].answer.as_ref().unwrap_err().kind, kind);
        match guardrail {
            Some(guardrail) => {
                assert_eq!(decision.outcome, Outcome::Refer);
                let referral = decision.referral.clone().unwrap();
                assert_eq!(referral.code.as_str(), "policy_failed");
                assert!(referral.text.en.contains("xx/town/own") && referral.text.en.contains(kind.as_str()));
                assert!(corrections(&decision).contains(&format!("{guardrail} held xx/town/own")));
            }
            None => {
                assert_eq!(decision.outcome, Outcome::Route);
                assert_eq!(decision.corrections, sound.corrections);
            }
        }
    }
}

#[test]
fn words_that_nobody_knows_are_no_answer() {
    let bodied = |body: &str| offer_within("mediation", Some(body), 3, Unit::Day);
    let skilled = |skill: &str| Claim::Offer {
        channel: "mediation".into(),
        body: None,
        skills: vec![skill.into()],
        due: None,
        weight: 0,
        chargeable: false,
    };
    for (claim, said) in [
        (offer("nowhere"), Some("unknown channel `nowhere`")),
        (offer("elsewhere"), Some("channel `elsewhere` does not exist here")),
        (bodied("planet"), Some("unknown body `planet`")),
        (skilled("magic"), Some("unknown skill `magic`")),
        (skilled("lang_ug"), None),
        (duty("pay_up"), Some("unknown duty `pay_up`")),
        (clock("made_up", "2026-01-01", 1, Unit::Day), Some("unknown clock `made_up`")),
        (signal("score", Level::Red, Subject::Place), Some("unknown signal `score`")),
        (Claim::Refer("whim".into()), Some("unknown referral `whim`")),
        (first("mediation", "nowhere"), Some("unknown channel `nowhere`")),
    ] {
        let decision = with(vec![finding("L1", claim)], &question(&[]));
        let fault = decision.asked[1].answer.clone().err();
        assert_eq!(fault.as_ref().map(|f| f.kind), said.map(|_| FaultKind::BadAnswer));
        if let Some(said) = said {
            assert!(fault.unwrap().detail.contains(said), "{said}");
        }
    }
    let undeclared = with(vec![finding("L9", offer("mediation"))], &question(&[]));
    assert!(undeclared.asked[1].answer.clone().unwrap_err().detail.contains("`L9`"));
    let textless = Finding { reason: Some("R".into()), ..finding("L1", offer("mediation")) };
    assert!(with(vec![textless], &question(&[])).asked[1].answer.is_err());
}

#[test]
fn no_decision_is_empty() {
    let silent = decide(ruleset(vec![national(vec![])]), &question(&[]));
    assert_eq!(silent.outcome, Outcome::Refer);
    assert_eq!(silent.referral.unwrap().code.as_str(), "no_policy_answered");
    assert_eq!(silent.steps.len(), 1);
    assert_eq!(silent.steps[0].channel.as_str(), "court");
    assert_eq!(silent.rights.len(), 4);
    let mut nowhere = question(&[]);
    nowhere.case.locality = "zz".into();
    assert_eq!(decide(ruleset(vec![floor()]), &nowhere).outcome, Outcome::Refer);
}

#[test]
fn the_court_for_the_case_is_on_the_way() {
    assert_eq!(channels(&with(vec![], &question(&["authority_act"]))), ["mediation", "arbitration", "authority_court"]);
    let clause = national(vec![finding("N1", forbid("court")), finding("N2", offer("arbitration"))]);
    let closed = decide(ruleset(vec![clause]), &question(&[]));
    assert_eq!(channels(&closed), ["arbitration"]);
    assert_eq!(closed.excluded[0].channel.as_str(), "court");
    let stuck = decide(ruleset(vec![national(vec![finding("N1", forbid("court"))])]), &question(&[]));
    assert_eq!(channels(&stuck), ["court"], "nobody is left without a deciding body");
    assert!(stuck.excluded.is_empty());
}

#[test]
fn empty_reasons_are_filled_in_both_languages() {
    let mut wordless = local(vec![finding("L1", offer("trade_mediation"))]);
    for rule in wordless.rules.values_mut() {
        rule.summary = Text::new("", "only english");
    }
    let decision = decide(ruleset(vec![floor(), wordless]), &question(&[]));
    let step = decision.steps.iter().find(|s| s.channel.as_str() == "trade_mediation").unwrap();
    assert_eq!((&*step.ground.why.zh, &*step.ground.why.en), ("渠道", "only english"));
    assert!(corrections(&decision).contains(&"H10 filled reason".to_owned()));
}
