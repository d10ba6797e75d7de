//! `maple table eval`: one question to a general decision table, answered by the plugin in its sandbox.

use std::{io::Write, path::Path};

use maple_kernel::{Calendar, Limits, Plugins, PolicyId, Setup, SetupError};
use maple_kit::dmn::{self, AskError, CellError, Outcome, Program, Row, TABLE_BYTES_MAX, TableFile};
use maple_sandbox::{
    ANSWER_BYTES_MAX, CASE_BYTES_MAX, ConfiguredPolicy, FINDINGS_COUNT_MAX, FUEL_MAX, MEMORY_BYTES_MAX, Sandbox,
    WALL_MS_MAX,
};
use serde_json::{Value as Json, json};

use super::decide::finished;
use crate::{
    Failure,
    args::{Table, TableEval},
    load, report,
};

/// The plugin that runs tables.
const PLUGIN: &str = "decision-table";

/// Asks a table.
pub(crate) fn run(args: &Table) -> Result<(), Failure> {
    let Table::Eval(args) = args;
    let bytes = super::read_bounded(&args.file, "table", TABLE_BYTES_MAX)?;
    let name = args.file.display();
    if is_xml(&bytes) {
        let message =
            format!("`{name}` is XML; when it is DMN, `maple import dmn {name} -o FILE` makes a table file of it");
        return Err(Failure::Input(message));
    }
    let file = TableFile::read(&bytes).map_err(|error| Failure::Input(format!("`{name}` {error}")))?;
    let table = file.table(args.table.as_deref()).map_err(|wrong| Failure::Input(format!("`{name}`: {wrong}")))?;
    let input = input(&args.input)?;
    let program = dmn::lower(table).map_err(|errors| refused(&name.to_string(), &errors))?;
    let sandbox = sandbox(args)?;
    let policy = configure(&sandbox, &program)?;
    tell_unknown(&program, &input);
    let outcome = program.ask(&policy, &input).map_err(fails)?;
    let mut out = std::io::stdout().lock();
    let text = if args.json { json_text(&program, &outcome) } else { text(&outcome) };
    finished(out.write_all(text.as_bytes()), "the result")
}

/// XML begins with a tag, perhaps behind a mark of its encoding; a table file never does.
fn is_xml(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().starts_with(b"<")
}

/// The input: written out, in a file, or on standard input.
fn input(given: &str) -> Result<Json, Failure> {
    let bytes = if given.trim_start().starts_with(['{', '[', '"']) {
        given.as_bytes().to_vec()
    } else {
        super::read_json(Path::new(given), "input", "give only what the table asks for").map_err(no_file)?
    };
    serde_json::from_slice(&bytes).map_err(|error| Failure::Input(format!("the input is not JSON: {error}")))
}

/// Whoever meant a value learns how one is given.
fn no_file(failure: Failure) -> Failure {
    match failure {
        Failure::Unreachable(why) => {
            Failure::Unreachable(format!("{why}; an input is a JSON object, a file with one, or `-`"))
        }
        failure => failure,
    }
}

/// A name that no column asks for changes nothing, and is a slip as a rule.
fn tell_unknown(program: &Program, input: &Json) {
    let known: Vec<&str> = program.inputs().collect();
    let given = input.as_object().into_iter().flat_map(|object| object.keys());
    for name in given.filter(|name| !known.contains(&name.as_str())) {
        let hint = maple_wire::nearest(name, known.iter().copied());
        let hint =
            hint.map_or_else(|| format!("they are {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        report::warning(&format!("no column of the table asks for `{}`; {hint}", name.escape_debug()));
    }
}

fn refused(name: &str, errors: &[CellError]) -> Failure {
    let lines: Vec<String> =
        errors.iter().map(|error| format!("  {}: {}\n    cell: {}", error.place, error.why, error.text)).collect();
    Failure::Input(format!("`{name}` has cells that are not understood:\n{}", lines.join("\n")))
}

fn sandbox(args: &TableEval) -> Result<Sandbox, Failure> {
    load::sandbox(&load::From {
        policies: Path::new("policies"),
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: true,
        tables: false,
    })
}

fn configure(sandbox: &Sandbox, program: &Program) -> Result<ConfiguredPolicy, Failure> {
    let plugins = sandbox.list();
    let plugin = plugins.iter().find(|plugin| plugin.id == PLUGIN);
    let plugin = plugin.ok_or_else(|| {
        Failure::Unreachable(format!(
            "the plugin `{PLUGIN}` is not among the plugins; name their folder with --plugins DIR"
        ))
    })?;
    let limits = Limits {
        fuel: Some(FUEL_MAX),
        memory_bytes: Some(MEMORY_BYTES_MAX),
        wall_ms: Some(WALL_MS_MAX),
        findings: Some(FINDINGS_COUNT_MAX),
        answer_bytes: Some(ANSWER_BYTES_MAX),
        case_bytes: Some(CASE_BYTES_MAX),
        ..Limits::default()
    };
    let setup = Setup {
        policy: &PolicyId::from("table"),
        plugin: &plugin.digest,
        settings: &program.settings,
        calendar: &Calendar::default(),
        limits,
    };
    let configured = sandbox.configure_policies(&[setup]).into_iter().next();
    match configured {
        Some(Ok(policy)) => Ok(policy),
        Some(Err(SetupError::Fault(fault))) => Err(fails(AskError::Fault(fault))),
        Some(Err(SetupError::Settings(complaints) | SetupError::Limits(complaints))) => {
            let lines: Vec<String> = complaints.iter().map(|c| format!("  {}: {}", c.path, c.message)).collect();
            Err(Failure::Input(format!("the plugin `{PLUGIN}` refuses the table:\n{}", lines.join("\n"))))
        }
        None => Err(Failure::Unreachable("the sandbox configured nothing".into())),
    }
}

/// A table whose rules stand in each other's way is wrong; anything else is bad input.
fn fails(error: AskError) -> Failure {
    match error {
        AskError::Several(_) | AskError::Different(_) => {
            report::said(false, &error.to_string());
            Failure::Wrong
        }
        other => Failure::Input(other.to_string()),
    }
}

fn json_text(program: &Program, outcome: &Outcome) -> String {
    let result = match outcome {
        Outcome::Value(value) => value.clone(),
        Outcome::Rows(rows) if program.is_single() => {
            rows.first().map_or(Json::Null, |row| Json::Object(row.values.clone()))
        }
        Outcome::Rows(rows) => Json::Array(rows.iter().map(|row| Json::Object(row.values.clone())).collect()),
    };
    let rules: Vec<Json> = match outcome {
        Outcome::Rows(rows) => rows.iter().map(|row| json!(row.rule)).collect(),
        Outcome::Value(_) => Vec::new(),
    };
    format!("{}\n", json!({ "result": result, "rules": rules }))
}

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value(value) => format!("{value}\n"),
        Outcome::Rows(rows) if rows.is_empty() => "no rule matches\n".to_owned(),
        Outcome::Rows(rows) => rows.iter().map(row_text).collect(),
    }
}

fn row_text(row: &Row) -> String {
    let rule = row.rule.as_deref().map_or_else(|| "no rule matches; the defaults are".to_owned(), ToOwned::to_owned);
    let values: String = row.values.iter().map(|(name, value)| format!("  {name} = {value}\n")).collect();
    format!("{rule}\n{values}")
}
