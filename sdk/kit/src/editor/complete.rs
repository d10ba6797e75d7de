//! What may be typed at a place.

use std::ops::Range;

use maple_bundle::format::{Key, Keyed, Names, Shape, Table};
use maple_kernel::{FactDef, FactType};

use super::{
    Desk, Page, describe,
    names::{self, Fitting},
    scan::{Cursor, Fits, Scan},
    slot::{self, Slot},
};

/// How many suggestions are given.
pub(super) const COMPLETIONS_MAX: usize = 2_000;

/// Lengths of time that are offered for a start.
const SPANS: [&str; 8] =
    ["3 working days", "7 working days", "7 days", "15 days", "30 days", "3 months", "1 year", "72 hours"];

/// What a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A key of the format.
    Key,
    /// A fact.
    Fact,
    /// A name of a registry.
    Name,
    /// A word of the format.
    Word,
}

/// One suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// In a few words, both languages.
    pub detail: String,
    /// In full, Markdown.
    pub text: String,
    /// What is typed in its place.
    pub insert: String,
    /// What it replaces.
    pub replace: Range<usize>,
}

pub(super) fn complete(desk: &Desk, path: &str, page: &Page, offset: usize) -> Vec<Completion> {
    let cursor = Scan::cursor(&page.text, offset);
    let mut found = match &cursor.fits {
        Fits::Nothing => Vec::new(),
        Fits::Header(keys, double) => headers(page, keys, *double, &cursor),
        Fits::Key(table, keys) => keys_of(desk, page, *table, keys, &cursor),
        Fits::Value(node) => values(desk, path, &slot::slot(page.file, &page.text, &page.scan, *node), &cursor, page),
        Fits::Item(list) => {
            let slot = slot::slot(page.file, &page.text, &page.scan, *list).item();
            values(desk, path, &slot, &cursor, page)
        }
    };
    found.truncate(COMPLETIONS_MAX);
    found
}

/// Names of tables in a header.
fn headers(page: &Page, keys: &[String], double: bool, cursor: &Cursor) -> Vec<Completion> {
    let slot = slot::header(page.file, keys);
    let fits = |key: &&Key| match key.shape {
        Shape::List(Shape::Table(_)) => double || !keys.is_empty(),
        Shape::Table(_) => !double,
        _ => false,
    };
    let tables = slot.tables(&[]);
    let keys = tables.iter().flat_map(|table| table.keys).filter(fits);
    keys.map(|key| of_key(key, key.name.to_owned(), cursor)).collect()
}

fn of_key(key: &Key, insert: String, cursor: &Cursor) -> Completion {
    Completion {
        label: key.name.to_owned(),
        kind: CompletionKind::Key,
        detail: describe::label(&key.label),
        text: describe::key(key),
        insert,
        replace: cursor.word.clone(),
    }
}

/// Keys that a table still lacks.
fn keys_of(desk: &Desk, page: &Page, table: usize, before: &[String], cursor: &Cursor) -> Vec<Completion> {
    let mut slot = slot::slot(page.file, &page.text, &page.scan, table);
    for key in before {
        slot = slot.under(key, &[]);
    }
    let mut present = if before.is_empty() { slot::present(&page.scan, table) } else { Vec::new() };
    let typed = page.text.get(cursor.word.clone()).unwrap_or_default();
    // The key that is being typed is not there yet.
    if let Some(at) = present.iter().position(|key| key == typed) {
        present.remove(at);
    }
    let tables = slot.tables(&present);
    let verb_wanted = tables.len() > 1 && slot.shapes.iter().any(|shape| matches!(shape, Shape::Verbs(_)));
    let kind = slot.fact.as_ref().and_then(|fact| desk.words.vocabulary.facts.get(fact.as_str())).map(|def| &def.kind);
    let mut found = Vec::new();
    for inner in tables {
        let known = |key: &&Key| !present.iter().any(|p| p == key.name) && allowed(key, page, table, kind);
        let keys = inner.keys.iter().take(if verb_wanted { 1 } else { usize::MAX });
        found.extend(keys.filter(known).map(|key| of_key(key, assigned(key.name, cursor), cursor)));
        found.extend(others(desk, inner, &present, cursor));
    }
    found
}

/// A key that only some types of fact know.
fn allowed(key: &Key, page: &Page, table: usize, kind: Option<&FactType>) -> bool {
    let Some((of, words)) = key.only else { return true };
    let said = slot::text_of(&page.text, &page.scan, table, of);
    match (said, kind) {
        (Some(said), _) => words.contains(&said.as_str()),
        (None, Some(kind)) => words.contains(&type_name(kind)),
        (None, None) => true,
    }
}

const fn type_name(kind: &FactType) -> &'static str {
    match kind {
        FactType::Text(_) => "text",
        FactType::Count { .. } => "count",
        FactType::Flag => "flag",
        FactType::Day => "day",
        FactType::Words(_) => "words",
        FactType::Money { .. } => "money",
    }
}

/// Names that are keys.
fn others(desk: &Desk, table: &Table, present: &[String], cursor: &Cursor) -> Vec<Completion> {
    let Some(others) = &table.others else { return Vec::new() };
    let Keyed::Known(names) = others.names else { return Vec::new() };
    let kind = if matches!(names, Names::Facts(_)) { CompletionKind::Fact } else { CompletionKind::Name };
    let fitting = names::fitting(desk, "", names).into_iter().filter(|f| !present.contains(&f.name));
    fitting.map(|f| of_name(f, kind, |name| assigned(&quoted_key(name), cursor), cursor)).collect()
}

fn of_name(f: Fitting, kind: CompletionKind, insert: impl Fn(&str) -> String, cursor: &Cursor) -> Completion {
    Completion {
        insert: insert(&f.name),
        label: f.name,
        kind,
        detail: f.detail,
        text: f.text,
        replace: cursor.word.clone(),
    }
}

fn assigned(name: &str, cursor: &Cursor) -> String {
    if cursor.assigned { name.to_owned() } else { format!("{name} = ") }
}

fn quoted_key(name: &str) -> String {
    let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Values that fit.
fn values(desk: &Desk, path: &str, slot: &Slot, cursor: &Cursor, page: &Page) -> Vec<Completion> {
    let fact = slot.fact.as_ref().and_then(|fact| desk.words.vocabulary.facts.get(fact.as_str()));
    let typed = page.text.get(cursor.word.clone()).unwrap_or_default();
    let in_quotes = typed.starts_with(['"', '\'']);
    let mut found = Vec::new();
    for shape in &slot.shapes {
        found.extend(of_shape(desk, path, shape, fact, cursor));
    }
    if in_quotes {
        found.retain(|c| c.insert.starts_with('"'));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|c| seen.insert(c.label.clone()));
    found
}

fn of_shape(desk: &Desk, path: &str, shape: &Shape, fact: Option<&FactDef>, cursor: &Cursor) -> Vec<Completion> {
    let word = |label: &str, detail: &str, text: String, insert: String| Completion {
        label: label.to_owned(),
        kind: CompletionKind::Word,
        detail: detail.to_owned(),
        text,
        insert,
        replace: cursor.word.clone(),
    };
    let bare = |label: &str, detail: &str| word(label, detail, String::new(), label.to_owned());
    let text = |label: &str, detail: &str| word(label, detail, String::new(), quoted(label));
    match shape {
        Shape::Name(names) => {
            let fitting = names::fitting(desk, path, *names).into_iter();
            fitting.map(|f| of_name(f, CompletionKind::Name, quoted, cursor)).collect()
        }
        Shape::Choice(words) => words
            .iter()
            .map(|c| word(c.word, &describe::label(&c.label), describe::choice(c), quoted(c.word)))
            .collect(),
        Shape::Form(form) => form.examples.iter().map(|example| text(example, "例如 · for example")).collect(),
        Shape::Flag => vec![bare("true", "是 · yes"), bare("false", "否 · no")],
        Shape::Span => SPANS.iter().map(|span| text(span, "时长 · length of time")).collect(),
        Shape::Age => {
            let plain = SPANS.iter().filter(|span| !span.contains("working") && !span.contains("hour"));
            plain.map(|span| text(span, "时长 · length of time")).collect()
        }
        Shape::Both => {
            let insert = r#"{ zh = "", en = "" }"#;
            vec![word(insert, "中英文 · both languages", String::new(), insert.to_owned())]
        }
        Shape::Value | Shape::Values => match fact.map(|def| &def.kind) {
            Some(FactType::Flag) => vec![bare("true", "是 · yes"), bare("false", "否 · no")],
            Some(FactType::Text(words)) => words.iter().map(|w| text(w, "取值 · value")).collect(),
            Some(FactType::Words(words)) if matches!(shape, Shape::Value) => {
                words.iter().map(|w| text(w, "取值 · value")).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
