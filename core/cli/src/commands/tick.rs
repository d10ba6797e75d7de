//! `maple tick`: what the clock brings, looked at now.

use anstream::println;
use serde::Deserialize;
use serde_json::json;

use super::remote::Server;
use crate::{Failure, args::Tick as Args};

#[derive(Deserialize)]
struct Ticked {
    looked: u64,
    signals: u64,
    escalated: u64,
    more: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let (mut looked, mut signals, mut escalated) = (0, 0, 0);
    loop {
        let ticked: Ticked = server.read(&server.post("/v1/tick")?)?;
        looked += ticked.looked;
        signals += ticked.signals;
        escalated += ticked.escalated;
        if !ticked.more {
            break;
        }
    }
    if args.json {
        println!("{}", json!({ "looked": looked, "signals": signals, "escalated": escalated }));
    } else {
        println!("{looked} cases looked at, {signals} signals new or changed, {escalated} more urgent");
    }
    Ok(())
}
