//! For operators: health, figures, the description of the service and of its problems.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};
use maple_wire::{OPENAPI, Problem, ProblemKind};
use serde::Serialize;

use super::answer;
use crate::app::App;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) async fn live() -> Response {
    answer::json(r#"{"status":"live"}"#)
}

/// Ready also while packs are left out: whoever starts with `--keep-going` wants the rest to serve.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    #[derive(Serialize)]
    struct Ready<'a> {
        status: &'a str,
        generation: u32,
        ruleset: &'a str,
        reasons: Vec<String>,
    }
    let serving = app.serving();
    let mut reasons = app.reasons();
    let (code, status) = if app.is_draining() {
        reasons.push("the service is stopping".to_owned());
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if app.control.as_ref().is_some_and(crate::control::Control::is_stale) {
        // It answers no question: another node should be asked.
        (StatusCode::SERVICE_UNAVAILABLE, "stale")
    } else if reasons.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::OK, "degraded")
    };
    let generation = serving.activation.generation;
    let ready = Ready { status, generation, ruleset: serving.ruleset.digest(), reasons };
    answer::of(code, answer::JSON, serde_json::to_vec(&ready).unwrap_or_default())
}

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    if let Some(records) = &app.records {
        app.metrics.recorded(&records.statistics());
    }
    app.metrics.queue_places.set(i64::try_from(app.admission.free_to_wait()).unwrap_or(i64::MAX));
    answer::of(StatusCode::OK, OPENMETRICS, app.metrics.text())
}

pub(crate) async fn openapi() -> Response {
    answer::json(OPENAPI)
}

/// What a kind of problem means: its `type` leads here.
pub(crate) async fn problem(name: Result<Path<String>, PathRejection>) -> Response {
    #[derive(Serialize)]
    struct Kind<'a> {
        r#type: &'a str,
        title: &'a str,
        title_zh: &'a str,
        status: u16,
    }
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let kind = ProblemKind::ALL.into_iter().find(|kind| kind.uri().strip_prefix("/problems/") == Some(&name));
    match kind {
        Some(kind) => {
            let (title, title_zh) = kind.title();
            let view = Kind { r#type: kind.uri(), title, title_zh, status: kind.status() };
            answer::json(serde_json::to_vec(&view).unwrap_or_default())
        }
        None => {
            let all: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.uri()).collect();
            answer::problem(&Problem::new(
                ProblemKind::NotFound,
                format!("there is no such kind of problem; the kinds are {}", all.join(", ")),
                format!("没有这一问题类型；可用：{}", all.join("、")),
            ))
        }
    }
}
