//! Walking an expression for one case.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::{
    expr::{Each, Expr, Sign, Test, power},
    functions::{TooLong, replaced},
    time,
    value::{Compare, Kind, Range, Value, and, equal, or},
};

/// Combinations that one `for`, `some` or `every` may run through, and numbers that an interval may be counted out to.
pub const COMBINATIONS_MAX: usize = 100_000;

/// A named expression.
#[derive(Debug)]
pub(crate) struct Let {
    pub(crate) of: Expr,
    pub(crate) kind: Option<Kind>,
}

/// A named expression in one case.
#[derive(Clone)]
enum State {
    Open,
    /// Being worked out: it needs itself, and is null.
    Busy,
    Done(Value),
}

/// A name that is bound while an expression is walked.
enum Bound<'a> {
    Name(&'a Arc<str>, Value),
    Item(Value),
}

/// One case.
pub(crate) struct Run<'a> {
    variables: Vec<Value>,
    lets: &'a [Let],
    known: Vec<State>,
    bound: Vec<Bound<'a>>,
    /// The values that `?` means, the innermost last.
    inputs: Vec<Value>,
    too_long: bool,
}

impl<'a> Run<'a> {
    pub(crate) fn new(variables: Vec<Value>, lets: &'a [Let]) -> Self {
        let known = vec![State::Open; lets.len()];
        Self { variables, lets, known, bound: Vec::new(), inputs: Vec::new(), too_long: false }
    }

    /// An error when a text would have been too long: then nothing that was worked out counts.
    pub(crate) fn within_bounds(&self) -> Result<(), TooLong> {
        if self.too_long { Err(TooLong) } else { Ok(()) }
    }

    /// Whether a value passes a test.
    pub(crate) fn passes(&mut self, value: &Value, test: &'a Test) -> Option<bool> {
        match test {
            Test::Equal(other) => equal(value, other),
            Test::Compare(compare, of) => {
                let other = self.with_input(value, of);
                compare.holds(value, &other)
            }
            Test::When(of) => self.with_input(value, of).as_flag(),
            Test::In(of) => {
                let other = self.with_input(value, of);
                is_in(value, &other)
            }
        }
    }

    fn with_input(&mut self, value: &Value, of: &'a Expr) -> Value {
        if let Expr::Const(value) = of {
            return value.clone();
        }
        self.inputs.push(value.clone());
        let result = self.eval(of);
        self.inputs.pop();
        result
    }

    /// The value of an expression.
    pub(crate) fn eval(&mut self, of: &'a Expr) -> Value {
        match of {
            Expr::Const(value) => value.clone(),
            Expr::Input => self.inputs.last().cloned().unwrap_or(Value::Null),
            Expr::Variable(at) => self.variables.get(*at).cloned().unwrap_or(Value::Null),
            Expr::Let(at) => self.named(*at),
            Expr::Name(name, outside) => self.name(name, outside.as_deref()),
            Expr::Path(of, steps) => self.path(of, steps),
            Expr::Filter(parts) => self.filter(parts),
            Expr::If(parts) => self.condition(parts),
            Expr::And(parts) => self.logic(parts, false),
            Expr::Or(parts) => self.logic(parts, true),
            Expr::Compare(compare, parts) => self.compare(*compare, parts),
            Expr::Sum(sign, parts) => self.sum(*sign, parts),
            Expr::Negate(of) => negate(&self.eval(of)),
            Expr::Between(parts) => self.between(parts),
            Expr::In(of, tests) => self.within(of, tests),
            Expr::Is(of, kind) => Value::Flag(is(&self.eval(of), kind)),
            Expr::List(parts) => Value::list(parts.iter().map(|part| self.eval(part)).collect()),
            Expr::Context(fields) => self.context(fields),
            Expr::Range(from_included, parts, to_included) => self.range(*from_included, parts, *to_included),
            Expr::Each(kind, through, body) => self.each(*kind, through, body),
            Expr::Sort(parts, names) => self.sort(parts, names),
            Expr::Call(function, parts) => self.call(function.0, parts),
            Expr::Replace(parts) => self.replace(parts),
        }
    }

    #[inline(never)]
    fn replace(&mut self, parts: &'a [Expr; 3]) -> Value {
        let [of, part, by] = parts.each_ref().map(|part| self.eval(part));
        replaced(&of, &part, &by).unwrap_or_else(|TooLong| {
            self.too_long = true;
            Value::Null
        })
    }

    #[inline(never)]
    fn call(&mut self, function: fn(&[Value]) -> Value, parts: &'a [Expr]) -> Value {
        let values: Vec<Value> = parts.iter().map(|part| self.eval(part)).collect();
        function(&values)
    }

    #[inline(never)]
    fn named(&mut self, at: usize) -> Value {
        let Some(of) = self.lets.get(at) else { return Value::Null };
        match self.known.get(at) {
            Some(State::Done(value)) => return value.clone(),
            Some(State::Open) => {}
            Some(State::Busy) | None => return Value::Null,
        }
        self.state(at, State::Busy);
        let bound = std::mem::take(&mut self.bound);
        let value = self.eval(&of.of).taken_as(of.kind);
        self.bound = bound;
        self.state(at, State::Done(value.clone()));
        value
    }

    fn state(&mut self, at: usize, state: State) {
        if let Some(known) = self.known.get_mut(at) {
            *known = state;
        }
    }

    #[inline(never)]
    fn name(&mut self, name: &Arc<str>, outside: Option<&'a Expr>) -> Value {
        for bound in self.bound.iter().rev() {
            match bound {
                Bound::Name(known, value) if *known == name => return value.clone(),
                Bound::Item(item) if &**name == "item" => return item.own_field("item").unwrap_or(item).clone(),
                Bound::Item(item) => {
                    if let Some(field) = item.own_field(name) {
                        return field.clone();
                    }
                }
                Bound::Name(..) => {}
            }
        }
        outside.map_or(Value::Null, |outside| self.eval(outside))
    }

    #[inline(never)]
    fn path(&mut self, of: &'a Expr, steps: &[Arc<str>]) -> Value {
        // A context in a variable is walked by reference: most paths lead into one.
        if let Expr::Variable(at) = of {
            let value = self.variables.get(*at).unwrap_or(&Value::Null);
            return follow(value, steps);
        }
        follow(&self.eval(of), steps)
    }

    #[inline(never)]
    fn condition(&mut self, parts: &'a [Expr]) -> Value {
        let (pairs, last) = parts.as_chunks::<2>();
        for [condition, then] in pairs {
            if self.eval(condition) == Value::Flag(true) {
                return self.eval(then);
            }
        }
        last.first().map_or(Value::Null, |otherwise| self.eval(otherwise))
    }

    /// `and` and `or`: one part may settle the whole.
    #[inline(never)]
    fn logic(&mut self, parts: &'a [Expr], settles: bool) -> Value {
        let mut known = true;
        for part in parts {
            match self.eval(part) {
                Value::Flag(flag) if flag == settles => return Value::Flag(settles),
                Value::Flag(_) => {}
                _ => known = false,
            }
        }
        if known { Value::Flag(!settles) } else { Value::Null }
    }

    #[inline(never)]
    fn compare(&mut self, compare: Compare, parts: &'a [Expr; 2]) -> Value {
        let (a, b) = (self.eval(&parts[0]), self.eval(&parts[1]));
        Value::flag(compare.holds(&a, &b))
    }

    #[inline(never)]
    fn sum(&mut self, sign: Sign, parts: &'a [Expr; 2]) -> Value {
        let (a, b) = (self.eval(&parts[0]), self.eval(&parts[1]));
        arithmetic(sign, &a, &b).unwrap_or(Value::Null)
    }

    #[inline(never)]
    fn between(&mut self, parts: &'a [Expr; 3]) -> Value {
        let [value, from, to] = parts.each_ref().map(|part| self.eval(part));
        Value::flag(and([Compare::AtLeast.holds(&value, &from), Compare::AtMost.holds(&value, &to)]))
    }

    #[inline(never)]
    fn within(&mut self, of: &'a Expr, tests: &'a [Test]) -> Value {
        let value = self.eval(of);
        let passed: Vec<Option<bool>> = tests.iter().map(|test| self.passes(&value, test)).collect();
        Value::flag(or(passed))
    }

    #[inline(never)]
    fn context(&mut self, fields: &'a [(Arc<str>, Expr)]) -> Value {
        let before = self.bound.len();
        let mut known = Vec::with_capacity(fields.len());
        for (name, of) in fields {
            let value = self.eval(of);
            self.bound.push(Bound::Name(name, value.clone()));
            known.push((Arc::clone(name), value));
        }
        self.bound.truncate(before);
        Value::context(known)
    }

    #[inline(never)]
    fn range(&mut self, from_included: bool, parts: &'a [Expr; 2], to_included: bool) -> Value {
        let (from, to) = (self.eval(&parts[0]), self.eval(&parts[1]));
        Value::Range(Arc::new(Range { from, from_included, to, to_included }))
    }

    /// A number picks an item, counted from one or backwards from minus one; a condition picks those that meet it.
    #[inline(never)]
    fn filter(&mut self, parts: &'a [Expr; 2]) -> Value {
        let [of, by] = parts;
        let of = self.eval(of);
        let Some(items) = of.items() else { return Value::Null };
        if let Expr::Const(Value::Number(number)) = by {
            return pick(items, *number);
        }
        let mut kept = Vec::new();
        for item in items {
            self.bound.push(Bound::Item(item.clone()));
            let met = self.eval(by);
            self.bound.pop();
            match met {
                Value::Number(number) => return pick(items, number),
                Value::Flag(true) => kept.push(item.clone()),
                _ => {}
            }
        }
        Value::list(kept)
    }

    #[inline(never)]
    fn each(&mut self, kind: Each, through: &'a [(Arc<str>, Expr)], body: &'a Expr) -> Value {
        let mut results = Vec::new();
        let before = self.bound.len();
        let ran = self.run_through(through, body, &mut results);
        self.bound.truncate(before);
        if ran.is_none() {
            return Value::Null;
        }
        match kind {
            Each::For => Value::list(results),
            Each::Some => Value::flag(or(results.iter().map(Value::as_flag))),
            Each::Every => Value::flag(and(results.iter().map(Value::as_flag))),
        }
    }

    fn run_through(&mut self, through: &'a [(Arc<str>, Expr)], body: &'a Expr, results: &mut Vec<Value>) -> Option<()> {
        let Some(((name, of), rest)) = through.split_first() else {
            results.push(self.eval(body));
            return (results.len() <= COMBINATIONS_MAX).then_some(());
        };
        let list = counted(self.eval(of));
        for item in list.items()? {
            self.bound.push(Bound::Name(name, item.clone()));
            let ran = self.run_through(rest, body, results);
            self.bound.pop();
            ran?;
        }
        Some(())
    }

    /// Each item goes before the first that it precedes, and after its equals.
    #[inline(never)]
    fn sort(&mut self, parts: &'a [Expr; 2], names: &'a [Arc<str>; 2]) -> Value {
        let [of, precedes] = parts;
        let of = self.eval(of);
        let Some(items) = of.items() else { return Value::Null };
        let mut sorted: Vec<Value> = Vec::with_capacity(items.len());
        for item in items {
            let (mut low, mut high) = (0, sorted.len());
            while low < high {
                let middle = low.midpoint(high);
                let other = sorted.get(middle).cloned().unwrap_or(Value::Null);
                self.bound.push(Bound::Name(&names[0], item.clone()));
                self.bound.push(Bound::Name(&names[1], other));
                let before = self.eval(precedes) == Value::Flag(true);
                self.bound.truncate(self.bound.len() - 2);
                if before { high = middle } else { low = middle + 1 }
            }
            sorted.insert(low, item.clone());
        }
        Value::list(sorted)
    }
}

fn follow(value: &Value, steps: &[Arc<str>]) -> Value {
    let Some((step, rest)) = steps.split_first() else { return value.clone() };
    match value {
        Value::Context(_) => value.own_field(step).map_or(Value::Null, |field| follow(field, rest)),
        other => follow(&other.field(step), rest),
    }
}

/// An interval of whole numbers, counted out, for `for x in 1..3`.
fn counted(list: Value) -> Value {
    let Value::Range(range) = &list else { return list };
    let (Some(from), Some(to)) = (range.from.as_whole(), range.to.as_whole()) else { return Value::Null };
    if from.abs_diff(to) >= COMBINATIONS_MAX as u64 {
        return Value::Null;
    }
    let up = (from..=to).map(Value::whole);
    Value::list(if from <= to { up.collect() } else { (to..=from).rev().map(Value::whole).collect() })
}

/// A place among so many, counted from one or backwards from minus one.
pub(crate) fn place(at: i64, length: usize) -> Option<usize> {
    let far = usize::try_from(at.unsigned_abs()).ok()?;
    if at < 0 { length.checked_sub(far) } else { far.checked_sub(1) }
}

fn pick(items: &[Value], number: Decimal) -> Value {
    let at = Value::Number(number).as_whole().and_then(|at| place(at, items.len()));
    at.and_then(|at| items.get(at)).cloned().unwrap_or(Value::Null)
}

/// Whether a value is what a cell names: the same, in its list or interval, or its condition holds anyway.
fn is_in(value: &Value, other: &Value) -> Option<bool> {
    match other {
        Value::Flag(true) if !matches!(value, Value::Flag(_)) => Some(true),
        Value::Range(range) if !matches!(value, Value::Range(_)) => range.holds(value),
        Value::List(items) => {
            let same = if matches!(value, Value::List(_)) { equal(value, other) } else { Some(false) };
            let one = items.iter().map(|item| match item {
                Value::Range(range) => range.holds(value).map(|within| within || equal(value, item) == Some(true)),
                item => equal(value, item),
            });
            or(one.chain([same]))
        }
        other => equal(value, other),
    }
}

fn negate(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(-*number),
        Value::Days(nanos) => nanos.checked_neg().map_or(Value::Null, Value::Days),
        Value::Months(months) => months.checked_neg().map_or(Value::Null, Value::Months),
        _ => Value::Null,
    }
}

fn arithmetic(sign: Sign, a: &Value, b: &Value) -> Option<Value> {
    match (sign, a, b) {
        (Sign::Plus, Value::Text(a), Value::Text(b)) => Some(Value::text(&[&**a, &**b].concat())),
        (_, Value::Number(a), Value::Number(b)) => {
            let result = match sign {
                Sign::Plus => a.checked_add(*b),
                Sign::Minus => a.checked_sub(*b),
                Sign::Times => a.checked_mul(*b),
                Sign::Over => a.checked_div(*b),
                Sign::Power => power(*a, *b),
            };
            result.map(Value::Number)
        }
        (Sign::Plus, ..) => time::add(a, b),
        (Sign::Minus, ..) => time::subtract(a, b),
        (Sign::Times, length, Value::Number(by)) | (Sign::Times, Value::Number(by), length) => time::times(length, *by),
        (Sign::Over, Value::Days(a), Value::Days(b)) | (Sign::Over, Value::Months(a), Value::Months(b)) => {
            Decimal::from(*a).checked_div(Decimal::from(*b)).map(Value::Number)
        }
        (Sign::Over, length, Value::Number(by)) => time::times(length, Decimal::ONE.checked_div(*by)?),
        _ => None,
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "Any" | "any" => !value.is_null(),
        "string" => matches!(value, Value::Text(_)),
        "number" => matches!(value, Value::Number(_)),
        "boolean" => matches!(value, Value::Flag(_)),
        "date" => matches!(value, Value::Date(_)),
        "time" => matches!(value, Value::Time(_)),
        "date and time" => matches!(value, Value::DateTime(_)),
        "days and time duration" => matches!(value, Value::Days(_)),
        "years and months duration" => matches!(value, Value::Months(_)),
        "list" => matches!(value, Value::List(_)),
        "context" => matches!(value, Value::Context(_)),
        _ => false,
    }
}
