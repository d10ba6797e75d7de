//! `POST /v1/events`: what happened to disputes, as CloudEvents; `/v1/cases`: where they stand.

mod handled;
mod notices;
mod reserved;
mod waiting;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Extension, Path, RawQuery, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use jiff::Timestamp;
use maple_insight::life::{EventType, Stage, Standing};
use maple_store::{
    CaseEvent, Choose, Dispute, DisputeFilter, Docket, EVENTS_CALLS_COUNT_MAX, EVENTS_COUNT_MAX, EventCursor,
    EventRecord, Scene, Sought, StoreError, Taken,
};
use maple_wire::{
    CapacityMessage, EVENTS_BYTES_MAX, EventMessage, HandledMessage, Message, Problem, ProblemKind, event_json,
    nearest, parse_event, parse_event_apart, parse_events,
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tracing::error;

use super::{
    activations::reading,
    answer,
    body::{self, Terms},
    query::{self, Wrong},
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    events,
    records::chain,
};

const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const TYPES: [&str; 3] = [ONE, BATCH, answer::JSON];
/// What the headers of an event in binary mode begin with.
const APART: &str = "ce-";
/// Rows on one page, where the caller does not say.
const PAGE_COUNT: u32 = 100;

/// Where the docket is, and the key for references.
pub(super) fn docket(app: &App) -> Result<(&Docket, &maple_seal::ReferenceKey), Problem> {
    let docket = app.docket.get().zip(app.config.reference_key.as_deref());
    docket.ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            "this service takes no events: nodes that share a database need one key for references, so set \
             `reference-key` in the configuration to a file that all of them have",
            "本服务不接收事件：多节点共用数据库时须在配置中以reference-key指定同一密钥文件",
        )
    })
}

pub(crate) async fn take(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    answer::told(taken(&app, &caller, request).await)
}

async fn taken(app: &Arc<App>, caller: &Caller, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Evaluate))?;
    docket(app)?;
    body::expect_type(request.headers(), &TYPES)?;
    let headers = request.headers().clone();
    let terms = Terms { limit: EVENTS_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    let (serving, now) = (app.serving(), timestamp(app.clock()));
    let ruleset = serving.ruleset();
    let many = is(&headers, BATCH);
    let read = if many {
        parse_events(&body.bytes, ruleset, now).map_err(|problem| *problem)?
    } else {
        let apart = attributes(&headers)?;
        let one = if is(&headers, ONE) || apart.is_empty() {
            parse_event(&body.bytes, ruleset, now)
        } else {
            parse_event_apart(&apart, &body.bytes, ruleset, now)
        };
        vec![Ok(one.map_err(|problem| *problem)?)]
    };
    let mut all = Vec::with_capacity(read.len());
    for one in read {
        all.push(match one {
            Ok(Message::Case(message)) => One::Whole(message),
            Ok(Message::Capacity(message)) => One::Notice(Box::new(message)),
            Ok(Message::Handled(message)) => One::Handled(Box::new(message)),
            Err(problem) => One::Refused(problem),
        });
    }
    reserved::refuse(&mut all);
    within_reach(app, caller, &mut all).await?;
    notices::within_reach(app, caller, &mut all).await?;
    handled::within_reach(app, caller, &mut all).await?;
    let mut became = enter(app, &all).await?.into_iter();
    let began = !became.as_slice().is_empty();
    let mut noted = notices::enter(app, &all).await.map_err(|problem| partly(problem, began))?.into_iter();
    let began = began || !noted.as_slice().is_empty();
    let mut handled = handled::enter(app, caller, &all).await.map_err(|problem| partly(problem, began))?.into_iter();
    let rows: Vec<(Option<Named<'_>>, Became)> = all
        .iter()
        .map(|one| match one {
            One::Whole(message) => {
                (Some((message.source.as_str(), message.id.as_str())), became.next().map_or_else(lost, Became::of))
            }
            One::Notice(message) => (
                Some((message.source.as_str(), message.id.as_str())),
                noted.next().map_or_else(lost, |noted| notices::became(noted, message)),
            ),
            One::Handled(message) => (
                Some((message.source.as_str(), message.id.as_str())),
                handled.next().map_or_else(lost, |opined| handled::became(app, opined, message)),
            ),
            One::Refused(problem) => (None, Became::Refused((**problem).clone())),
        })
        .collect();
    if many { Ok(told_all(rows)) } else { rows.into_iter().next().map_or_else(|| Err(answer::internal()), told_one) }
}

/// Source and id of an event.
type Named<'e> = (&'e str, &'e str);

/// An event that was sent.
enum One {
    Whole(Box<EventMessage>),
    Notice(Box<CapacityMessage>),
    Handled(Box<HandledMessage>),
    Refused(Box<Problem>),
}

fn lost() -> Became {
    Became::Refused(answer::internal())
}

pub(super) fn is(headers: &HeaderMap, essence: &str) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(essence)
}

/// The attributes of an event in binary mode, which stand in headers, percent-encoded where they must be.
fn attributes(headers: &HeaderMap) -> Result<Vec<(String, String)>, Problem> {
    let mut found = Vec::new();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(APART) else { continue };
        let read = value.to_str().ok().and_then(|value| percent_decode_str(value).decode_utf8().ok());
        let Some(value) = read else {
            let en = format!("the header `{APART}{name}` is no text; write it percent-encoded in ASCII");
            return Err(Problem::new(
                ProblemKind::InvalidRequest,
                en,
                format!("请求头{APART}{name}不是文本，请用百分号编码"),
            ));
        };
        found.push((name.to_owned(), value.into_owned()));
    }
    Ok(found)
}

/// Refuses events of disputes that lie where the caller may not ask for decisions.
async fn within_reach(app: &Arc<App>, caller: &Caller, all: &mut [One]) -> Result<(), Problem> {
    if caller.is_everywhere(Role::Evaluate) {
        return Ok(());
    }
    let ids: BTreeSet<String> = all
        .iter()
        .filter_map(|one| match one {
            One::Whole(message) => Some(message.dispute.clone()),
            One::Notice(_) | One::Handled(_) | One::Refused(_) => None,
        })
        .collect();
    let known = reading(app, move |control| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        control.store.localities_of(&ids)
    })
    .await?;
    let mut here: std::collections::BTreeMap<String, String> =
        known.into_iter().filter_map(|(id, locality)| Some((id, locality?))).collect();
    for one in all.iter() {
        if let One::Whole(message) = one
            && let Some(told) = &message.registration
        {
            here.entry(message.dispute.clone()).or_insert_with(|| told.locality.clone());
        }
    }
    for one in all {
        let One::Whole(message) = one else { continue };
        let refused = match here.get(&message.dispute) {
            Some(locality) => caller.require(Role::Evaluate, locality).err(),
            None => Some(Problem::new(
                ProblemKind::Forbidden,
                "nothing is known of this case yet, and your token holds for some places only; send its \
                 `case.registered` first, or with it",
                "尚无该案件的登记，而您的令牌仅限部分地区；请先发送或一并发送case.registered",
            )),
        };
        if let Some(problem) = refused {
            *one = One::Refused(Box::new(problem));
        }
    }
    Ok(())
}

/// Takes what can be taken; what became of each.
async fn enter(app: &Arc<App>, all: &[One]) -> Result<Vec<Taken>, Problem> {
    let (docket, key) = docket(app)?;
    let events: Vec<CaseEvent> = all
        .iter()
        .filter_map(|one| match one {
            One::Whole(message) => Some(events::kept((**message).clone(), key)),
            One::Notice(_) | One::Handled(_) | One::Refused(_) => None,
        })
        .collect();
    entered(app, docket, events).await
}

/// Takes events; what became of each.
pub(super) async fn entered(app: &App, docket: &Docket, events: Vec<CaseEvent>) -> Result<Vec<Taken>, Problem> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let (tell, told) = oneshot::channel();
    let heard = Box::new(move |became| drop(tell.send(became)));
    docket.take(events, heard).map_err(|_| {
        app.metrics.turned_away("/v1/events");
        answer::overloaded()
    })?;
    heard_of(told.await.ok())
}

/// Takes the events that follow from what stands; what stood, and what became of each.
pub(super) async fn chosen(
    app: &App,
    docket: &Docket,
    sought: Sought,
    choose: Choose,
) -> Result<(Scene, Vec<Taken>), Problem> {
    let (tell, told) = oneshot::channel();
    let heard = Box::new(move |became| drop(tell.send(became)));
    docket.choose(sought, choose, heard).map_err(|_| {
        app.metrics.turned_away("/v1/events");
        answer::overloaded()
    })?;
    heard_of(told.await.ok())
}

/// What the docket says; nothing where it was never heard.
fn heard_of<T>(told: Option<Result<T, Arc<StoreError>>>) -> Result<T, Problem> {
    told.ok_or_else(unkept)?.map_err(|why| {
        error!(why = %chain(&*why), "Events could not be kept.");
        unkept()
    })
}

/// What became of an event, as a batch tells it.
pub(super) fn outcome(taken: Taken) -> Map<String, Value> {
    Became::of(taken).members()
}

/// Why the rest of a batch is not taken, where some of it was: nothing is taken back, and nothing is taken twice.
fn partly(problem: Problem, began: bool) -> Problem {
    if !began {
        return problem;
    }
    Problem::new(
        problem.kind,
        "a part of the batch was taken and stays; the rest could not be kept; send the same batch again: what was taken is \
         known as a duplicate then",
        "本批事件中一部分已经留存并保持有效，其余未能留存；请重新发送同一批事件，已留存的将识别为重复",
    )
}

fn unkept() -> Problem {
    Problem::new(
        ProblemKind::NotRecorded,
        "the events could not be kept, so none of them counts; send them again",
        "事件未能留存，均不计入；请重新发送",
    )
}

/// What is told of an event.
enum Became {
    Applied(Option<Stage>),
    /// Of a mediator's capacity, or of a signal; false where a later word stands.
    Noted(bool),
    Waiting(Option<Stage>, Vec<EventType>),
    Duplicate,
    Refused(Problem),
    Impossible(Problem, Option<Stage>, Vec<EventType>),
}

impl Became {
    fn of(taken: Taken) -> Self {
        match taken {
            Taken::Applied(stage) => Self::Applied(stage),
            Taken::Waiting(stage, allowed) => Self::Waiting(stage, allowed),
            Taken::Duplicate => Self::Duplicate,
            Taken::Conflict => Self::Refused(other_event()),
            Taken::Full(count) => Self::Refused(full(count)),
            Taken::Contradicted(later, at) => Self::Refused(Problem::new(
                ProblemKind::ImpossibleEvent,
                format!("`{}` is known of {at}, and could not have happened after this", later.as_str()),
                format!("已知{at}发生了{}，与此事件不能并存", later.as_str()),
            )),
            Taken::Impossible(stage, allowed, breach) => {
                let (stage_en, stage_zh) = stage.map_or(("not registered", "未登记"), |s| (s.as_str(), s.as_str()));
                let list: Vec<&str> = allowed.iter().map(|kind| kind.as_str()).collect();
                let list = list.join(", ");
                let why = if breach {
                    ("a party has refused mediation, which is noted; ", "当事人已拒绝调解，此次尝试已记录；")
                } else {
                    ("", "")
                };
                Self::Impossible(
                    Problem::new(
                        ProblemKind::ImpossibleEvent,
                        format!("{}at the stage `{stage_en}` only these can happen: {list}", why.0),
                        format!("{}在{stage_zh}阶段只能发生：{list}", why.1),
                    ),
                    stage,
                    allowed,
                )
            }
        }
    }

    /// The members that a batch tells of an event.
    fn members(&self) -> Map<String, Value> {
        let words = |allowed: &[EventType]| json!(allowed.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
        let stage = |stage: &Option<Stage>| json!(stage.map(Stage::as_str));
        let members = match self {
            Self::Applied(at) => json!({ "status": "applied", "stage": stage(at) }),
            Self::Waiting(at, allowed) => json!({ "status": "waiting", "stage": stage(at), "allowed": words(allowed) }),
            Self::Noted(counts) => json!({ "status": if *counts { "applied" } else { "late" } }),
            Self::Duplicate => json!({ "status": "duplicate" }),
            Self::Refused(problem) => json!({ "status": "refused", "problem": whole(problem) }),
            Self::Impossible(problem, at, allowed) => json!({
                "status": "refused", "stage": stage(at), "allowed": words(allowed), "problem": whole(problem)
            }),
        };
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

/// A case has so many events, and one of this type is not taken after them.
fn full(count: usize) -> Problem {
    let (en, zh) = match count {
        EVENTS_COUNT_MAX => ("register what is new as another case", "新的情况请另行登记为新案件"),
        EVENTS_CALLS_COUNT_MAX => (
            "steps of mediation and the ways out are still taken; register further calls as another case",
            "调解步骤和转出、办结事件仍可接收；后续来电请另行登记为新案件",
        ),
        _ => (
            "`case.filed_in_court`, `arbitration.started`, `case.referred` and `case.closed` are still taken; close it, and \
             register what is new as another case",
            "case.filed_in_court、arbitration.started、case.referred和case.closed仍可接收；请办结本案，新的情况另行登记为新案件",
        ),
    };
    Problem::new(
        ProblemKind::Conflict,
        format!("this case has {count} events, after which none of this type is taken; {en}"),
        format!("此案已有{count}个事件，不再接收此类事件；{zh}"),
    )
}

fn other_event() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "another event of this source has this id; give each event an id of its own",
        "同一来源已有内容不同的同编号事件；请为每个事件使用唯一编号",
    )
}

fn whole(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.to_json()).unwrap_or_default()
}

fn told_all(rows: Vec<(Option<Named<'_>>, Became)>) -> Response {
    let refused = rows.iter().filter(|(_, became)| matches!(became, Became::Refused(_) | Became::Impossible(..)));
    let refused = refused.count();
    let events: Vec<Value> = rows
        .iter()
        .map(|(message, became)| {
            let mut members = became.members();
            if let Some((source, id)) = message {
                members.insert("source".to_owned(), json!(source));
                members.insert("id".to_owned(), json!(id));
            }
            Value::Object(members)
        })
        .collect();
    answer::json(json!({ "refused": refused, "events": events }).to_string())
}

fn told_one((_, became): (Option<Named<'_>>, Became)) -> Result<Response, Problem> {
    let status = match &became {
        Became::Waiting(..) => StatusCode::ACCEPTED,
        Became::Refused(problem) => return Err(problem.clone()),
        Became::Impossible(problem, ..) => {
            let mut body = whole(problem);
            if let Value::Object(members) = &mut body {
                let more = became.members().into_iter().filter(|(name, _)| name == "stage" || name == "allowed");
                members.extend(more);
            }
            return Ok(answer::problem_of(problem.kind, body.to_string()));
        }
        Became::Applied(_) | Became::Noted(_) | Became::Duplicate => StatusCode::OK,
    };
    Ok(answer::of(status, answer::JSON, Value::Object(became.members()).to_string()))
}

/// Events as they are kept, in the order in which they came.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    answer::told(listed(&app, &caller, query.unwrap_or_default()).await)
}

async fn listed(app: &Arc<App>, caller: &Caller, query: String) -> Result<Response, Problem> {
    caller.require_everywhere(Role::Auditor)?;
    let (mut after, mut count) = (None, PAGE_COUNT);
    query::read(&query, |name, value| {
        match name {
            "after" => {
                let en = "`after` is what `next` of the page before says".to_owned();
                after = Some(read_cursor(value).ok_or((en, "after应取自上一页的next".to_owned()))?);
            }
            "count" => count = query::count(value)?,
            other => return Err(query::unknown(other, &["after", "count"])),
        }
        Ok(())
    })?;
    let found = reading(app, move |control| control.store.events(after.as_ref(), count)).await?;
    let next = found.last().filter(|_| found.len() as u64 >= u64::from(count)).map(written);
    let events: Vec<Value> = found.iter().map(event).collect();
    Ok(answer::json(json!({ "events": events, "next": next }).to_string()))
}

fn written(record: &EventRecord) -> String {
    let EventRecord { event, received, .. } = record;
    format!("{}.{}.{}{}", received.as_microsecond(), event.id.len(), event.id, event.source)
}

fn read_cursor(text: &str) -> Option<EventCursor> {
    let mut parts = text.splitn(3, '.');
    let (received, length, rest) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let (id, source) = rest.split_at_checked(length)?;
    let received = Timestamp::from_microsecond(received).ok()?;
    Some(EventCursor { received, source: source.to_owned(), id: id.to_owned() })
}

fn event(record: &EventRecord) -> Value {
    let standing = match record.standing {
        Standing::Applied => "applied",
        Standing::Waiting => "waiting",
        Standing::Breach => "refusal_not_honoured",
    };
    let event = event_json(&events::shown(&record.event));
    json!({ "event": event, "received": record.received.to_string(), "standing": standing })
}

pub(crate) async fn cases(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let found = cases_listed(&app, &caller, &query.unwrap_or_default()).await;
    answer::told(found.map(|cases| answer::json(cases.to_string())))
}

/// A page of cases.
pub(crate) async fn cases_listed(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Value, Problem> {
    let (mut filter, mut count) = (DisputeFilter::default(), PAGE_COUNT);
    query::read(query, |name, value| {
        match name {
            "locality" => filter.locality = Some(value.to_owned()),
            "stage" => filter.stage = Some(stage(value)?),
            "after" => filter.after = Some(value.to_owned()),
            "count" => count = query::count(value)?,
            other => return Err(query::unknown(other, &["locality", "stage", "after", "count"])),
        }
        Ok(())
    })?;
    match &filter.locality {
        Some(locality) => caller.require_below(Role::Auditor, locality)?,
        None => caller.require_everywhere(Role::Auditor)?,
    }
    let found = reading(app, move |control| control.store.disputes(&filter, count)).await?;
    let next = found.last().filter(|_| found.len() as u64 >= u64::from(count)).map(|last| last.id.clone());
    let cases: Vec<Value> = found.iter().map(case).collect();
    Ok(json!({ "cases": cases, "next": next }))
}

fn stage(value: &str) -> Result<Stage, Wrong> {
    Stage::of(value).ok_or_else(|| {
        let words = || Stage::ALL.iter().map(|stage| stage.as_str());
        let all = words().collect::<Vec<_>>().join(", ");
        let hint = nearest(value, words()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        (format!("{hint}the stages are {all}"), format!("没有这一阶段；可用：{all}"))
    })
}

fn case(dispute: &Dispute) -> Value {
    let about = dispute.about.as_ref();
    json!({
        "id": dispute.id,
        "locality": about.map(|about| &about.locality),
        "kind": about.map(|about| &about.kind),
        "source": about.map(|about| &about.origin),
        "organisation": about.and_then(|about| about.organisation.as_ref()),
        "place": about.and_then(|about| about.place.as_ref()),
        "project": about.and_then(|about| about.project.as_ref()),
        "decision": about.and_then(|about| about.decision.as_ref()),
        "station": dispute.desk.station,
        "mediator": dispute.desk.mediator,
        "channel": dispute.desk.channel,
        "stage": dispute.stage.map(Stage::as_str),
        "since": dispute.since.map(|at| at.to_string()),
        "registered": dispute.registered.map(|at| at.to_string()),
        "allowed": dispute.stage.map_or_else(
            || vec![EventType::Registered.as_str()],
            |stage| stage.allowed().into_iter().map(EventType::as_str).collect(),
        ),
    })
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(one_shown(&app, &caller, id).await.map(|case| answer::json(case.to_string())))
}

/// A case with its events.
pub(crate) async fn one_shown(app: &Arc<App>, caller: &Caller, id: String) -> Result<Value, Problem> {
    let wanted = id.clone();
    let found = reading(app, move |control| control.store.dispute(&wanted)).await?;
    let Some((dispute, events)) = found else {
        caller.require_everywhere(Role::Auditor)?;
        let id: String = id.chars().take(64).collect();
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("nothing is known of case `{}`; `/v1/cases` lists those that are", id.escape_debug()),
            "此处没有该案件；/v1/cases列出全部案件",
        ));
    };
    match &dispute.about {
        Some(about) => caller.require(Role::Auditor, &about.locality)?,
        None => caller.require_everywhere(Role::Auditor)?,
    }
    let waiting = waiting::told(&events);
    let events: Vec<Value> = events.iter().map(event).collect();
    Ok(json!({ "case": case(&dispute), "events": events, "waiting": waiting }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_batch_of_which_some_was_taken_nobody_says_that_nothing_was_changed() {
        let away = || Problem::new(ProblemKind::Unavailable, "nothing was changed", "未作任何变更");
        assert_eq!(partly(away(), false).detail, "nothing was changed");
        let told = partly(away(), true);
        assert_eq!(told.kind, ProblemKind::Unavailable);
        assert!(told.detail.starts_with("a part of the batch was taken and stays"), "{}", told.detail);
        assert!(!told.detail_zh.contains("未作任何变更"), "{}", told.detail_zh);
    }
}
