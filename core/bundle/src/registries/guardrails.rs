//! `guardrails.toml`: the words with which the host keeps the law's floor in each jurisdiction.

use std::{collections::BTreeMap, sync::Arc};

use maple_kernel::{ChannelId, Code, Court, FactKey, FactType, Guardrails, Pattern, Safety, Scope, Value, WordList};

use super::Seen;
use crate::{
    fields::{self, Fields},
    lexicon::{Lexicon, Registry},
    near,
    sink::{Place, Sink},
    tree::{Entry, Node},
    values,
};

/// Guardrails that lend their name to duties.
const NUMBERS: [&str; 22] = [
    "H01", "H02", "H03", "H04", "H05", "H06", "H07", "H08", "H09", "H10", "H11", "H12", "H13", "H14", "H15", "H16",
    "H17", "H18", "H19", "H20", "H21", "H22",
];

/// The guardrail of that number.
pub(crate) fn number(name: &str, place: Place, sink: &Sink<'_>) -> Option<&'static str> {
    let found = NUMBERS.into_iter().find(|n| *n == name);
    if found.is_none() {
        let message = format!("there is no guardrail `{name}`");
        sink.error_help(place, "unknown-guardrail", message, "they are numbered `H01` to `H22`");
    }
    found
}

/// Guardrails by the name that localities use.
pub(super) type Named = BTreeMap<String, Arc<Guardrails>>;

pub(super) fn read(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) -> Named {
    let (mut seen, mut named) = (Seen::default(), Named::new());
    for entry in files.iter().flat_map(Node::entries) {
        if !seen.first("table", &entry.key, entry.place, sink) {
            continue;
        }
        if entry.key == "trust" {
            let Some(mut trust) = Fields::of(&entry.node, "`trust`", sink) else { continue };
            lexicon.trusted = trust.names("floor").into_iter().map(|(name, _)| name.to_owned()).collect();
            trust.finish();
        } else if let Some(guardrails) = one(entry, lexicon, sink) {
            named.insert(entry.key.to_string(), Arc::new(guardrails));
        }
    }
    named
}

/// Trusted packs stand in localities, which are known only later.
pub(super) fn check_trust(files: &[Node<'_>], lexicon: &Lexicon, sink: &Sink<'_>) {
    for node in files.iter().filter_map(|f| f.get("trust")?.get("floor")) {
        for (name, place) in sink.muted(true, || fields::names(node, "floor", sink)) {
            lexicon.locality(name, place, sink);
        }
    }
}

fn one(entry: &Entry<'_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Option<Guardrails> {
    let mut table = Fields::of(&entry.node, "a table of guardrails", sink)?;
    let courts = table.need("courts").map(|n| courts(n, lexicon, sink)).unwrap_or_default();
    let authority = table.get("authority").and_then(|n| authority(n, lexicon, sink));
    let safety = table.get("safety").map_or(&[][..], |n| fields::items(n, "safety", sink));
    let guardrails = Guardrails {
        courts,
        authority,
        safety: safety.iter().filter_map(|n| self::safety(n, lexicon, sink)).collect(),
        person_only: flags(table.names("person-only"), lexicon, sink),
        rights: lexicon.words(WordList::Right, table.names("rights"), sink),
        duties: table.get("duties").map(|n| duties(n, lexicon, sink)).unwrap_or_default(),
        basis: lexicon.provisions(table.names("basis"), sink),
    };
    table.finish();
    Some(guardrails)
}

fn courts(node: &Node<'_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<Court> {
    let (mut out, mut everything) = (Vec::new(), false);
    for node in fields::items(node, "courts", sink) {
        let Some(mut table) = Fields::of(node, "an entry of `courts`", sink) else { continue };
        let kinds = patterns(table.names("kinds"), lexicon, sink);
        let unless = unless(&mut table, lexicon, sink);
        let channel = channel(&mut table, lexicon, sink);
        table.finish();
        everything |= unless.is_empty() && kinds.iter().any(|k| k.as_str() == "*");
        let Some(channel) = channel else { continue };
        out.extend(kinds.into_iter().map(|kinds| Court { kinds, unless: unless.clone(), channel: channel.clone() }));
    }
    if !everything {
        let message = "`courts` leaves some kinds without a deciding channel";
        let advice = r#"end it with { kinds = ["*"], channel = "court" }"#;
        sink.error_help(node.place, "no-court", message, advice);
    }
    out
}

fn channel(table: &mut Fields<'_, '_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Option<ChannelId> {
    let node = table.need("channel")?;
    lexicon.channel(fields::text(node, "channel", sink)?, node.place, sink).map(|(id, _)| id)
}

/// The facts with which a channel is not the one that decides.
fn unless(table: &mut Fields<'_, '_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<(FactKey, Value)> {
    let Some(node) = table.get("unless") else { return Vec::new() };
    if Fields::of(node, "`unless`", sink).is_none() {
        return Vec::new();
    }
    let one = |entry: &Entry<'_>| {
        let (key, def) = lexicon.fact(&entry.key, entry.place, &[Scope::Case, Scope::Derived], sink)?;
        Some((key, values::value(&entry.node, &entry.key, def, &entry.key, sink)?))
    };
    node.entries().iter().filter_map(one).collect()
}

fn authority(node: &Node<'_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Option<(Vec<FactKey>, Court)> {
    let mut table = Fields::of(node, "`authority`", sink)?;
    let _ = table.need("flags");
    let flags = flags(table.names("flags"), lexicon, sink);
    let unless = unless(&mut table, lexicon, sink);
    let channel = channel(&mut table, lexicon, sink);
    table.finish();
    Some((flags, Court { kinds: Pattern::new("*"), unless, channel: channel? }))
}

fn safety(node: &Node<'_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Option<Safety> {
    let mut table = Fields::of(node, "a table of `safety`", sink)?;
    let on = table.get("flags").is_some() || table.get("kinds").is_some();
    let safety = Safety {
        flags: flags(table.names("flags"), lexicon, sink),
        kinds: patterns(table.names("kinds"), lexicon, sink),
        offers: channels(table.names("offers"), lexicon, sink),
        duties: lexicon.words(WordList::Duty, table.names("duties"), sink),
        closes_mediation: table.flag("closes-mediation").unwrap_or(false),
        closes: channels(table.names("closes"), lexicon, sink),
        basis: lexicon.provisions(table.names("basis"), sink),
        why: table.need_both("why").unwrap_or_default(),
    };
    let place = table.place();
    table.finish();
    if !on {
        let message = "nothing switches this protection on";
        sink.error_help(place, "never-on", message, "give `flags`, `kinds` or both");
    }
    Some(safety)
}

fn duties(node: &Node<'_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<(&'static str, Code)> {
    let mut out = Vec::new();
    for entry in node.entries() {
        let names = fields::names(&entry.node, "duties", sink);
        let words = lexicon.words(WordList::Duty, names, sink);
        if let Some(number) = number(&entry.key, entry.place, sink) {
            out.extend(words.into_iter().map(|word| (number, word)));
        }
    }
    out
}

fn channels(names: Vec<(&str, Place)>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<ChannelId> {
    names.into_iter().filter_map(|(name, place)| lexicon.channel(name, place, sink).map(|(id, _)| id)).collect()
}

fn patterns(names: Vec<(&str, Place)>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<Pattern> {
    let known = |(name, place)| if name == "*" { Some(name) } else { lexicon.kinds(name, place, sink) };
    names.into_iter().filter_map(known).map(Pattern::new).collect()
}

fn flags(names: Vec<(&str, Place)>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<FactKey> {
    names.into_iter().filter_map(|name| flag(name, lexicon, sink)).collect()
}

fn flag((name, place): (&str, Place), lexicon: &Lexicon, sink: &Sink<'_>) -> Option<FactKey> {
    let (key, def) = lexicon.fact(name, place, &[Scope::Case, Scope::Derived], sink)?;
    if def.kind == FactType::Flag {
        return Some(key);
    }
    sink.error(place, "wrong-type", format!("`{name}` is not true or false, so it cannot switch anything on"));
    None
}

/// The guardrails of that name.
pub(super) fn find(
    name: &str,
    place: Place,
    named: &Named,
    lexicon: &Lexicon,
    sink: &Sink<'_>,
) -> Option<Arc<Guardrails>> {
    let found = named.get(name).map(Arc::clone);
    if found.is_none() && !lexicon.shaky.contains(&Registry::Guardrails) {
        let advice = near::advice(name, named.keys().map(String::as_str));
        sink.error_maybe(place, "unknown-guardrails", format!("`guardrails.toml` has no table `{name}`"), advice);
    }
    found
}
