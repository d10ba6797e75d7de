use std::collections::BTreeSet;

use maple_kernel::{Code, Day, Pattern};

use super::*;

mod exact;
mod rows;
mod speed;

const TOWN: &str = "cn/zhejiang/jinhua/yongkang/t1";

/// The day of every plan here is 0.
fn day(days: i32) -> Day {
    Day::new(2026, 11, 30).unwrap().plus_days(days)
}

fn words<T: Ord + for<'a> From<&'a str>, const N: usize>(words: [&str; N]) -> BTreeSet<T> {
    words.into_iter().map(T::from).collect()
}

fn options() -> Options {
    Options { today: day(0), horizon_days: 60, overload_max: 0 }
}

/// A case of the town, due on day 30.
fn case(id: &str) -> Waiting {
    Waiting {
        id: id.into(),
        locality: TOWN.into(),
        kind: "labour.wage".into(),
        languages: BTreeSet::new(),
        skills: BTreeSet::new(),
        earliest: day(0),
        due: Some(day(30)),
        days: 0,
        weight: 1,
        parties: BTreeSet::new(),
        present: None,
    }
}

/// A person with one free slot today and the next on day 100.
fn person(id: &str, station: &str) -> Mediator {
    Mediator {
        id: id.into(),
        station: station.into(),
        skills: BTreeSet::new(),
        languages: BTreeSet::new(),
        kinds: Vec::new(),
        capacity: 1,
        plan_max: None,
        open: 0,
        cadence_days: 100,
        leave: Vec::new(),
        conflicts: BTreeSet::new(),
    }
}

fn station(id: &str, locality: &str) -> Station {
    Station { id: id.into(), locality: locality.into() }
}

/// Stations `town`, `county` and `city`, one above the other, and `elsewhere` in another county.
fn roster<const N: usize>(people: [Mediator; N]) -> Roster {
    let stations = vec![
        station("town", TOWN),
        station("county", "cn/zhejiang/jinhua/yongkang"),
        station("city", "cn/zhejiang/jinhua"),
        station("elsewhere", "cn/zhejiang/jinhua/yiwu"),
    ];
    Roster { stations, people: people.into() }
}

fn demand<const N: usize>(cases: [Waiting; N]) -> Demand {
    Demand { cases: cases.into() }
}

/// The question again, with everybody where the plan has put them.
fn again(demand: &Demand, plan: &Plan) -> Demand {
    let of = |case: &Waiting| {
        let placement = plan.placements.iter().find(|placement| placement.case == case.id);
        Waiting { present: placement.map(|placement| placement.person.clone()), ..case.clone() }
    };
    Demand { cases: demand.cases.iter().map(of).collect() }
}
