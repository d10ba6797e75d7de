//! `/v1/plan`: who takes which waiting case, proposed; `/v1/plan/{id}/accept`: a person has it done. Nothing is
//! assigned before.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{Extension, Path, Request, State},
    http::StatusCode,
    response::Response,
};
use jiff::{Timestamp, ToSpan};
use maple_insight::{
    life::{Happening, Stage},
    plan::{CASES_COUNT_MAX, HORIZON_DAYS_MAX, PEOPLE_COUNT_MAX, Plan, PlanError, STATIONS_COUNT_MAX, plan},
};
use maple_seal::{Digest, canonical};
use maple_store::{Acceptance, CaseEvent, Desk, Dispute, Mediator, PlanRecord, Taken, WAITING_STAGES};
use maple_wire::{Flaw, FlawCode, PLAN_QUESTION_BYTES_MAX, PlanMessage, Problem, ProblemKind, parse_plan, plan_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    activations::reading,
    answer,
    body::{self, Terms},
    events,
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    config::{PLAN_AGE_HOURS_MAX, PLAN_SECONDS_MAX},
    plan::{Asked, Kept, World, asked, kept, open_beside, question, waits},
};

/// Who says that a case is assigned, where an accepted plan does.
const SOURCE: &str = "/maple/plan";

/// A plan as it is kept.
#[derive(Serialize, Deserialize)]
struct Body {
    plan: Map<String, Value>,
    world: World,
}

pub(crate) async fn propose(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    answer::told(proposed(&app, &caller, request).await)
}

/// Refuses whoever is neither approver nor admin anywhere.
pub(crate) fn may_propose(caller: &Caller) -> Result<(), Problem> {
    if caller.has(Role::Admin) { Ok(()) } else { caller.require_somewhere(Some(Role::Approver)) }
}

async fn proposed(app: &Arc<App>, caller: &Caller, request: Request) -> Result<Response, Problem> {
    may_propose(caller)?;
    events::docket(app)?;
    body::expect_type(request.headers(), &[answer::JSON])?;
    let terms = Terms { limit: PLAN_QUESTION_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    let plan = made_of(app, caller, &body.bytes).await?;
    Ok(answer::of(StatusCode::CREATED, answer::JSON, shown(plan, None)?))
}

/// Makes a plan of a question and keeps it as a proposal.
pub(crate) async fn made_of(app: &Arc<App>, caller: &Caller, body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let (_, key) = events::docket(app)?;
    let serving = app.serving();
    let message = parse_plan(body, serving.ruleset()).map_err(|problem| *problem)?;
    may_plan(caller, &message.locality)?;
    let today = message.as_of.unwrap_or_else(|| app.today());
    if today.days_since(app.today()).unsigned_abs() > u32::from(HORIZON_DAYS_MAX) {
        return Err(flawed(vec![Flaw::new(
            "/as_of".to_owned(),
            FlawCode::OutOfRange,
            format!("`as_of` {today} is more than {HORIZON_DAYS_MAX} days from today, {}", app.today()),
            format!("as_of {today}距今天{}超过{HORIZON_DAYS_MAX}天", app.today()),
        )]));
    }
    let (_, place) = super::insight::place(serving.ruleset(), Some(&message.locality))?;
    let above =
        place.chain.iter().map(ToString::to_string).filter(|above| *above != message.locality).collect::<Vec<_>>();
    let wanted = message.clone();
    let kept = reading(app, move |control| kept(&control.store, &wanted, &above)).await?;
    check(&kept, &message)?;
    let asked = asked(&kept, &message, today, key);
    let digest = canonical(&question(&asked)).map_err(|_| answer::internal())?;
    let question = Digest::of(&digest).to_string();
    let (asked, plan) = made(app, asked).await?;
    let at = timestamp(app.clock());
    let id = app.unique().to_string();
    let mut told = Map::new();
    let until = at.checked_add(PLAN_AGE_HOURS_MAX.hours()).unwrap_or(at);
    for (name, value) in [
        ("id", json!(id)),
        ("at", json!(at.to_string())),
        ("by", json!(caller.name())),
        ("locality", json!(message.locality)),
        ("as_of", json!(today.to_string())),
        ("horizon_days", json!(message.horizon_days)),
        ("overload_max", json!(message.overload_max)),
        ("question", json!(question)),
        ("accept_until", json!(until.to_string())),
    ] {
        told.insert(name.to_owned(), value);
    }
    if let Value::Object(members) = plan_json(&plan) {
        told.extend(members);
    }
    let body = Body { plan: told, world: asked.world };
    let record = PlanRecord {
        id,
        at,
        actor: caller.name().to_owned(),
        locality: message.locality,
        question,
        body: serde_json::to_vec(&body).map_err(|_| answer::internal())?,
    };
    reading(app, move |control| control.store.plan_put(&record)).await?;
    Ok(body.plan)
}

/// Refuses whoever is neither approver nor admin of a place and all below it.
pub(crate) fn may_plan(caller: &Caller, locality: &str) -> Result<(), Problem> {
    if caller.may_below(Role::Admin, locality) { Ok(()) } else { caller.require_below(Role::Approver, locality) }
}

fn flawed(flaws: Vec<Flaw>) -> Problem {
    let count = flaws.len();
    Problem::with_errors(ProblemKind::InvalidRequest, flaws, count)
}

/// Refuses cases that are not of the place or do not wait, and more than a plan takes.
fn check(kept: &Kept, message: &PlanMessage) -> Result<(), Problem> {
    let counts = [
        (kept.cases.len(), CASES_COUNT_MAX, "waiting cases", "等待案件"),
        (kept.stations.len(), STATIONS_COUNT_MAX, "stations", "站点"),
        (kept.people.len(), PEOPLE_COUNT_MAX, "mediators", "调解员"),
    ];
    if let Some((_, max, en, zh)) = counts.iter().find(|(count, max, ..)| count > max) {
        return Err(flawed(vec![Flaw::new(
            "/locality".to_owned(),
            FlawCode::TooMany,
            format!("a plan has at most {max} {en}, and `{}` has more; plan a place below it", message.locality),
            format!("一个方案最多{max}个{zh}，{}超出此数；请选择其下级地区", message.locality),
        )]));
    }
    let (inside, stages) = (format!("{}/", message.locality), WAITING_STAGES.map(Stage::as_str).join(", "));
    let is_here = |case: &Dispute| {
        let place = case.about.as_ref().map(|about| about.locality.as_str());
        place.is_some_and(|place| place == message.locality || place.starts_with(&inside))
    };
    let here: BTreeMap<&str, &Dispute> =
        kept.cases.iter().filter(|case| is_here(case)).map(|case| (case.id.as_str(), case)).collect();
    let at = |id: &String| {
        let listed = message.cases.as_ref().and_then(|cases| cases.iter().position(|one| one == id));
        listed.map_or_else(|| format!("/needs/{id}"), |at| format!("/cases/{at}"))
    };
    let wrong = |id: &String| match here.get(id.as_str()) {
        Some(case) if waits(case) => None,
        Some(case) => {
            let stage = case.stage.map_or("unknown", Stage::as_str);
            Some(Flaw::new(
                at(id),
                FlawCode::Inconsistent,
                format!("case `{id}` is at the stage `{stage}` and waits for no mediator; those at {stages} do"),
                format!("案件{id}处于{stage}阶段，不在等待调解员；等待的阶段为{stages}"),
            ))
        }
        None if message.cases.is_none() && message.needs.contains_key(id) => Some(Flaw::new(
            at(id),
            FlawCode::UnknownValue,
            format!("no case `{id}` of `{}` waits for a mediator; leave its needs out", message.locality),
            format!("{}没有等待调解员的案件{id}；请删去其needs", message.locality),
        )),
        None => Some(Flaw::new(
            at(id),
            FlawCode::UnknownValue,
            format!("there is no case `{id}` in `{}`; `GET /v1/cases` lists them", message.locality),
            format!("{}没有案件{id}；全部案件见GET /v1/cases", message.locality),
        )),
    };
    let named = message.cases.iter().flatten().chain(message.needs.keys());
    let named: BTreeSet<&String> = named.collect();
    let flaws: Vec<Flaw> = named.into_iter().filter_map(wrong).collect();
    if flaws.is_empty() { Ok(()) } else { Err(flawed(flaws)) }
}

/// Makes the plan, on a thread that may take its time; one that takes too long keeps its place until it is done.
async fn made(app: &Arc<App>, asked: Asked) -> Result<(Asked, Plan), Problem> {
    let Ok(Ok(place)) = timeout(app.config.wait, Arc::clone(&app.plans).acquire_owned()).await else {
        app.metrics.turned_away("/v1/plan");
        return Err(answer::overloaded());
    };
    let work = tokio::task::spawn_blocking(move || {
        let _place = place;
        let made = plan(&asked.demand, &asked.roster, &asked.options);
        (asked, made)
    });
    let (asked, made) = timeout(Duration::from_secs(PLAN_SECONDS_MAX), work)
        .await
        .map_err(|_| {
            Problem::new(
                ProblemKind::DeadlineExceeded,
                format!("the plan was not made within {PLAN_SECONDS_MAX} seconds; plan a smaller place"),
                format!("方案未能在{PLAN_SECONDS_MAX}秒内完成；请缩小地区范围"),
            )
        })?
        .map_err(|_| answer::internal())?;
    Ok((asked, made.map_err(|error| unplannable(&error))?))
}

fn unplannable(error: &PlanError) -> Problem {
    let flaw = |problem: &maple_insight::plan::Problem| match problem {
        maple_insight::plan::Problem::Due { case, due } => Flaw::new(
            format!("/needs/{case}/due"),
            FlawCode::OutOfRange,
            format!("{problem}; correct `due`"),
            format!("案件{case}的期限{due}过早；请更正due"),
        ),
        other => Flaw::new(
            String::new(),
            FlawCode::Inconsistent,
            format!("{other}; correct the roster or plan a smaller place"),
            format!("名册与方案要求不符（{other}）；请更正名册或缩小地区范围"),
        ),
    };
    flawed(error.problems().iter().map(flaw).collect())
}

/// A plan as shown, with who accepted it.
fn shown(mut plan: Map<String, Value>, accepted: Option<&Acceptance>) -> Result<String, Problem> {
    let accepted = accepted.map(|accepted| json!({ "at": accepted.at.to_string(), "by": accepted.actor }));
    plan.insert("accepted".to_owned(), accepted.unwrap_or_default());
    serde_json::to_string(&plan).map_err(|_| answer::internal())
}

async fn read(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    may: impl Fn(&str) -> Result<(), Problem>,
) -> Result<(PlanRecord, Body, Option<Acceptance>), Problem> {
    let wanted = id.to_owned();
    let Some((record, accepted)) = reading(app, move |control| control.store.plan(&wanted)).await? else {
        if !caller.is_everywhere(Role::Admin) && !caller.is_everywhere(Role::Auditor) {
            caller.require_everywhere(Role::Approver)?;
        }
        let id: String = id.chars().take(64).collect();
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("there is no plan `{}`; `POST /v1/plan` makes one", id.escape_debug()),
            "没有这一方案；可用POST /v1/plan生成",
        ));
    };
    may(&record.locality)?;
    let body = serde_json::from_slice(&record.body).map_err(|_| answer::internal())?;
    Ok((record, body, accepted))
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(one_shown(&app, &caller, &id).await.map(|(plan, _)| answer::json(plan)))
}

/// A plan, with what became of it once it was accepted.
pub(crate) async fn one_shown(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
) -> Result<(String, Option<Acceptance>), Problem> {
    let may = |locality: &str| {
        let reads = caller.may_below(Role::Auditor, locality);
        if reads { Ok(()) } else { may_plan(caller, locality) }
    };
    let (_, body, accepted) = read(app, caller, id, may).await?;
    Ok((shown(body.plan, accepted.as_ref())?, accepted))
}

pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(accepted(&app, &caller, &id).await.map(answer::json))
}

/// A placement of a kept plan.
#[derive(Deserialize)]
struct Placed {
    case: String,
    mediator: String,
    station: String,
}

/// Has a plan done; what became of it.
pub(crate) async fn accepted(app: &Arc<App>, caller: &Caller, id: &str) -> Result<String, Problem> {
    let (docket, _) = events::docket(app)?;
    let (record, body, before) = read(app, caller, id, |locality| may_plan(caller, locality)).await?;
    if let Some(outcome) = before.as_ref().and_then(|before| before.outcome.clone()) {
        return Ok(outcome);
    }
    let now = timestamp(app.clock());
    if before.is_none() && record.at.checked_add(PLAN_AGE_HOURS_MAX.hours()).is_ok_and(|until| now > until) {
        return Err(Problem::new(
            ProblemKind::Conflict,
            format!("the plan was made at {:.0}, more than {PLAN_AGE_HOURS_MAX} hours ago; make another", record.at),
            format!("该方案生成于{:.0}，已超过{PLAN_AGE_HOURS_MAX}小时；请重新生成", record.at),
        ));
    }
    let placements = body.plan.get("placements").cloned().unwrap_or_default();
    let placements: Vec<Placed> = serde_json::from_value(placements).map_err(|_| answer::internal())?;
    let (plan, who) = (record.id.clone(), caller.name().to_owned());
    let cases: Vec<String> = body.world.cases.keys().cloned().collect();
    let people: BTreeSet<String> = placements.iter().map(|placed| placed.mediator.clone()).collect();
    let (acceptance, now_is) = reading(app, move |control| {
        let store = &control.store;
        let acceptance = store.plan_accept(&plan, now, &who)?;
        let ids: Vec<&str> = cases.iter().map(String::as_str).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let now_is = Kept {
            cases: store.disputes_of(&ids)?,
            stations: Vec::new(),
            people: store.roster_of(&[], &people)?.mediators,
            open: store.open_by_mediator()?,
        };
        Ok((acceptance, now_is))
    })
    .await?;
    let standing: Vec<Standing> =
        placements.iter().map(|placed| standing(placed, &body.world, &now_is, acceptance.at)).collect();
    let events: Vec<CaseEvent> = placements
        .iter()
        .zip(&standing)
        .filter(|(_, standing)| matches!(standing, Standing::Assign))
        .map(|(placed, _)| event(&record.id, placed, acceptance.at))
        .collect();
    let mut became = events::entered(app, docket, events).await?.into_iter();
    let rows: Vec<Value> =
        placements.iter().zip(standing).map(|(placed, standing)| told(placed, standing, || became.next())).collect();
    let of = |status: &str| rows.iter().filter(|row| row.get("status").and_then(Value::as_str) == Some(status)).count();
    let [assigned, stays, left_out] = ["assigned", "kept", "left_out"].map(of);
    let outcome = json!({
        "plan": record.id, "at": acceptance.at.to_string(), "by": acceptance.actor,
        "assigned": assigned, "kept": stays, "left_out": left_out, "cases": rows,
    });
    let (text, plan, node) = (outcome.to_string(), record.id, Arc::clone(app));
    let detail = json!({ "locality": record.locality, "assigned": assigned, "kept": stays, "left_out": left_out });
    let kept = text.clone();
    reading(app, move |control| {
        control.store.plan_accepted(&plan, &kept)?;
        control.note(node.clock(), &acceptance.actor, "plan", &plan, &detail.to_string());
        Ok(())
    })
    .await?;
    Ok(text)
}

/// How a placement stands when its plan is accepted.
enum Standing {
    Assign,
    Kept,
    LeftOut(&'static str, &'static str, &'static str),
}

const MOVED_ON: Standing =
    Standing::LeftOut("moved_on", "the case moved on after the plan was made", "方案生成后案件已有变化");
const ROSTER_CHANGED: Standing = Standing::LeftOut(
    "roster_changed",
    "what the roster says of the mediator changed after the plan was made",
    "方案生成后该调解员的名册信息已有变化",
);
const BUSIER: Standing = Standing::LeftOut(
    "busier",
    "the mediator has more open cases than when the plan was made",
    "该调解员的在办案件多于方案生成时",
);

fn standing(placed: &Placed, then: &World, now: &Kept, accepted: Timestamp) -> Standing {
    let (Some((stage, since)), Some((changed, open))) =
        (then.cases.get(&placed.case), then.people.get(&placed.mediator))
    else {
        return MOVED_ON;
    };
    let Some(case) = now.cases.iter().find(|case| case.id == placed.case) else { return MOVED_ON };
    let is_so = |stage: &str, since: i64| {
        case.stage.map(Stage::as_str) == Some(stage) && case.since.map(|at| at.as_microsecond()) == Some(since)
    };
    let is_his = case.desk.mediator.as_ref() == Some(&placed.mediator);
    // Told already, by an acceptance that did not hear the end of it.
    if is_his && is_so(Stage::Assigned.as_str(), accepted.as_microsecond()) {
        return Standing::Assign;
    }
    if !is_so(stage, *since) {
        return MOVED_ON;
    }
    let row = now.people.iter().find(|row| row.id == placed.mediator);
    let is_same = |row: &Mediator| row.station == placed.station && row.changed.as_microsecond() == *changed;
    if !row.is_some_and(is_same) {
        return ROSTER_CHANGED;
    }
    if then.present.get(&placed.case) == Some(&placed.mediator) {
        return Standing::Kept;
    }
    if open_beside(&now.open, &now.cases, &placed.mediator) > *open { BUSIER } else { Standing::Assign }
}

fn event(plan: &str, placed: &Placed, at: Timestamp) -> CaseEvent {
    CaseEvent {
        source: SOURCE.to_owned(),
        id: format!("{plan}.{}", placed.case),
        dispute: placed.case.clone(),
        at,
        what: Happening::Assigned,
        about: None,
        desk: Desk {
            station: Some(placed.station.clone()),
            mediator: Some(placed.mediator.clone()),
            ..Desk::default()
        },
    }
}

/// What became of a placement.
fn told(placed: &Placed, standing: Standing, became: impl FnOnce() -> Option<Taken>) -> Value {
    let mut row = Map::new();
    for (name, value) in [("case", &placed.case), ("mediator", &placed.mediator), ("station", &placed.station)] {
        row.insert(name.to_owned(), json!(value));
    }
    let mut say = |name: &str, value: Value| drop(row.insert(name.to_owned(), value));
    match standing {
        Standing::Kept => say("status", json!("kept")),
        Standing::LeftOut(code, en, zh) => {
            say("status", json!("left_out"));
            say("reason", json!({ "code": code, "text": { "zh": zh, "en": en } }));
        }
        Standing::Assign => match became() {
            Some(Taken::Applied(_) | Taken::Duplicate) => say("status", json!("assigned")),
            Some(taken) => {
                let outcome = events::outcome(taken);
                let said = |name: &str| {
                    outcome.get("problem").and_then(|problem| problem.get(name)).cloned().unwrap_or(json!(""))
                };
                say("status", json!("left_out"));
                let text = json!({ "zh": said("detail_zh"), "en": said("detail") });
                say("reason", json!({ "code": "impossible", "text": text }));
            }
            None => say("status", json!("left_out")),
        },
    }
    Value::Object(row)
}
