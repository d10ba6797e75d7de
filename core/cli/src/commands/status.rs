//! `maple status`: what serves where.

use anstream::println;
use comfy_table::{Table, presets};
use serde::Deserialize;
use serde_json::Value;

use super::remote::Server;
use crate::{Failure, args::Status as Args, report};

#[derive(Deserialize)]
struct Status {
    status: String,
    reasons: Vec<String>,
    serving: Shown,
    planned: Option<Shown>,
    nodes: Vec<Node>,
    database: Database,
    canary: Option<Canary>,
    shadow: Shadow,
}

#[derive(Deserialize)]
struct Database {
    reached: bool,
}

#[derive(Deserialize)]
struct Shown {
    generation: u32,
    kind: String,
    ruleset: String,
    at: String,
    by: String,
    why: String,
    effective_at: Option<String>,
    #[serde(default)]
    states: Vec<State>,
}

#[derive(Deserialize)]
struct State {
    name: String,
    how: String,
    why: String,
    by: String,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    generation: u32,
    lag: u32,
    status: String,
    engine: String,
    seen_seconds_ago: i64,
    cannot: Option<Value>,
}

#[derive(Deserialize)]
struct Canary {
    percent: u8,
    so_far: Value,
}

#[derive(Deserialize)]
struct Shadow {
    policies: Vec<Shadowed>,
}

#[derive(Deserialize)]
struct Shadowed {
    policy: String,
    cases: u64,
    changed: u64,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let bytes = server.get("/v1/status")?;
    let Status { status, reasons, serving, planned, nodes, database, canary, shadow } = server.read(&bytes)?;
    if args.json {
        println!("{}", String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    let Shown { generation, kind, ruleset, at, by, why, .. } = &serving;
    println!("generation {generation} ({kind}) since {at}, by {by}: {why}\nruleset {ruleset}");
    if let Some(Shown { generation, effective_at: Some(from), why, .. }) = &planned {
        println!("planned: generation {generation} from {from}: {why}");
    }
    for State { name, how, why, by } in &serving.states {
        println!("{how}: {name}, by {by}: {why}");
    }
    if let Some(Canary { percent, so_far }) = &canary {
        let of = |name: &str| so_far.get(name).and_then(Value::as_u64).unwrap_or_default();
        println!(
            "canary: {percent} % of cases; so far {} decided, {} failed, {} otherwise, {} corrected",
            of("cases"),
            of("failed"),
            of("changed"),
            of("corrected")
        );
    }
    for Shadowed { policy, cases, changed } in &shadow.policies {
        println!("shadow: {policy} spoke on {cases} cases and would have changed {changed}");
    }
    println!();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["node", "generation", "lag", "status", "engine", "seen"]);
    for node in &nodes {
        let (generation, lag) = (node.generation.to_string(), node.lag.to_string());
        let seen = format!("{} s ago", node.seen_seconds_ago);
        table.add_row([&node.id, &generation, &lag, &node.status, &node.engine, &seen]);
    }
    table.lines().for_each(|line| println!("{}", line.trim_end()));
    for Node { id, cannot, .. } in &nodes {
        if let Some(why) = cannot.as_ref().and_then(|cannot| cannot.get("why")).and_then(Value::as_str) {
            println!("{id} cannot follow: {why}");
        }
    }
    reasons.iter().for_each(|reason| report::warning(reason));
    if !database.reached {
        report::warning("the database is out of reach of this node, or every place to ask it is taken");
    }
    let well = status == "ready" && database.reached && nodes.iter().all(|node| node.status == "ready");
    if well { Ok(()) } else { Err(Failure::Wrong) }
}
