//! Who takes which waiting case, and when: one plan for all stations of a place and everybody in them.
//!
//! # The model
//!
//! Days are calendar days; day 0 is the day of the plan and H the horizon in days.
//!
//! A person with capacity c has o cases open and closes one every d days. The person's *slots* are
//!
//! - c - o slots on day 0, where o < c;
//! - one slot on day k·d for each k = 1, 2, ... with k·d <= H; the first o - c closings give none, where o > c;
//! - with an overload of x allowed, one slot on day 0 for each number above capacity from max(o - c, 0) + 1 to x.
//!
//! The plan takes nobody above c + x open cases. A slot whose day is in the person's leave is free from the first
//! day after the leave; one that is then after H is none. A case with earliest day e, in a slot that is free from day s,
//! is taken up on day t: the first day not before s and e on which the person is at work. With the statutory day u and w
//! days from being taken up to what the clock asks for, it is max(0, t + w - u) days late. A case without a slot counts
//! as taken up on day H + 1, so that of cases of one weight the ones that are due first have the slots.
//!
//! Every case takes one slot whatever its weight: with cases of different sizes the question would be the generalised
//! assignment problem, for which no quick exact method is known.
//!
//! # The objective
//!
//! [`Objective`], one level after the other. The question is a flow of least cost, one unit for each case, and the
//! answer is exact: no plan for the same question is better. The same question in any order has the same plan.
//!
//! # How long it takes
//!
//! `cargo test --release -p maple-insight --lib plan -- --ignored --nocapture` prints the time for 5,000 cases and 500
//! people: half a second where a county's towns have what they need, up to two where clocks are short or everybody
//! is at one station. Where far more waits than anybody can take in time, each case displaces others: 5 to 12.

mod answer;
mod eligible;
mod input;
mod network;
mod price;
mod problem;
mod settle;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;

pub use answer::{Bar, Objective, Placement, Plan, Reason, Unplaced};
pub use input::{
    CADENCE_DAYS_MAX, CAPACITY_CASES_MAX, CASE_DAYS_MAX, CASES_COUNT_MAX, DUE_AGE_DAYS_MAX, Demand, HORIZON_DAYS_MAX,
    ID_BYTES_MAX, Leave, Mediator, OPEN_CASES_MAX, OVERLOAD_CASES_MAX, Options, PEOPLE_COUNT_MAX, Roster,
    STATIONS_COUNT_MAX, Station, WEIGHT_MAX, WORDS_COUNT_MAX, Waiting,
};
pub use problem::{PlanError, Problem, What};

use eligible::Candidates;
use network::Split;
use settle::Settled;
use world::{Person, Task, World};

/// The best plan.
///
/// # Errors
///
/// Every problem of the question at once.
pub fn plan(demand: &Demand, roster: &Roster, options: &Options) -> Result<Plan, PlanError> {
    plan_with(demand, roster, options, Split::ByCost)
}

fn plan_with(demand: &Demand, roster: &Roster, options: &Options, split: Split) -> Result<Plan, PlanError> {
    problem::check(demand, roster, options)?;
    let world = World::new(demand, roster, options);
    let candidates = eligible::candidates(&world);
    let takers = network::assign(&world, &candidates, split);
    let settled = settle_all(&world, &takers);
    Ok(tell(&world, candidates, &takers, &settled))
}

/// The slot of each task that has somebody.
fn settle_all(world: &World, takers: &[Option<usize>]) -> BTreeMap<usize, Settled> {
    let mut given: BTreeMap<usize, Vec<(usize, &Task)>> = BTreeMap::new();
    for (at, (task, taker)) in world.tasks.iter().zip(takers).enumerate() {
        if let Some(taker) = taker {
            given.entry(*taker).or_default().push((at, task));
        }
    }
    let of = |(index, tasks): (usize, Vec<(usize, &Task)>)| {
        world.people.get(index).map(|person| settle::settle(person, &tasks)).unwrap_or_default()
    };
    given.into_iter().flat_map(of).map(|settled| (settled.task, settled)).collect()
}

fn tell(
    world: &World,
    candidates: Vec<Candidates>,
    takers: &[Option<usize>],
    settled: &BTreeMap<usize, Settled>,
) -> Plan {
    let mut plan = Plan { objective: Objective::default(), placements: Vec::new(), unplaced: Vec::new() };
    for (at, ((task, candidates), taker)) in world.tasks.iter().zip(candidates).zip(takers).enumerate() {
        let person = taker.and_then(|index| Some((index, world.people.get(index)?)));
        match person.zip(settled.get(&at)) {
            Some(((index, person), slot)) => {
                let placement = place(world, (task, index, person), &candidates, *slot, &mut plan.objective);
                plan.placements.push(placement);
            }
            None => {
                plan.objective.unplaced += task.weight;
                plan.objective.late += task.weight * u64::from(task.days_late(world.after));
                plan.objective.changes += u64::from(task.case.present.is_some());
                plan.unplaced.push(leave_out(task, candidates));
            }
        }
    }
    plan
}

fn place(
    world: &World,
    (task, index, person): (&Task, usize, &Person),
    candidates: &Candidates,
    slot: Settled,
    objective: &mut Objective,
) -> Placement {
    let day = person.day(task, slot.slot);
    let days = task.days_late(day);
    let levels = candidates.levels(index).unwrap_or_default();
    let changed = task.case.present.as_ref().filter(|id| **id != person.who.id);
    objective.late += task.weight * u64::from(days);
    objective.overload += u64::from(slot.above);
    objective.levels += u64::from(levels);
    objective.changes += u64::from(changed.is_some());
    objective.days += u64::try_from(slot.slot).unwrap_or_default();
    let mut reasons = vec![match candidates.count.saturating_sub(1) {
        0 => Reason::OnlyOne,
        others => Reason::OneOf { others },
    }];
    reasons.push(match (task.case.due, days) {
        (None, _) => Reason::NoClock,
        (Some(_), 0) => Reason::InTime { spare_days: u32::try_from(task.limit - day).unwrap_or_default() },
        (Some(_), days) => Reason::Late { days },
    });
    if slot.above > 0 {
        reasons.push(Reason::Overload { above: slot.above });
    }
    reasons.push(if levels == 0 { Reason::OwnLocality } else { Reason::LevelsUp { levels } });
    reasons.push(match (changed, &task.case.present) {
        (Some(from), _) => Reason::Moved { from: from.clone() },
        (None, Some(_)) => Reason::Kept,
        (None, None) => Reason::New,
    });
    Placement {
        case: task.case.id.clone(),
        person: person.who.id.clone(),
        station: person.who.station.clone(),
        day: world.today.plus_days(day),
        reasons,
    }
}

/// Whoever could take the case has no slot left.
fn leave_out(task: &Task, candidates: Candidates) -> Unplaced {
    let mut bars = candidates.bars;
    if candidates.count > 0 {
        bars.insert(Bar::Taken, candidates.count);
    }
    Unplaced { case: task.case.id.clone(), bars }
}
