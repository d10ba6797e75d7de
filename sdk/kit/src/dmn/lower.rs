//! A table to settings of the plugin: every expression becomes a tree of lists that the plugin compiles once. The
//! plugin's README describes them. Nothing here evaluates.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use maple_kernel::Setting;
use serde_json::Value as Json;

use super::{
    feel::{Expr, FEEL_DEPTH_MAX, FeelError, Test, Tests, no_time, parse_expression, parse_tests, plain},
    table::{HitPolicy, Kind, Output, Table},
    uses::{self, Uses},
};

/// Inputs that one table may read.
pub const TABLE_VARIABLES_MAX: usize = 400;
/// Whole numbers up to here are the same as floating-point numbers.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A table ready for the plugin.
#[derive(Clone, Debug)]
pub struct Program {
    /// The settings of the policy.
    pub settings: Setting,
    pub(super) variables: Vec<(String, Uses)>,
    pub(super) outputs: Vec<Given>,
    pub(super) rules: Vec<String>,
    pub(super) single: bool,
    pub(super) aggregated: bool,
    pub(super) clock: BTreeSet<&'static str>,
}

/// An output column as it is known without asking.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) id: String,
    /// For each row the number of its value.
    cells: Vec<Option<usize>>,
    /// The values that are written out and of their column's type: the plugin does not send them.
    known: Vec<Option<Json>>,
}

impl Given {
    /// The value of a row, if the plugin does not send it.
    pub(super) fn known(&self, row: usize) -> Option<&Json> {
        self.known.get(self.cells.get(row).copied().flatten()?)?.as_ref()
    }
}

/// What is wrong with one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Where, in words: ``rule `r1`, input `event` ``.
    pub place: String,
    /// The text of the cell.
    pub text: String,
    /// What is wrong with it.
    pub why: FeelError,
}

/// Compiles a table.
///
/// # Errors
/// Every cell that is no FEEL, or not of the part of it that is known here.
pub fn lower(table: &Table) -> Result<Program, Vec<CellError>> {
    let mut lowering = Lowering { table, scope: Scope::default(), errors: Vec::new() };
    let names: Vec<&str> = table.lets.iter().map(|named| named.name.as_str()).collect();
    lowering.scope.lets = names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), at)).collect();
    let (root, outputs) = lowering.root();
    if !lowering.errors.is_empty() {
        return Err(lowering.errors);
    }
    let variables = std::mem::take(&mut lowering.scope.uses).into_variables();
    if variables.len() > TABLE_VARIABLES_MAX {
        let why = FeelError { at: 0, message: format!("more than {TABLE_VARIABLES_MAX} inputs are read") };
        return Err(vec![CellError { place: "the table".into(), text: table.id.clone(), why }]);
    }
    let keys = variables.iter().enumerate().map(|(at, (name, _))| text(&super::facts::key(at, name)));
    let mut generic = root;
    generic.push(("variables".into(), Setting::Items(keys.collect())));
    let settings = Setting::Table(vec![("generic".into(), Setting::Table(generic))]);
    let several = matches!(table.hit_policy, HitPolicy::Collect | HitPolicy::RuleOrder | HitPolicy::OutputOrder);
    let aggregated = table.aggregate.is_some();
    Ok(Program {
        settings,
        variables,
        outputs,
        rules: table.rules.iter().map(|rule| rule.id.clone()).collect(),
        single: !several || aggregated,
        aggregated,
        clock: lowering.scope.clock,
    })
}

/// Checks an expression as it would be compiled, without a table.
pub(super) fn check_expression(source: &str) -> Result<Expr, FeelError> {
    let expr = parse_expression(source)?;
    Scope::default().expr(&expr, 0)?;
    Ok(expr)
}

/// Checks a cell as it would be compiled, without a table.
pub(super) fn check_tests(source: &str) -> Result<Option<Tests>, FeelError> {
    let tests = parse_tests(source)?;
    if let Some(tests) = &tests {
        let mut scope = Scope { cell: true, ..Scope::default() };
        tests.of.iter().try_for_each(|test| scope.test(test).map(drop))?;
    }
    Ok(tests)
}

type Entries = Vec<(Arc<str>, Setting)>;

struct Lowering<'a> {
    table: &'a Table,
    scope: Scope,
    errors: Vec<CellError>,
}

impl Lowering<'_> {
    fn root(&mut self) -> (Entries, Vec<Given>) {
        let table = self.table;
        let mut root: Entries =
            vec![("hit-policy".into(), text(table.hit_policy.as_str())), ("rows".into(), number(table.rules.len()))];
        if let Some(aggregate) = table.aggregate {
            root.push(("aggregate".into(), text(aggregate.as_str())));
        }
        let lets = table.lets.iter().map(|named| {
            let place = format!("let `{}`", named.name);
            let of = self.compile(&place, &named.expression);
            Setting::Table(typed(vec![("of".into(), of)], named.kind))
        });
        let lets = lets.collect();
        root.push(("lets".into(), Setting::Items(lets)));
        let left_out: Vec<bool> = table.rules.iter().map(|rule| rule.left_out.is_some()).collect();
        let out: Vec<usize> = left_out.iter().enumerate().filter_map(|(row, out)| out.then_some(row)).collect();
        root.push(("left-out".into(), text(&rows(&out))));
        root.push(("inputs".into(), Setting::Items(self.inputs(&left_out))));
        let (columns, outputs) = table.outputs.iter().map(|output| self.output(output, &left_out)).unzip();
        root.push(("outputs".into(), Setting::Items(columns)));
        (root, outputs)
    }

    fn inputs(&mut self, left_out: &[bool]) -> Vec<Setting> {
        let table = self.table;
        let mut columns = Vec::new();
        for input in &table.inputs {
            let mut cells: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (row, rule) in table.rules.iter().enumerate().filter(|(row, _)| !left_out.get(*row).unwrap_or(&true)) {
                if let Some(cell) = rule.when.get(&input.id) {
                    cells.entry(cell).or_default().push(row);
                }
            }
            if cells.is_empty() {
                continue;
            }
            self.scope.own = input.variable.clone();
            let source = input.expression.clone().or_else(|| input.variable.clone());
            let place = format!("input `{}`", input.id);
            let of = match &source {
                Some(source) if input.expression.is_some() => self.compile(&place, source),
                Some(name) => self.keep(&place, name, |scope| {
                    let name = Expr::Name(name.clone());
                    scope.uses.note(&name);
                    scope.expr(&name, 0)
                }),
                None => null(),
            };
            let mut tests = Vec::new();
            for (source, rows_of) in cells {
                let rule = rows_of.first().and_then(|row| table.rules.get(*row)).map_or("", |rule| rule.id.as_str());
                let place = format!("rule `{rule}`, input `{}`", input.id);
                if let Some(cell) = self.cell(&place, source) {
                    tests.push(Setting::Items(vec![text(&rows(&rows_of)), cell]));
                }
            }
            columns.push(Setting::Table(typed(
                vec![("of".into(), of), ("tests".into(), Setting::Items(tests))],
                input.kind,
            )));
        }
        self.scope.own = None;
        columns
    }

    fn cell(&mut self, place: &str, source: &str) -> Option<Setting> {
        let tests = match parse_tests(source) {
            Ok(tests) => tests?,
            Err(why) => {
                self.errors.push(CellError { place: place.into(), text: source.into(), why });
                return None;
            }
        };
        self.scope.cell = true;
        let lowered = self.keep(place, source, |scope| {
            tests.of.iter().for_each(|test| scope.uses.note(test.expr()));
            let of = tests.of.iter().map(|test| scope.test(test));
            let parts: Result<Vec<_>, _> = std::iter::once(Ok(Setting::Flag(tests.not))).chain(of).collect();
            Ok(Setting::Items(parts?))
        });
        self.scope.cell = false;
        Some(lowered)
    }

    fn output(&mut self, output: &Output, left_out: &[bool]) -> (Setting, Given) {
        let table = self.table;
        let (mut pool, mut numbers) = (Vec::new(), HashMap::<&str, usize>::new());
        let mut given = Given { id: output.id.clone(), cells: Vec::new(), known: Vec::new() };
        for (rule, out) in table.rules.iter().zip(left_out) {
            let source = rule.then.get(&output.id).filter(|_| !out);
            given.cells.push(source.map(|source| {
                *numbers.entry(source).or_insert_with(|| {
                    pool.push(self.compile(&format!("rule `{}`, output `{}`", rule.id, output.id), source));
                    given.known.push(pool.last().and_then(|value| written_out(value, output.kind)));
                    pool.len() - 1
                })
            }));
        }
        let cells: Vec<String> = given.cells.iter().map(|at| at.map_or("-".into(), |at| at.to_string())).collect();
        let known: Vec<usize> = (0..pool.len()).filter(|at| matches!(given.known.get(*at), Some(Some(_)))).collect();
        let mut column: Entries = vec![
            ("cells".into(), text(&cells.join(" "))),
            ("pool".into(), Setting::Items(pool)),
            ("known".into(), text(&rows(&known))),
        ];
        if let Some(values) = &output.values {
            column.push(("order".into(), self.order(&output.id, values)));
        }
        if let Some(default) = &output.default {
            column.push(("default".into(), self.compile(&format!("default of `{}`", output.id), default)));
        }
        (Setting::Table(typed(column, output.kind)), given)
    }

    /// The values of an output, the most important first.
    fn order(&mut self, id: &str, source: &str) -> Setting {
        let place = format!("values of `{id}`");
        match parse_tests(source) {
            Ok(tests) => self.keep(&place, source, |scope| {
                let of = tests.iter().flat_map(|tests| &tests.of).map(|test| scope.expr(test.expr(), 0));
                Ok(Setting::Items(of.collect::<Result<_, _>>()?))
            }),
            Err(why) => {
                self.errors.push(CellError { place, text: source.into(), why });
                null()
            }
        }
    }

    fn compile(&mut self, place: &str, source: &str) -> Setting {
        match parse_expression(source) {
            Ok(expr) => self.keep(place, source, |scope| {
                scope.uses.note(&expr);
                scope.expr(&expr, 0)
            }),
            Err(why) => {
                self.errors.push(CellError { place: place.into(), text: source.into(), why });
                null()
            }
        }
    }

    fn keep(
        &mut self,
        place: &str,
        source: &str,
        lower: impl FnOnce(&mut Scope) -> Result<Setting, FeelError>,
    ) -> Setting {
        lower(&mut self.scope).unwrap_or_else(|why| {
            self.errors.push(CellError { place: place.into(), text: source.into(), why });
            null()
        })
    }
}

/// The value of a literal that needs no conversion.
fn written_out(value: &Setting, kind: Option<Kind>) -> Option<Json> {
    match (value, kind) {
        (Setting::Text(text), None | Some(Kind::String)) => Some(Json::String(text.to_string())),
        (Setting::Flag(flag), None | Some(Kind::Boolean)) => Some(Json::Bool(*flag)),
        (Setting::Number(number), None | Some(Kind::Number)) => Some(Json::from(*number as i64)),
        _ => None,
    }
}

fn typed(mut entries: Entries, kind: Option<Kind>) -> Entries {
    if let Some(kind) = kind {
        entries.push(("type".into(), text(kind.as_str())));
    }
    entries
}

fn text(of: &str) -> Setting {
    Setting::Text(of.into())
}

fn number(of: usize) -> Setting {
    Setting::Number(of as f64)
}

fn null() -> Setting {
    Setting::Items(vec![text("null")])
}

/// Rows as a text: `0 3-7 9`.
fn rows(of: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &row in of {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == row => *last = row,
            _ => runs.push((row, row)),
        }
    }
    let run =
        |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    runs.iter().map(run).collect::<Vec<_>>().join(" ")
}

/// What names mean while an expression is lowered.
#[derive(Default)]
struct Scope {
    lets: HashMap<String, usize>,
    uses: uses::Collected,
    /// Names bound by `some`, `every`, `for` and functions, the innermost last.
    bound: Vec<String>,
    /// How many filters are around: there a name may be a field of the item.
    filters: usize,
    /// True in the cells of an input column, where `?` is the value.
    cell: bool,
    /// The column's own name for the value.
    own: Option<String>,
    /// Functions that ask what time it is.
    clock: BTreeSet<&'static str>,
}

type Lowered = Result<Setting, FeelError>;

fn cannot(message: impl Into<String>) -> FeelError {
    FeelError { at: 0, message: message.into() }
}

fn op(name: &str, parts: impl IntoIterator<Item = Setting>) -> Setting {
    Setting::Items(std::iter::once(text(name)).chain(parts).collect())
}

impl Scope {
    fn test(&mut self, test: &Test) -> Lowered {
        Ok(match test {
            Test::Compare(compare, expr) => op(compare, [self.expr(expr, 1)?]),
            Test::Expr(expr) if expr.is_literal() => self.expr(expr, 1)?,
            Test::Expr(expr) if self.mentions_input(expr) => op("when", [self.expr(expr, 1)?]),
            Test::Expr(expr) => op("in", [self.expr(expr, 1)?]),
        })
    }

    fn is_input(&self, name: &str) -> bool {
        self.cell
            && !self.bound.iter().any(|bound| bound == name)
            && (name == "cellInput" || self.own.as_deref() == Some(name))
    }

    fn mentions_input(&self, expr: &Expr) -> bool {
        let mut found = match expr {
            Expr::Input => true,
            Expr::Name(name) => self.is_input(name),
            _ => false,
        };
        expr.children(&mut |child| found = found || self.mentions_input(child));
        found
    }

    fn all(&mut self, parts: &[Expr], depth: usize) -> Result<Vec<Setting>, FeelError> {
        parts.iter().map(|part| self.expr(part, depth)).collect()
    }

    fn expr(&mut self, expr: &Expr, depth: usize) -> Lowered {
        if depth > FEEL_DEPTH_MAX {
            return Err(cannot(format!("is nested more than {FEEL_DEPTH_MAX} deep")));
        }
        let next = depth + 1;
        Ok(match expr {
            Expr::Null => null(),
            Expr::Flag(flag) => Setting::Flag(*flag),
            Expr::Number(digits) => literal(digits)?,
            Expr::Text(of) => text(of),
            Expr::At(of) => match no_time("@", std::slice::from_ref(expr)) {
                Some(why) => return Err(cannot(why)),
                None => op("call", [text("@"), text(of)]),
            },
            Expr::Name(_) | Expr::Path(..) => self.path(expr, next)?,
            Expr::Input if self.cell => op("?", []),
            Expr::Input => return Err(cannot("`?` has a meaning only in the cells of an input")),
            Expr::Filter(of, by) => self.filter(of, by, next)?,
            Expr::If(_) => self.condition(expr, next)?,
            Expr::And(parts) => op("and", self.all(parts, next)?),
            Expr::Or(parts) => op("or", self.all(parts, next)?),
            Expr::Binary(sign, parts) => op(sign, self.all(&**parts, next)?),
            Expr::Negate(of) => match &**of {
                Expr::Number(digits) => literal(&format!("-{digits}"))?,
                of => op("neg", [self.expr(of, next)?]),
            },
            Expr::Between(parts) => op("between", self.all(&**parts, next)?),
            Expr::In(of, tests) => self.within(of, tests, next)?,
            Expr::Is(of, kind) => op("is", [self.expr(of, next)?, text(kind)]),
            Expr::List(parts) => op("list", self.all(parts, next)?),
            Expr::Context(entries) => self.context(entries, next)?,
            Expr::Range(range) => {
                let (from, to) = (self.expr(&range.from, next)?, self.expr(&range.to, next)?);
                op("range", [Setting::Flag(range.from_included), from, to, Setting::Flag(range.to_included)])
            }
            Expr::Each(kind, through, body) => self.each(kind, through, body, next)?,
            Expr::Lambda(..) => return Err(cannot("a function may stand only as the second value of `sort`")),
            Expr::Call(function, arguments) => self.call(function.name, arguments, next)?,
        })
    }

    /// A name, or a path that begins with any expression.
    fn path(&mut self, expr: &Expr, depth: usize) -> Lowered {
        let (mut base, mut steps) = (expr, Vec::new());
        while let Expr::Path(of, step) = base {
            steps.push(text(step));
            base = of;
        }
        let of = match base {
            Expr::Name(name) => self.name(name),
            base => self.expr(base, depth)?,
        };
        if steps.is_empty() {
            return Ok(of);
        }
        steps.push(of);
        Ok(op("path", steps.into_iter().rev()))
    }

    fn name(&mut self, name: &str) -> Setting {
        if self.is_input(name) {
            return op("?", []);
        }
        if self.bound.iter().any(|bound| bound == name) || (self.filters > 0 && name == "item") {
            return op("name", [text(name)]);
        }
        let global = match self.lets.get(name) {
            Some(at) => op("let", [number(*at)]),
            None => op("var", [number(self.uses.variable(name))]),
        };
        if self.filters > 0 { op("name", [text(name), global]) } else { global }
    }

    fn filter(&mut self, of: &Expr, by: &Expr, depth: usize) -> Lowered {
        let of = self.expr(of, depth)?;
        self.filters += 1;
        let by = self.expr(by, depth);
        self.filters -= 1;
        Ok(op("filter", [of, by?]))
    }

    /// A chain of `else if` in one list.
    fn condition(&mut self, expr: &Expr, depth: usize) -> Lowered {
        if let Expr::If(of) = expr
            && let [condition, then, Expr::Null] = &**of
            && only_guards(condition, then)
        {
            return self.expr(then, depth);
        }
        let (mut rest, mut parts) = (expr, Vec::new());
        while let Expr::If(of) = rest {
            let [condition, then, otherwise] = &**of;
            parts.extend([self.expr(condition, depth)?, self.expr(then, depth)?]);
            rest = otherwise;
        }
        parts.push(self.expr(rest, depth)?);
        Ok(op("if", parts))
    }

    fn within(&mut self, of: &Expr, tests: &[Test], depth: usize) -> Lowered {
        let of = self.expr(of, depth)?;
        let (cell, own) = (std::mem::replace(&mut self.cell, true), self.own.take());
        let tests: Result<Vec<_>, _> = tests.iter().map(|test| self.test(test)).collect();
        (self.cell, self.own) = (cell, own);
        Ok(op("in", std::iter::once(of).chain(tests?)))
    }

    fn each(&mut self, kind: &str, through: &[(String, Expr)], body: &Expr, depth: usize) -> Lowered {
        let mut parts = Vec::new();
        let before = self.bound.len();
        for (name, list) in through {
            parts.extend([text(name), self.expr(list, depth)?]);
            self.bound.push(name.clone());
        }
        let body = self.expr(body, depth);
        self.bound.truncate(before);
        parts.push(body?);
        Ok(op(kind, parts))
    }

    /// The fields of a context, each of which may use those before it.
    fn context(&mut self, entries: &[(String, Expr)], depth: usize) -> Lowered {
        let mut parts = Vec::new();
        let before = self.bound.len();
        for (key, value) in entries {
            parts.extend([text(key), self.expr(value, depth)?]);
            self.bound.push(key.clone());
        }
        self.bound.truncate(before);
        Ok(op("context", parts))
    }

    /// There is no clock where tables run: what it would say is an input.
    fn clock(&mut self, name: &'static str, function: &str) -> Setting {
        self.clock.insert(name);
        op("call", [text(function), self.name(name)])
    }

    fn call(&mut self, name: &str, arguments: &[Expr], depth: usize) -> Lowered {
        if let Some(why) = no_time(name, arguments) {
            return Err(cannot(why));
        }
        match (name, arguments) {
            ("now", _) => Ok(self.clock("now", "date and time")),
            ("today", _) => Ok(self.clock("today", "date")),
            ("sort", [list, Expr::Lambda(names, body)]) => {
                let [first, second] = names.as_slice() else {
                    return Err(cannot("the function of `sort` takes two values, such as `function(x, y) x < y`"));
                };
                let list = self.expr(list, depth)?;
                self.bound.extend(names.iter().cloned());
                let body = self.expr(body, depth);
                self.bound.truncate(self.bound.len() - names.len());
                Ok(op("sort", [list, text(first), text(second), body?]))
            }
            ("sort", [_, _]) => Err(cannot("the second value of `sort` is a function, such as `function(x, y) x < y`")),
            ("matches" | "replace" | "split", [of, pattern, rest @ ..]) => {
                let pattern = plain(name, pattern, rest).map_err(cannot)?;
                let pattern = pattern.map_or_else(null, |pattern| text(&pattern));
                // Flags that change nothing stay behind.
                let by = rest.first().filter(|_| name == "replace").map(|by| self.expr(by, depth)).transpose()?;
                Ok(op("call", [text(name), self.expr(of, depth)?, pattern].into_iter().chain(by)))
            }
            _ => Ok(op("call", std::iter::once(text(name)).chain(self.all(arguments, depth)?))),
        }
    }
}

/// True for `if a != null and a.b != null then a.b else null`, which is `a.b`: a path through null is null, and so is
/// what a function makes of null.
fn only_guards(condition: &Expr, then: &Expr) -> bool {
    const STRICT: [&str; 7] = ["date", "time", "date and time", "duration", "number", "string", "upper case"];
    let then = match then {
        Expr::Call(function, arguments) if STRICT.contains(&function.name) && arguments.len() == 1 => arguments.first(),
        other => Some(other),
    };
    let parts = match condition {
        Expr::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let guards = |part: &Expr| match part {
        Expr::Binary("!=", sides) => match &**sides {
            [of, Expr::Null] | [Expr::Null, of] => then.is_some_and(|then| leads_to(of, then)),
            _ => false,
        },
        _ => false,
    };
    parts.iter().all(guards)
}

/// Whether a path goes through another, or is it.
fn leads_to(of: &Expr, path: &Expr) -> bool {
    let mut here = path;
    let named = |expr: &Expr| {
        let mut base = expr;
        while let Expr::Path(of, _) = base {
            base = of;
        }
        matches!(base, Expr::Name(_))
    };
    loop {
        if of == here {
            return named(of);
        }
        match here {
            Expr::Path(before, _) => here = before,
            _ => return false,
        }
    }
}

/// A number: whole ones as such, others as they are written, for the plugin to read exactly.
fn literal(digits: &str) -> Lowered {
    match digits.parse::<f64>() {
        Ok(value) if value.fract() == 0.0 && value.abs() < WHOLE_MAX => Ok(Setting::Number(value)),
        Ok(value) if value.abs() < super::facts::NUMBER_MAX => Ok(op("number", [text(digits)])),
        _ => Err(cannot(format!("`{digits}` is too large a number"))),
    }
}
