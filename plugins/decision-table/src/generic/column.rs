//! The columns that are tested: which rows a value leaves standing.
//!
//! Most cells are texts or lists of texts, so those are found by the text; every other different cell is tried once,
//! whatever number of rows has it, and only while one of those rows still stands.

use std::sync::Arc;

use maple_guest::{Field, Setting, Table};

use super::{
    eval::Run,
    expr::{Expr, Test, compile, test},
    rows::{Rows, list},
    value::{Kind, Value},
};

/// A column.
pub(crate) struct Column {
    of: Expr,
    kind: Option<Kind>,
    /// Rows that do not test this column.
    free: Rows,
    /* INVARIANT: sorted, no text twice. */
    texts: Vec<(Arc<str>, Vec<u32>)>,
    cells: Vec<Cell>,
}

/// A cell, and the rows that have it.
struct Cell {
    not: bool,
    tests: Vec<Test>,
    rows: Vec<u32>,
}

impl Column {
    pub(crate) fn compile(table: &Table<'_>, rows: usize) -> Self {
        let kind = table.get("type");
        let kind = kind.is_present().then(|| kind.word("type", Kind::parse)).flatten();
        let mut column =
            Self { of: compile(table.need("of")), kind, free: Rows::all(rows), texts: Vec::new(), cells: Vec::new() };
        for entry in table.need("tests").items().unwrap_or_default() {
            let parts = entry.items().unwrap_or_default();
            let [place, cell] = parts.as_slice() else {
                entry.complain("must be rows and a cell", "");
                continue;
            };
            let standing = list(*place, rows);
            standing.iter().for_each(|row| column.free.remove(*row));
            column.add(*cell, standing);
        }
        column.index();
        column
    }

    fn add(&mut self, cell: Field<'_>, rows: Vec<u32>) {
        let parts = cell.items().unwrap_or_default();
        let Some((not, tests)) = parts.split_first() else {
            return cell.complain("is empty", "");
        };
        let not = not.flag().unwrap_or(false);
        let plain = |field: &Field<'_>| match field.raw() {
            Some(Setting::Text(text)) => Some(Arc::from(text.as_str())),
            _ => None,
        };
        if let (false, Some(texts)) = (not, tests.iter().map(plain).collect::<Option<Vec<Arc<str>>>>()) {
            self.texts.extend(texts.into_iter().map(|text| (text, rows.clone())));
            return;
        }
        let tests = tests.iter().filter_map(|field| test(*field)).collect();
        self.cells.push(Cell { not, tests, rows });
    }

    /// Puts the rows of equal texts together.
    fn index(&mut self) {
        self.texts.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.texts.dedup_by(|(text, rows), (kept, all)| {
            let same = text == kept;
            if same {
                all.append(rows);
            }
            same
        });
    }

    /// How much work it is to ask this column.
    pub(crate) fn weight(&self) -> usize {
        self.of.weight()
    }

    /// Strikes the rows whose cell does not hold. A column that no standing row tests is not asked.
    pub(crate) fn strike<'a>(&'a self, run: &mut Run<'a>, standing: &mut Rows) {
        if standing.within(&self.free) {
            return;
        }
        let value = run.eval(&self.of).taken_as(self.kind);
        let mut holds = self.free.clone();
        if let Value::Text(text) = &value
            && let Ok(at) = self.texts.binary_search_by(|(known, _)| known.cmp(text))
            && let Some((_, rows)) = self.texts.get(at)
        {
            rows.iter().for_each(|row| holds.insert(*row));
        }
        for cell in &self.cells {
            if cell.rows.iter().any(|row| standing.has(*row)) && cell.holds(run, &value) {
                cell.rows.iter().for_each(|row| holds.insert(*row));
            }
        }
        standing.keep(&holds);
    }
}

impl Cell {
    fn holds<'a>(&'a self, run: &mut Run<'a>, value: &Value) -> bool {
        let mut unknown = false;
        for test in &self.tests {
            match run.passes(value, test) {
                Some(true) => return !self.not,
                Some(false) => {}
                None => unknown = true,
            }
        }
        self.not && !unknown
    }
}
