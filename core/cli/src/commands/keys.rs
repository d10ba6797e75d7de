//! `maple keys`: keys that sign.

use anstream::println;
use maple_seal::Signer;

use super::read_bounded;
use crate::{
    Failure,
    args::{Keys, PublicOf},
    config::{SIGNING_KEY, STATE},
    load::chain,
};

/// Bytes of a private key's file.
pub(super) const KEY_BYTES_MAX: usize = 16 << 10;

pub(crate) fn run(Keys::Public(args): &Keys) -> Result<(), Failure> {
    public(args)
}

fn public(args: &PublicOf) -> Result<(), Failure> {
    let made = || args.state.clone().unwrap_or_else(|| STATE.into()).join(SIGNING_KEY);
    let file = args.file.clone().unwrap_or_else(made);
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Input(format!("`{}` is no private key (Ed25519, PEM): {error}", file.display()))
    };
    let pem = String::from_utf8(read_bounded(&file, "private key", KEY_BYTES_MAX)?).map_err(|error| unread(&error))?;
    let signer = Signer::from_pem(&pem).map_err(|error| unread(&chain(&error)))?;
    let public = signer.public().to_pem().map_err(|error| unread(&chain(&error)))?;
    println!("{}", public.trim_end());
    Ok(())
}
