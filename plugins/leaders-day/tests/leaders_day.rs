//! The leaders' day asked natively.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use leaders_day::{DANGERS, DEPARTMENTS, LeadersDay, NOTICE_DAYS_MAX, PAPERS_LOST, PENDING_DAYS, REPEATED_PETITION};
use maple_guest::{
    Calendar, Claim, Clock, Day, Due, Span, Value, facts,
    testing::{CaseBuilder, Tree, ask, calendar, complaints, configure_with, duties, settings},
};

fn day(year: u16, month: u8, day: u8) -> Day {
    Day::new(year, month, day).unwrap()
}

/// National Day 2026: the first to the seventh are off, Saturday the tenth is worked; Spring Festival 2026 is off from
/// the fifteenth of February to the twenty-third.
fn holidays() -> Calendar {
    let off: Vec<Day> = (1..=7).map(|d| day(2026, 10, d)).chain((15..=23).map(|d| day(2026, 2, d))).collect();
    calendar(&off, &[day(2026, 10, 10), day(2026, 2, 14)])
}

fn policy(settings: Tree) -> LeadersDay {
    configure_with(settings, holidays()).unwrap()
}

fn on_the(day_of_month: i32, notice_days: i32) -> LeadersDay {
    policy(settings!({ "basis": ["cn.a.1"], "day-of-month": (day_of_month), "notice-days": (notice_days),
                       "triggers": { "papers-lost": true } }))
}

#[test]
fn the_day_is_the_next_one_and_never_a_day_of_rest() {
    for (of_month, notice, today, expected) in [
        (15, 0, day(2026, 12, 1), day(2026, 12, 15)),
        (15, 0, day(2026, 12, 15), day(2026, 12, 15)),
        (15, 1, day(2026, 12, 15), day(2027, 1, 15)),
        (15, 0, day(2026, 12, 16), day(2027, 1, 15)),
        // the fifteenth is a Sunday
        (15, 0, day(2026, 11, 10), day(2026, 11, 16)),
        (15, 0, day(2026, 11, 16), day(2026, 11, 16)),
        (15, 0, day(2026, 11, 17), day(2026, 12, 15)),
        // National Day, and a Saturday that is worked
        (1, 0, day(2026, 9, 20), day(2026, 10, 8)),
        (10, 0, day(2026, 10, 9), day(2026, 10, 10)),
        // Spring Festival
        (15, 0, day(2026, 2, 10), day(2026, 2, 24)),
        // months without a thirty-first; the day of January rolls into February
        (31, 0, day(2026, 2, 1), day(2026, 2, 2)),
        (31, 0, day(2026, 2, 3), day(2026, 3, 2)),
        (31, 0, day(2028, 2, 20), day(2028, 2, 29)),
        (31, 0, day(2026, 4, 2), day(2026, 4, 30)),
    ] {
        let case = CaseBuilder::new("x").on(today.year, today.month, today.day).fact(PAPERS_LOST, true).build();
        let findings = ask(&on_the(of_month, notice), &case);
        let Claim::Offer(offer) = &findings[0].claim else { panic!("{findings:?}") };
        assert_eq!(offer.due, Some(Due::On(expected)), "{of_month} from {today:?}");
        assert_eq!(offer.channel, "leaders_reception");
    }
}

#[test]
fn each_trigger_is_enough_and_nothing_else_is() {
    let policy = policy(settings!({ "basis": ["cn.a.1"], "day-of-month": 15, "triggers": {
        "pending-days-over": 30, "repeated-petition": true, "departments-min": 2, "papers-lost": true } }));
    for (facts, evidence) in [
        (vec![], vec![]),
        (vec![(PENDING_DAYS, Value::from(30))], vec![]),
        (vec![(PENDING_DAYS, Value::from(31))], vec![PENDING_DAYS]),
        (vec![(DEPARTMENTS, Value::from(1)), (REPEATED_PETITION, false.into())], vec![]),
        (vec![(DEPARTMENTS, Value::from(2))], vec![DEPARTMENTS]),
        (vec![(REPEATED_PETITION, true.into()), (PAPERS_LOST, true.into())], vec![PAPERS_LOST, REPEATED_PETITION]),
    ] {
        let case = facts.into_iter().fold(CaseBuilder::new("x"), |case, (key, value)| case.fact(key, value)).build();
        let findings = ask(&policy, &case);
        assert_eq!(findings.first().map_or(&[][..], |f| &f.evidence), evidence);
    }
}

#[test]
fn nobody_in_danger_is_brought_before_anybody() {
    let policy = on_the(15, 0);
    let case = || CaseBuilder::new("x").fact(PAPERS_LOST, true);
    assert!(!ask(&policy, &case().build()).is_empty());
    for danger in DANGERS {
        assert!(ask(&policy, &case().fact(danger, true).build()).is_empty(), "{danger}");
        assert!(!ask(&policy, &case().fact(danger, false).build()).is_empty(), "{danger}");
    }
    let own = settings!({ "basis": ["cn.a.1"], "day-of-month": 15, "triggers": { "papers-lost": true },
                          "stop-on": ["fire_now"] });
    let own = configure_with(own, holidays()).unwrap();
    assert!(ask::<LeadersDay>(&own, &case().fact("fire_now", true).build()).is_empty());
    assert!(!ask(&own, &case().fact(facts::VIOLENCE_NOW, true).build()).is_empty(), "what is named stands alone");
}

#[test]
fn the_day_comes_with_its_duties_and_its_clock() {
    let policy = policy(settings!({ "basis": ["cn.a.1"], "day-of-month": 15, "triggers": { "papers-lost": true },
        "body": "town", "duties": ["name_responsible_leader", { "code": "minutes_bind_departments", "bearer": "town" }],
        "clock": "next_leaders_day" }));
    let case = |d| CaseBuilder::new("x").on(2026, 12, d).fact(PAPERS_LOST, true).build();
    let findings = ask(&policy, &case(1));
    assert_eq!(duties(&findings), ["name_responsible_leader", "minutes_bind_departments"]);
    let clock = Clock::of("next_leaders_day", day(2026, 12, 1), Span::days(14));
    assert_eq!(findings.last().unwrap().claim, Claim::Clock(clock));
    let today = Clock::of("next_leaders_day", day(2026, 12, 15), Span::days(0));
    assert_eq!(ask(&policy, &case(15)).last().unwrap().claim, Claim::Clock(today), "the day itself is the last");
}

#[test]
fn wrong_settings_are_told_with_their_place() {
    let with = |notice: i64| {
        complaints::<LeadersDay>(settings!({ "basis": ["x.1"], "day-of-month": 15, "notice-days": (notice as i32),
                                             "triggers": { "papers-lost": true } }))
    };
    assert_eq!(with(NOTICE_DAYS_MAX), [""; 0]);
    assert_eq!(with(NOTICE_DAYS_MAX + 1), ["notice-days: `notice-days` must be a whole number from 0 to 14, not `15`"]);
    let told = complaints::<LeadersDay>(settings!({ "basis": ["x.1"], "day-of-month": 32, "triggers": {} }));
    assert_eq!(
        told,
        [
            "day-of-month: `day-of-month` must be a whole number from 1 to 31, not `32`",
            "triggers: `triggers` never bring anything before the leaders",
        ]
    );
}
