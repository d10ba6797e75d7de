//! Who signed which part of a bundle: `signatures.json` of its archive.
//!
//! Parts are the packs (`cn/zhejiang@1.4.0`), the registries together (`registries`), and the components of plugins
//! (`plugins/decision-table-1.0.0`). A pack is signed for its place, registries for all places, and a component by a
//! key that may sign for every place that uses it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use maple_bundle::{Archive, Bundle};
use maple_kernel::Ruleset;
use maple_seal::{CanonicalFault, Digest, Pack, PackSignature, Signer, Trust};
use serde::{Deserialize, Serialize};

use crate::{
    admit::chain,
    report::{Problem, Report, Stage},
};

/// What the registries are signed as.
const REGISTRIES: &str = "registries";
/// What stands before the name of a component.
const PLUGINS: &str = "plugins/";

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What was signed.
    pub unit: String,
    /// The signature, a compact JWS (RFC 7515).
    pub jws: String,
}

/// The signatures of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    /// Each of them; a part may have several, of which one must hold.
    pub signatures: Vec<Signed>,
}

/// Why a bundle cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignFault {
    /// A pack has no version.
    #[error("pack `{0}` has no version that can be read; `maple check` tells what is wrong with its `pack.toml`")]
    Version(String),
    /// Signatures that are there already cannot be read.
    #[error("the signatures that are there already cannot be read; take `signatures.json` away to sign afresh")]
    Signatures(#[source] serde_json::Error),
    /// The statement cannot be written.
    #[error("the signature cannot be written")]
    Canonical(#[from] CanonicalFault),
}

/// One part that is signed as a whole.
struct Unit {
    name: String,
    /// The place that it is for; empty for all of them.
    locality: String,
    digest: Digest,
}

impl Signatures {
    /// Reads `signatures.json`.
    ///
    /// # Errors
    ///
    /// When it is not what it should be.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// As it is written into an archive.
    ///
    /// # Errors
    ///
    /// Never for signatures that were made here.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}

/// Signs the packs that lie in these places, and registries and components where all places are among them. Signatures
/// by others, of the same or other parts, stay.
///
/// # Errors
///
/// When a pack has no version, or what was signed before cannot be read.
pub fn sign(
    archive: &Archive,
    signer: &Signer,
    time: Timestamp,
    may: impl Fn(&str) -> bool,
) -> Result<Signatures, SignFault> {
    let mut all = match &archive.signatures {
        Some(bytes) => Signatures::read(bytes).map_err(SignFault::Signatures)?,
        None => Signatures::default(),
    };
    for unit in units(archive).filter(|unit| unit.as_ref().map_or(true, |unit| may(&unit.locality))) {
        let Unit { name, digest, .. } = unit.map_err(SignFault::Version)?;
        let jws = PackSignature { digest, time, unit: name.clone() }.sign(signer)?;
        // What this key said of other files of the same part before says nothing any more.
        all.signatures
            .retain(|one| one.unit != name || !jws.split('.').next().is_some_and(|head| one.jws.starts_with(head)));
        all.signatures.push(Signed { unit: name, jws });
    }
    all.signatures.sort_by(|one, two| (&one.unit, &one.jws).cmp(&(&two.unit, &two.jws)));
    Ok(all)
}

/// Whether a bundle may serve by its signatures at a moment: as the gate's stage, for one that has passed the gate before.
///
/// # Errors
///
/// The report, with this stage alone.
pub fn signatures_hold(
    archive: &Archive,
    ruleset: &Ruleset,
    trust: &Trust,
    on_hand: &BTreeSet<Arc<str>>,
    at: Timestamp,
) -> Result<(), Box<Report>> {
    let mut report = Report::new(String::new());
    let (checked, packs) = Checked::packs(archive, trust, at, &mut report);
    let components = checked.components(ruleset, trust, on_hand, at, &mut report);
    report.done(Stage::Signature, packs + components, std::time::Duration::ZERO);
    if report.failed().is_some() { Err(Box::new(report)) } else { Ok(()) }
}

/// The parts of a bundle, or the name of a pack without a version.
fn units(archive: &Archive) -> impl Iterator<Item = Result<Unit, String>> {
    let packs = parts(&archive.bundle).into_iter().map(|(name, digest)| match name {
        "" => Ok(Unit { name: REGISTRIES.to_owned(), locality: String::new(), digest }),
        name => {
            let version = archive.bundle.pack_version(name).ok_or_else(|| name.to_owned())?;
            Ok(Unit { name: format!("{name}@{version}"), locality: name.to_owned(), digest })
        }
    });
    let plugins = archive.components.iter().map(|(name, component)| {
        Ok(Unit { name: format!("{PLUGINS}{name}"), locality: String::new(), digest: Digest::of(component) })
    });
    packs.chain(plugins)
}

fn parts(bundle: &Bundle) -> Vec<(&str, Digest)> {
    let mut parts = Vec::new();
    for (name, digest) in bundle.part_digests() {
        parts.extend(digest.parse().ok().map(|digest| (name.as_str(), digest)));
    }
    parts
}

/// The signatures of a bundle, sorted by what they are of.
pub(crate) struct Checked<'a> {
    archive: &'a Archive,
    by_unit: BTreeMap<String, Vec<String>>,
}

impl<'a> Checked<'a> {
    /// Checks packs and registries; each that nobody may have signed so is told. Gives how many parts there are.
    pub(crate) fn packs(archive: &'a Archive, trust: &Trust, at: Timestamp, report: &mut Report) -> (Self, u64) {
        let mut by_unit: BTreeMap<String, Vec<String>> = BTreeMap::new();
        match archive.signatures.as_deref().map(Signatures::read) {
            Some(Ok(all)) => {
                for Signed { unit, jws } in all.signatures {
                    by_unit.entry(unit).or_default().push(jws);
                }
            }
            Some(Err(error)) => {
                let problem = Problem::new(
                    "bad-signatures",
                    format!("`signatures.json` cannot be read: {error}"),
                    "signatures.json无法读取",
                );
                report.tell(Stage::Signature, problem.with_advice("sign the bundle with `maple sign`"));
            }
            None => {}
        }
        let checked = Self { archive, by_unit };
        let mut count = 0;
        for unit in units(archive) {
            match unit {
                Ok(unit) if unit.name.starts_with(PLUGINS) => {}
                Ok(unit) => {
                    count += 1;
                    if let Err(problem) = checked.one(&unit, trust, at) {
                        report.tell(Stage::Signature, *problem);
                    }
                }
                // That its version is missing is told where packs are read.
                Err(_) => count += 1,
            }
        }
        (checked, count)
    }

    /// Checks the components, each for all places that use it. What the host itself brought needs no signature.
    pub(crate) fn components(
        &self,
        ruleset: &Ruleset,
        trust: &Trust,
        on_hand: &BTreeSet<Arc<str>>,
        at: Timestamp,
        report: &mut Report,
    ) -> u64 {
        let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (locality, _) in ruleset.localities() {
            for policy in ruleset.policies_of(locality) {
                users.entry(&policy.digest).or_default().insert(locality.as_str());
            }
        }
        let mut count = 0;
        for (name, component) in &self.archive.components {
            let digest = Digest::of(component);
            let told = digest.to_string();
            if on_hand.contains(&*told) {
                continue;
            }
            count += 1;
            // One that nobody uses stands for all places: it must not lie there unsigned for a later bundle.
            let places = users.get(&*told).cloned().unwrap_or_else(|| BTreeSet::from([""]));
            for locality in places {
                let unit = Unit { name: format!("{PLUGINS}{name}"), locality: locality.to_owned(), digest };
                if let Err(problem) = self.one(&unit, trust, at) {
                    report.tell(Stage::Signature, *problem);
                    break;
                }
            }
        }
        count
    }

    /// One of the signatures of a part must hold; if none does, each says why.
    fn one(&self, unit: &Unit, trust: &Trust, at: Timestamp) -> Result<(), Box<Problem>> {
        let name = &unit.name;
        let Some(all) = self.by_unit.get(name) else {
            let problem = Problem::new("unsigned", format!("`{name}` is not signed"), format!("{name}没有签名"));
            return Err(Box::new(
                problem.with_advice("sign it with `maple sign` and a key that is trusted for its place"),
            ));
        };
        let pack = Pack { unit: name, locality: &unit.locality, digest: unit.digest };
        let mut why = Vec::new();
        for jws in all {
            match trust.admit(jws, &pack, at) {
                Ok(_) => return Ok(()),
                Err(fault) => why.push(chain(&fault)),
            }
        }
        let why = why.join("; and ");
        let zh = format!("{name}的签名不成立，或签名密钥无权为该地签署");
        Err(Box::new(Problem::new("bad-signature", why, zh)))
    }
}
