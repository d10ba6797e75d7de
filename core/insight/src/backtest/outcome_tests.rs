#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use maple_kernel::{Day, Facts};
use proptest::prelude::*;

use super::*;
use crate::share::CASES_FEW;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn case(id: &str, amount: Option<i64>) -> Case {
    let day = Day::new(2026, 11, 23).unwrap();
    let facts = Facts::new(amount.map(|amount| (AMOUNT.into(), Value::Money(amount * 100))).into_iter().collect());
    Case::new(Some(id.into()), "land".into(), "work.wages".into(), "counter".into(), day, vec![], facts)
}

/// So many disputes of a channel, of which so many agree.
fn tell(history: &mut Chronicle, channel: &str, from: usize, count: usize, agreed: usize) {
    for number in from..from + count {
        let id = format!("d{number}");
        history.tell(&id, at(1), Told::Kind("work.wages")).unwrap();
        history.tell(&id, at(2), Told::Channel(channel)).unwrap();
        history.tell(&id, at(3), Told::Ended { agreed: number - from < agreed }).unwrap();
    }
}

fn moves(rows: &[(Band, &str, &str, u64)]) -> Moves {
    let first = |channel: &str| First::Channel(channel.into());
    rows.iter().map(|(band, from, to, cases)| (("work.wages".into(), *band, first(from), first(to)), *cases)).collect()
}

#[test]
fn bands_end_where_they_say() {
    for (amount, band) in [
        (0, Band::Small),
        (10_000, Band::Small),
        (10_001, Band::Middling),
        (50_000, Band::Middling),
        (200_000, Band::Large),
        (1_000_000, Band::Great),
        (1_000_001, Band::Beyond),
    ] {
        assert_eq!(Band::of(&case("a", Some(amount))), band, "{amount}");
    }
    assert_eq!(Band::of_amount(1_000_001), Band::Middling);
    assert_eq!(Band::of(&case("a", None)), Band::Unsaid);
    for (band, _) in Band::ALL {
        assert_eq!(Band::of_number(band.number()), band);
    }
}

#[test]
fn shares_are_matched_by_band_then_without_and_never_of_few() {
    let history = |trade: usize| {
        let mut history = Chronicle::default();
        tell(&mut history, "town", 0, 60, 45);
        tell(&mut history, "trade", 100, trade, 29);
        let history = history.history();
        // Half of the town's are known to be small: the first ones, which agreed.
        (0..30).for_each(|number| history.see(number, &case(&format!("d{number}"), Some(100))));
        history.outcomes()
    };
    let outcomes = history(29);
    let share = |band, channel: &str| outcomes.share(&"work.wages".into(), band, &channel.into());
    assert_eq!(share(Band::Small, "town"), Some((Share::new(30, 30), MatchedBy::Band)));
    assert_eq!(share(Band::Large, "town"), Some((Share::new(45, 60), MatchedBy::Kind)));
    // One fewer than enough.
    assert_eq!((CASES_FEW, share(Band::Small, "trade")), (30, None));
    let outcomes = history(30);
    assert_eq!(outcomes.share(&"work.wages".into(), Band::Small, &"trade".into()).unwrap().0, Share::new(29, 30));
    assert_eq!(outcomes.total(), Share::new(74, 90));
    assert_eq!(outcomes.shares().count(), 3);
}

#[test]
fn what_is_expected_follows_from_the_shares() {
    let mut history = Chronicle::default();
    tell(&mut history, "town", 0, 100, 80);
    tell(&mut history, "trade", 100, 50, 30);
    let history = history.history();
    let rows =
        [(Band::Small, "town", "trade", 10), (Band::Unsaid, "town", "court", 7), (Band::Great, "trade", "town", 2)];
    let estimate = Estimate::new(&history, &moves(&rows));
    assert_eq!((estimate.disputes, estimate.estimated, estimate.unknown), (150, 12, 7));
    let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
    near(estimate.baseline.middle, 10.0 * 0.8 + 2.0 * 0.6);
    near(estimate.candidate.middle, 10.0 * 0.6 + 2.0 * 0.8);
    let (town, trade) = (Share::new(80, 100).wilson().unwrap(), Share::new(30, 50).wilson().unwrap());
    near(estimate.candidate.low, 10.0 * trade.0 + 2.0 * town.0);
    near(estimate.candidate.high, 10.0 * trade.1 + 2.0 * town.1);
    near(estimate.agreements_lost().unwrap(), (9.2 - 7.6) / 9.2);
    let row = &estimate.rows[1];
    assert_eq!((row.cases, row.baseline.is_some(), row.candidate), (7, true, None));
    // More agreements are none lost; of nothing there is no share.
    let back = Estimate::new(&history, &moves(&[(Band::Small, "trade", "town", 1)]));
    assert_eq!(back.agreements_lost(), Some(0.0));
    assert_eq!(Estimate::new(&history, &moves(&[(Band::Small, "town", "court", 1)])).agreements_lost(), None);
    // Where nobody goes elsewhere none is lost, and where none is expected neither.
    let none = Chronicle::default().history();
    assert_eq!(Estimate::new(&none, &Moves::new()).agreements_lost(), Some(0.0));
    let mut failed = Chronicle::default();
    tell(&mut failed, "town", 0, 30, 0);
    tell(&mut failed, "trade", 100, 30, 0);
    let failed = Estimate::new(&failed.history(), &moves(&[(Band::Small, "trade", "town", 1)]));
    assert_eq!((failed.estimated, failed.agreements_lost()), (1, Some(0.0)));
}

#[test]
fn the_channel_is_that_in_which_it_ended_and_a_dispute_counts_once_in_each() {
    let mut history = Chronicle::default();
    let mut told = |second, told| history.tell("a", at(second), told).unwrap();
    told(5, Told::Ended { agreed: false });
    told(1, Told::Kind("work.wages"));
    told(6, Told::Channel("trade"));
    told(2, Told::Channel("town"));
    told(8, Told::Ended { agreed: true });
    // Again without an agreement, there and where it began: what was agreed once stands.
    told(9, Told::Ended { agreed: false });
    told(10, Told::Channel("town"));
    told(11, Told::Ended { agreed: false });
    // A second kind is none.
    told(12, Told::Kind("family.divorce"));
    // What ended before any channel was said is of none.
    history.tell("b", at(1), Told::Kind("work.wages")).unwrap();
    history.tell("b", at(2), Told::Ended { agreed: true }).unwrap();
    // Nor is what nobody knows the kind of.
    history.tell("c", at(1), Told::Channel("town")).unwrap();
    history.tell("c", at(2), Told::Ended { agreed: true }).unwrap();
    let outcomes = history.history().outcomes();
    let counts = |channel: &str| outcomes.all.get(&("work.wages".into(), channel.into())).copied();
    assert_eq!((counts("town"), counts("trade"), outcomes.all.len()), (Some((0, 1)), Some((1, 1)), 2));
}

#[test]
fn limits_hold_and_nothing_is_left_out() {
    let new = Chronicle::default();
    assert_eq!((new.disputes_max, new.steps_max), (HISTORY_DISPUTES_MAX, HISTORY_STEPS_MAX));
    assert_eq!((new.kinds.max, size_of::<Step>()), (HISTORY_WORDS_MAX, 16));
    let mut few = Chronicle { disputes_max: 2, ..Chronicle::default() };
    ["a", "b", "a"].iter().for_each(|id| few.tell(id, at(1), Told::Kind("k")).unwrap());
    assert_eq!((few.tell("c", at(1), Told::Kind("k")), few.ids.numbers.len()), (Err(TooMany::Disputes), 2));
    let mut short = Chronicle { steps_max: 3, ..Chronicle::default() };
    (0..3).for_each(|second| short.tell("a", at(second), Told::Ended { agreed: true }).unwrap());
    assert_eq!(short.tell("a", at(3), Told::Ended { agreed: true }), Err(TooMany::Steps));
    let mut words = Chronicle { kinds: Words { max: 1, ..Words::default() }, ..Chronicle::default() };
    words.tell("a", at(0), Told::Kind("k")).unwrap();
    words.tell("b", at(0), Told::Kind("k")).unwrap();
    assert_eq!(words.tell("c", at(0), Told::Kind("l")), Err(TooMany::Words));
    let fits = "x".repeat(HISTORY_WORD_BYTES_MAX);
    assert_eq!(words.tell("a", at(0), Told::Channel(&fits)), Ok(()));
    assert_eq!(words.tell("a", at(0), Told::Channel(&format!("{fits}x"))), Err(TooMany::WordBytes));
    assert!(Chronicle::default().is_empty() && !words.is_empty());
}

/// The same lives, counted for the page on optimisation and here, are the same counts.
#[test]
fn what_is_counted_is_what_the_page_counts() {
    use crate::{
        figures::{Mark, Passed, course},
        life::{FailureReason, Form, Happening},
    };
    let (agreed, failed) =
        (Happening::Agreed { form: Form::Oral, partly: false, due: None }, Happening::Failed(FailureReason::Apart));
    let (registered, started) = (Happening::Registered, Happening::Started);
    let life = [
        (0, &registered, None),
        (1, &started, Some("town")),
        (2, &failed, None),
        (3, &started, None),
        (4, &failed, None),
        (5, &started, Some("trade")),
        (6, &failed, None),
        (7, &agreed, None),
        (8, &started, Some("town")),
        (9, &failed, Some("court")),
    ];
    let passed: Vec<_> = life.map(|(second, what, channel)| Passed { at: at(second), what, channel }).into();
    let (_, course) = course(&passed, jiff::tz::Offset::UTC).unwrap();
    let mut history = Chronicle::default();
    for (second, what, channel) in life {
        let mut tell = |told| history.tell("a", at(second), told).unwrap();
        if *what == registered {
            tell(Told::Kind("work.wages"));
        }
        channel.into_iter().for_each(|channel| tell(Told::Channel(channel)));
        if [&agreed, &failed].contains(&what) {
            tell(Told::Ended { agreed: *what == agreed });
        }
    }
    let outcomes = history.history().outcomes();
    assert_eq!(outcomes.all.len(), 3);
    for ((_, channel), (part, whole)) in &outcomes.all {
        let of = |mark| course.get(&(channel.to_string(), mark, 0)).copied().unwrap_or_default();
        assert_eq!((of(Mark::Settled), of(Mark::Concluded)), (*part as i64, *whole as i64), "{channel}");
    }
}

proptest! {
    #[test]
    fn the_order_of_events_and_rows_does_not_matter(
        events in proptest::collection::vec((0..6_u8, 0..50_i64, 0..4_u8), 0..60).prop_shuffle(),
        rows in proptest::collection::vec((0..6_u8, 0..200_000_i64), 0..12),
    ) {
        let of = |events: &[(u8, i64, u8)], rows: &mut dyn Iterator<Item = (usize, &(u8, i64))>| {
            let mut history = Chronicle::default();
            for (dispute, second, what) in events {
                let told = match what {
                    0 => Told::Channel("town"),
                    1 => Told::Channel("trade"),
                    2 => Told::Ended { agreed: true },
                    _ => Told::Ended { agreed: false },
                };
                history.tell(&dispute.to_string(), at(*second), told).unwrap();
                history.tell(&dispute.to_string(), at(0), Told::Kind("work.wages")).unwrap();
            }
            let history = history.history();
            rows.for_each(|(row, (dispute, amount))| history.see(row as u64, &case(&dispute.to_string(), Some(*amount))));
            history.outcomes()
        };
        let mut back = events.clone();
        back.reverse();
        prop_assert_eq!(of(&events, &mut rows.iter().enumerate()), of(&back, &mut rows.iter().enumerate().rev()));
    }
}
