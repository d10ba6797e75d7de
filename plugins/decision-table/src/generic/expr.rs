//! Expressions: settings to a tree that is walked for each case.

use std::sync::Arc;

use maple_guest::{Field, Setting};
use rust_decimal::Decimal;

use super::{
    functions::{Function, function, replaced},
    guard,
    value::{Compare, Value, number},
};

/// How deep an expression may be nested.
pub const EXPRESSION_DEPTH_MAX: usize = 40;

/// A compiled expression.
#[derive(Debug)]
pub(crate) enum Expr {
    Const(Value),
    /// The value of the column whose cells are tested.
    Input,
    Variable(usize),
    Let(usize),
    /// A name bound around here, or a field of the item of a filter, or else what the name means outside.
    Name(Arc<str>, Option<Box<Expr>>),
    Path(Box<Expr>, Vec<Arc<str>>),
    Filter(Box<[Expr; 2]>),
    /// Conditions and values in turn, the last value for none of them.
    If(Vec<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Compare, Box<[Expr; 2]>),
    Sum(Sign, Box<[Expr; 2]>),
    Negate(Box<Expr>),
    Between(Box<[Expr; 3]>),
    In(Box<Expr>, Vec<Test>),
    Is(Box<Expr>, Arc<str>),
    List(Vec<Expr>),
    Context(Vec<(Arc<str>, Expr)>),
    Range(bool, Box<[Expr; 2]>, bool),
    Each(Each, Vec<(Arc<str>, Expr)>, Box<Expr>),
    Sort(Box<[Expr; 2]>, [Arc<str>; 2]),
    Call(Function, Vec<Expr>),
    /// The one function that may be refused: what it makes may be too long.
    Replace(Box<[Expr; 3]>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sign {
    Plus,
    Minus,
    Times,
    Over,
    Power,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Each {
    Some,
    Every,
    For,
}

/// One test of a cell.
#[derive(Debug)]
pub(crate) enum Test {
    Equal(Value),
    Compare(Compare, Expr),
    /// A condition on `?`.
    When(Expr),
    /// A value to be equal to, or a list or an interval to be in.
    In(Expr),
}

/// Compiles the expression of a field; what is wrong is noted and is null.
pub(crate) fn compile(field: Field<'_>) -> Expr {
    expr(field, 0).unwrap_or(Expr::Const(Value::Null))
}

/// Compiles one test.
pub(crate) fn test(field: Field<'_>) -> Option<Test> {
    test_at(field, 0)
}

fn test_at(field: Field<'_>, depth: usize) -> Option<Test> {
    if let Some((op, parts)) = operation(field) {
        let one = || parts.first().and_then(|part| expr(*part, depth + 1));
        match op {
            "when" => return one().map(Test::When),
            "in" => return one().map(Test::In),
            _ => {}
        }
        if let Some(compare) = Compare::parse(op) {
            return Some(Test::Compare(compare, one()?));
        }
    }
    match expr(field, depth)? {
        Expr::Const(value) => Some(Test::Equal(value)),
        other => Some(Test::In(other)),
    }
}

fn operation<'a>(field: Field<'a>) -> Option<(&'a str, Vec<Field<'a>>)> {
    let Some(Setting::Items(_)) = field.raw() else { return None };
    let mut parts = field.items()?;
    let op = match parts.first()?.raw()? {
        Setting::Text(op) => op.as_str(),
        _ => return None,
    };
    parts.remove(0);
    Some((op, parts))
}

fn plain(field: &Field<'_>) -> Arc<str> {
    match field.raw() {
        Some(Setting::Text(text)) => text.as_str().into(),
        _ => {
            field.complain("must be a text", "");
            "".into()
        }
    }
}

fn index(parts: &[Field<'_>]) -> Option<usize> {
    usize::try_from(parts.first()?.count(0..=1_000_000)?).ok()
}

type Named = Vec<(Arc<str>, Expr)>;

/// Pairs of a name and an expression, and what stands after them.
fn named(parts: &[Field<'_>], depth: usize) -> Option<(Named, Option<Expr>)> {
    let (pairs, rest) = parts.as_chunks::<2>();
    let pairs = pairs.iter().map(|[name, of]| Some((plain(name), expr(*of, depth)?))).collect::<Option<_>>()?;
    Some((pairs, rest.first().and_then(|last| expr(*last, depth))))
}

fn expr(field: Field<'_>, depth: usize) -> Option<Expr> {
    if depth > EXPRESSION_DEPTH_MAX {
        field.complain("is nested too deeply", "");
        return None;
    }
    match field.raw()? {
        Setting::Flag(flag) => return Some(Expr::Const(Value::Flag(*flag))),
        Setting::Number(number) => return Some(Expr::Const(Value::whole(*number as i64))),
        Setting::Text(text) => return Some(Expr::Const(Value::text(text))),
        _ => {}
    }
    let Some((op, parts)) = operation(field) else {
        field.complain("is no expression", "");
        return None;
    };
    let built = build(op, &parts, depth + 1);
    if built.is_none() {
        field.complain(&format!("is no expression: `{op}` with {} parts", parts.len()), "");
    }
    built
}

fn build(op: &str, parts: &[Field<'_>], depth: usize) -> Option<Expr> {
    let one = |at: usize| parts.get(at).and_then(|part| expr(*part, depth));
    let boxed = |at: usize| one(at).map(Box::new);
    let two = || Some(Box::new([one(0)?, one(1)?]));
    let all = |from: usize| parts.iter().skip(from).map(|part| expr(*part, depth)).collect::<Option<Vec<_>>>();
    if let Some(compare) = Compare::parse(op) {
        return Some(Expr::Compare(compare, two()?));
    }
    Some(match op {
        "null" => Expr::Const(Value::Null),
        "number" => Expr::Const(Value::Number(number(&plain(parts.first()?))?)),
        "?" => Expr::Input,
        "var" => Expr::Variable(index(parts)?),
        "let" => Expr::Let(index(parts)?),
        "name" => Expr::Name(plain(parts.first()?), boxed(1)),
        "path" => Expr::Path(boxed(0)?, parts.iter().skip(1).map(plain).collect()),
        "filter" => Expr::Filter(two()?),
        "if" => guard::condition(all(0)?),
        "and" => guard::and(all(0)?),
        "or" => Expr::Or(all(0)?),
        "+" => Expr::Sum(Sign::Plus, two()?),
        "-" => Expr::Sum(Sign::Minus, two()?),
        "*" => Expr::Sum(Sign::Times, two()?),
        "/" => Expr::Sum(Sign::Over, two()?),
        "**" => Expr::Sum(Sign::Power, two()?),
        "neg" => Expr::Negate(boxed(0)?),
        "between" => Expr::Between(Box::new([one(0)?, one(1)?, one(2)?])),
        "in" => Expr::In(boxed(0)?, parts.iter().skip(1).map(|t| test_at(*t, depth)).collect::<Option<_>>()?),
        "is" => Expr::Is(boxed(0)?, plain(parts.get(1)?)),
        "list" => constant_list(all(0)?),
        "context" => Expr::Context(named(parts, depth)?.0),
        "range" => {
            let (from, to) = (parts.first()?.flag()?, parts.get(3)?.flag()?);
            constant_range(from, Box::new([one(1)?, one(2)?]), to)
        }
        "some" => each(Each::Some, parts, depth)?,
        "every" => each(Each::Every, parts, depth)?,
        "for" => each(Each::For, parts, depth)?,
        "sort" => Expr::Sort(Box::new([one(0)?, one(3)?]), [plain(parts.get(1)?), plain(parts.get(2)?)]),
        "call" => match &*plain(parts.first()?) {
            "replace" => replace(all(1)?.try_into().ok()?),
            name => call(name, all(1)?)?,
        },
        _ => return None,
    })
}

fn each(kind: Each, parts: &[Field<'_>], depth: usize) -> Option<Expr> {
    let (through, body) = named(parts, depth)?;
    Some(Expr::Each(kind, through, Box::new(body?)))
}

fn constants(parts: &[Expr]) -> Option<Vec<Value>> {
    parts.iter().map(|part| if let Expr::Const(value) = part { Some(value.clone()) } else { None }).collect()
}

fn constant_list(parts: Vec<Expr>) -> Expr {
    constants(&parts).map_or_else(|| Expr::List(parts), |values| Expr::Const(Value::list(values)))
}

fn constant_range(from_included: bool, ends: Box<[Expr; 2]>, to_included: bool) -> Expr {
    match &*ends {
        [Expr::Const(from), Expr::Const(to)] => Expr::Const(Value::Range(Arc::new(super::value::Range {
            from: from.clone(),
            from_included,
            to: to.clone(),
            to_included,
        }))),
        _ => Expr::Range(from_included, ends, to_included),
    }
}

/// A call of constants is worked out here, once.
fn call(name: &str, parts: Vec<Expr>) -> Option<Expr> {
    let function = function(name)?;
    Some(match constants(&parts) {
        Some(values) => Expr::Const((function.0)(&values)),
        None => Expr::Call(function, parts),
    })
}

fn replace(parts: [Expr; 3]) -> Expr {
    let known = match &parts {
        [Expr::Const(of), Expr::Const(part), Expr::Const(by)] => replaced(of, part, by).ok(),
        _ => None,
    };
    known.map_or_else(|| Expr::Replace(Box::new(parts)), Expr::Const)
}

impl Expr {
    /// How much there is to walk.
    pub(crate) fn weight(&self) -> usize {
        let all = |parts: &[Self]| parts.iter().map(Self::weight).sum::<usize>();
        1 + match self {
            Self::Const(_) | Self::Input | Self::Variable(_) | Self::Let(_) | Self::Name(..) => 0,
            Self::Path(of, _) | Self::Negate(of) | Self::Is(of, _) | Self::In(of, _) => of.weight(),
            Self::Filter(parts) | Self::Compare(_, parts) | Self::Sum(_, parts) | Self::Range(_, parts, _) => {
                all(&**parts)
            }
            Self::Sort(parts, _) => 100 + all(&**parts),
            Self::If(parts) | Self::And(parts) | Self::Or(parts) | Self::List(parts) | Self::Call(_, parts) => {
                all(parts)
            }
            Self::Between(parts) | Self::Replace(parts) => all(&**parts),
            Self::Context(fields) => fields.iter().map(|(_, of)| of.weight()).sum(),
            Self::Each(_, through, body) => {
                100 + body.weight() + through.iter().map(|(_, of)| of.weight()).sum::<usize>()
            }
        }
    }
}

/// A number to the power of a whole number.
pub(crate) fn power(base: Decimal, exponent: Decimal) -> Option<Decimal> {
    let whole = Value::Number(exponent).as_whole()?;
    let count = u32::try_from(whole.unsigned_abs()).ok().filter(|count| *count <= 1_000)?;
    let mut product = Decimal::ONE;
    for _ in 0..count {
        product = product.checked_mul(base)?;
    }
    if whole < 0 { Decimal::ONE.checked_div(product) } else { Some(product) }
}
