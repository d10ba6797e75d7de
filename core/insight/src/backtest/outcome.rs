//! What the history of mediation lets expect of cases that go elsewhere. No claim about causes: who went where did not
//! go there by chance.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use maple_kernel::{Case, ChannelId, KindId, Value};

use super::First;
use crate::share::{Share, float};

/// Disputes of one history.
pub const HISTORY_DISPUTES_MAX: usize = 2_000_000;
/// Steps of one dispute that are looked at; what comes later is left out.
pub const HISTORY_STEPS_MAX: usize = 64;
/// The fact with the amount in dispute.
const AMOUNT: &str = "amount";
/// No row has said of which band a dispute is.
const UNSEEN: u64 = u64::MAX;

/// How much is in dispute, in the currency of the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// Nobody said.
    Unsaid,
    /// Up to 10,000.
    Small,
    /// Up to 50,000.
    Middling,
    /// Up to 200,000.
    Large,
    /// Up to 1,000,000.
    Great,
    /// More.
    Beyond,
}

impl Band {
    /// All of them, each with the largest amount in it.
    pub const ALL: [(Self, Option<i64>); 6] = [
        (Self::Unsaid, None),
        (Self::Small, Some(10_000)),
        (Self::Middling, Some(50_000)),
        (Self::Large, Some(200_000)),
        (Self::Great, Some(1_000_000)),
        (Self::Beyond, None),
    ];

    /// The band of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        match case.facts.get(AMOUNT) {
            Some(Value::Money(hundredths)) => Self::of_amount(*hundredths),
            _ => Self::Unsaid,
        }
    }

    /// The band of an amount, in hundredths.
    #[must_use]
    pub fn of_amount(hundredths: i64) -> Self {
        let fits =
            |(band, most): &(Self, Option<i64>)| most.is_some_and(|most| hundredths <= most * 100).then_some(*band);
        Self::ALL.iter().find_map(fits).unwrap_or(Self::Beyond)
    }

    /// The word for it in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsaid => "unsaid",
            Self::Small => "to_10000",
            Self::Middling => "to_50000",
            Self::Large => "to_200000",
            Self::Great => "to_1000000",
            Self::Beyond => "beyond_1000000",
        }
    }

    const fn number(self) -> u64 {
        self as u64
    }

    fn of_number(number: u64) -> Self {
        let found = Self::ALL.iter().map(|(band, _)| *band).find(|band| band.number() == number);
        found.unwrap_or(Self::Unsaid)
    }
}

/// What of an event is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'t> {
    /// The dispute is of this kind.
    Kind(&'t str),
    /// It is in this channel from then on.
    Channel(&'t str),
    /// Mediation ended with an agreement, or without.
    Ended {
        /// True with one.
        agreed: bool,
    },
}

/// There are too many disputes to keep apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history has more than {HISTORY_DISPUTES_MAX} disputes; give a shorter time of it")]
pub struct TooMany;

/// A number for each word.
#[derive(Debug, Default)]
struct Words {
    numbers: HashMap<Box<str>, u32>,
    words: Vec<Box<str>>,
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.numbers.insert(word.into(), number);
        self.words.push(word.into());
        number
    }

    fn word(&self, number: u32) -> Option<&str> {
        self.words.get(usize::try_from(number).ok()?).map(AsRef::as_ref)
    }
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Channel(u32),
    Agreed,
    Failed,
}

#[derive(Debug)]
struct Dispute {
    kind: Option<u32>,
    steps: Vec<(i64, Step)>,
    /// The lowest row of the cases that is about it, and its band.
    band: AtomicU64,
}

/// How disputes went, read from their events in any order.
#[derive(Debug)]
pub struct History {
    disputes: HashMap<Box<str>, Dispute>,
    disputes_max: usize,
    kinds: Words,
    channels: Words,
}

impl Default for History {
    fn default() -> Self {
        let (kinds, channels) = (Words::default(), Words::default());
        Self { disputes: HashMap::new(), disputes_max: HISTORY_DISPUTES_MAX, kinds, channels }
    }
}

impl History {
    /// Takes an event of a dispute.
    ///
    /// # Errors
    ///
    /// When there are more disputes than are kept apart.
    pub fn tell(&mut self, dispute: &str, at: Timestamp, told: Told<'_>) -> Result<(), TooMany> {
        if !self.disputes.contains_key(dispute) {
            if self.disputes.len() >= self.disputes_max {
                return Err(TooMany);
            }
            let new = Dispute { kind: None, steps: Vec::new(), band: AtomicU64::new(UNSEEN) };
            self.disputes.insert(dispute.into(), new);
        }
        let Some(known) = self.disputes.get_mut(dispute) else { return Ok(()) };
        let step = match told {
            Told::Kind(kind) => {
                known.kind = Some(self.kinds.number(kind));
                return Ok(());
            }
            Told::Channel(channel) => Step::Channel(self.channels.number(channel)),
            Told::Ended { agreed: true } => Step::Agreed,
            Told::Ended { agreed: false } => Step::Failed,
        };
        if known.steps.len() < HISTORY_STEPS_MAX {
            known.steps.push((at.as_millisecond(), step));
        }
        Ok(())
    }

    /// How many disputes it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.disputes.len()
    }

    /// True when it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.disputes.is_empty()
    }

    /// A case in a row of the cases: if the history has the dispute of its id, its band is known from then on.
    pub fn see(&self, row: u64, case: &Case) {
        if let Some(dispute) = case.id.as_deref().and_then(|id| self.disputes.get(id)) {
            // The lowest row wins, whoever comes first.
            dispute.band.fetch_min(row << 3 | Band::of(case).number(), Ordering::Relaxed);
        }
    }

    /// How often mediation ended with an agreement.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for dispute in self.disputes.values() {
            let Some(kind) = dispute.kind.and_then(|kind| self.kinds.word(kind)) else { continue };
            let band = match dispute.band.load(Ordering::Relaxed) {
                UNSEEN => None,
                seen => Some(Band::of_number(seen & 7)),
            };
            let mut steps = dispute.steps.clone();
            // At one moment the channel is said first, and of two the later by its word holds.
            let order = |step: &Step| match step {
                Step::Channel(number) => (0, self.channels.word(*number)),
                Step::Failed => (1, None),
                Step::Agreed => (2, None),
            };
            steps.sort_by_key(|(at, step)| (*at, order(step)));
            let mut channel = None;
            for (_, step) in steps {
                let agreed = match step {
                    Step::Channel(number) => {
                        channel = self.channels.word(number);
                        continue;
                    }
                    Step::Agreed => true,
                    Step::Failed => false,
                };
                if let Some(channel) = channel {
                    outcomes.count(kind, band, channel, agreed);
                }
            }
        }
        outcomes
    }
}

/// Of so many ends of mediation so many agreements.
type Counts = (u64, u64);

/// How often mediation ended with an agreement, by kind and channel, and where it is known by band as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    all: BTreeMap<(KindId, ChannelId), Counts>,
    banded: BTreeMap<(KindId, Band, ChannelId), Counts>,
}

/// What a share was matched by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchedBy {
    /// Kind, band and channel.
    Band,
    /// Kind and channel.
    Kind,
}

impl MatchedBy {
    /// The word for it in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Band => "kind_band_channel",
            Self::Kind => "kind_channel",
        }
    }
}

impl Outcomes {
    fn count(&mut self, kind: &str, band: Option<Band>, channel: &str, agreed: bool) {
        let (kind, channel) = (KindId::from(kind), ChannelId::from(channel));
        let add = |(part, whole): &mut Counts| {
            *part += u64::from(agreed);
            *whole += 1;
        };
        if let Some(band) = band {
            add(self.banded.entry((kind.clone(), band, channel.clone())).or_default());
        }
        add(self.all.entry((kind, channel)).or_default());
    }

    /// Agreements of all ends of mediation.
    #[must_use]
    pub fn total(&self) -> Share {
        let (part, whole) = self.all.values().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        Share::new(part, whole)
    }

    /// The share for a case of a kind and a band in a channel: by the band where it is of enough, else without it;
    /// nothing where both are of too few.
    #[must_use]
    pub fn share(&self, kind: &KindId, band: Band, channel: &ChannelId) -> Option<(Share, MatchedBy)> {
        let banded = self.banded.get(&(kind.clone(), band, channel.clone()));
        let all = self.all.get(&(kind.clone(), channel.clone()));
        let found = [(banded, MatchedBy::Band), (all, MatchedBy::Kind)];
        found.into_iter().find_map(|(counts, by)| {
            let share = counts.map(|(part, whole)| Share::new(*part, *whole))?;
            (!share.is_of_few()).then_some((share, by))
        })
    }

    /// Every share that is of enough: kind, band (none for all of them), channel.
    pub fn shares(&self) -> impl Iterator<Item = (&KindId, Option<Band>, &ChannelId, Share)> {
        let all = self.all.iter().map(|((kind, channel), counts)| (kind, None, channel, counts));
        let banded = self.banded.iter().map(|((kind, band, channel), counts)| (kind, Some(*band), channel, counts));
        let share =
            |(kind, band, channel, (part, whole)): (_, _, _, &Counts)| (kind, band, channel, Share::new(*part, *whole));
        all.chain(banded).map(share).filter(|(.., share)| !share.is_of_few())
    }
}

/// Cases of a kind and a band that go from one first step to another.
pub type Moves = BTreeMap<(KindId, Band, First, First), u64>;

/// So many agreements, and within which bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// At least.
    pub low: f64,
    /// By the shares of the history.
    pub middle: f64,
    /// At most.
    pub high: f64,
}

impl Expected {
    fn add(&mut self, cases: u64, share: Share) {
        let (low, high) = share.wilson().unwrap_or((0.0, 1.0));
        self.low += float(cases) * low;
        self.middle += float(cases) * share.value().unwrap_or(0.0);
        self.high += float(cases) * high;
    }
}

/// A share of the history, and what it was matched by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Agreements of ends of mediation.
    pub share: Share,
    /// By what.
    pub by: MatchedBy,
}

/// Cases that go elsewhere, and what the history says of both ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Their kind.
    pub kind: KindId,
    /// How much is in dispute.
    pub band: Band,
    /// Where the baseline sends them first.
    pub from: First,
    /// Where the candidate does.
    pub to: First,
    /// How many they are.
    pub cases: u64,
    /// Of mediation where they went; none where the history has too little.
    pub baseline: Option<Matched>,
    /// Of mediation where they go; none where the history has too little.
    pub candidate: Option<Matched>,
}

/// What the history lets expect of the cases that go elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Disputes of the history.
    pub disputes: u64,
    /// Agreements of all ends of mediation in it.
    pub history: Share,
    /// Every share of it that is of enough.
    pub outcomes: Outcomes,
    /// Cases with a share for both ways.
    pub estimated: u64,
    /// Cases without.
    pub unknown: u64,
    /// Agreements of the estimated cases under the baseline.
    pub baseline: Expected,
    /// Agreements of the estimated cases under the candidate.
    pub candidate: Expected,
    /// Each move, the most cases first.
    pub rows: Vec<Row>,
}

impl Estimate {
    /// What a history says of moves.
    #[must_use]
    pub fn new(history: &History, moves: &Moves) -> Self {
        let outcomes = history.outcomes();
        let mut estimate = Self { disputes: history.len() as u64, history: outcomes.total(), ..Self::default() };
        for ((kind, band, from, to), cases) in moves {
            let of = |first: &First| match first {
                First::Channel(channel) => outcomes.share(kind, *band, channel),
                First::Refer | First::Nothing => None,
            };
            let matched = |first: &First| of(first).map(|(share, by)| Matched { share, by });
            let (baseline, candidate) = (matched(from), matched(to));
            match (baseline, candidate) {
                (Some(baseline), Some(candidate)) => {
                    estimate.estimated += cases;
                    estimate.baseline.add(*cases, baseline.share);
                    estimate.candidate.add(*cases, candidate.share);
                }
                _ => estimate.unknown += cases,
            }
            let (kind, band, from, to) = (kind.clone(), *band, from.clone(), to.clone());
            estimate.rows.push(Row { kind, band, from, to, cases: *cases, baseline, candidate });
        }
        estimate.rows.sort_by_key(|row| std::cmp::Reverse(row.cases));
        estimate.outcomes = outcomes;
        estimate
    }

    /// Of the agreements expected under the baseline, the share that the candidate has fewer; 0 where it has more, none
    /// where nothing can be estimated.
    #[must_use]
    pub fn agreements_lost(&self) -> Option<f64> {
        (self.estimated > 0 && self.baseline.middle > 0.0)
            .then(|| ((self.baseline.middle - self.candidate.middle) / self.baseline.middle).max(0.0))
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
