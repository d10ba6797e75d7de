//! What the desk shows, as a file: who waits, the load of each station, how many can what. Nobody is listed.

use axum::{
    extract::Extension,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    },
    response::Response,
};
use csv::Writer;
use maple_kernel::Ruleset;
use maple_wire::Problem;

use super::{Able, Desk, PARAMETERS, place_of, told};
use crate::{
    access::Caller,
    console::{cases::only, figures::Both, visit::Visit},
    http::answer,
};

const CSV: &str = "text/csv; charset=utf-8";
const NAME: &str = "attachment; filename=\"maple-station.csv\"";
const HEAD: [&str; 14] = [
    "of",
    "locality",
    "code",
    "title_zh",
    "title_en",
    "waiting",
    "wait_hours_median",
    "wait_hours_longest",
    "limits_passed",
    "open",
    "mediators",
    "at_work",
    "capacity",
    "load",
];
/// Where a row's counts begin.
const COUNTS: usize = 5;

pub(crate) async fn station_csv(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    match file(&visit, &caller).await {
        Ok(text) => {
            let mut response = answer::of(StatusCode::OK, CSV, text);
            answer::set(&mut response, CACHE_CONTROL, "no-store");
            response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(NAME));
            visit.secure(&mut response);
            response
        }
        Err(problem) => visit.refuse(&problem),
    }
}

async fn file(v: &Visit, caller: &Caller) -> Result<Vec<u8>, Problem> {
    only(v, &PARAMETERS)?;
    let ruleset = v.ruleset();
    let place = place_of(v, caller, &ruleset)?.as_str();
    let desk = told(v, caller, place).await?;
    written(&ruleset, place, &desk).ok_or_else(answer::internal)
}

/// A row: what it is of, where, its word, its titles; and some of the counts, each at its place after these.
fn row(of: &str, place: &str, (code, zh, en): (&str, &str, &str), counts: &[(usize, String)]) -> [String; 14] {
    let mut row: [String; 14] = Default::default();
    for (cell, text) in row.iter_mut().zip([of, place, code, zh, en]) {
        text.clone_into(cell);
    }
    for (at, count) in counts {
        if let Some(cell) = row.get_mut(COUNTS + at) {
            cell.clone_from(count);
        }
    }
    row
}

fn written(ruleset: &Ruleset, place: &str, desk: &Desk) -> Option<Vec<u8>> {
    let mut out = Writer::from_writer(Vec::new());
    out.write_record(HEAD).ok()?;
    let title = |id: &str| {
        let title = ruleset.locality(id).map(|(_, at)| &at.title);
        title.map(|title| (title.zh.to_string(), title.en.to_string())).unwrap_or_default()
    };
    let number = |number: i64| number.to_string();
    let maybe = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let (zh, en) = title(place);
    let queue = &desk.queue;
    let waits = [
        (0, number(queue.waiting)),
        (1, maybe(queue.wait_hours.median)),
        (2, maybe(queue.wait_hours.longest)),
        (3, number(queue.limits.passed)),
    ];
    out.write_record(row("queue", place, ("", &zh, &en), &waits)).ok()?;
    for one in &desk.stations {
        let (zh, en) = title(&one.locality);
        let counts = [
            (4, number(one.open)),
            (5, number(one.mediators)),
            (6, number(one.at_work)),
            (7, number(one.capacity)),
            (8, maybe(one.load)),
        ];
        out.write_record(row("station", &one.locality, (&one.id, &zh, &en), &counts)).ok()?;
    }
    let people = &desk.people;
    let all = [(5, number(people.mediators)), (6, number(people.at_work)), (7, number(people.capacity))];
    out.write_record(row("people", place, ("", &zh, &en), &all)).ok()?;
    for (of, able) in [("skill", &people.skills), ("language", &people.languages)] {
        for Able { code, title, mediators, at_work } in able {
            let (zh, en) = title.as_ref().map(Both::both).unwrap_or_default();
            let counts = [(5, number(*mediators)), (6, number(*at_work))];
            out.write_record(row(of, place, (code, zh, en), &counts)).ok()?;
        }
    }
    out.into_inner().ok()
}
