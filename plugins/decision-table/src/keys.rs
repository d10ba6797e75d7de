//! Facts by number instead of by name.

use maple_guest::{Calendar, CaseFile, Party, Value, same};

/// The number of a fact key within the table.
pub(crate) type Slot = u16;

/// Every fact that the table reads.
#[derive(Default)]
pub(crate) struct Keys {
    /// By slot.
    names: Vec<String>,
    /* INVARIANT after `sort`: every slot once, in the order of the names. */
    sorted: Vec<Slot>,
}

impl Keys {
    /// The slot of a key, new or known.
    pub(crate) fn slot(&mut self, key: &str) -> Slot {
        let at = self.names.iter().position(|name| name == key).unwrap_or_else(|| {
            self.names.push(key.into());
            self.names.len() - 1
        });
        Slot::try_from(at).unwrap_or(Slot::MAX)
    }

    pub(crate) fn sort(&mut self) {
        let mut sorted: Vec<Slot> = (0..self.names.len()).filter_map(|at| Slot::try_from(at).ok()).collect();
        sorted.sort_by_key(|&slot| self.name(slot));
        self.sorted = sorted;
    }

    pub(crate) fn name(&self, slot: Slot) -> &str {
        self.names.get(usize::from(slot)).map_or("", String::as_str)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.sorted.iter().map(|&slot| self.name(slot).into()).collect()
    }
}

/// A case with its facts by slot.
pub(crate) struct View<'a> {
    pub(crate) case: &'a CaseFile,
    pub(crate) keys: &'a Keys,
    pub(crate) calendar: &'a Calendar,
    facts: Vec<Option<&'a Value>>,
}

impl<'a> View<'a> {
    /// Facts come in the order of their keys, as the sorted keys are, so one walk along both finds them all; a fact out
    /// of order only costs another round.
    pub(crate) fn new(case: &'a CaseFile, keys: &'a Keys, calendar: &'a Calendar) -> Self {
        let mut facts = vec![None; keys.names.len()];
        let mut walk = keys.sorted.iter().cycle();
        for fact in &case.facts {
            let slot = walk.by_ref().take(keys.sorted.len()).find(|&&slot| same(keys.name(slot), &fact.key));
            if let Some(place) = slot.and_then(|&slot| facts.get_mut(usize::from(slot))) {
                *place = Some(&fact.value);
            }
        }
        Self { case, keys, calendar, facts }
    }

    /// The value of a fact of the case.
    pub(crate) fn fact(&self, slot: Slot) -> Option<&'a Value> {
        self.facts.get(usize::from(slot)).copied().flatten()
    }

    /// The value of a fact of a party.
    pub(crate) fn of_party(&self, party: &'a Party, slot: Slot) -> Option<&'a Value> {
        party.fact(self.keys.name(slot))
    }

    /// True when the case or one of its parties has the fact.
    pub(crate) fn knows(&self, slot: Slot) -> bool {
        self.fact(slot).is_some() || self.case.parties.iter().any(|party| self.of_party(party, slot).is_some())
    }
}
