//! Text as Java's `String.valueOf` writes it: what the engine that such tables are written for makes of a value in a column
//! of texts. FEEL's own `string` writes lists, contexts and times in another way.

use rust_decimal::Decimal;

use super::{
    time::{SECOND, Time, day, zone},
    value::{Field, Value, string},
};

/// Numbers with a part behind the point are written without an exponent from here …
const PLAIN_MIN: f64 = 1e-3;
/// … to below here.
const PLAIN_MAX: f64 = 1e7;

/// A value as text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Number(number) => of_number(*number),
        Value::List(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        Value::Context(fields) => {
            let field = |(name, value): &Field| format!("{name}={}", text(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Value::Time(time) => clock(*time),
        Value::DateTime(moment) => format!("{}T{}", day(moment.date), clock(moment.time)),
        Value::Days(nanos) => length(*nanos),
        Value::Months(months) => period(*months),
        Value::Flag(_) | Value::Date(_) | Value::Range(_) => string(value).unwrap_or_default(),
    }
}

/// A whole number that fits into 64 bits has no point; any other is a floating-point number.
fn of_number(number: Decimal) -> String {
    let number = number.normalize();
    let digits = number.to_string();
    if number.fract().is_zero() && i64::try_from(number).is_ok() {
        return digits;
    }
    let Ok(float) = digits.parse::<f64>() else { return digits };
    if (PLAIN_MIN..PLAIN_MAX).contains(&float.abs()) {
        return float.to_string();
    }
    let written = format!("{float:e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// Seconds only where there are any, and three, six or nine digits behind the point.
fn clock(time: Time) -> String {
    let (seconds, rest) = (time.nanos / SECOND, time.nanos % SECOND);
    let mut text = format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    if seconds % 60 > 0 || rest > 0 {
        text.push_str(&format!(":{:02}", seconds % 60));
    }
    match (rest, rest % 1_000_000, rest % 1_000) {
        (0, ..) => {}
        (_, 0, _) => text.push_str(&format!(".{:03}", rest / 1_000_000)),
        (_, _, 0) => text.push_str(&format!(".{:06}", rest / 1_000)),
        _ => text.push_str(&format!(".{rest:09}")),
    }
    text + &zone(time)
}

/// Hours, minutes and seconds, each with its own sign; days are hours.
fn length(nanos: i64) -> String {
    let (seconds, rest) = (nanos / SECOND, (nanos % SECOND).abs());
    let mut text = "PT".to_owned();
    for (count, unit) in [(seconds / 3_600, 'H'), (seconds / 60 % 60, 'M')] {
        if count != 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    let last = seconds % 60;
    if last != 0 || rest != 0 || nanos == 0 {
        let sign = if nanos < 0 && last == 0 { "-" } else { "" };
        let fraction = if rest > 0 { format!(".{rest:09}") } else { String::new() };
        text.push_str(&format!("{sign}{last}{}S", fraction.trim_end_matches('0')));
    }
    text
}

/// Years and months, each with its own sign.
fn period(months: i64) -> String {
    match (months / 12, months % 12) {
        (0, 0) => "P0D".to_owned(),
        (0, months) => format!("P{months}M"),
        (years, 0) => format!("P{years}Y"),
        (years, months) => format!("P{years}Y{months}M"),
    }
}
