//! Two decisions of one case.

use std::collections::BTreeSet;

use maple_kernel::{By, ChannelId, Clock, Code, Correction, Decision, Duty, Outcome, Signal, Step};

/// Where a case goes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum First {
    /// To this channel.
    Channel(ChannelId),
    /// To a person who decides.
    Refer,
    /// Nowhere: a way without a step.
    Nothing,
}

impl First {
    /// Where a decision sends its case first.
    #[must_use]
    pub fn of(decision: &Decision<'_>) -> Self {
        match (decision.outcome, decision.steps.first()) {
            (Outcome::Refer, _) => Self::Refer,
            (Outcome::Route, Some(step)) => Self::Channel(step.channel.apart()),
            (Outcome::Route, None) => Self::Nothing,
        }
    }

    /// The channel, or `refer` or `none`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Channel(channel) => channel.as_str(),
            Self::Refer => "refer",
            Self::Nothing => "none",
        }
    }
}

/// In what two decisions can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// A way, or a person.
    Outcome,
    /// Where the case goes first.
    First,
    /// Which channels are on the way.
    Steps,
    /// The order of the same channels, or body, skills, consent, costs or time of one.
    Details,
    /// Which channels are closed.
    Exclusions,
    /// What must come before what.
    Preconditions,
    /// Who must do what.
    Duties,
    /// Which time limits run, and when they end.
    Clocks,
    /// What is watched.
    Signals,
    /// Which rights are told.
    Rights,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Outcome,
        Self::First,
        Self::Steps,
        Self::Details,
        Self::Exclusions,
        Self::Preconditions,
        Self::Duties,
        Self::Clocks,
        Self::Signals,
        Self::Rights,
    ];

    /// The word for it in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::First => "first_step",
            Self::Steps => "steps",
            Self::Details => "details_of_steps",
            Self::Exclusions => "exclusions",
            Self::Preconditions => "preconditions",
            Self::Duties => "duties",
            Self::Clocks => "clocks",
            Self::Signals => "signals",
            Self::Rights => "rights",
        }
    }
}

/// What became of a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// It did not run before.
    New,
    /// It does not run any more.
    Lost,
    /// It ends earlier.
    Earlier,
    /// It ends later.
    Later,
}

impl ClockChange {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::New, Self::Lost, Self::Earlier, Self::Later];

    /// The word for it in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Lost => "lost",
            Self::Earlier => "earlier",
            Self::Later => "later",
        }
    }
}

/// What a candidate does to one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where the baseline sends it first.
    pub from: First,
    /// Where the candidate does.
    pub to: First,
    /// In what the decisions differ; nothing when the case is unchanged.
    pub aspects: Vec<Aspect>,
    /// Codes of duties that only the candidate imposes.
    pub duties_new: Vec<Code>,
    /// Codes of duties that only the baseline imposes.
    pub duties_lost: Vec<Code>,
    /// Time limits that differ.
    pub clocks: Vec<(Code, ClockChange)>,
    /// Rights that only the candidate tells.
    pub rights_new: Vec<Code>,
    /// Rights that only the baseline tells.
    pub rights_lost: Vec<Code>,
    /// Guardrails that acted more often than under the baseline: once for each time more.
    pub interventions_new: Vec<&'static str>,
}

impl Change {
    /// True when the decisions differ in anything but words.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.aspects.is_empty()
    }

    /// Codes of the time limits that this became of.
    pub fn clocks_that(&self, became: ClockChange) -> impl Iterator<Item = &Code> {
        self.clocks.iter().filter(move |(_, change)| *change == became).map(|(code, _)| code)
    }

    /// True when a time limit ends later.
    #[must_use]
    pub fn lengthens_a_clock(&self) -> bool {
        self.clocks.iter().any(|(_, change)| *change == ClockChange::Later)
    }
}

/// Holds the decision of a candidate against that of the baseline, on the same case.
#[must_use]
pub fn compare(baseline: &Decision<'_>, candidate: &Decision<'_>) -> Change {
    let (from, to) = (First::of(baseline), First::of(candidate));
    let (duties_lost, duties_new) = apart(duty_codes(baseline), duty_codes(candidate));
    let (rights_lost, rights_new) = apart(baseline.rights.iter(), candidate.rights.iter());
    let same_channels = same_set(channels(baseline), channels(candidate));
    let same = |aspect: Aspect| match aspect {
        Aspect::Outcome => baseline.outcome == candidate.outcome,
        Aspect::First => from == to,
        Aspect::Steps => same_channels,
        Aspect::Details => !same_channels || same_steps(&baseline.steps, &candidate.steps),
        Aspect::Exclusions => same_set(excluded(baseline), excluded(candidate)),
        Aspect::Preconditions => same_set(preconditions(baseline), preconditions(candidate)),
        Aspect::Duties => alike(&baseline.duties, &candidate.duties, same_duty),
        Aspect::Clocks => alike(&baseline.clocks, &candidate.clocks, same_clock),
        Aspect::Signals => alike(&baseline.signals, &candidate.signals, same_signal),
        Aspect::Rights => rights_lost.is_empty() && rights_new.is_empty(),
    };
    let aspects = Aspect::ALL.into_iter().filter(|aspect| !same(*aspect)).collect();
    let clocks = clocks(&baseline.clocks, &candidate.clocks);
    let interventions_new = more(&baseline.corrections, &candidate.corrections);
    Change { from, to, aspects, duties_new, duties_lost, clocks, rights_new, rights_lost, interventions_new }
}

/// What only the first holds, and what only the second. Most decisions hold the same in the same order.
fn apart<'d, I: Iterator<Item = &'d Code> + Clone>(one: I, other: I) -> (Vec<Code>, Vec<Code>) {
    if one.clone().eq(other.clone()) {
        return Default::default();
    }
    let (one, other): (BTreeSet<&Code>, BTreeSet<&Code>) = (one.collect(), other.collect());
    let only = |a: &BTreeSet<&Code>, b: &BTreeSet<&Code>| a.difference(b).map(|code| code.apart()).collect();
    (only(&one, &other), only(&other, &one))
}

/// True when both hold the same, in whatever order and however often.
fn same_set<T: Ord, I: Iterator<Item = T> + Clone>(one: I, other: I) -> bool {
    one.clone().eq(other.clone()) || one.collect::<BTreeSet<_>>() == other.collect::<BTreeSet<_>>()
}

fn duty_codes<'d>(decision: &'d Decision<'_>) -> impl Iterator<Item = &'d Code> + Clone {
    decision.duties.iter().map(|duty| &duty.code)
}

fn channels<'d>(decision: &'d Decision<'_>) -> impl Iterator<Item = &'d ChannelId> + Clone {
    decision.steps.iter().map(|step| step.channel)
}

fn excluded<'d>(decision: &'d Decision<'_>) -> impl Iterator<Item = &'d ChannelId> + Clone {
    decision.excluded.iter().map(|excluded| excluded.channel)
}

fn preconditions<'d>(decision: &'d Decision<'_>) -> impl Iterator<Item = (&'d ChannelId, &'d ChannelId)> + Clone {
    decision.preconditions.iter().map(|one| (one.first, one.before))
}

/// True when each of one list has one like it in the other, in whatever order.
fn alike<T>(one: &[T], other: &[T], same: fn(&T, &T) -> bool) -> bool {
    if one.len() != other.len() {
        return false;
    }
    // What stands at the same place in both needs no search.
    let first = one.iter().zip(other).take_while(|(a, b)| same(a, b)).count();
    let (one, other) = (one.get(first..).unwrap_or_default(), other.get(first..).unwrap_or_default());
    let mut left: Vec<&T> = other.iter().collect();
    one.iter().all(|a| {
        let at = left.iter().position(|b| same(a, b));
        at.map(|at| left.swap_remove(at)).is_some()
    })
}

fn same_steps(one: &[Step<'_>], other: &[Step<'_>]) -> bool {
    let same = |a: &Step<'_>, b: &Step<'_>| {
        a.channel == b.channel
            && a.body == b.body
            && a.skills == b.skills
            && a.needs_consent == b.needs_consent
            && a.free == b.free
            && a.due == b.due
            && a.after == b.after
    };
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
}

fn same_duty(a: &Duty<'_>, b: &Duty<'_>) -> bool {
    a.code == b.code && a.bearer == b.bearer && a.params == b.params && a.needs_person == b.needs_person
}

fn same_clock(a: &Clock<'_>, b: &Clock<'_>) -> bool {
    a.code == b.code && a.start == b.start && a.span == b.span && a.ends == b.ends && a.warn == b.warn
}

fn same_signal(a: &Signal<'_>, b: &Signal<'_>) -> bool {
    a.code == b.code
        && a.level == b.level
        && a.subject == b.subject
        && a.measures == b.measures
        && a.responsible == b.responsible
        && a.handle_by == b.handle_by
        && a.expires == b.expires
}

/// A decision has one clock of each code.
fn clocks(baseline: &[Clock<'_>], candidate: &[Clock<'_>]) -> Vec<(Code, ClockChange)> {
    let in_list = |list: &[Clock<'_>], code: &Code| list.iter().find(|clock| clock.code == *code).map(|c| c.ends);
    let mut found = Vec::new();
    for clock in baseline {
        let change = match in_list(candidate, &clock.code) {
            None => ClockChange::Lost,
            Some(ends) if ends < clock.ends => ClockChange::Earlier,
            Some(ends) if ends > clock.ends => ClockChange::Later,
            Some(_) => continue,
        };
        found.push((clock.code.apart(), change));
    }
    let new = candidate.iter().filter(|clock| in_list(baseline, &clock.code).is_none());
    found.extend(new.map(|clock| (clock.code.apart(), ClockChange::New)));
    found
}

/// Corrections of the second list that the first has no match for: what acted, on what, and whose claim.
fn more(baseline: &[Correction<'_>], candidate: &[Correction<'_>]) -> Vec<&'static str> {
    type Key<'c> = (&'static str, &'c str, Option<By<'c>>);
    fn key<'c>(correction: &'c Correction<'_>) -> Key<'c> {
        (correction.guardrail, &correction.what, correction.by)
    }
    let first = baseline.iter().zip(candidate).take_while(|(a, b)| key(a) == key(b)).count();
    let mut before: Vec<Key<'_>> = baseline.iter().skip(first).map(key).collect();
    let mut new = Vec::new();
    for correction in candidate.iter().skip(first) {
        let key = key(correction);
        match before.iter().position(|known| *known == key) {
            Some(at) => drop(before.swap_remove(at)),
            None => new.push(correction.guardrail),
        }
    }
    new
}
