//! `maple sign`: who wrote a pack says so.

use std::io::Write;

use anstream::println;
use maple_gate::sign;
use maple_seal::{Signer, Subtree};

use super::{keys::KEY_BYTES_MAX, read_bounded, refused};
use crate::{
    Failure,
    args::Sign,
    load::{self, SIGNATURES, chain},
};

pub(crate) fn run(args: &Sign) -> Result<(), Failure> {
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Input(format!("`{}` is no private key (Ed25519, PEM): {error}", args.key.display()))
    };
    let pem =
        String::from_utf8(read_bounded(&args.key, "private key", KEY_BYTES_MAX)?).map_err(|error| unread(&error))?;
    let signer = Signer::from_pem(&pem).map_err(|error| unread(&chain(&error)))?;
    let only: Vec<Subtree> = args
        .only
        .iter()
        .map(|text| text.parse().map_err(|error: maple_seal::SubtreeFault| Failure::Input(format!("--only: {error}"))))
        .collect::<Result<_, _>>()?;
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    let loaded = load::load_lightly(&from).map_err(refused)?;
    let archive = loaded.signed(&args.policies)?;
    let may = |place: &str| only.is_empty() || only.iter().any(|subtree| subtree.covers(place));
    let signatures =
        sign(&archive, &signer, maple_server::now(), may).map_err(|error| Failure::Input(chain(&error)))?;
    let own = signatures.signatures.len();
    let unwritten =
        |error: &dyn std::fmt::Display| Failure::Unreachable(format!("cannot write the signatures: {error}"));
    let bytes = signatures.write().map_err(|error| unwritten(&error))?;
    let folder = load::policies_folder(&args.policies);
    let mut kept = tempfile::NamedTempFile::new_in(&folder).map_err(|error| unwritten(&error))?;
    kept.write_all(&bytes).map_err(|error| unwritten(&error))?;
    kept.persist(folder.join(SIGNATURES)).map_err(|error| unwritten(&error.error))?;
    let file = folder.join(SIGNATURES);
    if args.json {
        let (file, key) = (file.display().to_string(), signer.id().as_str());
        println!("{}", serde_json::json!({ "file": file, "key": key, "signatures": own }));
        return Ok(());
    }
    println!("{own} signatures in {}, by key {}", file.display(), signer.id());
    Ok(())
}
