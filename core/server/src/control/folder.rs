//! The folder of policies: what a process begins with, and what it takes in when the folder changes.

use std::sync::{Arc, PoisonError};

use maple_bundle::{Bundle, Compiled};
use maple_gate::{Changes, States};
use maple_store::{Activation, ActivationKind, StoreError};
use tracing::{info, warn};

use super::{ActivationTerms, Control, FOLDER, Made, Refusal, Step, Unmade};
use crate::{
    app::{App, Serving},
    clock::{self, Clock},
};

/// Why a folder was not taken in.
#[derive(Debug)]
pub struct NotTaken {
    /// In words.
    pub why: String,
    /// True when the same folder may be taken in later.
    pub again: bool,
}

/// Why a process cannot begin to serve.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.told())]
pub struct BeginError(Box<Refusal>);

impl Control {
    /// What is to serve when a process starts with a folder of policies: what was activated last, unless the folder has
    /// changed since it was last taken in, or `take` says that it is to be taken in all the same. The folder's archive is
    /// made only where it is needed.
    ///
    /// # Errors
    ///
    /// When the folder is not admitted, what was activated last cannot be made, or the store fails.
    pub fn begin<E: From<BeginError>>(
        &self,
        bundle: Bundle,
        compiled: Compiled,
        take: bool,
        archive: impl Fn() -> Result<Vec<u8>, E>,
        clock: &dyn Clock,
    ) -> Result<Serving, E> {
        let failed = |refusal: Refusal| E::from(BeginError(Box::new(refusal)));
        let store = |error: StoreError| failed(Refusal::Store(error));
        let folder = Arc::new(Made::new(bundle, compiled));
        let digest = folder.ruleset.digest().to_string();
        loop {
            let current = self.in_force(clock).map_err(failed)?;
            let latest = self.store.current().map_err(store)?;
            if let Some(activation) = current.filter(|current| current.bundle.is_some()) {
                let terms = ActivationTerms::read(&activation).map_err(|why| failed(why.into()))?;
                let serves = terms.base.as_deref().unwrap_or(&activation.ruleset) == digest;
                if serves {
                    if let Some(bundle) = &activation.bundle {
                        self.shelf.put(bundle, Arc::clone(&folder));
                    }
                    return self.serving(&activation).map_err(|why| failed(why.into()));
                }
                if self.was_taken_in(&digest).map_err(failed)? && !take {
                    info!(
                        generation = activation.generation,
                        by = activation.by,
                        "The folder of policies was taken in before; what was activated since serves."
                    );
                    return self.serving(&activation).map_err(|why| failed(why.into()));
                }
            }
            let bytes = archive()?;
            match self.take_folder(&folder, &bytes, latest, clock) {
                // Another process was first; it may have found the same.
                Err(Refusal::Conflict(_)) => {}
                Err(Refusal::Waits { place, bundle, ruleset }) => {
                    let why = Refusal::Waits { place, bundle, ruleset: Arc::clone(&ruleset) }.told();
                    warn!(why, "The folder of policies does not serve yet; what was activated last does.");
                    *self.folder.lock().unwrap_or_else(PoisonError::into_inner) = Some((why, Some(ruleset)));
                    let current = self.in_force(clock).map_err(failed)?;
                    let current = current.ok_or_else(|| failed(Refusal::Conflict(None)))?;
                    return self.serving(&current).map_err(|why| failed(why.into()));
                }
                Err(other) => return Err(failed(self.kept(other, FOLDER, clock))),
                Ok(activation) => return self.serving(&activation).map_err(|why| failed(why.into())),
            }
        }
    }

    /// Puts a folder in force, through the gate like any other; the very first one only where bundles must be signed.
    fn take_folder(
        &self,
        folder: &Arc<Made>,
        bytes: &[u8],
        latest: Option<Activation>,
        clock: &dyn Clock,
    ) -> Result<Activation, Refusal> {
        let now = clock::rfc3339(clock);
        let in_force = self.in_force(clock)?.filter(|current| current.bundle.is_some());
        // What this engine cannot make it cannot compare with: then the whole folder is looked at.
        let current = match in_force.map(|in_force| self.shelf.of(&in_force)).transpose() {
            Err(Unmade::Store(why)) => return Err(why.into()),
            other => other.ok().flatten(),
        };
        let admitted = match &current {
            // The very first folder may be anything that compiles, unless bundles must be signed.
            None if !self.is_strict() => None,
            current => Some(self.examined(bytes, None, current.as_ref().map(|current| &*current.made), clock)?),
        };
        let changes = admitted.as_ref().map(|admitted| admitted.changes.clone()).unwrap_or_default();
        let versions = admitted.map(|admitted| admitted.versions).unwrap_or_default();
        let bundle = self.store.bundle_put_with(bytes, &now, FOLDER, &versions)?.to_string();
        self.shelf.put(&bundle, Arc::clone(folder));
        // What cannot be made any more is no reason not to start.
        if current.is_some() {
            self.waits(&bundle, folder, &changes)?;
        }
        let states = match &latest {
            Some(latest) => ActivationTerms::read(latest)?.states,
            None => States::default(),
        };
        self.conform(folder, &bundle, &states, &changes, clock)?;
        self.gives_way_to_folder(latest.as_ref(), clock)?;
        let same = latest.as_ref().is_some_and(|latest| latest.ruleset == **folder.ruleset.digest());
        let kind = if same { ActivationKind::Renew } else { ActivationKind::Activate };
        let replaces = latest.map(|latest| latest.generation);
        self.swap(
            folder,
            &bundle,
            &states,
            Step {
                replaces,
                kind,
                by: FOLDER,
                why: "the policies that lay in the folder at the start",
                effective: None,
                canary: None,
            },
            clock,
        )
    }

    /// Whoever changes a folder is not known, so where four eyes look somebody who is known puts it in force.
    fn waits(&self, bundle: &str, made: &Made, changes: &Changes) -> Result<(), Refusal> {
        match self.guarded(changes) {
            Some(place) => Err(Refusal::Waits {
                place: place.to_owned(),
                bundle: bundle.to_owned(),
                ruleset: Arc::clone(made.ruleset.digest()),
            }),
            None => Ok(()),
        }
    }

    /// A folder takes the place of whatever was planned or tried; that is told, since nobody was asked.
    fn gives_way_to_folder(&self, latest: Option<&Activation>, clock: &dyn Clock) -> Result<(), Refusal> {
        let Some(latest) = latest else { return Ok(()) };
        let in_force = self.in_force(clock)?;
        if in_force.as_ref().is_none_or(|in_force| in_force.generation != latest.generation) {
            let (generation, by) = (latest.generation, &latest.by);
            warn!(
                generation,
                by, "A plan gives way to the folder of policies, which changed; plan it again behind it."
            );
        }
        if let Some(in_force) = in_force
            && ActivationTerms::read(&in_force)?.canary.is_some()
        {
            let (generation, by) = (in_force.generation, &in_force.by);
            warn!(generation, by, "A canary ends: the folder of policies changed and takes the place of both sides.");
        }
        Ok(())
    }

    /// True when this ruleset was taken from a folder before: in a database of one process the last time, in one that nodes
    /// share at any time. A node with an old folder must not undo what the others have.
    fn was_taken_in(&self, digest: &str) -> Result<bool, Refusal> {
        let mut unread = None;
        let mut of = |one: &Activation| {
            let terms = ActivationTerms::read(one).unwrap_or_else(|why| {
                unread.get_or_insert(why);
                ActivationTerms::default()
            });
            terms.base.unwrap_or_else(|| one.ruleset.clone()) == digest
        };
        let folders = |one: &Activation| one.by == FOLDER && one.kind != ActivationKind::Brake;
        let mut before = u32::MAX;
        let found = loop {
            let Some(last) = self.store.latest_before(before, folders)? else { break false };
            if of(&last) {
                break true;
            }
            if !self.store.is_shared() {
                break false;
            }
            before = last.generation;
        };
        unread.map_or(Ok(found), |why| Err(why.into()))
    }

    /// Puts a changed folder in force, through the gate.
    fn refresh(&self, app: &App, bytes: &[u8]) -> Result<Option<Activation>, Refusal> {
        let clock = app.clock();
        let latest = self.store.current()?;
        let serving = app.serving();
        let admitted = self.examined(bytes, None, Some(&serving.made), clock)?;
        let digest = admitted.compiled.ruleset.digest();
        if digest == serving.made.ruleset.digest() {
            return Ok(None);
        }
        if self.was_taken_in(digest)? {
            info!(
                "The folder is one that was taken in before; what serves goes on. `--take-policies` takes it in again."
            );
            return Ok(None);
        }
        let bundle = admitted.digest.to_string();
        self.store.bundle_put_with(bytes, &clock::rfc3339(clock), FOLDER, &admitted.versions)?;
        let made = Arc::new(Made::new(admitted.bundle, admitted.compiled));
        self.shelf.put(&bundle, Arc::clone(&made));
        self.waits(&bundle, &made, &admitted.changes)?;
        let states = match &latest {
            Some(latest) => ActivationTerms::read(latest)?.states,
            None => States::default(),
        };
        self.conform(&made, &bundle, &states, &admitted.changes, clock)?;
        self.gives_way_to_folder(latest.as_ref(), clock)?;
        let step = Step {
            replaces: latest.map(|latest| latest.generation),
            kind: ActivationKind::Activate,
            by: FOLDER,
            why: "the folder of policies changed",
            effective: None,
            canary: None,
        };
        let activation = self.swap(&made, &bundle, &states, step, clock)?;
        self.begins(app, &activation);
        Ok(Some(activation))
    }
}

impl App {
    /// Puts the folder in force as it is now: its archive, or what keeps it from being one. What serves stays when the
    /// folder does not pass the gate; `/health/ready` says so until it does. Gives the new generation, if there is one.
    ///
    /// # Errors
    ///
    /// What keeps it from serving, in words.
    pub fn refresh(&self, archive: Result<Vec<u8>, String>) -> Result<Option<u32>, NotTaken> {
        let Some(control) = &self.control else { return Ok(None) };
        let clock = self.clock();
        let mut waits_for = None;
        let done = match archive {
            Err(why) => {
                // What cannot even be read has no report of the gate.
                control.note(clock, FOLDER, "reject", "", "the folder of policies has problems; the log tells them");
                Err(NotTaken { why, again: false })
            }
            Ok(bytes) => control.refresh(self, &bytes).map_err(|refusal| {
                let refusal = control.kept(refusal, FOLDER, clock);
                if let Refusal::Waits { ruleset, .. } = &refusal {
                    waits_for = Some(ruleset.clone());
                }
                // What the gate refuses is refused again; anything else may go better the next time.
                let again = !matches!(refusal, Refusal::Rejected(..) | Refusal::Waits { .. });
                NotTaken { why: refusal.told(), again }
            }),
        };
        *control.folder.lock().unwrap_or_else(PoisonError::into_inner) =
            done.as_ref().err().map(|not| (not.why.clone(), waits_for));
        done.map(|activation| activation.map(|activation| activation.generation))
    }
}
