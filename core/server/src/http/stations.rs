//! `/v1/stations`: who there is to take cases up, by ids. Rows are replaced whole, all that are sent or none, unless
//! the caller wants those that are right.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Extension, RawQuery, Request, State},
    http::{HeaderMap, header::CONTENT_TYPE},
    response::Response,
};
use jiff::{Timestamp, civil::Date};
use maple_kernel::Day;
use maple_seal::ReferenceKey;
use maple_store::{LeaveDays, Mediator, PAGE_COUNT_MAX, Roster, Station};
use maple_wire::{
    FlawCode, MediatorMessage, Problem, ProblemKind, ROSTER_BYTES_MAX, RosterFlaw, RosterMessage, RosterPlace,
    StationMessage, nearest, parse_roster, parse_roster_sheet,
};
use serde_json::{Value, json};

use super::{
    activations::reading,
    answer,
    body::{self, Terms},
    events, insight, query,
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    plan::{CASE, ORGANISATION},
};

const CSV: &str = "text/csv";
/// Stations on one page, where the caller does not say.
const PAGE_COUNT: u32 = 100;
/// Letters of a hash of a reference, as cases are listed with it.
const HASH_CHARS: usize = 32;

pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    answer::told(taken(&app, &caller, query.unwrap_or_default(), request).await)
}

async fn taken(app: &Arc<App>, caller: &Caller, query: String, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Admin))?;
    let (_, key) = events::docket(app)?;
    let mut partial = false;
    query::read(&query, |name, value| {
        match (name, value) {
            ("partial", "true") => partial = true,
            ("partial", "false") => {}
            ("partial", _) => return Err(("`partial` is true or false".into(), "partial应为true或false".into())),
            (other, _) => return Err(query::unknown(other, &["partial"])),
        }
        Ok(())
    })?;
    body::expect_type(request.headers(), &[answer::JSON, CSV])?;
    let headers = request.headers().clone();
    let terms = Terms { limit: ROSTER_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    let body = body::read(request, &terms).await?;
    let serving = app.serving();
    let mut told = if events::is(&headers, CSV) {
        parse_roster_sheet(&body.bytes, charset(&headers).as_deref(), serving.ruleset())
    } else {
        parse_roster(&body.bytes, serving.ruleset())
    }
    .map_err(|problem| *problem)?;
    let known = known(app, &told).await?;
    let beyond = admit(caller, &known, &mut told);
    let nothing = told.stations.is_empty() && told.mediators.is_empty();
    if !told.refused.is_empty() && (!partial || nothing) {
        return Ok(refused(&told, beyond));
    }
    let now = timestamp(app.clock());
    let roster = Roster {
        stations: told.stations.into_iter().map(|(_, row)| kept_station(row, now)).collect(),
        mediators: told.mediators.into_iter().map(|(_, row)| kept_mediator(row, now, key)).collect(),
    };
    let (stations, mediators) = (roster.stations.len(), roster.mediators.len());
    let (who, detail) = (caller.name().to_owned(), json!({ "stations": stations, "mediators": mediators }).to_string());
    let node = Arc::clone(app);
    reading(app, move |control| {
        control.store.roster_put(&roster)?;
        control.note(node.clock(), &who, "roster", "stations", &detail);
        Ok(())
    })
    .await?;
    let rows: Vec<Value> = told.refused.iter().map(RosterFlaw::json).collect();
    Ok(answer::json(json!({ "stations": stations, "mediators": mediators, "refused": rows }).to_string()))
}

/// The charset of a body, where its type says.
fn charset(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let named = |part: &str| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    };
    given.split(';').skip(1).find_map(named)
}

/// The rows that are to be replaced, and the stations that are named.
async fn known(app: &Arc<App>, told: &RosterMessage) -> Result<Roster, Problem> {
    let people: Vec<String> = told.mediators.iter().map(|(_, row)| row.id.clone()).collect();
    let mut stations: BTreeSet<String> = told.stations.iter().map(|(_, row)| row.id.clone()).collect();
    stations.extend(told.mediators.iter().map(|(_, row)| row.station.clone()));
    reading(app, move |control| {
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let mediators = control.store.roster_of(&[], &people)?.mediators;
        stations.extend(mediators.iter().map(|row| row.station.clone()));
        let stations: Vec<&str> = stations.iter().map(String::as_str).collect();
        Ok(Roster { mediators, ..control.store.roster_of(&stations, &[])? })
    })
    .await
}

/// Takes out rows of places where the caller is no admin, and of stations that are not there. True when places are
/// all that is wrong.
fn admit(caller: &Caller, known: &Roster, told: &mut RosterMessage) -> bool {
    let mut only = told.refused.is_empty();
    let mut lies: BTreeMap<String, String> =
        known.stations.iter().map(|row| (row.id.clone(), row.locality.clone())).collect();
    let beyond = |place: RosterPlace, field: &str, localities: &[&String]| {
        let refused = localities.iter().find_map(|locality| caller.require(Role::Admin, locality).err())?;
        Some(RosterFlaw::new(place, field, FlawCode::Forbidden, (refused.detail, refused.detail_zh)))
    };
    let is_sheet = |place: RosterPlace| matches!(place, RosterPlace::Line(_));
    let (mut refused, mut out) = (Vec::new(), BTreeMap::new());
    told.stations.retain(|(place, row)| {
        let localities: Vec<&String> = [&row.locality].into_iter().chain(lies.get(&row.id)).collect();
        let flaw = beyond(*place, "locality", &localities);
        let is_within = flaw.is_none();
        refused.extend(flaw);
        if !is_within {
            out.insert(row.id.clone(), row.locality.clone());
        }
        is_within
    });
    lies.extend(told.stations.iter().map(|(_, row)| (row.id.clone(), row.locality.clone())));
    told.mediators.retain(|(place, row)| {
        let before = known.mediators.iter().find(|before| before.id == row.id).and_then(|row| lies.get(&row.station));
        // Where a station is refused, so are its people.
        let flaw = match lies.get(&row.station).or_else(|| out.get(&row.station)) {
            Some(locality) => {
                let field = if is_sheet(*place) { "mediator" } else { "id" };
                let field = if caller.may(Role::Admin, locality) { field } else { "station" };
                beyond(*place, field, &[locality].into_iter().chain(before).collect::<Vec<_>>())
            }
            None => {
                only = false;
                Some(RosterFlaw::new(*place, "station", FlawCode::UnknownValue, no_station(&row.station, &lies)))
            }
        };
        let is_within = flaw.is_none();
        refused.extend(flaw);
        is_within
    });
    told.refused.extend(refused);
    told.refused.sort_by_key(|flaw| flaw.place);
    only && !told.refused.is_empty()
}

fn no_station(given: &str, lies: &BTreeMap<String, String>) -> (String, String) {
    let hint = nearest(given, lies.keys().map(String::as_str)).map_or_else(
        || "send it with its locality, before the mediator or with it".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let en = format!("there is no station `{given}`, or it is refused as well; {hint}");
    (en, format!("没有{given}这一站点，或该站点也未被接收；请一并提供其地区"))
}

/// Why nothing was taken, with every row that is wrong.
fn refused(told: &RosterMessage, beyond: bool) -> Response {
    let kind = if beyond { ProblemKind::Forbidden } else { ProblemKind::InvalidRequest };
    let flaws = told.refused.iter().map(|row| row.flaw.clone()).collect();
    let mut problem = Problem::with_errors(kind, flaws, told.refused.len());
    let rows: BTreeSet<RosterPlace> = told.refused.iter().map(|row| row.place).collect();
    let rows = rows.len();
    problem.detail =
        format!("rows that are wrong: {rows}, so none was taken; `rows` says why, or send `?partial=true`");
    problem.detail_zh = format!("{rows}行有误，全部未接收；逐行原因见rows，或以?partial=true仅接收正确的行");
    problem.errors.clear();
    let mut body: Value = serde_json::from_slice(&problem.to_json()).unwrap_or_default();
    if let Value::Object(members) = &mut body {
        members.insert("rows".to_owned(), told.refused.iter().map(RosterFlaw::json).collect());
    }
    answer::problem_of(kind, body.to_string())
}

fn kept_station(StationMessage { id, locality }: StationMessage, changed: Timestamp) -> Station {
    Station { id, locality, changed }
}

/// A mediator as kept: what a conflict refers to is a hash, of a case as of an organisation, since it may be either.
fn kept_mediator(row: MediatorMessage, changed: Timestamp, key: &ReferenceKey) -> Mediator {
    let is_hash = |word: &str| {
        word.len() == HASH_CHARS && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let both = |word: &String| {
        let hashes = [CASE, ORGANISATION].map(|sort| key.hash(sort, word));
        hashes.into_iter().chain(is_hash(word).then(|| word.clone()))
    };
    Mediator {
        conflicts: row.conflicts.iter().flat_map(both).collect(),
        id: row.id,
        station: row.station,
        skills: row.skills.into_iter().collect(),
        languages: row.languages.into_iter().collect(),
        kinds: row.kinds,
        capacity: row.capacity,
        plan_max: row.plan_max,
        cadence_days: row.cadence_days,
        leave: leave(&row.leave),
        changed,
    }
}

/// Runs of days as the store keeps them.
pub(crate) fn leave(runs: &[(Day, Day)]) -> Vec<LeaveDays> {
    // Days are written alike.
    let date = |day: &Day| day.to_string().parse::<Date>().ok();
    runs.iter().filter_map(|(from, to)| Some((date(from)?, date(to)?))).collect()
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    answer::told(listed(&app, &caller, query.unwrap_or_default()).await)
}

async fn listed(app: &Arc<App>, caller: &Caller, query: String) -> Result<Response, Problem> {
    events::docket(app)?;
    let (mut asked, mut after, mut count) = (None, String::new(), PAGE_COUNT);
    query::read(&query, |name, value| {
        match name {
            "locality" => asked = Some(value.to_owned()),
            "after" => after = value.to_owned(),
            "count" => count = query::count(value)?,
            other => return Err(query::unknown(other, &["locality", "after", "count"])),
        }
        Ok(())
    })?;
    let serving = app.serving();
    let locality =
        asked.map(|asked| insight::place(serving.ruleset(), Some(&asked)).map(|(id, _)| id.to_string())).transpose()?;
    let reader = caller.clone();
    let (stations, mediators, open) = reading(app, move |control| {
        let stations = control.store.stations(locality.as_deref(), &after, count)?;
        let shown: Vec<&str> =
            stations.iter().filter(|row| may_read(&reader, &row.locality)).map(|row| row.id.as_str()).collect();
        let mediators = control.store.mediators_at(&shown, MEDIATORS_COUNT_MAX + 1)?;
        Ok((stations, mediators, control.store.open_by_station()?))
    })
    .await?;
    if mediators.len() as u64 > u64::from(MEDIATORS_COUNT_MAX) {
        return Err(Problem::new(
            ProblemKind::InvalidQuery,
            format!(
                "these stations have more than {MEDIATORS_COUNT_MAX} mediators; ask for fewer at a time with `count`"
            ),
            format!("这些站点的调解员超过{MEDIATORS_COUNT_MAX}人；请用count减少每页站点数"),
        ));
    }
    let next = stations.last().filter(|_| stations.len() as u64 >= u64::from(count)).map(|last| last.id.clone());
    let mut of: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    mediators.iter().for_each(|row| of.entry(&row.station).or_default().push(shown(row)));
    let stations: Vec<Value> = stations
        .iter()
        .map(|row| {
            let mut told = json!({
                "id": row.id, "locality": row.locality, "open": open.get(&row.id).copied().unwrap_or_default()
            });
            if let Value::Object(members) = &mut told
                && may_read(caller, &row.locality)
            {
                members.insert("mediators".to_owned(), of.remove(row.id.as_str()).unwrap_or_default().into());
            }
            told
        })
        .collect();
    Ok(answer::json(json!({ "stations": stations, "next": next }).to_string()))
}

/// Mediators in one answer.
pub const MEDIATORS_COUNT_MAX: u32 = 10 * PAGE_COUNT_MAX;

/// Whether somebody may read who works at a station: an auditor there, or an admin, whose rows they are.
fn may_read(caller: &Caller, locality: &str) -> bool {
    caller.may(Role::Auditor, locality) || caller.may(Role::Admin, locality)
}

/// A mediator as shown; conflicts of interest are counted and not told.
fn shown(row: &Mediator) -> Value {
    let leave = row.leave.iter().map(|(from, to)| json!({ "from": from.to_string(), "to": to.to_string() }));
    json!({
        "id": row.id,
        "station": row.station,
        "skills": row.skills,
        "languages": row.languages,
        "kinds": row.kinds,
        "capacity": row.capacity,
        "plan_max": row.plan_max,
        "cadence_days": row.cadence_days,
        "leave": leave.collect::<Vec<_>>(),
        "has_conflicts": !row.conflicts.is_empty(),
        "changed": row.changed.to_string(),
    })
}
