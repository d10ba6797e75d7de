//! `GET /v1/keys` and `GET /v1/audit`: what proves the records, and who changed what.

use std::sync::Arc;

use axum::{
    extract::{Extension, RawQuery, State},
    response::Response,
};
use maple_store::{AuditRecord, KeyRecord};
use maple_wire::Problem;
use serde_json::{Value, json};

use super::{
    answer,
    decisions::reading,
    query::{self, Wrong},
};
use crate::{
    access::{Caller, Role},
    app::App,
};

/// Events on one page, where the caller does not say.
const EVENTS_COUNT: u32 = 100;
const PARAMETERS: [&str; 2] = ["before", "count"];

/// The public keys that sign checkpoints and receipts, and when each holds.
pub(crate) async fn keys(State(app): State<Arc<App>>) -> Response {
    answer::told(kept(&app).await)
}

async fn kept(app: &Arc<App>) -> Result<Response, Problem> {
    let keys = reading(app, |records| records.store.keys()).await?;
    let rows: Option<Vec<Value>> = keys.iter().map(row).collect();
    let rows = rows.ok_or_else(answer::internal)?;
    Ok(answer::json(json!({ "keys": rows }).to_string()))
}

fn row(KeyRecord { purpose, key }: &KeyRecord) -> Option<Value> {
    let pem = key.public.to_pem().ok()?;
    let moment = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    Some(json!({
        "id": key.public.id().as_str(), "purpose": purpose.word(), "from": key.from.to_string(), "to": moment(key.to),
        "revoked": moment(key.revoked), "pem": pem,
    }))
}

/// What was done to the service, the newest first.
pub(crate) async fn audit(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    answer::told(events(&app, &caller, &query.unwrap_or_default()).await)
}

async fn events(app: &Arc<App>, caller: &Caller, asked: &str) -> Result<Response, Problem> {
    let (mut before, mut count) = (u64::MAX, EVENTS_COUNT);
    query::read(asked, |name, value| -> Result<(), Wrong> {
        match name {
            "before" => {
                let en = "`before` is the number of an event, as `next` of the page before says".to_owned();
                before = value.parse().map_err(|_| (en, "before为事件序号，取自上一页的next".to_owned()))?;
            }
            "count" => count = query::count(value)?,
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    // Events tell of all places.
    caller.require_everywhere(Role::Auditor)?;
    let found = reading(app, move |records| records.store.audit_before(before, count)).await?;
    let next = found.last().filter(|_| found.len() as u64 >= u64::from(count)).map(|last| last.sequence);
    let next = next.filter(|sequence| *sequence > 1);
    let events: Vec<Value> = found.iter().map(event).collect();
    Ok(answer::json(json!({ "events": events, "next": next }).to_string()))
}

fn event(AuditRecord { sequence, time, actor, action, subject, detail, .. }: &AuditRecord) -> Value {
    json!({
        "sequence": sequence, "time": time.to_string(), "actor": actor, "action": action, "subject": subject,
        "detail": detail,
    })
}
