//! What is no longer kept: whole checkpoints at a time, whose leaves stay, so that the chain still holds.

use jiff::Timestamp;

use crate::{
    AUDIT_LOG, Store, StoreError, TEXT_BYTES_MAX,
    audit::{self, Event},
    bounded,
    log::{self, number},
    pool::Done,
    sql::{Link, Lock, Value},
};

/// What was retired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    /// Checkpoints whose records are gone.
    pub checkpoints: u64,
    /// Records that are gone.
    pub records: u64,
}

impl Store {
    /// Deletes the decisions of a log that were made before a moment, in whole checkpoints from the oldest; each is
    /// written into the audit log with its deletion. Records without a checkpoint stay. Before each it asks whether to go on.
    ///
    /// # Errors
    ///
    /// When the log is the audit log, or the database cannot be written. What was retired until then stays so.
    pub fn decisions_retire(
        &self,
        log: &str,
        before: Timestamp,
        by: &str,
        at: Timestamp,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Retired, StoreError> {
        log::checked(log)?;
        bounded("a text of the audit log", by, TEXT_BYTES_MAX)?;
        if log == AUDIT_LOG {
            let help = "the audit log is kept whole";
            return Err(StoreError::Word { what: "the deletion of", word: log.to_owned(), help });
        }
        let mut retired = Retired::default();
        while go_on() {
            let step = |link: &mut dyn Link| one(link, log, before, by, at);
            match self.pool().write("delete old decisions from", step)? {
                0 => break,
                records => {
                    retired.checkpoints += 1;
                    retired.records += records;
                }
            }
        }
        Ok(retired)
    }
}

/// The records that a deletion is said of in the audit log, the first and the last.
pub(crate) fn said(detail: &str) -> Option<(u64, u64)> {
    let (first, rest) = detail.strip_prefix("records ")?.split_once(" to ")?;
    let (last, _) = rest.split_once(" of log ")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Retires the oldest checkpoint that has its records still; gives how many these were, none if it is too young.
fn one(link: &mut dyn Link, log: &str, before: Timestamp, by: &str, time: Timestamp) -> Done<u64> {
    // Of two that delete at once the second sees what the first did.
    link.serialise(Lock::Audit)?;
    let oldest = "SELECT number, first, last FROM checkpoint WHERE log = $1 AND leaves IS NULL ORDER BY number LIMIT 1";
    let Some(mut row) = link.first(oldest, &[log.into()])? else { return Ok(0) };
    let (at, first, last) = (row.count()?, row.count()?, row.count()?);
    let range = [log.into(), number(first), number(last)];
    let newest = "SELECT max(at) FROM decision WHERE log = $1 AND sequence BETWEEN $2 AND $3";
    let newest = link.first(newest, &range)?.map(|mut row| row.may_int()).transpose()?.flatten();
    if newest.is_none_or(|newest| newest >= before.as_microsecond()) {
        return Ok(0);
    }
    let (leaves, _) = log::leaves(link, log, first, last)?;
    if leaves.len() as u64 != last + 1 - first {
        // Nothing is deleted from a log with a gap: it is to be looked at.
        return Err(StoreError::Damaged { log: log.to_owned(), sequence: first }.into());
    }
    let kept: Vec<u8> = leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect();
    let keep = "UPDATE checkpoint SET leaves = $1 WHERE log = $2 AND number = $3";
    link.execute(keep, &[Value::Bytes(&kept), log.into(), number(at)])?;
    link.execute("DELETE FROM decision WHERE log = $1 AND sequence BETWEEN $2 AND $3", &range)?;
    let detail = format!("records {first} to {last} of log {log}, made before {before}");
    audit::append(link, &Event { time, actor: by, action: "retire", subject: log, detail: &detail })?;
    Ok(leaves.len() as u64)
}
