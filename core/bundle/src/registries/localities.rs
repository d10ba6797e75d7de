//! `localities.toml`: the tree of jurisdictions; what a place does not say it inherits.

use std::{collections::BTreeMap, sync::Arc};

use maple_kernel::{
    Calendar, FactKey, Facts, Guardrails, LOCALITY_DEPTH_MAX, Locality, LocalityId, Participation, Scope, Text, Value,
};

use super::{Seen, facts, guardrails, holidays, listed};
use crate::{
    fields::{self, Fields},
    lexicon::{Lexicon, Registry},
    near,
    sink::{Place, Sink},
    tree::Node,
    values,
};

/// People of one place.
pub(crate) const POPULATION_MAX: i64 = 10_000_000_000;
/// Columns and rows of a map of tiles, from 0.
pub(crate) const TILE_MAX: i64 = 1_000;

/// What one entry says of itself.
struct Entry {
    place: Place,
    code: Option<Arc<str>>,
    title: Text,
    participation: Option<Participation>,
    currency: Option<Arc<str>>,
    calendar: Option<Arc<Calendar>>,
    figures: Vec<(FactKey, Value)>,
    illustrative: bool,
    guardrails: Option<Arc<Guardrails>>,
    population: Option<u64>,
    tile: Option<(u16, u16)>,
    /// A key was given that cannot be used; told already.
    spoilt: bool,
}

struct Context<'c> {
    guardrails: &'c guardrails::Named,
    calendars: &'c holidays::Named,
}

pub(super) fn read(
    files: &[Node<'_>],
    guardrails: &guardrails::Named,
    calendars: &holidays::Named,
    lexicon: &mut Lexicon,
    sink: &Sink<'_>,
) {
    let context = Context { guardrails, calendars };
    let (mut ids, mut codes) = (Seen::default(), Seen::default());
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for node in listed(files, "locality", &[], sink) {
        let Some(mut table) = Fields::of(node, "a locality", sink) else { continue };
        let id = table.need("id").and_then(|n| Some((fields::text(n, "id", sink)?, n.place)));
        let code = table.get("code").and_then(|n| Some((fields::text(n, "code", sink)?, n.place)));
        let entry = entry(&mut table, id, code.map(|c| c.0), &context, lexicon, sink);
        table.finish();
        if let Some((code, place)) = code {
            codes.first("code", code, place, sink);
        }
        let Some((id, place)) = id else { continue };
        if well_formed(id, place, sink) && ids.first("locality", id, place, sink) {
            entries.insert(id, entry);
        }
    }
    let known: Vec<&str> = entries.keys().copied().collect();
    // Parents sort before their children, so what is inherited is there in time.
    for (id, entry) in entries {
        if entry.illustrative {
            lexicon.illustrative.insert(id.into());
        }
        if let Some(locality) = inherit(id, entry, &known, lexicon, sink) {
            lexicon.localities.insert(id.into(), locality);
        }
    }
}

fn well_formed(id: &str, place: Place, sink: &Sink<'_>) -> bool {
    if fields::name(id, place, "-_/", "a locality", sink).is_none() {
        return false;
    }
    if id.split('/').any(str::is_empty) {
        sink.error(place, "bad-name", format!("`{id}` has an empty part"));
        return false;
    }
    let first = id.split('/').next().unwrap_or(id);
    if Registry::ALL.iter().any(|r| r.name() == first) {
        sink.error(place, "bad-name", format!("`{first}` is the folder of a registry, not of a locality"));
        return false;
    }
    if id.split('/').count() > LOCALITY_DEPTH_MAX {
        sink.error(place, "too-deep", format!("`{id}` has more than {LOCALITY_DEPTH_MAX} levels"));
        return false;
    }
    true
}

fn entry(
    table: &mut Fields<'_, '_>,
    id: Option<(&str, Place)>,
    code: Option<&str>,
    context: &Context<'_>,
    lexicon: &Lexicon,
    sink: &Sink<'_>,
) -> Entry {
    let title = table.need_both("title").unwrap_or_default();
    let ways = [
        ("voluntary", Participation::Voluntary),
        ("attendance_required", Participation::AttendanceRequired),
        ("tribunal_first", Participation::TribunalFirst),
    ];
    let way = table.get("participation");
    let participation = way.and_then(|n| facts::one_of(n, "participation", &ways, sink));
    let money = table.get("currency");
    let currency = money.and_then(|n| currency(n, sink));
    let days = table.get("calendar");
    let calendar = days.and_then(|n| calendar(n, context.calendars, lexicon, sink));
    let rails = table.get("guardrails");
    let guardrails = rails.and_then(|n| {
        let name = fields::text(n, "guardrails", sink)?;
        guardrails::find(name, n.place, context.guardrails, lexicon, sink)
    });
    let figures = table.get("figures").map(|n| figures(n, lexicon, sink)).unwrap_or_default();
    let illustrative = table.flag("illustrative").unwrap_or(false);
    let population = table.get("population").and_then(|n| fields::number(n, "population", 1, POPULATION_MAX, sink));
    let tile = table.get("tile").and_then(|n| tile(n, sink));
    Entry {
        place: id.map_or(table.place(), |(_, place)| place),
        code: code.map(Arc::from),
        title,
        spoilt: [
            way.is_some() && participation.is_none(),
            money.is_some() && currency.is_none(),
            days.is_some() && calendar.is_none(),
            rails.is_some() && guardrails.is_none(),
        ]
        .contains(&true),
        participation,
        currency,
        calendar,
        figures,
        illustrative,
        guardrails,
        population: population.and_then(|people| u64::try_from(people).ok()),
        tile,
    }
}

fn tile(node: &Node<'_>, sink: &Sink<'_>) -> Option<(u16, u16)> {
    let numbers: Vec<u16> = fields::items(node, "tile", sink)
        .iter()
        .filter_map(|n| fields::number(n, "tile", 0, TILE_MAX, sink))
        .filter_map(|number| u16::try_from(number).ok())
        .collect();
    if let [column, row] = numbers[..] {
        return Some((column, row));
    }
    sink.error_help(node.place, "wrong-type", "`tile` is a column and a row", "write it like [3, 5]");
    None
}

fn currency(node: &Node<'_>, sink: &Sink<'_>) -> Option<Arc<str>> {
    let text = fields::text(node, "currency", sink)?;
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        return Some(text.into());
    }
    sink.error_help(node.place, "unknown-value", format!("`{text}` is no currency"), "three letters, like `CNY`");
    None
}

fn calendar(node: &Node<'_>, calendars: &holidays::Named, lexicon: &Lexicon, sink: &Sink<'_>) -> Option<Arc<Calendar>> {
    let name = fields::text(node, "calendar", sink)?;
    let found = calendars.get(name).map(Arc::clone);
    if found.is_none() && !lexicon.shaky.contains(&Registry::Holidays) {
        let advice = near::advice(name, calendars.keys().map(String::as_str));
        let advice = advice.unwrap_or_else(|| format!("add `holidays/{name}-2026.toml`"));
        sink.error_help(node.place, "unknown-calendar", format!("there is no calendar `{name}`"), advice);
    }
    found
}

fn figures(node: &Node<'_>, lexicon: &Lexicon, sink: &Sink<'_>) -> Vec<(FactKey, Value)> {
    if Fields::of(node, "`figures`", sink).is_none() {
        return Vec::new();
    }
    let one = |entry: &crate::tree::Entry<'_>| {
        let (key, def) = lexicon.fact(&entry.key, entry.place, &[Scope::Locality], sink)?;
        let value = values::value(&entry.node, &entry.key, def, &entry.key, sink)?;
        Some((key, value))
    };
    node.entries().iter().filter_map(one).collect()
}

fn inherit(id: &str, entry: Entry, known: &[&str], lexicon: &Lexicon, sink: &Sink<'_>) -> Option<Locality> {
    let parent = id.rsplit_once('/').and_then(|(parent, _)| lexicon.localities.get(parent));
    let (participation, currency) = (entry.participation, entry.currency.as_ref());
    let lacking: Vec<&str> = [
        ("participation", participation.is_none()),
        ("currency", currency.is_none()),
        ("calendar", entry.calendar.is_none()),
        ("guardrails", entry.guardrails.is_none()),
    ]
    .into_iter()
    .filter_map(|(key, lacks)| lacks.then_some(key))
    .collect();
    if parent.is_none() && !lacking.is_empty() {
        if !entry.spoilt {
            orphan(id, entry.place, &lacking, known, sink);
        }
        return None;
    }
    let mut chain = parent.map(|p| p.chain.clone()).unwrap_or_default();
    chain.push(LocalityId::from(id));
    let mut figures = parent.map(|p| p.figures.clone()).unwrap_or_else(|| Facts::new(Vec::new()));
    for (key, value) in entry.figures {
        figures.set(key, value);
    }
    Some(Locality {
        code: entry.code,
        title: entry.title,
        chain,
        participation: participation.or(parent.map(|p| p.participation))?,
        currency: entry.currency.or_else(|| parent.map(|p| Arc::clone(&p.currency)))?,
        calendar: entry.calendar.or_else(|| parent.map(|p| Arc::clone(&p.calendar)))?,
        figures,
        guardrails: entry.guardrails.or_else(|| parent.map(|p| Arc::clone(&p.guardrails)))?,
        population: entry.population,
        tile: entry.tile,
    })
}

fn orphan(id: &str, place: Place, lacking: &[&str], known: &[&str], sink: &Sink<'_>) {
    let lacking: Vec<_> = lacking.iter().map(|key| format!("`{key}`")).collect();
    let lacking = lacking.join(", ");
    let Some((parent, _)) = id.rsplit_once('/') else {
        sink.error(place, "missing-key", format!("`{id}` is the root of a tree and needs {lacking}"));
        return;
    };
    if known.contains(&parent) {
        // The parent is there and could not be used; that is told at its own place.
        return;
    }
    let message = format!("there is no locality `{parent}` above `{id}`");
    let near = near::advice(parent, known.iter().copied().filter(|k| *k != id));
    let advice = near.unwrap_or_else(|| format!("add `{parent}`, or make this one a root with {lacking}"));
    sink.error_help(place, "unknown-parent", message, advice);
}
