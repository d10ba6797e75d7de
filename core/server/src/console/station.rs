//! `/station`: who comes in, who waits and for how long, who there is to take it up, which plan was the last.

mod file;

use askama::Template;
use axum::{extract::Extension, response::Response};
use maple_insight::life::Stage;
use maple_kernel::{LocalityId, Ruleset, WordList};
use maple_wire::Problem;
use serde::Deserialize;

use super::{
    cases::only,
    figures::{Both, grouped, written},
    places::{self, Choice},
    visit::{Visit, link, path_to},
    words,
};
use crate::{
    access::{Caller, Role},
    http::{
        answer, insight,
        plan::may_plan,
        station::{desk, may_look},
    },
};

pub(crate) use file::station_csv;

/// The share of its capacity above which a station is full.
const FULL_SHARE: f64 = 1.0;
/// The same, above which it is nearly so.
const BUSY_SHARE: f64 = 0.8;
/// Waiting cases that are always shown.
const CASES_SHOWN: usize = 8;
/// The width of the picture of a load.
const BAR_WIDTH: f64 = 300.0;
const PARAMETERS: [&str; 1] = ["locality"];

/// The desk, as `/v1/insight/station` tells it.
#[derive(Deserialize)]
struct Desk {
    queue: Queue,
    stations: Vec<Station>,
    more_stations: bool,
    more_mediators: bool,
    people: People,
    plan: Option<Plan>,
}

#[derive(Deserialize)]
struct Queue {
    waiting: i64,
    wait_hours: Waits,
    limits: Limits,
    cases: Vec<Waiting>,
}

#[derive(Deserialize)]
struct Waits {
    median: Option<f64>,
    longest: Option<f64>,
}

#[derive(Deserialize)]
struct Limits {
    of: i64,
    known: i64,
    next: Option<String>,
    passed: i64,
}

#[derive(Deserialize)]
struct Waiting {
    id: String,
    locality: Option<String>,
    kind: Option<String>,
    stage: Option<String>,
    wait_hours: Option<f64>,
    limit: Option<Limit>,
}

#[derive(Deserialize)]
struct Limit {
    code: String,
    title: Option<Both>,
    ends: String,
    passed: bool,
}

#[derive(Deserialize)]
struct Station {
    id: String,
    locality: String,
    open: i64,
    mediators: i64,
    at_work: i64,
    capacity: i64,
    load: Option<f64>,
}

#[derive(Deserialize)]
struct People {
    mediators: i64,
    at_work: i64,
    capacity: i64,
    skills: Vec<Able>,
    languages: Vec<Able>,
}

#[derive(Deserialize)]
struct Able {
    code: String,
    title: Option<Both>,
    mediators: i64,
    at_work: i64,
}

#[derive(Deserialize)]
struct Plan {
    id: String,
    at: String,
    by: String,
    state: String,
    accept_until: String,
    placed: Option<i64>,
    unplaced: Option<i64>,
    accepted: Option<Accepted>,
}

#[derive(Deserialize)]
struct Accepted {
    at: String,
    by: String,
    assigned: Option<i64>,
    left_out: Option<i64>,
}

struct CaseRow {
    id: String,
    href: Option<String>,
    place: String,
    kind: String,
    stage: String,
    waits: String,
    limit: String,
    passed: bool,
}

struct StationRow {
    id: String,
    place: String,
    open: String,
    capacity: String,
    people: String,
    load: String,
    class: &'static str,
    width: u32,
}

struct AbleRow {
    name: String,
    mediators: String,
    at_work: String,
}

struct PlanShown {
    href: String,
    state: String,
    class: &'static str,
    told: String,
    lists: String,
}

/// What only those see who read there or plan.
struct Inner {
    waiting: String,
    median: String,
    longest: String,
    next_limit: String,
    limits: String,
    passed: i64,
    cases: Vec<CaseRow>,
    rest: Vec<CaseRow>,
    more_cases: bool,
    stations: Vec<StationRow>,
    more_stations: bool,
    more_mediators: bool,
    people: String,
    capacity: String,
    able: Vec<(&'static str, &'static str, Vec<AbleRow>)>,
    plan: Option<PlanShown>,
    to_cases: String,
    csv: String,
}

#[derive(Template)]
#[template(path = "station.html")]
struct Page<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    sources: Vec<Choice>,
    may_ask: bool,
    may_plan: bool,
    inner: Option<Inner>,
}

/// The place of the desk: what is asked for, else where whoever asks has a role, else the first root.
fn place_of<'r>(v: &Visit, caller: &Caller, ruleset: &'r Ruleset) -> Result<&'r LocalityId, Problem> {
    if let Some(given) = v.given("locality") {
        return places::find(ruleset, given).map(|(id, _)| id);
    }
    let roles = [Role::Auditor, Role::Approver, Role::Admin, Role::Evaluate];
    let home = roles.into_iter().find_map(|role| caller.home(role)).and_then(|home| ruleset.locality(home));
    home.map_or_else(|| insight::place(ruleset, None), Ok).map(|(id, _)| id)
}

pub(crate) async fn station(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let page = page(&visit, &caller).await;
    visit.show(page)
}

async fn page<'a>(v: &'a Visit, caller: &Caller) -> Result<Page<'a>, Problem> {
    only(v, &PARAMETERS)?;
    let ruleset = v.ruleset();
    let place = place_of(v, caller, &ruleset)?.as_str();
    let inner = if may_look(caller, place) {
        Some(inner(v, caller, &ruleset, place, told(v, caller, place).await?))
    } else {
        None
    };
    Ok(Page {
        v,
        here: "/station",
        place: place.to_owned(),
        place_title: places::title(v, &ruleset, place),
        places: places::choices(v, &ruleset),
        kinds: places::kinds(v, &ruleset),
        sources: sources(v, &ruleset),
        may_ask: caller.has(Role::Evaluate),
        may_plan: may_plan(caller, place).is_ok(),
        inner,
    })
}

/// The desk of a place.
async fn told(v: &Visit, caller: &Caller, place: &str) -> Result<Desk, Problem> {
    let found = desk(&v.app, caller, link("", [("locality", place)]).trim_start_matches('?')).await?;
    serde_json::from_value(found).map_err(|_| answer::internal())
}

/// Doors through which a case comes.
pub(super) fn sources(v: &Visit, ruleset: &Ruleset) -> Vec<Choice> {
    let all = ruleset.vocabulary().words.get(&WordList::Source).into_iter().flatten();
    all.map(|(code, word)| Choice { id: code.to_string(), title: v.of_text(&word.title).to_owned() }).collect()
}

fn hours(v: &Visit, hours: Option<f64>) -> String {
    hours.map_or_else(String::new, |hours| written(hours, maple_insight::figures::Unit::Hours, v.language))
}

fn inner(v: &Visit, caller: &Caller, ruleset: &Ruleset, place: &str, found: Desk) -> Inner {
    let Desk { queue, stations, more_stations, more_mediators, people, plan } = found;
    let may_read = caller.may_below(Role::Auditor, place);
    let Limits { of, known, next, passed } = queue.limits;
    let row = |case: &Waiting| CaseRow {
        id: case.id.clone(),
        href: may_read.then(|| path_to("/cases/", &case.id)),
        place: case.locality.as_deref().map(|id| places::title(v, ruleset, id)).unwrap_or_default(),
        kind: case.kind.as_deref().map(|id| places::kind(v, ruleset, id)).unwrap_or_default(),
        stage: case
            .stage
            .as_deref()
            .and_then(Stage::of)
            .map(|stage| words::stage(stage, v.language).to_owned())
            .unwrap_or_default(),
        waits: hours(v, case.wait_hours),
        limit: case.limit.as_ref().map(|limit| limit_text(v, limit)).unwrap_or_default(),
        passed: case.limit.as_ref().is_some_and(|limit| limit.passed),
    };
    let mut cases: Vec<CaseRow> = queue.cases.iter().map(row).collect();
    let rest = cases.split_off(cases.len().min(CASES_SHOWN));
    let able = |rows: &[Able]| {
        let row = |one: &Able| AbleRow {
            name: one.title.as_ref().map_or(one.code.as_str(), |title| title.of(v.language)).to_owned(),
            mediators: grouped(one.mediators),
            at_work: grouped(one.at_work),
        };
        rows.iter().map(row).collect::<Vec<_>>()
    };
    let able = [
        ("skills", v.say("专长", "Skill"), able(&people.skills)),
        ("languages", v.say("语言", "Language"), able(&people.languages)),
    ];
    Inner {
        more_cases: i64::try_from(queue.cases.len()).unwrap_or(i64::MAX) < queue.waiting,
        waiting: grouped(queue.waiting),
        median: hours(v, queue.wait_hours.median),
        longest: hours(v, queue.wait_hours.longest),
        next_limit: next.unwrap_or_default(),
        limits: if v.is_chinese() {
            format!("等待最久的{of}件中，{known}件的决定载明期限")
        } else {
            format!("of the {of} that wait the longest, {known} have a clock in their decision")
        },
        passed,
        cases,
        rest,
        stations: stations.iter().map(|one| station_row(v, ruleset, one)).collect(),
        more_stations,
        more_mediators,
        people: if v.is_chinese() {
            format!("调解员{}人，今日在岗{}人", grouped(people.mediators), grouped(people.at_work))
        } else {
            format!("{} mediators, {} at work today", grouped(people.mediators), grouped(people.at_work))
        },
        capacity: grouped(people.capacity),
        able: able.into_iter().filter(|(_, _, rows)| !rows.is_empty()).collect(),
        plan: plan.map(|plan| plan_shown(v, &plan)),
        to_cases: link("/cases", [("locality", place)]),
        csv: link("/station.csv", [("locality", place)]),
    }
}

fn limit_text(v: &Visit, limit: &Limit) -> String {
    let title = limit.title.as_ref().map_or(limit.code.as_str(), |title| title.of(v.language));
    if v.is_chinese() { format!("{title}：{}", limit.ends) } else { format!("{title}: {}", limit.ends) }
}

fn station_row(v: &Visit, ruleset: &Ruleset, one: &Station) -> StationRow {
    let load = one.load.unwrap_or_default();
    let share = (load / FULL_SHARE).min(1.0);
    StationRow {
        id: one.id.clone(),
        place: places::title(v, ruleset, &one.locality),
        open: grouped(one.open),
        capacity: grouped(one.capacity),
        people: format!("{} / {}", grouped(one.at_work), grouped(one.mediators)),
        load: match one.load {
            Some(load) => written(load, maple_insight::figures::Unit::Share, v.language),
            None => v.say("无人在岗", "nobody at work").to_owned(),
        },
        class: match load {
            load if load > FULL_SHARE => "over",
            load if load > BUSY_SHARE => "busy",
            _ => "calm",
        },
        width: u32::try_from(super::figures::whole(share * BAR_WIDTH)).unwrap_or_default(),
    }
}

fn plan_shown(v: &Visit, plan: &Plan) -> PlanShown {
    let told = match &plan.accepted {
        Some(accepted) => format!("{} · {}", v.moment(&accepted.at), accepted.by),
        None => {
            let until = v.moment(&plan.accept_until);
            let until =
                if v.is_chinese() { format!("可批准至{until}") } else { format!("may be accepted until {until}") };
            format!("{} · {} · {until}", v.moment(&plan.at), plan.by)
        }
    };
    let count = |count: Option<i64>| count.map(grouped).unwrap_or_default();
    let lists = match &plan.accepted {
        Some(accepted) if v.is_chinese() => {
            format!("已分派{}件，未分派{}件", count(accepted.assigned), count(accepted.left_out))
        }
        Some(accepted) => format!("{} assigned, {} left out", count(accepted.assigned), count(accepted.left_out)),
        None if v.is_chinese() => format!("可安排{}件，无法安排{}件", count(plan.placed), count(plan.unplaced)),
        None => format!("{} placed, {} without a place", count(plan.placed), count(plan.unplaced)),
    };
    PlanShown {
        href: path_to("/station/plan/", &plan.id),
        state: words::state(&plan.state, v.language),
        class: match &*plan.state {
            "accepted" => "on",
            "proposed" => "shadow",
            _ => "",
        },
        told,
        lists,
    }
}
