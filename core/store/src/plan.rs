//! Plans, as they were proposed, and who accepted which.

use jiff::{Timestamp, ToSpan};

use crate::{
    Store, StoreError, TEXT_BYTES_MAX,
    activation::moment,
    bounded, fits,
    sql::{Fault, Link, Row, Value},
};

/// Length of a plan, as it is kept.
pub const PLAN_BYTES_MAX: usize = 16 << 20;
/// Days for which a plan is kept that nobody accepts.
pub const PLAN_KEPT_DAYS: i64 = 30;

/// A plan, as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRecord {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// For whom it was made.
    pub actor: String,
    /// The locality; with all below.
    pub locality: String,
    /// The digest of what was asked.
    pub question: String,
    /// What it says, as its maker writes it.
    pub body: Vec<u8>,
}

/// That somebody accepted a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What became of it, once that is known.
    pub outcome: Option<String>,
}

impl Store {
    /// Keeps a plan, and forgets those that nobody accepted for [`PLAN_KEPT_DAYS`].
    ///
    /// # Errors
    ///
    /// When it is too large, or the database cannot be written.
    pub fn plan_put(&self, plan: &PlanRecord) -> Result<(), StoreError> {
        let PlanRecord { id, at, actor, locality, question, body } = plan;
        for text in [id, actor, locality, question] {
            bounded("a text of a plan", text, TEXT_BYTES_MAX)?;
        }
        fits("a plan", body.len(), PLAN_BYTES_MAX)?;
        let kept_from = at.checked_sub((24 * PLAN_KEPT_DAYS).hours()).unwrap_or(Timestamp::MIN);
        self.pool().write("keep a plan in", |link| {
            let old = "DELETE FROM plan WHERE at < $1 \
                       AND NOT EXISTS (SELECT 1 FROM acceptance WHERE acceptance.plan = plan.id)";
            link.execute(old, &[Value::Int(kept_from.as_microsecond())])?;
            let put = "INSERT INTO plan (id, at, actor, locality, question, body) VALUES ($1, $2, $3, $4, $5, $6)";
            let values = [
                Value::Text(id),
                Value::Int(at.as_microsecond()),
                Value::Text(actor),
                Value::Text(locality),
                Value::Text(question),
                Value::Bytes(body),
            ];
            link.execute(put, &values)?;
            Ok(())
        })
    }

    /// A plan, and whether it was accepted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn plan(&self, id: &str) -> Result<Option<(PlanRecord, Option<Acceptance>)>, StoreError> {
        self.pool().read("read a plan from", |link| {
            let one = "SELECT id, at, actor, locality, question, body FROM plan WHERE id = $1";
            let Some(row) = link.first(one, &[Value::Text(id)])? else { return Ok(None) };
            Ok(Some((read(row)?, acceptance(link, id)?)))
        })
    }

    /// Notes that a plan is accepted; who was first stays who it was.
    ///
    /// # Errors
    ///
    /// When a text is too long, or the database cannot be written.
    pub fn plan_accept(&self, id: &str, at: Timestamp, actor: &str) -> Result<Acceptance, StoreError> {
        bounded("a text of a plan", actor, TEXT_BYTES_MAX)?;
        self.pool().write("accept a plan in", |link| {
            let put = "INSERT INTO acceptance (plan, at, actor) VALUES ($1, $2, $3) ON CONFLICT (plan) DO NOTHING";
            link.execute(put, &[Value::Text(id), Value::Int(at.as_microsecond()), Value::Text(actor)])?;
            Ok(acceptance(link, id)?.ok_or(Fault::Shape)?)
        })
    }

    /// Notes what became of a plan that was accepted; what was noted first stays.
    ///
    /// # Errors
    ///
    /// When it is too large, or the database cannot be written.
    pub fn plan_accepted(&self, id: &str, outcome: &str) -> Result<(), StoreError> {
        fits("what became of a plan", outcome.len(), PLAN_BYTES_MAX)?;
        self.pool().write("accept a plan in", |link| {
            let put = "UPDATE acceptance SET outcome = $2 WHERE plan = $1 AND outcome IS NULL";
            link.execute(put, &[Value::Text(id), Value::Text(outcome)])?;
            Ok(())
        })
    }
}

pub(crate) fn read(mut row: Row) -> Result<PlanRecord, Fault> {
    Ok(PlanRecord {
        id: row.text()?,
        at: moment(row.int()?)?,
        actor: row.text()?,
        locality: row.text()?,
        question: row.text()?,
        body: row.bytes()?,
    })
}

pub(crate) fn acceptance(link: &mut dyn Link, id: &str) -> Result<Option<Acceptance>, Fault> {
    let one = "SELECT at, actor, outcome FROM acceptance WHERE plan = $1";
    let Some(mut row) = link.first(one, &[Value::Text(id)])? else { return Ok(None) };
    Ok(Some(Acceptance { at: moment(row.int()?)?, actor: row.text()?, outcome: row.may_text()? }))
}
