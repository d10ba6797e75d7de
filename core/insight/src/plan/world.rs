//! The question after its check, sorted by id, with days as numbers: 0 is today.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use maple_kernel::Day;

use super::input::{Demand, Leave, Mediator, Options, Roster, Station, Waiting};

/// What no day of a plan reaches: the limit of a case without a clock.
const NEVER: i32 = i32::MAX / 2;

pub(super) struct World<'a> {
    pub(super) today: Day,
    /// The last day of the plan.
    pub(super) end: i32,
    /// The day on which a case without a place is taken to begin: the first one after the plan.
    pub(super) after: i32,
    /* INVARIANT: sorted by id. */
    pub(super) tasks: Vec<Task<'a>>,
    /* INVARIANT: sorted by id; others name a person by the place in this list. */
    pub(super) people: Vec<Person<'a>>,
    /// People by the locality of their station.
    pub(super) at: BTreeMap<&'a str, Vec<usize>>,
}

/// A waiting case.
pub(super) struct Task<'a> {
    pub(super) case: &'a Waiting,
    /// The first day on which it can be taken up.
    pub(super) earliest: i32,
    /// The last day on which it is in time when taken up; may lie in the past.
    pub(super) limit: i32,
    pub(super) weight: u64,
    /// Who has it now, if in the roster.
    pub(super) present: Option<usize>,
}

/// A person with slots.
pub(super) struct Person<'a> {
    pub(super) who: &'a Mediator,
    /* INVARIANT: days rise; none after the end of the plan. */
    pub(super) slots: Vec<Slot>,
    /// Cases that the plan may give.
    pub(super) plan_max: u32,
    /// True when there would be slots without the leave.
    pub(super) away: bool,
    /* INVARIANT: sorted, none touches the next. */
    leave: Vec<(i32, i32)>,
}

/// Cases that a person can take up from one day on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Slot {
    pub(super) day: i32,
    /// As many within capacity.
    pub(super) count: u32,
    /// And these above it: for each, how many the person then has above capacity.
    pub(super) above: Vec<u32>,
}

impl<'a> World<'a> {
    /// INVARIANT: the question has passed its check.
    pub(super) fn new(demand: &'a Demand, roster: &'a Roster, options: &Options) -> Self {
        let stations: BTreeMap<&str, &Station> = roster.stations.iter().map(|at| (at.id.as_str(), at)).collect();
        let mut people: Vec<Person> = roster.people.iter().map(|who| Person::new(who, options)).collect();
        people.sort_by_key(|person| &person.who.id);
        let mut at: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, person) in people.iter().enumerate() {
            if let Some(station) = stations.get(person.who.station.as_str()) {
                at.entry(station.locality.as_str()).or_default().push(index);
            }
        }
        let places: BTreeMap<&str, usize> = people.iter().enumerate().map(|(i, p)| (p.who.id.as_str(), i)).collect();
        let mut tasks: Vec<Task> = demand.cases.iter().map(|case| Task::new(case, options.today, &places)).collect();
        tasks.sort_by_key(|task| &task.case.id);
        let end = i32::from(options.horizon_days);
        Self { today: options.today, end, after: end + 1, tasks, people, at }
    }

    /// People whose station serves the locality, by how many levels above it they are; nearest first.
    pub(super) fn chain(&self, locality: &'a str) -> impl Iterator<Item = (u32, &[usize])> {
        let ends = locality.rmatch_indices('/').map(|(end, _)| end);
        let paths = std::iter::once(locality.len()).chain(ends).filter_map(|end| locality.get(..end));
        paths.zip(0..).filter_map(|(path, levels)| Some((levels, self.at.get(path)?.as_slice())))
    }
}

impl<'a> Task<'a> {
    fn new(case: &'a Waiting, today: Day, places: &BTreeMap<&str, usize>) -> Self {
        let limit = case.due.map_or(NEVER, |due| due.days_since(today) - i32::from(case.days));
        let present = case.present.as_ref().and_then(|id| places.get(id.as_str()).copied());
        let earliest = case.earliest.days_since(today).max(0);
        Self { case, earliest, limit, weight: case.weight.into(), present }
    }

    /// Days late when taken up on this day.
    pub(super) fn days_late(&self, day: i32) -> u32 {
        u32::try_from(day - self.limit).unwrap_or(0)
    }
}

impl<'a> Person<'a> {
    fn new(who: &'a Mediator, options: &Options) -> Self {
        let leave = merge(&who.leave, options.today);
        let end = i32::from(options.horizon_days);
        let free = raw(who, options);
        let mut person = Self { who, slots: Vec::new(), plan_max: 0, away: false, leave };
        person.plan_max = who.plan_max.map_or(u32::MAX, u32::from);
        if person.plan_max == 0 || free.is_empty() {
            return person;
        }
        let mut slots: BTreeMap<i32, Slot> = BTreeMap::new();
        for Slot { day, count, above } in free {
            let day = person.at_work(day);
            if day <= end {
                let slot = slots.entry(day).or_default();
                slot.day = day;
                slot.count += count;
                slot.above.extend(above);
            }
        }
        person.away = slots.is_empty();
        person.slots = slots.into_values().collect();
        person
    }

    /// The day itself, or the first one after it on which the person is at work.
    pub(super) fn at_work(&self, day: i32) -> i32 {
        let after = self.leave.partition_point(|(first, _)| *first <= day);
        let last = after.checked_sub(1).and_then(|at| self.leave.get(at)).map(|(_, last)| *last);
        last.filter(|last| *last >= day).map_or(day, |last| last.saturating_add(1))
    }

    /// The first day on which the person could take the case up, with a slot free from the first.
    pub(super) fn start(&self, task: &Task) -> i32 {
        if task.earliest == 0 { 0 } else { self.at_work(task.earliest) }
    }

    /// The day on which the person takes the case up in a slot that is free from a day on.
    pub(super) fn day(&self, task: &Task, slot: i32) -> i32 {
        self.at_work(slot.max(task.earliest))
    }
}

/// The slots without regard to leave.
fn raw(who: &Mediator, options: &Options) -> Vec<Slot> {
    let free = u32::from(who.capacity.saturating_sub(who.open));
    let over = who.open.saturating_sub(who.capacity);
    let above: Vec<u32> = (over + 1..=options.overload_max).map(u32::from).collect();
    let closings = options.horizon_days / who.cadence_days.max(1);
    let later = (over + 1..=closings).map(|closing| i32::from(closing) * i32::from(who.cadence_days));
    let first = Slot { day: 0, count: free, above };
    let is_some = first.count > 0 || !first.above.is_empty();
    let later = later.map(|day| Slot { day, count: 1, above: Vec::new() });
    is_some.then_some(first).into_iter().chain(later).collect()
}

/// Runs of leave from today on, in order, joined where they touch.
fn merge(leave: &[Leave], today: Day) -> Vec<(i32, i32)> {
    let runs: BTreeSet<(i32, Reverse<i32>)> =
        leave.iter().map(|run| (run.first.days_since(today), Reverse(run.last.days_since(today)))).collect();
    let mut merged: Vec<(i32, i32)> = Vec::new();
    for (first, Reverse(last)) in runs {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}
