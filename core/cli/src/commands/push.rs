//! `maple push`: a bundle is kept in an OCI registry.

use anstream::println;
use maple_seal::Digest;
use serde_json::json;

use super::{
    oci::{Address, Artifact, Registry, Wait},
    publish::bundle,
};
use crate::{Failure, args::Push, report};

pub(crate) fn run(args: &Push) -> Result<(), Failure> {
    let address = Address::read(&args.address)?;
    if address.digest().is_some() {
        return Err(Failure::Input(format!(
            "`{address}` names a digest, which comes out of what is kept; name a tag, or leave it away"
        )));
    }
    let registry = Registry::new(&address, &args.access, Wait::Send)?;
    let (artifact, signatures) = Artifact::of(bundle(&args.bundle, &args.places)?)?;
    let digest = Digest::of(&artifact.layer);
    let new = registry.keep(&address, &artifact)?;
    if let Some(signatures) = &signatures {
        registry.keep(&address, signatures)?;
        registry.list(&address, &artifact, signatures)?;
    }
    // Last, so that a tag never leads to what is not whole.
    registry.keep_manifest(&address, &artifact.manifest)?;
    let by_digest = address.at(artifact.digest);
    let signed = signatures.as_ref().map(|signatures| address.at(signatures.digest).to_string());
    if args.json {
        println!(
            "{}",
            json!({ "bundle": digest.to_string(), "bytes": artifact.layer.len(), "new": new,
                "address": address.to_string(), "by_digest": by_digest.to_string(), "signatures": signed })
        );
        return Ok(());
    }
    let how = if new { "is kept" } else { "was there already, and is kept" };
    report::verdict(true, &format!("bundle {digest} {how} as {address}"));
    match signed {
        Some(signed) => println!("its signatures are attached as {signed}"),
        None => report::warning("it is not signed; a server that trusts certain keys refuses it (`maple sign`)"),
    }
    println!("\nmaple pull {by_digest}");
    Ok(())
}
