//! Events of disputes: taken once, in any order, counted at each level.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
};

use jiff::{Timestamp, ToSpan, tz::Offset};
use maple_insight::{
    figures::{Counts, Measure, Month},
    life::{Committee, EventType, Form, Happening as H, Level, Side, Stage, Standing},
};
use maple_store::{
    About, CaseEvent, Desk, DisputeFilter, Docket, DocketConfig, EVENTS_CALLS_COUNT_MAX, EVENTS_COUNT_MAX,
    EVENTS_STEPS_COUNT_MAX, EventCursor, FACTS_BYTES_MAX, MapAsked, MapTallies, REFERENCE_BYTES_MAX, Store, StoreError,
    Taken,
};

use super::support::{Base, at, both};

const PLACE: &str = "cn/zhejiang/jinhua/yongkang";

pub(crate) fn docket(store: &Arc<Store>) -> Docket {
    let config = DocketConfig {
        now: Box::new(|| at(1_000)),
        offset: Offset::constant(8),
        voluntary: Box::new(|place| place.starts_with("cn")),
    };
    Docket::start(Arc::clone(store), config).unwrap()
}

pub(crate) fn event(id: &str, dispute: &str, second: i64, what: H) -> CaseEvent {
    let about = (what == H::Registered).then(|| About {
        locality: PLACE.to_owned(),
        kind: "labour.wage".to_owned(),
        origin: "hotline".to_owned(),
        organisation: Some("a-hash".to_owned()),
        ..About::default()
    });
    let (source, id, dispute) = ("/desk/1".to_owned(), id.to_owned(), dispute.to_owned());
    CaseEvent { source, id, dispute, at: at(second), what, about, desk: Desk::default() }
}

pub(crate) fn take(docket: &Docket, events: Vec<CaseEvent>) -> Result<Vec<Taken>, Arc<StoreError>> {
    let (tell, told) = mpsc::channel();
    docket.take(events, Box::new(move |taken| tell.send(taken).unwrap())).unwrap();
    told.recv().unwrap()
}

fn agreed() -> H {
    H::Agreed { form: Form::Written, partly: false, due: None }
}

fn life(dispute: &str) -> Vec<CaseEvent> {
    let yes = H::Consent { side: Side::Respondent, given: true };
    let closed = H::Closed { level: Level::Town, limit: None };
    let all = [H::Registered, H::Offered, yes, H::Assigned, H::Started, agreed(), H::Performed, closed];
    all.into_iter().zip(0..).map(|(what, n)| event(&format!("{dispute}-{n}"), dispute, n * 60, what)).collect()
}

fn month(when: Timestamp) -> Month {
    Month::of(Offset::constant(8).to_datetime(when).date())
}

/// What is counted of a place in the month of the test.
fn counts(store: &Store, place: &str, kind: Option<&str>) -> Counts {
    let now = month(at(0));
    let mut counts = Counts::default();
    for tally in store.tallies(&[place], kind, (now, now)).unwrap() {
        counts.add(tally.measure, tally.bucket, tally.count);
    }
    counts
}

fn opened(base: &Base) -> (Arc<Store>, Docket) {
    let store = Arc::new(base.open());
    let docket = docket(&store);
    (store, docket)
}

#[test]
fn a_life_is_kept_and_counted_at_each_level() {
    both(|base| {
        let (store, docket) = opened(base);
        let mut all = life("c-1");
        all[3].desk = Desk {
            station: Some("s-1".into()),
            mediator: Some("m-7".into()),
            channel: Some("mediation".into()),
            committee: Some(Committee::Township),
        };
        let taken = take(&docket, all.clone()).unwrap();
        assert!(taken.iter().all(|taken| matches!(taken, Taken::Applied(Some(_)))), "{taken:?}");

        let (dispute, events) = store.dispute("c-1").unwrap().unwrap();
        assert_eq!((dispute.stage, dispute.since), (Some(Stage::Closed), Some(at(7 * 60))));
        assert_eq!((dispute.registered, &dispute.desk), (Some(at(0)), &all[3].desk));
        assert_eq!(dispute.about, all[0].about);
        assert_eq!(events.iter().map(|record| record.event.clone()).collect::<Vec<_>>(), all);
        assert!(events.iter().all(|record| record.standing == Standing::Applied && record.received == at(1_000)));

        for place in ["cn", "cn/zhejiang", "cn/zhejiang/jinhua", PLACE] {
            for kind in [None, Some("labour.wage")] {
                let counts = counts(&store, place, kind);
                let some = [Measure::Registered, Measure::Agreements, Measure::Performed, Measure::ClosedTown];
                assert_eq!(some.map(|measure| counts.of(measure)), [1; 4], "{place} {kind:?}");
            }
            assert_eq!(counts(&store, place, Some("labour")).of(Measure::Registered), 0);
        }
        let now = month(at(0));
        // All months together they are the same as one by one.
        let mut together = Counts::default();
        let (places, period) = (["cn"], (now.plus(-3), now.plus(3)));
        let asked = MapAsked { place: "cn", kind: None, period, places: &places, before: Some((&places[..], period)) };
        let MapTallies { places, months, before, kinds } = store.map_tallies(&asked).unwrap();
        assert_eq!((before.as_ref(), months), (Some(&places), store.tallies(&["cn"], None, period).unwrap()));
        for tally in places {
            together.add(tally.measure, tally.bucket, tally.count);
        }
        assert_eq!(together, counts(&store, "cn", None));
        assert_eq!(kinds, [("labour.wage".to_owned(), 1)]);
        assert_eq!(counts(&store, "cn/zhejiang/jin", None), Counts::default());
    });
}

#[test]
fn what_comes_in_another_order_counts_the_same() {
    both(|base| {
        let (store, docket) = opened(base);
        take(&docket, life("in-order")).unwrap();
        let once = counts(&store, "cn", None);
        let mut waiting = 0;
        for event in life("backwards").into_iter().rev() {
            let taken = take(&docket, vec![event]).unwrap();
            waiting += taken.iter().filter(|taken| matches!(taken, Taken::Waiting(None, _))).count();
        }
        assert_eq!(waiting, 7);
        let (dispute, events) = store.dispute("backwards").unwrap().unwrap();
        assert_eq!(dispute.stage, Some(Stage::Closed));
        assert!(events.iter().all(|record| record.standing == Standing::Applied));
        let mut twice = Counts::default();
        once.iter().for_each(|(measure, bucket, count)| twice.add(measure, bucket, 2 * count));
        assert_eq!(counts(&store, "cn", None), twice);
        // The same in one call, backwards.
        take(&docket, life("together").into_iter().rev().collect()).unwrap();
        assert_eq!(store.dispute("together").unwrap().unwrap().0.stage, Some(Stage::Closed));
    });
}

#[test]
fn an_event_is_taken_once_and_its_id_names_no_other() {
    both(|base| {
        let (store, docket) = opened(base);
        let all = life("c-1");
        take(&docket, all.clone()).unwrap();
        let before = counts(&store, "cn", None);
        let again = take(&docket, [all.clone(), all.clone()].concat()).unwrap();
        assert!(again.iter().all(|taken| *taken == Taken::Duplicate), "{again:?}");
        let other = CaseEvent { at: at(5), ..all[2].clone() };
        assert_eq!(take(&docket, vec![other]).unwrap(), [Taken::Conflict]);
        // Another source has ids of its own; within one call too an id is used once.
        let strange =
            CaseEvent { source: "/desk/2".into(), id: all[0].id.clone(), ..event("", "c-2", 0, H::Registered) };
        let twice = vec![strange.clone(), strange];
        assert_eq!(take(&docket, twice).unwrap(), [Taken::Applied(Some(Stage::Registered)), Taken::Duplicate]);
        assert_eq!(counts(&store, "cn", None).of(Measure::Agreements), before.of(Measure::Agreements));
        assert_eq!(store.dispute("c-1").unwrap().unwrap().1.len(), all.len());
    });
}

#[test]
fn what_a_registration_says_of_the_case_is_kept_with_it() {
    both(|base| {
        let (store, docket) = opened(base);
        let with = |id: &str, facts: Option<String>| {
            let mut one = event(id, id, 0, H::Registered);
            one.about.as_mut().unwrap().facts = facts;
            one
        };
        let facts = with("a", Some(r#"{"people":12}"#.to_owned()));
        take(&docket, vec![facts.clone()]).unwrap();
        assert_eq!(store.dispute("a").unwrap().unwrap().1[0].event, facts);
        assert_eq!(store.events(None, 10).unwrap()[0].event, facts);
        assert_eq!(take(&docket, vec![facts]).unwrap(), [Taken::Duplicate]);
        assert_eq!(take(&docket, vec![with("a", None)]).unwrap(), [Taken::Conflict]);
        let guarded = base.meddle("UPDATE event SET facts = NULL").unwrap_err();
        assert!(guarded.contains("never changed"), "{guarded}");
        let long = |bytes: usize| take(&docket, vec![with("b", Some("x".repeat(bytes)))]);
        assert!(matches!(*long(FACTS_BYTES_MAX + 1).unwrap_err(), StoreError::TooLong { .. }));
        assert!(long(FACTS_BYTES_MAX).is_ok());
    });
}

#[test]
fn what_cannot_be_is_refused_and_a_broken_refusal_is_counted() {
    both(|base| {
        let (store, docket) = opened(base);
        let no = H::Consent { side: Side::Respondent, given: false };
        take(&docket, vec![event("1", "c", 0, H::Registered), event("2", "c", 60, no)]).unwrap();
        let refused = take(&docket, vec![event("3", "c", 120, H::Started)]).unwrap();
        let [Taken::Impossible(stage, allowed, true)] = &refused[..] else { panic!("{refused:?}") };
        assert_eq!((*stage, allowed), (Some(Stage::Refused), &Stage::Refused.allowed()));
        let counted = counts(&store, "cn", None);
        assert_eq!((counted.of(Measure::Refusals), counted.of(Measure::RefusalsBroken)), (1, 1));
        // Told again, it is the same attempt.
        assert_eq!(take(&docket, vec![event("3", "c", 120, H::Started)]).unwrap(), [Taken::Duplicate]);
        assert_eq!(counts(&store, "cn", None).of(Measure::RefusalsBroken), 1);
        // What was refused otherwise is not kept: it may come again, mended.
        let early = take(&docket, vec![event("4", "c", 180, H::Registered)]).unwrap();
        assert!(matches!(&early[..], [Taken::Impossible(_, _, false)]), "{early:?}");
        let mended = take(&docket, vec![event("4", "c", 180, H::FiledInCourt)]).unwrap();
        assert_eq!(mended, [Taken::Applied(Some(Stage::ToCourt))]);
        let undone = take(&docket, vec![event("5", "c", 90, H::Closed { level: Level::Town, limit: None })]).unwrap();
        // A suit may follow the end.
        assert_eq!(undone, [Taken::Applied(Some(Stage::ToCourt))]);
        // Where parties may be told to attend, mediation may go on.
        let mut abroad = event("6", "d", 0, H::Registered);
        abroad.about.as_mut().unwrap().locality = "ca/british-columbia".into();
        let no = H::Consent { side: Side::Applicant, given: false };
        let attended = take(&docket, vec![abroad, event("7", "d", 60, no), event("8", "d", 120, H::Started)]).unwrap();
        assert_eq!(attended[2], Taken::Applied(Some(Stage::InMediation)));
    });
}

#[test]
fn a_dispute_has_so_many_events_and_no_more() {
    both(|base| {
        let (store, docket) = opened(base);
        let kept = || store.dispute("c").unwrap().unwrap().1.len();
        take(&docket, vec![event("0", "c", 0, H::Registered)]).unwrap();
        let mut second = 0;
        let mut fill = |what: &H, room: usize| {
            // One more than there is room for: the last of them, and it alone, is refused.
            let some = (kept()..=room).map(|_| {
                second += 1;
                event(&second.to_string(), "c", second, what.clone())
            });
            let taken = take(&docket, some.collect()).unwrap();
            let (last, before) = taken.split_last().unwrap();
            assert_eq!((last, kept()), (&Taken::Full(room), room), "{what:?}");
            assert!(before.iter().all(|taken| matches!(taken, Taken::Applied(_))), "{what:?}");
        };
        fill(&H::Called, EVENTS_CALLS_COUNT_MAX);
        fill(&H::Offered, EVENTS_CALLS_COUNT_MAX);
        fill(&H::Consent { side: Side::Applicant, given: true }, EVENTS_STEPS_COUNT_MAX);
        // However often somebody called: the way to a court is open.
        fill(&H::FiledInCourt, EVENTS_COUNT_MAX);
        fill(&H::Closed { level: Level::Court, limit: None }, EVENTS_COUNT_MAX);
        let at_limit = event(&"i".repeat(REFERENCE_BYTES_MAX), "long", 0, H::Registered);
        assert!(take(&docket, vec![at_limit]).is_ok());
        let beyond = event(&"i".repeat(REFERENCE_BYTES_MAX + 1), "long", 0, H::Registered);
        assert!(matches!(*take(&docket, vec![beyond]).unwrap_err(), StoreError::TooLong { .. }));
    });
}

#[test]
fn pages_of_events_and_disputes_hold_each_once() {
    both(|base| {
        let (store, docket) = opened(base);
        for n in 0..5 {
            take(&docket, life(&format!("c-{n}"))).unwrap();
        }
        let (mut seen, mut after) = (BTreeMap::new(), None);
        loop {
            let page = store.events(after.as_ref(), 7).unwrap();
            let Some(last) = page.last() else { break };
            let (received, source, id) = (last.received, last.event.source.clone(), last.event.id.clone());
            after = Some(EventCursor { received, source, id });
            page.iter().for_each(|record| *seen.entry(record.event.id.clone()).or_insert(0) += 1);
        }
        assert_eq!((seen.len(), seen.values().sum::<i32>()), (40, 40));
        let ids = |filter: DisputeFilter, count| {
            store.disputes(&filter, count).unwrap().into_iter().map(|dispute| dispute.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(DisputeFilter::default(), 2), ["c-0", "c-1"]);
        let after = DisputeFilter { after: Some("c-1".into()), ..DisputeFilter::default() };
        assert_eq!(ids(after, 9), ["c-2", "c-3", "c-4"]);
        let some = |locality: &str, stage| DisputeFilter { locality: Some(locality.into()), stage, after: None };
        assert_eq!(ids(some("cn/zhejiang", Some(Stage::Closed)), 9).len(), 5);
        assert_eq!(ids(some("cn/zhejiang", Some(Stage::Refused)), 9).len(), 0);
        assert_eq!(ids(some("cn/zhe", None), 9).len(), 0);
    });
}

#[test]
fn what_was_told_stands_after_another_start_and_many_callers_lose_nothing() {
    both(|base| {
        let (store, docket) = opened(base);
        std::thread::scope(|scope| {
            for caller in 0..4 {
                let docket = &docket;
                scope.spawn(move || {
                    for n in 0..25 {
                        take(docket, life(&format!("c-{caller}-{n}"))).unwrap();
                    }
                });
            }
        });
        docket.close();
        assert!(docket.take(life("late"), Box::new(|_| ())).is_err());
        drop((docket, store));
        let store = base.open();
        assert_eq!(store.disputes(&DisputeFilter::default(), 1_000).unwrap().len(), 100);
        assert_eq!(counts(&store, "cn", None).of(Measure::Closed), 100);
        assert_eq!(counts(&store, PLACE, None).of(Measure::Performed), 100);
    });
}

#[test]
fn two_nodes_that_take_events_of_one_dispute_agree_on_it() {
    both(|base| {
        if base.is_file() {
            return;
        }
        let nodes = [opened(base), opened(base)];
        std::thread::scope(|scope| {
            for (half, (_, docket)) in nodes.iter().enumerate() {
                scope.spawn(move || {
                    for n in 0..20 {
                        let all = life(&format!("c-{n}"));
                        let mine = all.into_iter().enumerate().filter(|(at, _)| at % 2 == half).map(|(_, event)| event);
                        mine.for_each(|event| drop(take(docket, vec![event]).unwrap()));
                    }
                });
            }
        });
        let (store, _) = &nodes[0];
        let closed = DisputeFilter { stage: Some(Stage::Closed), ..DisputeFilter::default() };
        assert_eq!(store.disputes(&closed, 100).unwrap().len(), 20);
        let counted = counts(store, "cn", None);
        assert_eq!([Measure::Registered, Measure::Agreements, Measure::Closed].map(|m| counted.of(m)), [20; 3]);
    });
}

#[test]
fn an_event_is_never_changed_behind_the_back() {
    both(|base| {
        let (_store, docket) = opened(base);
        take(&docket, life("c-1")).unwrap();
        assert!(base.meddle("UPDATE event SET what = 'case.registered'").is_err());
    });
}

/// The types of events that this file does not name are named in the room of figures.
#[test]
fn waiting_names_what_may_come() {
    both(|base| {
        let (_store, docket) = opened(base);
        let when = at(0).checked_add(1.hour()).unwrap();
        let alone = CaseEvent { at: when, ..event("1", "c", 0, H::Performed) };
        assert_eq!(take(&docket, vec![alone]).unwrap(), [Taken::Waiting(None, vec![EventType::Registered])]);
    });
}
