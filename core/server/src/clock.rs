//! The only file that asks what day it is. Everything behind it gets the day as a fact.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, tz::Offset};
use maple_kernel::{DAY_YEAR_MAX, DAY_YEAR_MIN, Day};
use uuid::{NoContext, Uuid};

/// The offset from UTC of the day that a question means when it names none: China, which keeps one time and no summer time.
pub const UTC_OFFSET_MINUTES: i32 = 8 * 60;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn unix_millis(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_millis(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Now, by the machine's clock.
#[must_use]
pub fn now() -> Timestamp {
    timestamp(&SystemClock)
}

/// Today by the machine's clock, in China.
#[must_use]
pub fn today() -> Day {
    day(&SystemClock, UTC_OFFSET_MINUTES)
}

/// The day at an offset from UTC; the engine's last month when the clock is beyond it.
#[expect(clippy::expect_used, reason = "the first 28 days of every month exist in each year the engine knows")]
pub(crate) fn day(clock: &dyn Clock, utc_offset_minutes: i32) -> Day {
    let offset = Offset::from_seconds(utc_offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
    let date = offset.to_datetime(timestamp(clock)).date();
    let year = date.year().clamp(DAY_YEAR_MIN, DAY_YEAR_MAX);
    Day::new(year, date.month(), date.day())
        .or_else(|| Day::new(year, date.month(), date.day().min(28)))
        .expect("a day that exists")
}

/// Now, RFC 3339 in UTC.
pub(crate) fn rfc3339(clock: &dyn Clock) -> String {
    format!("{:.0}", timestamp(clock))
}

/// Now, RFC 3339 in UTC to the millisecond: for what must not look older than what came before it.
pub(crate) fn rfc3339_fine(clock: &dyn Clock) -> String {
    format!("{:.3}", timestamp(clock))
}

/// Now.
pub(crate) fn timestamp(clock: &dyn Clock) -> Timestamp {
    let millis = i64::try_from(clock.unix_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

/// An id that sorts by time and that nobody can guess.
pub(crate) fn unique(clock: &dyn Clock) -> Uuid {
    let millis = clock.unix_millis();
    let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, millis / 1_000, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(u64);

    impl Clock for At {
        fn unix_millis(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn the_day_begins_at_midnight_of_the_place() {
        for (millis, offset, said) in [
            (1_795_449_599_000, 480, "2026-11-23"),
            (1_795_449_600_000, 480, "2026-11-24"),
            (1_795_449_600_000, 0, "2026-11-23"),
            (0, 0, "1970-01-01"),
            (u64::MAX, 0, "2199-12-30"),
        ] {
            assert_eq!(day(&At(millis), offset).to_string(), said, "{millis} {offset}");
        }
    }

    #[test]
    fn times_and_ids_are_well_formed() {
        let clock = At(1_795_449_599_999);
        assert_eq!(rfc3339(&clock), "2026-11-23T15:59:59Z");
        let (one, two) = (unique(&clock), unique(&clock));
        assert_ne!(one, two);
        assert_eq!(one.get_version_num(), 7);
    }
}
