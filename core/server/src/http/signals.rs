//! `/v1/signals`: what should be watched, as a list or as it comes (server-sent events), and what became of it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Extension, Path, RawQuery, Request, State},
    http::{HeaderMap, header::ACCEPT},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use jiff::Timestamp;
use maple_kernel::Level;
use maple_store::{Said, Signal, SignalFilter, SignalState};
use maple_wire::{Problem, ProblemKind};
use serde_json::{Value, json};
use tokio_stream::{
    Stream, StreamExt,
    wrappers::{BroadcastStream, WatchStream, errors::BroadcastStreamRecvError},
};

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
    signals::{self, LISTENERS_COUNT_MAX, Told},
};

/// Rows on one page, where the caller does not say.
const PAGE_COUNT: u32 = 100;
/// How often a listener hears that nothing happened.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const EVENTS: &str = "text/event-stream";

const PARAMETERS: [&str; 6] = ["locality", "state", "level", "all", "after", "count"];

/// Of these, what says which page is asked for: who listens hears what comes, and no page.
const OF_PAGES: [&str; 2] = ["after", "count"];

struct Asked {
    filter: SignalFilter,
    count: u32,
    all: bool,
}

fn asked(query: &str, live: bool) -> Result<Asked, Problem> {
    let mut asked = Asked { filter: SignalFilter::default(), count: PAGE_COUNT, all: false };
    query::read(query, |name, value| {
        match name {
            name if live && OF_PAGES.contains(&name) => {
                let en = format!("`{name}` is for pages; who listens leaves it out, or asks without `{EVENTS}`");
                return Err((en, format!("{name}仅用于分页；监听时请删除，或不以{EVENTS}请求")));
            }
            "locality" => asked.filter.locality = Some(value.to_owned()),
            "state" => asked.filter.state = Some(state(value)?),
            "level" => asked.filter.level = Some(level(value)?),
            "all" => asked.all = value == "true",
            "after" => asked.filter.after = Some(cursor(value)?),
            "count" => asked.count = query::count(value)?,
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    Ok(asked)
}

pub(crate) fn state(value: &str) -> Result<SignalState, Wrong> {
    SignalState::of(value).ok_or_else(|| {
        let all = SignalState::ALL.map(SignalState::as_str).join(", ");
        (format!("`state` is one of {all}"), format!("state应为{all}之一"))
    })
}

pub(crate) fn level(value: &str) -> Result<Level, Wrong> {
    let all = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];
    all.into_iter().find(|level| signals::level(*level) == value).ok_or_else(|| {
        let words = all.map(signals::level).join(", ");
        (format!("`level` is one of {words}"), format!("level应为{words}之一"))
    })
}

fn cursor(value: &str) -> Result<(Timestamp, String), Wrong> {
    let read = value
        .split_once('.')
        .and_then(|(latest, id)| Some((Timestamp::from_microsecond(latest.parse().ok()?).ok()?, id.to_owned())));
    read.ok_or_else(|| {
        ("`after` is what `next` of the page before says".to_owned(), "after应取自上一页的next".to_owned())
    })
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let live = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(EVENTS));
    let query = query.unwrap_or_default();
    answer::told(if live { heard(&app, &caller, &query) } else { listed(&app, &caller, &query).await })
}

pub(crate) fn reach(caller: &Caller, locality: Option<&String>) -> Result<(), Problem> {
    match locality {
        Some(locality) => caller.require_below(Role::Auditor, locality),
        None => caller.require_everywhere(Role::Auditor),
    }
}

async fn listed(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Response, Problem> {
    let Asked { mut filter, count, all } = asked(query, false)?;
    reach(caller, filter.locality.as_ref())?;
    if !all {
        filter.living = Some(timestamp(app.clock()));
    }
    let found = reading(app, move |control| control.store.signals(&filter, count)).await?;
    let next = found.last().filter(|_| found.len() as u64 >= u64::from(count));
    let next = next.map(|last| format!("{}.{}", last.latest.as_microsecond(), last.raised.id));
    let signals: Vec<Value> = found.iter().map(|signal| signals::shown(app, signal)).collect();
    Ok(answer::json(json!({ "signals": signals, "next": next }).to_string()))
}

/// Signals as they are raised and change, to one listener: of the place, the state and the level that are asked for.
fn heard(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Response, Problem> {
    let Asked { filter, .. } = asked(query, true)?;
    reach(caller, filter.locality.as_ref())?;
    let Ok(place) = Arc::clone(&app.listeners).try_acquire_owned() else {
        app.metrics.turned_away("/v1/signals");
        return Err(Problem::new(
            ProblemKind::Overloaded,
            format!("{LISTENERS_COUNT_MAX} listen already; ask for the list instead"),
            format!("已有{LISTENERS_COUNT_MAX}个监听者；请改为查询列表"),
        ));
    };
    let wanted = move |signal: &Signal| {
        let within = filter.locality.as_ref().is_none_or(|top| {
            let locality = &signal.raised.locality;
            locality == top || locality.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        within
            && filter.state.is_none_or(|state| state == signal.state)
            && filter.level.is_none_or(|level| level == signal.raised.level)
    };
    let stream = until_stop(app, events(BroadcastStream::new(app.signals.hear()), wanted)).map(move |event| {
        // The place is free again when the stream ends.
        let _ = &place;
        Ok::<_, Infallible>(event)
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// A stream that ends when the service stops, which would wait for it in vain.
pub(crate) fn until_stop<T, S: Stream<Item = T>>(app: &App, stream: S) -> impl Stream<Item = T> + use<T, S> {
    let stop = WatchStream::new(app.stopping()).filter(|stops| *stops).map(|_| None);
    stream.map(Some).merge(stop).take_while(Option::is_some).filter_map(|item| item)
}

fn events(heard: BroadcastStream<Arc<Told>>, wanted: impl Fn(&Signal) -> bool) -> impl Stream<Item = Event> {
    heard.filter_map(move |told| match told.as_deref() {
        Ok(Told::Signal(signal, json)) => wanted(signal).then(|| Event::default().event("signal").data(json)),
        Ok(Told::Lost) => Some(lost(None)),
        Err(BroadcastStreamRecvError::Lagged(count)) => Some(lost(Some(*count))),
    })
}

/// What a listener is told who missed so many; nothing where it is not known how many, if any.
pub(crate) fn lost(count: Option<u64>) -> Event {
    Event::default().event("lost").data(json!({ "lost": count }).to_string())
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(one_shown(&app, &caller, id).await)
}

async fn one_shown(app: &Arc<App>, caller: &Caller, id: String) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Auditor))?;
    let signal = found(app, id).await?;
    caller.require(Role::Auditor, &signal.raised.locality)?;
    Ok(answer::json(signals::shown(app, &signal).to_string()))
}

pub(crate) async fn found(app: &Arc<App>, id: String) -> Result<Signal, Problem> {
    let wanted = id.clone();
    let found = reading(app, move |control| control.store.signal(&wanted)).await?;
    found.ok_or_else(|| unknown(&id))
}

pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer::told(changed(&app, &caller, id, request).await)
}

async fn changed(app: &Arc<App>, caller: &Caller, id: String, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Evaluate))?;
    body::expect_type(request.headers(), &[answer::JSON])?;
    let terms = Terms { limit: CHANGE_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    let mut fields = Fields::read(&body.bytes, &["state"])?;
    let given = fields.needed("state", 64);
    let wanted = state(&given).map_err(|(en, zh)| {
        if !given.is_empty() {
            fields.flaw("state", maple_wire::FlawCode::UnknownValue, en, zh);
        }
    });
    fields.end()?;
    let Ok(wanted) = wanted else { return Err(answer::internal()) };
    let signal = told(app, caller, id, wanted).await?;
    Ok(answer::json(signals::shown(app, &signal).to_string()))
}

/// Says what became of a signal, and tells whoever listens.
pub(crate) async fn told(app: &Arc<App>, caller: &Caller, id: String, wanted: SignalState) -> Result<Signal, Problem> {
    let before = found(app, id).await?;
    caller.require(Role::Evaluate, &before.raised.locality)?;
    let (actor, now, id) = (caller.name().to_owned(), timestamp(app.clock()), before.raised.id.clone());
    let after = reading(app, move |control| control.store.signal_state(&id, wanted, &actor, now)).await?;
    let signal = became(after, &before.raised.id)?;
    app.signals.tell(app, &signal);
    Ok(signal)
}

/// The signal as it stands now, or why nothing could be said of it.
pub(super) fn became(said: Said, id: &str) -> Result<Signal, Problem> {
    match said {
        Said::Changed(signal) => Ok(signal),
        Said::Over(before) => {
            let (zh, en) = signals::state_text(before.state);
            Err(Problem::new(
                ProblemKind::Conflict,
                format!("the signal is over already ({en}); a new dispute raises a new one"),
                format!("该预警{zh}；如再有纠纷将另行预警"),
            ))
        }
        Said::Expired(before) => {
            let expires = before.raised.expires;
            Err(Problem::new(
                ProblemKind::Conflict,
                format!("the signal was over by itself at {expires}; a new dispute raises a new one"),
                format!("该预警已于{expires}自行失效；如再有纠纷将另行预警"),
            ))
        }
        Said::Unknown => Err(unknown(id)),
    }
}

pub(super) fn unknown(id: &str) -> Problem {
    let id: String = id.chars().take(64).collect();
    Problem::new(
        ProblemKind::NotFound,
        format!("there is no signal `{}`; `/v1/signals?all=true` lists them", id.escape_debug()),
        "此处没有该预警；/v1/signals?all=true列出全部",
    )
}
