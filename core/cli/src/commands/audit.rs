//! `maple audit verify`: the logs of decisions, walked from end to end.

use anstream::println;
use maple_store::{AUDIT_LOG, Store};
use serde_json::json;

use super::receipt;
use crate::{
    Failure,
    args::{AuditLog, VerifyLogs},
    config::STATE,
    load::chain,
    report,
};

pub(crate) fn run(AuditLog::Verify(args): &AuditLog) -> Result<(), Failure> {
    verify(args)
}

fn verify(args: &VerifyLogs) -> Result<(), Failure> {
    let unread = |error: &maple_store::StoreError| Failure::Unreachable(chain(error));
    let url = match &args.database {
        Some(url) => url.clone(),
        None => {
            let file = args.state.clone().unwrap_or_else(|| STATE.into()).join("maple.sqlite");
            // To look must not make anything.
            if !file.is_file() {
                return Err(Failure::Unreachable(format!(
                    "there is no database `{}`; `--database` or `--state` names another",
                    file.display()
                )));
            }
            format!("sqlite://{}", file.display())
        }
    };
    let keys = if args.key.is_empty() { None } else { Some(receipt::keys(&args.key)?) };
    let store = Store::open_url(&url).map_err(|error| unread(&error))?;
    let mut logs = store.logs().map_err(|error| unread(&error))?;
    if !logs.iter().any(|log| log == AUDIT_LOG) {
        logs.push(AUDIT_LOG.to_owned());
    }
    let mut faulty = 0;
    for log in &logs {
        let found = store.verify(log, keys.as_ref(), None).map_err(|error| unread(&error))?;
        let faults: Vec<String> = found.faults.iter().map(|fault| chain(fault)).collect();
        faulty += faults.len();
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
    if faulty > 0 {
        report::verdict(false, &format!("{faulty} faults: something was changed, dropped, reordered or cut"));
        return Err(Failure::Wrong);
    }
    let proved = if keys.is_some() { "every signature is proved" } else { "signatures were not looked at: no `--key`" };
    report::verdict(true, &format!("{} logs are whole; {proved}", logs.len()));
    Ok(())
}
