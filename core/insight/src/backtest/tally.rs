//! What many cases come to.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use maple_kernel::{Case, Code, Decision, FaultKind, KindId, LocalityId, Outcome, PolicyId};

use super::{Aspect, Band, Change, ClockChange, Estimate, First, Moves};
use crate::share::{Share, float};

/// Digits of a time or of fuel that are kept.
const DIGITS: u8 = 3;

/// How often under each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both {
    /// Under the baseline.
    pub baseline: u64,
    /// Under the candidate.
    pub candidate: u64,
}

impl Both {
    fn add(&mut self, other: Self) {
        self.baseline += other.baseline;
        self.candidate += other.candidate;
    }
}

/// Cases that get something, and cases that lose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gained {
    /// Only the candidate has it.
    pub new: u64,
    /// Only the baseline has it.
    pub lost: u64,
}

/// What became of the clocks of one code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// Only under the candidate.
    pub new: u64,
    /// Only under the baseline.
    pub lost: u64,
    /// Ends earlier under the candidate.
    pub earlier: u64,
    /// Ends later under the candidate.
    pub later: u64,
}

/// The cases of one place or kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// All.
    pub cases: u64,
    /// Those that change.
    pub changed: u64,
}

/// Many sizes, kept to three digits in little memory whatever their number.
#[derive(Clone, Debug)]
pub struct Spread(Histogram<u64>);

impl Default for Spread {
    #[expect(clippy::expect_used, reason = "three digits are within what the histogram allows")]
    fn default() -> Self {
        Self(Histogram::new(DIGITS).expect("three digits are allowed"))
    }
}

impl Spread {
    fn record(&mut self, size: u64) {
        // It grows by itself, so that every size fits.
        let recorded = self.0.record(size);
        debug_assert!(recorded.is_ok(), "a histogram that grows takes every size");
    }

    fn merge(&mut self, other: &Self) {
        // It grows by itself, so everything of the other fits.
        let added = self.0.add(&other.0);
        debug_assert!(added.is_ok(), "a histogram that grows takes all of another");
    }

    /// Half of the sizes are at most this.
    #[must_use]
    pub fn median(&self) -> u64 {
        self.0.value_at_quantile(0.5)
    }

    /// 99 of 100 sizes are at most this.
    #[must_use]
    pub fn p99(&self) -> u64 {
        self.0.value_at_quantile(0.99)
    }
}

/// What the decisions of one side cost.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    /// Fuel of each case.
    pub fuel: Spread,
    /// Nanoseconds of each case.
    pub nanos: Spread,
    /// Fuel of all.
    pub fuel_total: u64,
}

impl Costs {
    fn record(&mut self, decision: &Decision<'_>, nanos: u64) {
        let fuel = decision.asked.iter().map(|asked| asked.fuel).sum();
        self.fuel.record(fuel);
        self.nanos.record(nanos);
        self.fuel_total = self.fuel_total.saturating_add(fuel);
    }

    fn merge(&mut self, other: &Self) {
        self.fuel.merge(&other.fuel);
        self.nanos.merge(&other.nanos);
        self.fuel_total = self.fuel_total.saturating_add(other.fuel_total);
    }
}

/// One case decided twice.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'s, 'd> {
    /// The case.
    pub case: &'s Case,
    /// What the baseline says, and in how many nanoseconds.
    pub baseline: (&'s Decision<'d>, u64),
    /// What the candidate says, and in how many nanoseconds.
    pub candidate: (&'s Decision<'d>, u64),
    /// How they differ.
    pub change: &'s Change,
}

/// Everything that is counted. Tallies of parts of the cases, merged in any order, give that of all.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cases that were decided under both.
    pub cases: u64,
    /// Cases whose decisions differ.
    pub changed: u64,
    /// Cases that differ in this.
    pub aspects: BTreeMap<Aspect, u64>,
    /// Cases by where they went first and go first.
    pub matrix: BTreeMap<(First, First), u64>,
    /// Cases that had a way and now go to a person.
    pub to_refer: u64,
    /// Cases that went to a person and now have a way.
    pub from_refer: u64,
    /// Cases with a new or a lost duty, by its code.
    pub duties: BTreeMap<Code, Gained>,
    /// Cases with a clock that differs, by its code.
    pub clocks: BTreeMap<Code, Clocks>,
    /// Cases with a clock that ends later.
    pub clocks_longer: u64,
    /// Cases with a new or a lost right, by its code.
    pub rights: BTreeMap<Code, Gained>,
    /// Cases that lose a right.
    pub rights_lost: u64,
    /// How often each guardrail acted.
    pub guardrails: BTreeMap<&'static str, Both>,
    /// How often a guardrail acted on what it left alone under the baseline.
    pub interventions_new: u64,
    /// How often each policy failed, by how.
    pub faults: BTreeMap<(PolicyId, FaultKind), Both>,
    /// Cases by where they go first and to which body there.
    pub load: BTreeMap<(First, Option<Code>), Both>,
    /// Cases that go elsewhere first, by kind and band.
    pub moves: Moves,
    /// Mediation by the station that it falls to, where stations were given.
    pub stations: BTreeMap<String, Both>,
    /// What a history of mediation lets expect, where one was given; worked out from all cases, not counted.
    pub estimate: Option<Estimate>,
    /// Rules of the candidate that nothing in any decision rests on, of policies that were asked; found among all cases,
    /// not counted.
    pub rules_silent: Option<u64>,
    /// Cases by place.
    pub localities: BTreeMap<LocalityId, Group>,
    /// Cases by kind.
    pub kinds: BTreeMap<KindId, Group>,
    /// What the baseline costs.
    pub baseline: Costs,
    /// What the candidate costs.
    pub candidate: Costs,
}

/// Which side is counted.
const BASELINE: Both = Both { baseline: 1, candidate: 0 };
const CANDIDATE: Both = Both { baseline: 0, candidate: 1 };

impl Tally {
    /// Counts a case.
    pub fn add(&mut self, seen: &Seen<'_, '_>) {
        let Seen { case, baseline: (baseline, baseline_nanos), candidate: (candidate, candidate_nanos), change } =
            *seen;
        let changed = u64::from(change.is_any());
        self.cases += 1;
        self.changed += changed;
        *self.matrix.entry((change.from.clone(), change.to.clone())).or_default() += 1;
        if change.from != change.to {
            let moved = (case.kind.apart(), Band::of(case), change.from.clone(), change.to.clone());
            *self.moves.entry(moved).or_default() += 1;
        }
        for group in [
            self.localities.entry(case.locality.apart()).or_default(),
            self.kinds.entry(case.kind.apart()).or_default(),
        ] {
            group.cases += 1;
            group.changed += changed;
        }
        match (baseline.outcome, candidate.outcome) {
            (Outcome::Route, Outcome::Refer) => self.to_refer += 1,
            (Outcome::Refer, Outcome::Route) => self.from_refer += 1,
            _ => {}
        }
        self.side(&change.from, baseline, BASELINE);
        self.side(&change.to, candidate, CANDIDATE);
        self.baseline.record(baseline, baseline_nanos);
        self.candidate.record(candidate, candidate_nanos);
        self.differences(change);
    }

    /// Counts the stations that mediation of a case falls to, under either.
    pub fn add_stations(&mut self, baseline: Option<&str>, candidate: Option<&str>) {
        for (station, one) in [(baseline, BASELINE), (candidate, CANDIDATE)] {
            let Some(station) = station else { continue };
            match self.stations.get_mut(station) {
                Some(both) => both.add(one),
                None => drop(self.stations.insert(station.to_owned(), one)),
            }
        }
    }

    /// The largest load of a station under the candidate to that under the baseline: without end where one has none under
    /// the baseline and some under the candidate; none where no station has any under either.
    #[must_use]
    pub fn station_load_ratio(&self) -> Option<f64> {
        self.stations.values().filter_map(|both| ratio(both.candidate, both.baseline)).max_by(f64::total_cmp)
    }

    /// What is counted of one decision alone.
    fn side(&mut self, first: &First, decision: &Decision<'_>, one: Both) {
        for correction in &decision.corrections {
            self.guardrails.entry(correction.guardrail).or_default().add(one);
        }
        for asked in &decision.asked {
            if let Err(fault) = &asked.answer {
                self.faults.entry((asked.policy.apart(), fault.kind)).or_default().add(one);
            }
        }
        let step = decision.steps.first().filter(|_| matches!(first, First::Channel(_)));
        let body = step.and_then(|step| step.body.as_ref()).map(Code::apart);
        self.load.entry((first.clone(), body)).or_default().add(one);
    }

    fn differences(&mut self, change: &Change) {
        for aspect in &change.aspects {
            *self.aspects.entry(*aspect).or_default() += 1;
        }
        for code in &change.duties_new {
            self.duties.entry(code.apart()).or_default().new += 1;
        }
        for code in &change.duties_lost {
            self.duties.entry(code.apart()).or_default().lost += 1;
        }
        for code in &change.rights_new {
            self.rights.entry(code.apart()).or_default().new += 1;
        }
        for code in &change.rights_lost {
            self.rights.entry(code.apart()).or_default().lost += 1;
        }
        for (code, clock) in &change.clocks {
            let counts = self.clocks.entry(code.apart()).or_default();
            *match clock {
                ClockChange::New => &mut counts.new,
                ClockChange::Lost => &mut counts.lost,
                ClockChange::Earlier => &mut counts.earlier,
                ClockChange::Later => &mut counts.later,
            } += 1;
        }
        self.clocks_longer += u64::from(change.lengthens_a_clock());
        self.rights_lost += u64::from(!change.rights_lost.is_empty());
        self.interventions_new += change.interventions_new.len() as u64;
    }

    /// Takes in what was counted of other cases.
    pub fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.changed += other.changed;
        self.to_refer += other.to_refer;
        self.from_refer += other.from_refer;
        self.clocks_longer += other.clocks_longer;
        self.rights_lost += other.rights_lost;
        self.interventions_new += other.interventions_new;
        join(&mut self.aspects, other.aspects, |a, b| *a += b);
        join(&mut self.matrix, other.matrix, |a, b| *a += b);
        join(&mut self.guardrails, other.guardrails, Both::add);
        join(&mut self.faults, other.faults, Both::add);
        join(&mut self.load, other.load, Both::add);
        join(&mut self.moves, other.moves, |a, b| *a += b);
        join(&mut self.stations, other.stations, Both::add);
        let gained = |a: &mut Gained, b: Gained| *a = Gained { new: a.new + b.new, lost: a.lost + b.lost };
        join(&mut self.duties, other.duties, gained);
        join(&mut self.rights, other.rights, gained);
        join(&mut self.clocks, other.clocks, |a, b| {
            a.new += b.new;
            a.lost += b.lost;
            a.earlier += b.earlier;
            a.later += b.later;
        });
        let group = |a: &mut Group, b: Group| {
            *a = Group { cases: a.cases + b.cases, changed: a.changed + b.changed };
        };
        join(&mut self.localities, other.localities, group);
        join(&mut self.kinds, other.kinds, group);
        self.baseline.merge(&other.baseline);
        self.candidate.merge(&other.candidate);
    }

    /// Of all cases, so many.
    #[must_use]
    pub fn share(&self, cases: u64) -> Share {
        Share::new(cases, self.cases)
    }

    /// Cases that differ in this.
    #[must_use]
    pub fn differ_in(&self, aspect: Aspect) -> u64 {
        self.aspects.get(&aspect).copied().unwrap_or(0)
    }

    /// How often policies failed.
    #[must_use]
    pub fn faults_all(&self) -> Both {
        let mut all = Both::default();
        self.faults.values().for_each(|one| all.add(*one));
        all
    }

    /// Fuel of the candidate to that of the baseline: without end where only the candidate burns any; none where neither
    /// does.
    #[must_use]
    pub fn fuel_ratio(&self) -> Option<f64> {
        ratio(self.candidate.fuel_total, self.baseline.fuel_total)
    }
}

/// What grows from nothing grows without end; nothing that stays nothing has no ratio.
fn ratio(new: u64, old: u64) -> Option<f64> {
    match (new, old) {
        (0, 0) => None,
        (_, 0) => Some(f64::INFINITY),
        _ => Some(float(new) / float(old)),
    }
}

fn join<K: Ord, V: Default>(into: &mut BTreeMap<K, V>, from: BTreeMap<K, V>, add: impl Fn(&mut V, V)) {
    for (key, value) in from {
        add(into.entry(key).or_default(), value);
    }
}
