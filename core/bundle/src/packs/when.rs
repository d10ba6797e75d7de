//! The `when` of a rule: every word checked, then lowered to the few operations that the table plugin knows.

use maple_kernel::{FactDef, FactType, Scope, Span, Unit, WordList};

use super::{Context, lowered::Lowered};
use crate::{
    fields::{self, Fields},
    near,
    sink::Place,
    tree::{Entry, Node, Raw},
    values,
};

/// How deep `not` and `either` may be nested in each other.
pub const CONDITION_DEPTH_MAX: usize = 8;
/// How many values or alternatives one condition may list.
pub const CONDITION_ITEMS_MAX: usize = 1_000;

/// Whose facts a condition asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Case,
    Party,
}

impl Of {
    const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Case => &[Scope::Case, Scope::Derived, Scope::Locality, Scope::Context],
            Self::Party => &[Scope::Party],
        }
    }

    /// Keys that are not facts.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Case => &["kind", "source", "locality", "any", "all", "not", "either"],
            Self::Party => &["role", "type", "not", "either"],
        }
    }
}

/// A condition of the case.
pub(super) fn condition(node: &Node<'_>, context: &Context<'_>) -> Lowered {
    conjunction(node, Of::Case, 0, context)
}

/// Everything in a table holds.
fn conjunction(node: &Node<'_>, of: Of, depth: usize, context: &Context<'_>) -> Lowered {
    if depth > CONDITION_DEPTH_MAX {
        let message = format!("conditions are nested more than {CONDITION_DEPTH_MAX} deep");
        context.sink.error(node.place, "too-deep", message);
        return all(Vec::new(), node.place);
    }
    if !matches!(node.value, Raw::Table(_) | Raw::Bad) {
        fields::wrong::<()>(node, "when", "a table of conditions", context.sink);
    }
    let parts = node.entries().iter().filter_map(|entry| one(entry, of, depth, context)).collect();
    all(parts, node.place)
}

fn all(mut parts: Vec<Lowered>, place: Place) -> Lowered {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            group("all", parts, place)
        }
    }
}

fn group(op: &str, of: Vec<Lowered>, place: Place) -> Lowered {
    operation(op, place).with("of", Lowered::items(of, place))
}

fn operation(op: &str, place: Place) -> Lowered {
    Lowered::table(place).with("op", Lowered::text(op, place))
}

fn one(entry: &Entry<'_>, of: Of, depth: usize, context: &Context<'_>) -> Option<Lowered> {
    let (node, place) = (&entry.node, entry.place);
    let tables = || tables(node, &entry.key, context).into_iter();
    Some(match (of, &*entry.key) {
        (_, "not") => {
            let inner = tables().map(|n| conjunction(n, of, depth + 1, context));
            all(inner.map(|inner| group("not", vec![inner], place)).collect(), place)
        }
        (_, "either") => group("any", tables().map(|n| conjunction(n, of, depth + 1, context)).collect(), place),
        (Of::Case, "any") => {
            let inner =
                tables().map(|n| group("some-party", vec![conjunction(n, Of::Party, depth + 1, context)], place));
            all(inner.collect(), place)
        }
        (Of::Case, "all") => group("every-party", vec![conjunction(node, Of::Party, depth + 1, context)], place),
        (Of::Case, "kind") => {
            prefixes("kind", node, context, |name, at| context.lexicon.kinds(name, at, context.sink))?
        }
        (Of::Case, "locality") => {
            prefixes("locality", node, context, |name, at| context.lexicon.localities_of(name, at, context.sink))?
        }
        (Of::Case, "source") => prefixes("source", node, context, |name, at| {
            context.lexicon.word(WordList::Source, name, at, context.sink).map(|_| name)
        })?,
        (Of::Party, "role") => is_one("role", node, context, |name, at| {
            context.lexicon.word(WordList::Role, name, at, context.sink).map(|_| name)
        })?,
        (Of::Party, "type") => is_one("type", node, context, |name, at| party_type(name, at, context))?,
        (_, key) => fact(key, entry, of, context)?,
    })
}

/// One table or a list of tables.
fn tables<'n, 'a>(node: &'n Node<'a>, key: &str, context: &Context<'_>) -> Vec<&'n Node<'a>> {
    match &node.value {
        Raw::Table(_) => vec![node],
        Raw::Items(items) => {
            if items.is_empty() || items.len() > CONDITION_ITEMS_MAX {
                let message = format!("`{key}` lists {} conditions, it lists 1 to {CONDITION_ITEMS_MAX}", items.len());
                context.sink.error(node.place, "out-of-range", message);
                return Vec::new();
            }
            items.iter().collect()
        }
        _ => fields::wrong(node, key, "a table of conditions, or a list of them", context.sink).unwrap_or_default(),
    }
}

fn checked<'n>(
    key: &str,
    node: &'n Node<'_>,
    context: &Context<'_>,
    known: impl Fn(&'n str, Place) -> Option<&'n str>,
) -> Option<Vec<(&'n str, Place)>> {
    let names = fields::names(node, key, context.sink);
    if names.is_empty() {
        empty(node, key, context);
        return None;
    }
    let names: Vec<_> = names.into_iter().filter_map(|(name, at)| Some((known(name, at)?, at))).collect();
    (!names.is_empty()).then_some(names)
}

fn empty(node: &Node<'_>, key: &str, context: &Context<'_>) {
    if matches!(&node.value, Raw::Items(items) if items.is_empty()) {
        let message = format!("`{key}` lists nothing, so the rule never applies");
        context.sink.error_help(node.place, "never-true", message, "name at least one, or leave the condition out");
    }
}

fn prefixes<'n>(
    at: &str,
    node: &'n Node<'_>,
    context: &Context<'_>,
    known: impl Fn(&'n str, Place) -> Option<&'n str>,
) -> Option<Lowered> {
    let names = checked(at, node, context, |name, at| if name == "*" { Some(name) } else { known(name, at) })?;
    let place = node.place;
    Some(operation("prefix", place).with("at", Lowered::text(at, place)).with("in", Lowered::texts(names, place)))
}

fn is_one<'n>(
    at: &str,
    node: &'n Node<'_>,
    context: &Context<'_>,
    known: impl Fn(&'n str, Place) -> Option<&'n str>,
) -> Option<Lowered> {
    let names = checked(at, node, context, known)?;
    let place = node.place;
    Some(operation("is", place).with("at", Lowered::text(at, place)).with("in", Lowered::texts(names, place)))
}

fn party_type<'n>(name: &'n str, place: Place, context: &Context<'_>) -> Option<&'n str> {
    if super::PARTY_TYPES.iter().any(|(known, _)| *known == name) {
        return Some(name);
    }
    let advice = near::advice(name, super::PARTY_TYPES.iter().map(|(known, _)| *known));
    context.sink.error_maybe(place, "unknown-value", format!("there is no type of party `{name}`"), advice);
    None
}

fn fact(key: &str, entry: &Entry<'_>, of: Of, context: &Context<'_>) -> Option<Lowered> {
    let facts = &context.lexicon.vocabulary.facts;
    if !facts.contains_key(key) && !context.sink.full() {
        // A slip in one of the words, such as `eiter`, is nearer than any fact.
        if let Some(advice) = near::advice(key, of.words().iter().copied()).filter(|a| a.starts_with("did")) {
            let message = format!("there is no fact or condition `{key}`");
            context.sink.error_help(entry.place, "unknown-fact", message, advice);
            return None;
        }
    }
    let (_, def) = context.lexicon.fact(key, entry.place, of.scopes(), context.sink)?;
    let node = &entry.node;
    match &node.value {
        Raw::Table(_) => test(key, node, def, context),
        Raw::Items(items) => {
            empty(node, key, context);
            let values = items.iter().take(CONDITION_ITEMS_MAX + 1);
            if items.len() > CONDITION_ITEMS_MAX {
                let message = format!("`{key}` lists more than {CONDITION_ITEMS_MAX} values");
                context.sink.error(node.place, "too-many", message);
            }
            let values = values.filter_map(|n| value(n, key, def, context)).collect();
            Some(is_value(key, values, node.place))
        }
        _ => Some(is_value(key, vec![value(node, key, def, context)?], node.place)),
    }
}

fn value(node: &Node<'_>, key: &str, def: &FactDef, context: &Context<'_>) -> Option<Lowered> {
    values::single(node, key, def, context.sink).map(|value| Lowered::value(&value, node.place))
}

fn is_value(key: &str, values: Vec<Lowered>, place: Place) -> Lowered {
    operation("is", place)
        .with("at", Lowered::text("fact", place))
        .with("key", Lowered::text(key, place))
        .with("in", Lowered::items(values, place))
}

/// `{ min = … }` and its like.
fn test(key: &str, node: &Node<'_>, def: &FactDef, context: &Context<'_>) -> Option<Lowered> {
    let mut table = Fields::of(node, "a condition on a fact", context.sink)?;
    let mut tests = Vec::new();
    if let Some(known) = table.flag("known") {
        let place = node.place;
        let test = operation("known", place).with("key", Lowered::text(key, place));
        tests.push(test.with("is", Lowered::flag(known, place)));
    }
    match def.kind {
        FactType::Count { .. } | FactType::Money { .. } => tests.extend(range(key, &mut table, def, context)),
        FactType::Day => tests.extend(days(key, &mut table, context)),
        FactType::Text(_) | FactType::Words(_) | FactType::Flag => {}
    }
    table.finish();
    if tests.is_empty() {
        if node.entries().is_empty() {
            context.sink.error(node.place, "empty-condition", format!("`{key}` is compared with nothing"));
        }
        return None;
    }
    Some(all(tests, node.place))
}

fn range(key: &str, table: &mut Fields<'_, '_>, def: &FactDef, context: &Context<'_>) -> Option<Lowered> {
    let place = table.place();
    let mut test = operation("range", place).with("key", Lowered::text(key, place));
    let mut any = false;
    let mut literal = [None, None];
    for (name, side) in [("min", 0), ("above", 0), ("max", 1), ("below", 1)] {
        let Some(node) = table.get(name) else { continue };
        let Some(bound) = bound(node, key, def, context) else { continue };
        if let (Raw::Text(_) | Raw::Integer(_), Some(slot)) = (&node.value, literal.get_mut(side)) {
            *slot = context.sink.muted(true, || values::single(node, key, def, context.sink));
        }
        test.put(name, bound);
        any = true;
    }
    if let [Some(low), Some(high)] = &literal
        && amount(low) > amount(high)
    {
        let message = format!("no `{key}` lies between these bounds, so the rule never applies");
        context.sink.error_help(place, "never-true", message, "exchange or correct the bounds");
    }
    any.then_some(test)
}

fn amount(value: &maple_kernel::Value) -> f64 {
    match value {
        maple_kernel::Value::Number(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "only compared")]
        maple_kernel::Value::Money(minor) => *minor as f64,
        _ => 0.0,
    }
}

/// A value, or `{ fact = "…" }` of the same type.
fn bound(node: &Node<'_>, key: &str, def: &FactDef, context: &Context<'_>) -> Option<Lowered> {
    if !matches!(node.value, Raw::Table(_)) {
        return value(node, key, def, context);
    }
    let mut table = Fields::of(node, "a bound", context.sink)?;
    let name = table.need("fact");
    table.finish();
    let name = name?;
    let text = fields::text(name, "fact", context.sink)?;
    let (_, other) = context.lexicon.fact(text, name.place, Of::Case.scopes(), context.sink)?;
    if std::mem::discriminant(&other.kind) != std::mem::discriminant(&def.kind) {
        let message = format!("`{key}` and `{text}` are not of one type and cannot be compared");
        context.sink.error(name.place, "wrong-type", message);
        return None;
    }
    Some(Lowered::table(node.place).with("fact", Lowered::text(text, name.place)))
}

fn days(key: &str, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Vec<Lowered> {
    let place = table.place();
    let mut out = Vec::new();
    let (from, to) = table.days("from", "to");
    if from.is_some() || to.is_some() {
        let mut test = operation("range", place).with("key", Lowered::text(key, place));
        for (name, day) in [("min", from), ("max", to)] {
            if let Some(day) = day {
                test.put(name, Lowered::day(day, place));
            }
        }
        out.push(test);
    }
    let mut test = operation("age", place).with("key", Lowered::text(key, place));
    let mut any = false;
    for name in ["ago-min", "ago-max", "ahead-max"] {
        let Some(node) = table.get(name) else { continue };
        if let Some(span) = age(node, name, context) {
            test.put(name, Lowered::span(span, node.place));
            any = true;
        }
    }
    if any {
        out.push(test);
    }
    if let Some(node) = table.get("running")
        && let Some(span) = age(node, "running", context)
    {
        let test = operation("age", place).with("key", Lowered::text(key, place));
        out.push(test.with(if rolls(context) { "running" } else { "ago-max" }, Lowered::span(span, node.place)));
    }
    out
}

/// Whether an end on a day of rest moves, where the pack speaks. A time that never moves runs just so long as the day
/// is at most that long ago.
fn rolls(context: &Context<'_>) -> bool {
    context.lexicon.localities.get(context.locality).is_some_and(|locality| locality.calendar.rolls())
}

fn age(node: &Node<'_>, name: &str, context: &Context<'_>) -> Option<Span> {
    let span = fields::span(node, name, 0, context.sink)?;
    if matches!(span.unit, Unit::Day | Unit::Month | Unit::Year) {
        return Some(span);
    }
    let message = format!("`{name}` counts days, months or years");
    context.sink.error_help(
        node.place,
        "bad-span",
        message,
        "conditions know no calendar of working days and no hours",
    );
    None
}
