//! Bundles as artifacts of an OCI registry (image and distribution specification 1.1).
//!
//! | in the registry | what |
//! |---|---|
//! | a manifest of type [`BUNDLE`] | names one layer, which is the archive as it was packed: the layer's digest is the bundle's |
//! | a manifest of type [`SIGNATURES`] | refers to the first by `subject`; its layer is the archive's `signatures.json` |
//!
//! Both are made of the archive alone, without a moment in them: the same archive gives the same digests.

mod access;
mod address;
mod artifact;
mod registry;

pub(super) use access::Wait;
pub(super) use address::Address;
pub(super) use artifact::{Artifact, layer_of};
pub(super) use registry::{Registry, wrong};

/// The type of a bundle's manifest.
pub(super) const BUNDLE: &str = "application/vnd.maple-bridge.bundle.v1";
/// The type of its layer.
pub(super) const BUNDLE_LAYER: &str = "application/vnd.maple-bridge.bundle.v1.tar+gzip";
/// The type of the signatures' manifest, and of its layer.
pub(super) const SIGNATURES: &str = "application/vnd.maple-bridge.signatures.v1+json";
/// Bytes of a manifest; a bundle's has less than two thousand, and registries take up to 4 MiB.
pub(super) const MANIFEST_BYTES_MAX: usize = 1 << 20;
