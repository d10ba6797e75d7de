//! What of a bundle is other than what serves.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::PackInfo;
use maple_kernel::{LocalityId, PolicyId, Ruleset};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::Current;

/// A pack that is other than the one that serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackChange {
    /// Its locality.
    pub pack: String,
    /// Its version that serves; none when it is new.
    pub before: Option<String>,
    /// Its version in the bundle; none when it is gone.
    pub after: Option<String>,
}

impl PackChange {
    /// True when its version goes back.
    #[must_use]
    pub fn goes_back(&self) -> bool {
        let read = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Version>().ok());
        read(&self.before).zip(read(&self.after)).is_some_and(|(before, after)| after < before)
    }
}

/// The latest of some versions; what is none is left out.
#[must_use]
pub fn latest(versions: impl IntoIterator<Item = String>) -> Option<String> {
    let read = |text: String| Some((text.parse::<Version>().ok()?, text));
    versions.into_iter().filter_map(read).max_by(|a, b| a.0.cmp(&b.0)).map(|(_, text)| text)
}

/// What differs between two bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The registries, which every pack reads.
    pub registries: bool,
    /// The packs, by locality.
    pub packs: Vec<PackChange>,
}

impl Changes {
    /// Everything is new.
    pub(crate) fn all(candidate: Current<'_>) -> Self {
        let change =
            |pack: &PackInfo| PackChange { pack: pack.id.to_string(), before: None, after: Some(pack.version.clone()) };
        Self { registries: true, packs: candidate.packs.iter().map(change).collect() }
    }

    /// The packs of some places, whatever of them is other.
    pub fn of_places(places: impl IntoIterator<Item = String>) -> Self {
        let change = |pack| PackChange { pack, before: None, after: None };
        Self { registries: false, packs: places.into_iter().map(change).collect() }
    }

    /// What a bundle has other than another.
    #[must_use]
    pub fn between(current: Current<'_>, candidate: Current<'_>) -> Self {
        let (before, after) = (parts(current), parts(candidate));
        let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        let version = |side: Current<'_>, name: &str| {
            side.packs.iter().find(|pack| pack.id.as_str() == name).map(|pack| pack.version.clone())
        };
        let differing = names.into_iter().filter(|name| before.get(name) != after.get(name));
        let (registries, packs): (Vec<&str>, Vec<&str>) = differing.partition(|name| name.is_empty());
        let change = |name: &str| PackChange {
            pack: name.to_owned(),
            before: version(current, name),
            after: version(candidate, name),
        };
        Self { registries: !registries.is_empty(), packs: packs.into_iter().map(change).collect() }
    }

    /// True when a place is touched: its own pack, one above it, or the words of all.
    pub(crate) fn touches(&self, place: &LocalityId, ruleset: &Ruleset) -> bool {
        let changed = |level: &str| self.packs.iter().any(|change| change.pack == level);
        self.registries
            || ruleset
                .locality(place.as_str())
                .is_some_and(|(_, known)| known.chain.iter().any(|l| changed(l.as_str())))
    }

    /// The places whose own pack changed; the empty name stands for the words of all.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.packs.iter().map(|change| change.pack.as_str()).chain(self.registries.then_some(""))
    }
}

/// What a part of a bundle is made of: its files, and the code that its policies use.
type Part<'a> = (Option<&'a str>, Vec<(&'a PolicyId, &'a str)>);

fn parts(side: Current<'_>) -> BTreeMap<&str, Part<'_>> {
    let mut parts: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    for (name, digest) in side.bundle.part_digests() {
        parts.entry(name).or_default().0 = Some(digest.as_str());
    }
    for pack in side.packs {
        let policies = side.ruleset.policies_of(&pack.id).iter();
        parts.entry(pack.id.as_str()).or_default().1 = policies.map(|policy| (&policy.id, &*policy.digest)).collect();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_versions() {
        let all = |versions: &[&str]| latest(versions.iter().map(|version| (*version).to_owned()));
        assert_eq!(all(&["1.0.0", "1.0.10", "1.0.9", "nonsense"]).as_deref(), Some("1.0.10"));
        assert_eq!(all(&["nonsense"]), None);
        let change = |before: Option<&str>, after: &str| PackChange {
            pack: "cn".to_owned(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        };
        assert!(change(Some("1.0.10"), "1.0.9").goes_back());
        assert!(!change(Some("1.0.9"), "1.0.10").goes_back() && !change(None, "0.1.0").goes_back());
    }
}
