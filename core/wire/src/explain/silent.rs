//! Why rules of a table kept silent: their conditions, asked of the case once more, for explanations only.
//!
//! What is found here says the same as the plugin that runs tables; a test holds both together on every case that ships.

use std::{cmp::Ordering, collections::HashMap};

use maple_bundle::table::{Age, Bound, Compare, Condition, Effect, Row, Start, Subject, Table};
use maple_kernel::{
    Asking, Calendar, Case, Day, FactKey, Facts, Locality, Party, PartyType, Question, RuleId, Ruleset, Span, Value,
};

/// The case as a table sees it.
pub(super) struct View<'a> {
    pub(super) ruleset: &'a Ruleset,
    pub(super) case: &'a Case,
    /// The facts of the case, and what was known beside them when the table was asked.
    pub(super) facts: &'a Facts,
    /// The day whose law applies.
    pub(super) day: Day,
    /// Days of rest of the policy's place.
    calendar: Option<&'a Calendar>,
    pub(super) currency: &'a str,
}

/// A rule that said nothing.
pub(super) struct Silent<'t> {
    pub(super) rule: &'t RuleId,
    /// Its row that comes nearest to speaking.
    pub(super) row: &'t Row,
    /// What keeps that row silent; nothing where it applies and has nothing to say.
    pub(super) misses: Vec<Miss<'t>>,
    /// The case says nothing of what is missing.
    unsaid: bool,
}

/// One thing that keeps a row silent.
#[derive(Clone, Copy)]
pub(super) enum Miss<'t> {
    /// It is not in force on the day.
    Days,
    /// This does not hold.
    Condition(&'t Condition),
}

impl Silent<'_> {
    /// True when it is made for another kind, door or place, or is in force on other days.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.misses.iter().any(|miss| miss.is_elsewhere())
    }

    /// True when all of its conditions but one hold.
    pub(super) fn is_near(&self) -> bool {
        self.misses.len() <= 1 && !self.is_elsewhere()
    }

    /// The facts that it needs to say something and that are not known.
    pub(super) fn lacks(&self, view: &View<'_>) -> Vec<&FactKey> {
        let start = |effect| match effect {
            &Effect::Clock { start: Start::Fact(ref key), .. } if view.facts.get(key.as_str()).is_none() => Some(key),
            _ => None,
        };
        self.row.then.iter().filter_map(start).collect()
    }
}

impl Miss<'_> {
    fn is_elsewhere(self) -> bool {
        match self {
            Self::Days => true,
            Self::Condition(Condition::Prefix(subject, _) | Condition::Is(subject, _)) => {
                matches!(subject, Subject::Kind | Subject::Source | Subject::Locality)
            }
            Self::Condition(_) => false,
        }
    }
}

/// The rules of a table of which the answer says nothing, those that come nearest first.
pub(super) fn silent<'t>(table: &'t Table, view: &View<'_>, spoke: impl Fn(&RuleId) -> bool) -> Vec<Silent<'t>> {
    let mut rules: Vec<Silent<'t>> = Vec::new();
    let mut known: HashMap<&RuleId, usize> = HashMap::new();
    for row in table.rows.iter().filter(|row| !spoke(&row.rule)) {
        let misses = view.misses(row);
        let unsaid = !misses.iter().any(|miss| matches!(miss, Miss::Condition(condition) if view.says(condition)));
        let one = Silent { rule: &row.rule, row, misses, unsaid };
        match known.get(&row.rule).and_then(|at| rules.get_mut(*at)) {
            Some(other) if rank(&one) < rank(other) => *other = one,
            Some(_) => {}
            None => {
                known.insert(&row.rule, rules.len());
                rules.push(one);
            }
        }
    }
    rules.sort_by_key(rank);
    rules
}

/// Those of this kind, door and place first, then by how much is missing; what the case gainsays before what it leaves open.
fn rank(silent: &Silent<'_>) -> (bool, usize, bool) {
    (silent.is_elsewhere(), silent.misses.len(), silent.unsaid)
}

impl<'a> View<'a> {
    /// The case as the policy that was asked saw it.
    pub(super) fn new(
        ruleset: &'a Ruleset,
        question: &'a Question,
        place: &'a Locality,
        asking: &'a Asking<'_>,
    ) -> Self {
        let calendar = ruleset.locality(asking.policy.locality.as_str()).map(|(_, locality)| &*locality.calendar);
        Self {
            ruleset,
            case: &question.case,
            facts: &asking.facts,
            day: question.as_of,
            calendar,
            currency: &place.currency,
        }
    }

    /// The rules of a table of which a row is in force and its condition holds.
    pub(super) fn applying<'t>(&self, table: &'t Table) -> Vec<&'t RuleId> {
        let mut rules: Vec<&RuleId> = Vec::new();
        for row in table.rows.iter().filter(|row| self.misses(row).is_empty()) {
            if !rules.contains(&&row.rule) {
                rules.push(&row.rule);
            }
        }
        rules
    }

    fn misses<'t>(&self, row: &'t Row) -> Vec<Miss<'t>> {
        let days = row.from.is_some_and(|from| self.day < from) || row.to.is_some_and(|to| to < self.day);
        let mut misses: Vec<Miss<'t>> = days.then_some(Miss::Days).into_iter().collect();
        misses.extend(parts(&row.when).into_iter().filter(|part| !self.holds(part, None)).map(Miss::Condition));
        misses
    }

    /// True when it holds for the case, or for a party of it. A fact that is not known makes it false.
    pub(super) fn holds(&self, condition: &Condition, party: Option<&'a Party>) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.holds(part, party)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part, party)),
            Condition::Not(inner) => !self.holds(inner, party),
            Condition::Is(Subject::Fact(key), values) => {
                self.value(key, party).is_some_and(|fact| values.iter().any(|value| equal(fact, value)))
            }
            Condition::Is(subject, values) => self
                .text(subject, party)
                .is_some_and(|text| values.iter().any(|value| matches!(value, Value::Text(value) if **value == *text))),
            Condition::Prefix(subject, patterns) => {
                self.text(subject, party).is_some_and(|text| patterns.iter().any(|pattern| covers(pattern, text)))
            }
            Condition::Range(key, bounds) => self
                .value(key, party)
                .is_some_and(|value| bounds.iter().all(|(compare, bound)| self.within(value, *compare, bound))),
            Condition::Age(key, ages) => match self.value(key, party) {
                Some(Value::Day(day)) => ages.iter().all(|(age, span)| self.aged(*day, *age, *span)),
                _ => false,
            },
            Condition::Known(key, known) => self.value(key, party).is_some() == *known,
            Condition::SomeParty(inner) => self.case.parties().iter().any(|party| self.holds(inner, Some(party))),
            Condition::EveryParty(inner) => {
                let parties = self.case.parties();
                !parties.is_empty() && parties.iter().all(|party| self.holds(inner, Some(party)))
            }
        }
    }

    /// What is missing of the one of several conditions that comes nearest: of this kind, door and place if there is one,
    /// with the least missing.
    pub(super) fn nearest_of<'t>(&self, ways: &'t [Condition]) -> Vec<&'t Condition> {
        let missing = |way: &'t Condition| -> Vec<&'t Condition> {
            parts(way).into_iter().filter(|part| !self.holds(part, None)).collect()
        };
        let rank = |missing: &Vec<&'t Condition>| {
            let elsewhere = missing.iter().any(|part| Miss::Condition(part).is_elsewhere());
            (elsewhere, missing.len(), !missing.iter().any(|part| self.says(part)))
        };
        ways.iter().map(missing).min_by_key(rank).unwrap_or_default()
    }

    /// True when the case, or a party of it, has a fact that the condition looks at.
    fn says(&self, condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| self.says(part)),
            Condition::Not(inner) | Condition::SomeParty(inner) | Condition::EveryParty(inner) => self.says(inner),
            Condition::Is(Subject::Fact(key), _)
            | Condition::Prefix(Subject::Fact(key), _)
            | Condition::Range(key, _)
            | Condition::Age(key, _)
            | Condition::Known(key, _) => {
                let parties = self.case.parties().iter().map(|party| &party.facts);
                std::iter::once(self.facts).chain(parties).any(|facts| facts.get(key.as_str()).is_some())
            }
            Condition::Is(..) | Condition::Prefix(..) => false,
        }
    }

    /// The value of a fact of the case, or of the party that is looked at.
    pub(super) fn value(&self, key: &FactKey, party: Option<&'a Party>) -> Option<&'a Value> {
        party.map_or(self.facts, |party| &party.facts).get(key.as_str())
    }

    /// The party that comes nearest to what is asked of one.
    pub(super) fn nearest(&self, condition: &Condition) -> Option<&'a Party> {
        let missing = |party: &&Party| parts(condition).iter().filter(|part| !self.holds(part, Some(party))).count();
        self.case.parties().iter().min_by_key(missing)
    }

    fn text(&self, subject: &Subject, party: Option<&'a Party>) -> Option<&'a str> {
        match subject {
            Subject::Kind => Some(self.case.kind.as_str()),
            Subject::Source => Some(self.case.source.as_str()),
            Subject::Locality => Some(self.case.locality.as_str()),
            Subject::Role => party.map(|party| party.role.as_str()),
            Subject::Type => party.map(|party| type_word(party.kind)),
            Subject::Fact(key) => match self.value(key, party) {
                Some(Value::Text(text)) => Some(text),
                _ => None,
            },
        }
    }

    fn within(&self, value: &Value, compare: Compare, bound: &Bound) -> bool {
        let bound = match bound {
            Bound::Value(bound) => Some(bound),
            Bound::Fact(key) => self.facts.get(key.as_str()),
        };
        let Some(order) = bound.and_then(|bound| order(value, bound)) else { return false };
        match compare {
            Compare::Min => order != Ordering::Less,
            Compare::Max => order != Ordering::Greater,
            Compare::Above => order == Ordering::Greater,
            Compare::Below => order == Ordering::Less,
        }
    }

    /// Plugins count by the plain calendar; only an end on a day of rest moves, where a time must still run.
    fn aged(&self, day: Day, age: Age, span: Span) -> bool {
        let plain = Calendar::default();
        let (today, end) = (self.day, plain.end(day, span).day);
        match age {
            Age::AgoMin => day <= today && end <= today,
            Age::AgoMax => end >= today,
            Age::Running => end >= today || self.calendar.is_some_and(|calendar| calendar.roll(end) >= today),
            Age::AheadMax => day >= today && day <= plain.end(today, span).day,
        }
    }
}

/// What must hold each for itself.
pub(super) fn parts(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::All(inner) => inner.iter().flat_map(parts).collect(),
        other => vec![other],
    }
}

/// The word for the type of a party, as tables write it.
pub(super) const fn type_word(kind: PartyType) -> &'static str {
    match kind {
        PartyType::Natural => "natural",
        PartyType::Organisation => "organisation",
        PartyType::PublicAuthority => "public_authority",
    }
}

fn covers(pattern: &str, text: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == text, |prefix| text.starts_with(prefix))
}

/// For a fact of several words: one of them is the value.
fn equal(fact: &Value, value: &Value) -> bool {
    match (fact, value) {
        (Value::Words(words), Value::Text(text)) => words.contains(text),
        _ => fact == value,
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Money(a), Value::Money(b)) => Some(a.cmp(b)),
        (Value::Day(a), Value::Day(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
