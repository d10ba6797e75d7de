//! Watching over what serves: policies that keep failing, canaries, and what policies in the shadow would change.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use maple_kernel::{Asked, Decision, FaultKind, Mode, Question};
use maple_seal::Digest;
use maple_wire::canonical_question;
use serde::Serialize;

use super::terms::CanaryLimits;

/// Different cases on which a policy fails, of the latest [`QUARANTINE_WINDOW`] that it was asked about, after which it is put
/// into quarantine.
pub const QUARANTINE_FAILURES: u32 = 20;
/// The latest cases that a policy was asked about among which its failures are counted. What it answers between them does not
/// make up for them: it may fail on one kind of dispute only.
pub const QUARANTINE_WINDOW: u32 = 200;
/// Policies whose failures are counted at a time.
pub const FAILING_POLICIES_MAX: usize = 4_096;
/// Differences of policies in the shadow that are kept to be listed; all are counted.
pub const SHADOW_DIFFERENCES_KEPT: usize = 200;

/// Something that somebody should act on.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// A canary passed one of its limits.
    Canary { generation: u32, why: String },
    /// A policy failed so often.
    Policy { policy: String, generation: u32, fault: &'static str },
}

/// One case that a canary decided, beside what would have been decided without it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) failed: bool,
    pub(crate) changed: bool,
    pub(crate) corrected: bool,
    pub(crate) took: Duration,
    pub(crate) took_without: Duration,
}

/// How a canary does.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct CanaryCount {
    pub(crate) cases: u64,
    pub(crate) failed: u64,
    pub(crate) changed: u64,
    pub(crate) corrected: u64,
    #[serde(skip)]
    took: Duration,
    #[serde(skip)]
    took_without: Duration,
}

impl CanaryCount {
    fn add(&mut self, sample: Sample) {
        self.cases += 1;
        self.failed += u64::from(sample.failed);
        self.changed += u64::from(sample.changed);
        self.corrected += u64::from(sample.corrected);
        self.took += sample.took;
        self.took_without += sample.took_without;
    }

    /// How many times as long a case takes.
    pub(crate) fn slower(&self) -> f64 {
        let without = self.took_without.as_secs_f64();
        if without > 0.0 { self.took.as_secs_f64() / without } else { 1.0 }
    }

    /// The limit that it passes, in words.
    fn passes(&self, limits: &CanaryLimits) -> Option<String> {
        if self.cases < limits.cases_min.max(1) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share of cases needs no more than 52 bits")]
        let percent = |count: u64| count as f64 * 100.0 / self.cases as f64;
        let rows = [
            ("failed", self.failed, limits.failed_percent_max),
            ("came out otherwise", self.changed, limits.changed_percent_max),
            ("were corrected by a guardrail", self.corrected, limits.corrected_percent_max),
        ];
        let passed = rows.into_iter().find(|(_, count, max)| percent(*count) > *max);
        if let Some((what, count, max)) = passed {
            let (cases, share) = (self.cases, percent(count));
            return Some(format!("{count} of {cases} cases {what} ({share:.1} %, at most {max} %)"));
        }
        let (slower, max) = (self.slower(), limits.slower_max);
        (slower > max).then(|| format!("cases take {slower:.1} times as long, at most {max}"))
    }
}

/// What a policy in the shadow would have changed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ShadowDifference {
    pub(crate) decision: String,
    pub(crate) generation: u32,
    /// The policies in the shadow that had something to say.
    pub(crate) policies: Vec<String>,
    /// Outcome and channels as they were decided.
    pub(crate) decided: String,
    /// The same, had the policies counted.
    pub(crate) otherwise: String,
}

/// The latest failures of a policy.
#[derive(Default)]
struct Failing {
    /// Cases that it was asked about since it failed first.
    asked: u64,
    /* INVARIANT: no case twice, fewer than QUARANTINE_FAILURES between calls. At which of those asked, and which case. */
    cases: VecDeque<(u64, u64)>,
}

impl Failing {
    fn answered(&mut self) {
        self.asked += 1;
        while self.cases.front().is_some_and(|(at, _)| self.asked - at >= u64::from(QUARANTINE_WINDOW)) {
            self.cases.pop_front();
        }
    }

    /// True when it failed on too many. The same case again is no other failure.
    fn failed(&mut self, case: u64) -> bool {
        self.answered();
        if !self.cases.iter().any(|(_, known)| *known == case) {
            self.cases.push_back((self.asked, case));
        }
        self.cases.len() >= QUARANTINE_FAILURES as usize
    }
}

/// What policies in the shadow would have changed in the bundle that serves.
#[derive(Default)]
struct Shadows {
    /// The ruleset of that bundle, whatever the states of its policies.
    of: Option<Arc<str>>,
    cases: HashMap<String, (u64, u64)>,
    latest: VecDeque<ShadowDifference>,
}

/// What is counted of what serves on this node.
#[derive(Default)]
pub(crate) struct Watched {
    /* How many policies fail at the moment: with none, nobody looks further. */
    failing: AtomicUsize,
    failures: Mutex<HashMap<String, Failing>>,
    canary: Mutex<(u32, CanaryCount, bool)>,
    /* The generation whose canary decides nothing more here. */
    ended: AtomicU32,
    shadows: Mutex<Shadows>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watched {
    /// Notes which policies that count failed on a case, and which did not.
    pub(crate) fn answered(&self, decision: &Decision<'_>, question: &Question, generation: u32) -> Option<Alarm> {
        let failed = |asked: &&Asked<'_>| {
            asked.mode == Mode::Enforce && asked.answer.as_ref().is_err_and(|fault| broken(fault.kind))
        };
        let any = decision.asked.iter().any(|asked| failed(&asked));
        if !any && self.failing.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let case = if any { alike(question) } else { 0 };
        let mut failures = held(&self.failures);
        let mut alarm = None;
        for asked in &decision.asked {
            let policy = asked.policy.as_str();
            if asked.answer.is_ok() {
                if let Some(failing) = failures.get_mut(policy) {
                    failing.answered();
                    if failing.cases.is_empty() {
                        failures.remove(policy);
                    }
                }
                continue;
            }
            if !failed(&asked) || failures.len() >= FAILING_POLICIES_MAX && !failures.contains_key(policy) {
                continue;
            }
            if failures.entry(policy.to_owned()).or_default().failed(case) {
                let fault = asked.answer.as_ref().err().map_or("", |fault| fault.kind.as_str());
                alarm = Some(Alarm::Policy { policy: policy.to_owned(), generation, fault });
                // Told once; what is let go on is counted anew.
                failures.remove(policy);
            }
        }
        self.failing.store(failures.len(), Ordering::Relaxed);
        alarm
    }

    /// An alarm found no place: what it was about is told again.
    pub(crate) fn unheard(&self, alarm: &Alarm) {
        if let Alarm::Canary { generation, .. } = alarm {
            self.tell_again(*generation);
        }
    }

    /// A canary could not be taken back: the next case tells again.
    pub(crate) fn tell_again(&self, generation: u32) {
        let mut counted = held(&self.canary);
        if counted.0 == generation {
            counted.2 = false;
        }
    }

    /// True once a canary passed its limits here: it decides nothing more, also before it is taken back.
    pub(crate) fn has_ended(&self, generation: u32) -> bool {
        self.ended.load(Ordering::Relaxed) == generation
    }

    /// Counts a case of a canary; the alarm when it passes a limit, once.
    pub(crate) fn canary(&self, generation: u32, limits: &CanaryLimits, sample: Sample) -> Option<Alarm> {
        let mut counted = held(&self.canary);
        if counted.0 != generation {
            *counted = (generation, CanaryCount::default(), false);
        }
        counted.1.add(sample);
        if counted.2 {
            return None;
        }
        let why = counted.1.passes(limits)?;
        counted.2 = true;
        self.ended.store(generation, Ordering::Relaxed);
        Some(Alarm::Canary { generation, why })
    }

    /// How the canary of a generation does.
    pub(crate) fn canary_so_far(&self, generation: u32) -> CanaryCount {
        let counted = held(&self.canary);
        if counted.0 == generation { counted.1 } else { CanaryCount::default() }
    }

    /// Counts a case on which policies in the shadow had something to say; of another bundle than before it is counted anew.
    pub(crate) fn shadow(
        &self,
        decided: &Decision<'_>,
        otherwise: &Decision<'_>,
        id: &str,
        (generation, bundle): (u32, &Arc<str>),
    ) -> bool {
        let policies: Vec<String> = speaking(decided).map(str::to_owned).collect();
        let changed = differs(decided, otherwise);
        let mut shadows = held(&self.shadows);
        if shadows.of.as_ref() != Some(bundle) {
            *shadows = Shadows { of: Some(Arc::clone(bundle)), ..Shadows::default() };
        }
        for policy in &policies {
            let counted = shadows.cases.entry(policy.clone()).or_default();
            counted.0 += 1;
            counted.1 += u64::from(changed);
        }
        if changed {
            shadows.latest.push_front(ShadowDifference {
                decision: id.to_owned(),
                generation,
                policies,
                decided: summary(decided),
                otherwise: summary(otherwise),
            });
            shadows.latest.truncate(SHADOW_DIFFERENCES_KEPT);
        }
        changed
    }

    /// Cases on which each policy in the shadow of a bundle spoke, how many of them would have come out otherwise, and the
    /// latest.
    pub(crate) fn shadows(&self, bundle: &Arc<str>) -> (Vec<(String, u64, u64)>, Vec<ShadowDifference>) {
        let shadows = held(&self.shadows);
        if shadows.of.as_ref() != Some(bundle) {
            return (Vec::new(), Vec::new());
        }
        let mut cases: Vec<_> =
            shadows.cases.iter().map(|(policy, (cases, changed))| (policy.clone(), *cases, *changed)).collect();
        cases.sort();
        (cases, shadows.latest.iter().cloned().collect())
    }
}

/// True for a failure of the policy's own: that it is stopped or declines is none.
pub(crate) fn broken(kind: FaultKind) -> bool {
    !matches!(kind, FaultKind::Stopped | FaultKind::Refused)
}

/// A number that is the same for cases that tell the same.
fn alike(question: &Question) -> u64 {
    let text = canonical_question(question);
    Digest::of(&text).as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Policies in the shadow that had something to say.
pub(crate) fn speaking<'d>(decision: &'d Decision<'_>) -> impl Iterator<Item = &'d str> {
    let speaks =
        |asked: &&Asked<'_>| asked.mode == Mode::Shadow && asked.answer.as_ref().is_ok_and(|findings| *findings > 0);
    decision.asked.iter().filter(speaks).map(|asked| asked.policy.as_str())
}

/// True when two decisions show different ways, ask for different things, or set different times.
pub(crate) fn differs(one: &Decision<'_>, two: &Decision<'_>) -> bool {
    one.outcome != two.outcome
        || !one.steps.iter().map(|step| step.channel).eq(two.steps.iter().map(|step| step.channel))
        || !one.excluded.iter().map(|out| out.channel).eq(two.excluded.iter().map(|out| out.channel))
        || !one.duties.iter().map(|duty| &duty.code).eq(two.duties.iter().map(|duty| &duty.code))
        || !one.clocks.iter().map(|clock| (&clock.code, clock.ends)).eq(two.clocks.iter().map(|c| (&c.code, c.ends)))
        || !one.signals.iter().map(|signal| &signal.code).eq(two.signals.iter().map(|signal| &signal.code))
}

fn summary(decision: &Decision<'_>) -> String {
    let channels: Vec<&str> = decision.steps.iter().map(|step| step.channel.as_str()).collect();
    format!("{}: {}", decision.outcome.as_str(), channels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Sample = Sample {
        failed: false,
        changed: false,
        corrected: false,
        took: Duration::from_micros(10),
        took_without: Duration::from_micros(10),
    };

    #[test]
    fn a_canary_is_judged_after_enough_cases_and_told_once() {
        let limits = CanaryLimits { cases_min: 10, ..CanaryLimits::default() };
        for (bad, said) in [
            (Sample { failed: true, ..GOOD }, "failed"),
            (Sample { changed: true, ..GOOD }, "came out otherwise"),
            (Sample { corrected: true, ..GOOD }, "guardrail"),
            (Sample { took: Duration::from_micros(21), ..GOOD }, "as long"),
        ] {
            let watched = Watched::default();
            for _ in 0..9 {
                assert!(watched.canary(3, &limits, bad).is_none());
            }
            let Some(Alarm::Canary { generation: 3, why }) = watched.canary(3, &limits, bad) else { panic!("{said}") };
            assert!(why.contains(said), "{why}");
            assert!(watched.canary(3, &limits, bad).is_none(), "told once");
            assert!(watched.canary(4, &limits, bad).is_none(), "another generation begins anew");
            assert_eq!((watched.canary_so_far(4).cases, watched.canary_so_far(3).cases), (1, 0));
        }
        let watched = Watched::default();
        for _ in 0..1_000 {
            assert!(watched.canary(1, &limits, GOOD).is_none());
        }
    }

    #[test]
    fn failures_count_within_the_latest_cases_that_a_policy_was_asked_about() {
        let (failures, window) = (u64::from(QUARANTINE_FAILURES), u64::from(QUARANTINE_WINDOW));
        let mut same = Failing::default();
        assert!((0..window / 2).all(|_| !same.failed(7)), "the same case again is no other failure");
        // One failure at first, the rest at the end: as many within the window, or one too late.
        for (between, told) in [(window - failures, true), (window - failures + 1, false)] {
            let mut failing = Failing::default();
            assert!(!failing.failed(0));
            (0..between).for_each(|_| failing.answered());
            assert!((1..failures - 1).all(|case| !failing.failed(case)));
            assert_eq!(failing.failed(failures - 1), told, "{between}");
        }
        let mut well = Failing::default();
        well.failed(1);
        (0..window).for_each(|_| well.answered());
        assert!(well.cases.is_empty(), "what is long past is forgotten");
    }

    #[test]
    fn limits_of_a_canary_hold_at_their_edges() {
        let limits = CanaryLimits { cases_min: 100, failed_percent_max: 2.0, ..CanaryLimits::default() };
        for (failures, judged) in [(2, false), (3, true)] {
            let watched = Watched::default();
            let alarm = (0..100).find_map(|n| watched.canary(1, &limits, Sample { failed: n < failures, ..GOOD }));
            assert_eq!(alarm.is_some(), judged, "{failures}");
        }
    }
}
