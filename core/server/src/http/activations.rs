//! `/v1/activations`: what serves and served, and the swap; `/v1/states`: policies stopped, in the shadow, let go on.

use std::sync::Arc;

use axum::{
    extract::{Extension, RawQuery, Request, State},
    http::StatusCode,
    response::Response,
};
use jiff::Timestamp;
use maple_gate::{How, StateFault, Subject, WHY_BYTES_MAX};
use maple_store::{Activation, HISTORY_COUNT_MAX, StoreError, TEXT_BYTES_MAX};
use maple_wire::{Flaw, FlawCode, Problem, ProblemKind};
use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::error;

use super::{
    answer,
    body::{self, Terms},
    bundles::rejected,
    fields::Fields,
};
use crate::{
    access::{Caller, Role},
    app::App,
    control::{ActivationTerms, Actor, CanaryLimits, Change, Control, Order, Refusal, Unmade},
    records::chain,
};

/// Size of the body of one change.
pub(super) const CHANGE_BYTES_MAX: usize = 16 << 10;
/// The largest share of cases that a canary decides, of a hundred.
const CANARY_PERCENT_MAX: u64 = 99;
const DIGEST_BYTES_MAX: usize = 71;

/// What changes what serves here.
pub(crate) fn controlled(app: &App) -> Result<&Control, Problem> {
    app.control.as_ref().ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            "what serves here cannot be changed while it serves",
            "此服务运行时不能变更规则",
        )
    })
}

/// Reads from the store on a thread that may wait.
pub(crate) async fn reading<T: Send + 'static>(
    app: &Arc<App>,
    read: impl FnOnce(&Control) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    controlled(app)?;
    let Ok(Ok(_place)) = timeout(app.config.wait, app.record_reads.acquire()).await else {
        app.metrics.turned_away("/v1/activations");
        return Err(answer::overloaded());
    };
    let reader = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || reader.control.as_ref().map(read));
    done.await.ok().flatten().ok_or_else(answer::internal)?.map_err(|why| stored(&why))
}

fn stored(why: &StoreError) -> Problem {
    error!(why = %chain(why), "The store cannot be used.");
    Problem::new(
        ProblemKind::Unavailable,
        "the database is out of reach or full; nothing was changed; try again, and tell the operator if it goes on",
        "数据库暂不可用，未作任何变更；请稍后重试，如持续出现请告知运维人员",
    )
}

/// Why nothing was changed, for whoever answers.
pub(crate) enum Unchanged {
    /// The bundle may not serve.
    Rejected(Box<maple_gate::Report>, Option<String>),
    /// Something else serves than the caller knows.
    Conflict(Option<Box<Activation>>),
    /// Something else.
    Problem(Problem),
}

impl From<Problem> for Unchanged {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Changes something on a thread that may wait, one after the other.
async fn changing(
    app: &Arc<App>,
    caller: Caller,
    role: Role,
    change: impl FnOnce(&App, &Control, &Actor<'_>) -> Result<Activation, Refusal> + Send + 'static,
) -> Result<Activation, Unchanged> {
    // Whatever is to stop something waits for nobody; what may have to compile first waits for its turn.
    let place = match role {
        Role::Admin => None,
        _ => match timeout(app.config.preview_deadline, Arc::clone(&app.changes).acquire_owned()).await {
            Ok(Ok(place)) => Some(place),
            _ => {
                app.metrics.turned_away("/v1/activations");
                return Err(answer::overloaded().into());
            }
        },
    };
    let (worker, asks) = (Arc::clone(app), caller.clone());
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        let control = controlled(&worker).map_err(Refusal::NotControlled)?;
        acting(&asks, role, |actor| change(&worker, control, actor))
    });
    match done.await.map_err(|_| answer::internal())? {
        Ok(activation) => Ok(activation),
        Err(Refusal::Rejected(report, id)) => Err(Unchanged::Rejected(report, id)),
        Err(Refusal::Conflict(current)) => Err(Unchanged::Conflict(current)),
        Err(other) => Err(refused(&other, &caller, role).into()),
    }
}

/// What is answered to a change.
fn answered(done: Result<Activation, Unchanged>) -> Result<Response, Problem> {
    match done {
        Ok(activation) => Ok(answer::of(StatusCode::CREATED, answer::JSON, shown(&activation).to_string())),
        Err(Unchanged::Rejected(report, id)) => Ok(rejected(&report, id.as_deref())),
        Err(Unchanged::Conflict(current)) => Ok(conflict(current.as_deref())),
        Err(Unchanged::Problem(problem)) => Err(problem),
    }
}

/// Lets a caller act in a role.
pub(crate) fn acting<T>(caller: &Caller, role: Role, act: impl FnOnce(&Actor<'_>) -> T) -> T {
    let may = |place: &str| caller.may(role, place);
    let below = |place: &str| caller.may_below(role, place);
    let reach = |place: &str| caller.reach(role, place);
    act(&Actor { name: caller.name(), may: &may, below: &below, reach: &reach })
}

/// 409 with what is in the place of what the caller knows.
fn conflict(current: Option<&Activation>) -> Response {
    let (en, zh) = match current {
        Some(current) => (
            format!("generation {} came first; look at it and try again", current.generation),
            format!("第{}代规则已先行启用；请查看后重试", current.generation),
        ),
        None => ("nothing serves yet that could be replaced".to_owned(), "尚无规则在用".to_owned()),
    };
    let problem = Problem::new(ProblemKind::Conflict, en, zh);
    let mut whole: Value = serde_json::from_slice(&problem.to_json()).unwrap_or_default();
    if let Value::Object(members) = &mut whole {
        members.insert("current".to_owned(), current.map_or(Value::Null, shown));
    }
    answer::problem_of(problem.kind, whole.to_string())
}

/// Why nothing was changed.
pub(crate) fn refused(refusal: &Refusal, caller: &Caller, role: Role) -> Problem {
    let en = refusal.told();
    match refusal {
        Refusal::NotControlled(problem) => problem.clone(),
        Refusal::Store(StoreError::Version { .. }) => {
            Problem::new(ProblemKind::Conflict, en, "该版本已以不同内容发布；请使用新的版本号")
        }
        Refusal::Store(why) => stored(why),
        Refusal::Broken => answer::internal(),
        Refusal::Unmade(Unmade::Store(why)) => stored(why),
        Refusal::Unmade(Unmade::Bundle(_)) => field("/bundle", FlawCode::UnknownValue, en, "没有该规则包，请先发布"),
        Refusal::Unmade(Unmade::Activation(_)) => field("/to", FlawCode::UnknownValue, en, "没有这一代规则"),
        Refusal::Unmade(_) => Problem::new(ProblemKind::Conflict, en, "该规则包未留存，或当前引擎不再接受它"),
        // Said by the caller, who is logged with it.
        Refusal::Forbidden(place) => {
            let said = if place.is_empty() { caller.require_everywhere(role) } else { caller.require(role, place) };
            said.err().unwrap_or_else(|| Problem::new(ProblemKind::Forbidden, en, format!("您无权变更{place}的规则")))
        }
        Refusal::FourEyes(place) => {
            caller.note_four_eyes();
            Problem::new(ProblemKind::Forbidden, en, format!("{place}须由发布者以外的人启用规则"))
        }
        Refusal::Above(reach) => {
            caller.note_above();
            let zh = format!("该状态由管理{reach}的人员设定，仅同等或更高权限者方可变更");
            Problem::new(ProblemKind::Forbidden, en, zh)
        }
        Refusal::Past(_) => field("/effective_at", FlawCode::OutOfRange, en, "该时刻已过；如需立即启用请不填"),
        Refusal::Downgrade(_) => field("/rollback", FlawCode::Inconsistent, en, "版本将回退；如确需回退请注明rollback"),
        Refusal::State(StateFault::Why { .. }) => {
            field("/why", FlawCode::BadFormat, en, &format!("why须为1至{WHY_BYTES_MAX}字节"))
        }
        Refusal::State(StateFault::Unknown { what, .. }) => {
            field(&format!("/{what}"), FlawCode::UnknownValue, en, "现行规则中没有该名称")
        }
        Refusal::State(_)
        | Refusal::NothingBefore
        | Refusal::Waits { .. }
        | Refusal::Conflict(_)
        | Refusal::Rejected(..) => Problem::new(ProblemKind::Conflict, en, "目前无法作此变更"),
    }
}

fn field(pointer: &str, code: FlawCode, en: String, zh: &str) -> Problem {
    let flaw = Flaw::new(pointer.to_owned(), code, en, zh.to_owned());
    Problem::with_errors(ProblemKind::InvalidRequest, vec![flaw], 1)
}

/// An activation as it is shown.
pub(crate) fn shown(activation: &Activation) -> Value {
    let terms = ActivationTerms::of(activation).unwrap_or_default();
    let mut whole = json!({
        "generation": activation.generation,
        "kind": activation.kind.word(),
        "ruleset": activation.ruleset,
        "bundle": activation.bundle,
        "replaces": activation.replaces,
        "at": activation.at,
        "by": activation.by,
        "why": activation.why,
    });
    if let Value::Object(members) = &mut whole {
        if let Some(effective) = activation.effective {
            members.insert("effective_at".to_owned(), json!(effective.to_string()));
        }
        if !terms.states.is_empty() {
            members.insert("states".to_owned(), json!(terms.states));
        }
        if let Some(canary) = terms.canary {
            members.insert("canary".to_owned(), json!(canary));
        }
    }
    whole
}

async fn taken(app: &App, request: Request) -> Result<bytes::Bytes, Problem> {
    body::expect_type(request.headers(), &[answer::JSON])?;
    let terms = Terms { limit: CHANGE_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    Ok(body::read(request, &terms).await?.bytes)
}

const ACTIVATION: &[&str] = &["bundle", "replaces", "why", "rollback", "to", "effective_at", "canary"];
const CANARY: &[&str] =
    &["percent", "cases_min", "failed_percent_max", "changed_percent_max", "corrected_percent_max", "slower_max"];

/// A swap as it was asked for.
pub(crate) struct Asked {
    bundle: Option<String>,
    replaces: Option<u32>,
    why: String,
    rollback: bool,
    to: Option<u32>,
    effective: Option<Timestamp>,
    canary: Option<(u8, CanaryLimits)>,
}

impl Asked {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut fields = Fields::read(body, ACTIVATION)?;
        let rollback = fields.flag("rollback");
        let generation = |number: u64| u32::try_from(number).ok();
        let to = fields.number("to", 1, u32::MAX.into()).and_then(generation);
        if fields.has("to") && !rollback {
            let en = "`to` names the generation to go back to; it goes with `rollback`".to_owned();
            fields.flaw("to", FlawCode::Inconsistent, en, "to须与rollback同用".to_owned());
        }
        let bundle = match rollback {
            true => fields.text("bundle", DIGEST_BYTES_MAX),
            false => Some(fields.needed("bundle", DIGEST_BYTES_MAX)),
        };
        let replaces = fields.number("replaces", 1, u32::MAX.into()).and_then(generation);
        if !fields.has("replaces") {
            let en = "`replaces` is missing: the generation that is planned, or where none is, the one that serves, as \
                      `/v1/status` tells them";
            let zh = "缺少replaces：已预定规则的代号，未预定时为现行规则的代号，见/v1/status";
            fields.flaw("replaces", FlawCode::Missing, en.to_owned(), zh.to_owned());
        }
        let why = fields.needed("why", TEXT_BYTES_MAX);
        let effective = fields.text("effective_at", 64).and_then(|text| {
            let read = text.parse().ok();
            if read.is_none() {
                let en = "write the moment like 2026-12-01T00:00:00+08:00".to_owned();
                fields.flaw("effective_at", FlawCode::BadFormat, en, "应写作如2026-12-01T00:00:00+08:00".to_owned());
            }
            read
        });
        let canary = fields.within("canary", CANARY).and_then(|mut inner| {
            let plain = CanaryLimits::default();
            let percent = inner.number("percent", 1, CANARY_PERCENT_MAX);
            if !inner.has("percent") {
                let en = format!("`percent` is missing: of a hundred cases, 1 to {CANARY_PERCENT_MAX}");
                inner.flaw("percent", FlawCode::Missing, en, format!("缺少percent：1至{CANARY_PERCENT_MAX}"));
            }
            let limits = CanaryLimits {
                cases_min: inner.number("cases_min", 1, 1_000_000).unwrap_or(plain.cases_min),
                failed_percent_max: inner.share("failed_percent_max", 100.0).unwrap_or(plain.failed_percent_max),
                changed_percent_max: inner.share("changed_percent_max", 100.0).unwrap_or(plain.changed_percent_max),
                corrected_percent_max: inner
                    .share("corrected_percent_max", 100.0)
                    .unwrap_or(plain.corrected_percent_max),
                slower_max: inner.share("slower_max", 1_000.0).unwrap_or(plain.slower_max),
            };
            fields.take("canary", inner);
            Some((u8::try_from(percent?).ok()?, limits))
        });
        if canary.is_some() && (rollback || effective.is_some()) {
            let en = "a canary begins at once; leave out `rollback` and `effective_at`".to_owned();
            fields.flaw(
                "canary",
                FlawCode::Inconsistent,
                en,
                "灰度须立即开始，不能与rollback、effective_at同用".to_owned(),
            );
        }
        fields.end()?;
        Ok(Self { bundle, replaces, why, rollback, to, effective, canary })
    }
}

pub(crate) async fn activate(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    answer::told(activated(&app, caller, request).await)
}

async fn activated(app: &Arc<App>, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Approver))?;
    controlled(app)?;
    let asked = Asked::read(&taken(app, request).await?)?;
    answered(swapped(app, caller, asked).await)
}

/// Puts in force what is asked for.
pub(crate) async fn swapped(app: &Arc<App>, caller: Caller, asked: Asked) -> Result<Activation, Unchanged> {
    caller.require_somewhere(Some(Role::Approver))?;
    changing(app, caller, Role::Approver, move |app, control, actor| {
        let Asked { bundle, replaces, why, rollback, to, effective, canary } = asked;
        match bundle {
            Some(bundle) => {
                let order = Order { bundle: &bundle, served: None, replaces, why: &why, rollback, effective, canary };
                control.activate(app, &order, actor)
            }
            None => control.roll_back(app, to, replaces, &why, actor),
        }
    })
    .await
}

pub(crate) async fn list(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let found = listed(&app, &query.unwrap_or_default()).await;
    answer::told(found.map(|activations| answer::json(activations.to_string())))
}

/// A page of the history.
pub(crate) async fn listed(app: &Arc<App>, query: &str) -> Result<Value, Problem> {
    let mut before = u32::MAX;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*name, value.parse()) {
            ("before", Ok(generation)) => before = generation,
            _ => {
                let en = "the one parameter is `before`: a generation, as `next` of the page before says".to_owned();
                let name: String = name.chars().take(64).collect();
                let zh = "唯一的参数是before：上一页next所示的代号".to_owned();
                let flaw = Flaw::new(format!("?{name}"), FlawCode::BadFormat, en, zh);
                return Err(Problem::with_errors(ProblemKind::InvalidQuery, vec![flaw], 1));
            }
        }
    }
    let found = reading(app, move |control| control.store.activations_before(before)).await?;
    let next = found.last().filter(|_| found.len() as u64 >= u64::from(HISTORY_COUNT_MAX)).map(|last| last.generation);
    let rows: Vec<Value> = found.iter().map(shown).collect();
    Ok(json!({ "activations": rows, "next": next }))
}

const STATE: &[&str] = &["policy", "locality", "how", "why"];
const HOWS: [(&str, Option<How>); 5] = [
    ("stopped", Some(How::Stopped)),
    ("off", Some(How::Off)),
    ("shadow", Some(How::Shadow)),
    ("enforce", Some(How::Enforce)),
    ("as_filed", None),
];

pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    answer::told(changed(&app, caller, request).await)
}

async fn changed(app: &Arc<App>, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Admin))?;
    controlled(app)?;
    let body = taken(app, request).await?;
    let mut fields = Fields::read(&body, STATE)?;
    let (policy, locality) = (fields.text("policy", TEXT_BYTES_MAX), fields.text("locality", TEXT_BYTES_MAX));
    let (subject, name) = match (policy, locality) {
        (Some(policy), None) => (Subject::Policy, policy),
        (None, Some(locality)) => (Subject::Locality, locality),
        _ => {
            let en = "give either `policy` or `locality`".to_owned();
            fields.flaw("policy", FlawCode::Missing, en, "policy与locality须填且只填一项".to_owned());
            (Subject::Policy, String::new())
        }
    };
    let word = fields.needed("how", 32);
    let how = HOWS.iter().find(|(known, _)| *known == word).map(|(_, how)| *how);
    if how.is_none() && fields.has("how") {
        let all = HOWS.map(|(word, _)| word).join(", ");
        fields.flaw("how", FlawCode::UnknownValue, format!("`how` is one of {all}"), format!("how应为{all}之一"));
    }
    let why = fields.needed("why", WHY_BYTES_MAX);
    fields.end()?;
    let done = changing(app, caller, Role::Admin, move |app, control, actor| {
        let change = Change { subject, name: &name, how: how.flatten(), why: &why };
        control.change(app, &change, actor)
    });
    answered(done.await)
}

pub(crate) async fn states(State(app): State<Arc<App>>) -> Response {
    let states = app.serving().terms.states.clone();
    answer::json(json!({ "states": states }).to_string())
}
