//! `/v1/bundles`: publish, and what was published; `/v1/reports`: what was rejected.

use std::sync::Arc;

use axum::{
    extract::{Extension, Path, RawQuery, Request, State},
    http::{HeaderMap, StatusCode, header::ACCEPT},
    response::Response,
};
use maple_bundle::ARCHIVE_BYTES_MAX;
use maple_gate::Report;
use maple_seal::Digest;
use maple_store::{HISTORY_COUNT_MAX, TEXT_BYTES_MAX};
use maple_wire::{FilePlace, Flaw, FlawCode, Problem, ProblemKind};
use serde_json::{Value, json, value::RawValue};
use tokio::time::timeout;

use super::{
    activations::{acting, controlled, refused},
    answer,
    body::{self, Terms},
    query,
};
use crate::{
    access::{Caller, Role},
    app::App,
    control::{Control, Refusal},
};

/// Rows of one page of bundles or reports.
const ROWS_COUNT_MAX: u32 = HISTORY_COUNT_MAX;
const GZIP: &str = "application/gzip";
const TYPES: [&str; 3] = [GZIP, "application/x-gzip", "application/octet-stream"];

/// How a bundle is to be published.
#[derive(Default)]
struct Asked {
    dry: bool,
    digest: Option<Digest>,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let (mut asked, mut flaws) = (Self::default(), Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let told = match (&*name, &*value) {
                ("dry_run", "true" | "1" | "") => {
                    asked.dry = true;
                    None
                }
                ("dry_run", "false" | "0") => None,
                ("dry_run", _) => Some(("`dry_run` is true or false".to_owned(), "dry_run应为true或false".to_owned())),
                ("digest", text) => {
                    asked.digest = text.parse().ok();
                    let en = "`digest` is `sha256:` and 64 digits of the bytes that are sent".to_owned();
                    asked.digest.is_none().then_some((en, "digest应为所传字节的sha256摘要".to_owned()))
                }
                _ => Some((
                    "the parameters are `dry_run` and `digest`".to_owned(),
                    "可用参数为dry_run和digest".to_owned(),
                )),
            };
            if let Some((en, zh)) = told {
                let name: String = name.chars().take(64).collect();
                flaws.push(Flaw::new(format!("?{name}"), FlawCode::BadFormat, en, zh));
            }
        }
        let count = flaws.len();
        if count == 0 { Ok(asked) } else { Err(Problem::with_errors(ProblemKind::InvalidQuery, flaws, count)) }
    }
}

pub(crate) async fn publish(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    match published(app, caller, &query.unwrap_or_default(), request).await {
        Ok(response) | Err(Failed::Rejected(response)) => response,
        Err(Failed::Problem(problem)) => answer::problem(&problem),
    }
}

enum Failed {
    Problem(Problem),
    Rejected(Response),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn published(app: Arc<App>, caller: Caller, query: &str, request: Request) -> Result<Response, Failed> {
    caller.require_somewhere(Some(Role::Author))?;
    let Asked { dry, digest } = Asked::read(query)?;
    body::expect_type(request.headers(), &TYPES)?;
    controlled(&app)?;
    let terms = Terms { limit: ARCHIVE_BYTES_MAX, deadline: app.config.upload_deadline, room: &app.uploads };
    let body = body::read(request, &terms).await?;
    let Ok(Ok(place)) = timeout(app.config.wait, Arc::clone(&app.examinations).acquire_owned()).await else {
        app.metrics.turned_away("/v1/bundles");
        return Err(answer::overloaded().into());
    };
    let bytes = body.bytes.clone();
    let (worker, asks) = (Arc::clone(&app), caller.clone());
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        let control = controlled(&worker).map_err(Refusal::NotControlled)?;
        acting(&asks, Role::Author, |actor| control.publish(&worker, &bytes, digest.as_ref(), dry, actor))
    });
    match done.await.map_err(|_| answer::internal())? {
        Ok(published) => {
            let status = if published.new && !dry { StatusCode::CREATED } else { StatusCode::OK };
            let report = serde_json::to_vec(&published.report).map_err(|_| answer::internal())?;
            Ok(answer::of(status, answer::JSON, report))
        }
        Err(Refusal::Rejected(report, id)) => Err(Failed::Rejected(rejected(&report, id.as_deref()))),
        Err(other) => Err(refused(&other, &caller, Role::Author).into()),
    }
}

/// A problem that names everything that keeps a bundle from serving, with the whole report.
pub(super) fn rejected(report: &Report, id: Option<&str>) -> Response {
    let problems = report.stages.iter().flat_map(|one| &one.problems).filter(|problem| problem.error);
    let flaws: Vec<Flaw> = problems
        .map(|problem| {
            let advice = problem.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
            let detail = format!("{}{advice}", problem.message);
            let place = FilePlace {
                file: problem.file.clone(),
                line: problem.line,
                column: problem.column,
                code: problem.code.clone(),
            };
            let flaw = Flaw::new(String::new(), FlawCode::Diagnostic, detail, problem.message_zh.clone());
            Flaw { place: Some(place), ..flaw }
        })
        .collect();
    let count = usize::try_from(report.errors()).unwrap_or(usize::MAX);
    let problem = Problem::with_errors(ProblemKind::BundleRejected, flaws, count);
    let mut whole: Value = serde_json::from_slice(&problem.to_json()).unwrap_or_default();
    if let Value::Object(members) = &mut whole {
        members.insert("report".to_owned(), serde_json::to_value(report).unwrap_or_default());
        members.insert("report_id".to_owned(), json!(id));
    }
    answer::problem_of(problem.kind, whole.to_string())
}

pub(crate) async fn list(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    answer::told(listed(&app, &query.unwrap_or_default()).await)
}

/// Behind which row of a list its page begins.
fn before(query: &str) -> Result<Option<String>, Problem> {
    let mut before = None;
    query::read(query, |name, value| {
        if name != "before" {
            return Err(query::unknown(name, &["before"]));
        }
        if value.is_empty() || value.len() > TEXT_BYTES_MAX {
            let en = "`before` is what `next` of the page before says".to_owned();
            return Err((en, "before应为上一页next所示的值".to_owned()));
        }
        before = Some(value.to_owned());
        Ok(())
    })?;
    Ok(before)
}

/// The name of the last row of a full page.
fn next<T>(page: &[T], name: impl FnOnce(&T) -> &str) -> Option<String> {
    page.last().filter(|_| page.len() >= ROWS_COUNT_MAX as usize).map(|last| name(last).to_owned())
}

async fn listed(app: &Arc<App>, query: &str) -> Result<Response, Problem> {
    let before = before(query)?;
    let read = move |control: &Control| control.store.bundles(ROWS_COUNT_MAX, before.as_deref());
    let found = super::activations::reading(app, read).await?;
    let next = next(&found, |one| &one.digest);
    let rows: Vec<Value> =
        found.iter().map(|one| json!({ "bundle": one.digest, "at": one.at, "by": one.by })).collect();
    Ok(answer::json(json!({ "bundles": rows, "next": next }).to_string()))
}

pub(crate) async fn one(State(app): State<Arc<App>>, Path(digest): Path<String>, headers: HeaderMap) -> Response {
    answer::told(shown(&app, digest, &headers).await)
}

async fn shown(app: &Arc<App>, name: String, headers: &HeaderMap) -> Result<Response, Problem> {
    let unknown = || {
        Problem::new(
            ProblemKind::NotFound,
            "no bundle of that digest was published here; `/v1/bundles` lists those that were",
            "此处没有该摘要的规则包；/v1/bundles列出全部",
        )
    };
    let digest: Digest = name.parse().map_err(|_| unknown())?;
    let bytes = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("gzip"));
    if bytes {
        let found = super::activations::reading(app, move |control| control.store.bundle(&digest)).await?;
        return Ok(answer::of(StatusCode::OK, GZIP, found.ok_or_else(unknown)?.bytes));
    }
    let found = super::activations::reading(app, move |control| control.store.bundle_info(&digest)).await?;
    let found = found.ok_or_else(unknown)?;
    Ok(answer::json(json!({ "bundle": found.digest, "at": found.at, "by": found.by }).to_string()))
}

pub(crate) async fn reports(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    answer::told(reported(&app, &caller, &query.unwrap_or_default()).await)
}

/// Reports tell what stands in policies that may never serve: for those who write or audit them.
fn reads_reports(caller: &Caller) -> Result<(), Problem> {
    if caller.has(Role::Auditor) { Ok(()) } else { caller.require_somewhere(Some(Role::Author)) }
}

async fn reported(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Response, Problem> {
    reads_reports(caller)?;
    let before = before(query)?;
    let read = move |control: &Control| control.store.rejections(ROWS_COUNT_MAX, before.as_deref());
    let found = super::activations::reading(app, read).await?;
    let next = next(&found, |one| &one.id);
    let rows: Vec<Value> =
        found.iter().map(|one| json!({ "id": one.id, "at": one.at, "by": one.by, "bundle": one.bundle })).collect();
    Ok(answer::json(json!({ "reports": rows, "next": next }).to_string()))
}

pub(crate) async fn report(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(report_of(&app, &caller, id).await)
}

async fn report_of(app: &Arc<App>, caller: &Caller, id: String) -> Result<Response, Problem> {
    reads_reports(caller)?;
    let found = super::activations::reading(app, move |control| control.store.rejection(&id)).await?;
    let found = found.ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            "there is no report of that id; `/v1/reports` lists those there are",
            "没有该编号的报告；/v1/reports列出全部",
        )
    })?;
    let report = RawValue::from_string(found.body).map_err(|_| answer::internal())?;
    let whole = json!({ "id": found.id, "at": found.at, "by": found.by, "bundle": found.bundle, "report": report });
    Ok(answer::json(whole.to_string()))
}
