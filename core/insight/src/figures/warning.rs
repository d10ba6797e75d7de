//! How early signals were dealt with: whether somebody closed the loop, whether there was anything behind them, how long it
//! took.

use super::{
    indicator::{Figure, Unit, few, median, share},
    tally::BUCKETS_COUNT,
};
use crate::life::words;

words! {
    /// What is shown of how signals were dealt with.
    LoopFigure {
        /// Signals that somebody ended.
        Handled = "WARN_HANDLED",
        /// Of these, the ones behind which there was nothing.
        FalseAlarm = "WARN_FALSE_ALARM",
        /// Hours until somebody took them up.
        TimeToAcknowledge = "WARN_TIME_TO_ACKNOWLEDGE",
        /// Hours until somebody ended them.
        TimeToHandle = "WARN_TIME_TO_HANDLE",
    }
}

/// Counts of signals that were issued in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loop {
    issued: i64,
    handled: i64,
    false_alarms: i64,
    acknowledged: [i64; BUCKETS_COUNT],
    ended: [i64; BUCKETS_COUNT],
}

/// How a signal ended, where somebody ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// What was to be done was done.
    Handled,
    /// There was nothing behind it.
    FalseAlarm,
}

impl Loop {
    /// Adds signals that went the same way: how long until somebody took them up and ended them, as buckets.
    pub fn add(&mut self, acknowledged: Option<u8>, ended: Option<(Ending, u8)>, count: i64) {
        self.issued += count;
        let (place, end) = (acknowledged.map(usize::from), ended.map(|(_, bucket)| usize::from(bucket)));
        for (buckets, at) in [(&mut self.acknowledged, place), (&mut self.ended, end)] {
            if let Some(sum) = at.and_then(|at| buckets.get_mut(at)) {
                *sum += count;
            }
        }
        match ended {
            Some((Ending::Handled, _)) => self.handled += count,
            Some((Ending::FalseAlarm, _)) => self.false_alarms += count,
            None => {}
        }
    }

    /// Adds all of another.
    pub fn add_all(&mut self, other: &Self) {
        self.issued += other.issued;
        self.handled += other.handled;
        self.false_alarms += other.false_alarms;
        for (sums, more) in [(&mut self.acknowledged, &other.acknowledged), (&mut self.ended, &other.ended)] {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }

    /// How many were issued.
    #[must_use]
    pub const fn issued(&self) -> i64 {
        self.issued
    }
}

impl LoopFigure {
    /// What it is counted in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Handled | Self::FalseAlarm => Unit::Share,
            Self::TimeToAcknowledge | Self::TimeToHandle => Unit::Hours,
        }
    }

    /// What is counted and what it is a share of; of hours, how many they rest on.
    #[must_use]
    pub fn parts(self, all: &Loop) -> (i64, Option<i64>) {
        let ended = all.handled + all.false_alarms;
        match self {
            Self::Handled => (ended, Some(all.issued)),
            Self::FalseAlarm => (all.false_alarms, Some(ended)),
            Self::TimeToAcknowledge => (all.acknowledged.iter().sum(), None),
            Self::TimeToHandle => (all.ended.iter().sum(), None),
        }
    }

    /// The figure; `hidden` says that something else gives away what is counted.
    #[must_use]
    pub fn figure(self, all: &Loop, hidden: bool) -> Figure {
        let buckets = match (self, self.parts(all)) {
            (_, (part, Some(whole))) => return share(part, whole, hidden),
            (Self::TimeToAcknowledge, _) => &all.acknowledged,
            _ => &all.ended,
        };
        let count = buckets.iter().sum();
        if hidden || few(count) {
            return Figure { suppressed: true, ..Figure::NOTHING };
        }
        Figure { value: median(buckets), whole: Some(count), ..Figure::NOTHING }
    }
}
