//! A table file as text, one cell a line.

use std::{collections::BTreeMap, fmt::Write as _};

use super::table::{Table, TableFile};

impl TableFile {
    /// The file as TOML. `head` is written above it as a comment.
    #[must_use]
    pub fn to_toml(&self, head: &str) -> String {
        let mut out = String::new();
        head.lines().for_each(|line| put(&mut out, format_args!("# {line}")));
        self.tables.iter().for_each(|table| write_table(&mut out, table));
        out
    }
}

fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "{line}");
}

fn pair(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        put(out, format_args!("{key} = {}", quote(value)));
    }
}

/// A text as TOML writes it, in the quotes that need the fewest escapes.
pub(super) fn quote(text: &str) -> String {
    toml::Value::String(text.into()).to_string()
}

/// A key, in quotes where it needs them.
pub(super) fn key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { key.into() } else { quote(key) }
}

fn cells(out: &mut String, of: &str, cells: &BTreeMap<String, String>, order: &[&str]) {
    for column in order {
        if let Some(text) = cells.get(*column) {
            pair(out, &format!("{of}.{}", key(column)), Some(text));
        }
    }
}

fn write_table(out: &mut String, table: &Table) {
    put(out, format_args!("\n[[table]]"));
    pair(out, "id", Some(&table.id));
    pair(out, "name", table.name.as_deref());
    pair(out, "hit-policy", Some(table.hit_policy.as_str()));
    pair(out, "aggregate", table.aggregate.map(super::Aggregate::as_str));
    if !table.requires.is_empty() {
        let ids: Vec<String> = table.requires.iter().map(|id| quote(id)).collect();
        put(out, format_args!("requires = [{}]", ids.join(", ")));
    }
    for named in &table.lets {
        put(out, format_args!("\n[[table.let]]"));
        pair(out, "name", Some(&named.name));
        pair(out, "expression", Some(&named.expression));
        pair(out, "type", named.kind.map(super::Kind::as_str));
    }
    for input in &table.inputs {
        put(out, format_args!("\n[[table.input]]"));
        pair(out, "id", Some(&input.id));
        pair(out, "label", input.label.as_deref());
        pair(out, "expression", input.expression.as_deref());
        pair(out, "variable", input.variable.as_deref());
        pair(out, "type", input.kind.map(super::Kind::as_str));
        pair(out, "values", input.values.as_deref());
        pair(out, "left-out", input.left_out.as_deref());
    }
    for output in &table.outputs {
        put(out, format_args!("\n[[table.output]]"));
        pair(out, "id", Some(&output.id));
        pair(out, "label", output.label.as_deref());
        pair(out, "type", output.kind.map(super::Kind::as_str));
        pair(out, "values", output.values.as_deref());
        pair(out, "default", output.default.as_deref());
    }
    let inputs: Vec<&str> = table.inputs.iter().map(|input| input.id.as_str()).collect();
    let outputs: Vec<&str> = table.outputs.iter().map(|output| output.id.as_str()).collect();
    for rule in &table.rules {
        put(out, format_args!("\n[[table.rule]]"));
        pair(out, "id", Some(&rule.id));
        pair(out, "description", rule.description.as_deref());
        pair(out, "left-out", rule.left_out.as_deref());
        cells(out, "when", &rule.when, &inputs);
        cells(out, "then", &rule.then, &outputs);
        cells(out, "lost", &rule.lost, &outputs);
    }
}
