//! The registries: the words that packs are written in.

mod aggregates;
mod facts;
mod guardrails;
mod holidays;
mod localities;
mod provisions;
mod words;

pub(crate) use aggregates::LINE_MONTHS_MIN;
pub use aggregates::{AGGREGATES_COUNT_MAX, DEVIATIONS_MAX, LINE_MONTHS_MAX, WINDOW_DAYS_MAX};
pub(crate) use facts::one_of;
pub use facts::{FACT_COUNT_MAX, FACT_MONEY_MAX};
pub(crate) use guardrails::number as guardrail;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    fields,
    lexicon::{Lexicon, Registry},
    sink::{Place, Sink},
    tree::{Entry, Node},
};

/// The root tables of the files of each registry.
pub(crate) type Files<'a> = BTreeMap<Registry, Vec<Node<'a>>>;

/// Mistakes after which an entry, and so its name, may be missing.
const UNNAMED: [&str; 9] = [
    "bad-name",
    "missing-key",
    "reserved-name",
    "unknown-calendar",
    "unknown-guardrails",
    "unknown-key",
    "unknown-law",
    "unknown-value",
    "wrong-type",
];

/// Reads all registries; what cannot be used is told and left out.
///
/// Of a registry whose text is broken (`shaky`) nothing further is told: what it lacks may only be unreadable.
pub(crate) fn read(files: &Files<'_>, shaky: &BTreeSet<Registry>, sink: &Sink<'_>) -> Lexicon {
    let mut lexicon = Lexicon { shaky: shaky.clone(), ..Lexicon::default() };
    let (mut rails, mut calendars) = (guardrails::Named::new(), holidays::Named::new());
    for registry in Registry::ALL {
        let files = files.get(&registry).map_or(&[][..], Vec::as_slice);
        sink.muted(shaky.contains(&registry), || match registry {
            Registry::Facts => facts::read(files, &mut lexicon, sink),
            Registry::Kinds => words::kinds(files, &mut lexicon, sink),
            Registry::Aggregates => aggregates::read(files, &mut lexicon, sink),
            Registry::Words => words::words(files, &mut lexicon, sink),
            Registry::Provisions => provisions::read(files, &mut lexicon, sink),
            Registry::Channels => words::channels(files, &mut lexicon, sink),
            Registry::Guardrails => rails = guardrails::read(files, &mut lexicon, sink),
            Registry::Holidays => calendars = holidays::read(files, sink),
            Registry::Localities => localities::read(files, &rails, &calendars, &mut lexicon, sink),
        });
        if sink.told(&UNNAMED, |file| files.iter().any(|node| node.place.file == file)) {
            lexicon.shaky.insert(registry);
        }
    }
    let of = |registry| files.get(&registry).map_or(&[][..], Vec::as_slice);
    facts::check_roles(of(Registry::Facts), &lexicon, sink);
    facts::check_implied(of(Registry::Facts), &lexicon, sink);
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
