//! What a decision says, in the terms in which a case expects it.

use maple_bundle::{Expect, ExpectClock, ExpectDuty, ExpectRule, ExpectSignal, ExpectStep, RuleRef};
use maple_kernel::{Decision, Ground, List, PolicyId, ProvisionId, RuleId};

use super::Rules;

/// Every expectation that the decision meets; what it must lack is left open.
pub(super) fn of(decision: &Decision, fired: &Rules) -> Expect {
    let mut has_channels = Vec::new();
    for step in &decision.steps {
        if !has_channels.contains(step.channel) {
            has_channels.push(step.channel.clone());
        }
    }
    let mut guardrails: Vec<_> = decision.corrections.iter().map(|correction| correction.guardrail).collect();
    guardrails.dedup();
    let mut basis: Vec<ProvisionId> = grounds(decision).flat_map(|ground| cited(&ground.basis)).collect();
    basis.sort();
    basis.dedup();
    Expect {
        outcome: Some(decision.outcome),
        referral: decision.referral.as_ref().map(|referral| referral.code.clone()),
        first: has_channels.first().cloned(),
        has_channels,
        steps: steps(decision),
        has_rules: fired.iter().map(|(policy, rule)| at_work(decision, policy, rule)).collect(),
        excluded: Some(decision.excluded.iter().map(|excluded| excluded.channel.clone()).collect()),
        preconditions: Some(decision.preconditions.iter().map(|p| (p.first.clone(), p.before.clone())).collect()),
        has_duties: duties(decision),
        clocks: clocks(decision),
        signals: Some(signals(decision)),
        guardrails: Some(guardrails),
        rights: decision.rights.to_vec(),
        basis,
        ..Expect::default()
    }
}

/// What stands behind each part of a decision.
pub fn grounds<'d, 'a>(decision: &'d Decision<'a>) -> impl Iterator<Item = &'d Ground<'a>> {
    let steps = decision.steps.iter().map(|step| &step.ground);
    steps
        .chain(decision.excluded.iter().map(|excluded| &excluded.ground))
        .chain(decision.preconditions.iter().map(|precondition| &precondition.ground))
        .chain(decision.duties.iter().map(|duty| &duty.ground))
        .chain(decision.clocks.iter().map(|clock| &clock.ground))
        .chain(decision.signals.iter().map(|signal| &signal.ground))
}

fn cited(basis: &List<'_, ProvisionId>) -> Vec<ProvisionId> {
    basis.iter().cloned().collect()
}

/// A rule, with the provisions of everything that stands on it first of all.
fn at_work(decision: &Decision, policy: &PolicyId, rule: &RuleId) -> ExpectRule {
    let own = grounds(decision).filter(|g| g.by.policy == policy.as_str() && g.by.rule == rule.as_str());
    let mut basis: Vec<ProvisionId> = own.flat_map(|ground| cited(&ground.basis)).collect();
    basis.sort();
    basis.dedup();
    ExpectRule { rule: RuleRef { policy: Some(policy.clone()), rule: rule.clone() }, basis }
}

fn steps(decision: &Decision) -> Vec<ExpectStep> {
    let step = |step: &maple_kernel::Step<'_>| ExpectStep {
        channel: step.channel.clone(),
        body: step.body.clone(),
        skills: Some(step.skills.clone()),
        due: step.due.clone(),
        basis: cited(&step.ground.basis),
    };
    decision.steps.iter().map(step).collect()
}

fn duties(decision: &Decision) -> Vec<ExpectDuty> {
    let duty = |duty: &maple_kernel::Duty<'_>| ExpectDuty {
        code: duty.code.clone(),
        bearer: duty.bearer.clone(),
        with: duty.params.clone(),
        basis: cited(&duty.ground.basis),
    };
    decision.duties.iter().map(duty).collect()
}

fn clocks(decision: &Decision) -> Vec<ExpectClock> {
    let clock = |clock: &maple_kernel::Clock<'_>| ExpectClock {
        code: clock.code.clone(),
        ends: clock.ends,
        warn: Some(clock.warn.clone()),
        basis: cited(&clock.ground.basis),
    };
    decision.clocks.iter().map(clock).collect()
}

fn signals(decision: &Decision) -> Vec<ExpectSignal> {
    let signal = |signal: &maple_kernel::Signal<'_>| ExpectSignal {
        code: signal.code.clone(),
        level: Some(signal.level),
        basis: cited(&signal.ground.basis),
    };
    decision.signals.iter().map(signal).collect()
}
