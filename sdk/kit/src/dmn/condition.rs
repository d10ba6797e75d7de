//! Cells as conditions of the policy format.

use maple_kernel::Day;
use toml::{Table as Toml, Value};

use super::{
    feel::{Expr, Range, Test, Tests},
    map::{Input, InputKind},
};

/// What a cell becomes.
#[derive(Debug)]
pub(super) struct Cell {
    fact: String,
    /// One of these holds.
    either: Vec<Value>,
    /// None of these holds.
    none: Vec<Value>,
    /// The fact is known.
    known: bool,
}

type Said<T> = Result<T, String>;

/// A cell as conditions on a fact.
pub(super) fn condition(tests: &Tests, input: &Input) -> Said<Cell> {
    let mut cell = Cell { fact: input.fact.clone(), either: Vec::new(), none: Vec::new(), known: false };
    let place = matches!(input.fact.as_str(), "kind" | "source" | "locality");
    let (mut words, mut others) = (Vec::new(), Vec::new());
    for test in &tests.of {
        match one(test, input)? {
            Value::Table(table) => {
                // `not(< 5)` says nothing of what is not known; `not` of a policy would hold.
                cell.known |= tests.not && !table.contains_key("known");
                others.push(Value::Table(table));
            }
            word => words.push(word),
        }
    }
    if place && !others.is_empty() {
        return Err(format!("`{}` is a name: it is one of several or it is not", input.fact));
    }
    match words.len() {
        0 => {}
        1 => others.append(&mut words),
        _ => others.push(Value::Array(words)),
    }
    match (tests.not, others.as_slice()) {
        // Not unknown is known.
        (true, [Value::Table(table)]) if table.get("known") == Some(&Value::Boolean(false)) => cell.known = true,
        (true, _) => cell.none = others,
        (false, _) => cell.either = others,
    }
    Ok(cell)
}

impl Cell {
    /// All cells together as one condition.
    pub(super) fn join(cells: Vec<Self>) -> Said<Toml> {
        let (mut when, mut none, mut either) = (Toml::new(), Vec::new(), None);
        for cell in cells {
            let alone = |value: &Value| Value::Table(Toml::from_iter([(cell.fact.clone(), value.clone())]));
            none.extend(cell.none.iter().map(alone));
            let known = Value::Table(Toml::from_iter([("known".to_owned(), Value::Boolean(true))]));
            let mut put = |value: Value| match when.insert(cell.fact.clone(), value) {
                None => Ok(()),
                Some(_) => Err(format!("two inputs are the fact `{}`", cell.fact)),
            };
            match cell.either.as_slice() {
                [] if cell.known => put(known)?,
                [] => {}
                [one] => put(one.clone())?,
                several => {
                    let several = Value::Array(several.iter().map(alone).collect());
                    if either.replace(several).is_some() {
                        return Err("two cells hold several kinds of tests; a rule of a policy has one `either`".into());
                    }
                }
            }
        }
        if let Some(either) = either {
            when.insert("either".into(), either);
        }
        match none.len() {
            0 => {}
            1 => drop(when.insert("not".into(), none.remove(0))),
            _ => drop(when.insert("not".into(), Value::Array(none))),
        }
        Ok(when)
    }
}

fn one(test: &Test, input: &Input) -> Said<Value> {
    match test {
        Test::Expr(Expr::Null) => Ok(bounds([("known", Value::Boolean(false))])),
        Test::Expr(Expr::Range(range)) => self::range(range, input),
        Test::Expr(expr) => value(expr, input),
        Test::Compare(compare, Expr::Null) if matches!(*compare, "=" | "!=") => {
            Ok(bounds([("known", Value::Boolean(*compare == "!="))]))
        }
        Test::Compare("=", expr) => value(expr, input),
        Test::Compare(compare, expr) => {
            let (lower, included) = match *compare {
                ">" => (true, false),
                ">=" => (true, true),
                "<" => (false, false),
                "<=" => (false, true),
                _ => return Err("a policy has no `!=` among tests; write not(…)".into()),
            };
            Ok(bounds([bound(expr, input, lower, included)?]))
        }
    }
}

fn range(range: &Range, input: &Input) -> Said<Value> {
    let from = bound(&range.from, input, true, range.from_included)?;
    Ok(bounds([from, bound(&range.to, input, false, range.to_included)?]))
}

fn bounds<const N: usize>(of: [(&str, Value); N]) -> Value {
    Value::Table(of.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A bound; days have only bounds that are included, so others move by a day.
fn bound(expr: &Expr, input: &Input, lower: bool, included: bool) -> Said<(&'static str, Value)> {
    let value = value(expr, input)?;
    if let Value::Datetime(given) = &value {
        let day: Day = given.to_string().parse().map_err(|_| format!("`{given}` is no day that a policy knows"))?;
        let step = match (included, lower) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => -1,
        };
        let moved = day.plus_days(step).to_string();
        let moved = moved.parse().map(Value::Datetime).map_err(|_| format!("`{moved}` is no day"))?;
        return Ok((if lower { "from" } else { "to" }, moved));
    }
    if !matches!(value, Value::Integer(_)) && input.kind != InputKind::Money {
        return Err("a bound is a whole number, an amount or a day".into());
    }
    Ok((
        match (lower, included) {
            (true, true) => "min",
            (true, false) => "above",
            (false, true) => "max",
            (false, false) => "below",
        },
        value,
    ))
}

fn value(expr: &Expr, input: &Input) -> Said<Value> {
    let translated = |word: &str| input.values.get(word).cloned();
    match expr {
        Expr::Text(text) => Ok(translated(text).unwrap_or_else(|| Value::String(text.clone()))),
        Expr::Flag(flag) => Ok(translated(&flag.to_string()).unwrap_or(Value::Boolean(*flag))),
        Expr::Number(digits) => number(digits, input),
        Expr::Negate(of) => match &**of {
            Expr::Number(digits) => number(&format!("-{digits}"), input),
            _ => Err(COMPUTES.into()),
        },
        Expr::At(text) => day(text),
        Expr::Call(function, arguments) if function.name == "date" => match arguments.as_slice() {
            [Expr::Text(text)] => day(text),
            _ => Err(COMPUTES.into()),
        },
        _ => Err(COMPUTES.into()),
    }
}

const COMPUTES: &str = "a rule of a policy compares with written values and does not compute";

fn day(text: &str) -> Said<Value> {
    let day: Day = text.parse().map_err(|_| format!("`{text}` is no day that a policy knows"))?;
    day.to_string().parse().map(Value::Datetime).map_err(|_| format!("`{text}` is no day"))
}

fn number(digits: &str, input: &Input) -> Said<Value> {
    if let Some(other) = input.values.get(digits) {
        return Ok(other.clone());
    }
    if input.kind == InputKind::Money {
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let fits = part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()) && whole.parse::<i64>().is_ok();
        return if fits {
            Ok(Value::String(format!("{whole}.{part:0<2}")))
        } else {
            Err(format!("`{digits}` is no amount"))
        };
    }
    digits.parse().map(Value::Integer).map_err(|_| format!("`{digits}` is not a whole number"))
}
