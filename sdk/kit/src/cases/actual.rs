//! What a decision says, in the terms in which a case expects it.

use maple_bundle::{Expect, RuleRef};
use maple_kernel::Decision;

use super::Rules;

/// Every expectation that the decision meets; what it must lack is left open.
pub(super) fn of(decision: &Decision, fired: &Rules) -> Expect {
    let steps = decision.steps.iter().map(|step| step.channel.clone());
    let mut has_channels = Vec::new();
    for channel in steps {
        if !has_channels.contains(&channel) {
            has_channels.push(channel);
        }
    }
    let rule = |(policy, rule): &(_, _)| RuleRef { policy: Some(Clone::clone(policy)), rule: Clone::clone(rule) };
    let mut guardrails: Vec<_> = decision.corrections.iter().map(|correction| correction.guardrail).collect();
    guardrails.dedup();
    Expect {
        outcome: Some(decision.outcome),
        referral: decision.referral.as_ref().map(|referral| referral.code.clone()),
        first: has_channels.first().cloned(),
        has_channels,
        has_rules: fired.iter().map(rule).collect(),
        excluded: Some(decision.excluded.iter().map(|excluded| excluded.channel.clone()).collect()),
        preconditions: Some(decision.preconditions.iter().map(|p| (p.first.clone(), p.before.clone())).collect()),
        has_duties: decision.duties.iter().map(|duty| duty.code.clone()).collect(),
        clocks: decision.clocks.iter().map(|clock| (clock.code.clone(), clock.ends)).collect(),
        signals: Some(decision.signals.iter().map(|signal| signal.code.clone()).collect()),
        guardrails: Some(guardrails),
        rights: decision.rights.to_vec(),
        ..Expect::default()
    }
}
