//! `maple keys`: keys that sign.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
};

use anstream::println;
use maple_seal::{Key, Signer};
use maple_store::{Event, KeyEnd, KeyRecord, StoreError};
use serde_json::json;

use super::{database, read_bounded};
use crate::{
    Failure,
    args::{Database, Keys, ListKeys, NewKey, PublicOf, RotateKey},
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
        Keys::Rotate(args) => rotate(args),
        Keys::Retire(args) => {
            let at = moment("--at", args.at.as_deref())?;
            let held = end(&args.database, &args.id, KeyEnd::To(at), "key-retire", &format!("holds until {at}"))?;
            if let Some(revoked) = held.revoked.filter(|revoked| *revoked < at) {
                return Err(Failure::Input(format!(
                    "key {} is revoked since {revoked}, and stays so: it proves nothing from then on",
                    args.id
                )));
            }
            let (id, to) = (&args.id, held.to.unwrap_or(at).to_string());
            if args.json {
                println!("{}", json!({ "id": id, "to": to }));
            } else {
                println!("key {id} holds until {to}; what it signed before stays proved");
            }
            Ok(())
        }
        Keys::Revoke(args) => {
            let since = moment("--since", args.since.as_deref())?;
            let detail = format!("since {since}: {}", args.why);
            let held = end(&args.database, &args.id, KeyEnd::Revoked(since), "key-revoke", &detail)?;
            // Once revoked it stays so from the earliest moment that anybody named.
            let since = held.revoked.unwrap_or(since);
            if args.json {
                println!("{}", json!({ "id": args.id, "revoked": since.to_string() }));
                return Ok(());
            }
            println!(
                "key {} is revoked: nothing that it signed from {since} on is proved; give the answer of /v1/keys to whoever \
                 verifies, and where a service signs with it, `maple keys rotate` first",
                args.id
            );
            Ok(())
        }
    }
}

fn new(args: &NewKey) -> Result<(), Failure> {
    let name = args.file.display();
    let signer = make(&args.file)?
        .ok_or_else(|| Failure::Input(format!("`{name}` is there already and stays as it is; name another file")))?;
    if args.json {
        println!("{}", json!({ "file": name.to_string(), "id": signer.id().as_str() }));
    } else {
        println!("{name}: key {}; `maple keys public {name}` prints its public half", signer.id());
    }
    Ok(())
}

/// Makes a private key in a file that only its owner may read; none where there is a file already.
pub(super) fn make(file: &Path) -> Result<Option<Signer>, Failure> {
    let (signer, kept) = fresh(file)?;
    match kept.persist_noclobber(file) {
        Ok(_) => Ok(Some(signer)),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(unmade(file, &error.error)),
    }
}

/// A new private key, in a file beside the one that it is for, readable by its owner only: it appears whole or not at all.
fn fresh(file: &Path) -> Result<(Signer, tempfile::NamedTempFile), Failure> {
    let made = Signer::generate().and_then(|signer| Ok((signer.to_pem()?, signer)));
    let (pem, signer) = made.map_err(|error| unmade(file, &chain(&error)))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut kept = tempfile::NamedTempFile::new_in(folder).map_err(|error| unmade(file, &error))?;
    kept.write_all(pem.as_bytes()).and_then(|()| kept.as_file().sync_all()).map_err(|error| unmade(file, &error))?;
    Ok((signer, kept))
}

fn unmade(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Unreachable(format!("cannot make the key `{}`: {error}", file.display()))
}

/// Puts a new private key in the place of one, which is laid beside it until a service has said in its database until when
/// it holds.
fn rotate(args: &RotateKey) -> Result<(), Failure> {
    let named = private(args.file.as_ref(), args.state.as_ref());
    // Where it is a link, what it leads to is replaced.
    let file = fs::canonicalize(&named)
        .map_err(|error| Failure::Unreachable(format!("cannot read the signing key `{}`: {error}", named.display())))?;
    let before = maple_server::read_signing_key(&file).map_err(|error| Failure::Unreachable(chain(&error)))?;
    let old = maple_server::replaced_key(&file);
    let unmade = |error: &dyn std::fmt::Display| {
        Failure::Unreachable(format!("cannot replace the key `{}`: {error}", file.display()))
    };
    // Where a rotation was cut short before its second step, the old key is laid down already.
    match fs::hard_link(&file, &old) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let laid = maple_server::read_signing_key(&old).map_err(|error| Failure::Unreachable(chain(&error)))?;
            if laid.id() != before.id() {
                return Err(Failure::Input(format!(
                    "the key was replaced before, and no service has taken it yet: `{}` is still there; start the service, \
                     or wait for some seconds where it runs",
                    old.display()
                )));
            }
        }
        Err(error) => return Err(unmade(&error)),
    }
    let (signer, kept) = fresh(&file)?;
    // The service must be able to read it, whoever types this.
    let owner = fs::metadata(&file).map_err(|error| unmade(&error))?;
    let own = kept.as_file().metadata().map_err(|error| unmade(&error))?;
    if (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        chown(kept.path(), Some(owner.uid()), Some(owner.gid())).map_err(|error| {
            unmade(&format!("it belongs to user {}, and only that user or root can replace it: {error}", owner.uid()))
        })?;
    }
    kept.persist(&file).map_err(|error| unmade(&error.error))?;
    let folder = file.parent().map(fs::File::open).transpose().map_err(|error| unmade(&error))?;
    folder.map_or(Ok(()), |folder| folder.sync_all()).map_err(|error| unmade(&error))?;
    if args.json {
        let (id, replaces) = (signer.id().as_str(), before.id().as_str());
        println!("{}", json!({ "file": file.display().to_string(), "id": id, "replaces": replaces }));
        return Ok(());
    }
    println!(
        "{}: key {} signs in the place of {}, as soon as the service looks, which it does every {} seconds and when it \
         starts; `maple keys public {}` prints its public half for whoever verifies. Keep the public half of the old one: \
         earlier receipts need it",
        file.display(),
        signer.id(),
        before.id(),
        maple_server::HEARTBEAT_SECONDS,
        file.display()
    );
    Ok(())
}

/// Ends a key; gives what holds of it now.
fn end(database: &Database, id: &str, end: KeyEnd, action: &str, detail: &str) -> Result<Key, Failure> {
    let store = database::open(database)?;
    let event = Event { time: maple_server::now(), actor: "maple keys", action, subject: id, detail };
    store.key_end(id, end, &event).map_err(|error| match error {
        StoreError::Missing { .. } => Failure::Input(format!("{}; `maple keys list` shows the ids", chain(&error))),
        error @ StoreError::TooLong { .. } => Failure::Input(chain(&error)),
        error => Failure::Unreachable(chain(&error)),
    })?;
    let held = store.key(id).map_err(|error| Failure::Unreachable(chain(&error)))?;
    held.map(|held| held.key).ok_or_else(|| Failure::Unreachable(format!("key {id} is gone")))
}

/// A moment that was typed, or now.
fn moment(flag: &str, typed: Option<&str>) -> Result<jiff::Timestamp, Failure> {
    let Some(typed) = typed else { return Ok(maple_server::now()) };
    typed.parse().map_err(|_| {
        let typed: String = typed.chars().take(64).collect();
        Failure::Input(format!("`{flag} {typed}` is no moment; write one such as 2026-12-31T00:00:00+08:00"))
    })
}

/// The file of a private key: the one that is named, or the one of the state folder.
fn private(file: Option<&PathBuf>, state: Option<&PathBuf>) -> PathBuf {
    file.cloned().unwrap_or_else(|| state.cloned().unwrap_or_else(|| STATE.into()).join(SIGNING_KEY))
}

fn list(args: &ListKeys) -> Result<(), Failure> {
    let keys = database::open(&args.database)?.keys().map_err(|error| Failure::Unreachable(chain(&error)))?;
    let moment = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    for KeyRecord { purpose, key: Key { public, from, to, revoked } } in &keys {
        let purpose = purpose.word();
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
    let file = private(args.file.as_ref(), args.state.as_ref());
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Input(format!("`{}` is no private key (Ed25519, PEM): {error}", file.display()))
    };
    let pem = String::from_utf8(read_bounded(&file, "private key", KEY_BYTES_MAX)?).map_err(|error| unread(&error))?;
    let signer = Signer::from_pem(&pem).map_err(|error| unread(&chain(&error)))?;
    let public = signer.public().to_pem().map_err(|error| unread(&chain(&error)))?;
    if args.json {
        println!("{}", json!({ "id": signer.public().id().as_str(), "pem": public }));
    } else {
        println!("{}", public.trim_end());
    }
    Ok(())
}
