//! `/v1/deliveries`: who is told what happens, what they did not take, and sending it again.

use std::sync::Arc;

use axum::{
    extract::{Extension, RawQuery, Request, State},
    response::Response,
};
use maple_store::{Delivery, DeliveryFilter, DeliveryState, RECIPIENT_BYTES_MAX, SentAgain, Standing, TEXT_BYTES_MAX};
use maple_wire::{FlawCode, Problem, ProblemKind};
use serde_json::{Value, json};

use super::{
    activations::{CHANGE_BYTES_MAX, reading},
    answer,
    body::{self, Terms},
    fields::Fields,
    query::{self, Wrong},
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
};

/// Rows on one page, where the caller does not say.
const PAGE_COUNT: u32 = 100;
const PARAMETERS: [&str; 4] = ["target", "state", "after", "count"];

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    answer::told(listed(&app, &caller, &query.unwrap_or_default()).await)
}

fn state(value: &str) -> Result<DeliveryState, Wrong> {
    let all = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
    DeliveryState::of(value).ok_or_else(|| (format!("`state` is one of {all}"), format!("state应为{all}之一")))
}

async fn listed(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Response, Problem> {
    let (mut filter, mut count) = (DeliveryFilter::default(), PAGE_COUNT);
    query::read(query, |name, value| {
        match name {
            "target" => filter.target = Some(value.to_owned()),
            "state" => filter.state = Some(state(value)?),
            "after" => {
                let (target, event) = value.split_once('.').ok_or_else(|| {
                    let en = "`after` is what `next` of the page before says".to_owned();
                    (en, "after应取自上一页的next".to_owned())
                })?;
                filter.after = Some((target.to_owned(), event.to_owned()));
            }
            "count" => count = query::count(value)?,
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    // What others are told is about all places.
    caller.require_everywhere(Role::Admin)?;
    let now = timestamp(app.clock());
    let read = reading(app, move |control| {
        Ok((control.store.recipients(None, now)?, control.store.deliveries(&filter, count)?))
    });
    let (targets, found) = read.await?;
    let next = found.last().filter(|_| found.len() as u64 >= u64::from(count));
    let next = next.map(|last| format!("{}.{}", last.target, last.event));
    let (targets, deliveries): (Vec<Value>, Vec<Value>) =
        (targets.iter().map(standing).collect(), found.iter().map(shown).collect());
    Ok(answer::json(json!({ "targets": targets, "deliveries": deliveries, "next": next }).to_string()))
}

fn standing(Standing { target, holder, behind, waiting, dead }: &Standing) -> Value {
    json!({ "target": target, "node": holder, "behind": behind, "waiting": waiting, "dead": dead })
}

fn shown(delivery: &Delivery) -> Value {
    let Delivery { target, event, what, at, body, attempts, due, state, why } = delivery;
    let waits = *state == DeliveryState::Waiting;
    json!({
        "target": target,
        "event": event,
        "type": what,
        "time": at.to_string(),
        "state": state.as_str(),
        "attempts": attempts,
        "due": waits.then(|| due.to_string()),
        "why": why,
        "body": serde_json::from_str::<Value>(body).unwrap_or_default(),
    })
}

pub(crate) async fn again(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    answer::told(sent_again(&app, &caller, request).await)
}

async fn sent_again(app: &Arc<App>, caller: &Caller, request: Request) -> Result<Response, Problem> {
    caller.require_everywhere(Role::Admin)?;
    body::expect_type(request.headers(), &[answer::JSON])?;
    let terms = Terms { limit: CHANGE_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    let mut fields = Fields::read(&body.bytes, &["target", "event", "all"])?;
    let target = fields.needed("target", RECIPIENT_BYTES_MAX);
    let (event, all) = (fields.text("event", TEXT_BYTES_MAX), fields.flag("all"));
    if event.is_some() == all {
        let en = "name one `event`, or write `all` as true".to_owned();
        fields.flaw("event", FlawCode::Missing, en, "请填写一个event，或令all为true".to_owned());
    }
    fields.end()?;
    let (actor, now) = (caller.name().to_owned(), timestamp(app.clock()));
    let sent =
        reading(app, move |control| control.store.deliveries_again(&target, event.as_deref(), &actor, now)).await?;
    let SentAgain::Waiting(count) = sent else {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "no node tells this recipient any more, so nobody would try it again; name it in the configuration of a node, \
             start the node, and send again then",
            "已没有节点负责该接收方，重新发送无人执行；请先在某个节点的配置中写入该接收方并启动，再重新发送",
        ));
    };
    if count == 0 {
        return Err(Problem::new(
            ProblemKind::NotFound,
            "there is no such dead delivery; `/v1/deliveries?state=dead` lists them",
            "没有符合条件的未送达事件；/v1/deliveries?state=dead列出全部",
        ));
    }
    Ok(answer::json(json!({ "sent_again": count }).to_string()))
}
