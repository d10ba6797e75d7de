//! What of a dispute's life policies of prevention may know, when they are asked, and when they are asked again.
//!
//! Two sorts of things are told apart. What stands (an agreement of a day, due on another; mediation since a day) is known
//! at any moment. What happens (a call, a suit, a step of mediation after a refusal) is known at the moment when it
//! happens, so that nobody hears of it again and again.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::Offset};
use maple_kernel::{Day, Value};

use super::{
    history::{Agreement, Conclusion, Life},
    stage::Stage,
};

/// Moments of one life at which something happened that policies are asked about; of more the latest count.
pub const MOMENTS_COUNT_MAX: usize = 16;
/// So many days after something that a time runs from, a dispute is looked at each day.
pub const DAILY_DAYS: i32 = 60;
/// Later it is looked at each time so many days have passed.
pub const WEEKLY_DAYS: i32 = 7;
/// So many days after the latest of these it is not looked at any more: two years for enforcement and some months.
pub const WATCHED_DAYS_MAX: i32 = 800;

/// Years after which claims are out of time: most (Civil Code Art. 188), and those of work (Labour Dispute Mediation and
/// Arbitration Law Art. 27).
pub const LIMITATION_YEARS: [i16; 2] = [3, 1];
/// So many days before such a time is over, a dispute is looked at each day.
pub const LIMITATION_DAILY_DAYS: i32 = 92;
/// So many days after it, too: a last day on which nobody works is the next one on which somebody does.
pub const LIMITATION_AFTER_DAYS: i32 = 14;

/// A fact of the vocabulary that the events of a dispute say.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its key in `policies/facts.toml`.
    pub key: &'static str,
    /// What it is.
    pub value: Value,
    /// Since when it is so; for a day its beginning.
    pub since: Timestamp,
}

impl Life {
    /// What stands, by the clock of a place.
    #[must_use]
    pub fn known(&self, offset: Offset) -> Vec<Known> {
        let mut all = Vec::new();
        let mut add = |key, value: Option<Value>, since: Option<Timestamp>| {
            if let (Some(value), Some(since)) = (value, since) {
                all.push(Known { key, value, since });
            }
        };
        let date = |at: Timestamp| offset.to_datetime(at).date();
        let begin = |day: Date| offset.to_timestamp(day.at(0, 0, 0, 0)).ok();
        let yes = |so: bool| so.then_some(Value::Flag(true));
        let mut day = |key, date: Option<Date>| add(key, date.and_then(day_of), date.and_then(begin));
        day("mediation_started_on", self.mediating.map(date));
        day("court_filed_on", self.court.map(date));
        let failed = self.conclusions.last().filter(|(_, how)| matches!(how, Conclusion::Failed(_)));
        let failed = failed.filter(|_| self.mediating.is_none());
        day("mediation_failed_on", failed.map(|(at, _)| date(*at)));
        // What was agreed before a mediation that goes on now does not stand any more.
        let agreement =
            self.agreements.last().filter(|agreement| self.mediating.is_none_or(|since| since <= agreement.at));
        day("agreement_on", agreement.map(|agreement| date(agreement.at)));
        day("agreement_due_on", agreement.and_then(|agreement| agreement.due));
        add("mediation_failed", yes(failed.is_some()), failed.map(|(at, _)| *at));
        if let Some(Agreement { at, form, performed, relapsed, .. }) = agreement {
            add("agreement_form", Some(Value::Text(form.as_str().into())), Some(*at));
            add("performed", yes(performed.is_some()), *performed);
            add("agreement_sued_on", relapsed.map(date).and_then(day_of), *relapsed);
            // What was asked of a court before this agreement was about another.
            let asked = self.confirmations.iter().rfind(|(asked, _)| asked >= at);
            add("confirmation_asked", yes(asked.is_some()), asked.map(|(asked, _)| *asked));
            let granted = asked.filter(|(_, granted)| *granted == Some(true));
            add("confirmed", yes(granted.is_some()), granted.map(|(asked, _)| *asked));
        }
        all
    }

    /// When something happened that policies are asked about at that moment, the earliest first: calls, suits, steps of
    /// mediation after a refusal, ends after the last day. At most [`MOMENTS_COUNT_MAX`], the latest.
    #[must_use]
    pub fn moments(&self, offset: Offset) -> Vec<Timestamp> {
        let mut all: Vec<Timestamp> = self.calls.iter().chain(&self.breaches).chain(&self.court).copied().collect();
        all.extend(self.agreements.iter().filter_map(|agreement| agreement.relapsed));
        all.extend(self.missed(offset));
        all.sort_unstable();
        all.dedup();
        all.split_off(all.len().saturating_sub(MOMENTS_COUNT_MAX))
    }

    /// Calls of the days before a moment, where it is the moment of one; `came_by_call` counts the first.
    #[must_use]
    pub fn calls_at(&self, at: Timestamp, days: u32, came_by_call: bool) -> Option<usize> {
        let after = at.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
        let first = self.registered.filter(|_| came_by_call);
        let calls = || self.calls.iter().copied().chain(first);
        calls().any(|call| call == at).then(|| calls().filter(|call| *call > after && *call <= at).count())
    }

    /// Steps of mediation after a refusal up to a moment, where it is the moment of one.
    #[must_use]
    pub fn breaches_at(&self, at: Timestamp) -> Option<usize> {
        happened(self.breaches.iter().copied(), at)
    }

    /// Ends after the last day of the law up to a moment, where it is the moment of one.
    #[must_use]
    pub fn missed_at(&self, at: Timestamp, offset: Offset) -> Option<usize> {
        happened(self.missed(offset), at)
    }

    /// Suits after an agreement up to a moment, where it is the moment of one.
    #[must_use]
    pub fn relapses_at(&self, at: Timestamp) -> Option<usize> {
        happened(self.agreements.iter().filter_map(|agreement| agreement.relapsed), at)
    }

    /// When it is to be looked at again although nothing happens: a day on which some time may come near its end.
    ///
    /// Times run while the dispute is open, and from an agreement that is not performed. Which of them matter is for
    /// policies to say; so it is looked at each day for [`DAILY_DAYS`] after any day that a time runs from, then each
    /// [`WEEKLY_DAYS`], until [`WATCHED_DAYS_MAX`]. Of the days of `limits` limitation runs while [`Life::limitation_runs`]:
    /// it is looked at each day from [`LIMITATION_DAILY_DAYS`] before its end on.
    #[must_use]
    pub fn look_again(&self, now: Timestamp, offset: Offset, limits: &[Date]) -> Option<Timestamp> {
        let date = |at: Timestamp| offset.to_datetime(at).date();
        let today = date(now);
        let open = self.stage.is_some_and(|stage| !stage.is_over());
        let mut from: Vec<Date> = Vec::new();
        if open {
            from.extend([self.since, self.mediating, self.assigned].into_iter().flatten().map(date));
        }
        let agreement = self.agreements.last().filter(|one| one.performed.is_none() && one.relapsed.is_none());
        if let Some(agreement) = agreement {
            from.extend([Some(date(agreement.at)), agreement.due].into_iter().flatten());
        }
        let days = from.into_iter().filter_map(|from| {
            let passed = today.since(from).ok()?.get_days();
            match passed {
                ..0 => Some(passed.saturating_neg().min(WEEKLY_DAYS)),
                0..DAILY_DAYS => Some(1),
                DAILY_DAYS..WATCHED_DAYS_MAX => Some(WEEKLY_DAYS),
                _ => None,
            }
        });
        let limits = limits.iter().filter(|_| self.limitation_runs()).flat_map(|from| {
            LIMITATION_YEARS.into_iter().filter_map(|years| until_limit(today, from.checked_add(years.years()).ok()?))
        });
        let next = today.checked_add(days.chain(limits).min()?.days()).ok()?;
        offset.to_timestamp(next.at(0, 0, 0, 0)).ok()
    }

    /// True while limitation runs: the dispute is open, and no court and no tribunal has it (Civil Code Art. 195).
    #[must_use]
    pub fn limitation_runs(&self) -> bool {
        let there = |stage: Stage| matches!(stage, Stage::ToCourt | Stage::ToArbitration);
        self.stage.is_some_and(|stage| !stage.is_over() && !there(stage))
    }

    fn missed(&self, offset: Offset) -> impl Iterator<Item = Timestamp> {
        let late = move |limit: Date, at: Timestamp| offset.to_datetime(at).date() > limit;
        self.ends.iter().filter(move |end| end.limit.is_some_and(|limit| late(limit, end.at))).map(|end| end.at)
    }
}

/// Days until limitation that ends on a day is to be looked at.
fn until_limit(today: Date, end: Date) -> Option<i32> {
    let left = end.since(today).ok()?.get_days();
    match left {
        ..0 if left < -LIMITATION_AFTER_DAYS => None,
        ..=LIMITATION_DAILY_DAYS => Some(1),
        _ => Some(left - LIMITATION_DAILY_DAYS),
    }
}

fn happened(all: impl Iterator<Item = Timestamp>, at: Timestamp) -> Option<usize> {
    let (mut count, mut now) = (0, false);
    for one in all.filter(|one| *one <= at) {
        count += 1;
        now |= one == at;
    }
    now.then_some(count)
}

fn day_of(date: Date) -> Option<Value> {
    Day::new(date.year(), date.month(), date.day()).map(Value::Day)
}
