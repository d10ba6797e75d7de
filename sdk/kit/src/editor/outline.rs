//! What stands in a file.

use std::ops::Range;

use super::{
    Page,
    scan::{Kind, ROOT, bare},
    slot::text_of,
};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// A rule.
    Rule,
    /// A case.
    Case,
    /// A policy of code.
    Policy,
    /// An entry of a registry.
    Entry,
}

/// One entry of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What it is.
    pub kind: SymbolKind,
    /// Its name.
    pub name: String,
    /// What it is called or does, in English.
    pub detail: String,
    /// All of it.
    pub range: Range<usize>,
    /// Its name.
    pub selection: Range<usize>,
}

/// Keys that name an entry.
const NAMES: [&str; 3] = ["id", "key", "name"];

pub(super) fn outline(page: &Page) -> Vec<Symbol> {
    let mut found = Vec::new();
    for (top, node) in page.scan.children(ROOT) {
        let Some((name, span)) = &node.key else { continue };
        let kind = match name.as_str() {
            "rule" => SymbolKind::Rule,
            "case" => SymbolKind::Case,
            "policy" => SymbolKind::Policy,
            _ => SymbolKind::Entry,
        };
        match node.kind {
            Kind::List => found.extend(items(page, top, kind)),
            Kind::Table => {
                let named =
                    || page.scan.children(top).filter(|(_, inner)| inner.kind == Kind::Table && inner.key.is_some());
                if named().next().is_none() || !matches!(page.file.name(), "words" | "provisions") {
                    found.push(symbol(page, top, kind, name.clone(), span.clone()));
                    continue;
                }
                for (id, inner) in named() {
                    let Some((word, span)) = &inner.key else { continue };
                    found.push(symbol(page, id, kind, format!("{name}.{word}"), span.clone()));
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|symbol| symbol.range.start);
    found
}

/// The entries of `[[list]]`.
fn items(page: &Page, list: usize, kind: SymbolKind) -> Vec<Symbol> {
    let one = |(id, node): (usize, &super::scan::Node)| {
        if node.kind != Kind::Table {
            return None;
        }
        let (_, name) = NAMES.iter().find_map(|key| page.scan.child(id, key))?;
        let text = bare(page.text.get(name.span.clone())?).to_owned();
        (!text.is_empty()).then(|| symbol(page, id, kind, text, name.span.clone()))
    };
    page.scan.children(list).filter_map(one).collect()
}

fn symbol(page: &Page, id: usize, kind: SymbolKind, name: String, selection: Range<usize>) -> Symbol {
    let told = |key: &str| {
        let (text, _) = page.scan.child(id, key)?;
        text_of(&page.text, &page.scan, text, "en")
    };
    let own = page.scan.node(id).map_or(selection.clone(), |node| node.span.clone());
    let range = own.start.min(selection.start)..own.end.max(selection.end);
    Symbol { kind, name, detail: told("summary").or_else(|| told("title")).unwrap_or_default(), range, selection }
}
