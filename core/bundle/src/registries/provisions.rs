//! `provisions.toml`: the law, article by article, with its days in force.

use std::{collections::HashMap, sync::Arc};

use maple_kernel::{Day, Provision, Text};

use super::{Seen, listed};
use crate::{
    fields::{self, Fields},
    lexicon::{Lexicon, Registry},
    near,
    sink::{Place, Sink},
    tree::{Entry, Node},
};

struct Law {
    title: Text,
    from: Option<Day>,
    to: Option<Day>,
    source: Arc<str>,
}

pub(super) fn read(files: &[Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) {
    let laws = laws(files, lexicon, sink);
    let mut seen = Seen::default();
    for node in listed(files, "provision", &["law"], sink) {
        let Some(mut table) = Fields::of(node, "a provision", sink) else { continue };
        let id = table.need("id").and_then(|n| Some((fields::text(n, "id", sink)?, n.place)));
        let article = table.text("article");
        let (from, to) = table.days("from", "to");
        let summary = table.need_both("summary").unwrap_or_default();
        let verified = table.flag("verified").unwrap_or(false);
        table.finish();
        let Some((id, place)) = id else { continue };
        let known = fields::name(id, place, "_.-", "the id of a provision", sink).is_some()
            && seen.first("provision", id, place, sink);
        let Some((key, last)) = id.rsplit_once('.') else {
            let message = format!("`{id}` names no article");
            sink.error_help(
                place,
                "bad-name",
                message,
                "an id is the law's key, a dot and the article: `cn.civil_code.188`",
            );
            continue;
        };
        let Some(law) = law(&laws, key, place, lexicon, sink).filter(|_| known) else { continue };
        let Some(from) = from.or(law.from).or_else(|| first_day(place, id, sink)) else { continue };
        let to = to.or(law.to);
        if to.is_some_and(|to| to < from) {
            let message = format!("provision `{id}` is in force from {from}, after its last day");
            sink.error(place, "dates-inverted", message);
        }
        let provision = Provision {
            law: law.title.clone(),
            article: article.unwrap_or(last).into(),
            from,
            to,
            summary,
            source: Arc::clone(&law.source),
            verified,
        };
        lexicon.vocabulary.provisions.insert(id.into(), provision);
    }
}

fn law<'l>(
    laws: &'l HashMap<&str, Law>,
    key: &str,
    place: Place,
    lexicon: &Lexicon,
    sink: &Sink<'_>,
) -> Option<&'l Law> {
    let law = laws.get(key);
    if law.is_none() && !lexicon.shaky.contains(&Registry::Provisions) {
        let near = if sink.full() { None } else { near::advice(key, laws.keys().copied()) };
        let advice = near.unwrap_or_else(|| format!("add a table `[law.\"{key}\"]`"));
        sink.error_help(place, "unknown-law", format!("there is no law `{key}`"), advice);
    }
    law
}

/// A stand-in after the complaint, so that the provision is known to packs.
fn first_day(place: Place, id: &str, sink: &Sink<'_>) -> Option<Day> {
    sink.error_help(
        place,
        "missing-key",
        format!("nothing says from when provision `{id}` is in force"),
        "give `from` on the law or on the provision",
    );
    Day::new(maple_kernel::DAY_YEAR_MIN, 1, 1)
}

fn laws<'t>(files: &'t [Node<'_>], lexicon: &mut Lexicon, sink: &Sink<'_>) -> HashMap<&'t str, Law> {
    let mut seen = Seen::default();
    let mut laws = HashMap::new();
    for entry in files.iter().filter_map(|f| f.get("law")).flat_map(Node::entries) {
        if dotted(entry) {
            lexicon.shaky.insert(Registry::Provisions);
            let message = format!("`law.{}` holds no law", entry.key);
            sink.error_help(
                entry.place,
                "unquoted-law",
                message,
                "write the law's key in quotes: `[law.\"cn.civil_code\"]`",
            );
            continue;
        }
        let Some(mut table) = Fields::of(&entry.node, "a law", sink) else { continue };
        let title = table.need_both("title").unwrap_or_default();
        let (from, to) = table.days("from", "to");
        let source = table.need_text("source").unwrap_or("").into();
        table.finish();
        if seen.first("law", &entry.key, entry.place, sink) {
            laws.insert(&*entry.key, Law { title, from, to, source });
        }
    }
    laws
}

/// `[law.cn.civil_code]` without quotes is a table in a table.
fn dotted(entry: &Entry<'_>) -> bool {
    let inner = entry.node.entries();
    entry.node.get("title").is_none() && !inner.is_empty() && inner.iter().all(|e| !e.node.entries().is_empty())
}
