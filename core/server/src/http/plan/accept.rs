//! `/v1/plan/{id}/accept`: a person has a plan done. What stands is looked at and the cases are assigned in one
//! transaction, so that of two plans for one case only one assigns it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Extension, Path, State},
    response::Response,
};
use jiff::{Timestamp, ToSpan};
use maple_insight::life::{Happening, Stage};
use maple_store::{Acceptance, CaseEvent, Desk, Dispute, Mediator, Scene, Sought, StoreError, Taken};
use maple_wire::{Problem, ProblemKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tracing::error;

use super::{PLAN_SOURCE, may_plan, read};
use crate::{
    access::Caller,
    app::App,
    clock::timestamp,
    config::PLAN_AGE_HOURS_MAX,
    http::{activations::reading, answer, events},
    plan::{World, beside},
    records::chain,
};

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
    let acceptance = reading(app, move |control| control.store.plan_accept(&plan, now, &who)).await?;
    let people: BTreeSet<String> = placements.iter().map(|placed| placed.mediator.clone()).collect();
    let ids =
        placements.iter().map(|placed| (placed.case.clone(), (PLAN_SOURCE.to_owned(), event_id(&record.id, placed))));
    let sought = Sought {
        disputes: body.world.cases.keys().cloned().collect(),
        mediators: people.into_iter().collect(),
        events: ids.collect(),
    };
    let done = Arc::new(Doing { plan: record.id.clone(), placements, world: body.world, at: acceptance.at });
    let choosing = Arc::clone(&done);
    let (scene, became) = events::chosen(app, docket, sought, Box::new(move |scene| choosing.events(scene))).await?;
    // The same of the same scene as what was chosen there.
    let mut became = became.into_iter();
    let rows: Vec<Value> =
        done.standing(&scene).into_iter().map(|(placed, standing)| told(placed, standing, || became.next())).collect();
    let of = |status: &str| rows.iter().filter(|row| row.get("status").and_then(Value::as_str) == Some(status)).count();
    let [assigned, stays, left_out] = ["assigned", "kept", "left_out"].map(of);
    let outcome = json!({
        "plan": record.id, "at": acceptance.at.to_string(), "by": acceptance.actor,
        "assigned": assigned, "kept": stays, "left_out": left_out, "cases": rows,
    });
    let detail = json!({ "locality": record.locality, "assigned": assigned, "kept": stays, "left_out": left_out });
    noted(app, record.id, outcome.to_string(), (acceptance, detail.to_string()), assigned).await
}

/// Notes what became of a plan. Where that fails, what was assigned stays so, and the caller hears it.
async fn noted(
    app: &Arc<App>,
    plan: String,
    outcome: String,
    (acceptance, detail): (Acceptance, String),
    assigned: usize,
) -> Result<String, Problem> {
    let (node, kept) = (Arc::clone(app), outcome.clone());
    let written = reading(app, move |control| {
        let written: Result<(), StoreError> = control.store.plan_accepted(&plan, &kept);
        if written.is_ok() {
            control.note(node.clock(), &acceptance.actor, "plan", &plan, &detail);
        }
        Ok(written)
    })
    .await;
    if let Ok(Ok(())) = written {
        return Ok(outcome);
    }
    if let Ok(Err(why)) = &written {
        error!(why = %chain(why), "A plan is done, and that could not be noted.");
    }
    Err(Problem::new(
        ProblemKind::Unavailable,
        format!(
            "the plan is accepted and {assigned} of its cases are assigned, which holds; only the note of what became of \
             each could not be kept; accept the plan again to complete it: no case is assigned twice"
        ),
        format!("方案已批准，其中{assigned}件已分派并生效；仅逐件结果未能留存，请再次批准以补全：不会重复分派"),
    ))
}

/// A plan that is being done.
struct Doing {
    plan: String,
    placements: Vec<Placed>,
    world: World,
    /// When it was accepted.
    at: Timestamp,
}

impl Doing {
    fn standing(&self, scene: &Scene) -> Vec<(&Placed, Standing)> {
        let now = Now {
            cases: scene.disputes.iter().map(|case| (case.id.as_str(), case)).collect(),
            people: scene.mediators.iter().map(|row| (row.id.as_str(), row)).collect(),
            open: beside(&scene.open, &scene.disputes),
            told: &scene.told,
        };
        self.placements.iter().map(|placed| (placed, standing(placed, &self.world, &now))).collect()
    }

    fn events(&self, scene: &Scene) -> Vec<CaseEvent> {
        let standing = self.standing(scene).into_iter();
        let assigned = standing.filter(|(_, standing)| matches!(standing, Standing::Assign));
        assigned.map(|(placed, _)| event(&self.plan, placed, self.at)).collect()
    }
}

/// What stands, by ids.
struct Now<'s> {
    cases: BTreeMap<&'s str, &'s Dispute>,
    people: BTreeMap<&'s str, &'s Mediator>,
    /// Open cases by mediator, without those that the mediator has and has not taken up.
    open: BTreeMap<&'s str, u64>,
    /// Cases that this plan has assigned already.
    told: &'s BTreeSet<String>,
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

fn standing(placed: &Placed, then: &World, now: &Now<'_>) -> Standing {
    let (Some((stage, since)), Some((changed, open))) =
        (then.cases.get(&placed.case), then.people.get(&placed.mediator))
    else {
        return MOVED_ON;
    };
    let Some(case) = now.cases.get(placed.case.as_str()) else { return MOVED_ON };
    let is_so = |stage: &str, since: i64| {
        case.stage.map(Stage::as_str) == Some(stage) && case.since.map(|at| at.as_microsecond()) == Some(since)
    };
    // By an acceptance that did not hear the end of it; another plan's word is not this one's.
    if now.told.contains(&placed.case) {
        return Standing::Assign;
    }
    if !is_so(stage, *since) {
        return MOVED_ON;
    }
    let row = now.people.get(placed.mediator.as_str());
    let is_same = |row: &&&Mediator| row.station == placed.station && row.changed.as_microsecond() == *changed;
    if row.filter(is_same).is_none() {
        return ROSTER_CHANGED;
    }
    if then.present.get(&placed.case) == Some(&placed.mediator) {
        return Standing::Kept;
    }
    let open_now = now.open.get(placed.mediator.as_str()).copied().unwrap_or_default();
    if open_now > *open { BUSIER } else { Standing::Assign }
}

/// The id of the event that does a placement.
fn event_id(plan: &str, placed: &Placed) -> String {
    format!("{plan}.{}", placed.case)
}

fn event(plan: &str, placed: &Placed, at: Timestamp) -> CaseEvent {
    CaseEvent {
        source: PLAN_SOURCE.to_owned(),
        id: event_id(plan, placed),
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
