//! Stations, mediators and their capacity; which disputes wait; plans and who accepted them.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan, civil::Date};
use maple_insight::life::{Happening as H, Side, Stage};
use maple_store::{
    CapacityNotice, Desk, Mediator, Noted, PLAN_BYTES_MAX, PLAN_KEPT_DAYS, PlanRecord, Roster, Station, StoreError,
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
