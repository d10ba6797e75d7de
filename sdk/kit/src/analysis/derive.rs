//! Facts that rows derive: a policy hears what was derived by those that are asked before it, from the top of the chain down
//! and by their ids within a level; what is derived after it, or by itself, it does not hear.
//!
//! So a condition on such a fact is one on the rows that derive it, and is written as that. A plugin that is no rule table is
//! taken to derive nothing.

use std::collections::BTreeSet;

use maple_bundle::table::{Effect, Row};
use maple_kernel::{Mode, Policy};

use super::{
    formula::{Formula, Var},
    lines::lies_in,
    set::Set,
    space::Space,
};

/// Everything that rows derive, in the order in which it is said.
#[derive(Default)]
pub(crate) struct Derived<'t> {
    said: Vec<Said<'t>>,
}

struct Said<'t> {
    policy: &'t Policy,
    fact: u32,
    /// The value, and when it is said; none where that cannot be told.
    what: Option<(i64, Formula)>,
}

/// When a policy is asked, among those of one chain.
pub(crate) fn turn(policy: &Policy) -> (usize, &str) {
    (policy.locality.as_str().split('/').count(), policy.id.as_str())
}

/// The derived facts of a formula.
pub(crate) fn facts(space: &Space<'_>, formula: &Formula) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    formula.walk(&mut |part| match part {
        Formula::Known(Var::Fact(fact)) | Formula::In(Var::Fact(fact), _) if space.is_derived(*fact) => {
            found.insert(*fact);
        }
        _ => {}
    });
    found
}

impl<'t> Derived<'t> {
    /// Notes what a row derives when it speaks. Rows come in the order in which they are heard.
    pub(crate) fn note(&mut self, space: &Space<'_>, policy: &'t Policy, row: &Row, speaks: Option<&Formula>) {
        if policy.mode != Mode::Enforce {
            return; // it only tries
        }
        let place = space.ruleset.locality(policy.locality.as_str());
        for effect in &row.then {
            let Effect::Derive { key, value } = effect else { continue };
            let Some((fact, _)) = space.fact(key) else { continue };
            // The host does not let others say what its guardrails look at.
            if !policy.trusted && place.is_some_and(|(_, place)| place.guardrails.look_at(key)) {
                continue;
            }
            let what = speaks.and_then(|speaks| Some((space.number(fact, value)?, speaks.clone())));
            self.said.push(Said { policy, fact, what });
        }
    }

    /// A formula of a policy, with the derived facts as what the rows before it say of them. A fact of which that cannot be
    /// told stays as it is, and may be anything.
    pub(crate) fn tell(&self, space: &Space<'_>, formula: Formula, reader: &Policy) -> Formula {
        let all = |parts: Vec<Formula>| parts.into_iter().map(|part| self.tell(space, part, reader)).collect();
        match formula {
            Formula::All(parts) => Formula::All(all(parts)),
            Formula::Any(parts) => Formula::Any(all(parts)),
            Formula::Not(inner) => Formula::not(self.tell(space, *inner, reader)),
            Formula::Known(Var::Fact(fact)) if space.is_derived(fact) => match self.heard(fact, reader) {
                Some(heard) => Formula::Any(heard.into_iter().map(|(_, said)| said).collect()),
                None => formula,
            },
            Formula::In(Var::Fact(fact), ref set) if space.is_derived(fact) => match self.heard(fact, reader) {
                Some(heard) => {
                    let inside = |value: i64| Set::one(value).lies_in(set);
                    let last = |at: usize| {
                        let other =
                            |(value, said): &(i64, Formula)| (!inside(*value)).then(|| Formula::not(said.clone()));
                        let (value, said) = heard.get(at)?;
                        let later = heard.iter().skip(at + 1).filter_map(other);
                        inside(*value).then(|| Formula::All(std::iter::once(said.clone()).chain(later).collect()))
                    };
                    Formula::Any((0..heard.len()).filter_map(last).collect())
                }
                None => formula,
            },
            // Whatever is said of a party is said of facts that it came with.
            other => other,
        }
    }

    /// The values that a policy may hear of a derived fact and when it is told them, the last one counting; none where that
    /// cannot be told.
    fn heard(&self, fact: u32, reader: &Policy) -> Option<Vec<(i64, Formula)>> {
        let (mut heard, mut settled) = (Vec::new(), Vec::new());
        let before = |said: &&Said<'_>| {
            said.fact == fact && turn(said.policy) < turn(reader) && lies_in(&reader.locality, &said.policy.locality)
        };
        for said in self.said.iter().filter(before) {
            let (value, speaks) = said.what.as_ref()?;
            if said.policy.trusted {
                settled.push(Formula::not(speaks.clone()));
                heard.push((*value, speaks.clone()));
            } else {
                // What a trusted policy said stands.
                let own = std::iter::once(speaks.clone()).chain(settled.iter().cloned());
                heard.push((*value, Formula::All(own.collect())));
            }
        }
        Some(heard)
    }
}
