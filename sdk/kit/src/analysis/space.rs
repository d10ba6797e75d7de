//! Everything a case may be, counted: the words of the ruleset as whole numbers.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

use maple_bundle::table::{Bound, Condition, Effect, Subject, Table};
use maple_kernel::{
    Code, Day, FactDef, FactKey, FactType, Facts, KindId, Locality, LocalityId, PartyType, Ruleset, Scope, Value,
    Vocabulary, WordList,
};

use super::{
    days::{Classes, Spans},
    formula::Var,
    set::Set,
};

/// The door of a case that does not say through which it came, as `maple_wire` has it.
const UNSTATED: &str = maple_wire::SOURCE_UNSTATED;
/// Types of parties, in the order of their numbers.
pub(crate) const TYPES: [(PartyType, &str); 3] = [
    (PartyType::Natural, "natural"),
    (PartyType::Organisation, "organisation"),
    (PartyType::PublicAuthority, "public_authority"),
];

/// The words of a ruleset by number.
pub(crate) struct Space<'r> {
    pub(crate) ruleset: &'r Ruleset,
    pub(crate) kinds: Vec<&'r KindId>,
    pub(crate) sources: Vec<Code>,
    pub(crate) roles: Vec<&'r Code>,
    pub(crate) places: Vec<(&'r LocalityId, &'r Locality)>,
    facts: Vec<(&'r FactKey, &'r FactDef)>,
    /// Days that make a flag true.
    pub(crate) implying: BTreeSet<&'r FactKey>,
    numbers: HashMap<&'r str, u32>,
    /// Words that the tables name, for facts without a list of their own; number 0 is every other word.
    open: BTreeMap<u32, Vec<Arc<str>>>,
    pub(crate) classes: RefCell<HashMap<String, Rc<Classes>>>,
    pub(crate) spans: RefCell<Spans>,
}

impl<'r> Space<'r> {
    pub(crate) fn new(ruleset: &'r Ruleset, tables: &[Table]) -> Self {
        let vocabulary = ruleset.vocabulary();
        let facts: Vec<_> = vocabulary.facts.iter().collect();
        let numbers = facts.iter().zip(0..).map(|((key, _), number)| (key.as_str(), number)).collect();
        let mut space = Self {
            ruleset,
            kinds: vocabulary.kinds.keys().collect(),
            sources: sources(vocabulary),
            roles: vocabulary.words.get(&WordList::Role).map_or_else(Vec::new, |roles| roles.keys().collect()),
            places: ruleset.localities().collect(),
            implying: vocabulary.facts.values().filter_map(|def| def.implied.as_ref()).flat_map(|i| &i.days).collect(),
            facts,
            numbers,
            open: BTreeMap::new(),
            classes: RefCell::default(),
            spans: RefCell::default(),
        };
        let mut named: BTreeMap<u32, BTreeSet<Arc<str>>> = BTreeMap::new();
        for row in tables.iter().flat_map(|table| &table.rows) {
            space.name(&row.when, &mut named);
            for effect in &row.then {
                if let Effect::Derive { key, value } = effect {
                    space.name_values(key, std::slice::from_ref(value), &mut named);
                }
            }
        }
        space.open = named.into_iter().map(|(fact, words)| (fact, words.into_iter().collect())).collect();
        space
    }

    /// Notes the words that a condition names.
    fn name(&self, condition: &Condition, named: &mut BTreeMap<u32, BTreeSet<Arc<str>>>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| self.name(part, named)),
            Condition::Not(inner) | Condition::SomeParty(inner) | Condition::EveryParty(inner) => {
                self.name(inner, named);
            }
            Condition::Is(Subject::Fact(key), values) => self.name_values(key, values, named),
            _ => {}
        }
    }

    fn name_values(&self, key: &FactKey, values: &[Value], named: &mut BTreeMap<u32, BTreeSet<Arc<str>>>) {
        let Some((number, def)) = self.fact(key) else { return };
        let (FactType::Text(words) | FactType::Words(words)) = &def.kind else { return };
        if words.is_empty() {
            let texts = values.iter().filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None });
            named.entry(number).or_default().extend(texts.cloned());
        }
    }

    pub(crate) fn fact(&self, key: &FactKey) -> Option<(u32, &'r FactDef)> {
        let number = *self.numbers.get(key.as_str())?;
        self.facts.get(number as usize).map(|(_, def)| (number, *def))
    }

    /// What the host counts of these facts, and the others.
    pub(crate) fn counted(&self, facts: Facts) -> (Facts, Facts) {
        let is_counted = |key: &FactKey| self.fact(key).is_some_and(|(_, def)| def.scope == Scope::Context);
        let all = facts.iter().map(|(key, value)| (key.clone(), value.clone()));
        let (counted, told): (Vec<_>, Vec<_>) = all.partition(|(key, _)| is_counted(key));
        (Facts::new(counted), Facts::new(told))
    }

    pub(crate) fn fact_at(&self, number: u32) -> Option<(&'r FactKey, &'r FactDef)> {
        self.facts.get(number as usize).copied()
    }

    /// True for a fact of the case that only policies set.
    pub(crate) fn is_derived(&self, number: u32) -> bool {
        self.fact_at(number).is_some_and(|(_, def)| def.scope == Scope::Derived)
    }

    /// The words of a fact, by number; for a fact without a list, number 0 is any that no table names.
    pub(crate) fn word(&self, fact: u32, number: i64) -> Option<Arc<str>> {
        let (FactType::Text(words) | FactType::Words(words)) = &self.fact_at(fact)?.1.kind else { return None };
        let at = usize::try_from(number).ok()?;
        if !words.is_empty() {
            return words.get(at).cloned();
        }
        let named = self.open.get(&fact).map_or(&[][..], Vec::as_slice);
        match at.checked_sub(1) {
            Some(at) => named.get(at).cloned(),
            None => (0..)
                .map(|n| if n == 0 { "other".into() } else { format!("other_{n}").into() })
                .find(|w| !named.contains(w)),
        }
    }

    /// The number of a word of a fact.
    pub(crate) fn word_number(&self, fact: u32, word: &str) -> Option<i64> {
        let (FactType::Text(words) | FactType::Words(words)) = &self.fact_at(fact)?.1.kind else { return None };
        let at = |words: &[Arc<str>]| words.iter().position(|w| **w == *word).and_then(|at| i64::try_from(at).ok());
        if words.is_empty() { at(self.open.get(&fact)?).map(|at| at + 1) } else { at(words) }
    }

    /// A value as a number; `None` when the fact never has it.
    pub(crate) fn number(&self, fact: u32, value: &Value) -> Option<i64> {
        let (_, def) = self.fact_at(fact)?;
        match (&def.kind, value) {
            (FactType::Text(_), Value::Text(text)) => self.word_number(fact, text),
            (FactType::Flag, Value::Flag(flag)) => Some(i64::from(*flag)),
            (FactType::Day, Value::Day(day)) => Some(day_number(*day)),
            #[expect(clippy::cast_possible_truncation, reason = "counts of the vocabulary are whole and below 2^53")]
            (FactType::Count { .. }, Value::Number(number)) => Some(*number as i64),
            (FactType::Money { .. }, Value::Money(minor)) => Some(*minor),
            _ => None,
        }
    }

    /// The least and the greatest number of a variable.
    pub(crate) fn domain(&self, var: Var) -> (i64, i64) {
        let count = |len: usize| (0, i64::try_from(len).unwrap_or(i64::MAX) - 1);
        match var {
            Var::Kind => count(self.kinds.len()),
            Var::Source => count(self.sources.len()),
            Var::Place => count(self.places.len()),
            Var::Day => DAYS,
            Var::Role => count(self.roles.len()),
            Var::Type => count(TYPES.len()),
            Var::Word(..) | Var::OwnWord(..) => (0, 1),
            Var::Fact(fact) | Var::Own(fact) => match self.fact_at(fact).map(|(_, def)| &def.kind) {
                Some(FactType::Text(words)) if !words.is_empty() => count(words.len()),
                Some(FactType::Text(_)) => (0, self.open.get(&fact).map_or(0, |words| count(words.len()).1 + 1)),
                Some(FactType::Count { min, max }) => (*min, *max),
                Some(FactType::Flag) => (0, 1),
                Some(FactType::Day) => DAYS,
                Some(FactType::Money { max }) => (0, *max),
                Some(FactType::Words(_)) | None => (0, 0),
            },
        }
    }

    /// The places where a test of a figure holds; a figure that a place does not have holds nothing.
    pub(crate) fn places_where(&self, holds: impl Fn(&Locality) -> bool) -> Set {
        let here = self.places.iter().zip(0..).filter(|((_, locality), _)| holds(locality));
        Set::of(here.map(|(_, at)| (at, at)))
    }

    /// The values that a figure has, each with its places.
    pub(crate) fn figures(&self, key: &FactKey) -> BTreeMap<i64, Set> {
        let Some((fact, _)) = self.fact(key) else { return BTreeMap::new() };
        let mut found: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
        for ((_, locality), at) in self.places.iter().zip(0..) {
            if let Some(number) = locality.figures.get(key.as_str()).and_then(|value| self.number(fact, value)) {
                found.entry(number).or_default().push((at, at));
            }
        }
        found.into_iter().map(|(value, places)| (value, Set::of(places))).collect()
    }

    /// The numbers of names that a test holds for.
    pub(crate) fn names<'n>(names: impl Iterator<Item = &'n str>, holds: impl Fn(&str) -> bool) -> Set {
        Set::of(names.zip(0..).filter(|(name, _)| holds(name)).map(|(_, at)| (at, at)))
    }

    /// True when the bound is a figure of the place.
    pub(crate) fn is_figure(&self, bound: &Bound) -> bool {
        matches!(bound, Bound::Fact(key) if self.fact(key).is_some_and(|(_, def)| def.scope == Scope::Locality))
    }
}

fn sources(vocabulary: &Vocabulary) -> Vec<Code> {
    let known = vocabulary.words.get(&WordList::Source).into_iter().flat_map(|words| words.keys());
    let mut sources: Vec<Code> = known.filter(|word| !word.as_str().ends_with('*')).cloned().collect();
    if !sources.iter().any(|source| source.as_str() == UNSTATED) {
        sources.push(UNSTATED.into());
    }
    sources
}

/// Days by number: 0 is the first that the engine knows.
const DAYS: (i64, i64) = (0, 109_572);

pub(crate) fn day_number(day: Day) -> i64 {
    i64::from(day.days_since(Day::FIRST))
}

pub(crate) fn day_of(number: i64) -> Day {
    Day::FIRST.plus_days(i32::try_from(number).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_first_to_the_last() {
        assert_eq!((day_number(Day::FIRST), day_number(Day::LAST)), DAYS);
        assert_eq!((day_of(DAYS.0), day_of(DAYS.1)), (Day::FIRST, Day::LAST));
    }
}
