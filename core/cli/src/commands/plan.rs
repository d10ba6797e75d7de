//! `maple plan`: who takes which waiting case, and having it done.

use anstream::println;
use comfy_table::{Table, presets};
use serde::Deserialize;
use serde_json::{Value, json};

use super::remote::{Server, segment};
use crate::{Failure, args::MakePlan as Args};

#[derive(Deserialize)]
struct Plan {
    id: String,
    locality: String,
    as_of: String,
    accept_until: String,
    placements: Vec<Placed>,
    unplaced: Vec<Unplaced>,
}

#[derive(Deserialize)]
struct Placed {
    case: String,
    mediator: String,
    station: String,
    day: String,
    reasons: Vec<Said>,
}

#[derive(Deserialize)]
struct Unplaced {
    case: String,
    bars: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    text: Text,
}

#[derive(Deserialize)]
struct Text {
    en: String,
}

#[derive(Deserialize)]
struct Accepted {
    plan: String,
    by: String,
    assigned: u64,
    kept: u64,
    left_out: u64,
    cases: Vec<Became>,
}

#[derive(Deserialize)]
struct Became {
    case: String,
    status: String,
    reason: Option<Said>,
}

/// Where a map that names no place is of.
#[derive(Deserialize)]
struct Map {
    locality: Place,
}

#[derive(Deserialize)]
struct Place {
    id: String,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    if let Some(Some(id)) = &args.accept {
        return accept(&server, id, args.json);
    }
    let locality = match &args.locality {
        Some(locality) => locality.clone(),
        None => server.read::<Map>(&server.get("/v1/insight/map")?)?.locality.id,
    };
    let mut question = json!({ "locality": locality });
    for (name, value) in [("horizon_days", args.horizon), ("overload_max", args.overload)] {
        if let (Value::Object(members), Some(value)) = (&mut question, value) {
            members.insert(name.to_owned(), json!(value));
        }
    }
    let bytes = match server.send("/v1/plan", "application/json", question.to_string().as_bytes())? {
        Ok(bytes) => bytes,
        Err((status, bytes)) => return Err(server.failed(status, &bytes)),
    };
    let plan: Plan = server.read(&bytes)?;
    if args.accept.is_some() {
        if !args.json {
            tell(&plan);
            println!();
        }
        return accept(&server, &plan.id, args.json);
    }
    if args.json {
        println!("{}", String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    tell(&plan);
    let Plan { id, accept_until, .. } = &plan;
    println!("\nnothing is assigned yet; until {accept_until}: maple plan --accept {id}");
    Ok(())
}

fn tell(plan: &Plan) {
    let Plan { id, locality, as_of, placements, unplaced, .. } = plan;
    println!("plan {id} of {as_of} for {locality}: {} placed, {} not\n", placements.len(), unplaced.len());
    let said = |all: &[Said]| all.iter().map(|said| said.text.en.clone()).collect::<Vec<_>>().join("; ");
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["case", "mediator", "station", "day", "why"]);
    for Placed { case, mediator, station, day, reasons } in placements {
        table.add_row([case, mediator, station, day, &said(reasons)]);
    }
    for Unplaced { case, bars } in unplaced {
        table.add_row([case, "-", "-", "-", &said(bars)]);
    }
    table.lines().for_each(|line| println!("{}", line.trim_end()));
}

fn accept(server: &Server<'_>, id: &str, json: bool) -> Result<(), Failure> {
    let bytes = server.post(&format!("/v1/plan/{}/accept", segment(id)))?;
    let Accepted { plan, by, assigned, kept, left_out, cases } = server.read(&bytes)?;
    if json {
        println!("{}", String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    println!("plan {plan} accepted by {by}: {assigned} assigned, {kept} kept, {left_out} left out");
    for Became { case, reason, .. } in cases.iter().filter(|became| became.status == "left_out") {
        let why = reason.as_ref().map_or("", |reason| &reason.text.en);
        println!("{case}: {why}");
    }
    Ok(())
}
