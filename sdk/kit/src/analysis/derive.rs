//! Facts that rows derive: a policy hears what was derived by those that are asked before it, from the top of the chain down
//! and by their ids within a level.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::table::Effect;
use maple_kernel::{Mode, Policy};

use super::{
    formula::{Formula, Var},
    lines::Sheet,
    set::Set,
    space::Space,
};

/// What rows say of a derived fact.
#[derive(Default)]
pub(crate) struct Support {
    /// That a row speaks, and the fact has the value it gives.
    ways: Vec<Formula>,
    /// That a row is silent, or the fact is known: for rows of policies that are asked before everybody who reads it.
    sure: Vec<Formula>,
}

impl Support {
    /// What holds of the fact: some row gave it its value or it is unknown, and it is known where it surely was given one.
    pub(crate) fn told(&self, fact: u32) -> impl Iterator<Item = Formula> + '_ {
        let unknown = Formula::not(Formula::Known(Var::Fact(fact)));
        let ways = std::iter::once(unknown).chain(self.ways.iter().cloned()).collect();
        std::iter::once(Formula::Any(ways)).chain(self.sure.iter().cloned())
    }
}

/// When a policy is asked, among those of one chain.
type Turn<'t> = (usize, &'t str);

fn turn(policy: &Policy) -> Turn<'_> {
    (policy.locality.as_str().split('/').count(), policy.id.as_str())
}

/// What the tables that count derive.
pub(crate) fn support(space: &Space<'_>, sheets: &[Sheet<'_>]) -> BTreeMap<u32, Support> {
    let readers = readers(space, sheets);
    let mut all: BTreeMap<u32, Support> = BTreeMap::new();
    for sheet in sheets.iter().filter(|sheet| sheet.policy.mode == Mode::Enforce) {
        let place = space.ruleset.locality(sheet.policy.locality.as_str());
        let kept = |key| !sheet.policy.trusted && place.is_some_and(|(_, place)| place.guardrails.look_at(key));
        for line in &sheet.lines {
            for effect in &line.row.then {
                let Effect::Derive { key, value } = effect else { continue };
                let Some((fact, _)) = space.fact(key) else { continue };
                let Some(number) = space.number(fact, value) else { continue };
                let Some((first, last)) = readers.get(&fact) else { continue };
                if kept(key) {
                    continue; // the host does not hear it
                }
                let support = all.entry(fact).or_default();
                if turn(sheet.policy) < *last {
                    support.ways.push(Formula::In(Var::Fact(fact), Set::one(number)).and(line.speaks.clone()));
                }
                if turn(sheet.policy) < *first {
                    let silent = Formula::not(line.speaks.clone());
                    support.sure.push(Formula::Any(vec![silent, Formula::Known(Var::Fact(fact))]));
                }
            }
        }
    }
    all
}

/// The first and the last turn of those who read each derived fact.
fn readers<'t>(space: &Space<'_>, sheets: &[Sheet<'t>]) -> BTreeMap<u32, (Turn<'t>, Turn<'t>)> {
    let mut readers: BTreeMap<u32, (Turn<'t>, Turn<'t>)> = BTreeMap::new();
    for sheet in sheets {
        let (turn, mut facts) = (turn(sheet.policy), BTreeSet::new());
        for line in &sheet.lines {
            line.speaks.walk(&mut |part| match part {
                Formula::Known(Var::Fact(fact)) | Formula::In(Var::Fact(fact), _) if space.is_derived(*fact) => {
                    facts.insert(*fact);
                }
                _ => {}
            });
        }
        for fact in facts {
            let (first, last) = readers.entry(fact).or_insert((turn, turn));
            (*first, *last) = ((*first).min(turn), (*last).max(turn));
        }
    }
    readers
}
