//! A dispute as facts: no names, no free text, checked before it gets here.

use std::{cmp::Ordering, sync::Arc};

use crate::{Code, Day, FactKey, KindId, LocalityId};

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A code, or one word of a closed list.
    Text(Arc<str>),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A calendar day.
    Day(Day),
    /// Several words, in order.
    Words(Arc<[Arc<str>]>),
    /// Minor units of the locality's currency.
    Money(i64),
}

/// Facts, sorted by key, no key twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(Vec<(FactKey, Value)>);

impl Facts {
    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sorts the facts; of two with one key the later stays.
    #[must_use]
    pub fn new(mut facts: Vec<(FactKey, Value)>) -> Self {
        facts.reverse();
        facts.sort_by(|(a, _), (b, _)| a.cmp(b));
        facts.dedup_by(|(a, _), (b, _)| a == b);
        Self(facts)
    }

    /// The value of a fact, if it is known.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// True when the fact is known to be `true`.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.get(key) == Some(&Value::Flag(true))
    }

    /// The word of a text fact.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Sets a fact, over any value it had.
    pub fn set(&mut self, key: FactKey, value: Value) {
        match self.0.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// All facts in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &(FactKey, Value)> {
        self.0.iter()
    }
}

/// What kind of person in law a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartyType {
    /// A human being.
    Natural,
    /// A company, cooperative, committee, …
    Organisation,
    /// A body that acts with public authority.
    PublicAuthority,
}

/// One party to a dispute.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    /// `applicant`, `respondent`, `third_party`, …
    pub role: Code,
    /// What kind of person in law.
    pub kind: PartyType,
    /// What is known of the party: consent, age band, language, …
    pub facts: Facts,
}

/// One dispute.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The caller's own reference; no policy sees it.
    pub id: Option<Arc<str>>,
    /// Where.
    pub locality: LocalityId,
    /// What about.
    pub kind: KindId,
    /// Through which door it came.
    pub source: Code,
    /// When it came.
    pub filed: Day,
    /// INVARIANT: in canonical order, so that the caller's order means nothing.
    parties: Vec<Party>,
    /// What is known of the dispute.
    pub facts: Facts,
}

impl Case {
    /// A case whose parties are put in canonical order.
    #[must_use]
    pub fn new(
        id: Option<Arc<str>>,
        locality: LocalityId,
        kind: KindId,
        source: Code,
        filed: Day,
        mut parties: Vec<Party>,
        facts: Facts,
    ) -> Self {
        parties.sort_by(canonical);
        Self { id, locality, kind, source, filed, parties, facts }
    }

    /// The parties in canonical order.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }
}

fn canonical(a: &Party, b: &Party) -> Ordering {
    (&a.role, a.kind).cmp(&(&b.role, b.kind)).then_with(|| {
        let facts = |p: &Party| p.facts.iter().map(|(k, v)| format!("{k}={v:?}")).collect::<Vec<_>>();
        facts(a).cmp(&facts(b))
    })
}

/// What is asked about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purposes {
    /// Where the dispute should go.
    pub routing: bool,
    /// What should be watched or prevented.
    pub prevention: bool,
}

impl Purposes {
    /// Both, the default.
    pub const BOTH: Self = Self { routing: true, prevention: true };

    /// True when both have one in common.
    #[must_use]
    pub const fn meet(self, other: Self) -> bool {
        (self.routing && other.routing) || (self.prevention && other.prevention)
    }
}

/// A case and what is asked about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The dispute.
    pub case: Case,
    /// What is asked.
    pub purposes: Purposes,
    /// The day whose law applies.
    pub as_of: Day,
    /// Whether to tell how the decision came about.
    pub explain: bool,
    /// What the host counted for the case over what happened before.
    pub context: Facts,
}
