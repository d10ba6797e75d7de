//! `/decisions`: what was decided and why, and each decision made again.

use askama::Template;
use axum::{
    extract::{Extension, Path},
    http::{HeaderValue, header::CONTENT_DISPOSITION},
    response::Response,
};
use jiff::{Timestamp, civil::Date};
use maple_kernel::Outcome;
use maple_wire::{FlawCode, Problem};
use serde::Deserialize;
use serde_json::Value;

use super::{
    cases::{Happened, PAGE_COUNT, only, place_of},
    figures::grouped,
    places::{self, Choice},
    record::Record,
    visit::{self, Visit, link, path_to},
    words,
};
use crate::{
    access::Caller,
    events,
    http::{answer, decisions, insight::wrong},
};

const PARAMETERS: [&str; 10] =
    ["from", "to", "locality", "kind", "outcome", "policy", "rule", "channel", "id", "after"];
/// Letters of a value that a difference shows.
const VALUE_CHARS_SHOWN: usize = 300;

#[derive(Deserialize)]
struct Listed {
    decisions: Vec<Summary>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Summary {
    id: String,
    time: String,
    locality: String,
    kind: String,
    outcome: String,
    policies: Vec<String>,
    generation: u32,
}

struct Row {
    id: String,
    href: String,
    time: String,
    place: String,
    kind: String,
    outcome: String,
    policies: usize,
    generation: u32,
}

#[derive(Template)]
#[template(path = "decisions.html")]
struct Decisions<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    kind: &'a str,
    outcome: &'a str,
    policy: &'a str,
    rule: &'a str,
    channel: &'a str,
    channels: Vec<Choice>,
    searched: bool,
    searched_count: String,
    page_count: &'static str,
    from: &'a str,
    to: &'a str,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    outcomes: Vec<(&'static str, String)>,
    policies: Vec<String>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

pub(crate) async fn decisions(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    // Who knows the id wants that decision.
    if let Some(id) = visit.given("id") {
        return visit.send_to(&path_to("/decisions/", id));
    }
    let page = listed(&visit, &caller).await;
    visit.show(page)
}

async fn listed<'a>(v: &'a Visit, caller: &Caller) -> Result<Decisions<'a>, Problem> {
    only(v, &PARAMETERS)?;
    let ruleset = v.ruleset();
    let place = place_of(v, caller, &ruleset)?;
    let (from, to) = (moment(v, "from", false)?, moment(v, "to", true)?);
    let pages = |after: Option<&str>| {
        let given = ["kind", "outcome", "policy", "rule", "channel", "from", "to"].map(|name| (name, v.given(name)));
        let all = [("locality", place.as_deref())].into_iter().chain(given).chain([("after", after)]);
        link("/decisions", all.filter_map(|(name, value)| Some((name, value?))).collect::<Vec<_>>())
    };
    let after = v.given("after");
    let asked = [
        ("locality", place.as_deref()),
        ("kind", v.given("kind")),
        ("outcome", v.given("outcome")),
        ("policy", v.given("policy")),
        ("rule", v.given("rule")),
        ("channel", v.given("channel")),
        ("from", from.as_deref()),
        ("to", to.as_deref()),
        ("after", after),
        ("count", Some(PAGE_COUNT)),
    ];
    let found = decisions::listed(&v.app, caller, &visit::query(asked)).await?;
    let found: Listed = serde_json::from_value(found).map_err(|_| answer::internal())?;
    let outcomes = [Outcome::Route, Outcome::Refer].map(|outcome| outcome.as_str());
    Ok(Decisions {
        v,
        here: "/decisions",
        place_title: place.as_deref().map(|place| places::title(v, &ruleset, place)).unwrap_or_default(),
        kind: v.given("kind").unwrap_or_default(),
        outcome: v.given("outcome").unwrap_or_default(),
        policy: v.given("policy").unwrap_or_default(),
        rule: v.given("rule").unwrap_or_default(),
        channel: v.given("channel").unwrap_or_default(),
        channels: places::channels(v, &ruleset),
        searched: v.given("channel").or(v.given("rule")).is_some(),
        searched_count: grouped(i64::try_from(decisions::SEARCHED_COUNT_MAX).unwrap_or(i64::MAX)),
        page_count: PAGE_COUNT,
        from: v.given("from").unwrap_or_default(),
        to: v.given("to").unwrap_or_default(),
        places: places::choices(v, &ruleset),
        kinds: places::kinds(v, &ruleset),
        outcomes: outcomes.map(|word| (word, words::state(word, v.language))).into(),
        policies: ruleset.policy_ids().take(places::PLACES_OFFERED_MAX).map(ToString::to_string).collect(),
        rows: found.decisions.iter().map(|one| row(v, &ruleset, one)).collect(),
        first: after.map(|_| pages(None)),
        next: found.next.as_deref().map(|next| pages(Some(next))),
        place: place.clone().unwrap_or_default(),
    })
}

/// The beginning of a day, by the clock of the service; of the day after, where the day is the last.
fn moment(v: &Visit, name: &str, last: bool) -> Result<Option<String>, Problem> {
    let Some(given) = v.given(name) else { return Ok(None) };
    let read = given.parse::<Date>().ok();
    let begin = read.and_then(|day| if last { day.tomorrow().ok() } else { Some(day) });
    let at: Option<Timestamp> = begin.and_then(|day| events::offset(&v.app).to_timestamp(day.at(0, 0, 0, 0)).ok());
    at.map(|at| Some(at.to_string())).ok_or_else(|| {
        let en = format!("`{name}` is a day such as 2026-11-23");
        wrong(name, FlawCode::BadFormat, en, format!("{name}应为日期，如2026-11-23"))
    })
}

fn row(v: &Visit, ruleset: &maple_kernel::Ruleset, one: &Summary) -> Row {
    Row {
        id: one.id.clone(),
        href: path_to("/decisions/", &one.id),
        time: v.moment(&one.time),
        place: places::title(v, ruleset, &one.locality),
        kind: places::kind(v, ruleset, &one.kind),
        outcome: words::state(&one.outcome, v.language),
        policies: one.policies.len(),
        generation: one.generation,
    }
}

/// What came of making a decision again.
#[derive(Deserialize)]
struct Replayed {
    same: bool,
    engine: Engines,
    differences: Vec<Differs>,
    count: usize,
}

#[derive(Deserialize)]
struct Engines {
    recorded: String,
    replayed: String,
}

#[derive(Deserialize)]
struct Differs {
    part: String,
    pointer: String,
    recorded: Option<Value>,
    replayed: Option<Value>,
}

struct Difference {
    place: String,
    recorded: String,
    replayed: String,
}

struct Again {
    same: bool,
    recorded: String,
    replayed: String,
    differences: Vec<Difference>,
    more: usize,
}

#[derive(Template)]
#[template(path = "decision.html")]
struct Shown<'a> {
    v: &'a Visit,
    here: &'static str,
    id: String,
    time: String,
    generation: u32,
    ruleset: String,
    engine: String,
    case_href: Option<String>,
    /// What happened to the case, where its reader may know.
    life: Vec<Happened>,
    record: Record,
    replay: String,
    receipt: String,
    again: Option<Again>,
}

pub(crate) async fn decision(visit: Visit, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let page = match only(&visit, &[]) {
        Ok(()) => shown(&visit, &caller, id, None).await,
        Err(problem) => Err(problem),
    };
    visit.show(page)
}

pub(crate) async fn replay(visit: Visit, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let page = replayed(&visit, &caller, id).await;
    visit.show(page)
}

async fn replayed<'a>(v: &'a Visit, caller: &Caller, id: String) -> Result<Shown<'a>, Problem> {
    let made = decisions::replayed(&v.app, caller, id.clone()).await?;
    let made = serde_json::to_value(&made).and_then(serde_json::from_value).map_err(|_| answer::internal())?;
    shown(v, caller, id, Some(again(v, made))).await
}

fn again(v: &Visit, made: Replayed) -> Again {
    let Replayed { same, engine, differences, count } = made;
    let more = count.saturating_sub(differences.len());
    let text = |value: Option<Value>| {
        let Some(value) = value else { return v.say("（无）", "(nothing)").to_owned() };
        let whole = value.to_string();
        let cut: String = whole.chars().take(VALUE_CHARS_SHOWN).collect();
        if cut.len() < whole.len() { format!("{cut}…") } else { cut }
    };
    let differences = differences.into_iter().map(|one| Difference {
        place: format!("{}{}", one.part, one.pointer),
        recorded: text(one.recorded),
        replayed: text(one.replayed),
    });
    Again { same, recorded: engine.recorded, replayed: engine.replayed, differences: differences.collect(), more }
}

async fn shown<'a>(v: &'a Visit, caller: &Caller, id: String, again: Option<Again>) -> Result<Shown<'a>, Problem> {
    let (_, decision) = decisions::read(&v.app, caller, id).await?;
    let record = Record::read(v, &v.ruleset(), &decision.input, &decision.output)?;
    let own = path_to("/decisions/", &decision.id);
    Ok(Shown {
        v,
        here: "/decisions",
        time: v.moment(&decision.time.to_string()),
        generation: decision.generation,
        ruleset: decision.ruleset,
        engine: decision.engine,
        life: match &record.case {
            Some(case) => super::cases::life(v, caller, case).await,
            None => Vec::new(),
        },
        case_href: record.case.as_deref().map(|case| path_to("/cases/", case)),
        record,
        replay: format!("{own}/replay"),
        receipt: format!("{own}/receipt"),
        again,
        id: decision.id,
    })
}

/// The receipt, as a file.
pub(crate) async fn receipt(visit: Visit, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    match decisions::receipted(&visit.app, &caller, id).await {
        Ok(mut response) => {
            let name = HeaderValue::from_static("attachment; filename=\"receipt.json\"");
            response.headers_mut().insert(CONTENT_DISPOSITION, name);
            visit.secure(&mut response);
            response
        }
        Err(problem) => visit.refuse(&problem),
    }
}
