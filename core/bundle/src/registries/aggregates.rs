//! `aggregates.toml`: what the host counts over what happened before, for policies to read as facts.

use maple_kernel::{Aggregate, FactDef, FactType, Group, Pattern, Scope, Tally, Window};

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
/// Months that a line looks back, at most and at least: of fewer nobody can say what is usual.
pub const LINE_MONTHS_MAX: i64 = 36;
pub(crate) const LINE_MONTHS_MIN: i64 = 6;
/// Standard deviations above the mean at which a line stands.
pub const DEVIATIONS_MAX: i64 = 10;
/// Largest number that a count gives.
const COUNTED_MAX: i64 = 1_000_000;

/// What is counted together, by its word.
pub(crate) const GROUPS: [(&str, Group); 6] = [
    ("organisation", Group::Organisation),
    ("place", Group::Place),
    ("project", Group::Project),
    ("station", Group::Station),
    ("kind", Group::Kind),
    ("case", Group::Case),
];

/// What a count counts, before its window is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Cases,
    Suits,
    Line,
    Desk,
    Capacity,
    Overloaded,
    Waiting,
    Calls,
    RefusalsBroken,
    DeadlinesMissed,
    Relapses,
}

/// Its words.
pub(crate) const SORTS: [(&str, Sort); 11] = [
    ("cases", Sort::Cases),
    ("suits", Sort::Suits),
    ("line", Sort::Line),
    ("desk", Sort::Desk),
    ("capacity", Sort::Capacity),
    ("overloaded", Sort::Overloaded),
    ("waiting", Sort::Waiting),
    ("calls", Sort::Calls),
    ("refusals_broken", Sort::RefusalsBroken),
    ("deadlines_missed", Sort::DeadlinesMissed),
    ("relapses", Sort::Relapses),
];

impl Sort {
    /// What it can be counted of.
    const fn groups(self) -> &'static [Group] {
        match self {
            Self::Cases => &[Group::Organisation, Group::Place, Group::Project, Group::Station, Group::Kind],
            Self::Suits => &[Group::Organisation, Group::Place, Group::Project, Group::Kind],
            Self::Line => &[Group::Kind],
            Self::Desk | Self::Capacity | Self::Overloaded | Self::Waiting => &[Group::Station],
            Self::Calls | Self::RefusalsBroken | Self::DeadlinesMissed | Self::Relapses => &[Group::Case],
        }
    }

    /// Reads what belongs to it; nothing, and told, when that is missing.
    fn read(self, table: &mut Fields<'_, '_>, sink: &Sink<'_>) -> Option<Tally> {
        fn number(
            table: &mut Fields<'_, '_>,
            key: &'static str,
            (min, max): (i64, i64),
            sink: &Sink<'_>,
        ) -> Option<u32> {
            let node = table.need(key)?;
            fields::number(node, key, min, max, sink).and_then(|number| u32::try_from(number).ok())
        }
        let days = |table: &mut Fields<'_, '_>| number(table, "window-days", (1, WINDOW_DAYS_MAX), sink);
        Some(match self {
            Self::Cases => {
                let (month, open) = (table.flag("this-month"), table.flag("open").unwrap_or(false));
                let window = if month == Some(true) { Window::Month } else { Window::Days(days(table)?) };
                Tally::Cases { window, open }
            }
            Self::Suits => Tally::Suits { days: days(table)? },
            Self::Waiting => Tally::Waiting { days: days(table)? },
            Self::Calls => Tally::Calls { days: days(table)? },
            Self::Line => {
                let months = number(table, "months", (LINE_MONTHS_MIN, LINE_MONTHS_MAX), sink);
                let deviations = number(table, "deviations", (1, DEVIATIONS_MAX), sink);
                Tally::Line { months: months?, deviations: deviations? }
            }
            Self::Desk => Tally::Desk,
            Self::Capacity => Tally::Capacity,
            Self::Overloaded => Tally::Overloaded,
            Self::RefusalsBroken => Tally::RefusalsBroken,
            Self::DeadlinesMissed => Tally::DeadlinesMissed,
            Self::Relapses => Tally::Relapses,
        })
    }
}

pub(super) fn read(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    let mut seen = Seen::default();
    for node in listed(files, "aggregate", &[], sink) {
        let Some(mut table) = Fields::of(node, "an aggregate", sink) else { continue };
        let key = table.need("key").and_then(|n| Some((fields::text(n, "key", sink)?, n.place)));
        let group = table.need("group").and_then(|n| facts::one_of(n, "group", &GROUPS, sink));
        let sort = table.get("of").map_or(Some(Sort::Cases), |n| facts::one_of(n, "of", &SORTS, sink));
        let Some(sort) = sort else { continue };
        let of = sort.read(&mut table, sink);
        let kinds: Vec<Pattern> = if matches!(sort, Sort::Cases | Sort::Suits) {
            let named = table.names("kinds").into_iter();
            named.filter_map(|(name, place)| lexicon.kinds(name, place, sink).map(Pattern::new)).collect()
        } else {
            Vec::new()
        };
        let has_title = table.get("title").is_some();
        let title = if has_title { table.need_both("title") } else { None };
        table.finish();
        let (Some((name, place)), Some(group), Some(of)) = (key, group, of) else { continue };
        if !sort.groups().contains(&group) {
            let word = SORTS.iter().find(|(_, known)| *known == sort).map_or("", |(word, _)| word);
            let groups: Vec<String> = sort.groups().iter().map(|group| format!("`{}`", group.as_str())).collect();
            let message = format!("`{word}` is never counted of a `{}`", group.as_str());
            sink.error_help(place, "wrong-scope", message, format!("its `group` is {}", groups.join(" or ")));
            continue;
        }
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
                let def = FactDef::plain(kind, Scope::Context, title.unwrap_or_default());
                words.facts.insert(name.into(), def);
            }
            words.aggregates.push(Aggregate { key: name.into(), group, of, kinds });
        }
    }
    lexicon.vocabulary.aggregates.sort_by(|a, b| a.key.cmp(&b.key));
}
