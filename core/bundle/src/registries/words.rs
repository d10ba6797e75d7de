//! `kinds.toml`, `words.toml` and `channels.toml`.

use std::sync::Arc;

use maple_kernel::{Channel, Class, ClockKind, Word, WordList};

use super::{Seen, facts, listed, unknown_table};
use crate::{
    fields::{self, Fields},
    lexicon::{LISTS, Lexicon, lies_in},
    sink::Sink,
    tree::{Entry, Node},
};

/// As what a source counts in the return of people's mediation.
const STATS: [(&str, &str); 8] = [
    ("application", "application"),
    ("initiative", "initiative"),
    ("court", "court"),
    ("procuratorate", "procuratorate"),
    ("police", "police"),
    ("petition", "petition"),
    ("authority", "authority"),
    ("other", "other"),
];

pub(super) fn kinds(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    let mut seen = Seen::default();
    for node in listed(files, "kind", &[], sink) {
        let Some(mut kind) = Fields::of(node, "a kind", sink) else { continue };
        let id = kind.need("id").and_then(|n| Some((fields::text(n, "id", sink)?, n.place)));
        let title = kind.need_both("title").unwrap_or_default();
        let stat = kind.text("stat");
        kind.finish();
        let Some((id, place)) = id else { continue };
        if fields::name(id, place, "_.", "a dispute kind", sink).is_some() && seen.first("kind", id, place, sink) {
            if let Some(stat) = stat {
                lexicon.statistics.kinds.insert(id.into(), stat.into());
            }
            lexicon.vocabulary.kinds.insert(id.into(), title);
        }
    }
}

pub(super) fn words(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    let mut seen = Seen::default();
    for entry in files.iter().flat_map(Node::entries) {
        let Some((name, list)) = LISTS.iter().find(|(name, _)| *name == entry.key) else {
            unknown_table(entry, LISTS.iter().map(|(name, _)| *name), sink);
            continue;
        };
        let Some(_) = Fields::of(&entry.node, "a list of words", sink) else { continue };
        for entry in entry.node.entries() {
            let Some((word, stat)) = word(entry, *list, sink) else { continue };
            let code = entry.key.as_ref();
            if fields::name(code, entry.place, "_*", "a word", sink).is_some()
                && seen.first("word", &format!("{name}.{code}"), entry.place, sink)
            {
                if let Some(stat) = stat {
                    lexicon.statistics.sources.insert(code.into(), stat);
                }
                lexicon.vocabulary.words.entry(*list).or_default().insert(code.into(), word);
            }
        }
    }
}

/// A word, and as what a source counts in the return.
fn word(entry: &Entry<'_>, list: WordList, sink: &Sink<'_>) -> Option<(Word, Option<Arc<str>>)> {
    let mut table = Fields::of(&entry.node, "a word", sink)?;
    let title = table.need_both("title").unwrap_or_default();
    let mut marked = |mark| list == WordList::Duty && table.flag(mark).unwrap_or(false);
    let (adverse, attendance) = (marked("adverse"), marked("attendance"));
    let (mut clock, mut max) = (None, None);
    if list == WordList::Clock {
        let kinds = [("limitation", ClockKind::Limitation), ("service", ClockKind::Service)];
        clock = facts::choose(&mut table, "kind", &kinds, sink).or(Some(ClockKind::Limitation));
        max = table.span("max", 1);
    }
    let stat = if list == WordList::Source {
        table.get("stat").and_then(|node| facts::one_of(node, "stat", &STATS, sink))
    } else {
        None
    };
    table.finish();
    Some((Word { title, adverse, attendance, clock, max }, stat.map(Arc::from)))
}

pub(super) fn channels(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    let mut seen = Seen::default();
    for node in listed(files, "channel", &[], sink) {
        let Some(mut table) = Fields::of(node, "a channel", sink) else { continue };
        let id = table.need("id").and_then(|n| Some((fields::text(n, "id", sink)?, n.place)));
        let class = table.need_text("class").zip(table.get("class").map(|n| n.place));
        let channel = Channel {
            class: class.and_then(|(c, place)| lexicon.class(c, place, sink)).unwrap_or(Class::Informative),
            title: table.need_both("title").unwrap_or_default(),
            within: table.need_text("within").unwrap_or("*").into(),
            free: table.flag("free").unwrap_or(false),
            attendance: table.flag("attendance").unwrap_or(false),
            decides: table.flag("decides").unwrap_or(true),
            max: table.span("max", 1),
            basis: lexicon.provisions(table.names("basis"), sink),
        };
        table.finish();
        let Some((id, place)) = id else { continue };
        if fields::name(id, place, "_", "a channel", sink).is_some() && seen.first("channel", id, place, sink) {
            lexicon.vocabulary.channels.insert(id.into(), channel);
        }
    }
}

/// Channels stand in localities, which are known only later.
pub(super) fn check_channels(files: &[Node<'_>], lexicon: &Lexicon, sink: &Sink<'_>) {
    let places = files.iter().filter_map(|f| f.get("channel")).flat_map(|n| match &n.value {
        crate::tree::Raw::Items(items) => items.as_slice(),
        _ => &[],
    });
    for node in places.filter_map(|channel| channel.get("within")) {
        let crate::tree::Raw::Text(within) = &node.value else { continue };
        let mut roots = lexicon.localities.values().filter_map(|l| l.chain.first()).peekable();
        let nothing = roots.peek().is_none();
        if within == "*" || nothing || roots.any(|root| lies_in(root.as_str(), within)) {
            continue;
        }
        if lexicon.locality(within, node.place, sink).is_some() {
            let message = format!("`{within}` is not the root of a tree of localities");
            sink.error_help(node.place, "foreign-channel", message, "a channel exists in a whole tree, or in `*`");
        }
    }
}
