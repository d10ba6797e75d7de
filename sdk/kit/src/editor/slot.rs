//! What the format says of a place in a file.

use maple_bundle::format::{File, Key, Keyed, Names, Shape, Table};

use super::scan::{Kind, ROOT, Scan, bare};

/// What the format says of one node.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// What may stand there; lists and choices are opened.
    pub(super) shapes: Vec<Shape>,
    /// The key it stands under, when the format knows it.
    pub(super) key: Option<&'static Key>,
    /// The names that its key is one of.
    pub(super) keyed: Option<Names>,
    /// The fact whose value it is.
    pub(super) fact: Option<String>,
}

impl Slot {
    /// The root table of a file.
    pub(super) fn root(file: File) -> Self {
        Self { shapes: vec![Shape::Table(file.table())], ..Self::default() }
    }

    fn add(&mut self, shape: Shape) {
        open(shape, &mut self.shapes);
    }

    /// What stands in a list here.
    pub(super) fn item(&self) -> Self {
        let mut slot = Self { fact: self.fact.clone(), ..Self::default() };
        for shape in &self.shapes {
            if let Shape::List(inner) = shape {
                slot.add(**inner);
            } else if let (Shape::Values, Some(_)) = (shape, &self.fact) {
                slot.add(Shape::Value);
            }
        }
        slot
    }

    /// The tables that may stand here, given the keys that are there.
    pub(super) fn tables(&self, present: &[String]) -> Vec<&'static Table> {
        let verb =
            |table: &&&'static Table| table.keys.first().is_some_and(|key| present.iter().any(|p| p == key.name));
        let mut found = Vec::new();
        for shape in &self.shapes {
            match shape {
                Shape::Table(table) => found.push(*table),
                Shape::Verbs(tables) => match tables.iter().find(verb) {
                    Some(table) => found.push(*table),
                    None => found.extend(tables.iter().copied()),
                },
                _ => {}
            }
        }
        found
    }

    /// What stands under a key here.
    pub(super) fn under(&self, name: &str, present: &[String]) -> Self {
        let mut slot = Self { fact: self.fact.clone(), ..Self::default() };
        for table in self.tables(present) {
            if let Some(key) = table.key(name) {
                slot.key = slot.key.or(Some(key));
                slot.add(key.shape);
            } else if let Some(others) = &table.others {
                if let Keyed::Known(names) = others.names {
                    slot.keyed = Some(names);
                    if matches!(names, Names::Facts(_)) {
                        slot.fact = Some(name.to_owned());
                    }
                }
                slot.add(others.shape);
            }
        }
        slot
    }
}

fn open(shape: Shape, into: &mut Vec<Shape>) {
    match shape {
        Shape::Either(shapes) => shapes.iter().for_each(|shape| open(*shape, into)),
        Shape::Several(inner) => {
            open(*inner, into);
            into.push(Shape::List(inner));
        }
        other => into.push(other),
    }
}

/// What the format says of a node of a file.
pub(super) fn slot(file: File, text: &str, scan: &Scan, id: usize) -> Slot {
    let mut path = Vec::new();
    let mut at = id;
    while at != ROOT {
        path.push(at);
        at = scan.node(at).map_or(ROOT, |node| node.parent);
    }
    let mut slot = Slot::root(file);
    for step in path.into_iter().rev() {
        let Some(node) = scan.node(step) else { break };
        slot = match &node.key {
            None => slot.item(),
            Some((name, _)) => {
                let present = present(scan, node.parent);
                let mut next = slot.under(name, &present);
                if matches!(next.shapes.as_slice(), [Shape::Values]) && next.fact.is_none() {
                    next.fact = text_of(text, scan, node.parent, "derive");
                }
                next
            }
        };
    }
    slot
}

/// The keys of a table that are there.
pub(super) fn present(scan: &Scan, table: usize) -> Vec<String> {
    scan.children(table).filter_map(|(_, node)| node.key.as_ref().map(|(name, _)| name.clone())).collect()
}

/// The text under a key of a table.
pub(super) fn text_of(text: &str, scan: &Scan, table: usize, key: &str) -> Option<String> {
    let (_, node) = scan.child(table, key)?;
    (node.kind == Kind::Text).then(|| bare(text.get(node.span.clone()).unwrap_or_default()).to_owned())
}

/// What the header of tables after these keys says.
pub(super) fn header(file: File, keys: &[String]) -> Slot {
    let mut slot = Slot::root(file);
    for key in keys {
        slot = slot.under(key, &[]);
        let items = slot.item();
        if !items.shapes.is_empty() {
            slot = items;
        }
    }
    slot
}
