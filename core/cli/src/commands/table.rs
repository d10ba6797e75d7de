//! `maple table eval`: one question to a general decision table, and before to those that it needs, answered by the plugin
//! in its sandbox.

use std::{collections::BTreeSet, io::Write, path::Path};

use maple_kernel::{Calendar, Limits, Plugins, PolicyId, Setup, SetupError};
use maple_kit::dmn::{self, AskError, CellError, Outcome, Program, Results, Row, TABLE_BYTES_MAX, TableFile};
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
    let mut input = input(&args.input)?;
    let needed = steps(&file, table).map_err(|errors| refused(&name.to_string(), &errors))?;
    tell_left_out(&needed);
    let sandbox = sandbox(args)?;
    let policies = configure(&sandbox, &needed)?;
    tell_unknown(&needed, &input);
    let filled = tell_time(&needed, &mut input)?;
    let mut results = Results::default();
    let mut asked = needed.iter().zip(&policies);
    let Some(((_, program), policy)) = asked.next_back() else {
        return Err(Failure::Unreachable("the sandbox configured nothing".into()));
    };
    for ((other, program), policy) in asked {
        program
            .ask_for(other, policy, &input, &mut results)
            .map_err(|error| fails(error, Some((&other.id, &table.id))))?;
    }
    tell_given(&table.id, &needed, &results, |name| {
        input.get(name).filter(|_| filled.iter().all(|filled| *filled != name))
    });
    let outcome = program.ask_after(policy, &input, &results).map_err(|error| fails(error, None))?;
    tell_lost(table, &outcome);
    let mut out = std::io::stdout().lock();
    let text = if args.json { json_text(program, &outcome) } else { text(&outcome) };
    finished(out.write_all(text.as_bytes()), "the result")
}

/// A table and what it was compiled to.
type Step<'a> = (&'a dmn::Table, Program);

/// The tables that have to be asked, in order; the one that was meant is the last.
fn steps<'a>(file: &'a TableFile, table: &'a dmn::Table) -> Result<Vec<Step<'a>>, Vec<CellError>> {
    let (mut steps, mut wrong) = (Vec::new(), Vec::new());
    for needed in file.needed(table) {
        match dmn::lower(needed) {
            Ok(program) => steps.push((needed, program)),
            Err(errors) if needed.id == table.id => wrong.extend(errors),
            Err(errors) => wrong.extend(
                errors
                    .into_iter()
                    .map(|error| CellError { place: format!("table `{}`, {}", needed.id, error.place), ..error }),
            ),
        }
    }
    if wrong.is_empty() { Ok(steps) } else { Err(wrong) }
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

/// Rules that the import could not carry over take no part, and who asks should know.
fn tell_left_out(steps: &[Step<'_>]) {
    for (table, _) in steps {
        for rule in &table.rules {
            if let Some(why) = &rule.left_out {
                report::warning(&format!("the table `{}` is asked without its rule `{}`: {why}", table.id, rule.id));
            }
        }
    }
}

/// Values that the import could not carry over are missing from the rows of their rules.
fn tell_lost(table: &dmn::Table, outcome: &Outcome) {
    let Outcome::Rows(rows) = outcome else { return };
    for rule in rows.iter().filter_map(|row| table.rules.iter().find(|rule| row.rule.as_ref() == Some(&rule.id))) {
        for (output, text) in &rule.lost {
            report::warning(&format!("the rule `{}` gives no `{output}`, which was not carried over: {text}", rule.id));
        }
    }
}

/// A name that no column asks for changes nothing, and is a slip as a rule.
fn tell_unknown(steps: &[Step<'_>], input: &Json) {
    let known: BTreeSet<&str> = steps.iter().flat_map(|(_, program)| program.inputs()).collect();
    // Whoever sets one of the clocks may set both.
    let clock: &[&str] = if steps.iter().any(|(_, program)| program.clock().next().is_some()) { &CLOCK } else { &[] };
    let given = input.as_object().into_iter().flat_map(|object| object.keys());
    for name in given.filter(|name| !known.contains(name.as_str()) && !clock.contains(&name.as_str())) {
        let hint = maple_wire::nearest(name, known.iter().copied());
        let hint = hint.map_or_else(
            || format!("they are {}", Vec::from_iter(known.iter().copied()).join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        report::warning(&format!("no column of the table asks for `{}`; {hint}", name.escape_debug()));
    }
}

/// The inputs that say what time it is.
const CLOCK: [&str; 2] = ["now", "today"];

/// Fills in what time it is, where a table asks and the input does not say: a day from a time that is given, all else from
/// the system's clock. The names that were filled in come back.
fn tell_time(steps: &[Step<'_>], input: &mut Json) -> Result<Vec<&'static str>, Failure> {
    let Json::Object(input) = input else { return Ok(Vec::new()) };
    let asked: BTreeSet<&str> = steps.iter().flat_map(|(_, program)| program.clock()).collect();
    for name in CLOCK.into_iter().filter(|name| asked.contains(name)) {
        if let Some(given) = input.get(name).filter(|given| !is_time(given)) {
            report::warning(&format!(
                "the input `{name}` is {given}, which is no day or time such as \"2024-05-01\" or \"2024-05-01T18:00:00Z\", so \
                 `{name}()` has no value"
            ));
        }
    }
    let clock = maple_server::now();
    let mut filled = Vec::new();
    let missing: Vec<&'static str> =
        CLOCK.into_iter().filter(|name| asked.contains(name) && !input.contains_key(*name)).collect();
    // Only what was given counts, not what the clock says: that has the same day.
    let given = input.get("now").cloned();
    for name in missing {
        let (value, from) = match (name, &given) {
            ("today", Some(now)) => (day_of(now)?, "the day of the input's `now`, in UTC"),
            ("today", None) => (Json::from(utc_day(clock)), CLOCK_OF_SYSTEM),
            _ if input.contains_key("today") => (
                Json::from(format!("{clock:.0}")),
                "since `today` says no time of day, by the clock of this system, in UTC",
            ),
            _ => (Json::from(format!("{clock:.0}")), CLOCK_OF_SYSTEM),
        };
        let told = value.as_str().unwrap_or("null");
        report::progress(&format!("`{name}()` is {told}, {from}; the input may give another as `{name}`"));
        input.insert(name.to_owned(), value);
        filled.push(name);
    }
    Ok(filled)
}

/// Where a time comes from that nobody gave.
const CLOCK_OF_SYSTEM: &str = "by the clock of this system, in UTC";

fn utc_day(moment: jiff::Timestamp) -> String {
    jiff::tz::Offset::UTC.to_datetime(moment).date().to_string()
}

/// True for a day, a time, or what is said to be unknown. A time with a zone's name is the plugin's to read.
fn is_time(given: &Json) -> bool {
    let reads = |text: &str| {
        text.contains('@')
            || text.parse::<jiff::civil::Date>().is_ok()
            || text.parse::<jiff::civil::DateTime>().is_ok()
            || text.parse::<jiff::Timestamp>().is_ok()
    };
    given.is_null() || given.as_str().is_some_and(reads)
}

/// The day of a given time in UTC, which a time without an offset is taken to be in. A time that is said to be unknown
/// has no day.
fn day_of(now: &Json) -> Result<Json, Failure> {
    let day = |text: &str| {
        let moment = text.parse().map(utc_day).ok();
        moment.or_else(|| text.parse::<jiff::civil::DateTime>().ok().map(|local| local.date().to_string()))
    };
    match now {
        Json::Null => Ok(Json::Null),
        now => now.as_str().and_then(day).map(Json::from).ok_or_else(|| {
            Failure::Input(format!(
                "the input `now` is {now}, which is no time such as \"2024-05-01T18:00:00Z\", so `today()` cannot be its \
                 day; give `today`, too"
            ))
        }),
    }
}

/// What a table works out goes before what the input says, and where it works out nothing, the input says it; who gave it
/// should know.
fn tell_given<'a>(table: &str, steps: &[Step<'_>], results: &Results, input: impl Fn(&str) -> Option<&'a Json>) {
    let read: BTreeSet<&str> = steps.iter().flat_map(|(_, program)| program.inputs()).collect();
    let said = |name: &str| input(name).filter(|_| read.contains(name));
    for (name, by) in results.names().filter(|(name, _)| said(name).is_some()) {
        report::warning(&format!(
            "`{name}` comes from the table `{by}`, which `{table}` needs; what the input says of it counts no more once \
             that table has answered"
        ));
    }
    // That something is not known is what no value says, too.
    for (name, by) in results.not_given().filter(|(name, _)| said(name).is_some_and(|said| !said.is_null())) {
        report::warning(&format!(
            "the table `{by}`, which `{table}` needs, gives no `{name}` here, so what the input says of it counts"
        ));
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

fn configure(sandbox: &Sandbox, steps: &[Step<'_>]) -> Result<Vec<ConfiguredPolicy>, Failure> {
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
    let (policy, calendar) = (PolicyId::from("table"), Calendar::default());
    let setups: Vec<Setup<'_>> = steps
        .iter()
        .map(|(_, program)| Setup {
            policy: &policy,
            plugin: &plugin.digest,
            settings: &program.settings,
            calendar: &calendar,
            limits,
        })
        .collect();
    let configured = sandbox.configure_policies(&setups).into_iter().zip(steps);
    configured.map(|(configured, (table, _))| configured.map_err(|error| unfit(&table.id, error))).collect()
}

/// Why the plugin takes no table.
fn unfit(table: &str, error: SetupError) -> Failure {
    match error {
        SetupError::Fault(fault) => fails(AskError::Fault(fault), None),
        SetupError::Settings(complaints) | SetupError::Limits(complaints) => {
            let lines: Vec<String> = complaints.iter().map(|c| format!("  {}: {}", c.path, c.message)).collect();
            Failure::Input(format!("the plugin `{PLUGIN}` refuses the table `{table}`:\n{}", lines.join("\n")))
        }
    }
}

/// A table whose rules stand in each other's way is wrong; anything else is bad input. Of a table that another needs both
/// are named.
fn fails(error: AskError, needed: Option<(&str, &str)>) -> Failure {
    let place = needed.map(|(id, by)| format!("the table `{id}`, which `{by}` needs: ")).unwrap_or_default();
    let told = format!("{place}{error}");
    match error {
        AskError::Several(_) | AskError::Different(_) => {
            report::said(false, &told);
            Failure::Wrong
        }
        _ => Failure::Input(told),
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
