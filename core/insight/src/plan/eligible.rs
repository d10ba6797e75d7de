//! Hard constraints: who could take which case, and what everybody else fails at first.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use maple_kernel::Code;

use super::{
    answer::Bar,
    input::{Mediator, Waiting},
    world::{Person, Task, World},
};

/// Who could take a case.
pub(super) struct Candidates {
    /* INVARIANT: each list rises. */
    /// By levels up and first day.
    pub(super) groups: BTreeMap<(u32, i32), Vec<usize>>,
    /// What others fail at.
    pub(super) bars: BTreeMap<Bar, u32>,
    pub(super) count: u32,
}

impl Candidates {
    /// How far up a person is.
    pub(super) fn levels(&self, person: usize) -> Option<u32> {
        self.groups.iter().find_map(|((levels, _), people)| people.binary_search(&person).is_ok().then_some(*levels))
    }
}

/// What of a case decides who is able, whatever the days and the parties.
type Profile<'a> = (&'a str, &'a str, &'a BTreeSet<Code>, &'a BTreeSet<Code>);

#[derive(Default)]
struct Able {
    people: Vec<(u32, usize)>,
    bars: BTreeMap<Bar, u32>,
}

/// For every task, in their order.
pub(super) fn candidates(world: &World) -> Vec<Candidates> {
    let mut known: BTreeMap<Profile, Rc<Able>> = BTreeMap::new();
    let mut all = Vec::with_capacity(world.tasks.len());
    for task in &world.tasks {
        let case = task.case;
        let profile = (case.locality.as_str(), case.kind.as_str(), &case.skills, &case.languages);
        let able = known.entry(profile).or_insert_with(|| Rc::new(able(world, case)));
        all.push(narrow(world, task, able));
    }
    all
}

fn able<'a>(world: &World<'a>, case: &'a Waiting) -> Able {
    let mut able = Able::default();
    let mut seen = 0;
    for (levels, people) in world.chain(case.locality.as_str()) {
        for &index in people {
            let Some(person) = world.people.get(index) else { continue };
            seen += 1;
            match lacks(person.who, case) {
                Some(bar) => *able.bars.entry(bar).or_default() += 1,
                None => able.people.push((levels, index)),
            }
        }
    }
    let outside = u32::try_from(world.people.len() - seen).unwrap_or(u32::MAX);
    if outside > 0 {
        able.bars.insert(Bar::Outside, outside);
    }
    able
}

fn lacks(who: &Mediator, case: &Waiting) -> Option<Bar> {
    if !who.kinds.is_empty() && !who.kinds.iter().any(|kind| kind.covers(case.kind.as_str())) {
        return Some(Bar::Kind);
    }
    let skill = case.skills.iter().find(|skill| !who.skills.contains(*skill));
    let language = || case.languages.iter().find(|language| !who.languages.contains(*language));
    skill.cloned().map(Bar::Skill).or_else(|| language().cloned().map(Bar::Language))
}

fn narrow(world: &World, task: &Task, able: &Able) -> Candidates {
    let mut found = Candidates { groups: BTreeMap::new(), bars: able.bars.clone(), count: 0 };
    for &(levels, index) in &able.people {
        let Some(person) = world.people.get(index) else { continue };
        match stopped(world, task, person) {
            Some(bar) => *found.bars.entry(bar).or_default() += 1,
            None => {
                found.count += 1;
                found.groups.entry((levels, person.start(task))).or_default().push(index);
            }
        }
    }
    found
}

fn stopped(world: &World, task: &Task, person: &Person) -> Option<Bar> {
    let conflicts = &person.who.conflicts;
    let is_party = || task.case.parties.iter().any(|party| conflicts.contains(party));
    if !conflicts.is_empty() && (conflicts.contains(&task.case.id) || is_party()) {
        Some(Bar::Conflict)
    } else if task.earliest > world.end {
        Some(Bar::Beyond)
    } else if person.away || person.start(task) > world.end {
        Some(Bar::Leave)
    } else if person.slots.is_empty() {
        Some(Bar::Full)
    } else {
        None
    }
}
