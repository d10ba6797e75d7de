//! Indicators: shares and medians that come of counts, each with its formula and its source.

use std::collections::BTreeMap;

use super::{
    cover::{Cover, Quantity},
    protect::SHOWN_COUNT_MIN,
    tally::{BUCKET_HOURS, BUCKETS_COUNT, Measure, Tally},
};
use crate::life::words;

words! {
    /// What is shown of a place.
    Indicator {
        /// Suits for every 10,000 inhabitants.
        LitPer10k = "LIT_PER_10K",
        /// Disputes that were settled before a court had them.
        PreDivert = "PRE_DIVERT",
        /// Mediations that ended with an agreement.
        MedSucc = "MED_SUCC",
        /// Offers that were agreed to.
        MedOfferAccept = "MED_OFFER_ACCEPT",
        /// Refusals that were honoured.
        RefusalHonoured = "REFUSAL_HONOURED",
        /// Written agreements not performed at once that went to a court for confirmation.
        ConfRate = "CONF_RATE",
        /// Of those decided, the ones that the court confirmed.
        ConfGranted = "CONF_GRANTED",
        /// Disputes closed within the time that the law gives.
        OnTime = "ON_TIME",
        /// Agreements performed in time.
        PerfRate = "PERF_RATE",
        /// Agreements after which the dispute went to court.
        Relapse = "RELAPSE",
        /// Disputes that were resolved, says who was asked.
        Resolve = "RESOLVE",
        /// Parties that are content, says who was asked.
        Satisfy = "SATISFY",
        /// Hours to the first contact.
        TimeToContact = "TIME_TO_CONTACT",
        /// Hours to the first offer.
        TimeToOffer = "TIME_TO_OFFER",
        /// Hours to the end.
        TimeToEnd = "TIME_TO_END",
        /// Hours to the court.
        TimeToCourt = "TIME_TO_COURT",
        /// Disputes that ended in a village.
        LadderVillage = "LADDER_VILLAGE",
        /// Disputes that ended in a town.
        LadderTown = "LADDER_TOWN",
        /// Disputes that ended in a county.
        LadderCounty = "LADDER_COUNTY",
        /// Disputes that ended in a city.
        LadderCity = "LADDER_CITY",
        /// Disputes that ended in a province, or above.
        LadderProvince = "LADDER_PROVINCE",
        /// Disputes that ended in a court.
        LadderCourt = "LADDER_COURT",
        /// Disputes before a court that the parties ended themselves, by an agreement or by taking them back.
        Withdraw = "WITHDRAW",
        /// Disputes that came.
        Registered = "REGISTERED",
    }
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share, from 0 to 1.
    Share,
    /// For every 10,000 inhabitants.
    Per10k,
    /// Hours, the median.
    Hours,
    /// Disputes.
    Count,
}

impl Unit {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Per10k => "per_10000_inhabitants",
            Self::Hours => "hours_median",
            Self::Count => "count",
        }
    }
}

/// Counts of a place and a period, all months together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(Measure, u8), i64>);

/// An indicator of a place and a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The figure; none where there is nothing to count, or where it must not be shown.
    pub value: Option<f64>,
    /// What is counted, where that may be shown.
    pub part: Option<i64>,
    /// What it is a share of, where that may be shown.
    pub whole: Option<i64>,
    /// Where the figure must not be shown as it is, the least it may be.
    pub at_least: Option<f64>,
    /// The same, the most.
    pub at_most: Option<f64>,
    /// True when something may not be shown since it counts too few.
    pub suppressed: bool,
}

impl Counts {
    /// Adds counts.
    pub fn add(&mut self, measure: Measure, bucket: u8, count: i64) {
        *self.0.entry((measure, bucket)).or_default() += count;
    }

    /// Adds up the months of a tally.
    pub fn add_all(&mut self, tally: &Tally) {
        tally.iter().for_each(|((_, measure, bucket), count)| self.add(*measure, *bucket, *count));
    }

    /// How many of a measure, its buckets together.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        self.0.range((measure, 0)..=(measure, u8::MAX)).map(|(_, count)| *count).sum()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, u8, i64)> + '_ {
        self.0.iter().map(|((measure, bucket), count)| (*measure, *bucket, *count))
    }

    /// The median of a measure with buckets, in hours.
    fn median(&self, measure: Measure) -> Option<f64> {
        let here = |bucket| u8::try_from(bucket).ok().and_then(|bucket| self.0.get(&(measure, bucket)).copied());
        median(&std::array::from_fn(|bucket| here(bucket).unwrap_or_default()))
    }
}

/// The median of hours, as far as buckets tell: the place within its bucket is taken as if the bucket were evenly filled.
/// Nothing when half of them took longer than the longest bucket.
pub(super) fn median(buckets: &[i64; BUCKETS_COUNT]) -> Option<f64> {
    let all: i64 = buckets.iter().sum();
    let half = all as f64 / 2.0;
    let (mut below, mut from) = (0.0, 0.0);
    for (here, to) in buckets.iter().zip(BUCKET_HOURS) {
        let (here, to) = (*here as f64, f64::from(to));
        if here > 0.0 && below + here >= half {
            return (all > 0).then(|| from + (to - from) * (half - below) / here);
        }
        (below, from) = (below + here, to);
    }
    None
}

/// True of a count that is too small to be shown.
pub(super) const fn few(count: i64) -> bool {
    count < SHOWN_COUNT_MIN
}

impl Indicator {
    /// What it is counted in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::LitPer10k => Unit::Per10k,
            Self::TimeToContact | Self::TimeToOffer | Self::TimeToEnd | Self::TimeToCourt => Unit::Hours,
            Self::Registered => Unit::Count,
            _ => Unit::Share,
        }
    }

    /// What it is a share of what, where it is a share; what it counts alone, where it is not.
    const fn quantities(self) -> (Quantity, Option<Quantity>) {
        use Quantity as Q;
        match self {
            Self::LitPer10k => (Q::Filed, None),
            Self::PreDivert => (Q::Before, Some(Q::SettledOrSued)),
            Self::MedSucc => (Q::Agreements, Some(Q::Concluded)),
            Self::MedOfferAccept => (Q::OffersAgreed, Some(Q::Offers)),
            Self::RefusalHonoured => (Q::Honoured, Some(Q::Refusals)),
            Self::ConfRate => (Q::ConfirmationsFiled, Some(Q::Confirmable)),
            Self::ConfGranted => (Q::ConfirmationsGranted, Some(Q::ConfirmationsDecided)),
            Self::OnTime => (Q::InTime, Some(Q::Limited)),
            Self::PerfRate => (Q::Performed, Some(Q::Due)),
            Self::Relapse => (Q::Relapsed, Some(Q::Agreements)),
            Self::Resolve => (Q::Resolved, Some(Q::ResolvedAsked)),
            Self::Satisfy => (Q::Satisfied, Some(Q::SatisfiedAsked)),
            Self::TimeToContact => (Q::Contacted, None),
            Self::TimeToOffer => (Q::Offered, None),
            Self::TimeToEnd => (Q::Ended, None),
            Self::TimeToCourt => (Q::ToCourt, None),
            Self::LadderVillage => (Q::Village, Some(Q::Closed)),
            Self::LadderTown => (Q::Town, Some(Q::Closed)),
            Self::LadderCounty => (Q::County, Some(Q::Closed)),
            Self::LadderCity => (Q::City, Some(Q::Closed)),
            Self::LadderProvince => (Q::Province, Some(Q::Closed)),
            Self::LadderCourt => (Q::Court, Some(Q::Closed)),
            Self::Withdraw => (Q::Parties, Some(Q::Sued)),
            Self::Registered => (Q::Registered, None),
        }
    }

    /// The figures without which it is never shown: fewer suits are no success where the way to court is blocked.
    #[must_use]
    pub const fn pair(self) -> &'static [Self] {
        match self {
            Self::LitPer10k => &[Self::RefusalHonoured, Self::TimeToCourt, Self::Relapse, Self::Satisfy],
            _ => &[],
        }
    }

    /// What is counted and what it is a share of.
    #[must_use]
    pub fn parts(self, counts: &Counts) -> (i64, Option<i64>) {
        let (part, whole) = self.quantities();
        (part.of(counts), whole.map(|whole| whole.of(counts)))
    }

    /// The figure, as far as it may be shown; `population` is that of the place.
    #[must_use]
    pub fn figure(self, counts: &Counts, population: Option<u64>, cover: &Cover) -> Figure {
        let (quantity, of) = self.quantities();
        let (part, whole) = self.parts(counts);
        let shows = cover.shows(quantity);
        match (self.unit(), of.zip(whole)) {
            (Unit::Share, Some((of, whole))) => {
                let told = share(part, whole, !cover.shows(of));
                // A share that would tell what others leave out: only what it is a share of.
                let few = Figure { whole: Some(whole), suppressed: true, ..Figure::NOTHING };
                if shows || told.suppressed { told } else { few }
            }
            (Unit::Hours, _) if few(part) => Figure { suppressed: true, ..Figure::NOTHING },
            // The middle of enough says nothing of how many there are.
            (Unit::Hours, _) => {
                let value = quantity.measure().and_then(|measure| counts.median(measure));
                Figure { value, whole: shows.then_some(part), suppressed: !shows, ..Figure::NOTHING }
            }
            _ if !shows => Figure { suppressed: true, ..Figure::NOTHING },
            (Unit::Per10k, _) => {
                let value = population.filter(|people| *people > 0).map(|people| part as f64 * 1e4 / people as f64);
                Figure { value, part: Some(part), ..Figure::NOTHING }
            }
            _ => Figure { value: Some(part as f64), part: Some(part), ..Figure::NOTHING },
        }
    }
}

impl Figure {
    pub(super) const NOTHING: Self =
        Self { value: None, part: None, whole: None, at_least: None, at_most: None, suppressed: false };
}

/// A share of few says too much of those few, and so does one that leaves out few: then only its bounds are shown.
pub(super) fn share(part: i64, whole: i64, hidden: bool) -> Figure {
    if hidden || whole < SHOWN_COUNT_MIN {
        return Figure { suppressed: true, ..Figure::NOTHING };
    }
    let least = (SHOWN_COUNT_MIN - 1) as f64 / whole as f64;
    let bounded = Figure { whole: Some(whole), suppressed: true, ..Figure::NOTHING };
    if whole - part < SHOWN_COUNT_MIN {
        return Figure { at_least: Some((1.0 - least).max(0.0)), ..bounded };
    }
    if part < SHOWN_COUNT_MIN {
        return Figure { at_most: Some(least.min(1.0)), ..bounded };
    }
    Figure { value: Some(part as f64 / whole as f64), part: Some(part), whole: Some(whole), ..Figure::NOTHING }
}
