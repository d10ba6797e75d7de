//! Days for the cases of one person. What comes out depends on the person and the cases alone, so that a plan made again
//! with everybody in place is the same plan to the day.

use ac_library::MinCostFlowGraph;

use super::{
    price::Prices,
    world::{Person, Slot, Task},
};

/// A case in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// The task, as it was given.
    pub(super) task: usize,
    /// The day from which the slot is free.
    pub(super) slot: i32,
    /// Cases above capacity with this one; 0 within it.
    pub(super) above: u32,
}

/// A slot's day, and how far above capacity it is.
type Unit = (i32, u32);

/// Puts each case in a slot with the least lateness, then the least overload, then the earliest slots; what is due
/// earlier goes first where that costs nothing.
///
/// INVARIANT: the person has slots enough for the tasks.
pub(super) fn settle(person: &Person, tasks: &[(usize, &Task)]) -> Vec<Settled> {
    let prices = Prices::new(tasks.len());
    let mut slots = flow(person, tasks, &prices);
    let mut settled = Vec::with_capacity(tasks.len());
    let (mut calm, mut units) = (Vec::new(), Vec::new());
    for (slot, (inside, used)) in person.slots.iter().zip(&mut slots) {
        inside.sort_by_key(|at| order(person, tasks, *at));
        for (at, unit) in inside.iter().zip(used) {
            let Some((task, it)) = tasks.get(*at) else { continue };
            if slot.day <= pivot(person, it) {
                calm.push(*at);
                units.push(*unit);
            } else {
                settled.push(Settled { task: *task, slot: unit.0, above: unit.1 });
            }
        }
    }
    calm.sort_by_key(|at| order(person, tasks, *at));
    units.sort_unstable();
    for (at, (slot, above)) in calm.into_iter().zip(units) {
        settled.extend(tasks.get(at).map(|(task, _)| Settled { task: *task, slot, above }));
    }
    settled
}

/// The last day that costs the case no more than the first does.
fn pivot(person: &Person, task: &Task) -> i32 {
    task.limit.max(person.start(task))
}

/// What is due earlier comes first, then the id.
fn order(person: &Person, tasks: &[(usize, &Task)], at: usize) -> (i32, usize) {
    tasks.get(at).map_or((i32::MAX, at), |(task, it)| (pivot(person, it), *task))
}

/// For each slot the tasks that are in it, by their place in the list, and as many units.
fn flow(person: &Person, tasks: &[(usize, &Task)], prices: &Prices) -> Vec<(Vec<usize>, Vec<Unit>)> {
    let (source, first, slots) = (0, 1, 1 + tasks.len());
    let sink = slots + person.slots.len();
    let mut graph = MinCostFlowGraph::<i128>::new(sink + 1);
    for (node, (_, task)) in (first..).zip(tasks) {
        graph.add_edge(source, node, 1, 0);
        for (place, slot) in (slots..).zip(&person.slots) {
            let days = task.days_late(person.day(task, slot.day));
            graph.add_edge(node, place, 1, prices.late(task.weight, days.into()));
        }
    }
    let mut units: Vec<Unit> = Vec::new();
    let first_unit = tasks.len() * (1 + person.slots.len());
    for (place, slot) in (slots..).zip(&person.slots) {
        for (count, above) in steps(slot) {
            graph.add_edge(place, sink, count, prices.days(slot.day) + prices.overload(above));
            units.push((slot.day, above));
        }
    }
    graph.flow(source, sink, tasks.len() as i128);
    let edges = graph.edges();
    let mut found = vec![(Vec::new(), Vec::new()); person.slots.len()];
    for edge in edges.iter().filter(|edge| edge.flow > 0 && edge.from != source && edge.from < slots) {
        if let Some((inside, _)) = found.get_mut(edge.to - slots) {
            inside.push(edge.from - first);
        }
    }
    for (edge, unit) in edges.iter().skip(first_unit).zip(units) {
        if let Some((_, used)) = found.get_mut(edge.from - slots) {
            used.extend((0..edge.flow).map(|_| unit));
        }
    }
    found
}

/// Parts of a slot that cost the same: how many, and how far above capacity.
fn steps(slot: &Slot) -> impl Iterator<Item = (i128, u32)> {
    std::iter::once((slot.count.into(), 0)).chain(slot.above.iter().map(|above| (1, *above)))
}
