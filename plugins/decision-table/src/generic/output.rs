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

/// A value: known already and written, or to be worked out and taken as one of a type.
pub(crate) enum Given {
    Known(Value, String),
    Open(Expr, Option<Kind>),
}

impl Given {
    fn new(of: Expr, kind: Option<Kind>) -> Self {
        match of {
            Expr::Const(value) => {
                let (value, mut written) = (value.taken_as(kind), String::new());
                notation::write(&mut written, &value);
                Self::Known(value, written)
            }
            open => Self::Open(open, kind),
        }
    }

    fn value<'a>(&'a self, run: &mut Run<'a>) -> Value {
        match self {
            Self::Known(value, _) => value.clone(),
            Self::Open(of, kind) => run.eval(of).taken_as(*kind),
        }
    }

    /// Writes the value as an answer has it.
    pub(crate) fn write<'a>(&'a self, run: &mut Run<'a>, out: &mut String) {
        match self {
            Self::Known(_, written) => out.push_str(written),
            open @ Self::Open(..) => notation::write(out, &open.value(run)),
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
        Self { known: Rows::of(&known, pool.len()), pool, cells, order, default }
    }

    fn given(&self, row: usize) -> Option<&Given> {
        self.pool.get(self.cells.get(row).copied().flatten()?)
    }

    /// The value in a row; an empty cell has none.
    pub(crate) fn value<'a>(&'a self, run: &mut Run<'a>, row: usize) -> Option<Value> {
        Some(self.given(row)?.value(run))
    }

    /// What an answer says of a row, unless it is known already.
    pub(crate) fn told(&self, row: usize) -> Option<&Given> {
        let at = self.cells.get(row).copied().flatten()?;
        if u32::try_from(at).is_ok_and(|at| self.known.has(at)) { None } else { self.pool.get(at) }
    }

    pub(crate) fn default(&self) -> Option<&Given> {
        self.default.as_ref()
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
