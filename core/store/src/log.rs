//! What every log has: its end, its leaves, its checkpoints.

use jiff::Timestamp;
use maple_seal::{Checkpoint, Digest, Head, Signer, root};

use crate::{
    AUDIT_LOG, CHECKPOINT_RECORDS_MAX, LOG_BYTES_MAX, Store, StoreError, bounded,
    pool::Done,
    sql::{Fault, Link, Value},
};

/// The table that keeps the records of a log.
pub(crate) fn table(log: &str) -> &'static str {
    if log == AUDIT_LOG { "audit" } else { "decision" }
}

/// A number as the database has it.
pub(crate) fn number(value: u64) -> Value<'static> {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(crate) fn digest(bytes: Vec<u8>) -> Result<Digest, Fault> {
    Ok(Digest::from_bytes(bytes.try_into().map_err(|_| Fault::Shape)?))
}

/// Digests one after the other, as a retired checkpoint keeps them.
pub(crate) fn digests(bytes: &[u8]) -> Result<Vec<Digest>, Fault> {
    bytes.chunks(32).map(|bytes| digest(bytes.to_vec())).collect()
}

pub(crate) fn checked(log: &str) -> Result<(), StoreError> {
    bounded("the id of a log", log, LOG_BYTES_MAX)?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':' | '/');
    if log.is_empty() || !log.chars().all(fits) {
        let help = "write letters, digits, `-`, `_`, `.`, `:` and `/`";
        return Err(StoreError::Word { what: "the id of a log", word: log.to_owned(), help });
    }
    Ok(())
}

/// The end of a log.
pub(crate) fn head(link: &mut dyn Link, log: &str) -> Done<Head> {
    let table = table(log);
    let last = format!("SELECT sequence, chain FROM {table} WHERE log = $1 ORDER BY sequence DESC LIMIT 1");
    if let Some(mut row) = link.first(&last, &[log.into()])? {
        return Ok(Head { sequence: row.count()?, chain: digest(row.bytes()?)? });
    }
    // Every record may have been retired: then the last checkpoint knows the end.
    let kept = last_checkpoint(link, log)?;
    Ok(kept.map_or_else(|| Head::empty(log), |(kept, _)| Head { sequence: kept.last, chain: kept.chain }))
}

/// The last checkpoint of a log, read and as it was signed.
pub(crate) fn last_checkpoint(link: &mut dyn Link, log: &str) -> Done<Option<(Checkpoint, String)>> {
    let last = "SELECT jws FROM checkpoint WHERE log = $1 ORDER BY number DESC LIMIT 1";
    match link.first(last, &[log.into()])? {
        None => Ok(None),
        Some(mut row) => {
            let jws = row.text()?;
            Ok(Some((Checkpoint::read(&jws).map_err(|_| Fault::Shape)?, jws)))
        }
    }
}

/// The leaves from one number to another, without a gap, with the chain at the last.
pub(crate) fn leaves(link: &mut dyn Link, log: &str, first: u64, last: u64) -> Done<(Vec<Digest>, Option<Digest>)> {
    let table = table(log);
    let page = format!(
        "SELECT sequence, leaf, chain FROM {table} WHERE log = $1 AND sequence BETWEEN $2 AND $3 ORDER BY sequence"
    );
    let rows = link.query(&page, &[log.into(), number(first), number(last)])?;
    let (mut leaves, mut chain) = (Vec::with_capacity(rows.len()), None);
    for (expected, mut row) in (first..).zip(rows) {
        if row.count()? != expected {
            return Err(StoreError::Damaged { log: log.to_owned(), sequence: expected }.into());
        }
        leaves.push(digest(row.bytes()?)?);
        chain = Some(digest(row.bytes()?)?);
    }
    Ok((leaves, chain))
}

/// Signs the end of a log, where there is something to sign.
fn sealed(link: &mut dyn Link, log: &str, signer: &Signer, time: Timestamp) -> Done<Option<Checkpoint>> {
    let before = last_checkpoint(link, log)?.map(|(before, _)| before);
    let first = before.as_ref().map_or(0, |before| before.last) + 1;
    let (leaves, chain) = leaves(link, log, first, first + CHECKPOINT_RECORDS_MAX - 1)?;
    let Some(chain) = chain else { return Ok(None) };
    let head = Head { sequence: first + leaves.len() as u64 - 1, chain };
    let checkpoint = Checkpoint::after(before.as_ref(), log, head, root(&leaves), time);
    let sealed = |source| StoreError::Seal { log: log.to_owned(), source };
    let jws = checkpoint.sign(signer).map_err(sealed)?;
    let Checkpoint { number: at, first, last, .. } = checkpoint;
    link.execute(
        "INSERT INTO checkpoint (log, number, first, last, jws) VALUES ($1, $2, $3, $4, $5)",
        &[log.into(), number(at), number(first), number(last), jws.as_str().into()],
    )?;
    Ok(Some(checkpoint))
}

impl Store {
    /// The number of the last record of a log, 0 for none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn log_end(&self, log: &str) -> Result<u64, StoreError> {
        Ok(self.pool().read("read the log from", |link| head(link, log))?.sequence)
    }

    /// The logs that have records or checkpoints, by id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn logs(&self) -> Result<Vec<String>, StoreError> {
        let all = "SELECT log FROM decision UNION SELECT log FROM audit UNION SELECT log FROM checkpoint ORDER BY log";
        self.pool().read("read the logs from", |link| {
            Ok(link.query(all, &[])?.into_iter().map(|mut row| row.text()).collect::<Result<_, _>>()?)
        })
    }

    /// The logs that have checkpoints whose records are not retired yet, by id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn logs_to_retire(&self) -> Result<Vec<String>, StoreError> {
        let all = "SELECT DISTINCT log FROM checkpoint WHERE leaves IS NULL AND log <> $1 ORDER BY log";
        self.pool().read("read the logs from", |link| {
            let rows = link.query(all, &[AUDIT_LOG.into()])?;
            Ok(rows.into_iter().map(|mut row| row.text()).collect::<Result<_, _>>()?)
        })
    }

    /// Signs the end of a log: a checkpoint over the records since the last one, at most [`CHECKPOINT_RECORDS_MAX`].
    /// Nothing is signed where there are none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written, or another checkpoint came in between.
    pub fn checkpoint(&self, log: &str, signer: &Signer, time: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        checked(log)?;
        self.pool().write("sign the log in", |link| sealed(link, log, signer, time))
    }

    /// The same, without much patience for a server that does not answer: it may be signed later.
    ///
    /// # Errors
    ///
    /// As [`Store::checkpoint`].
    pub fn checkpoint_soon(
        &self,
        log: &str,
        signer: &Signer,
        time: Timestamp,
    ) -> Result<Option<Checkpoint>, StoreError> {
        checked(log)?;
        self.pool().write_soon("sign the log in", |link| sealed(link, log, signer, time))
    }

    /// The last checkpoint of a log, signed: what to keep elsewhere, so that a log cut short is noticed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn checkpoint_last(&self, log: &str) -> Result<Option<String>, StoreError> {
        let last = self.pool().read("read the checkpoint from", |link| last_checkpoint(link, log))?;
        Ok(last.map(|(_, jws)| jws))
    }
}
