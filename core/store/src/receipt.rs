//! Receipts of recorded decisions.

use jiff::Timestamp;
use maple_seal::{Receipt, Signer, Statement, proof};

use crate::{
    Record, Store, StoreError,
    log::{self, number},
    sql::Fault,
};

impl Store {
    /// The receipt of a decision, signed now.
    ///
    /// # Errors
    ///
    /// When there is no such decision, or no checkpoint covers it yet, or the database cannot be read.
    pub fn receipt(&self, id: &str, signer: &Signer, issued: Timestamp) -> Result<Receipt, StoreError> {
        let missing = || StoreError::Missing { what: "decision", name: id.to_owned() };
        let record = self.decision(id)?.ok_or_else(missing)?;
        let Record { log, sequence, .. } = &record;
        let unsealed = || StoreError::Unsealed { log: log.clone(), sequence: *sequence };
        let (jws, path) = self.pool().read("read the checkpoint from", |link| {
            let over = "SELECT first, last, jws FROM checkpoint WHERE log = $1 AND last >= $2 ORDER BY last LIMIT 1";
            let mut row = link.first(over, &[log.as_str().into(), number(*sequence)])?.ok_or_else(unsealed)?;
            let (first, last, jws) = (row.count()?, row.count()?, row.text()?);
            let (leaves, _) = log::leaves(link, log, first, last)?;
            let place = sequence.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let path = place.and_then(|place| proof(&leaves, place)).ok_or(Fault::Shape)?;
            Ok((jws, path))
        })?;
        let sealed = |source| StoreError::Seal { log: log.clone(), source };
        Receipt::new(signer, &statement(&record, issued), jws, path).map_err(sealed)
    }
}

fn statement(record: &Record, issued: Timestamp) -> Statement {
    let one = &record.prepared;
    Statement {
        context: one.context,
        engine: one.engine.clone(),
        id: one.id.clone(),
        input: one.input,
        issued,
        labels: one.labels(),
        leaf: record.leaf,
        log: record.log.clone(),
        output: one.output,
        ruleset: one.ruleset.clone(),
        sequence: record.sequence,
        time: one.time,
    }
}
