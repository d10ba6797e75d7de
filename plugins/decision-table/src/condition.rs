//! Conditions: what must hold for a row to speak.
//!
//! A fact that is not known makes its condition false, and so the negation of it true.

use std::cmp::Ordering;

use maple_guest::{Day, Field, Party, PartyType, Span, Table, Value, same};

use crate::keys::{Keys, Slot, View};

/// How deep conditions may be nested.
pub const CONDITION_DEPTH_MAX: usize = 24;

/// A compiled condition.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Vec<Condition>),
    Is(Place, Vec<Value>),
    Prefix(Place, Vec<Pattern>),
    Range(Slot, Vec<(Compare, Bound)>),
    Age(Slot, Vec<(Age, Span)>),
    Known(Slot, bool),
    SomeParty(Vec<Condition>),
    EveryParty(Vec<Condition>),
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Kind,
    Source,
    Locality,
    Role,
    Type,
    Fact(Slot),
}

/// A name, or a prefix of names.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    open: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Compare {
    Min,
    Max,
    Above,
    Below,
}

#[derive(Debug)]
pub(crate) enum Bound {
    Value(Value),
    Fact(Slot),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Age {
    AgoMin,
    AgoMax,
    Running,
    AheadMax,
}

/// Compiles the condition of a field; what is wrong is noted and holds never.
pub(crate) fn compile(field: Field<'_>, keys: &mut Keys) -> Condition {
    compile_at(field, keys, 0).unwrap_or_else(|| Condition::Any(Vec::new()))
}

fn compile_at(field: Field<'_>, keys: &mut Keys, depth: usize) -> Option<Condition> {
    if depth >= CONDITION_DEPTH_MAX {
        field.complain("is nested too deeply", "say it in several rows");
        return None;
    }
    let table = field.table()?;
    let mut of = || -> Vec<Condition> {
        let items = table.need("of").items().unwrap_or_default();
        items.into_iter().filter_map(|item| compile_at(item, keys, depth + 1)).collect()
    };
    let op = table.need("op");
    Some(match op.text()? {
        "all" => Condition::All(of()),
        "any" => Condition::Any(of()),
        "not" => Condition::Not(of()),
        "some-party" => Condition::SomeParty(of()),
        "every-party" => Condition::EveryParty(of()),
        "is" => Condition::Is(place(&table, keys)?, values(table.need("in"))?),
        "prefix" => Condition::Prefix(place(&table, keys)?, patterns(table.need("in"))?),
        "range" => Condition::Range(key(&table, keys)?, bounds(&table, keys)),
        "age" => Condition::Age(key(&table, keys)?, ages(&table)),
        "known" => Condition::Known(key(&table, keys)?, table.get("is").flag().unwrap_or(true)),
        other => {
            table.ignore_rest();
            op.complain(&format!("is not a condition: `{other}`"), OPS);
            return None;
        }
    })
}

const OPS: &str = "one of all, any, not, is, prefix, range, age, known, some-party, every-party";

fn key(table: &Table<'_>, keys: &mut Keys) -> Option<Slot> {
    table.need("key").code().map(|key| keys.slot(key))
}

fn place(table: &Table<'_>, keys: &mut Keys) -> Option<Place> {
    let at = table.get("at");
    let Some(word) = at.text() else {
        return key(table, keys).map(Place::Fact);
    };
    match word {
        "kind" => Some(Place::Kind),
        "source" => Some(Place::Source),
        "locality" => Some(Place::Locality),
        "role" => Some(Place::Role),
        "type" => Some(Place::Type),
        "fact" => key(table, keys).map(Place::Fact),
        other => {
            at.complain(&format!("is not a place: `{other}`"), "one of kind, source, locality, role, type, fact");
            None
        }
    }
}

fn values(field: Field<'_>) -> Option<Vec<Value>> {
    let values: Vec<_> = field.items()?.into_iter().filter_map(Field::value).collect();
    if values.is_empty() {
        field.complain("is empty", "name at least one value");
    }
    Some(values)
}

fn patterns(field: Field<'_>) -> Option<Vec<Pattern>> {
    let texts = field.items()?.into_iter().filter_map(Field::text);
    let pattern = |text: &str| {
        let open = text.strip_suffix('*');
        Pattern { text: open.unwrap_or(text).into(), open: open.is_some() }
    };
    let patterns: Vec<_> = texts.map(pattern).collect();
    if patterns.is_empty() {
        field.complain("is empty", "name at least one value");
    }
    Some(patterns)
}

fn bounds(table: &Table<'_>, keys: &mut Keys) -> Vec<(Compare, Bound)> {
    let names = [("min", Compare::Min), ("max", Compare::Max), ("above", Compare::Above), ("below", Compare::Below)];
    let bounds: Vec<_> =
        names.into_iter().filter_map(|(name, compare)| Some((compare, bound(table.get(name), keys)?))).collect();
    if bounds.is_empty() {
        table.field().complain("has no bound", "give min, max, above or below");
    }
    bounds
}

fn bound(field: Field<'_>, keys: &mut Keys) -> Option<Bound> {
    if let Some(maple_guest::Setting::Table(entries)) = field.raw()
        && entries.iter().any(|(key, _)| key == "fact")
    {
        return field.table()?.need("fact").code().map(|key| Bound::Fact(keys.slot(key)));
    }
    let value = field.value()?;
    let ordered = matches!(value, Value::Number(_) | Value::Money(_) | Value::Day(_));
    if !ordered {
        field.complain("has no order", "a bound is a number, an amount, a day or another fact");
    }
    ordered.then_some(Bound::Value(value))
}

fn ages(table: &Table<'_>) -> Vec<(Age, Span)> {
    let names =
        [("ago-min", Age::AgoMin), ("ago-max", Age::AgoMax), ("running", Age::Running), ("ahead-max", Age::AheadMax)];
    let ages: Vec<_> = names.into_iter().filter_map(|(name, age)| Some((age, table.get(name).span()?))).collect();
    if ages.is_empty() {
        table.field().complain("has no bound", "give ago-min, ago-max, running or ahead-max");
    }
    ages
}

impl Condition {
    /// The facts it rests on, repeated as often as it does.
    pub(crate) fn slots(&self, slots: &mut Vec<Slot>) {
        match self {
            Self::All(of) | Self::Any(of) | Self::Not(of) | Self::SomeParty(of) | Self::EveryParty(of) => {
                of.iter().for_each(|condition| condition.slots(slots));
            }
            Self::Is(Place::Fact(slot), _) | Self::Prefix(Place::Fact(slot), _) => slots.push(*slot),
            Self::Is(..) | Self::Prefix(..) => {}
            Self::Range(slot, bounds) => {
                slots.push(*slot);
                slots.extend(bounds.iter().filter_map(|(_, b)| if let Bound::Fact(s) = b { Some(*s) } else { None }));
            }
            Self::Age(slot, _) | Self::Known(slot, _) => slots.push(*slot),
        }
    }

    /// True when it holds for the case, or for a party of it.
    pub(crate) fn holds(&self, view: &View<'_>, party: Option<&Party>) -> bool {
        let all = |of: &[Self], party| of.iter().all(|condition| condition.holds(view, party));
        let parties = &view.case.parties;
        match self {
            Self::All(of) => all(of, party),
            Self::Any(of) => of.iter().any(|condition| condition.holds(view, party)),
            Self::Not(of) => !all(of, party),
            Self::Is(place, values) => is(*place, values, view, party),
            Self::Prefix(place, patterns) => {
                text_at(*place, view, party).is_some_and(|text| patterns.iter().any(|p| p.covers(text)))
            }
            Self::Range(slot, bounds) => value_at(*slot, view, party)
                .is_some_and(|value| bounds.iter().all(|(compare, bound)| within(value, *compare, bound, view))),
            Self::Age(slot, ages) => value_at(*slot, view, party)
                .and_then(Value::as_day)
                .is_some_and(|day| ages.iter().all(|(age, span)| aged(day, *age, *span, view))),
            Self::Known(slot, known) => value_at(*slot, view, party).is_some() == *known,
            Self::SomeParty(of) => parties.iter().any(|party| all(of, Some(party))),
            Self::EveryParty(of) => !parties.is_empty() && parties.iter().all(|party| all(of, Some(party))),
        }
    }
}

fn value_at<'a>(slot: Slot, view: &'a View<'_>, party: Option<&'a Party>) -> Option<&'a Value> {
    party.map_or_else(|| view.fact(slot), |party| party.fact(view.keys.name(slot)))
}

fn text_at<'a>(place: Place, view: &'a View<'_>, party: Option<&'a Party>) -> Option<&'a str> {
    match place {
        Place::Kind => Some(&view.case.kind),
        Place::Source => Some(&view.case.source),
        Place::Locality => Some(&view.case.locality),
        Place::Role => party.map(|party| party.role.as_str()),
        Place::Type => party.map(|party| match party.party_type {
            PartyType::Natural => "natural",
            PartyType::Organisation => "organisation",
            PartyType::PublicAuthority => "public_authority",
        }),
        Place::Fact(slot) => value_at(slot, view, party)?.as_text(),
    }
}

fn is(place: Place, values: &[Value], view: &View<'_>, party: Option<&Party>) -> bool {
    if let Place::Fact(slot) = place {
        return value_at(slot, view, party).is_some_and(|fact| values.iter().any(|value| equal(fact, value)));
    }
    let text = text_at(place, view, party);
    text.is_some_and(|text| values.iter().any(|value| value.as_text().is_some_and(|value| same(value, text))))
}

/// For a fact of several words: one of them is the value.
fn equal(fact: &Value, value: &Value) -> bool {
    match (fact, value) {
        (Value::Words(words), Value::Text(text)) => words.contains(text),
        (Value::Text(fact), Value::Text(text)) => same(fact, text),
        _ => fact == value,
    }
}

impl Pattern {
    fn covers(&self, text: &str) -> bool {
        if !self.open {
            return same(&self.text, text);
        }
        // Most kinds begin with another letter, and to see that takes no call.
        let first = self.text.as_bytes().first();
        (first.is_none() || first == text.as_bytes().first()) && text.starts_with(&self.text)
    }
}

fn within(value: &Value, compare: Compare, bound: &Bound, view: &View<'_>) -> bool {
    let bound = match bound {
        Bound::Value(bound) => Some(bound),
        Bound::Fact(slot) => view.fact(*slot),
    };
    let Some(order) = bound.and_then(|bound| order(value, bound)) else { return false };
    match compare {
        Compare::Min => order != Ordering::Less,
        Compare::Max => order != Ordering::Greater,
        Compare::Above => order == Ordering::Greater,
        Compare::Below => order == Ordering::Less,
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

/// A day in the future is not ago at all: it is younger than any age.
fn aged(day: Day, age: Age, span: Span, view: &View<'_>) -> bool {
    let today = view.case.day;
    match age {
        Age::AgoMin => day <= today && day.moved(span, true) <= today,
        Age::AgoMax => day.moved(span, true) >= today,
        Age::Running => {
            let end = day.moved(span, true);
            end >= today || view.calendar.roll(end) >= today
        }
        Age::AheadMax => day >= today && day <= today.moved(span, true),
    }
}
