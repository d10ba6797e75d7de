//! What served at a moment of the past.

use std::sync::Arc;

use jiff::Timestamp;
use maple_wire::{Problem, ProblemKind};
use tokio::time::timeout;
use tracing::error;

use super::answer;
use crate::{
    app::{App, Serving},
    control::Unmade,
    records::chain,
};

/// What served at a moment. It may compile for a while, on a thread that may wait.
pub(super) async fn serving_at(app: &Arc<App>, at: Timestamp) -> Result<Arc<Serving>, Problem> {
    let Ok(Ok(_place)) = timeout(app.config.wait, app.record_reads.acquire()).await else {
        app.metrics.turned_away("/v1/evaluate");
        return Err(answer::overloaded());
    };
    let reader = Arc::clone(app);
    let found = tokio::task::spawn_blocking(move || made(&reader, at)).await.map_err(|_| answer::internal())?;
    match found {
        Ok(Some(serving)) => Ok(serving),
        Ok(None) => Err(Problem::new(
            ProblemKind::NotReplayable,
            format!("nothing served here at {at} yet; `/v1/activations` lists what served when"),
            "该时刻此处尚无规则生效；/v1/activations列出各时段的规则",
        )),
        Err(Unmade::Store(why)) => {
            error!(why = %chain(&why), "The store cannot be read.");
            Err(Problem::new(
                ProblemKind::Unavailable,
                "what served then cannot be read at the moment; try again, and tell the operator if it goes on",
                "暂时无法读取当时的规则；请稍后重试，如持续出现请告知运维人员",
            ))
        }
        Err(why) => Err(Problem::new(
            ProblemKind::NotReplayable,
            format!("what served at {at} cannot be made again: {}", chain(&why)),
            "当时的规则包未留存，或当前引擎不再接受它",
        )),
    }
}

fn made(app: &App, at: Timestamp) -> Result<Option<Arc<Serving>>, Unmade> {
    let Some(control) = &app.control else { return Ok(None) };
    let Some(activation) = control.store.serving(at)? else { return Ok(None) };
    let serving = app.serving();
    if serving.activation == activation {
        return Ok(Some(serving));
    }
    Ok(Some(Arc::new(control.serving(&activation)?)))
}
