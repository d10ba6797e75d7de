//! Days, spans and the calendar.

use std::cmp::Ordering;

use crate::{Calendar, Day, Due, Span, Term, Unit};

impl Day {
    /// The day, if it exists.
    ///
    /// ```
    /// use maple_guest::Day;
    /// assert!(Day::new(2024, 2, 29).is_some());
    /// assert!(Day::new(2025, 2, 29).is_none());
    /// ```
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
        if exists { Some(Self { year, month, day }) } else { None }
    }

    /// Days since 1970-01-01; negative before.
    #[must_use]
    pub const fn number(self) -> i32 {
        // Years run from March so that the leap day comes last: days_from_civil by Howard Hinnant.
        let year = self.year as i32 - (self.month <= 2) as i32;
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((self.month as i32 + 9) % 12) + 2) / 5 + self.day as i32 - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The day that many days after 1970-01-01, held within the years 0 to 9999.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        let shifted = clamp(number, -719_528, 2_932_896) + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let month = (march + 2) % 12 + 1;
        let day = of_year - (153 * march + 2) / 5 + 1;
        Self { year: (era * 400 + year + (month <= 2) as i32) as u16, month: month as u8, day: day as u8 }
    }

    /// The day of the week, 1 Monday to 7 Sunday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        ((self.number() + 3).rem_euclid(7) + 1) as u8
    }

    /// This day moved by calendar days.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self::from_number(self.number().saturating_add(days))
    }

    /// The same day of another month, or that month's last day where it has none.
    ///
    /// ```
    /// use maple_guest::Day;
    /// let end_of_january = Day::new(2024, 1, 31).unwrap();
    /// assert_eq!(end_of_january.plus_months(1), Day::new(2024, 2, 29).unwrap());
    /// ```
    #[must_use]
    pub const fn plus_months(self, months: i32) -> Self {
        let at = clamp((self.year as i32 * 12 + self.month as i32 - 1).saturating_add(months), 0, 9_999 * 12 + 11);
        let (year, month) = ((at / 12) as u16, (at % 12 + 1) as u8);
        let last = days_in_month(year, month);
        Self { year, month, day: if self.day < last { self.day } else { last } }
    }

    /// The last day of this day's month.
    #[must_use]
    pub const fn month_end(self) -> Self {
        Self { day: days_in_month(self.year, self.month), ..self }
    }

    /// Calendar days from `earlier` to this day; negative when `earlier` is later.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.number() - earlier.number()
    }

    /// This day moved by a span, forward or back, by the plain calendar. Hours round up to days; working days count as
    /// days, since only the host counts by the law of the locality.
    #[must_use]
    pub const fn moved(self, span: Span, forward: bool) -> Self {
        let sign = if forward { 1 } else { -1 };
        let count = span.count as i32 * sign;
        match span.unit {
            Unit::Hour => self.plus_days((span.count as i32 + 23) / 24 * sign),
            Unit::Day | Unit::WorkingDay => self.plus_days(count),
            Unit::Month => self.plus_months(count),
            Unit::Year => self.plus_months(count * 12),
        }
    }
}

const fn clamp(value: i32, least: i32, most: i32) -> i32 {
    if value < least {
        least
    } else if value > most {
        most
    } else {
        value
    }
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Eq for Day {}

impl PartialOrd for Day {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Day {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.year, self.month, self.day).cmp(&(other.year, other.month, other.day))
    }
}

impl Span {
    /// A span of hours.
    #[must_use]
    pub const fn hours(count: u16) -> Self {
        Self { count, unit: Unit::Hour }
    }

    /// A span of calendar days.
    #[must_use]
    pub const fn days(count: u16) -> Self {
        Self { count, unit: Unit::Day }
    }

    /// A span of working days.
    #[must_use]
    pub const fn working_days(count: u16) -> Self {
        Self { count, unit: Unit::WorkingDay }
    }

    /// A span of months.
    #[must_use]
    pub const fn months(count: u16) -> Self {
        Self { count, unit: Unit::Month }
    }

    /// A span of years.
    #[must_use]
    pub const fn years(count: u16) -> Self {
        Self { count, unit: Unit::Year }
    }

    /// Due within this span after an event, such as `acceptance`.
    #[must_use]
    pub fn after(self, event: &str) -> Due {
        Due::Within(Term { span: self, start: event.into() })
    }

    /// Reads `15 days`, `1 day`, `7 working days`, `72 hours`, `3 months`, `1 year`.
    ///
    /// ```
    /// use maple_guest::Span;
    /// assert_eq!(Span::parse("7 working days"), Some(Span::working_days(7)));
    /// assert_eq!(Span::parse("soon"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once(' ')?;
        let count = count.bytes().all(|b| b.is_ascii_digit()).then(|| count.parse().ok())??;
        Some(Self { count, unit: Unit::parse(unit.strip_suffix('s').unwrap_or(unit))? })
    }
}

impl Unit {
    /// The unit of that word: `hour`, `day`, `working-day` (or `working day`), `month`, `year`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "working-day" | "working day" => Self::WorkingDay,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }
}

impl Calendar {
    /// True on a working day.
    #[must_use]
    pub fn works(&self, day: Day) -> bool {
        self.days_on.contains(&day) || !(self.days_off.contains(&day) || self.weekend.contains(&day.weekday()))
    }

    /// The day itself if it is a working day, else the next one.
    #[must_use]
    pub fn roll(&self, day: Day) -> Day {
        // A calendar that never works would roll for ever; the day itself is as good an answer as any.
        (0..CALENDAR_ROLL_DAYS_MAX).map(|days| day.plus_days(days)).find(|&next| self.works(next)).unwrap_or(day)
    }
}

/// How far [`Calendar::roll`] looks for a working day.
pub const CALENDAR_ROLL_DAYS_MAX: i32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: u16, month: u8, day: u8) -> Day {
        Day::new(year, month, day).unwrap()
    }

    #[test]
    fn every_day_of_four_centuries_has_its_number_and_weekday() {
        let mut expected = day(1800, 1, 1);
        for number in expected.number()..day(2200, 1, 1).number() {
            assert_eq!(Day::from_number(number), expected);
            assert_eq!(expected.number(), number);
            assert_eq!(i32::from(expected.weekday()), (number + 3).rem_euclid(7) + 1);
            expected = if expected != expected.month_end() {
                day(expected.year, expected.month, expected.day + 1)
            } else if expected.month < 12 {
                day(expected.year, expected.month + 1, 1)
            } else {
                day(expected.year + 1, 1, 1)
            };
        }
        assert_eq!(day(1970, 1, 1).number(), 0);
        assert_eq!(day(2026, 11, 23).weekday(), 1);
    }

    #[test]
    fn months_end_where_they_end() {
        for (from, months, to) in [
            (day(2024, 1, 31), 1, day(2024, 2, 29)),
            (day(2025, 1, 31), 1, day(2025, 2, 28)),
            (day(2024, 2, 29), 12, day(2025, 2, 28)),
            (day(2024, 3, 31), -1, day(2024, 2, 29)),
            (day(2025, 12, 15), 1, day(2026, 1, 15)),
            (day(2026, 1, 15), -13, day(2024, 12, 15)),
        ] {
            assert_eq!(from.plus_months(months), to);
        }
        assert_eq!(day(2100, 2, 1).month_end(), day(2100, 2, 28));
        assert_eq!(day(9999, 12, 31).plus_days(1), day(9999, 12, 31));
    }

    #[test]
    fn a_holiday_rolls_to_the_next_working_day() {
        let calendar = Calendar {
            weekend: vec![6, 7],
            days_off: (1..=7).map(|d| day(2026, 10, d)).collect(),
            days_on: vec![day(2026, 10, 10)],
        };
        for (from, to) in [
            (day(2026, 10, 1), day(2026, 10, 8)),
            (day(2026, 10, 10), day(2026, 10, 10)),
            (day(2026, 10, 17), day(2026, 10, 19)),
            (day(2026, 10, 19), day(2026, 10, 19)),
        ] {
            assert_eq!(calendar.roll(from), to);
        }
        let never = Calendar { weekend: (1..=7).collect(), days_off: vec![], days_on: vec![] };
        assert_eq!(never.roll(day(2026, 10, 1)), day(2026, 10, 1));
    }

    #[test]
    fn spans_are_read_as_policy_files_write_them() {
        for (text, span) in [
            ("15 days", Some(Span::days(15))),
            ("1 day", Some(Span::days(1))),
            ("72 hours", Some(Span::hours(72))),
            ("7 working days", Some(Span::working_days(7))),
            ("3 months", Some(Span::months(3))),
            ("1 year", Some(Span::years(1))),
            ("-1 day", None),
            ("+1 day", None),
            ("70000 days", None),
            ("1", None),
            ("1 week", None),
        ] {
            assert_eq!(Span::parse(text), span, "{text}");
        }
    }
}
