//! `POST /v1/tick`: what the clock brings, now: for whoever runs the service from a scheduler of their own.

use std::sync::Arc;

use axum::{
    extract::{Extension, State},
    response::Response,
};
use maple_wire::{Problem, ProblemKind};
use serde_json::json;

use super::{activations::reading, answer, events};
use crate::{
    access::{Caller, Role},
    app::App,
    control,
};

pub(crate) async fn tick(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Response {
    answer::told(ticked(&app, &caller).await)
}

async fn ticked(app: &Arc<App>, caller: &Caller) -> Result<Response, Problem> {
    caller.require_everywhere(Role::Evaluate)?;
    events::docket(app)?;
    let runs = Arc::clone(app);
    let ticked = reading(app, move |control| control::tick(&runs, control)).await?;
    let Some(ticked) = ticked else {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "a tick is under way; wait until it has ended",
            "上一次执行尚未结束，请稍候",
        ));
    };
    let told = json!({
        "looked": ticked.looked, "signals": ticked.signals, "escalated": ticked.escalated, "more": ticked.more
    });
    Ok(answer::json(told.to_string()))
}
