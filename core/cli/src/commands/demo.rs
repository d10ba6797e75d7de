//! `maple demo`: a made-up county with a year of disputes, sent to a server or written to a file.

mod own;
mod questions;

use std::{
    io::{BufWriter, Write},
    path::Path,
    time::Duration,
};

use anstream::println;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{civil::Date, tz::Offset};
use maple_insight::life::{Committee, EventType};
use maple_insight::synthetic::{BEHIND, CLUSTERS, COUNTY, County, OTHER_WAYS, Staff, Told, Wish, staff};
use maple_wire::{EventMessage, Registration, event_json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    outbox::{Outbox, Outcome},
    parquet::{self, EventRow},
    remote::{Server, unwritten, write_out},
};
use crate::{
    Failure,
    args::{Demo as Args, EventFormat, Events, ExportEvents, Remote},
    report,
};

/// Who says so.
const SOURCE: &str = "/maple/demo";
/// Of how many disputes of a year one is open at a time, about.
const CASES_OPEN_SHARE: u32 = 8;
/// Cases that a mediator of the county can have open, at least and at most.
const CAPACITY_MIN: u32 = 5;
const CAPACITY_MAX: u32 = 500;
/// Events asked for at a time.
const PAGE_COUNT: u32 = 1_000;

/// What became of the events that were sent.
#[derive(Default)]
struct Sent {
    events: u64,
    known: u64,
    /// Steps of mediation after a refusal, which the county has on purpose.
    broken: u64,
}

/// Makes the county.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let wish = wish(args)?;
    if let Some(file) = &args.questions {
        return questions::write(wish, file, args.locality.as_deref());
    }
    if let Some(out) = &args.out {
        let file = (out != Path::new("-")).then_some(out.as_path());
        return write_out(file, |into| {
            let mut into = BufWriter::new(into);
            for told in County::new(wish) {
                for event in events(&told) {
                    writeln!(into, "{}", event_json(&event)).map_err(|error| unwritten(&error))?;
                }
            }
            into.flush().map_err(|error| unwritten(&error))
        });
    }
    match &args.server {
        Some(server) => {
            let (token_file, ca) = (args.token_file.clone(), args.ca.clone());
            fill(args, &Remote { server: server.clone(), token_file, ca })
        }
        None => own::run(args),
    }
}

/// Fills a server.
fn fill(args: &Args, remote: &Remote) -> Result<(), Failure> {
    let wish = wish(args)?;
    let county = County::new(wish);
    let disputes = county.left() as u64;
    let server = Server::new(remote)?;
    let people = roster(&server, args.cases)?;
    let bar = bar(disputes);
    let (mut sent, mut outbox, mut held) = (Sent::default(), Outbox::new(&server), 0);
    let mut questions = questions::Spread::of(disputes, wish);
    for told in county {
        questions.offer(&told);
        for event in events(&told) {
            let heard = outbox.push(&event_json(&event), 0)?;
            if !heard.is_empty() {
                bar.inc(std::mem::take(&mut held));
            }
            sent.count(heard)?;
        }
        held += 1;
    }
    sent.count(outbox.flush()?)?;
    let took = bar.elapsed();
    bar.finish_and_clear();
    tell(&sent, disputes, took, &remote.server, wish.to);
    tell_people(people);
    // Who tells the same county again wants no decision of it twice.
    if sent.events > 0 {
        tell_decisions(&questions.ask(&server)?, &remote.server);
    }
    Ok(())
}

/// Sends who works in the county, with room for more than what is open at a time; how many, or nothing where the
/// server lets nobody do so with this token.
fn roster(server: &Server<'_>, cases: u32) -> Result<Option<usize>, Failure> {
    let all: Vec<Staff> = staff().collect();
    let people = all.iter().map(|staff| staff.mediators.len()).sum::<usize>();
    let yearly = cases / u32::try_from(people).unwrap_or(u32::MAX).max(1);
    let capacity = (yearly / CASES_OPEN_SHARE).clamp(CAPACITY_MIN, CAPACITY_MAX);
    let stations: Vec<Value> =
        all.iter().map(|staff| json!({ "id": staff.station, "locality": staff.locality })).collect();
    let row = |staff: &Staff, id: &String| {
        let kinds: Vec<String> = staff.family.iter().map(|family| format!("{family}.*")).collect();
        let skills: Vec<&str> = staff.family.into_iter().collect();
        json!({
            "id": id, "station": staff.station, "skills": skills, "kinds": kinds, "capacity": capacity,
            "cadence_days": 1
        })
    };
    let mediators: Vec<Value> =
        all.iter().flat_map(|staff| staff.mediators.iter().map(move |id| row(staff, id))).collect();
    let body = json!({ "stations": stations, "mediators": mediators }).to_string();
    match server.send("/v1/stations", "application/json", body.as_bytes())? {
        Ok(_) => Ok(Some(people)),
        Err((403, _)) => Ok(None),
        Err((status, bytes)) => Err(server.failed(status, &bytes)),
    }
}

fn tell_decisions(decided: &questions::Decided, server: &str) {
    let questions::Decided { count, refused } = decided;
    if *count > 0 {
        println!("{count} of the disputes decided and recorded, spread over the year: {}/decisions", place(server));
    }
    if let Some(why) = refused {
        report::warning(&format!("some disputes were not decided, so pages on decisions show less: {why}"));
    }
}

/// The address of a server without a slash at its end.
fn place(server: &str) -> &str {
    server.trim_end_matches('/')
}

fn tell_people(people: Option<usize>) {
    match people {
        Some(people) => {
            println!("{people} mediators, by numbers; who takes what waits: maple plan --locality {COUNTY}")
        }
        None => report::warning("the county has no mediators: this token is no `admin` there; `maple plan` needs them"),
    }
}

fn wish(args: &Args) -> Result<Wish, Failure> {
    let yesterday = || maple_server::today().to_string().parse::<Date>().ok().and_then(|day| day.yesterday().ok());
    let to = match &args.to {
        Some(given) => given.parse::<Date>().map_err(|_| {
            Failure::Input(format!("`--to {given}` is no day of the calendar; write one such as 2026-11-30"))
        })?,
        None => yesterday().unwrap_or(Date::ZERO),
    };
    if yesterday().is_some_and(|yesterday| to > yesterday) {
        return Err(Failure::Input(format!("`--to {to}` is not over yet; nothing can have happened on it")));
    }
    let offset = Offset::from_seconds(maple_server::UTC_OFFSET_MINUTES * 60).unwrap_or(Offset::UTC);
    Ok(Wish { seed: args.seed, cases: args.cases, to, offset })
}

fn bar(disputes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(disputes), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} disputes, {per_sec}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// The class of the committee that takes a kind of dispute in the county; of some nothing is said.
fn committee(kind: &str) -> Option<Committee> {
    match kind.split('.').next()? {
        "traffic" | "medical" | "property" | "consumer" => Some(Committee::Industry),
        "labour" => Some(Committee::Enterprise),
        "neighbour" | "land" => Some(Committee::Village),
        "family" => Some(Committee::Residents),
        "other" => None,
        _ => Some(Committee::Township),
    }
}

/// The events of a dispute as they are sent.
fn events(told: &Told) -> impl Iterator<Item = EventMessage> + '_ {
    told.events.iter().enumerate().map(|(at, step)| EventMessage {
        id: format!("{}-{at}", told.id),
        source: SOURCE.to_owned(),
        dispute: told.id.clone(),
        at: step.event.at,
        what: step.event.what.clone(),
        registration: (at == 0).then(|| Registration {
            locality: told.locality.to_owned(),
            kind: told.kind.to_owned(),
            origin: told.origin.to_owned(),
            organisation: told.organisation.clone(),
            place: told.place.clone(),
            project: told.project.clone(),
            decision: None,
            facts: std::collections::BTreeMap::new(),
        }),
        station: step.station.map(str::to_owned),
        mediator: step.mediator.clone(),
        channel: step.channel.map(str::to_owned),
        committee: step
            .station
            .and_then(|_| committee(told.kind))
            .filter(|_| matches!(step.event.what.kind(), EventType::Assigned | EventType::Started)),
    })
}

impl Sent {
    fn count(&mut self, heard: Vec<(u64, Outcome)>) -> Result<(), Failure> {
        for (_, outcome) in heard {
            match outcome.status.as_str() {
                "duplicate" => self.known += 1,
                "refused" if outcome.problem() == "/problems/impossible-event" => self.broken += 1,
                "refused" => {
                    return Err(Failure::Input(format!(
                        "the server refuses what the county tells: {}; its localities must be among the policies that serve",
                        outcome.detail()
                    )));
                }
                _ => self.events += 1,
            }
        }
        Ok(())
    }
}

fn tell(sent: &Sent, disputes: u64, took: Duration, server: &str, to: Date) {
    let Sent { events, known, broken } = sent;
    println!("{COUNTY}, a made-up county where nobody lives: {disputes} disputes in the year up to {to}");
    println!("{events} events taken in {}", HumanDuration(took));
    if *known > 0 {
        println!("{known} were there before and count once");
    }
    println!("{broken} steps of mediation after a refusal, on purpose: they are refused and counted");
    let planted: Vec<String> =
        CLUSTERS.iter().map(|cluster| format!("{} ({}, {})", cluster.name, cluster.cases, cluster.locality)).collect();
    println!("planted: {}", planted.join("; "));
    let ways: Vec<String> = OTHER_WAYS.iter().map(|way| format!("{} by {} as well", way.kind, way.channel)).collect();
    println!("planted: {} behind in {}; {}", BEHIND.kind, BEHIND.locality, ways.join(", "));
    println!("see it: {0}/?locality={COUNTY} and {0}/optimise?locality={COUNTY}", place(server));
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Value>,
    next: Option<String>,
}

/// `maple events`.
pub(crate) fn events_command(command: &Events) -> Result<(), Failure> {
    match command {
        Events::Export(args) => export(args),
    }
}

/// Takes all events of a server, page by page; how many there are.
fn each_page(server: &Server<'_>, mut take: impl FnMut(&[Value]) -> Result<(), Failure>) -> Result<u64, Failure> {
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("count", &PAGE_COUNT.to_string());
        if let Some(after) = &after {
            query.append_pair("after", after);
        }
        let page: Page = server.read(&server.get(&format!("/v1/events?{}", query.finish()))?)?;
        take(&page.events)?;
        count += page.events.len() as u64;
        after = page.next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

fn export(args: &ExportEvents) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    if args.format == EventFormat::Parquet && args.out.is_none() {
        return Err(Failure::Input("a Parquet file is no text; name a file with `--out`".to_owned()));
    }
    let mut count = 0_u64;
    write_out(args.out.as_deref(), |into| match args.format {
        EventFormat::Ndjson => {
            let mut into = BufWriter::new(into);
            count = each_page(&server, |events| {
                events.iter().try_for_each(|event| writeln!(into, "{event}").map_err(|error| unwritten(&error)))
            })?;
            into.flush().map_err(|error| unwritten(&error))
        }
        EventFormat::Parquet => {
            let mut file = parquet::File::begin(into).map_err(|error| unwritten(&error))?;
            count = each_page(&server, |events| {
                let rows: Option<Vec<EventRow>> = events.iter().map(EventRow::of).collect();
                let foreign = || Failure::Unreachable("the server tells an event that is none".to_owned());
                file.put(&rows.ok_or_else(foreign)?).map_err(|error| unwritten(&error))
            })?;
            file.end().map_err(|error| unwritten(&error))
        }
    })?;
    if args.out.is_some() {
        report::verdict(true, &format!("{count} events"));
    }
    Ok(())
}
