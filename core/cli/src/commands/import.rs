//! `maple import dmn`: decision tables of other systems.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use maple_kit::dmn::{self, DMN_BYTES_MAX, ImportError, Imported, Lost, MAP_BYTES_MAX, Table};
use serde_json::json;

use crate::{
    Failure,
    args::{Import, ImportDmn},
    report,
};

/// Imports a file; what could not be carried over is listed, and fails.
pub(crate) fn run(args: &Import) -> Result<(), Failure> {
    let Import::Dmn(args) = args;
    import(args).map_err(|failure| match failure {
        Failure::Input(_) | Failure::Unreachable(_) if args.json => {
            report::plain(&json!({ "error": failure.to_string() }).to_string());
            Failure::Told(Box::new(failure))
        }
        failure => failure,
    })
}

fn import(args: &ImportDmn) -> Result<(), Failure> {
    let bytes = super::read_bounded(&args.file, "DMN file", DMN_BYTES_MAX)?;
    let imported = dmn::import(&bytes).map_err(|error| refused(args, error))?;
    let source = args.file.file_name().unwrap_or_default().to_string_lossy();
    let result = match &args.map {
        Some(map) => policy(imported, (map, args.json), &source)?,
        None => table(imported, &source),
    };
    if let Some(path) = args.out.as_deref().filter(|_| !args.force) {
        keep(path, &result.text)?;
    }
    write(args.out.as_deref(), &result.text)?;
    list(&result.lost, args.json);
    let Written { made, lost, notes, remarks, .. } = &result;
    if args.json {
        notes.iter().for_each(|note| report::plain(&json!({ "warning": note }).to_string()));
        remarks.iter().for_each(|remark| report::plain(&json!({ "note": remark }).to_string()));
        report::plain(&json!({ "file": source, "made": made, "not_carried_over": lost.len() }).to_string());
        return if lost.is_empty() { Ok(()) } else { Err(Failure::Wrong) };
    }
    notes.iter().for_each(|note| report::warning(note));
    remarks.iter().for_each(|remark| report::progress(remark));
    if lost.is_empty() {
        // What a warning tells of may be something that has no place here, so not everything is said to be there.
        let all = if notes.is_empty() {
            "everything was carried over"
        } else {
            "every cell was carried over; the warnings say what else there is to know"
        };
        report::said(true, &format!("{source}: {made}; {all}"));
        return Ok(());
    }
    report::said(false, &format!("{source}: {made}; not carried over: {}", noun(lost.len(), "cell or part")));
    Err(Failure::Wrong)
}

/// What is written, and what is said of it.
struct Written {
    text: String,
    made: String,
    lost: Vec<Lost>,
    notes: Vec<String>,
    /// What is no warning: what to know for asking the tables.
    remarks: Vec<String>,
}

fn table(Imported { file, lost, notes }: Imported, source: &str) -> Written {
    let rules = || file.tables.iter().flat_map(|table| &table.rules);
    let columns: usize = file.tables.iter().map(|table| table.inputs.len() + table.outputs.len()).sum();
    let mut made = format!(
        "{} with {} and {}",
        noun(file.tables.len(), "table"),
        noun(rules().count(), "rule"),
        noun(columns, "column")
    );
    let left_out = rules().filter(|rule| rule.left_out.is_some()).count();
    if left_out > 0 {
        made.push_str(&format!(", of which {} left out", noun(left_out, "rule")));
    }
    let remarks = file.tables.iter().filter_map(clock).collect();
    Written { text: file.to_toml(&head(source)), made, lost, notes, remarks }
}

/// What to know of a table that asks what time it is.
fn clock(table: &Table) -> Option<String> {
    let program = dmn::lower(table).ok()?;
    let asked: Vec<&str> = program.clock().collect();
    let list = |around: &str| asked.iter().map(|name| format!("`{name}{around}`")).collect::<Vec<_>>().join(" and ");
    let day = if asked.contains(&"today") { "; of a given `now` it takes the day as `today`" } else { "" };
    (!asked.is_empty()).then(|| {
        format!(
            "`{}` asks for {}: `maple table eval` takes the clock of its system, in UTC, where the input does not give \
             {}{day}",
            table.id,
            list("()"),
            list("")
        )
    })
}

fn policy(imported: Imported, (map, json): (&Path, bool), source: &str) -> Result<Written, Failure> {
    let Imported { file, mut lost, mut notes } = imported;
    let bytes = super::read_bounded(map, "map", MAP_BYTES_MAX)?;
    let head = format!("Rules made from {source} by `maple import dmn`, with a map.");
    let mapped = dmn::map(&file, &bytes, &head)
        .map_err(|wrong| Failure::Input(format!("the map `{}` {wrong}", map.display())))?;
    lost.extend(mapped.lost);
    notes.extend(mapped.notes);
    if mapped.rules == 0 {
        list(&lost, json);
        return Err(Failure::Input(format!("`{source}`: no rule can be said in a policy with this map")));
    }
    let all: usize = file.table(None).map_or(mapped.rules, |table| table.rules.len());
    Ok(Written {
        text: mapped.toml,
        made: format!("{} of {}", mapped.rules, noun(all, "rule")),
        lost,
        notes,
        remarks: Vec::new(),
    })
}

fn head(source: &str) -> String {
    format!(
        "Imported from {source} by `maple import dmn`.\nAsk it with `maple table eval FILE --input JSON`; cells are FEEL, \
         as they were written."
    )
}

fn noun(count: usize, word: &str) -> String {
    match (count, word) {
        (1, word) => format!("1 {word}"),
        (count, "cell or part") => format!("{count} cells or parts"),
        (count, word) => format!("{count} {word}s"),
    }
}

fn refused(args: &ImportDmn, error: ImportError) -> Failure {
    if let ImportError::NothingLeft { lost, .. } = &error {
        list(lost, args.json);
    }
    Failure::Input(format!("`{}` {error}", args.file.display()))
}

fn list(lost: &[Lost], json: bool) {
    for Lost { decision, rule, column, text, why } in lost {
        if json {
            let (number, id) = rule.as_ref().map_or((None, None), |(number, id)| (Some(number), Some(id)));
            let line = json!({
                "decision": decision, "rule": number, "rule_id": id, "column": column, "text": text, "why": why,
            });
            report::plain(&line.to_string());
            continue;
        }
        let mut place = format!("`{decision}`");
        if let Some((number, id)) = rule {
            place.push_str(&format!(", rule {number} (`{id}`)"));
        }
        if let Some(column) = column {
            place.push_str(&format!(", `{column}`"));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = if words.is_empty() { String::new() } else { format!("\n  cell: {}", words.join(" ")) };
        report::warning(&format!("not carried over: {place}: {why}{text}"));
    }
}

/// Refuses to write over a file that says something else: somebody may have put it right by hand.
fn keep(path: &Path, text: &str) -> Result<(), Failure> {
    let Some(data) = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file) else { return Ok(()) };
    let same = data.len() == text.len() as u64
        && super::read_bounded(path, "file", text.len()).is_ok_and(|bytes| bytes == text.as_bytes());
    if same {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::Input(format!(
        "`{path}` is there already and says something else; it is as it was. Write to another file, or with --force over \
         this one"
    )))
}

/// Writes the result whole or not at all.
fn write(out: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = out else {
        return std::io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map_err(|error| Failure::Unreachable(format!("cannot write the result: {error}")));
    };
    let unwritten = |error| Failure::Unreachable(format!("cannot write `{}`: {error}", path.display()));
    let name = path.file_name().ok_or_else(|| Failure::Input(format!("`{}` names no file", path.display())))?;
    let beside: PathBuf = path.with_file_name(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // What is half-written is of no use; that it may be gone already is no second problem.
        let _ = std::fs::remove_file(&beside);
        unwritten(error)
    })
}
