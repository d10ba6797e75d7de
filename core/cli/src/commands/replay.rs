//! `maple replay`: a kept decision, made again.

use anstream::println;
use serde_json::Value;

use super::remote::{Server, segment};
use crate::{Failure, args::Replay, report};

pub(crate) fn run(args: &Replay) -> Result<(), Failure> {
    let server = Server::new(&args.remote.server)?;
    let bytes = server.post(&format!("/v1/decisions/{}/replay", segment(&args.id)))?;
    let replay = server.json(&bytes)?;
    let same = replay["same"] == true;
    if args.json {
        println!("{replay}");
    } else {
        tell(&replay, same);
    }
    if same { Ok(()) } else { Err(Failure::Wrong) }
}

fn tell(replay: &Value, same: bool) {
    let (recorded, here) = (&replay["engine"]["recorded"], &replay["engine"]["replayed"]);
    if recorded != here {
        let (recorded, here) = (recorded.as_str().unwrap_or("?"), here.as_str().unwrap_or("?"));
        report::warning(&format!("`{recorded}` decided, `{here}` decided again"));
    }
    if same {
        report::verdict(true, "the decision comes out the same, byte for byte");
        return;
    }
    let count = &replay["count"];
    for one in replay["differences"].as_array().into_iter().flatten() {
        let (part, at) = (one["part"].as_str().unwrap_or("?"), one["pointer"].as_str().unwrap_or("?"));
        println!("{part} {at}\n  recorded {}\n  replayed {}", one["recorded"], one["replayed"]);
    }
    report::verdict(false, &format!("the decision comes out otherwise, in {count} places"));
}
