//! Days, lengths of time, and how the law counts them.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::{ToSpan, civil::Date};

/// First year the engine knows.
pub const DAY_YEAR_MIN: i16 = 1900;
/// Last year the engine knows.
pub const DAY_YEAR_MAX: i16 = 2199;
/// Longest span the engine counts, in any unit.
pub const SPAN_COUNT_MAX: u16 = 10_000;

/// A calendar day, from 1900-01-01 to 2199-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The first day the engine knows.
    pub const FIRST: Self = Self(jiff::civil::date(DAY_YEAR_MIN, 1, 1));
    /// The last day the engine knows.
    pub const LAST: Self = Self(jiff::civil::date(DAY_YEAR_MAX, 12, 31));

    /// The day, if it exists and the engine knows its year.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Self::from_date(Date::new(year, month, day).ok()?)
    }

    fn from_date(date: Date) -> Option<Self> {
        (DAY_YEAR_MIN..=DAY_YEAR_MAX).contains(&date.year()).then_some(Self(date))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The day of the week, 1 Monday to 7 Sunday.
    #[must_use]
    pub fn weekday(self) -> i8 {
        self.0.weekday().to_monday_one_offset()
    }

    /// Calendar days from `earlier` to this day; negative when `earlier` is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        (self.0 - earlier.0).get_days()
    }

    /// This day moved by calendar days, held within the years the engine knows.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        self.0.checked_add(days.days()).ok().and_then(Self::from_date).unwrap_or_else(|| Self::edge(days > 0))
    }

    /// The same day of a later month, or that month's last day where it has none (Civil Code Art. 202).
    fn plus_months(self, months: i32) -> Self {
        self.0.checked_add(months.months()).ok().and_then(Self::from_date).unwrap_or_else(|| Self::edge(months > 0))
    }

    const fn edge(last: bool) -> Self {
        if last { Self::LAST } else { Self::FIRST }
    }
}

impl FromStr for Day {
    type Err = ();

    /// Reads `YYYY-MM-DD`, nothing else.
    fn from_str(text: &str) -> Result<Self, ()> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(());
        }
        text.parse().ok().and_then(Self::from_date).ok_or(())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A unit of time as statutes use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Hours, counted by the clock; as days they round up.
    Hour,
    /// Calendar days (日).
    Day,
    /// Working days (工作日).
    WorkingDay,
    /// Months by the calendar.
    Month,
    /// Years by the calendar.
    Year,
}

impl Unit {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::WorkingDay => "working_day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// How many, at most [`SPAN_COUNT_MAX`].
    pub count: u16,
    /// Of what.
    pub unit: Unit,
}

/// Where the end of a span falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The last day.
    pub day: Day,
    /// False when it rests on a year whose holidays nobody has published or checked.
    pub verified: bool,
}

/// Days of rest and days of work in one jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Calendar {
    weekend: BTreeSet<i8>,
    off: BTreeSet<Day>,
    on: BTreeSet<Day>,
    verified_years: BTreeSet<i16>,
    rolls: bool,
}

impl Calendar {
    /// A calendar with a weekly pattern (1 Monday to 7 Sunday), days off, days of rest that are worked, the years
    /// whose days are published and checked, and whether an end on a day of rest moves to the next working day.
    #[must_use]
    pub fn new(
        weekend: BTreeSet<i8>,
        off: BTreeSet<Day>,
        on: BTreeSet<Day>,
        verified_years: BTreeSet<i16>,
        rolls: bool,
    ) -> Self {
        Self { weekend, off, on, verified_years, rolls }
    }

    /// Weekdays that are days of rest.
    pub fn weekend(&self) -> impl Iterator<Item = i8> {
        self.weekend.iter().copied()
    }

    /// Whether an end on a day of rest moves to the next working day.
    #[must_use]
    pub const fn rolls(&self) -> bool {
        self.rolls
    }

    /// Days off beside the weekly pattern.
    pub fn off(&self) -> impl Iterator<Item = Day> {
        self.off.iter().copied()
    }

    /// Days of rest that are worked.
    pub fn on(&self) -> impl Iterator<Item = Day> {
        self.on.iter().copied()
    }

    /// True on a working day.
    #[must_use]
    pub fn works(&self, day: Day) -> bool {
        self.on.contains(&day) || !(self.off.contains(&day) || self.weekend.contains(&day.weekday()))
    }

    /// The day itself if it is a working day, else the next one.
    #[must_use]
    pub fn roll(&self, mut day: Day) -> Day {
        while !self.works(day) && day < Day::edge(true) {
            day = day.plus_days(1);
        }
        day
    }

    /// The last day of a span that runs from `start`.
    ///
    /// The first day is not counted (Civil Code Art. 201; Civil Procedure Law Art. 85); months and years end on the
    /// corresponding day or the month's last (Art. 202); an end on a day of rest moves to the next working day
    /// (Art. 203). Hours are rounded up to days and do not move: what the law counts in hours does not wait.
    #[must_use]
    pub fn end(&self, start: Day, span: Span) -> End {
        let count = i32::from(span.count.min(SPAN_COUNT_MAX));
        let day = match span.unit {
            Unit::Hour => start.plus_days((count + 23) / 24),
            Unit::Day => self.rolled(start.plus_days(count)),
            Unit::WorkingDay => self.working(start, count),
            Unit::Month => self.rolled(start.plus_months(count)),
            Unit::Year => self.rolled(start.plus_months(count * 12)),
        };
        End { day, verified: self.verified(start, day, span.unit) }
    }

    fn rolled(&self, day: Day) -> Day {
        if self.rolls { self.roll(day) } else { day }
    }

    fn working(&self, start: Day, count: i32) -> Day {
        let mut day = start;
        for _ in 0..count {
            day = self.roll(day.plus_days(1));
        }
        day
    }

    /// Working days pass through every year on the way; the other units only meet the year of the end.
    fn verified(&self, start: Day, end: Day, unit: Unit) -> bool {
        let first = if unit == Unit::WorkingDay { start.year() } else { end.year() };
        unit == Unit::Hour || (first..=end.year()).all(|year| self.verified_years.contains(&year))
    }
}
