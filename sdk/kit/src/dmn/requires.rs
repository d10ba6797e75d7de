//! Tables that need others: which are asked before which, and what makes no order.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Lost,
    table::{PROBLEMS_MAX, Table, TableFile},
};

/// Tables that one table may need, directly and through others.
pub const TABLE_REQUIRED_MAX: usize = 50;

/// Where each table stands in its file, by its id.
pub(super) type Places = BTreeMap<String, usize>;

/// What stands in the way of an order.
enum Tangle {
    /// The tables of a ring, by id, the first of which is the last, too.
    Ring(Vec<String>),
    /// More tables than one may need.
    Many,
}

impl TableFile {
    /// The tables that a table needs, each after those that it needs itself, and the table as the last.
    #[must_use]
    pub fn needed<'a>(&'a self, table: &'a Table) -> Vec<&'a Table> {
        self.needed_among(table, &self.places())
    }

    /// The same where the places are known already.
    pub(super) fn needed_among<'a>(&'a self, table: &'a Table, places: &Places) -> Vec<&'a Table> {
        let Some(start) = places.get(&table.id) else { return vec![table] };
        let mut walk = Walk::new(&self.tables, places, *start, 0);
        // A file that was read has an order for each of its tables.
        let _ = walk.visit(*start);
        walk.done.iter().filter_map(|at| self.tables.get(*at)).collect()
    }

    /// Where each table stands; of two with one id the first.
    pub(super) fn places(&self) -> Places {
        self.tables.iter().enumerate().rev().map(|(at, table)| (table.id.clone(), at)).collect()
    }

    /// Notes what tables need and cannot have.
    pub(super) fn check_required(&self, wrong: &mut Vec<String>) {
        // Before any way is looked for: it goes through all of them.
        let long = self.tables.iter().filter(|table| table.requires.len() > TABLE_REQUIRED_MAX);
        let before = wrong.len();
        wrong.extend(long.map(|table| {
            let count = table.requires.len();
            format!("table `{}`: `requires` names {count} tables, at most {TABLE_REQUIRED_MAX} are taken", table.id)
        }));
        if wrong.len() > before {
            return;
        }
        let places = self.places();
        for (at, table) in self.tables.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for id in &table.requires {
                if !places.contains_key(id) {
                    // What is not told needs no hint.
                    let hinted = wrong.len() < PROBLEMS_MAX;
                    let near = hinted.then(|| maple_wire::nearest(id, places.keys().map(String::as_str))).flatten();
                    let near = near.map_or_else(
                        || "; add it, or take the id out".to_owned(),
                        |near| format!("; did you mean `{near}`?"),
                    );
                    wrong.push(format!(
                        "table `{}`: `requires` names `{id}`, which is no table of the file{near}",
                        table.id
                    ));
                } else if !seen.insert(id) {
                    wrong.push(format!("table `{}`: `requires` names `{id}` twice", table.id));
                }
            }
            match tangle(&self.tables, &places, at) {
                Some(Tangle::Ring(ring)) => wrong.push(format!(
                    "table `{}`: it needs its own result: {}; take one of them out of `requires`",
                    table.id,
                    arrows(&ring)
                )),
                Some(Tangle::Many) => {
                    wrong.push(format!("table `{}`: it needs more than {TABLE_REQUIRED_MAX} other tables", table.id));
                }
                None => {}
            }
        }
    }

    /// Takes out of imported tables what they cannot have; each is listed.
    pub(super) fn untangle(&mut self, lost: &mut Vec<Lost>) {
        for table in self.tables.iter_mut().filter(|table| table.requires.len() > TABLE_REQUIRED_MAX) {
            lost.push(too_many(table));
        }
        let places = self.places();
        for at in 0..self.tables.len() {
            while let Some(tangle) = tangle(&self.tables, &places, at) {
                let Some(table) = self.tables.get_mut(at) else { break };
                lost.push(match tangle {
                    Tangle::Ring(ring) => {
                        let next = ring.get(1).cloned().unwrap_or_default();
                        let why =
                            format!("it would need its own result: {}; give that of `{next}` as inputs", arrows(&ring));
                        table.requires.retain(|id| *id != next);
                        without(table, next, why)
                    }
                    Tangle::Many => too_many(table),
                });
            }
        }
    }
}

/// Takes out everything that a table needs.
fn too_many(table: &mut Table) -> Lost {
    let all = std::mem::take(&mut table.requires).join(", ");
    without(table, all, format!("at most {TABLE_REQUIRED_MAX} other tables are asked; give their results as inputs"))
}

fn without(table: &Table, text: String, why: String) -> Lost {
    Lost { decision: table.id.clone(), rule: None, column: Some("required decisions".into()), text, why }
}

fn arrows(ring: &[String]) -> String {
    ring.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" → ")
}

/// What stands in the way of an order for a table. A ring is told of its first table only.
fn tangle(tables: &[Table], places: &Places, start: usize) -> Option<Tangle> {
    Walk::new(tables, places, start, start)
        .visit(start)
        .err()
        .or_else(|| Walk::new(tables, places, start, 0).visit_all(start))
}

/// A way through what a table needs.
struct Walk<'a> {
    tables: &'a [Table],
    places: &'a Places,
    start: usize,
    /// Tables before this one are passed over.
    from: usize,
    path: Vec<usize>,
    seen: BTreeSet<usize>,
    done: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(tables: &'a [Table], places: &'a Places, start: usize, from: usize) -> Self {
        Self { tables, places, start, from, path: Vec::new(), seen: BTreeSet::new(), done: Vec::new() }
    }

    /// Visits a table after all that it needs. No deeper than [`TABLE_REQUIRED_MAX`], since each is visited once.
    fn visit(&mut self, at: usize) -> Result<(), Tangle> {
        self.seen.insert(at);
        if self.seen.len() > TABLE_REQUIRED_MAX + 1 {
            return Err(Tangle::Many);
        }
        self.path.push(at);
        let tables = self.tables;
        for id in tables.get(at).map_or(&[][..], |table| &table.requires) {
            match self.places.get(id) {
                Some(next) if *next == self.start => return Err(Tangle::Ring(self.ring())),
                Some(next) if *next >= self.from && !self.seen.contains(next) => self.visit(*next)?,
                _ => {}
            }
        }
        self.path.pop();
        self.done.push(at);
        Ok(())
    }

    /// Whether there are too many tables; rings are looked for elsewhere.
    fn visit_all(&mut self, at: usize) -> Option<Tangle> {
        self.visit(at).err().filter(|tangle| matches!(tangle, Tangle::Many))
    }

    fn ring(&self) -> Vec<String> {
        let around = self.path.iter().chain([&self.start]);
        around.filter_map(|at| self.tables.get(*at)).map(|table| table.id.clone()).collect()
    }
}
