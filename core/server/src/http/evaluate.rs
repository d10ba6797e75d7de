//! `POST /v1/evaluate`: one question, one decision.

mod canary;
mod past;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use axum::{
    extract::{Extension, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, ACCEPT_LANGUAGE},
    },
    response::Response,
};
use jiff::Timestamp;
use maple_kernel::{Day, Decision, Facts, FaultKind, Question, Ruleset, evaluate as decide, evaluate_within};
use maple_store::Prepared;
use maple_wire::{
    ASKED, About, Asked, Flaw, FlawCode, Heard, Language, Problem, ProblemKind, Reply, append_decision, parse_asked,
    parse_question_asked, parse_question_served, text,
};
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};
use uuid::Uuid;

use super::{
    DecisionId, RequestId,
    activations::reading,
    answer,
    body::{self, Terms},
};
use crate::{
    access::{Caller, Role},
    app::{App, Serving},
    clock::timestamp,
    context::{self, AsOf, Counts},
    control::speaking,
    events,
    records::{Kept, chain},
};

pub(crate) async fn evaluate(
    State(app): State<Arc<App>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let form = Form::asked(request.headers());
    match answered(&app, &caller, id, form, request).await {
        Ok(reply) => {
            let mut response = answer::of(StatusCode::OK, form.media_type(), reply);
            response.extensions_mut().insert(DecisionId(id));
            response
        }
        Err(problem) => answer::problem(&problem),
    }
}

async fn answered(app: &Arc<App>, caller: &Caller, id: Uuid, form: Form, request: Request) -> Result<Vec<u8>, Problem> {
    body::expect_type(request.headers(), &[answer::JSON])?;
    let terms = Terms { limit: app.config.body_bytes, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    decided(app, caller, id, form, &body.bytes).await
}

/// Decides a question as it is sent, and gives the reply once the record is kept.
pub(crate) async fn decided(
    app: &Arc<App>,
    caller: &Caller,
    id: Uuid,
    form: Form,
    body: &[u8],
) -> Result<Vec<u8>, Problem> {
    let made = decided_by(app, &app.serving(), caller, id, form, body, (parse_question_served, None)).await;
    let (reply, record) = match made {
        // Few requests ask for more than a decision; only those are read twice.
        Err(problem) if asks_for_more(&problem) => {
            let (serving, about) = asked_for(app, body).await?;
            decided_by(app, &serving, caller, id, form, body, (parse_question_asked, about)).await?
        }
        made => made?,
    };
    if let (Some(record), Some(records)) = (record, &app.records) {
        records.keep(record).await?;
    }
    Ok(reply)
}

/// Reads a question with the words of a ruleset.
type Parse = fn(&[u8], &Ruleset, Day) -> Result<Question, Box<Problem>>;

async fn decided_by(
    app: &Arc<App>,
    serving: &Serving,
    caller: &Caller,
    id: Uuid,
    form: Form,
    body: &[u8],
    (parse, about): (Parse, Option<About>),
) -> Result<(Vec<u8>, Option<Prepared>), Problem> {
    fresh(app)?;
    let Ok(_place) = app.admission.enter().await else {
        app.metrics.turned_away("/v1/evaluate");
        return Err(answer::overloaded());
    };
    let mut reply = Vec::with_capacity(16 << 10);
    let mut question = parse(body, &serving.ruleset, app.today()).map_err(|problem| *problem)?;
    caller.require(Role::Evaluate, question.case.locality.as_str())?;
    if let Some(about) = about {
        question.context = counted(app, &serving.ruleset, &question, &about).await?;
    }
    let mut other = canary::chosen(app, serving, &question, body, parse);
    if let Some((_, same)) = &mut other {
        same.context.clone_from(&question.context);
    }
    let (ruleset, question) =
        other.as_ref().map_or((&*serving.ruleset, &question), |(own, question)| (&**own, question));
    let (decision, record) = decided_into(&mut reply, app, serving, ruleset, id, question)?;
    if let Form::Text(language) = form {
        reply = text(&decision, ruleset, language).into_bytes();
    }
    if other.is_some() {
        canary::compare(app, serving, question, &decision);
    }
    Ok((reply, record))
}

/// What is counted of what a dispute is about.
async fn counted(app: &Arc<App>, ruleset: &Ruleset, question: &Question, about: &About) -> Result<Facts, Problem> {
    let Some(refers) = context::refers(app, about) else {
        return Err(Problem::new(
            ProblemKind::NotFound,
            "this service counts nothing that happened, so leave out `about`: nodes that share a database need \
             `reference-key` in their configuration",
            "本服务不作计数，请删除about；多节点共用数据库时须在配置中设置reference-key",
        ));
    };
    let at = context::moment(app, question.as_of);
    let live = question.as_of == app.today();
    let as_of = AsOf { at, offset: events::offset(app), came_only: false, live };
    let counts = Counts::of(ruleset, question, &refers, as_of);
    if counts.is_empty() {
        return Ok(Facts::default());
    }
    reading(app, move |control| counts.count(&control.store)).await
}

/// A node that was cut off from the others for too long does not know what serves.
fn fresh(app: &App) -> Result<(), Problem> {
    let Some(control) = app.control.as_ref().filter(|control| control.is_stale()) else { return Ok(()) };
    let seconds = control.governance().staleness_seconds_max.unwrap_or_default();
    Err(Problem::new(
        ProblemKind::Unavailable,
        format!("this node has not heard for {seconds} seconds which policies serve; ask another node"),
        format!("本节点已超过{seconds}秒未能获知现行规则；请改用其他节点"),
    ))
}

/// True when a question was refused for a field that asks for more than a decision.
fn asks_for_more(problem: &Problem) -> bool {
    problem.errors.iter().any(|flaw| ASKED.iter().any(|name| flaw.pointer.strip_prefix('/') == Some(name)))
}

/// What serves once the generation that a request asks for serves, or what served when it says.
async fn asked_for(app: &Arc<App>, body: &[u8]) -> Result<(Arc<Serving>, Option<About>), Problem> {
    let Asked { min_generation, known_at, about } = parse_asked(body).map_err(|problem| *problem)?;
    if let Some(min) = min_generation {
        let until = Instant::now() + app.config.wait;
        loop {
            let changed = app.changed.notified();
            let now = app.serving().activation.generation;
            if u64::from(now) >= min {
                break;
            }
            if timeout_at(until, changed).await.is_err() {
                let waited = app.config.wait.as_secs_f32();
                return Err(Problem::new(
                    ProblemKind::NotYet,
                    format!("generation {now} serves here, {min} was asked for and did not come in {waited} seconds"),
                    format!("本节点现行第{now}代规则；等待{waited}秒后仍未启用所要求的第{min}代"),
                ));
            }
        }
    }
    let Some(text) = known_at else { return Ok((app.serving(), about)) };
    let bad = || {
        let en = "write the moment like 2026-11-23T08:00:00Z".to_owned();
        let flaw =
            Flaw::new("/known_at".to_owned(), FlawCode::BadFormat, en, "应写作如2026-11-23T08:00:00Z的时刻".to_owned());
        Problem::with_errors(ProblemKind::InvalidCase, vec![flaw], 1)
    };
    let at: Timestamp = text.parse().map_err(|_| bad())?;
    let now = timestamp(app.clock());
    if at > now {
        // What serves then may still change; nobody knows it yet.
        let en = format!("it is {now} here; leave it out to be decided by what serves now");
        let zh = "该时刻尚未到来；如需按现行规则决定请不填";
        let flaw = Flaw::new("/known_at".to_owned(), FlawCode::OutOfRange, en, zh.to_owned());
        return Err(Problem::with_errors(ProblemKind::InvalidCase, vec![flaw], 1));
    }
    Ok((past::serving_at(app, at).await?, about))
}

/// In which form a decision is asked for: JSON, unless only text is accepted.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Json,
    Text(Language),
}

impl Form {
    fn asked(headers: &HeaderMap) -> Self {
        let says = |name, word: &str| headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(word));
        if !says(ACCEPT, answer::TEXT) || says(ACCEPT, answer::JSON) {
            return Self::Json;
        }
        let language = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        Self::Text(if language.trim_start().starts_with("zh") { Language::Zh } else { Language::En })
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => answer::JSON,
            Self::Text(_) => answer::TEXT_UTF8,
        }
    }
}

/// Answers one question at the end of `out`, which stays as it was when there is a problem. What is to be kept of it must
/// be kept before the answer is given.
pub(crate) fn answer_into(
    out: &mut Vec<u8>,
    app: &App,
    serving: &Serving,
    caller: &Caller,
    id: Uuid,
    body: &[u8],
) -> Result<Option<Prepared>, Problem> {
    fresh(app)?;
    let question = parse_question_served(body, &serving.ruleset, app.today()).map_err(|problem| *problem)?;
    caller.require(Role::Evaluate, question.case.locality.as_str())?;
    let other = canary::chosen(app, serving, &question, body, parse_question_served);
    let (ruleset, question) =
        other.as_ref().map_or((&*serving.ruleset, &question), |(own, question)| (&**own, question));
    let (decision, record) = decided_into(out, app, serving, ruleset, id, question)?;
    if other.is_some() {
        canary::compare(app, serving, question, &decision);
    }
    Ok(record)
}

fn decided_into<'a>(
    out: &mut Vec<u8>,
    app: &App,
    serving: &Serving,
    ruleset: &'a Ruleset,
    id: Uuid,
    question: &'a Question,
) -> Result<(Decision<'a>, Option<Prepared>), Problem> {
    let generation = serving.activation.generation;
    let start = out.len();
    let until = Instant::now() + app.config.deadline;
    let is_late = &mut || Instant::now() >= until;
    let Some(records) = app.records.as_ref().filter(|records| records.are_kept()) else {
        let decision = guarded_by(id, || evaluate_within(ruleset, question, &mut |_, _| {}, is_late))?;
        app.metrics.decided(&decision);
        write_into(out, generation.into(), question, &decision, id);
        watch(app, serving, ruleset, question, &decision, id);
        return Ok((decision, None));
    };
    let mut heard = Heard::default();
    let decision =
        guarded_by(id, || evaluate_within(ruleset, question, &mut |policy, said| heard.note(policy, said), is_late))?;
    app.metrics.decided(&decision);
    write_into(out, generation.into(), question, &decision, id);
    watch(app, serving, ruleset, question, &decision, id);
    let output = out.get(start..).unwrap_or_default();
    let kept = Kept { id, generation, ruleset, question, decision: &decision, heard, output };
    match app.prepared(records, kept) {
        Ok(record) => Ok((decision, Some(record))),
        Err(why) => {
            error!(decision = %id, why = %chain(&why), "A decision cannot be recorded.");
            out.truncate(start);
            Err(answer::internal())
        }
    }
}

/// True for what serves now, and not what served before.
pub(crate) fn is_now(app: &App, serving: &Serving) -> bool {
    app.generation() == serving.activation.generation
}

/// Notes policies that fail, and what those in the shadow would have changed: of what serves now, and of its own ruleset.
fn watch(app: &App, serving: &Serving, ruleset: &Ruleset, question: &Question, decision: &Decision<'_>, id: Uuid) {
    let Some(control) = &app.control else { return };
    if !std::ptr::eq(ruleset, &raw const *serving.ruleset) || !is_now(app, serving) {
        return;
    }
    if let Some(alarm) = control.watched.answered(decision, question, serving.activation.generation) {
        control.alarm(alarm);
    }
    if let Some(lifted) = serving.lifted.as_ref().filter(|_| speaking(decision).next().is_some()) {
        let otherwise = decide(lifted, question);
        let mut name = NO_NAME;
        let of = (serving.activation.generation, serving.made.ruleset.digest());
        let changed = control.watched.shadow(decision, &otherwise, named(id, &mut name), of);
        app.metrics.shadowed(speaking(decision), changed);
    }
}

/// Writes the reply at the end of `out`.
pub(crate) fn write_into(out: &mut Vec<u8>, generation: u64, question: &Question, decision: &Decision<'_>, id: Uuid) {
    let mut buffer = NO_NAME;
    let id = named(id, &mut buffer);
    append_decision(out, &Reply { id, generation, case: &question.case, decision });
}

/// Room for the name of a decision.
pub(crate) const NO_NAME: [u8; 2 + uuid::fmt::Hyphenated::LENGTH] = [0; 2 + uuid::fmt::Hyphenated::LENGTH];

/// `d-` and the id, without a trip to the heap.
pub(crate) fn named(id: Uuid, buffer: &mut [u8; NO_NAME.len()]) -> &str {
    let (prefix, rest) = buffer.split_at_mut(2);
    prefix.copy_from_slice(b"d-");
    id.hyphenated().encode_lower(rest);
    std::str::from_utf8(buffer).unwrap_or_default()
}

/// Decides, and tells the log of every policy that could not answer.
///
/// A panic is the host's own failure: it is told as such and takes no other request with it.
pub(crate) fn guarded<'a>(ruleset: &'a Ruleset, question: &'a Question, id: Uuid) -> Result<Decision<'a>, Problem> {
    guarded_by(id, || decide(ruleset, question))
}

fn guarded_by<'a>(id: Uuid, decide: impl FnOnce() -> Decision<'a>) -> Result<Decision<'a>, Problem> {
    let decision = catch_unwind(AssertUnwindSafe(decide)).map_err(|_| {
        error!(decision = %id, "The host failed while it decided.");
        answer::internal()
    })?;
    for asked in &decision.asked {
        // That a policy is stopped was told when it was.
        if let Some(fault) = asked.answer.as_ref().err().filter(|fault| fault.kind != FaultKind::Stopped) {
            let (policy, kind, mode) = (asked.policy.as_str(), fault.kind.as_str(), asked.mode.as_str());
            warn!(policy, kind, mode, detail = %fault.detail, decision = %id, "Policy gave no usable answer.");
        }
    }
    Ok(decision)
}
