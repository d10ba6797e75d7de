//! `POST /v1/evaluate`: one question, one decision.

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
use maple_kernel::{Decision, Question, Ruleset, evaluate as decide, evaluate_heard};
use maple_store::Prepared;
use maple_wire::{Heard, Language, Problem, Reply, append_decision, parse_question, text};
use tracing::{error, warn};
use uuid::Uuid;

use super::{
    DecisionId, RequestId, answer,
    body::{self, Terms},
};
use crate::{
    access::{Caller, Role},
    app::{App, Serving},
    records::{Kept, Records, chain},
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

async fn answered(app: &App, caller: &Caller, id: Uuid, form: Form, request: Request) -> Result<Vec<u8>, Problem> {
    body::expect_type(request.headers(), &[answer::JSON])?;
    let terms = Terms { limit: app.config.body_bytes, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    let Ok(place) = app.admission.enter().await else {
        app.metrics.turned_away("/v1/evaluate");
        return Err(answer::overloaded());
    };
    let serving = app.serving();
    let mut reply = Vec::with_capacity(16 << 10);
    let record = match form {
        Form::Json => answer_into(&mut reply, app, &serving, caller, id, &body.bytes)?,
        Form::Text(language) => {
            let question = parse_question(&body.bytes, &serving.ruleset, app.today()).map_err(|problem| *problem)?;
            caller.require(Role::Evaluate, question.case.locality.as_str())?;
            let mut json = Vec::new();
            let (decision, record) = decided_into(&mut json, app, &serving, id, &question)?;
            reply = text(&decision, &serving.ruleset, language).into_bytes();
            record
        }
    };
    drop(place);
    if let (Some(record), Some(records)) = (record, &app.records) {
        records.keep(record).await?;
    }
    Ok(reply)
}

/// In which form a decision is asked for: JSON, unless only text is accepted.
#[derive(Clone, Copy)]
enum Form {
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
    let question = parse_question(body, &serving.ruleset, app.today()).map_err(|problem| *problem)?;
    caller.require(Role::Evaluate, question.case.locality.as_str())?;
    decided_into(out, app, serving, id, &question).map(|(_, record)| record)
}

fn decided_into<'a>(
    out: &mut Vec<u8>,
    app: &App,
    serving: &'a Serving,
    id: Uuid,
    question: &'a Question,
) -> Result<(Decision<'a>, Option<Prepared>), Problem> {
    let (ruleset, generation) = (&*serving.ruleset, serving.activation.generation);
    let start = out.len();
    if !app.records.as_ref().is_some_and(Records::are_kept) {
        let decision = guarded(ruleset, question, id)?;
        app.metrics.decided(&decision);
        write_into(out, generation.into(), question, &decision, id);
        return Ok((decision, None));
    }
    let mut heard = Heard::default();
    let decision = guarded_by(id, || evaluate_heard(ruleset, question, &mut |policy, said| heard.note(policy, said)))?;
    app.metrics.decided(&decision);
    write_into(out, generation.into(), question, &decision, id);
    let output = out.get(start..).unwrap_or_default();
    let kept = Kept { id, generation, ruleset, question, decision: &decision, heard, output };
    match app.prepared(kept) {
        Ok(record) => Ok((decision, Some(record))),
        Err(why) => {
            error!(decision = %id, why = %chain(&why), "A decision cannot be recorded.");
            out.truncate(start);
            Err(answer::internal())
        }
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
        if let Err(fault) = &asked.answer {
            let (policy, kind, mode) = (asked.policy.as_str(), fault.kind.as_str(), asked.mode.as_str());
            warn!(policy, kind, mode, detail = %fault.detail, decision = %id, "Policy gave no usable answer.");
        }
    }
    Ok(decision)
}
