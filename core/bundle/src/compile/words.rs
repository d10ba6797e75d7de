//! The words of a bundle, as far as they can be read.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{Locality, LocalityId, Vocabulary};

use super::{Compiler, Options, Sorted, index};
use crate::{
    Bundle,
    lexicon::{Lexicon, Registry},
    sink::{Sink, Source},
};

/// What packs may name.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Facts, kinds, channels, provisions and the lists of words.
    pub vocabulary: Vocabulary,
    /// The places.
    pub localities: BTreeMap<LocalityId, Locality>,
    /// The packs that may set the floor.
    pub trusted: BTreeSet<String>,
}

/// The words of a bundle. What cannot be read is left out, and nothing is told of it: this is for helping somebody who
/// is still writing.
#[must_use]
pub fn words(bundle: &Bundle) -> Words {
    let of = |path: &str| Registry::of(path.strip_suffix(".toml").unwrap_or(path));
    let files: Vec<(Registry, &str, String)> = bundle
        .files()
        .filter_map(|(path, bytes)| Some((of(path)?, path, String::from_utf8_lossy(bytes).into_owned())))
        .collect();
    let sources: Vec<Source<'_>> = files.iter().map(|(_, path, text)| Source::new(path, text)).collect();
    let sink = Sink::new(&sources);
    let mut sorted = Sorted::default();
    for (file, (registry, ..)) in files.iter().enumerate() {
        sorted.registries.entry(*registry).or_default().push(index(file));
    }
    let compiler =
        Compiler { bundle, sources: &sources, sink: &sink, options: &Options::default(), unreadable: Vec::new() };
    let Lexicon { vocabulary, localities, trusted, .. } = compiler.registries(&sorted);
    Words { vocabulary, localities, trusted }
}
