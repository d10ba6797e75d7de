//! `maple replay`: a kept decision, made again.

use anstream::println;
use serde::Deserialize;
use serde_json::Value;

use super::remote::{Server, segment};
use crate::{Failure, args, report};

/// What came of it.
#[derive(Deserialize)]
struct Replay {
    same: bool,
    engine: Engines,
    differences: Vec<Difference>,
    count: usize,
}

#[derive(Deserialize)]
struct Engines {
    recorded: String,
    replayed: String,
}

#[derive(Deserialize)]
struct Difference {
    part: String,
    pointer: String,
    recorded: Value,
    replayed: Value,
}

pub(crate) fn run(args: &args::Replay) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let bytes = server.post(&format!("/v1/decisions/{}/replay", segment(&args.id)))?;
    let replay: Replay = server.read(&bytes)?;
    if args.json {
        println!("{}", String::from_utf8_lossy(&bytes));
    } else {
        tell(&replay);
    }
    if replay.same { Ok(()) } else { Err(Failure::Wrong) }
}

fn tell(replay: &Replay) {
    let Engines { recorded, replayed } = &replay.engine;
    if recorded != replayed {
        report::warning(&format!("`{recorded}` decided, `{replayed}` decided again"));
    }
    if replay.same {
        report::verdict(true, "the decision comes out the same, byte for byte");
        return;
    }
    for Difference { part, pointer, recorded, replayed } in &replay.differences {
        println!("{part} {pointer}\n  recorded {recorded}\n  replayed {replayed}");
    }
    report::verdict(false, &format!("the decision comes out otherwise, in {} places", replay.count));
}
