//! What a bundle is in a registry, and what is found there.

use std::collections::BTreeMap;

use maple_bundle::{ARCHIVE_BYTES_MAX, Archive};
use maple_seal::Digest;
use oci_client::manifest::{ImageIndexEntry, OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde::Deserialize;

use super::{BUNDLE, BUNDLE_LAYER, SIGNATURES};
use crate::{Failure, load::chain};

/// The type of a configuration that says nothing.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// What such a configuration is.
pub(crate) const EMPTY_BYTES: &[u8] = b"{}";
/// What tools show and files are named after.
const TITLE: &str = "org.opencontainers.image.title";
/// The version of the engine that packed it.
const ENGINE: &str = "vnd.maple-bridge.engine";
/// Letters of a foreign word that are shown.
const SHOWN_CHARS_MAX: usize = 120;

/// One manifest with the layer that it names.
pub(crate) struct Artifact {
    kind: &'static str,
    /// The manifest, as it is kept.
    pub(crate) manifest: Vec<u8>,
    /// Its digest.
    pub(crate) digest: Digest,
    /// The layer.
    pub(crate) layer: Vec<u8>,
}

impl Artifact {
    /// A bundle, and its signatures where it is signed.
    ///
    /// # Errors
    ///
    /// When the bytes are no archive of a bundle.
    pub(crate) fn of(bytes: Vec<u8>) -> Result<(Self, Option<Self>), Failure> {
        let archive = Archive::read(&bytes).map_err(|error| Failure::Input(chain(&error)))?;
        let bundle = Self::new(BUNDLE, BUNDLE_LAYER, ("Maple Bridge bundle", "bundle.tar.gz"), bytes, None)?;
        let signatures = archive.signatures.filter(|bytes| !bytes.is_empty());
        let signatures = signatures.map(|bytes| {
            let titles = ("Signatures of a Maple Bridge bundle", "signatures.json");
            Self::new(SIGNATURES, SIGNATURES, titles, bytes, Some(&bundle))
        });
        Ok((bundle, signatures.transpose()?))
    }

    fn new(
        kind: &'static str,
        layer_kind: &str,
        (title, file): (&str, &str),
        layer: Vec<u8>,
        subject: Option<&Self>,
    ) -> Result<Self, Failure> {
        let mut named = descriptor(layer_kind, &layer);
        named.annotations = Some(BTreeMap::from([(TITLE.to_owned(), file.to_owned())]));
        let engine = (ENGINE.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let manifest = OciImageManifest {
            schema_version: 2,
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
            artifact_type: Some(kind.to_owned()),
            config: descriptor(EMPTY, EMPTY_BYTES),
            layers: vec![named],
            subject: subject.map(|subject| descriptor(OCI_IMAGE_MEDIA_TYPE, &subject.manifest)),
            annotations: Some(BTreeMap::from([(TITLE.to_owned(), title.to_owned()), engine])),
        };
        let unwritten = |error| Failure::Unreachable(format!("cannot write the manifest: {error}"));
        let manifest = serde_json::to_vec(&manifest).map_err(unwritten)?;
        Ok(Self { kind, digest: Digest::of(&manifest), manifest, layer })
    }

    /// Its line in the list of what refers to another.
    pub(crate) fn entry(&self) -> ImageIndexEntry {
        let OciDescriptor { media_type, digest, size, .. } = descriptor(OCI_IMAGE_MEDIA_TYPE, &self.manifest);
        let artifact_type = Some(self.kind.to_owned());
        ImageIndexEntry { media_type, digest, size, artifact_type, platform: None, annotations: None }
    }
}

fn descriptor(kind: &str, bytes: &[u8]) -> OciDescriptor {
    OciDescriptor {
        media_type: kind.to_owned(),
        digest: Digest::of(bytes).to_string(),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
    }
}

/// A manifest of whatever kind, as far as it says what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    artifact_type: Option<String>,
    media_type: Option<String>,
    config: Option<OciDescriptor>,
    #[serde(default)]
    layers: Vec<OciDescriptor>,
}

/// The layer of a bundle's manifest: digest and size.
///
/// # Errors
///
/// Why it is the manifest of no bundle that can be fetched.
pub(crate) fn layer_of(manifest: &[u8]) -> Result<(Digest, usize), String> {
    let Found { artifact_type, media_type, config, layers } =
        serde_json::from_slice(manifest).map_err(|_| "what is kept there is no OCI manifest".to_owned())?;
    let kind = artifact_type.or_else(|| config.map(|config| config.media_type)).or(media_type).unwrap_or_default();
    if kind != BUNDLE {
        let kind: String = kind.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS_MAX).collect();
        return Err(format!("it is of type `{kind}` and no bundle (`{BUNDLE}`); `maple push` keeps bundles"));
    }
    let [layer] = &*layers else {
        return Err(format!("a bundle has one layer, and this one names {}; push it again", layers.len()));
    };
    if layer.media_type != BUNDLE_LAYER {
        let kind: String =
            layer.media_type.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS_MAX).collect();
        return Err(format!("its layer is of type `{kind}`, not `{BUNDLE_LAYER}`; a later `maple` may read it"));
    }
    let size = usize::try_from(layer.size).ok().filter(|size| (1..=ARCHIVE_BYTES_MAX).contains(size));
    let size = size.ok_or_else(|| {
        format!("its layer is said to have {} bytes; a bundle has 1 to {ARCHIVE_BYTES_MAX}", layer.size)
    })?;
    let digest = layer.digest.parse().map_err(|_| "its layer has no digest of the form `sha256:…`".to_owned())?;
    Ok((digest, size))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest(size: i64) -> Value {
        json!({ "schemaVersion": 2, "artifactType": BUNDLE, "layers": [
            { "mediaType": BUNDLE_LAYER, "digest": format!("sha256:{}", "00".repeat(32)), "size": size }
        ] })
    }

    #[test]
    fn a_manifest_is_taken_up_to_the_limit_and_says_what_else_it_is() {
        let read = |value: &Value| layer_of(value.to_string().as_bytes());
        let max = i64::try_from(ARCHIVE_BYTES_MAX).unwrap();
        assert_eq!(read(&manifest(max)).unwrap().1, ARCHIVE_BYTES_MAX);
        assert_eq!(read(&manifest(1)).unwrap().1, 1);
        for size in [max + 1, 0, -1, i64::MAX] {
            assert!(read(&manifest(size)).unwrap_err().contains("a bundle has 1 to"), "{size}");
        }
        let other = |key: &str, value: Value| {
            let mut manifest = manifest(1);
            manifest[key] = value;
            read(&manifest).unwrap_err()
        };
        let layer = manifest(1)["layers"][0].clone();
        assert!(other("artifactType", json!("text/plain")).contains("`text/plain` and no bundle"));
        assert!(other("artifactType", Value::Null).contains("and no bundle"));
        assert!(other("layers", json!([])).contains("names 0"));
        assert!(other("layers", json!([layer, layer])).contains("names 2"));
        assert!(other("layers", json!([{ "mediaType": "a/b", "digest": "x", "size": 1 }])).contains("`a/b`"));
        assert!(other("layers", json!([{ "mediaType": BUNDLE_LAYER, "digest": "x", "size": 1 }])).contains("sha256"));
        assert!(layer_of(b"[]").unwrap_err().contains("no OCI manifest"));
    }

    #[test]
    fn the_same_layer_gives_the_same_manifest_and_its_digest_is_the_layers() {
        let make = || Artifact::new(BUNDLE, BUNDLE_LAYER, ("t", "f"), b"bytes".to_vec(), None).unwrap();
        assert_eq!(make().digest, make().digest);
        assert_eq!(layer_of(&make().manifest).unwrap(), (Digest::of(b"bytes"), 5));
        let signed = Artifact::new(SIGNATURES, SIGNATURES, ("t", "f"), b"{}".to_vec(), Some(&make())).unwrap();
        let said: Value = serde_json::from_slice(&signed.manifest).unwrap();
        assert_eq!(said["subject"]["digest"], make().digest.to_string());
    }
}
