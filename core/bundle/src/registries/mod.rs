//! The registries: the words that packs are written in.

mod facts;
mod guardrails;
mod holidays;
mod localities;
mod provisions;
mod words;

pub(crate) use facts::one_of;
pub use facts::{FACT_COUNT_MAX, FACT_MONEY_MAX, FACT_WORDS_MAX};
pub(crate) use guardrails::number as guardrail;

use std::collections::{BTreeMap, HashMap};

use crate::{
    fields,
    lexicon::{Lexicon, Registry},
    sink::{Place, Sink},
    tree::{Entry, Node},
};

/// The root tables of the files of each registry.
pub(crate) type Files<'a> = BTreeMap<Registry, Vec<Node<'a>>>;

/// Reads all registries; what cannot be used is told and left out.
pub(crate) fn read(files: &Files<'_>, shaky: std::collections::BTreeSet<Registry>, sink: &Sink<'_>) -> Lexicon {
    let of = |registry| files.get(&registry).map_or(&[][..], Vec::as_slice);
    let mut lexicon = Lexicon { shaky, ..Lexicon::default() };
    facts::read(of(Registry::Facts), &mut lexicon, sink);
    words::kinds(of(Registry::Kinds), &mut lexicon, sink);
    words::words(of(Registry::Words), &mut lexicon, sink);
    provisions::read(of(Registry::Provisions), &mut lexicon, sink);
    words::channels(of(Registry::Channels), &mut lexicon, sink);
    let guardrails = guardrails::read(of(Registry::Guardrails), &mut lexicon, sink);
    let calendars = holidays::read(of(Registry::Holidays), sink);
    localities::read(of(Registry::Localities), &guardrails, &calendars, &mut lexicon, sink);
    words::check_channels(of(Registry::Channels), &lexicon, sink);
    guardrails::check_trust(of(Registry::Guardrails), &lexicon, sink);
    lexicon
}

/// Where each name was first introduced.
#[derive(Default)]
struct Seen(HashMap<String, Place>);

impl Seen {
    /// False, and told, when the name was there before.
    fn first(&mut self, what: &str, name: &str, place: Place, sink: &Sink<'_>) -> bool {
        match self.0.get(name) {
            Some(before) => {
                let message = format!("{what} `{name}` is there twice; the first is at {}", sink.at(*before));
                sink.error_help(place, "duplicate", message, "keep one of the two");
                false
            }
            None => {
                self.0.insert(name.to_owned(), place);
                true
            }
        }
    }
}

/// The entries of `[[key]]` in all files of a registry; every other key must be among `others`.
fn listed<'t, 'a>(
    files: &'t [Node<'a>],
    key: &'static str,
    others: &[&'static str],
    sink: &Sink<'_>,
) -> impl Iterator<Item = &'t Node<'a>> {
    let mut all = Vec::new();
    for entry in files.iter().flat_map(Node::entries) {
        if entry.key == key {
            all.extend(fields::items(&entry.node, key, sink));
        } else if !others.contains(&&*entry.key) {
            let known = others.iter().copied().chain([key]);
            unknown_table(entry, known, sink);
        }
    }
    all.into_iter()
}

fn unknown_table<'n>(entry: &Entry<'_>, known: impl IntoIterator<Item = &'n str>, sink: &Sink<'_>) {
    let advice = crate::near::advice(&entry.key, known);
    sink.error_maybe(entry.place, "unknown-key", format!("this registry has no `{}`", entry.key), advice);
}
