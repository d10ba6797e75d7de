//! The question as a flow: every case is one unit that looks for the cheapest way to a slot.
//!
//! ```text
//! source -> bucket -> case -> line of a group: late days, days -> slot -> person -> sink
//! ```
//!
//! A *line* belongs to a set of people and has one node for each day on which one of them has a slot. A case enters the
//! line at the last day that costs it nothing and falls freely to earlier days, or enters the late part at the first day
//! that costs it and climbs, each day at its weight. So a case needs two arcs for each group of people, not one for each
//! slot of each person.

use std::{cmp::Reverse, collections::BTreeMap};

use ac_library::MinCostFlowGraph;

use super::{
    eligible::Candidates,
    price::Prices,
    world::{Person, Task, World},
};

/// A flow without bound.
const MANY: i128 = 1 << 40;
/// Slots are short where more than one case of so many cannot be in time.
const SHORT_PART: usize = 4;
/// The node that every unit comes from.
const SOURCE: usize = 0;

/// When a line of several people becomes lines of single ones. The plan is as good either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Where it makes the flow smaller.
    ByCost,
    /// Never: for tests.
    #[cfg(test)]
    Never,
}

/// A way of a case into a line.
#[derive(Clone, Copy)]
struct Entry {
    line: usize,
    levels: u32,
    start: i32,
    changes: u64,
}

/// The days of a set of people.
#[derive(Default)]
struct Line {
    people: Vec<usize>,
    /* INVARIANT: rises. */
    days: Vec<i32>,
    /// Cases that enter it.
    uses: usize,
    /// First node of the days.
    node: usize,
    /// For each weight the first day of the late part, by its place among the days, and that day's node.
    late: BTreeMap<u64, (usize, usize)>,
}

impl Line {
    fn new(world: &World, people: Vec<usize>) -> Self {
        let of = |index: &usize| world.people.get(*index).into_iter().flat_map(|person| &person.slots);
        let mut days: Vec<i32> = people.iter().flat_map(of).map(|slot| slot.day).collect();
        days.sort_unstable();
        days.dedup();
        Self { people, days, ..Self::default() }
    }

    /// True when cases are better served by a line for each of its people: an arc for each of them costs less than it.
    fn is_dear(&self) -> bool {
        self.people.len() > 1 && self.uses * 2 * self.people.len() < self.days.len() * (self.people.len() + 2)
    }
}

/// Lines by their people, and each task's ways into them.
struct Ways {
    lines: Vec<Line>,
    known: BTreeMap<Vec<usize>, usize>,
    entries: Vec<Vec<Entry>>,
}

impl Ways {
    fn line(&mut self, world: &World, people: &[usize]) -> usize {
        if let Some(line) = self.known.get(people) {
            return *line;
        }
        let line = self.lines.len();
        self.lines.push(Line::new(world, people.to_vec()));
        self.known.insert(people.to_vec(), line);
        line
    }

    fn new(world: &World, candidates: &[Candidates], split: Split) -> Self {
        let mut ways = Self { lines: Vec::new(), known: BTreeMap::new(), entries: Vec::new() };
        for (task, candidates) in world.tasks.iter().zip(candidates) {
            let mut entries = Vec::new();
            for ((levels, start), people) in &candidates.groups {
                ways.enter(world, task, (*levels, *start), people, &mut entries);
            }
            ways.entries.push(entries);
        }
        if split == Split::ByCost {
            ways.split(world);
        }
        ways
    }

    /// One way for the group, and one without a change for whoever of it has the case now.
    fn enter(
        &mut self,
        world: &World,
        task: &Task,
        (levels, start): (u32, i32),
        people: &[usize],
        entries: &mut Vec<Entry>,
    ) {
        let present = task.present.filter(|present| people.contains(present));
        let mut add = |people: &[usize], changes: u64| {
            let line = self.line(world, people);
            if let Some(line) = self.lines.get_mut(line) {
                line.uses += 1;
            }
            entries.push(Entry { line, levels, start, changes });
        };
        if let Some(present) = present {
            add(&[present], 0);
        }
        if present.is_none() || people.len() > 1 {
            add(people, task.case.present.is_some().into());
        }
    }

    /// Lines that cost more than they spare become lines of single people.
    fn split(&mut self, world: &World) {
        let dear: Vec<bool> = self.lines.iter().map(Line::is_dear).collect();
        let is_dear = |line: usize| dear.get(line).copied().unwrap_or(false);
        for mut entries in std::mem::take(&mut self.entries) {
            let mut whole: Vec<Entry> = entries.extract_if(.., |entry| !is_dear(entry.line)).collect();
            for entry in entries {
                let people = self.lines.get(entry.line).map(|line| line.people.clone()).unwrap_or_default();
                whole.extend(people.iter().map(|one| Entry { line: self.line(world, &[*one]), ..entry }));
            }
            self.entries.push(whole);
        }
        for (line, _) in self.lines.iter_mut().zip(dear).filter(|(_, dear)| *dear) {
            line.days.clear();
        }
    }
}

/// Where a case enters a line: the day up to which its lateness does not grow, and the first one after it.
fn pivot(task: &Task, start: i32) -> i32 {
    task.limit.max(start)
}

/// True where many cases cannot be in time, whoever took them: then heavy ones displace light ones, and had better
/// come first. Else those had that are due first. The plan is as good either way; found sooner.
fn is_short(world: &World) -> bool {
    let mut limits: Vec<i32> = world.tasks.iter().map(|task| task.limit).collect();
    limits.sort_unstable();
    let slots = world.people.iter().flat_map(|person| &person.slots);
    let mut days: Vec<i32> =
        slots.flat_map(|slot| std::iter::repeat_n(slot.day, slot.count as usize + slot.above.len())).collect();
    days.sort_unstable();
    // Who is due first has the first slots: as many are in time as can be where everybody takes everything.
    let (mut days, mut late) = (days.into_iter().peekable(), 0);
    for limit in &limits {
        if days.next_if(|day| day <= limit).is_none() {
            late += 1;
        }
    }
    late * SHORT_PART > limits.len()
}

struct Network<'a> {
    world: &'a World<'a>,
    prices: Prices,
    nodes: usize,
    arcs: Vec<(usize, usize, i128, i128)>,
    /// First node of the tasks.
    tasks: usize,
    /// Nodes of each person's slots.
    slots: Vec<Vec<usize>>,
    /// The person of each slot's node, from the first such node on.
    owners: Vec<usize>,
    owners_from: usize,
}

/// Who takes each task, in their order; no answer to the same question costs less, and the same question in any order
/// has the same answer.
pub(super) fn assign(world: &World, candidates: &[Candidates], split: Split) -> Vec<Option<usize>> {
    let mut ways = Ways::new(world, candidates, split);
    let mut network = Network {
        world,
        prices: Prices::new(world.tasks.len()),
        nodes: SOURCE + 1,
        arcs: Vec::new(),
        tasks: 0,
        slots: Vec::new(),
        owners: Vec::new(),
        owners_from: 0,
    };
    network.sources();
    network.number(&mut ways);
    network.lines(&ways.lines);
    network.entries(&ways);
    network.people();
    network.solve()
}

impl Network<'_> {
    fn node(&mut self) -> usize {
        self.nodes += 1;
        self.nodes - 1
    }

    fn arc(&mut self, from: usize, to: usize, most: i128, cost: i128) {
        self.arcs.push((from, to, most, cost));
    }

    /// The search takes the cheapest way from the source, whichever case it leads through. A toll on the source's arcs,
    /// dearer than any way, makes it take the cases one by one, so that it looks only at what one case can reach: those
    /// first that will rarely have to yield. Cases hang from buckets, since everything next to the source is looked at
    /// every time.
    fn sources(&mut self) {
        let world = self.world;
        let count = world.tasks.len();
        let mut order: Vec<(usize, &Task)> = world.tasks.iter().enumerate().collect();
        let is_short = is_short(world);
        order.sort_by_key(|(at, task)| {
            let heavy = Reverse(task.weight);
            let first = if is_short { (heavy, task.limit, heavy) } else { (Reverse(0), task.limit, heavy) };
            (task.case.present.is_none(), first, *at)
        });
        let size = count.isqrt().max(1);
        let buckets: Vec<usize> = (0..count.div_ceil(size)).map(|_| self.node()).collect();
        self.tasks = self.nodes;
        self.nodes += count;
        for (number, (tasks, bucket)) in order.chunks(size).zip(buckets).enumerate() {
            let toll = self.prices.toll(number * size);
            self.arc(SOURCE, bucket, tasks.len() as i128, toll);
            for (number, (at, _)) in tasks.iter().enumerate() {
                let toll = self.prices.toll(number);
                self.arc(bucket, self.tasks + at, 1, toll);
            }
        }
    }

    /// Gives the nodes of lines and slots their numbers. Of two that cost the same the search takes the greater, so
    /// what is nearer to the sink comes later, and earlier slots come after later ones.
    fn number(&mut self, ways: &mut Ways) {
        for (task, entries) in self.world.tasks.iter().zip(&ways.entries) {
            for entry in entries {
                let Some(line) = ways.lines.get_mut(entry.line) else { continue };
                let from = line.days.partition_point(|day| *day <= pivot(task, entry.start));
                if from < line.days.len() {
                    let late = line.late.entry(task.weight).or_insert((from, 0));
                    late.0 = late.0.min(from);
                }
            }
        }
        for line in &mut ways.lines {
            for (from, node) in line.late.values_mut() {
                *node = self.nodes;
                self.nodes += line.days.len() - *from;
            }
        }
        for line in &mut ways.lines {
            line.node = self.nodes;
            self.nodes += line.days.len();
        }
        self.number_slots();
    }

    fn number_slots(&mut self) {
        let of = |(person, at): (usize, &Person)| -> Vec<(i32, usize, usize)> {
            at.slots.iter().enumerate().map(|(slot, it)| (it.day, person, slot)).collect()
        };
        let mut order: Vec<_> = self.world.people.iter().enumerate().flat_map(of).collect();
        order.sort_unstable_by_key(|(day, person, slot)| (Reverse(*day), *person, *slot));
        self.slots = self.world.people.iter().map(|person| vec![0; person.slots.len()]).collect();
        self.owners_from = self.nodes;
        for (_, person, slot) in order {
            let node = self.node();
            if let Some(place) = self.slots.get_mut(person).and_then(|slots| slots.get_mut(slot)) {
                *place = node;
            }
            self.owners.push(person);
        }
    }

    fn lines(&mut self, lines: &[Line]) {
        for line in lines {
            for at in 1..line.days.len() {
                self.arc(line.node + at, line.node + at - 1, MANY, 0);
            }
            for (weight, (from, node)) in &line.late {
                self.late(line, *weight, (*from, *node));
            }
            for index in &line.people {
                self.fall(line, *index);
            }
        }
    }

    fn late(&mut self, line: &Line, weight: u64, (from, node): (usize, usize)) {
        let days = line.days.get(from..).unwrap_or_default();
        for at in 0..days.len() {
            self.arc(node + at, line.node + from + at, MANY, 0);
        }
        for (at, pair) in days.windows(2).enumerate() {
            if let [day, next] = *pair {
                let cost = self.prices.late(weight, i64::from(next) - i64::from(day));
                self.arc(node + at, node + at + 1, MANY, cost);
            }
        }
    }

    fn fall(&mut self, line: &Line, index: usize) {
        let world = self.world;
        let Some(person) = world.people.get(index) else { return };
        for (slot, at) in person.slots.iter().zip(0..) {
            let place = self.slots.get(index).and_then(|slots| slots.get::<usize>(at)).copied();
            if let (Ok(day), Some(place)) = (line.days.binary_search(&slot.day), place) {
                self.arc(line.node + day, place, MANY, 0);
            }
        }
    }

    fn entries(&mut self, ways: &Ways) {
        let world = self.world;
        let nodes = self.tasks..;
        for ((task, entries), node) in world.tasks.iter().zip(&ways.entries).zip(nodes) {
            for entry in entries {
                if let Some(line) = ways.lines.get(entry.line) {
                    self.entry(task, node, *entry, line);
                }
            }
        }
    }

    fn entry(&mut self, task: &Task, node: usize, entry: Entry, line: &Line) {
        let pivot = pivot(task, entry.start);
        let after = line.days.partition_point(|day| *day <= pivot);
        let prices = &self.prices;
        let whatever = prices.levels(entry.levels) + prices.changes(entry.changes);
        let late = |day: i32| prices.late(task.weight, i64::from(task.days_late(day)));
        let early = after.checked_sub(1).map(|at| (line.node + at, whatever + late(entry.start)));
        let later = line.days.get(after).zip(line.late.get(&task.weight));
        let later = later.map(|(day, (from, first))| (first + (after - from), whatever + late(*day)));
        for (to, cost) in early.into_iter().chain(later) {
            self.arc(node, to, 1, cost);
        }
    }

    fn people(&mut self) {
        let (world, slots) = (self.world, std::mem::take(&mut self.slots));
        let sink = self.nodes + world.people.len();
        for (person, nodes) in world.people.iter().zip(slots) {
            let whole = self.node();
            for (slot, node) in person.slots.iter().zip(nodes) {
                let days = self.prices.days(slot.day);
                if slot.count > 0 {
                    self.arc(node, whole, slot.count.into(), days);
                }
                for above in &slot.above {
                    let cost = days + self.prices.overload(*above);
                    self.arc(node, whole, 1, cost);
                }
            }
            self.arc(whole, sink, person.plan_max.into(), 0);
        }
        for (task, node) in world.tasks.iter().zip(self.tasks..) {
            let changes = u64::from(task.case.present.is_some());
            let late = self.prices.late(task.weight, i64::from(task.days_late(world.after)));
            let cost = self.prices.unplaced(task.weight) + late + self.prices.changes(changes);
            self.arc(node, sink, 1, cost);
        }
        self.nodes += 1;
    }

    fn solve(&self) -> Vec<Option<usize>> {
        let mut graph = MinCostFlowGraph::<i128>::new(self.nodes);
        for (from, to, most, cost) in &self.arcs {
            graph.add_edge(*from, *to, *most, *cost);
        }
        graph.flow(SOURCE, self.nodes - 1, self.world.tasks.len() as i128);
        let mut flows: Vec<Vec<(usize, i128)>> = vec![Vec::new(); self.nodes];
        for edge in graph.edges() {
            if edge.flow > 0
                && let Some(from) = flows.get_mut(edge.from)
            {
                from.push((edge.to, edge.flow));
            }
        }
        (0..self.world.tasks.len()).map(|task| self.walk(&mut flows, self.tasks + task)).collect()
    }

    /// Follows one unit from its case to a slot, and takes it out.
    fn walk(&self, flows: &mut [Vec<(usize, i128)>], mut node: usize) -> Option<usize> {
        while node < self.owners_from {
            let next = flows.get_mut(node)?;
            let (to, flow) = next.last_mut()?;
            node = *to;
            *flow -= 1;
            if *flow == 0 {
                next.pop();
            }
        }
        self.owners.get(node - self.owners_from).copied()
    }
}
