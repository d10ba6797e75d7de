//! What of many figures may be shown beside each other: a count of few must come neither out of one figure, nor out of taking
//! figures away from each other, be they of one place or of the places, months and kinds that add up to it.
//!
//! Figures show quantities. What follows from quantities by adding and taking away are sets of disputes: the *columns*. A
//! column is known of a place when its quantities are shown, when others of the same place give it (agreements and those
//! before a suit give those after it), or when the other parts of a whole do. A column must not be known where it counts one
//! to nine, and of parts that are not known the sum must not be one to nine. What breaks this is hidden, one quantity after
//! the other, until nothing does.
//!
//! INVARIANT: hiding never makes anything known; so the order ends, with everything hidden at the worst.

use std::{collections::HashMap, sync::LazyLock};

use super::{indicator::Counts, protect::SHOWN_COUNT_MIN, tally::Measure};

macro_rules! quantities {
    ($($name:ident),+) => {
        /// A count that indicators show. Of two that could be hidden the later one is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Quantity { $($name),+ }

        const QUANTITIES: [Quantity; [$(Quantity::$name),+].len()] = [$(Quantity::$name),+];
    };
}
quantities! {
    Registered, Filed, Concluded, Closed, Offers, Refusals, Due, ResolvedAsked, SatisfiedAsked, Agreements,
    Contacted, Ended, ToCourt, Offered, Village, Town, County, City, Province, Court, Limited, InTime, Sued,
    Parties, OffersAgreed, Honoured, Performed, Resolved, Satisfied, SettledOrSued, Before, Confirmable,
    ConfirmationsFiled, ConfirmationsDecided, ConfirmationsGranted, Relapsed
}
use Quantity as Q;

/// Each closed dispute was closed at one of these.
const LEVELS: [Q; 6] = [Q::Village, Q::Town, Q::County, Q::City, Q::Province, Q::Court];
/// Each lies within the one before it.
const CHAINS: [&[Q]; 13] = [
    &[Q::Registered, Q::Contacted, Q::Offered],
    &[Q::Registered, Q::Ended],
    &[Q::Registered, Q::ToCourt],
    &[
        Q::Concluded,
        Q::Agreements,
        Q::Confirmable,
        Q::ConfirmationsFiled,
        Q::ConfirmationsDecided,
        Q::ConfirmationsGranted,
    ],
    &[Q::Concluded, Q::Agreements, Q::Before],
    &[Q::Concluded, Q::Agreements, Q::Relapsed],
    &[Q::Closed, Q::Limited, Q::InTime],
    &[Q::Closed, Q::Sued, Q::Parties],
    &[Q::Offers, Q::OffersAgreed],
    &[Q::Refusals, Q::Honoured],
    &[Q::Due, Q::Performed],
    &[Q::ResolvedAsked, Q::Resolved],
    &[Q::SatisfiedAsked, Q::Satisfied],
];

impl Quantity {
    const fn bit(self) -> u64 {
        1 << self as u64
    }

    const fn is_level(self) -> bool {
        matches!(self, Q::Village | Q::Town | Q::County | Q::City | Q::Province | Q::Court)
    }

    /// The measure that counts it; none of what comes of two.
    pub(super) const fn measure(self) -> Option<Measure> {
        use Measure as M;
        Some(match self {
            Q::Registered => M::Registered,
            Q::Filed => M::FiledInCourt,
            Q::Concluded => M::Concluded,
            Q::Closed => M::Closed,
            Q::Offers => M::Offers,
            Q::Refusals => M::Refusals,
            Q::Due => M::Due,
            Q::ResolvedAsked => M::ResolvedAsked,
            Q::SatisfiedAsked => M::SatisfiedAsked,
            Q::Agreements => M::Agreements,
            Q::Contacted => M::HoursToContact,
            Q::Ended => M::HoursToEnd,
            Q::ToCourt => M::HoursToCourt,
            Q::Offered => M::HoursToOffer,
            Q::Village => M::ClosedVillage,
            Q::Town => M::ClosedTown,
            Q::County => M::ClosedCounty,
            Q::City => M::ClosedCity,
            Q::Province => M::ClosedProvince,
            Q::Court => M::ClosedCourt,
            Q::Limited => M::ClosedLimited,
            Q::InTime => M::ClosedInTime,
            Q::Sued => M::ClosedSued,
            Q::Parties => M::ClosedByParties,
            Q::OffersAgreed => M::OffersAgreed,
            Q::Performed => M::Performed,
            Q::Resolved => M::Resolved,
            Q::Satisfied => M::Satisfied,
            Q::Before => M::BeforeCourt,
            Q::Confirmable => M::Confirmable,
            Q::ConfirmationsFiled => M::ConfirmationsFiled,
            Q::ConfirmationsDecided => M::ConfirmationsDecided,
            Q::ConfirmationsGranted => M::ConfirmationsGranted,
            Q::Relapsed => M::Relapsed,
            Q::Honoured | Q::SettledOrSued => return None,
        })
    }

    /// How many.
    pub(super) fn of(self, counts: &Counts) -> i64 {
        match (self, self.measure()) {
            (_, Some(measure)) => counts.of(measure),
            (Q::Honoured, None) => counts.of(Measure::Refusals) - counts.of(Measure::RefusalsBroken),
            _ => counts.of(Measure::BeforeCourt) + counts.of(Measure::FiledInCourt),
        }
    }
}

/// How often each quantity is in a column; those that are sums of others do not stand for themselves.
type Vector = [i8; QUANTITIES.len()];

/// A set of disputes.
struct Column {
    /// The quantity that it is, where it is one.
    quantity: Option<Q>,
    /// What it is added up of, otherwise.
    sum: Vec<(Q, i64)>,
}

/// Every column, and which is the sum of which two.
struct Plan {
    columns: Vec<Column>,
    /// The first is the sum of the others.
    sums: Vec<[usize; 3]>,
}

static PLAN: LazyLock<Plan> = LazyLock::new(Plan::new);

fn vector(quantity: Q) -> Vector {
    let mut vector = [0; QUANTITIES.len()];
    let parts: &[Q] = match quantity {
        Q::Closed => &LEVELS,
        Q::SettledOrSued => &[Q::Before, Q::Filed],
        _ => &[quantity],
    };
    for part in parts {
        if let Some(place) = vector.get_mut(*part as usize) {
            *place = 1;
        }
    }
    vector
}

fn together(one: &Vector, other: &Vector, sign: i8) -> Vector {
    let mut sum = *one;
    sum.iter_mut().zip(other).for_each(|(sum, more)| *sum += sign * more);
    sum
}

impl Plan {
    fn new() -> Self {
        let mut vectors: Vec<Vector> = QUANTITIES.iter().map(|one| vector(*one)).collect();
        for chain in CHAINS {
            for (at, outer) in chain.iter().enumerate() {
                let inner = chain.iter().skip(at + 1);
                vectors.extend(inner.map(|inner| together(&vector(*outer), &vector(*inner), -1)));
            }
        }
        for some in 1_u32..1 << LEVELS.len() {
            let those = LEVELS.iter().enumerate().filter(|(at, _)| some & (1 << at) != 0);
            let none = [0; QUANTITIES.len()];
            vectors.push(those.fold(none, |sum, (_, level)| together(&sum, &vector(*level), 1)));
        }
        let mut place: HashMap<Vector, usize> = HashMap::new();
        let mut kept: Vec<Vector> = Vec::new();
        for vector in vectors {
            place.entry(vector).or_insert_with(|| {
                kept.push(vector);
                kept.len() - 1
            });
        }
        let mut sums = Vec::new();
        for (y, one) in kept.iter().enumerate() {
            for (z, other) in kept.iter().enumerate().skip(y + 1) {
                sums.extend(place.get(&together(one, other, 1)).map(|x| [*x, y, z]));
            }
        }
        let column = |(at, vector): (usize, &Vector)| Column {
            quantity: QUANTITIES.get(at).copied(),
            sum: QUANTITIES
                .iter()
                .zip(vector)
                .filter(|(_, times)| **times != 0)
                .map(|(one, times)| (*one, i64::from(*times)))
                .collect(),
        };
        let columns = kept.iter().enumerate().map(column).collect();
        Self { columns, sums }
    }

    fn values(&self, counts: &Counts) -> Vec<i64> {
        let quantities = QUANTITIES.map(|one| one.of(counts));
        let of = |quantity: Q| quantities.get(quantity as usize).copied().unwrap_or_default();
        let value = |column: &Column| match column.quantity {
            Some(quantity) => of(quantity),
            None => column.sum.iter().map(|(quantity, times)| times * of(*quantity)).sum(),
        };
        self.columns.iter().map(value).collect()
    }
}

/// Why a column is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Unknown,
    /// It was before.
    Given,
    /// A figure shows it.
    Shown,
    /// These two of the same part give it.
    Of(usize, usize),
    /// It is what the other parts leave of the whole.
    Left,
}

/// A place, a month or a kind among others.
struct Slice {
    values: Vec<i64>,
    shown: u64,
    /// What is known whatever is shown.
    given: Vec<bool>,
    /// What the slice itself makes known; empty when that is to be worked out.
    own: Vec<Why>,
    /// The same with what the others add.
    why: Vec<Why>,
}

impl Slice {
    fn new(counts: &Counts) -> Self {
        let values = PLAN.values(counts);
        let shown = QUANTITIES.iter().zip(&values).filter(|(_, value)| **value >= SHOWN_COUNT_MIN);
        let shown = shown.fold(0, |all, (quantity, _)| all | quantity.bit());
        Self { given: vec![false; values.len()], values, shown, own: Vec::new(), why: Vec::new() }
    }

    fn value(&self, column: usize) -> i64 {
        self.values.get(column).copied().unwrap_or_default()
    }

    fn why(&self, column: usize) -> Why {
        self.why.get(column).copied().unwrap_or(Why::Unknown)
    }

    fn knows(&self, column: usize) -> bool {
        self.why(column) != Why::Unknown
    }

    fn learn(&mut self, column: usize, why: Why) {
        if let Some(place) = self.why.get_mut(column) {
            *place = why;
        }
    }

    fn hide(&mut self, quantity: Q) {
        self.shown &= !quantity.bit();
        self.own.clear();
    }

    /// What follows within the slice.
    fn conclude(&mut self) {
        // Of one nothing follows.
        let mut more = self.why.iter().filter(|why| **why != Why::Unknown).count() > 1;
        while more {
            more = false;
            for [x, y, z] in &PLAN.sums {
                let (a, b, c) = (self.knows(*x), self.knows(*y), self.knows(*z));
                let new = match (a, b, c) {
                    (false, true, true) => Some((*x, Why::Of(*y, *z))),
                    (true, false, true) => Some((*y, Why::Of(*x, *z))),
                    (true, true, false) => Some((*z, Why::Of(*x, *y))),
                    _ => None,
                };
                if let Some((column, why)) = new {
                    self.learn(column, why);
                    more = true;
                }
            }
        }
    }

    /// Works out what the slice itself makes known.
    fn settle(&mut self) {
        if self.own.is_empty() {
            let first = |(at, given): (usize, &bool)| match QUANTITIES.get(at) {
                _ if *given => Why::Given,
                Some(quantity) if self.shown & quantity.bit() != 0 => Why::Shown,
                _ => Why::Unknown,
            };
            self.why = self.given.iter().enumerate().map(first).collect();
            self.conclude();
            self.own.clone_from(&self.why);
        } else {
            self.why.clone_from(&self.own);
        }
    }
}

const fn is_few(count: i64) -> bool {
    count > 0 && count < SHOWN_COUNT_MIN
}

/// Slices that add up: the first is the sum of the others, of which the last is what the parts leave.
struct Group {
    slices: Vec<Slice>,
    /// False where the one slice is alone.
    adds_up: bool,
}

impl Group {
    /// The parts, without the whole and what they leave of it.
    fn parts(&self) -> std::ops::Range<usize> {
        if self.adds_up { 1..self.slices.len().saturating_sub(1) } else { 0..self.slices.len() }
    }

    fn slice(&self, at: usize) -> Option<&Slice> {
        self.slices.get(at)
    }

    /// Works out what is known of each slice.
    fn settle(&mut self) {
        self.slices.iter_mut().for_each(Slice::settle);
        let mut more = self.adds_up;
        while more {
            more = false;
            for column in 0..PLAN.columns.len() {
                let mut unknown = self.slices.iter_mut().filter(|slice| !slice.knows(column));
                if let (Some(one), None) = (unknown.next(), unknown.next()) {
                    one.learn(column, Why::Left);
                    one.conclude();
                    more = true;
                }
            }
        }
    }

    /// What is to be hidden so that a column of a slice is not known any more.
    fn culprit(&self, at: usize, column: usize) -> Option<(usize, Q)> {
        let slice = self.slice(at)?;
        match slice.why(column) {
            Why::Unknown | Why::Given => None,
            Why::Shown => Some((at, QUANTITIES.get(column).copied()?)),
            Why::Of(one, other) => {
                let both = [self.culprit(at, one), self.culprit(at, other)];
                let smaller = |(at, quantity): &(usize, Q)| {
                    // Of levels the one that counts less, as of parts.
                    let value = self.slice(*at).map_or(0, |slice| slice.value(*quantity as usize));
                    let rank = if quantity.is_level() { Q::Village } else { *quantity };
                    (rank, std::cmp::Reverse(value), *quantity)
                };
                both.into_iter().flatten().max_by_key(smaller)
            }
            Why::Left => self.smallest(column, at).and_then(|part| self.culprit(part, column)),
        }
    }

    /// The part of which a column is known that counts least; one that counts something before one that counts nothing.
    fn smallest(&self, column: usize, but: usize) -> Option<usize> {
        let parts = self.parts().filter(|at| *at != but);
        let known = parts.filter_map(|at| Some((at, self.slice(at)?)));
        let known = known.filter(|(at, slice)| slice.knows(column) && self.culprit(*at, column).is_some());
        known.min_by_key(|(at, slice)| (slice.value(column) <= 0, slice.value(column), *at)).map(|(at, _)| at)
    }

    /// What is known that must not be, each with what is to be hidden.
    fn given_away(&self) -> (Vec<(usize, Q)>, bool) {
        let (mut hides, mut wrong) = (Vec::new(), false);
        for (at, slice) in self.slices.iter().enumerate() {
            let whole = self.adds_up && at == 0;
            let bad = |column: &usize| {
                let value = slice.value(*column);
                // Of the whole nothing becomes known that was not.
                let told = if whole { value > 0 } else { is_few(value) };
                told && !matches!(slice.why(*column), Why::Unknown | Why::Given)
            };
            if let Some(column) = (0..PLAN.columns.len()).find(bad) {
                wrong = true;
                hides.extend(self.culprit(at, column));
            }
        }
        if wrong || !self.adds_up {
            return (hides, wrong);
        }
        for column in 0..PLAN.columns.len() {
            let unknown = self.slices.iter().skip(1).filter(|slice| !slice.knows(column));
            let (unknown, known): (i64, bool) = (
                unknown.map(|slice| slice.value(column)).sum(),
                self.slice(0).is_some_and(|whole| whole.knows(column)),
            );
            // A part that is all but few of a whole that is hidden tells the whole.
            if if known { is_few(unknown) } else { unknown < SHOWN_COUNT_MIN } {
                let part = self.smallest(column, 0);
                let part = part.filter(|at| self.slice(*at).is_some_and(|slice| slice.value(column) > 0));
                let culprit = part.and_then(|part| self.culprit(part, column));
                wrong |= known || culprit.is_some();
                hides.extend(culprit);
            }
        }
        (hides, wrong)
    }

    /// Hides until nothing is given away.
    fn cover(&mut self) {
        loop {
            self.settle();
            let (mut hides, wrong) = self.given_away();
            if !wrong {
                return;
            }
            // One of each slice at a time: it may do for the others.
            hides.sort_unstable();
            hides.dedup_by_key(|(at, _)| *at);
            let all = hides.is_empty();
            let parts = self.parts();
            let shown = parts.clone().any(|at| self.slice(at).is_some_and(|slice| slice.shown != 0));
            if all && !shown {
                return;
            }
            for (at, slice) in self.slices.iter_mut().enumerate().filter(|(at, _)| parts.contains(at)) {
                if all {
                    slice.shown = 0;
                    slice.own.clear();
                }
                hides.iter().filter(|(of, _)| *of == at).for_each(|(_, quantity)| slice.hide(*quantity));
            }
        }
    }
}

/// What of the counts of a place, a month or a kind may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    shown: u64,
    /// Which columns are known by what is shown of it and of what stands beside it.
    known: Vec<bool>,
}

impl Cover {
    /// Of counts beside which nothing stands.
    #[must_use]
    pub fn alone(counts: &Counts) -> Self {
        let mut group = Group { slices: vec![Slice::new(counts)], adds_up: false };
        group.cover();
        group.slices.iter().map(Self::of).next().unwrap_or_else(|| Self { shown: 0, known: Vec::new() })
    }

    /// Of parts of a whole, of which this may be shown: neither tells what of another is hidden. What the parts leave of the
    /// whole is a part, too.
    #[must_use]
    pub fn parts(&self, whole: &Counts, parts: &[Counts]) -> Vec<Self> {
        let mut first = Slice::new(whole);
        (first.shown, first.given) = (0, self.known.clone());
        let mut rest = Slice::new(&Counts::default());
        let all: Vec<Slice> = parts.iter().map(Slice::new).collect();
        rest.values.clone_from(&first.values);
        for slice in &all {
            rest.values.iter_mut().zip(&slice.values).for_each(|(rest, value)| *rest -= value);
        }
        // That nothing is left may be known to anybody.
        rest.given = rest.values.iter().map(|value| *value <= 0).collect();
        let mut group = Group { slices: [first].into_iter().chain(all).chain([rest]).collect(), adds_up: true };
        group.cover();
        let parts = group.parts();
        group.slices.get(parts).unwrap_or_default().iter().map(Self::of).collect()
    }

    fn of(slice: &Slice) -> Self {
        Self { shown: slice.shown, known: (0..PLAN.columns.len()).map(|column| slice.knows(column)).collect() }
    }

    /// True when how many came may be shown.
    #[must_use]
    pub const fn shows_registered(&self) -> bool {
        self.shows(Q::Registered)
    }

    pub(super) const fn shows(&self, quantity: Quantity) -> bool {
        self.shown & quantity.bit() != 0
    }
}
