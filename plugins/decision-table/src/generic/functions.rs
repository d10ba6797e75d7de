//! The functions of FEEL that tables use. What a function cannot take gives null, as the standard has it.

use std::{cmp::Ordering, sync::Arc};

use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    eval::place,
    time::{self, DateTime, Time},
    value::{Range, Value, and, equal, number, or, order, string},
};

/// Bytes of a text that `replace` makes longer.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// A text would be longer than [`TEXT_BYTES_MAX`].
#[derive(Debug)]
pub(crate) struct TooLong;

/// A function.
#[derive(Clone, Copy)]
pub(crate) struct Function(pub(crate) fn(&[Value]) -> Value);

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("function")
    }
}

/// The function of this name.
pub(crate) fn function(name: &str) -> Option<Function> {
    let of: fn(&[Value]) -> Value = match name {
        "@" => |of| text(of, 0).map_or(Value::Null, time::parse_any),
        "not" => |of| Value::flag(at(of, 0).as_flag().map(|flag| !flag)),
        "is defined" => |of| Value::Flag(!at(of, 0).is_null()),
        "get or else" => |of| if at(of, 0).is_null() { at(of, 1).clone() } else { at(of, 0).clone() },
        "string" => |of| string(at(of, 0)).map_or(Value::Null, |text| Value::text(&text)),
        "number" => to_number,
        "date" => date,
        "time" => clock,
        "date and time" => date_and_time,
        "duration" => |of| text(of, 0).and_then(time::parse_duration).unwrap_or(Value::Null),
        "years and months duration" => |of| months_between(of).unwrap_or(Value::Null),
        "day of week" => |of| day_name(at(of, 0)),
        "month of year" => |of| month_name(at(of, 0)),
        "day of year" => |of| of_day(at(of, 0), time::day_of_year),
        "week of year" => |of| of_day(at(of, 0), time::week_of_year),
        "after" => |of| Value::flag(precedes(at(of, 1), at(of, 0))),
        "before" => |of| Value::flag(precedes(at(of, 0), at(of, 1))),
        "includes" => includes,
        "get value" => |of| text(of, 1).map_or(Value::Null, |name| at(of, 0).field(name)),
        "get entries" => entries,
        _ => return of_texts(name).or_else(|| of_lists(name)).or_else(|| of_numbers(name)),
    };
    Some(Function(of))
}

fn of_texts(name: &str) -> Option<Function> {
    let of: fn(&[Value]) -> Value = match name {
        "substring" => |of| substring(of).unwrap_or(Value::Null),
        "substring before" => |of| split_at(of, |text, at| text.find(at).map_or(Some(""), |at| text.get(..at))),
        "substring after" => {
            |of| split_at(of, |text, part| text.find(part).map_or(Some(""), |at| text.get(at + part.len()..)))
        }
        "string length" => |of| text(of, 0).map_or(Value::Null, |text| count(text.chars().count())),
        "upper case" => |of| text(of, 0).map_or(Value::Null, |text| Value::text(&text.to_uppercase())),
        "lower case" => |of| text(of, 0).map_or(Value::Null, |text| Value::text(&text.to_lowercase())),
        "trim" => |of| text(of, 0).map_or(Value::Null, |text| Value::text(text.trim())),
        "is blank" => |of| text(of, 0).map_or(Value::Null, |text| Value::Flag(text.trim().is_empty())),
        "contains" => |of| of_both(of, |text, part| text.contains(part)),
        // Plain text, as that of `split`: whoever wrote the settings has seen to it that the pattern is no more.
        "matches" => |of| of_both(of, |text, part| text.contains(part)),
        "starts with" => |of| of_both(of, |text, part| text.starts_with(part)),
        "ends with" => |of| of_both(of, |text, part| text.ends_with(part)),
        "split" => |of| match (text(of, 0), text(of, 1)) {
            (Some(text), Some(by)) if !by.is_empty() => Value::list(text.split(by).map(Value::text).collect()),
            _ => Value::Null,
        },
        "string join" => |of| join(of).unwrap_or(Value::Null),
        _ => return None,
    };
    Some(Function(of))
}

fn of_lists(name: &str) -> Option<Function> {
    let of: fn(&[Value]) -> Value = match name {
        "list contains" => |of| {
            at(of, 0)
                .items()
                .map_or(Value::Null, |items| Value::Flag(items.iter().any(|item| equal(item, at(of, 1)) == Some(true))))
        },
        "count" => |of| all(of).map_or(Value::Null, |items| count(items.len())),
        "is empty" => |of| at(of, 0).items().map_or(Value::Null, |items| Value::Flag(items.is_empty())),
        "min" => |of| extreme(of, Ordering::Less).unwrap_or(Value::Null),
        "max" => |of| extreme(of, Ordering::Greater).unwrap_or(Value::Null),
        "sum" => |of| fold(of, Decimal::checked_add).unwrap_or(Value::Null),
        "product" => |of| fold(of, Decimal::checked_mul).unwrap_or(Value::Null),
        "mean" => |of| mean(of).unwrap_or(Value::Null),
        "median" => |of| median(of).unwrap_or(Value::Null),
        "mode" => |of| mode(of).map_or(Value::Null, Value::list),
        "all" => |of| all(of).map_or(Value::Null, |items| Value::flag(and(items.iter().map(Value::as_flag)))),
        "any" => |of| all(of).map_or(Value::Null, |items| Value::flag(or(items.iter().map(Value::as_flag)))),
        "append" => |of| made(of, |items, rest| items.extend(rest.iter().cloned())),
        "concatenate" => |of| joined(of).map_or(Value::Null, Value::list),
        "union" => |of| joined(of).map_or(Value::Null, |items| Value::list(distinct(&items))),
        "distinct values" => |of| at(of, 0).items().map_or(Value::Null, |items| Value::list(distinct(items))),
        "flatten" => flatten,
        "reverse" => |of| made(of, |items, _| items.reverse()),
        "insert before" => |of| insert(of).unwrap_or(Value::Null),
        "remove" => |of| remove(of).unwrap_or(Value::Null),
        "sublist" => |of| sublist(of).unwrap_or(Value::Null),
        "index of" => index_of,
        "sort" => sort,
        _ => return None,
    };
    Some(Function(of))
}

fn of_numbers(name: &str) -> Option<Function> {
    let of: fn(&[Value]) -> Value = match name {
        "abs" => |of| match at(of, 0) {
            Value::Number(number) => Value::Number(number.abs()),
            Value::Days(nanos) => nanos.checked_abs().map_or(Value::Null, Value::Days),
            Value::Months(months) => months.checked_abs().map_or(Value::Null, Value::Months),
            _ => Value::Null,
        },
        "floor" => |of| rounded(of, RoundingStrategy::ToNegativeInfinity),
        "ceiling" => |of| rounded(of, RoundingStrategy::ToPositiveInfinity),
        "decimal" => |of| rounded(of, RoundingStrategy::MidpointNearestEven),
        "round half up" => |of| rounded(of, RoundingStrategy::MidpointAwayFromZero),
        "round half down" => |of| rounded(of, RoundingStrategy::MidpointTowardZero),
        "round up" => |of| rounded(of, RoundingStrategy::AwayFromZero),
        "round down" => |of| rounded(of, RoundingStrategy::ToZero),
        "modulo" => |of| modulo(of).map_or(Value::Null, Value::Number),
        "even" => |of| at(of, 0).as_whole().map_or(Value::Null, |whole| Value::Flag(whole % 2 == 0)),
        "odd" => |of| at(of, 0).as_whole().map_or(Value::Null, |whole| Value::Flag(whole % 2 != 0)),
        _ => return None,
    };
    Some(Function(of))
}

fn at(of: &[Value], index: usize) -> &Value {
    of.get(index).unwrap_or(&Value::Null)
}

fn text(of: &[Value], index: usize) -> Option<&str> {
    at(of, index).as_text()
}

fn count(of: usize) -> Value {
    Value::Number(Decimal::from(of))
}

/// The items of one list, or the values given one by one.
fn all(of: &[Value]) -> Option<&[Value]> {
    match of {
        [one] => one.items(),
        many => Some(many),
    }
}

fn of_both(of: &[Value], holds: fn(&str, &str) -> bool) -> Value {
    match (text(of, 0), text(of, 1)) {
        (Some(text), Some(part)) => Value::Flag(holds(text, part)),
        _ => Value::Null,
    }
}

fn split_at(of: &[Value], part: for<'a> fn(&'a str, &str) -> Option<&'a str>) -> Value {
    match (text(of, 0), text(of, 1)) {
        (Some(text), Some(at)) => part(text, at).map_or(Value::Null, Value::text),
        _ => Value::Null,
    }
}

fn to_number(of: &[Value]) -> Value {
    let separator = |index| at(of, index).as_text().and_then(|text| text.chars().next());
    match at(of, 0) {
        Value::Number(number) => Value::Number(*number),
        Value::Text(given) if of.len() > 1 => {
            let point = separator(2).unwrap_or('.');
            let plain = given.chars().filter(|c| Some(*c) != separator(1));
            let plain: String = plain.map(|c| if c == point { '.' } else { c }).collect();
            number(&plain).map_or(Value::Null, Value::Number)
        }
        Value::Text(given) => number(given).map_or(Value::Null, Value::Number),
        _ => Value::Null,
    }
}

fn date(of: &[Value]) -> Value {
    let given = match (of, at(of, 0)) {
        ([year, month, day], _) => {
            year.as_whole().zip(month.as_whole()).zip(day.as_whole()).and_then(|((y, m), d)| {
                time::date(i32::try_from(y).ok()?, u32::try_from(m).ok()?, u32::try_from(d).ok()?)
            })
        }
        (_, Value::Date(date)) => Some(*date),
        (_, Value::DateTime(moment)) => Some(moment.date),
        (_, Value::Text(text)) => time::parse_date_time(text).map(|moment| moment.date),
        _ => None,
    };
    given.map_or(Value::Null, Value::Date)
}

fn clock(of: &[Value]) -> Value {
    let given = match (of, at(of, 0)) {
        ([hour, minute, second, zone @ ..], _) => hour.as_whole().zip(minute.as_whole()).and_then(|(hour, minute)| {
            let text = format!("{hour:02}:{minute:02}:{:0>2}", string(second)?);
            let offset = match zone.first() {
                Some(Value::Days(nanos)) => i32::try_from(nanos / 1_000_000_000).ok(),
                _ => None,
            };
            time::parse_time(&text).map(|time| Time { offset, ..time })
        }),
        (_, Value::Time(time)) => Some(*time),
        (_, Value::DateTime(moment)) => Some(moment.time),
        (_, Value::Text(text)) => {
            time::parse_time(text).or_else(|| time::parse_date_time(text).map(|moment| moment.time))
        }
        _ => None,
    };
    given.map_or(Value::Null, Value::Time)
}

fn date_and_time(of: &[Value]) -> Value {
    let midnight = Time { nanos: 0, offset: None };
    let given = match (at(of, 0), at(of, 1)) {
        (Value::Date(date), Value::Time(time)) => Some(DateTime { date: *date, time: *time }),
        (Value::DateTime(moment), Value::Time(time)) => Some(DateTime { date: moment.date, time: *time }),
        (Value::DateTime(moment), _) => Some(*moment),
        (Value::Date(date), _) => Some(DateTime { date: *date, time: midnight }),
        (Value::Text(text), _) => time::parse_date_time(text),
        _ => None,
    };
    given.map_or(Value::Null, Value::DateTime)
}

fn day_of(value: &Value) -> Option<i32> {
    match value {
        Value::Date(date) => Some(*date),
        Value::DateTime(moment) => Some(moment.date),
        _ => None,
    }
}

fn of_day(value: &Value, part: fn(i32) -> i64) -> Value {
    day_of(value).map_or(Value::Null, |date| Value::whole(part(date)))
}

fn day_name(value: &Value) -> Value {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let at = day_of(value).and_then(|date| usize::try_from(time::weekday(date) - 1).ok());
    at.and_then(|at| NAMES.get(at)).map_or(Value::Null, |name| Value::text(name))
}

fn month_name(value: &Value) -> Value {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let at = day_of(value).map(|date| time::month(date) - 1);
    at.and_then(|at| NAMES.get(at)).map_or(Value::Null, |name| Value::text(name))
}

fn months_between(of: &[Value]) -> Option<Value> {
    Some(time::months_between(day_of(at(of, 0))?, day_of(at(of, 1))?))
}

/// Whether the first lies wholly before the second; each is a value or an interval (DMN 1.3, table 78).
fn precedes(a: &Value, b: &Value) -> Option<bool> {
    let (end, end_included) = match a {
        Value::Range(range) => (&range.to, range.to_included),
        value => (value, true),
    };
    let (start, start_included) = match b {
        Value::Range(range) => (&range.from, range.from_included),
        value => (value, true),
    };
    // An interval that is open to a side has nothing before it there, or after it.
    if matches!((a, end), (Value::Range(_), Value::Null)) || matches!((b, start), (Value::Range(_), Value::Null)) {
        return Some(false);
    }
    Some(match order(end, start)? {
        Ordering::Less => true,
        Ordering::Equal => !(end_included && start_included),
        Ordering::Greater => false,
    })
}

fn includes(of: &[Value]) -> Value {
    match (at(of, 0), at(of, 1)) {
        (Value::Range(range), Value::Range(inner)) => Value::flag(encloses(range, inner)),
        (Value::Range(range), value) => Value::flag(range.holds(value)),
        _ => Value::Null,
    }
}

/// Whether an interval lies in another; an end that is null is open to that side.
fn encloses(outer: &Range, inner: &Range) -> Option<bool> {
    let holds = |outer: (&Value, bool), inner: (&Value, bool), wider: Ordering| match (outer.0, inner.0) {
        (Value::Null, _) => Some(true),
        (_, Value::Null) => Some(false),
        (a, b) => order(a, b).map(|order| order == wider || (order == Ordering::Equal && (outer.1 || !inner.1))),
    };
    let from = holds((&outer.from, outer.from_included), (&inner.from, inner.from_included), Ordering::Less);
    let to = holds((&outer.to, outer.to_included), (&inner.to, inner.to_included), Ordering::Greater);
    and([from, to])
}

fn entries(of: &[Value]) -> Value {
    let Value::Context(fields) = at(of, 0) else { return Value::Null };
    let entry = |(name, value): &(Arc<str>, Value)| {
        Value::context(vec![("key".into(), Value::Text(Arc::clone(name))), ("value".into(), value.clone())])
    };
    Value::list(fields.iter().map(entry).collect())
}

/// From a letter counted from one, or backwards from minus one, so many letters or the rest.
fn substring(of: &[Value]) -> Option<Value> {
    let letters: Vec<char> = text(of, 0)?.chars().collect();
    let start = place(at(of, 1).as_whole()?, letters.len())?;
    let many = match of.get(2) {
        Some(length) => usize::try_from(length.as_whole()?).ok()?,
        None => letters.len(),
    };
    let part: String = letters.iter().skip(start).take(many).collect();
    Some(Value::text(&part))
}

/// The text with one part, wherever it stands, in the place of another. It is sought from the left, and again behind where
/// it was found; a part without letters is an error in XPath, and so null.
pub(crate) fn replaced(of: &Value, part: &Value, by: &Value) -> Result<Value, TooLong> {
    let (Some(text), Some(part), Some(by)) = (of.as_text(), part.as_text(), by.as_text()) else {
        return Ok(Value::Null);
    };
    if part.is_empty() {
        return Ok(Value::Null);
    }
    let found = text.matches(part).count();
    let length = (text.len() - found * part.len()).saturating_add(found.saturating_mul(by.len()));
    if length > TEXT_BYTES_MAX.max(text.len()) {
        return Err(TooLong);
    }
    Ok(if found == 0 { of.clone() } else { Value::text(&text.replace(part, by)) })
}

fn join(of: &[Value]) -> Option<Value> {
    let (by, before, after) = (text(of, 1).unwrap_or(""), text(of, 2).unwrap_or(""), text(of, 3).unwrap_or(""));
    let parts = at(of, 0).items()?.iter().filter(|item| !item.is_null());
    let parts: Vec<&str> = parts.map(Value::as_text).collect::<Option<_>>()?;
    Some(Value::text(&[before, &parts.join(by), after].concat()))
}

fn extreme(of: &[Value], wanted: Ordering) -> Option<Value> {
    let (first, rest) = all(of)?.split_first()?;
    let mut best = first;
    order(best, best)?;
    for item in rest {
        if order(item, best)? == wanted {
            best = item;
        }
    }
    Some(best.clone())
}

fn fold(of: &[Value], step: fn(Decimal, Decimal) -> Option<Decimal>) -> Option<Value> {
    let mut numbers = all(of)?.iter().map(Value::as_number);
    let mut total = numbers.next()??;
    for number in numbers {
        total = step(total, number?)?;
    }
    Some(Value::Number(total))
}

fn mean(of: &[Value]) -> Option<Value> {
    let total = fold(of, Decimal::checked_add)?.as_number()?;
    total.checked_div(Decimal::from(all(of)?.len())).map(Value::Number)
}

/// Numbers in their order; null when there is something else among them.
fn sorted(of: &[Value]) -> Option<Vec<Decimal>> {
    let mut numbers: Vec<Decimal> = all(of)?.iter().map(Value::as_number).collect::<Option<_>>()?;
    numbers.sort_unstable();
    Some(numbers)
}

/// The number in the middle, or what lies between the two that are.
fn median(of: &[Value]) -> Option<Value> {
    let numbers = sorted(of)?;
    let upper = *numbers.get(numbers.len() / 2)?;
    if !numbers.len().is_multiple_of(2) {
        return Some(Value::Number(upper));
    }
    let lower = *numbers.get(numbers.len() / 2 - 1)?;
    lower.checked_add(upper)?.checked_div(Decimal::TWO).map(Value::Number)
}

/// The numbers that stand there most often, the least first.
fn mode(of: &[Value]) -> Option<Vec<Value>> {
    let numbers = sorted(of)?;
    let runs: Vec<&[Decimal]> = numbers.chunk_by(|a, b| a == b).collect();
    let most = runs.iter().map(|run| run.len()).max().unwrap_or(0);
    let often = runs.iter().filter(|run| run.len() == most);
    Some(often.filter_map(|run| run.first()).map(|number| Value::Number(*number)).collect())
}

/// A list made of the first value and changed by the others.
fn made(of: &[Value], change: fn(&mut Vec<Value>, &[Value])) -> Value {
    let Some(items) = at(of, 0).items() else { return Value::Null };
    let mut items = items.to_vec();
    change(&mut items, of.get(1..).unwrap_or_default());
    Value::list(items)
}

fn joined(of: &[Value]) -> Option<Vec<Value>> {
    let mut joined = Vec::new();
    for list in of {
        joined.extend_from_slice(list.items()?);
    }
    Some(joined)
}

fn distinct(items: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if !kept.iter().any(|known| equal(known, item) == Some(true)) {
            kept.push(item.clone());
        }
    }
    kept
}

fn flatten(of: &[Value]) -> Value {
    fn into(items: &[Value], flat: &mut Vec<Value>) {
        for item in items {
            match item {
                Value::List(inner) => into(inner, flat),
                other => flat.push(other.clone()),
            }
        }
    }
    let mut flat = Vec::new();
    let Some(items) = at(of, 0).items() else { return Value::Null };
    into(items, &mut flat);
    Value::list(flat)
}

fn insert(of: &[Value]) -> Option<Value> {
    let mut items = at(of, 0).items()?.to_vec();
    let here = place(at(of, 1).as_whole()?, items.len()).filter(|here| *here <= items.len())?;
    items.insert(here, at(of, 2).clone());
    Some(Value::list(items))
}

fn remove(of: &[Value]) -> Option<Value> {
    let mut items = at(of, 0).items()?.to_vec();
    let here = place(at(of, 1).as_whole()?, items.len()).filter(|here| *here < items.len())?;
    items.remove(here);
    Some(Value::list(items))
}

fn sublist(of: &[Value]) -> Option<Value> {
    let items = at(of, 0).items()?;
    let start = place(at(of, 1).as_whole()?, items.len()).filter(|start| *start <= items.len())?;
    let many = match of.get(2) {
        Some(length) => usize::try_from(length.as_whole()?).ok()?,
        None => items.len(),
    };
    Some(Value::list(items.iter().skip(start).take(many).cloned().collect()))
}

fn index_of(of: &[Value]) -> Value {
    let Some(items) = at(of, 0).items() else { return Value::Null };
    let found = items.iter().enumerate().filter(|(_, item)| equal(item, at(of, 1)) == Some(true));
    Value::list(found.map(|(at, _)| count(at + 1)).collect())
}

/// In the natural order; null when two values have none.
fn sort(of: &[Value]) -> Value {
    let Some(items) = at(of, 0).items() else { return Value::Null };
    let mut sorted: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if sorted.first().is_some_and(|first| order(first, item).is_none()) {
            return Value::Null;
        }
        let at = sorted.partition_point(|known| order(known, item) != Some(Ordering::Greater));
        sorted.insert(at, item.clone());
    }
    Value::list(sorted)
}

fn rounded(of: &[Value], how: RoundingStrategy) -> Value {
    let scale = of.get(1).map_or(Some(0), Value::as_whole).and_then(|scale| u32::try_from(scale).ok());
    match (at(of, 0).as_number(), scale) {
        (Some(number), Some(scale)) => Value::Number(number.round_dp_with_strategy(scale.min(28), how)),
        _ => Value::Null,
    }
}

/// The rest of a division, with the sign of the divisor.
fn modulo(of: &[Value]) -> Option<Decimal> {
    let (number, by) = (at(of, 0).as_number()?, at(of, 1).as_number()?);
    let whole = number.checked_div(by)?.floor();
    number.checked_sub(by.checked_mul(whole)?)
}
