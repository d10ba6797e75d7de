//! `maple audit`: who changed what, and the logs walked from end to end.

use std::{collections::BTreeMap, path::Path};

use anstream::println;
use comfy_table::{Table, presets};
use maple_seal::Checkpoint;
use maple_store::{AUDIT_LOG, Store};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    database, read_bounded, receipt,
    remote::{Server, unwritten, write_out},
};
use crate::{
    Failure,
    args::{AuditLog, Checkpoints, ListEvents, VerifyLogs},
    load::chain,
    report,
};

/// Bytes of a file with checkpoints.
const CHECKPOINTS_BYTES_MAX: usize = 64 << 20;

pub(crate) fn run(args: &AuditLog) -> Result<(), Failure> {
    match args {
        AuditLog::Verify(args) => verify(args),
        AuditLog::List(args) => list(args),
        AuditLog::Checkpoints(args) => checkpoints(args),
    }
}

/// One page of events.
#[derive(Deserialize)]
struct Page {
    events: Vec<EventRow>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct EventRow {
    sequence: u64,
    time: String,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

fn list(args: &ListEvents) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let before = args.before.map_or_else(String::new, |before| format!("&before={before}"));
    let bytes = server.get(&format!("/v1/audit?count={}{before}", args.count))?;
    let page: Page = server.read(&bytes)?;
    if args.json {
        println!("{}", String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    if page.events.is_empty() {
        println!("nothing is written there");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["number", "time", "by", "what", "of", "detail"]);
    table.add_rows(page.events.iter().map(|row| {
        let EventRow { sequence, time, actor, action, subject, detail } = row;
        // What others wrote must not move the cursor of whoever reads it.
        [&sequence.to_string(), time, actor, action, subject, detail].map(|cell| cell.escape_debug().to_string())
    }));
    table.lines().for_each(|line| println!("{}", line.trim_end()));
    if let Some(next) = page.next {
        println!("there are more: `--before {next}`");
    }
    Ok(())
}

/// A checkpoint that is kept elsewhere.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    log: String,
    checkpoint: String,
}

fn checkpoints(args: &Checkpoints) -> Result<(), Failure> {
    let unread = |error: maple_store::StoreError| Failure::Unreachable(chain(&error));
    let store = database::open(&args.database)?;
    write_out(args.out.as_deref(), |out| {
        for log in logs(&store)? {
            if let Some(checkpoint) = store.checkpoint_last(&log).map_err(unread)? {
                let line = json!(Known { log, checkpoint }).to_string();
                writeln!(out, "{line}").map_err(|error| unwritten(&error))?;
            }
        }
        Ok(())
    })
}

/// What was printed at an earlier time, by log.
fn known(file: &Path) -> Result<BTreeMap<String, Checkpoint>, Failure> {
    let text = read_bounded(file, "file of checkpoints", CHECKPOINTS_BYTES_MAX)?;
    let mut known = BTreeMap::new();
    for (number, line) in (1..).zip(String::from_utf8_lossy(&text).lines()) {
        let wrong = |why: &dyn std::fmt::Display| {
            let name = file.display();
            Failure::Input(format!("`{name}` line {number} is no line of `maple audit checkpoints`: {why}"))
        };
        let Known { log, checkpoint } = serde_json::from_str(line).map_err(|error| wrong(&error))?;
        let checkpoint = Checkpoint::read(&checkpoint).map_err(|error| wrong(&chain(&error)))?;
        if checkpoint.log != log {
            return Err(wrong(&format!("the checkpoint is of log `{}`", checkpoint.log)));
        }
        if known.contains_key(&log) {
            return Err(wrong(&"the log stands there twice; give what one run of it printed"));
        }
        known.insert(log, checkpoint);
    }
    Ok(known)
}

/// Every log of a database.
fn logs(store: &Store) -> Result<Vec<String>, Failure> {
    let mut logs = store.logs().map_err(|error| Failure::Unreachable(chain(&error)))?;
    if !logs.iter().any(|log| log == AUDIT_LOG) {
        logs.push(AUDIT_LOG.to_owned());
    }
    Ok(logs)
}

fn verify(args: &VerifyLogs) -> Result<(), Failure> {
    let unread = |error: &maple_store::StoreError| Failure::Unreachable(chain(error));
    let keys = if args.key.is_empty() { None } else { Some(receipt::keys(&args.key)?) };
    let store = database::open(&args.database)?;
    let known = args.checkpoints.as_deref().map(known).transpose()?.unwrap_or_default();
    let mut logs = logs(&store)?;
    // One that is gone altogether is known from elsewhere.
    let gone: Vec<String> = known.keys().filter(|log| !logs.contains(log)).cloned().collect();
    logs.extend(gone);
    let (mut faulty, mut open) = (0, 0);
    for log in &logs {
        let found = store.verify(log, keys.as_ref(), known.get(log)).map_err(|error| unread(&error))?;
        let faults: Vec<String> = found.faults.iter().map(|fault| chain(fault)).collect();
        faulty += faults.len();
        open += found.unsealed;
        if args.json {
            let counts = (found.records, found.retired, found.checkpoints, found.unsealed);
            let (records, retired, checkpoints, unsealed) = counts;
            println!(
                "{}",
                json!({ "log": log, "records": records, "retired": retired, "checkpoints": checkpoints,
                        "unsealed": unsealed, "faults": faults })
            );
            continue;
        }
        println!(
            "{log}: {} records, {} deleted in good order, {} checkpoints, {} not sealed yet",
            found.records, found.retired, found.checkpoints, found.unsealed
        );
        faults.iter().for_each(|fault| println!("  {fault}"));
    }
    let (count, wrong) = store.verify_activations().map_err(|error| unread(&error))?;
    faulty += wrong.len();
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    if args.json {
        println!("{}", json!({ "activations": count, "faults": wrong }));
    } else {
        println!("activations: {count}, held against the audit log");
        wrong.iter().for_each(|fault| println!("  {fault}"));
    }
    let (count, wrong) = store.verify_bundles().map_err(|error| unread(&error))?;
    faulty += wrong.len();
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    if args.json {
        println!("{}", json!({ "bundles": count, "faults": wrong }));
    } else {
        println!("bundles: {count}, hashed anew");
        wrong.iter().for_each(|fault| println!("  {fault}"));
    }
    let verdict = match (faulty, open, &keys) {
        (0, _, None) => format!("{} logs are whole; signatures were not looked at: no `--key`", logs.len()),
        (0, 0, Some(_)) => format!("{} logs are whole; every signature is proved", logs.len()),
        (0, _, Some(_)) => format!("{} logs are whole; {open} records are not signed yet, only chained", logs.len()),
        _ => format!("{faulty} faults: something was changed, dropped, reordered or cut"),
    };
    if !args.json {
        report::verdict(faulty == 0, &verdict);
    }
    if faulty == 0 { Ok(()) } else { Err(Failure::Wrong) }
}
