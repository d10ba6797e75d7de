//! `/v1/decisions`: what was decided, made again, and its receipt.

use std::sync::Arc;

use axum::{
    extract::{Extension, Path, RawQuery, State},
    response::Response,
};
use jiff::Timestamp;
use maple_kernel::Ruleset;
use maple_store::{Cursor, Decision, Filter, Record, Store, StoreError, Summary};
use maple_wire::{Problem, ProblemKind};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::time::timeout;
use tracing::error;

use super::{
    answer,
    query::{self, Wrong},
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    control::Unmade,
    records::{Records, chain},
    replay::{Replay, replay},
};

/// Decisions on one page, where the caller does not say.
const PAGE_COUNT: u32 = 100;
/// Records into which a search looks at a time, and for one page.
const SEARCHED_COUNT: u32 = 250;
pub(crate) const SEARCHED_COUNT_MAX: usize = 2_000;
/// Checkpoints that are signed for one receipt: each covers the records of a log that have none, up to a limit.
const SEALINGS_COUNT_MAX: usize = 16;

type Answer = Result<Response, Problem>;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let found = listed(&app, &caller, &query.unwrap_or_default()).await;
    answer::told(found.map(|decisions| answer::json(decisions.to_string())))
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(shown(&app, &caller, id).await)
}

pub(crate) async fn again(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let replay = replayed(&app, &caller, id).await;
    let written = |replay: Replay| serde_json::to_vec(&replay).map(answer::json).map_err(|_| answer::internal());
    answer::told(replay.and_then(written))
}

pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer::told(receipted(&app, &caller, id).await)
}

/// A page of decisions.
pub(crate) async fn listed(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Value, Problem> {
    let asked = Asked::read(query)?;
    // A page holds what is asked for or nothing: one that silently left places out would look whole.
    match &asked.filter.locality {
        Some(locality) => caller.require_below(Role::Auditor, locality)?,
        None => caller.require_everywhere(Role::Auditor)?,
    }
    let (found, next) = reading(app, move |records| found(&records.store, asked)).await?;
    let decisions: Vec<Value> = found.iter().map(summary).collect();
    Ok(json!({ "decisions": decisions, "next": next.as_ref().map(written) }))
}

/// A page, and where the next one begins. What stands within the records is looked for in so many of them at most, so a
/// page may hold fewer than were asked for, or none, and others follow all the same.
fn found(store: &Store, asked: Asked) -> Result<(Vec<Summary>, Option<Cursor>), StoreError> {
    let Asked { mut filter, count, channel, rule } = asked;
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    if channel.is_none() && rule.is_none() {
        let found = store.decisions(&filter, count)?;
        let next = found.last().filter(|_| found.len() >= wanted).map(|last| last.cursor.clone());
        return Ok((found, next));
    }
    let (mut found, mut read) = (Vec::new(), 0);
    loop {
        let page = store.records(&filter, SEARCHED_COUNT)?;
        for record in &page {
            read += 1;
            filter.after = Some(record.cursor());
            let Ok(decision) = record.decision() else { continue };
            let holds = channel.as_ref().is_none_or(|channel| offers(&decision.output, channel))
                && rule.as_ref().is_none_or(|rule| speaks(&decision.context, filter.policy.as_deref(), rule));
            if holds {
                let Decision { id, locality, kind, outcome, policies, generation, ruleset, engine, .. } = decision;
                let cursor = record.cursor();
                found.push(Summary { cursor, id, locality, kind, outcome, policies, generation, ruleset, engine });
            }
            if found.len() >= wanted || read >= SEARCHED_COUNT_MAX {
                return Ok((found, filter.after));
            }
        }
        if page.len() as u64 != u64::from(SEARCHED_COUNT) {
            return Ok((found, None));
        }
    }
}

#[derive(Deserialize)]
struct Reply {
    decision: Steps,
}

#[derive(Deserialize)]
struct Steps {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    channel: String,
}

/// True when a decision has a step in a channel.
fn offers(output: &[u8], channel: &str) -> bool {
    serde_json::from_slice::<Reply>(output)
        .is_ok_and(|reply| reply.decision.steps.iter().any(|step| step.channel == channel))
}

/// The part of a record that says what policies answered.
#[derive(Deserialize)]
pub(super) struct Context {
    pub(super) said: Vec<Said>,
}

#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) policy: String,
    pub(super) findings: Option<Vec<Finding>>,
}

#[derive(Deserialize)]
pub(super) struct Finding {
    pub(super) rule: String,
}

/// True when a rule spoke, of this policy where one is named.
fn speaks(context: &[u8], policy: Option<&str>, rule: &str) -> bool {
    let own = |said: &Said| policy.is_none_or(|policy| policy == said.policy);
    let spoke = |said: &Said| said.findings.iter().flatten().any(|finding| finding.rule == rule);
    serde_json::from_slice::<Context>(context)
        .is_ok_and(|context| context.said.iter().any(|said| own(said) && spoke(said)))
}

/// A record and the decision in it, for whoever may read it.
pub(crate) async fn read(app: &Arc<App>, caller: &Caller, id: String) -> Result<(Record, Decision), Problem> {
    let record = record(app, id).await?;
    let decision = record.decision().map_err(|error| failed(&error))?;
    caller.require(Role::Auditor, &decision.locality)?;
    Ok((record, decision))
}

async fn shown(app: &Arc<App>, caller: &Caller, id: String) -> Answer {
    let (record, decision) = read(app, caller, id).await?;
    let part = |bytes: Vec<u8>| String::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text).ok());
    let (input, context, output) = (part(decision.input), part(decision.context), part(decision.output));
    let whole = Shown {
        id: &decision.id,
        time: decision.time.to_string(),
        log: &record.log,
        sequence: record.sequence,
        leaf: record.leaf.to_string(),
        generation: decision.generation,
        ruleset: &decision.ruleset,
        engine: &decision.engine,
        input,
        context,
        output,
    };
    serde_json::to_vec(&whole).map(answer::json).map_err(|_| answer::internal())
}

/// A record as it is shown: its parts are the very bytes that were recorded.
#[derive(serde::Serialize)]
struct Shown<'a> {
    id: &'a str,
    time: String,
    log: &'a str,
    sequence: u64,
    leaf: String,
    generation: u32,
    ruleset: &'a str,
    engine: &'a str,
    input: Option<Box<RawValue>>,
    context: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
}

/// A decision, made again.
pub(crate) async fn replayed(app: &Arc<App>, caller: &Caller, id: String) -> Result<Replay, Problem> {
    let (_, decision) = read(app, caller, id).await?;
    let ruleset = {
        let (generation, digest) = (decision.generation, decision.ruleset.clone());
        let reader = Arc::clone(app);
        in_background(app, move |_| at(&reader, generation, &digest)).await?.map_err(|why| unmade(&why))?
    };
    let made = in_background(app, move |_| replay(&decision, &ruleset)).await?;
    let replay = made.map_err(|why| {
        Problem::new(ProblemKind::NotReplayable, why.to_string(), "该决定所记录的案件已无法按当时的规则读取")
    })?;
    if !replay.same {
        error!(decision = replay.decision, "A recorded decision comes out otherwise when it is made again.");
    }
    Ok(replay)
}

/// The ruleset of a generation that has this digest.
fn at(app: &App, generation: u32, digest: &str) -> Result<Arc<Ruleset>, Unmade> {
    let serving = app.serving();
    if serving.activation.generation == generation && **serving.ruleset.digest() == *digest {
        return Ok(Arc::clone(&serving.ruleset));
    }
    app.control.as_ref().ok_or(Unmade::Unkept(generation))?.shelf.at(generation, digest)
}

/// The receipt of a decision.
pub(crate) async fn receipted(app: &Arc<App>, caller: &Caller, id: String) -> Answer {
    if !caller.is_everywhere(Role::Auditor) {
        let record = record(app, id.clone()).await?;
        caller.require(Role::Auditor, &record.decision().map_err(|error| failed(&error))?.locality)?;
    }
    let issued = timestamp(app.clock());
    let receipt = reading(app, move |records| {
        let issued = records.moment(issued);
        for _ in 0..SEALINGS_COUNT_MAX {
            match records.store.receipt(&id, &records.signer(), issued) {
                // Nothing covers it yet. Its writer may be doing the same: of two checkpoints one is refused, which is
                // as good, and the next look finds the other.
                Err(StoreError::Unsealed { log, .. }) => {
                    let _ = records.store.checkpoint(&log, &records.signer(), issued);
                }
                other => return other,
            }
        }
        records.store.receipt(&id, &records.signer(), issued)
    })
    .await?;
    let bytes = receipt.to_bytes().map_err(|error| {
        error!(why = %chain(&error), "A receipt cannot be written.");
        answer::internal()
    })?;
    Ok(answer::json(bytes))
}

async fn record(app: &Arc<App>, id: String) -> Result<Record, Problem> {
    let wanted = id.clone();
    let found = reading(app, move |records| records.store.decision(&wanted)).await?;
    found.ok_or_else(|| {
        let id: String = id.chars().take(64).collect();
        Problem::new(
            ProblemKind::NotFound,
            format!("no decision `{}` is recorded here; `/v1/decisions` lists those that are", id.escape_debug()),
            "此处没有该编号的决定记录；/v1/decisions列出全部记录",
        )
    })
}

/// Reads from the store on a thread that may wait.
pub(super) async fn reading<T: Send + 'static>(
    app: &Arc<App>,
    read: impl FnOnce(&Records) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    in_background(app, read).await?.map_err(|error| failed(&error))
}

async fn in_background<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&Records) -> T + Send + 'static,
) -> Result<T, Problem> {
    if app.records.is_none() {
        return Err(Problem::new(
            ProblemKind::NotFound,
            "this service keeps no decisions; start it with `--audit durable` to keep them",
            "本服务未留存决定；如需留存请以--audit durable启动",
        ));
    }
    let Ok(Ok(_place)) = timeout(app.config.wait, app.record_reads.acquire()).await else {
        app.metrics.turned_away("/v1/decisions");
        return Err(answer::overloaded());
    };
    let reader = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || reader.records.as_ref().map(work)).await;
    done.ok().flatten().ok_or_else(answer::internal)
}

fn failed(error: &StoreError) -> Problem {
    if let StoreError::Missing { .. } = error {
        return Problem::new(ProblemKind::NotFound, error.to_string(), "此处没有该编号的决定记录");
    }
    error!(why = %chain(error), "The store cannot be read.");
    Problem::new(
        ProblemKind::Unavailable,
        "the records cannot be read at the moment; try again, and tell the operator if it goes on",
        "暂时无法读取留存的记录；请稍后重试，如持续出现请告知运维人员",
    )
}

fn unmade(why: &Unmade) -> Problem {
    error!(why = %chain(why), "A ruleset of the past cannot be made again.");
    Problem::new(
        ProblemKind::NotReplayable,
        format!("the decision cannot be made again: {}", chain(why)),
        "无法重现该决定：当时的规则包未留存，或当前引擎不再接受它",
    )
}

fn summary(one: &Summary) -> Value {
    json!({
        "id": one.id,
        "time": one.cursor.time.to_string(),
        "locality": one.locality,
        "kind": one.kind,
        "outcome": one.outcome,
        "policies": one.policies,
        "generation": one.generation,
        "ruleset": one.ruleset,
        "engine": one.engine,
    })
}

fn written(cursor: &Cursor) -> String {
    format!("{}.{}.{}", cursor.time.as_microsecond(), cursor.sequence, cursor.log)
}

fn cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '.');
    let (time, sequence, log) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    Some(Cursor { time: Timestamp::from_microsecond(time).ok()?, log: log.to_owned(), sequence })
}

/// What a listing asks for.
#[derive(Debug)]
struct Asked {
    filter: Filter,
    count: u32,
    /// With a step in this channel.
    channel: Option<String>,
    /// In which this rule spoke.
    rule: Option<String>,
}

const PARAMETERS: [&str; 11] =
    ["from", "to", "locality", "kind", "outcome", "policy", "rule", "channel", "ruleset", "after", "count"];

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut asked = Self { filter: Filter::default(), count: PAGE_COUNT, channel: None, rule: None };
        query::read(query, |name, value| asked.take(name, value))?;
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        let moment = || {
            value.parse::<Timestamp>().map_err(|_| {
                let en = format!("`{name}` is a moment such as 2026-11-23T08:00:00Z");
                (en, format!("{name}应为时刻，如2026-11-23T08:00:00Z"))
            })
        };
        let text = || Some(value.to_owned());
        match name {
            "from" => self.filter.from = Some(moment()?),
            "to" => self.filter.to = Some(moment()?),
            "locality" => self.filter.locality = text(),
            "kind" => self.filter.kind = text(),
            "outcome" => self.filter.outcome = text(),
            "policy" => self.filter.policy = text(),
            "channel" => self.channel = text(),
            "rule" => self.rule = text(),
            "ruleset" => self.filter.ruleset = text(),
            "after" => {
                let en = "`after` is what `next` of the page before says".to_owned();
                self.filter.after = Some(cursor(value).ok_or((en, "after应取自上一页的next".to_owned()))?);
            }
            "count" => self.count = query::count(value)?,
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    }
}
