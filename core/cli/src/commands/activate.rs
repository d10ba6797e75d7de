//! `maple activate`, `rollback` and `brake`: changing what serves.

use anstream::println;
use serde::Deserialize;
use serde_json::{Value, json};

use super::remote::Server;
use crate::{
    Failure,
    args::{Activate, Brake, How, Remote, Rollback},
    report,
};

/// An activation, as far as it is shown.
#[derive(Deserialize)]
struct Shown {
    generation: u32,
    ruleset: String,
    effective_at: Option<String>,
}

#[derive(Deserialize)]
struct History {
    activations: Vec<Shown>,
}

pub(crate) fn activate(args: &Activate) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let replaces = match args.replaces {
        Some(generation) => generation,
        None => latest(&server)?,
    };
    let mut asked = json!({ "bundle": args.bundle, "replaces": replaces, "why": args.why });
    if let Some(members) = asked.as_object_mut() {
        if let Some(at) = &args.at {
            members.insert("effective_at".to_owned(), json!(at));
        }
        if let Some(percent) = args.canary {
            members.insert("canary".to_owned(), json!({ "percent": percent }));
        }
    }
    change(&server, &args.remote, "/v1/activations", &asked, args.json)
}

pub(crate) fn roll_back(args: &Rollback) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let replaces = match args.replaces {
        Some(generation) => generation,
        None => latest(&server)?,
    };
    let mut asked = json!({ "rollback": true, "replaces": replaces, "why": args.why });
    if let (Some(to), Some(members)) = (args.to, asked.as_object_mut()) {
        members.insert("to".to_owned(), json!(to));
    }
    change(&server, &args.remote, "/v1/activations", &asked, args.json)
}

pub(crate) fn brake(args: &Brake) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let how = match args.how {
        How::Stopped => "stopped",
        How::Off => "off",
        How::Shadow => "shadow",
        How::Enforce => "enforce",
        How::AsFiled => "as_filed",
    };
    let mut asked = json!({ "how": how, "why": args.why });
    if let Some(members) = asked.as_object_mut() {
        for (name, value) in [("policy", &args.policy), ("locality", &args.locality)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), json!(value));
            }
        }
    }
    change(&server, &args.remote, "/v1/states", &asked, args.json)
}

/// The generation that a change must replace: the latest, which this node may not serve yet.
fn latest(server: &Server<'_>) -> Result<u32, Failure> {
    let History { activations } = server.read(&server.get("/v1/activations")?)?;
    let nothing = || Failure::Input("nothing serves there yet that could be replaced".to_owned());
    activations.first().map(|latest| latest.generation).ok_or_else(nothing)
}

fn change(server: &Server<'_>, remote: &Remote, path: &str, asked: &Value, json: bool) -> Result<(), Failure> {
    let answer = server.send(path, "application/json", asked.to_string().as_bytes())?;
    let body = answer.map_err(|(status, body)| server.failed(status, &body))?;
    if json {
        println!("{}", String::from_utf8_lossy(&body));
        return Ok(());
    }
    let Shown { generation, ruleset, effective_at } = server.read(&body)?;
    let from = effective_at.map_or_else(|| "serves".to_owned(), |at| format!("will serve from {at}"));
    report::verdict(true, &format!("generation {generation} {from} at {}, ruleset {ruleset}", remote.server));
    Ok(())
}
