//! The part of the risk board that acts: what became of a signal is told by a form, and what happens is heard as it comes.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Extension, Path, Request, State},
    http::{HeaderMap, HeaderName},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use jiff::Timestamp;
use maple_store::{BoardFilter, Signal, SignalState};
use maple_wire::{FlawCode, Problem, ProblemKind};
use serde_json::json;
use tokio_stream::{StreamExt, wrappers::BroadcastStream, wrappers::errors::BroadcastStreamRecvError};

use super::{
    cases::only,
    places,
    session::{form, sent, way_back},
    visit::{Visit, link, path_to},
};
use crate::{
    access::Caller,
    app::App,
    control::Control,
    http::{answer, insight::wrong, reading, signals},
    signals::{LISTENERS_COUNT_MAX, PAGE_LISTENERS_COUNT_MAX, Told, level},
};

/// How often a page hears that nothing happened.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Signals that changed before a page began to listen, at most; a page that hears of so many looks anew anyway.
const MISSED_COUNT_MAX: u32 = 1_000;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const PARAMETERS: [&str; 5] = ["locality", "level", "kind", "signal", "since"];

/// Says what became of a signal, and goes back to the board.
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    visit: Visit,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match closed(&app, &caller, id, request).await {
        Ok(to) => sent(&visit, &to, None),
        Err(problem) => visit.refuse(&problem),
    }
}

async fn closed(app: &Arc<App>, caller: &Caller, id: String, request: Request) -> Result<String, Problem> {
    let (mut state, mut to) = (None, "/risk".to_owned());
    for (name, value) in form(app, request).await? {
        match &*name {
            "state" => state = SignalState::of(&value),
            "to" => to = way_back(&value),
            _ => {}
        }
    }
    let wanted = state.ok_or_else(|| {
        let all = SignalState::ALL.map(SignalState::as_str).join(", ");
        wrong("state", FlawCode::UnknownValue, format!("`state` is one of {all}"), format!("state应为{all}之一"))
    })?;
    let signal = signals::told(app, caller, id, wanted).await?;
    let (path, query) = to.split_once('?').unwrap_or((&to, ""));
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "done");
    let pairs: Vec<(String, String)> = kept.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let done = ("done", signal.raised.id.as_str());
    Ok(link(path, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([done])))
}

/// What a page that listens is told: that a signal is new or changed. What there is to see it asks for itself.
fn poke(signal: &Signal) -> Event {
    let (issued, changed) = (signal.issued.as_microsecond(), signal.changed.as_microsecond());
    let data = json!({
        "id": signal.raised.id, "issued": issued, "changed": changed, "level": level(signal.raised.level),
        "over": signal.state.is_over(),
    });
    Event::default().event("signal").id(changed.to_string()).data(data.to_string())
}

/// Signals as they are raised and change, to a page; first those that changed since it was made.
pub(crate) async fn live(
    State(app): State<Arc<App>>,
    visit: Visit,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    heard(&app, &visit, &caller, &headers).await.unwrap_or_else(|problem| answer::problem(&problem))
}

async fn heard(app: &Arc<App>, v: &Visit, caller: &Caller, headers: &HeaderMap) -> Result<Response, Problem> {
    // Pages of other sites have nothing to hear here, and shall take nobody's place.
    let site = headers.get(FETCH_SITE).and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| site != "same-origin") {
        return Err(Problem::new(
            ProblemKind::Forbidden,
            "only pages of the console listen here; other systems ask `/v1/signals`",
            "此处仅供控制台页面监听；其他系统请使用/v1/signals",
        ));
    }
    only(v, &PARAMETERS)?;
    let filter = filter(v)?;
    signals::reach(caller, filter.locality.as_ref())?;
    let since = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).or_else(|| v.given("since"));
    let since = since.map(moment).transpose()?;
    let (Ok(own), Ok(place)) =
        (Arc::clone(&app.page_listeners).try_acquire_owned(), Arc::clone(&app.listeners).try_acquire_owned())
    else {
        app.metrics.turned_away("/risk/live");
        return Err(Problem::new(
            ProblemKind::Overloaded,
            format!(
                "{PAGE_LISTENERS_COUNT_MAX} pages or {LISTENERS_COUNT_MAX} in all listen already; load the page again"
            ),
            format!("已有{PAGE_LISTENERS_COUNT_MAX}个页面或共{LISTENERS_COUNT_MAX}个监听者；请刷新页面查看"),
        ));
    };
    // Who listens before looking back misses nothing.
    let news = BroadcastStream::new(app.signals.hear());
    let missed = match since {
        Some(since) => {
            let top = filter.locality.clone();
            let missed =
                move |control: &Control| control.store.signals_changed_after(since, top.as_deref(), MISSED_COUNT_MAX);
            reading(app, missed).await?
        }
        None => Vec::new(),
    };
    let missed: Vec<Event> = missed.iter().filter(|signal| shows(&filter, signal)).map(poke).collect();
    let hello = Event::default().event("hello").data("{}");
    let first = tokio_stream::iter([hello].into_iter().chain(missed));
    let rest = news.filter_map(move |told| match told.as_deref() {
        Ok(Told::Signal(signal, _)) => shows(&filter, signal).then(|| poke(signal)),
        Ok(Told::Lost) => Some(signals::lost(None)),
        Err(BroadcastStreamRecvError::Lagged(count)) => Some(signals::lost(Some(*count))),
    });
    let stream = signals::until_stop(app, first.chain(rest)).map(move |event| {
        // The places are free again when the stream ends.
        let _ = (&own, &place);
        Ok::<_, Infallible>(event)
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

fn moment(text: &str) -> Result<Timestamp, Problem> {
    let read = text.parse().ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
    read.ok_or_else(|| {
        let en = "`since` is a moment in microseconds since 1970".to_owned();
        wrong("since", FlawCode::BadFormat, en, "since应为1970年以来的微秒数".to_owned())
    })
}

fn filter(v: &Visit) -> Result<BoardFilter, Problem> {
    let ruleset = v.ruleset();
    let place = v.given("locality").map(|given| places::find(&ruleset, given)).transpose()?;
    let level = v.given("level").map(signals::level).transpose();
    Ok(BoardFilter {
        locality: place.map(|(id, _)| id.to_string()),
        state: None,
        level: level.map_err(|(en, zh)| wrong("level", FlawCode::UnknownValue, en, zh))?,
        kind: v.given("kind").map(str::to_owned),
        code: v.given("signal").map(str::to_owned),
    })
}

/// Whether a board of this filter shows a signal, in whatever state.
fn shows(filter: &BoardFilter, signal: &Signal) -> bool {
    let raised = &signal.raised;
    let within = filter.locality.as_ref().is_none_or(|top| {
        raised.locality == *top || raised.locality.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with('/'))
    });
    within
        && filter.level.is_none_or(|level| level == raised.level)
        && filter.kind.as_ref().is_none_or(|kind| *kind == raised.kind)
        && filter.code.as_ref().is_none_or(|code| *code == raised.code)
}

/// Where what became of a signal is told.
pub(super) fn action(id: &str) -> String {
    path_to("/risk/", id)
}
