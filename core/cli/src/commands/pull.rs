//! `maple pull`: a bundle is fetched from an OCI registry.

use std::path::PathBuf;

use anstream::println;
use maple_bundle::Archive;
use maple_seal::Digest;
use serde_json::json;

use super::{
    oci::{Address, Registry, Wait, layer_of, wrong},
    remote::{unwritten, write_out},
};
use crate::{Failure, args::Pull, load::chain, report};

/// Digits of the digest in the name of a file that nobody named.
const NAME_DIGITS: usize = 12;

pub(crate) fn run(args: &Pull) -> Result<(), Failure> {
    let address = Address::read(&args.address)?;
    let registry = Registry::new(&address, &args.access, Wait::Fetch)?;
    let manifest = registry.manifest(&address)?;
    let by_digest = address.at(Digest::of(&manifest));
    let (digest, size) = layer_of(&manifest).map_err(|why| wrong(&format!("{address} is not taken: {why}")))?;
    let bytes = registry.blob(&address, &digest, size)?;
    let archive = Archive::read(&bytes)
        .map_err(|error| wrong(&format!("{address} is not taken: its layer is no bundle: {}", chain(&error))))?;
    let signed = archive.signatures.is_some();
    let file = args.out.clone().unwrap_or_else(|| {
        let text = digest.to_string();
        let digits: String = text.chars().skip_while(|letter| *letter != ':').skip(1).take(NAME_DIGITS).collect();
        PathBuf::from(format!("{}-{digits}.tar.gz", address.short_name()))
    });
    write_out(Some(&file), |out| out.write_all(&bytes).map_err(|error| unwritten(&error)))?;
    if args.json {
        println!(
            "{}",
            json!({ "bundle": digest.to_string(), "bytes": size, "address": address.to_string(),
                "by_digest": by_digest.to_string(), "signed": signed, "file": file.display().to_string() })
        );
        return Ok(());
    }
    let how = if signed { "with signatures, which a server proves" } else { "not signed" };
    report::verdict(true, &format!("bundle {digest} is in {}, {how}", file.display()));
    println!("it was fetched from {by_digest}\n\nmaple publish {}", file.display());
    Ok(())
}
