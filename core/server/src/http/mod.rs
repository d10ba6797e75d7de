//! The doors: paths, methods, and what every request passes on its way in and out.

mod access;
pub(crate) mod activations;
pub(crate) mod answer;
mod batch;
pub(crate) mod body;
mod bundles;
pub(crate) mod decisions;
mod deliveries;
pub(crate) mod evaluate;
pub(crate) mod events;
mod fields;
pub(crate) mod insight;
mod keys;
mod lines;
mod monthly;
mod operations;
pub(crate) mod optimise;
pub(crate) mod plan;
mod playground;
mod preview;
pub(crate) mod query;
pub(crate) mod risk;
pub(crate) mod signals;
pub(crate) mod station;
mod stations;
pub(crate) mod status;
mod tick;
mod views;

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{Method, Uri},
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, get, post},
};
use maple_wire::{Problem, ProblemKind};
use tracing::{debug, info, warn};

pub(crate) use access::identified;
pub(crate) use activations::reading;
pub(crate) use answer::overloaded;
pub use plan::PLAN_SOURCE;
pub use station::{QUEUE_COUNT_MAX, STAFF_ROWS_COUNT_MAX, STATIONS_SHOWN_MAX};
pub use stations::MEDIATORS_COUNT_MAX;

use access::Needs;

use crate::{
    access::Role,
    app::App,
    console,
    trace::{Span, TRACEPARENT},
};

/// The decision of an answer, for the log.
#[derive(Clone, Copy)]
struct DecisionId(uuid::Uuid);

/// The number that tells a request from every other: its trace, its decision and its line in the log share it.
#[derive(Clone, Copy)]
pub(crate) struct RequestId(pub(crate) uuid::Uuid);

/// Every path of the service with its door, and what the door asks of callers.
fn doors() -> [(&'static str, MethodRouter<Arc<App>>, Needs); 70] {
    use Needs::{AnyRole, Nothing, Page};
    let role = Needs::Role;
    let reads = Page(Some(Role::Auditor));
    [
        ("/", get(console::overview), Page(None)),
        ("/overview.csv", get(console::overview_csv), Page(None)),
        ("/cases", get(console::cases), reads),
        ("/cases/{id}", get(console::case), reads),
        ("/decisions", get(console::decisions), reads),
        ("/decisions/{id}", get(console::decision), reads),
        ("/decisions/{id}/replay", post(console::replay), reads),
        ("/decisions/{id}/receipt", get(console::receipt), reads),
        ("/optimise", get(console::optimise), Page(None)),
        ("/optimise.csv", get(console::optimise_csv), Page(None)),
        ("/policies", get(console::policies), Page(None)),
        ("/policies/compare", get(console::compare).post(console::examine), Page(None)),
        ("/policies/backtest", post(console::backtest), Page(Some(Role::Auditor))),
        ("/policies/activate", post(console::activate), Page(Some(Role::Approver))),
        ("/risk", get(console::risk), reads),
        ("/risk.csv", get(console::risk_csv), reads),
        ("/risk/live", get(console::live), reads),
        ("/risk/{id}", post(console::close), Page(Some(Role::Evaluate))),
        ("/station", get(console::station), Page(None)),
        ("/station.csv", get(console::station_csv), Page(None)),
        ("/station/intake", get(console::intake).post(console::take_in), Page(Some(Role::Evaluate))),
        ("/station/plan", post(console::propose), Page(None)),
        ("/station/plan/{id}", get(console::plan), Page(None)),
        ("/station/plan/{id}/accept", post(console::accept), Page(None)),
        ("/session", get(console::sign_in).post(console::change), Nothing),
        ("/console/{file}", get(console::file), Nothing),
        ("/v1/evaluate", post(evaluate::evaluate), role(Role::Evaluate)),
        ("/v1/evaluate/batch", post(batch::batch), role(Role::Evaluate)),
        ("/v1/preview", post(preview::preview), role(Role::Author)),
        ("/v1/decisions", get(decisions::list), role(Role::Auditor)),
        ("/v1/decisions/{id}", get(decisions::one), role(Role::Auditor)),
        ("/v1/decisions/{id}/replay", post(decisions::again), role(Role::Auditor)),
        ("/v1/decisions/{id}/receipt", get(decisions::receipt), role(Role::Auditor)),
        ("/v1/events", get(events::list).post(events::take), AnyRole),
        ("/v1/cases", get(events::cases), role(Role::Auditor)),
        ("/v1/cases/{id}", get(events::one), role(Role::Auditor)),
        ("/v1/stations", get(stations::list).post(stations::put), AnyRole),
        ("/v1/plan", post(plan::propose), AnyRole),
        ("/v1/plan/{id}", get(plan::one), AnyRole),
        ("/v1/plan/{id}/accept", post(plan::accept), AnyRole),
        ("/v1/insight/map", get(insight::map), AnyRole),
        ("/v1/insight/optimise", get(optimise::optimise), AnyRole),
        ("/v1/insight/risk", get(risk::risk), role(Role::Auditor)),
        ("/v1/insight/station", get(station::station), AnyRole),
        ("/v1/insight/return", get(monthly::monthly), role(Role::Auditor)),
        ("/v1/signals", get(signals::list), role(Role::Auditor)),
        ("/v1/signals/{id}", get(signals::one).post(signals::change), AnyRole),
        ("/v1/tick", post(tick::tick), role(Role::Evaluate)),
        ("/v1/deliveries", get(deliveries::list).post(deliveries::again), role(Role::Admin)),
        ("/v1/keys", get(keys::keys), AnyRole),
        ("/v1/audit", get(keys::audit), role(Role::Auditor)),
        ("/v1/bundles", get(bundles::list).post(bundles::publish), AnyRole),
        ("/v1/bundles/{digest}", get(bundles::one), AnyRole),
        ("/v1/reports", get(bundles::reports), AnyRole),
        ("/v1/reports/{id}", get(bundles::report), AnyRole),
        ("/v1/activations", get(activations::list).post(activations::activate), AnyRole),
        ("/v1/states", get(activations::states).post(activations::change), AnyRole),
        ("/v1/status", get(status::status), AnyRole),
        ("/v1/packs", get(views::packs), AnyRole),
        ("/v1/rulesets/current", get(views::ruleset), AnyRole),
        ("/v1/localities", get(views::localities), AnyRole),
        ("/v1/provisions/{id}", get(views::provision), AnyRole),
        ("/v1/vocabulary", get(views::vocabulary), AnyRole),
        ("/playground", get(playground::page), Nothing),
        ("/playground/{file}", get(playground::file), Nothing),
        ("/health/live", get(operations::live), Nothing),
        ("/health/ready", get(operations::ready), Nothing),
        ("/metrics", get(operations::metrics), AnyRole),
        ("/openapi.json", get(operations::openapi), Nothing),
        ("/problems/{name}", get(operations::problem), Nothing),
    ]
}

static PATHS: LazyLock<Vec<&'static str>> = LazyLock::new(|| doors().into_iter().map(|(path, ..)| path).collect());
static NEEDS: LazyLock<Vec<(&'static str, Needs)>> =
    LazyLock::new(|| doors().into_iter().map(|(path, _, needs)| (path, needs)).collect());

/// Every path of the service.
#[must_use]
pub fn paths() -> &'static [&'static str] {
    &PATHS
}

/// The service.
pub fn router(app: Arc<App>) -> Router {
    let routes = |router: Router<Arc<App>>, (path, door, _)| router.route(path, door);
    doors()
        .into_iter()
        .fold(Router::new(), routes)
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

async fn nothing_here(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(128).collect();
    answer::problem(&Problem::new(
        ProblemKind::NotFound,
        format!("there is nothing at `{}`; `/openapi.json` lists every path", path.escape_debug()),
        "此路径没有内容；全部路径见/openapi.json",
    ))
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    answer::problem(&Problem::new(
        ProblemKind::MethodNotAllowed,
        format!("`{path}` does not take `{method}`; the header `allow` says what it takes"),
        format!("此路径不接受{method}方法；可用方法见响应头allow"),
    ))
}

/// Measures a request, carries its trace on and writes one line about it, without a fact.
async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let unique = app.unique();
    let span = Span::next(request.headers().get(TRACEPARENT), unique);
    request.extensions_mut().insert(RequestId(unique));
    request.extensions_mut().insert(span);
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let (route, needs) = matched.as_ref().map_or(NOWHERE, |path| known(path.as_str()));
    let _under_way = app.metrics.under_way();
    let mut response = match access::admit(&app, route, needs, span, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            let visit = match needs {
                Needs::Page(_) => Some(console::Visit::of(&app, request.uri(), request.headers(), None)),
                _ => None,
            };
            body::let_go(request, app.config.deadline).await;
            visit.map_or_else(|| answer::problem(&problem), |visit| visit.refuse(&problem))
        }
    };
    response.headers_mut().insert(TRACEPARENT, span.header());
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics.answered(route, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let decision = response.extensions().get::<DecisionId>().map(|id| tracing::field::display(id.0));
    let trace = tracing::field::display(span);
    // At full load a line for each answer would cost more than the answer.
    match status {
        500.. => warn!(route, status, micros, decision, trace, "Request failed."),
        400.. => info!(route, status, micros, trace, "Request refused."),
        _ => debug!(route, status, micros, decision, trace, "Request answered."),
    }
    response
}

/// A path that is none: there is nothing to be kept from anybody.
const NOWHERE: (&str, Needs) = ("none", Needs::Nothing);

/// The path as a word that outlives the request, and what its door asks of callers.
fn known(path: &str) -> (&'static str, Needs) {
    // Routes are made of the same table; a path that were not in it would be open to the fewest.
    NEEDS.iter().copied().find(|(known, _)| *known == path).unwrap_or(("none", Needs::Role(Role::Admin)))
}
