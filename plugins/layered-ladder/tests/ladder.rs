//! Ladders asked natively.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use layered_ladder::{DEPARTMENTS, HARD, LADDER_DAYS_MAX, LEVELS_FAILED, LEVELS_MAX, Ladder, STOPS};
use maple_guest::{
    Claim, Day, Span, Value, facts,
    testing::{CaseBuilder, Tree, ask, complaints, configure, duties, offers, settings},
};

/// The practice of Zhuji: small things in the village, large ones in the town, hard ones in the county.
fn zhuji() -> Ladder {
    configure(settings!({ "basis": ["cn.a.1"], "levels": ["village", "town", "county"] })).unwrap()
}

/// The practice of Yongkang: the enterprise, the town, the trade, then a judge who guides.
fn yongkang() -> Ladder {
    configure(settings!({
        "rule": "LONGSHAN", "basis": ["cn.b.2"], "skills": ["hardware"], "days": [5, 10, 10, 5],
        "levels": [
            "enterprise",
            { "body": "town", "skills": ["police"] },
            { "body": "association", "channel": "industry_mediation" },
            { "body": "tribunal", "channel": "court_delegated_mediation", "duties": ["judge_guides_early"] }
        ],
        "starts": [{ "level": "association", "people-min": 3, "hard": true }]
    }))
    .unwrap()
}

fn case() -> CaseBuilder {
    CaseBuilder::new("neighbour.boundary")
}

fn failed(levels: &[&str]) -> Value {
    levels.into()
}

#[test]
fn a_dispute_begins_at_the_lowest_level_that_fits_and_climbs() {
    let village = || case().fact(facts::SAME_VILLAGE, true);
    let (all, town, county) = (
        vec!["peoples_mediation/village", "peoples_mediation/town", "peoples_mediation/county"],
        vec!["peoples_mediation/town", "peoples_mediation/county"],
        vec!["peoples_mediation/county"],
    );
    for (case, expected) in [
        (village(), all),
        (case(), town.clone()),
        (case().fact(facts::SAME_VILLAGE, false), town.clone()),
        (village().fact(facts::PEOPLE, 9), offers_of(3)),
        (village().fact(facts::PEOPLE, 10), county.clone()),
        (village().fact(DEPARTMENTS, 1), offers_of(3)),
        (village().fact(DEPARTMENTS, 2), county.clone()),
        (village().fact(HARD, true), county.clone()),
        (village().fact(facts::MEDIATION_FAILED, true), town.clone()),
        (case().fact(facts::MEDIATION_FAILED, true), county.clone()),
        (village().fact(LEVELS_FAILED, failed(&["village"])), town),
        (village().fact(LEVELS_FAILED, failed(&["town"])).fact(facts::MEDIATION_FAILED, true), county),
        (village().fact(LEVELS_FAILED, failed(&["village", "county"])), vec![]),
        (village().fact(facts::DOMESTIC_VIOLENCE, true), vec![]),
        (village().fact(facts::VIOLENCE_NOW, true), vec![]),
        (village().fact(facts::LABOUR_ARBITRATION_DONE, true), vec![]),
        (village().fact(facts::AGREEMENT_ON, Day::new(2026, 11, 2).unwrap()), vec![]),
    ] {
        let case = case.build();
        assert_eq!(offers(&ask(&zhuji(), &case)), expected, "{:?}", case.facts);
    }
}

fn offers_of(levels: usize) -> Vec<&'static str> {
    ["peoples_mediation/village", "peoples_mediation/town", "peoples_mediation/county"]
        .into_iter()
        .take(levels)
        .collect()
}

#[test]
fn each_level_keeps_its_own_time_and_place_in_line() {
    let findings = ask(&zhuji(), &case().fact(facts::SAME_VILLAGE, true).build());
    let mut expected = [(7, 50), (8, 45), (15, 40)].into_iter();
    for finding in &findings {
        let Claim::Offer(offer) = &finding.claim else { panic!("{finding:?}") };
        let (days, weight) = expected.next().unwrap();
        assert_eq!(offer.due, Some(Span::days(days).after("acceptance")));
        assert_eq!(offer.weight, weight);
        assert_eq!(finding.reason.params[0].value, Value::Number(f64::from(days)));
        assert_eq!(finding.evidence, [facts::SAME_VILLAGE]);
    }
    assert_eq!(findings[0].reason.code, "first");
    assert_eq!(findings[1].reason.code, "next");
}

#[test]
fn a_trade_town_has_its_own_ladder() {
    let findings = ask(&yongkang(), &case().build());
    assert_eq!(
        offers(&findings),
        [
            "peoples_mediation/enterprise",
            "peoples_mediation/town",
            "industry_mediation/association",
            "court_delegated_mediation/tribunal"
        ]
    );
    assert_eq!(duties(&findings), ["judge_guides_early"]);
    assert!(findings.iter().all(|finding| finding.rule == "LONGSHAN"));
    let Claim::Offer(town) = &findings[1].claim else { panic!("{:?}", findings[1]) };
    assert_eq!(town.skills, ["hardware", "police"]);
    let hard = case().fact(HARD, true).fact(facts::PEOPLE, 3).build();
    assert_eq!(offers(&ask(&yongkang(), &hard)).len(), 2);
    let small = case().fact(HARD, true).fact(facts::PEOPLE, 2).build();
    assert_eq!(offers(&ask(&yongkang(), &small)).len(), 4);
}

#[test]
fn nobody_in_danger_climbs() {
    for stop in STOPS {
        assert!(ask(&zhuji(), &case().fact(stop, true).build()).is_empty(), "{stop}");
        assert!(!ask(&zhuji(), &case().fact(stop, false).build()).is_empty(), "{stop}");
    }
}

#[test]
fn a_large_sum_begins_higher() {
    let ladder = settings!({ "basis": ["cn.a.1"], "levels": ["village", "town"], "days": [7, 8],
                             "starts": [{ "level": "town", "amount-over": "50000.00" }] });
    let ladder: Ladder = configure(ladder).unwrap();
    for (minor, steps) in [(None, 2), (Some(5_000_000), 2), (Some(5_000_001), 1)] {
        let case = minor.into_iter().fold(case(), |case, minor| case.fact(facts::AMOUNT, Value::money(minor))).build();
        assert_eq!(offers(&ask(&ladder, &case)).len(), steps, "{minor:?}");
    }
}

#[test]
fn wrong_ladders_are_told_with_their_place() {
    for (settings, expected) in [
        (settings!({ "levels": ["village"], "days": [7] }), "basis: `basis` is missing"),
        (settings!({ "basis": [], "levels": ["village"], "days": [7] }), "basis: `basis` is empty"),
        (settings!({ "basis": ["x.1"] }), "levels: `levels` is missing"),
        (settings!({ "basis": ["x.1"], "levels": [] }), "levels: `levels` has 0 levels, a ladder has 1 to 6"),
        (settings!({ "basis": ["x.1"], "levels": ["a", "b"] }), "levels[1]: `levels[1]` has no number of days"),
        (settings!({ "basis": ["x.1"], "levels": ["a", "b"], "days": [3] }), "days: `days` has 1 numbers for 2 levels"),
        (
            settings!({ "basis": ["x.1"], "levels": ["a"], "days": [3], "starts": [{ "level": "b", "hard": true }] }),
            "starts[0].level: `level` is not a level of this ladder: `b`",
        ),
        (
            settings!({ "basis": ["x.1"], "levels": ["a"], "days": [3], "starts": [{ "level": "a" }] }),
            "starts[0]: `starts[0]` has no condition",
        ),
        (
            settings!({ "basis": ["x.1"], "levels": ["a"], "days": [3], "levls": 1 }),
            "levls: `levls` is not a setting here",
        ),
    ] {
        let told = complaints::<Ladder>(settings);
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:?}");
    }
}

#[test]
fn limits_hold_at_their_edge() {
    let ladder = |levels: usize, days: f64| {
        let level = |at: usize| {
            let days = if at == 0 { days } else { 1.0 };
            Tree::Table(vec![("body".into(), Tree::from(format!("l{at}"))), ("days".into(), Tree::from(days))])
        };
        let levels = Tree::Items((0..levels).map(level).collect());
        complaints::<Ladder>(Tree::Table(vec![("basis".into(), "x.1".into()), ("levels".into(), levels)])).is_empty()
    };
    assert!(ladder(LEVELS_MAX, 1.0));
    assert!(!ladder(LEVELS_MAX + 1, 1.0));
    assert!(ladder(2, LADDER_DAYS_MAX as f64 - 1.0));
    assert!(!ladder(2, LADDER_DAYS_MAX as f64));
}
