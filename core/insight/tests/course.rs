//! What of a dispute's life policies of prevention know, and when they are asked again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says why it fails")]

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::Offset,
};
use maple_insight::life::{
    DAILY_DAYS, FailureReason, Form, Happening as H, History, LIMITATION_AFTER_DAYS, LIMITATION_DAILY_DAYS, Level,
    Life, LifeEvent, MOMENTS_COUNT_MAX, Side, Standing, WATCHED_DAYS_MAX, WEEKLY_DAYS,
};
use maple_kernel::Value;

const CHINA: Offset = Offset::constant(8);

fn day(days: i32) -> Date {
    date(2026, 1, 1).checked_add(days.days()).unwrap()
}

/// Ten in the morning of a day, by the clock of the place.
fn at(days: i32) -> Timestamp {
    CHINA.to_timestamp(day(days).at(10, 0, 0, 0)).unwrap()
}

fn history(all: &[(i32, H)]) -> History {
    let breach = |at: usize| {
        let refused = all[..at].iter().any(|(_, what)| matches!(what, H::Consent { given: false, .. }));
        refused && matches!(all[at].1, H::Started)
    };
    let standing = |place| if breach(place) { Standing::Breach } else { Standing::Applied };
    let events = all.iter().enumerate();
    let events = events.map(|(place, (days, what))| (LifeEvent { at: at(*days), what: what.clone() }, standing(place)));
    History::new(events.collect(), true)
}

fn life(all: &[(i32, H)]) -> Life {
    history(all).life()
}

fn agreed(due: Option<i32>) -> H {
    H::Agreed { form: Form::Written, partly: false, due: due.map(day) }
}

const FAILED: H = H::Failed(FailureReason::Apart);
const NO: H = H::Consent { side: Side::Respondent, given: false };

fn closed(limit: Option<i32>) -> H {
    H::Closed { level: Level::Town, limit: limit.map(day) }
}

/// What stands, in words.
fn known(all: &[(i32, H)]) -> Vec<String> {
    let mut said: Vec<String> = life(all)
        .known(CHINA)
        .iter()
        .map(|known| match &known.value {
            Value::Day(day) => format!("{} {day}", known.key),
            Value::Text(word) => format!("{} {word}", known.key),
            Value::Flag(true) => known.key.to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    said.sort();
    said
}

#[test]
fn what_stands_is_known_and_what_is_over_is_not() {
    let begun = [(0, H::Registered), (1, H::Assigned), (2, H::Started)];
    let then = |more: &[(i32, H)]| known(&[&begun[..], more].concat());
    let started = "mediation_started_on 2026-01-03".to_owned();
    assert_eq!(known(&begun[..2]), [] as [String; 0]);
    assert_eq!(then(&[]), std::slice::from_ref(&started));
    // Another mediator takes it over: the time runs on.
    assert_eq!(then(&[(5, H::Assigned), (6, H::Started)]), std::slice::from_ref(&started));
    let failed = ["mediation_failed", "mediation_failed_on 2026-01-06"];
    assert_eq!(then(&[(5, FAILED)]), failed);
    assert_eq!(then(&[(5, FAILED), (9, H::Assigned)]), failed);
    assert_eq!(then(&[(5, FAILED), (9, H::Assigned), (10, H::Started)]), ["mediation_started_on 2026-01-11"]);
    for end in [NO, H::FiledInCourt, closed(None)] {
        assert!(!then(&[(5, end)]).contains(&started));
    }
    let agreement = ["agreement_due_on 2026-02-10", "agreement_form written", "agreement_on 2026-01-06"];
    assert_eq!(then(&[(5, agreed(Some(40)))]), agreement);
    let with = |more: &[(i32, H)]| {
        let all = then(&[&[(5, agreed(Some(40)))], more].concat());
        all.into_iter().filter(|known| !agreement.contains(&known.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(with(&[(7, H::Performed)]), ["performed"]);
    assert_eq!(with(&[(7, H::ConfirmationFiled)]), ["confirmation_asked"]);
    let decided = |granted| [(7, H::ConfirmationFiled), (9, H::ConfirmationDecided { granted })];
    assert_eq!(with(&decided(true)), ["confirmation_asked", "confirmed"]);
    assert_eq!(with(&decided(false)), ["confirmation_asked"]);
    assert_eq!(with(&[(7, H::FiledInCourt)]), ["agreement_sued_on 2026-01-08", "court_filed_on 2026-01-08"]);
    assert_eq!(with(&[(7, closed(None))]), [] as [String; 0]);
    // Taken up again, what was agreed does not stand any more.
    let again = [(7, closed(None)), (9, H::Reopened), (10, H::Assigned), (11, H::Started)];
    assert_eq!(then(&[&[(5, agreed(Some(40)))], &again[..]].concat()), ["mediation_started_on 2026-01-12"]);
    // A part that is agreed ends no mediation.
    let part = H::Agreed { form: Form::Oral, partly: true, due: None };
    assert_eq!(then(&[(5, part)]), ["agreement_form oral", "agreement_on 2026-01-06", started.as_str()]);
}

#[test]
fn a_day_is_that_of_the_place() {
    let late = "2026-01-05T17:00:00Z".parse::<Timestamp>().unwrap();
    let events = [(at(0), H::Registered), (late, H::Started)];
    let events = events.map(|(at, what)| (LifeEvent { at, what }, Standing::Applied));
    let life = History::new(events.to_vec(), true).life();
    let known = |offset| life.known(offset)[0].clone();
    let said = |offset: Offset| match known(offset).value {
        Value::Day(day) => day.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!((said(CHINA), said(Offset::UTC)), ("2026-01-06".to_owned(), "2026-01-05".to_owned()));
    assert_eq!(known(CHINA).since, "2026-01-05T16:00:00Z".parse().unwrap());
}

#[test]
fn what_happens_is_known_when_it_happens() {
    let calls = [(0, H::Registered), (3, H::Called), (7, H::Called), (8, H::Called)];
    let life_of = life(&calls);
    assert_eq!(life_of.moments(CHINA), [at(3), at(7), at(8)]);
    let counted = |days: i32, by_call| history(&calls).until(at(days)).life().calls_at(at(days), 7, by_call);
    assert_eq!([counted(3, true), counted(3, false)], [Some(2), Some(1)]);
    // After exactly seven days the first is not within them any more.
    assert_eq!([counted(7, true), counted(8, true), counted(9, true)], [Some(2), Some(3), None]);

    let refused = [(0, H::Registered), (1, NO), (2, H::Started), (4, H::Started), (5, closed(Some(4)))];
    let life_of = life(&refused);
    assert_eq!(life_of.moments(CHINA), [at(2), at(4), at(5)]);
    assert_eq!([2, 3, 4].map(|days| life_of.breaches_at(at(days))), [Some(1), None, Some(2)]);
    assert_eq!([life_of.missed_at(at(5), CHINA), life_of.missed_at(at(4), CHINA)], [Some(1), None]);
    assert_eq!(life(&[(0, H::Registered), (5, closed(Some(5)))]).moments(CHINA), [], "the last day is in time");

    let sued = [(0, H::Registered), (1, H::Started), (2, agreed(None)), (9, H::FiledInCourt)];
    assert_eq!((life(&sued).moments(CHINA), life(&sued).relapses_at(at(9))), (vec![at(9)], Some(1)));
    let straight = life(&[(0, H::Registered), (9, H::FiledInCourt)]);
    assert_eq!((straight.moments(CHINA), straight.relapses_at(at(9))), (vec![at(9)], None));

    let many = |count: i32| {
        let calls = (1..=count).map(|day| (day, H::Called));
        life(&[(0, H::Registered)].into_iter().chain(calls).collect::<Vec<_>>()).moments(CHINA)
    };
    let most = i32::try_from(MOMENTS_COUNT_MAX).unwrap();
    assert_eq!((many(most).len(), many(most)[0]), (MOMENTS_COUNT_MAX, at(1)));
    assert_eq!((many(most + 1).len(), many(most + 1)[0]), (MOMENTS_COUNT_MAX, at(2)));
}

#[test]
fn a_dispute_is_looked_at_again_while_a_time_of_it_runs() {
    let next = |all: &[(i32, H)], today: i32| {
        let again = life(all).look_again(at(today), CHINA, &[])?;
        let again = CHINA.to_datetime(again);
        assert_eq!(again.time(), jiff::civil::Time::midnight());
        let days = again.date().since(day(today)).unwrap().get_days();
        Some(days)
    };
    let open = [(0, H::Registered)];
    for (today, wanted) in [
        (0, Some(1)),
        (DAILY_DAYS - 1, Some(1)),
        (DAILY_DAYS, Some(WEEKLY_DAYS)),
        (WATCHED_DAYS_MAX - 1, Some(WEEKLY_DAYS)),
        (WATCHED_DAYS_MAX, None),
    ] {
        assert_eq!(next(&open, today), wanted, "{today}");
    }
    // What is over is not looked at, but for an agreement that is not performed.
    let over = |due: Option<i32>, more: &[(i32, H)]| {
        let all = [(0, H::Registered), (1, H::Started), (2, agreed(due)), (3, closed(None))];
        [&all[..], more].concat()
    };
    assert_eq!(next(&[(0, H::Registered), (1, closed(None))], 5), None);
    assert_eq!(next(&over(None, &[]), 5), Some(1));
    assert_eq!(next(&over(None, &[(4, H::Performed)]), 5), None);
    // Before it is due it is looked at each week at least, and on the day itself; each day after it.
    assert_eq!(next(&over(Some(300), &[]), 100), Some(WEEKLY_DAYS));
    assert_eq!(next(&over(Some(300), &[]), 297), Some(3));
    assert_eq!(next(&over(Some(300), &[]), 301), Some(1));
    // Two years after it is due less ninety days is still looked at.
    assert_eq!(next(&over(Some(300), &[]), 300 + 640), Some(WEEKLY_DAYS));
    assert_eq!(next(&over(Some(300), &[]), 300 + WATCHED_DAYS_MAX), None);
}

#[test]
fn a_dispute_is_looked_at_each_day_before_it_is_out_of_time() {
    // Three years and one from the same day.
    let from = day(0);
    let ends = [1, 3].map(|years: i16| from.checked_add(jiff::Span::new().years(years)).unwrap());
    let [one, three] = ends.map(|end| end.since(from).unwrap().get_days());
    let next = |all: &[(i32, H)], today: i32| {
        let again = CHINA.to_datetime(life(all).look_again(at(today), CHINA, &[from])?);
        Some(again.date().since(day(today)).unwrap().get_days())
    };
    let open = [(0, H::Registered)];
    let first = |end: i32| end - LIMITATION_DAILY_DAYS;
    for (today, wanted) in [
        (first(one) - 1, 1),
        // Nothing else would be looked at any more.
        (WATCHED_DAYS_MAX, first(three) - WATCHED_DAYS_MAX),
        (first(three) - 1, 1),
        (first(three), 1),
        (three - 90, 1),
        (three + LIMITATION_AFTER_DAYS, 1),
    ] {
        assert_eq!(next(&open, today), Some(wanted), "{today}");
    }
    assert_eq!(next(&open, three + LIMITATION_AFTER_DAYS + 1), None);
    // What is over is out of time for nobody; and what a court has does not wait.
    for end in [closed(None), H::FiledInCourt, H::ArbitrationStarted(maple_insight::life::Arbitration::Labour)] {
        assert_eq!(next(&[(0, H::Registered), (1, end.clone())], three - 90), None, "{end:?}");
    }
}
