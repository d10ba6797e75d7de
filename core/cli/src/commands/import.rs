//! `maple import dmn`: decision tables of other systems.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use maple_kit::dmn::{self, DMN_BYTES_MAX, ImportError, Imported, Lost};
use serde_json::json;

use crate::{
    Failure,
    args::{Import, ImportDmn},
    report,
};

/// Imports a file; what could not be carried over is listed, and fails.
pub(crate) fn run(args: &Import) -> Result<(), Failure> {
    let Import::Dmn(args) = args;
    let bytes = super::read_bounded(&args.file, "DMN file", DMN_BYTES_MAX)?;
    let imported = dmn::import(&bytes).map_err(|error| refused(args, error))?;
    let Imported { file, lost, notes } = imported;
    let source = args.file.file_name().unwrap_or_default().to_string_lossy();
    let (rules, columns) = size(&file);
    write(args.out.as_deref(), &file.to_toml(&head(&source)))?;
    notes.iter().for_each(|note| report::warning(note));
    list(&lost, args.json);
    let tables = noun(file.tables.len(), "table");
    let summary = format!("{source}: {tables} with {} and {}", noun(rules, "rule"), noun(columns, "column"));
    if lost.is_empty() {
        report::said(true, &format!("{summary}; everything was carried over"));
        return Ok(());
    }
    let left_out = file.tables.iter().flat_map(|table| &table.rules).filter(|rule| rule.left_out.is_some()).count();
    let cells = noun(lost.len(), "thing");
    let left =
        if left_out == 0 { String::new() } else { format!("; {} left out because of it", noun(left_out, "rule")) };
    report::said(false, &format!("{summary}; {cells} not carried over{left}"));
    Err(Failure::Wrong)
}

fn head(source: &str) -> String {
    format!(
        "Imported from {source} by `maple import dmn`.\nAsk it with `maple table eval FILE --input JSON`; cells are FEEL, \
         as they were written."
    )
}

fn size(file: &dmn::TableFile) -> (usize, usize) {
    let rules = file.tables.iter().map(|table| table.rules.len()).sum();
    let columns = file.tables.iter().map(|table| table.inputs.len() + table.outputs.len()).sum();
    (rules, columns)
}

fn noun(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn refused(args: &ImportDmn, error: ImportError) -> Failure {
    if let ImportError::NothingLeft(lost) = &error {
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
