//! Counts of lives, indicators of counts, and what of them is shown.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says why it fails")]

use jiff::{Timestamp, ToSpan, civil::date, tz::Offset};
use maple_insight::{
    figures::{BUCKET_HOURS, Counts, Cover, Indicator, Measure, Month, SHOWN_COUNT_MIN, Tally, contributions, hidden},
    life::{FailureReason, Form, Happening as H, History, Level, LifeEvent, Side, Standing},
};
use proptest::prelude::*;

const CHINA: i8 = 8;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn tally(events: &[(&str, H)]) -> Tally {
    let events = events.iter().map(|(when, what)| (LifeEvent { at: at(when), what: what.clone() }, Standing::Applied));
    contributions(&History::new(events.collect(), true).life(), Offset::constant(CHINA))
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn written(due: Option<jiff::civil::Date>) -> H {
    H::Agreed { form: Form::Written, partly: false, due }
}

#[test]
fn months_are_those_of_the_place() {
    // Midnight of the first of March at UTC+8.
    let counted = tally(&[("2026-02-28T16:00:00Z", H::Registered)]);
    assert_eq!(counted, [((month("2026-03"), Measure::Registered, 0), 1)].into());
    let before = tally(&[("2026-02-28T15:59:59Z", H::Registered)]);
    assert_eq!(before, [((month("2026-02"), Measure::Registered, 0), 1)].into());
    assert_eq!(month("2025-12").plus(1).to_string(), "2026-01");
    assert_eq!(Month::of_number(month("2026-01").number()), Some(month("2026-01")));
    for wrong in ["2026", "2026-13", "2026-1", "2026-01-01", "26-01"] {
        assert!(wrong.parse::<Month>().is_err(), "{wrong}");
    }
}

#[test]
fn a_life_counts_in_the_month_of_what_it_is_a_share_of() {
    let counted = tally(&[
        ("2026-01-05T01:00:00Z", H::Registered),
        ("2026-01-05T03:00:00Z", H::Offered),
        ("2026-01-06T01:00:00Z", H::Consent { side: Side::Respondent, given: true }),
        ("2026-01-07T01:00:00Z", H::Assigned),
        ("2026-01-08T01:00:00Z", H::Started),
        ("2026-02-01T01:00:00Z", written(Some(date(2026, 3, 15)))),
        // Asked and decided later, about the agreement of February.
        ("2026-03-10T01:00:00Z", H::ConfirmationFiled),
        ("2026-03-12T01:00:00Z", H::ConfirmationDecided { granted: true }),
        ("2026-03-15T15:59:59Z", H::Performed),
        ("2026-03-20T01:00:00Z", H::Closed { level: Level::Town, limit: Some(date(2026, 3, 20)) }),
        ("2026-05-20T01:00:00Z", H::FollowedUp { resolved: Some(true), satisfied: Some(false) }),
        ("2027-01-20T01:00:00Z", H::FiledInCourt),
    ]);
    let bucket = |hours| u8::try_from(BUCKET_HOURS.iter().position(|to| *to == hours).unwrap()).unwrap();
    let wanted: Tally = [
        ("2026-01", Measure::Registered, 0),
        ("2026-01", Measure::Offers, 0),
        ("2026-01", Measure::OffersAgreed, 0),
        ("2026-01", Measure::Consents, 0),
        ("2026-02", Measure::Concluded, 0),
        ("2026-02", Measure::Agreements, 0),
        ("2026-02", Measure::Written, 0),
        ("2026-02", Measure::BeforeCourt, 0),
        ("2026-02", Measure::Relapsed, 0),
        ("2026-02", Measure::Confirmable, 0),
        ("2026-02", Measure::ConfirmationsFiled, 0),
        ("2026-02", Measure::ConfirmationsDecided, 0),
        ("2026-02", Measure::ConfirmationsGranted, 0),
        ("2026-03", Measure::Due, 0),
        ("2026-03", Measure::Performed, 0),
        ("2026-03", Measure::Closed, 0),
        ("2026-03", Measure::ClosedTown, 0),
        ("2026-03", Measure::ClosedLimited, 0),
        ("2026-03", Measure::ClosedInTime, 0),
        ("2026-05", Measure::ResolvedAsked, 0),
        ("2026-05", Measure::Resolved, 0),
        ("2026-05", Measure::SatisfiedAsked, 0),
        ("2027-01", Measure::FiledInCourt, 0),
        ("2026-01", Measure::HoursToContact, bucket(2)),
        ("2026-01", Measure::HoursToOffer, bucket(2)),
        ("2026-01", Measure::HoursToEnd, bucket(2_160)),
    ]
    .into_iter()
    .map(|(of, measure, bucket)| ((month(of), measure, bucket), 1))
    .chain([((month("2026-01"), Measure::HoursToCourt, u8::try_from(BUCKET_HOURS.len()).unwrap()), 1)])
    .collect();
    assert_eq!(counted, wanted);
}

#[test]
fn an_offer_is_agreed_to_by_who_answers_last_and_an_agreement_done_at_once_needs_no_court() {
    let begun = [("2026-01-05T01:00:00Z", H::Registered), ("2026-01-05T02:00:00Z", H::Offered)];
    let yes = |side| H::Consent { side, given: true };
    let no = |side| H::Consent { side, given: false };
    let agreed = |answers: &[H]| {
        let answers = answers.iter().zip(["2026-01-06T01:00:00Z", "2026-01-07T01:00:00Z", "2026-01-08T01:00:00Z"]);
        let all: Vec<_> = begun.iter().cloned().chain(answers.map(|(what, at)| (at, what.clone()))).collect();
        let counted = tally(&all);
        let of = |measure| counted.get(&(month("2026-01"), measure, 0)).copied().unwrap_or_default();
        (of(Measure::OffersAgreed), of(Measure::Offers))
    };
    let (one, other) = (Side::Applicant, Side::Respondent);
    assert_eq!(agreed(&[]), (0, 1));
    assert_eq!(agreed(&[yes(one), yes(other)]), (1, 1), "two answers to one offer");
    assert_eq!(agreed(&[yes(one), no(other)]), (0, 1));
    assert_eq!(agreed(&[no(other), yes(one)]), (0, 1), "who refused does still");
    assert_eq!(agreed(&[no(other), yes(other)]), (1, 1));
    assert_eq!(agreed(&[no(other), H::Offered, yes(other)]), (1, 2));

    let done = |form, done: &'static str, asked: bool| {
        let mut all = vec![
            ("2026-01-05T01:00:00Z", H::Registered),
            ("2026-01-05T02:00:00Z", H::Assigned),
            ("2026-01-05T03:00:00Z", H::Started),
            ("2026-01-05T04:00:00Z", H::Agreed { form, partly: true, due: None }),
        ];
        all.extend(asked.then_some(("2026-01-05T05:00:00Z", H::ConfirmationFiled)));
        all.push((done, H::Performed));
        let counted = tally(&all);
        let of = |measure| counted.get(&(month("2026-01"), measure, 0)).copied().unwrap_or_default();
        (of(Measure::ConfirmationsFiled), of(Measure::Confirmable))
    };
    assert_eq!(done(Form::Written, "2026-01-05T15:59:59Z", false), (0, 0), "on the very day");
    assert_eq!(done(Form::Written, "2026-01-05T16:00:00Z", false), (0, 1), "the day after, at UTC+8");
    assert_eq!(done(Form::Written, "2026-01-05T06:00:00Z", true), (1, 1), "a court was asked all the same");
    assert_eq!(done(Form::Oral, "2026-02-05T06:00:00Z", false), (0, 0));
}

#[test]
fn a_suit_ends_by_the_parties_when_they_agree_or_take_it_back_after_it() {
    let sued = |more: &[(&'static str, H)]| {
        let all: Vec<_> = [("2026-01-05T01:00:00Z", H::Registered)].iter().chain(more).cloned().collect();
        let counted = tally(&all);
        let of = |measure| counted.get(&(month("2026-02"), measure, 0)).copied().unwrap_or_default();
        (of(Measure::ClosedByParties), of(Measure::ClosedSued), of(Measure::Closed))
    };
    let suit = ("2026-01-10T01:00:00Z", H::FiledInCourt);
    let closed = ("2026-02-10T01:00:00Z", H::Closed { level: Level::Court, limit: None });
    let begun = [("2026-01-12T01:00:00Z", H::Assigned), ("2026-01-13T01:00:00Z", H::Started)];
    let [assigned, started] = begun;
    let after = |how: H| {
        sued(&[suit.clone(), assigned.clone(), started.clone(), ("2026-01-20T01:00:00Z", how), closed.clone()])
    };
    assert_eq!(sued(std::slice::from_ref(&closed)), (0, 0, 1));
    assert_eq!(sued(&[suit.clone(), closed.clone()]), (0, 1, 1));
    assert_eq!(after(written(None)), (1, 1, 1));
    assert_eq!(after(H::Failed(FailureReason::Withdrawn)), (1, 1, 1));
    assert_eq!(after(H::Failed(FailureReason::Apart)), (0, 1, 1));
    let before = [
        ("2026-01-06T01:00:00Z", H::Assigned),
        ("2026-01-07T01:00:00Z", H::Started),
        ("2026-01-08T01:00:00Z", written(None)),
        suit.clone(),
        closed.clone(),
    ];
    assert_eq!(sued(&before), (0, 1, 1), "agreed before the suit");
}

#[test]
fn a_day_too_late_is_too_late() {
    let performed = |when: &'static str| {
        let counted = tally(&[
            ("2026-01-05T01:00:00Z", H::Registered),
            ("2026-01-05T02:00:00Z", H::Assigned),
            ("2026-01-05T03:00:00Z", H::Started),
            ("2026-01-05T04:00:00Z", written(Some(date(2026, 1, 31)))),
            (when, H::Performed),
        ]);
        counted.contains_key(&(month("2026-01"), Measure::Performed, 0))
    };
    assert!(performed("2026-01-31T15:59:59Z"));
    assert!(!performed("2026-01-31T16:00:00Z"));
    let relapsed = |days: i64| {
        let suit = at("2026-01-05T04:00:00Z").checked_add((days * 24).hours()).unwrap().to_string();
        let counted = tally(&[
            ("2026-01-05T01:00:00Z", H::Registered),
            ("2026-01-05T02:00:00Z", H::Assigned),
            ("2026-01-05T03:00:00Z", H::Started),
            ("2026-01-05T04:00:00Z", written(None)),
            (&suit, H::FiledInCourt),
        ]);
        counted.contains_key(&(month("2026-01"), Measure::Relapsed, 0))
    };
    assert!(relapsed(365));
    assert!(!relapsed(366));
}

fn counts(of: &[(Measure, i64)]) -> Counts {
    let mut counts = Counts::default();
    of.iter().for_each(|(measure, count)| counts.add(*measure, 0, *count));
    counts
}

#[test]
fn shares_are_of_what_their_formula_says() {
    use Measure as M;
    let all = counts(&[
        (M::BeforeCourt, 60),
        (M::FiledInCourt, 40),
        (M::Agreements, 70),
        (M::Concluded, 100),
        (M::Offers, 100),
        (M::OffersAgreed, 80),
        (M::Refusals, 20),
        (M::RefusalsBroken, 10),
        (M::Relapsed, 14),
    ]);
    let value = |indicator: Indicator| indicator.figure(&all, Some(100_000), &Cover::alone(&all)).value;
    assert_eq!(value(Indicator::PreDivert), Some(0.6));
    assert_eq!(value(Indicator::MedSucc), Some(0.7));
    assert_eq!(value(Indicator::MedOfferAccept), Some(0.8));
    assert_eq!(value(Indicator::RefusalHonoured), Some(0.5));
    assert_eq!(value(Indicator::Relapse), Some(0.2));
    assert_eq!(value(Indicator::LitPer10k), Some(4.0));
    assert_eq!(Indicator::LitPer10k.figure(&all, None, &Cover::alone(&all)).value, None);
    assert!(Indicator::LitPer10k.pair().contains(&Indicator::RefusalHonoured));
}

#[test]
fn what_counts_few_is_not_shown() {
    use Measure as M;
    let success = |part, whole| {
        let all = counts(&[(M::Agreements, part), (M::Concluded, whole)]);
        let figure = Indicator::MedSucc.figure(&all, None, &Cover::alone(&all));
        (figure.value, figure.part, figure.at_least, figure.at_most, figure.suppressed)
    };
    assert_eq!(success(10, 20), (Some(0.5), Some(10), None, None, false));
    assert_eq!(success(9, 20), (None, None, None, Some(0.45), true));
    assert_eq!(success(11, 20), (None, None, Some(0.55), None, true));
    assert_eq!(success(90, 90), (None, None, Some(0.9), None, true));
    assert_eq!(success(0, 90), (None, None, None, Some(0.1), true));
    assert_eq!(success(5, 9), (None, None, None, None, true));
    assert_eq!(success(0, 0), (None, None, None, None, true));
    let registered = |count| {
        let all = counts(&[(M::Registered, count)]);
        Indicator::Registered.figure(&all, None, &Cover::alone(&all)).value
    };
    assert_eq!((registered(9), registered(10)), (None, Some(10.0)));
}

#[test]
fn a_median_is_that_of_its_buckets() {
    let mut counts = Counts::default();
    // 10 within an hour, 20 within two, 10 later.
    for (bucket, count) in [(0, 10), (1, 20), (5, 10)] {
        counts.add(Measure::HoursToOffer, bucket, count);
    }
    assert_eq!(Indicator::TimeToOffer.figure(&counts, None, &Cover::alone(&counts)).value, Some(1.5));
    let mut late = Counts::default();
    late.add(Measure::HoursToOffer, u8::try_from(BUCKET_HOURS.len()).unwrap(), 40);
    let figure = Indicator::TimeToOffer.figure(&late, None, &Cover::alone(&late));
    assert_eq!((figure.value, figure.whole, figure.suppressed), (None, Some(40), false));
}

#[test]
fn what_taking_away_would_tell_is_hidden_too() {
    assert_eq!(hidden(&[100, 50, 30]), [false, false, false]);
    // One alone would be the rest.
    assert_eq!(hidden(&[100, 50, 3]), [false, true, true]);
    // Two that are few together.
    assert_eq!(hidden(&[100, 50, 3, 4]), [false, true, true, true]);
    assert_eq!(hidden(&[100, 50, 6, 4]), [false, false, true, true]);
    assert_eq!(hidden(&[100, 0]), [true, true]);
    assert_eq!(hidden(&[9]), [true]);
    assert_eq!(hidden(&[]), [false; 0]);
}

proptest! {
    #[test]
    fn no_small_count_can_be_had_by_taking_away(parts in proptest::collection::vec(0_i64..60, 0..12)) {
        let hidden = hidden(&parts);
        let rest: Vec<i64> = parts.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(part, _)| *part).collect();
        for (part, hidden) in parts.iter().zip(&hidden) {
            prop_assert!(*hidden || *part >= SHOWN_COUNT_MIN);
        }
        let everything = rest.len() == parts.len();
        prop_assert!(rest.is_empty() || everything || (rest.len() > 1 && rest.iter().sum::<i64>() >= SHOWN_COUNT_MIN));
    }
}
