//! How far disputes come: from being registered to an agreement that is done, what they take from one step to the next,
//! where they leave the way, and in which channel mediation ends with an agreement.
//!
//! All of it is counted in the month in which the dispute was registered: what is compared are the same disputes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, tz::Offset};

use super::{
    indicator::{Figure, median, share},
    protect::{SHOWN_COUNT_MIN, hidden},
    tally::{BUCKET_HOURS, Month},
};
use crate::life::{Arbitration, Happening, words};

words! {
    /// A step of the way, in order.
    Milestone {
        /// The dispute came.
        Registered = "registered",
        /// A way was offered, or a party was asked.
        Approached = "approached",
        /// It was given to a station.
        Assigned = "assigned",
        /// Mediation began.
        Mediated = "in_mediation",
        /// The parties agreed, at least in part.
        Agreed = "agreed",
        /// What was agreed was done.
        Performed = "performed",
    }
}

words! {
    /// Where disputes leave the way. One may leave it more than once.
    Exit {
        /// A party refused mediation.
        Refused = "refused",
        /// Mediation ended without an agreement.
        Failed = "failed",
        /// It went to court.
        Court = "court",
        /// It went to the labour tribunal.
        LabourArbitration = "labour_arbitration",
        /// It went to the tribunal for contracted land.
        LandArbitration = "rural_land_arbitration",
        /// It went to an arbitration commission.
        CommercialArbitration = "commercial_arbitration",
        /// It was handed to somebody else.
        HandedOn = "handed_on",
        /// It was closed without an agreement, and went nowhere else.
        Unsettled = "closed_unsettled",
    }
}

/// What is counted of the way of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It came at least so far.
    Reached(Milestone),
    /// Hours from the step before to this one; the bucket as in [`BUCKET_HOURS`].
    Took(Milestone),
    /// It left the way; the bucket is the place of the furthest step before, in [`Milestone::ALL`].
    Left(Exit),
    /// Mediation ended.
    Concluded,
    /// Mediation ended with an agreement.
    Settled,
}

impl Mark {
    /// The word of the tables.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Reached(milestone) => format!("reached {}", milestone.as_str()),
            Self::Took(milestone) => format!("took {}", milestone.as_str()),
            Self::Left(exit) => format!("left {}", exit.as_str()),
            Self::Concluded => "concluded".to_owned(),
            Self::Settled => "settled".to_owned(),
        }
    }

    /// The one of a word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        match code.split_once(' ') {
            Some(("reached", word)) => Milestone::of(word).map(Self::Reached),
            Some(("took", word)) => Milestone::of(word).map(Self::Took),
            Some(("left", word)) => Exit::of(word).map(Self::Left),
            None if code == "concluded" => Some(Self::Concluded),
            None if code == "settled" => Some(Self::Settled),
            _ => None,
        }
    }
}

/// One thing that happened and counts, and the channel where it names one.
#[derive(Clone, Copy, Debug)]
pub struct Passed<'e> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: &'e Happening,
    /// In which channel.
    pub channel: Option<&'e str>,
}

/// What one dispute adds: by channel, where `""` stands for all together, mark and bucket.
pub type Course = BTreeMap<(String, Mark, u8), i64>;

#[derive(Default)]
struct Walk<'e> {
    furthest: usize,
    first: [Option<Timestamp>; Milestone::ALL.len()],
    exits: BTreeMap<Exit, usize>,
    closed: Option<usize>,
    channel: Option<&'e str>,
    /// Channels in which mediation ended, and whether with an agreement.
    ended: BTreeMap<Option<&'e str>, bool>,
}

impl<'e> Walk<'e> {
    fn reach(&mut self, milestone: Milestone, at: Timestamp) {
        let place = milestone as usize;
        self.furthest = self.furthest.max(place);
        if let Some(first) = self.first.get_mut(place) {
            first.get_or_insert(at);
        }
    }

    fn leave(&mut self, exit: Exit) {
        self.exits.entry(exit).or_insert(self.furthest);
    }

    fn end(&mut self, agreed: bool) {
        *self.ended.entry(self.channel).or_default() |= agreed;
    }

    fn has(&self, milestone: Milestone) -> bool {
        self.furthest >= milestone as usize
    }

    fn take(&mut self, passed: &Passed<'e>) {
        self.channel = passed.channel.or(self.channel);
        let at = passed.at;
        match passed.what {
            Happening::Registered => self.reach(Milestone::Registered, at),
            Happening::Offered | Happening::Consent { given: true, .. } => self.reach(Milestone::Approached, at),
            Happening::Consent { given: false, .. } => {
                self.reach(Milestone::Approached, at);
                self.leave(Exit::Refused);
            }
            Happening::Assigned | Happening::Accepted | Happening::Declined => self.reach(Milestone::Assigned, at),
            Happening::Started => self.reach(Milestone::Mediated, at),
            Happening::Agreed { .. } => {
                self.reach(Milestone::Agreed, at);
                self.end(true);
            }
            Happening::Failed(_) => {
                self.furthest = self.furthest.max(Milestone::Mediated as usize);
                self.leave(Exit::Failed);
                self.end(false);
            }
            // What is done after no agreement is none.
            Happening::Performed if self.has(Milestone::Agreed) => self.reach(Milestone::Performed, at),
            Happening::FiledInCourt => self.leave(Exit::Court),
            Happening::ArbitrationStarted(Arbitration::Labour) => self.leave(Exit::LabourArbitration),
            Happening::ArbitrationStarted(Arbitration::Land) => self.leave(Exit::LandArbitration),
            Happening::ArbitrationStarted(Arbitration::Commercial) => self.leave(Exit::CommercialArbitration),
            Happening::Referred(_) => self.leave(Exit::HandedOn),
            Happening::Closed { .. } => self.closed = Some(self.furthest),
            Happening::Reopened => self.closed = None,
            Happening::Performed
            | Happening::ConfirmationFiled
            | Happening::ConfirmationDecided { .. }
            | Happening::FollowedUp { .. }
            | Happening::Called => {}
        }
    }

    fn counted(mut self) -> Course {
        let mut course = Course::new();
        let elsewhere = self.exits.keys().any(|exit| !matches!(exit, Exit::Refused | Exit::Failed));
        if let Some(at) = self.closed.filter(|_| !self.has(Milestone::Agreed) && !elsewhere) {
            self.exits.insert(Exit::Unsettled, at);
        }
        let mut add = |channel: &str, mark, bucket| {
            *course.entry((channel.to_owned(), mark, bucket)).or_default() += 1;
        };
        for milestone in Milestone::ALL.iter().filter(|one| self.has(**one)) {
            add("", Mark::Reached(*milestone), 0);
        }
        for (pair, milestone) in self.first.windows(2).zip(Milestone::ALL.iter().skip(1)) {
            if let [Some(from), Some(to)] = pair
                && from <= to
            {
                add("", Mark::Took(*milestone), bucket(to.duration_since(*from)));
            }
        }
        for (exit, furthest) in &self.exits {
            add("", Mark::Left(*exit), u8::try_from(*furthest).unwrap_or(u8::MAX));
        }
        let all = (!self.ended.is_empty()).then(|| ("", self.ended.values().any(|agreed| *agreed)));
        let named = self.ended.iter().filter_map(|(channel, agreed)| Some(((*channel)?, *agreed)));
        for (channel, agreed) in all.into_iter().chain(named) {
            add(channel, Mark::Concluded, 0);
            if agreed {
                add(channel, Mark::Settled, 0);
            }
        }
        course
    }
}

fn bucket(took: SignedDuration) -> u8 {
    let within = |hours: &u32| took <= SignedDuration::from_hours(i64::from(*hours));
    u8::try_from(BUCKET_HOURS.iter().position(within).unwrap_or(BUCKET_HOURS.len())).unwrap_or(u8::MAX)
}

/// What one dispute adds, and to which month of clocks at this offset; nothing before it is registered. The events are
/// those that count, in the order of their times.
#[must_use]
pub fn course(events: &[Passed<'_>], offset: Offset) -> Option<(Month, Course)> {
    let registered = events.iter().find(|event| *event.what == Happening::Registered)?.at;
    let mut walk = Walk::default();
    events.iter().for_each(|event| walk.take(event));
    Some((Month::of(offset.to_datetime(registered).date()), walk.counted()))
}

/// Counts of the ways of many disputes, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways(BTreeMap<(Mark, u8), i64>);

/// A step, as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stair {
    /// Which.
    pub milestone: Milestone,
    /// How many came so far; none where that may not be shown.
    pub count: Option<i64>,
    /// Where it may not be shown, the least that it may be.
    pub at_least: Option<i64>,
    /// The same, the most.
    pub at_most: Option<i64>,
    /// Days from the step before, the median; none where it is the first, or where too few are known.
    pub days: Option<f64>,
}

/// An exit, as it may be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// Which.
    pub exit: Exit,
    /// How many of those registered.
    pub share: Figure,
    /// After which step they left, where that may be shown; the others are too few.
    pub after: Vec<(Milestone, Option<i64>)>,
}

impl Ways {
    /// Adds counts.
    pub fn add(&mut self, mark: Mark, bucket: u8, count: i64) {
        *self.0.entry((mark, bucket)).or_default() += count;
    }

    /// How many of a mark, its buckets together.
    #[must_use]
    pub fn of(&self, mark: Mark) -> i64 {
        self.0.range((mark, 0)..=(mark, u8::MAX)).map(|(_, count)| *count).sum()
    }

    fn in_bucket(&self, mark: Mark, bucket: usize) -> i64 {
        u8::try_from(bucket).ok().and_then(|bucket| self.0.get(&(mark, bucket)).copied()).unwrap_or_default()
    }

    /// The steps. One is shown when it counts enough and when enough are lost since the last one that is shown.
    #[must_use]
    pub fn stairs(&self) -> Vec<Stair> {
        let counts: Vec<i64> = Milestone::ALL.iter().map(|one| self.of(Mark::Reached(*one))).collect();
        let shown = stairs(&counts);
        let stair = |(at, milestone): (usize, &Milestone)| {
            let count = shown.get(at).copied().flatten();
            let near = |all: &[Option<i64>], last: bool| {
                let known = all.iter().flatten();
                if last { known.copied().last() } else { known.copied().next() }
            };
            let before = near(shown.get(..at).unwrap_or_default(), true);
            let behind = near(shown.get(at..).unwrap_or_default(), false);
            let took = Mark::Took(*milestone);
            let enough = self.of(took) >= SHOWN_COUNT_MIN;
            let days = || median(&std::array::from_fn(|bucket| self.in_bucket(took, bucket))).map(|hours| hours / 24.0);
            Stair {
                milestone: *milestone,
                count,
                at_least: behind.filter(|_| count.is_none()),
                at_most: before.filter(|_| count.is_none()),
                days: if enough { days() } else { None },
            }
        };
        Milestone::ALL.iter().enumerate().map(stair).collect()
    }

    /// The exits that somebody took.
    #[must_use]
    pub fn exits(&self) -> Vec<Left> {
        let registered = self.of(Mark::Reached(Milestone::Registered));
        let left = |exit: &Exit| {
            let mark = Mark::Left(*exit);
            let count = self.of(mark);
            let parts: Vec<i64> = (0..Milestone::ALL.len()).map(|at| self.in_bucket(mark, at)).collect();
            let shown = parts.iter().zip(hidden(&parts)).map(|(part, hides)| (!hides).then_some(*part));
            let after = Milestone::ALL.iter().copied().zip(shown);
            let after = after.zip(&parts).filter(|(_, part)| **part > 0).map(|(told, _)| told);
            let whole = share(count, registered, false);
            let after = if whole.part.is_some() { after.collect() } else { Vec::new() };
            (count > 0).then_some(Left { exit: *exit, share: whole, after })
        };
        Exit::ALL.iter().filter_map(left).collect()
    }
}

/// Which counts of a stair may be shown: each that counts enough and that enough are lost to.
fn stairs(counts: &[i64]) -> Vec<Option<i64>> {
    let mut last: Option<i64> = None;
    let one = |count: &i64| {
        let fine = *count >= SHOWN_COUNT_MIN && last.is_none_or(|last| last - count >= SHOWN_COUNT_MIN);
        if fine {
            last = Some(*count);
        }
        fine.then_some(*count)
    };
    counts.iter().map(one).collect()
}

/// How mediation of a kind ended in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The kind.
    pub kind: String,
    /// The channel.
    pub channel: String,
    /// Disputes whose mediation ended there.
    pub concluded: i64,
    /// Of these, with an agreement.
    pub settled: i64,
}

/// The success of cells as it may be shown beside the sums of their kinds and of all: `kinds` has for each kind how many
/// were concluded and settled in whatever channel.
#[must_use]
pub fn successes(cells: &[Cell], kinds: &BTreeMap<String, (i64, i64)>) -> Vec<Figure> {
    let mut covered: BTreeSet<usize> = BTreeSet::new();
    let columns: [fn(i64, i64) -> i64; 3] =
        [|concluded, _| concluded, |_, settled| settled, |concluded, settled| concluded - settled];
    let mut guard = |places: &[usize], sum: (i64, i64)| {
        for column in columns {
            let of = |at: &usize| cells.get(*at).map_or(0, |cell| column(cell.concluded, cell.settled));
            let parts: Vec<i64> = places.iter().map(of).collect();
            let rest = column(sum.0, sum.1) - parts.iter().sum::<i64>();
            let with_rest: Vec<i64> = parts.iter().copied().chain((rest > 0).then_some(rest)).collect();
            let hides = hidden(&with_rest);
            let small = |part: i64| part < SHOWN_COUNT_MIN;
            let gives_away = places.iter().zip(&parts).zip(hides).filter(|((_, part), hides)| *hides && !small(**part));
            covered.extend(gives_away.map(|((at, _), _)| *at));
        }
    };
    for (kind, sum) in kinds {
        let own: Vec<usize> = (0..cells.len()).filter(|at| cells.get(*at).is_some_and(|c| c.kind == *kind)).collect();
        guard(&own, *sum);
    }
    let all: Vec<usize> = (0..cells.len()).collect();
    let sum = kinds.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    guard(&all, sum);
    let figure = |(at, cell): (usize, &Cell)| share(cell.settled, cell.concluded, covered.contains(&at));
    cells.iter().enumerate().map(figure).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::life::{FailureReason, Form, Level, Side};

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_788_220_800 + hour * 3_600).unwrap()
    }

    fn walked(events: &[(i64, Happening, Option<&str>)]) -> Course {
        let passed: Vec<Passed<'_>> =
            events.iter().map(|(hour, what, channel)| Passed { at: at(*hour), what, channel: *channel }).collect();
        course(&passed, Offset::UTC).unwrap().1
    }

    fn agreed() -> Happening {
        Happening::Agreed { form: Form::Oral, partly: false, due: None }
    }

    fn closed() -> Happening {
        Happening::Closed { level: Level::Town, limit: None }
    }

    fn count(course: &Course, channel: &str, mark: Mark, bucket: u8) -> i64 {
        course.get(&(channel.to_owned(), mark, bucket)).copied().unwrap_or_default()
    }

    #[test]
    fn a_whole_way_is_counted_step_by_step() {
        let course = walked(&[
            (0, Happening::Registered, None),
            (2, Happening::Offered, Some("a")),
            (3, Happening::Consent { side: Side::Applicant, given: true }, None),
            (10, Happening::Assigned, None),
            (34, Happening::Started, None),
            (100, agreed(), None),
            (101, closed(), None),
            (200, Happening::Performed, None),
            (900, Happening::FiledInCourt, None),
        ]);
        for milestone in Milestone::ALL {
            assert_eq!(count(&course, "", Mark::Reached(*milestone), 0), 1, "{milestone:?}");
        }
        // 2 hours, 8, 24, 66, 100: the first bucket that holds each.
        for (milestone, bucket) in [
            (Milestone::Approached, 1),
            (Milestone::Assigned, 3),
            (Milestone::Mediated, 5),
            (Milestone::Agreed, 7),
            (Milestone::Performed, 9),
        ] {
            assert_eq!(count(&course, "", Mark::Took(milestone), bucket), 1, "{milestone:?}");
        }
        assert_eq!(count(&course, "a", Mark::Settled, 0), 1);
        assert_eq!(count(&course, "", Mark::Left(Exit::Court), Milestone::Performed as u8), 1);
        assert_eq!(count(&course, "", Mark::Left(Exit::Unsettled), 4), 0);
    }

    #[test]
    fn exits_say_how_far_the_dispute_had_come() {
        let refused = Happening::Consent { side: Side::Respondent, given: false };
        let course = walked(&[(0, Happening::Registered, None), (1, refused.clone(), None), (5, closed(), None)]);
        assert_eq!(count(&course, "", Mark::Left(Exit::Refused), 1), 1);
        assert_eq!(count(&course, "", Mark::Left(Exit::Unsettled), 1), 1);
        let labour = Happening::ArbitrationStarted(Arbitration::Labour);
        let course = walked(&[
            (0, Happening::Registered, None),
            (1, refused, None),
            (5, labour, None),
            (9, Happening::FiledInCourt, None),
            (90, closed(), None),
        ]);
        let left: Vec<Exit> =
            course.keys().filter_map(|key| if let Mark::Left(e) = key.1 { Some(e) } else { None }).collect();
        assert_eq!(left, [Exit::Refused, Exit::Court, Exit::LabourArbitration]);
    }

    #[test]
    fn mediation_counts_in_the_channel_that_was_named_last_and_once_in_each() {
        let failed = || Happening::Failed(FailureReason::Apart);
        let course = walked(&[
            (0, Happening::Registered, None),
            (1, Happening::Assigned, Some("a")),
            (2, Happening::Started, None),
            (3, failed(), None),
            (4, Happening::Started, None),
            (5, failed(), None),
            (6, Happening::Assigned, Some("b")),
            (7, Happening::Started, None),
            (8, agreed(), None),
        ]);
        let of =
            |channel: &str| (count(&course, channel, Mark::Concluded, 0), count(&course, channel, Mark::Settled, 0));
        assert_eq!((of("a"), of("b"), of("")), ((1, 0), (1, 1), (1, 1)));
        assert_eq!(count(&course, "", Mark::Reached(Milestone::Mediated), 0), 1);
        assert!(course_is_none_before_registration());
    }

    fn course_is_none_before_registration() -> bool {
        course(&[Passed { at: at(0), what: &Happening::Started, channel: None }], Offset::UTC).is_none()
    }

    #[test]
    fn words_are_read_back() {
        let all = (Milestone::ALL.iter().flat_map(|one| [Mark::Reached(*one), Mark::Took(*one)]))
            .chain(Exit::ALL.iter().map(|exit| Mark::Left(*exit)))
            .chain([Mark::Concluded, Mark::Settled]);
        for mark in all {
            assert_eq!(Mark::of_code(&mark.code()), Some(mark));
        }
        assert_eq!(Mark::of_code("reached nothing"), None);
    }

    #[test]
    fn no_step_tells_of_few_who_did_not_take_it() {
        let shown = |counts: &[i64]| stairs(counts);
        assert_eq!(shown(&[100, 90, 81, 60]), [Some(100), Some(90), None, Some(60)]);
        assert_eq!(shown(&[100, 100, 90, 9]), [Some(100), None, Some(90), None]);
        assert_eq!(shown(&[9, 5]), [None, None]);
        let mut ways = Ways::default();
        for (milestone, count) in Milestone::ALL.iter().zip([100, 95, 80, 70, 65, 5]) {
            ways.add(Mark::Reached(*milestone), 0, count);
        }
        let stairs = ways.stairs();
        let told: Vec<_> = stairs.iter().map(|stair| (stair.count, stair.at_least, stair.at_most)).collect();
        assert_eq!(told[1], (None, Some(80), Some(100)));
        assert_eq!(told[4], (None, None, Some(70)));
        assert_eq!(told[5], (None, None, Some(70)));
    }

    #[test]
    fn a_cell_of_few_is_hidden_and_so_is_what_gives_it_away() {
        let cell = |kind: &str, channel: &str, concluded, settled| Cell {
            kind: kind.to_owned(),
            channel: channel.to_owned(),
            concluded,
            settled,
        };
        let cells = [cell("k", "a", 60, 40), cell("k", "b", 5, 3), cell("l", "a", 80, 60)];
        let kinds = BTreeMap::from([("k".to_owned(), (65, 43)), ("l".to_owned(), (80, 60))]);
        let shown = successes(&cells, &kinds);
        assert_eq!(shown.iter().map(|one| one.part).collect::<Vec<_>>(), [None, None, Some(60)]);
    }
}
