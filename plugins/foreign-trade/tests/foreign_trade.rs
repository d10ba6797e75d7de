//! The foreign trade practice asked natively.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use foreign_trade::{ABROAD, ForeignTrade, INDUSTRY, LANGUAGES_MAX};
use maple_guest::{
    Claim, Day, Span, Value, facts,
    testing::{CaseBuilder, Tree, ask, complaints, configure, duties, offers, settings},
};

/// The practice of Yiwu.
fn yiwu() -> ForeignTrade {
    configure(settings!({
        "basis": ["cn.a.1"], "kinds": ["business.*", "contract.sale"], "languages": ["ar", "en", "es"], "due": "30 days",
        "co-mediator-duty": "co_mediate_with_chinese_mediator", "remote-duty": "offer_remote_session",
        "links": [
            { "channel": "judicial_confirmation", "body": "basic_court", "after-agreement": true },
            { "channel": "court", "body": "maritime_court", "industries": ["shipping"] }
        ]
    }))
    .unwrap()
}

fn sale(language: &str, abroad: bool) -> CaseBuilder {
    let mut party = vec![(facts::FOREIGN, Value::from(true)), (facts::LANGUAGE, language.into())];
    if abroad {
        party.push((ABROAD, true.into()));
    }
    CaseBuilder::new("contract.sale")
        .party("applicant", &party)
        .organisation("respondent", &[(facts::LANGUAGE, "zh".into())])
}

#[test]
fn the_committee_speaks_the_language_of_the_party() {
    let findings = ask(&yiwu(), &sale("ar", false).build());
    assert_eq!(offers(&findings), ["peoples_mediation/foreign_committee"]);
    let Claim::Offer(offer) = &findings[0].claim else { panic!("{findings:?}") };
    assert_eq!(offer.skills, ["foreign_trade", "lang_ar"]);
    assert_eq!(offer.due, Some(Span::days(30).after("acceptance")));
    assert_eq!(duties(&findings), ["co_mediate_with_chinese_mediator"]);
}

#[test]
fn a_language_that_nobody_speaks_gets_an_interpreter() {
    let findings = ask(&yiwu(), &sale("sw", true).build());
    assert_eq!(duties(&findings), ["offer_language_help", "co_mediate_with_chinese_mediator", "offer_remote_session"]);
    let Claim::Duty(duty) = &findings[1].claim else { panic!("{findings:?}") };
    assert_eq!(duty.params[0].value, Value::from("sw"));
}

#[test]
fn the_road_on_is_offered_where_it_is_open() {
    let agreed = |on: Day, form: &str, by: &str| {
        let agreed = sale("en", false).fact(facts::AGREEMENT_ON, on).fact(facts::AGREEMENT_FORM, form);
        offers(&ask(&yiwu(), &agreed.fact(facts::AGREEMENT_BY, by).build()))
    };
    let today = sale("en", false).build().day;
    for (on, form, by, open) in [
        (today, "written", "peoples_mediation", true),
        (today.plus_days(-30), "written", "peoples_mediation", true),
        (today.plus_days(-40), "written", "peoples_mediation", false),
        (today.plus_days(1), "written", "peoples_mediation", false),
        (today, "oral", "peoples_mediation", false),
        (today, "written", "self", false),
        (today, "written", "court", false),
    ] {
        let wanted: &[&str] = if open { &["judicial_confirmation/basic_court"] } else { &[] };
        assert_eq!(agreed(on, form, by), wanted, "{on:?} {form} {by}");
    }
    for settled in [facts::PERFORMED, facts::CONFIRMED, facts::CONFIRMATION_ASKED] {
        let case = |told: bool| {
            let agreed = sale("en", false).fact(facts::AGREEMENT_ON, today).fact(facts::AGREEMENT_FORM, "written");
            agreed.fact(settled, told).build()
        };
        assert_eq!(offers(&ask(&yiwu(), &case(true))), [""; 0], "{settled}");
        assert_eq!(offers(&ask(&yiwu(), &case(false))), ["judicial_confirmation/basic_court"], "{settled}");
    }
    let shipping = sale("en", false).fact(INDUSTRY, "shipping");
    assert_eq!(offers(&ask(&yiwu(), &shipping.build()))[1..], ["court/maritime_court"]);
    assert_eq!(offers(&ask(&yiwu(), &sale("en", false).fact(INDUSTRY, "toys").build())).len(), 1);
}

#[test]
fn a_mediation_that_failed_is_not_begun_again() {
    let failed = sale("sw", true).fact(facts::MEDIATION_FAILED, true).fact(INDUSTRY, "shipping");
    let findings = ask(&yiwu(), &failed.build());
    assert_eq!(offers(&findings), ["court/maritime_court"]);
    assert_eq!(duties(&findings), ["offer_language_help"], "whoever speaks another language is still helped");
}

#[test]
fn other_disputes_are_left_alone() {
    let domestic = CaseBuilder::new("contract.sale").party("applicant", &[(facts::LANGUAGE, "ar".into())]).build();
    assert!(ask(&yiwu(), &domestic).is_empty());
    let family = CaseBuilder::new("family.divorce").party("applicant", &[(facts::FOREIGN, true.into())]).build();
    assert!(ask(&yiwu(), &family).is_empty());
}

#[test]
fn wrong_settings_are_told_with_their_place() {
    let told =
        complaints::<ForeignTrade>(settings!({ "due": "a month", "links": [{ "body": "x" }], "language": ["ar"] }));
    assert_eq!(
        told,
        [
            "basis: `basis` is missing",
            "due: `due` must be a length of time such as `15 days`, not this text",
            "links[0].channel: `channel` is missing",
            "language: `language` is not a setting here",
        ]
    );
    let many = |count: usize| {
        let languages = Tree::Items((0..count).map(|at| Tree::from(format!("l{at}"))).collect());
        complaints::<ForeignTrade>(Tree::Table(vec![("basis".into(), "x.1".into()), ("languages".into(), languages)]))
            .len()
    };
    assert_eq!((many(LANGUAGES_MAX), many(LANGUAGES_MAX + 1)), (0, 1));
}
