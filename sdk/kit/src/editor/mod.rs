//! Help for somebody who writes policy files: what may stand at a place, what a name means, where it comes from.
//!
//! Everything here is a function of texts. Problems are told by the same compilation that serves; this is for the
//! moment before, when a text is half written and need not even be TOML. Places are bytes of UTF-8.

mod complete;
mod describe;
mod names;
mod outline;
mod scan;
pub mod schema;
mod slot;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, ops::Range};

use maple_bundle::{Bundle, Words, format::File};

pub use complete::{Completion, CompletionKind};
use names::Definition;
pub use outline::{Symbol, SymbolKind};
use scan::{Kind, Scan};

/// The files of a folder of policies, as they are in the editor, with the words they may use.
#[derive(Debug, Default)]
pub struct Desk {
    pages: BTreeMap<String, Page>,
    words: Words,
}

/// One file.
#[derive(Debug)]
struct Page {
    file: File,
    text: String,
    scan: Scan,
    definitions: Vec<Definition>,
}

/// What is known of the thing at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// In Markdown.
    pub text: String,
    /// The thing.
    pub range: Range<usize>,
}

impl Desk {
    /// A desk with the files of a bundle.
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        let mut desk = Self { pages: BTreeMap::new(), words: maple_bundle::words(bundle) };
        for (path, bytes) in bundle.files() {
            desk.put(path, &String::from_utf8_lossy(bytes));
        }
        desk
    }

    /// Puts a file on the desk, or the new text of one that lies there. What is no policy file is left aside.
    pub fn put(&mut self, path: &str, text: &str) {
        let Some(file) = File::of(path) else { return };
        let scan = Scan::new(text);
        let definitions = names::definitions(file, path, text, &scan);
        self.pages.insert(path.to_owned(), Page { file, text: text.to_owned(), scan, definitions });
    }

    /// Takes a file off the desk.
    pub fn remove(&mut self, path: &str) {
        self.pages.remove(path);
    }

    /// Reads the words anew, after a registry changed.
    pub fn learn(&mut self, words: Words) {
        self.words = words;
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.pages.get(path).map(|page| page.text.as_str())
    }

    /// What may be typed at a byte of a file.
    #[must_use]
    pub fn complete(&self, path: &str, offset: usize) -> Vec<Completion> {
        self.pages.get(path).map(|page| complete::complete(self, path, page, offset)).unwrap_or_default()
    }

    /// What is known of the thing at a byte of a file.
    #[must_use]
    pub fn hover(&self, path: &str, offset: usize) -> Option<Hover> {
        let page = self.pages.get(path)?;
        let (id, is_key) = page.scan.at(offset)?;
        let node = page.scan.node(id)?;
        let slot = slot::slot(page.file, &page.text, &page.scan, id);
        if is_key {
            let (name, span) = node.key.as_ref()?;
            let text = match (slot.key, slot.keyed) {
                (Some(key), _) => describe::key(key),
                (None, Some(names)) => names::describe(self, names, name)?,
                (None, None) => return None,
            };
            return Some(Hover { text, range: span.clone() });
        }
        let value = page.value(id)?;
        let told = |shape: &maple_bundle::format::Shape| names::of_value(self, shape, value);
        let text = slot.shapes.iter().find_map(told)?;
        Some(Hover { text, range: node.span.clone() })
    }

    /// Where the name at a byte of a file is introduced: a file and a stretch of it.
    #[must_use]
    pub fn definition(&self, path: &str, offset: usize) -> Option<(&str, Range<usize>)> {
        let page = self.pages.get(path)?;
        let (id, is_key) = page.scan.at(offset)?;
        let slot = slot::slot(page.file, &page.text, &page.scan, id);
        if is_key {
            let (name, _) = page.scan.node(id)?.key.as_ref()?;
            return names::find(self, path, slot.keyed?, name);
        }
        let value = page.value(id)?;
        slot.shapes.iter().find_map(|shape| match shape {
            maple_bundle::format::Shape::Name(names) => names::find(self, path, *names, value),
            _ => None,
        })
    }

    /// What stands in a file: rules, cases, entries of registries.
    #[must_use]
    pub fn outline(&self, path: &str) -> Vec<Symbol> {
        self.pages.get(path).map(outline::outline).unwrap_or_default()
    }
}

impl Page {
    /// The text of a node that is one.
    fn value(&self, id: usize) -> Option<&str> {
        let node = self.scan.node(id)?;
        let raw = self.text.get(node.span.clone())?;
        (node.kind == Kind::Text).then(|| scan::bare(raw))
    }
}
