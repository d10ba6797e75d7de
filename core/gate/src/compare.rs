//! What one decision takes away that another gave.

use std::collections::BTreeSet;

use maple_kernel::{Class, Decision, Ground, Step};

/// What of a decision is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// Mediation counts too.
    pub(crate) mediation: bool,
    /// Only what rests on these rules counts, by policy and rule; everything when there is none.
    pub(crate) rules: Option<&'s BTreeSet<(String, String)>>,
}

impl Scope<'_> {
    fn counts(&self, ground: &Ground<'_>) -> bool {
        let rule = |(policy, rule): &(String, String)| policy == ground.by.policy && rule == ground.by.rule;
        self.rules.is_none_or(|rules| rules.iter().any(rule))
    }

    fn step(&self, step: &Step<'_>) -> bool {
        (self.mediation || step.class != Class::Facilitative) && self.counts(&step.ground)
    }
}

/// What the second decision takes away from the first, in words such as `the step court`: steps, rights, duties of
/// authorities, time; and ways that it closes or puts something before.
pub(crate) fn taken(before: &Decision<'_>, after: &Decision<'_>, scope: Scope<'_>) -> Vec<String> {
    let mut taken = Vec::new();
    for step in before.steps.iter().filter(|step| scope.step(step)) {
        if !after.steps.iter().any(|kept| kept.channel == step.channel) {
            taken.push(format!("the step `{}`", step.channel));
        }
    }
    for right in before.rights.iter().filter(|right| !after.rights.contains(right)) {
        taken.push(format!("the right `{right}`"));
    }
    for duty in before.duties.iter().filter(|duty| scope.counts(&duty.ground)) {
        if !after.duties.iter().any(|kept| kept.code == duty.code) {
            taken.push(format!("the duty `{}`", duty.code));
        }
    }
    for clock in before.clocks.iter().filter(|clock| scope.counts(&clock.ground)) {
        match after.clocks.iter().find(|kept| kept.code == clock.code) {
            None => taken.push(format!("the time `{}`", clock.code)),
            Some(kept) if kept.ends > clock.ends => {
                taken.push(format!("the time `{}`, which ends on {} and not on {}", clock.code, kept.ends, clock.ends));
            }
            Some(_) => {}
        }
    }
    let closed =
        |decision: &Decision<'_>, channel: &str| decision.excluded.iter().any(|one| one.channel.as_str() == channel);
    for closing in &after.excluded {
        let channel = closing.channel.as_str();
        let open = before.steps.iter().any(|step| step.channel.as_str() == channel && scope.step(step));
        if open && !closed(before, channel) {
            taken.push(format!("the way `{channel}`, which is closed"));
        }
    }
    for added in &after.preconditions {
        let old = |kept: &&maple_kernel::Precondition<'_>| kept.first == added.first && kept.before == added.before;
        if !before.preconditions.iter().any(|kept| old(&kept)) {
            taken.push(format!("the direct way to `{}`: `{}` is put before it", added.before, added.first));
        }
    }
    if before.outcome != after.outcome {
        taken.push(format!("the outcome `{}`, which is now `{}`", before.outcome.as_str(), after.outcome.as_str()));
    }
    taken
}
