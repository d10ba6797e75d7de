//! `/v1/plan`: who takes which waiting case, proposed; `/v1/plan/{id}/accept`: a person has it done. Nothing is
//! assigned before.

mod accept;

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
use jiff::ToSpan;
use maple_insight::{
    life::Stage,
    plan::{CASES_COUNT_MAX, HORIZON_DAYS_MAX, PEOPLE_COUNT_MAX, Plan, PlanError, STATIONS_COUNT_MAX, plan},
};
use maple_seal::{Digest, canonical};
use maple_store::{Acceptance, Dispute, PlanRecord, WAITING_STAGES};
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
pub(crate) use accept::{accept, accepted};

use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    config::{PLAN_AGE_HOURS_MAX, PLAN_SECONDS_MAX},
    plan::{Asked, Kept, World, asked, kept, needs, question, waits},
};

/// Who says that a case is assigned, where an accepted plan does. Nobody else may say so by this name.
pub const PLAN_SOURCE: &str = "/maple/plan";

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
    let (caller_needs, words) = (message.needs.clone(), Arc::clone(serving.ruleset()));
    let (kept, needs) = reading(app, move |control| {
        let needs = needs::needs(&control.store, words.vocabulary(), &kept.cases, caller_needs, today)?;
        Ok((kept, needs))
    })
    .await?;
    let known = needs.known;
    let unknown = kept.cases.len().saturating_sub(known);
    let asked = asked(&kept, &message, needs.of, today, key);
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
        ("needs", json!({ "known": known, "unknown": unknown })),
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
