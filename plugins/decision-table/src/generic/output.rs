//! The columns that are given: the value of each row.

use maple_guest::{Setting, Table};

use super::{
    eval::Run,
    expr::{Expr, compile},
    notation,
    rows::{Rows, list},
    value::{Kind, Value, equal},
};

/// Where the outputs of a row stand in their lists of values.
pub(crate) type Priority = Vec<usize>;

/// A column.
pub(crate) struct Output {
    kind: Option<Kind>,
    /// The different values.
    pool: Vec<Given>,
    /// For each row its value in the pool.
    cells: Vec<Option<usize>>,
    /// Values of the pool that who asks knows already.
    known: Rows,
    /// The values, the most important first.
    order: Vec<Value>,
    default: Option<Given>,
}

/// A value: known already and written, or to be worked out.
enum Given {
    Known(Value, String),
    Open(Expr),
}

impl Given {
    fn new(of: Expr, kind: Option<Kind>) -> Self {
        match of {
            Expr::Const(value) => {
                let (value, mut written) = (value.taken_as(kind), String::new());
                notation::write(&mut written, &value);
                Self::Known(value, written)
            }
            open => Self::Open(open),
        }
    }

    fn value<'a>(&'a self, run: &mut Run<'a>, kind: Option<Kind>) -> Value {
        match self {
            Self::Known(value, _) => value.clone(),
            Self::Open(of) => run.eval(of).taken_as(kind),
        }
    }

    fn written<'a>(&'a self, run: &mut Run<'a>, kind: Option<Kind>) -> String {
        match self {
            Self::Known(_, written) => written.clone(),
            open => {
                let mut written = String::new();
                notation::write(&mut written, &open.value(run, kind));
                written
            }
        }
    }
}

impl Output {
    pub(crate) fn compile(table: &Table<'_>, rows: usize) -> Self {
        let kind = super::kind(table);
        let pool: Vec<Given> = table
            .need("pool")
            .items()
            .unwrap_or_default()
            .into_iter()
            .map(|of| Given::new(compile(of), kind))
            .collect();
        let order = table.get("order").items().unwrap_or_default().into_iter().filter_map(|of| match compile(of) {
            Expr::Const(value) => Some(value.taken_as(kind)),
            _ => {
                of.complain("must be a value", "");
                None
            }
        });
        let order = order.collect();
        let default = table.get("default");
        let default = default.is_present().then(|| Given::new(compile(default), kind));
        let cells = cells(table, rows, pool.len());
        let known = table.get("known");
        let known = if known.is_present() { list(known, pool.len()) } else { Vec::new() };
        Self { kind, known: Rows::of(&known, pool.len()), pool, cells, order, default }
    }

    fn given(&self, row: usize) -> Option<&Given> {
        self.pool.get(self.cells.get(row).copied().flatten()?)
    }

    /// The value in a row; an empty cell has none.
    pub(crate) fn value<'a>(&'a self, run: &mut Run<'a>, row: usize) -> Option<Value> {
        Some(self.given(row)?.value(run, self.kind))
    }

    /// The value in a row as an answer has it, unless it is known already.
    pub(crate) fn written<'a>(&'a self, run: &mut Run<'a>, row: usize) -> Option<String> {
        let at = self.cells.get(row).copied().flatten()?;
        if u32::try_from(at).is_ok_and(|at| self.known.has(at)) {
            return None;
        }
        Some(self.pool.get(at)?.written(run, self.kind))
    }

    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some()
    }

    pub(crate) fn written_default<'a>(&'a self, run: &mut Run<'a>) -> Option<String> {
        Some(self.default.as_ref()?.written(run, self.kind))
    }

    /// The place of a row's value in the list of values; behind it when it is not listed.
    pub(crate) fn rank<'a>(&'a self, run: &mut Run<'a>, row: usize) -> usize {
        if self.order.is_empty() {
            return 0;
        }
        let value = self.value(run, row).unwrap_or(Value::Null);
        self.order.iter().position(|known| equal(known, &value) == Some(true)).unwrap_or(self.order.len())
    }
}

/// For each row the number of its value: `0 - 3`.
fn cells(table: &Table<'_>, rows: usize, pool: usize) -> Vec<Option<usize>> {
    let field = table.need("cells");
    let Some(Setting::Text(text)) = field.raw() else { return vec![None; rows] };
    let numbers = text.split(' ').filter(|cell| !cell.is_empty());
    let cells: Vec<Option<usize>> = numbers.map(|cell| cell.parse().ok().filter(|at| *at < pool)).collect();
    if cells.len() != rows {
        field.complain(&format!("must name a value for each of {rows} rows, not {}", cells.len()), "");
    }
    cells
}
