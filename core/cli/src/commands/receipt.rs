//! `maple receipt`: fetch a receipt, and prove it offline.

use std::path::PathBuf;

use anstream::println;
use jiff::Timestamp;
use maple_seal::{Digest, Key, KeySet, PublicKey, RECEIPT_BYTES_MAX, verify_receipt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    read_bounded,
    remote::{Server, segment, unwritten, write_out},
};
use crate::{
    Failure,
    args::{GetReceipt, Receipt, VerifyReceipt},
    load::chain,
    report,
};

/// Bytes of a file with public keys.
const KEYS_BYTES_MAX: usize = 1 << 20;
/// Bytes of a reply.
const REPLY_BYTES_MAX: usize = 16 << 20;

pub(crate) fn run(args: &Receipt) -> Result<(), Failure> {
    match args {
        Receipt::Get(args) => get(args),
        Receipt::Verify(args) => verify(args),
    }
}

fn get(args: &GetReceipt) -> Result<(), Failure> {
    let receipt = Server::new(&args.remote)?.get(&format!("/v1/decisions/{}/receipt", segment(&args.id)))?;
    write_out(args.out.as_deref(), |out| out.write_all(&receipt).map_err(|error| unwritten(&error)))
}

fn verify(args: &VerifyReceipt) -> Result<(), Failure> {
    let keys = keys(&args.key)?;
    let bytes = read_bounded(&args.file, "receipt", RECEIPT_BYTES_MAX)?;
    let (statement, checkpoint) = match verify_receipt(&bytes, &keys) {
        Ok(proved) => proved,
        Err(fault) => return refuted(args, &chain(&fault)),
    };
    let other = match &args.reply {
        Some(reply) => {
            let reply = Digest::of(&read_bounded(reply, "reply", REPLY_BYTES_MAX)?);
            (reply != statement.output)
                .then(|| format!("the receipt is genuine, but the reply is another: it is {reply}"))
        }
        None => None,
    };
    if let Some(other) = other.as_deref().filter(|_| args.json) {
        return refuted(args, other);
    }
    if args.json {
        let checkpoint = json!({ "number": checkpoint.number, "first": checkpoint.first, "last": checkpoint.last });
        println!(
            "{}",
            json!({
                "genuine": true, "decision": statement.id, "time": statement.time.to_string(),
                "ruleset": statement.ruleset, "engine": statement.engine, "input": statement.input.to_string(),
                "output": statement.output.to_string(), "log": statement.log, "sequence": statement.sequence,
                "checkpoint": checkpoint,
            })
        );
        return Ok(());
    }
    println!("decision    {}", statement.id);
    println!("made        {}", statement.time);
    println!("ruleset     {}", statement.ruleset);
    println!("engine      {}", statement.engine);
    println!("question    {}", statement.input);
    println!("reply       {}", statement.output);
    println!("recorded    {} of log {}", statement.sequence, statement.log);
    println!("checkpoint  {}, over {} to {}", checkpoint.number, checkpoint.first, checkpoint.last);
    if let Some(other) = other {
        return refuted(args, &other);
    }
    report::verdict(true, "the receipt is genuine");
    Ok(())
}

/// Says why it is not genuine, or not of this reply.
fn refuted(args: &VerifyReceipt, why: &str) -> Result<(), Failure> {
    if args.json {
        println!("{}", json!({ "genuine": false, "why": why }));
    } else {
        report::verdict(false, why);
    }
    Err(Failure::Wrong)
}

#[derive(Deserialize)]
struct ListedKey {
    pem: String,
    from: Timestamp,
    to: Option<Timestamp>,
    revoked: Option<Timestamp>,
}

/// Public keys from files. When one held that stands alone is not known offline: whoever gives it here vouches for that.
pub(super) fn keys(files: &[PathBuf]) -> Result<KeySet, Failure> {
    let mut keys = KeySet::new();
    for file in files {
        let text = read_bounded(file, "public key", KEYS_BYTES_MAX)?;
        let unread = |error: &dyn std::fmt::Display| {
            Failure::Input(format!(
                "`{}` is no public key (Ed25519, PEM), no answer of `/v1/keys` and none of `maple keys list --json`: \
                 {error}",
                file.display()
            ))
        };
        if text.len() > KEYS_BYTES_MAX {
            return Err(unread(&format!("a file of keys has at most {KEYS_BYTES_MAX} bytes; give several")));
        }
        let text = String::from_utf8(text).map_err(|error| unread(&error))?;
        let listed = if text.trim_start().starts_with('{') {
            listed(&text).map_err(|error| unread(&error))?
        } else {
            vec![ListedKey { pem: text, from: Timestamp::MIN, to: None, revoked: None }]
        };
        for ListedKey { pem, from, to, revoked } in listed {
            let public = PublicKey::from_pem(&pem).map_err(|error| unread(&chain(&error)))?;
            keys.insert(Key { public, from, to, revoked }).map_err(|error| unread(&chain(&error)))?;
        }
    }
    Ok(keys)
}

/// Keys in the answer of `GET /v1/keys`, or in the lines of `maple keys list --json`.
fn listed(text: &str) -> Result<Vec<ListedKey>, serde_json::Error> {
    let mut keys = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        let mut value: Value = value?;
        match value.get_mut("keys").map(Value::take) {
            Some(all) => keys.extend(Vec::<ListedKey>::deserialize(all)?),
            None => keys.push(ListedKey::deserialize(value)?),
        }
    }
    Ok(keys)
}
