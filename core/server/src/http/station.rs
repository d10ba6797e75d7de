//! `GET /v1/insight/station`: what waits at a place and for how long, who there is to take it up, which plan was the last.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Extension, RawQuery, State},
    response::Response,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use maple_insight::life::Stage;
use maple_kernel::{Ruleset, Vocabulary, WordList};
use maple_store::{Acceptance, Alike, Dispute, LeaveDays, PlanRecord, Queue, Staff, Station, Store, StoreError};
use maple_wire::Problem;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    activations::reading,
    answer,
    insight::{described, place, text},
    query,
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    config::PLAN_AGE_HOURS_MAX,
    events,
    plan::needs::{self, Limit},
};

/// Waiting cases that are listed, where the caller does not say.
const PAGE_COUNT: u32 = 50;
/// Waiting cases that are listed: each has its decision read.
pub const QUEUE_COUNT_MAX: u32 = 200;
/// Stations that are listed.
pub const STATIONS_SHOWN_MAX: u32 = 200;
/// Counts of the mediators of the stations that are listed: one of each station and of each leave in it.
pub const STAFF_ROWS_COUNT_MAX: usize = 10_000;
const HOURS_OF_SECOND: f64 = 1.0 / 3_600.0;
const PARAMETERS: [&str; 2] = ["locality", "count"];

pub(crate) async fn station(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let desk = desk(&app, &caller, &query.unwrap_or_default()).await;
    answer::told(desk.map(|desk| answer::json(desk.to_string())))
}

/// Whether somebody may look at the desk of a place: who reads there, or who plans.
pub(crate) fn may_look(caller: &Caller, locality: &str) -> bool {
    [Role::Auditor, Role::Approver, Role::Admin].into_iter().any(|role| caller.may_below(role, locality))
}

/// What the store says.
struct Found {
    queue: Queue,
    cases: Vec<(Dispute, Option<Limit>)>,
    stations: Vec<Station>,
    staff: Vec<Staff>,
    open: BTreeMap<String, u64>,
    people: Vec<Alike>,
    plan: Option<(PlanRecord, Option<Acceptance>)>,
}

/// The desk of a place and of all below it.
pub(crate) async fn desk(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Value, Problem> {
    let (mut asked, mut count) = (None, PAGE_COUNT);
    query::read(query, |name, value| {
        match name {
            "locality" => asked = Some(value.to_owned()),
            "count" => {
                let read = value.parse().ok().filter(|count| (1..=QUEUE_COUNT_MAX).contains(count));
                let en = format!("`count` is a number from 1 to {QUEUE_COUNT_MAX}");
                count = read.ok_or((en, format!("count应为1至{QUEUE_COUNT_MAX}的整数")))?;
            }
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    let serving = app.serving();
    let ruleset = Arc::clone(serving.ruleset());
    let (id, locality) = place(&ruleset, asked.as_deref())?;
    if !may_look(caller, id.as_str()) {
        caller.require_below(Role::Auditor, id.as_str())?;
    }
    let (top, now) = (id.to_string(), timestamp(app.clock()));
    let today = events::offset(app).to_datetime(now).date();
    let words = Arc::clone(&ruleset);
    let found = reading(app, move |control| found(&control.store, words.vocabulary(), (&top, count), today)).await?;
    Ok(json!({
        "locality": described(id, locality),
        "at": now.to_string(),
        "queue": queue(&ruleset, &found, now, today),
        "stations": stations(&found, today),
        "more_stations": found.stations.len() as u64 > u64::from(STATIONS_SHOWN_MAX),
        "more_mediators": found.staff.len() > STAFF_ROWS_COUNT_MAX,
        "people": people(&ruleset, &found.people, today),
        "plan": found.plan.as_ref().map(|(plan, accepted)| planned(plan, accepted.as_ref(), now)),
    }))
}

fn found(store: &Store, vocabulary: &Vocabulary, (top, count): (&str, u32), today: Date) -> Result<Found, StoreError> {
    let waiting = store.queue_first(top, count)?;
    let mut limits = BTreeMap::new();
    needs::said(store, waiting.iter(), |case, said| {
        let limit = said.limit(case.desk.channel.as_deref(), vocabulary, today);
        limits.extend(limit.map(|limit| (case.id.clone(), limit)));
    })?;
    let cases = waiting.into_iter().map(|case| (limits.remove(&case.id), case)).map(|(limit, case)| (case, limit));
    let cases = cases.collect();
    // One more than is shown, so that it can be said that there are more.
    let stations = store.stations(Some(top), "", STATIONS_SHOWN_MAX + 1)?;
    let at: Vec<&str> = stations.iter().map(|station| station.id.as_str()).collect();
    Ok(Found {
        queue: store.queue(top)?,
        cases,
        // One more than is counted, as well.
        staff: store.staff(&at, STAFF_ROWS_COUNT_MAX + 1)?,
        open: store.open_by_station()?,
        people: store.people(top)?,
        plan: store.plan_latest(top)?,
        stations,
    })
}

fn hours(from: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(from).as_secs_f64().max(0.0) * HOURS_OF_SECOND
}

fn queue(ruleset: &Ruleset, found: &Found, now: Timestamp, today: Date) -> Value {
    let Found { queue, cases, .. } = found;
    let middle: f64 = queue.middle.iter().map(|at| hours(*at, now)).sum();
    let median = (!queue.middle.is_empty()).then(|| middle / queue.middle.len() as f64);
    let limits = || cases.iter().filter_map(|(_, limit)| limit.as_ref());
    let next = limits().map(|limit| limit.ends).filter(|ends| *ends >= today).min();
    let row = |(case, limit): &(Dispute, Option<Limit>)| {
        let about = case.about.as_ref();
        let clock = limit.as_ref().map(|limit| {
            let Limit { code, ends, .. } = limit;
            let words = ruleset.vocabulary();
            let title = words.word(WordList::Clock, code).map(|word| &word.title);
            // A step that names its day is known by its channel.
            let title = title.or_else(|| words.channels.get(code.as_str()).map(|channel| &channel.title)).map(text);
            json!({
                "code": code, "title": title, "ends": ends.to_string(), "passed": *ends < today,
                "for": if limit.is_for_taking_up() { "taking_up" } else { "party" },
            })
        });
        json!({
            "id": case.id,
            "locality": about.map(|about| &about.locality),
            "kind": about.map(|about| &about.kind),
            "stage": case.stage.map(Stage::as_str),
            "registered": case.registered.map(|at| at.to_string()),
            "wait_hours": case.registered.map(|at| hours(at, now)),
            "limit": clock,
        })
    };
    json!({
        "waiting": queue.waiting,
        "wait_hours": { "median": median, "longest": queue.first.map(|at| hours(at, now)) },
        "limits": {
            "of": cases.len(),
            "known": limits().count(),
            "next": next.map(|day| day.to_string()),
            "passed": limits().filter(|limit| limit.ends < today).count(),
        },
        "cases": cases.iter().map(row).collect::<Vec<_>>(),
    })
}

fn is_away(leave: &[LeaveDays], today: Date) -> bool {
    leave.iter().any(|(first, last)| (*first..=*last).contains(&today))
}

fn stations(found: &Found, today: Date) -> Vec<Value> {
    let mut of: BTreeMap<&str, (i64, i64, i64)> = BTreeMap::new();
    for row in found.staff.iter().take(STAFF_ROWS_COUNT_MAX) {
        let (mediators, at_work, capacity) = of.entry(&row.station).or_default();
        *mediators += row.count;
        if !is_away(&row.leave, today) {
            *at_work += row.count;
            *capacity += row.capacity;
        }
    }
    let shown = usize::try_from(STATIONS_SHOWN_MAX).unwrap_or(usize::MAX);
    let row = |station: &Station| {
        let (mediators, at_work, capacity) = of.get(station.id.as_str()).copied().unwrap_or_default();
        let open = found.open.get(&station.id).copied().unwrap_or_default();
        json!({
            "id": station.id,
            "locality": station.locality,
            "open": open,
            "mediators": mediators,
            "at_work": at_work,
            "capacity": capacity,
            "load": (capacity > 0).then(|| open as f64 / capacity as f64),
        })
    };
    found.stations.iter().take(shown).map(row).collect()
}

/// How many can something, and how many of them are at work.
type Able<'p> = BTreeMap<&'p str, (i64, i64)>;

/// People as counts: of all, and of each skill and language. Nobody is listed.
fn people(ruleset: &Ruleset, people: &[Alike], today: Date) -> Value {
    let (mut all, mut capacity) = ((0, 0), 0);
    let (mut skills, mut languages) = (Able::new(), Able::new());
    for one in people {
        let at_work = if is_away(&one.leave, today) { 0 } else { one.count };
        all = (all.0 + one.count, all.1 + at_work);
        capacity += if at_work > 0 { one.capacity } else { 0 };
        for (counts, words) in [(&mut skills, &one.skills), (&mut languages, &one.languages)] {
            for word in words.iter().collect::<BTreeSet<_>>() {
                let sum = counts.entry(word).or_default();
                *sum = (sum.0 + one.count, sum.1 + at_work);
            }
        }
    }
    let told = |counts: Able<'_>, titled: bool| {
        let row = |(code, (mediators, at_work)): (&str, (i64, i64))| {
            let word = ruleset.vocabulary().word(WordList::Skill, code).filter(|_| titled);
            json!({
                "code": code, "title": word.map(|word| text(&word.title)), "mediators": mediators, "at_work": at_work
            })
        };
        counts.into_iter().map(row).collect::<Vec<_>>()
    };
    json!({
        "mediators": all.0, "at_work": all.1, "capacity": capacity,
        "skills": told(skills, true), "languages": told(languages, false),
    })
}

#[derive(Deserialize)]
struct PlanHead {
    plan: PlanLists,
}

#[derive(Deserialize)]
struct PlanLists {
    placements: Vec<IgnoredAny>,
    unplaced: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Outcome {
    assigned: u64,
    kept: u64,
    left_out: u64,
}

/// How a plan stands: it waits for a person, a person accepted it, or nobody did in time.
fn planned(plan: &PlanRecord, accepted: Option<&Acceptance>, now: Timestamp) -> Value {
    let until = plan.at.checked_add(PLAN_AGE_HOURS_MAX.hours()).unwrap_or(plan.at);
    let lists = serde_json::from_slice::<PlanHead>(&plan.body).ok().map(|head| head.plan);
    let state = match accepted {
        Some(_) => "accepted",
        None if now > until => "lapsed",
        None => "proposed",
    };
    let became = accepted.map(|accepted| {
        let outcome = accepted.outcome.as_deref().and_then(|text| serde_json::from_str::<Outcome>(text).ok());
        json!({
            "at": accepted.at.to_string(), "by": accepted.actor,
            "assigned": outcome.as_ref().map(|outcome| outcome.assigned),
            "kept": outcome.as_ref().map(|outcome| outcome.kept),
            "left_out": outcome.as_ref().map(|outcome| outcome.left_out),
        })
    });
    json!({
        "id": plan.id,
        "at": plan.at.to_string(),
        "by": plan.actor,
        "state": state,
        "accept_until": until.to_string(),
        "placed": lists.as_ref().map(|lists| lists.placements.len()),
        "unplaced": lists.as_ref().map(|lists| lists.unplaced.len()),
        "accepted": became,
    })
}
