//! `maple audit verify`: the logs of decisions, walked from end to end.

use anstream::println;
use maple_store::AUDIT_LOG;
use serde_json::json;

use super::{database, receipt};
use crate::{
    Failure,
    args::{AuditLog, VerifyLogs},
    load::chain,
    report,
};

pub(crate) fn run(AuditLog::Verify(args): &AuditLog) -> Result<(), Failure> {
    verify(args)
}

fn verify(args: &VerifyLogs) -> Result<(), Failure> {
    let unread = |error: &maple_store::StoreError| Failure::Unreachable(chain(error));
    let keys = if args.key.is_empty() { None } else { Some(receipt::keys(&args.key)?) };
    let store = database::open(&args.database)?;
    let mut logs = store.logs().map_err(|error| unread(&error))?;
    if !logs.iter().any(|log| log == AUDIT_LOG) {
        logs.push(AUDIT_LOG.to_owned());
    }
    let (mut faulty, mut open) = (0, 0);
    for log in &logs {
        let found = store.verify(log, keys.as_ref(), None).map_err(|error| unread(&error))?;
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
            "{log}: {} records, {} checkpoints, {} not sealed yet",
            found.records, found.checkpoints, found.unsealed
        );
        faults.iter().for_each(|fault| println!("  {fault}"));
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
