//! `maple stations`: who there is to take cases up.

use anstream::println;
use comfy_table::{Table, presets};
use maple_wire::ROSTER_BYTES_MAX;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{read_bounded, remote::Server};
use crate::{
    Failure,
    args::{ImportStations, ListStations, Stations},
    report,
};

/// Stations asked for at a time.
const PAGE_COUNT: u32 = 100;

/// What became of rows.
#[derive(Deserialize)]
struct Taken {
    stations: u64,
    mediators: u64,
    refused: Vec<Row>,
}

/// Why none was taken.
#[derive(Deserialize)]
struct Refused {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    line: Option<u64>,
    column: Option<String>,
    pointer: Option<String>,
    detail: String,
}

#[derive(Deserialize)]
struct Page {
    stations: Vec<Value>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Station {
    id: String,
    locality: String,
    open: u64,
    mediators: Option<Vec<Value>>,
}

pub(crate) fn run(command: &Stations) -> Result<(), Failure> {
    match command {
        Stations::Import(args) => import(args),
        Stations::List(args) => list(args),
    }
}

fn import(args: &ImportStations) -> Result<(), Failure> {
    let bytes = read_bounded(&args.file, "roster", ROSTER_BYTES_MAX)?;
    let is_json = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let path = if args.partial { "/v1/stations?partial=true" } else { "/v1/stations" };
    let server = Server::new(&args.remote)?;
    let kind = if is_json { "application/json" } else { "text/csv" };
    let Taken { stations, mediators, refused } = match server.send(path, kind, &bytes)? {
        Ok(bytes) => server.read(&bytes)?,
        Err((status, bytes)) => {
            let Ok(Refused { rows }) = serde_json::from_slice(&bytes) else {
                return Err(server.failed(status, &bytes));
            };
            tell(&rows);
            return Err(Failure::Input("nothing was taken; `--partial` takes the rows that are right".to_owned()));
        }
    };
    tell(&refused);
    report::verdict(refused.is_empty(), &format!("{stations} stations and {mediators} mediators taken"));
    if refused.is_empty() { Ok(()) } else { Err(Failure::Wrong) }
}

fn tell(rows: &[Row]) {
    for Row { line, column, pointer, detail } in rows {
        let column = column.as_deref().unwrap_or_default();
        let place = line.map(|line| format!("line {line}, {column}")).or_else(|| pointer.clone()).unwrap_or_default();
        println!("{}: {detail}", place.trim_end_matches(", "));
    }
}

fn list(args: &ListStations) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let (mut all, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("count", &PAGE_COUNT.to_string());
        for (name, value) in [("locality", &args.locality), ("after", &after)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let page: Page = server.read(&server.get(&format!("/v1/stations?{}", query.finish()))?)?;
        all.extend(page.stations);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if args.json {
        println!("{}", json!({ "stations": all }));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["station", "locality", "open", "mediators"]);
    for station in all {
        let Station { id, locality, open, mediators } = server.read(station.to_string().as_bytes())?;
        let mediators = mediators.map_or_else(|| "-".to_owned(), |mediators| mediators.len().to_string());
        table.add_row([id, locality, open.to_string(), mediators]);
    }
    table.lines().for_each(|line| println!("{}", line.trim_end()));
    Ok(())
}
