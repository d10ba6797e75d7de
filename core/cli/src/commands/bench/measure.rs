//! Takes the figures.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use maple_kernel::{PolicyId, evaluate, walk};
use maple_sandbox::{PolicyInfo, Timing};

use super::Ready;

/// Evaluations before measuring starts.
const WARM_UP: u32 = 200;

/// Median and 99th percentile.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    pub(super) median: Duration,
    pub(super) p99: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
        Self { median: at(50), p99: at(99) }
    }
}

/// What one policy costs.
pub(super) struct Figures {
    pub(super) policy: PolicyId,
    pub(super) plugin: String,
    /// From taking a sandbox to having given it back.
    pub(super) whole: Spread,
    /// Taking a sandbox that is configured.
    pub(super) take: Spread,
    /// Asking it.
    pub(super) assess: Spread,
    /// Giving it back.
    pub(super) give_back: Spread,
    pub(super) fuel: u64,
    /// The most linear memory of an evaluation, in bytes.
    pub(super) memory: u64,
    pub(super) info: PolicyInfo,
    /// The failure it ends with, if it fails.
    pub(super) fault: Option<&'static str>,
}

/// What the decision costs.
pub(super) struct Measured {
    pub(super) policies: Vec<Figures>,
    pub(super) whole: Spread,
    pub(super) fuel: u64,
    pub(super) rounds: u32,
}

/// What was seen of one policy.
#[derive(Default)]
struct Seen {
    timings: Vec<Timing>,
    memory: u64,
}

/// Asks every policy in turn, as a decision asks them, so that none finds the caches warm from itself; then decides.
pub(super) fn measure(ready: &Ready, rounds: u32) -> Measured {
    let mut seen: BTreeMap<PolicyId, Seen> = BTreeMap::new();
    let mut policies = Vec::new();
    for round in 0..WARM_UP + rounds {
        let walked = walk(&ready.ruleset, &ready.question, |policy, file| {
            let Some(configured) = ready.policies.get(&policy.id) else { return policy.assessor.assess(file) };
            let (assessment, timing, memory) = configured.assess_measured(file);
            if round >= WARM_UP {
                let seen = seen.entry(policy.id.clone()).or_default();
                seen.timings.push(timing);
                seen.memory = seen.memory.max(memory);
            }
            assessment
        });
        if round == 0 {
            policies = walked.into_iter().filter(|asking| asking.answer.is_some()).collect();
        }
    }
    let whole = (0..WARM_UP + rounds).map(|_| decided(ready)).skip(WARM_UP as usize).collect();
    let figures: Vec<Figures> = policies
        .into_iter()
        .filter_map(|asking| {
            let seen = seen.remove(&asking.policy.id)?;
            let spread = |part: fn(&Timing) -> Duration| Spread::of(seen.timings.iter().map(part).collect());
            Some(Figures {
                policy: asking.policy.id.clone(),
                plugin: asking.policy.plugin.to_string(),
                whole: spread(|t| t.take + t.assess + t.give_back),
                take: spread(|t| t.take),
                assess: spread(|t| t.assess),
                give_back: spread(|t| t.give_back),
                fuel: asking.fuel,
                memory: seen.memory,
                info: ready.policies.get(&asking.policy.id)?.info(),
                fault: asking.answer.and_then(Result::err).map(|fault| fault.kind.as_str()),
            })
        })
        .collect();
    let fuel = figures.iter().map(|figures| figures.fuel).sum();
    Measured { policies: figures, whole: Spread::of(whole), fuel, rounds }
}

fn decided(ready: &Ready) -> Duration {
    let began = Instant::now();
    drop(evaluate(&ready.ruleset, &ready.question));
    began.elapsed()
}
