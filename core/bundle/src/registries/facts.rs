//! `facts.toml`: what may be known of a case, a party or a locality.

use std::{collections::BTreeMap, sync::Arc};

use maple_kernel::{
    Code, CountOf, Counted, FactDef, FactKey, FactType, Implied, PartyType, Pattern, Scope, Text, WordList,
};

use super::{Seen, listed};
use crate::{
    fields::{self, Fields},
    lexicon::Lexicon,
    near,
    packs::PARTY_TYPES,
    sink::Sink,
    tree::{Entry, Node, Raw},
    values,
};

/// Largest whole number a fact may hold.
pub const FACT_COUNT_MAX: i64 = 1_000_000_000;
/// Largest amount a fact may hold, in minor units.
pub const FACT_MONEY_MAX: i64 = 10_000_000_000_000;
/// What a fact holds at most when its registry does not say.
const COUNT_DEFAULT_MAX: i64 = 1_000_000;

/// Keys that conditions use for themselves.
const RESERVED: [&str; 10] = ["kind", "source", "locality", "any", "all", "not", "either", "role", "type", "facts"];

pub(super) fn read(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    for node in files.iter().filter_map(|file| file.get("never")) {
        let names = fields::names(node, "never", sink);
        lexicon.vocabulary.never.extend(names.into_iter().map(|(name, _)| FactKey::from(name)));
    }
    let mut seen = Seen::default();
    for node in listed(files, "fact", &["never"], sink) {
        let Some(mut fact) = Fields::of(node, "a fact", sink) else { continue };
        let key = fact.need("key");
        let name = key.and_then(|k| fields::text(k, "key", sink));
        let kind = kind_of(&mut fact, sink);
        let labels = labels(&mut fact, kind.as_ref(), sink);
        let scope = scope_of(&mut fact, sink);
        let counted = fact.get("counted").and_then(|node| counted(node, kind.as_ref(), scope, sink));
        let implied = fact.get("implied-by").and_then(|node| implied(node, kind.as_ref(), scope, sink));
        let past = past(&mut fact, kind.as_ref(), sink);
        let only = only(&mut fact, scope, sink);
        let title = fact.need_both("title").unwrap_or_default();
        fact.finish();
        let (Some(key), Some(name)) = (key, name) else { continue };
        if lexicon.vocabulary.never.contains(name) || RESERVED.contains(&name) {
            let why = if RESERVED.contains(&name) { "is a word of the conditions" } else { "is on the list `never`" };
            sink.error(key.place, "reserved-name", format!("a fact cannot be called `{name}`, which {why}"));
            continue;
        }
        let Some(kind) = kind else { continue };
        if fields::name(name, key.place, "_", "the key of a fact", sink).is_some()
            && seen.first("fact", name, key.place, sink)
        {
            lexicon
                .vocabulary
                .facts
                .insert(name.into(), FactDef { kind, scope, counted, implied, past, only, labels, title });
        }
    }
}

/// What the words of a fact are called.
fn labels(fact: &mut Fields<'_, '_>, kind: Option<&FactType>, sink: &Sink<'_>) -> BTreeMap<Arc<str>, Text> {
    let Some(FactType::Text(words) | FactType::Words(words)) = kind else { return BTreeMap::new() };
    let Some(node) = fact.get("labels") else { return BTreeMap::new() };
    let Raw::Table(entries) = &node.value else {
        return fields::wrong(node, "labels", "a table", sink).unwrap_or_default();
    };
    let known = |word: &str| words.is_empty() || words.iter().any(|known| **known == *word);
    for entry in entries.iter().filter(|entry| !known(&entry.key)) {
        let advice = near::advice(&entry.key, words.iter().map(|word| &**word));
        sink.error_maybe(entry.place, "unknown-value", format!("`{}` is no word of this fact", entry.key), advice);
    }
    let label = |entry: &Entry<'_>| Some((Arc::from(&*entry.key), fields::both(&entry.node, "labels", sink)?));
    entries.iter().filter_map(label).collect()
}

/// What is counted among the parties. Roles are words, which are known only later.
fn counted(node: &Node<'_>, kind: Option<&FactType>, scope: Scope, sink: &Sink<'_>) -> Option<Counted> {
    let mut table = Fields::of(node, "`counted`", sink)?;
    let of = choose(&mut table, "of", &[("parties", CountOf::Parties), ("side", CountOf::Side)], sink);
    let roles = table.need("roles").map(|node| fields::names(node, "roles", sink));
    table.finish();
    if kind.is_some_and(|kind| !matches!(kind, FactType::Count { .. })) || scope != Scope::Case {
        let message = "only a count of the case is counted among its parties";
        sink.error_help(node.place, "wrong-type", message, r#"write `scope = "case"` and `type = "count"`"#);
        return None;
    }
    let roles: Vec<Code> = roles?.into_iter().map(|(role, _)| role.into()).collect();
    if roles.is_empty() {
        sink.error(node.place, "too-few", "`counted` names no role, so it counts nobody");
        return None;
    }
    Some(Counted { of: of?, roles })
}

/// What makes a flag known. Days and kinds are known only later.
fn implied(node: &Node<'_>, kind: Option<&FactType>, scope: Scope, sink: &Sink<'_>) -> Option<Implied> {
    let mut table = Fields::of(node, "`implied-by`", sink)?;
    let days = table.need("days").map(|node| fields::names(node, "days", sink)).unwrap_or_default();
    let kinds = table.names("kinds");
    table.finish();
    if kind.is_some_and(|kind| *kind != FactType::Flag) || scope != Scope::Case {
        let message = "only a flag of the case is implied by a day";
        sink.error_help(node.place, "wrong-type", message, r#"write `scope = "case"` and `type = "flag"`"#);
        return None;
    }
    if days.is_empty() {
        sink.error(node.place, "too-few", "`implied-by` names no day, so nothing makes the flag known");
        return None;
    }
    Some(Implied {
        days: days.into_iter().map(|(day, _)| day.into()).collect(),
        kinds: kinds.into_iter().map(|(kind, _)| Pattern::new(kind)).collect(),
    })
}

/// Whether a day tells what happened.
fn past(fact: &mut Fields<'_, '_>, kind: Option<&FactType>, sink: &Sink<'_>) -> bool {
    let Some(node) = fact.get("past") else { return false };
    if kind.is_some_and(|kind| *kind != FactType::Day) {
        sink.error_help(node.place, "wrong-type", "only a day lies in the past", r#"write `type = "day"`"#);
    }
    fact.flag("past").unwrap_or(false)
}

/// Which parties alone have a fact.
fn only(fact: &mut Fields<'_, '_>, scope: Scope, sink: &Sink<'_>) -> Option<PartyType> {
    let node = fact.get("only")?;
    if scope != Scope::Party {
        sink.error_help(
            node.place,
            "wrong-scope",
            "only a fact of a party depends on what the party is",
            r#"write `scope = "party"`"#,
        );
    }
    one_of(node, "only", &PARTY_TYPES, sink)
}

/// The days and kinds that imply a flag are read later than the flag.
pub(super) fn check_implied(files: &[Node<'_>], lexicon: &Lexicon, sink: &Sink<'_>) {
    let facts = files.iter().filter_map(|file| file.get("fact"));
    for fact in facts.flat_map(|node| sink.muted(true, || fields::items(node, "fact", sink))) {
        let Some(implied) = fact.get("implied-by") else { continue };
        let names = |key| implied.get(key).map(|node| sink.muted(true, || fields::names(node, key, sink)));
        for (name, place) in names("days").unwrap_or_default() {
            let def = lexicon.fact(name, place, &[Scope::Case], sink).map(|(_, def)| def);
            if def.is_some_and(|def| def.kind != FactType::Day) {
                sink.error(
                    place,
                    "wrong-type",
                    format!("`{name}` is no day, so it does not tell that something happened"),
                );
            }
        }
        for (name, place) in names("kinds").unwrap_or_default() {
            lexicon.kinds(name, place, sink);
        }
    }
}

/// The roles in which parties are counted stand in `words.toml`, which is read later.
pub(super) fn check_roles(files: &[Node<'_>], lexicon: &Lexicon, sink: &Sink<'_>) {
    let facts = files.iter().filter_map(|file| file.get("fact"));
    for fact in facts.flat_map(|node| sink.muted(true, || fields::items(node, "fact", sink))) {
        let Some(roles) = fact.get("counted").and_then(|counted| counted.get("roles")) else { continue };
        lexicon.words(WordList::Role, sink.muted(true, || fields::names(roles, "roles", sink)), sink);
    }
}

fn scope_of(fact: &mut Fields<'_, '_>, sink: &Sink<'_>) -> Scope {
    let known =
        [("case", Scope::Case), ("party", Scope::Party), ("locality", Scope::Locality), ("derived", Scope::Derived)];
    choose(fact, "scope", &known, sink).unwrap_or(Scope::Case)
}

fn kind_of(fact: &mut Fields<'_, '_>, sink: &Sink<'_>) -> Option<FactType> {
    let types = ["text", "count", "flag", "day", "words", "money"].map(|t| (t, t));
    let kind = choose(fact, "type", &types, sink)?;
    let mut words = || {
        let names = fact.names("words");
        names
            .into_iter()
            .filter_map(|(word, place)| fields::name(word, place, "_", "a word of a closed list", sink))
            .map(Arc::from)
            .collect()
    };
    Some(match kind {
        "count" => {
            let min = fact.number("min", 0, FACT_COUNT_MAX).unwrap_or(0);
            let max = fact.number("max", min, FACT_COUNT_MAX).unwrap_or(COUNT_DEFAULT_MAX.max(min));
            FactType::Count { min, max }
        }
        "flag" => FactType::Flag,
        "day" => FactType::Day,
        "words" => FactType::Words(words()),
        "money" => FactType::Money { max: money_max(fact, sink) },
        _ => FactType::Text(words()),
    })
}

fn money_max(fact: &mut Fields<'_, '_>, sink: &Sink<'_>) -> i64 {
    let Some(node) = fact.get("max") else { return FACT_MONEY_MAX };
    let whole = FactDef::plain(FactType::Money { max: FACT_MONEY_MAX }, Scope::Case, Text::default());
    match values::single(node, "max", &whole, sink) {
        Some(maple_kernel::Value::Money(max)) => max,
        _ => FACT_MONEY_MAX,
    }
}

/// One of a few words that a key may have.
pub(crate) fn choose<T: Copy>(
    table: &mut Fields<'_, '_>,
    key: &'static str,
    known: &[(&'static str, T)],
    sink: &Sink<'_>,
) -> Option<T> {
    let node = table.need(key)?;
    one_of(node, key, known, sink)
}

/// One of a few words.
pub(crate) fn one_of<T: Copy>(node: &Node<'_>, key: &str, known: &[(&'static str, T)], sink: &Sink<'_>) -> Option<T> {
    #[cfg(test)]
    fields::asked::note_words(key, known.iter().map(|(word, _)| *word));
    let text = fields::text(node, key, sink)?;
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let advice = near::advice(text, known.iter().map(|(word, _)| *word));
        sink.error_maybe(node.place, "unknown-value", format!("`{text}` is no value of `{key}`"), advice);
    }
    found
}
