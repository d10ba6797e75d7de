//! `maple decisions`: what a server keeps.

use anstream::println;
use comfy_table::{Table, presets};
use jiff::Timestamp;
use maple_store::{Retired, StoreError};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    database, parquet,
    remote::{Server, query, segment, unwritten, write_out},
};
use crate::{
    Failure,
    args::{Decisions, ExportDecisions, ExportFormat, ListDecisions, RetireDecisions, ShowDecision},
    load::chain,
};

/// Decisions on one page of an export.
const PAGE: u32 = 500;

/// One page of a listing.
#[derive(Deserialize)]
struct Page {
    decisions: Vec<Row>,
    next: Option<String>,
}

/// One decision of a listing.
#[derive(Deserialize)]
struct Row {
    id: String,
    time: String,
    locality: String,
    kind: String,
    outcome: String,
    generation: u32,
    ruleset: String,
    engine: String,
    policies: Vec<String>,
}

pub(crate) fn run(args: &Decisions) -> Result<(), Failure> {
    match args {
        Decisions::List(args) => list(args),
        Decisions::Show(args) => show(args),
        Decisions::Export(args) => export(args),
        Decisions::Retire(args) => retire(args),
    }
}

/// Deletes whole checkpoints of decisions, from the oldest on.
fn retire(args: &RetireDecisions) -> Result<(), Failure> {
    let before: Timestamp = args.before.parse().map_err(|_| {
        let before: String = args.before.chars().take(64).collect();
        Failure::Input(format!("`--before {before}` is no moment; write one such as 2026-01-01T00:00:00+08:00"))
    })?;
    let store = database::open(&args.database)?;
    let failed = |error: StoreError| Failure::Unreachable(chain(&error));
    let (mut whole, mut damaged) = (Retired::default(), Vec::new());
    for log in &store.logs_to_retire().map_err(failed)? {
        let retired = store.decisions_retire(log, before, "maple decisions retire", maple_server::now(), || true);
        let Retired { checkpoints, records } = match retired {
            Err(why @ StoreError::Damaged { .. }) => {
                // It keeps the others from nothing.
                damaged.push(chain(&why));
                continue;
            }
            retired => retired.map_err(failed)?,
        };
        whole.checkpoints += checkpoints;
        whole.records += records;
        if args.json {
            println!("{}", serde_json::json!({ "log": log, "records": records, "checkpoints": checkpoints }));
        }
    }
    if !args.json {
        let Retired { checkpoints, records } = whole;
        println!(
            "{records} decisions in {checkpoints} checkpoints were deleted; the audit log says so, and what proves the \
             others stays. What has no checkpoint yet, or shares one with younger ones, is kept"
        );
    }
    if !damaged.is_empty() {
        return Err(Failure::Unreachable(format!("nothing of these logs was deleted: {}", damaged.join("; "))));
    }
    Ok(())
}

fn list(args: &ListDecisions) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let bytes = server.get(&format!("/v1/decisions?{}", query(&args.which, args.count, None)))?;
    let page: Page = server.read(&bytes)?;
    if args.json {
        println!("{}", String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    if page.decisions.is_empty() {
        println!("no decision is kept that fits");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["time", "decision", "locality", "kind", "outcome", "generation"]);
    table.add_rows(page.decisions.iter().map(|row| {
        [&row.time, &row.id, &row.locality, &row.kind, &row.outcome, &row.generation.to_string()].map(String::clone)
    }));
    table.lines().for_each(|line| println!("{}", line.trim_end()));
    if page.next.is_some() {
        println!("there are more; `--count` shows up to 1000, `maple decisions export` writes all");
    }
    Ok(())
}

fn show(args: &ShowDecision) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let record: Value = server.read(&server.get(&format!("/v1/decisions/{}", segment(&args.id)))?)?;
    println!("{record:#}");
    Ok(())
}

fn export(args: &ExportDecisions) -> Result<(), Failure> {
    if args.format == ExportFormat::Parquet && args.out.is_none() {
        return Err(Failure::Input("`--format parquet` writes a file: name it with `--out`".to_owned()));
    }
    let server = Server::new(&args.remote)?;
    write_out(args.out.as_deref(), |out| match args.format {
        ExportFormat::Ndjson => each_page(&server, args, |rows| {
            for row in rows {
                let record = server.get(&format!("/v1/decisions/{}", segment(&row.id)))?;
                out.write_all(&record).and_then(|()| out.write_all(b"\n")).map_err(|error| unwritten(&error))?;
            }
            Ok(())
        }),
        ExportFormat::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            let head = ["id", "time", "locality", "kind", "outcome", "generation", "ruleset", "engine", "policies"];
            csv.write_record(head).map_err(|error| unwritten(&error))?;
            each_page(&server, args, |rows| {
                rows.iter().try_for_each(|row| csv.write_record(cells(row))).map_err(|error| unwritten(&error))
            })?;
            csv.flush().map_err(|error| unwritten(&error))
        }
        ExportFormat::Parquet => {
            let mut file = parquet::File::begin(out).map_err(|error| unwritten(&error))?;
            each_page(&server, args, |rows| {
                let rows = rows.iter().map(|row| whole(&server, row)).collect::<Result<Vec<_>, _>>()?;
                file.put(&rows).map_err(|error| unwritten(&error))
            })?;
            file.end().map_err(|error| unwritten(&error))
        }
    })
}

/// The parts of a decision, as the very bytes that were recorded.
#[derive(Deserialize)]
struct Parts {
    input: Option<Box<RawValue>>,
    context: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
}

/// A decision with its parts.
fn whole(server: &Server<'_>, row: &Row) -> Result<parquet::Row, Failure> {
    let parts: Parts = server.read(&server.get(&format!("/v1/decisions/{}", segment(&row.id)))?)?;
    let text = |part: Option<Box<RawValue>>| part.map_or_else(|| "null".to_owned(), |part| part.get().to_owned());
    let time =
        row.time.parse().map_err(|_| Failure::Unreachable("the server names a moment that is none".to_owned()))?;
    Ok(parquet::Row {
        id: row.id.clone(),
        time,
        locality: row.locality.clone(),
        kind: row.kind.clone(),
        outcome: row.outcome.clone(),
        generation: row.generation,
        ruleset: row.ruleset.clone(),
        engine: row.engine.clone(),
        policies: row.policies.clone(),
        input: text(parts.input),
        context: text(parts.context),
        output: text(parts.output),
    })
}

fn cells(row: &Row) -> [String; 9] {
    let Row { id, time, locality, kind, outcome, generation, ruleset, engine, policies } = row;
    let (generation, policies) = (&generation.to_string(), &policies.join(" "));
    [id, time, locality, kind, outcome, generation, ruleset, engine, policies].map(String::clone)
}

fn each_page(
    server: &Server<'_>,
    args: &ExportDecisions,
    mut take: impl FnMut(&[Row]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let bytes = server.get(&format!("/v1/decisions?{}", query(&args.which, PAGE, after.as_deref())))?;
        let page: Page = server.read(&bytes)?;
        take(&page.decisions)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
