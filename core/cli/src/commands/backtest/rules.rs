//! Which rules are at work in the cases.

use std::collections::{HashMap, HashSet};

use maple_gate::cases::grounds;
use maple_kernel::{By, Decision, Mode, PolicyId, RuleId, Ruleset};

/// The rules of one side that count, by number.
pub(super) struct Rules<'r> {
    rules: Vec<(&'r PolicyId, &'r RuleId)>,
    numbers: HashMap<&'r str, HashMap<&'r str, usize>>,
}

/// Which rules were at work, and which policies were asked.
#[derive(Debug, Default)]
pub(super) struct AtWork {
    rules: Vec<bool>,
    asked: HashSet<PolicyId>,
}

/// What was never at work.
pub(super) struct Silent<'r> {
    /// Rules that nothing in any decision rests on, of policies that were asked.
    pub(super) rules: Vec<(&'r PolicyId, &'r RuleId)>,
    /// Policies with rules that were never asked: none of the cases is one of theirs.
    pub(super) policies: Vec<&'r PolicyId>,
}

impl<'r> Rules<'r> {
    pub(super) fn of(ruleset: &'r Ruleset) -> Self {
        let mut all = Self { rules: Vec::new(), numbers: HashMap::new() };
        let policies = ruleset.localities().flat_map(|(place, _)| ruleset.policies_of(place));
        // Nothing rests on a policy that only shadows or is switched off.
        for policy in policies.filter(|policy| policy.mode == Mode::Enforce) {
            for rule in policy.rules.keys() {
                let of_policy = all.numbers.entry(policy.id.as_str()).or_default();
                of_policy.insert(rule.as_str(), all.rules.len());
                all.rules.push((&policy.id, rule));
            }
        }
        all
    }

    /// Notes what a decision rests on.
    pub(super) fn note(&self, decision: &Decision<'_>, at_work: &mut AtWork) {
        at_work.rules.resize(self.rules.len(), false);
        let decided = decision.steps.iter().flat_map(|step| step.decided.iter().map(|(_, by)| by));
        let referred = decision.referral.iter().map(|referral| &referral.by);
        let all = grounds(decision).map(|ground| &ground.by).chain(decided).chain(referred);
        // What one policy says mostly stands together.
        let mut last: Option<(&str, &HashMap<&str, usize>)> = None;
        let mut before: Option<&By<'_>> = None;
        for by @ By { policy, rule } in all {
            // Nor is one rule looked for again for each thing that it says.
            let same = |other: &By<'_>| std::ptr::eq(other.policy, *policy) && std::ptr::eq(other.rule, *rule);
            if before.replace(by).is_some_and(same) {
                continue;
            }
            let of_policy = match last {
                Some((known, rules)) if std::ptr::eq(known, *policy) => rules,
                _ => match self.numbers.get(policy) {
                    Some(rules) => rules,
                    None => continue,
                },
            };
            last = Some((policy, of_policy));
            if let Some(noted) = of_policy.get(rule).and_then(|number| at_work.rules.get_mut(*number)) {
                *noted = true;
            }
        }
        for asked in &decision.asked {
            if !at_work.asked.contains(asked.policy) {
                at_work.asked.insert(asked.policy.apart());
            }
        }
    }

    /// What was never at work.
    pub(super) fn silent(&self, at_work: &AtWork) -> Silent<'r> {
        let noted = at_work.rules.iter().copied().chain(std::iter::repeat(false));
        let never = self.rules.iter().zip(noted).filter(|(_, noted)| !noted).map(|(rule, _)| *rule);
        let (rules, others): (Vec<_>, Vec<_>) = never.partition(|(policy, _)| at_work.asked.contains(*policy));
        let mut policies: Vec<&PolicyId> = others.into_iter().map(|(policy, _)| policy).collect();
        policies.dedup();
        Silent { rules, policies }
    }
}

impl AtWork {
    pub(super) fn merge(&mut self, other: Self) {
        let length = self.rules.len().max(other.rules.len());
        self.rules.resize(length, false);
        for (noted, more) in self.rules.iter_mut().zip(other.rules) {
            *noted |= more;
        }
        self.asked.extend(other.asked);
    }
}
