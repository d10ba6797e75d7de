//! The audit log: what was done to the service, by whom. Chained like the decisions.

use jiff::Timestamp;
use maple_seal::{Digest, Entry};
use serde::Serialize;

use crate::{
    AUDIT_LOG, DETAIL_BYTES_MAX, PAGE_COUNT_MAX, Store, StoreError, TEXT_BYTES_MAX,
    activation::moment,
    bounded,
    log::{self, digest, number},
    pool::Done,
    sql::{Fault, Link, Lock, Row, Value},
};

pub(crate) const COLUMNS: &str = "sequence, at, actor, action, subject, detail, leaf, chain";

/// Something that was done.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When.
    pub time: Timestamp,
    /// By whom or what.
    pub actor: &'a str,
    /// What, one word.
    pub action: &'a str,
    /// To what.
    pub subject: &'a str,
    /// What else there is to say.
    pub detail: &'a str,
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number.
    pub sequence: u64,
    /// When, in microseconds.
    pub time: Timestamp,
    /// By whom or what.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else there is to say.
    pub detail: String,
    pub(crate) leaf: Digest,
    pub(crate) chain: Digest,
}

#[derive(Serialize)]
struct Content<'a> {
    // Fields stand in the order of canonical JSON.
    action: &'a str,
    actor: &'a str,
    detail: &'a str,
    subject: &'a str,
}

impl Event<'_> {
    fn leaf(&self, sequence: u64) -> Result<Digest, Fault> {
        let Self { actor, action, subject, detail, time } = *self;
        let text = serde_json::to_vec(&Content { action, actor, detail, subject }).map_err(|_| Fault::Shape)?;
        Ok(Entry { content: Digest::of(&text), id: "", log: AUDIT_LOG, sequence, time }.leaf())
    }
}

impl AuditRecord {
    /// The leaf that its words make, were it at this number.
    pub(crate) fn leaf_at(&self, sequence: u64) -> Result<Digest, Fault> {
        let Self { actor, action, subject, detail, time, .. } = self;
        Event { time: *time, actor, action, subject, detail }.leaf(sequence)
    }
}

/// A moment as the database keeps it.
pub(crate) fn whole_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

pub(crate) fn append(link: &mut dyn Link, event: &Event<'_>) -> Done<u64> {
    link.serialise(Lock::Audit)?;
    let event = Event { time: whole_micros(event.time), ..*event };
    let head = log::head(link, AUDIT_LOG)?;
    let sequence = head.sequence + 1;
    let leaf = event.leaf(sequence)?;
    let chain = head.next(leaf).chain;
    link.execute(
        &format!("INSERT INTO audit (log, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        &[
            AUDIT_LOG.into(),
            number(sequence),
            Value::Int(event.time.as_microsecond()),
            event.actor.into(),
            event.action.into(),
            event.subject.into(),
            event.detail.into(),
            leaf.as_bytes().as_slice().into(),
            chain.as_bytes().as_slice().into(),
        ],
    )?;
    Ok(sequence)
}

pub(crate) fn read(mut row: Row) -> Result<AuditRecord, Fault> {
    Ok(AuditRecord {
        sequence: row.count()?,
        time: moment(row.int()?)?,
        actor: row.text()?,
        action: row.text()?,
        subject: row.text()?,
        detail: row.text()?,
        leaf: digest(row.bytes()?)?,
        chain: digest(row.bytes()?)?,
    })
}

impl Store {
    /// Adds an event; gives its number.
    ///
    /// # Errors
    ///
    /// When a text is too long or the database cannot be written.
    pub fn audit_append(&self, event: &Event<'_>) -> Result<u64, StoreError> {
        for text in [event.actor, event.action, event.subject] {
            bounded("a text of the audit log", text, TEXT_BYTES_MAX)?;
        }
        bounded("the detail of the audit log", event.detail, DETAIL_BYTES_MAX)?;
        self.pool().write("write the audit log of", |link| append(link, event))
    }

    /// The events before a number, the newest first, at most [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn audit_before(&self, sequence: u64, count: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let count = count.min(PAGE_COUNT_MAX);
        self.pool().read("read the audit log of", |link| {
            let page =
                format!("SELECT {COLUMNS} FROM audit WHERE log = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3");
            let rows = link.query(&page, &[AUDIT_LOG.into(), number(sequence), count.into()])?;
            Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
        })
    }
}
