//! Days, times and lengths of time of FEEL. Offsets are kept; names of zones are not known, so a time with nothing but
//! such a name is null. There is no clock here.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::value::Value;

/// Nanoseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Years that are known, either way.
const YEAR_MAX: i32 = 9_999;

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    /// Nanoseconds since midnight.
    pub(crate) nanos: i64,
    /// Seconds east of Greenwich.
    pub(crate) offset: Option<i32>,
}

/// A day and a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime {
    /// Days since 1970-01-01.
    pub(crate) date: i32,
    pub(crate) time: Time,
}

impl Time {
    /// Times are ordered when both have an offset, or neither.
    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        DateTime { date: 0, time: self }.order(DateTime { date: 0, time: other })
    }
}

impl DateTime {
    /// Nanoseconds since 1970, at Greenwich where the offset is known.
    fn instant(self) -> i128 {
        let offset = i128::from(self.time.offset.unwrap_or(0)) * i128::from(SECOND);
        i128::from(self.date) * i128::from(DAY) + i128::from(self.time.nanos) - offset
    }

    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        (self.time.offset.is_some() == other.time.offset.is_some()).then(|| self.instant().cmp(&other.instant()))
    }

    fn moved(self, nanos: i64) -> Option<Self> {
        let moved = self.time.nanos.checked_add(nanos)?;
        let date = self.date.checked_add(i32::try_from(moved.div_euclid(DAY)).ok()?)?;
        known(date).then_some(Self { date, time: Time { nanos: moved.rem_euclid(DAY), ..self.time } })
    }
}

fn known(date: i32) -> bool {
    civil(date).0.abs() <= YEAR_MAX
}

/// Days since 1970-01-01, if the day exists.
pub(crate) fn date(year: i32, month: u32, day: u32) -> Option<i32> {
    if year.abs() > YEAR_MAX || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    // Years from March, in eras of 400 years (Howard Hinnant's days_from_civil).
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
    Some(year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Year, month and day.
fn civil(date: i32) -> (i32, u32, u32) {
    let days = i64::from(date) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

/// 1 Monday to 7 Sunday.
pub(crate) fn weekday(date: i32) -> i64 {
    i64::from((date + 3).rem_euclid(7)) + 1
}

/// The day of the year, from 1.
pub(crate) fn day_of_year(date: i32) -> i64 {
    i64::from(date - self::date(civil(date).0, 1, 1).unwrap_or(date)) + 1
}

/// The week of the year as ISO 8601 counts it.
pub(crate) fn week_of_year(date: i32) -> i64 {
    let thursday = date + 4 - weekday(date) as i32;
    (day_of_year(thursday) - 1) / 7 + 1
}

/// The month, from 1.
pub(crate) fn month(date: i32) -> usize {
    civil(date).1 as usize
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `2024-01-31`
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut parts = rest.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    date(sign * i32::try_from(year).ok()?, month, day)
}

/// `18:30:00`, with a fraction and an offset or without.
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let text = text.split_once('[').map_or(text, |(before, _)| before);
    let at = text.find(['Z', 'z', '+', '-', '@']).unwrap_or(text.len());
    let (clock, zone) = text.split_at_checked(at)?;
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, fraction) = parts.next().map_or(("00", ""), |part| part.split_once('.').unwrap_or((part, "")));
    let second = digits(second, 2)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some(Time { nanos: seconds * SECOND + self::fraction(fraction)?, offset: offset(zone)? })
}

/// The digits behind the point, as nanoseconds.
fn fraction(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().ok()
}

/// An offset; `None` when what stands there is none.
fn offset(zone: &str) -> Option<Option<i32>> {
    let sign = match zone.bytes().next() {
        None => return Some(None),
        Some(b'Z' | b'z') => return (zone.len() == 1).then_some(Some(0)),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let rest = zone.get(1..)?;
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2)).unwrap_or((rest, "00"));
    let (hours, minutes) = (digits(hours, 2)?, digits(if minutes.is_empty() { "00" } else { minutes }, 2)?);
    (hours <= 18 && minutes <= 59).then(|| Some(sign * i32::try_from(hours * 3_600 + minutes * 60).unwrap_or(0)))
}

/// `2024-01-31T18:30:00`; a day alone is its midnight.
pub(crate) fn parse_date_time(text: &str) -> Option<DateTime> {
    let midnight = Time { nanos: 0, offset: None };
    match text.split_once(['T', 't']) {
        Some((day, clock)) => Some(DateTime { date: parse_date(day)?, time: parse_time(clock)? }),
        None => Some(DateTime { date: parse_date(text)?, time: midnight }),
    }
}

/// `P1Y2M` or `P3DT4H5M6S`; the two kinds do not mix.
pub(crate) fn parse_duration(text: &str) -> Option<Value> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix('P')?;
    let (mut months, mut nanos, mut of_months, mut of_days) = (0_i64, 0_i64, false, false);
    let (mut clock, mut number) = (false, String::new());
    for letter in rest.chars() {
        match letter {
            '0'..='9' | '.' => number.push(letter),
            'T' if number.is_empty() && !clock => clock = true,
            unit => {
                let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
                let count: i64 = whole.parse().ok()?;
                // Half a day or half a month has no one length here.
                if number.contains('.') && (clock, unit) != (true, 'S') {
                    return None;
                }
                match (clock, unit) {
                    (false, 'Y') => months = months.checked_add(count.checked_mul(12)?)?,
                    (false, 'M') => months = months.checked_add(count)?,
                    (false, 'W') => nanos = nanos.checked_add(count.checked_mul(7 * DAY)?)?,
                    (false, 'D') => nanos = nanos.checked_add(count.checked_mul(DAY)?)?,
                    (true, 'H') => nanos = nanos.checked_add(count.checked_mul(3_600 * SECOND)?)?,
                    (true, 'M') => nanos = nanos.checked_add(count.checked_mul(60 * SECOND)?)?,
                    (true, 'S') => {
                        nanos = nanos.checked_add(count.checked_mul(SECOND)?.checked_add(fraction(part)?)?)?
                    }
                    _ => return None,
                }
                of_months |= matches!((clock, unit), (false, 'Y' | 'M'));
                of_days |= !matches!((clock, unit), (false, 'Y' | 'M'));
                number.clear();
            }
        }
    }
    let sign = if negative { -1 } else { 1 };
    match (of_months, of_days, number.is_empty()) {
        (true, false, true) => Some(Value::Months(sign * months)),
        (false, true, true) => Some(Value::Days(sign * nanos)),
        _ => None,
    }
}

/// What stands behind `@`, whichever of these it is.
pub(crate) fn parse_any(text: &str) -> Value {
    parse_date(text)
        .map(Value::Date)
        .or_else(|| parse_date_time(text).map(Value::DateTime))
        .or_else(|| parse_time(text).map(Value::Time))
        .or_else(|| parse_duration(text))
        .unwrap_or(Value::Null)
}

/// A part of a time by its name.
pub(crate) fn part(of: &Value, name: &str) -> Value {
    let day = match of {
        Value::Date(date) => Some(*date),
        Value::DateTime(moment) => Some(moment.date),
        _ => None,
    };
    let clock = match of {
        Value::Time(time) => Some(*time),
        Value::DateTime(moment) => Some(moment.time),
        _ => None,
    };
    let of_day = day.and_then(|date| {
        let (year, month, day) = civil(date);
        Some(match name {
            "year" => i64::from(year),
            "month" => i64::from(month),
            "day" => i64::from(day),
            "weekday" => weekday(date),
            _ => return None,
        })
    });
    let of_clock = clock.and_then(|time| {
        let seconds = time.nanos / SECOND;
        Some(match name {
            "hour" => seconds / 3_600,
            "minute" => seconds / 60 % 60,
            "second" => seconds % 60,
            _ => return None,
        })
    });
    if let ("time offset", Some(offset)) = (name, clock.and_then(|time| time.offset)) {
        return Value::Days(i64::from(offset) * SECOND);
    }
    of_day.or(of_clock).or_else(|| length_part(of, name)).map_or(Value::Null, Value::whole)
}

fn length_part(of: &Value, name: &str) -> Option<i64> {
    Some(match (of, name) {
        (Value::Months(months), "years") => months / 12,
        (Value::Months(months), "months") => months % 12,
        (Value::Days(nanos), "days") => nanos / DAY,
        (Value::Days(nanos), "hours") => nanos / SECOND / 3_600 % 24,
        (Value::Days(nanos), "minutes") => nanos / SECOND / 60 % 60,
        (Value::Days(nanos), "seconds") => nanos / SECOND % 60,
        _ => return None,
    })
}

fn clock(time: Time) -> String {
    let seconds = time.nanos / SECOND;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if time.nanos % SECOND != 0 {
        text.push_str(format!(".{:09}", time.nanos % SECOND).trim_end_matches('0'));
    }
    text + &zone(time)
}

/// The offset of a time as it is written; nothing where there is none.
pub(crate) fn zone(time: Time) -> String {
    match time.offset {
        None => String::new(),
        Some(0) => "Z".to_owned(),
        Some(offset) => {
            let sign = if offset < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", offset.abs() / 3_600, offset.abs() / 60 % 60)
        }
    }
}

/// A day as it is written.
pub(crate) fn day(date: i32) -> String {
    let (year, month, day) = civil(date);
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{month:02}-{day:02}", year.abs())
}

fn length(nanos: i64) -> String {
    let (sign, left) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let second = SECOND.unsigned_abs();
    let (days, seconds, rest) = (left / (86_400 * second), left / second % 86_400, left % second);
    let mut text = format!("{sign}P");
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if seconds > 0 || rest > 0 || days == 0 {
        text.push('T');
        for (count, unit) in [(seconds / 3_600, 'H'), (seconds / 60 % 60, 'M')] {
            if count > 0 {
                text.push_str(&format!("{count}{unit}"));
            }
        }
        let fraction = if rest > 0 { format!(".{rest:09}") } else { String::new() };
        if seconds % 60 > 0 || rest > 0 || (days == 0 && seconds == 0) {
            text.push_str(&format!("{}{}S", seconds % 60, fraction.trim_end_matches('0')));
        }
    }
    text
}

/// A time as FEEL writes it.
pub(crate) fn string(of: &Value) -> Option<String> {
    Some(match of {
        Value::Date(date) => day(*date),
        Value::Time(time) => clock(*time),
        Value::DateTime(moment) => format!("{}T{}", day(moment.date), clock(moment.time)),
        Value::Days(nanos) => length(*nanos),
        Value::Months(months) => {
            let (sign, left) = (if *months < 0 { "-" } else { "" }, months.unsigned_abs());
            match (left / 12, left % 12) {
                (0, months) => format!("{sign}P{months}M"),
                (years, 0) => format!("{sign}P{years}Y"),
                (years, months) => format!("{sign}P{years}Y{months}M"),
            }
        }
        _ => return None,
    })
}

/// A day moved by months; a day that the month does not have becomes its last.
fn moved_by_months(date: i32, months: i64) -> Option<i32> {
    let (year, month, day) = civil(date);
    let all = i64::from(year) * 12 + i64::from(month) - 1 + months;
    let (year, month) = (i32::try_from(all.div_euclid(12)).ok()?, u32::try_from(all.rem_euclid(12)).ok()? + 1);
    if year.abs() > YEAR_MAX {
        return None;
    }
    self::date(year, month, day.min(days_in(year, month)))
}

fn moved(of: &Value, by: &Value) -> Option<Value> {
    Some(match (of, by) {
        (Value::Date(date), Value::Days(nanos)) => {
            let date = date.checked_add(i32::try_from(nanos.div_euclid(DAY)).ok()?)?;
            known(date).then_some(Value::Date(date))?
        }
        (Value::Date(date), Value::Months(months)) => Value::Date(moved_by_months(*date, *months)?),
        (Value::DateTime(moment), Value::Days(nanos)) => Value::DateTime(moment.moved(*nanos)?),
        (Value::DateTime(moment), Value::Months(months)) => {
            Value::DateTime(DateTime { date: moved_by_months(moment.date, *months)?, ..*moment })
        }
        (Value::Time(time), Value::Days(nanos)) => {
            Value::Time(Time { nanos: time.nanos.checked_add(*nanos)?.rem_euclid(DAY), ..*time })
        }
        (Value::Days(a), Value::Days(b)) => Value::Days(a.checked_add(*b)?),
        (Value::Months(a), Value::Months(b)) => Value::Months(a.checked_add(*b)?),
        _ => return None,
    })
}

/// A sum in which a time or a length of time takes part.
pub(crate) fn add(a: &Value, b: &Value) -> Option<Value> {
    moved(a, b).or_else(|| moved(b, a))
}

/// A difference in which a time or a length of time takes part.
pub(crate) fn subtract(a: &Value, b: &Value) -> Option<Value> {
    let moment = |value: &Value| match value {
        Value::Date(date) => Some(DateTime { date: *date, time: Time { nanos: 0, offset: None } }),
        Value::DateTime(moment) => Some(*moment),
        Value::Time(time) => Some(DateTime { date: 0, time: *time }),
        _ => None,
    };
    match b {
        Value::Days(nanos) => moved(a, &Value::Days(nanos.checked_neg()?)),
        Value::Months(months) => moved(a, &Value::Months(months.checked_neg()?)),
        _ => {
            let (a, b) = (moment(a)?, moment(b)?);
            (a.time.offset.is_some() == b.time.offset.is_some()).then_some(())?;
            Some(Value::Days(i64::try_from(a.instant() - b.instant()).ok()?))
        }
    }
}

/// A length of time so many times.
pub(crate) fn times(length: &Value, by: Decimal) -> Option<Value> {
    let scaled = |count: i64| i64::try_from(Decimal::from(count).checked_mul(by)?.trunc()).ok();
    match length {
        Value::Days(nanos) => scaled(*nanos).map(Value::Days),
        Value::Months(months) => scaled(*months).map(Value::Months),
        _ => None,
    }
}

/// Whole months between two days.
pub(crate) fn months_between(from: i32, to: i32) -> Value {
    let (a, b) = (civil(from), civil(to));
    let months = (i64::from(b.0) - i64::from(a.0)) * 12 + i64::from(b.1) - i64::from(a.1);
    Value::Months(match months {
        months if months > 0 && b.2 < a.2 => months - 1,
        months if months < 0 && b.2 > a.2 => months + 1,
        months => months,
    })
}
