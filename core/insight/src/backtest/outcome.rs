//! What the history of mediation lets expect of cases that go elsewhere. No claim about causes: who went where did not
//! go there by chance.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use maple_kernel::{Case, ChannelId, KindId, Value};

use super::First;
use crate::share::{Share, float};

/// Disputes of one history.
pub const HISTORY_DISPUTES_MAX: usize = 2_000_000;
/// Steps of all disputes of one history: kinds and channels that are said, and ends of mediation. With so many steps of so
/// many disputes a history takes less than 700 MB.
pub const HISTORY_STEPS_MAX: usize = 24_000_000;
/// Kinds, and channels, of one history.
pub const HISTORY_WORDS_MAX: usize = 10_000;
/// Bytes of a kind or a channel.
pub const HISTORY_WORD_BYTES_MAX: usize = 256;
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

/// There is more than is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMany {
    /// Disputes.
    #[error("the history has more than {HISTORY_DISPUTES_MAX} disputes; give a shorter time of it")]
    Disputes,
    /// Steps of all of them.
    #[error(
        "the history has more than {HISTORY_STEPS_MAX} kinds, channels and ends of mediation; give a shorter time of it"
    )]
    Steps,
    /// Kinds or channels.
    #[error("the history names more than {HISTORY_WORDS_MAX} kinds or channels, which are words of the vocabulary")]
    Words,
    /// Bytes of a kind or a channel.
    #[error("a kind or channel of the history has more than {HISTORY_WORD_BYTES_MAX} bytes")]
    WordBytes,
}

/// A number for each word.
#[derive(Debug)]
struct Words {
    numbers: HashMap<Box<str>, u32>,
    words: Vec<Box<str>>,
    max: usize,
}

impl Default for Words {
    fn default() -> Self {
        Self { numbers: HashMap::new(), words: Vec::new(), max: HISTORY_WORDS_MAX }
    }
}

impl Words {
    fn number(&mut self, word: &str) -> Result<u32, TooMany> {
        if let Some(number) = self.numbers.get(word) {
            return Ok(*number);
        }
        if word.len() > HISTORY_WORD_BYTES_MAX {
            return Err(TooMany::WordBytes);
        }
        if self.words.len() >= self.max {
            return Err(TooMany::Words);
        }
        let number = small(self.words.len());
        self.numbers.insert(word.into(), number);
        self.words.push(word.into());
        Ok(number)
    }

    fn word(&self, number: u32) -> Option<&str> {
        self.words.get(large(number)).map(AsRef::as_ref)
    }
}

/// Everything that is counted here has a bound far below.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn large(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Numbers of disputes, by what their ids are hashed to: 128 bits, which no two ids of a history share.
#[derive(Debug, Default)]
struct Ids {
    numbers: HashMap<(u64, u64), u32>,
    keys: (RandomState, RandomState),
}

impl Ids {
    fn key(&self, id: &str) -> (u64, u64) {
        (self.keys.0.hash_one(id), self.keys.1.hash_one(id))
    }

    fn get(&self, id: &str) -> Option<u32> {
        self.numbers.get(&self.key(id)).copied()
    }

    fn number(&mut self, id: &str, max: usize) -> Result<u32, TooMany> {
        let (key, next) = (self.key(id), self.numbers.len());
        match self.numbers.entry(key) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(_) if next >= max => Err(TooMany::Disputes),
            Entry::Vacant(new) => Ok(*new.insert(small(next))),
        }
    }
}

/// What happened, with the number of the word where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Kind(u16),
    Channel(u16),
    Failed,
    Agreed,
}

/// One step of one dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// In microseconds.
    at: i64,
    dispute: u32,
    what: What,
}

/// What is told of disputes, event by event and in any order. All of it is kept or refused: nothing is left out, so that
/// the order of the events does not matter.
#[derive(Debug)]
pub struct Chronicle {
    ids: Ids,
    kinds: Words,
    channels: Words,
    steps: Vec<Step>,
    disputes_max: usize,
    steps_max: usize,
}

impl Default for Chronicle {
    fn default() -> Self {
        Self {
            ids: Ids::default(),
            kinds: Words::default(),
            channels: Words::default(),
            steps: Vec::new(),
            disputes_max: HISTORY_DISPUTES_MAX,
            steps_max: HISTORY_STEPS_MAX,
        }
    }
}

impl Chronicle {
    /// Takes an event of a dispute.
    ///
    /// # Errors
    ///
    /// When there is more than is kept.
    pub fn tell(&mut self, dispute: &str, at: Timestamp, told: Told<'_>) -> Result<(), TooMany> {
        let dispute = self.ids.number(dispute, self.disputes_max)?;
        if self.steps.len() >= self.steps_max {
            return Err(TooMany::Steps);
        }
        let number =
            |words: &mut Words, word| words.number(word).map(|number| u16::try_from(number).unwrap_or(u16::MAX));
        let what = match told {
            Told::Kind(kind) => What::Kind(number(&mut self.kinds, kind)?),
            Told::Channel(channel) => What::Channel(number(&mut self.channels, channel)?),
            Told::Ended { agreed: false } => What::Failed,
            Told::Ended { agreed: true } => What::Agreed,
        };
        self.steps.push(Step { at: at.as_microsecond(), dispute, what });
        Ok(())
    }

    /// True when nothing was told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.numbers.is_empty()
    }

    /// What came of the disputes. Each counts once in each channel in which its mediation ended, and with an agreement
    /// where one of the ends there was one, as in [`crate::figures::course`].
    #[must_use]
    pub fn history(self) -> History {
        let Self { ids, kinds, channels, mut steps, .. } = self;
        // At one moment the kind is said first, then the channel, and of two the later by its word holds; of two kinds
        // the first.
        let order = |step: &Step| match step.what {
            What::Kind(number) => (0, kinds.word(number.into())),
            What::Channel(number) => (1, channels.word(number.into())),
            What::Failed => (2, None),
            What::Agreed => (3, None),
        };
        steps.sort_unstable_by(|a, b| (a.dispute, a.at).cmp(&(b.dispute, b.at)).then_with(|| order(a).cmp(&order(b))));
        let new = || Dispute { kind: None, band: AtomicU64::new(UNSEEN) };
        let mut disputes: Vec<Dispute> = ids.numbers.values().map(|_| new()).collect();
        let (mut ends, mut ended) = (Vec::new(), BTreeMap::new());
        for all in steps.chunk_by(|a, b| a.dispute == b.dispute) {
            let (mut kind, mut channel) = (None, None);
            for step in all {
                match step.what {
                    What::Kind(number) => kind = kind.or(Some(number)),
                    What::Channel(number) => channel = Some(number),
                    What::Failed | What::Agreed => {
                        if let Some(channel) = channel {
                            *ended.entry(channel).or_default() |= step.what == What::Agreed;
                        }
                    }
                }
            }
            let dispute = all.first().map_or(0, |step| step.dispute);
            if let Some(known) = disputes.get_mut(large(dispute)) {
                known.kind = kind;
            }
            let end = |(channel, agreed)| End { dispute, channel, agreed };
            ends.extend(std::mem::take(&mut ended).into_iter().map(end));
        }
        History { ids, kinds, channels, disputes, ends }
    }
}

#[derive(Debug)]
struct Dispute {
    kind: Option<u16>,
    /// The lowest row of the cases that is about it, and its band.
    band: AtomicU64,
}

/// Mediation of a dispute ended in a channel.
#[derive(Clone, Copy, Debug)]
struct End {
    dispute: u32,
    channel: u16,
    agreed: bool,
}

/// How disputes went.
#[derive(Debug)]
pub struct History {
    ids: Ids,
    kinds: Words,
    channels: Words,
    disputes: Vec<Dispute>,
    ends: Vec<End>,
}

impl History {
    /// How many disputes it knows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.disputes.len()
    }

    /// True when it knows none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.disputes.is_empty()
    }

    /// A case in a row of the cases: if the history has the dispute of its id, its band is known from then on.
    pub fn see(&self, row: u64, case: &Case) {
        let number = case.id.as_deref().and_then(|id| self.ids.get(id));
        if let Some(dispute) = number.and_then(|number| self.disputes.get(large(number))) {
            // The lowest row wins, whoever comes first.
            dispute.band.fetch_min(row << 3 | Band::of(case).number(), Ordering::Relaxed);
        }
    }

    /// How often mediation ended with an agreement.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        let mut counts: BTreeMap<(u16, Option<Band>, u16), Counts> = BTreeMap::new();
        for End { dispute, channel, agreed } in &self.ends {
            let Some(dispute) = self.disputes.get(large(*dispute)) else { continue };
            let Some(kind) = dispute.kind else { continue };
            let band = match dispute.band.load(Ordering::Relaxed) {
                UNSEEN => None,
                seen => Some(Band::of_number(seen & 7)),
            };
            let (part, whole) = counts.entry((kind, band, *channel)).or_default();
            *part += u64::from(*agreed);
            *whole += 1;
        }
        let mut outcomes = Outcomes::default();
        for ((kind, band, channel), counts) in counts {
            if let (Some(kind), Some(channel)) = (self.kinds.word(kind.into()), self.channels.word(channel.into())) {
                outcomes.count(kind, band, channel, counts);
            }
        }
        outcomes
    }
}

/// So many agreements, of so many disputes whose mediation ended.
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
    fn count(&mut self, kind: &str, band: Option<Band>, channel: &str, counts: Counts) {
        let (kind, channel) = (KindId::from(kind), ChannelId::from(channel));
        let add = |(part, whole): &mut Counts| {
            *part += counts.0;
            *whole += counts.1;
        };
        if let Some(band) = band {
            add(self.banded.entry((kind.clone(), band, channel.clone())).or_default());
        }
        add(self.all.entry((kind, channel)).or_default());
    }

    /// Agreements of all disputes, each once for each channel in which its mediation ended.
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
    /// Agreements, of disputes whose mediation ended there.
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
    /// Agreements in it, of all disputes, each once for each channel in which its mediation ended.
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

    /// Of the agreements expected under the baseline, the share that the candidate has fewer; 0 where it has more, where
    /// none are expected or where no case goes elsewhere; none where nothing can be estimated of those that do.
    #[must_use]
    pub fn agreements_lost(&self) -> Option<f64> {
        if self.estimated == 0 && self.unknown > 0 {
            return None;
        }
        let (old, new) = (self.baseline.middle, self.candidate.middle);
        Some(if old > 0.0 { ((old - new) / old).max(0.0) } else { 0.0 })
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
