//! `maple decisions`: what a server keeps.

use anstream::println;
use comfy_table::{Table, presets};
use serde_json::Value;

use super::remote::{Server, query, segment, unwritten, write_out};
use crate::{
    Failure,
    args::{Decisions, ExportDecisions, ExportFormat, ListDecisions, ShowDecision},
};

/// Decisions on one page of an export.
const PAGE: u32 = 500;

const COLUMNS: [&str; 9] = ["id", "time", "locality", "kind", "outcome", "generation", "ruleset", "engine", "policies"];

pub(crate) fn run(args: &Decisions) -> Result<(), Failure> {
    match args {
        Decisions::List(args) => list(args),
        Decisions::Show(args) => show(args),
        Decisions::Export(args) => export(args),
    }
}

fn list(args: &ListDecisions) -> Result<(), Failure> {
    let server = Server::new(&args.remote.server)?;
    let page = server.get_json(&format!("/v1/decisions?{}", query(&args.which, args.count, None)))?;
    if args.json {
        println!("{page}");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["time", "decision", "locality", "kind", "outcome", "generation"]);
    let decisions = rows(&page);
    for row in &decisions {
        table.add_row(["time", "id", "locality", "kind", "outcome", "generation"].map(|name| cell(row, name)));
    }
    if decisions.is_empty() {
        println!("no decision is kept that fits");
    } else {
        table.lines().for_each(|line| println!("{}", line.trim_end()));
    }
    if page["next"].is_string() {
        println!("there are more; `--count` shows up to 1000, `maple decisions export` writes all");
    }
    Ok(())
}

fn rows(page: &Value) -> Vec<Value> {
    page["decisions"].as_array().cloned().unwrap_or_default()
}

fn cell(row: &Value, name: &str) -> String {
    match &row[name] {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn show(args: &ShowDecision) -> Result<(), Failure> {
    let server = Server::new(&args.remote.server)?;
    let record = server.get_json(&format!("/v1/decisions/{}", segment(&args.id)))?;
    println!("{}", serde_json::to_string_pretty(&record).unwrap_or_default());
    Ok(())
}

fn export(args: &ExportDecisions) -> Result<(), Failure> {
    let server = Server::new(&args.remote.server)?;
    write_out(args.out.as_deref(), |out| match args.format {
        ExportFormat::Ndjson => each_page(&server, args, |page| {
            for row in page {
                let record = server.get(&format!("/v1/decisions/{}", segment(&cell(row, "id"))))?;
                out.write_all(&record).and_then(|()| out.write_all(b"\n")).map_err(|error| unwritten(&error))?;
            }
            Ok(())
        }),
        ExportFormat::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(COLUMNS).map_err(|error| unwritten(&error))?;
            each_page(&server, args, |page| {
                let mut rows = page.iter().map(|row| COLUMNS.map(|name| cell(row, name)));
                rows.try_for_each(|row| csv.write_record(row)).map_err(|error| unwritten(&error))
            })?;
            csv.flush().map_err(|error| unwritten(&error))
        }
    })
}

fn each_page(
    server: &Server<'_>,
    args: &ExportDecisions,
    mut take: impl FnMut(&[Value]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    loop {
        let page = server.get_json(&format!("/v1/decisions?{}", query(&args.which, PAGE, after.as_deref())))?;
        take(&rows(&page))?;
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(()),
        }
    }
}
