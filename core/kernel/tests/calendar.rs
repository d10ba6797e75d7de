//! How the law counts time (Civil Code Art. 200–204; Civil Procedure Law Art. 85), on the days that trip people.

mod support;

use std::collections::BTreeSet;

use maple_kernel::*;
use support::{day, span};

/// Mainland China around its two long holidays of 2026, with the swapped days.
fn china() -> Calendar {
    let range = |from: &str, days: i32| (0..days).map(move |n| day(from).plus_days(n)).collect::<Vec<_>>();
    let off: BTreeSet<Day> =
        [range("2026-01-01", 3), range("2026-02-15", 9), range("2026-10-01", 7)].concat().into_iter().collect();
    let on = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-09-20", "2026-10-10"].map(day).into();
    Calendar::new(BTreeSet::from([6, 7]), off, on, (2023..=2026).collect(), true)
}

#[test]
fn spans_end_where_the_law_says() {
    use Unit::*;
    for (why, start, count, unit, ends) in [
        ("the first day is not counted", "2026-03-02", 1, Day, "2026-03-03"),
        ("a zero span ends on its day", "2026-03-02", 0, Day, "2026-03-02"),
        ("fifteen days", "2026-03-02", 15, Day, "2026-03-17"),
        ("an end on Saturday rolls to Monday", "2026-03-06", 15, Day, "2026-03-23"),
        ("an end on a Sunday that is worked stays", "2026-01-02", 2, Day, "2026-01-04"),
        ("an end in the Spring Festival rolls behind it", "2026-02-05", 15, Day, "2026-02-24"),
        ("the worked Saturday behind the festival counts", "2026-02-13", 15, Day, "2026-02-28"),
        ("an end on National Day rolls to the 8th", "2026-09-01", 30, Day, "2026-10-08"),
        ("an end on the worked Saturday of October stays", "2026-09-30", 10, Day, "2026-10-10"),
        ("31 January plus a month is the last of February", "2026-01-31", 1, Month, "2026-02-28"),
        ("31 March plus a month is 30 April", "2026-03-31", 1, Month, "2026-04-30"),
        ("29 February plus a year is 28 February", "2024-02-29", 1, Year, "2025-02-28"),
        ("29 February plus four years is 29 February", "2024-02-29", 4, Year, "2028-02-29"),
        ("30 September plus a year", "2025-09-30", 1, Year, "2026-09-30"),
        ("a year that ends in a holiday rolls", "2025-10-01", 1, Year, "2026-10-08"),
        ("three years", "2023-03-15", 3, Year, "2026-03-16"),
        ("five working days over a weekend", "2026-03-05", 5, WorkingDay, "2026-03-12"),
        ("working days skip the festival and count worked weekends", "2026-02-12", 3, WorkingDay, "2026-02-24"),
        ("working days skip National Day", "2026-09-29", 3, WorkingDay, "2026-10-09"),
        ("a working span from a day of rest starts with the next", "2026-10-03", 1, WorkingDay, "2026-10-08"),
        ("hours do not wait for Monday", "2026-03-06", 24, Hour, "2026-03-07"),
        ("72 hours", "2026-03-06", 72, Hour, "2026-03-09"),
        ("hours round up to days", "2026-03-06", 25, Hour, "2026-03-08"),
        ("no hours", "2026-03-06", 0, Hour, "2026-03-06"),
    ] {
        assert_eq!(china().end(day(start), span(count, unit)).day, day(ends), "{why}");
    }
}

#[test]
fn an_end_in_an_unpublished_year_says_so() {
    for (start, count, unit, verified) in [
        ("2026-03-02", 15, Unit::Day, true),
        ("2025-12-20", 2, Unit::Year, false),
        ("2026-12-25", 10, Unit::WorkingDay, false),
        ("2022-12-30", 5, Unit::WorkingDay, false),
        ("2022-12-30", 5, Unit::Day, true),
        ("2030-01-01", 72, Unit::Hour, true),
    ] {
        assert_eq!(china().end(day(start), span(count, unit)).verified, verified, "{start} + {count} {unit:?}");
    }
}

#[test]
fn days_are_days() {
    for good in ["2024-02-29", "1900-01-01", "2199-12-31"] {
        assert_eq!(day(good).to_string(), good);
    }
    for bad in [
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-1-01",
        "20260101",
        "1899-12-31",
        "2200-01-01",
        "",
        "+026-01-01",
        "2026-01-01T00",
        "2026-01-32",
    ] {
        assert!(bad.parse::<Day>().is_err(), "{bad}");
    }
}

#[test]
fn the_years_have_edges_and_no_panic() {
    let last = day("2199-12-31");
    for unit in [Unit::Hour, Unit::Day, Unit::WorkingDay, Unit::Month, Unit::Year] {
        assert_eq!(china().end(last, span(SPAN_COUNT_MAX, unit)).day, last, "{unit:?}");
        assert!(china().end(day("2026-01-01"), span(u16::MAX, unit)).day <= last, "{unit:?}");
    }
    assert_eq!(day("1900-01-01").plus_days(-1), day("1900-01-01"));
}

#[test]
fn a_jurisdiction_may_not_roll() {
    let fixed = Calendar::new(BTreeSet::from([6, 7]), BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), false);
    assert_eq!(fixed.end(day("2026-03-06"), span(15, Unit::Day)).day, day("2026-03-21"));
    assert_eq!(fixed.end(day("2026-03-06"), span(1, Unit::WorkingDay)).day, day("2026-03-09"));
}
