//! `maple keys`: keys that sign.

use std::{
    io::{ErrorKind, Write},
    path::Path,
};

use anstream::println;
use maple_seal::{Key, Signer};
use maple_store::{KeyPurpose, KeyRecord};
use serde_json::json;

use super::{database, read_bounded};
use crate::{
    Failure,
    args::{Keys, ListKeys, NewKey, PublicOf},
    config::{SIGNING_KEY, STATE},
    load::chain,
};

/// Bytes of a private key's file.
pub(super) const KEY_BYTES_MAX: usize = 16 << 10;

pub(crate) fn run(args: &Keys) -> Result<(), Failure> {
    match args {
        Keys::Public(args) => public(args),
        Keys::New(args) => new(args),
        Keys::List(args) => list(args),
    }
}

fn new(args: &NewKey) -> Result<(), Failure> {
    let name = args.file.display();
    let signer = make(&args.file)?
        .ok_or_else(|| Failure::Input(format!("`{name}` is there already and stays as it is; name another file")))?;
    println!("{name}: key {}; `maple keys public {name}` prints its public half", signer.id());
    Ok(())
}

/// Makes a private key in a file that only its owner may read; none where there is a file already.
pub(super) fn make(file: &Path) -> Result<Option<Signer>, Failure> {
    let unmade = |error: &dyn std::fmt::Display| {
        Failure::Unreachable(format!("cannot make the key `{}`: {error}", file.display()))
    };
    let made = Signer::generate().and_then(|signer| Ok((signer.to_pem()?, signer)));
    let (pem, signer) = made.map_err(|error| unmade(&chain(&error)))?;
    // It appears whole or not at all, readable by its owner only.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut kept = tempfile::NamedTempFile::new_in(folder).map_err(|error| unmade(&error))?;
    kept.write_all(pem.as_bytes()).and_then(|()| kept.as_file().sync_all()).map_err(|error| unmade(&error))?;
    match kept.persist_noclobber(file) {
        Ok(_) => Ok(Some(signer)),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(unmade(&error.error)),
    }
}

fn list(args: &ListKeys) -> Result<(), Failure> {
    let keys = database::open(&args.database)?.keys().map_err(|error| Failure::Unreachable(chain(&error)))?;
    let moment = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    for KeyRecord { purpose, key: Key { public, from, to, revoked } } in &keys {
        let purpose = match purpose {
            KeyPurpose::Log => "log",
            KeyPurpose::Pack => "pack",
        };
        if args.json {
            let pem = public.to_pem().map_err(|error| Failure::Unreachable(chain(&error)))?;
            println!(
                "{}",
                json!({ "id": public.id().to_string(), "purpose": purpose, "from": from.to_string(), "to": moment(*to),
                    "revoked": moment(*revoked), "pem": pem })
            );
        } else {
            let to = moment(*to).map_or_else(String::new, |to| format!(" to {to}"));
            let revoked = moment(*revoked).map_or_else(String::new, |at| format!(", revoked {at}"));
            println!("{}  {purpose}  from {from}{to}{revoked}", public.id());
        }
    }
    if keys.is_empty() && !args.json {
        println!("no key is kept; `maple serve` keeps its own when decisions are recorded");
    }
    Ok(())
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
