//! `aggregates.toml`: what the host counts over what happened before, for policies to read as facts.

use maple_kernel::{Aggregate, FactDef, FactType, Group, Pattern, Scope};

use super::{Seen, facts, listed};
use crate::{
    fields::{self, Fields},
    lexicon::Lexicon,
    sink::Sink,
    tree::Node,
};

/// Counts of one bundle.
pub const AGGREGATES_COUNT_MAX: usize = 64;
/// Days that a count looks back.
pub const WINDOW_DAYS_MAX: i64 = 1_100;
/// Largest number that a count gives.
const COUNTED_MAX: i64 = 1_000_000;

/// What is counted together, by its word.
pub(crate) const GROUPS: [(&str, Group); 5] = [
    ("organisation", Group::Organisation),
    ("place", Group::Place),
    ("project", Group::Project),
    ("station", Group::Station),
    ("kind", Group::Kind),
];

pub(super) fn read(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    let mut seen = Seen::default();
    for node in listed(files, "aggregate", &[], sink) {
        let Some(mut table) = Fields::of(node, "an aggregate", sink) else { continue };
        let key = table.need("key").and_then(|n| Some((fields::text(n, "key", sink)?, n.place)));
        let group = table.need("group").and_then(|n| facts::one_of(n, "group", &GROUPS, sink));
        let window = table.need("window-days");
        let window = window.and_then(|n| fields::number(n, "window-days", 1, WINDOW_DAYS_MAX, sink));
        let kinds: Vec<Pattern> = table
            .names("kinds")
            .into_iter()
            .filter_map(|(name, place)| lexicon.kinds(name, place, sink).map(Pattern::new))
            .collect();
        let open = table.flag("open").unwrap_or(false);
        let has_title = table.get("title").is_some();
        let title = if has_title { table.need_both("title") } else { None };
        table.finish();
        let (Some((name, place)), Some(group), Some(window)) = (key, group, window) else { continue };
        let words = &mut lexicon.vocabulary;
        if words.never.contains(name) {
            sink.error(
                place,
                "reserved-name",
                format!("a count cannot be called `{name}`, which is on the list `never`"),
            );
            continue;
        }
        // A count that callers may send, too: the larger number holds.
        let known = words.facts.get(name);
        if known.is_some_and(|def| def.scope != Scope::Case || !matches!(def.kind, FactType::Count { .. })) {
            let message = format!("`{name}` is a fact that is no count of the case");
            sink.error_help(place, "wrong-type", message, "name a count of the case, or a new key");
            continue;
        }
        if known.is_some() == has_title {
            let (message, advice) = if has_title {
                (format!("`{name}` has its title in `facts.toml`"), "take `title` out")
            } else {
                (format!("`{name}` is a new fact without a title"), "give it a `title` in both languages")
            };
            sink.error_help(place, "missing-key", message, advice);
            continue;
        }
        let known = known.is_some();
        if words.aggregates.len() >= AGGREGATES_COUNT_MAX {
            sink.error(place, "too-many", format!("a bundle has at most {AGGREGATES_COUNT_MAX} aggregates"));
            return;
        }
        if fields::name(name, place, "_", "the key of a fact", sink).is_some()
            && seen.first("aggregate", name, place, sink)
        {
            if !known {
                let kind = FactType::Count { min: 0, max: COUNTED_MAX };
                let def = FactDef { kind, scope: Scope::Context, counted: None, title: title.unwrap_or_default() };
                words.facts.insert(name.into(), def);
            }
            let window_days = u32::try_from(window).unwrap_or_default();
            words.aggregates.push(Aggregate { key: name.into(), group, window_days, kinds, open });
        }
    }
    lexicon.vocabulary.aggregates.sort_by(|a, b| a.key.cmp(&b.key));
}
