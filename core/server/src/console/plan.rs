//! `/station/plan`: a plan is proposed, looked at, and accepted by a person.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    extract::{Extension, Path, Request, State},
    response::Response,
};
use maple_wire::{FlawCode, Problem};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    cases::only,
    figures::{Both, grouped},
    places,
    session::{form, sent},
    visit::{Visit, path_to},
    words,
};
use crate::{
    access::{Caller, Role},
    app::App,
    http::{answer, insight::wrong, plan as plans},
};

/// A plan, as `/v1/plan/{id}` tells it.
#[derive(Deserialize)]
struct Plan {
    id: String,
    at: String,
    by: String,
    locality: String,
    as_of: String,
    horizon_days: i64,
    overload_max: i64,
    accept_until: String,
    /// Nothing where an earlier version made it.
    needs: Option<Needs>,
    objective: Objective,
    placements: Vec<Placement>,
    unplaced: Vec<Unplaced>,
}

#[derive(Deserialize)]
struct Needs {
    unknown: i64,
}

#[derive(Deserialize)]
struct Objective {
    late: i64,
    overload: i64,
    levels: i64,
    changes: i64,
}

#[derive(Deserialize)]
struct Placement {
    case: String,
    mediator: String,
    station: String,
    day: String,
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    text: Both,
}

#[derive(Deserialize)]
struct Unplaced {
    case: String,
    bars: Vec<Reason>,
}

#[derive(Deserialize)]
struct Outcome {
    assigned: i64,
    kept: i64,
    left_out: i64,
    cases: Vec<Became>,
}

#[derive(Deserialize)]
struct Became {
    case: String,
    status: String,
    reason: Option<Reason>,
}

struct Row {
    case: String,
    href: Option<String>,
    mediator: String,
    station: String,
    day: String,
    reasons: String,
    became: String,
    class: &'static str,
    why: String,
}

struct Left {
    case: String,
    href: Option<String>,
    bars: Vec<String>,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct Page<'a> {
    v: &'a Visit,
    here: &'static str,
    id: String,
    desk: String,
    place_title: String,
    state: String,
    class: &'static str,
    made: String,
    terms: String,
    until: String,
    sums: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    left: Vec<Left>,
    outcome: Option<String>,
    /// Where it is accepted, while whoever looks may do so.
    accept: Option<String>,
}

/// Proposes a plan and goes to it.
pub(crate) async fn propose(
    State(app): State<Arc<App>>,
    visit: Visit,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    match proposed(&app, &visit, &caller, request).await {
        Ok(to) => sent(&visit, &to, None),
        Err(problem) => visit.refuse(&problem),
    }
}

async fn proposed(app: &Arc<App>, v: &Visit, caller: &Caller, request: Request) -> Result<String, Problem> {
    plans::may_propose(caller)?;
    let ruleset = v.ruleset();
    let mut question = Map::new();
    for (name, value) in form(app, request).await? {
        let value = value.trim();
        match &*name {
            _ if value.is_empty() => {}
            "locality" => {
                let (id, _) = places::find(&ruleset, value)?;
                question.insert(name, json!(id.as_str()));
            }
            "horizon_days" | "overload_max" => {
                let number: u16 = value.parse().map_err(|_| {
                    let en = format!("`{name}` is a whole number");
                    wrong(&name, FlawCode::BadFormat, en, format!("{name}应为整数"))
                })?;
                question.insert(name, json!(number));
            }
            _ => {}
        }
    }
    if let Some(place) = question.get("locality").and_then(Value::as_str).map(str::to_owned) {
        plans::may_plan(caller, &place)?;
    }
    let plan = plans::made_of(app, caller, Value::Object(question).to_string().as_bytes()).await?;
    let id = plan.get("id").and_then(Value::as_str).unwrap_or_default();
    Ok(path_to("/station/plan/", id))
}

pub(crate) async fn plan(visit: Visit, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let page = page(&visit, &caller, &id).await;
    visit.show(page)
}

/// Has a plan done and goes back to it.
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    visit: Visit,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    match plans::accepted(&app, &caller, &id).await {
        Ok(_) => sent(&visit, &path_to("/station/plan/", &id), None),
        Err(problem) => visit.refuse(&problem),
    }
}

async fn page<'a>(v: &'a Visit, caller: &Caller, id: &str) -> Result<Page<'a>, Problem> {
    only(v, &[])?;
    let (text, accepted) = plans::one_shown(&v.app, caller, id).await?;
    let plan: Plan = serde_json::from_str(&text).map_err(|_| answer::internal())?;
    let outcome = accepted.as_ref().and_then(|accepted| accepted.outcome.as_deref());
    let outcome: Option<Outcome> = outcome.map(serde_json::from_str).transpose().map_err(|_| answer::internal())?;
    let ruleset = v.ruleset();
    let became: BTreeMap<&str, &Became> =
        outcome.iter().flat_map(|outcome| &outcome.cases).map(|one| (one.case.as_str(), one)).collect();
    let may_read = caller.may_below(Role::Auditor, &plan.locality);
    let href = |case: &str| may_read.then(|| path_to("/cases/", case));
    let lapsed =
        plan.accept_until.parse().is_ok_and(|until: jiff::Timestamp| crate::clock::timestamp(v.app.clock()) > until);
    let (state, class) = match (&accepted, lapsed) {
        (Some(_), _) => ("accepted", "on"),
        (None, true) => ("lapsed", ""),
        (None, false) => ("proposed", "shadow"),
    };
    let may_accept = state == "proposed" && plans::may_plan(caller, &plan.locality).is_ok();
    let Objective { late, overload, levels, changes } = plan.objective;
    let unknown = plan.needs.as_ref().map_or(0, |needs| needs.unknown);
    let rows = plan.placements.iter().map(|one| row(v, one, became.get(one.case.as_str()).copied(), &href));
    let left = plan.unplaced.iter().map(|one| Left {
        href: href(&one.case),
        case: one.case.clone(),
        bars: one.bars.iter().map(|bar| bar.text.of(v.language).to_owned()).collect(),
    });
    Ok(Page {
        v,
        here: "/station",
        desk: super::visit::link("/station", [("locality", &*plan.locality)]),
        place_title: places::title(v, &ruleset, &plan.locality),
        state: words::state(state, v.language),
        class,
        made: format!("{} · {}", v.moment(&plan.at), plan.by),
        terms: terms(v, &plan),
        until: v.moment(&plan.accept_until),
        sums: [
            (v.say("可安排", "placed"), count(plan.placements.len())),
            (v.say("无法安排", "without a place"), count(plan.unplaced.len())),
            (v.say("逾期天数", "days late"), grouped(late)),
            (v.say("超出容量", "above capacity"), grouped(overload)),
            (v.say("上移级数", "levels up"), grouped(levels)),
            (v.say("变更原安排", "moved from somebody"), grouped(changes)),
        ]
        .into_iter()
        .chain((unknown > 0).then(|| (v.say("无决定可查", "no decision to read"), grouped(unknown))))
        .collect(),
        rows: rows.collect(),
        left: left.collect(),
        outcome: accepted.as_ref().map(|accepted| told(v, &accepted.at.to_string(), &accepted.actor, outcome.as_ref())),
        accept: may_accept.then(|| format!("{}/accept", path_to("/station/plan/", &plan.id))),
        id: plan.id,
    })
}

fn count(count: usize) -> String {
    grouped(i64::try_from(count).unwrap_or(i64::MAX))
}

fn terms(v: &Visit, plan: &Plan) -> String {
    let Plan { as_of, horizon_days, overload_max, .. } = plan;
    if v.is_chinese() {
        format!("自{as_of}起{horizon_days}天内；每人至多超出容量{overload_max}件")
    } else {
        format!("from {as_of}, {horizon_days} days ahead; at most {overload_max} above a person's capacity")
    }
}

fn told(v: &Visit, at: &str, who: &str, outcome: Option<&Outcome>) -> String {
    let (at, zh) = (v.moment(at), v.is_chinese());
    match outcome {
        Some(Outcome { assigned, kept, left_out, .. }) if zh => {
            format!("{at}由{who}批准：已分派{assigned}件，维持{kept}件，未分派{left_out}件")
        }
        Some(Outcome { assigned, kept, left_out, .. }) => {
            format!("Accepted {at} by {who}: {assigned} assigned, {kept} stay, {left_out} left out")
        }
        None if zh => format!("{at}由{who}批准；尚未执行完毕，请再次批准以完成"),
        None => format!("Accepted {at} by {who}, and not done to the end; accept it again to finish it"),
    }
}

fn row(v: &Visit, one: &Placement, became: Option<&Became>, href: &dyn Fn(&str) -> Option<String>) -> Row {
    let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.text.of(v.language)).collect();
    Row {
        href: href(&one.case),
        case: one.case.clone(),
        mediator: one.mediator.clone(),
        station: one.station.clone(),
        day: one.day.clone(),
        reasons: reasons.join(v.say("；", "; ")),
        became: became.map(|became| words::state(&became.status, v.language)).unwrap_or_default(),
        class: match became.map(|became| &*became.status) {
            Some("assigned" | "kept") => "on",
            Some(_) => "stopped",
            None => "",
        },
        why: became
            .and_then(|became| became.reason.as_ref())
            .map(|reason| reason.text.of(v.language).to_owned())
            .unwrap_or_default(),
    }
}
