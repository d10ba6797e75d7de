//! The shipped policies through the real path: their own cases, answers that the law fixes, and what must hold for
//! every kind in every place.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{Action, Class, Day, Decision, Outcome, Participation, Ruleset, evaluate};
use maple_tests::{decide, decide_by, house, question, shipped_with, words};
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
    let report = maple_gate::cases::run(&compiled.ruleset, &compiled.cases, None);
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
fn every_word_that_policies_can_say_is_expected_by_a_case() {
    let sayable = words::sayable(house());
    for (list, least) in [("channel", 50), ("duty", 120), ("clock", 25), ("signal", 12)] {
        let found = sayable.iter().filter(|(own, _)| *own == list).count();
        assert!(found >= least, "only {found} of the list `{list}` are found");
    }
    let expected = words::expected(&house().compiled.cases);
    let missing: Vec<String> = sayable.difference(&expected).map(|(list, word)| format!("{list} `{word}`")).collect();
    assert!(missing.is_empty(), "no case of a pack expects {}", missing.join(", "));
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

/// Who decides a dispute of the kind in the end, as the law has it: written down here once more, apart from the policies.
fn judge(root: &str, kind: &str) -> &'static [&'static str] {
    let family = kind.split('.').next().unwrap();
    match (root, family, kind) {
        ("cn", "admin" | "expropriation", _) | ("cn", _, "land.title" | "land.forest") => &["admin_litigation"],
        ("gb", "admin" | "expropriation", _) => &["judicial_review"],
        ("ca", "admin" | "expropriation", _) => &["judicial_review_bc"],
        ("gb", "labour", kind) if kind != "labour.injury" => &["employment_tribunal"],
        _ => &["court"],
    }
}

/// Deciding bodies that never decide a dispute of the kind.
fn strangers(root: &str, kind: &str) -> &'static [&'static str] {
    let public = ["admin_litigation", "judicial_review", "judicial_review_bc"];
    match judge(root, kind) {
        [judge] if public.contains(judge) => &["court", "small_claims", "labour_arbitration", "commercial_arbitration"],
        _ => &["admin_litigation", "admin_review", "judicial_review", "judicial_review_bc"],
    }
}

#[test]
fn every_kind_everywhere_has_a_way_a_judge_and_rights() {
    for (locality, kind, asked) in everywhere() {
        let decision = decide(&asked);
        let place = format!("{kind} in {locality}");
        for asked in &decision.asked {
            assert!(asked.answer.is_ok(), "{place}: {} {:?}", asked.policy, asked.answer);
        }
        let (root, ways) = (locality.split('/').next().unwrap(), channels(&decision));
        let judges = judge(root, &kind);
        assert!(judges.iter().any(|judge| ways.contains(judge)), "{place}: {judges:?} is not among {ways:?}");
        let stranger = strangers(root, &kind).iter().find(|stranger| ways.contains(stranger));
        assert_eq!(stranger, None, "{place}: {ways:?}");
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

/// The last day that a clock of the place shows for thirty days from a day.
fn thirty_days_from(agreed: &str) -> Option<String> {
    let facts = json!({ "agreement_on": agreed, "agreement_form": "written" });
    clock(&decide(&case("contract.sale", facts)), "confirmation_window")
}

#[test]
fn the_calendar_of_china_is_the_published_one() {
    // Name, first and last day of rest, weekend days that are worked for it. State Council notices for each year.
    let rests: [(&str, &str, &str, &[&str]); 20] = [
        ("New Year", "2024-01-01", "2024-01-01", &[]),
        ("Spring Festival", "2024-02-10", "2024-02-17", &["2024-02-04", "2024-02-18"]),
        ("Qingming", "2024-04-04", "2024-04-06", &["2024-04-07"]),
        ("Labour Day", "2024-05-01", "2024-05-05", &["2024-04-28", "2024-05-11"]),
        ("Dragon Boat Festival", "2024-06-08", "2024-06-10", &[]),
        ("Mid-Autumn", "2024-09-15", "2024-09-17", &["2024-09-14"]),
        ("National Day", "2024-10-01", "2024-10-07", &["2024-09-29", "2024-10-12"]),
        ("New Year", "2025-01-01", "2025-01-01", &[]),
        ("Spring Festival", "2025-01-28", "2025-02-04", &["2025-01-26", "2025-02-08"]),
        ("Qingming", "2025-04-04", "2025-04-06", &[]),
        ("Labour Day", "2025-05-01", "2025-05-05", &["2025-04-27"]),
        ("Dragon Boat Festival", "2025-05-31", "2025-06-02", &[]),
        ("National Day and Mid-Autumn", "2025-10-01", "2025-10-08", &["2025-09-28", "2025-10-11"]),
        ("New Year", "2026-01-01", "2026-01-03", &["2026-01-04"]),
        ("Spring Festival", "2026-02-15", "2026-02-23", &["2026-02-14", "2026-02-28"]),
        ("Qingming", "2026-04-04", "2026-04-06", &[]),
        ("Labour Day", "2026-05-01", "2026-05-05", &["2026-05-09"]),
        ("Dragon Boat Festival", "2026-06-19", "2026-06-21", &[]),
        ("Mid-Autumn", "2026-09-25", "2026-09-27", &[]),
        ("National Day", "2026-10-01", "2026-10-07", &["2026-09-20", "2026-10-10"]),
    ];
    let day = |text: &str| text.parse::<Day>().unwrap();
    let mut expected: BTreeMap<Day, (&str, bool)> = BTreeMap::new();
    for (name, first, last, worked) in rests {
        let (first, last) = (day(first), day(last));
        expected.extend((0..=last.days_since(first)).map(|n| (first.plus_days(n), (name, false))));
        expected.extend(worked.iter().map(|text| (day(text), (name, true))));
    }
    let (_, china) = house().compiled.ruleset.locality("cn").unwrap();
    let first = day("2024-01-01");
    for date in (0..=day("2026-12-31").days_since(first)).map(|n| first.plus_days(n)) {
        let (why, works) = expected.get(&date).copied().unwrap_or(("a plain day", date.weekday() < 6));
        assert_eq!(china.calendar.works(date), works, "{date}: {why}");
        if let Some((name, true)) = expected.get(&date) {
            assert!(date.weekday() > 5, "{date} is no weekend, so nobody works it for {name}");
        }
    }
}

#[test]
fn time_limits_end_around_the_two_long_holidays() {
    for (why, agreed, ends) in [
        ("2024: the Sunday before the Spring Festival is worked", "2024-01-05", "2024-02-04"),
        ("2024: in the Spring Festival, past it to the worked Sunday", "2024-01-15", "2024-02-18"),
        ("2024: the Sunday before National Day is worked", "2024-08-30", "2024-09-29"),
        ("2024: on National Day, past it", "2024-09-01", "2024-10-08"),
        ("2024: the Saturday after National Day is worked", "2024-09-12", "2024-10-12"),
        ("2025: the Sunday before the Spring Festival is worked", "2024-12-27", "2025-01-26"),
        ("2025: in the Spring Festival, past it", "2024-12-29", "2025-02-05"),
        ("2025: the Saturday after the Spring Festival is worked", "2025-01-09", "2025-02-08"),
        ("2025: the Sunday before National Day is worked", "2025-08-29", "2025-09-28"),
        ("2025: on National Day, past it and Mid-Autumn", "2025-09-01", "2025-10-09"),
        ("2025: the Saturday after National Day is worked", "2025-09-11", "2025-10-11"),
        ("2026: the Saturday before the Spring Festival is worked", "2026-01-15", "2026-02-14"),
        ("2026: in the Spring Festival, past it", "2026-01-16", "2026-02-24"),
        ("2026: the Saturday after the Spring Festival is worked", "2026-01-29", "2026-02-28"),
        ("2026: the Sunday before National Day is worked", "2026-08-21", "2026-09-20"),
        ("2026: on National Day, past it", "2026-09-01", "2026-10-08"),
        ("2026: the Saturday after National Day is worked", "2026-09-10", "2026-10-10"),
        ("2026: a Sunday that nobody works", "2026-09-11", "2026-10-12"),
    ] {
        assert_eq!(thirty_days_from(agreed).as_deref(), Some(ends), "{why}");
    }
}

#[test]
fn what_hangs_on_a_time_limit_is_written_as_running() {
    // A day that is at most so long ago is gone on the last day of a limit that moved past a weekend. What is written
    // so all the same stands here with its reason.
    let meant = [
        ("cn/family.toml", 2, "R12 is a bar: it gives nobody time to act"),
        ("gb/england-wales/finance.toml", 1, "E10 waits for eight weeks to pass, and limits do not move there"),
    ];
    let mut found = BTreeMap::new();
    for (path, bytes) in house().bundle.files() {
        let uses = std::str::from_utf8(bytes).unwrap().matches("ago-max").count();
        if uses > 0 {
            found.insert(path.to_owned(), uses);
        }
    }
    let meant: BTreeMap<String, usize> = meant.iter().map(|(path, uses, _)| ((*path).to_owned(), *uses)).collect();
    assert_eq!(found, meant, "write `running`, or say here why not");
}

#[test]
fn places_and_their_packs_are_examples_both_or_neither() {
    let (_, places) = house().bundle.files().find(|(path, _)| *path == "localities.toml").unwrap();
    let places: toml::Table = std::str::from_utf8(places).unwrap().parse().unwrap();
    let says = |entry: &toml::Value| entry.get("illustrative").and_then(toml::Value::as_bool).unwrap_or(false);
    let mut compared = 0;
    for place in places["locality"].as_array().unwrap() {
        let id = place["id"].as_str().unwrap();
        let Some(pack) = house().compiled.packs.iter().find(|pack| pack.id.as_str() == id) else {
            assert!(!says(place), "{id} is an example and has no pack that could be one");
            continue;
        };
        assert_eq!(pack.illustrative, says(place), "{id}: pack and `localities.toml` differ");
        compared += 1;
    }
    assert_eq!(compared, house().compiled.packs.len(), "every pack is of a place");
}

/// What the host must do for one danger, whichever policy forgets it.
struct Guard {
    flags: &'static [&'static str],
    kind: Option<&'static str>,
    offers: &'static [&'static str],
    duties: &'static [&'static str],
}

/// The floor of a jurisdiction.
struct Root {
    locality: &'static str,
    rights: [&'static str; 5],
    guards: [Guard; 4],
}

/// The guardrails as they must be, apart from the file that says so.
const ROOTS: [Root; 3] = [
    Root {
        locality: "cn",
        rights: ["may_refuse", "free", "choose_mediator", "human_review", "court_open"],
        guards: [
            Guard {
                flags: &["domestic_violence", "dv_warning_letter", "protection_order_issued"],
                kind: Some("family.violence"),
                offers: &["protection_order", "police_report"],
                duties: &["no_joint_session", "hide_contact"],
            },
            Guard {
                flags: &["child_at_risk", "child_sexual_harm"],
                kind: None,
                offers: &["police_report", "civil_affairs"],
                duties: &["no_joint_session", "hide_contact", "report_child_harm"],
            },
            Guard {
                flags: &["violence_now"],
                kind: None,
                offers: &["emergency_call", "police_report"],
                duties: &["no_joint_session"],
            },
            Guard {
                flags: &["suicide_risk"],
                kind: None,
                offers: &["emergency_call"],
                duties: &["no_joint_session", "preventive_measures"],
            },
        ],
    },
    Root {
        locality: "gb/england-wales",
        rights: ["settlement_free", "may_object", "human_review", "court_open", "legal_help"],
        guards: [
            Guard {
                flags: &["domestic_violence", "protection_order_issued"],
                kind: Some("family.violence"),
                offers: &["non_molestation_order", "police_report"],
                duties: &["no_joint_session", "hide_contact"],
            },
            Guard {
                flags: &["child_at_risk", "child_sexual_harm"],
                kind: None,
                offers: &["children_services", "police_report"],
                duties: &["no_joint_session", "hide_contact"],
            },
            Guard {
                flags: &["violence_now"],
                kind: None,
                offers: &["emergency_call", "police_report"],
                duties: &["no_joint_session"],
            },
            Guard {
                flags: &["suicide_risk"],
                kind: None,
                offers: &["emergency_call"],
                duties: &["no_joint_session", "preventive_measures"],
            },
        ],
    },
    Root {
        locality: "ca/british-columbia",
        rights: ["settlement_free", "may_object", "human_review", "court_open", "legal_help"],
        guards: [
            Guard {
                flags: &["domestic_violence", "protection_order_issued"],
                kind: Some("family.violence"),
                offers: &["protection_order_bc", "police_report"],
                duties: &["no_joint_session", "hide_contact"],
            },
            Guard {
                flags: &["child_at_risk", "child_sexual_harm"],
                kind: None,
                offers: &["child_protection_bc", "police_report"],
                duties: &["no_joint_session", "hide_contact"],
            },
            Guard {
                flags: &["violence_now"],
                kind: None,
                offers: &["emergency_call", "police_report"],
                duties: &["no_joint_session"],
            },
            Guard {
                flags: &["suicide_risk"],
                kind: None,
                offers: &["emergency_call"],
                duties: &["no_joint_session", "preventive_measures"],
            },
        ],
    },
];

/// H10 and H16: what every decision tells everybody.
const ACCESS: [&str; 5] = [
    "explain_how_to_refuse",
    "explain_how_to_object",
    "offer_language_help",
    "offer_disability_help",
    "offer_offline_service",
];

/// The national pack says by itself most of what the host keeps; without its table of safety the host stands alone.
fn without_safety() -> &'static Ruleset {
    let (_, bytes) = house().bundle.files().find(|(path, _)| *path == "cn/safety.toml").unwrap();
    let text = std::str::from_utf8(bytes).unwrap();
    assert_eq!(text.matches("id = \"safety\"\n").count(), 1);
    let off = text.replacen("id = \"safety\"\n", "id = \"safety\"\nmode = \"off\"\n", 1);
    &shipped_with([("cn/safety.toml".to_owned(), off.into_bytes())].into()).ruleset
}

fn duties(decision: &Decision) -> BTreeSet<String> {
    decision.duties.iter().map(|duty| duty.code.to_string()).collect()
}

fn protected(decision: &Decision, guard: &Guard, place: &str) {
    assert_eq!(decision.steps[0].class, Class::Protective, "{place}: {:?}", channels(decision));
    let order: Vec<Class> = decision.steps.iter().map(|step| step.class).collect();
    assert!(order.is_sorted(), "{place}: {order:?}");
    assert!(!order.contains(&Class::Facilitative), "{place}: {:?}", channels(decision));
    assert!(order.contains(&Class::Adjudicative), "{place}: nobody decides");
    for offer in guard.offers {
        assert!(channels(decision).contains(offer), "{place}: no {offer} in {:?}", channels(decision));
    }
    let duties = duties(decision);
    for duty in guard.duties.iter().chain(&ACCESS) {
        assert!(duties.contains(*duty), "{place}: no {duty} in {duties:?}");
    }
}

/// Every danger in every kind, asked at the root of the tree.
fn dangers_are_met(ruleset: &'static Ruleset, seen: &mut dyn FnMut(&Root, &Guard, &Decision)) {
    let kinds: Vec<String> = ruleset.vocabulary().kinds.keys().map(ToString::to_string).collect();
    for root in &ROOTS {
        let at =
            |kind: &str, facts| decide_by(ruleset, &with(case(kind, facts), "/case/locality", json!(root.locality)));
        for guard in &root.guards {
            for (flag, kind) in guard.flags.iter().flat_map(|flag| kinds.iter().map(move |kind| (flag, kind))) {
                let decision = at(kind, json!({ *flag: true }));
                protected(&decision, guard, &format!("{flag}, {kind} in {}", root.locality));
                seen(root, guard, &decision);
            }
            if let Some(kind) = guard.kind {
                protected(&at(kind, json!({})), guard, &format!("{kind} in {}", root.locality));
            }
        }
        for kind in &kinds {
            let place = format!("collusion, {kind} in {}", root.locality);
            let decision = at(kind, json!({ "collusion_suspected": true }));
            assert_eq!(decision.outcome, Outcome::Refer, "{place}");
            let held = [Class::Protective, Class::Precondition, Class::Adjudicative];
            assert!(decision.steps.iter().all(|s| held.contains(&s.class)), "{place}: {:?}", channels(&decision));
            assert!(decision.steps.iter().any(|s| s.class == Class::Adjudicative), "{place}");
            assert!(decision.corrections.iter().any(|c| c.guardrail == "H22"), "{place}");
        }
    }
}

#[test]
fn dangers_are_met_by_the_shipped_policies() {
    dangers_are_met(&house().compiled.ruleset, &mut |_, _, _| {});
}

#[test]
fn dangers_are_met_by_the_host_alone() {
    dangers_are_met(without_safety(), &mut |root, guard, decision| {
        let by_host = |channel: &str| {
            decision.steps.iter().any(|s| s.channel.as_str() == channel && s.ground.by.policy == "host")
        };
        let added = |channel: &str| {
            decision.corrections.iter().any(|c| c.guardrail == "H04" && c.action == Action::Added && c.what == channel)
        };
        let offered: Vec<&str> = guard.offers.iter().copied().filter(|channel| by_host(channel)).collect();
        assert!(!offered.is_empty(), "{:?} in {}: no step is the host's", guard.flags, root.locality);
        assert!(offered.into_iter().all(added), "{:?} in {}: nothing written down", guard.flags, root.locality);
    });
}

#[test]
fn rights_and_access_are_told_everywhere() {
    let off = without_safety();
    let told = |decision: &Decision, root: &Root, place: &str| {
        let rights: BTreeSet<&str> = decision.rights.iter().map(|right| right.as_str()).collect();
        assert_eq!(rights, BTreeSet::from(root.rights), "{place}");
        let duties = duties(decision);
        for duty in ACCESS {
            assert!(duties.contains(duty), "{place}: no {duty}");
        }
    };
    for (locality, kind, asked) in everywhere() {
        let root =
            ROOTS.iter().find(|root| locality == root.locality || locality.starts_with(&format!("{}/", root.locality)));
        let root = root.unwrap_or_else(|| panic!("{locality} has no root in this test"));
        told(&decide(&asked), root, &format!("{kind} in {locality}"));
        if locality == root.locality {
            told(&decide_by(off, &asked), root, &format!("{kind} in {locality}, safety off"));
        }
    }
}
