//! The states of policies: changed at once, whatever serves.

use maple_gate::{How, State, StateFault, States, Subject};
use maple_kernel::Ruleset;
use maple_store::{Activation, ActivationKind};

use super::{ATTEMPTS_MAX, ActivationTerms, Actor, CanaryTerms, Control, InForce, Refusal, Step, Unmade};
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
            let now = clock::timestamp(app.clock());
            let (Some(latest), Some(in_force)) = (self.store.current()?, self.store.serving(now)?) else {
                return Err(Refusal::Conflict(None));
            };
            match self.changed(app, change, actor, &latest, &in_force) {
                Err(Refusal::Conflict(_)) => {}
                Err(other) => return Err(other),
                Ok(activation) => {
                    self.put_in_force(app, &activation)?;
                    if latest.generation != in_force.generation {
                        self.plan_again(&latest, &activation, app.clock())?;
                    }
                    return Ok(activation);
                }
            }
        }
        Err(Refusal::Conflict(self.store.current()?.map(Box::new)))
    }

    fn changed(
        &self,
        app: &App,
        change: &Change<'_>,
        actor: &Actor<'_>,
        latest: &Activation,
        in_force: &Activation,
    ) -> Result<Activation, Refusal> {
        let InForce { made, terms, .. } = self.shelf.of(in_force)?;
        let place = place_of(change, &made.ruleset)?;
        if !(actor.may)(&place) {
            return Err(Refusal::Forbidden(place));
        }
        let states = match change.how {
            None => terms.states.without(change.subject, change.name),
            Some(how) => {
                let (by, at) = (actor.name.to_owned(), clock::rfc3339(app.clock()));
                let (name, why) = (change.name.to_owned(), change.why.to_owned());
                terms.states.with(State { subject: change.subject, name, how, why, by, at }, &made.ruleset)?
            }
        };
        let bundle = in_force.bundle.as_deref().ok_or(Unmade::Unkept(in_force.generation))?;
        let canary = terms.canary.map(|canary| self.canary_in(canary, &states)).transpose()?;
        let step = Step {
            replaces: Some(latest.generation),
            kind: ActivationKind::Brake,
            by: actor.name,
            why: change.why,
            effective: None,
            canary,
        };
        self.swap(&made, bundle, &states, step, app.clock())
    }

    /// Puts back what was planned, behind what came in between.
    fn plan_again(&self, planned: &Activation, now: &Activation, clock: &dyn Clock) -> Result<(), Refusal> {
        let InForce { made, .. } = self.shelf.of(planned)?;
        let bundle = planned.bundle.as_deref().ok_or(Unmade::Unkept(planned.generation))?;
        let states = ActivationTerms::of(now).unwrap_or_default().states;
        let step = Step {
            replaces: Some(now.generation),
            kind: planned.kind,
            by: &planned.by,
            why: &planned.why,
            effective: planned.effective,
            canary: None,
        };
        match self.swap(&made, bundle, &states, step, clock) {
            Ok(_) => Ok(()),
            // Whoever came in between knew what was planned and chose otherwise.
            Err(Refusal::Conflict(_)) => Ok(()),
            Err(other) => Err(other),
        }
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

/// The place that a change is of.
fn place_of(change: &Change<'_>, ruleset: &Ruleset) -> Result<String, Refusal> {
    let found = match change.subject {
        Subject::Locality => ruleset.locality(change.name).map(|(id, _)| id.as_str()).filter(|id| *id == change.name),
        Subject::Policy => {
            let policies = ruleset.localities().flat_map(|(id, _)| ruleset.policies_of(id));
            let mut policies = policies;
            policies.find(|policy| policy.id.as_str() == change.name).map(|policy| policy.locality.as_str())
        }
    };
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
