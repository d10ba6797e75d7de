//! The folder of policies: what a process begins with, and what it takes in when the folder changes.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use maple_bundle::{Bundle, Compiled};
use maple_gate::States;
use maple_store::{Activation, ActivationKind, StoreError};
use tracing::info;

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
            let current = self.store.in_force(clock::timestamp(clock)).map_err(store)?;
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
            match self.take_folder(&folder, &bytes, latest, "the policies that lay in the folder at the start", clock) {
                // Another process was first; it may have found the same.
                Err(Refusal::Conflict(_)) => {}
                Err(other) => return Err(failed(other)),
                Ok(activation) => return self.serving(&activation).map_err(|why| failed(why.into())),
            }
        }
    }

    /// Puts a folder in force. Where bundles must be signed it goes through the gate like any other.
    fn take_folder(
        &self,
        folder: &Arc<Made>,
        bytes: &[u8],
        latest: Option<Activation>,
        why: &str,
        clock: &dyn Clock,
    ) -> Result<Activation, Refusal> {
        let now = clock::rfc3339(clock);
        let in_force = self.store.in_force(clock::timestamp(clock))?.filter(|current| current.bundle.is_some());
        // What this engine cannot make it cannot compare with: then the whole folder is looked at.
        let current = match in_force.map(|in_force| self.shelf.of(&in_force)).transpose() {
            Err(Unmade::Store(why)) => return Err(why.into()),
            other => other.ok().flatten(),
        };
        let mut versions = BTreeMap::new();
        // The very first folder may be anything that compiles, unless bundles must be signed.
        if self.is_strict() || current.is_some() {
            let current = current.as_ref().map(|current| &*current.made);
            versions = self.examined(bytes, None, current, clock)?.versions;
        }
        let bundle = self.store.bundle_put_with(bytes, &now, FOLDER, &versions)?.to_string();
        self.shelf.put(&bundle, Arc::clone(folder));
        let states = match &latest {
            Some(latest) => ActivationTerms::read(latest)?.states,
            None => States::default(),
        };
        let same = latest.as_ref().is_some_and(|latest| latest.ruleset == **folder.ruleset.digest());
        let kind = if same { ActivationKind::Renew } else { ActivationKind::Activate };
        let replaces = latest.map(|latest| latest.generation);
        self.swap(
            folder,
            &bundle,
            &states,
            Step { replaces, kind, by: FOLDER, why, effective: None, canary: None },
            clock,
        )
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
        let states = match &latest {
            Some(latest) => ActivationTerms::read(latest)?.states,
            None => States::default(),
        };
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
        let bad = |why| NotTaken { why, again: false };
        let done = archive.map_err(bad).and_then(|bytes| {
            // What the gate refuses is refused again; anything else may go better the next time.
            control
                .refresh(self, &bytes)
                .map_err(|refusal| NotTaken { why: refusal.told(), again: !matches!(refusal, Refusal::Rejected(..)) })
        });
        *control.folder.lock().unwrap_or_else(PoisonError::into_inner) = done.as_ref().err().map(|not| not.why.clone());
        done.map(|activation| activation.map(|activation| activation.generation))
    }
}
