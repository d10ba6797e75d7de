//! Times that are written out. What is none would be null in every case, so it is told instead. What is one is what the
//! plugin takes for one; a test holds the two together.

use super::Expr;

/// Why a value that is written out is no time, if it is none.
pub(in crate::dmn) fn no_time(function: &str, arguments: &[Expr]) -> Option<String> {
    let (text, is) = match (function, arguments) {
        ("@", [Expr::At(text)]) => (text, date(text) || date_time(text) || time(text) || duration(text)),
        ("date", [Expr::Text(text)]) => (text, date_time(text)),
        ("date and time", [Expr::Text(text)]) => (text, date_time(text)),
        ("time", [Expr::Text(text)]) => (text, time(text) || date_time(text)),
        ("duration", [Expr::Text(text)]) => (text, duration(text)),
        ("date", [Expr::Number(year), Expr::Number(month), Expr::Number(day)]) => {
            let text = format!("{year:0>4}-{month:0>2}-{day:0>2}");
            let plain = [year, month, day].into_iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
            return (plain && !date(&text)).then(|| format!("there is no day {text}"));
        }
        ("time", [Expr::Number(hour), Expr::Number(minute), Expr::Number(second), ..]) => {
            let text = format!("{hour:0>2}:{minute:0>2}:{second:0>2}");
            return (!time(&text)).then(|| format!("there is no time of day {text}"));
        }
        _ => return None,
    };
    let (what, such) = match function {
        "@" => ("date, time or duration", "2024-01-31"),
        "date" => ("day", "2024-01-31"),
        "time" => ("time of day", "18:30:00"),
        "duration" => ("duration", "P1DT2H"),
        _ => ("date and time", "2024-01-31T18:30:00"),
    };
    (!is).then(|| format!("`{text}` is no {what} that is known here; one is written as {such}"))
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `2024-01-31`, and before the year one with a minus.
fn date(text: &str) -> bool {
    let parts: Vec<&str> = text.strip_prefix('-').unwrap_or(text).split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// `18:30:00`, with a fraction and an offset or without; the name of a zone is passed over where an offset stands too.
fn time(text: &str) -> bool {
    let text = text.split_once('[').map_or(text, |(before, _)| before);
    let (clock, zone) = text.split_at(text.find(['Z', 'z', '+', '-', '@']).unwrap_or(text.len()));
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "00"),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return false,
    };
    let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
    let below = |text: &str, end: u32| digits(text, 2).is_some_and(|count| count < end);
    below(hour, 24)
        && below(minute, 60)
        && below(second, 60)
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && offset(zone)
}

/// Nothing, `Z`, or hours and minutes behind a sign.
fn offset(zone: &str) -> bool {
    let Some(rest) = zone.strip_prefix(['+', '-']) else { return matches!(zone, "" | "Z" | "z") };
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2)).unwrap_or((rest, ""));
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    digits(hours, 2).is_some_and(|hours| hours <= 18) && digits(minutes, 2).is_some_and(|minutes| minutes <= 59)
}

/// `2024-01-31T18:30:00`, or a day alone.
fn date_time(text: &str) -> bool {
    text.split_once(['T', 't']).map_or_else(|| date(text), |(day, clock)| date(day) && time(clock))
}

/// `P1Y2M` or `P3DT4H5M6S`; the two kinds do not mix, only seconds have a fraction, and months and nanoseconds are
/// counted in 64 bits.
fn duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-').unwrap_or(text).strip_prefix('P') else { return false };
    let (days, clock) = rest.split_once('T').unwrap_or((rest, ""));
    let (Some(days), Some(clock)) = (units(days), units(clock)) else { return false };
    if days.len() + clock.len() == 0 {
        return false;
    }
    let of_months = |unit| match unit {
        'Y' => Some(12),
        'M' => Some(1),
        _ => None,
    };
    let of_days = |unit| match unit {
        'W' => Some(604_800),
        'D' => Some(86_400),
        _ => None,
    };
    let of_clock = |unit| match unit {
        'H' => Some(3_600),
        'M' => Some(60),
        'S' => Some(1),
        _ => None,
    };
    let nanos = total(&days, of_days).zip(total(&clock, of_clock)).map(|(days, clock)| days.saturating_add(clock));
    let months = total(&days, of_months).filter(|_| clock.is_empty()).map(|months| months / NANOS);
    months.or(nanos).is_some_and(|total| i64::try_from(total).is_ok())
}

/// Nanoseconds of a second.
const NANOS: i128 = 1_000_000_000;

/// All of them together, in billionths of the unit that counts as one; `None` when a unit is none of these.
fn total(units: &[(char, i64, i64)], of: fn(char) -> Option<i128>) -> Option<i128> {
    units.iter().try_fold(0_i128, |sum, (unit, count, nanos)| {
        let one = of(*unit)? * i128::from(*count) * NANOS + i128::from(*nanos);
        Some(sum.saturating_add(one))
    })
}

/// Counts with their units, and the nanoseconds behind the point: `1Y2M`, `1.5S`.
fn units(text: &str) -> Option<Vec<(char, i64, i64)>> {
    let (mut units, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let at = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, after) = rest.split_at(at);
        let mut letters = after.chars();
        let unit = letters.next()?;
        let (whole, part) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
        let plain = part.is_none_or(|part| unit == 'S' && part.bytes().all(|b| b.is_ascii_digit()));
        plain.then_some(())?;
        let nine = part.unwrap_or_default().chars().chain(std::iter::repeat('0')).take(9).collect::<String>();
        units.push((unit, whole.parse().ok()?, nine.parse().ok()?));
        rest = letters.as_str();
    }
    Some(units)
}
