//! `GET /v1/status`: every node, what serves, and what is watched.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Extension, State},
    response::Response,
};
use maple_store::Node;
use maple_wire::Problem;
use serde_json::{Value, json};

use super::{
    activations::{controlled, reading, shown},
    answer,
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    control::Health,
    control::STALE_NODE_SECONDS,
    records::{ENGINE, Records},
};

pub(crate) async fn status(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Response {
    answer::told(told(&app, &caller).await.map(|status| answer::json(status.to_string())))
}

/// How every node is, and what is watched.
pub(crate) async fn told(app: &Arc<App>, caller: &Caller) -> Result<Value, Problem> {
    let control = controlled(app)?;
    let serving = app.serving();
    // A node that is cut off still tells how it is itself.
    let found = reading(app, |control| Ok((control.store.nodes()?, control.store.current()?))).await;
    let (nodes, latest, reach) = match found {
        Ok((nodes, latest)) => (nodes, latest, true),
        Err(_) => (Vec::new(), None, false),
    };
    let newest = latest.as_ref().map_or(serving.activation.generation, |latest| latest.generation);
    let generation = serving.activation.generation;
    let planned = latest.filter(|latest| latest.generation > generation && !latest.is_due(timestamp(app.clock())));
    let expected = planned.as_ref().map_or(newest, |planned| planned.replaces.unwrap_or(newest));
    let silent = control.silent(&nodes);
    let nodes: Vec<Value> = nodes.iter().zip(silent).map(|(node, silent)| row(node, expected, silent)).collect();
    let canary = serving.terms.canary.as_ref().map(|terms| {
        let so_far = control.watched.canary_so_far(serving.activation.generation);
        json!({ "percent": terms.percent, "bundle": terms.bundle, "ruleset": terms.ruleset, "limits": terms.limits,
            "so_far": so_far, "slower": so_far.slower() })
    });
    let (cases, mut differences) = control.watched.shadows(serving.made.ruleset.digest());
    // They tell of single decisions.
    if !caller.is_everywhere(Role::Auditor) {
        differences.clear();
    }
    let shadows: Vec<Value> = cases
        .into_iter()
        .map(|(policy, cases, changed)| json!({ "policy": policy, "cases": cases, "changed": changed }))
        .collect();
    let records = app.records.as_ref().map(Records::statistics);
    Ok(json!({
        "node": control.node.name,
        "engine": ENGINE,
        "status": if app.reasons().is_empty() { "ready" } else { "degraded" },
        "reasons": app.reasons(),
        "database": { "reached": reach, "stale": control.is_stale() },
        "serving": shown(&serving.activation),
        "planned": planned.as_ref().map(shown),
        "nodes": nodes,
        "canary": canary,
        "shadow": { "policies": shadows, "differences": differences },
        "records": records.map(|so_far| json!({
            "kept": so_far.committed, "waiting": so_far.queued, "lost": so_far.lost,
        })),
    }))
}

fn row(node: &Node, expected: u32, silent: Duration) -> Value {
    let seconds = silent.as_secs();
    let away = silent > Duration::from_secs(STALE_NODE_SECONDS);
    let health: Health = serde_json::from_str(&node.health).unwrap_or_default();
    json!({
        "id": node.id,
        "generation": node.generation,
        "lag": expected.saturating_sub(node.generation),
        "engine": node.engine,
        "status": if away { "away".to_owned() } else { health.status },
        "cannot": health.cannot.map(|(generation, why)| json!({ "generation": generation, "why": why })),
        "seen": node.seen.to_string(),
        "seen_seconds_ago": seconds,
    })
}
