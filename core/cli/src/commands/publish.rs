//! `maple publish`: a bundle goes through the gate of a server and is kept there.

use std::path::Path;

use anstream::println;
use comfy_table::{Table, presets};
use maple_bundle::ARCHIVE_BYTES_MAX;
use maple_gate::{Ending, Report};
use maple_seal::Digest;
use serde::Deserialize;

use super::{
    read_bounded, refused,
    remote::{Server, segment, write_out},
};
use crate::{
    Failure,
    args::{Places, Publish},
    load::{self},
    report,
};

/// A bundle that was rejected.
#[derive(Deserialize)]
struct Rejected {
    report: Report,
    report_id: Option<String>,
}

pub(crate) fn run(args: &Publish) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let bytes = bundle(&args.bundle, &args.places)?;
    if let Some(out) = &args.out {
        write_out(Some(out), |file| file.write_all(&bytes).map_err(|error| super::remote::unwritten(&error)))?;
    }
    let digest = Digest::of(&bytes).to_string();
    report::progress(&format!("{} kB go to {}, to be examined", bytes.len().div_ceil(1_000), args.remote.server));
    let query = format!("digest={}{}", segment(&digest), if args.dry_run { "&dry_run=true" } else { "" });
    let answer = server.send(&format!("/v1/bundles?{query}"), "application/gzip", &bytes)?;
    let (found, id) = match answer {
        Ok(body) => (server.read::<Report>(&body)?, None),
        Err((422, body)) => match serde_json::from_slice::<Rejected>(&body) {
            Ok(Rejected { report, report_id }) => (report, report_id),
            Err(_) => return Err(server.failed(422, &body)),
        },
        Err((status, body)) => return Err(server.failed(status, &body)),
    };
    if args.json {
        println!("{}", serde_json::to_string(&found).unwrap_or_default());
        return if found.admitted { Ok(()) } else { Err(Failure::Wrong) };
    }
    show(&found);
    if !found.admitted {
        let kept = id.map(|id| format!("; the report is kept as {id}")).unwrap_or_default();
        report::verdict(false, &format!("{} problems; nothing was changed{kept}", found.errors()));
        return Err(Failure::Wrong);
    }
    if args.dry_run {
        report::verdict(true, "it would be admitted; nothing was kept");
    } else {
        report::verdict(true, "it was admitted and is kept; it does not serve yet");
        println!("\nmaple activate {} --why \"…\"", found.bundle);
    }
    Ok(())
}

/// The bytes of a bundle: a file as it is, or a folder packed.
pub(super) fn bundle(path: &Path, places: &Places) -> Result<Vec<u8>, Failure> {
    if path.is_file() {
        return read_bounded(path, "bundle", ARCHIVE_BYTES_MAX);
    }
    let from = load::From {
        policies: path,
        plugins: places.plugins.as_deref(),
        state: places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    load::load_lightly(&from).map_err(refused)?.archive_of(path)
}

fn show(found: &Report) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["stage", "result", "checked", "ms"]);
    for stage in &found.stages {
        let result = match stage.result {
            Ending::Passed => "passed",
            Ending::Failed => "FAILED",
            Ending::NotReached => "not reached",
            Ending::NotAsked => "not asked",
        };
        let (checked, millis) = (stage.checked.to_string(), stage.millis.to_string());
        table.add_row([stage.stage.word(), result, &checked, &millis]);
    }
    table.lines().for_each(|line| println!("{}", line.trim_end()));
    for change in &found.packs {
        let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
        println!("  {}: {} → {}", change.pack, version(&change.before), version(&change.after));
    }
    for stage in &found.stages {
        for problem in &stage.problems {
            let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
            let place = if problem.file.is_empty() { String::new() } else { format!("{}{line}: ", problem.file) };
            let word = if problem.error { "error" } else { "warning" };
            println!("\n{place}{word}[{}]: {}", problem.code, problem.message);
            if let Some(advice) = &problem.advice {
                println!("  = {advice}");
            }
        }
        if stage.more > 0 {
            println!("\n… and {} more in stage {}", stage.more, stage.stage.word());
        }
    }
}
