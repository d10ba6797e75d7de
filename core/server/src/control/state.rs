//! The states of policies: changed at once, whatever serves.

use std::{collections::BTreeSet, sync::Arc};

use maple_gate::{Changes, How, State, StateFault, States, Subject, conforms};
use maple_kernel::{Mode, PolicyId, Ruleset};
use maple_seal::Subtree;
use maple_store::{Activation, ActivationKind};

use super::{ATTEMPTS_MAX, Actor, CanaryTerms, Control, InForce, Made, Refusal, Step, Unmade, written};
use crate::{
    app::App,
    clock::{self, Clock},
};

/// A state that is to be.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) subject: Subject,
    pub(crate) name: &'a str,
    /// None puts everything back as the files say.
    pub(crate) how: Option<How>,
    pub(crate) why: &'a str,
}

impl Control {
    /// Changes the state of a policy or a place at once, whatever serves. What is planned stays planned, in the new state.
    pub(crate) fn change(&self, app: &App, change: &Change<'_>, actor: &Actor<'_>) -> Result<Activation, Refusal> {
        for _ in 0..ATTEMPTS_MAX {
            match self.changed(app, change, actor) {
                Err(Refusal::Conflict(_)) => {}
                Err(other) => return Err(self.kept(other, actor.name, app.clock())),
                Ok(activation) => {
                    self.begins(app, &activation);
                    return Ok(activation);
                }
            }
        }
        Err(Refusal::Conflict(self.store.current()?.map(Box::new)))
    }

    fn changed(&self, app: &App, change: &Change<'_>, actor: &Actor<'_>) -> Result<Activation, Refusal> {
        let clock = app.clock();
        let (Some(latest), Some(in_force)) = (self.store.current()?, self.in_force(clock)?) else {
            return Err(Refusal::Conflict(None));
        };
        // What serves is at hand; nobody waits for a compilation to stop something.
        let serving = app.serving();
        let (made, terms) = if serving.activation == in_force {
            (Arc::clone(&serving.made), serving.terms.clone())
        } else {
            let InForce { made, terms, .. } = self.shelf.of(&in_force)?;
            (made, terms)
        };
        let place = self.yields(change, &terms.states, &made.ruleset, actor)?;
        let states = match change.how {
            None => terms.states.without(change.subject, change.name),
            Some(how) => {
                let (by, at, reach) = (actor.name.to_owned(), clock::rfc3339(clock), (actor.reach)(&place));
                let (name, why) = (change.name.to_owned(), change.why.to_owned());
                terms.states.with(State { subject: change.subject, name, how, why, by, at, reach }, &made.ruleset)?
            }
        };
        let bundle = in_force.bundle.as_deref().ok_or(Unmade::Unkept(in_force.generation))?;
        // A stop acts at once, whatever it uncovers; for the rest it is as if it were not there, since it will be lifted.
        if !matches!(change.how, Some(How::Stopped | How::Quarantined)) {
            let tried = terms.canary.as_ref().map(|canary| {
                let plain = canary.base.as_deref().unwrap_or(&canary.ruleset);
                Ok::<_, Unmade>((self.shelf.made(&canary.bundle, Some(plain))?, canary.bundle.clone()))
            });
            let planned = (latest.generation != in_force.generation).then(|| {
                let bundle = latest.bundle.clone().ok_or(Unmade::Unkept(latest.generation))?;
                Ok::<_, Unmade>((self.shelf.of(&latest)?.made, bundle))
            });
            let others = [tried, planned].into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
            let all = std::iter::once((&made, bundle)).chain(others.iter().map(|(made, bundle)| (made, &**bundle)));
            for (made, bundle) in all {
                let changes = Changes::of_places(touched(change, &made.ruleset));
                let counts = match change.how {
                    // Nobody has tried it while it counted, and whoever published it was to be seen by another.
                    Some(How::Enforce) => changes.clone(),
                    _ => Changes::of_places(let_count(made, &terms.states, &states)?),
                };
                self.four_eyes(bundle, &counts, actor)?;
                self.conform(made, bundle, &states, &changes, clock)?;
            }
        }
        let canary = terms.canary.map(|canary| self.canary_in(canary, &states)).transpose()?;
        let step = Step {
            replaces: Some(latest.generation),
            kind: ActivationKind::Brake,
            by: actor.name,
            why: change.why,
            effective: None,
            canary,
        };
        self.swap_before_plan(&made, bundle, &states, &step, &latest, &in_force, clock)
    }

    /// Asks the host's own cases of what serves in these states, where one of them lets a policy count whatever its file
    /// says: the gate tried it in the states of its files. What is stopped is tried as if it were not, for it will be lifted.
    pub(super) fn conform(
        &self,
        made: &Made,
        bundle: &str,
        states: &States,
        changes: &Changes,
        clock: &dyn Clock,
    ) -> Result<(), Refusal> {
        let states = states.within(&made.ruleset).unstopped();
        if !states.iter().any(|state| state.how == How::Enforce) {
            return Ok(());
        }
        let ruleset = states.over(&made.ruleset)?;
        let day = clock::day(clock, clock::UTC_OFFSET_MINUTES);
        conforms(bundle, made.side(), &ruleset, changes, day).map_err(|report| Refusal::Rejected(report, None))
    }

    /// Writes an activation and, where something is planned, the plan again behind it: in one transaction, so that it is
    /// never lost in between.
    #[expect(clippy::too_many_arguments, reason = "what serves and what is planned, each with its bundle")]
    pub(super) fn swap_before_plan(
        &self,
        made: &Arc<Made>,
        bundle: &str,
        states: &States,
        step: &Step<'_>,
        latest: &Activation,
        in_force: &Activation,
        clock: &dyn Clock,
    ) -> Result<Activation, Refusal> {
        let now = written(made, states, step.canary.clone(), clock)?;
        let swap = step.swap(&now.ruleset, bundle, now.terms.as_deref(), &now.at);
        if latest.generation == in_force.generation {
            return Ok(self.store.activation_swap(&swap)?);
        }
        let planned = self.shelf.of(latest)?;
        let planned_bundle = latest.bundle.as_deref().ok_or(Unmade::Unkept(latest.generation))?;
        let again = Step {
            replaces: None,
            kind: latest.kind,
            by: &latest.by,
            why: &latest.why,
            effective: latest.effective,
            canary: None,
        };
        let then = written(&planned.made, states, None, clock)?;
        let plan = again.swap(&then.ruleset, planned_bundle, then.terms.as_deref(), &then.at);
        let mut done = self.store.activations_swap(&[swap, plan])?;
        Ok(done.swap_remove(0))
    }

    /// The place that a change is of, when it is the actor's, and so is what was said of it before.
    fn yields(
        &self,
        change: &Change<'_>,
        states: &States,
        ruleset: &Ruleset,
        actor: &Actor<'_>,
    ) -> Result<String, Refusal> {
        let place = place_of(change, ruleset)?;
        // A state of a place holds for all below it.
        let may = match change.subject {
            Subject::Locality => (actor.below)(&place),
            Subject::Policy => (actor.may)(&place),
        };
        if !may {
            return Err(Refusal::Forbidden(place));
        }
        let before = states.get(change.subject, change.name).filter(|state| !state.reach.is_empty());
        if let Some(reach) = before.and_then(|state| state.reach.parse::<Subtree>().ok()) {
            let top = reach.top();
            let as_far = if reach.covers_below(top) { (actor.below)(top) } else { (actor.may)(top) };
            if !as_far {
                return Err(Refusal::Above(reach.to_string()));
            }
        }
        Ok(place)
    }

    /// A canary under other states.
    fn canary_in(&self, canary: CanaryTerms, states: &States) -> Result<CanaryTerms, Refusal> {
        let plain = canary.base.as_deref().unwrap_or(&canary.ruleset).to_owned();
        let made = self.shelf.made(&canary.bundle, Some(&plain))?;
        let over = states.within(&made.ruleset).over(&made.ruleset)?;
        let base = (**over.digest() != *plain).then_some(plain);
        Ok(CanaryTerms { ruleset: over.digest().to_string(), base, ..canary })
    }
}

/// The places whose policies a change may touch.
fn touched(change: &Change<'_>, ruleset: &Ruleset) -> Vec<String> {
    let Some(place) = place_in(change, ruleset) else { return Vec::new() };
    match change.subject {
        Subject::Policy => vec![place.to_owned()],
        // A state of a place holds for all below it.
        Subject::Locality => {
            let below = format!("{place}/");
            let all = ruleset.localities().map(|(id, _)| id.as_str());
            all.filter(|id| *id == place || id.starts_with(&below)).map(str::to_owned).collect()
        }
    }
}

/// The places of policies that begin to count although their files keep them silent.
fn let_count(made: &Made, before: &States, after: &States) -> Result<BTreeSet<String>, StateFault> {
    let over = |states: &States| states.within(&made.ruleset).over(&made.ruleset);
    let (before, after) = (over(before)?, over(&after.unstopped())?);
    let counts = |ruleset: &Ruleset| -> BTreeSet<PolicyId> {
        let policies = ruleset.localities().flat_map(|(id, _)| ruleset.policies_of(id));
        let counting = policies.filter(|policy| policy.mode == Mode::Enforce && policy.stopped.is_none());
        counting.map(|policy| policy.id.clone()).collect()
    };
    let (filed, before, after) = (counts(&made.ruleset), counts(&before), counts(&after));
    let policies = made.ruleset.localities().flat_map(|(id, _)| made.ruleset.policies_of(id));
    let begin = policies.filter(|policy| {
        let id = &policy.id;
        after.contains(id) && !filed.contains(id) && !before.contains(id)
    });
    Ok(begin.map(|policy| policy.locality.to_string()).collect())
}

/// The place in a ruleset that a change is of.
fn place_in<'r>(change: &Change<'_>, ruleset: &'r Ruleset) -> Option<&'r str> {
    match change.subject {
        Subject::Locality => ruleset.locality(change.name).map(|(id, _)| id.as_str()).filter(|id| *id == change.name),
        Subject::Policy => {
            let mut policies = ruleset.localities().flat_map(|(id, _)| ruleset.policies_of(id));
            policies.find(|policy| policy.id.as_str() == change.name).map(|policy| policy.locality.as_str())
        }
    }
}

/// The place that a change is of.
fn place_of(change: &Change<'_>, ruleset: &Ruleset) -> Result<String, Refusal> {
    let found = place_in(change, ruleset);
    let what = match change.subject {
        Subject::Locality => "locality",
        Subject::Policy => "policy",
    };
    let unknown = || StateFault::Unknown { what, name: change.name.chars().take(256).collect() };
    // A state of something that is gone may still be lifted.
    match (found, change.how) {
        (Some(place), _) => Ok(place.to_owned()),
        (None, None) => Ok(String::new()),
        (None, Some(_)) => Err(unknown().into()),
    }
}
