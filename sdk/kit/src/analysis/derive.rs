//! Facts that rows derive: a policy hears what was derived by those that are asked before it, from the top of the chain down
//! and by their ids within a level; what is derived after it, or by itself, it does not hear.
//!
//! So a condition on such a fact is one on the rows that derive it, and is written as that. A plugin that is no rule table is
//! taken to derive nothing. Where it cannot be told what rows say of a fact, the fact may be anything.

use std::{cell::RefCell, collections::BTreeSet};

use maple_bundle::table::{Effect, Row};
use maple_kernel::{LocalityId, Mode, Policy, Purposes};

use super::{
    formula::{Formula, Var},
    lines::lies_in,
    set::Set,
    space::Space,
};

/// How many parts the conditions of the rows that derive one fact may have together.
pub const DERIVED_PARTS_MAX: usize = 1_000;

/// Everything that rows derive, in the order in which it is said.
#[derive(Default)]
pub(crate) struct Derived<'t> {
    said: Vec<Said<'t>>,
    /// Packs with rows that nobody could read: they may derive anything.
    unread: BTreeSet<LocalityId>,
    /// Facts of which so many rows say something that it is not looked at.
    beyond: RefCell<BTreeSet<u32>>,
}

struct Said<'t> {
    policy: &'t Policy,
    fact: u32,
    /// The value, and when it is said; none where that cannot be told.
    what: Option<(i64, Formula)>,
    parts: usize,
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

/// Places at or below a policy's whose guardrails look at what it derives: there the host does not hear it (H09).
pub(crate) fn unheard_at(space: &Space<'_>, policy: &Policy, key: &maple_kernel::FactKey) -> Set {
    if policy.trusted { Set::empty() } else { space.places_where(|place| place.guardrails.look_at(key)) }
}

/// True when a policy is asked whenever one of these purposes is.
const fn covers(own: Purposes, asked: Purposes) -> bool {
    (own.routing || !asked.routing) && (own.prevention || !asked.prevention)
}

impl<'t> Derived<'t> {
    /// Notes that rows of a pack cannot be read.
    pub(crate) fn miss(&mut self, pack: &LocalityId) {
        self.unread.insert(pack.clone());
    }

    /// Notes what a row derives when it speaks. Rows come in the order in which they are heard.
    pub(crate) fn note(&mut self, space: &Space<'_>, policy: &'t Policy, row: &Row, speaks: Option<&Formula>) {
        if policy.mode != Mode::Enforce {
            return; // it only tries
        }
        for effect in &row.then {
            let Effect::Derive { key, value } = effect else { continue };
            let Some((fact, _)) = space.fact(key) else { continue };
            let heard = || Formula::not(Formula::In(Var::Place, unheard_at(space, policy, key)));
            let what = speaks.and_then(|speaks| Some((space.number(fact, value)?, speaks.clone().and(heard()))));
            let mut parts = 0;
            if let Some((_, said)) = &what {
                said.walk(&mut |_| parts += 1);
            }
            self.said.push(Said { policy, fact, what, parts });
        }
    }

    /// Facts that are left open because too much is said of them.
    pub(crate) fn beyond(&self) -> BTreeSet<u32> {
        self.beyond.borrow().clone()
    }

    /// A formula of a policy, with the derived facts as what the rows before it say of them, save one that stays as it is.
    pub(crate) fn tell(&self, space: &Space<'_>, formula: Formula, reader: &Policy, save: Option<u32>) -> Formula {
        if self.unread.iter().any(|pack| lies_in(&reader.locality, pack)) {
            return formula;
        }
        // A fact that is compared, or a list, is not told at all: what is known of it and what it is would part.
        let mut open: BTreeSet<u32> = save.into_iter().collect();
        formula.walk(&mut |part| match part {
            Formula::Since(Var::Fact(fact), _) | Formula::In(Var::Word(fact, _), _) => drop(open.insert(*fact)),
            Formula::AtLeast(a, b) => open.extend([a, b].into_iter().filter_map(|var| match var {
                Var::Fact(fact) => Some(*fact),
                _ => None,
            })),
            _ => {}
        });
        self.told(space, formula, reader, &open)
    }

    fn told(&self, space: &Space<'_>, formula: Formula, reader: &Policy, open: &BTreeSet<u32>) -> Formula {
        let all = |parts: Vec<Formula>| parts.into_iter().map(|part| self.told(space, part, reader, open)).collect();
        let tells = |fact: u32| space.is_derived(fact) && !open.contains(&fact);
        match formula {
            Formula::All(parts) => Formula::All(all(parts)),
            Formula::Any(parts) => Formula::Any(all(parts)),
            Formula::Not(inner) => Formula::not(self.told(space, *inner, reader, open)),
            Formula::Known(Var::Fact(fact)) if tells(fact) => match self.heard(fact, reader) {
                Some(heard) => Formula::Any(heard.into_iter().map(|(_, said)| said.clone()).collect()),
                None => formula,
            },
            Formula::In(Var::Fact(fact), ref set) if tells(fact) => match self.heard(fact, reader) {
                // The last that speaks counts.
                Some(heard) => heard.into_iter().fold(Formula::Any(Vec::new()), |before, (value, said)| {
                    if Set::one(value).lies_in(set) {
                        Formula::Any(vec![said.clone(), before])
                    } else {
                        Formula::not(said.clone()).and(before)
                    }
                }),
                None => formula,
            },
            // Whatever is said of a party is said of facts that it came with.
            other => other,
        }
    }

    /// True when some row says something of a fact before a policy is asked.
    pub(crate) fn is_said(&self, fact: u32, reader: &Policy) -> bool {
        self.before(fact, reader).next().is_some()
    }

    fn before<'s>(&'s self, fact: u32, reader: &'s Policy) -> impl Iterator<Item = &'s Said<'t>> {
        let earlier = move |said: &&Said<'_>| {
            said.fact == fact && turn(said.policy) < turn(reader) && lies_in(&reader.locality, &said.policy.locality)
        };
        self.said.iter().filter(earlier)
    }

    /// The values that a policy may hear of a derived fact and when it is told them, the last one counting: what trusted
    /// policies say stands. None where that cannot be told.
    fn heard<'s>(&'s self, fact: u32, reader: &'s Policy) -> Option<Vec<(i64, &'s Formula)>> {
        let (mut heard, mut trusted, mut parts) = (Vec::new(), Vec::new(), 0);
        for said in self.before(fact, reader) {
            let (value, speaks) = said.what.as_ref()?;
            if !covers(said.policy.purposes, reader.purposes) {
                return None; // it may be asked without the other
            }
            parts += said.parts;
            if parts > DERIVED_PARTS_MAX {
                self.beyond.borrow_mut().insert(fact);
                return None;
            }
            if said.policy.trusted { &mut trusted } else { &mut heard }.push((*value, speaks));
        }
        heard.append(&mut trusted);
        Some(heard)
    }
}
