//! Watches asked natively.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use cluster_watch::{MEASURES_MAX, WATCHES_MAX, Watches};
use maple_guest::{
    Claim, Finding, Level, Policy, Purposes, Span, Value,
    testing::{CaseBuilder, Tree, ask, complaints, configure, settings},
};

/// Unpaid wages at one employer, with lower lines before the Spring Festival; and a kind that spikes in a place.
fn watches() -> Watches {
    configure(settings!({ "watches": [
        { "rule": "S01", "summary": { "zh": "欠薪聚集", "en": "unpaid wages" }, "basis": ["cn.a.1"],
          "signal": "wage_arrears_cluster", "subject": "organisation:respondent", "kinds": ["labour.*"],
          "counts": { "complaints_org_30d": { "yellow": 3, "orange": 10 }, "workers_org_30d": { "orange": 10, "red": 30 } },
          "flags": { "payroll_missed": "yellow" },
          "measures": ["notify_labour_inspection"], "measures-from": { "orange": ["joint_conference"] },
          "responsible": "labour_inspection", "handle-within": { "yellow": "5 working days", "orange": "3 working days",
          "red": "24 hours" } },
        { "rule": "S01", "basis": ["cn.a.1", "cn.b.2"], "signal": "season", "subject": "place", "kinds": ["labour.*"],
          "months": [11, 12, 1, 2], "counts": { "complaints_org_30d": { "blue": 1 } }, "handle-within": "7 days" },
        { "rule": "S09", "summary": { "zh": "激增", "en": "spike" }, "basis": ["cn.c.3"], "signal": "kind_spike",
          "subject": "kind", "counts": { "kind_place_month": { "yellow": { "fact": "kind_place_threshold" } } } }
    ] }))
    .unwrap()
}

fn levels(findings: &[Finding]) -> Vec<(String, Level)> {
    let signal = |finding: &Finding| match &finding.claim {
        Claim::Signal(signal) => (signal.code.clone(), signal.level),
        other => panic!("{other:?}"),
    };
    findings.iter().map(signal).collect()
}

#[test]
fn the_most_urgent_line_that_is_reached_speaks() {
    for (facts, expected) in [
        (vec![], None),
        (vec![("complaints_org_30d", 2)], None),
        (vec![("complaints_org_30d", 3)], Some(Level::Yellow)),
        (vec![("complaints_org_30d", 9)], Some(Level::Yellow)),
        (vec![("complaints_org_30d", 10)], Some(Level::Orange)),
        (vec![("complaints_org_30d", 3), ("workers_org_30d", 30)], Some(Level::Red)),
        (vec![("complaints_org_30d", 0), ("workers_org_30d", 9)], None),
    ] {
        let case = CaseBuilder::new("labour.wage").on(2026, 6, 1);
        let case = facts.iter().fold(case, |case, (key, count)| case.fact(key, *count)).build();
        let found = levels(&ask(&watches(), &case));
        assert_eq!(found.first().map(|(_, level)| *level), expected, "{facts:?}");
    }
}

#[test]
fn a_signal_says_what_to_do_and_how_soon() {
    let case =
        CaseBuilder::new("labour.wage").on(2026, 6, 1).fact("complaints_org_30d", 12).fact("payroll_missed", true);
    let findings = ask(&watches(), &case.build());
    let Claim::Signal(signal) = &findings[0].claim else { panic!("{findings:?}") };
    assert_eq!(signal.measures, ["notify_labour_inspection", "joint_conference"]);
    assert_eq!(signal.handle_within, Some(Span::working_days(3)));
    assert_eq!(
        findings[0].reason.params.iter().map(|p| &p.value).collect::<Vec<_>>(),
        [&Value::from(12), &Value::from(10)]
    );
    let flag = CaseBuilder::new("labour.wage").on(2026, 6, 1).fact("payroll_missed", true).build();
    let findings = ask(&watches(), &flag);
    let Claim::Signal(signal) = &findings[0].claim else { panic!("{findings:?}") };
    assert_eq!((signal.level, signal.measures.len()), (Level::Yellow, 1));
    assert_eq!((findings[0].reason.code.as_str(), &findings[0].evidence), ("", &vec!["payroll_missed".to_owned()]));
}

#[test]
fn season_kind_and_purpose_are_kept() {
    let one = |month, kind| CaseBuilder::new(kind).on(2026, month, 1).fact("complaints_org_30d", 1).build();
    assert_eq!(levels(&ask(&watches(), &one(12, "labour.wage"))), [("season".to_owned(), Level::Blue)]);
    assert!(ask(&watches(), &one(6, "labour.wage")).is_empty());
    assert!(ask(&watches(), &one(12, "traffic.injury")).is_empty());
    let mut routing = one(12, "labour.wage");
    routing.purposes = Purposes::ROUTING;
    assert!(ask(&watches(), &routing).is_empty());
    assert_eq!(
        watches().rules().iter().map(|r| (r.id.as_str(), r.basis.len())).collect::<Vec<_>>(),
        [("S01", 2), ("S09", 1)]
    );
}

#[test]
fn a_season_is_reached_by_the_day_alone() {
    let watches: Watches = configure(settings!({ "watches": [
        { "rule": "S10", "summary": { "zh": "季节", "en": "season" }, "basis": ["cn.a.1"], "signal": "season",
          "subject": "kind", "kinds": ["labour.wage"], "months": [11, 12, 1, 2], "season": "blue",
          "counts": { "kind_place_month": { "yellow": 5 } } }
    ] }))
    .unwrap();
    let case = |month, day| CaseBuilder::new("labour.wage").on(2026, month, day);
    for (month, day, expected) in [(10, 31, 0), (11, 1, 1), (2, 28, 1), (3, 1, 0)] {
        let findings = ask(&watches, &case(month, day).build());
        assert_eq!(findings.len(), expected, "{month}-{day}");
        for finding in findings {
            assert_eq!(levels(std::slice::from_ref(&finding)), [("season".to_owned(), Level::Blue)]);
            assert!(finding.evidence.is_empty() && finding.reason.code.is_empty());
        }
    }
    let many = ask(&watches, &case(1, 5).fact("kind_place_month", 5).build());
    assert_eq!(levels(&many), [("season".to_owned(), Level::Yellow)], "a count that is reached is more urgent");
    assert!(ask(&watches, &CaseBuilder::new("labour.termination").on(2026, 1, 5).build()).is_empty());
}

#[test]
fn each_watch_of_a_rule_cites_its_own_law() {
    let of = |month, count: i32| {
        let case = CaseBuilder::new("labour.wage").on(2026, month, 1).fact("complaints_org_30d", count).build();
        ask(&watches(), &case).into_iter().map(|finding| finding.basis).collect::<Vec<_>>()
    };
    assert_eq!(of(6, 3), [["cn.a.1"]]);
    assert_eq!(of(12, 1), [["cn.a.1", "cn.b.2"]]);
}

#[test]
fn a_line_may_itself_be_a_fact() {
    let case =
        |count, line| CaseBuilder::new("x").fact("kind_place_month", count).fact("kind_place_threshold", line).build();
    assert_eq!(ask(&watches(), &case(12, 12)).len(), 1);
    assert_eq!(ask(&watches(), &case(11, 12)).len(), 0);
    assert_eq!(ask(&watches(), &CaseBuilder::new("x").fact("kind_place_month", 99).build()).len(), 0);
}

#[test]
fn wrong_watches_are_told_with_their_place() {
    let told = complaints::<Watches>(settings!({ "watches": [
        { "rule": "S01", "basis": ["x.1"], "signal": "s", "subject": "person:applicant", "counts": { "a": {} } },
        { "rule": "S02", "summary": { "zh": "二", "en": "two" }, "basis": ["x.1"], "signal": "s", "subject": "place" },
        { "rule": "S03", "summary": { "zh": "三", "en": "three" }, "basis": ["x.1"], "signal": "s", "subject": "place",
          "counts": { "a": { "yellow": 5, "orange": 5, "pink": 1 } }, "months": [13] },
        { "rule": "S04", "summary": { "zh": "四", "en": "four" }, "basis": ["x.1"], "signal": "s", "subject": "kind",
          "season": "blue" },
        { "rule": "S05", "summary": { "zh": "五", "en": "five" }, "basis": ["x.1"], "signal": "s", "subject": "kind",
          "months": [1], "season": "winter" }
    ] }));
    for expected in [
        "watches[0].summary: `summary` is missing",
        "watches[0].subject: `subject` is not a subject (organisation:ROLE, place, project, kind, station, own-case): `person:applicant`",
        "watches[0].counts.a: `a` has no warning line",
        "watches[1]: `watches[1]` watches nothing",
        "watches[2].counts.a: `a` does not rise with the level",
        "watches[2].counts.a.pink: `pink` is not a setting here",
        "watches[2].months[0]: `months[0]` must be a whole number from 1 to 12, not `13`",
        "watches[3].season: `season` has no months",
        "watches[4].season: `season` is not a level (blue, yellow, orange, red): `winter`",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
    }
}

#[test]
fn limits_hold_at_their_edge() {
    let watch = |measures: usize| {
        let measures = Tree::Items((0..measures).map(|at| Tree::from(format!("m{at}"))).collect());
        settings!({ "rule": "S", "summary": { "zh": "一", "en": "one" }, "basis": ["x.1"], "signal": "s",
                    "subject": "place", "counts": { "a": { "blue": 1 } }, "measures": (measures) })
    };
    let fine = |count: usize, measures: usize| {
        let watches = Tree::Items(vec![watch(measures); count]);
        complaints::<Watches>(Tree::Table(vec![("watches".into(), watches)])).is_empty()
    };
    assert!(fine(WATCHES_MAX, 1) && fine(1, MEASURES_MAX));
    assert!(!fine(WATCHES_MAX + 1, 1) && !fine(1, MEASURES_MAX + 1));
}
