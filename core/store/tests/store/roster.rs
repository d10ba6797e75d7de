//! Stations, mediators and their capacity; which disputes wait; plans and who accepted them.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
};

use jiff::{Timestamp, ToSpan, civil::Date};
use maple_insight::life::{Happening as H, Side, Stage};
use maple_store::{
    CapacityNotice, CaseEvent, Desk, Mediator, Noted, PLAN_BYTES_MAX, PLAN_KEPT_DAYS, PlanRecord, Roster, Scene,
    Sought, Station, StoreError, Taken,
};

use super::{
    disputes::{docket, event, take},
    support::{at, both},
};

fn station(id: &str, locality: &str) -> Station {
    Station { id: id.to_owned(), locality: locality.to_owned(), changed: at(0) }
}

fn mediator(id: &str, station: &str) -> Mediator {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    Mediator {
        id: id.to_owned(),
        station: station.to_owned(),
        skills: words(&["evaluation", "chinese"]),
        languages: words(&["en"]),
        kinds: words(&["labour.*"]),
        capacity: 5,
        plan_max: None,
        cadence_days: 7,
        leave: vec![(day(1), day(10)), (day(20), day(20))],
        conflicts: Vec::new(),
        changed: at(0),
    }
}

fn day(day: i8) -> Date {
    jiff::civil::date(2026, 12, day)
}

fn roster() -> Roster {
    let stations = vec![station("st-1", "cn/zhejiang"), station("st-2", "cn/zhejiang/jinhua"), station("st-3", "cn/z")];
    Roster { stations, mediators: vec![mediator("m-1", "st-1"), mediator("m-2", "st-2")] }
}

fn notice(id: &str, second: i64, capacity: u16) -> CapacityNotice {
    CapacityNotice {
        source: "/desk/1".to_owned(),
        id: id.to_owned(),
        mediator: "m-1".to_owned(),
        station: None,
        at: at(second),
        capacity,
        leave: None,
    }
}

#[test]
fn a_row_is_replaced_whole_and_found_by_place() {
    both(|base| {
        let store = base.open();
        store.roster_put(&roster()).unwrap();
        let ids = |stations: Vec<Station>| stations.into_iter().map(|station| station.id).collect::<Vec<_>>();
        assert_eq!(ids(store.stations(None, "", 10).unwrap()), ["st-1", "st-2", "st-3"]);
        assert_eq!(ids(store.stations(None, "st-1", 1).unwrap()), ["st-2"]);
        assert_eq!(ids(store.stations(Some("cn/zhejiang"), "", 10).unwrap()), ["st-1", "st-2"]);
        assert_eq!(ids(store.stations(Some("cn/zhe"), "", 10).unwrap()), [""; 0]);
        assert_eq!(ids(store.stations_at(&["cn/zhejiang", "cn"], 10).unwrap()), ["st-1"]);
        assert_eq!(store.mediators_at(&["st-2", "st-1"], 10).unwrap(), roster().mediators);
        let other = Mediator { skills: Vec::new(), plan_max: Some(0), leave: Vec::new(), ..mediator("m-1", "st-2") };
        store.roster_put(&Roster { stations: Vec::new(), mediators: vec![other.clone()] }).unwrap();
        assert_eq!(store.roster_of(&["st-9"], &["m-1", "m-9"]).unwrap().mediators, [other]);
        let long = Mediator { kinds: vec!["k".repeat(1 << 17)], ..mediator("m-1", "st-2") };
        let refused = store.roster_put(&Roster { stations: Vec::new(), mediators: vec![long] });
        assert!(matches!(refused, Err(StoreError::TooLong { .. })));
    });
}

#[test]
fn capacity_changes_once_and_never_back() {
    both(|base| {
        let store = base.open();
        store.roster_put(&roster()).unwrap();
        let capacity = || store.roster_of(&[], &["m-1"]).unwrap().mediators[0].capacity;
        let told = |notice: CapacityNotice| store.take_notices(&[notice], at(1_000)).unwrap()[0];
        assert_eq!((told(notice("a", 20, 3)), capacity()), (Noted::Applied, 3));
        assert_eq!((told(notice("a", 20, 3)), capacity()), (Noted::Duplicate, 3));
        assert_eq!((told(notice("a", 20, 4)), capacity()), (Noted::Conflict, 3));
        assert_eq!((told(notice("b", 10, 9)), capacity()), (Noted::Late, 3));
        assert_eq!((told(notice("b", 10, 9)), capacity()), (Noted::Duplicate, 3));
        let elsewhere = CapacityNotice { station: Some("st-2".to_owned()), ..notice("c", 30, 1) };
        assert_eq!((told(elsewhere), capacity()), (Noted::Unknown, 3));
        let nobody = CapacityNotice { mediator: "m-9".to_owned(), ..notice("d", 30, 1) };
        assert_eq!(told(nobody), Noted::Unknown);
        let away = CapacityNotice { leave: Some(vec![(day(2), day(3))]), ..notice("e", 40, 0) };
        assert_eq!(told(away), Noted::Applied);
        let row = &store.roster_of(&[], &["m-1"]).unwrap().mediators[0];
        assert_eq!((row.capacity, &row.leave, row.changed), (0, &vec![(day(2), day(3))], at(40)));
    });
}

#[test]
fn what_waits_and_what_is_open_follows_the_stages() {
    both(|base| {
        let store = Arc::new(base.open());
        let docket = docket(&store);
        let consent = H::Consent { side: Side::Respondent, given: true };
        let steps = [H::Registered, consent, H::Assigned, H::Accepted, H::Started];
        for (upto, name) in [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")] {
            let life = steps.iter().take(upto).enumerate().map(|(n, what)| {
                let mut event = event(&format!("{name}-{n}"), name, i64::try_from(n).unwrap(), what.clone());
                if *what == H::Assigned {
                    event.desk = Desk { station: Some("st-1".into()), mediator: Some("m-1".into()), ..Desk::default() };
                }
                event
            });
            take(&docket, life.collect()).unwrap();
        }
        let declined = event("c-9", "d", 90, H::Declined);
        take(&docket, vec![declined]).unwrap();
        let waiting = |place: &str| {
            let found = store.waiting(place, 9).unwrap();
            found.into_iter().map(|one| (one.id, one.stage.unwrap())).collect::<Vec<_>>()
        };
        let all = [("b", Stage::Consented), ("c", Stage::Assigned), ("d", Stage::Declined)];
        assert_eq!(waiting("cn/zhejiang"), all.map(|(id, stage)| (id.to_owned(), stage)));
        assert_eq!(waiting("cn/zhe"), []);
        assert_eq!(store.open_by_mediator().unwrap(), [("m-1".to_owned(), 2)].into());
        assert_eq!(store.open_by_station().unwrap(), [("st-1".to_owned(), 3)].into());
        assert_eq!(store.disputes_of(&["e", "none"]).unwrap().len(), 1);
    });
}

#[test]
fn a_choice_sees_all_that_came_before_it_and_nothing_comes_between() {
    both(|base| {
        let store = Arc::new(base.open());
        let docket = docket(&store);
        store.roster_put(&roster()).unwrap();
        let consent = H::Consent { side: Side::Respondent, given: true };
        let (tell, heard) = mpsc::channel();
        // Sent one after the other, before any is heard: the docket takes events together where it can.
        for (at, what) in [H::Registered, consent].into_iter().enumerate() {
            let told = event(&format!("e-{at}"), "c-1", i64::try_from(at).unwrap(), what);
            docket.take(vec![told], Box::new(|_| ())).unwrap();
        }
        for who in ["m-1", "m-2"] {
            let sought = Sought {
                disputes: vec!["c-1".to_owned(), "none".to_owned()],
                mediators: vec!["m-1".to_owned(), "m-2".to_owned(), "none".to_owned()],
                events: BTreeMap::new(),
            };
            let assign = move |scene: &Scene| -> Vec<CaseEvent> {
                let free = scene.disputes.iter().filter(|one| one.stage == Some(Stage::Consented));
                let given = free.map(|one| {
                    let mut given = event(who, &one.id, 10, H::Assigned);
                    given.desk = Desk { station: Some("st-1".into()), mediator: Some(who.into()), ..Desk::default() };
                    given
                });
                given.collect()
            };
            let tell = tell.clone();
            docket.choose(sought, Box::new(assign), Box::new(move |told| tell.send(told).unwrap())).unwrap();
            docket.take(vec![event(&format!("call-{who}"), "c-1", 20, H::Called)], Box::new(|_| ())).unwrap();
        }
        let (scene, taken) = heard.recv().unwrap().unwrap();
        assert_eq!(
            (scene.disputes[0].stage, taken),
            (Some(Stage::Consented), vec![Taken::Applied(Some(Stage::Assigned))])
        );
        assert_eq!(scene.mediators.iter().map(|row| &*row.id).collect::<Vec<_>>(), ["m-1", "m-2"]);
        let (scene, taken) = heard.recv().unwrap().unwrap();
        assert_eq!((scene.disputes[0].stage, taken), (Some(Stage::Assigned), vec![]));
        assert_eq!((scene.open["m-1"], scene.open["m-2"]), (1, 0));
    });
}

#[test]
fn many_rows_are_found_by_their_ids_whatever_their_number() {
    both(|base| {
        let store = Arc::new(base.open());
        let docket = docket(&store);
        let ids: Vec<String> = (0..70).map(|at| format!("c-{at:02}")).collect();
        take(&docket, ids.iter().map(|id| event(&format!("e-{id}"), id, 0, H::Registered)).collect()).unwrap();
        let people = ids.iter().map(|id| mediator(id, "st-1")).collect();
        store.roster_put(&Roster { stations: vec![station("st-1", "cn")], mediators: people }).unwrap();
        for count in [0, 1, 31, 32, 33, 64, 70] {
            // In the order in which they are asked for; those that are not there are left out.
            let mut asked: Vec<&str> = ids.iter().take(count).rev().map(String::as_str).collect();
            asked.push("none");
            let found = store.disputes_of(&asked).unwrap();
            asked.pop();
            assert_eq!(found.iter().map(|one| &*one.id).collect::<Vec<_>>(), asked);
            assert_eq!(store.roster_of(&[], &asked).unwrap().mediators.len(), count);
        }
        let staff = store.staff(&["st-1", "st-2"], 9).unwrap();
        assert_eq!((staff.len(), staff[0].count, staff[0].capacity), (1, 70, 350));
        assert_eq!(store.staff(&["st-1"], 0).unwrap(), []);
    });
}

fn plan(id: &str, at: Timestamp) -> PlanRecord {
    let (id, locality) = (id.to_owned(), "cn/zhejiang".to_owned());
    PlanRecord { id, at, actor: "ana".to_owned(), locality, question: "sha256:0".to_owned(), body: b"{}".to_vec() }
}

#[test]
fn a_plan_is_accepted_once_and_a_proposal_is_forgotten() {
    both(|base| {
        let store = base.open();
        let (old, kept) = (plan("p-1", at(0)), plan("p-2", at(0)));
        store.plan_put(&old).unwrap();
        store.plan_put(&kept).unwrap();
        assert_eq!(store.plan("p-1").unwrap(), Some((old, None)));
        assert_eq!(store.plan("p-9").unwrap(), None);
        let first = store.plan_accept("p-2", at(5), "eva").unwrap();
        assert_eq!((first.actor.as_str(), first.at, &first.outcome), ("eva", at(5), &None));
        assert_eq!(store.plan_accept("p-2", at(9), "ida").unwrap(), first);
        store.plan_accepted("p-2", "one").unwrap();
        store.plan_accepted("p-2", "two").unwrap();
        assert_eq!(store.plan("p-2").unwrap().unwrap().1.unwrap().outcome.as_deref(), Some("one"));
        assert!(base.meddle("UPDATE plan SET actor = 'x'").is_err());
        assert!(base.meddle("UPDATE acceptance SET actor = 'x'").is_err());
        let later = at(1).checked_add((24 * PLAN_KEPT_DAYS).hours()).unwrap();
        store.plan_put(&plan("p-3", later)).unwrap();
        assert_eq!(store.plan("p-1").unwrap(), None);
        assert!(store.plan("p-2").unwrap().is_some());
        let large = PlanRecord { body: vec![0; PLAN_BYTES_MAX + 1], ..plan("p-4", at(0)) };
        assert!(matches!(store.plan_put(&large), Err(StoreError::TooLong { .. })));
    });
}
