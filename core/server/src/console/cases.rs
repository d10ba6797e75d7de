//! `/cases`: where disputes stand, and what happened to each.

use askama::Template;
use axum::{extract::Extension, extract::Path, response::Response};
use maple_insight::life::{EventType, Stage};
use maple_kernel::Ruleset;
use maple_wire::Problem;
use serde::Deserialize;
use serde_json::Value;

use super::{
    places::{self, Choice},
    visit::{self, Visit, link, path_to},
    words,
};
use crate::{
    access::{Caller, Role},
    http::{answer, events, query},
};

/// Rows on one page.
pub(super) const PAGE_COUNT: &str = "50";
/// Letters of a hash that are shown.
pub(super) const HASH_CHARS_SHOWN: usize = 10;
const PARAMETERS: [&str; 3] = ["locality", "stage", "after"];

#[derive(Deserialize)]
struct Listed {
    cases: Vec<CaseState>,
    next: Option<String>,
}

/// A case, as `/v1/cases` tells it.
#[derive(Deserialize)]
struct CaseState {
    id: String,
    locality: Option<String>,
    kind: Option<String>,
    source: Option<String>,
    organisation: Option<String>,
    place: Option<String>,
    project: Option<String>,
    decision: Option<String>,
    station: Option<String>,
    mediator: Option<String>,
    channel: Option<String>,
    stage: Option<String>,
    since: Option<String>,
    registered: Option<String>,
    allowed: Vec<String>,
}

#[derive(Deserialize)]
struct Shown {
    case: CaseState,
    events: Vec<Kept>,
}

#[derive(Deserialize)]
struct Kept {
    event: Told,
    received: String,
    standing: String,
}

#[derive(Deserialize)]
struct Told {
    source: String,
    r#type: String,
    time: String,
    data: serde_json::Map<String, Value>,
}

struct Row {
    id: String,
    href: String,
    place: String,
    kind: String,
    stage: String,
    since: String,
    registered: String,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct Cases<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    stage: String,
    places: Vec<Choice>,
    stages: Vec<(&'static str, &'static str)>,
    page_count: &'static str,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

/// The place of a listing: what is asked for, else where whoever asks may read.
pub(super) fn place_of(visit: &Visit, caller: &Caller, ruleset: &Ruleset) -> Result<Option<String>, Problem> {
    match visit.given("locality") {
        Some(given) => places::find(ruleset, given).map(|(id, _)| Some(id.to_string())),
        None => Ok(caller.home(Role::Auditor).map(str::to_owned)),
    }
}

/// Refuses parameters that a page does not have.
pub(super) fn only(visit: &Visit, known: &[&'static str]) -> Result<(), Problem> {
    query::read(&visit.query(), |name, _| match name {
        name if known.contains(&name) => Ok(()),
        other => Err(query::unknown(other, known)),
    })
}

pub(crate) async fn cases(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let page = listed(&visit, &caller).await;
    visit.show(page)
}

async fn listed<'a>(v: &'a Visit, caller: &Caller) -> Result<Cases<'a>, Problem> {
    only(v, &PARAMETERS)?;
    let ruleset = v.ruleset();
    let place = place_of(v, caller, &ruleset)?;
    let (stage, after) = (v.given("stage"), v.given("after"));
    let chosen = [("locality", place.as_deref()), ("stage", stage)];
    let said = || chosen.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let asked = visit::query(chosen.into_iter().chain([("after", after), ("count", Some(PAGE_COUNT))]));
    let found = events::cases_listed(&v.app, caller, &asked).await?;
    let found: Listed = serde_json::from_value(found).map_err(|_| answer::internal())?;
    Ok(Cases {
        v,
        here: "/cases",
        place_title: place.as_deref().map(|place| places::title(v, &ruleset, place)).unwrap_or_default(),
        stage: stage.unwrap_or_default().to_owned(),
        places: places::choices(v, &ruleset),
        stages: Stage::ALL.iter().map(|stage| (stage.as_str(), words::stage(*stage, v.language))).collect(),
        page_count: PAGE_COUNT,
        rows: found.cases.iter().map(|case| row(v, &ruleset, case)).collect(),
        first: after.map(|_| link("/cases", said())),
        next: found.next.as_deref().map(|next| link("/cases", said().chain([("after", next)]))),
        place: place.clone().unwrap_or_default(),
    })
}

fn row(v: &Visit, ruleset: &Ruleset, case: &CaseState) -> Row {
    Row {
        id: case.id.clone(),
        href: path_to("/cases/", &case.id),
        place: case.locality.as_deref().map(|id| places::title(v, ruleset, id)).unwrap_or_default(),
        kind: case.kind.as_deref().map(|id| places::kind(v, ruleset, id)).unwrap_or_default(),
        stage: stage(v, case),
        since: case.since.as_deref().map(|at| v.moment(at)).unwrap_or_default(),
        registered: case.registered.as_deref().map(|at| v.moment(at)).unwrap_or_default(),
    }
}

fn stage(v: &Visit, case: &CaseState) -> String {
    let known = case.stage.as_deref().and_then(Stage::of);
    known.map_or_else(|| v.say("未登记", "not registered"), |stage| words::stage(stage, v.language)).to_owned()
}

/// A line of what is known: its name, the text, all of it where the text is cut.
struct Known {
    name: &'static str,
    text: String,
    whole: Option<String>,
    href: Option<String>,
}

/// One thing that happened to a case.
pub(super) struct Happened {
    pub(super) time: String,
    pub(super) title: String,
    details: Vec<(String, String)>,
    source: String,
    received: String,
    pub(super) standing: &'static str,
    pub(super) class: &'static str,
}

/// What happened to a case; nothing where none of that name is known, or not to this reader.
pub(super) async fn life(v: &Visit, caller: &Caller, case: &str) -> Vec<Happened> {
    let Ok(found) = events::one_shown(&v.app, caller, case.to_owned()).await else { return Vec::new() };
    let Ok(Shown { events, .. }) = serde_json::from_value(found) else { return Vec::new() };
    let ruleset = v.ruleset();
    events.iter().map(|kept| happened(v, &ruleset, kept)).collect()
}

#[derive(Template)]
#[template(path = "case.html")]
struct Case<'a> {
    v: &'a Visit,
    here: &'static str,
    id: String,
    stage: String,
    since: String,
    known: Vec<Known>,
    events: Vec<Happened>,
    allowed: Vec<&'static str>,
}

pub(crate) async fn case(visit: Visit, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let page = shown(&visit, &caller, id).await;
    visit.show(page)
}

async fn shown<'a>(v: &'a Visit, caller: &Caller, id: String) -> Result<Case<'a>, Problem> {
    only(v, &[])?;
    let found = events::one_shown(&v.app, caller, id).await?;
    let Shown { case, events } = serde_json::from_value(found).map_err(|_| answer::internal())?;
    let ruleset = v.ruleset();
    Ok(Case {
        v,
        here: "/cases",
        stage: stage(v, &case),
        since: case.since.as_deref().map(|at| v.moment(at)).unwrap_or_default(),
        known: known(v, &ruleset, &case),
        events: events.iter().map(|kept| happened(v, &ruleset, kept)).collect(),
        allowed: case.allowed.iter().filter_map(|word| Some(words::event(EventType::of(word)?, v.language))).collect(),
        id: case.id,
    })
}

fn known(v: &Visit, ruleset: &Ruleset, case: &CaseState) -> Vec<Known> {
    let mut all = Vec::new();
    let mut add = |name, text: Option<String>| {
        all.extend(text.map(|text| Known { name, text, whole: None, href: None }));
    };
    add(v.say("地区", "Place"), case.locality.as_deref().map(|id| places::title(v, ruleset, id)));
    add(v.say("类型", "Kind"), case.kind.as_deref().map(|id| places::kind(v, ruleset, id)));
    add(v.say("来源", "Came through"), case.source.as_deref().map(|code| source(v, ruleset, code)));
    add(v.say("登记时间", "Registered"), case.registered.as_deref().map(|at| v.moment(at)));
    add(v.say("受理单位", "Station"), case.station.clone());
    add(v.say("调解员代号", "Mediator"), case.mediator.clone());
    add(v.say("途径", "Channel"), case.channel.as_deref().map(|id| channel(v, ruleset, id)));
    for (name, hash) in [
        (v.say("所涉单位", "Organisation"), &case.organisation),
        (v.say("所涉地点", "Location"), &case.place),
        (v.say("所涉项目", "Project"), &case.project),
    ] {
        let Some(hash) = hash else { continue };
        let text: String = hash.chars().take(HASH_CHARS_SHOWN).collect();
        all.push(Known { name, text: format!("{text}…"), whole: Some(hash.clone()), href: None });
    }
    if let Some(decision) = &case.decision {
        let href = Some(path_to("/decisions/", decision));
        all.push(Known { name: v.say("所依决定", "Decision"), text: decision.clone(), whole: None, href });
    }
    all
}

fn source(v: &Visit, ruleset: &Ruleset, code: &str) -> String {
    let word = ruleset.vocabulary().word(maple_kernel::WordList::Source, code);
    word.map_or_else(|| words::told(code, v.language), |word| v.of_text(&word.title).to_owned())
}

pub(super) fn channel(v: &Visit, ruleset: &Ruleset, id: &str) -> String {
    let known = ruleset.vocabulary().channels.get(id);
    known.map_or_else(|| id.to_owned(), |channel| v.of_text(&channel.title).to_owned())
}

fn happened(v: &Visit, ruleset: &Ruleset, kept: &Kept) -> Happened {
    let event = &kept.event;
    let kind = EventType::of(&event.r#type);
    // What a registration says stands above.
    let registered = kind == Some(EventType::Registered);
    let told = event.data.iter().filter(|_| !registered);
    let details = told.map(|(name, value)| {
        let text = match value {
            Value::String(word) if matches!(&**name, "station" | "mediator") => word.clone(),
            Value::String(word) if name == "channel" => channel(v, ruleset, word),
            Value::String(word) => words::told(word, v.language),
            Value::Bool(true) => words::told("yes", v.language),
            Value::Bool(false) => words::told("no", v.language),
            other => other.to_string(),
        };
        (words::told(name, v.language), text)
    });
    let (standing, class) = match &*kept.standing {
        "waiting" => (v.say("等待在先的事件，尚未计入", "waits for what comes before it, not counted yet"), "waits"),
        "refusal_not_honoured" => {
            (v.say("拒绝之后仍有调解，未得到尊重", "tried after a refusal: not honoured"), "breach")
        }
        _ => ("", "done"),
    };
    Happened {
        time: v.moment(&event.time),
        title: kind.map_or_else(|| event.r#type.clone(), |kind| words::event(kind, v.language).to_owned()),
        details: details.collect(),
        source: event.source.clone(),
        received: v.moment(&kept.received),
        standing,
        class,
    }
}
