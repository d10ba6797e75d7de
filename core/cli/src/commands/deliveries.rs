//! `maple deliveries`: who is told what happens, what they did not take, and sending it again.

use anstream::println;
use comfy_table::{Table, presets};
use serde::Deserialize;
use serde_json::json;

use super::remote::Server;
use crate::{
    Failure,
    args::{Deliveries, DeliveryWord, ListDeliveries, RetryDeliveries},
    report,
};

#[derive(Deserialize)]
struct Page {
    targets: Vec<Target>,
    deliveries: Vec<Delivery>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    target: String,
    node: Option<String>,
    behind: u64,
    waiting: u64,
    dead: u64,
}

#[derive(Deserialize)]
struct Delivery {
    target: String,
    event: String,
    r#type: String,
    state: String,
    attempts: u32,
    why: String,
}

#[derive(Deserialize)]
struct Again {
    sent_again: u64,
}

pub(crate) fn run(command: &Deliveries) -> Result<(), Failure> {
    match command {
        Deliveries::List(args) => list(args),
        Deliveries::Retry(args) => retry(args),
    }
}

fn list(args: &ListDeliveries) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("count", &args.count.to_string());
    if let Some(state) = args.state {
        query.append_pair("state", if state == DeliveryWord::Dead { "dead" } else { "waiting" });
    }
    if let Some(target) = &args.target {
        query.append_pair("target", target);
    }
    let bytes = server.get(&format!("/v1/deliveries?{}", query.finish()))?;
    let Page { targets, deliveries, next } = server.read(&bytes)?;
    if args.json {
        println!("{}", String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    if targets.is_empty() {
        println!("nobody is told what happens; `[[webhook]]` and `[nats]` in the configuration say who is");
    }
    let mut table = plain();
    table.set_header(["told", "by node", "behind", "waiting", "dead"]);
    for Target { target, node, behind, waiting, dead } in &targets {
        let node = node.as_deref().unwrap_or("-");
        table.add_row([target, node, &behind.to_string(), &waiting.to_string(), &dead.to_string()]);
    }
    if !targets.is_empty() {
        table.lines().for_each(|line| println!("{}", line.trim_end()));
    }
    if !deliveries.is_empty() {
        println!();
        let mut table = plain();
        table.set_header(["to", "event", "type", "state", "tries", "why"]);
        for Delivery { target, event, r#type, state, attempts, why } in &deliveries {
            table.add_row([target, event, r#type, state, &attempts.to_string(), why]);
        }
        table.lines().for_each(|line| println!("{}", line.trim_end()));
    }
    if next.is_some() {
        println!("there are more; `--count` shows up to 1000");
    }
    Ok(())
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

fn retry(args: &RetryDeliveries) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let body = match &args.event {
        Some(event) => json!({ "target": args.target, "event": event }),
        None => json!({ "target": args.target, "all": true }),
    };
    match server.send("/v1/deliveries", "application/json", body.to_string().as_bytes())? {
        Ok(bytes) => {
            let Again { sent_again } = server.read(&bytes)?;
            report::verdict(true, &format!("{sent_again} events are tried again"));
            Ok(())
        }
        Err((status, bytes)) => Err(server.failed(status, &bytes)),
    }
}
