//! How far it is, on a terminal only.

use std::{
    io::IsTerminal,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Time before anything is said of the time that is left.
const ESTIMATE_AFTER: Duration = Duration::from_secs(2);
/// Of a hundred parts, how many must be done before.
const ESTIMATE_PERCENT_MIN: u64 = 1;
/// Parts of the bar.
const PARTS: u64 = 1_000;
/// Drawings a second.
const DRAWS: u8 = 5;

/// A bar, with how many a second were done and what that lets expect.
pub(super) struct Progress {
    /// Of what, in the plural.
    what: &'static str,
    bar: ProgressBar,
    began: Instant,
    rows: AtomicU64,
    total: Option<u64>,
    limit: Option<u64>,
}

impl Progress {
    /// A bar to this total, in what the file counts, or to a number of rows.
    pub(super) fn begin(what: &'static str, total: Option<u64>, limit: Option<u64>) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::with_draw_target(limit.or(total).map(|_| PARTS), ProgressDrawTarget::stderr_with_hz(DRAWS))
        } else {
            ProgressBar::hidden()
        };
        let shape = if limit.or(total).is_some() { "{bar:30} {percent:>3} %  {msg}" } else { "{spinner}  {msg}" };
        if let Ok(style) = ProgressStyle::with_template(shape) {
            bar.set_style(style);
        }
        Self { what, bar, began: Instant::now(), rows: AtomicU64::new(0), total, limit }
    }

    /// So many more rows are done, and so much of the file was read with them.
    pub(super) fn advance(&self, rows: u64, done: u64) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        if self.bar.is_hidden() {
            return;
        }
        let way = nearer([self.limit.map(|limit| (rows, limit)), self.total.map(|total| (done, total))]);
        if let Some((done, total)) = way {
            let part = u128::from(done) * u128::from(PARTS) / u128::from(total.max(1));
            self.bar.set_position(u64::try_from(part).unwrap_or(PARTS).min(PARTS).max(self.bar.position()));
        }
        self.bar.set_message(told(self.what, rows, self.began.elapsed(), way));
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Of a bounded number of rows the file may hold fewer: what is nearer to its end is told.
fn nearer(ways: [Option<(u64, u64)>; 2]) -> Option<(u64, u64)> {
    let share = |(done, total): &(u64, u64)| (u128::from(*done), u128::from((*total).max(1)));
    ways.into_iter().flatten().max_by(|a, b| {
        let ((a, of_a), (b, of_b)) = (share(a), share(b));
        (a * of_b).cmp(&(b * of_a))
    })
}

fn told(what: &str, rows: u64, took: Duration, done: Option<(u64, u64)>) -> String {
    let mut text = format!("{rows} {what}");
    if let Some(rate) = u128::from(rows).saturating_mul(1_000).checked_div(took.as_millis()) {
        text.push_str(&format!(", {rate} a second"));
    }
    if let Some(left) = done.and_then(|(done, total)| time_left(done, total, took)) {
        text.push_str(&format!(", about {} left", rough(left)));
    }
    text
}

/// At the pace of everything so far; nothing before there is enough to tell a pace.
fn time_left(done: u64, total: u64, took: Duration) -> Option<Duration> {
    let enough = took >= ESTIMATE_AFTER && done.saturating_mul(100) >= total.saturating_mul(ESTIMATE_PERCENT_MIN);
    if !enough || done == 0 {
        return None;
    }
    let left = took.as_millis().saturating_mul(u128::from(total.saturating_sub(done))) / u128::from(done);
    Some(Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX)))
}

fn rough(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{seconds} s"),
        seconds @ 90..5_400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_was_done() {
        let second = Duration::from_secs;
        for (done, total, took, left) in [
            (50, 100, second(10), Some(second(10))),
            (25, 100, second(10), Some(second(30))),
            (100, 100, second(10), Some(second(0))),
            // Too early to tell.
            (50, 100, second(1), None),
            (9, 1_000, second(10), None),
            (0, 0, second(10), None),
            (u64::MAX, u64::MAX, second(10), Some(second(0))),
        ] {
            assert_eq!(time_left(done, total, took), left, "{done} of {total}");
        }
    }

    #[test]
    fn what_is_nearer_to_its_end_is_told() {
        for (rows, bytes, told) in [
            // A million rows may be taken, and the file has ten thousand: half of it is half of the way.
            (Some((5_000, 1_000_000)), Some((640_000, 1_280_000)), Some((640_000, 1_280_000))),
            (Some((50, 100)), Some((640, 1_280_000)), Some((50, 100))),
            (Some((50, 100)), None, Some((50, 100))),
            (None, Some((1, 2)), Some((1, 2))),
            (None, None, None),
            (Some((0, 5)), Some((0, 0)), Some((0, 0))),
            (Some((u64::MAX - 1, u64::MAX)), Some((1, u64::MAX)), Some((u64::MAX - 1, u64::MAX))),
        ] {
            assert_eq!(nearer([rows, bytes]), told, "{rows:?} {bytes:?}");
        }
    }

    #[test]
    fn a_pace_is_told_in_words() {
        assert_eq!(
            told("cases", 500, Duration::from_secs(5), Some((1, 10))),
            "500 cases, 100 a second, about 45 s left"
        );
        assert_eq!(told("rows", 0, Duration::ZERO, Some((0, 10))), "0 rows");
        assert_eq!(told("cases", 500, Duration::from_secs(5), None), "500 cases, 100 a second");
        assert_eq!([89, 90, 3_600, 9_000].map(|s| rough(Duration::from_secs(s))), ["89 s", "2 min", "60 min", "3 h"]);
    }
}
