//! What one decision takes away that another gave.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{ChannelId, Class, Decision, Ground, Step, StepDue, Term};

use crate::cases::span;

/// What of a decision is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// Mediation counts too.
    pub(crate) mediation: bool,
    /// Who does a step counts too.
    pub(crate) body: bool,
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

/// What the second decision takes away from the first, in words such as `the step court`: steps, their order and their
/// days, rights, duties of authorities, time; and ways that it closes or puts something before.
pub(crate) fn taken(before: &Decision<'_>, after: &Decision<'_>, scope: Scope<'_>) -> Vec<String> {
    let mut taken = Vec::new();
    for step in before.steps.iter().filter(|step| scope.step(step)) {
        let channel = step.channel;
        let Some(kept) = kept(step, before, after) else {
            taken.push(format!("the step `{channel}`"));
            continue;
        };
        if let Some(due) = step.due.as_ref().filter(|due| is_later(due, kept.due.as_ref(), scope.rules.is_none())) {
            let said = |due: &StepDue| match (due.on, &due.term) {
                (Some(on), _) => on.to_string(),
                (None, Some(term)) => span(term.span),
                (None, None) => "a time".to_owned(),
            };
            let (before, after) = (said(due), kept.due.as_ref().map_or_else(|| "no day".to_owned(), said));
            taken.push(format!("the time of the step `{channel}`, {before}, which is now {after}"));
        }
        if scope.body && step.body != kept.body {
            taken.push(format!("the body that does the step `{channel}`"));
        }
    }
    if scope.rules.is_none() {
        taken.extend(moved(before, after, scope));
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

/// True when a step is to come later than it was, or without a day. Where nobody knows the days yet, and that is asked, a
/// term from the same event is later when it is longer; others are the same or not.
fn is_later(before: &StepDue, after: Option<&StepDue>, terms: bool) -> bool {
    let Some(after) = after else { return true };
    match (before.on, after.on) {
        (Some(before), Some(after)) => after > before,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => terms && is_longer(before.term.as_ref(), after.term.as_ref()),
    }
}

fn is_longer(before: Option<&Term>, after: Option<&Term>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) if before.start == after.start && before.span.unit == after.span.unit => {
            after.span.count > before.span.count
        }
        (before, after) => before != after,
    }
}

/// What became of a step: the one of the same channel and body, or of the same place among those of its channel, which may
/// be several, one level after the other.
fn kept<'s, 'd>(step: &Step<'_>, before: &Decision<'_>, after: &'s Decision<'d>) -> Option<&'s Step<'d>> {
    let of_channel = |other: &&Step<'_>| other.channel == step.channel;
    let mut same = after.steps.iter().filter(of_channel).filter(|other| other.body == step.body);
    let number = before.steps.iter().filter(of_channel).position(|other| std::ptr::eq(other, step))?;
    let there = before.steps.iter().filter(of_channel).take(number).filter(|other| other.body == step.body).count();
    let count = |decision: &Decision<'_>| decision.steps.iter().filter(of_channel).count();
    let fewer = count(after) < count(before);
    same.nth(there).or_else(|| after.steps.iter().filter(of_channel).nth(number).filter(|_| !fewer))
}

/// The order of the steps that are in both, when it is another.
fn moved(before: &Decision<'_>, after: &Decision<'_>, scope: Scope<'_>) -> Option<String> {
    // Of a channel that comes several times, each time is a step of its own.
    fn numbered<'c>(steps: impl Iterator<Item = &'c ChannelId>) -> Vec<(&'c ChannelId, usize)> {
        let mut times = BTreeMap::new();
        steps
            .map(|channel| {
                let time = times.entry(channel).or_insert(0);
                *time += 1;
                (channel, *time)
            })
            .collect()
    }
    let was = numbered(before.steps.iter().filter(|step| scope.step(step)).map(|step| step.channel));
    let is = numbered(after.steps.iter().map(|step| step.channel));
    let both = |one: &[(&ChannelId, usize)], other: &[(&ChannelId, usize)]| -> Vec<String> {
        one.iter().filter(|step| other.contains(step)).map(|(channel, _)| channel.to_string()).collect()
    };
    let (was, is) = (both(&was, &is), both(&is, &was));
    (was != is).then(|| format!("the order of the steps `{}`, which is now `{}`", was.join(", "), is.join(", ")))
}
