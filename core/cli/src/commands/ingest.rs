//! `maple ingest`: tables of complaints that other systems keep, as events of cases.
//!
//! Of a row only the cells are read that the map names. References to organisations, places and projects are hashed
//! with a key before they go anywhere.

mod format;
mod map;
mod row;
mod tell;

use std::{io::Write, path::Path, sync::atomic::Ordering};

use csv::StringRecord;
use jiff::Timestamp;
use maple_seal::ReferenceKey;
use maple_wire::{EventMessage, SOURCE_UNSTATED, Sheet, SheetEncoding, event_json};
use serde::Deserialize;

pub(crate) use self::format::MAP;
use self::{
    map::{Known, Map},
    row::{Became, Layout},
    tell::Account,
};
use super::{
    input::Input,
    outbox::{Outbox, Outcome},
    progress::Progress,
    remote::{Server, unwritten, write_out},
    serve::reference_key,
};
use crate::{
    Failure,
    args::{Ingest, IngestCsv as Args},
    load,
};

/// What is read, as it is named in errors.
const TABLE: &str = "table";
/// Rows after which the bar is told.
const ROWS_TOLD: u64 = 256;

/// Where events go.
enum To<'a> {
    Nowhere,
    Lines(&'a mut dyn Write),
    Server(Outbox<'a>),
}

/// Brings a table in.
pub(crate) fn run(command: &Ingest) -> Result<(), Failure> {
    let Ingest::Csv(args) = command;
    let encoding = encoding(args)?;
    if args.dry_run || args.out.is_some() {
        return stay(args, encoding);
    }
    let server = Server::new(&args.remote)?;
    let map = Map::read(&args.map, &of_server(&server)?)?;
    let key = key(args, &map)?;
    read(args, &map, key.as_ref(), encoding, &mut To::Server(Outbox::new(&server)))?.tell(args)
}

/// Reads the table without sending anything.
fn stay(args: &Args, encoding: SheetEncoding) -> Result<(), Failure> {
    let map = Map::read(&args.map, &of_policies(args)?)?;
    let key = key(args, &map)?;
    let Some(out) = &args.out else {
        return read(args, &map, None, encoding, &mut To::Nowhere)?.tell(args);
    };
    let file = (out != Path::new("-")).then_some(out.as_path());
    let mut account = Account::default();
    write_out(file, |into| {
        let mut into = std::io::BufWriter::new(into);
        account = read(args, &map, key.as_ref(), encoding, &mut To::Lines(&mut into))?;
        into.flush().map_err(|error| unwritten(&error))
    })?;
    account.tell(args)
}

fn encoding(args: &Args) -> Result<SheetEncoding, Failure> {
    if let Some(label) = &args.encoding {
        return SheetEncoding::named(label).ok_or_else(|| {
            Failure::Input(format!("there is no encoding {label:?}; write one such as utf-8 or gb18030"))
        });
    }
    if args.table == Path::new("-") {
        return Err(Failure::Input(
            "standard input is read once, so its encoding must be named: --encoding utf-8, or gb18030".to_owned(),
        ));
    }
    let input = Input::open(&args.table, TABLE)?;
    let name = input.name.clone();
    SheetEncoding::found(input).map_err(|error| super::input::unreadable(TABLE, &name, &error))?.ok_or_else(|| {
        Failure::Input(format!(
            "{name} is written neither in UTF-8 nor in GB 18030; name its encoding with --encoding, or take it as UTF-8 \
             with --encoding utf-8, which refuses the rows with bad bytes alone"
        ))
    })
}

/// The key for references; without any to hash there is none.
fn key(args: &Args, map: &Map) -> Result<Option<ReferenceKey>, Failure> {
    match &args.key {
        _ if map.references.is_empty() || args.dry_run => Ok(None),
        Some(file) => reference_key(file).map(Some),
        None => {
            let sorts: Vec<&str> = map.references.iter().map(|one| one.sort).collect();
            Err(Failure::Input(format!(
                "the map names {}, which is hashed before it goes anywhere: name a file for the key with --key; it is \
                 made where there is none",
                sorts.join(", ")
            )))
        }
    }
}

#[derive(Deserialize)]
struct Vocabulary {
    localities: Vec<Word>,
    kinds: Vec<Word>,
    words: Vec<List>,
}

#[derive(Deserialize)]
struct List {
    list: String,
    words: Vec<Word>,
}

#[derive(Deserialize)]
struct Word {
    id: String,
}

/// The words of the policies that serve.
fn of_server(server: &Server<'_>) -> Result<Known, Failure> {
    let Vocabulary { localities, kinds, words } = server.read(&server.get("/v1/vocabulary")?)?;
    let ids = |words: Vec<Word>| -> Vec<String> { words.into_iter().map(|word| word.id).collect() };
    let origins = words.into_iter().find(|list| list.list == "source").map(|list| list.words).unwrap_or_default();
    let origins = ids(origins).into_iter().chain([SOURCE_UNSTATED.to_owned()]).collect();
    Ok(Known { kinds: ids(kinds).into_iter().collect(), localities: ids(localities).into_iter().collect(), origins })
}

/// The words of the policies in a folder.
fn of_policies(args: &Args) -> Result<Known, Failure> {
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    let loaded = load::load_lightly(&from).map_err(super::refused)?;
    let ruleset = &loaded.compiled.ruleset;
    let words = ruleset.vocabulary();
    let origins = words.words.get(&maple_kernel::WordList::Source).into_iter().flat_map(|words| words.keys());
    Ok(Known {
        kinds: words.kinds.keys().map(ToString::to_string).collect(),
        localities: ruleset.localities().map(|(id, _)| id.to_string()).collect(),
        origins: origins.map(ToString::to_string).chain([SOURCE_UNSTATED.to_owned()]).collect(),
    })
}

/// Reads the whole table.
fn read(
    args: &Args,
    map: &Map,
    key: Option<&ReferenceKey>,
    encoding: SheetEncoding,
    to: &mut To<'_>,
) -> Result<Account, Failure> {
    let input = Input::open(&args.table, TABLE)?;
    let (name, done, total) = (input.name.clone(), input.read.clone(), input.total);
    let (mut sheet, mut row) = (Sheet::new(input, encoding), StringRecord::new());
    let mut account = Account::default();
    let broken = |line: u64, error: maple_wire::SheetFault| match error {
        maple_wire::SheetFault::RowTooLong => Failure::Input(format!("{name}, after line {line}: {error}")),
        maple_wire::SheetFault::Read(error) => super::input::unreadable(TABLE, &name, &error),
    };
    if sheet.next(&mut row).map_err(|error| broken(0, error))?.is_none() {
        return Err(Failure::Input(format!("{name} is empty; its first row names the columns")));
    }
    let layout = Layout::new(map, &row, key)
        .map_err(|faults| Failure::Input(format!("{name}, line 1:\n  {}", faults.join("\n  "))))?;
    let now = maple_server::now();
    let progress = Progress::begin("rows", total, None);
    let (mut line, mut untold) = (1, 0);
    loop {
        let next = sheet.next(&mut row).map_err(|error| broken(line, error))?;
        let Some(at) = next else { break };
        line = at;
        take(&layout, &row, now, line, &mut account, to)?;
        untold += 1;
        if untold == ROWS_TOLD {
            progress.advance(std::mem::take(&mut untold), done.load(Ordering::Relaxed));
        }
    }
    if let To::Server(outbox) = to {
        account.heard(outbox.flush()?);
    }
    progress.end();
    if account.rows == 0 {
        return Err(Failure::Input(format!("{name} has no rows below the first, which names the columns")));
    }
    Ok(account)
}

fn take(
    layout: &Layout<'_>,
    row: &StringRecord,
    now: Timestamp,
    line: u64,
    account: &mut Account,
    to: &mut To<'_>,
) -> Result<(), Failure> {
    account.rows += 1;
    let became = layout.row(row, now, &mut |column, value| account.unnamed.see(column, value));
    match became {
        Became::Skipped => account.skipped += 1,
        Became::Refused(flaws) => account.refuse(line, &flaws),
        Became::Events(events) => {
            account.disputes += 1;
            for event in &events {
                send(event, line, account, to)?;
            }
        }
    }
    Ok(())
}

fn send(event: &EventMessage, line: u64, account: &mut Account, to: &mut To<'_>) -> Result<(), Failure> {
    match to {
        To::Nowhere => account.events += 1,
        To::Lines(into) => {
            writeln!(into, "{}", event_json(event)).map_err(|error| unwritten(&error))?;
            account.events += 1;
        }
        To::Server(outbox) => account.heard(outbox.push(&event_json(event), line)?),
    }
    Ok(())
}

impl Account {
    /// Counts what a server made of events.
    fn heard(&mut self, outcomes: Vec<(u64, Outcome)>) {
        for (line, outcome) in outcomes {
            match outcome.status.as_str() {
                "duplicate" => self.known += 1,
                "refused" => self.refuse_later(line, &format!("the server refuses it: {}", outcome.detail())),
                _ => self.events += 1,
            }
        }
    }
}
